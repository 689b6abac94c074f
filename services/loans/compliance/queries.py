"""Which cases are there, what was decided, and what came to charity and left it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.compliance.tables import (
    BeneficiaryRow,
    CaseDecisionRow,
    CaseRow,
    CharityDecisionRow,
    CharityOrderRow,
)
from services.loans.domain.purifying import Tainted
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import WITHIN_CUT, Cut
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Page


class CaseUnknown(RafidError):
    """There is no such case"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The log of non-compliance has no case {case_id}."
    case_id: UUID


class BeneficiaryUnknown(RafidError):
    """There is no such beneficiary"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No organisation {beneficiary_id} takes charity here."
    beneficiary_id: UUID


class CharityOrderUnknown(RafidError):
    """There is no such order on charity"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "There is no order {order_id} on charity."
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case with what its board decided, if it did, and what was purified of it."""

    row: CaseRow
    decision: CaseDecisionRow | None
    purified: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CharityOrder:
    """An order with what a second person said of it, if anybody did."""

    row: CharityOrderRow
    decision: CharityDecisionRow | None

    @property
    def state(self) -> Literal["proposed", "approved", "rejected"]:
        """Where the order stands."""
        if self.decision is None:
            return "proposed"
        return "approved" if self.decision.outcome == "approved" else "rejected"


PURIFIED = text("""
    select o.case_id, sum(case when o.reverses_order_id is null then o.amount_minor
      else -o.amount_minor end)::bigint as purified_minor
    from charity_order o join charity_decision d on d.institution_id = o.institution_id
      and d.order_id = o.order_id and d.outcome = 'approved'
    where o.institution_id = :institution_id and o.case_id = any(:case_ids)
    group by o.case_id
""")


async def case(session: AsyncSession, case_id: UUID) -> Case:
    """One case. Raises CaseUnknown."""
    row = await session.get(CaseRow, (tenancy.institution_of(session), case_id))
    if row is None:
        raise CaseUnknown(case_id=case_id)
    return (await _told(session, [row]))[0]


async def cases(session: AsyncSession, *, fund_id: UUID | None, page: Page) -> list[Case]:
    """The log by id, of one fund or all, one more than the page."""
    query = select(CaseRow).where(CaseRow.institution_id == tenancy.institution_of(session))
    if fund_id is not None:
        query = query.where(CaseRow.fund_id == fund_id)
    if page.after is not None:
        query = query.where(CaseRow.case_id > page.after)
    rows = await session.scalars(query.order_by(CaseRow.case_id).limit(page.limit + 1))
    return await _told(session, rows.all())


async def tainted(session: AsyncSession, found: Case, *, account_code: str) -> Tainted:
    """What was decided and done of a case, and the income its fund's account has as booked now."""
    booked = await ledger.balances(session, FundId(found.row.fund_id))
    zero = Money.zero(found.row.currency)
    decided = 0 if found.decision is None else found.decision.purify_minor
    return Tainted(
        decided=Money(decided, found.row.currency),
        done=found.purified,
        income=-booked.get(account_code, zero),
    )


STEP = text("""
    select step_id from deal_step
    where institution_id = :institution_id and contract_id = :contract_id and step_id = :step_id
""")


