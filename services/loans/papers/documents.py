"""What does each paper say? It is sealed: `sha256` is the hash of all its other members."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import Field

from services.loans.contracts.schemas import InstalmentOut, PaidOut
from services.loans.domain import statement
from services.loans.domain.replay import ContractState
from services.loans.domain.schedule import Instalment
from services.loans.domain.statement import Line, Statement
from services.loans.repayments.schemas import RepaymentItemOut
from shared.calendar import HijriDate
from shared.money import Money
from shared.schemas import Body, MoneyBody

CertificateKind = Literal["balance", "settlement", "paid_in_year"]


class DayOut(Body):
    """A day by both calendars; no Hijri date outside the tables (1924 to 2077)."""

    gregorian: date
    hijri: str | None = Field(examples=["1447-09-12"])

    @classmethod
    def of(cls, day: date) -> Self:
        """Write a day: 1 March 2026 is 1447-09-12."""
        try:
            found = HijriDate.of(day)
        except ValueError:
            return cls(gregorian=day, hijri=None)
        return cls(gregorian=day, hijri=f"{found.year:04}-{found.month:02}-{found.day:02}")


class WordsOut(Body):
    """A name in the three languages."""

    ar: str
    fr: str
    en: str


class PartyOut(Body):
    """The borrower; without a name for those who may not read about people."""

    borrower_id: UUID
    reference: str
    name_ar: str | None
    name_latin: str | None


class HeadOut(Body):
    """What every paper begins with."""

    institution: WordsOut
    institution_code: str
    branch: WordsOut
    contract_id: UUID
    contract_reference: str
    signed_on: DayOut
    principal: MoneyBody
    borrower: PartyOut


class StandingOut(Body):
    """How a contract stands at the end of a day."""

    on: DayOut
    disbursed: MoneyBody
    outstanding_principal: MoneyBody
    paid: PaidOut
    still_due: MoneyBody
    arrears: MoneyBody
    days_past_due: int
    is_closed: bool

    @classmethod
    def of(cls, state: ContractState) -> Self:
        """Write a state."""
        return cls(
            on=DayOut.of(state.as_of),
            disbursed=MoneyBody.of(state.disbursed),
            outstanding_principal=MoneyBody.of(state.outstanding_principal),
            paid=PaidOut.of(state.paid),
            still_due=MoneyBody.of(statement.owed(state)),
            arrears=MoneyBody.of(state.arrears.total),
            days_past_due=state.arrears.days_past_due,
            is_closed=state.is_closed,
        )


class LineOut(Body):
    """What changed: a movement, or the agreement; what it paid, and the principal owed after it.

    `movement` is its kind; `agreement` where an order changed what is owed, and no money moved.
    """

    movement_id: UUID | None
    movement: str
    on: DayOut
    amount: MoneyBody
    parts: PaidOut
    balance: MoneyBody
    reverses: UUID | None

    @classmethod
    def of(cls, line: Line) -> Self:
        """Write a line of a statement."""
        moved = line.movement
        nothing = Money.zero(line.balance.currency)
        return cls(
            movement_id=None if moved is None else moved.movement_id,
            movement="agreement" if moved is None else moved.kind.value,
            on=DayOut.of(line.on),
            amount=MoneyBody.of(nothing if moved is None else moved.amount),
            parts=PaidOut.of(line.parts),
            balance=MoneyBody.of(line.balance),
            reverses=None if moved is None else moved.reverses,
        )


class DueOut(InstalmentOut):
    """An instalment, or what is still open of it, with its day by both calendars."""

    on: DayOut

    @classmethod
    def of(cls, due: Instalment) -> Self:
        """Write an instalment."""
        plain = InstalmentOut.of(due)
        return cls(**dict(plain), on=DayOut.of(due.due_on))


def seal_of(paper: Body) -> str:
    """Give the SHA-256 of all members but `sha256`, as JSON with sorted names, without spaces."""
    return seal_of_members(paper.model_dump(mode="json", exclude={"sha256"}))


def seal_of_members(content: Mapping[str, Any]) -> str:
    """Give the seal of a paper by its members as JSON, whatever a paper has learnt to say since."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


