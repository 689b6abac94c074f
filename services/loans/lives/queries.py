"""What is a contract's course folded from, as it stands in the tables?"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.life import Entered, Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from shared import tenancy
from shared.money import Money

COURSE = "course"
"""How a contract is served whose profit every payment counts anew."""
APPLIED = "applied"
"""What a contribution of the borrower's is entered as, once it has paid a down payment."""

ENTERED = text("""
    select * from (
      select 'paid_out' as what, d.disbursement_id as id, d.disbursed_on as day,
        d.amount_minor as minor, 0::bigint as forgiven, 0::bigint as written_off,
        0::bigint as recovered, null as kind, null as reason, null::jsonb as members, d.recorded_at
      from disbursement d
      where d.institution_id = :institution_id and d.contract_id = :contract_id
        and d.reverses_disbursement_id is null and not exists (
          select from disbursement b where b.institution_id = d.institution_id
            and b.reverses_disbursement_id = d.disbursement_id)
      union all
      select 'received', r.repayment_id, r.received_on, r.amount_minor, 0, 0, 0, null, null, null,
        r.recorded_at
      from repayment r
      where r.institution_id = :institution_id and r.contract_id = :contract_id
        and r.reverses_repayment_id is null and not exists (
          select from repayment b where b.institution_id = r.institution_id
            and b.reverses_repayment_id = r.repayment_id)
      union all
      select 'applied', h.disbursement_id, h.moved_on, -h.amount_minor, 0, 0, 0, null, null, null,
        h.recorded_at
      from holding h
      where h.institution_id = :institution_id and h.contract_id = :contract_id
        and h.kind = 'applied' and not exists (
          select from holding b where b.institution_id = h.institution_id
            and b.reverses_holding_id = h.holding_id)
      union all
      select 'ordered', o.order_id, o.effective_on, e.moved_minor, e.forgiven_minor,
        e.written_off_minor, e.recovered_minor, o.kind, o.reason, o.members, e.recorded_at
      from order_effect e
      join contract_order o on o.institution_id = e.institution_id and o.order_id = e.order_id
      where e.institution_id = :institution_id and e.contract_id = :contract_id
        and e.reverses_order_id is null and not exists (
          select from order_effect b where b.institution_id = e.institution_id
            and b.reverses_order_id = e.order_id)
    ) m order by m.recorded_at, m.id
""")
FIRST_DUES = text("""
    select number, due_on, principal_minor, profit_minor, fee_minor, penalty_minor from instalment
    where institution_id = :institution_id and contract_id = :contract_id and generation = 1
    order by number
""")


async def _all_entered(session: AsyncSession, contract_id: UUID) -> Sequence[Row[Any]]:
    """Return all that stands on a contract, payouts and orders too, as it was recorded."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return (await session.execute(ENTERED, values)).all()


async def _first_dues(session: AsyncSession, contract_id: UUID) -> Sequence[Row[Any]]:
    """Return the instalments of a contract as they were signed."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return (await session.execute(FIRST_DUES, values)).all()


async def life_of(session: AsyncSession, row: ContractRow) -> Life:
    """Return what a contract's course is folded from; what was taken back is not in it."""
    entered = [_entered(one) for one in await _all_entered(session, row.contract_id)]
    signed = tuple(
        Instalment(
            number=one.number,
            due_on=one.due_on,
            principal=Money(one.principal_minor, row.currency),
            profit=Money(one.profit_minor, row.currency),
            fee=Money(one.fee_minor, row.currency),
            penalty_minor=one.penalty_minor,
        )
        for one in await _first_dues(session, row.contract_id)
    )
    terms = contract_queries.terms_of(row)
    return Life(terms=terms, signed=signed, entered=tuple(entered))


def contributed(disbursement_id: UUID, *, on: date, minor: int) -> Received:
    """Give held money of the borrower that paid a down payment, by the payout that used it."""
    return Received(key=(APPLIED, disbursement_id), on=on, amount=minor)


def without_payout(life: Life, disbursement_id: UUID) -> Life:
    """Give the life as if a payout, and what was contributed with it, had never been entered."""
    return life.without(disbursement_id).without((APPLIED, disbursement_id))


def _entered(one: Row[Any]) -> Entered:
    if one.what == "paid_out":
        return PaidOut(key=one.id, on=one.day, amount=one.minor)
    if one.what == "received":
        return Received(key=one.id, on=one.day, amount=one.minor)
    if one.what == "applied":
        return contributed(one.id, on=one.day, minor=one.minor)
    asked = Asked.of(
        OrderKind(one.kind),
        effective_on=one.day,
        reason=OrderReason(one.reason),
        members=one.members,
    )
    return Ordered(
        order_id=one.id,
        asked=asked,
        moved=one.minor,
        forgiven=one.forgiven,
        written_off=one.written_off,
        recovered=one.recovered,
    )
