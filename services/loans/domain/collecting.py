"""What becomes of one payment on one contract: its portions, its journal entry, the new sums?"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.loans.domain import allocation, journal
from services.loans.domain.allocation import Allocation, Order, Parts, Portions
from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, JournalEntry
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import CurrencyMismatch, Money


class ContractNotPaidOut(RafidError):
    """The contract has not been paid out."""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Contract {contract_id} is {status}: nothing is owed on it yet."
    contract_id: ContractId
    status: str


class AmountNotPositive(RafidError):
    """The amount must be above zero."""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} cannot be received; give an amount above zero."
    amount: Money


class DayNotPossible(RafidError):
    """The money cannot have come on that day."""

    kind = Kind.RULE
    service = "loans"
    detail = "{received_on} is not between {earliest} (signature) and {latest} (today)."
    received_on: date
    earliest: date
    latest: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a decision needs of a contract: terms, sums paid so far, and who has closed what."""

    contract_id: ContractId
    status: str
    signed_on: date
    fund: FundAccounts
    order: Order
    instalments: tuple[Parts, ...]
    paid: Portions
    version: int
    closed_through: date | None

    @property
    def owed_minor(self) -> int:
        """All that was agreed, in minor units."""
        return sum(map(sum, self.instalments))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A payment's portions, its entry, and the standing after it."""

    portions: Portions
    entry: JournalEntry
    after: Standing
    closes: bool


def collect(
    standing: Standing, *, amount: Money, received_on: date, channel: Channel, today: date
) -> Decided:
    """Decide one payment: where each minor unit goes.

    Nothing but a wrong date, currency or an unpaid-out contract refuses it: more than is owed
    becomes surplus. The entry falls on the day the money came, or on the first open day of the
    books. 300 on instalments of 250 + 10 with nothing paid: profit 20, principal 280.
    Raises ContractNotPaidOut, AmountNotPositive, DayNotPossible, CurrencyMismatch.
    """
    if standing.status != "active":
        raise ContractNotPaidOut(contract_id=standing.contract_id, status=standing.status)
    if amount.currency != standing.fund.currency:
        raise CurrencyMismatch(left=standing.fund.currency, right=amount.currency)
    if amount.minor <= 0:
        raise AmountNotPositive(amount=amount)
    if not standing.signed_on <= received_on <= today:
        raise DayNotPossible(received_on=received_on, earliest=standing.signed_on, latest=today)
    return _move(standing, amount.minor, booked_on=received_on, channel=channel)


def take_back(standing: Standing, *, amount: Money, booked_on: date, channel: Channel) -> Decided:
    """Decide the reversal of a payment: the difference to the standing without it.

    All portions are negative. The newest payment's reversal is its exact opposite; an older one's
    is the net of that opposite and of what later payments now fill instead.
    """
    return _move(standing, -amount.minor, booked_on=booked_on, channel=channel)


def _move(standing: Standing, minor: int, *, booked_on: date, channel: Channel) -> Decided:
    before = standing.paid.total
    portions = allocation.allocate(
        minor, paid_before=before, instalments=standing.instalments, order=standing.order
    )
    entry = journal.repayment_entry(
        Allocation.of(portions, standing.fund.currency),
        fund=standing.fund,
        received_on=_open_day(booked_on, standing.closed_through),
        contract_id=standing.contract_id,
        channel=channel,
    )
    paid = Portions(*(old + new for old, new in zip(standing.paid, portions, strict=True)))
    owed = standing.owed_minor
    return Decided(
        portions=portions,
        entry=entry,
        after=replace(standing, paid=paid, version=standing.version + 1),
        closes=before < owed <= paid.total,
    )


def _open_day(day: date, closed_through: date | None) -> date:
    if closed_through is None or day > closed_through:
        return day
    return closed_through + timedelta(days=1)
