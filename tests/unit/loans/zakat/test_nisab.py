"""A payer owes zakat on what reached nisab for a full year, by a price that is dated and fresh."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.loans.domain.zakat import nisab
from services.loans.domain.zakat.nisab import Due, MetalPriceMissing, MetalPriceStale, Price
from services.loans.domain.zakat.rules import Base, Metal
from shared.calendar import hijri
from shared.money import Money

TODAY = date(2026, 3, 1)
NISAB = Money.parse("38250.00", "MAD")


def price(day: date, per_gram: str = "450", currency: str = "MAD") -> Price:
    return Price(
        metal=Metal.GOLD,
        per_gram=Decimal(per_gram),
        currency=currency,
        priced_on=day,
        source="x",
    )


def due(
    text: str = "41000.00",
    *,
    base: Base = Base.MONEY_LUNAR,
    held_since: date = date(2025, 1, 1),
    least: Money | None = NISAB,
) -> Due:
    return nisab.due(
        Money.parse(text, "MAD"),
        base=base,
        rate=Decimal("0.025"),
        least=least,
        held_since=held_since,
        on=TODAY,
    )


def test_the_last_price_up_to_the_day_counts() -> None:
    known = [price(TODAY - timedelta(days=one), str(one)) for one in (5, 2, 7)]
    known.append(price(TODAY + timedelta(days=1), "999"))

    found = nisab.price_on(known, metal=Metal.GOLD, currency="MAD", on=TODAY, most_days=7)

    assert found.per_gram == 2


def test_a_price_of_its_last_day_holds_and_one_day_more_is_stale() -> None:
    known = [price(TODAY - timedelta(days=7))]

    assert nisab.price_on(known, metal=Metal.GOLD, currency="MAD", on=TODAY, most_days=7)
    with pytest.raises(MetalPriceStale) as stale:
        nisab.price_on(known, metal=Metal.GOLD, currency="MAD", on=TODAY, most_days=6)
    assert (stale.value.priced_on, stale.value.days) == (date(2026, 2, 22), 6)


@pytest.mark.parametrize(
    ("metal", "currency", "on"),
    [
        (Metal.SILVER, "MAD", TODAY),
        (Metal.GOLD, "JOD", TODAY),
        (Metal.GOLD, "MAD", TODAY - timedelta(days=1)),
    ],
)
def test_a_price_of_another_metal_currency_or_later_day_is_none(
    metal: Metal, currency: str, on: date
) -> None:
    with pytest.raises(MetalPriceMissing):
        nisab.price_on([price(TODAY)], metal=metal, currency=currency, on=on, most_days=7)


@pytest.mark.parametrize(("text", "owed"), [("38250.00", "956.25"), ("38249.99", "0.00")])
def test_wealth_of_nisab_owes_and_a_cent_below_owes_nothing(text: str, owed: str) -> None:
    found = due(text)

    assert found.amount == Money.parse(owed, "MAD")
    assert found.reaches_nisab is (owed != "0.00")


def test_nothing_is_owed_before_the_year_is_full() -> None:
    year = nisab.year_after(date(2025, 3, 12))
    assert year == TODAY

    assert due(held_since=date(2025, 3, 12)).amount.is_positive
    early = due(held_since=date(2025, 3, 13))
    assert early.amount.is_zero
    assert early.falls_due_on == date(2026, 3, 2)


def test_without_a_nisab_money_owes_nothing() -> None:
    assert due(least=None).amount.is_zero


def test_crops_are_due_at_harvest_without_a_year() -> None:
    found = due(base=Base.CROPS_RAIN, least=None, held_since=TODAY)

    assert (found.falls_due_on, found.nisab) == (None, None)
    assert found.amount == Money.parse("1025.00", "MAD")


def test_a_lunar_year_is_the_same_day_of_the_next_hijri_year() -> None:
    start = hijri(TODAY)
    end = hijri(nisab.year_after(TODAY))

    assert (end.year, end.month, end.day) == (start.year + 1, start.month, start.day)


def test_a_solar_year_is_the_same_day_of_the_next_year() -> None:
    assert nisab.year_after(TODAY, base=Base.MONEY_SOLAR) == date(2027, 3, 1)


def test_outside_the_tables_a_year_has_354_days() -> None:
    assert nisab.year_after(date(1900, 1, 1)) == date(1900, 12, 21)
