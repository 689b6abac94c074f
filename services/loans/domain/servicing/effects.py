"""What does an order make of a contract's instalments?

Every function takes the standing an order finds and gives the shape after it; none knows of days
of booking or of people. The sum of the principals is the same before and after, always.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.loans.domain import capitalised
from services.loans.domain.chart import FundKind
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing import payoff, respread, tails
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.orders import Asked, OrderKind, WaivedPart
from services.loans.domain.servicing.refusals import (
    BeyondWhatIsThere,
    DueDayNotPossible,
    FeeNotAgreed,
    ForgivenessNotZakat,
    HasMoved,
    NotSettled,
    NotSpreadAnew,
    OrderChangesNothing,
    OrderNotForServicing,
    OrderNotForState,
)
from services.loans.domain.servicing.rows import Four, Row
from services.loans.domain.servicing.shape import Shape, Standing
from services.loans.domain.terms import Component
from shared.errors import Sentence

POSITIONS = {part: tuple(Component).index(Component(part.value)) for part in WaivedPart}
STATES: Mapping[OrderKind, frozenset[ContractStatus]] = {
    OrderKind.RECOVERY: frozenset({ContractStatus.WRITTEN_OFF}),
    OrderKind.REOPEN: frozenset({ContractStatus.CLOSED}),
    OrderKind.REFUND: frozenset({ContractStatus.ACTIVE, ContractStatus.CLOSED}),
    OrderKind.TRANSFER: frozenset({ContractStatus.ACTIVE, ContractStatus.SIGNED}),
}
ACTIVE = frozenset({ContractStatus.ACTIVE})
SPREADS = frozenset(
    {
        OrderKind.PAYMENT_HOLIDAY,
        OrderKind.RESCHEDULE,
        OrderKind.RESTRUCTURE,
        OrderKind.RATE_CHANGE,
        OrderKind.PROFIT_PAUSE,
        OrderKind.ADVANCE,
    }
)

Effect = Callable[[Standing, Asked], Shape]


def apply(standing: Standing, asked: Asked) -> Shape:
    """The shape after an order of any kind but a reversal.

    Raises `OrderNotForState`, `OrderNotForServicing`, `OrderChangesNothing`, and what its kind
    refuses.
    """
    require_state(standing, asked)
    if asked.kind not in EFFECTS:
        raise OrderNotForServicing(
            order_kind=asked.kind,
            contract_id=standing.contract_id,
            recalculation=standing.terms.charging.recalculation,
        )
    if asked.kind in SPREADS and capitalised.is_agreed(standing.terms):
        raise NotSpreadAnew(contract_id=standing.contract_id, order_kind=asked.kind)
    shape = EFFECTS[asked.kind](standing, asked)
    if shape == standing.shape:
        raise OrderChangesNothing(contract_id=standing.contract_id, order_kind=asked.kind)
    return shape


def require_state(standing: Standing, asked: Asked) -> None:
    """Raise `OrderNotForState` where the contract's state does not allow the order."""
    if standing.status not in STATES.get(asked.kind, ACTIVE):
        raise OrderNotForState(order_kind=asked.kind, state=standing.status)


def require(standing: Standing, asked_minor: int, *, available: int, what: Sentence) -> None:
    """Raise `BeyondWhatIsThere` where an amount is more than there is."""
    if asked_minor > available:
        raise BeyondWhatIsThere(
            asked=standing.money(asked_minor), available=standing.money(available), what=what
        )


def amount(asked: Asked) -> int:
    """The amount of an order whose kind needs one, in minor units."""
    if asked.amount_minor is None:
        raise TypeError(f"an order of kind {asked.kind} has an amount")
    return asked.amount_minor


def _waiver(standing: Standing, asked: Asked) -> Shape:
    """Take an amount of a component off the oldest open rows; without an amount, all of it."""
    position = POSITIONS[_part(asked)]
    available = sum(row.parts[position] for row in standing.open_rows)
    left = available if asked.amount_minor is None else asked.amount_minor
    require(standing, left, available=available, what=Sentence("open of what is waived"))
    found = []
    for agreed, still_open in zip(standing.shape.rows, standing.open_rows, strict=True):
        taken = min(left, still_open.parts[position])
        found.append(agreed.less(_at(position, taken)))
        left -= taken
    return replace(standing.shape, rows=arithmetic.compact(found))


