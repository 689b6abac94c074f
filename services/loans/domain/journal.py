"""Which accounts does an event of the business debit and credit?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import MONEY, SUSPENSE, FundAccounts, FundKind
from shared.errors import Kind, RafidError
from shared.ids import ContractId, EntryId, FundId
from shared.money import CurrencyMismatch, Money


class EntryKind(StrEnum):
    """What happened that the books record."""

    RECEIPT = "receipt"
    DISBURSEMENT = "disbursement"
    REPAYMENT = "repayment"
    FEE = "fee"
    SURPLUS_REFUND = "surplus_refund"
    WRITE_OFF = "write_off"
    TRANSFER = "transfer"
    REVERSAL = "reversal"
    DEAL = "deal"
    ACCRUAL = "accrual"
    PROVISION = "provision"
    RECOVERY = "recovery"
    FORGIVENESS = "forgiveness"
    CORRECTION = "correction"
    OPENING = "opening"
    HOLDING = "holding"
    GRANT = "grant"
    AMIL_COST = "amil_cost"
    YIELD = "yield"
    NAZIR_FEE = "nazir_fee"
    UPKEEP = "upkeep"
    RESERVE = "reserve"
    CORPUS_RETURN = "corpus_return"
    SUBSIDY = "subsidy"
    GUARANTEE = "guarantee"
    BORROWING = "borrowing"
    EXCHANGE = "exchange"
    MANUAL = "manual"
    PURIFICATION = "purification"
    CHARITY = "charity"
    SUSPENSE = "suspense"


class Channel(StrEnum):
    """How money moves; its value is the code of the account it moves through."""

    CASH = "cash"
    WALLET = "wallet"
    BANK = "bank"


SHARIA_BOUND_FUNDS = frozenset({FundKind.ZAKAT, FundKind.WAQF})


class UnbalancedEntry(RafidError):
    """Debits and credits differ within a fund and currency"""

    kind = Kind.RULE
    service = "loans"
    detail = "In fund {fund_id} and {currency} debits exceed credits by {difference_minor}."
    fund_id: FundId
    currency: str
    difference_minor: int


class EntryAcrossFunds(RafidError):
    """An entry lies in more than one fund"""

    kind = Kind.RULE
    service = "loans"
    detail = "The money of the fund {fund_id} and that of {other_fund_id} are not one entry."
    fund_id: FundId
    other_fund_id: FundId


class EmptyEntry(RafidError):
    """An entry moves nothing"""

    kind = Kind.RULE
    service = "loans"
    detail = "An entry of kind {entry_kind} needs an amount above zero."
    entry_kind: EntryKind


class SuspenseNotMoney(RafidError):
    """Money in suspense becomes nothing but money"""

    kind = Kind.RULE
    service = "loans"
    detail = "An entry on suspense moves {account_code} too; it is nobody's income, cost or debt."
    account_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One account moved by one amount: positive is a debit, negative a credit."""

    account_code: str
    fund_id: FundId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """Lines of one fund that balance in every currency; an unbalanced entry cannot exist.

    Money that one fund pays for another is two entries, each whole in its own fund, with one
    source. Lines of zero are left out. What stands in suspense moves against money alone, so it
    is never income. Raises `EmptyEntry`, `EntryAcrossFunds`, `UnbalancedEntry`, `SuspenseNotMoney`.
    """

    kind: EntryKind
    occurred_on: date
    lines: tuple[Line, ...]
    contract_id: ContractId | None = None
    reverses_entry_id: EntryId | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(line for line in self.lines if line.amount.minor))
        if not self.lines:
            raise EmptyEntry(entry_kind=self.kind)
        own = self.lines[0].fund_id
        for line in self.lines:
            if line.fund_id != own:
                raise EntryAcrossFunds(fund_id=own, other_fund_id=line.fund_id)
        if any(line.account_code == SUSPENSE for line in self.lines):
            _require_money(self.lines)
        sums: defaultdict[tuple[FundId, str], int] = defaultdict(int)
        for line in self.lines:
            sums[line.fund_id, line.amount.currency] += line.amount.minor
        for (fund_id, currency), difference in sums.items():
            if difference:
                raise UnbalancedEntry(
                    fund_id=fund_id, currency=currency, difference_minor=difference
                )

    def amount_of(self, account_code: str) -> Money:
        """What the entry moves on an account, debit positive."""
        return Money.total(
            (line.amount for line in self.lines if line.account_code == account_code),
            self.lines[0].amount.currency,
        )


