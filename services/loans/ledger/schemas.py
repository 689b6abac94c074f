"""What the books look like on the wire."""

from datetime import date, datetime
from uuid import UUID

from shared.schemas import Body, MoneyBody


class TrialBalanceLineOut(Body):
    """One account: its debits, credits, and balance (debit positive)."""

    fund_id: UUID
    account_id: UUID
    code: str
    account_class: str
    debit: MoneyBody
    credit: MoneyBody
    balance: MoneyBody


class TrialBalanceOut(Body):
    """Every account at a cut, and the totals per currency, which are equal."""

    as_of: date | None
    known_at: datetime | None
    lines: list[TrialBalanceLineOut]
    debits: list[MoneyBody]
    credits: list[MoneyBody]


class StatementLineOut(Body):
    """One movement of an account."""

    entry_id: UUID
    line_no: int
    kind: str
    occurred_on: date
    recorded_at: datetime
    source_id: UUID
    contract_id: UUID | None
    reverses_entry_id: UUID | None
    amount: MoneyBody


class StatementOut(Body):
    """A page of an account's movements in the order of booking; `next` continues it."""

    account_id: UUID
    fund_id: UUID
    code: str
    lines: list[StatementLineOut]
    next: str | None


class ClosingIn(Body):
    """The last day to close."""

    through: date


class ClosingOut(Body):
    """The books are closed through this day."""

    closing_id: UUID
    closed_through: date
