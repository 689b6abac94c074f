"""What was pledged and agreed, how does each instalment stand, and at which rate is exchanged?"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements.tables import (
    AgreementConditionRow,
    AgreementDecisionRow,
    AgreementFigureRow,
    AgreementMoveRow,
    AgreementProposalRow,
    AgreementRow,
    ExchangeRateRow,
    PledgeRow,
)
from services.loans.domain.agreement_dues import Instalment, Planned
from services.loans.domain.agreement_exchange import Rate
from services.loans.domain.agreement_results import Comparison, Condition, Measure
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.schemas import Page

RATE_DAYS = 7
"""How old a rate of the table may be on the day of an exchange."""


class AgreementNotFound(RafidError):
    """There is no such agreement"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No agreement has the id {agreement_id}."
    agreement_id: UUID


class AgreementNotInForce(RafidError):
    """The agreement is not in force"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The agreement {reference} is {state}."
    reference: str
    state: str


class InstalmentNotFound(RafidError):
    """The agreement has no such instalment"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The agreement {reference} has no instalment {number}."
    reference: str
    number: int


class RateNotKnown(RafidError):
    """No rate is known for the day"""

    kind = Kind.RULE
    service = "loans"
    detail = "No rate of {base} in {quote} is known for {on} or the {days} days before."
    base: str
    quote: str
    on: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An agreement with what was decided of it: proposed, in force, or rejected."""

    row: AgreementRow
    decision: AgreementDecisionRow | None

    @property
    def state(self) -> str:
        """How it stands."""
        if self.decision is None:
            return "proposed"
        return "in_force" if self.decision.outcome == "approve" else "rejected"


async def agreement(session: AsyncSession, agreement_id: UUID, *, lock: bool = False) -> Agreed:
    """Return an agreement, locked where asked. Raises AgreementNotFound."""
    statement = select(AgreementRow).where(
        AgreementRow.institution_id == tenancy.institution_of(session),
        AgreementRow.agreement_id == agreement_id,
    )
    if lock:
        await session.execute(LOCK, _values(session, proposal_id=agreement_id))
    row: AgreementRow | None = await session.scalar(statement)
    if row is None:
        raise AgreementNotFound(agreement_id=agreement_id)
    return Agreed(row=row, decision=await find_decision(session, agreement_id))


async def in_force(session: AsyncSession, agreement_id: UUID) -> AgreementRow:
    """Return an agreement in force, locked. Raises AgreementNotFound, AgreementNotInForce."""
    found = await agreement(session, agreement_id, lock=True)
    if found.state != "in_force":
        raise AgreementNotInForce(reference=found.row.reference, state=found.state)
    return found.row


LOCK = text("""
    select proposal_id from agreement_proposal
    where institution_id = :institution_id and proposal_id = :proposal_id for no key update
""")


async def find_proposal(session: AsyncSession, proposal_id: UUID) -> AgreementProposalRow | None:
    """Return a proposal, or None."""
    return await session.get(AgreementProposalRow, (tenancy.institution_of(session), proposal_id))


async def find_decision(session: AsyncSession, proposal_id: UUID) -> AgreementDecisionRow | None:
    """Return what was decided of a proposal, or None."""
    return await session.get(AgreementDecisionRow, (tenancy.institution_of(session), proposal_id))


async def agreements(
    session: AsyncSession, *, fund_id: UUID | None, page: Page
) -> Sequence[AgreementRow]:
    """Return a page of agreements by id, one more than fits."""
    statement = select(AgreementRow).where(
        AgreementRow.institution_id == tenancy.institution_of(session)
    )
    if fund_id is not None:
        statement = statement.where(AgreementRow.fund_id == fund_id)
    if page.after is not None:
        statement = statement.where(AgreementRow.agreement_id > page.after)
    statement = statement.order_by(AgreementRow.agreement_id).limit(page.limit + 1)
    return (await session.scalars(statement)).all()


async def pledge(session: AsyncSession, pledge_id: UUID, *, lock: bool = False) -> PledgeRow | None:
    """Return a pledge, or None."""
    key = (tenancy.institution_of(session), pledge_id)
    return await session.get(PledgeRow, key, with_for_update=lock)


async def pledges(session: AsyncSession, *, page: Page) -> Sequence[PledgeRow]:
    """Return a page of pledges by id, one more than fits."""
    statement = select(PledgeRow).where(PledgeRow.institution_id == tenancy.institution_of(session))
    if page.after is not None:
        statement = statement.where(PledgeRow.pledge_id > page.after)
    rows = await session.scalars(statement.order_by(PledgeRow.pledge_id).limit(page.limit + 1))
    return rows.all()


KEPT = text("""
    select a.pledge_id, sum(a.total_minor)::bigint as agreed_minor
    from agreement a
    join agreement_decision d
      on d.institution_id = a.institution_id and d.proposal_id = a.agreement_id
    where a.institution_id = :institution_id and a.pledge_id = any(:pledge_ids)
      and d.outcome = 'approve'
    group by a.pledge_id