def _require_money(lines: Iterable[Line]) -> None:
    for line in lines:
        if line.account_code not in {SUSPENSE, *MONEY}:
            raise SuspenseNotMoney(account_code=line.account_code)


def receipt_entry(
    amount: Money,
    *,
    fund: FundAccounts,
    received_on: date,
    channel: Channel = Channel.CASH,
    is_temporary: bool = False,
) -> JournalEntry:
    """Money comes into a fund: Dr cash, Cr fund balance.

    A commercial fund owes it to lenders (Cr lender_payable), and a temporary waqf goes back to
    who gave it (Cr temporary_corpus).
    """
    source = "lender_payable" if fund.kind is FundKind.COMMERCIAL else "fund_balance"
    if is_temporary:
        source = "temporary_corpus"
    return _entry(EntryKind.RECEIPT, received_on, fund, {channel.value: amount, source: -amount})


def disbursement_entry(
    amount: Money,
    *,
    fund: FundAccounts,
    disbursed_on: date,
    contract_id: ContractId,
    channel: Channel = Channel.CASH,
    fee: Money | None = None,
    saved: Money | None = None,
) -> JournalEntry:
    """A loan is paid out: Dr loans, Cr cash; what is kept back is Cr fees or savings.

    1,000.000 with a fee of 20.000 kept back: Dr loans 1,000.000, Cr cash 980.000, Cr fees 20.000.
    """
    zero = Money.zero(amount.currency)
    kept, held = fee or zero, saved or zero
    moved = {
        "loans": amount,
        channel.value: kept + held - amount,
        "fee_income": -kept,
        "savings": -held,
    }
    return _entry(EntryKind.DISBURSEMENT, disbursed_on, fund, moved, contract_id=contract_id)


def repayment_entry(
    allocation: Allocation,
    *,
    fund: FundAccounts,
    received_on: date,
    contract_id: ContractId,
    channel: Channel = Channel.CASH,
    sharia_bound: bool = True,
) -> JournalEntry:
    """A borrower pays: Dr cash, Cr loans, profit, fees, late amounts and what is paid in excess.

    Profit is income when it is paid (cash basis). A fund without an account for profit, such as
    a waqf, refuses it. A late amount on a Sharia-bound contract is owed to charity and never
    income (`penalty_account`). Raises `AccountNotInChart`.
    """
    shares = {
        "loans": allocation.principal,
        "profit_income": allocation.profit,
        "fee_income": allocation.fee,
        penalty_account(fund, sharia_bound=sharia_bound): allocation.penalty,
        "surplus": allocation.surplus,
    }
    moved = {channel.value: allocation.total}
    moved |= {code: -amount for code, amount in shares.items() if amount.minor}
    return _entry(EntryKind.REPAYMENT, received_on, fund, moved, contract_id=contract_id)


def penalty_account(fund: FundAccounts, *, sharia_bound: bool) -> str:
    """Where a late amount goes: to charity, unless neither contract nor fund is Sharia-bound.

    AAOIFI Sharia Standard 3: what a debtor in default pays beyond his debt is given to charity.
    Zakat and waqf are bound whatever the contract.
    """
    bound = sharia_bound or fund.kind in SHARIA_BOUND_FUNDS
    return "charity" if bound else "penalty_income"


def fee_entry(
    amount: Money,
    *,
    fund: FundAccounts,
    received_on: date,
    contract_id: ContractId,
    channel: Channel = Channel.CASH,
) -> JournalEntry:
    """A fee is paid by itself: Dr cash, Cr fees."""
    moved = {channel.value: amount, "fee_income": -amount}
    return _entry(EntryKind.FEE, received_on, fund, moved, contract_id=contract_id)


def surplus_refund_entry(
    amount: Money,
    *,
    fund: FundAccounts,
    refunded_on: date,
    contract_id: ContractId,
    channel: Channel = Channel.CASH,
) -> JournalEntry:
    """What was paid in excess goes back to the borrower: Dr surplus, Cr cash."""
    moved = {"surplus": amount, channel.value: -amount}
    return _entry(EntryKind.SURPLUS_REFUND, refunded_on, fund, moved, contract_id=contract_id)


