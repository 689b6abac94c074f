"""What becomes of one payment on one contract: its portions, its journal entry, the new sums?"""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.loans.domain import allocation, days, journal, positions, trading
from services.loans.domain.allocation import Allocation, Order, Parts, Portions
from services.loans.domain.amortisation import Advance
from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry
from services.loans.domain.positions import Day, Ladder, Position
from services.loans.domain.undue import NothingIsDue
from shared.errors import Kind, RafidError
from shared.ids import BranchId, ContractId, EntryId, RepaymentId
from shared.money import CurrencyMismatch, Money


class ContractNotPaidOut(RafidError):
    """The contract has not been paid out"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Contract {contract_id} is {state}: nothing is owed on it yet."
    contract_id: ContractId
    state: str


class AmountNotPositive(RafidError):
    """The amount must be above zero"""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} cannot be received; give an amount above zero."
    amount: Money


class DayNotPossible(RafidError):
    """The money cannot have come on that day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{received_on} is not between {earliest} (signature) and {latest} (today)."
    received_on: date
    earliest: date
    latest: date


class ContractUnknown(RafidError):
    """There is no such contract here"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No contract {contract_id} is visible to you."
    contract_id: ContractId


class RepaymentUnknown(RafidError):
    """There is no such repayment here"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No repayment {repayment_id} is visible to you."
    repayment_id: RepaymentId


class AlreadyReversed(RafidError):
    """The repayment cannot be reversed again"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Repayment {repayment_id} is reversed already, or is a reversal itself."
    repayment_id: RepaymentId


class MoneyArrived(RafidError):
    """The money of this repayment has arrived"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Repayment {repayment_id} came by a payment that stands: have the payment reversed."
    repayment_id: RepaymentId


class RepaymentBusy(RafidError):
    """The repayment's contract changes too fast"""

    kind = Kind.UNAVAILABLE
    service = "loans"
    detail = "The contract of {repayment_id} kept changing; nothing was done, send it again."
    repayment_id: RepaymentId


class ContractBusy(RafidError):
    """The contract changes too fast"""

    kind = Kind.UNAVAILABLE
    service = "loans"
    detail = "Contract {contract_id} kept changing; nothing was done, send the request again."
    contract_id: ContractId


class ContractWrittenOff(RafidError):
    """The loan was written off"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Contract {contract_id} is written off: book what comes on it as a recovery."
    contract_id: ContractId


class ContractIsClosed(RafidError):
    """The contract is closed"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Contract {contract_id} is settled and closed: reopen it before {amount} is moved."
    contract_id: ContractId
    amount: Money


