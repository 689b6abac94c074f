"""What does a payout draw of its loan, what is kept back of it, and what does it make due?

Whether a tranche may be drawn is asked in one place, `require_drawable`: a reason more why it may
not is one line more there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import queries
from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain import drawn, flows, schedule
from services.loans.domain.drawing import Tranche
from services.loans.domain.drawn import DownPaymentMissing, Draw, DrawingEnded, DrawnAmidOrders
from services.loans.domain.holdings import Purpose
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing import course_rows
from services.loans.domain.servicing.life import Life, PaidOut
from services.loans.domain.terms import Terms
from services.loans.funds import queries as fund_queries
from services.loans.holdings import operations as holdings
from services.loans.holdings.held import Held
from services.loans.lives import queries as lives
from services.loans.payments.tables import PaymentRow
from shared import ids
from shared.ids import ApplicationId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What is to be drawn: on a day, the loan or its next tranche as agreed, or an amount of it.

    A `tranche` named by its number is drawn only while it is the next.
    """

    on: date
    amount: Money | None = None
    tranche: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a payout draws; of it a fee and savings are kept back, and held money pays on it.

    `instalments` are those that hold afterwards; None leaves them as signed.
    """

    gross: Money
    fee_kept: Money
    saved: Money
    applied: Money
    instalments: tuple[Instalment, ...] | None = None

    @property
    def paid(self) -> Money:
        """Give what reaches the borrower."""
        return self.gross - self.fee_kept - self.saved


def whole(terms: Terms) -> Part:
    """Give the whole loan in one, with nothing but its fees kept back."""
    zero = Money.zero(terms.currency)
    fee = schedule.fees_at_disbursement(terms)
    return Part(gross=terms.principal, fee_kept=fee, saved=zero, applied=zero)


async def asked(session: AsyncSession, row: ContractRow, *, terms: Terms, drawing: Drawing) -> Part:
    """Give what a payout draws of a locked contract, if it may.

    Raises NothingLeftToDraw, TrancheNotNext, TrancheAmountWrong, TrancheDayWrong, DrawingEnded,
    DownPaymentMissing, DrawnAmidOrders, and what the instalments of so much refuse.
    """
    if _is_plain(terms) and drawing.amount is None and drawing.tranche is None:
        return whole(terms)
    earlier = await queries.standing_disbursements(session, row.contract_id)
    held = await holdings.held_for(session, row)
    draw = drawn.following(terms, drawn=_tranches(earlier), reference=row.reference)
    gross = draw.usual if drawing.amount is None else drawing.amount
    drawn.require_next(drawing.tranche, following=draw, reference=row.reference)
    drawn.require_amount(gross, following=draw)
    drawn.require_day(drawing.on, following=draw)
    await require_drawable(session, held, draw=draw, gross=gross)
    saved = _savings_missing(held) if draw.number == 1 else Money.zero(gross.currency)
    return await _part(
        session, held, earlier=earlier, on=drawing.on, gross=gross, saved=saved, is_strict=True
    )


async def arrived(
    session: AsyncSession,
    row: ContractRow,
    *,
    terms: Terms,
    on: date,
    payment: PaymentRow,
) -> Part:
    """Give what a payment that has arrived drew: it has left, so nothing is refused."""
    earlier = await queries.standing_disbursements(session, row.contract_id)
    held = await holdings.held_for(session, row)
    minor = payment.gross_minor
    if minor is None:
        minor = payment.amount_minor if drawn.in_parts(terms) else terms.principal.minor
    gross = Money(minor, terms.currency)
    fee = _fee(terms, earlier)
    saved = gross - fee - Money(payment.amount_minor, payment.currency)
    return await _part(
        session, held, earlier=earlier, on=on, gross=gross, saved=saved, is_strict=False
    )


async def told(
    session: AsyncSession, row: ContractRow, *, terms: Terms, on: date, gross: Money, saved: Money
) -> Part:
    """Give what a payout drew in another lender's system: it was drawn, so nothing is refused.

    But for more than what is not drawn yet: NothingLeftToDraw, TrancheAmountWrong.
    """
    earlier = await queries.standing_disbursements(session, row.contract_id)
    held = await holdings.held_for(session, row)
    draw = drawn.following(terms, drawn=_tranches(earlier), reference=row.reference)
    drawn.require_amount(gross, following=draw)
    return await _part(
        session, held, earlier=earlier, on=on, gross=gross, saved=saved, is_strict=False
    )


async def require_drawable(session: AsyncSession, held: Held, *, draw: Draw, gross: Money) -> None:
    """Refuse a tranche for what stands in its way elsewhere: its fund, the borrower's own part."""
    row, terms = held.contract, held.terms
    if draw.number > 1:
        claims = await fund_queries.claims_of(session, [ApplicationId(row.application_id)])
        committed = Money.total((one.committed for one in claims.values()), gross.currency)
        if committed < gross:
            raise DrawingEnded(reference=row.reference, committed=committed)
    if terms.drawing.down_payment_first:
        due = Money(flows.down_payment(terms, gross.minor), gross.currency)
        contributed = held.balance(Purpose.CONTRIBUTION)
        if contributed < due:
            raise DownPaymentMissing(reference=row.reference, asked=due, held=contributed)