class PaperOut(Body):
    """What all papers share: whose they are, what they rest on, and their seal."""

    head: HeadOut
    known_at: datetime | None
    sha256: str = ""

    def sealed(self) -> Self:
        """Give the paper with the hash of everything else it says."""
        return self.model_copy(update={"sha256": seal_of(self)})


class HeldOut(Body):
    """What is held of the borrower's own money at the end of a day: theirs, and owed back."""

    savings: MoneyBody
    contribution: MoneyBody


class StatementOut(PaperOut):
    """A contract over a period: `opening` plus the parts of all lines is `closing`.

    `held` is what is held of the borrower's own money on the last day.
    """

    first_on: DayOut
    last_on: DayOut
    opening: StandingOut
    lines: list[LineOut]
    closing: StandingOut
    open_dues: list[DueOut]
    held: HeldOut

    @classmethod
    def of(
        cls, told: Statement, *, head: HeadOut, held: HeldOut, known_at: datetime | None
    ) -> Self:
        """Write a statement."""
        return cls(
            head=head,
            known_at=known_at,
            first_on=DayOut.of(told.period.start),
            last_on=DayOut.of(told.closing.as_of),
            opening=StandingOut.of(told.opening),
            lines=[LineOut.of(line) for line in told.lines],
            closing=StandingOut.of(told.closing),
            open_dues=[DueOut.of(due) for due in told.closing.open_dues],
            held=held,
        ).sealed()


class DueTotalOut(Body):
    """The sums of a schedule, part by part."""

    principal: MoneyBody
    profit: MoneyBody
    fee: MoneyBody
    penalty: MoneyBody
    total: MoneyBody


class PaymentScheduleOut(PaperOut):
    """The instalments as agreed on a day, by both calendars, with their sums."""

    as_of: DayOut
    instalments: list[DueOut]
    total: DueTotalOut

    @classmethod
    def of(
        cls,
        agreed: Sequence[Instalment],
        *,
        head: HeadOut,
        as_of: date,
        known_at: datetime | None,
    ) -> Self:
        """Write a schedule of payments."""
        dues = [DueOut.of(due) for due in agreed]
        currency = head.principal.currency
        members = {
            part: MoneyBody.of(Money.total((getattr(due, part) for due in agreed), currency))
            for part in DueTotalOut.model_fields
        }
        total = DueTotalOut(**members)
        return cls(
            head=head,
            as_of=DayOut.of(as_of),
            known_at=known_at,
            instalments=dues,
            total=total,
        ).sealed()


class ReceiptOut(PaperOut):
    """A receipt of one repayment: what came, what it paid, what is owed after it.

    `reversed_by` names what took it back, if anything did: then it is a receipt no more.
    """

    repayment: RepaymentItemOut
    on: DayOut
    reversed_by: UUID | None
    standing: StandingOut


class CertificateOut(PaperOut):
    """A certificate: numbered, recorded for good, checked by anybody who holds it.

    `paid` are the payments of the year that ends on the day, of a certificate of such.
    """

    number: str
    kind: CertificateKind
    issued_on: DayOut
    issued_at: datetime
    first_on: DayOut | None
    standing: StandingOut
    paid: PaidOut | None

    def content(self) -> dict[str, Any]:
        """Give what is kept of it: everything but the name and the seal."""
        kept: dict[str, Any] = self.nameless().model_dump(mode="json", exclude={"sha256"})
        return kept

    def nameless(self) -> Self:
        """Give the same certificate, seal and all, without the borrower's name."""
        borrower = self.head.borrower.model_copy(update={"name_ar": None, "name_latin": None})
        head = self.head.model_copy(update={"borrower": borrower})
        return self.model_copy(update={"head": head})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which certificate, as of which day, or of which year."""

    kind: CertificateKind
    as_of: date | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A certificate as it was issued; whether its name, too, is still the one that was sealed."""

    as_issued: bool
    certificate: CertificateOut