async def is_step_of(session: AsyncSession, step_id: UUID, *, contract_id: UUID) -> bool:
    """Whether a contract has this step."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "step_id": step_id,
    }
    return await session.scalar(STEP, values) is not None


async def beneficiary(session: AsyncSession, beneficiary_id: UUID) -> BeneficiaryRow:
    """One organisation. Raises BeneficiaryUnknown."""
    key = (tenancy.institution_of(session), beneficiary_id)
    row = await session.get(BeneficiaryRow, key)
    if row is None:
        raise BeneficiaryUnknown(beneficiary_id=beneficiary_id)
    return row


async def beneficiaries(session: AsyncSession, *, page: Page) -> list[BeneficiaryRow]:
    """The organisations by id, one more than the page."""
    query = select(BeneficiaryRow).where(
        BeneficiaryRow.institution_id == tenancy.institution_of(session)
    )
    if page.after is not None:
        query = query.where(BeneficiaryRow.beneficiary_id > page.after)
    order = query.order_by(BeneficiaryRow.beneficiary_id).limit(page.limit + 1)
    return list(await session.scalars(order))


async def order(session: AsyncSession, order_id: UUID) -> CharityOrder:
    """One order with its decision. Raises CharityOrderUnknown."""
    key = (tenancy.institution_of(session), order_id)
    row = await session.get(CharityOrderRow, key)
    if row is None:
        raise CharityOrderUnknown(order_id=order_id)
    decision = await session.get(CharityDecisionRow, key, populate_existing=True)
    return CharityOrder(row=row, decision=decision)


async def is_undone(session: AsyncSession, order_id: UUID) -> bool:
    """Whether another order in force took an order back."""
    statement = select(CharityDecisionRow.order_id).where(
        CharityDecisionRow.institution_id == tenancy.institution_of(session),
        CharityDecisionRow.reverses_order_id == order_id,
        CharityDecisionRow.outcome == "approved",
    )
    return await session.scalar(statement) is not None


async def orders(session: AsyncSession, *, fund_id: UUID | None, page: Page) -> list[CharityOrder]:
    """Orders by id, of one fund or all, one more than the page."""
    matches = (CharityDecisionRow.institution_id == CharityOrderRow.institution_id) & (
        CharityDecisionRow.order_id == CharityOrderRow.order_id
    )
    query = (
        select(CharityOrderRow, CharityDecisionRow)
        .outerjoin(CharityDecisionRow, matches)
        .where(CharityOrderRow.institution_id == tenancy.institution_of(session))
    )
    if fund_id is not None:
        query = query.where(CharityOrderRow.fund_id == fund_id)
    if page.after is not None:
        query = query.where(CharityOrderRow.order_id > page.after)
    found = await session.execute(query.order_by(CharityOrderRow.order_id).limit(page.limit + 1))
    return [CharityOrder(row=one[0], decision=one[1]) for one in found]


# What came to charity and left it, by what happened; a reversal counts as what it undoes.
CHARITY = text(f"""
    select a.fund_id, a.currency, coalesce(o.kind, e.kind) as kind, c.beneficiary_id,
      coalesce(-sum(l.amount_minor) filter (where e.occurred_on < :since), 0)::bigint
        as opening_minor,
      coalesce(-sum(l.amount_minor) filter (where e.occurred_on >= :since), 0)::bigint
        as moved_minor
    from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    left join journal_entry o
      on o.institution_id = e.institution_id and o.entry_id = e.reverses_entry_id
    left join charity_order c
      on c.institution_id = e.institution_id and c.order_id = e.source_id
    where a.institution_id = :institution_id and a.code = 'charity'
      and (cast(:fund_id as uuid) is null or a.fund_id = :fund_id) and {WITHIN_CUT}
    group by a.fund_id, a.currency, coalesce(o.kind, e.kind), c.beneficiary_id
    order by a.fund_id, kind, c.beneficiary_id
""")


async def charity_moves(
    session: AsyncSession, *, fund_id: UUID | None, since: date, cut: Cut
) -> Sequence[Row[Any]]:
    """By fund, kind of entry and beneficiary: what charity was owed before, and what came since."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "since": since,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }
    return (await session.execute(CHARITY, values)).all()


async def _told(session: AsyncSession, rows: Sequence[CaseRow]) -> list[Case]:
    if not rows:
        return []
    institution_id, case_ids = rows[0].institution_id, [row.case_id for row in rows]
    decisions = await session.scalars(
        select(CaseDecisionRow).where(
            CaseDecisionRow.institution_id == institution_id,
            CaseDecisionRow.case_id.in_(case_ids),
        )
    )
    by_case = {one.case_id: one for one in decisions}
    values = {"institution_id": institution_id, "case_ids": case_ids}
    purified = {one.case_id: one.purified_minor for one in await session.execute(PURIFIED, values)}
    return [
        Case(
            row=row,
            decision=by_case.get(row.case_id),
            purified=Money(purified.get(row.case_id, 0), row.currency),
        )
        for row in rows
    ]
