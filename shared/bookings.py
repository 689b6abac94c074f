"""How is an entry of the books told: which accounts of a fund it moved, and by how much?"""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class BookedLine(BaseModel):
    """One account moved by one amount: positive is a debit, negative a credit.

    `account` is a code of the house's chart or of an account of the institution's own;
    `account_class` is asset, liability, equity, income or expense.
    """

    model_config = ConfigDict(frozen=True)
    account: str
    account_class: str
    amount_minor: int


class BookedEntry(BaseModel):
    """One balanced entry of one fund.

    `kind` says what happened; where `is_reversal`, it is the kind of what the entry undoes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    entry_id: UUID
    fund_id: UUID
    kind: str
    is_reversal: bool
    occurred_on: date
    contract_id: UUID | None
    currency: str
    lines: tuple[BookedLine, ...]


class FundShare(BaseModel):
    """How much of a contract's principal a fund gives."""

    model_config = ConfigDict(frozen=True)
    fund_id: UUID
    principal_minor: int
