"""How is an amount in minor units shared, rounded and levelled without losing a unit?"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from services.loans.domain.terms import ResidueRule
from shared.money import Rounding

LEVELLING_ROUNDS = 3
# The last instalment of a level that does not pay its profit: no shift leads there.
UNPAYABLE = 2**80


def whole(numerator: int, denominator: int, rounding: Rounding) -> int:
    """A quotient as a whole number: 5 / 2 is 2 by `half_even` and by `down`, 3 by `half_up`.

    `denominator` is positive. The roundings are those of `decimal`: `up` and `down` go away from
    and towards nothing, `ceiling` and `floor` towards more and less.
    """
    found, rest = divmod(numerator, denominator)
    if not rest:
        return found
    twice = 2 * rest
    if rounding.startswith("half") and twice != denominator:
        return found + (twice > denominator)
    return found + _goes_up(found, is_positive=numerator > 0, rounding=rounding)


def _goes_up(found: int, *, is_positive: bool, rounding: Rounding) -> bool:
    """Whether a quotient between `found` and the next whole number becomes the next."""
    if rounding == "half_even":
        return bool(found & 1)
    if rounding in ("ceiling", "floor"):
        return rounding == "ceiling"
    return is_positive is (rounding in ("up", "half_up"))


def to_multiple(amount: Fraction | int, multiple: int, rounding: Rounding) -> int:
    """An amount as a multiple: 429.17 to 5 is 430 by `half_even`."""
    return whole(amount.numerator, amount.denominator * multiple, rounding) * multiple


def equal(amount: int, count: int, *, rule: ResidueRule, rounding: Rounding) -> list[int]:
    """An amount in equal parts, by a residue rule.

    Parts that rounded up would leave the last one less than nothing are floored instead: 4 minor
    units in 6 is five times 0 and 4, not five times 1 and -1.
    """
    if rule is ResidueRule.LARGEST_REMAINDER:
        small, larger = divmod(amount, count)
        return [small] * (count - larger) + [small + 1] * larger
    part = whole(amount, count, rounding)
    if part * (count - 1) > amount:
        part = amount // count
    if rule is ResidueRule.LEVELLED:
        part = levelled(part, count=count, last_of=lambda tried: amount - tried * (count - 1))
    return [*([part] * (count - 1)), amount - part * (count - 1)]


def weighted(
    amount: int, weights: Sequence[Fraction], *, rule: ResidueRule, rounding: Rounding
) -> list[int]:
    """An amount by weights, by a residue rule; a weight of nothing has nothing.

    1,000 by 1, 0, 2 is 333, 0 and 667. The last that has a weight takes the residue; by largest
    remainder the units left over go to the parts that lost most, later ones first among equals.
    """
    bearing = [number for number, weight in enumerate(weights) if weight]
    found = [0] * len(weights)
    kept = [weights[number] for number in bearing]
    if len(set(kept)) == 1:
        parts = equal(amount, len(kept), rule=rule, rounding=rounding)
    elif rule is ResidueRule.LARGEST_REMAINDER:
        parts = _by_largest_remainder(amount, kept)
    else:
        parts = _by_rounding(amount, kept, rounding)
    for number, part in zip(bearing, parts, strict=True):
        found[number] = part
    return found


def levelled(part: int, *, count: int, last_of: Callable[[int], int]) -> int:
    """The part shifted by whole units while that brings the last one nearer to the others."""
    gap = last_of(part) - part
    for _ in range(LEVELLING_ROUNDS):
        if abs(gap) <= count // 2:
            break
        tried = part + whole(gap, count, "half_even")
        tried_gap = last_of(tried) - tried
        if abs(tried_gap) >= abs(gap) or tried_gap + tried < 0:
            break
        part, gap = tried, tried_gap
    return part


def _by_rounding(amount: int, weights: Sequence[Fraction], rounding: Rounding) -> list[int]:
    total = sum(weights, Fraction(0))
    shares = [amount * weight / total for weight in weights[:-1]]
    parts = [whole(share.numerator, share.denominator, rounding) for share in shares]
    if sum(parts) > amount:
        parts = [share.numerator // share.denominator for share in shares]
    return [*parts, amount - sum(parts)]


def _by_largest_remainder(amount: int, weights: Sequence[Fraction]) -> list[int]:
    total = sum(weights, Fraction(0))
    shares = [amount * weight / total for weight in weights]
    parts = [share.numerator // share.denominator for share in shares]
    lost = sorted(
        range(len(parts)), key=lambda number: (shares[number] - parts[number], number), reverse=True
    )
    for number in lost[: amount - sum(parts)]:
        parts[number] += 1
    return parts
