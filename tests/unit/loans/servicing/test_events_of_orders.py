"""Which events does each kind of order write into the course, member by member?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.course.events import (
    ChargeAdded,
    ChargedBack,
    ChargedOff,
    CreditRefunded,
    Disbursed,
    Event,
    OpenProfit,
    Paid,
    Postponed,
    ProfitPaused,
    RateChanged,
    ReAged,
    ReAmortised,
    Waived,
)
from services.loans.domain.course.plan import Charge, ChargeOff, ChargeWhen, PaymentKind, Unit
from services.loans.domain.dating import Dating
from services.loans.domain.servicing.life import Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason, WaivedPart
from services.loans.domain.terms import Component, Frequency
from tests.builders import an_id, make_loan

ON, LATER, UNTIL = date(2026, 3, 15), date(2026, 5, 1), date(2026, 6, 1)
KEY, REPAID, NEXT = an_id("order"), an_id("repaid"), an_id("next")
OUT = PaidOut(key="out", on=date(2026, 1, 15), amount=100_000)
ANEW = Charging(recalculation=Recalculation.ON_PAYMENT)
TERMS = make_loan(instalments=12, charging=ANEW)
BASE: dict[str, Any] = {"key": KEY, "on": ON}


def written(order: Ordered, **changes: Any) -> Sequence[Event]:
    """The events of a loan after the one of its payout."""
    terms = make_loan(instalments=12, charging=ANEW, **changes)
    return Life(terms=terms, entered=(OUT, order)).events[1:]


def ordered(kind: OrderKind, **members: Any) -> Ordered:
    sums = {name: members.pop(name) for name in ("moved", "forgiven") if name in members}
    asked = Asked(kind=kind, effective_on=ON, reason=OrderReason.AGREEMENT, **members)
    return Ordered(order_id=KEY, asked=asked, **sums)


def charge(value: int, *, due_on: date, is_penalty: bool) -> Charge:
    return Charge(
        code=str(KEY),
        when=ChargeWhen.ON_DATE,
        value=Decimal(value),
        is_penalty=is_penalty,
        due_on=due_on,
    )


_K, _P = OrderKind, WaivedPart
NEW_ONES = {"instalments": 4, "first_due_on": LATER}
AGED: dict[str, Any] = BASE | {
    "starts_on": LATER,
    "every": 1,
    "unit": Unit.MONTHS,
    "instalments": 4,
}
RATE = Decimal("0.03")
CHANGED = RateChanged(key=(KEY, "rate"), on=ON, annual_rate=RATE)
WRITTEN: list[tuple[Ordered, Sequence[Event]]] = [
    (ordered(_K.PAYOFF, moved=900), [Paid(**BASE, amount=900)]),
    (ordered(_K.PAYOFF), []),
    (ordered(_K.REFINANCE, new_contract_id=NEXT, moved=901), [Paid(**BASE, amount=901)]),
    (ordered(_K.TOP_UP, new_contract_id=NEXT, moved=902), [Paid(**BASE, amount=902)]),
    (ordered(_K.SET_OFF, amount_minor=903, moved=903), [Paid(**BASE, amount=903)]),
    (
        ordered(_K.FORGIVENESS, forgiven=70),
        [Paid(**BASE, amount=70, kind=PaymentKind.GOODWILL_CREDIT)],
    ),
    (ordered(_K.WAIVER, part=_P.PROFIT), [Waived(**BASE, part=Component.PROFIT, amount=None)]),
    (
        ordered(_K.WAIVER, part=_P.PENALTY, amount_minor=5),
        [Waived(**BASE, part=Component.PENALTY, amount=5)],
    ),
    (
        ordered(_K.CHARGE, part=_P.FEE, amount_minor=500),
        [ChargeAdded(**BASE, charge=charge(500, due_on=ON, is_penalty=False))],
    ),
    (
        ordered(_K.CHARGE, part=_P.PENALTY, amount_minor=7, due_on=LATER),
        [ChargeAdded(**BASE, charge=charge(7, due_on=LATER, is_penalty=True))],
    ),
    (ordered(_K.PAYMENT_HOLIDAY, periods=2), [Postponed(**BASE, periods=2)]),
    (ordered(_K.RESCHEDULE, **NEW_ONES), [ReAged(**AGED)]),
    (ordered(_K.RESTRUCTURE, **NEW_ONES, annual_rate=RATE), [CHANGED, ReAged(**AGED)]),
    (
        ordered(_K.RE_AGE, **NEW_ONES, open_profit=OpenProfit.SPREAD_ALL),
        [ReAged(**AGED, profit=OpenProfit.SPREAD_ALL)],
    ),
    (ordered(_K.RATE_CHANGE, annual_rate=RATE), [CHANGED]),
    (ordered(_K.PROFIT_PAUSE, until_on=UNTIL), [ProfitPaused(**BASE, until=UNTIL)]),
    (ordered(_K.REFUND, amount_minor=40), [CreditRefunded(**BASE, amount=40)]),
    (
        ordered(_K.CHARGE_BACK, amount_minor=41, repayment_id=REPAID),
        [ChargedBack(**BASE, of=REPAID, amount=41)],
    ),
    (ordered(_K.RE_AMORTISE), [ReAmortised(**BASE, profit=OpenProfit.AS_AGREED)]),
    (
        ordered(_K.RE_AMORTISE, open_profit=OpenProfit.WAIVED),
        [ReAmortised(**BASE, profit=OpenProfit.WAIVED)],
    ),
    (ordered(_K.CHARGE_OFF), [ChargedOff(**BASE)]),
    (ordered(_K.TRANSFER, borrower_id=NEXT), []),
    (ordered(_K.WRITE_OFF), []),
]


@pytest.mark.parametrize(
    ("order", "events"), WRITTEN, ids=[str(order.asked.kind) for order, _ in WRITTEN]
)
def test_an_order_writes_its_events_into_the_course(
    order: Ordered, events: Sequence[Event]
) -> None:
    assert list(written(order)) == list(events)


@pytest.mark.parametrize(
    ("changes", "every", "unit"),
    [
        ({"frequency": Frequency.WEEKLY, "first_due_on": date(2026, 1, 22)}, 1, Unit.WEEKS),
        ({"dating": Dating(every=2), "first_due_on": date(2026, 3, 15)}, 2, Unit.MONTHS),
    ],
)
def test_new_instalments_come_in_the_steps_of_the_terms(
    changes: dict[str, Any], every: int, unit: Unit
) -> None:
    (aged,) = written(ordered(_K.RE_AGE, **NEW_ONES), **changes)

    assert aged == ReAged(**(AGED | {"every": every, "unit": unit}))


def test_money_of_a_life_is_told_by_what_names_it() -> None:
    life = Life(terms=TERMS, entered=(OUT, Received(key=REPAID, on=ON, amount=8_885)))

    assert life.events == (
        Disbursed(key="out", on=OUT.on, amount=100_000),
        Paid(key=REPAID, on=ON, amount=8_885),
    )
    assert life.last_on == ON
    assert Life(terms=TERMS).last_on == TERMS.disbursed_on


@pytest.mark.parametrize(
    ("said", "rule"),
    [(None, ChargeOff.NO_FURTHER_PROFIT), (ChargeOff.ALL_DUE, ChargeOff.ALL_DUE)],
)
def test_how_a_charge_off_leaves_the_rest_is_said_by_its_order(said: Any, rule: ChargeOff) -> None:
    given_up = Life(terms=TERMS, entered=(OUT, ordered(_K.CHARGE_OFF, further_profit=said)))

    assert given_up.plan.charge_off is rule
    assert Life(terms=TERMS, entered=(OUT,)).plan.charge_off is ChargeOff.AS_AGREED


def test_of_two_orders_the_rate_of_the_later_day_holds_from_its_day() -> None:
    first = ordered(_K.RATE_CHANGE, annual_rate=RATE)
    before = Asked(
        kind=_K.RATE_CHANGE,
        effective_on=date(2026, 2, 1),
        reason=OrderReason.AGREEMENT,
        annual_rate=Decimal("0.2"),
    )
    life = Life(terms=TERMS, entered=(OUT, first, Ordered(order_id=NEXT, asked=before)))

    days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 14), ON)

    assert [life.rate_on(day) for day in days] == [
        Decimal("0.12"),
        Decimal("0.2"),
        Decimal("0.2"),
        RATE,
    ]
