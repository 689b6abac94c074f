"""What was drawn of lenders, paid back and is owed, on which frozen terms?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import queries as agreements
from services.loans.agreements.tables import AgreementDecisionRow
from services.loans.borrowing.tables import (
    DrawEndRow,
    DrawReceiptRow,
    DrawRow,
    LenderBookingRow,
    LenderPaymentRow,
    LenderRateRow,
)
from services.loans.domain import agreement_offer
from services.loans.domain.agreement_borrowing import Borrowed, Repaid
from services.loans.domain.terms import Terms
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money


class DrawNotFound(RafidError):
    """There is no such draw-down"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No draw-down has the id {draw_id}."
    draw_id: UUID


class DrawNotPossible(RafidError):
    """The draw-down does not stand so"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The draw-down {reference} is {state}."
    reference: str
    state: str


class LenderPaymentNotFound(RafidError):
    """There is no such payment to a lender"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No payment to a lender has the id {payment_id}."
    payment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A draw-down with what became of it."""

    row: DrawRow
    decision: AgreementDecisionRow | None
    receipt: DrawReceiptRow | None
    end: DrawEndRow | None

    @property
    def state(self) -> str:
        """How it stands."""
        if self.end is not None:
            return "ended"
        if self.receipt is not None:
            return "received"
        if self.decision is None:
            return "requested"
        return "approved" if self.decision.outcome == "approve" else "rejected"


async def drawn(session: AsyncSession, draw_id: UUID) -> Drawn:
    """Return a draw-down. Raises DrawNotFound."""
    key = (tenancy.institution_of(session), draw_id)
    row = await session.get(DrawRow, key)
    if row is None:
        raise DrawNotFound(draw_id=draw_id)
    return Drawn(
        row=row,
        decision=await agreements.find_decision(session, draw_id),
        receipt=await session.get(DrawReceiptRow, key),
        end=await session.get(DrawEndRow, key),
    )


async def draws_of(session: AsyncSession, agreement_id: UUID) -> list[Drawn]:
    """Return an agreement's draw-downs in the order they were asked for."""
    statement = (
        select(DrawRow.draw_id)
        .where(
            DrawRow.institution_id == tenancy.institution_of(session),
            DrawRow.agreement_id == agreement_id,
        )
        .order_by(DrawRow.draw_id)
    )
    return [await drawn(session, draw_id) for draw_id in await session.scalars(statement)]


USED = text("""
    select coalesce(sum(w.amount_minor), 0)::bigint from draw_down w
    left join agreement_decision d
      on d.institution_id = w.institution_id and d.proposal_id = w.draw_id
    where w.institution_id = :institution_id and w.agreement_id = :agreement_id
      and d.outcome is distinct from 'reject'
      and not exists (select from draw_end e
        where e.institution_id = w.institution_id and e.draw_id = w.draw_id)
""")


async def used_of(session: AsyncSession, agreement_id: UUID) -> int:
    """Return how much of an agreement is asked for or drawn, in minor units."""
    values = {"institution_id": tenancy.institution_of(session), "agreement_id": agreement_id}
    used: int = (await session.execute(USED, values)).scalar_one()
    return used


