"""`GET /monitoring/v1/portfolio` and `…/funds/{fund_id}/utilisation`, for any two dates."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.deps import ClockOf, Db
from services.monitoring.domain import portfolio_quality
from services.monitoring.domain.portfolio_quality import LoanPosition
from services.monitoring.portfolio import queries
from services.monitoring.portfolio.books import queries as books
from services.monitoring.portfolio.schemas import Cut, PortfolioOut, UtilisationOut
from shared.auth import Actor, Role, require
from shared.clock import Clock
from shared.errors import Kind, RafidError
from shared.ids import DonorId, FundId
from shared.schemas import Day, Instant

router = APIRouter(prefix="/monitoring/v1", tags=["portfolio"])

NO_DONOR = DonorId(UUID(int=0))  # linked to nothing
KEYS: Mapping[Cut, Callable[[LoanPosition], str]] = MappingProxyType(
    {
        Cut.FUND: lambda position: str(position.fund_id),
        Cut.BRANCH: lambda position: str(position.branch_id),
        Cut.SECTOR: lambda position: position.sector,
    }
)
STAFF = (Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)
SEES_EVERY_FUND = frozenset({Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR})

MaySeePortfolio = Annotated[Actor, require(*STAFF)]
MaySeeFunds = Annotated[Actor, require(*SEES_EVERY_FUND, Role.DONOR)]
AsOf = Annotated[Day | None, Query(description="Value date; today where the institution is.")]
KnownAt = Annotated[
    Instant | None, Query(description="What was known when; the newest that is loaded.")
]


class FundNotFound(RafidError):
    """No such fund

    The fund does not exist, or is not one of those you may see.
    """

    kind = Kind.NOT_FOUND
    service = "monitoring"
    detail = "No fund {fund_id} is among those you may see."
    fund_id: UUID


@router.get("/portfolio")
async def read_portfolio(
    db: Db,
    clock: ClockOf,
    actor: MaySeePortfolio,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: Cut = Cut.FUND,
) -> PortfolioOut:
    """Portfolio at risk by fund, branch or sector; the same two dates always answer the same."""
    async with db(snapshot=True) as session:
        day = as_of or await local_day(session, clock)
        at = await queries.moment(session, as_of=day, known_at=known_at)
        positions = await queries.positions(session, at, branch_ids=actor.branch_ids)
    return PortfolioOut.of(
        at,
        by=by,
        whole=portfolio_quality.quality_by(positions, key=lambda _: ""),
        groups=portfolio_quality.quality_by(positions, key=KEYS[by]),
    )


@router.get("/funds/{fund_id}/utilisation")
async def read_utilisation(
    fund_id: UUID,
    db: Db,
    clock: ClockOf,
    actor: MaySeeFunds,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> UtilisationOut:
    """What became of a fund's money: a donor sees only the funds linked to them."""
    async with db(snapshot=True) as session:
        visible = await queries.funds(session, donor_id=limited_to(actor))
        if fund_id not in {fund.fund_id for fund in visible}:
            raise FundNotFound(fund_id=fund_id)
        day = as_of or await local_day(session, clock)
        at = await queries.moment(session, as_of=day, known_at=known_at)
        used = await books.utilisations(session, at, fund_ids=[FundId(fund_id)])
    return UtilisationOut.of(used[FundId(fund_id)], fund_id=fund_id, at=at)


def limited_to(actor: Actor) -> DonorId | None:
    """The donor whose funds an actor sees; None for those who see every fund."""
    if not SEES_EVERY_FUND.isdisjoint(actor.roles):
        return None
    return actor.donor_id or NO_DONOR


async def local_day(session: AsyncSession, clock: Clock) -> date:
    """The day it is where the institution works; UTC's before its directory entry is known."""
    known = await queries.institution(session)
    return clock.today(known.timezone if known else "UTC")