class CourseNotServed(RafidError):
    """Nothing here folds this contract's course"""

    kind = Kind.UNAVAILABLE
    service = "loans"
    detail = "Contract {contract_id} is served by its whole course, which is not served here."
    contract_id: ContractId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveRepayment:
    """The command: this money came on this day; `key` None means no repetition is expected."""

    contract_id: ContractId
    amount: Money
    received_on: date
    today: date
    channel: Channel
    actor_id: UUID
    branch_ids: frozenset[BranchId] | None = None
    key: str | None = None
    request_hash: bytes = b""
    payment_id: UUID | None = None
    effect: Advance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseRepayment:
    """The command: this repayment was a mistake of a kind, take it back."""

    repayment_id: RepaymentId
    reason: str
    actor_id: UUID
    key: str | None = None
    request_hash: bytes = b""
    branch_ids: frozenset[BranchId] | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """A generation of instalments: its number, the day from which it holds, its running totals."""

    generation: int
    since: date | None
    ladder: Ladder


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a decision needs of a contract: terms, sums paid so far, and who has closed what.

    `instalments` and `due_on` are those of the current generation, agreed on `generation_from`.
    `days` are the days on which something moved, at least from the last one before any movement
    that is decided now. `earlier` are the agreements that held before, where a day lies in them.
    """

    contract_id: ContractId
    status: str
    signed_on: date
    fund: FundAccounts
    order: Order
    instalments: tuple[Parts, ...]
    paid: Portions
    version: int
    closed_through: date | None
    disbursed: int = 0
    due_on: tuple[date, ...] = ()
    days: tuple[Day, ...] = ()
    generation: int = 1
    generation_from: date | None = None
    servicing: str = "waterfall"
    renegotiated_on: date | None = None
    sharia_bound: bool = True
    defers_profit: bool = False
    owes_money: bool = True
    earlier: tuple[Agreed, ...] = ()

    @property
    def owed_minor(self) -> int:
        """All that was agreed, in minor units."""
        return sum(map(sum, self.instalments))

    def pours(self) -> bool:
        """Whether money simply pours over these instalments, whatever its day.

        Not where profit follows the real days of payment: there the course is folded anew. Nor
        where money paid ahead makes fewer or smaller instalments.
        """
        return self.servicing == "waterfall"

    def reaches_before(self, day: date) -> bool:
        """Whether a day lies before the agreement that now holds."""
        return self.generation_from is not None and day < self.generation_from

    @property
    def agreed(self) -> Agreed:
        """The agreement that holds now."""
        ladder = Ladder.of(self.instalments, self.due_on, self.order)
        return Agreed(self.generation, self.generation_from, ladder)

    def agreed_before(self, day: date) -> Agreed | None:
        """The agreement that held on a day before the one that holds now, if one did."""
        if not self.reaches_before(day):
            return None
        holding = [one for one in self.earlier if one.since is None or one.since <= day]
        return max(holding, key=lambda one: one.generation, default=None)

    def counts_as(self, day: date) -> positions.Standing:
        """What the contract counts as on a day while it owes something."""
        if self.renegotiated_on is None or day < self.renegotiated_on:
            return positions.Standing.ACTIVE
        return positions.Standing.RENEGOTIATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A payment's portions, its entry, and the standing after it."""

    portions: Portions
    entry: JournalEntry
    after: Standing
    closes: bool
    positions: tuple[Position, ...] = field(default=())
    generations: tuple[int, ...] = field(default=())


def collect(
    standing: Standing,
    *,
    amount: Money,
    received_on: date,
    channel: Channel,
    today: date,
    has_arrived: bool = False,
) -> Decided:
    """Decide one payment: where each minor unit goes.

    Nothing but a wrong date, currency or an unpaid-out contract refuses it: more than is owed
    becomes surplus, on a contract that is closed too if it `has_arrived` and cannot be sent away.
    The entry falls on the day the money came, or on the first open day of the
    books. 300 on instalments of 250 + 10 with nothing paid: profit 20, principal 280.
    Raises NothingIsDue, ContractWrittenOff, ContractIsClosed, ContractNotPaidOut,
    AmountNotPositive, DayNotPossible, CurrencyMismatch.
    """
    require(standing, amount=amount, received_on=received_on, today=today, has_arrived=has_arrived)
    return _move(standing, amount.minor, booked_on=received_on, channel=channel)


def require(
    standing: Standing, *, amount: Money, received_on: date, today: date, has_arrived: bool = False
) -> None:
    """Refuse money that cannot have come on the contract on that day (see `collect`)."""
    require_not_given_up(standing)
    if not (standing.instalments and standing.owes_money):
        raise NothingIsDue
    if standing.status == "closed" and not has_arrived:
        raise ContractIsClosed(contract_id=standing.contract_id, amount=amount)
    if standing.status not in {"active", "closed"}:
        raise ContractNotPaidOut(contract_id=standing.contract_id, state=standing.status)
    if amount.currency != standing.fund.currency:
        raise CurrencyMismatch(left=standing.fund.currency, right=amount.currency)
    if amount.minor <= 0:
        raise AmountNotPositive(amount=amount)
    if not standing.signed_on <= received_on <= today:
        raise DayNotPossible(received_on=received_on, earliest=standing.signed_on, latest=today)


