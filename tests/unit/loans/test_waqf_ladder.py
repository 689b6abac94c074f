"""Will endowed money be there on its day, and is the worth of a revolving waqf kept?"""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.loans.domain import waqf_ladder, waqf_lending, waqf_measures
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_lending import Guard, ReturnsNotCovered
from services.loans.domain.waqf_measures import IndexValue, PaidIn
from shared.money import Money

JUNE = date(2027, 6, 30)


def dzd(text: str) -> Money:
    return Money.parse(text, "DZD")


@pytest.mark.rule("W-8")
def test_the_ladder_of_the_worked_example() -> None:
    """Permanent 200,000, 100,000 returnable 2027-06-30, 230,000 due after it: short by 30,000."""
    (rung,) = waqf_ladder.ladder(
        [Due(JUNE, dzd("100000"))],
        permanent=dzd("200000"),
        dues=[Due(JUNE, dzd("5000")), Due(date(2027, 7, 1), dzd("230000"))],
    )
    assert (rung.on, rung.returned, rung.lasting) == (JUNE, dzd("100000"), dzd("200000"))
    assert (rung.due_after, rung.short, rung.room) == (dzd("230000"), dzd("30000"), dzd("0"))


def test_what_goes_back_later_still_stays_and_inflows_help() -> None:
    rungs = waqf_ladder.ladder(
        [
            Due(date(2028, 1, 1), dzd("50")),
            Due(JUNE, dzd("60")),
            Due(JUNE, dzd("40")),
        ],
        permanent=dzd("200"),
        dues=[Due(date(2027, 12, 1), dzd("240"))],
        inflows=dzd("5"),
    )
    assert [(one.on, one.returned, one.lasting) for one in rungs] == [
        (JUNE, dzd("100"), dzd("255")),
        (date(2028, 1, 1), dzd("50"), dzd("205")),
    ]
    assert waqf_ladder.first_short(rungs) is None
    assert [one.room for one in rungs] == [dzd("15"), dzd("205")]


def test_the_first_day_that_is_short_is_named() -> None:
    rungs = waqf_ladder.ladder(
        [Due(JUNE, dzd("1")), Due(date(2028, 1, 1), dzd("1"))],
        permanent=dzd("10"),
        dues=[Due(date(2029, 1, 1), dzd("10.50"))],
    )
    first = waqf_ladder.first_short(rungs)
    assert first is not None
    assert (first.on, first.short) == (date(2028, 1, 1), dzd("0.50"))


def test_a_loan_not_signed_yet_is_expected_in_equal_parts_by_months() -> None:
    dues = waqf_ladder.expected_dues(
        dzd("1200"), on=date(2027, 1, 10), term_months=12, grace_months=2
    )
    assert len(dues) == 10
    assert dues[0] == Due(date(2027, 4, 10), dzd("120"))
    assert dues[-1] == Due(date(2028, 1, 10), dzd("120"))
    (all_at_once,) = waqf_ladder.expected_dues(
        dzd("100"), on=date(2027, 1, 10), term_months=3, grace_months=9
    )
    assert all_at_once == Due(date(2027, 4, 10), dzd("100"))


def test_what_is_paid_counts_against_the_oldest_due() -> None:
    agreed = [Due(date(2027, month, 1), dzd("100")) for month in (1, 2, 3)]
    left = waqf_ladder.still_due(agreed, paid=dzd("150"), left=dzd("150"))
    assert left == (Due(date(2027, 2, 1), dzd("50")), Due(date(2027, 3, 1), dzd("100")))
    more = waqf_ladder.still_due(agreed, paid=dzd("150"), left=dzd("400"))
    assert more[-1] == Due(date.max, dzd("250"))
    given_up = waqf_ladder.still_due(agreed, paid=dzd("0"), left=dzd("120"))
    assert [one.amount for one in given_up] == [dzd("100"), dzd("20")]
    assert waqf_ladder.still_due([], paid=dzd("0"), left=dzd("0")) == ()


def test_the_multiplier_is_all_that_was_lent_over_all_that_came_in() -> None:
    assert waqf_measures.multiplier(dzd("920000"), paid_in=dzd("500000")) == Decimal("1.8400")
    assert waqf_measures.multiplier(dzd("1"), paid_in=dzd("0")) is None


