"""What is money in a donor's currency worth in the fund's, and what did the exchange gain or lose?

A receipt is booked at the dated rate of the table. The bank credits what it credits: the
difference is a gain or a loss of the exchange, and never a smaller gift.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from shared.errors import Kind, RafidError
from shared.money import Money, exponent_of

RATE_MAX = Decimal(10) ** 9
RATE_DIGITS = 12
STRAY = Fraction(1, 5)


class RateNotPossible(RafidError):
    """The exchange rate is not possible"""

    kind = Kind.RULE
    service = "loans"
    detail = "{rate} {quote} for one {base} is no rate: above 0, at most {digits} decimals."
    base: str
    quote: str
    rate: Decimal
    digits: int


class ExchangeStrays(RafidError):
    """The bank credited too far from the rate of the day"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{credited} was credited; at the rate of {rated_on} it would be {at_rate}. Correct the rate"
        " or the amount."
    )
    credited: Money
    at_rate: Money
    rated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many units of `quote` for one of `base`, by a source, for a day."""

    base: str
    quote: str
    on: date
    rate: Decimal
    source: str

    def __post_init__(self) -> None:
        exponent = self.rate.as_tuple().exponent
        is_fine = isinstance(exponent, int) and -exponent <= RATE_DIGITS
        if self.base == self.quote or not is_fine or not 0 < self.rate < RATE_MAX:
            raise RateNotPossible(
                base=self.base, quote=self.quote, rate=self.rate, digits=RATE_DIGITS
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What was paid, what it is worth at the rate, and what the bank credited."""

    paid: Money
    at_rate: Money
    credited: Money
    rate: Rate

    @property
    def difference(self) -> Money:
        """What was credited beyond the rate: below zero a loss."""
        return self.credited - self.at_rate


def convert(paid: Money, *, rate: Rate) -> Money:
    """An amount at a rate, rounded half to even once.

    100.00 USD at 0.709 is 70.900 JOD, the mid rate at which the Central Bank of Jordan has pegged
    the dinar since October 1995. Raises `CurrencyMismatch` of another currency than the base.
    """
    _ = paid + Money.zero(rate.base)  # another currency raises CurrencyMismatch
    scale = Fraction(10) ** (exponent_of(rate.quote) - exponent_of(rate.base))
    return Money(round(paid.minor * Fraction(rate.rate) * scale), rate.quote)


def exchange(paid: Money, *, credited: Money, rate: Rate) -> Exchanged:
    """An exchange that happened. Raises `ExchangeStrays` where it is a fifth off the rate.

    A decimal point set wrong, or a rate the wrong way round, is found here and not in the books.
    """
    at_rate = convert(paid, rate=rate)
    _ = credited + at_rate  # another currency raises CurrencyMismatch
    if abs(credited.minor - at_rate.minor) > at_rate.minor * STRAY or not credited.is_positive:
        raise ExchangeStrays(credited=credited, at_rate=at_rate, rated_on=rate.on)
    return Exchanged(paid=paid, at_rate=at_rate, credited=credited, rate=rate)


def entry(
    exchanged: Exchanged, *, fund: FundAccounts, received_on: date, channel: Channel
) -> JournalEntry | None:
    """What the exchange gained or lost; None where the bank credited what the rate says.

    70.900 at the rate, 70.750 credited: Dr exchange loss 0.150, Cr bank 0.150.
    """
    difference = exchanged.difference
    if not difference.minor:
        return None
    account = "exchange_gain" if difference.is_positive else "exchange_loss"
    moved = {channel.value: difference, account: -difference}
    return JournalEntry(
        kind=EntryKind.EXCHANGE,
        occurred_on=received_on,
        lines=tuple(
            Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
            for code, amount in moved.items()
        ),
    )
