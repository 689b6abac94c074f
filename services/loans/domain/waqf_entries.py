"""Which accounts does a waqf's own business debit and credit?"""

from datetime import date

from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.domain.waqf_orders import WaqfOrder, WaqfOrderKind
from shared.ids import ContractId
from shared.money import CurrencyMismatch, Money


def yield_entry(amount: Money, *, fund: FundAccounts, on: date, channel: Channel) -> JournalEntry:
    """Yield of the corpus came in as money: Dr cash, Cr yield of investments."""
    return _entry(EntryKind.YIELD, on, fund, {channel.value: amount, "investment_income": -amount})


def tabarru_entry(amount: Money, *, fund: FundAccounts, on: date, channel: Channel) -> JournalEntry:
    """A participant gives to the pool: Dr cash, Cr pool of the participants.

    The pool is the participants' own and never the fund's: it is owed until it bears a loss
    (AAOIFI Sharia Standard 26).
    """
    return _entry(EntryKind.HOLDING, on, fund, {channel.value: amount, "tabarru": -amount})


def cover_entry(
    *, tabarru: Money, reserve: Money, fund: FundAccounts, on: date, contract_id: ContractId
) -> JournalEntry:
    """A loss is borne: Dr pool, Cr losses borne by it; Dr reserve, Cr losses borne by it.

    The borrower's contract is not touched: nothing more is charged.
    """
    moved = {
        "tabarru": tabarru,
        "tabarru_cover": -tabarru,
        "loss_reserve": reserve,
        "reserve_used": -reserve,
    }
    return _entry(EntryKind.RESERVE, on, fund, moved, contract_id=contract_id)


def order_entry(
    order: WaqfOrder, *, fund: FundAccounts, cost: Money | None = None
) -> JournalEntry | None:
    """The entry of an approved order; property for property keeps its figure and books nothing.

    Nazir's fee 6,000: Dr nazir_fee, Cr cash. Property that stands at 90,000 given for 100,000 of
    money: Dr cash 100,000, Cr property 90,000, Cr gain 10,000, which stays corpus. `cost` is what
    the property given up stands at.
    """
    amount, money = order.amount, order.channel.value
    moved: dict[str, Money] | None = {
        WaqfOrderKind.INVEST: {"investments": amount, money: -amount},
        WaqfOrderKind.UPKEEP: {"upkeep": amount, money: -amount},
        WaqfOrderKind.DISTRIBUTION: {"grants": amount, money: -amount},
        WaqfOrderKind.NAZIR_FEE: {"nazir_fee": amount, money: -amount},
        WaqfOrderKind.RESERVE: {"yield_shared": amount, "loss_reserve": -amount},
        WaqfOrderKind.GROWTH: {"yield_shared": amount, "corpus_addition": -amount},
        WaqfOrderKind.RETURN: {"temporary_corpus": amount, money: -amount},
    }.get(order.kind)
    if order.kind is WaqfOrderKind.EXCHANGE and order.asset is None and cost is not None:
        gained = amount - cost
        result = "exchange_loss" if gained.is_negative else "exchange_gain"
        moved = {money: amount, "investments": -cost, result: -gained}
    if moved is None:
        return None
    return _entry(_KINDS[order.kind], order.on, fund, moved)


_KINDS = {
    WaqfOrderKind.INVEST: EntryKind.TRANSFER,
    WaqfOrderKind.UPKEEP: EntryKind.UPKEEP,
    WaqfOrderKind.DISTRIBUTION: EntryKind.GRANT,
    WaqfOrderKind.NAZIR_FEE: EntryKind.NAZIR_FEE,
    WaqfOrderKind.RESERVE: EntryKind.RESERVE,
    WaqfOrderKind.GROWTH: EntryKind.RESERVE,
    WaqfOrderKind.RETURN: EntryKind.CORPUS_RETURN,
    WaqfOrderKind.EXCHANGE: EntryKind.EXCHANGE,
}


def _entry(
    kind: EntryKind,
    on: date,
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
        occurred_on=on,
        lines=tuple(
            Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
            for code, amount in moved.items()
            if amount.minor
        ),
        contract_id=contract_id,
    )
