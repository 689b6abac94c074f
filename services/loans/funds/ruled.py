"""Under which ruling of the Sharia register does a fund lend, and what does the register say?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import rulings as rules
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.journal import SHARIA_BOUND_FUNDS
from services.loans.domain.ruled import Register
from services.loans.domain.rulings import Ruling, Topic
from services.loans.funds import queries
from services.loans.funds.tables import FundRow, FundRulingRow
from services.loans.rulings import queries as rulings
from services.loans.rulings.queries import RulingUnknown
from shared import ids, tenancy
from shared.ids import FundId


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where an institution works on a day, and whether it does nothing without a ruling."""

    place: str
    on: date
    binds: bool


async def home(session: AsyncSession, *, on: date) -> Home:
    """What the register is asked for: the same for every fund, so no fund need be locked."""
    place = await rulings.place(session, on=on)
    return Home(place=place, on=on, binds=await rulings.binds(session))


async def register(
    session: AsyncSession, asks: Iterable[Ask], *, rows: Mapping[FundId, FundRow], home: Home
) -> Register:
    """What the register says of the rulings that funds and the products of asks name."""
    of_funds = {
        fund_id: row.lending_ruling_id
        for fund_id, row in rows.items()
        if row.lending_ruling_id is not None
    }
    named = {ask.ruling_id for ask in asks if ask.ruling_id is not None} | set(of_funds.values())
    found = await rulings.register(session) if named else {}
    return Register(
        place=home.place,
        on=home.on,
        binds=home.binds,
        chains={one: rulings.successors(one, found) for one in named},
        of_funds=of_funds,
    )


async def permission(
    session: AsyncSession, named: str | None, *, kind: FundKind, on: date
) -> Ruling | None:
    """The ruling that a fund names by its reference or id, if the register has it.

    Text that the register does not know is a deed, or a ruling from before the register; where
    the register binds, a fund of zakat or waqf must name one of it. Raises RulingUnknown,
    RulingOutOfForce, RulingDoesNotCover.
    """
    if named is None:
        return None
    try:
        ruling = await rulings.by_reference(session, named)
    except RulingUnknown:
        if kind in SHARIA_BOUND_FUNDS and await rulings.binds(session):
            raise
        return None
    place = await rulings.place(session, on=on)
    question = rules.Question(topic=Topic.LENDING, place=place, fund_kind=kind)
    return rules.require([ruling], question=question, on=on)


async def lend_under(
    session: AsyncSession, fund_id: FundId, *, reference: str, on: date, actor_id: UUID
) -> FundRow:
    """Let a fund lend under a ruling of the register from now on.

    Raises FundNotFound, RulingUnknown, RulingOutOfForce, RulingDoesNotCover.
    """
    fund = (await queries.locked_funds(session, [fund_id]))[fund_id]
    ruling = await rulings.by_reference(session, reference)
    await permission(session, reference, kind=FundKind(fund.kind), on=on)
    await session.execute(
        update(FundRow)
        .where(
            FundRow.institution_id == tenancy.institution_of(session), FundRow.fund_id == fund_id
        )
        .values(lending_ruling=ruling.reference, lending_ruling_id=ruling.ruling_id)
    )
    await keep(session, fund_id, ruling_id=ruling.ruling_id, actor_id=actor_id)
    await session.refresh(fund)
    return fund


async def keep(session: AsyncSession, fund_id: UUID, *, ruling_id: UUID, actor_id: UUID) -> None:
    """Keep that a fund came to lend under a ruling, by whom and when."""
    row = FundRulingRow(
        institution_id=tenancy.institution_of(session),
        link_id=ids.new(),
        fund_id=fund_id,
        ruling_id=ruling_id,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
