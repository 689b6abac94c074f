"""What a project costs is divided as the rule of the day says, to the minor unit."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import financing_structure as structure
from services.loans.domain.financing_structure import (
    CostAboveCeiling,
    Leg,
    LegBearsCharge,
    StructureNotMet,
)
from shared import rulebook
from shared.money import Money
from shared.rulebook import Fact, NoRule
from tests.integration.loans.signing import loan, qard

ON = date(2026, 3, 1)


def rule(on: date = ON, **told: Any) -> Fact:
    return rulebook.find("financing_structure", country="DZ", on=on, **told)


def dzd(text: str) -> Money:
    return Money.parse(text, "DZD")


def parts(own: str, state: str, bank: str) -> dict[Leg, Money]:
    return {Leg.OWN: dzd(own), Leg.STATE: dzd(state), Leg.BANK: dzd(bank)}


@pytest.mark.requirement("O5.2")
@pytest.mark.parametrize(
    ("told", "shares"),
    [
        ({"scheme": "angem", "purpose": "equipment"}, ("10000.00", "290000.00", "700000.00")),
        ({"scheme": "anade"}, ("150000.00", "150000.00", "700000.00")),
        (
            {"scheme": "anade", "client_status": "unemployed_young"},
            ("50000.00", "250000.00", "700000.00"),
        ),
    ],
)
def test_a_million_dinars_is_divided_as_the_schemes_of_algeria_say(
    told: dict[str, Any], shares: tuple[str, str, str]
) -> None:
    """Executive decree 19-137 of 29 April 2019; decree 20-374 of 16 December 2020; the page of
    the Crédit populaire d'Algérie.
    """
    structure.check(dzd("1000000.00"), legs=parts(*shares), fact=rule(**told))


@pytest.mark.requirement("O5.2")
def test_a_part_that_is_not_the_rules_is_refused_with_its_source() -> None:
    fact = rule(scheme="angem", purpose="equipment")
    with pytest.raises(StructureNotMet) as refused:
        structure.check(
            dzd("1000000.00"), legs=parts("9999.99", "290000.01", "700000.00"), fact=fact
        )
    assert refused.value.leg is Leg.OWN
    assert refused.value.expected == dzd("10000.00")
    assert "19-137" in refused.value.source


def test_a_part_may_be_rounded_either_way_and_no_further() -> None:
    fact = rule(scheme="angem", purpose="equipment")
    structure.check(dzd("99.99"), legs=parts("1.00", "29.00", "69.99"), fact=fact)
    with pytest.raises(StructureNotMet):
        structure.check(dzd("99.99"), legs=parts("1.02", "28.98", "69.99"), fact=fact)


def test_where_the_rule_names_the_own_share_alone_the_loans_are_free() -> None:
    fact = rule(scheme="anade", area="south")
    assert structure.shares_of(fact) == {Leg.OWN: Decimal("0.10")}
    structure.check(dzd("100.00"), legs=parts("10.00", "60.00", "30.00"), fact=fact)


def test_before_the_scheme_there_was_no_rule() -> None:
    with pytest.raises(NoRule):
        rule(date(2011, 2, 28), scheme="angem", purpose="equipment")


def test_the_state_lends_without_interest() -> None:
    fact = rule(scheme="anade")
    structure.check_product(Leg.STATE, qard(), fact=fact)
    structure.check_product(Leg.BANK, loan(), fact=fact)
    with pytest.raises(LegBearsCharge):
        structure.check_product(Leg.STATE, loan(), fact=fact)


def test_a_project_above_what_the_scheme_finances_is_refused() -> None:
    ceiling = rulebook.find(
        "loan_ceiling", country="DZ", on=ON, scheme="angem", purpose="equipment"
    )
    structure.check_ceiling(dzd("1000000.00"), fact=ceiling)
    structure.check_ceiling(Money.parse("2000000.000", "JOD"), fact=ceiling)
    with pytest.raises(CostAboveCeiling):
        structure.check_ceiling(dzd("1000000.01"), fact=ceiling)
