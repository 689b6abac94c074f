"""What do orders make of a contract whose profit follows its payments, and what undoes them?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.loans.domain import allocation
from services.loans.domain.amortisation import Advance
from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.chart import FundKind
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing import course_effects, course_rows, payoff
from services.loans.domain.servicing.life import Life, Ordered, PaidOut, Received, key_of
from services.loans.domain.servicing.orders import (
    Asked,
    OrderKind,
    OrderMemberWrong,
    OrderReason,
    WaivedPart,
)
from services.loans.domain.servicing.refusals import (
    BeyondWhatIsThere,
    CourseDoesNotFollow,
    DueDayNotPossible,
    LaterOrderStands,
    OrderChangesNothing,
    OrderDayNotPossible,
    OrderNotForServicing,
    OrderNotForState,
    TooManyInstalments,
)
from services.loans.domain.servicing.shape import Shape, Standing
from tests.builders import CONTRACT, an_id, make_fund_accounts, make_loan

ANEW = Charging(recalculation=Recalculation.ON_PAYMENT)
TERMS = make_loan(instalments=12, charging=ANEW)
OUT = PaidOut(key="out", on=date(2026, 1, 15), amount=100_000)
FIRST = Received(key=an_id("first"), on=date(2026, 2, 15), amount=8_885)
TODAY = date(2026, 3, 15)
BORROWER, OTHER = an_id("borrower"), an_id("other")


def lived(*entered: Any) -> Life:
    return Life(terms=TERMS, entered=(OUT, *entered))


def standing_of(life: Life, **changes: Any) -> Standing:
    orders = life.orders
    shape = Shape(
        rows=course_rows.rows_of(life.course()),
        borrower_id=BORROWER,
        moved=sum(one.moved for one in orders),
        written_off=sum(one.written_off for one in orders),
        recovered=sum(one.recovered for one in orders),
    )
    standing = Standing(
        contract_id=CONTRACT,
        terms=TERMS,
        fund=make_fund_accounts(FundKind.COMMERCIAL, "USD"),
        order=allocation.order_of(TERMS.allocation_order),
        status=ContractStatus.ACTIVE,
        shape=shape,
        paid_out=OUT.amount,
        received=sum(one.amount for one in life.entered if isinstance(one, Received)),
        opened_on=OUT.on,
        sharia_bound=False,
        life=life,
    )
    return replace(standing, **changes)


def asked(kind: OrderKind, on: date = TODAY, **members: Any) -> Asked:
    return Asked(kind=kind, effective_on=on, reason=OrderReason.AGREEMENT, **members)


def ordered(kind: OrderKind, name: str = "order", **members: Any) -> Ordered:
    sums = {
        key: members.pop(key) for key in ("moved", "written_off", "recovered") if key in members
    }
    return Ordered(order_id=an_id(name), asked=asked(kind, **members), **sums)


def applied(life: Life, order: Asked, **changes: Any) -> Shape:
    return course_effects.apply(standing_of(life, **changes), life, order)


def principal(shape: Shape) -> int:
    return sum(row.principal for row in shape.rows)


def undone(life: Life, name: str = "order") -> Shape:
    return course_effects.without(
        standing_of(life), life, order_id=an_id(name), first_borrower=BORROWER
    )


@pytest.mark.parametrize(
    "order",
    [
        asked(OrderKind.PAYMENT_HOLIDAY, periods=2),
        asked(OrderKind.RESCHEDULE, instalments=20, first_due_on=date(2026, 5, 1)),
        asked(
            OrderKind.RESTRUCTURE,
            instalments=20,
            first_due_on=date(2026, 5, 1),
            annual_rate=Decimal("0.03"),
        ),
        asked(OrderKind.RATE_CHANGE, annual_rate=Decimal("0.06")),
        asked(OrderKind.PROFIT_PAUSE, until_on=date(2026, 6, 1)),
        asked(OrderKind.RE_AGE, instalments=4, first_due_on=date(2026, 5, 1)),
        asked(OrderKind.CHARGE, part=WaivedPart.FEE, amount_minor=500),
    ],
)
def test_an_order_of_agreement_loses_no_principal_and_moves_no_money(order: Asked) -> None:
    life = lived(FIRST)

    shape = applied(life, order)

    assert principal(shape) == 100_000
    assert (shape.moved, shape.written_off) == (0, 0)
    assert shape.rows != standing_of(life).shape.rows


def test_a_lower_rate_and_a_pause_never_cost_more() -> None:
    life = lived(FIRST)
    before = sum(row.profit for row in standing_of(life).shape.rows)

    slower = applied(life, asked(OrderKind.RATE_CHANGE, annual_rate=Decimal("0.06")))
    paused = applied(life, asked(OrderKind.PROFIT_PAUSE, until_on=date(2026, 6, 1)))

    assert sum(row.profit for row in slower.rows) < before
    assert sum(row.profit for row in paused.rows) < before


def test_what_is_past_due_is_spread_over_what_is_to_come() -> None:
    life = lived()

    shape = applied(life, asked(OrderKind.RE_AMORTISE))

    assert min(row.due_on for row in shape.rows if row.principal) > TODAY
    assert principal(shape) == 100_000


def test_a_payoff_takes_in_what_the_quote_says() -> None:
    life = lived(FIRST)
    quote = payoff.quote(standing_of(life), on=TODAY)

    shape = applied(life, asked(OrderKind.PAYOFF))

    assert quote.total == shape.moved == 92_115 + 921
    assert sum(row.total for row in shape.rows) == shape.moved + FIRST.amount


def test_nothing_is_quoted_before_the_newest_movement() -> None:
    life = lived(FIRST)

    with pytest.raises(OrderDayNotPossible):
        payoff.quote(standing_of(life), on=date(2026, 2, 14))
    with pytest.raises(OrderDayNotPossible):
        applied(life, asked(OrderKind.PAYOFF, on=date(2026, 2, 14)))


def test_a_settled_contract_owes_no_payoff() -> None:
    life = lived(Received(key="all", on=date(2026, 1, 15), amount=100_000))

    assert payoff.quote(standing_of(life), on=TODAY).total == 0
    with pytest.raises(OrderChangesNothing):
        applied(life, asked(OrderKind.PAYOFF))


def test_charged_off_the_rest_bears_nothing_and_its_principal_is_given_up() -> None:
    life = lived(FIRST)

    shape = applied(life, asked(OrderKind.CHARGE_OFF))

    assert shape.written_off == 92_115
    open_profit = sum(row.profit for row in shape.rows) - 1_000
    assert open_profit == 921  # of the month that ran: nothing after it


@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        (asked(OrderKind.ADVANCE, effect=Advance.REDUCE), OrderNotForServicing),
        (asked(OrderKind.RATE_CHANGE, annual_rate=Decimal("0.12")), OrderChangesNothing),
        (asked(OrderKind.WAIVER, part=WaivedPart.FEE), OrderChangesNothing),
        (asked(OrderKind.WAIVER, part=WaivedPart.PROFIT, amount_minor=922), BeyondWhatIsThere),
        (asked(OrderKind.RE_AMORTISE, on=date(2026, 2, 16)), OrderChangesNothing),
        (asked(OrderKind.PROFIT_PAUSE, until_on=date(2026, 3, 1)), DueDayNotPossible),
        (
            asked(OrderKind.RE_AGE, instalments=2, first_due_on=TODAY),
            DueDayNotPossible,
        ),
        (
            asked(OrderKind.RESCHEDULE, instalments=2, first_due_on=date(2026, 5, 1), grace=1),
            OrderMemberWrong,
        ),
        (
            asked(OrderKind.RE_AGE, instalments=92_116, first_due_on=date(2026, 5, 1)),
            TooManyInstalments,
        ),
        (
            asked(OrderKind.CHARGE_BACK, repayment_id=FIRST.key, amount_minor=8_886),
            BeyondWhatIsThere,
        ),
        (asked(OrderKind.REFUND, amount_minor=1), BeyondWhatIsThere),
    ],
)
def test_what_cannot_be_is_refused(order: Asked, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        applied(lived(FIRST), order)


def test_a_contract_given_up_takes_no_order_of_agreement() -> None:
    with pytest.raises(OrderNotForState):
        applied(
            lived(FIRST),
            asked(OrderKind.RE_AMORTISE),
            status=ContractStatus.WRITTEN_OFF,
        )


def test_claimed_back_twice_a_repayment_has_nothing_left() -> None:
    back = ordered(OrderKind.CHARGE_BACK, repayment_id=FIRST.key, amount_minor=8_000, moved=-8_000)
    life = lived(FIRST, back)

    with pytest.raises(BeyondWhatIsThere):
        applied(life, asked(OrderKind.CHARGE_BACK, repayment_id=FIRST.key, amount_minor=886))
    rest = applied(life, asked(OrderKind.CHARGE_BACK, repayment_id=FIRST.key, amount_minor=885))
    assert rest.moved == -8_885
    assert course_rows.lost_of(life.course(), paid=885) == 0
    assert course_rows.lost_of(life.without(FIRST.key).course(), paid=-8_000) == -8_000


def test_undone_an_order_leaves_what_would_stand_without_it() -> None:
    slower = ordered(OrderKind.RATE_CHANGE, annual_rate=Decimal("0.06"))
    life = lived(FIRST, slower)

    shape = undone(life)

    assert shape == standing_of(lived(FIRST)).shape
    assert [key_of(one) for one in life.without(an_id("order")).entered] == ["out", FIRST.key]


@pytest.mark.parametrize(
    "later",
    [
        ordered(OrderKind.WRITE_OFF, "later", written_off=92_115),
        ordered(OrderKind.CHARGE_OFF, "later", written_off=92_115),
        ordered(OrderKind.CLOSE, "later"),
    ],
)
def test_what_was_given_up_or_closed_since_is_taken_back_first(later: Ordered) -> None:
    life = lived(FIRST, ordered(OrderKind.RATE_CHANGE, annual_rate=Decimal("0.06")), later)

    with pytest.raises(LaterOrderStands) as refused:
        undone(life)

    assert refused.value.later_order_id == an_id("later")


def test_a_payoff_stays_while_what_it_overpaid_was_refunded() -> None:
    off = ordered(OrderKind.PAYOFF, moved=200_000)
    refund = ordered(OrderKind.REFUND, "later", amount_minor=90_000, moved=-90_000)

    with pytest.raises(LaterOrderStands) as refused:
        undone(lived(FIRST, off, refund))

    assert refused.value.later_order_id == an_id("later")
    assert isinstance(refused.value.__cause__, CourseDoesNotFollow)


def test_undone_transfers_and_closings_give_back_what_was_before() -> None:
    one = ordered(OrderKind.TRANSFER, "one", borrower_id=OTHER)
    two = ordered(OrderKind.TRANSFER, "two", borrower_id=UUID(int=9))
    closed, again = ordered(OrderKind.CLOSE, "closed"), ordered(OrderKind.REOPEN, "again")

    assert undone(lived(FIRST, one, two), "two").borrower_id == OTHER
    assert undone(lived(FIRST, one), "one").borrower_id == BORROWER
    assert not undone(lived(FIRST, closed), "closed").is_closed
    assert undone(lived(FIRST, closed, again), "again").is_closed


def test_the_rate_that_holds_is_that_of_the_newest_order_by_its_day() -> None:
    life = lived(ordered(OrderKind.RATE_CHANGE, annual_rate=Decimal("0.06")))

    assert life.rate_on(date(2026, 3, 14)) == Decimal("0.12")
    assert life.rate_on(TODAY) == Decimal("0.06")
