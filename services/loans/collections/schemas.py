"""What does a collection sheet look like on the wire, going out and coming back?"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.loans.collections.queries import Open
from services.loans.domain import collection_sheet
from services.loans.domain.collection_sheet import Asked, Brought
from services.loans.papers.documents import DayOut, PartyOut, seal_of
from services.loans.repayments.schemas import RepaymentOut
from shared.ids import ContractId
from shared.money import Money
from shared.schemas import Body, MoneyBody, ProblemOut

BROUGHT_MAX = 1_000


class SheetLineOut(Body):
    """A contract with something to collect: late, due on the day, and both together."""

    contract_id: UUID
    reference: str
    borrower: PartyOut
    phone: str | None
    group_id: UUID | None
    officer_id: UUID | None
    late: MoneyBody
    days_late: int
    due_today: MoneyBody
    to_collect: MoneyBody

    @classmethod
    def of(cls, found: Open, asked: Asked, *, on: date) -> Self:
        """Write a line."""

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, found.currency))

        return cls(
            contract_id=found.contract_id,
            reference=found.reference,
            borrower=PartyOut(
                borrower_id=found.borrower_id,
                reference=found.borrower_reference,
                name_ar=found.name_ar,
                name_latin=found.name_latin,
            ),
            phone=found.phone,
            group_id=found.group_id,
            officer_id=found.officer_id,
            late=money(asked.late),
            days_late=asked.days_late(on),
            due_today=money(asked.due_today),
            to_collect=money(asked.total),
        )


class SheetTotalOut(Body):
    """The sums of a sheet in one currency."""

    late: MoneyBody
    due_today: MoneyBody
    to_collect: MoneyBody


class CollectionSheetOut(Body):
    """What is to be collected on a day, by the borrowers' names; sealed by its hash."""

    on: DayOut
    lines: list[SheetLineOut]
    totals: list[SheetTotalOut]
    sha256: str = ""

    @classmethod
    def of(cls, found: Sequence[Open], *, on: date) -> Self:
        """Write a sheet; a contract with nothing to collect is left out."""
        asked = [
            (one, collection_sheet.asked_on(on, dues=one.dues, paid=one.paid)) for one in found
        ]
        lines = [SheetLineOut.of(one, what, on=on) for one, what in asked if what.total]
        currencies = sorted({line.to_collect.currency for line in lines})
        sheet = cls(
            on=DayOut.of(on),
            lines=lines,
            totals=[_total(lines, currency) for currency in currencies],
        )
        return sheet.model_copy(update={"sha256": seal_of(sheet)})


def _total(lines: Sequence[SheetLineOut], currency: str) -> SheetTotalOut:
    of_currency = [line for line in lines if line.to_collect.currency == currency]

    def total(amounts: Sequence[MoneyBody]) -> MoneyBody:
        return MoneyBody.of(Money.total((amount.money() for amount in amounts), currency))

    return SheetTotalOut(
        late=total([line.late for line in of_currency]),
        due_today=total([line.due_today for line in of_currency]),
        to_collect=total([line.to_collect for line in of_currency]),
    )


class BroughtIn(Body):
    """One line that came back: what a borrower paid."""

    contract_id: UUID
    amount: MoneyBody


class CollectionIn(Body):
    """The money of a sheet: the cash that was counted, and the lines it is made of."""

    received_on: date | None = None
    channel: Literal["cash", "wallet"] = "cash"
    total: MoneyBody
    lines: Annotated[list[BroughtIn], Field(min_length=1, max_length=BROUGHT_MAX)]

    def brought(self) -> list[Brought]:
        """Read the lines."""
        return [
            Brought(contract_id=ContractId(line.contract_id), amount=line.amount.money())
            for line in self.lines
        ]


class LineAsked(Body):
    """What makes one line of a sheet the same request when it is sent again."""

    contract_id: UUID
    amount: MoneyBody
    received_on: date
    channel: str


class LineOutcomeOut(Body):
    """What became of one line: the repayment, or the problem it was refused with.

    A line that was received before under the same key is `repeated`: nothing was received twice.
    """

    line: int
    contract_id: UUID
    outcome: Literal["received", "repeated", "refused"]
    repayment: RepaymentOut | None = None
    problem: ProblemOut | None = None


class CollectionOut(Body):
    """What became of a sheet: every line, and the sums of what was received and refused.

    `received` counts a repeated line too: it says what of this sheet is in the books.
    """

    received: MoneyBody
    refused: MoneyBody
    lines: list[LineOutcomeOut]
