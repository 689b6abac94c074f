"""Who bears which part of a profit, a loss, a crop or an agent's success?"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from shared.errors import Kind, RafidError
from shared.money import Money

WHOLE: Final = Decimal(1)


class SharesNotWhole(RafidError):
    """The shares do not make a whole"""

    kind = Kind.RULE
    service = "loans"
    detail = "Shares are fractions of the whole, none below 0, that sum to 1; these sum to {total}."
    total: Decimal


class RatioAboveCapital(RafidError):
    """A partner who does not work takes no more of the profit than of the capital"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "A profit ratio of {ratio} is above the capital share of {capital_share}"
        " (AAOIFI Sharia Standard 12)."
    )
    ratio: Decimal
    capital_share: Decimal


def profit_shares(profit: Money, *, ratios: Sequence[Decimal]) -> tuple[Money, ...]:
    """A profit that was made, by the ratio agreed at the contract; nothing is lost in rounding.

    3,000.00 SAR by 60/40 is 1,800.00 and 1,200.00. The ratio is of the profit, never of the
    capital (AAOIFI Sharia Standard 13). Raises `SharesNotWhole`.
    """
    check_whole(ratios)
    return profit.split(ratios)


def loss_shares(loss: Money, *, capitals: Sequence[Money]) -> tuple[Money, ...]:
    """A loss strictly by capital, whatever the ratio of profit (AAOIFI Sharia Standard 12).

    5,000.00 EGP on capitals of 12,000.00 and 18,000.00 is 2,000.00 and 3,000.00. A worker without
    capital bears nothing of it.
    """
    return loss.split([capital.minor for capital in capitals])


def check_sleeping(ratio: Decimal, *, capital: Money, others: Money) -> None:
    """Refuse a ratio above the capital share for a partner who will not work.

    40 % of the profit with 12,000 of 30,000 is right, 41 % is not. Raises `RatioAboveCapital`.
    """
    share = Decimal(capital.minor) / (capital + others).minor
    if ratio > share:
        raise RatioAboveCapital(ratio=ratio, capital_share=round(share, 6))


def crop_shares(harvest: Decimal, *, fractions: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """A harvest in its own unit by fractions of the whole; no fixed quantity for anyone.

    3,000 kg by 0.40, 0.20 and 0.40 is 1,200, 600 and 1,200 kg (AAOIFI Sharia Standard 50,
    Musaqat). Raises `SharesNotWhole`.
    """
    check_whole(fractions)
    return tuple(harvest * fraction for fraction in fractions)


def check_whole(fractions: Sequence[Decimal]) -> None:
    """Refuse fractions that are negative or do not sum to one. Raises `SharesNotWhole`."""
    total = sum(fractions, Decimal(0))
    if total != WHOLE or any(fraction < 0 for fraction in fractions):
        raise SharesNotWhole(total=total)


def incentive(invested: Money, *, expected: Decimal, actual: Decimal) -> Money:
    """What an agent keeps beside the fee where the extra above a target was left to it.

    5,000.000 BHD at 6 % instead of 4 % is 100.000; below the target nothing (AAOIFI Sharia
    Standards 23 and 46).
    """
    return invested.times(max(actual - expected, Decimal(0)))


def contribution(financed: Money, *, share: Decimal) -> Money:
    """The gift (tabarru') to the participants' fund: 1.5 % of 20,500.00 MAD is 307.50.

    It belongs to the fund of the participants, not to the lender (AAOIFI Sharia Standard 26).
    """
    return financed.times(share)
