"""Money is converted once at a dated rate; what the bank credited beside it is a gain or a loss."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import agreement_exchange
from services.loans.domain.agreement_exchange import ExchangeStrays, Rate, RateNotPossible
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import Channel, EntryKind
from shared import ids
from shared.ids import FundId
from shared.money import CurrencyMismatch, Money

DAY = date(2026, 3, 1)
FUND = FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.DONATION, currency="JOD")


def rate(base: str, quote: str, text: str) -> Rate:
    return Rate(base=base, quote=quote, on=DAY, rate=Decimal(text), source="test")


PEG = rate("USD", "JOD", "0.709")


# Official pegs, each set by the central bank of its currency: Jordan 1995 (0.709 mid), Bahrain
# 0.376, Saudi Arabia 3.75, United Arab Emirates 3.6725; the CFA franc at 655.957 to the euro by
# decision of the Council of the European Union 98/683/EC.
@pytest.mark.parametrize(
    ("base", "quote", "text", "paid", "worth"),
    [
        ("USD", "JOD", "0.709", "100.00", "70.900"),
        ("USD", "JOD", "0.709", "0.01", "0.007"),
        ("USD", "BHD", "0.376", "1000.00", "376.000"),
        ("USD", "SAR", "3.75", "1000.00", "3750.00"),
        ("USD", "AED", "3.6725", "1000.00", "3672.50"),
        ("EUR", "XOF", "655.957", "1000.00", "655957"),
        ("EUR", "XOF", "655.957", "0.01", "7"),
        ("JOD", "USD", "1.41", "0.005", "0.01"),
    ],
)
def test_a_peg_gives_what_everybody_knows(
    base: str, quote: str, text: str, paid: str, worth: str
) -> None:
    given_ = Money.parse(paid, base)
    assert agreement_exchange.convert(given_, rate=rate(base, quote, text)) == Money.parse(
        worth, quote
    )


def test_a_tie_goes_to_the_even_minor_unit() -> None:
    half = rate("USD", "SAR", "0.5")
    assert agreement_exchange.convert(Money(1, "USD"), rate=half).minor == 0
    assert agreement_exchange.convert(Money(3, "USD"), rate=half).minor == 2


@pytest.mark.parametrize(
    "text", ["0", "-0.709", "1000000000", "NaN", "Infinity", "0.1234567890123"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(RateNotPossible):
        rate("USD", "JOD", text)
    with pytest.raises(RateNotPossible):
        rate("USD", "USD", "1")


def test_another_currency_is_not_converted() -> None:
    with pytest.raises(CurrencyMismatch):
        agreement_exchange.convert(Money.parse("1.00", "EUR"), rate=PEG)
    with pytest.raises(CurrencyMismatch):
        agreement_exchange.exchange(
            Money.parse("1.00", "USD"), credited=Money.parse("0.71", "EUR"), rate=PEG
        )


@pytest.mark.parametrize(
    ("credited", "debits"),
    [
        ("70.750", {"bank": -150, "exchange_loss": 150}),
        ("71.000", {"bank": 100, "exchange_gain": -100}),
    ],
)
def test_the_difference_is_booked_on_its_own_side(credited: str, debits: dict[str, int]) -> None:
    exchanged = agreement_exchange.exchange(
        Money.parse("100.00", "USD"), credited=Money.parse(credited, "JOD"), rate=PEG
    )
    entry = agreement_exchange.entry(exchanged, fund=FUND, received_on=DAY, channel=Channel.BANK)
    assert entry is not None
    assert entry.kind is EntryKind.EXCHANGE
    assert {line.account_code: line.amount.minor for line in entry.lines} == debits


def test_without_a_difference_nothing_is_booked() -> None:
    exchanged = agreement_exchange.exchange(
        Money.parse("100.00", "USD"), credited=Money.parse("70.900", "JOD"), rate=PEG
    )
    entry = agreement_exchange.entry(exchanged, fund=FUND, received_on=DAY, channel=Channel.BANK)
    assert entry is None


@pytest.mark.parametrize("credited", ["56.719", "85.081", "0.000", "-70.900", "141.044"])
def test_a_fifth_off_the_rate_is_taken_for_an_error(credited: str) -> None:
    paid = Money.parse("100.00", "USD")
    with pytest.raises(ExchangeStrays):
        agreement_exchange.exchange(paid, credited=Money.parse(credited, "JOD"), rate=PEG)
    for edge in ("56.720", "85.080"):
        agreement_exchange.exchange(paid, credited=Money.parse(edge, "JOD"), rate=PEG)


@given(
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    text=st.decimals("0.0001", "9999", places=6),
)
def test_parts_are_worth_what_the_whole_is_to_a_unit_each(parts: list[int], text: Decimal) -> None:
    told = Rate(base="USD", quote="JOD", on=DAY, rate=text, source="test")
    pieces = [agreement_exchange.convert(Money(part, "USD"), rate=told).minor for part in parts]
    whole = agreement_exchange.convert(Money(sum(parts), "USD"), rate=told).minor
    assert abs(sum(pieces) - whole) <= len(parts)