def require_not_given_up(standing: Standing) -> None:
    """Raise `ContractWrittenOff` for a contract that was given up in the books."""
    if standing.status == "written_off":
        raise ContractWrittenOff(contract_id=standing.contract_id)


def require_may_owe(standing: Standing, *, taken: int) -> None:
    """Refuse to take money back from a contract that was given up, or closed and would owe again.

    Raises ContractWrittenOff, ContractIsClosed.
    """
    require_not_given_up(standing)
    if standing.status == "closed" and standing.paid.total - taken < standing.owed_minor:
        amount = Money(taken, standing.fund.currency)
        raise ContractIsClosed(contract_id=standing.contract_id, amount=amount)


def take_back(
    standing: Standing, *, amount: Money, booked_on: date, channel: Channel, entry_id: EntryId
) -> Decided:
    """Decide the reversal of a payment: the difference to the standing without it.

    `booked_on` is the day the payment came: the standing of every day since is without it.

    All portions are negative. The newest payment's reversal is its exact opposite; an older one's
    is the net of that opposite and of what later payments now fill instead. The entry names
    `entry_id`, the one it reverses. Raises ContractWrittenOff, and ContractIsClosed where a
    closed contract would owe again.
    """
    require_may_owe(standing, taken=amount.minor)
    decided = _move(standing, -amount.minor, booked_on=booked_on, channel=channel)
    entry = replace(decided.entry, kind=EntryKind.REVERSAL, reverses_entry_id=entry_id)
    return replace(decided, entry=entry)


def _move(standing: Standing, minor: int, *, booked_on: date, channel: Channel) -> Decided:
    before = standing.paid.total
    portions = allocation.allocate(
        minor, paid_before=before, instalments=standing.instalments, order=standing.order
    )
    entry = entry_of(standing, portions, booked_on=booked_on, channel=channel)
    paid = Portions(*(old + new for old, new in zip(standing.paid, portions, strict=True)))
    owed = standing.owed_minor
    changed = positions.moved(standing.days, on=booked_on, paid=minor)
    kept = (day for day in standing.days if day.valid_from < booked_on)
    after = replace(standing, paid=paid, version=standing.version + 1, days=(*kept, *changed))
    found, generations = stood(standing, changed, principal=paid.principal)
    return Decided(
        portions=portions,
        entry=entry,
        after=after,
        closes=before < owed <= paid.total,
        positions=found,
        generations=generations,
    )


def entry_of(
    standing: Standing, portions: Portions, *, booked_on: date, channel: Channel
) -> JournalEntry:
    """The entry that books portions on their day, or on the first open day of the books."""
    entry = journal.repayment_entry(
        Allocation.of(portions, standing.fund.currency),
        fund=standing.fund,
        received_on=days.open_day(booked_on, closed_through=standing.closed_through),
        contract_id=standing.contract_id,
        channel=channel,
        sharia_bound=standing.sharia_bound,
    )
    if standing.defers_profit:
        profit = Money(portions.profit, standing.fund.currency)
        entry = trading.undeferred(entry, profit=profit, fund=standing.fund)
    return entry


def stood(
    standing: Standing, changed: tuple[Day, ...], *, principal: int
) -> tuple[tuple[Position, ...], tuple[int, ...]]:
    """The positions of the days that changed, and the generation each stands on.

    Most movements change the newest day alone, which stands where the sums paid say.
    """
    newest = changed[-1]
    if len(changed) == 1 and not standing.reaches_before(newest.valid_from):
        position = positions.stand_of(
            newest,
            principal=principal,
            instalments=standing.instalments,
            due_on=standing.due_on,
            base=standing.counts_as(newest.valid_from),
        )
        return (position,), (standing.generation,)
    now = standing.agreed
    held = [standing.agreed_before(day.valid_from) or now for day in changed]
    stood = tuple(
        positions.stand(day, ladder=agreed.ladder, base=standing.counts_as(day.valid_from))
        for day, agreed in zip(changed, held, strict=True)
    )
    return stood, tuple(agreed.generation for agreed in held)
