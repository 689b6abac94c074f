"""Are the events of a case entered as the events they stand for?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.cli.checking import hearing, plans
from services.cli.checking.happened import Happened
from services.cli.checking.reading import Malformed, Node, Unsupported
from services.loans.domain.course import events as ours
from services.loans.domain.course.events import Event, OpenProfit
from services.loans.domain.course.plan import (
    ChargeBasis,
    ChargeWhen,
    PaymentKind,
    Unit,
)
from tests.unit.cli.case_files import COURSE, changed

DAY = "2024-02-10"


def heard(*events: dict[str, Any], down_payment: object = None) -> Happened:
    """What our events are after the disbursement of the course and these."""
    case = Node(changed(COURSE, "inputs", "down_payment", to=down_payment))
    found = Happened(plan=plans.plan_of(case), scale=plans.scale_of(case["inputs"]))
    for at, event in enumerate((COURSE["events"][0], COURSE["events"][1], *events)):
        hearing.hear(found, Node({"date": DAY, **event, "seq": at}))
    return found


def last(*events: dict[str, Any], down_payment: object = None) -> Event:
    return heard(*events, down_payment=down_payment).events[-1]


PAID = {"kind": "repayment", "amount": "10.00"}


@pytest.mark.parametrize(
    ("kind", "payment"),
    [
        ("repayment", PaymentKind.REPAYMENT),
        ("goodwill_credit", PaymentKind.GOODWILL_CREDIT),
        ("merchant_issued_refund", PaymentKind.MERCHANT_REFUND),
        ("payout_refund", PaymentKind.PAYOUT_REFUND),
        ("interest_payment_waiver", PaymentKind.PROFIT_WAIVER),
    ],
)
def test_money_comes_in_under_its_kind(kind: str, payment: PaymentKind) -> None:
    event = last({"kind": kind, "amount": "12.34", "interest_refund_calculation": False})

    assert isinstance(event, ours.Paid)
    assert (event.amount, event.kind, event.on) == (1234, payment, date(2024, 2, 10))
    assert event.entered_on == date(2024, 1, 1)
    assert event.refunds_profit is False


def test_the_payoff_of_the_day_is_what_is_quoted() -> None:
    quoted = last({"kind": "pay_off", "amount": "OUTSTANDING_PREPAY_AMOUNT"})
    named = last({"kind": "pay_off", "amount": "7.00"})

    assert isinstance(quoted, ours.Paid)
    assert isinstance(named, ours.Paid)
    assert (quoted.amount, named.amount) == (30_000, 700)


def test_the_nth_payment_of_a_day_is_undone_or_the_nth_of_all_on_its_day() -> None:
    other = {**PAID, "date": "2024-02-11"}
    undo = {"kind": "undo_transaction", "transaction_type": "Repayment"}

    of_day = last(PAID, PAID, other, {**undo, "nth": 2, "transaction_date": DAY})
    of_all = last(PAID, PAID, other, {**undo, "nth": 3, "transaction_date": "2024-02-11"})
    newest = last(PAID, other, {**undo, "transaction_type": "last repayment"})

    assert [event.of for event in (of_day, of_all, newest) if isinstance(event, ours.Reversed)] == [
        3,
        4,
        3,
    ]
    with pytest.raises(Unsupported, match="undoing"):
        heard(PAID, {**undo, "nth": 1, "transaction_date": "2024-02-12"})


def test_what_is_undone_is_not_undone_again() -> None:
    undo = {"kind": "undo_transaction", "transaction_type": "any repayment"}

    second = last(PAID, PAID, undo, undo)

    assert isinstance(second, ours.Reversed)
    assert second.of == 2


def test_a_disbursement_undone_takes_later_payments_with_it() -> None:
    tranche = {"kind": "disburse", "amount": "5.00"}
    found = heard(PAID, tranche, PAID, {"kind": "undo_last_disbursal"})
    all_of_them = heard(tranche, {"kind": "undo_disbursal"})

    undone = {event.of for event in found.events if isinstance(event, ours.Reversed)}
    gone = {event.of for event in all_of_them.events if isinstance(event, ours.Reversed)}
    assert undone == {3, 4}
    assert found.hidden == {4}
    assert gone == {1, 2}


def test_a_payment_is_claimed_back_by_its_number() -> None:
    claim = {"kind": "chargeback", "amount": "4.00"}

    first = last(PAID, PAID, {**claim, "of": "payment", "nr": 1})
    newest = last(PAID, PAID, {**claim, "of": "last repayment"})
    at_start = last({**claim, "of": "downpayment", "nr": 1}, down_payment={"percent": "25"})

    claimed = [
        event.of for event in (first, newest, at_start) if isinstance(event, ours.ChargedBack)
    ]
    assert claimed == [2, 3, (1, "down_payment")]


def test_a_charge_is_added_adjusted_and_waived() -> None:
    charge = {
        "kind": "add_charge",
        "charge": {"code": "FEE", "time": "SPECIFIED_DUE_DATE", "amount_or_percent": "5.00"}
        | {"due_date": "2024-02-15", "penalty": True},
    }
    each = {
        "kind": "add_charge",
        "charge": {"code": "EACH", "time": "INSTALLMENT", "calculation": "PERCENT_OF_INTEREST"}
        | {"amount_or_percent": "1.50", "penalty": False},
    }
    adjust = {"kind": "charge_adjustment", "charge_code": "FEE", "amount": "2.00"}

    added, percent = last(charge), last(each)
    adjusted = last(charge, each, {**adjust, "charge_due_date": "2024-02-15"})
    waived = last(charge, {"kind": "waive_last_added_charge"})
    again = last(charge, {"kind": "waive_charge"}, {"kind": "undo_charge_waiver"})
    named = last(charge, each, {"kind": "waive_charge", "charge_code": "FEE"})

    assert isinstance(added, ours.ChargeAdded)
    assert (added.charge.value, added.charge.is_penalty) == (Decimal(500), True)
    assert isinstance(percent, ours.ChargeAdded)
    assert percent.charge.basis is ChargeBasis.OF_PROFIT
    assert (percent.charge.value, percent.charge.when) == (
        Decimal("1.50"),
        ChargeWhen.EACH_INSTALMENT,
    )
    assert isinstance(adjusted, ours.Paid)
    assert (adjusted.charge, adjusted.kind) == (2, PaymentKind.CHARGE_ADJUSTMENT)
    assert isinstance(waived, ours.ChargeWaived)
    assert waived.charge == 2
    assert isinstance(again, ours.Reversed)
    assert again.of == 3
    assert isinstance(named, ours.ChargeWaived)
    assert named.charge == 2


def test_a_charge_at_disbursement_cannot_be_added_afterwards() -> None:
    late = {"code": "FEE", "time": "DISBURSEMENT", "amount_or_percent": "5.00"}

    with pytest.raises(Unsupported, match="adding a charge"):
        heard({"kind": "add_charge", "charge": late})


def test_losses_and_credits_are_heard() -> None:
    assert isinstance(last({"kind": "charge_off"}), ours.ChargedOff)
    assert isinstance(last({"kind": "write_off"}), ours.WrittenOff)
    refund = last({"kind": "credit_balance_refund", "amount": "1.00"})
    assert isinstance(refund, ours.CreditRefunded)
    assert refund.amount == 100
    undone = last({"kind": "charge_off"}, {"kind": "undo_charge_off"})
    assert isinstance(undone, ours.Reversed)


@pytest.mark.parametrize(
    ("handling", "profit"),
    [
        (None, OpenProfit.AS_AGREED),
        ("WAIVE_INTEREST", OpenProfit.WAIVED),
        ("EQUAL_AMORTIZATION_FULL_INTEREST", OpenProfit.SPREAD_ALL),
        ("EQUAL_AMORTIZATION_PAYABLE_INTEREST", OpenProfit.SPREAD_PAYABLE),
    ],
)
def test_new_instalments_for_what_is_open_are_heard(
    handling: str | None, profit: OpenProfit
) -> None:
    handled = {} if handling is None else {"interest_handling": handling}
    aged = last(
        {"kind": "re_age", "frequency": {"every": 2, "unit": "WEEKS"}, "start_date": "2024-03-01"}
        | {"number_of_installments": 4}
        | handled
    )
    spread = last({"kind": "re_amortize", **handled})

    assert isinstance(aged, ours.ReAged)
    assert (aged.every, aged.unit, aged.instalments) == (2, Unit.WEEKS, 4)
    assert aged.starts_on == date(2024, 3, 1)
    assert isinstance(spread, ours.ReAmortised)
    assert aged.profit is spread.profit is profit


def test_a_reschedule_is_a_rate_a_date_or_more_and_easier_instalments() -> None:
    start = {"kind": "reschedule", "reschedule_from_date": "2024-03-01"}

    rate = last({**start, "new_interest_rate_percent": "4"})
    moved = last({**start, "adjusted_due_date": "2024-03-09"})
    eased = last({**start, "extra_terms": 2, "grace_on_principal": 1, "grace_on_interest": 3})
    changed_rate = last(
        {"kind": "rate_change", "effective_date": "2024-02-20", "new_interest_rate_percent": "7.5"}
    )
    paused = last({"kind": "interest_pause", "start_date": "2024-02-12", "end_date": "2024-02-20"})

    assert isinstance(rate, ours.RateChanged)
    assert (rate.on, rate.annual_rate) == (date(2024, 3, 1), Decimal("0.04"))
    assert isinstance(moved, ours.Rescheduled)
    assert moved.due_on == date(2024, 3, 9)
    assert isinstance(eased, ours.Rescheduled)
    assert (eased.extra_instalments, eased.principal_grace, eased.profit_grace) == (2, 1, 3)
    assert isinstance(changed_rate, ours.RateChanged)
    assert changed_rate.on == date(2024, 2, 20)
    assert isinstance(paused, ours.ProfitPaused)
    assert (paused.on, paused.until) == (date(2024, 2, 12), date(2024, 2, 20))


def test_only_what_works_everything_out_moves_the_day() -> None:
    found = heard(PAID, {"kind": "set_business_date", "date": "2024-05-05"})
    closed = heard(
        {"kind": "set_business_date", "date": "2024-05-05"},
        {"kind": "close_of_business"},
        {"kind": "early_closure_quote", "date": "2024-05-06"},
        {"kind": "submit"},
        {"kind": "job", "name": "the Add Accrual Transactions"},
        {"kind": "global_config", "name": "charge-accrual-date", "value": "due-date"},
    )
    again = heard({"kind": "set_business_date", "date": "2024-06-06"}, {"kind": "reprocess"})
    job = heard(
        {"kind": "set_business_date", "date": "2024-06-06"},
        {"kind": "job", "name": "the Recalculate Interest for Loans"},
    )

    assert (found.as_of, found.today) == (date(2024, 1, 1), date(2024, 5, 5))
    assert closed.as_of == date(2024, 5, 5)
    assert closed.quote == date(2024, 5, 6)
    assert again.as_of == job.as_of == date(2024, 6, 6)
    for kind in ("job", "global_config"):
        with pytest.raises(Unsupported, match=f"{kind} turn-the-tide"):
            heard({"kind": kind, "name": "turn-the-tide"})


def test_an_approval_says_how_much_is_expected_and_when() -> None:
    found = heard({"kind": "approve", "amount": "2.00", "expected_disbursement_date": "2024-01-09"})

    assert (found.plan.principal, found.plan.starts_on) == (200, date(2024, 1, 9))


def test_a_tranche_may_be_expected_or_paid_out_without_its_down_payment() -> None:
    expected = last(
        {"kind": "add_expected_disbursement", "expected_date": "2024-03-03", "amount": "3.00"}
    )
    found = heard(
        {"kind": "disburse", "amount": "3.00", "without_auto_down_payment": True},
        down_payment={"percent": "25", "auto_repayment": True},
    )

    assert isinstance(expected, ours.TrancheExpected)
    assert (expected.on, expected.amount) == (date(2024, 3, 3), 300)
    assert found.plan.down_payment is not None
    assert not found.plan.down_payment.automatic


def test_an_event_without_a_day_is_no_event() -> None:
    case = Node(COURSE)
    found = Happened(plan=plans.plan_of(case), scale=plans.scale_of(case["inputs"]))

    with pytest.raises(Malformed, match="has no date"):
        hearing.hear(found, Node({"seq": 1, "kind": "repayment", "amount": "1.00"}))
