"""Are the inputs of a case read as the plan or the terms that they stand for?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.cli.checking import agreed, orders, plans
from services.cli.checking.reading import Malformed, Node, Unsupported
from services.loans.domain.amortisation import AmortisationKind, RoundedWhen
from services.loans.domain.charging import RateKind
from services.loans.domain.course.plan import (
    Advance,
    ChargeBasis,
    ChargeOff,
    Direction,
    LeapRule,
    PaymentKind,
    PayoffProfit,
    Rest,
    Standing,
)
from services.loans.domain.terms import Component, Frequency
from tests.unit.cli.case_files import COURSE, PERIODIC, changed


def plan_with(**members: object) -> Any:
    inputs = COURSE["inputs"] | members
    return plans.plan_of(Node(changed(COURSE, "inputs", to=inputs)))


def test_the_rarer_members_of_an_agreement_are_read() -> None:
    plan = plan_with(
        grace={"principal_payment_periods": 1, "interest_payment_periods": 2}
        | {"interest_free_periods": 3, "all_payment_periods": 4},
        rounding={"mode": "HALF_UP", "installment_in_multiples_of": 5},
        interest_recalculation={"rest_frequency": "SAME_AS_REPAYMENT_PERIOD"}
        | {"preclosure_interest": "TILL_REST_FREQUENCY_DATE", "rest_interval": 1}
        | {"disallow_interest_calculation_on_past_due": True, "compounding": "NONE"},
        fixed_length={"every": 100, "unit": "DAYS"},
        expected_disbursements=[{"date": "2024-02-01", "amount": "10.00"}],
        interest_refund_on=["PAYOUT_REFUND"],
        charge_off_behaviour="ACCELERATE_MATURITY",
        month_end_due_date_strategy="FIRST_DAY_OF_NEXT_MONTH",
        charges=[
            {"time": "TRANCHE_DISBURSEMENT", "calculation": "PERCENT_OF_DISBURSEMENT_AMOUNT"}
            | {"amount_or_percent": "1"}
        ],
    )

    assert (plan.grace.principal, plan.grace.profit_payment) == (1, 2)
    assert (plan.grace.profit_free, plan.grace.everything) == (3, 4)
    assert (plan.rounding, plan.instalment_multiple) == ("half_up", 500)
    assert (plan.recalculation.rest, plan.recalculation.payoff) == (
        Rest.WITH_INSTALMENT,
        PayoffProfit.TO_DUE_DATE,
    )
    assert not plan.recalculation.overdue_bears
    assert plan.last_due_on == date(2024, 4, 10)
    assert plan.tranches == ((date(2024, 2, 1), 1_000),)
    assert plan.profit_refunded_on == {PaymentKind.PAYOUT_REFUND}
    assert plan.charge_off is ChargeOff.ALL_DUE
    assert plan.month_end_rule == "next_month"
    assert plan.charges[0].basis is ChargeBasis.OF_DISBURSEMENT


def test_rates_are_read_by_their_basis() -> None:
    interest = COURSE["inputs"]["interest"] | {"nominal_rate_percent": "2"}

    monthly = plan_with(interest=interest | {"rate_basis": "PER_MONTH"})
    whole_term = interest | {"rate_basis": "WHOLE_TERM"}
    of_term = plan_with(schedule_engine="CUMULATIVE", interest=whole_term)
    leap = plan_with(interest=interest | {"days_in_year_custom_strategy": "FEB_29_PERIOD_ONLY"})

    assert monthly.annual_rate == Decimal("0.24")
    assert of_term.rate_is_for_term
    assert leap.day_rules.leap is LeapRule.FEBRUARY_29_ONLY
    for members in (
        {"interest": whole_term},
        {"amortization": "EQUAL_PRINCIPAL"},
        {"currency": {"decimal_places": 2, "in_multiples_of": 5}},
    ):
        with pytest.raises(Unsupported, match="by period rates"):
            plan_with(**members)
    with pytest.raises(Unsupported, match="rate_basis PER_MOON"):
        plan_with(interest=interest | {"rate_basis": "PER_MOON"})
    with pytest.raises(Unsupported, match="rest interval"):
        plan_with(interest_recalculation={"rest_frequency": "DAILY", "rest_interval": 2})


def test_an_order_of_payment_is_read_by_groups_or_slot_by_slot() -> None:
    rule = {"transaction_type": "DEFAULT", "future_installments": "LAST_INSTALLMENT"}
    stated = {
        "strategy": "ADVANCED_PAYMENT_ALLOCATION",
        "processing": "VERTICAL",
        "rules": [
            rule | {"groups": ["DUE", "PAST_DUE"], "within_group": ["FEE", "INTEREST"]},
            {"transaction_type": "GOODWILL_CREDIT", "order": ["IN_ADVANCE_PENALTY", "DUE_FEE"]},
        ],
        "credit_allocation": [
            {"transaction_type": "CHARGEBACK", "order": ["PENALTY", "PRINCIPAL"]}
        ],
    }

    found = orders.allocation_of(Node(stated))

    assert found.direction is Direction.VERTICAL
    assert found.rule.advance is Advance.LAST
    assert found.rule.order == (
        (Standing.DUE, Component.FEE),
        (Standing.DUE, Component.PROFIT),
        (Standing.PAST_DUE, Component.FEE),
        (Standing.PAST_DUE, Component.PROFIT),
    )
    assert found.rule_of(PaymentKind.GOODWILL_CREDIT).order == (
        (Standing.IN_ADVANCE, Component.PENALTY),
        (Standing.DUE, Component.FEE),
    )
    assert found.credits == (Component.PENALTY, Component.PRINCIPAL)


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        (("rules", 0, "transaction_type"), "WISH", "transaction_type WISH"),
        (("rules", 0, "order"), ["SOME_DAY"], "SOME_DAY"),
        (("credit_allocation", 0, "transaction_type"), "WISH", "transaction_type WISH"),
    ],
)
def test_an_order_that_is_not_offered_is_unsupported(
    path: tuple[str | int, ...], value: object, name: str
) -> None:
    stated = {
        "strategy": "ADVANCED_PAYMENT_ALLOCATION",
        "rules": [{"transaction_type": "DEFAULT", "order": ["DUE_FEE"]}],
        "credit_allocation": [{"transaction_type": "CHARGEBACK", "order": ["FEE"]}],
    }

    with pytest.raises(Unsupported, match=name):
        orders.allocation_of(Node(changed(stated, *path, to=value)))
    with pytest.raises(Malformed, match="has no order"):
        orders.allocation_of(Node(changed(stated, "rules", 0, "order", to=[])))


def terms_with(variant: str = "", **members: Any) -> Any:
    inputs = PERIODIC["inputs"] | members
    return agreed.terms_of(Node(changed(PERIODIC, "inputs", to=inputs)), variant=variant)


def test_the_variants_of_a_rounding_become_terms_of_their_own() -> None:
    rounded = {"amount_decimals": 3, "amount_rounding": "FLOOR", "installment_multiple": "0.5"} | {
        "installment_rounding": "CEILING",
        "final_installment_multiple": "0.01",
        "final_installment_rounding": "HALF_UP",
    }
    variants = {"exact": "no rounding", "rounded": rounded}

    exact = terms_with("exact", rounding_variants=variants)
    found = terms_with("rounded", rounding_variants=variants)

    assert exact.amortisation.multiple is None
    assert found.amortisation.rounded is RoundedWhen.AFTERWARDS
    assert found.amortisation.multiple.minor == 500
    assert found.amortisation.final_multiple.minor == 10
    assert found.rounding == "floor"
    assert found.principal.minor == 1_000_000


def test_the_rarer_agreements_without_dates_are_read() -> None:
    weekly = terms_with(
        repayment_frequency={"every": 1, "unit": "WEEKS"},
        interest=PERIODIC["inputs"]["interest"] | {"periodic_rate": "rate*7/365"},
        grace={"principal_payment_periods": 1, "all_payment_periods": 2},
        charges=[
            {"basis": "PERCENT_OF_TOTAL_INTEREST", "when": "EVERY_INSTALLMENT"}
            | {"amount_or_percent": "2"},
            {"basis": "FLAT_AMOUNT", "when": "EVERY_INSTALLMENT", "amount_or_percent": "1.25"},
        ],
    )
    effective = terms_with(
        interest=PERIODIC["inputs"]["interest"] | {"periodic_rate": "1.12^(1/12)-1"}
    )
    stepped = terms_with(rate_steps=[{"from_period": 3, "nominal_rate_percent": "6"}])
    graduated = terms_with(amortization="GRADUATED", installment_growth_percent_per_year="-3")
    fixed = terms_with(fixed_installment="100")

    assert (weekly.frequency, weekly.charging.year_of_days) == (Frequency.WEEKLY, 365)
    assert (weekly.principal_grace, weekly.charging.moratorium) == (1, 2)
    assert [fee.amount and fee.amount.minor for fee in weekly.fees] == [None, 125]
    assert effective.charging.rate_kind is RateKind.EFFECTIVE
    assert stepped.charging.rate_changes[0].on == date(2023, 3, 2)
    assert graduated.amortisation.growth == Decimal("-0.03")
    assert fixed.amortisation.kind is AmortisationKind.FIXED_INSTALMENT
    with pytest.raises(Unsupported, match="periodic rate"):
        terms_with(interest=PERIODIC["inputs"]["interest"] | {"periodic_rate": "1.5^(1/12)-1"})


def test_a_sale_with_a_stated_profit_has_its_rate() -> None:
    sold: dict[str, Any] = {"contract": "MURABAHA", "interest": None, "sale_price": "1200.00"}

    by_amount = terms_with(**sold, profit={"profit_amount": "200.00"}, number_of_installments=12)
    by_rate = terms_with(**sold, profit={"profit_amount": "200.00", "rate_percent_per_year": "16"})
    rented = terms_with(contract="DIMINISHING_MUSHARAKA", rental_rate_percent_per_year="12.5")

    assert (by_amount.annual_rate, by_amount.mode_of_finance) == (Decimal("0.2"), "murabaha")
    assert by_rate.annual_rate == Decimal("0.16")
    assert (rented.annual_rate, rented.mode_of_finance) == (
        Decimal("0.125"),
        "diminishing_musharaka",
    )
    with pytest.raises(Unsupported, match="contract BARTER"):
        terms_with(contract="BARTER")
    with pytest.raises(Unsupported, match="other steps than months"):
        terms_with(
            **sold,
            profit={"profit_amount": "200.00"},
            repayment_frequency={"every": 1, "unit": "WEEKS"},
        )


def test_a_drawing_without_dates_falls_on_the_due_date_of_its_period() -> None:
    case = changed(
        PERIODIC,
        "events",
        to=[
            {"seq": 1, "kind": "disburse", "period": 0, "amount": "600.00"},
            {"seq": 2, "kind": "disburse", "period": 1, "amount": "400.00"},
        ],
    )

    found = agreed.terms_of(Node(case), variant="")

    assert [(each.on, each.amount.minor) for each in found.drawing.tranches] == [
        (date(2023, 2, 1), 40_000)
    ]
    with pytest.raises(Unsupported, match="event repayment without dates"):
        agreed.terms_of(Node(changed(case, "events", 1, "kind", to="repayment")), variant="")


def test_due_dates_may_be_last_days_of_months_or_start_where_stated() -> None:
    dated = {"expected_disbursement_date": "2022-10-17"}

    last_days = terms_with(**dated, month_end_due_date_strategy="END_OF_MONTH")
    stated = terms_with(**dated, first_repayment_date="2022-12-01")

    assert last_days.first_due_on == date(2022, 10, 31)
    assert stated.first_due_on == date(2022, 12, 1)
