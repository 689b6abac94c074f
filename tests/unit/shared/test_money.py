"""Money is exact, stays in its currency, and refuses what it cannot hold."""

from decimal import Decimal
from typing import Any, cast

import pytest

from shared.money import (
    LARGEST_MINOR,
    AmountTooLarge,
    CurrencyMismatch,
    Money,
    NotAnAmount,
    Rounding,
    TooManyDecimals,
    UnknownCurrency,
)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("125.500", "JOD", 125_500),
        ("125.5", "JOD", 125_500),
        ("125", "JOD", 125_000),
        ("-0.05", "SAR", -5),
        ("  12.00 ", "EGP", 1_200),
        ("1500", "JPY", 1_500),
        ("007.10", "MAD", 710),
        ("-0", "MAD", 0),
        ("1.0001", "CLF", 10_001),
    ],
)
def test_an_amount_is_read_to_the_minor_unit(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    ["١٢٥٫٥٠٠", "۱۲۵٫۵۰۰", "١٢٥.٥٠٠", "\u200f١٢٥٫٥\u200e", "1٢5.٥"],
)
def test_arabic_digits_and_decimal_mark_are_read_like_western_ones(text: str) -> None:
    assert Money.parse(text, "JOD") == Money(125_500, "JOD")


def test_arabic_thousands_marks_are_read_where_they_part_groups_of_three() -> None:
    assert Money.parse("١٬٢٥٠٬٠٠٠٫٥", "SAR") == Money(125_000_050, "SAR")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        ".5",
        "5.",
        "1,250.00",
        "1 250",
        "+5",
        "1e3",
        "NaN",
        "Infinity",
        "٬١٢٥",
        "١٬٢٥",
        "0x10",
        "1.2.3",
        "--1",
        "²",
        "۱۲۵ د.أ",
    ],
)
def test_what_is_no_plain_number_is_no_amount(text: str) -> None:
    with pytest.raises(NotAnAmount) as refused:
        Money.parse(text, "JOD")
    assert refused.value.text == text


def test_an_endless_text_is_refused_without_being_told_back_whole() -> None:
    with pytest.raises(NotAnAmount) as refused:
        Money.parse("9" * 100_000, "JOD")
    assert len(refused.value.text) < 70


@pytest.mark.parametrize(
    ("text", "currency", "decimals", "exponent"),
    [("1.2345", "JOD", 4, 3), ("1.500", "SAR", 3, 2), ("1.0", "JPY", 1, 0)],
)
def test_a_decimal_too_many_is_refused_even_a_zero(
    text: str, currency: str, decimals: int, exponent: int
) -> None:
    with pytest.raises(TooManyDecimals) as refused:
        Money.parse(text, currency)
    assert (refused.value.decimals, refused.value.exponent) == (decimals, exponent)
    assert refused.value.currency == currency


def test_a_currency_is_checked_before_the_amount() -> None:
    with pytest.raises(UnknownCurrency):
        Money.parse("nonsense", "jod")


@pytest.mark.parametrize("minor", [1.0, True, Decimal(1), "1", None])
def test_only_an_int_counts_minor_units(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(cast("int", minor), "JOD")


@pytest.mark.parametrize("minor", [LARGEST_MINOR, -LARGEST_MINOR])
def test_the_largest_amounts_are_held(minor: int) -> None:
    assert Money(minor, "JOD").minor == minor


@pytest.mark.parametrize("minor", [LARGEST_MINOR + 1, -LARGEST_MINOR - 1])
def test_a_larger_amount_is_refused(minor: int) -> None:
    with pytest.raises(AmountTooLarge):
        Money(minor, "JOD")


def test_a_sum_that_grows_too_large_is_refused() -> None:
    with pytest.raises(AmountTooLarge):
        Money(LARGEST_MINOR, "JOD") + Money(1, "JOD")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (125_500, "JOD", "125.500"),
        (-5, "SAR", "-0.05"),
        (0, "TND", "0.000"),
        (1_500, "JPY", "1500"),
        (10**15, "IQD", "1000000000000.000"),
    ],
)
def test_an_amount_is_written_with_all_its_decimals(minor: int, currency: str, text: str) -> None:
    money = Money(minor, currency)

    assert str(money) == text
    assert money.to_text() == f"{text} {currency}"
    assert money.to_json() == {"amount": text, "currency": currency}
    assert money.decimal == Decimal(text)


def test_sums_and_differences_stay_exact() -> None:
    fils = Money(100, "JOD")

    assert fils + Money(1, "JOD") == Money(101, "JOD")
    assert fils - Money(101, "JOD") == Money(-1, "JOD")
    assert -fils == Money(-100, "JOD")
    assert abs(-fils) == fils
    assert fils * 3 == 3 * fils == Money(300, "JOD")


def test_amounts_of_a_currency_are_ordered() -> None:
    less, more = Money(1, "JOD"), Money(2, "JOD")

    assert less < more
    assert less <= more
    assert less <= Money(1, "JOD")
    assert more > less
    assert more >= less
    assert more >= Money(2, "JOD")
    assert not more < less
    assert not less > more
    assert not more <= less
    assert not less >= more


@pytest.mark.parametrize(
    "operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"]
)
def test_two_currencies_never_meet(operation: str) -> None:
    with pytest.raises(CurrencyMismatch) as refused:
        getattr(Money(1, "JOD"), operation)(Money(1, "SAR"))
    assert (refused.value.left, refused.value.right) == ("JOD", "SAR")


def test_equality_asks_for_the_currency_too() -> None:
    assert Money(0, "JOD") != Money(0, "SAR")
    assert len({Money(1, "JOD"), Money(1, "JOD"), Money(1, "SAR")}) == 2


