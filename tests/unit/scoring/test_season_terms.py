"""Instalments by season with grace and in every rhythm; what floats find is what is exact."""

from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import affordability, assessment, following, season_terms
from services.scoring.domain.bearing import Means
from services.scoring.domain.following import Near, Unfollowed
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.pricing import ChargeMethod
from services.scoring.domain.season import Flows, Trial
from services.scoring.domain.season_terms import Followed
from shared.clients import rejections
from shared.money import Money
from shared.texts import Language
from tests.scoring_cases import (
    amount,
    conventional_product,
    expert_card,
    make_costs,
    make_household,
    make_inputs,
    make_limits,
    make_policy,
    make_request,
    money,
)

WEIGHTS = (1, 1, 1, 0, 0, 0, 2, 2, 2, 1, 1, 1)
PER_YEAR = {"weekly": 52, "biweekly": 26, "monthly": 12, "quarterly": 4, "half_yearly": 2}


def drawn(*left: int, buffer: int = 0, least: str = "1") -> Flows:
    bad = tuple(minor // 2 for minor in left)
    trials = ((Trial.EXPECTED, Decimal(least), left), (Trial.STRESSED, Decimal("0.9"), bad))
    return Flows(currency="JOD", buffer=buffer, by_trial=trials)


def means(flows: Flows, **changes: Any) -> Means:
    told = affordability.capacity(
        make_household(sales=money("4000")), policy=make_policy(), by_month=money("100000")
    )
    members: dict[str, Any] = {
        "capacity": told,
        "costs": make_costs(),
        "hazard": Decimal("0.003"),
        "subsidy_available": None,
        "drawn": flows,
    }
    return Means(**(members | changes))


def limits(per_year: int = 12, rate: str = "0.18", **changes: Any) -> Limits:
    one = {f"annual_rate_{name}": Decimal(rate) for name in ("min", "default", "max")}
    return make_limits(**(one | {"per_year": per_year, "grace_months_max": 6} | changes))


def corner(term: int = 12, grace: int = 0, text: str = "1200") -> Corner:
    return Corner(amount=money(text), term_months=term, grace_months=grace)


def followed(at: Corner, flows: Flows, of: Limits, **changes: Any) -> Followed:
    found = following.follow(at, limits=of, means=means(flows, **changes))
    assert isinstance(found, Followed), found
    return found


def repaid(found: Followed, *, per_year: int) -> Decimal:
    """What is left of the principal after the last instalment, in minor units."""
    each = found.shape.annual_rate / per_year
    balances = accumulate(
        found.dues,
        lambda balance, due: balance * (1 + each) - due.minor,
        initial=Decimal(found.corner.amount.minor),
    )
    return list(balances)[-1]


def test_in_grace_only_profit_is_paid_and_the_rest_follows() -> None:
    """1.5 % of 1,200 is 18; three months of grace leave nine to repay in."""
    flows = drawn(*(weight * 400_000 for weight in WEIGHTS))
    found = followed(corner(grace=3), flows, limits())

    assert [due.to_text() for due in found.dues[:6]] == ["18.000 JOD"] * 3 + ["0.000 JOD"] * 3
    assert found.dues[6] == found.dues[7] == found.dues[8]
    assert abs(found.dues[6].minor - 2 * found.dues[9].minor) <= 1
    assert abs(repaid(found, per_year=12)) < 30
    assert found.by_month == found.dues
    assert found.effective_annual_rate == Decimal("0.195618")


def test_a_quarter_weighs_what_its_months_leave_together() -> None:
    flows = drawn(*(1000 * left for left in (300, 0, 600, 0, 0, 0, 2700, 0, 900, 0, 0, 1800)))
    found = followed(corner(), flows, limits(4))

    assert len(found.dues) == 4
    assert found.dues[1].is_zero
    assert abs(found.dues[2].minor - 4 * found.dues[0].minor) <= 4
    months = [place for place, due in enumerate(found.by_month, start=1) if due.minor]
    assert months == [3, 9, 12]
    assert found.monthly.minor == -(-found.total.minor // 12)


def test_weeks_share_what_their_month_leaves() -> None:
    flows = drawn(*(weight * 400_000 for weight in WEIGHTS))
    found = followed(corner(), flows, limits(52))

    assert season_terms.months_of(12, 52)[7:14] == (2, 3, 3, 3, 3, 3, 4)
    assert len(found.dues) == 52
    assert abs(4 * found.dues[0].minor - 5 * found.dues[8].minor) <= 5
    assert abs(found.by_month[0].minor - found.by_month[2].minor) <= 5
    assert found.by_month[3].is_zero
    assert Money.total(found.by_month, "JOD") == found.total


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (limits(charge_method=ChargeMethod.FLAT), Unfollowed.FLAT_CHARGE),
        (limits(annual_rate_ceiling=Decimal("0.19")), Unfollowed.RATE_ABOVE_CEILING),
        (limits(nominal_ceiling=Decimal("0.17")), Unfollowed.RATE_ABOVE_CEILING),
    ],
    ids=["flat", "effective", "nominal"],
)
def test_what_cannot_follow_says_why(of: Limits, why: Unfollowed) -> None:
    found = following.follow(corner(grace=1), limits=of, means=means(drawn(*(400_000,) * 12)))

    assert found is why


def test_a_loan_that_is_too_heavy_on_average_says_so() -> None:
    poor = affordability.capacity(make_household(), policy=make_policy(), by_month=money("99.999"))
    found = following.follow(
        corner(), limits=limits(), means=means(drawn(*(400_000,) * 12), capacity=poor)
    )

    assert found is Unfollowed.TOO_HIGH_INSTALMENT


