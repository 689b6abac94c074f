"""What does the close of a day book, and what does each contract add to it?

A close compares what the books should show of a book (fund, product, currency) with what the
closes before have booked, and books the difference: one entry for profit, one for loan losses.
So a close that is repeated books nothing more, and one after many days books what they sum to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from services.loans.domain import accrual, provisioning, staging
from services.loans.domain.accrual import Recognition, Window
from services.loans.domain.chart import FundAccounts
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.domain.schedule import Instalment
from services.loans.domain.staging import Stage
from shared.ids import FundId, ProductId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What the books show of a book at the end of a day, in minor units."""

    receivable: int = 0
    unearned: int = 0
    allowance: int = 0

    def __add__(self, other: "Stock") -> "Stock":
        return Stock(
            receivable=self.receivable + other.receivable,
            unearned=self.unearned + other.unearned,
            allowance=self.allowance + other.allowance,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a contract's terms and its instalments in force say.

    `effective_rate` is the yearly rate at which what it pays out and takes in are equal, fees
    included, as a fraction: the one frozen at signing, whatever was agreed since.
    """

    mode_of_finance: str
    disbursed_on: date
    effective_rate: Decimal
    instalments: Sequence[Instalment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the positions show of a contract on a day, amounts in minor units.

    `owed`: the profit earned and not paid by the day, where payments count it anew.
    """

    outstanding: int
    received: int
    oldest_open_due_on: date | None
    renegotiated_on: date | None
    owed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One contract at the end of a day, amounts in minor units.

    `received` is the profit paid. `window` and the rates of loss are those of its schedule;
    where payments count the profit anew, `owed` is what was earned and not paid by the day.
    """

    mode_of_finance: str
    outstanding: int
    received: int
    oldest_open_due_on: date | None
    renegotiated_on: date | None
    cured_on: date | None
    window: Window
    loss_year: int
    loss_life: int
    owed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one contract adds to the figures of its book."""

    bucket_from: int
    stage: Stage
    is_restructured: bool
    earned: int
    suspended: int
    expected_loss: int
    minimum: int
    stock: Stock


def part(standing: Standing, *, policy: ClosingPolicy, on: date) -> Part:
    """The figures of one contract; those of a book are the sum of its contracts, exactly.

    1,000.000 outstanding, 35 days late, with a loss over its life of 6.3244221 %: the bucket from
    31 days, the second stage, 63.244 set aside.
    """
    days = staging.days_late(standing.oldest_open_due_on, as_of=on)
    bucket = staging.bucket(days, first_days=policy.bucket_days)
    restructured = staging.is_restructured(
        renegotiated_on=standing.renegotiated_on, cured=standing.cured_on, as_of=on, days=days
    )
    stage = staging.stage(days, restructured=restructured, rule=policy.staging)
    accrues = (
        policy.recognition is not Recognition.CASH
        and standing.mode_of_finance not in accrual.NEVER_ACCRUES
    )
    earned = 0
    if accrues:
        owed = standing.owed
        earned = standing.window.earned(on) if owed is None else standing.received + owed
    shown = accrual.accrued(
        earned=earned,
        received=standing.received if accrues else 0,
        is_suspended=days > policy.non_accrual_after_days,
    )
    loss, minimum = _set_aside(standing, policy=policy, stage=stage, bucket=bucket)
    return Part(
        bucket_from=(0, *policy.bucket_days)[bucket],
        stage=stage,
        is_restructured=restructured,
        earned=earned,
        suspended=shown.suspended,
        expected_loss=loss,
        minimum=minimum,
        stock=Stock(
            receivable=shown.receivable, unearned=shown.unearned, allowance=max(loss, minimum)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a contract's figures are counted: its book, bucket and stage."""

    fund_id: FundId
    product_id: ProductId
    currency: str
    bucket_from: int
    stage: Stage
    is_restructured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The sums over the contracts of a place, in minor units; `contracts` counts them."""

    contracts: int = 0
    outstanding: int = 0
    earned: int = 0
    suspended: int = 0
    expected_loss: int = 0
    minimum: int = 0
    stock: Stock = field(default_factory=Stock)

    def __add__(self, other: "Figure") -> "Figure":
        return Figure(
            contracts=self.contracts + other.contracts,
            outstanding=self.outstanding + other.outstanding,
            earned=self.earned + other.earned,
            suspended=self.suspended + other.suspended,
            expected_loss=self.expected_loss + other.expected_loss,
            minimum=self.minimum + other.minimum,
            stock=self.stock + other.stock,
        )


def figure(part: Part, *, outstanding: int) -> Figure:
    """What one contract adds to the figure of its place."""
    return Figure(
        contracts=1,
        outstanding=outstanding,
        earned=part.earned,
        suspended=part.suspended,
        expected_loss=part.expected_loss,
        minimum=part.minimum,
        stock=part.stock,
    )


def standing(agreed: Agreed, *, policy: ClosingPolicy, on: date, shown: Shown) -> Standing:
    """A contract as it stands on a day, from what was agreed and what is shown of it.

    Its rates of loss are those of the instalments from the window's own on, in whole months from
    the window's start, so they are the same on every day of the window. What is due on no day
    counts as due in a year.
    """
    current = accrual.window(agreed.instalments, disbursed_on=agreed.disbursed_on, on=on)
    principals = [
        (provisioning.months_ahead((due.due_on - current.starts_on).days), due.principal.minor)
        for due in agreed.instalments
        if due.due_on >= current.due_on
    ] or [(provisioning.MONTHS_IN_YEAR, 1)]
    year = life = 0
    if policy.loss is not None:
        loss, rate = policy.loss, agreed.effective_rate
        year = provisioning.loss_rate(
            principals,
            shares=provisioning.shares(loss.performing, loss=loss, effective_rate=rate),
            horizon=provisioning.MONTHS_IN_YEAR,
        )
        life = provisioning.loss_rate(
            principals,
            shares=provisioning.shares(loss.underperforming, loss=loss, effective_rate=rate),
        )
    return Standing(
        mode_of_finance=agreed.mode_of_finance,
        outstanding=shown.outstanding,
        received=shown.received,
        oldest_open_due_on=shown.oldest_open_due_on,
        renegotiated_on=shown.renegotiated_on,
        cured_on=staging.cured_on(
            [due.due_on for due in agreed.instalments],
            renegotiated_on=shown.renegotiated_on,
            rule=policy.staging,
        ),
        window=accrual.window(
            agreed.instalments,
            disbursed_on=agreed.disbursed_on,
            on=on,
            recognition=policy.recognition,
        ),
        loss_year=year,
        loss_life=life,
        owed=shown.owed,
    )


def entries(
    before: Stock, after: Stock, *, fund: FundAccounts, on: date, mode_of_finance: str = ""
) -> tuple[JournalEntry, ...]:
    """The entries that bring a book from one stock to the other; none where they are equal.

    Earned and not paid grows from 100 to 130 while paid and not earned falls from 20 to 15:
    Dr profit_accrued 30, Dr profit_unearned 5, Cr profit_income 35. Where the whole profit was
    deferred at a sale, both are within it: Dr deferred_profit 35, Cr profit_income 35. The
    allowance grows from 50 to 60: Dr provision_expense 10, Cr loss_allowance 10.
    Raises `AccountNotInChart` for profit of a fund that may have none.
    """
    receivable, unearned = after.receivable - before.receivable, after.unearned - before.unearned
    allowance = after.allowance - before.allowance
    profit = {"profit_accrued": receivable, "profit_unearned": -unearned}
    if mode_of_finance in accrual.DEFERS_PROFIT:
        profit = {"deferred_profit": receivable - unearned}
    moved = {
        EntryKind.ACCRUAL: {**profit, "profit_income": unearned - receivable},
        EntryKind.PROVISION: {"provision_expense": allowance, "loss_allowance": -allowance},
    }
    return tuple(
        JournalEntry(
            kind=kind,
            occurred_on=on,
            lines=tuple(
                Line(
                    account_code=fund.account(code),
                    fund_id=fund.fund_id,
                    amount=Money(minor, fund.currency),
                )
                for code, minor in lines.items()
                if minor
            ),
        )
        for kind, lines in moved.items()
        if any(lines.values())
    )


def _set_aside(
    standing: Standing, *, policy: ClosingPolicy, stage: Stage, bucket: int
) -> tuple[int, int]:
    """The expected loss, and the least that must be set aside; nothing where goods are owed."""
    if standing.mode_of_finance in provisioning.GOODS_OWED:
        return 0, 0
    loss = 0
    if policy.loss is not None:
        rate = provisioning.rate_for(
            stage,
            year=standing.loss_year,
            life=standing.loss_life,
            default=provisioning.parts_of(policy.loss.loss_given_default),
        )
        loss = provisioning.share_of(standing.outstanding, rate)
    least = provisioning.parts_of(policy.minimums[bucket]) if policy.minimums else 0
    return loss, provisioning.share_of(standing.outstanding, least)
