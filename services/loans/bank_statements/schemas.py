"""How files of banks and wallets, their lines and layouts travel."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import Base64Bytes, Field

from services.loans.bank_statements.queries import FileDetail
from services.loans.bank_statements.tables import (
    StatementFaultRow,
    StatementFileRow,
    StatementLayoutRow,
    StatementLineRow,
    StatementPartRow,
)
from services.loans.domain.account_statement import Finding, Side, StatementFormat, Told
from services.loans.domain.statement_layout import DAY_FIRST, DayOrder, StatementLayout
from services.loans.payments.sealing import Sealer
from shared.ids import InstitutionId
from shared.money import Money
from shared.schemas import Body, MoneyBody

CONTENT_MAX = 5 * 1024 * 1024
FILE_BODY_BYTES = CONTENT_MAX * 4 // 3 + 4096

Column = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[list[Word], Field(max_length=20)]


class StatementLayoutBody(Body):
    """How a provider writes its tables: names of columns, marks, days, words.

    Amounts stand in `amount` (with its sign, or with words in `direction`), or in `credit` and
    `debit`. Where `encoding` or `delimiter` is not said it is recognised.
    """

    day: Column
    amount: Column | None = None
    credit: Column | None = None
    debit: Column | None = None
    direction: Column | None = None
    words_in: Words = []
    words_out: Words = []
    value_day: Column | None = None
    provider_reference: Column | None = None
    own_reference: Column | None = None
    text: Column | None = None
    counterparty: Column | None = None
    counterparty_account: Column | None = None
    state: Column | None = None
    states_booked: Words = []
    balance: Column | None = None
    encoding: Annotated[str, Field(max_length=40, examples=["cp1256"])] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    header_line: Annotated[int, Field(ge=1, le=100)] = 1
    decimal_mark: Literal[".", ","] = "."
    group_mark: Literal[",", ".", " ", "'", ""] = ""
    day_order: DayOrder = DAY_FIRST
    zone: Annotated[str, Field(max_length=60, examples=["Asia/Amman"])] = "UTC"
    minus_is_in: bool = False

    def layout(self) -> StatementLayout:
        """Give the layout. Raises LayoutContradicts."""
        members = self.model_dump()
        for name in ("words_in", "words_out", "states_booked"):
            members[name] = frozenset(members[name])
        return StatementLayout(**members)


class StatementLayoutIn(Body):
    """A layout for the tables of one real account."""

    money_account_id: UUID
    layout: StatementLayoutBody


class StatementLayoutOut(Body):
    """The layout that counts, and which version of it."""

    money_account_id: UUID
    version: int
    layout: StatementLayoutBody
    recorded_at: datetime

    @classmethod
    def of(cls, row: StatementLayoutRow) -> "StatementLayoutOut":
        """Write a layout."""
        return cls(
            money_account_id=row.money_account_id,
            version=row.version,
            layout=StatementLayoutBody.model_validate(row.layout),
            recorded_at=row.recorded_at,
        )


class StatementFileIn(Body):
    """A provider's file for one real account; `content` is its bytes in base64."""

    money_account_id: UUID
    format: StatementFormat
    content: Annotated[Base64Bytes, Field(min_length=1)]


class StatementPartOut(Body):
    """One statement within a file. A finding says that its sums do not fit."""

    told: Told
    identification: str
    sequence: int | None
    opening: MoneyBody | None
    booked: MoneyBody
    closing: MoneyBody | None
    closed_on: date | None
    finding: Finding | None

    @classmethod
    def of(cls, row: StatementPartRow) -> "StatementPartOut":
        """Write a statement."""

        def body(minor: int | None) -> MoneyBody | None:
            return None if minor is None else MoneyBody.of(Money(minor, row.currency))

        return cls(
            told=Told(row.told),
            identification=row.identification,
            sequence=row.sequence,
            opening=body(row.opening_minor),
            booked=MoneyBody.of(Money(row.booked_minor, row.currency)),
            closing=body(row.closing_minor),
            closed_on=row.closed_on,
            finding=None if row.finding is None else Finding(row.finding),
        )


class StatementFaultOut(Body):
    """A line that could not be read: its number, the slug of the problem, and how it stood."""

    number: int
    code: str
    text: str

    @classmethod
    def of(cls, row: StatementFaultRow, *, sealer: Sealer) -> "StatementFaultOut":
        """Write a line in quarantine."""
        said = sealer.opened(InstitutionId(row.institution_id), row.said_sealed)
        return cls(number=row.number, code=row.code, text=said.decode())


class StatementFileOut(Body):
    """A file that came in."""

    file_id: UUID
    money_account_id: UUID
    format: StatementFormat
    sha256: str
    layout_version: int | None
    entries: int
    recorded_at: datetime

    @classmethod
    def of(cls, row: StatementFileRow) -> "StatementFileOut":
        """Write a file."""
        return cls(**_file(row))


class StatementFileDetailOut(StatementFileOut):
    """A file with what was in it: `taken` lines were new, `known` came before by another file."""

    is_new: bool
    taken: int
    known: int
    statements: list[StatementPartOut]
    faults: list[StatementFaultOut]

    @classmethod
    def of_detail(
        cls, found: FileDetail, *, sealer: Sealer, is_new: bool
    ) -> "StatementFileDetailOut":
        """Write a file with everything that was read in it."""
        return cls(
            **_file(found.row),
            is_new=is_new,
            taken=found.taken,
            known=found.row.entries - found.taken,
            statements=[StatementPartOut.of(part) for part in found.parts],
            faults=[StatementFaultOut.of(fault, sealer=sealer) for fault in found.faults],
        )


def _file(row: StatementFileRow) -> dict[str, Any]:
    return {
        "file_id": row.file_id,
        "money_account_id": row.money_account_id,
        "format": StatementFormat(row.format),
        "sha256": row.digest,
        "layout_version": row.layout_version,
        "entries": row.entries,
        "recorded_at": row.recorded_at,
    }


class PaidOut(Body):
    """One payment within a line."""

    amount: MoneyBody
    own_reference: str | None
    provider_reference: str | None
    text: str
    counterparty: str | None
    counterparty_account: str | None
    return_reason: str | None


class StatementLineOut(Body):
    """One booked entry of a real account; `number` is its place in the file that brought it."""

    line_id: UUID
    file_id: UUID
    number: int
    booked_on: date
    valued_on: date
    side: Side
    amount: MoneyBody
    is_reversal: bool
    provider_reference: str | None
    text: str
    payments: list[PaidOut]

    @classmethod
    def of(cls, row: StatementLineRow, *, sealer: Sealer) -> "StatementLineOut":
        """Write a line with the texts that were sealed."""
        told = orjson.loads(sealer.opened(InstitutionId(row.institution_id), row.told_sealed))
        parts: Sequence[dict[str, Any]] = told["parts"]
        return cls(
            line_id=row.line_id,
            file_id=row.file_id,
            number=row.number,
            booked_on=row.booked_on,
            valued_on=row.valued_on,
            side=Side(row.side),
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            is_reversal=row.is_reversal,
            provider_reference=row.provider_reference,
            text=told["text"],
            payments=[PaidOut.model_validate(part) for part in parts],
        )
