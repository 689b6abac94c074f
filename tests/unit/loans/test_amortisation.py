"""How is principal spread in each of the ways that may be agreed on?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import schedule
from services.loans.domain.amortisation import (
    Amortisation,
    AmortisationKind,
    LevelRule,
    RoundedWhen,
    Shortfall,
)
from services.loans.domain.charging import Charging, FlatRule, RateChange
from services.loans.domain.contradictions import MultipleTooLarge, TermsInvalid
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.schedule import RepaidTooEarly
from services.loans.domain.spreading import InstalmentBelowProfit
from services.loans.domain.terms import ChargeMethod, ResidueRule, Terms
from shared.money import Money
from tests.builders import make_loan, make_qard, money

K = AmortisationKind
Rows = list[tuple[int, int]]


def usd(text: str) -> Money:
    return money(text, "USD")


def rows(terms: Terms) -> Rows:
    """Principal and profit of each instalment in minor units."""
    found = schedule.columns(terms)
    return list(zip(found.principal, found.profit, strict=True))


def loan(amortisation: Amortisation, **changes: Any) -> Terms:
    """1,000.00 USD at 12 % on the declining balance in four months."""
    return make_loan(**{"amortisation": amortisation, "instalments": 4} | changes)


def test_equal_principal_bears_less_profit_each_time() -> None:
    assert rows(loan(Amortisation(kind=K.EQUAL_PRINCIPAL))) == [
        (25_000, 1_000),
        (25_000, 750),
        (25_000, 500),
        (25_000, 250),
    ]


def test_a_bullet_pays_the_principal_with_the_last() -> None:
    assert rows(loan(Amortisation(kind=K.BULLET))) == [
        (0, 1_000),
        (0, 1_000),
        (0, 1_000),
        (100_000, 1_000),
    ]


def test_a_balloon_is_left_for_the_last() -> None:
    by_amount = loan(Amortisation(balloon=usd("400.00")))
    by_share = loan(Amortisation(balloon_percent=Decimal(40)))

    # (1000 - 400 / 1.01^4) · 0.01 / (1 - 1.01^-4) = 157.77; the last has 400 more.
    totals = [sum(row) for row in rows(by_amount)]
    assert totals[:3] == [15_777] * 3
    assert abs(totals[3] - 55_777) <= 4
    assert rows(by_amount) == rows(by_share)


def test_a_fixed_instalment_leaves_the_rest_to_the_last() -> None:
    terms = loan(Amortisation(kind=K.FIXED_INSTALMENT, instalment=usd("300.00")))

    assert rows(terms) == [(29_000, 1_000), (29_290, 710), (29_583, 417), (12_127, 121)]


def test_how_many_fixed_instalments_a_loan_takes() -> None:
    terms = loan(Amortisation(kind=K.FIXED_INSTALMENT, instalment=usd("300.00")))

    assert schedule.instalments_needed(terms) == 4
    small = Amortisation(kind=K.FIXED_INSTALMENT, instalment=usd("10.01"))
    with pytest.raises(schedule.InstalmentsTooSmall) as refusal:
        schedule.instalments_needed(loan(small))

    assert refusal.value.fields() == {
        "instalments": 600,
        "instalment": {"amount": "10.01", "currency": "USD"},
        "principal": {"amount": "1000.00", "currency": "USD"},
    }


def test_a_fixed_instalment_that_repays_too_early_is_refused_by_name() -> None:
    with pytest.raises(RepaidTooEarly) as refusal:
        rows(loan(Amortisation(kind=K.FIXED_INSTALMENT, instalment=usd("600.00"))))

    assert refusal.value.fields() == {
        "instalments": 4,
        "instalment": {"amount": "600.00", "currency": "USD"},
    }


def test_graduated_instalments_grow_by_their_step() -> None:
    terms = loan(Amortisation(kind=K.GRADUATED, growth=Decimal("0.1"), growth_every=2))

    totals = [sum(row) for row in rows(terms)]
    assert totals[0] == totals[1]
    assert abs(totals[2] - totals[0] * 1.1) <= 1
    assert sum(row[0] for row in rows(terms)) == 100_000


def test_seasonal_instalments_are_in_proportion_to_their_weights() -> None:
    terms = loan(Amortisation(kind=K.SEASONAL, weights=(1, 3)))

    totals = [sum(row) for row in rows(terms)]
    assert abs(totals[1] - 3 * totals[0]) <= 2
    assert abs(totals[2] - totals[0]) <= 1


def test_profit_of_a_month_without_instalment_waits_and_bears_nothing() -> None:
    terms = loan(Amortisation(kind=K.SEASONAL, weights=(0, 0, 0, 1)))

    assert rows(terms) == [(0, 0), (0, 0), (0, 0), (100_000, 4_000)]


def test_seasonal_parts_of_a_qard_follow_the_weights() -> None:
    terms = make_qard(
        instalments=4, amortisation=Amortisation(kind=K.SEASONAL, weights=(0, 1, 0, 2))
    )

    assert [row[0] for row in rows(terms)] == [0, 1_000_000, 0, 2_000_000]


def test_the_largest_remainders_of_weighted_parts_have_the_units_left_over() -> None:
    terms = make_qard(
        principal=money("0.100", "TND"),
        instalments=3,
        residue_rule=ResidueRule.LARGEST_REMAINDER,
        amortisation=Amortisation(kind=K.SEASONAL, weights=(1, 2, 4)),
    )

    # 14.29, 28.57 and 57.14 of 100 units: the one unit left goes to the second.
    assert [row[0] for row in rows(terms)] == [14, 29, 57]


def test_profit_above_the_instalment_is_refused_carried_or_joins_the_principal() -> None:
    def terms(shortfall: Shortfall) -> Terms:
        step = Amortisation(kind=K.FIXED_INSTALMENT, instalment=usd("8.00"), shortfall=shortfall)
        return loan(step, instalments=3)

    with pytest.raises(InstalmentBelowProfit) as refusal:
        rows(terms(Shortfall.REFUSE))
    assert (refusal.value.instalment, refusal.value.profit) == (usd("8.00"), usd("10.00"))
    assert rows(terms(Shortfall.CARRY)) == [(0, 800), (0, 800), (100_000, 1_400)]
    assert rows(terms(Shortfall.CAPITALISE)) == [(-200, 1_000), (-202, 1_002), (100_402, 1_004)]


def test_instalments_are_rounded_to_a_multiple_and_the_last_takes_the_rest() -> None:
    up = Amortisation(multiple=usd("10.00"), multiple_rounding="ceiling")

    totals = [sum(row) for row in rows(loan(up))]
    assert totals[:3] == [26_000] * 3
    assert totals[3] < 26_000


def test_a_multiple_larger_than_the_instalment_is_refused_by_name() -> None:
    with pytest.raises(MultipleTooLarge):
        rows(loan(Amortisation(multiple=usd("300.00"))))


def test_all_amounts_are_multiples_of_the_unit() -> None:
    terms = loan(Amortisation(kind=K.EQUAL_PRINCIPAL, unit=usd("0.05")), principal=usd("1000.10"))

    assert all(amount % 5 == 0 for row in rows(terms) for amount in row)


def test_a_level_by_the_regular_rate_leaves_real_days_to_the_last() -> None:
    regular = Amortisation(level=LevelRule.REGULAR_RATE)
    totals = [sum(row) for row in rows(loan(regular, day_count="act/365"))]

    # 1000 · i / (1 - (1 + i)^-4) with i = 0.12 · 30/365.
    assert totals[:3] == [25_619] * 3


def test_profit_in_grace_is_asked_on_top_of_the_first_after_it() -> None:
    assert rows(loan(Amortisation(kind=K.EQUAL_PRINCIPAL), charging=Charging(profit_grace=2))) == [
        (25_000, 0),
        (25_000, 0),
        (25_000, 2_250),
        (25_000, 250),
    ]


def test_profit_free_periods_cost_nothing() -> None:
    assert rows(loan(Amortisation(kind=K.BULLET), charging=Charging(profit_free=3))) == [
        (0, 0),
        (0, 0),
        (0, 0),
        (100_000, 1_000),
    ]


def test_a_moratorium_moves_dates_and_costs_nothing() -> None:
    terms = make_loan(first_due_on=date(2026, 4, 15), charging=Charging(moratorium=2))

    assert rows(terms) == rows(make_loan())
    assert schedule.columns(terms).due_on[0] == date(2026, 4, 15)


def test_instalments_are_found_anew_where_the_rate_changes() -> None:
    change = RateChange(on=date(2026, 3, 16), annual_rate=Decimal("0.24"))
    found = rows(loan(Amortisation(), charging=Charging(rate_changes=(change,))))

    totals = [sum(row) for row in found]
    assert totals[:2] == [25_628] * 2  # as if 12 % held to the end
    assert totals[2] > 25_628
    assert abs(totals[2] - totals[3]) <= 2


def test_a_tranche_counts_from_its_day_and_raises_what_follows() -> None:
    tranche = Tranche(on=date(2026, 3, 15), amount=usd("400.00"))
    found = rows(loan(Amortisation(kind=K.EQUAL_PRINCIPAL), drawing=Drawing(tranches=(tranche,))))

    # 600 in four; after two 300 are left, and 400 come: 350 each. Profit is on what is out.
    assert found == [(15_000, 600), (15_000, 450), (35_000, 700), (35_000, 350)]


def test_a_tranche_within_a_period_bears_profit_from_its_day() -> None:
    tranche = Tranche(on=date(2026, 2, 25), amount=usd("400.00"))
    terms = loan(
        Amortisation(kind=K.BULLET), day_count="act/365", drawing=Drawing(tranches=(tranche,))
    )

    # 600 for the 28 days to 15 March, 400 for the 18 that are left: 5.52 + 2.37.
    assert rows(terms)[1] == (0, 789)


def test_a_tranche_after_the_last_due_date_is_refused() -> None:
    tranche = Tranche(on=date(2026, 5, 15), amount=usd("400.00"))
    with pytest.raises(TermsInvalid) as refusal:
        rows(loan(Amortisation(), drawing=Drawing(tranches=(tranche,))))

    assert refusal.value.member == "drawing.tranches"


def test_a_down_payment_is_due_the_same_day_and_the_rest_is_spread() -> None:
    terms = make_loan(drawing=Drawing(down_payment_percent=Decimal(25)))
    found = schedule.schedule(terms)

    assert (found[0].due_on, found[0].principal) == (terms.disbursed_on, usd("250.00"))
    assert [row.number for row in found] == [1, 2, 3, 4]
    assert found[1].profit == usd("7.50")


def test_each_period_of_a_flat_loan_bears_its_own_profit_by_that_rule() -> None:
    flat = {"charge_method": ChargeMethod.FLAT, "day_count": "act/365"}
    shared = rows(loan(Amortisation(), **flat))
    own = rows(loan(Amortisation(), charging=Charging(flat=FlatRule.BY_PERIOD), **flat))

    assert len({profit for _, profit in shared[:3]}) == 1
    assert [profit for _, profit in own] == [1_019, 921, 1_019, 986]  # 31, 28, 31, 30 days
    assert len({sum(row) for row in own[:3]}) == 1


def test_a_table_rounded_afterwards_keeps_its_final_multiple() -> None:
    """Mifos, `account999-test3.csv`: 2000.500 flat at 19.99 %, three months, no decimals at all."""
    terms = make_loan(
        principal=money("2000.500"),
        annual_rate=Decimal("0.1999"),
        charge_method=ChargeMethod.FLAT,
        rounding="floor",
        amortisation=Amortisation(
            multiple=money("1.000"),
            multiple_rounding="ceiling",
            final_multiple=money("0.010"),
            final_rounding="ceiling",
            rounded=RoundedWhen.AFTERWARDS,
            shortfall=Shortfall.CAPITALISE,
        ),
    )

    assert rows(terms) == [(667_676, 33_324), (667_676, 33_324), (665_148, 33_332)]


@pytest.mark.parametrize(
    ("member", "changes"),
    [
        ("weights", {"weights": (1,)}),
        ("weights", {"kind": K.SEASONAL}),
        ("weights", {"kind": K.SEASONAL, "weights": (0, 0)}),
        ("weights", {"kind": K.SEASONAL, "weights": (-1, 2)}),
        ("growth", {"growth": Decimal("0.1")}),
        ("growth", {"kind": K.GRADUATED}),
        ("growth", {"kind": K.GRADUATED, "growth": Decimal(2)}),
        ("growth_every", {"growth_every": 2}),
        ("multiple_rounding", {"multiple_rounding": "sideways"}),
        ("final_rounding", {"final_rounding": "sideways"}),
        ("instalment", {"kind": K.FIXED_INSTALMENT}),
        ("instalment", {"instalment": usd("1.00")}),
        ("balloon", {"kind": K.BULLET, "balloon": usd("1.00")}),
        ("balloon", {"balloon": usd("1.00"), "balloon_percent": Decimal(1)}),
        ("balloon_percent", {"balloon_percent": Decimal(100)}),
        ("multiple", {"multiple": usd("0.00")}),
        ("unit", {"unit": usd("0.00")}),
        ("final_multiple", {"final_multiple": usd("1.00")}),
    ],
)
def test_a_spread_that_contradicts_itself_names_the_member(
    member: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(TermsInvalid) as refusal:
        Amortisation(**changes)

    assert refusal.value.member == f"amortisation.{member}"


def test_a_balloon_as_large_as_the_loan_is_refused() -> None:
    with pytest.raises(TermsInvalid):
        loan(Amortisation(balloon=usd("1000.00")))


@pytest.mark.parametrize(
    "changes",
    [
        {"down_payment_percent": Decimal(100)},
        {"tranches": (Tranche(on=date(2026, 2, 1), amount=usd("0.00")),)},
        {"tranches": (Tranche(on=date(2026, 2, 1), amount=usd("1.00")),) * 2},
    ],
)
def test_a_drawing_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid):
        Drawing(**changes)


def test_tranches_of_a_flat_loan_or_of_more_than_the_loan_are_refused() -> None:
    tranche = Drawing(tranches=(Tranche(on=date(2026, 2, 1), amount=usd("400.00")),))
    with pytest.raises(TermsInvalid):
        make_loan(charge_method=ChargeMethod.FLAT, drawing=tranche)
    with pytest.raises(TermsInvalid):
        make_loan(principal=usd("400.00"), drawing=tranche)
