"""Which level makes weighted instalments repay what is outstanding, exactly?"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm


def level(
    value: Fraction, *, rates: Sequence[Fraction], weights: Sequence[Fraction], left: int
) -> Fraction:
    """The level x whose instalments x · weight repay a value, unrounded.

    `value` is what is owed when the first of them falls due, profit included; `rates` are those of
    the periods after it; `left` is still owed with the last. 1,010.00 owed, then two periods at
    1 %: three instalments of 340.0221. With all weights nothing it is nothing.
    """
    rate_unit = lcm(*(rate.denominator for rate in rates))
    weight_unit = lcm(*(weight.denominator for weight in weights))
    grown, paid, scale = 1, int(weights[0] * weight_unit), 1
    for rate, weight in zip(rates, weights[1:], strict=True):
        factor = rate_unit + int(rate * rate_unit)
        scale *= rate_unit
        grown *= factor
        paid = paid * factor + int(weight * weight_unit) * scale
    if not paid:
        return Fraction(0)
    return (value * grown - left * scale) * weight_unit / paid


def equal_level(principal: int, *, numerators: Sequence[int], denominator: int) -> tuple[int, int]:
    """The equal instalment of a principal, as numerator and denominator.

    The rate of a period is its numerator over the denominator. 1,000.00 at 1/100 in 3 periods is
    340.0221.
    """
    first = numerators[0]
    count = len(numerators)
    if numerators.count(first) == count:
        if not first:
            return principal, count
        grown = (denominator + first) ** count
        return principal * grown * first, denominator * (grown - denominator**count)
    grown, paid, scale = denominator + first, 1, 1
    for numerator in numerators[1:]:
        factor = denominator + numerator
        scale *= denominator
        grown *= factor
        paid = paid * factor + scale
    return principal * grown, denominator * paid
