"""How are goods to come paid in advance (salam), delivered, sold on or called off?

Source: AAOIFI Sharia Standard 10 (Salam). The whole price is paid at the contract, the debt is in
goods; they are not sold before they are received; a late seller pays no fine, and what is called
off gives the price back and no more. A parallel sale is a contract of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import goods_debt, lifecycle, trading, undue
from services.loans.domain.deal import AGREED, Change, Deal, Ending, Result, Step, Taken
from services.loans.domain.journal import JournalEntry
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money

SUMMARY = Sentence(
    "A purchase of goods to come (salam): you have the whole price now and owe the goods on the"
    " agreed day; there is no fine for delay."
)
IS_DEBT = False
PAYS_CLIENT = False
LATE_ACCOUNT = None
DEFERS_PROFIT = False
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS
DAYS_TO_PAY = 3

STEPS: Sequence[Step] = (
    Step(
        code="specify",
        after=(AGREED,),
        to="specified",
        documents=("salam_contract", "specification"),
        figures=("quantity",),
        days=("deliver_by",),
    ),
    Step(
        code="pay_price",
        after=("specified",),
        to="paid",
        documents=("receipt",),
        amounts=("price",),
        party=deals.CLIENT,
        moves_money=True,
    ),
    Step(
        code="deliver",
        after=("paid",),
        documents=("delivery_note", "quality_certificate"),
        figures=("quantity",),
    ),
    Step(
        code="substitute",
        after=("paid",),
        documents=("agreement", "valuation"),
        amounts=("market_value", "market_value_given"),
        figures=("quantity",),
    ),
    Step(
        code="call_off",
        after=("paid",),
        documents=("cancellation", "receipt"),
        amounts=("price_back",),
        figures=("quantity",),
        party=deals.CLIENT,
        moves_money=True,
    ),
    Step(
        code="sell",
        after=("paid",),
        documents=("sale_invoice",),
        amounts=("price",),
        figures=("quantity",),
        party="buyer",
        moves_money=True,
    ),
    *goods_debt.steps("paid"),
    Step(code="close", after=("paid",), to="closed", ends=Ending.CLOSED),
)
_SETTLES = ("deliver", "substitute", "call_off")

check_terms = trading.check_no_profit
schedule = undue.schedule
disclose = undue.disclose
settlement = undue.settlement
repayment_entry = undue.repayment_entry


class PricePaidLate(RafidError):
    """The price of goods to come is paid at the contract"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The price was agreed on {agreed_on} and paid on {paid_on}: at most {days} days lie"
        " between (AAOIFI Sharia Standard 10)."
    )
    agreed_on: date
    paid_on: date
    days: int


