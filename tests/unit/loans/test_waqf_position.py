"""The position of a corpus on a day: what may be spent, what is covered, how money revolved."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import waqf_position
from services.loans.domain.waqf_deed import LossBase, WaqfUse
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_measures import IndexValue, PaidIn
from services.loans.domain.waqf_position import Lending, WaqfPosition
from shared.money import Money
from tests.unit.loans.test_waqf_corpus import books, deed, mad

START = date(2026, 1, 1)
END = date(2026, 12, 31)
LENT = deed(use=WaqfUse.LENT, loss_rate=Decimal("0.03"), loss_base=LossBase.POOL)
PRICES = [
    IndexValue(on=START, value=Decimal(100), source="HCP"),
    IndexValue(on=date(2026, 6, 1), value=Decimal(110), source="HCP"),
]


def lending(*paid: tuple[date, str], disbursed: str = "0", in_year: str = "0") -> Lending:
    return Lending(
        disbursed=mad(disbursed),
        disbursed_in_year=mad(in_year),
        capital=[PaidIn(on=on, amount=mad(amount)) for on, amount in paid],
    )


def position(**given: Any) -> WaqfPosition:
    held = given.pop("books", books())
    plain: dict[str, Any] = {"deed": deed(), "lending": lending(), "series": (), "on": END}
    return waqf_position.position(held, **(plain | given))


def test_without_a_deed_nothing_is_spent_or_covered() -> None:
    found = position(deed=None)
    assert (found.deed, found.cover, found.spendable) == (None, None, mad("0"))


def test_by_the_deed_yield_is_spent_and_a_loss_is_covered() -> None:
    found = position(deed=LENT)
    assert found.spendable == mad("48000"), "60,000 less a tenth each for trustee and reserve"
    assert found.cover is not None
    assert found.cover.expected == mad("30000"), "3 % of the pool of 1,000,000"
    assert found.cover.short == mad("30000")


def test_the_ladder_is_there_where_dues_are_asked_for() -> None:
    held = books(
        permanent=mad("200000"),
        temporary=mad("100000"),
        reserved=mad("9000"),
        investments=mad("50000"),
        net_assets=mad("300000"),
    )
    goes_back = [Due(date(2027, 6, 30), mad("100000"))]
    assert position(books=held, temporary=goes_back).ladder is None
    (rung,) = (
        position(
            books=held, temporary=goes_back, dues=[Due(date(2027, 7, 1), mad("180000"))]
        ).ladder
        or ()
    )
    assert rung.returned == mad("100000")
    assert rung.lasting == mad("209000"), "for good, and the reserve"
    assert rung.due_after == mad("230000"), "what is due later, and the property"
    assert rung.short == mad("21000")


def test_money_revolved_as_often_as_it_was_lent() -> None:
    since = START - timedelta(days=800)
    found = position(
        lending=lending((since, "500000"), disbursed="920000", in_year="300000"),
    )
    assert found.multiplier == Decimal("1.8400")
    assert found.velocity == Decimal("0.6004"), "300,000 of 500,000 in 365 days, a year of 365.25"


def test_a_young_corpus_is_measured_from_its_first_capital() -> None:
    """500,000 for the last 73 days and 60,000 lent: 0.12 in 73 days is 0.6004 a year."""
    first = END - timedelta(days=72)
    found = position(lending=lending((first, "500000"), in_year="60000"))
    assert found.velocity == Decimal("0.6004")


@pytest.mark.parametrize("on", [START - timedelta(days=1), START - timedelta(days=90)])
def test_before_any_day_of_its_capital_there_is_no_velocity(on: date) -> None:
    assert position(lending=lending((START, "500000"), in_year="1"), on=on).velocity is None


def test_on_its_first_day_capital_counts_one_day() -> None:
    found = position(lending=lending((START, "500000"), in_year="500000"), on=START)
    assert found.velocity == Decimal("365.2500")


def test_without_capital_nothing_revolves() -> None:
    found = position()
    assert (found.multiplier, found.velocity) == (None, None)


def test_worth_is_held_against_prices_and_lessened_by_the_loss_to_be_expected() -> None:
    held = books(lent=mad("460000"), net_assets=mad("500000"), permanent=mad("500000"))
    capital = lending((START, "500000"))
    found = position(books=held, deed=LENT, lending=capital, series=PRICES).real_value
    assert found is not None
    assert found.worth == mad("485000"), "40,000 and 460,000 less 3 % of 500,000"
    assert found.needed == mad("550000")
    assert found.kept == Decimal("0.8818")
    without = position(books=held, deed=None, lending=capital, series=PRICES).real_value
    assert without is not None
    assert without.worth == mad("500000")


def test_an_index_that_does_not_reach_back_gives_no_real_value() -> None:
    before = lending((START - timedelta(days=1), "500000"))
    assert position(lending=before, series=PRICES).real_value is None
    assert position(series=()).real_value is None


def test_a_corpus_without_capital_needs_nothing() -> None:
    found = position(series=PRICES).real_value
    assert found is not None
    assert (found.needed, found.kept) == (Money.zero("MAD"), None)
