"""What the books look like on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.loans.ledger.queries import Cut
from shared.money import Money
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

    @classmethod
    def of(cls, rows: Sequence[Row[Any]], *, cut: Cut) -> "TrialBalanceOut":
        """Write the accounts and their totals."""
        debits: dict[str, Money] = {}
        credits_: dict[str, Money] = {}
        lines = []
        for row in rows:
            debit, credit = (
                Money(row.debit_minor, row.currency),
                Money(row.credit_minor, row.currency),
            )
            debits[row.currency] = debits.get(row.currency, debit - debit) + debit
            credits_[row.currency] = credits_.get(row.currency, credit - credit) + credit
            lines.append(
                TrialBalanceLineOut(
                    fund_id=row.fund_id,
                    account_id=row.account_id,
                    code=row.code,
                    account_class=row.account_class,
                    debit=MoneyBody.of(debit),
                    credit=MoneyBody.of(credit),
                    balance=MoneyBody.of(debit - credit),
                )
            )
        return cls(
            as_of=cut.as_of,
            known_at=cut.known_at,
            lines=lines,
            debits=[MoneyBody.of(total) for total in debits.values()],
            credits=[MoneyBody.of(total) for total in credits_.values()],
        )


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

    @classmethod
    def of(cls, row: Row[Any]) -> "StatementLineOut":
        """Write a line."""
        return cls(
            entry_id=row.entry_id,
            line_no=row.line_no,
            kind=row.kind,
            occurred_on=row.occurred_on,
            recorded_at=row.recorded_at,
            source_id=row.source_id,
            contract_id=row.contract_id,
            reverses_entry_id=row.reverses_entry_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
        )


class StatementOut(Body):
    """A page of an account's movements in the order of booking; `next` continues it."""

    account_id: UUID
    fund_id: UUID
    code: str
    lines: list[StatementLineOut]
    next: str | None

    @classmethod
    def of(
        cls, account_id: UUID, *, account: Row[Any], rows: Sequence[Row[Any]], limit: int
    ) -> "StatementOut":
        """Write a page; a row beyond `limit` says that there is more."""
        kept = rows[:limit]
        more = len(rows) > limit
        return cls(
            account_id=account_id,
            fund_id=account.fund_id,
            code=account.code,
            lines=[StatementLineOut.of(row) for row in kept],
            next=f"{kept[-1].entry_id}.{kept[-1].line_no}" if more else None,
        )


class ClosingIn(Body):
    """The last day to close."""

    through: date


class ClosingOut(Body):
    """The books are closed through this day."""

    closing_id: UUID
    closed_through: date