def _charge(standing: Standing, asked: Asked) -> Shape:
    """Add a fee or a late amount to the row of its day, or as a row of its own.

    A contract that follows the Sharia takes no fee that was not agreed with its cost (AAOIFI
    Sharia Standard 19): what it is charged for being late is a penalty, and goes to charity.
    """
    due_on = asked.due_on or asked.effective_on
    if due_on < standing.opened_on:
        raise DueDayNotPossible(due_on=due_on, after=standing.opened_on)
    part = _part(asked)
    if part is WaivedPart.FEE:
        standing.fund.account("fee_income")
        if standing.sharia_bound:
            raise FeeNotAgreed(amount=standing.money(amount(asked)))
    charge = Row(due_on).plus(_at(POSITIONS[part], amount(asked)))
    return replace(standing.shape, rows=arithmetic.compact([*standing.shape.rows, charge]))


def _forgiveness(standing: Standing, asked: Asked) -> Shape:
    """Let zakat pay what its borrower cannot: all that is open, or an amount of it."""
    if standing.fund.kind is not FundKind.ZAKAT:
        raise ForgivenessNotZakat(fund_kind=standing.fund.kind)
    beside = standing.owed - arithmetic.sums(standing.open_rows)[0]
    if beside:
        raise NotSettled(owed=standing.money(beside), surplus=standing.money(0))
    given = standing.owed if asked.amount_minor is None else asked.amount_minor
    require(standing, given, available=standing.owed, what=Sentence("open on the contract"))
    return replace(standing.shape, forgiven=standing.shape.forgiven + given)


def _write_off(standing: Standing, _: Asked) -> Shape:
    """Give the outstanding principal up in the books; what is due stays due."""
    written_off = standing.shape.written_off + standing.outstanding
    return replace(standing.shape, written_off=written_off)


def _recovery(standing: Standing, asked: Asked) -> Shape:
    available = standing.owed - standing.shape.recovered
    require(standing, amount(asked), available=available, what=Sentence("open on the contract"))
    return replace(standing.shape, recovered=standing.shape.recovered + amount(asked))


def _refund(standing: Standing, asked: Asked) -> Shape:
    """Give surplus back to the borrower."""
    what = Sentence("paid too much")
    require(standing, amount(asked), available=standing.portions.surplus, what=what)
    return replace(standing.shape, moved=standing.shape.moved - amount(asked))


def _charge_back(standing: Standing, asked: Asked) -> Shape:
    """Let money of a repayment go back to where it came from."""
    what = Sentence("paid on the contract")
    available = standing.paid - standing.shape.forgiven
    require(standing, amount(asked), available=available, what=what)
    return replace(standing.shape, moved=standing.shape.moved - amount(asked))


def _payoff(standing: Standing, asked: Asked) -> Shape:
    """Take in what settles the contract, as quoted for the day."""
    if not standing.owed:
        return standing.shape
    quote = payoff.quote(standing, on=asked.effective_on, granted=asked.granted_minor or 0)
    return replace(standing.shape, rows=quote.rows, moved=standing.shape.moved + quote.total)


def _transfer(standing: Standing, asked: Asked) -> Shape:
    if asked.borrower_id is None:
        raise TypeError("a transfer names a borrower")
    return replace(standing.shape, borrower_id=asked.borrower_id)


def _close(standing: Standing, _: Asked) -> Shape:
    if standing.owed or standing.portions.surplus:
        raise NotSettled(
            owed=standing.money(standing.owed), surplus=standing.money(standing.portions.surplus)
        )
    return replace(standing.shape, is_closed=True)


def _reopen(standing: Standing, _: Asked) -> Shape:
    return replace(standing.shape, is_closed=False)


def _undo(standing: Standing, _: Asked) -> Shape:
    """Take the newest disbursement back; the only one where nothing has moved since.

    Of several tranches the others stay, and what was paid pours over the instalments they make.
    """
    paid = standing.paid - standing.contributed if standing.payouts == 1 else 0
    if paid or standing.shape.written_off:
        given_up = standing.money(standing.shape.written_off)
        raise HasMoved(paid=standing.money(paid), given_up=given_up)
    return replace(standing.shape, is_undone=True)


