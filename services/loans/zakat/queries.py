"""Who was counted to which class of zakat, what was given, and what lies in the fund?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.loans.domain import chart
from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.eligibility import Eligibility
from services.loans.domain.zakat.grants import OwnDebt
from services.loans.zakat.tables import (
    CostPaymentRow,
    CostRow,
    EligibilityDecisionRow,
    EligibilityEndRow,
    EligibilityRow,
    GrantHandoverRow,
    GrantPaymentRow,
    GrantReversalRow,
    GrantRow,
    InvestmentApprovalRow,
    InvestmentRow,
)
from services.loans.zakat_payers.queries import ZakatRecordUnknown
from shared import tenancy
from shared.money import Money
from shared.schemas import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case with what was decided of it, and whether that ended early."""

    row: EligibilityRow
    decision: EligibilityDecisionRow | None = None
    end: EligibilityEndRow | None = None

    @property
    def eligibility(self) -> Eligibility | None:
        """The decision as the rules know it; None while there is none, or it refuses."""
        said = self.decision
        if said is None or said.zakat_class is None or said.limit_minor is None:
            return None
        if said.expires_on is None:
            return None
        return Eligibility(
            eligibility_id=self.row.eligibility_id,
            reference=self.row.reference,
            borrower_id=self.row.borrower_id,
            zakat_class=ZakatClass(said.zakat_class),
            decided_on=said.decided_on,
            expires_on=said.expires_on,
            limit=Money(said.limit_minor, self.row.currency),
            ended_on=None if self.end is None else self.end.ended_on,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A grant with its payment, its handover and its reversal, as far as there are."""

    row: GrantRow
    payment: GrantPaymentRow | None = None
    handover: GrantHandoverRow | None = None
    reversal: GrantReversalRow | None = None

    @property
    def amount(self) -> Money:
        """What is given."""
        return Money(self.row.amount_minor, self.row.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A cost of zakat work with its payment."""

    row: CostRow
    payment: CostPaymentRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Investment:
    """An investment with its approval."""

    row: InvestmentRow
    approval: InvestmentApprovalRow | None = None


def _cases() -> Select[EligibilityRow, EligibilityDecisionRow, EligibilityEndRow]:
    decided = (EligibilityDecisionRow.institution_id == EligibilityRow.institution_id) & (
        EligibilityDecisionRow.eligibility_id == EligibilityRow.eligibility_id
    )
    ended = (EligibilityEndRow.institution_id == EligibilityRow.institution_id) & (
        EligibilityEndRow.eligibility_id == EligibilityRow.eligibility_id
    )
    return (
        select(EligibilityRow, EligibilityDecisionRow, EligibilityEndRow)
        .outerjoin(EligibilityDecisionRow, decided)
        .outerjoin(EligibilityEndRow, ended)
    )


async def case(session: AsyncSession, eligibility_id: UUID) -> Case:
    """A case; raises ZakatRecordUnknown."""
    statement = _cases().where(
        EligibilityRow.institution_id == tenancy.institution_of(session),
        EligibilityRow.eligibility_id == eligibility_id,
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise ZakatRecordUnknown(record="case", record_id=eligibility_id)
    return Case(row=row[0], decision=row[1], end=row[2])


async def locked_case(session: AsyncSession, eligibility_id: UUID) -> Case:
    """Lock all cases of a case's person until the transaction ends, and read it.

    What is given to one person under two decisions is so counted one after the other. Raises
    ZakatRecordUnknown.
    """
    mine = EligibilityRow.institution_id == tenancy.institution_of(session)
    person = select(EligibilityRow.borrower_id).where(
        mine, EligibilityRow.eligibility_id == eligibility_id
    )
    lock = (
        select(EligibilityRow.version)
        .where(mine, EligibilityRow.borrower_id == person.scalar_subquery())
        .order_by(EligibilityRow.eligibility_id)
        .with_for_update(key_share=True)
    )
    await session.execute(lock)
    return await case(session, eligibility_id)


async def cases(session: AsyncSession, *, borrower_id: UUID | None, page: Page) -> list[Case]:
    """A page of cases by id, of one person if asked, one more than fits."""
    statement = _cases().where(EligibilityRow.institution_id == tenancy.institution_of(session))
    if borrower_id is not None:
        statement = statement.where(EligibilityRow.borrower_id == borrower_id)
    if page.after is not None:
        statement = statement.where(EligibilityRow.eligibility_id > page.after)
    ordered = statement.order_by(EligibilityRow.eligibility_id).limit(page.limit + 1)
    return [Case(row=row[0], decision=row[1], end=row[2]) for row in await session.execute(ordered)]


def _grants() -> Select[GrantRow, GrantPaymentRow, GrantHandoverRow, GrantReversalRow]:
    statement = select(GrantRow, GrantPaymentRow, GrantHandoverRow, GrantReversalRow)
    return (
        statement.outerjoin(GrantPaymentRow, _of_grant(GrantPaymentRow))
        .outerjoin(GrantHandoverRow, _of_grant(GrantHandoverRow))
        .outerjoin(GrantReversalRow, _of_grant(GrantReversalRow))
    )


def _of_grant(
    part: type[GrantPaymentRow | GrantHandoverRow | GrantReversalRow],
) -> ColumnElement[bool]:
    return (part.institution_id == GrantRow.institution_id) & (part.grant_id == GrantRow.grant_id)


def _grant(row: Any) -> Grant:
    return Grant(row=row[0], payment=row[1], handover=row[2], reversal=row[3])


async def grant(session: AsyncSession, grant_id: UUID) -> Grant:
    """A grant; raises ZakatRecordUnknown."""
    statement = _grants().where(
        GrantRow.institution_id == tenancy.institution_of(session), GrantRow.grant_id == grant_id
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise ZakatRecordUnknown(record="grant", record_id=grant_id)
    return _grant(row)


async def grants(session: AsyncSession, *, fund_id: UUID, page: Page) -> list[Grant]:
    """A page of a fund's grants by id, one more than fits."""
    statement = _grants().where(
        GrantRow.institution_id == tenancy.institution_of(session), GrantRow.fund_id == fund_id
    )
    if page.after is not None:
        statement = statement.where(GrantRow.grant_id > page.after)
    ordered = statement.order_by(GrantRow.grant_id).limit(page.limit + 1)
    return [_grant(row) for row in await session.execute(ordered)]


async def grants_under(session: AsyncSession, eligibility_id: UUID) -> list[Grant]:
    """Every grant under a decision that was paid and not taken back."""
    statement = _grants().where(
        GrantRow.institution_id == tenancy.institution_of(session),
        GrantRow.eligibility_id == eligibility_id,
        GrantPaymentRow.grant_id.is_not(None),
        GrantReversalRow.grant_id.is_(None),
    )
    return [_grant(row) for row in await session.execute(statement.order_by(GrantRow.grant_id))]


async def given_to(
    session: AsyncSession, borrower_id: UUID, *, classes: Collection[ZakatClass], after: date
) -> Sequence[int]:
    """What a person was given in some classes after a day and kept, in minor units."""
    names = [one.value for one in classes]
    statement = (
        select(GrantRow.amount_minor)
        .join(GrantPaymentRow, _of_grant(GrantPaymentRow))
        .outerjoin(GrantReversalRow, _of_grant(GrantReversalRow))
        .where(
            GrantRow.institution_id == tenancy.institution_of(session),
            GrantRow.borrower_id == borrower_id,
            GrantRow.zakat_class.in_(names),
            GrantPaymentRow.paid_on > after,
            GrantReversalRow.grant_id.is_(None),
        )
    )
    return (await session.scalars(statement)).all()


async def cost(session: AsyncSession, cost_id: UUID) -> Cost:
    """A cost of zakat work; raises ZakatRecordUnknown."""
    key = (tenancy.institution_of(session), cost_id)
    row = await session.get(CostRow, key)
    if row is None:
        raise ZakatRecordUnknown(record="cost", record_id=cost_id)
    return Cost(row=row, payment=await session.get(CostPaymentRow, key))


async def investment(session: AsyncSession, investment_id: UUID) -> Investment:
    """An investment of zakat; raises ZakatRecordUnknown."""
    key = (tenancy.institution_of(session), investment_id)
    row = await session.get(InvestmentRow, key)
    if row is None:
        raise ZakatRecordUnknown(record="investment", record_id=investment_id)
    return Investment(row=row, approval=await session.get(InvestmentApprovalRow, key))


async def is_cost_paid(session: AsyncSession, cost_id: UUID) -> bool:
    """Whether a cost is paid, as its locked fund's books have it now."""
    return await _exists(session, CostPaymentRow.cost_id, cost_id)


async def is_investment_approved(session: AsyncSession, investment_id: UUID) -> bool:
    """Whether an investment is approved, as its locked fund's books have it now."""
    return await _exists(session, InvestmentApprovalRow.investment_id, investment_id)


async def _exists(
    session: AsyncSession, column: InstrumentedAttribute[UUID], record_id: UUID
) -> bool:
    own = column.class_.institution_id == tenancy.institution_of(session)
    return await session.scalar(select(column).where(own, column == record_id)) is not None


MONEY = ", ".join(f"'{code}'" for code in chart.MONEY)
OWED = ", ".join(f"'{code}'" for code in chart.OWED)
IN_HAND = text(f"""
    select coalesce(sum(case when b.code in ({OWED}) then least(b.minor, 0) else b.minor end), 0
      )::bigint
    from (
      select a.code, sum(l.amount_minor) as minor
      from account a
      join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
      join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
      where a.institution_id = :institution_id and a.fund_id = :fund_id
        and a.code in ({MONEY}, {OWED}) and e.occurred_on <= :on
      group by a.code
    ) b
""")
BOOKED = text("""
    select coalesce(sum(l.amount_minor), 0)::bigint
    from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id
      and a.code = 'amil_costs' and e.occurred_on >= :since
      and e.occurred_on < :until
""")
URGENT = text("""
    select count(*)
    from zakat_eligibility c
    left join zakat_eligibility_decision d
      on d.institution_id = c.institution_id and d.eligibility_id = c.eligibility_id
    left join zakat_eligibility_end e
      on e.institution_id = c.institution_id and e.eligibility_id = c.eligibility_id
    where c.institution_id = :institution_id and c.is_urgent and c.asked_on <= :on
      and (d.outcome is null
        or (d.outcome = 'approved' and d.expires_on > :on
          and (e.ended_on is null or e.ended_on > :on)))
      and not exists (
        select from zakat_grant g
        join zakat_grant_payment p
          on p.institution_id = g.institution_id and p.grant_id = g.grant_id
        left join zakat_grant_reversal r
          on r.institution_id = g.institution_id and r.grant_id = g.grant_id
        where g.institution_id = c.institution_id and g.eligibility_id = c.eligibility_id
          and r.grant_id is null)
""")


# What of a contract of ours fell due by a day and is not paid, or was written off and stays owed.
OWN_DEBT = text("""
    select c.borrower_id, c.signed_on, c.currency, greatest(p.written_off_minor,
      coalesce(sum(i.principal_minor + i.profit_minor + i.fee_minor + i.penalty_minor), 0)
        - p.paid_principal_minor - p.paid_profit_minor - p.paid_fee_minor - p.paid_penalty_minor,
      0)::bigint as due_minor
    from contract c
    join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
    left join instalment i on i.institution_id = c.institution_id
      and i.contract_id = c.contract_id and i.generation = p.generation and i.due_on <= :on
    where c.institution_id = :institution_id and c.contract_id = :contract_id
      and p.disbursed_minor > 0
    group by c.borrower_id, c.signed_on, c.currency, p.written_off_minor, p.paid_principal_minor,
      p.paid_profit_minor, p.paid_fee_minor, p.paid_penalty_minor
""")


async def own_debt(session: AsyncSession, contract_id: UUID, *, on: date) -> OwnDebt | None:
    """What is due to us on a contract on a day, and who owes it; None where there is none."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "on": on,
    }
    row = (await session.execute(OWN_DEBT, values)).first()
    if row is None:
        return None
    return OwnDebt(
        borrower_id=row.borrower_id,
        signed_on=row.signed_on,
        due=Money(row.due_minor, row.currency),
    )


async def in_hand(session: AsyncSession, fund_id: UUID, *, on: date) -> int:
    """What a fund held at the end of a day, less what it owed, in minor units."""
    return await _number(session, IN_HAND, fund_id=fund_id, on=on)


async def booked_costs(session: AsyncSession, fund_id: UUID, *, since: date, until: date) -> int:
    """What zakat work has cost from a day until before another, by the books, in minor units."""
    return await _number(session, BOOKED, fund_id=fund_id, since=since, until=until)


async def urgent_waiting(session: AsyncSession, *, on: date) -> int:
    """How many urgent cases wait for a decision, or for their grant."""
    return await _number(session, URGENT, on=on)


async def _number(session: AsyncSession, statement: Any, **values: object) -> int:
    values["institution_id"] = tenancy.institution_of(session)
    return int((await session.execute(statement, values)).scalar_one())
