"""How does a sale at disclosed cost and mark-up (murabaha) run, from the promise to the debt?

Source: AAOIFI Sharia Standards 8 (Murabahah) and 18 (Possession); OIC Fiqh Academy 40-41 (2/5,
3/5), 51 (2/6), 64 (2/7). The institution buys, owns and bears the goods before it sells them; the
supplier is paid, never the client; the price is fixed at the sale and never rises. Goods that cost
something else than was agreed are offered at that cost and the agreed rate of mark-up; the client
may accept, or let them be, and never learns of it after the sale.
"""

from collections.abc import Sequence
from dataclasses import replace

from services.loans.domain import deal as deals
from services.loans.domain import disclosure, lifecycle, rebate, trading
from services.loans.domain import schedule as schedules
from services.loans.domain.deal import AGREED, Change, Deal, Ending, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.terms import Terms
from shared.errors import Sentence
from shared.money import Money

SUMMARY = Sentence(
    "A sale at cost plus mark-up (murabaha): we buy the goods, own them, and sell them to you at"
    " a price that never rises."
)
IS_DEBT = True
PAYS_CLIENT = False
LATE_ACCOUNT = "charity"
DEFERS_PROFIT = True
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS

_OWNED = ("purchased", "possessed", "offered")
_SOLD = ("sold", "delivered")
STEPS: Sequence[Step] = (
    Step(code="promise", after=(AGREED,), to="promised", documents=("request", "promise")),
    Step(
        code="deposit",
        after=("promised",),
        documents=("receipt",),
        amounts=("amount",),
        party=deals.CLIENT,
        moves_money=True,
    ),
    Step(
        code="appoint_agent",
        after=("promised",),
        to="agent_appointed",
        documents=("agency_mandate", "exception_approval"),
    ),
    Step(
        code="purchase",
        after=("promised",),
        to="purchased",
        documents=("purchase_invoice",),
        amounts=("invoice",),
        may_have=("direct_costs", "discount"),
        party="supplier",
        moves_money=True,
    ),
    Step(
        code="purchase_by_agent",
        after=("agent_appointed",),
        to="purchased",
        documents=("purchase_invoice", "agent_account"),
        amounts=("invoice",),
        may_have=("direct_costs", "discount"),
        party="supplier",
        moves_money=True,
    ),
    Step(
        code="possess",
        after=("purchased",),
        to="possessed",
        documents=("possession_proof",),
    ),
    Step(
        code="discount",
        after=(*_OWNED, *_SOLD),
        documents=("credit_note",),
        amounts=("amount",),
        party="supplier",
        moves_money=True,
    ),
    Step(
        code="sell",
        after=("possessed",),
        to="sold",
        documents=("sale_contract", "cost_sheet"),
        amounts=("cost", "mark_up"),
        may_have=("down_payment",),
    ),
    Step(code="deliver", after=("sold",), to="delivered", documents=("delivery_note",)),
    Step(
        code="offer_anew",
        after=("possessed",),
        to="offered",
        documents=("offer", "cost_sheet"),
        amounts=("cost", "mark_up"),
        may_have=("down_payment",),
    ),
    Step(
        code="accept",
        after=("offered",),
        to="possessed",
        documents=("promise", "acceptance"),
        by_another=True,
    ),
    Step(
        code="lose",
        after=_OWNED,
        to="lost",
        documents=("loss_report",),
        ends=Ending.CANCELLED,
    ),
    Step(
        code="withdraw",
        after=("promised", "agent_appointed"),
        to="withdrawn",
        documents=("withdrawal",),
        ends=Ending.CANCELLED,
    ),
    Step(code="refuse", after=_OWNED, to="refused", documents=("refusal",)),
    Step(
        code="resell",
        after=("refused",),
        to="resold",
        documents=("sale_invoice",),
        amounts=("price",),
        may_have=("damage",),
        party="buyer",
        moves_money=True,
        ends=Ending.CANCELLED,
    ),
    Step(
        code="pay_back",
        after=("lost", "withdrawn", "refused", "resold", *_SOLD),
        documents=("receipt",),
        amounts=("amount",),
        party=deals.CLIENT,
        moves_money=True,
    ),
)

check_terms = trading.check_terms
schedule = schedules.schedule
disclose = disclosure.disclose
settlement = rebate.quote
repayment_entry = trading.repayment_entry


