"""What do the standard's own headers say of a request, and do they fit it?"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request

from services.loans.biller import credentials
from services.loans.biller.queries import LoanAccountUnknown, Window
from services.loans.biller.refusals import DateTimeNotValid, HeaderNotAccepted, OffsetNotValid
from services.loans.deps import Db
from services.loans.institutions import queries as institutions
from shared.auth import SignedIn
from shared.edge import MAX_INSTANT, MIN_INSTANT
from shared.outgoing import AddressRefused, Outgoing

UUID_FORM = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
WAITS = re.compile(r"(?:^|[,;\s])wait\s*=\s*[0-9]{1,9}\s*(?:$|[,;])")
LONGEST_HEADER: Final = 256
USUAL_LIMIT, MOST = 50, 500
MAX_OFFSET: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """What the headers ask: under which id, who is to be called back, who waits for the end."""

    correlation_id: UUID | None
    callback_url: str | None
    waits: bool


async def heads_of(request: Request, actor: SignedIn, db: Db) -> Heads:
    """Read the standard's headers; raises HeaderNotAccepted, LoanAccountUnknown, TokenRefused.

    Nothing is asked of an end user here, so `X-User-Bearer` and `X-User-Credential-1` and `-2` are
    neither read nor kept.
    """
    await credentials.require_consistent(request, actor)
    _require_hash(request.headers.get("x-content-hash"), await request.body())
    _require_date(request.headers.get("x-date"))
    if len(request.headers.get("x-channel", "")) > LONGEST_HEADER:
        raise HeaderNotAccepted(header="X-Channel")
    await _require_ours(request, db)
    return Heads(
        correlation_id=_correlation_id(request.headers.get("x-correlationid")),
        callback_url=_callback_url(request, request.headers.get("x-callback-url")),
        waits=WAITS.search(request.headers.get("prefer", "")) is not None,
    )


TheirHeads = Annotated[Heads, Depends(heads_of)]


def correlation_id_of(text: str) -> UUID | None:
    """Read an id as the standard writes one; None for what is none."""
    return UUID(text) if UUID_FORM.fullmatch(text) else None


def _correlation_id(sent: str | None) -> UUID | None:
    if sent is None:
        return None
    found = correlation_id_of(sent)
    if found is None:
        raise HeaderNotAccepted(header="X-CorrelationID")
    return found


def _require_hash(sent: str | None, body: bytes) -> None:
    """Compare the SHA-256 of the bytes that came, in hexadecimal, with what was sent along."""
    if sent is None:
        return
    digest = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(sent.strip().lower().encode(), digest.encode()):
        raise HeaderNotAccepted(header="X-Content-Hash")


def _require_date(sent: str | None) -> None:
    """Refuse a date that is neither RFC 3339's, as OpenAPI says, nor HTTP's, as the text says."""
    if sent is None or _instant(sent) is not None:
        return
    try:
        parsedate_to_datetime(sent)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise HeaderNotAccepted(header="X-Date") from None


async def _require_ours(request: Request, db: Db) -> None:
    """Refuse a request that is for another institution than the program's."""
    kind = request.headers.get("x-account-holding-institution-identifier-type")
    named = request.headers.get("x-account-holding-institution-identifier")
    if kind is None and named is None:
        return
    async with db() as session:
        code = (await institutions.institution(session)).code
    if kind != "organisationid" or named != code:
        raise LoanAccountUnknown(kinds=("organisationid",))


def _callback_url(request: Request, sent: str | None) -> str | None:
    """Refuse an address that is never called, whatever its name leads to."""
    if sent is None:
        return None
    outgoing: Outgoing = request.app.state.outgoing
    try:
        outgoing.require_callable(sent)
    except AddressRefused:
        raise HeaderNotAccepted(header="X-Callback-URL") from None
    return sent


def window_of(request: Request) -> Window:
    """Read which part of a list is asked for: 50 from the newest on unless told otherwise.

    Raises OffsetNotValid, DateTimeNotValid.
    """
    limit = _whole(request, "limit", usual=USUAL_LIMIT, least=1)
    return Window(
        limit=min(limit, MOST),
        offset=_whole(request, "offset", usual=0, least=0),
        since=_bound(request, "fromDateTime"),
        until=_bound(request, "toDateTime"),
    )


TheirWindow = Annotated[Window, Depends(window_of)]


def _whole(request: Request, name: str, *, usual: int, least: int) -> int:
    sent = request.query_params.get(name)
    if sent is None:
        return usual
    found = int(sent) if re.fullmatch(r"[0-9]{1,10}", sent) else -1
    if not least <= found <= MAX_OFFSET:
        raise OffsetNotValid(parameter=name, least=least)
    return found


def _bound(request: Request, name: str) -> datetime | None:
    sent = request.query_params.get(name)
    if sent is None:
        return None
    found = _instant(sent.replace(" ", "+") if "T" in sent else sent)
    if found is None or not MIN_INSTANT <= found <= MAX_INSTANT:
        raise DateTimeNotValid(parameter=name)
    return found


def _instant(text: str) -> datetime | None:
    if not INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None
