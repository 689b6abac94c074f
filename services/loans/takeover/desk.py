"""Who is at the desk where a file comes in: its order, its places, its borrowers, its outcome?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import operations as borrowers
from services.loans.borrowers import queries as borrower_queries
from services.loans.domain.portfolio_file import PortfolioFile
from services.loans.domain.portfolio_records import Faulty
from services.loans.repayments.batch import RepaymentBook
from services.loans.takeover import people
from services.loans.takeover.operations import Known
from services.loans.takeover.queries import Places
from shared.auth import Actor
from shared.db import TenantDb
from shared.errors import Kind, RafidError


class BorrowerAbsent(RafidError):
    """The borrower is neither in the file nor here"""

    kind = Kind.RULE
    service = "loans"
    detail = "No line of the kind borrower has the name {name}, and nobody here came under it."
    name: str


class TriedOnlyError(Exception):
    """Leaves a transaction without a trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be taken: on which day, at which instant, and whether it is only tried."""

    on: date
    at: datetime
    is_trial: bool = False


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the contracts of a file."""

    taken: int = 0
    known: int = 0
    moved: int = 0
    refused: list[Faulty] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that a part of a file is taken in with; `came` are the contracts that came, by name."""

    db: TenantDb
    book: RepaymentBook
    file: PortfolioFile
    order: Order
    actor: Actor
    here: Places
    country: str
    closed_through: date | None
    came: set[str] = field(default_factory=set)


def keep(order: Order) -> None:
    """Leave the transaction of a trial without a trace."""
    if order.is_trial:
        raise TriedOnlyError


async def registered(
    session: AsyncSession, desk: Desk, keys: Sequence[str]
) -> tuple[dict[str, Known], Mapping[str, RafidError]]:
    """Give the borrowers of these names, registered now where they are not yet.

    Members come before those they belong to; a refusal stands under the borrower's name.
    """
    refusals: dict[str, RafidError] = {}
    found: dict[str, UUID] = {}
    for names in people.in_order(keys, desk.file.borrowers):
        found |= await borrower_queries.borrowers_by_external_id(session, names)
        fresh = []
        for name in names:
            record = desk.file.borrowers.get(name)
            if name in found or record is None:
                continue
            try:
                fresh.append(
                    people.new_borrower(
                        record, branches=desk.here.branches, known=found, country=desk.country
                    )
                )
            except RafidError as error:
                refusals[name] = error
        outcomes = []
        if fresh:
            outcomes = await borrowers.register_borrowers(
                session, fresh, on=desk.order.on, actor=desk.actor
            )
        for new, outcome in zip(fresh, outcomes, strict=True):
            if isinstance(outcome, RafidError):
                refusals[new.external_id or ""] = outcome
            else:
                found[new.external_id or ""] = outcome.borrower_id
    rows = await borrower_queries.borrowers_by_id(session, found.values(), actor=desk.actor)
    return {
        name: Known(
            borrower_id=borrower_id,
            kind=rows[borrower_id].kind,
            region=rows[borrower_id].region,
            sex=rows[borrower_id].sex,
            born_on=rows[borrower_id].born_on,
        )
        for name, borrower_id in found.items()
    }, refusals
