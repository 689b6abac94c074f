"""A product exists only where each corner of its limits is lawful, and says what it offers."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.contradictions import RateAboveCap, TermsInvalid
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.price import Price
from services.loans.domain.product import (
    Asked,
    Limits,
    LimitsInvalid,
    OutsideProduct,
    Policy,
    PolicyUnclear,
    Product,
    ProductNotOffered,
    Recommendation,
    TermNotWholeInstalments,
    grace_instalments,
    instalments_in,
)
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance
from shared.ids import ProductId
from tests.builders import an_id, money

DAY = date(2026, 1, 15)


def limits(least: Any, usual: Any, most: Any) -> Limits[Any]:
    return Limits(least=least, usual=usual, most=most)


def make_product(**changes: Any) -> Product:
    """100 to 5,000 JOD at 10 to 24 %, 6 to 24 months, by month."""
    members: dict[str, Any] = {
        "product_id": ProductId(an_id("product")),
        "version": 1,
        "code": "LOAN",
        "mode_of_finance": ModeOfFinance.CONVENTIONAL,
        "charge_method": ChargeMethod.DECLINING_BALANCE,
        "amount": limits(money("100.000"), money("1000.000"), money("5000.000")),
        "term_months": limits(6, 12, 24),
        "annual_rate": limits(Decimal("0.10"), Decimal("0.18"), Decimal("0.24")),
        "grace_months": limits(0, 0, 3),
        "frequency": Frequency.MONTHLY,
        "fund_kinds": frozenset({FundKind.COMMERCIAL}),
        "price": Price(
            cost_of_funds=Decimal("0.05"),
            operating_cost=money("20.000"),
            operating_cost_monthly=money("1.000"),
        ),
    }
    return Product(**members | changes)


def make_qard(**changes: Any) -> Product:
    free = limits(Decimal(0), Decimal(0), Decimal(0))
    return make_product(
        mode_of_finance=ModeOfFinance.QARD,
        charge_method=ChargeMethod.NONE,
        annual_rate=free,
        **changes,
    )


def asked(**changes: Any) -> Asked:
    members: dict[str, Any] = {
        "amount": money("1000.000"), "term_months": 12, "grace_months": 0,
    }  # fmt: skip
    return Asked(**members | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": limits(money("5.000"), money("4.000"), money("6.000"))},
        {"term_months": limits(12, 24, 18)},
        {"annual_rate": limits(Decimal("0.2"), Decimal("0.1"), Decimal("0.3"))},
        {"grace_months": limits(1, 0, 3)},
        {"term_months": limits(0, 6, 12)},
        {"term_months": limits(6, 12, 121)},
        {"grace_months": limits(-1, 0, 3)},
        {"grace_months": limits(0, 0, 6)},
        {"grace_months": limits(0, 0, 25), "term_months": limits(36, 48, 60)},
    ],
)
def test_limits_out_of_order_make_no_product(changes: dict[str, Any]) -> None:
    with pytest.raises(LimitsInvalid):
        make_product(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"fund_kinds": frozenset()},
        {"charge_method": ChargeMethod.NONE},
        {
            "price": Price(
                cost_of_funds=Decimal(0),
                operating_cost=money("1.00", "USD"),
                operating_cost_monthly=money("1.00", "USD"),
            )
        },
    ],
)
def test_unlawful_terms_make_no_product(changes: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid):
        make_product(**changes)


def test_a_rate_above_every_cap_makes_no_product() -> None:
    with pytest.raises(RateAboveCap):
        make_product(annual_rate=limits(Decimal(0), Decimal(0), Decimal(11)))


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": money("99.999")},
        {"amount": money("5000.001")},
        {"amount": money("1000.00", "USD")},
        {"term_months": 5},
        {"term_months": 25},
        {"grace_months": 4},
        {"annual_rate": Decimal("0.099999")},
        {"annual_rate": Decimal("0.240001")},
    ],
)
def test_what_lies_outside_is_refused_with_the_limits(changes: dict[str, Any]) -> None:
    with pytest.raises(OutsideProduct) as caught:
        make_product().check(asked(**changes))
    assert caught.value.product_code == "LOAN"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": money("100.000")},
        {"amount": money("5000.000")},
        {"term_months": 6},
        {"term_months": 24},
        {"grace_months": 3},
        {"annual_rate": Decimal("0.10")},
        {"annual_rate": Decimal("0.24")},
    ],
)
def test_the_ends_of_the_limits_are_within(changes: dict[str, Any]) -> None:
    make_product().check(asked(**changes))


def test_a_withdrawn_product_takes_no_applications() -> None:
    make_product().check_offered()
    with pytest.raises(ProductNotOffered):
        make_product(is_offered=False).check_offered()


@pytest.mark.parametrize(
    ("months", "frequency", "instalments"),
    [
        (12, Frequency.MONTHLY, 12),
        (12, Frequency.QUARTERLY, 4),
        (12, Frequency.WEEKLY, 52),
        (3, Frequency.WEEKLY, 13),
        (1, Frequency.BIWEEKLY, 2),
    ],
)
def test_a_term_holds_whole_instalments(
    months: int, frequency: Frequency, instalments: int
) -> None:
    assert instalments_in(months, frequency=frequency) == instalments


def test_seven_months_cannot_be_paid_by_quarters() -> None:
    with pytest.raises(TermNotWholeInstalments):
        instalments_in(7, frequency=Frequency.QUARTERLY)
    assert grace_instalments(0, frequency=Frequency.QUARTERLY) == 0


def test_grace_of_a_loan_with_profit_carries_profit_alone() -> None:
    terms = make_product().terms(
        asked(grace_months=2), disbursed_on=DAY, first_due_on=date(2026, 2, 15), country="JO"
    )
    assert (terms.instalments, terms.principal_grace) == (12, 2)
    assert terms.annual_rate == Decimal("0.18")


def test_grace_of_a_qard_lies_before_its_first_instalment() -> None:
    terms = make_qard().terms(
        asked(grace_months=2), disbursed_on=DAY, first_due_on=date(2026, 4, 15), country="JO"
    )
    assert (terms.instalments, terms.principal_grace) == (10, 0)


@pytest.mark.parametrize(
    ("points", "declined", "feasible", "expected"),
    [
        (60, False, True, Recommendation.APPROVE),
        (59, False, True, Recommendation.REFER),
        (60, False, False, Recommendation.REFER),
        (30, False, True, Recommendation.REFER),
        (29, False, True, Recommendation.REJECT),
        (90, True, True, Recommendation.REJECT),
    ],
)
def test_the_rules_read_points_hard_rules_and_the_menu(
    points: int,
    declined: bool,  # noqa: FBT001 - a case of the table
    feasible: bool,  # noqa: FBT001 - a case of the table
    expected: Recommendation,
) -> None:
    policy = Policy(approve_points_from=60, reject_points_below=30)
    found = policy.recommend(points=points, is_declined=declined, is_feasible=feasible)
    assert found is expected


@pytest.mark.parametrize(
    ("approve", "reject", "automatic"), [(None, None, True), (None, 30, True), (20, 30, False)]
)
def test_rules_that_contradict_each_other_are_refused(
    approve: int | None,
    reject: int | None,
    automatic: bool,  # noqa: FBT001 - a case of the table
) -> None:
    with pytest.raises(PolicyUnclear):
        Policy(approve_points_from=approve, reject_points_below=reject, is_automatic=automatic)


def test_a_product_with_a_fee_bears_one() -> None:
    fee = Fee(
        code="file",
        kind=FeeKind.FLAT,
        when=FeeWhen.AT_DISBURSEMENT,
        amount=money("10.000"),
    )
    assert make_product(fees=(fee,)).bears_fee
    assert not make_product().bears_fee


def test_without_figures_everything_is_referred_to_people() -> None:
    found = Policy().recommend(points=100, is_declined=False, is_feasible=True)
    assert found is Recommendation.REFER


def test_a_price_survives_its_json() -> None:
    price = make_product().price
    assert Price.from_json(price.to_json(), currency="JOD") == price