def test_the_sign_is_told() -> None:
    signs = [
        (money.is_negative, money.is_zero, money.is_positive)
        for money in (Money(-1, "JOD"), Money.zero("JOD"), Money(1, "JOD"))
    ]

    assert signs == [(True, False, False), (False, True, False), (False, False, True)]


def test_the_exponent_is_that_of_the_currency() -> None:
    assert [Money.zero(code).exponent for code in ("JPY", "SAR", "JOD", "CLF")] == [0, 2, 3, 4]


def test_a_total_of_nothing_is_nothing_in_that_currency() -> None:
    assert Money.total([], "JOD") == Money.zero("JOD")


def test_a_total_takes_one_currency_only() -> None:
    assert Money.total([Money(1, "JOD"), Money(2, "JOD")], "JOD") == Money(3, "JOD")
    with pytest.raises(CurrencyMismatch):
        Money.total([Money(1, "JOD"), Money(2, "SAR")], "JOD")


@pytest.mark.parametrize(
    ("rounding", "positive", "negative"),
    [
        ("half_even", 2, -2),
        ("half_up", 3, -3),
        ("half_down", 2, -2),
        ("up", 3, -3),
        ("down", 2, -2),
        ("ceiling", 3, -2),
        ("floor", 2, -3),
    ],
)
def test_half_a_unit_is_rounded_as_asked(rounding: Rounding, positive: int, negative: int) -> None:
    half = Decimal("0.5")

    assert Money(5, "JOD").times(half, rounding=rounding) == Money(positive, "JOD")
    assert Money(-5, "JOD").times(half, rounding=rounding) == Money(negative, "JOD")


def test_a_product_is_rounded_once_not_twice() -> None:
    # 28 digits, the usual precision, would round this factor up to a half before it is applied.
    factor = Decimal("0.4999999999999999999999999999999999")

    assert Money(1, "JOD").times(factor) == Money.zero("JOD")
    assert Money(LARGEST_MINOR, "JOD").times(1) == Money(LARGEST_MINOR, "JOD")


def test_money_is_never_multiplied_by_a_float() -> None:
    with pytest.raises(TypeError):
        Money(1, "JOD").times(cast("Decimal", 0.5))
    with pytest.raises(TypeError):
        Money(1, "JOD") * cast("int", 0.5)
    with pytest.raises(TypeError):
        Money(1, "JOD") * cast("int", Decimal("0.5"))


@pytest.mark.parametrize("factor", ["NaN", "Infinity", "-Infinity"])
def test_a_factor_is_finite(factor: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        Money(1, "JOD").times(Decimal(factor))


@pytest.mark.parametrize("amount", ["1E+30", "1E+999999", "9223372036854775.808"])
def test_a_computed_amount_can_be_too_large(amount: str) -> None:
    with pytest.raises(AmountTooLarge):
        Money.rounded(Decimal(amount), "JOD")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("88.8488", "USD", 8_885), ("88.845", "USD", 8_884), ("0.0005", "JOD", 0), ("7.5", "JPY", 8)],
)
def test_a_computed_amount_is_rounded_to_the_currency(
    amount: str, currency: str, minor: int
) -> None:
    assert Money.rounded(Decimal(amount), currency) == Money(minor, currency)


def test_a_tiny_amount_rounds_to_nothing() -> None:
    assert Money.rounded(Decimal("1E-999999"), "JOD") == Money.zero("JOD")
    assert Money.rounded(Decimal(0), "JOD") == Money.zero("JOD")


def test_the_units_left_over_go_to_those_who_lost_most() -> None:
    parts = Money(1_000_000, "JOD").split([1] * 7)

    assert [part.minor for part in parts] == [142_858] + [142_857] * 6
    assert [part.minor for part in Money(100, "USD").split([1, 2, 3, 4])] == [10, 20, 30, 40]
    assert [part.minor for part in Money(10, "USD").split([1, 1, 4])] == [2, 2, 6]


def test_a_debt_is_shared_like_a_claim() -> None:
    debt, claim = Money(-100, "USD").split([1, 1, 1]), Money(100, "USD").split([1, 1, 1])

    assert debt == tuple(-part for part in claim)


def test_who_weighs_nothing_gets_nothing() -> None:
    assert [part.minor for part in Money(1, "USD").split([0, 1, 0])] == [0, 1, 0]


def test_weights_may_be_exact_fractions() -> None:
    parts = Money(100, "USD").split([Decimal("0.125"), Decimal("0.375"), Decimal("0.5")])

    assert [part.minor for part in parts] == [13, 37, 50]


@pytest.mark.parametrize(
    "weights",
    [[], [0, 0], [1, -1], [Decimal("NaN")], [Decimal("Infinity"), 1], [Decimal(-1), 2]],
)
def test_weights_that_cannot_share_are_refused(weights: list[Any]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(1, "USD").split(weights)


def test_a_column_of_amounts_is_each_amount_by_itself() -> None:
    minors = [0, 1, -5, LARGEST_MINOR]

    column = Money.column(minors, "JOD")
    assert column == [Money(minor, "JOD") for minor in minors]
    assert [hash(amount) for amount in column] == [hash(Money(minor, "JOD")) for minor in minors]
    assert Money.column([], "JOD") == []


@pytest.mark.parametrize(
    ("minors", "currency", "error"),
    [
        ([1], "XYZ", UnknownCurrency),
        ([LARGEST_MINOR + 1], "JOD", AmountTooLarge),
        ([-LARGEST_MINOR - 1, 0], "JOD", AmountTooLarge),
        ([1, Decimal(1)], "JOD", TypeError),
        ([True], "JOD", TypeError),
    ],
)
def test_a_column_is_checked_as_each_amount_is(
    minors: list[Any], currency: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Money.column(minors, currency)
