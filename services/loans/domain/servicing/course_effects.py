"""What does an order make of a contract whose profit follows its payments?

The order is entered into what the course is folded from, and what comes out is the shape. Orders
that change who owes, or the books alone, do what they do on any contract.
"""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from services.loans.domain.course.results import Course, TransactionKind
from services.loans.domain.servicing import course_rows, effects, rebates
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.life import EVENTS, Life, Ordered, PaidOut
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderMemberWrong
from services.loans.domain.servicing.refusals import (
    CourseDoesNotFollow,
    DueDayNotPossible,
    LaterOrderStands,
    OrderChangesNothing,
    OrderDayNotPossible,
    OrderNotForServicing,
    TooManyInstalments,
)
from services.loans.domain.servicing.rows import Rows
from services.loans.domain.servicing.shape import Shape, Standing
from shared.errors import Sentence

GIVES_UP = frozenset({OrderKind.WRITE_OFF, OrderKind.CHARGE_OFF})
PAYS_OFF = frozenset({OrderKind.PAYOFF, OrderKind.REFINANCE, OrderKind.TOP_UP})
SPREADS = frozenset({OrderKind.RESCHEDULE, OrderKind.RESTRUCTURE, OrderKind.RE_AGE})
CHECKED_AS_USUAL = frozenset(
    {OrderKind.CHARGE, OrderKind.FORGIVENESS, OrderKind.REFUND, OrderKind.SET_OFF}
)
BOOKS_ALONE = frozenset(
    {
        OrderKind.TRANSFER,
        OrderKind.WRITE_OFF,
        OrderKind.RECOVERY,
        OrderKind.CLOSE,
        OrderKind.REOPEN,
        OrderKind.DISBURSEMENT_REVERSAL,
        OrderKind.END_DRAWING,
    }
)
RESTS_ON_ALL = frozenset({*GIVES_UP, OrderKind.RECOVERY, OrderKind.CLOSE, OrderKind.REOPEN})
NEW = UUID(int=0)
"""The order that is being decided: it has no id before it is given."""


def apply(standing: Standing, life: Life, asked: Asked) -> Shape:
    """The shape after an order of any kind but a reversal.

    Raises `OrderNotForState`, `OrderNotForServicing`, `OrderChangesNothing`,
    `CourseDoesNotFollow`, and what its kind refuses.
    """
    effects.require_state(standing, asked)
    if asked.kind in BOOKS_ALONE:
        return effects.apply(standing, asked)
    if asked.kind not in EVENTS:
        raise OrderNotForServicing(
            order_kind=asked.kind,
            contract_id=standing.contract_id,
            recalculation=standing.terms.charging.recalculation,
        )
    _check(standing, life, asked)
    one = _ordered(standing, life, asked)
    entered = life.entering(one)
    course = entered.course()
    _check_after(standing, asked, course)
    before = standing.shape
    shape = replace(
        before,
        rows=course_rows.rows_of(course),
        moved=before.moved + one.moved,
        forgiven=before.forgiven + one.forgiven,
    )
    after = replace(standing, shape=shape)
    _require_whole(after, entered, course, asked)
    on_that_day = course_rows.rows_of(life.course(as_of=entered.last_on))
    bare = replace(standing, shape=replace(before, rows=on_that_day))
    if _is_same(bare, after=after) and asked.kind not in GIVES_UP:
        raise OrderChangesNothing(contract_id=standing.contract_id, order_kind=asked.kind)
    if asked.kind is OrderKind.CHARGE_OFF:
        shape = replace(shape, written_off=before.written_off + after.outstanding)
    return shape


def without(standing: Standing, life: Life, *, order_id: UUID, first_borrower: UUID) -> Shape:
    """The shape as if an order in force had never been given: the course without it.

    Raises `LaterOrderStands` where a later order gave up, settled or closed what was there with
    it, or where the money would no longer add up.
    """
    place, undone = next(
        (place, one) for place, one in enumerate(life.orders) if one.order_id == order_id
    )
    later = life.orders[place + 1 :]
    for one in later:
        if one.asked.kind in RESTS_ON_ALL:
            raise LaterOrderStands(order_id=order_id, later_order_id=one.order_id)
    rest = life.without(order_id)
    course, before = rest.course(), standing.shape
    shape = replace(
        before,
        rows=course_rows.rows_of(course),
        borrower_id=_borrower(rest.orders, first_borrower),
        moved=before.moved - undone.moved,
        forgiven=before.forgiven - undone.forgiven,
        written_off=before.written_off - undone.written_off,
        recovered=before.recovered - undone.recovered,
        is_closed=_is_closed(rest.orders),
    )
    try:
        _require_whole(replace(standing, shape=shape), rest, course, undone.asked)
    except CourseDoesNotFollow as refused:
        last = later[-1].order_id if later else order_id
        raise LaterOrderStands(order_id=order_id, later_order_id=last) from refused
    return shape


