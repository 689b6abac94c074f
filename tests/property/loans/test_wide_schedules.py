"""What holds for the schedule of every agreement that can be made at all?"""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import HealthCheck, assume, event, given, settings

from services.loans.domain import due_dates, plain, schedule, spreading
from services.loans.domain.amortisation import Amortisation, Shortfall
from services.loans.domain.charging import Charging
from services.loans.domain.dating import Dating
from services.loans.domain.drawing import Drawing
from services.loans.domain.terms import ChargeMethod, ResidueRule, Terms
from shared.money import Money
from tests.property.loans.strategies import lawful_terms
from tests.property.loans.wide_terms import REFUSALS, wide_terms

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
DEARER = Decimal("0.02")


@EXAMPLES
@given(wide_terms())
def test_the_principals_of_every_agreement_sum_to_the_loan(terms: Terms) -> None:
    event(terms.amortisation.kind)
    event(terms.charge_method)
    found = schedule.columns(terms)

    assert sum(found.principal) == terms.principal.minor


@EXAMPLES
@given(wide_terms())
def test_nothing_is_negative_unless_that_is_agreed(terms: Terms) -> None:
    found = schedule.columns(terms)

    assert min(found.fee) >= 0
    if terms.amortisation.shortfall is not Shortfall.CAPITALISE:
        assert min(found.principal) >= 0
        assert min(found.profit) >= 0


@EXAMPLES
@given(wide_terms())
def test_there_is_a_row_for_each_instalment_and_each_down_payment(terms: Terms) -> None:
    found = schedule.columns(terms)
    parts = 1 + len(terms.drawing.tranches) if terms.drawing.down_payment_percent else 0

    assert len(found.due_on) == terms.instalments + parts
    assert list(found.due_on) == sorted(found.due_on)
    if not parts:
        days = [terms.disbursed_on, *found.due_on]
        assert all(earlier < later for earlier, later in pairwise(days))


@EXAMPLES
@given(wide_terms())
def test_frozen_agreements_give_the_same_schedule_for_ever(terms: Terms) -> None:
    thawed = Terms.from_json(terms.to_json())

    assert thawed == terms
    assert schedule.columns(thawed) == schedule.columns(terms)


@EXAMPLES
@given(wide_terms())
def test_a_season_of_nothing_has_no_due_date(terms: Terms) -> None:
    for span in due_dates.spans(terms):
        assert terms.dating.weight(span.end) > 0


@EXAMPLES
@given(
    wide_terms(
        drawing=Drawing(),
        charge_method=ChargeMethod.DECLINING_BALANCE,
        charging=Charging(),
        amortisation=Amortisation(multiple=Money(100, "JOD"), multiple_rounding="ceiling"),
    )
)
def test_an_instalment_of_a_multiple_is_one(terms: Terms) -> None:
    found = schedule.columns(terms)

    middle = range(terms.principal_grace, terms.instalments - 1)
    assert all((found.principal[one] + found.profit[one]) % 100 == 0 for one in middle)


@EXAMPLES
@given(wide_terms())
def test_a_higher_rate_never_costs_less(terms: Terms) -> None:
    assume(terms.annual_rate > 0 and not terms.charging.rate_changes)
    try:
        dearer = schedule.columns(replace(terms, annual_rate=terms.annual_rate + DEARER))
    except REFUSALS:
        assume(False)
        raise
    slack = terms.instalments * terms.amortisation.unit_minor  # a rounding each

    assert sum(dearer.profit) >= sum(schedule.columns(terms).profit) - slack


@EXAMPLES
@given(wide_terms(drawing=Drawing()))
def test_the_table_without_rounding_repays_the_loan_to_the_last_decimal(terms: Terms) -> None:
    try:
        rows = schedule.exact(terms)
    except REFUSALS:
        assume(False)
        raise
    total = sum(Fraction(row.principal) for row in rows)

    assert abs(total - Fraction(terms.principal.decimal)) < Fraction(1, 10**30)


@EXAMPLES
@given(lawful_terms())
def test_the_usual_loan_is_the_same_in_whole_numbers_and_in_fractions(terms: Terms) -> None:
    assume(plain.applies(terms) and terms.residue_rule is not ResidueRule.LARGEST_REMAINDER)
    spans = due_dates.spans(terms)
    whole = plain.split(terms, nominal=[span.end for span in spans])

    assert spreading.spread(spreading.course_of(terms, spans)) == whole


@EXAMPLES
@given(lawful_terms())
def test_parts_as_usual_are_no_parts(terms: Terms) -> None:
    stated = replace(
        terms, amortisation=Amortisation(), charging=Charging(), dating=Dating(), drawing=Drawing()
    )

    assert schedule.columns(stated) == schedule.columns(terms)
    assert not {"amortisation", "charging", "dating", "drawing"} & stated.to_json().keys()


@EXAMPLES
@given(
    wide_terms(
        drawing=Drawing(),
        charge_method=ChargeMethod.DECLINING_BALANCE,
        amortisation=Amortisation(unit=Money(5, "JOD")),
        residue_rule=ResidueRule.LAST_INSTALMENT,
        principal_grace=0,
    )
)
def test_a_level_instalment_is_the_exact_one_rounded_once(terms: Terms) -> None:
    assume(terms.instalments > 1 and not terms.charging.profit_grace)
    found, unrounded = schedule.columns(terms), schedule.exact(terms)[0]
    exact = (unrounded.principal + unrounded.profit).scaleb(terms.principal.exponent)

    first = found.principal[0] + found.profit[0]
    assert abs(Fraction(exact) - first) < terms.amortisation.unit_minor
