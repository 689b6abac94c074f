"""On which terms may every payment count the profit anew, and what do they freeze into?"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.amortisation import Amortisation, RoundedWhen, Shortfall
from services.loans.domain.charging import (
    Charging,
    OddPeriodRule,
    RateKind,
    Recalculation,
)
from services.loans.domain.contradictions import RecalculationNotForThis
from services.loans.domain.course.from_terms import plan_of
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, Terms
from shared.money import Money
from tests.builders import make_loan

ANEW = Charging(recalculation=Recalculation.ON_PAYMENT)
LOAN = make_loan(instalments=12)


def test_the_terms_say_how_their_money_is_taken() -> None:
    assert LOAN.servicing == "waterfall"
    assert replace(LOAN, charging=ANEW).servicing == "course"


def test_frozen_into_a_contract_they_read_as_they_were_signed() -> None:
    terms = replace(LOAN, charging=ANEW)

    assert terms.to_json()["charging"] == {"recalculation": "on_payment"}
    assert Terms.from_json(terms.to_json()) == terms
    assert "charging" not in LOAN.to_json()


@pytest.mark.parametrize(
    ("changes", "member", "value"),
    [
        ({"charge_method": ChargeMethod.FLAT}, "charge_method", "flat"),
        ({"annual_rate": Decimal(0)}, "annual_rate", "0"),
        (
            {"charge_method": ChargeMethod.NONE, "annual_rate": Decimal(0)},
            "charge_method",
            "none",
        ),
        (
            {"mode_of_finance": ModeOfFinance("murabaha"), "charge_method": ChargeMethod.FLAT},
            "mode_of_finance",
            "murabaha",
        ),
        (
            {"charging": replace(ANEW, rate_kind=RateKind.EFFECTIVE)},
            "charging.rate_kind",
            "effective",
        ),
        (
            {"charging": replace(ANEW, odd_period=OddPeriodRule.WHOLE)},
            "charging.odd_period",
            "whole",
        ),
        (
            {"amortisation": Amortisation(rounded=RoundedWhen.AFTERWARDS)},
            "amortisation.rounded",
            "afterwards",
        ),
        (
            {"amortisation": Amortisation(shortfall=Shortfall.CARRY)},
            "amortisation.shortfall",
            "carry",
        ),
        (
            {"amortisation": Amortisation(unit=Money(5, "USD"))},
            "amortisation.unit_minor",
            "5",
        ),
    ],
)
def test_where_it_has_no_meaning_it_is_refused_by_name(
    changes: dict[str, Any], member: str, value: str
) -> None:
    with pytest.raises(RecalculationNotForThis) as refused:
        replace(LOAN, **{"charging": ANEW, **changes})

    assert (refused.value.member, refused.value.value) == (member, value)


def test_the_plan_keeps_the_length_of_each_period_exactly() -> None:
    """A third of a percent has no end in decimals: a tie would fall to the wrong side."""
    plan = plan_of(replace(LOAN, charging=ANEW, day_count="act/360"))

    assert plan.recalculation is not None
    assert plan.agreed[0].years is not None
    assert plan.agreed[0].years * 360 == 31
    assert all(each.years is None for each in plan_of(LOAN).agreed)