STANDING_BOOKINGS = text("""
    select p.payment_id, p.kind, p.paid_on, p.amount_minor, p.channel, p.declared_minor,
      b.booking_id, b.principal_minor, b.cost_minor, b.entry_id, b.actor_id
    from lender_payment p
    join lender_booking b on b.institution_id = p.institution_id and b.payment_id = p.payment_id
    where p.institution_id = :institution_id and p.draw_id = :draw_id
      and b.reverses_booking_id is null
      and not exists (select from lender_booking r
        where r.institution_id = b.institution_id and r.reverses_booking_id = b.booking_id)
    order by p.paid_on, b.booking_id
""")
RATES = text("""
    select r.effective_on, r.annual_rate from lender_rate r
    join agreement_decision d on d.institution_id = r.institution_id and d.proposal_id = r.change_id
    where r.institution_id = :institution_id and r.draw_id = :draw_id and d.outcome = 'approve'
    order by r.effective_on
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment to a lender that stands, with what it was booked as."""

    payment_id: UUID
    booking_id: UUID
    entry_id: UUID
    kind: str
    paid_on: date
    channel: str
    amount: Money
    principal: Money
    cost: Money


async def paid_of(session: AsyncSession, row: DrawRow) -> list[Paid]:
    """Return the payments of a draw-down that stand, in the order of their days."""
    values = {"institution_id": tenancy.institution_of(session), "draw_id": row.draw_id}
    return [
        Paid(
            payment_id=found.payment_id,
            booking_id=found.booking_id,
            entry_id=found.entry_id,
            kind=found.kind,
            paid_on=found.paid_on,
            channel=found.channel,
            amount=Money(found.amount_minor, row.currency),
            principal=Money(found.principal_minor, row.currency),
            cost=Money(found.cost_minor, row.currency),
        )
        for found in await session.execute(STANDING_BOOKINGS, values)
    ]


async def borrowed(session: AsyncSession, drawn_down: Drawn) -> Borrowed:
    """Return what was borrowed, as its course is folded from. Raises DrawNotPossible."""
    receipt = drawn_down.receipt
    if receipt is None or drawn_down.end is not None:
        raise DrawNotPossible(reference=drawn_down.row.reference, state=drawn_down.state)
    values = {
        "institution_id": tenancy.institution_of(session),
        "draw_id": drawn_down.row.draw_id,
    }
    rates = await session.execute(RATES, values)
    return Borrowed(
        terms=Terms.from_json(receipt.terms),
        instalments=agreement_offer.frozen(receipt.instalments, currency=drawn_down.row.currency),
        rates=tuple((one.effective_on, one.annual_rate) for one in rates),
        paid=tuple(
            Repaid(
                payment_id=one.payment_id,
                on=one.paid_on,
                amount=one.amount.minor,
                principal=one.principal.minor,
                cost=one.cost.minor,
            )
            for one in await paid_of(session, drawn_down.row)
            if one.kind == "repayment"
        ),
    )


async def payment(session: AsyncSession, payment_id: UUID) -> LenderPaymentRow:
    """Return a payment to a lender. Raises LenderPaymentNotFound."""
    row = await session.get(LenderPaymentRow, (tenancy.institution_of(session), payment_id))
    if row is None:
        raise LenderPaymentNotFound(payment_id=payment_id)
    return row


async def find_rate(session: AsyncSession, change_id: UUID) -> LenderRateRow | None:
    """Return a change of rate, or None."""
    return await session.get(LenderRateRow, (tenancy.institution_of(session), change_id))


async def bookings_of(session: AsyncSession, payment_id: UUID) -> Sequence[LenderBookingRow]:
    """Return what a payment was booked as, and what took it back."""
    statement = (
        select(LenderBookingRow)
        .where(
            LenderBookingRow.institution_id == tenancy.institution_of(session),
            LenderBookingRow.payment_id == payment_id,
        )
        .order_by(LenderBookingRow.booking_id)
    )
    return (await session.scalars(statement)).all()


LENDERS = text("""
    select a.donor_id, a.agreement_id, w.draw_id, w.reference, r.received_on, w.currency,
      w.amount_minor as drawn_minor,
      coalesce((select sum(b.principal_minor) from lender_payment p
        join lender_booking b
          on b.institution_id = p.institution_id and b.payment_id = p.payment_id
        where p.institution_id = w.institution_id and p.draw_id = w.draw_id), 0)::bigint
        as given_back_minor,
      coalesce((select sum(b.cost_minor) from lender_payment p
        join lender_booking b
          on b.institution_id = p.institution_id and b.payment_id = p.payment_id
        where p.institution_id = w.institution_id and p.draw_id = w.draw_id), 0)::bigint
        as cost_minor
    from agreement a
    join draw_down w
      on w.institution_id = a.institution_id and w.agreement_id = a.agreement_id
    join draw_receipt r on r.institution_id = w.institution_id and r.draw_id = w.draw_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id
      and not exists (select from draw_end e
        where e.institution_id = w.institution_id and e.draw_id = w.draw_id)
    order by w.draw_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one draw-down of a fund came to: drawn, given back, what it cost."""

    donor_id: UUID
    agreement_id: UUID
    draw_id: UUID
    reference: str
    received_on: date
    drawn: Money
    given_back: Money
    cost: Money

    @property
    def owed(self) -> Money:
        """What of the principal is owed."""
        return self.drawn - self.given_back


async def standings(session: AsyncSession, fund_id: FundId) -> list[Standing]:
    """Return what a fund owes of each draw-down, as it is booked."""
    values = {"institution_id": tenancy.institution_of(session), "fund_id": fund_id}
    return [
        Standing(
            donor_id=row.donor_id,
            agreement_id=row.agreement_id,
            draw_id=row.draw_id,
            reference=row.reference,
            received_on=row.received_on,
            drawn=Money(row.drawn_minor, row.currency),
            given_back=Money(row.given_back_minor, row.currency),
            cost=Money(row.cost_minor, row.currency),
        )
        for row in await session.execute(LENDERS, values)
    ]


OF_LENDER = text("""
    select w.draw_id from agreement a
    join draw_down w
      on w.institution_id = a.institution_id and w.agreement_id = a.agreement_id
    join draw_receipt r on r.institution_id = w.institution_id and r.draw_id = w.draw_id
    where a.institution_id = :institution_id and a.donor_id = :donor_id and r.received_on <= :on
      and not exists (select from draw_end e
        where e.institution_id = w.institution_id and e.draw_id = w.draw_id)
    order by w.draw_id
""")


async def draws_of_lender(session: AsyncSession, donor_id: UUID, *, on: date) -> list[Drawn]:
    """Return what a lender had paid out to the institution's funds by a day."""
    values = {"institution_id": tenancy.institution_of(session), "donor_id": donor_id, "on": on}
    found = [row.draw_id for row in await session.execute(OF_LENDER, values)]
    return [await drawn(session, draw_id) for draw_id in found]


PROOFS: Mapping[str, str] = {
    "the instalments of an agreement sum to it": """
        select a.agreement_id as row, coalesce(sum(i.amount_minor), 0) || ' of '
          || a.total_minor || ', put off ' || c.minor as why
        from agreement a
        left join agreement_instalment i
          on i.institution_id = a.institution_id and i.agreement_id = a.agreement_id
        cross join lateral (
          select coalesce(sum(g.amount_minor), 0) as minor from agreement_change g
          join agreement_decision d on d.institution_id = g.institution_id
            and d.proposal_id = g.change_id and d.outcome = 'approve'
          where g.institution_id = a.institution_id and g.agreement_id = a.agreement_id
            and g.due_on is not null
        ) c
        where a.institution_id = :institution_id and a.party <> 'lender'
        group by a.agreement_id, a.total_minor, c.minor
        having coalesce(sum(i.amount_minor), 0) <> a.total_minor + c.minor
        order by a.agreement_id limit 1""",
    "no instalment is received and cancelled beyond what was planned": """
        select i.agreement_id as row, 'instalment ' || i.number as why
        from agreement_instalment i join agreement_move m
          on m.institution_id = i.institution_id and m.agreement_id = i.agreement_id
          and m.number = i.number
        where i.institution_id = :institution_id
        group by i.agreement_id, i.number, i.amount_minor
        having sum(m.amount_minor) not between 0 and i.amount_minor
        order by i.agreement_id, i.number limit 1""",
    "no receipt stands for more than it is": """
        select r.receipt_id as row, sum(m.fund_minor) || ' of ' || r.amount_minor as why
        from receipt r join agreement_move m
          on m.institution_id = r.institution_id and m.receipt_id = r.receipt_id
        where r.institution_id = :institution_id
        group by r.institution_id, r.receipt_id, r.amount_minor
        having sum(m.fund_minor) not between 0 and case when exists (select from receipt b
          where b.institution_id = r.institution_id and b.reverses_receipt_id = r.receipt_id)
          then 0 else r.amount_minor end
        order by r.receipt_id limit 1""",
    "what is firmly due is what of its instalment is open": """
        select e.source_id as row, 'instalment ' || e.number || ': ' || sum(e.amount_minor) as why
        from fund_expectation e join agreement_instalment i
          on i.institution_id = e.institution_id and i.agreement_id = e.source_id
          and i.number = e.number
        where e.institution_id = :institution_id
        group by e.institution_id, e.source_id, e.number, i.amount_minor
        having sum(e.amount_minor) <> i.amount_minor - coalesce((
          select sum(m.amount_minor) from agreement_move m
          where m.institution_id = e.institution_id and m.agreement_id = e.source_id
            and m.number = e.number), 0)
        order by e.source_id, e.number limit 1""",
    "what is owed to a lender is what was drawn less what was given back": """
        select w.draw_id as row, 'the books say ' || coalesce(-b.minor, 0) as why
        from draw_down w
        join draw_receipt r on r.institution_id = w.institution_id and r.draw_id = w.draw_id
        left join draw_end n on n.institution_id = w.institution_id and n.draw_id = w.draw_id
        left join lateral (
          select sum(l.amount_minor) as minor
          from journal_entry e
          join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
          join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
          where e.institution_id = w.institution_id and a.code = 'lender_payable'
            and e.source_id in (select r.receipt_id union all select n.receipt_id
              union all select p.payment_id from lender_payment p
                where p.institution_id = w.institution_id and p.draw_id = w.draw_id)
        ) b on true
        where w.institution_id = :institution_id
          and coalesce(-b.minor, 0) <> case when n.draw_id is null then w.amount_minor else 0 end
            - coalesce((select sum(k.principal_minor) from lender_payment p
              join lender_booking k
                on k.institution_id = p.institution_id and k.payment_id = p.payment_id
              where p.institution_id = w.institution_id and p.draw_id = w.draw_id), 0)
        order by w.draw_id limit 1""",
}
"""What `rafid verify` holds of agreements and of borrowed money, in the words of its report."""
