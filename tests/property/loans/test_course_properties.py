"""What holds for the course of a contract, whatever was agreed and whatever happened?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from services.loans.domain import allocation, schedule
from services.loans.domain.course import fold
from services.loans.domain.course.events import ChargedBack, Disbursed, Event, Paid, Reversed
from services.loans.domain.course.fold import Course
from services.loans.domain.course.from_terms import plan_of
from services.loans.domain.course.plan import (
    Advance,
    Allocation,
    AllocationRule,
    CountedOver,
    DayRules,
    Direction,
    DownPayment,
    Grace,
    LeapRule,
    MonthLength,
    PayoffProfit,
    Plan,
    Recalculation,
    Rest,
    Unit,
    YearLength,
    in_standing_order,
)
from services.loans.domain.terms import ChargeMethod, Component, Terms
from tests.property.loans.strategies import lawful_terms

START = date(2024, 1, 31)
RECALCULATIONS = (
    Recalculation(),
    Recalculation(overdue_bears=False),
    Recalculation(payoff=PayoffProfit.TO_DUE_DATE),
    Recalculation(rest=Rest.WITH_INSTALMENT, payoff=PayoffProfit.TO_DUE_DATE),
)
SOME = settings(max_examples=30, deadline=None)


@st.composite
def plans(draw: DrawFn) -> Plan:
    """Plans of every day rule, unit, grace and order of payment that the course computes itself."""
    count = draw(st.integers(1, 12))
    grace = draw(st.sampled_from((Grace(), Grace(principal=1), Grace(profit_free=1))))
    order = in_standing_order(tuple(draw(st.permutations(list(Component)))))
    follows = draw(st.booleans())
    directions = [Direction.HORIZONTAL] if follows else list(Direction)
    percent = draw(st.sampled_from((None, Decimal(10), Decimal("33.3"))))
    return Plan(
        principal=draw(st.integers(1_000, 5_000_000)),
        annual_rate=draw(st.decimals(0, Decimal("0.5"), places=4)),
        instalments=count,
        every=draw(st.integers(1, 3)),
        unit=draw(st.sampled_from((Unit.DAYS, Unit.WEEKS, Unit.MONTHS))),
        starts_on=START,
        signed_on=START,
        charge_method=draw(st.sampled_from((ChargeMethod.DECLINING_BALANCE, ChargeMethod.FLAT))),
        day_rules=DayRules(
            year=draw(st.sampled_from(YearLength)),
            month=draw(st.sampled_from(MonthLength)),
            leap=draw(st.sampled_from(LeapRule)),
            over=draw(st.sampled_from(CountedOver)),
            partial_periods=draw(st.booleans()),
        ),
        grace=grace if count > 2 else Grace(),
        instalment_multiple=draw(st.sampled_from((1, 1, 5, 100))),
        down_payment=None if percent is None else DownPayment(percent=percent),
        recalculation=draw(st.sampled_from(RECALCULATIONS)) if follows else None,
        allocation=Allocation(
            rule=AllocationRule(order=order, advance=draw(st.sampled_from(Advance))),
            direction=draw(st.sampled_from(directions)),
        ),
    )


@st.composite
def payments(draw: DrawFn, plan: Plan) -> list[Paid]:
    """Payments on days that need not be in order."""
    days = draw(st.lists(st.integers(1, 200), max_size=6))
    most = max(plan.principal // 2, 1)
    return [
        Paid(key=place, on=START + timedelta(days=days_later), amount=draw(st.integers(1, most)))
        for place, days_later in enumerate(days)
    ]


def out(plan: Plan) -> Disbursed:
    return Disbursed(key="out", on=START, amount=plan.principal)


def fold_of(plan: Plan, events: list[Event], after: int = 0) -> Course:
    return fold.course(plan, events, as_of=START + timedelta(days=after))


@SOME
@given(plan=plans())
def test_the_principal_of_all_instalments_is_what_was_paid_out(plan: Plan) -> None:
    course = fold_of(plan, [out(plan)])

    assert sum(row.principal for row in course.rows) == plan.principal
    assert course.rows[-1].balance == 0


@SOME
@given(plan=plans())
def test_no_part_of_an_instalment_is_negative(plan: Plan) -> None:
    for row in fold_of(plan, [out(plan)]).rows:
        assert min(row.principal, row.profit, row.fee, row.penalty, row.balance) >= 0


@SOME
@given(data=st.data())
def test_nothing_of_a_payment_is_lost(data: st.DataObject) -> None:
    plan = data.draw(plans())
    paid = data.draw(payments(plan))

    course = fold_of(plan, [out(plan), *paid], after=200)

    assert sum(row.paid for row in course.rows) + course.overpaid == sum(
        payment.amount for payment in paid
    )
    for moved in course.transactions[1:]:
        parts = moved.principal + moved.profit + moved.fee + moved.penalty
        assert parts + moved.surplus == moved.amount
        assert min(moved.principal, moved.profit, moved.surplus) >= 0


@SOME
@given(data=st.data())
def test_payments_leave_the_principal_what_was_paid_out(data: st.DataObject) -> None:
    plan = data.draw(plans())
    paid = data.draw(payments(plan))

    course = fold_of(plan, [out(plan), *paid], after=200)

    assert sum(row.principal for row in course.rows) == plan.principal
    assert min(row.outstanding for row in course.rows) >= 0


@SOME
@given(data=st.data())
def test_events_entered_in_another_order_give_the_same_course(data: st.DataObject) -> None:
    plan = data.draw(plans())
    paid = data.draw(payments(plan))
    by_day = {payment.on: payment for payment in paid}
    shuffled = data.draw(st.permutations(list(by_day.values())))

    there = fold_of(plan, [out(plan), *by_day.values()], after=200)
    back = fold_of(plan, [out(plan), *shuffled], after=200)

    assert there.rows == back.rows
    assert there.overpaid == back.overpaid


@SOME
@given(data=st.data())
def test_a_payment_and_its_reversal_leave_the_course_as_it_was(data: st.DataObject) -> None:
    plan = data.draw(plans())
    paid = data.draw(payments(plan))
    extra = Paid(key="extra", on=START + timedelta(days=data.draw(st.integers(1, 150))), amount=777)
    undo = Reversed(key="undo", on=START + timedelta(days=200), of="extra")

    before = fold_of(plan, [out(plan), *paid], after=200)
    after = fold_of(plan, [out(plan), *paid, extra, undo], after=200)

    assert after.rows == before.rows
    assert (after.status, after.outstanding) == (before.status, before.outstanding)


@SOME
@given(plan=plans(), more=st.decimals(0, Decimal("0.3"), places=3))
def test_a_higher_rate_never_costs_less(plan: Plan, more: Decimal) -> None:
    plan = replace(plan, instalment_multiple=1)
    dearer = replace(plan, annual_rate=plan.annual_rate + more)

    cost = sum(row.profit for row in fold_of(plan, [out(plan)]).rows)
    higher = sum(row.profit for row in fold_of(dearer, [out(plan)]).rows)

    assert higher >= cost - plan.instalments  # each instalment is rounded by itself


@SOME
@given(data=st.data())
def test_the_payoff_of_a_day_pays_the_contract_off(data: st.DataObject) -> None:
    plan = data.draw(plans())
    paid = data.draw(payments(plan))
    on = START + timedelta(days=201)

    before = fold_of(plan, [out(plan), *paid], after=201)
    amount = fold.payoff(plan, [out(plan), *paid], on=on)
    last = [Paid(key="payoff", on=on, amount=amount)] if amount else []
    course = fold_of(plan, [out(plan), *paid, *last], after=201)

    assert course.outstanding == 0
    assert course.overpaid == before.overpaid


@SOME
@given(data=st.data())
def test_a_charge_back_makes_its_amount_owed_once_more(data: st.DataObject) -> None:
    plan = replace(data.draw(plans()), recalculation=None)
    paid = Paid(key="paid", on=START + timedelta(days=3), amount=500)
    amount = data.draw(st.integers(1, 500))
    back = ChargedBack(key="back", on=START + timedelta(days=5), of="paid", amount=amount)

    before = fold_of(plan, [out(plan), paid], after=5)
    after = fold_of(plan, [out(plan), paid, back], after=5)

    assert after.outstanding - after.overpaid == before.outstanding - before.overpaid + amount


@SOME
@given(terms=lawful_terms())
def test_the_course_of_terms_without_movements_is_their_schedule(terms: Terms) -> None:
    plan = plan_of(terms)

    course = fold.course(plan, [out(plan)], as_of=terms.disbursed_on)

    assert [
        (row.number, row.due_on, row.principal, row.profit, row.fee)
        for row in course.rows
        if row.number is not None
    ] == [
        (one.number, one.due_on, one.principal.minor, one.profit.minor, one.fee.minor)
        for one in schedule.schedule(terms)
    ]


@SOME
@given(terms=lawful_terms(), data=st.data())
def test_repayments_of_a_plain_contract_pay_as_the_waterfall_does(
    terms: Terms, data: st.DataObject
) -> None:
    plan = plan_of(terms)
    amounts = data.draw(st.lists(st.integers(1, terms.principal.minor), max_size=5))
    paid = [
        Paid(key=place, on=terms.disbursed_on + timedelta(days=11 * place), amount=amount)
        for place, amount in enumerate(amounts)
    ]
    instalments = schedule.totals(schedule.schedule(terms))
    order = allocation.order_of(terms.allocation_order)

    course = fold.course(plan, [out(plan), *paid], as_of=terms.disbursed_on)

    before = 0
    moved = [one for one in course.transactions if one.kind.value == "repayment"]
    for amount, one in zip(amounts, moved, strict=True):
        wanted = allocation.allocate(
            amount, paid_before=before, instalments=instalments, order=order
        )
        found = (one.principal, one.profit, one.fee, one.penalty, one.surplus)
        assert found == tuple(wanted)
        before += amount