def held(deal: Deal) -> Money:
    """What is held for the client: deposits and discounts after the sale, less what went back.

    A deposit of 500.00 of which 200.00 was the down payment, and a late discount of 100.00: 400.00.
    """
    sold_at = next((n for n, one in enumerate(deal.taken) if one.code == "sell"), len(deal.taken))
    late = [one for one in deal.taken[sold_at:] if one.code == "discount"]
    discounts = Money.total((one.amounts["amount"] for one in late), deal.currency)
    used = deal.total("down_payment", "sell") + deal.total("amount", "pay_back")
    used += deal.total("damage", "resell")
    return deal.total("amount", "deposit") + discounts - used


def offered(step: Taken, *, deal: Deal) -> Terms:
    """The terms of goods that cost something else: the true cost, all else as agreed.

    Agreed 20,500.00 MAD at 12 %, the goods cost 21,000.00: a mark-up of 2,520.00 in place of
    2,460.00. A down payment is taken off the cost.
    """
    paid_down = step.amount("down_payment", deal.currency)
    return replace(deal.terms, principal=step.amounts["cost"] - paid_down)


def check(step: Taken, *, deal: Deal) -> None:
    """The price is the disclosed cost and mark-up, as agreed; nobody gets back more than is held.

    Raises `HandedOverLate`, `AmountDiffers`, `AmountBeyond`.
    """
    if step.code in ("sell", "offer_anew"):
        cost, mark_up = step.amounts["cost"], step.amounts["mark_up"]
        down_payment = step.amount("down_payment", deal.currency)
        trading.require_before_due(step, deal=deal)
        trading.require(step, "cost", given=cost, expected=trading.cost(deal))
        trading.require_within(step, given=down_payment, most=min(held(deal), cost))
        terms = deal.terms if step.code == "sell" else offered(step, deal=deal)
        dues = deal.instalments if step.code == "sell" else schedule(terms)
        profit = Money.total((one.profit for one in dues), deal.currency)
        trading.require(step, "mark_up", given=mark_up, expected=profit)
        trading.require(step, "cost", given=cost - down_payment, expected=terms.principal)
    elif step.code == "accept":
        trading.require_before_due(step, deal=deal)
    elif step.code == "pay_back":
        trading.require_within(step, given=step.amounts["amount"], most=held(deal))
    elif step.code == "discount":
        trading.require_within(step, given=step.amounts["amount"], most=trading.cost(deal))
    elif step.code == "resell" and "damage" in step.amounts:
        short = trading.cost(deal) - step.amounts["price"]
        most = min(max(short, deal.zero), held(deal))
        trading.require_within(step, given=step.amounts["damage"], most=most)


def change(step: Taken, *, deal: Deal) -> Change:
    """What was offered at its true cost is agreed once the client accepts it."""
    if step.code != "accept":
        return deals.UNCHANGED
    terms = offered(deal.of("offer_anew")[-1], deal=deal)
    return Change(instalments=schedule(terms), terms=terms)


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books; the goods stand at cost, the mark-up is deferred until it is paid.

    Sale: Dr loans 20,500.00, Dr profit receivable 2,460.00, Cr goods 20,500.00, Cr deferred
    profit 2,460.00. A discount before the sale lowers the cost, one after it is the client's.
    Goods that the client refused after a binding promise are sold to another; the deposit makes
    good what was really lost by it, and no more.
    """
    if step.code in trading.PURCHASES:
        return trading.purchase_entry(step, deal=deal)
    moved: dict[str, Money] = {}
    if step.code == "sell":
        cost, mark_up = step.amounts["cost"], step.amounts["mark_up"]
        moved = {
            "loans": deal.terms.principal,
            "client_deposit": step.amount("down_payment", deal.currency),
            "profit_receivable": mark_up,
            "goods": -cost,
            "deferred_profit": -mark_up,
        }
    elif step.code == "lose":
        cost = trading.cost(deal)
        moved = {"capital_loss": cost, "goods": -cost}
    elif step.code == "resell":
        price, damage = step.amounts["price"], step.amount("damage", deal.currency)
        rest = trading.cost(deal) - price - damage
        moved = {
            "money": price,
            "client_deposit": damage,
            "goods": -trading.cost(deal),
            "profit_income" if rest.is_negative else "capital_loss": rest,
        }
    elif step.code == "discount":
        account = "client_deposit" if deal.of("sell") else "goods"
        moved = {"money": step.amounts["amount"], account: -step.amounts["amount"]}
    elif step.code == "deposit":
        moved = {"money": step.amounts["amount"], "client_deposit": -step.amounts["amount"]}
    elif step.code == "pay_back":
        moved = {"client_deposit": step.amounts["amount"], "money": -step.amounts["amount"]}
    return deals.booked(step, deal=deal, moved=moved)
