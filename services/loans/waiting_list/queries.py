"""Which applications wait for money in a currency, and which open funds have it?"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications.tables import ApplicationRow
from services.loans.borrowers import queries as borrowers
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.funds.tables import FundRow
from shared import tenancy
from shared.auth import Actor
from shared.clients.assignment_runs import MOST_FUNDS
from shared.errors import Kind, RafidError
from shared.schemas import Page

WAITING = (ApplicationStatus.ASSESSED, ApplicationStatus.WAITING_FOR_FUNDS)


class TooManyFundsToAssign(RafidError):
    """Too many funds for one run"""

    kind = Kind.RULE
    service = "loans"
    detail = "More than {most} funds are open in {currency}; a run knows no more."
    most: int
    currency: str


async def waiting(
    session: AsyncSession, *, currency: str, page: Page, actor: Actor
) -> list[ApplicationRow]:
    """Applications that are assessed and undecided, or approved without money, by their ids.

    Those of the branches that the actor may see, one more than the page holds.
    """
    query = select(ApplicationRow).where(
        ApplicationRow.institution_id == tenancy.institution_of(session),
        ApplicationRow.status.in_([status.value for status in WAITING]),
        ApplicationRow.currency == currency,
        *borrowers.in_reach(ApplicationRow.branch_id, actor=actor),
    )
    if page.after is not None:
        query = query.where(ApplicationRow.application_id > page.after)
    query = query.order_by(ApplicationRow.application_id).limit(page.limit + 1)
    return list((await session.scalars(query)).all())


async def open_funds(session: AsyncSession, *, currency: str) -> Sequence[FundRow]:
    """The open funds of a currency, by their ids. Raises TooManyFundsToAssign."""
    query = (
        select(FundRow)
        .where(
            FundRow.institution_id == tenancy.institution_of(session),
            FundRow.status == "open",
            FundRow.currency == currency,
        )
        .order_by(FundRow.fund_id)
        .limit(MOST_FUNDS + 1)
    )
    rows = (await session.scalars(query)).all()
    if len(rows) > MOST_FUNDS:
        raise TooManyFundsToAssign(most=MOST_FUNDS, currency=currency)
    return rows
