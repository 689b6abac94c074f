"""Is this the person, is this the program? The same work whether the name exists or not."""

import re

from services.loans.identity import operations
from services.loans.institutions import passwords
from services.loans.institutions import queries as institutions
from services.loans.institutions.tables import ClientRow, StaffRow
from shared.auth import NOWHERE
from shared.clock import Clock
from shared.db import Database
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId

_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class SignInRefused(RafidError):
    """Login or password is not right"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Write the login as name@institution and check the password."


class TooManyAttempts(RafidError):
    """Too many attempts"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "This login was tried too often; wait 15 minutes or ask an administrator."


async def person(database: Database, *, login: str, password: str, clock: Clock) -> StaffRow:
    """Give the active person of a login `name@institution` and password.

    Raises SignInRefused, TooManyAttempts, and SignInBusy when too many sign in at once.
    """
    name, _, code = login.strip().lower().rpartition("@")
    institution_id = await _institution(database, code)
    if institution_id is None or not _LOGIN.fullmatch(name):
        await passwords.is_right(password, None)
        raise SignInRefused
    async with database.begin(institution_id) as session:
        attempts = await operations.count_attempt(session, name, at=clock.now())
        row = await institutions.find_staff_by_login(session, name)
    if attempts > operations.ATTEMPTS_AT_MOST:
        raise TooManyAttempts
    kept = row.password_hash if row is not None and row.deactivated_at is None else None
    if not await passwords.is_right(password, kept) or row is None:
        raise SignInRefused
    async with database.begin(institution_id) as session:
        await operations.forget_attempts(session, name)
    return row


async def program(database: Database, *, client_id: str, secret: str) -> ClientRow | None:
    """Give the active program of a client id `institution.name` and secret, None if not right.

    Attempts are not counted: a secret of 256 bits is not guessed, and a limit would only let
    strangers lock a program out.
    """
    code, _, name = client_id.partition(".")
    institution_id = await _institution(database, code)
    row = None
    if institution_id is not None and _LOGIN.fullmatch(name):
        async with database.read(institution_id) as session:
            row = await institutions.find_client_by_name(session, name)
    kept = row.secret_hash if row is not None and row.deactivated_at is None else None
    return row if await passwords.is_right(secret, kept) else None


async def _institution(database: Database, code: str) -> InstitutionId | None:
    if not _CODE.fullmatch(code):
        return None
    async with database.read(NOWHERE) as session:
        return await institutions.find_institution_id(session, code=code)
