"""How are goods to come paid in advance (salam), delivered, sold on or called off?

Source: AAOIFI Sharia Standard 10 (Salam). The whole price is paid at the contract, the debt is in
goods; they are not sold before they are received; a late seller pays no fine, and what is called
off gives the price back and no more. A parallel sale is a contract of its own.
"""

from datetime import date
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import lifecycle, trading, undue
from services.loans.domain.deal import AGREED, Deal, Step, Taken
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

STEPS = (
    Step(
        code="specify",
        after=(AGREED,),
        to="specified",
        documents=("salam_contract", "specification"),
        figures=("quantity",),
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
    Step(code="close", after=("paid",), to="closed"),
)

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


def owed(deal: Deal) -> Decimal:
    """The quantity still to come: 20 sacks, 16 delivered, 0 called off: 4."""
    return deal.count("quantity", "specify") - _settled(deal)


def in_store(deal: Deal) -> Decimal:
    """The quantity received and not sold yet."""
    return deal.count("quantity", "deliver", "substitute") - deal.count("quantity", "sell")


def price_of(quantity: Decimal, *, deal: Deal) -> Money:
    """The price paid for a part of the goods: 4 of 20 sacks at 400,000 YER are 80,000."""
    return deal.terms.principal.times(quantity / deal.count("quantity", "specify"))


def worth(quantity: Decimal, *, deal: Deal, market_price: Money) -> Money:
    """What a debt in goods counts for in the portfolio: the lower of price paid and market.

    4 sacks paid with 20,000 YER each, market 18,000: 72,000; market 26,000: 80,000. It gives a
    figure to compare by, never a claim to money.
    """
    return min(price_of(quantity, deal=deal), market_price.times(quantity))


def check(step: Taken, *, deal: Deal) -> None:
    """The whole price at once; no more goods than owed; no sale before receipt; the price back.

    Raises `AmountDiffers`, `PricePaidLate`, `QuantityBeyond`, `AmountBeyond`, `GoodsStillOwed`.
    """
    quantity = step.figures.get("quantity", Decimal(0))
    if step.code == "pay_price":
        agreed_on = deal.taken[-1].on
        trading.require(step, "price", given=step.amounts["price"], expected=deal.terms.principal)
        if (step.on - agreed_on).days > DAYS_TO_PAY:
            raise PricePaidLate(agreed_on=agreed_on, paid_on=step.on, days=DAYS_TO_PAY)
    elif step.code in ("deliver", "substitute", "call_off"):
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


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books: a claim to goods, then goods, then what they were sold for.

    Sale of all for 480,000 YER: Dr cash 480,000, Cr goods 400,000, Cr profit 80,000.
    """
    moved: dict[str, Money] = {}
    if step.code == "pay_price":
        moved = {"goods_due": step.amounts["price"], "money": -step.amounts["price"]}
    elif step.code in ("deliver", "substitute"):
        cost = _part(deal, step, "deliver", "substitute", "call_off")
        moved = {"goods": cost, "goods_due": -cost}
    elif step.code == "call_off":
        cost = _part(deal, step, "deliver", "substitute", "call_off")
        moved = {"money": cost, "goods_due": -cost}
    elif step.code == "sell":
        price, cost = step.amounts["price"], _part(deal, step, "sell")
        margin = price - cost
        account = "capital_loss" if margin.is_negative else "profit_income"
        moved = {"money": price, "goods": -cost, account: -margin}
    return deals.booked(step, deal=deal, moved=moved)


def _part(deal: Deal, step: Taken, *codes: str) -> Money:
    """The cost of a part, so that the parts of many steps sum to the whole price."""
    before = deal.count("quantity", *codes)
    after = before + step.figures["quantity"]
    return price_of(after, deal=deal) - price_of(before, deal=deal)


def _settled(deal: Deal) -> Decimal:
    return deal.count("quantity", "deliver", "substitute", "call_off")