def write_off_entry(
    amount: Money, *, fund: FundAccounts, written_off_on: date, contract_id: ContractId
) -> JournalEntry:
    """Principal given up: Dr loans written off, Cr loans."""
    moved = {"write_off": amount, "loans": -amount}
    return _entry(EntryKind.WRITE_OFF, written_off_on, fund, moved, contract_id=contract_id)


def transfer_entry(
    amount: Money, *, fund: FundAccounts, moved_on: date, source: Channel, target: Channel
) -> JournalEntry:
    """A fund moves its own money between cash and wallet: Dr target, Cr source."""
    moved = {target.value: amount, source.value: -amount}
    return _entry(EntryKind.TRANSFER, moved_on, fund, moved)


def guarantee_entry(
    amount: Money,
    *,
    fund: FundAccounts,
    moved_on: date,
    contract_id: ContractId,
    channel: Channel,
    is_guarantor: bool,
) -> JournalEntry:
    """A guarantor pays for a borrower, or below zero gets its part of a recovery back.

    In the lending fund Dr cash, Cr guarantee_received; in a guarantee fund of our own Dr
    guarantee_claims, Cr cash.
    """
    moved = (
        {"guarantee_claims": amount, channel.value: -amount}
        if is_guarantor
        else {channel.value: amount, "guarantee_received": -amount}
    )
    return _entry(EntryKind.GUARANTEE, moved_on, fund, moved, contract_id=contract_id)


def guarantee_fee_entry(
    amount: Money,
    *,
    fund: FundAccounts,
    paid_on: date,
    contract_id: ContractId,
    channel: Channel,
    is_guarantor: bool,
) -> JournalEntry:
    """A guarantor is paid for its cover: Dr guarantee_cost, Cr cash in the lending fund.

    In a guarantee fund of our own Dr cash, Cr guarantee_fees. Raises `AccountNotInChart` for a
    fund of which no guarantee may cost a fee (zakat, waqf).
    """
    moved = (
        {channel.value: amount, "guarantee_fees": -amount}
        if is_guarantor
        else {"guarantee_cost": amount, channel.value: -amount}
    )
    return _entry(EntryKind.GUARANTEE, paid_on, fund, moved, contract_id=contract_id)


def subsidy_entry(
    amount: Money,
    *,
    fund: FundAccounts,
    paid_on: date,
    contract_id: ContractId,
    channel: Channel = Channel.CASH,
) -> JournalEntry:
    """A fund pays a part of the price of another fund's loan: Dr subsidy_expense, Cr cash."""
    moved = {"subsidy_expense": amount, channel.value: -amount}
    return _entry(EntryKind.SUBSIDY, paid_on, fund, moved, contract_id=contract_id)


def reversal_entry(entry: JournalEntry, *, entry_id: EntryId, reversed_on: date) -> JournalEntry:
    """The opposite of an entry, line by line, naming it; together they move nothing."""
    return JournalEntry(
        kind=EntryKind.REVERSAL,
        occurred_on=reversed_on,
        lines=tuple(
            Line(account_code=line.account_code, fund_id=line.fund_id, amount=-line.amount)
            for line in entry.lines
        ),
        contract_id=entry.contract_id,
        reverses_entry_id=entry_id,
    )


def balances(entries: Iterable[JournalEntry]) -> dict[tuple[FundId, str, str], int]:
    """Debits less credits by fund, currency and account, in minor units."""
    sums: defaultdict[tuple[FundId, str, str], int] = defaultdict(int)
    for entry in entries:
        for line in entry.lines:
            sums[line.fund_id, line.amount.currency, line.account_code] += line.amount.minor
    return dict(sums)


def _entry(
    kind: EntryKind,
    occurred_on: date,
    fund: FundAccounts,
    moved: dict[str, Money],
    *,
    contract_id: ContractId | None = None,
) -> JournalEntry:
    for amount in moved.values():
        if amount.currency != fund.currency:
            raise CurrencyMismatch(left=fund.currency, right=amount.currency)
    return JournalEntry(
        kind=kind,
        occurred_on=occurred_on,
        lines=tuple(
            Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
            for code, amount in moved.items()
            if amount.minor
        ),
        contract_id=contract_id,
    )
