"""What do charts, entries by hand, real accounts and periods look like on the wire?"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from services.loans.accounting.by_hand import Asked
from services.loans.accounting.queries import ByHand, Numbered, Numbering
from services.loans.accounting.tables import BookPeriodCloseRow, BooksPolicyRow
from services.loans.domain import own_chart
from services.loans.domain.book_periods import BookPeriod, Check
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.intake import Line
from services.loans.domain.journal import Channel
from services.loans.domain.manual import LINES_MAX
from services.loans.domain.own_chart import ChartLine, OwnChart
from shared.money import Money
from shared.schemas import LATER, Body, Instant, MoneyBody

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, Field(min_length=1, max_length=500)]
Cell = Annotated[str, Field(max_length=200)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["JOD"])]


class ChartLineBody(Body):
    """A number of the chart: its names, its class, the number above it, our accounts under it.

    `accounts` are codes of the trial balance, each alone or with a kind of fund (`cash:waqf`);
    `own` opens an account of the institution's own for entries by hand.
    """

    number: Cell
    name_ar: Cell
    name_fr: Cell
    name_en: Cell
    account_class: Cell
    parent: Cell | None = None
    accounts: Annotated[list[Cell], Field(max_length=200)] = []
    own: bool = False

    def line(self, number: int) -> Line:
        """Give the line as it would stand in a file."""
        row = {
            "number": self.number,
            "name_ar": self.name_ar,
            "name_fr": self.name_fr,
            "name_en": self.name_en,
            "class": self.account_class,
            "parent": self.parent or "",
            "accounts": " ".join(self.accounts),
            "own": "yes" if self.own else "no",
        }
        return Line(number=number, text=";".join(row.values()), row=row)

    @classmethod
    def of(cls, line: ChartLine) -> Self:
        """Write a line."""
        return cls(
            number=line.number,
            name_ar=line.name_ar,
            name_fr=line.name_fr,
            name_en=line.name_en,
            account_class=line.account_class.value,
            parent=line.parent,
            accounts=[str(one) for one in line.accounts],
            own=line.is_own,
        )


class ChartIn(Body):
    """A whole chart; `dry_run` only tells whether it could stand."""

    lines: Annotated[list[ChartLineBody], Field(min_length=1, max_length=own_chart.LINES_MAX)]
    dry_run: bool = False

    def chart(self) -> OwnChart:
        """Give the chart. Raises `ChartRefused` with every line that is wrong."""
        lines = [one.line(number) for number, one in enumerate(self.lines, start=1)]
        return own_chart.read(own_chart.COLUMNS, lines)


class ChartKeptOut(Body):
    """What came of a chart: its version, and whether that version is new."""

    version: int
    is_new: bool
    lines: int

    @classmethod
    def of(cls, kept: Numbered, *, own: OwnChart) -> Self:
        """Write what came of it."""
        return cls(version=kept.version, is_new=kept.is_new, lines=len(own.lines))


class ChartOut(Body):
    """The institution's chart; version 0 where it has none of its own."""

    version: int
    lines: list[ChartLineBody]

    @classmethod
    def of(cls, numbering: Numbering | None) -> Self:
        """Write the chart."""
        if numbering is None:
            return cls(version=0, lines=[])
        lines = [ChartLineBody.of(line) for line in numbering.own.lines]
        return cls(version=numbering.version, lines=lines)


class ManualLineIn(Body):
    """A line: `cash`, `wallet`, `bank` or a number of the chart, debited or credited."""

    account: Annotated[str, Field(min_length=1, max_length=40)]
    side: Literal["debit", "credit"]
    amount: MoneyBody

    def signed(self) -> tuple[str, Money]:
        """Give the line with a debit positive. Raises `AmountTooLarge`, `AmountNotPositive`."""
        amount = self.amount.money()
        if not amount.is_positive:
            raise AmountNotPositive(amount=amount)
        return self.account, amount if self.side == "debit" else -amount


class ManualEntryIn(Body):
    """An entry by hand: of one fund, balanced, with the reason and the hash of its paper."""

    fund_id: UUID
    occurred_on: date | None = None
    reason: Words
    document_sha256: Digest
    lines: Annotated[list[ManualLineIn], Field(min_length=2, max_length=LINES_MAX)]

    def asked(self, *, today: date) -> Asked:
        """Give what is asked for; without a day it is of today."""
        return Asked(
            lines=[line.signed() for line in self.lines],
            occurred_on=self.occurred_on or today,
            reason=self.reason,
            digest=self.document_sha256,
        )


class ManualReversalIn(Body):
    """Take an entry back: why, on which day (today if not named), by which paper."""

    reason: Words
    document_sha256: Digest
    occurred_on: date | None = None


class ManualDecisionIn(Body):
    """What the second person says."""

    outcome: Literal["approve", "reject"]


class ManualLineOut(Body):
    """A line as booked: the account's code, the amount with a debit positive."""

    account: str
    amount: MoneyBody