""")


async def agreed_of(session: AsyncSession, pledge_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return what of pledges became agreements in force, in minor units."""
    rows = await session.execute(KEPT, _values(session, pledge_ids=list(pledge_ids)))
    return {row.pledge_id: row.agreed_minor for row in rows}


STANDING = text("""
    select i.agreement_id, i.number, i.due_on, i.amount_minor, i.currency,
      coalesce(c.conditions, 0) as conditions, coalesce(c.met, 0) as met,
      coalesce(m.received_minor, 0) as received_minor,
      coalesce(m.cancelled_minor, 0) as cancelled_minor
    from agreement_instalment i
    left join lateral (
      select count(*) as conditions, count(*) filter (where exists (
        select from agreement_figure f
        left join agreement_decision d
          on d.institution_id = f.institution_id and d.proposal_id = f.figure_id
        where f.institution_id = k.institution_id and f.agreement_id = k.agreement_id
          and f.instalment = k.instalment and f.condition_no = k.number and f.is_met
          and (f.measure <> 'told' or d.outcome = 'approve'))) as met
      from agreement_condition k
      where k.institution_id = i.institution_id and k.agreement_id = i.agreement_id
        and k.instalment = i.number
    ) c on true
    left join lateral (
      select (sum(v.amount_minor) filter (where v.kind <> 'cancel'))::bigint as received_minor,
        (sum(v.amount_minor) filter (where v.kind = 'cancel'))::bigint as cancelled_minor
      from agreement_move v
      where v.institution_id = i.institution_id and v.agreement_id = i.agreement_id
        and v.number = i.number
    ) m on true
    where i.institution_id = :institution_id and i.agreement_id = any(:agreement_ids)
    order by i.agreement_id, i.number
""")


async def instalments(
    session: AsyncSession, agreement_ids: Sequence[UUID]
) -> dict[UUID, list[Instalment]]:
    """Return the instalments of agreements with what became of each, in their order."""
    found: defaultdict[UUID, list[Instalment]] = defaultdict(list)
    rows = await session.execute(STANDING, _values(session, agreement_ids=list(agreement_ids)))
    for row in rows:
        planned = Planned(
            number=row.number,
            due_on=row.due_on,
            amount=Money(row.amount_minor, row.currency),
            conditions=row.conditions,
        )
        found[row.agreement_id].append(
            Instalment(
                planned=planned,
                met=row.met,
                received=Money(row.received_minor, row.currency),
                cancelled=Money(row.cancelled_minor, row.currency),
            )
        )
    return found


async def instalment(session: AsyncSession, row: AgreementRow, number: int) -> Instalment:
    """Return one instalment of an agreement. Raises InstalmentNotFound."""
    for one in (await instalments(session, [row.agreement_id])).get(row.agreement_id, []):
        if one.planned.number == number:
            return one
    raise InstalmentNotFound(reference=row.reference, number=number)


OPEN_BEFORE = text("""
    select a.agreement_id from agreement a
    join agreement_decision d
      on d.institution_id = a.institution_id and d.proposal_id = a.agreement_id
    where a.institution_id = :institution_id and d.outcome = 'approve'
      and (cast(:fund_id as uuid) is null or a.fund_id = :fund_id)
      and exists (select from agreement_instalment i
        where i.institution_id = a.institution_id and i.agreement_id = a.agreement_id
          and i.due_on < :on)
    order by a.agreement_id limit :limit
""")


async def past_due(
    session: AsyncSession, *, fund_id: UUID | None, on: date, limit: int
) -> list[UUID]:
    """Return agreements in force that have an instalment before a day, received or not."""
    values = _values(session, fund_id=fund_id, on=on, limit=limit)
    return [row.agreement_id for row in await session.execute(OPEN_BEFORE, values)]


async def conditions(session: AsyncSession, agreement_id: UUID) -> Sequence[AgreementConditionRow]:
    """Return the conditions of an agreement's instalments, in their order."""
    statement = (
        select(AgreementConditionRow)
        .where(
            AgreementConditionRow.institution_id == tenancy.institution_of(session),
            AgreementConditionRow.agreement_id == agreement_id,
        )
        .order_by(AgreementConditionRow.instalment, AgreementConditionRow.number)
    )
    return (await session.scalars(statement)).all()


def condition_of(row: AgreementConditionRow) -> Condition:
    """Give a row as the value that figures are held against."""
    return Condition(
        number=row.number,
        measure=Measure(row.measure),
        comparison=Comparison(row.comparison),
        threshold=row.threshold,
        code=row.code,
    )