def _borrower(orders: Iterable[Ordered], first: UUID) -> UUID:
    names = [one.asked.borrower_id for one in orders if one.asked.kind is OrderKind.TRANSFER]
    return next((name for name in reversed(names) if name is not None), first)


def _is_closed(orders: Iterable[Ordered]) -> bool:
    kinds = [
        one.asked.kind for one in orders if one.asked.kind in {OrderKind.CLOSE, OrderKind.REOPEN}
    ]
    return bool(kinds) and kinds[-1] is OrderKind.CLOSE


def _check(standing: Standing, life: Life, asked: Asked) -> None:
    """Refuse an order that cannot be, before it is tried."""
    on = asked.effective_on
    rebates.require_grants(standing, asked.granted_minor or 0, on=on, rule=None)
    if asked.kind in CHECKED_AS_USUAL:
        effects.EFFECTS[asked.kind](standing, asked)
    if asked.kind in PAYS_OFF and on < life.last_on:
        raise OrderDayNotPossible(effective_on=on, earliest=life.last_on, latest=on)
    if asked.kind is OrderKind.RATE_CHANGE and asked.annual_rate == life.rate_on(on):
        raise OrderChangesNothing(contract_id=standing.contract_id, order_kind=asked.kind)
    if asked.kind in SPREADS:
        _check_spread(standing, asked)
    if asked.until_on is not None and asked.until_on < on:
        raise DueDayNotPossible(due_on=asked.until_on, after=on)
    if asked.kind is OrderKind.CHARGE_BACK:
        available, what = _chargeable(life, asked), Sentence("left of the repayment")
        effects.require(standing, effects.amount(asked), available=available, what=what)


def _chargeable(life: Life, asked: Asked) -> int:
    """What a repayment paid, and was not claimed back yet; its surplus is refunded instead."""
    paid = sum(
        moved.amount - moved.surplus
        for moved in life.course().transactions
        if moved.kind is TransactionKind.REPAYMENT and moved.key == asked.repayment_id
    )
    return paid - sum(
        one.asked.amount_minor or 0
        for one in life.orders
        if one.asked.kind is OrderKind.CHARGE_BACK and one.asked.repayment_id == asked.repayment_id
    )


def _check_spread(standing: Standing, asked: Asked) -> None:
    first, count = asked.first_due_on or asked.effective_on, asked.instalments or 1
    if asked.grace:
        taken = (*asked.rule.needs, *asked.rule.may_have)
        raise OrderMemberWrong(order_kind=asked.kind, member="grace", taken=taken)
    if first <= asked.effective_on:
        raise DueDayNotPossible(due_on=first, after=asked.effective_on)
    principal = arithmetic.sums(standing.open_rows)[0]
    if principal < count:
        raise TooManyInstalments(
            open_principal=standing.money(principal), instalments=count, grace=0
        )


def _ordered(standing: Standing, life: Life, asked: Asked) -> Ordered:
    """The order with the money that it moves."""
    moved = forgiven = 0
    if asked.kind in PAYS_OFF:
        moved = life.payoff(on=asked.effective_on)
    elif asked.kind in {OrderKind.REFUND, OrderKind.CHARGE_BACK}:
        moved = -effects.amount(asked)
    elif asked.kind is OrderKind.SET_OFF:
        moved = effects.amount(asked)
    elif asked.kind is OrderKind.FORGIVENESS:
        given = effects.EFFECTS[asked.kind](standing, asked).forgiven
        forgiven = given - standing.shape.forgiven
    return Ordered(order_id=NEW, asked=asked, moved=moved, forgiven=forgiven)


def _check_after(standing: Standing, asked: Asked, course: Course) -> None:
    """Refuse to give up more than was there: profit is there when it is earned."""
    if asked.kind is not OrderKind.WAIVER or asked.amount_minor is None:
        return
    given_up = sum(moved.amount for moved in course.transactions if moved.key == NEW)
    what = Sentence("open of what is waived")
    effects.require(standing, asked.amount_minor, available=given_up, what=what)


def _require_whole(after: Standing, life: Life, course: Course, asked: Asked) -> None:
    """Raise `CourseDoesNotFollow` unless all principal is in the rows, and all money in them."""
    out = sum(one.amount for one in life.entered if isinstance(one, PaidOut))
    lost = out - sum(row.principal for row in after.shape.rows) if out else 0
    lost = lost or course_rows.lost_of(course, paid=after.paid)
    if lost:
        raise CourseDoesNotFollow(
            contract_id=after.contract_id,
            effective_on=asked.effective_on,
            missing=after.money(lost),
        )


def _is_same(before: Standing, *, after: Standing) -> bool:
    """Whether nothing is open or paid otherwise than before, and no money has moved."""
    return (
        before.shape.moved == after.shape.moved
        and before.shape.forgiven == after.shape.forgiven
        and before.portions == after.portions
        and _dues(before.open_rows) == _dues(after.open_rows)
    )


def _dues(rows: Rows) -> Rows:
    return arithmetic.compact(rows)