class ManualEntryOut(Body):
    """An entry by hand and what became of it."""

    manual_id: UUID
    fund_id: UUID
    occurred_on: date
    reason: str
    document_sha256: str
    lines: list[ManualLineOut]
    reverses_manual_id: UUID | None
    state: str
    entry_id: UUID | None
    proposed_by: UUID
    decided_by: UUID | None

    @classmethod
    def of(cls, found: ByHand) -> Self:
        """Write an entry by hand."""
        row, decision = found.row, found.decision
        lines = [
            ManualLineOut(
                account=one["code"], amount=MoneyBody.of(Money(one["minor"], row.currency))
            )
            for one in row.lines
        ]
        return cls(
            manual_id=row.manual_id,
            fund_id=row.fund_id,
            occurred_on=row.occurred_on,
            reason=row.reason,
            document_sha256=row.digest,
            lines=lines,
            reverses_manual_id=row.reverses_manual_id,
            state=found.state,
            entry_id=None if decision is None else decision.entry_id,
            proposed_by=row.actor_id,
            decided_by=None if decision is None else decision.actor_id,
        )


class MoneyAccountIn(Body):
    """A real account, as its provider knows it, and the funds whose money stands in it."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
    channel: Channel
    provider: Annotated[str, Field(min_length=1, max_length=120)]
    number: Annotated[str, Field(min_length=1, max_length=60)]
    currency: Currency
    opened_on: date
    fund_ids: Annotated[list[UUID], Field(max_length=200)] = []


class MoneyAccountFundIn(Body):
    """A fund whose money stands in the account from now on."""

    fund_id: UUID


class MoneyStatementIn(Body):
    """What the provider says was on the account at the end of a day, by which paper."""

    stated_on: date
    balance: MoneyBody
    document_sha256: Digest


class FundShareOut(Body):
    """What is on a real account of one fund."""

    fund_id: UUID
    balance: MoneyBody


class MoneyAccountOut(Body):
    """A real account: what the books say is on it, of which funds, and what its provider said.

    `difference` is the books less the statement, where the statement is of the day asked for.
    """

    money_account_id: UUID
    code: str
    channel: Channel
    provider: str
    number: str
    opened_on: date
    balance: MoneyBody
    funds: list[FundShareOut]
    stated_on: date | None
    stated: MoneyBody | None
    difference: MoneyBody | None

    @classmethod
    def of(cls, row: Row[Any], *, as_of: date) -> Self:
        """Write a real account as it stood on a day."""

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, row.currency))

        balance = sum(row.minors)
        is_said = row.stated_on == as_of
        return cls(
            money_account_id=row.money_account_id,
            code=row.code,
            channel=Channel(row.channel),
            provider=row.provider,
            number=row.number,
            opened_on=row.opened_on,
            balance=money(balance),
            funds=[
                FundShareOut(fund_id=fund_id, balance=money(minor))
                for fund_id, minor in zip(row.funds, row.minors, strict=True)
            ],
            stated_on=row.stated_on,
            stated=None if row.stated_on is None else money(row.stated_minor),
            difference=money(balance - row.stated_minor) if is_said else None,
        )


class MoneyAccountsOut(Body):
    """Every real account as it stood on a day."""

    as_of: date
    known_at: datetime | None
    items: list[MoneyAccountOut]


class BooksPolicyIn(Body):
    """In which month years begin, and whether real accounts must be reconciled to close."""

    year_starts_month: Annotated[int, Field(ge=1, le=12)] = 1
    must_reconcile: bool = False


class BooksPolicyOut(Body):
    """What the institution said of its books; version 0 where it said nothing."""

    version: int
    year_starts_month: int
    must_reconcile: bool

    @classmethod
    def of(cls, row: BooksPolicyRow | None) -> Self:
        """Write it."""
        if row is None:
            return cls(version=0, year_starts_month=1, must_reconcile=False)
        return cls(
            version=row.version,
            year_starts_month=row.year_starts_month,
            must_reconcile=row.must_reconcile,
        )


class CheckOut(Body):
    """One thing that must be so before the period is closed; `found` stands against it."""

    check: str
    told: str
    found: int
    holds: bool

    @classmethod
    def of(cls, check: Check) -> Self:
        """Write a check."""
        return cls(check=check.code, told=check.told, found=check.found, holds=check.holds)


class PeriodOut(Body):
    """A month or year of the books: open, or closed for good by another than proposed it."""

    name: str
    starts_on: date
    ends_on: date
    state: Literal["open", "closed"]
    closed_at: Instant | None = None
    closed_by: UUID | None = None
    checks: list[CheckOut] | None = None
    proposed_by: Annotated[list[UUID] | None, LATER] = None

    @classmethod
    def of(
        cls,
        period: BookPeriod,
        *,
        closed_through: date | None,
        row: BookPeriodCloseRow | None = None,
        checks: Sequence[Check] | None = None,
        proposed_by: Sequence[UUID] = (),
    ) -> Self:
        """Write a period with what is kept of its close, else with what stands against it."""
        over = closed_through is not None and closed_through >= period.ends_on
        kept = None if row is None else [CheckOut.model_validate(one) for one in row.checks]
        if row is not None and row.proposer_id is not None:
            proposed_by = [row.proposer_id]
        return cls(
            name=period.name,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            state="closed" if over else "open",
            closed_at=None if row is None else row.recorded_at,
            closed_by=None if row is None else row.actor_id,
            checks=kept if checks is None else [CheckOut.of(one) for one in checks],
            proposed_by=list(proposed_by) or None,
        )


class PeriodsOut(Body):
    """A year of the books with its months."""

    year: PeriodOut
    months: list[PeriodOut]