def test_nothing_left_after_grace_is_nothing_to_follow() -> None:
    flows = drawn(*(900_000,) * 3, *(0,) * 9, buffer=10**9)

    assert (
        following.follow(corner(grace=3), limits=limits(), means=means(flows))
        is Unfollowed.NOTHING_LEFT
    )


@settings(max_examples=60, deadline=None)
@given(
    left=st.lists(st.integers(-100_000, 500_000), min_size=24, max_size=24),
    per_year=st.sampled_from(sorted(PER_YEAR.values())),
    grace=st.sampled_from((0, 6)),
    asked=st.tuples(st.sampled_from(("0", "0.01")), st.sampled_from((None, "0", "40"))),
    buffer=st.integers(0, 3_000_000),
)
def test_the_search_in_floats_finds_what_exact_terms_say(
    left: list[int], per_year: int, grace: int, asked: tuple[str, str | None], buffer: int
) -> None:
    """Every figure is that of exact terms; a rate lower does not carry the loan."""
    fee, free = asked
    of = make_limits(
        per_year=per_year, annual_rate_min=Decimal(0), annual_rate_ceiling=Decimal("0.4")
    )
    changes: dict[str, Any] = {"costs": make_costs(fee_share=Decimal(fee))}
    if free is not None:
        changes["subsidy_available"] = money(free)
    with_months = means(drawn(*left, buffer=buffer), **changes)
    corners = [corner(24, grace, text) for text in ("900", "1200", "2400")]
    for found in following.follow_all(corners, limits=of, means=with_months):
        if not isinstance(found, Near):
            continue
        rate = found.shape.annual_rate
        near, exact = (
            following.settled(found, limits=of, means=with_months),
            season_terms.terms(
                found.corner, found.pattern, limits=of, means=with_months, rate=rate
            ),
        )
        assert near == exact
        assert with_months.drawn is not None
        assert with_months.drawn.uncovered([due.minor for due in exact.by_month]) is None
        assert abs(repaid(exact, per_year=per_year)) < 60
        if free is None:
            assert rate == 0
        elif rate:
            lower = rate - Decimal("0.01")
            cheaper = season_terms.terms(
                found.corner, found.pattern, limits=of, means=with_months, rate=lower
            )
            assert cheaper.subsidy > money(free) >= exact.subsidy


def told(inputs: dict[str, Any], *, engine: str = assessment.ENGINE) -> dict[str, Any]:
    return dict(assessment.opinion_of(inputs, card=expert_card(), engine=engine))


def opinion(*, engine: str = assessment.ENGINE, **product: Any) -> dict[str, Any]:
    """Two months bring nothing, six bring little, four are good; 4,000 are asked."""
    month = {
        "other_income": amount("350.000"),
        "business_costs": amount("100.000"),
        "household_costs": amount("250.000"),
        "debt_service": amount("0.000"),
    }
    sales = ("500", "0", "300", "600", "1500", "2400", "3000", "2400", "1500", "1600", "900", "500")
    months = [month | {"sales": amount(f"{text}.000")} for text in sales]
    inputs = make_inputs(
        amount=amount("4000.000"),
        product=conventional_product(seasonal=True, **product),
        season={"months": months, "buffer": amount("200.000")},
    )
    return told(inputs, engine=engine)


@pytest.mark.parametrize(("rhythm", "grace"), [("monthly", 2), ("quarterly", 3), ("biweekly", 6)])
def test_corners_with_grace_pass_in_every_rhythm(rhythm: str, grace: int) -> None:
    """The second engine has none of them, the third has lines that tell each month."""
    product = {"frequencies": [rhythm], "grace_months_max": grace}
    before, found = (opinion(engine=engine, **product) for engine in ("2", "3"))

    failed = [
        {
            (one["amount"]["amount"], one["term_months"], one["grace_months"])
            for one in each["rejected"]
            if one["grace_months"]
        }
        for each in (before, found)
    ]
    assert failed[0] > failed[1]
    lines = [line for line in found["menu"] if "seasonal" in line]
    assert lines
    for line in lines:
        assert len(line["seasonal"]) == line["term_months"]
        assert line["instalment"]["amount"] != "0.000"


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_each_corner_that_fails_by_season_too_says_why(language: Language) -> None:
    found = opinion(charge_method="flat")

    failed = [item for item in found["rejected"] if item["code"] == "month_not_covered"]
    assert failed
    for item in failed:
        assert item["figures"]["seasonal"] == "flat_charge"
        said = rejections.sentence(item["code"], figures=item["figures"], language=language)
        bare = rejections.sentence(
            item["code"],
            figures={k: v for k, v in item["figures"].items() if k != "seasonal"},
            language=language,
        )
        assert said.startswith(f"{bare} ")


def test_the_second_engine_says_nothing_of_them() -> None:
    month = make_request()["household"] | {"sales": amount("0.000")}
    inputs = make_inputs(
        product=conventional_product(seasonal=True),
        season={"months": [month] * 12, "buffer": amount("0.000")},
    )
    why = [
        {item["figures"].get("seasonal") for item in told(inputs, engine=engine)["rejected"]}
        for engine in ("2", "3")
    ]

    assert why == [{None}, {"nothing_left"}]


def test_a_season_that_was_not_told_is_named() -> None:
    inputs = make_inputs(
        amount=amount("4900.000"), product=conventional_product(seasonal=True, term_months_max=6)
    )
    found = told(inputs)

    why = {
        item["figures"].get("seasonal")
        for item in found["rejected"]
        if item["code"] == "too_high_instalment"
    }
    assert why == {"months_untold"}


def test_every_why_has_its_sentence() -> None:
    assert set(rejections.SEASONAL) == {why.value for why in Unfollowed}