async def without_last(
    session: AsyncSession, row: ContractRow, *, terms: Terms
) -> tuple[Instalment, ...]:
    """Give the instalments of a contract as if its last tranche had not been drawn."""
    rows = await queries.standing_disbursements(session, row.contract_id)
    if row.servicing == lives.COURSE:
        life = lives.without_payout(await lives.life_of(session, row), rows[-1].disbursement_id)
        return _of_course(life)
    earlier, now = _tranches(rows), await _agreed(session, row)
    before = schedule.schedule(drawn.terms_of(terms, drawn=earlier))
    after = schedule.schedule(drawn.terms_of(terms, drawn=earlier[:-1]))
    return drawn.joined(now, before=before, after=after)


def _is_plain(terms: Terms) -> bool:
    return not drawn.in_parts(terms) and not terms.savings.upfront_percent


def _tranches(rows: Sequence[DisbursementRow]) -> tuple[Tranche, ...]:
    return tuple(
        Tranche(on=row.disbursed_on, amount=Money(row.amount_minor, row.currency)) for row in rows
    )


def _fee(terms: Terms, earlier: Sequence[DisbursementRow]) -> Money:
    return Money.zero(terms.currency) if earlier else schedule.fees_at_disbursement(terms)


def _savings_missing(held: Held) -> Money:
    asked = held.terms.savings.upfront(held.terms.principal, rounding=held.terms.rounding)
    return max(asked - held.balance(Purpose.SAVINGS), Money.zero(asked.currency))


async def _agreed(session: AsyncSession, row: ContractRow) -> tuple[Instalment, ...]:
    found = await contract_queries.instalments(session, [row.contract_id], currency=row.currency)
    return found[row.contract_id]


async def _part(
    session: AsyncSession,
    held: Held,
    *,
    earlier: Sequence[DisbursementRow],
    on: date,
    gross: Money,
    saved: Money,
    is_strict: bool,
) -> Part:
    terms = held.terms
    fee = _fee(terms, earlier)
    due = Money(flows.down_payment(terms, gross.minor), gross.currency)
    part = Part(
        gross=gross,
        fee_kept=fee,
        saved=min(saved, gross - fee),
        applied=min(due, held.balance(Purpose.CONTRIBUTION)),
    )
    if not drawn.in_parts(terms):
        return part
    if held.contract.servicing == lives.COURSE:
        instalments = await _following_payments(session, held, part=part, on=on, strict=is_strict)
        return replace(part, instalments=instalments)
    before = _tranches(earlier)
    tranche = Tranche(on=on, amount=gross)
    plan = schedule.schedule(drawn.terms_of(terms, drawn=before)) if before else ()
    after = schedule.schedule(drawn.terms_of(terms, drawn=(*before, tranche)))
    now = await _agreed(session, held.contract) if before else ()
    if is_strict and drawn.is_spread_anew(now, plan=plan):
        raise DrawnAmidOrders(reference=held.contract.reference)
    return replace(part, instalments=drawn.joined(now, before=plan, after=after))


async def _following_payments(
    session: AsyncSession, held: Held, *, part: Part, on: date, strict: bool
) -> tuple[Instalment, ...]:
    """Give the instalments with a payout, where every payment counts the profit anew."""
    life = await lives.life_of(session, held.contract)
    if strict and life.is_agreed_anew:
        raise DrawnAmidOrders(reference=held.contract.reference)
    key = ids.new()
    life = life.entering(PaidOut(key=key, on=on, amount=part.gross.minor))
    if part.applied.minor:
        life = life.entering(lives.contributed(key, on=on, minor=part.applied.minor))
    return _of_course(life)


def _of_course(life: Life) -> tuple[Instalment, ...]:
    rows = course_rows.rows_of(life.course())
    return course_rows.instalments_of(rows, currency=life.terms.currency)