def test_the_velocity_is_what_is_lent_a_year_over_the_average_capital() -> None:
    found = waqf_measures.velocity(dzd("300000"), average_capital=dzd("500000"), days=365)
    assert found == Decimal("0.6004")
    assert waqf_measures.velocity(dzd("1"), average_capital=dzd("0"), days=365) is None
    assert waqf_measures.velocity(dzd("1"), average_capital=dzd("1"), days=0) is None


def test_an_average_capital_is_weighed_by_its_days() -> None:
    paid_in = [
        PaidIn(on=date(2026, 1, 1), amount=dzd("500000")),
        PaidIn(on=date(2026, 7, 2), amount=dzd("100000")),
        PaidIn(on=date(2027, 6, 1), amount=dzd("7")),
    ]
    since, until = date(2026, 1, 1), date(2027, 1, 1)
    average = waqf_measures.average_capital(paid_in, since=since, until=until)
    assert average == Money(50_000_000 + 5_013_699, "DZD")
    with pytest.raises(ValueError, match="days"):
        waqf_measures.average_capital(paid_in, since=until, until=until)
    with pytest.raises(ValueError, match="capital"):
        waqf_measures.average_capital([], since=since, until=until)


def test_the_worth_is_held_beside_the_capital_at_the_prices_of_the_day() -> None:
    """(cash + good loans - expected loss) / (paid in x CPI): 485,000 of 550,000."""
    series = [
        IndexValue(on=date(2025, 1, 1), value=Decimal(100), source="ONS, bulletin 1"),
        IndexValue(on=date(2026, 1, 1), value=Decimal(110), source="ONS, bulletin 13"),
        IndexValue(on=date(2027, 1, 1), value=Decimal(999), source="not yet"),
    ]
    found = waqf_measures.real_value(
        [PaidIn(on=date(2025, 6, 1), amount=dzd("500000"))],
        cash=dzd("40000"),
        good_loans=dzd("460000"),
        expected_loss=dzd("15000"),
        series=series,
        on=date(2026, 6, 1),
    )
    assert (found.worth, found.needed) == (dzd("485000"), dzd("550000"))
    assert found.kept == Decimal("0.8818")
    assert found.index.source == "ONS, bulletin 13"


def test_an_index_that_does_not_reach_back_is_named_and_nothing_is_made_up() -> None:
    with pytest.raises(waqf_measures.IndexUnknown) as caught:
        waqf_measures.value_on([], on=JUNE, name="CPI")
    assert (caught.value.series, caught.value.on) == ("CPI", JUNE)


@pytest.mark.rule("W-8")
def test_property_is_due_after_every_day() -> None:
    returns = [Due(JUNE, dzd("60")), Due(date(2028, 1, 1), dzd("40"))]
    rungs = waqf_ladder.ladder(returns, permanent=dzd("200"), dues=[], property_=dzd("150"))
    assert [(one.due_after, one.room) for one in rungs] == [
        (dzd("150"), dzd("90")),
        (dzd("150"), dzd("50")),
    ]


@pytest.mark.rule("W-8")
def test_a_day_of_return_may_lack_no_more_than_it_did() -> None:
    """200,000 for good and 150,000 due after June: 50,000 more may be put off, and no more."""

    def guard(*minor: str) -> Guard:
        dues = {UUID(int=n): (Due(date(2027, 7, 1), dzd(one)),) for n, one in enumerate(minor)}
        temporary = (Due(JUNE, dzd("100000")),)
        return Guard(temporary=temporary, permanent=dzd("200000"), dues=dues)

    def require(before: Guard, after: Guard) -> None:
        waqf_lending.require_no_shorter(before, after, fund_code="W-1")

    require(guard("150000"), guard("150000", "50000"))
    with pytest.raises(ReturnsNotCovered) as refused:
        require(guard("150000"), guard("150000", "50000.01"))
    assert (refused.value.on, refused.value.due_after) == (JUNE, dzd("200000.01"))
    require(guard("300000"), guard("290000"))
    require(Guard(), Guard())
    with pytest.raises(ReturnsNotCovered):
        require(guard("300000"), guard("300000.01"))
