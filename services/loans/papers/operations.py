"""How is a certificate issued, numbered and kept, so that it can be checked for ever?"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.schemas import PaidOut
from services.loans.domain import replay, statement
from services.loans.institutions import operations as institutions
from services.loans.papers import documents, drafting, queries
from services.loans.papers.documents import CertificateOut, DayOut, Kept, StandingOut, Wish
from services.loans.papers.tables import CertificateRow
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError

REFERENCE_KIND = "CT"


class YearMissing(RafidError):
    """A certificate of payments is of one year"""

    kind = Kind.RULE
    service = "loans"
    detail = "Give the year, and no day, for payments in a year; a day, and no year, otherwise."


class YearNotOver(RafidError):
    """The year has not begun yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "{year} begins after today, {today}: nothing can have been paid in it."
    year: int
    today: date


async def issue_certificate(
    session: AsyncSession,
    contract_id: UUID,
    asked: Wish,
    *,
    actor: Actor,
    today: date,
    at: datetime,
) -> CertificateOut:
    """Certify what the books hold of a contract now; the certificate is kept for good.

    The contract is locked, so that nothing moves between its figures. A year that still runs is
    certified up to today. Raises ContractUnknown, YearMissing, YearNotOver, NothingLent,
    StillOwed.
    """
    head = await drafting.head(session, contract_id, actor=actor)
    figures = await drafting.figures(session, contract_id, known_at=None, today=today, lock=True)
    first_on, as_of = span_of(asked, today=today)
    state = await figures.state(session, as_of)
    reference = figures.row.reference
    if asked.kind == "settlement":
        statement.require_settled(state, reference=reference)
    statement.require_lent(state, reference=reference)
    paid = None
    if first_on is not None:
        eve = await figures.state(session, first_on - timedelta(days=1))
        paid = PaidOut.of(replay.correction(eve, after=state))
    (number,) = await institutions.next_references(session, kind=REFERENCE_KIND, year=today.year)
    issued = CertificateOut(
        head=head,
        known_at=None,
        number=number,
        kind=asked.kind,
        issued_on=DayOut.of(today),
        issued_at=at,
        first_on=None if first_on is None else DayOut.of(first_on),
        standing=StandingOut.of(state),
        paid=paid,
    ).sealed()
    session.add(
        CertificateRow(
            institution_id=tenancy.institution_of(session),
            certificate_id=ids.new(),
            number=number,
            kind=asked.kind,
            contract_id=contract_id,
            as_of=as_of,
            content=issued.content(),
            sha256=bytes.fromhex(issued.sha256),
            actor_id=actor.id,
            issued_at=at,
        )
    )
    await session.flush()
    return issued


def span_of(asked: Wish, *, today: date) -> tuple[date | None, date]:
    """Give the first day of a certificate of a year (else None), and its last day.

    Worked: for 2026, asked on 1 April 2026: 1 January to 1 April. Raises YearMissing, YearNotOver.
    """
    if (asked.kind == "paid_in_year") != (asked.year is not None) or (asked.year and asked.as_of):
        raise YearMissing
    if asked.year is None:
        return None, asked.as_of or today
    if asked.year > today.year:
        raise YearNotOver(year=asked.year, today=today)
    return date(asked.year, 1, 1), min(date(asked.year, 12, 31), today)


async def kept_certificate(session: AsyncSession, row: CertificateRow) -> Kept:
    """Give a certificate as it was issued, with the borrower's name if it is still the same."""
    found = await queries.parties(session, row.contract_id)
    sealed = row.sha256.hex()
    named = _with_names(row.content, name_ar=found.name_ar, name_latin=found.name_latin)
    is_named = documents.seal_of_members(named) == sealed
    content = named if is_named else row.content
    certificate = CertificateOut.model_validate_json(orjson.dumps(content))
    return Kept(
        as_issued=is_named or documents.seal_of_members(content) == sealed,
        certificate=certificate.model_copy(update={"sha256": sealed}),
    )


def _with_names(content: Mapping[str, Any], **names: str | None) -> dict[str, Any]:
    head = content["head"]
    return {**content, "head": {**head, "borrower": {**head["borrower"], **names}}}
