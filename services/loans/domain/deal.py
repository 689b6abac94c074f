"""Which step of a deal may follow, on which day, with which documents and amounts?

A mode of finance that buys, owns, leases or shares runs in steps, each with its evidence. The
steps are data: one row each, in the mode's own module; this module reads them all alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from services.loans.domain import lifecycle
from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError, Sentence
from shared.ids import ContractId
from shared.money import CurrencyMismatch, Money

AGREED: Final = "agreed"
"""Where every deal begins: the contract is signed, nothing is done."""

CLIENT: Final = "client"
"""The party of a step in which money goes to, or comes from, the client."""


class StepsNotKnown(RafidError):
    """This mode of finance has no steps"""

    kind = Kind.RULE
    service = "loans"
    detail = "A contract in the mode {mode} is paid out and repaid; it has no steps to record."
    mode: str


class StepBeforeItsCause(RafidError):
    """The step is dated before the one it rests on"""

    kind = Kind.RULE
    service = "loans"
    detail = "The step {step} is dated {on}; the step {before} before it was on {before_on}."
    step: str
    on: date
    before: str
    before_on: date


class EvidenceMissing(RafidError):
    """A document is missing"""

    kind = Kind.RULE
    service = "loans"
    detail = "The step {step} needs these documents: {missing}."
    step: str
    missing: tuple[str, ...]


class StepUnclear(RafidError):
    """The step lacks a figure, or has one that it does not take"""

    kind = Kind.RULE
    service = "loans"
    detail = "The step {step} takes {member} as: {expected}."
    step: str
    member: str
    expected: Sentence


class PartyMissing(RafidError):
    """The other party of the step is not named"""

    kind = Kind.RULE
    service = "loans"
    detail = "The step {step} needs its party: {party}."
    step: str
    party: str


class PartyIsClient(RafidError):
    """The client cannot be the other party"""

    kind = Kind.RULE
    service = "loans"
    detail = "In the step {step} the client cannot be the {party} too."
    step: str
    party: str


class Ending(StrEnum):
    """How a step ends its contract.

    `cancelled`: nothing was sold, leased or handed over; what the fund had committed and not paid
    is free again. `closed`: nothing is owed any more.
    """

    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of a mode's transition table: what it takes to go on, and where it leads.

    `to` None: the deal stays where it is. `documents` must be shown; `amounts`, `figures` and
    `days` given, those of `may_have` may be. `party` is who stands on the other side: never the
    client, unless it says so. A step `by_another` is taken by who recorded none of the papers.
    """

    code: str
    after: tuple[str, ...]
    to: str | None = None
    documents: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()
    party: str | None = None
    moves_money: bool = False
    by_another: bool = False
    ends: Ending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who stands on the other side; `borrower_id` where it is a borrower of ours."""

    party_id: UUID
    borrower_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step that was done, or is proposed. `documents`: kind and digest of each paper."""

    code: str
    on: date
    documents: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, Money] = field(default_factory=dict)
    figures: Mapping[str, Decimal] = field(default_factory=dict)
    days: Mapping[str, date] = field(default_factory=dict)
    party: Party | None = None
    channel: Channel = Channel.CASH

    def amount(self, name: str, currency: str) -> Money:
        """An amount of the step; nothing where it was not given."""
        return self.amounts.get(name, Money.zero(currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a step made of money at work where no instalment is owed.

    `at_work`: how much more stands with the client. `principal` and `profit` came back; `declared`
    is our part of a result, a loss below 0.
    """

    at_work: Money
    principal: Money
    profit: Money
    declared: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a step changes of its contract beside what it books.

    `instalments` hold from its day on (None: they stay). `settled` came back otherwise than by a
    repayment: goods, at what they stood for. `anew`: agreed later than before. `terms` are agreed
    instead of those signed, before anything was sold on them. `kept` are amounts that the step
    came to, kept with those that were given. `result`: see there.
    """

    instalments: tuple[Instalment, ...] | None = None
    settled: Money | None = None
    anew: bool = False
    terms: Terms | None = None
    kept: Mapping[str, Money] = field(default_factory=dict)
    result: Result | None = None


UNCHANGED: Final = Change()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A contract with everything that was done on it: what the guards and entries look at.

    `owed` is the principal still to come back, `paid_profit` the profit paid so far, `paid` all
    that was paid on the instalments; all are zero as long as nothing was sold, leased or handed
    over. `country` is where the institution is.
    """

    contract_id: ContractId
    borrower_id: UUID
    terms: Terms
    agreed_on: date
    fund: FundAccounts
    owed: Money
    paid_profit: Money
    paid: Money
    country: str = ""
    instalments: tuple[Instalment, ...] = ()
    taken: tuple[Taken, ...] = ()

    @property
    def currency(self) -> str:
        """The one currency of the deal."""
        return self.terms.currency

    @property
    def zero(self) -> Money:
        """Nothing, in the currency of the deal."""
        return Money.zero(self.currency)

    def of(self, *codes: str) -> list[Taken]:
        """The steps of these codes, in their order."""
        return [one for one in self.taken if one.code in codes]

    def total(self, name: str, *codes: str) -> Money:
        """The sum of an amount over the steps of these codes."""
        return Money.total(
            (one.amount(name, self.currency) for one in self.of(*codes)), self.currency
        )

    def count(self, name: str, *codes: str) -> Decimal:
        """The sum of a figure over the steps of these codes."""
        return sum((one.figures.get(name, Decimal(0)) for one in self.of(*codes)), Decimal(0))


class Stepped(Protocol):
    """What this module needs of a mode; a module of `modes` is one.

    `STEPS` is the transition table; empty where the contract is paid out and repaid.
    """

    STEPS: Sequence[Step]

    def check(self, step: Taken, *, deal: Deal) -> None:
        """Refuse what the mode itself forbids."""

    def entry(self, step: Taken, *, deal: Deal) -> JournalEntry | None:
        """What the step books, or None."""

    def change(self, step: Taken, *, deal: Deal) -> Change:
        """What the step makes of the instalments."""


def transitions(steps: Sequence[Step]) -> dict[tuple[str, str], str]:
    """The rows as (stage, step) and the stage after it."""
    return {(before, step.code): step.to or before for step in steps for before in step.after}


def stage(steps: Sequence[Step], *, taken: Sequence[Taken]) -> str:
    """Where a deal stands after its steps. Raises `TransitionRefused`."""
    table, standing = transitions(steps), AGREED
    for one in taken:
        standing = _next(standing, code=one.code, table=table)
    return standing


def following(steps: Sequence[Step], *, taken: Sequence[Taken]) -> tuple[Step, ...]:
    """The steps that may come next."""
    standing = stage(steps, taken=taken)
    return tuple(step for step in steps if standing in step.after)


def follow(mode: Stepped, step: Taken, *, deal: Deal) -> tuple[Step, JournalEntry | None]:
    """The row of a step that may be taken now, and what it books; nothing changes by asking.

    Worked: a murabaha after its promise takes `purchase` with an invoice, a supplier who is not
    the client and a day not before the promise; it books Dr goods, Cr cash. Raises
    `StepsNotKnown`, `TransitionRefused`, `StepBeforeItsCause`, `EvidenceMissing`, `StepUnclear`,
    `PartyMissing`, `PartyIsClient`, and what the mode itself raises.
    """
    if not mode.STEPS:
        raise StepsNotKnown(mode=deal.terms.mode_of_finance.value)
    standing = stage(mode.STEPS, taken=deal.taken)
    _next(standing, code=step.code, table=transitions(mode.STEPS))
    row = next(one for one in mode.STEPS if one.code == step.code and standing in one.after)
    _check_day(step, deal=deal)
    missing = tuple(kind for kind in row.documents if not step.documents.get(kind))
    if missing:
        raise EvidenceMissing(step=step.code, missing=missing)
    _check_figures(step, row=row, currency=deal.currency)
    _check_days(step, row=row)
    _check_party(step, row=row, borrower_id=deal.borrower_id)
    mode.check(step, deal=deal)
    return row, mode.entry(step, deal=deal)


def booked(step: Taken, *, deal: Deal, moved: Mapping[str, Money]) -> JournalEntry | None:
    """The entry of a step: amounts by account, debit positive; None where nothing moves.

    The account `money` is the one of the step's channel. Raises `AccountNotInChart`,
    `CurrencyMismatch`, `UnbalancedEntry`.
    """
    for amount in moved.values():
        if amount.currency != deal.fund.currency:
            raise CurrencyMismatch(left=deal.fund.currency, right=amount.currency)
    if not any(amount.minor for amount in moved.values()):
        return None
    accounts = {"money": step.channel.value}
    return JournalEntry(
        kind=EntryKind.DEAL,
        occurred_on=step.on,
        lines=tuple(
            Line(
                account_code=deal.fund.account(accounts.get(code, code)),
                fund_id=deal.fund.fund_id,
                amount=amount,
            )
            for code, amount in moved.items()
            if amount.minor
        ),
        contract_id=deal.contract_id,
    )


def after(deal: Deal, step: Taken) -> Deal:
    """The deal with one step more."""
    return replace(deal, taken=(*deal.taken, step))


def forbids_nothing(step: Taken, *, deal: Deal) -> None:
    """The check of a mode that has no rule beyond its table."""


def books_nothing(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """The entry of a mode without steps: none."""
    del step, deal
    return None


def changes_nothing(step: Taken, *, deal: Deal) -> Change:
    """What a mode makes of the instalments whose steps leave them as they are."""
    del step, deal
    return UNCHANGED


def ended(steps: Sequence[Step], *, taken: Sequence[Taken]) -> bool:
    """Whether the last stage was reached by a step that ends the contract."""
    return stage(steps, taken=taken) in {step.to for step in steps if step.ends}


def _next(standing: str, *, code: str, table: Mapping[tuple[str, str], str]) -> str:
    found = table.get((standing, code))
    if found is None:
        allowed = tuple(step for before, step in table if before == standing)
        raise lifecycle.TransitionRefused(state=standing, event=code, allowed=allowed)
    return found


def _check_day(step: Taken, *, deal: Deal) -> None:
    last = deal.taken[-1] if deal.taken else None
    before, before_on = ("agreement", deal.agreed_on) if last is None else (last.code, last.on)
    if step.on < before_on:
        raise StepBeforeItsCause(step=step.code, on=step.on, before=before, before_on=before_on)


def _check_figures(step: Taken, *, row: Step, currency: str) -> None:
    numbers: dict[str, Decimal] = {name: amount.decimal for name, amount in step.amounts.items()}
    numbers |= step.figures
    taken = {*row.amounts, *row.figures, *row.may_have}
    for name in (*row.amounts, *row.figures, *numbers):
        number = numbers.get(name)
        if name not in taken:
            raise StepUnclear(step=step.code, member=name, expected=Sentence("nothing"))
        if number is None or not number.is_finite() or number <= 0:
            raise StepUnclear(step=step.code, member=name, expected=Sentence("a figure above zero"))
        is_amount = name in row.amounts or (name in row.may_have and name in step.amounts)
        if is_amount and (name not in step.amounts or step.amounts[name].currency != currency):
            expected = Sentence("an amount in the currency of the contract")
            raise StepUnclear(step=step.code, member=name, expected=expected)
        if name in row.figures and name not in step.figures:
            raise StepUnclear(step=step.code, member=name, expected=Sentence("a plain number"))


def _check_days(step: Taken, *, row: Step) -> None:
    for name in (*row.days, *step.days):
        if name not in (*row.days, *row.may_have):
            raise StepUnclear(step=step.code, member=name, expected=Sentence("nothing"))
        if name not in step.days:
            raise StepUnclear(step=step.code, member=name, expected=Sentence("a day"))


def _check_party(step: Taken, *, row: Step, borrower_id: UUID) -> None:
    if row.party is None or row.party == CLIENT:
        if step.party is not None:
            raise StepUnclear(step=step.code, member="party", expected=Sentence("nothing"))
        return
    if step.party is None:
        raise PartyMissing(step=step.code, party=row.party)
    if step.party.borrower_id == borrower_id:
        raise PartyIsClient(step=step.code, party=row.party)
