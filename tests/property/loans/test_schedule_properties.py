"""What holds for the schedule of every lawful agreement?"""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import accrual, modes, schedule
from services.loans.domain.fees import FeeWhen
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, ResidueRule, Terms
from shared import calendar
from shared.money import Money
from tests.property.loans.strategies import lawful_terms

EXAMPLES = settings(max_examples=150, deadline=None)


@EXAMPLES
@given(lawful_terms())
def test_there_are_exactly_as_many_instalments_as_agreed(terms: Terms) -> None:
    instalments = modes.MODES[terms.mode_of_finance].schedule(terms)

    assert [one.number for one in instalments] == list(range(1, terms.instalments + 1))


@EXAMPLES
@given(lawful_terms())
def test_the_principals_sum_to_the_loan_and_nothing_is_negative(terms: Terms) -> None:
    instalments = schedule.schedule(terms)

    assert Money.total((one.principal for one in instalments), terms.currency) == terms.principal
    assert all(min(parts) >= 0 for parts in schedule.totals(instalments))


@EXAMPLES
@given(lawful_terms())
def test_due_dates_strictly_increase_after_disbursement(terms: Terms) -> None:
    dates = [terms.disbursed_on, *(one.due_on for one in schedule.schedule(terms))]

    assert all(earlier < later for earlier, later in pairwise(dates))


@EXAMPLES
@given(lawful_terms())
def test_a_moved_due_date_is_a_working_day(terms: Terms) -> None:
    if terms.moving_rule == "none":
        return
    for one in schedule.schedule(terms):
        assert calendar.is_working_day(one.due_on, country=terms.country)


@EXAMPLES
@given(lawful_terms())
def test_every_fee_is_due_once_or_kept_back(terms: Terms) -> None:
    expected = sum(
        fee.amount.minor * (terms.instalments if fee.when is FeeWhen.EACH_INSTALMENT else 1)
        for fee in terms.fees
        if fee.amount
    )

    due = sum(one.fee.minor for one in schedule.schedule(terms))
    assert due + schedule.fees_at_disbursement(terms).minor == expected


@EXAMPLES
@given(lawful_terms())
def test_a_qard_costs_nothing_but_its_fees(terms: Terms) -> None:
    profit = sum(one.profit.minor for one in schedule.schedule(terms))

    assert (profit == 0) or terms.mode_of_finance is not ModeOfFinance.QARD


@EXAMPLES
@given(lawful_terms())
def test_all_instalments_but_the_last_are_equal(terms: Terms) -> None:
    if terms.residue_rule is ResidueRule.LARGEST_REMAINDER:
        return
    bearing = schedule.schedule(terms)[terms.principal_grace : -1]
    is_flat = terms.charge_method is not ChargeMethod.DECLINING_BALANCE

    assert len({(one.principal + one.profit).minor for one in bearing}) <= 1
    assert len({one.principal.minor for one in bearing}) <= 1 or not is_flat


@EXAMPLES
@given(lawful_terms())
def test_by_largest_remainder_no_two_principals_differ_by_more_than_a_unit(terms: Terms) -> None:
    if terms.residue_rule is not ResidueRule.LARGEST_REMAINDER:
        return
    principals = [one.principal.minor for one in schedule.schedule(terms)][terms.principal_grace :]

    assert max(principals) - min(principals) <= 1
    assert principals == sorted(principals)


@EXAMPLES
@given(lawful_terms())
def test_frozen_terms_give_the_same_schedule_for_ever(terms: Terms) -> None:
    thawed = Terms.from_json(terms.to_json())

    assert thawed == terms
    assert schedule.schedule(thawed) == schedule.schedule(terms)


@EXAMPLES
@given(lawful_terms(), st.lists(st.integers(-10, 2_000), max_size=5))
def test_profit_earned_in_parts_is_the_profit_earned_at_once(terms: Terms, cuts: list[int]) -> None:
    instalments = schedule.schedule(terms)
    end = instalments[-1].due_on
    inside = {min(terms.disbursed_on + timedelta(days=max(cut, 0)), end) for cut in cuts}
    days = sorted({terms.disbursed_on, end, *inside})

    earned = [
        accrual.profit_earned(terms, instalments=instalments, start=start, end=stop)
        for start, stop in pairwise(days)
    ]

    assert sum(part.minor for part in earned) == sum(one.profit.minor for one in instalments)
    assert all(part.minor >= 0 for part in earned)