def _set_off(standing: Standing, asked: Asked) -> Shape:
    """Take savings against what is owed: paid like any money of the borrower's."""
    what = Sentence("open on the contract")
    require(standing, amount(asked), available=standing.owed, what=what)
    return replace(standing.shape, moved=standing.shape.moved + amount(asked))


def _end_drawing(standing: Standing, _: Asked) -> Shape:
    """Let no more be drawn, where anything may be; what is drawn stays as it falls due."""
    return replace(standing.shape, is_drawing_ended=bool(standing.undrawn))


def _profit_pause(standing: Standing, asked: Asked) -> Shape:
    """Leave out the profit of the days from the order's day to `until_on`, of what is open.

    Of a row whose period is 31 days with 10 of them in the pause, 10/31 of its open profit goes.
    """
    start, until = standing.opened_on, asked.until_on or asked.effective_on
    found = []
    for agreed, still_open in zip(standing.shape.rows, standing.open_rows, strict=True):
        inside = _days_within((start, agreed.due_on), (asked.effective_on, until))
        whole = max((agreed.due_on - start).days, 1)
        left_out = tails.share(still_open.profit, part=inside, whole=whole, terms=standing.terms)
        found.append(agreed.less(_at(POSITIONS[WaivedPart.PROFIT], left_out)))
        start = agreed.due_on if agreed.is_instalment else start
    return replace(standing.shape, rows=arithmetic.compact(found))


def _days_within(period: tuple[date, date], pause: tuple[date, date]) -> int:
    return max((min(period[1], pause[1]) - max(period[0], pause[0])).days, 0)


def _part(asked: Asked) -> WaivedPart:
    if asked.part is None:
        raise TypeError(f"an order of kind {asked.kind} names a part")
    return asked.part


def _at(position: int, minor: int) -> Four:
    parts = [0, 0, 0, 0]
    parts[position] = minor
    return (parts[0], parts[1], parts[2], parts[3])


def _respread(standing: Standing, asked: Asked) -> Shape:
    rate = standing.terms.annual_rate if asked.annual_rate is None else asked.annual_rate
    plan = respread.Plan(
        on=asked.effective_on,
        instalments=asked.instalments or 1,
        first_due_on=asked.first_due_on or asked.effective_on,
        grace=asked.grace or 0,
        annual_rate=rate,
    )
    return replace(standing.shape, rows=respread.respread(standing, plan))


def _holiday(standing: Standing, asked: Asked) -> Shape:
    if not standing.owed:
        return standing.shape
    rows = respread.holiday(standing, on=asked.effective_on, periods=asked.periods or 1)
    return replace(standing.shape, rows=rows)


def _rate_change(standing: Standing, asked: Asked) -> Shape:
    rate = Decimal(0) if asked.annual_rate is None else asked.annual_rate
    rows = respread.change_rate(standing, on=asked.effective_on, annual_rate=rate)
    return replace(standing.shape, rows=rows)


def _advance(standing: Standing, asked: Asked) -> Shape:
    if asked.effect is None:
        raise TypeError("an advance has an effect")
    rows = respread.advance(standing, on=asked.effective_on, effect=asked.effect)
    return replace(standing.shape, rows=rows)


EFFECTS: Mapping[OrderKind, Effect] = {
    OrderKind.PAYOFF: _payoff,
    OrderKind.WAIVER: _waiver,
    OrderKind.CHARGE: _charge,
    OrderKind.PAYMENT_HOLIDAY: _holiday,
    OrderKind.RESCHEDULE: _respread,
    OrderKind.RESTRUCTURE: _respread,
    OrderKind.RATE_CHANGE: _rate_change,
    OrderKind.PROFIT_PAUSE: _profit_pause,
    OrderKind.ADVANCE: _advance,
    OrderKind.REFINANCE: _payoff,
    OrderKind.TOP_UP: _payoff,
    OrderKind.TRANSFER: _transfer,
    OrderKind.WRITE_OFF: _write_off,
    OrderKind.RECOVERY: _recovery,
    OrderKind.FORGIVENESS: _forgiveness,
    OrderKind.REFUND: _refund,
    OrderKind.CHARGE_BACK: _charge_back,
    OrderKind.CLOSE: _close,
    OrderKind.REOPEN: _reopen,
    OrderKind.DISBURSEMENT_REVERSAL: _undo,
    OrderKind.SET_OFF: _set_off,
    OrderKind.END_DRAWING: _end_drawing,
}