async def figures(
    session: AsyncSession, agreement_id: UUID
) -> list[tuple[AgreementFigureRow, AgreementDecisionRow | None]]:
    """Return every figure of an agreement in the order of telling, with what was decided."""
    rows = await session.execute(
        select(AgreementFigureRow, AgreementDecisionRow)
        .outerjoin(
            AgreementDecisionRow,
            (AgreementDecisionRow.institution_id == AgreementFigureRow.institution_id)
            & (AgreementDecisionRow.proposal_id == AgreementFigureRow.figure_id),
        )
        .where(
            AgreementFigureRow.institution_id == tenancy.institution_of(session),
            AgreementFigureRow.agreement_id == agreement_id,
        )
        .order_by(AgreementFigureRow.figure_id)
    )
    return [(figure, decision) for figure, decision in rows]


async def find_figure(session: AsyncSession, figure_id: UUID) -> AgreementFigureRow | None:
    """Return a figure, or None."""
    return await session.get(AgreementFigureRow, (tenancy.institution_of(session), figure_id))


async def moves(session: AsyncSession, agreement_id: UUID) -> Sequence[AgreementMoveRow]:
    """Return what came for an agreement, or comes no more, in the order of booking."""
    statement = (
        select(AgreementMoveRow)
        .where(
            AgreementMoveRow.institution_id == tenancy.institution_of(session),
            AgreementMoveRow.agreement_id == agreement_id,
        )
        .order_by(AgreementMoveRow.move_id)
    )
    return (await session.scalars(statement)).all()


async def find_move(session: AsyncSession, move_id: UUID) -> AgreementMoveRow | None:
    """Return a movement of an instalment, or None."""
    return await session.get(AgreementMoveRow, (tenancy.institution_of(session), move_id))


async def is_taken_back(session: AsyncSession, move_id: UUID) -> bool:
    """Tell whether a match was taken back."""
    statement = select(
        exists().where(
            AgreementMoveRow.institution_id == tenancy.institution_of(session),
            AgreementMoveRow.reverses_move_id == move_id,
        )
    )
    return bool(await session.scalar(statement))


MATCHED = text("""
    select coalesce(sum(fund_minor), 0)::bigint from agreement_move
    where institution_id = :institution_id and receipt_id = :receipt_id
""")


async def matched_of(session: AsyncSession, receipt_id: UUID) -> int:
    """Return how much of a receipt stands for instalments, in minor units of the fund."""
    matched: int = (
        await session.execute(MATCHED, _values(session, receipt_id=receipt_id))
    ).scalar_one()
    return matched


async def rate_on(
    session: AsyncSession, *, base: str, quote: str, on: date
) -> tuple[ExchangeRateRow, Rate]:
    """Return the newest rate of the table on a day. Raises RateNotKnown."""
    statement = (
        select(ExchangeRateRow)
        .where(
            ExchangeRateRow.institution_id == tenancy.institution_of(session),
            ExchangeRateRow.base == base,
            ExchangeRateRow.quote == quote,
            ExchangeRateRow.rated_on <= on,
            ExchangeRateRow.rated_on > on - timedelta(days=RATE_DAYS + 1),
        )
        .order_by(ExchangeRateRow.rated_on.desc(), ExchangeRateRow.rate_id.desc())
        .limit(1)
    )
    row: ExchangeRateRow | None = await session.scalar(statement)
    if row is None:
        raise RateNotKnown(base=base, quote=quote, on=on, days=RATE_DAYS)
    return row, rate_of(row)


async def rate_by_id(session: AsyncSession, rate_id: UUID) -> Rate:
    """Return a rate of the table by its id."""
    row = await session.get_one(ExchangeRateRow, (tenancy.institution_of(session), rate_id))
    return rate_of(row)


def rate_of(row: ExchangeRateRow) -> Rate:
    """Give a row as the value that amounts are converted by."""
    return Rate(base=row.base, quote=row.quote, on=row.rated_on, rate=row.rate, source=row.source)


async def rates(session: AsyncSession, *, page: Page) -> Sequence[ExchangeRateRow]:
    """Return a page of the rates that were entered, in their order, one more than fits."""
    statement = select(ExchangeRateRow).where(
        ExchangeRateRow.institution_id == tenancy.institution_of(session)
    )
    if page.after is not None:
        statement = statement.where(ExchangeRateRow.rate_id > page.after)
    rows = await session.scalars(statement.order_by(ExchangeRateRow.rate_id).limit(page.limit + 1))
    return rows.all()


def _values(session: AsyncSession, **values: object) -> dict[str, object]:
    return {"institution_id": tenancy.institution_of(session), **values}
