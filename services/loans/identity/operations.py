"""What does a sign-in change? Attempts are counted before a password is looked at, codes burn."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.identity.tables import AuthorizationCodeRow, SignInAttemptRow
from shared import tenancy
from shared.ids import InstitutionId, StaffId

CODE_LIFETIME = timedelta(seconds=60)
KEPT_FOR = timedelta(days=1)
ATTEMPTS_AT_MOST = 10
ATTEMPTS_WITHIN = timedelta(minutes=15)

_INSTITUTION_BYTES, _RANDOM_BYTES = 16, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asked for when it sent the browser to the sign-in page."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    scope: str
    state: str | None = None
    nonce: str | None = None


async def count_attempt(session: AsyncSession, login: str, *, at: datetime) -> int:
    """Count one more attempt at a login and say how many there were in the last 15 minutes.

    Counting comes before comparing, so that a hundred guesses at once are a hundred guesses.
    """
    institution_id = tenancy.institution_of(session)
    await session.execute(
        delete(SignInAttemptRow).where(
            SignInAttemptRow.institution_id == institution_id,
            SignInAttemptRow.since < at - ATTEMPTS_WITHIN,
        )
    )
    row = insert_or(SignInAttemptRow).values(
        institution_id=institution_id, login=login, attempts=1, since=at
    )
    counted = row.on_conflict_do_update(
        index_elements=["institution_id", "login"],
        set_={"attempts": SignInAttemptRow.attempts + 1},
    ).returning(SignInAttemptRow.attempts)
    return (await session.execute(counted)).scalar_one()


async def forget_attempts(session: AsyncSession, login: str) -> None:
    """Forget the attempts at a login after the right password."""
    await session.execute(
        delete(SignInAttemptRow).where(
            SignInAttemptRow.institution_id == tenancy.institution_of(session),
            SignInAttemptRow.login == login,
        )
    )


async def issue_code(session: AsyncSession, wish: Wish, *, staff_id: StaffId, at: datetime) -> str:
    """Make a code for a person who gave the right password; it lives 60 seconds.

    The code names the institution, for who redeems it is not signed in yet.
    """
    institution_id = tenancy.institution_of(session)
    code = institution_id.bytes + secrets.token_bytes(_RANDOM_BYTES)
    await session.execute(
        delete(AuthorizationCodeRow).where(
            AuthorizationCodeRow.institution_id == institution_id,
            AuthorizationCodeRow.expires_at < at - KEPT_FOR,
        )
    )
    await session.execute(
        insert(AuthorizationCodeRow).values(
            institution_id=institution_id,
            code_hash=hashlib.sha256(code).digest(),
            client_id=wish.client_id,
            redirect_uri=wish.redirect_uri,
            code_challenge=wish.code_challenge,
            nonce=wish.nonce,
            scope=wish.scope,
            staff_id=staff_id,
            expires_at=at + CODE_LIFETIME,
        )
    )
    return base64.urlsafe_b64encode(code).decode().rstrip("=")


async def burn_code(
    session: AsyncSession, code: bytes, *, at: datetime
) -> AuthorizationCodeRow | None:
    """Take a code out of use and give what it stands for; None if it was used or never made.

    The caller commits before it looks whether the code fits: a stolen code, tried with a wrong
    verifier, is spent.
    """
    burnt = (
        update(AuthorizationCodeRow)
        .where(
            AuthorizationCodeRow.institution_id == tenancy.institution_of(session),
            AuthorizationCodeRow.code_hash == hashlib.sha256(code).digest(),
            AuthorizationCodeRow.redeemed_at.is_(None),
        )
        .values(redeemed_at=at)
        .returning(AuthorizationCodeRow)
    )
    return (await session.scalars(burnt)).one_or_none()


def read_code(text: str) -> tuple[InstitutionId, bytes] | None:
    """Give the institution and the bytes of a code; None for what is no code of ours."""
    try:
        code = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(code) != _INSTITUTION_BYTES + _RANDOM_BYTES:
        return None
    return InstitutionId(UUID(bytes=code[:_INSTITUTION_BYTES])), code


def fits(
    row: AuthorizationCodeRow, *, client_id: str, redirect_uri: str, verifier: str, at: datetime
) -> bool:
    """Tell whether a code is redeemed by whom it was made for, in time (RFC 7636, section 4.6)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return (
        at < row.expires_at
        and row.client_id == client_id
        and row.redirect_uri == redirect_uri
        and secrets.compare_digest(row.code_challenge, challenge)
    )
