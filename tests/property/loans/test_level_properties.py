"""Does a course of level instalments lose nothing, whatever comes in and is taken back?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain.course import closing_early, fold
from services.loans.domain.course.events import ChargeAdded, Disbursed, Event, Paid, Reversed
from services.loans.domain.course.plan import (
    Charge,
    ChargeWhen,
    CountedOver,
    DayRules,
    DownPayment,
    InstalmentRule,
    Plan,
    Recalculation,
    Unit,
)
from services.loans.domain.course.results import Course
from services.loans.domain.terms import ChargeMethod

EXAMPLES = settings(max_examples=60, deadline=None)
START = date(2024, 1, 31)
END = date(2026, 12, 31)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return Plan(
        principal=draw(st.integers(10_000, 10**7)),
        annual_rate=Decimal(draw(st.integers(0, 40))) / 100,
        instalments=draw(st.integers(1, 12)),
        every=1,
        unit=draw(st.sampled_from([Unit.MONTHS, Unit.WEEKS])),
        starts_on=START,
        signed_on=START,
        charge_method=draw(st.sampled_from([ChargeMethod.FLAT, ChargeMethod.DECLINING_BALANCE])),
        instalment_rule=InstalmentRule.FIXED_LEVEL,
        instalment_multiple=draw(st.sampled_from([1, 100])),
        day_rules=DayRules(over=draw(st.sampled_from(list(CountedOver)))),
        down_payment=draw(
            st.sampled_from([None, DownPayment(percent=Decimal(25), automatic=True)])
        ),
        recalculation=draw(st.sampled_from([None, Recalculation()])),
    )


days = st.integers(0, 400).map(lambda count: START + timedelta(days=count))
payments = st.lists(st.tuples(days, st.integers(1, 10**6)), max_size=5)


def course(plan: Plan, events: list[Event]) -> Course:
    return fold.course(plan, events, as_of=END)


def lived(plan: Plan, paid: list[tuple[date, int]]) -> list[Event]:
    first = plan.principal // 2 + 1
    return [
        Disbursed(key="first", on=START, amount=first),
        Disbursed(key="second", on=START + timedelta(days=20), amount=plan.principal - first),
        ChargeAdded(
            key="charge",
            on=START + timedelta(days=5),
            charge=Charge(
                code="visit",
                when=ChargeWhen.ON_DATE,
                value=Decimal(500),
                due_on=START + timedelta(days=40),
            ),
        ),
        *(Paid(key=at, on=on, amount=amount) for at, (on, amount) in enumerate(paid)),
    ]


@EXAMPLES
@given(plan=plans(), paid=payments)
def test_money_is_neither_made_nor_lost(plan: Plan, paid: list[tuple[date, int]]) -> None:
    found = course(plan, lived(plan, paid))

    assert sum(row.principal for row in found.rows) == plan.principal
    assert sum(row.fee for row in found.rows) == 500
    received = sum(
        moved.amount for moved in found.transactions if moved.kind.value != "disbursement"
    )
    assert sum(row.paid for row in found.rows) + found.overpaid == received
    assert found.outstanding == sum(row.outstanding for row in found.rows)
    assert all(row.outstanding >= 0 for row in found.rows)
    assert not (found.outstanding and found.overpaid)


@EXAMPLES
@given(plan=plans(), paid=payments, data=st.data())
def test_the_order_of_entry_of_payments_on_different_days_does_not_matter(
    plan: Plan, paid: list[tuple[date, int]], data: st.DataObject
) -> None:
    once = list({on: (on, amount) for on, amount in paid}.values())
    events = lived(plan, once)
    shuffled = events[:3] + data.draw(st.permutations(events[3:]))
    known = [replace(event, entered_on=END) for event in events[3:]]
    known_shuffled = [replace(event, entered_on=END) for event in shuffled[3:]]

    assert course(plan, events[:2] + known).rows == course(plan, events[:2] + known_shuffled).rows


@EXAMPLES
@given(plan=plans(), paid=payments)
def test_taking_a_payment_back_restores_every_balance(
    plan: Plan, paid: list[tuple[date, int]]
) -> None:
    events = lived(plan, paid)[:2] + [
        Paid(key=at, on=on, amount=amount) for at, (on, amount) in enumerate(paid)
    ]
    extra: list[Event] = [
        Paid(key="extra", on=START + timedelta(days=30), amount=1_234),
        Reversed(key="undo", on=START + timedelta(days=31), of="extra"),
    ]

    before, after = course(plan, events), course(plan, [*events, *extra])

    assert after.rows == before.rows
    assert (after.outstanding, after.overpaid) == (before.outstanding, before.overpaid)
    assert [moved for moved in after.transactions if not moved.is_reversed] == list(
        before.transactions
    )


@EXAMPLES
@given(plan=plans(), paid=payments, on=days)
def test_closing_early_never_asks_for_more_than_is_open(
    plan: Plan, paid: list[tuple[date, int]], on: date
) -> None:
    events = [event for event in lived(plan, paid) if event.on <= on]
    if not any(isinstance(event, Disbursed) for event in events):
        return

    closing = closing_early.closure(plan, events, on=on)
    found = fold.course(plan, events, as_of=on)

    assert closing.principal == sum(row.principal - row.principal_paid for row in found.rows)
    assert 0 <= closing.total <= found.outstanding
