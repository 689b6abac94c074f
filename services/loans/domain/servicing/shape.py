"""How does a contract stand between two orders, and which entry books the difference of two?"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol
from uuid import UUID

from services.loans.domain import allocation, journal
from services.loans.domain.allocation import Order, Portions
from services.loans.domain.chart import FundAccounts
from services.loans.domain.early import RebateRule
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.rebate import RebatePolicy, Settlement, Sold
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.life import Life
from services.loans.domain.servicing.rows import Rows
from services.loans.domain.terms import ChargeMethod, Terms
from shared.ids import ContractId, EntryId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What orders govern of a contract; all amounts in minor units, all sums since signature.

    `moved` is money that orders took in from the borrower (out: negative). `forgiven` is what
    zakat paid in the borrower's place. `written_off` is principal given up in the books while the
    debt stands, `recovered` what came on it afterwards.
    """

    rows: Rows
    borrower_id: UUID
    moved: int = 0
    written_off: int = 0
    forgiven: int = 0
    recovered: int = 0
    is_closed: bool = False
    is_undone: bool = False
    is_drawing_ended: bool = False


class Settling(Protocol):
    """How a mode of finance settles a contract early; `modes` has one for each."""

    def __call__(
        self,
        sold: Sold,
        *,
        paid: Money,
        on: date,
        policy: RebatePolicy,
        granted: Money | None = None,
    ) -> Settlement:
        """What settles a contract on a day, with what is granted of good will."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A contract as an order finds it: agreement, shape, and the money that moved.

    `received` is the sum of its repayments, `paid_out` of its disbursements. `life` is what its
    course is folded from, where every payment counts the profit anew. `payouts` are the tranches
    drawn, `contributed` what the borrower's own contribution paid on them, `undrawn` what its fund
    has still committed to later ones.
    """

    contract_id: ContractId
    terms: Terms
    fund: FundAccounts
    order: Order
    status: ContractStatus
    shape: Shape
    paid_out: int
    received: int
    opened_on: date
    sharia_bound: bool = True
    defers_profit: bool = False
    country: str = ""
    rebate: RebateRule | None = None
    settlement: Settling | None = None
    life: Life | None = None
    payouts: int = 1
    contributed: int = 0
    undrawn: int = 0

    @property
    def recounts_profit(self) -> bool:
        """Whether profit follows what is outstanding: never where a price was agreed for good."""
        declining = self.terms.charge_method is ChargeMethod.DECLINING_BALANCE
        return declining and not self.sharia_bound

    @property
    def deferred(self) -> int:
        """The profit of a sale that is neither paid nor given up, where it stands in the books."""
        return sum(row.profit for row in self.open_rows) if self.defers_profit else 0

    @property
    def paid(self) -> int:
        """All that was paid on the contract, by the borrower or in their place, less returns."""
        return self.received + self.shape.moved + self.shape.forgiven

    @cached_property
    def portions(self) -> Portions:
        """Where what was paid has gone."""
        parts = [row.parts for row in self.shape.rows]
        return allocation.waterfall(self.paid, instalments=parts, order=self.order)

    @cached_property
    def open_rows(self) -> Rows:
        """What each instalment still asks for."""
        return arithmetic.split(self.shape.rows, paid=self.paid, order=self.order)[1]

    @cached_property
    def settled_rows(self) -> Rows:
        """What of each instalment is paid."""
        return arithmetic.split(self.shape.rows, paid=self.paid, order=self.order)[0]

    @property
    def outstanding(self) -> int:
        """The principal among the fund's loans: paid out, not paid back, not given up."""
        return self.paid_out - self.portions.principal - self.shape.written_off

    @property
    def owed(self) -> int:
        """All that the borrower has still to pay, of every component."""
        return sum(arithmetic.sums(self.open_rows))

    def money(self, minor: int) -> Money:
        """Minor units as money of the contract."""
        return Money(minor, self.terms.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an order changes, in minor units: portions, money, principal given up, recovered.

    `deferred` is the change of profit agreed and not yet earned by payment.
    """

    portions: Portions
    moved: int
    written_off: int
    forgiven: int
    recovered: int
    deferred: int = 0

    @classmethod
    def between(cls, before: Standing, *, after: Standing) -> "Difference":
        """What lies between two standings of one contract."""
        old, new = before.shape, after.shape
        pairs = zip(before.portions, after.portions, strict=True)
        return cls(
            portions=Portions(*(later - earlier for earlier, later in pairs)),
            moved=new.moved - old.moved,
            written_off=new.written_off - old.written_off,
            forgiven=new.forgiven - old.forgiven,
            recovered=new.recovered - old.recovered,
            deferred=after.deferred - before.deferred,
        )

    def __neg__(self) -> "Difference":
        return Difference(
            portions=Portions(*(-portion for portion in self.portions)),
            moved=-self.moved,
            written_off=-self.written_off,
            forgiven=-self.forgiven,
            recovered=-self.recovered,
            deferred=-self.deferred,
        )

    def lines(self, *, purse: str, penalty_account: str) -> dict[str, int]:
        """The entry's lines by account, debits positive; they sum to zero.

        A write-off of 500.000 is Dr write_off, Cr loans; a refund of 20.000 is Dr surplus, Cr
        cash; a payoff is a repayment, a set-off one out of savings. Profit is income when it is
        paid (cash basis), so profit waived before it is paid books nothing; of a sale at a mark-up
        it is Dr deferred profit, Cr receivable.
        """
        lines = {
            purse: self.moved + self.recovered,
            "loans": -self.portions.principal - self.written_off,
            "profit_income": -self.portions.profit,
            "fee_income": -self.portions.fee,
            penalty_account: -self.portions.penalty,
            "surplus": -self.portions.surplus,
            "write_off": self.written_off,
            "forgiveness": self.forgiven,
            "recovery": -self.recovered,
            "profit_receivable": self.deferred,
            "deferred_profit": -self.deferred,
        }
        return {code: minor for code, minor in lines.items() if minor}

    def entry(
        self,
        standing: Standing,
        *,
        kind: EntryKind,
        occurred_on: date,
        purse: str,
        reverses_entry_id: EntryId | None = None,
    ) -> JournalEntry | None:
        """The one entry that books the difference; None where nothing moves in the books.

        Raises `AccountNotInChart` where the fund has no such account: zakat takes no profit.
        """
        account = journal.penalty_account(standing.fund, sharia_bound=standing.sharia_bound)
        lines = self.lines(purse=purse, penalty_account=account)
        if not lines:
            return None
        fund = standing.fund
        return JournalEntry(
            kind=kind,
            occurred_on=occurred_on,
            lines=tuple(
                Line(
                    account_code=fund.account(code),
                    fund_id=fund.fund_id,
                    amount=standing.money(minor),
                )
                for code, minor in lines.items()
            ),
            contract_id=standing.contract_id,
            reverses_entry_id=reverses_entry_id,
        )


def event_of(before: Shape, *, after: Shape) -> ContractEvent | None:
    """What the change of shape is in the contract's life; None where its status stays."""
    flags = (
        (after.is_undone, before.is_undone, ContractEvent.REVERSE_DISBURSEMENT),
        (after.is_closed, before.is_closed, ContractEvent.SETTLE),
        (before.is_closed, after.is_closed, ContractEvent.REOPEN),
        (bool(after.written_off), bool(before.written_off), ContractEvent.WRITE_OFF),
        (bool(before.written_off), bool(after.written_off), ContractEvent.REVERSE_WRITE_OFF),
    )
    return next((event for now, then, event in flags if now and not then), None)
