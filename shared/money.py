"""How much is it, in which currency, exactly?"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from fractions import Fraction
from itertools import repeat
from math import lcm
from typing import Final, Literal, Self

from shared.currencies import UnknownCurrency, exponent_of
from shared.digits import to_western_digits, without_arabic_grouping
from shared.errors import InvalidValue, JsonValue

__all__ = [
    "LARGEST_MINOR",
    "LARGEST_MOVED",
    "AmountTooLarge",
    "CurrencyMismatch",
    "Money",
    "NotAnAmount",
    "Rounding",
    "TooManyDecimals",
    "UnknownCurrency",
    "exponent_of",
]

Rounding = Literal["half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"]

LARGEST_MINOR: Final = 2**63 - 1  # what a BIGINT holds: sums of movements are held so
LARGEST_MOVED: Final = 10**15  # what one movement may be; nine thousand of them can be held
_LARGEST_POWER: Final = 18
_EXACT: Final = Context(prec=10_000)  # more digits than any factor or amount has
_LONGEST_TEXT: Final = 64
_AMOUNT: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_ROUNDINGS: Final[dict[Rounding, str]] = {
    "half_even": ROUND_HALF_EVEN,
    "half_up": ROUND_HALF_UP,
    "half_down": ROUND_HALF_DOWN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}


class CurrencyMismatch(InvalidValue):
    """Two currencies in one sum"""

    detail = "{left} and {right} cannot be added or compared."
    left: str
    right: str


class NotAnAmount(InvalidValue):
    """Not an amount"""

    detail = "“{text}” is not an amount: write digits, and a point before the decimals."
    text: str


class TooManyDecimals(InvalidValue):
    """Too many decimals"""

    detail = "“{text}” has {decimals} decimals; an amount in {currency} has at most {exponent}."
    text: str
    currency: str
    decimals: int
    exponent: int


class AmountTooLarge(InvalidValue):
    """The amount is too large"""

    detail = "An amount in {currency} has at most {digits} digits, decimals included."
    currency: str
    digits: int = 15


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: a whole number of a currency's smallest unit.

    `Money(125_500, "JOD")` is 125.500 dinars. Raises `UnknownCurrency` and `AmountTooLarge`; a
    number that is not an `int` is a bug and raises `TypeError`.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"money counts whole minor units, not {type(self.minor).__name__}")
        exponent_of(self.currency)
        if not -LARGEST_MINOR <= self.minor <= LARGEST_MINOR:
            raise AmountTooLarge(currency=self.currency, digits=len(str(LARGEST_MINOR)))

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read an amount as a person or a program writes it: "125.500", "١٢٥٫٥٠٠", "-3".

        Raises `NotAnAmount`, `TooManyDecimals` (nothing is rounded here), `UnknownCurrency`,
        `AmountTooLarge`.
        """
        exponent = exponent_of(currency)
        if len(text) > _LONGEST_TEXT:
            raise NotAnAmount(text=f"{text[:_LONGEST_TEXT]}…")
        found = _AMOUNT.fullmatch(to_western_digits(without_arabic_grouping(text)).strip())
        if found is None:
            raise NotAnAmount(text=text)
        sign, whole, decimals = found[1], found[2], found[3] or ""
        if len(decimals) > exponent:
            raise TooManyDecimals(
                text=text, currency=currency, decimals=len(decimals), exponent=exponent
            )
        return cls(int(f"{sign}{whole}{decimals.ljust(exponent, '0')}"), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Give nothing, in a currency."""
        return cls(0, currency)

    @classmethod
    def column(cls, minors: Sequence[int], currency: str) -> "list[Money]":
        """Give many amounts of one currency at once, each as `Money(minor, currency)` would.

        They are checked together and made in loops of the interpreter: four times faster.
        """
        exponent_of(currency)
        if set(map(type, minors)) - {int}:
            raise TypeError("money counts whole minor units")
        if minors and not -LARGEST_MINOR <= min(minors) <= max(minors) <= LARGEST_MINOR:
            raise AmountTooLarge(currency=currency, digits=len(str(LARGEST_MINOR)))
        made = list(map(object.__new__, repeat(Money, len(minors))))
        deque(map(_SET_MINOR, made, minors), maxlen=0)
        deque(map(_SET_CURRENCY, made, repeat(currency)), maxlen=0)
        return made

    @classmethod
    def rounded(cls, amount: Decimal, currency: str, *, rounding: Rounding = "half_even") -> Self:
        """Give an amount counted in whole units of the currency, rounded once to minor units.

        Worked: `Decimal("88.8488")` in USD, half to even, is 88.85.
        """
        return cls(_minor(amount, exponent_of(currency), currency, rounding), currency)

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: str) -> Self:
        """Give the sum of any number of amounts, none included. Raises `CurrencyMismatch`."""
        minor = 0
        for amount in amounts:
            if amount.currency != currency:
                raise CurrencyMismatch(left=currency, right=amount.currency)
            minor += amount.minor
        return cls(minor, currency)

    @property
    def exponent(self) -> int:
        """The number of decimals of the currency."""
        return exponent_of(self.currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in whole units of the currency, exact."""
        return Decimal(self.minor).scaleb(-self.exponent)

    @property
    def is_zero(self) -> bool:
        """Whether it is nothing."""
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        """Whether it is more than nothing."""
        return self.minor > 0

    @property
    def is_negative(self) -> bool:
        """Whether it is less than nothing."""
        return self.minor < 0

    def __str__(self) -> str:
        exponent = exponent_of(self.currency)
        if not exponent:
            return str(self.minor)
        digits = str(abs(self.minor)).rjust(exponent + 1, "0")
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"

    def to_json(self) -> JsonValue:
        """Give the amount as it travels: `{"amount": "125.500", "currency": "JOD"}`."""
        return {"amount": str(self), "currency": self.currency}

    def to_text(self) -> str:
        """Give the amount as it stands in a sentence: "125.500 JOD"."""
        return f"{self} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def times(self, factor: Decimal | int, *, rounding: Rounding = "half_even") -> "Money":
        """Multiply by a factor and round once, to the minor unit.

        Worked: 100.00 USD times `Decimal("0.015")` is 1.50 USD.
        """
        product = _product(self.minor, factor)
        return Money(_minor(product, 0, self.currency, rounding), self.currency)

    def split(self, weights: Sequence[int | Decimal]) -> "tuple[Money, ...]":
        """Share the amount by weights so that the parts sum to it exactly.

        Largest remainder: each part is its exact share rounded towards zero; the units left over
        go one each to the parts that lost most, the earlier first among equals. A negative amount
        is shared as its opposite. Worked: 100.00 by 1, 1, 1 is 33.34, 33.33, 33.33.
        Raises `ValueError` unless the weights are finite, not negative and not all zero.
        """
        scaled = _whole_weights(weights)
        size, whole = abs(self.minor), sum(scaled)
        parts = [size * weight // whole for weight in scaled]
        by_loss = sorted(
            range(len(scaled)), key=lambda index: -(size * scaled[index] % whole)
        )  # sorting is stable: equals stay in their order
        for index in by_loss[: size - sum(parts)]:
            parts[index] += 1
        sign = -1 if self.minor < 0 else 1
        return tuple(Money(sign * part, self.currency) for part in parts)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return other.minor


# The slots themselves: a frozen dataclass refuses assignment, not its own descriptors.
_SET_MINOR: Final = vars(Money)["minor"].__set__
_SET_CURRENCY: Final = vars(Money)["currency"].__set__


def _product(minor: int, factor: Decimal | int) -> Decimal:
    if not isinstance(factor, Decimal | int):
        raise TypeError(f"money is multiplied by Decimal or int, not {type(factor).__name__}")
    return _EXACT.multiply(Decimal(factor), minor)


def _minor(amount: Decimal, shift: int, currency: str, rounding: Rounding) -> int:
    if not amount.is_finite():
        raise ValueError("an amount must be finite")
    if amount.adjusted() + shift > _LARGEST_POWER:
        raise AmountTooLarge(currency=currency)
    return int(amount.scaleb(shift, _EXACT).to_integral_value(_ROUNDINGS[rounding], _EXACT))


def _whole_weights(weights: Sequence[int | Decimal]) -> list[int]:
    exact = [Decimal(weight) for weight in weights]
    if not all(weight.is_finite() and weight >= 0 for weight in exact) or not any(exact):
        raise ValueError("weights must be finite, not negative, and not all zero")
    fractions = [Fraction(weight) for weight in exact]
    scale = lcm(*(fraction.denominator for fraction in fractions))
    return [int(fraction * scale) for fraction in fractions]