class GoodsStillOwed(RafidError):
    """Goods are still owed or held"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{owed} are still to be delivered and {held} to be sold."
    owed: Decimal
    held: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """The goods still to come and those in store, and what they stand at."""

    owed: Decimal
    held: Decimal
    owed_at: Money
    held_at: Money


def stock(deal: Deal) -> Stock:
    """The goods of a deal after its steps; the parts of many steps sum to the whole price.

    20 sacks for 400,000 YER, 16 delivered: 4 still to come at 80,000 and 16 in store at 320,000.
    Worth 72,000 by now and booked so: 72,000.
    """
    left = held = Decimal(0)
    left_at = held_at = deal.zero
    for place, one in enumerate(deal.taken):
        quantity = one.figures.get("quantity", Decimal(0))
        if one.code == "specify":
            left = quantity
        elif one.code == "pay_price":
            left_at = one.amounts["price"]
        elif one.code == goods_debt.REVALUE:
            left_at = _carried(deal, taken=deal.taken[:place], owed=left)
        elif one.code in _SETTLES:
            part = _part(left_at, quantity, of=left)
            left, left_at = left - quantity, left_at - part
            if one.code != "call_off":
                held, held_at = held + quantity, held_at + part
        elif one.code == "sell":
            part = _part(held_at, quantity, of=held)
            held, held_at = held - quantity, held_at - part
    return Stock(owed=left, held=held, owed_at=left_at, held_at=held_at)


def owed(deal: Deal) -> Decimal:
    """The quantity still to come: 20 sacks, 16 delivered, 0 called off: 4."""
    return stock(deal).owed


def in_store(deal: Deal) -> Decimal:
    """The quantity received and not sold yet."""
    return stock(deal).held


def price_of(quantity: Decimal, *, deal: Deal) -> Money:
    """The price paid for a part of the goods: 4 of 20 sacks at 400,000 YER are 80,000."""
    return deal.terms.principal.times(quantity / deal.count("quantity", "specify"))


def check(step: Taken, *, deal: Deal) -> None:
    """The whole price at once; no more goods than owed; no sale before receipt; the price back.

    Raises `AmountDiffers`, `PricePaidLate`, `QuantityBeyond`, `AmountBeyond`, `GoodsStillOwed`,
    and what `goods_debt.check` raises.
    """
    quantity = step.figures.get("quantity", Decimal(0))
    if step.code == "specify":
        goods_debt.require_delivery_day(step)
    elif step.code == "pay_price":
        agreed_on = deal.taken[-1].on
        trading.require(step, "price", given=step.amounts["price"], expected=deal.terms.principal)
        if (step.on - agreed_on).days > DAYS_TO_PAY:
            raise PricePaidLate(agreed_on=agreed_on, paid_on=step.on, days=DAYS_TO_PAY)
    elif step.code in _SETTLES:
        trading.require_quantity(step, given=quantity, most=owed(deal))
    elif step.code == "sell":
        trading.require_quantity(step, given=quantity, most=in_store(deal))
    elif step.code == "close" and (owed(deal) or in_store(deal)):
        raise GoodsStillOwed(owed=owed(deal), held=in_store(deal))
    if step.code == "call_off":
        back = price_of(quantity, deal=deal)
        trading.require(step, "price_back", given=step.amounts["price_back"], expected=back)
    if step.code == "substitute":
        given, most = step.amounts["market_value_given"], step.amounts["market_value"]
        trading.require_within(step, given=given, most=most)
    goods_debt.check(step, deal=deal, since=_SETTLES)


def change(step: Taken, *, deal: Deal) -> Change:
    """The goods owed as one due on the day of delivery, at what they stand at.

    Delivered or called off, it is settled by its part; worth less, it is less; agreed for later,
    it is due later.
    """
    before = stock(deal)
    after = stock(deals.after(deal, step))
    if step.code == "pay_price":
        due_on = goods_debt.deliver_by(deal)
        return Change(instalments=goods_debt.stands(deal, after.owed_at, due_on=due_on))
    if step.code in _SETTLES:
        return Change(instalments=deal.instalments, settled=before.owed_at - after.owed_at)
    if step.code == "sell":
        return Change(result=_sold(step, cost=before.held_at - after.held_at))
    if step.code == goods_debt.REVALUE and after.owed_at != before.owed_at:
        (due,) = deal.instalments
        amount = due.principal + after.owed_at - before.owed_at
        return Change(instalments=goods_debt.stands(deal, amount, due_on=due.due_on))
    if step.code == goods_debt.EXTEND:
        return goods_debt.extended(step, deal=deal)
    return deals.UNCHANGED


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books: a claim to goods, then goods, then what they were sold for.

    Sale of all for 480,000 YER: Dr cash 480,000, Cr goods 400,000, Cr profit 80,000. Worth 72,000
    instead of 80,000: Dr losses 8,000, Cr goods owed.
    """
    before, after = stock(deal), stock(deals.after(deal, step))
    moved: dict[str, Money] = {
        "goods_due": after.owed_at - before.owed_at,
        "goods": after.held_at - before.held_at,
    }
    if step.code == "pay_price":
        moved["money"] = -step.amounts["price"]
    elif step.code == "call_off":
        moved["money"] = step.amounts["price_back"]
    elif step.code == "sell":
        moved["money"] = step.amounts["price"]
    rest = -Money.total(moved.values(), deal.currency)
    gained = step.code == "sell" and rest.is_negative
    moved["profit_income" if gained else "capital_loss"] = rest
    return deals.booked(step, deal=deal, moved=moved)


def _sold(step: Taken, *, cost: Money) -> Result:
    """The margin of a sale: bought for 400,000 YER and sold for 480,000, a profit of 80,000."""
    margin, none = step.amounts["price"] - cost, cost * 0
    return Result(at_work=none, principal=none, profit=max(margin, none), declared=margin)


def _carried(deal: Deal, *, taken: tuple[Taken, ...], owed: Decimal) -> Money:
    then = replace(deal, taken=taken)
    value = goods_debt.appraised(then, since=_SETTLES)
    return goods_debt.carried_at(price_of(owed, deal=deal), value=value)


def _part(whole: Money, quantity: Decimal, *, of: Decimal) -> Money:
    """What a part of goods stands at; the last part takes what is left."""
    return whole.times(quantity / of) if of else whole
