"""Our table of currencies is that of ISO 4217, seen through a package that follows it."""

import iso4217
import pytest

from shared.currencies import EXPONENTS, UnknownCurrency, exponent_of


def test_the_table_is_that_of_the_standard() -> None:
    published = {
        currency.code: currency.exponent
        for currency in iso4217.Currency
        if currency.exponent is not None
    }

    assert dict(EXPONENTS) == published


@pytest.mark.parametrize(
    ("code", "exponent"),
    [
        ("JOD", 3),
        ("TND", 3),
        ("KWD", 3),
        ("BHD", 3),
        ("OMR", 3),
        ("LYD", 3),
        ("IQD", 3),
        ("YER", 2),
        ("MRU", 2),
        ("MAD", 2),
        ("JPY", 0),
    ],
)
def test_the_decimals_are_those_of_the_standard_not_of_cash(code: str, exponent: int) -> None:
    assert exponent_of(code) == exponent


@pytest.mark.parametrize("code", ["", "jod", "JO", "XAU", "XXX", "MRO", "ZZZ", "JOD "])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency) as refused:
        exponent_of(code)
    assert refused.value.currency == code


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        EXPONENTS["JOD"] = 2  # type: ignore[index]
