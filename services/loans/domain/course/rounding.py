"""What is a fraction of minor units in whole ones, by the rounding that was agreed?"""

from shared.money import Rounding


def whole(top: int, bottom: int = 1, rounding: Rounding = "half_even") -> int:
    """A fraction that is not negative, as a whole number.

    Worked: 5/2 is 2 half to even, 3 half up, 2 half down; 7/3 is 3 up and 2 down.
    """
    found, rest = divmod(top, bottom)
    if not rest:
        return found
    twice = 2 * rest - bottom
    match rounding:
        case "half_even":
            up = twice > 0 or (twice == 0 and found & 1)
        case "half_up":
            up = twice >= 0
        case "half_down":
            up = twice > 0
        case "up" | "ceiling":
            up = True
        case _:
            up = False
    return found + 1 if up else found


def shared(amount: int, count: int) -> int:
    """An equal share, half to even: 125 in two is 62, 127 in two is 64."""
    return whole(amount, count) if amount >= 0 else -whole(-amount, count)


def to_multiple(amount: int, multiple: int) -> int:
    """Rounded half to even to a multiple, but never a positive amount to nothing.

    Worked: 17.01 in whole units is 17.00; 0.33 stays 0.33.
    """
    if multiple <= 1:
        return amount
    return shared(amount, multiple) * multiple or amount
