"""Whatever the amounts and weights are, nothing is lost and nothing is made."""

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared.currencies import EXPONENTS
from shared.money import (
    LARGEST_MINOR,
    AmountTooLarge,
    Money,
    NotAnAmount,
    Rounding,
    TooManyDecimals,
)

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
MINORS = st.integers(-LARGEST_MINOR, LARGEST_MINOR)
HALVES = st.integers(-(LARGEST_MINOR // 2), LARGEST_MINOR // 2)  # two of them can be added
AMOUNTS = st.builds(Money, MINORS, CURRENCIES)
WEIGHTS = st.lists(
    st.one_of(
        st.integers(0, 10**12),
        st.decimals(0, 10**6, allow_nan=False, allow_infinity=False, places=6),
    ),
    min_size=1,
    max_size=40,
).filter(any)
ROUNDINGS: st.SearchStrategy[Rounding] = st.sampled_from(
    ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor")
)
ARABIC = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_parts_sum_to_the_whole(amount: Money, weights: list[int | Decimal]) -> None:
    parts = amount.split(weights)

    assert len(parts) == len(weights)
    assert Money.total(parts, amount.currency) == amount


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_each_part_is_within_a_unit_of_its_exact_share(
    amount: Money, weights: list[int | Decimal]
) -> None:
    whole = sum(Fraction(weight) for weight in weights)
    for part, weight in zip(amount.split(weights), weights, strict=True):
        assert abs(part.minor - amount.minor * Fraction(weight) / whole) < 1


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_who_weighs_more_never_gets_less(amount: Money, weights: list[int | Decimal]) -> None:
    parts = [abs(part.minor) for part in amount.split(weights)]
    ordered = sorted(zip(weights, parts, strict=True))

    by_part = [part for _, part in ordered]
    assert by_part == sorted(by_part)


@given(amount=AMOUNTS, count=st.integers(1, 60))
def test_among_equals_the_earlier_get_the_units_left_over(amount: Money, count: int) -> None:
    parts = [abs(part.minor) for part in amount.split([1] * count)]

    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@given(amount=AMOUNTS, weights=WEIGHTS, factor=st.integers(1, 1000))
def test_only_the_ratio_of_weights_counts(
    amount: Money, weights: list[int | Decimal], factor: int
) -> None:
    assert amount.split(weights) == amount.split([weight * factor for weight in weights])


@given(amount=AMOUNTS)
def test_what_is_written_reads_back(amount: Money) -> None:
    assert Money.parse(str(amount), amount.currency) == amount
    assert Money.parse(str(amount).translate(ARABIC), amount.currency) == amount
    assert Money.rounded(amount.decimal, amount.currency) == amount


@given(minor=HALVES, other=HALVES, currency=CURRENCIES)
def test_what_is_added_can_be_taken_away(minor: int, other: int, currency: str) -> None:
    first, second = Money(minor, currency), Money(other, currency)

    assert first + second - second == first
    assert first + second == second + first
    assert (first < second) == (second > first) == (first.minor < second.minor)


@given(
    minor=st.integers(-(10**9), 10**9),
    factor=st.decimals(-(10**4), 10**4, allow_nan=False, allow_infinity=False),
    rounding=ROUNDINGS,
)
def test_a_product_is_within_a_unit_of_the_exact_one(
    minor: int, factor: Decimal, rounding: Rounding
) -> None:
    found = Money(minor, "JOD").times(factor, rounding=rounding).minor
    exact = minor * Fraction(factor)

    assert abs(found - exact) < 1
    if rounding.startswith("half"):
        assert abs(found - exact) <= Fraction(1, 2)
    if rounding == "floor":
        assert found <= exact
    if rounding == "ceiling":
        assert found >= exact


@given(text=st.text(max_size=30), currency=CURRENCIES)
def test_no_text_breaks_the_reader(text: str, currency: str) -> None:
    with suppress(NotAnAmount, TooManyDecimals, AmountTooLarge):
        found = Money.parse(text, currency)

        assert any(character.isdigit() for character in text)
        assert found.currency == currency
