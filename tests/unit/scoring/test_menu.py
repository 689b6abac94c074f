"""Which terms are offered, which are rejected for what, and which offer is best."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.scoring.domain import affordability, grid, menu, pricing
from services.scoring.domain.affordability import Binding, Capacity
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Asked, AskedImpossible, Corner, LimitsContradict
from services.scoring.domain.menu import Menu, Objective
from services.scoring.domain.pricing import ChargeMethod
from services.scoring.domain.refusing import RejectionCode
from shared.money import Money
from tests.scoring_cases import make_costs, make_limits, money

ZERO = Decimal(0)
QARD = make_limits(
    charge_method=ChargeMethod.NONE,
    annual_rate_min=ZERO,
    annual_rate_default=ZERO,
    annual_rate_max=ZERO,
)


def asked(text: str = "1200", term_months: int = 12, grace_months: int = 0) -> Asked:
    return Asked(amount=money(text), term_months=term_months, grace_months=grace_months)


def means(capacity: str = "100", **changes: Any) -> Means:
    carried = Capacity(
        income=money("600"),
        disposable=money("300"),
        disposable_stressed=money("200"),
        debt_service=money("0"),
        capacity=money(capacity),
        binding=Binding.COVER,
    )
    members: dict[str, Any] = {
        "capacity": carried,
        "costs": make_costs(),
        "hazard": pricing.hazard_of(Decimal("0.08")),
        "subsidy_available": money("0"),
    }
    return Means(**(members | changes))


def a_menu(
    wish: Asked | None = None,
    *,
    limits: grid.Limits = QARD,
    by: Means | None = None,
    objective: Objective = Objective.BALANCED,
) -> Menu:
    course = menu.Course(limits=limits, means=by or means(subsidy_available=None))
    return menu.menu(wish or asked(), [course], weights=menu.WEIGHTS[objective])


def code_of(found: Menu, amount: str, term_months: int, grace_months: int = 0) -> RejectionCode:
    corner = Corner(amount=money(amount), term_months=term_months, grace_months=grace_months)
    return next(item.code for item in found.rejections if item.corner == corner)


def test_an_instalment_of_exactly_the_capacity_passes_and_one_above_does_not() -> None:
    found = a_menu()

    terms = {o.corner.term_months for o in found.offers if o.corner.amount == money("1200")}
    assert min(terms) == 12
    assert code_of(found, "1200", 9) is RejectionCode.TOO_HIGH_INSTALMENT


def test_a_rejection_carries_the_figures_of_its_test() -> None:
    found = a_menu(asked(term_months=9))

    rejection = next(item for item in found.rejections if item.corner.term_months == 9)
    assert rejection.figures == {
        "instalment": "133.334 JOD",
        "capacity": "100.000 JOD",
        "binding": "cover",
    }


def test_what_was_asked_outside_of_the_product_is_answered_and_not_forgotten() -> None:
    assert code_of(a_menu(asked("6000")), "6000", 12) is RejectionCode.AMOUNT_ABOVE_MAXIMUM
    assert code_of(a_menu(asked("90")), "90", 12) is RejectionCode.AMOUNT_BELOW_MINIMUM
    assert code_of(a_menu(asked("1200", 36)), "1200", 36) is RejectionCode.TERM_ABOVE_MAXIMUM
    assert code_of(a_menu(asked("1200", 3)), "1200", 3) is RejectionCode.TERM_BELOW_MINIMUM
    assert code_of(a_menu(asked("1200", 12, 4)), "1200", 12, 4) is (
        RejectionCode.GRACE_ABOVE_MAXIMUM
    )


def test_the_figures_of_a_limit_are_what_was_asked_and_the_limit() -> None:
    found = a_menu(asked("1200", 36))

    rejection = next(i for i in found.rejections if i.code is RejectionCode.TERM_ABOVE_MAXIMUM)
    assert rejection.figures == {"asked": "36", "limit": "24"}
    assert rejection.annual_rate is None


def test_too_large_an_amount_brings_the_products_highest_into_the_menu() -> None:
    found = a_menu(asked("60000"), by=means("5000", subsidy_available=None))

    assert found.offers[0].corner.amount == QARD.amount_max


def test_a_loan_is_offered_at_the_lowest_rate_that_carries_itself() -> None:
    found = a_menu(limits=make_limits(), by=means("500"))

    for offer in found.offers:
        assert offer.subsidy.is_zero
        lower = pricing.Shape(
            charge_method=ChargeMethod.DECLINING_BALANCE,
            annual_rate=offer.annual_rate - Decimal("0.01"),
            term_months=offer.corner.term_months,
            grace_months=offer.corner.grace_months,
        )
        worth = pricing.npv(
            lower,
            principal=offer.corner.amount,
            costs=make_costs(),
            hazard=pricing.hazard_of(Decimal("0.08")),
        )
        assert worth < 0 or offer.annual_rate == Decimal("0.10")


def test_a_fund_that_bears_what_is_missing_makes_the_loan_cheaper() -> None:
    alone = a_menu(limits=make_limits(), by=means("500"))
    borne = a_menu(limits=make_limits(), by=means("500", subsidy_available=None))

    assert borne.offers[0].annual_rate == Decimal("0.10") < alone.offers[0].annual_rate
    assert borne.offers[0].subsidy.is_positive


def test_a_loan_that_no_rate_carries_is_below_break_even() -> None:
    dear = means("500", costs=make_costs(operating_cost=money("400")))

    found = a_menu(limits=make_limits(), by=dear)

    rejection = next(i for i in found.rejections if i.corner.amount == money("1200"))
    assert rejection.code is RejectionCode.BELOW_BREAK_EVEN
    assert rejection.annual_rate == Decimal("0.30")
    assert rejection.figures["available"] == "0.000 JOD"
    assert not found.offers


def test_a_qard_beyond_what_its_fund_may_bear_says_how_much_it_needs() -> None:
    found = a_menu(by=means(subsidy_available=money("5")))

    rejection = next(i for i in found.rejections if i.code is RejectionCode.SUBSIDY_EXHAUSTED)
    assert Money.parse(rejection.figures["needed"].split()[0], "JOD") > money("5")
    assert rejection.figures["available"] == "5.000 JOD"


def test_a_qard_costs_the_borrower_nothing() -> None:
    for offer in a_menu().offers:
        assert offer.total_cost.is_zero
        assert offer.annual_rate == offer.effective_annual_rate == 0
        assert offer.subsidy.is_positive


def test_the_legal_ceiling_is_on_the_effective_rate() -> None:
    """12 % nominal is 12.6825 % effective: the ceiling lies between."""
    ceiling = Decimal("0.126826")
    limits = make_limits(annual_rate_ceiling=ceiling)

    found = a_menu(limits=limits, by=means("500", subsidy_available=None))
    rates = {offer.annual_rate for offer in found.offers}
    assert max(rates) <= Decimal("0.12")

    low = replace(limits, annual_rate_ceiling=Decimal("0.10"))
    rejected = a_menu(limits=low, by=means("500"))
    assert {item.code for item in rejected.rejections} == {RejectionCode.RATE_ABOVE_CEILING}
    assert rejected.rejections[0].figures == {"effective": "0.104713", "ceiling": "0.10"}


def test_a_rate_that_carries_the_loan_may_be_too_dear_for_the_household() -> None:
    """At 10 % the instalment fits, but only a higher rate carries the cost."""
    costs = make_costs(operating_cost=money("90"))
    carried = a_menu(limits=make_limits(), by=means("500", costs=costs)).offers
    offer = next(o for o in carried if o.corner.amount == money("1200"))
    just_below = offer.instalment - Money(1, "JOD")

    found = a_menu(limits=make_limits(), by=means(str(just_below), costs=costs))

    rejection = next(i for i in found.rejections if i.corner == offer.corner)
    assert rejection.code is RejectionCode.TOO_HIGH_INSTALMENT
    assert rejection.annual_rate == offer.annual_rate > Decimal("0.10")


def test_every_corner_is_either_offered_or_rejected() -> None:
    found = a_menu()
    corners = grid.corners(asked(), limits=QARD)

    assert found.feasible + len(found.rejections) == len(corners)
    assert len(found.offers) == min(found.feasible, menu.LINES_MAX)


def test_the_menu_is_short_and_best_first() -> None:
    found = a_menu(by=means("5000", subsidy_available=None))

    assert found.feasible > menu.LINES_MAX == len(found.offers)
    assert [o.rank_value for o in found.offers] == sorted(o.rank_value for o in found.offers)


@pytest.mark.parametrize(
    ("objective", "term_months"),
    [
        (Objective.LOWEST_COST, 6),
        (Objective.LOWEST_INSTALMENT, 24),
        (Objective.LOWEST_SUBSIDY, 6),
    ],
)
def test_the_objective_says_what_is_best(objective: Objective, term_months: int) -> None:
    by = means("5000", subsidy_available=None)

    best = a_menu(limits=make_limits(), by=by, objective=objective).offers[0]

    assert best.corner.amount == money("1200")
    assert best.corner.term_months == term_months


def test_a_fee_is_a_part_of_the_total_cost() -> None:
    by = means("500", subsidy_available=None, costs=make_costs(fee_share=Decimal("0.02")))

    best = a_menu(limits=make_limits(), by=by).offers[0]

    profit = best.corner.amount.times(
        pricing.profit_factor(
            pricing.Shape(
                charge_method=ChargeMethod.DECLINING_BALANCE,
                annual_rate=best.annual_rate,
                term_months=best.corner.term_months,
            )
        )
    )
    assert best.total_cost - profit == best.corner.amount.times(Decimal("0.02"))


def test_a_household_without_income_is_offered_nothing() -> None:
    nothing = affordability.Capacity(
        income=money("0"),
        disposable=money("0"),
        disposable_stressed=money("0"),
        debt_service=money("0"),
        capacity=money("0"),
        binding=Binding.COVER,
    )

    found = a_menu(by=means(capacity=str(money("0"))))
    assert found.offers == a_menu(by=replace(means(), capacity=nothing)).offers == ()


def test_the_grid_tries_about_eight_terms_and_at_most_three_graces() -> None:
    limits = make_limits(term_months_min=1, term_months_max=120, grace_months_max=6)

    corners = grid.corners(asked("1000", 50, 2), limits=limits)

    assert {corner.grace_months for corner in corners} == {0, 2, 3, 6}
    assert len({corner.term_months for corner in corners}) <= 13
    assert {1, 50, 120} <= {corner.term_months for corner in corners}
    assert all(corner.grace_months < corner.term_months for corner in corners)
    assert {str(corner.amount) for corner in corners} == {"1000.000", "750.000", "500.000"}


def test_the_smallest_amount_has_no_half() -> None:
    corners = grid.corners(asked("0.001"), limits=QARD)

    assert {corner.amount for corner in corners} == {money("0.001")}


def test_the_rates_run_from_lowest_to_highest_and_hold_todays() -> None:
    limits = make_limits(
        annual_rate_min=Decimal("0.10"),
        annual_rate_default=Decimal("0.125"),
        annual_rate_max=Decimal("0.135"),
    )

    assert [str(rate) for rate in limits.rates()] == [
        "0.10",
        "0.11",
        "0.12",
        "0.125",
        "0.13",
        "0.135",
    ]
    assert QARD.rates() == (ZERO,)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_min": money("5001")},
        {"term_months_min": 25},
        {"annual_rate_min": Decimal("0.19")},
        {"annual_rate_max": Decimal("0.17")},
        {"annual_rate_min": Decimal("-0.01")},
        {"annual_rate_step": Decimal("0.0009")},
    ],
)
def test_limits_that_contradict_each_other_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(LimitsContradict):
        make_limits(**change)


@pytest.mark.parametrize(
    ("text", "term_months", "grace_months"), [("0", 12, 0), ("-1", 12, 0), ("100", 6, 6)]
)
def test_what_is_no_loan_cannot_be_asked(text: str, term_months: int, grace_months: int) -> None:
    with pytest.raises(AskedImpossible):
        asked(text, term_months, grace_months)
