"""How is a crop shared (muzara'a, musaqat) by those who gave land, inputs and work?

Source: AAOIFI Sharia Standard 50 (Musaqat); for muzara'a the same rule: every share is a fraction
of the whole harvest, no quantity and no plot is kept for one of them, and if the crop fails each
loses what he gave.
"""

from collections.abc import Sequence
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import lifecycle, sharing, trading, undue
from services.loans.domain.deal import AGREED, Change, Deal, Ending, Result, Step, Taken
from services.loans.domain.journal import JournalEntry
from shared.errors import Sentence
from shared.money import Money

SUMMARY = Sentence(
    "A crop shared (muzara'a): each has a fraction of the whole harvest, and nobody is owed a fixed"
    " quantity; if the crop fails, each loses what he gave."
)
IS_DEBT = False
PAYS_CLIENT = False
LATE_ACCOUNT = None
DEFERS_PROFIT = False
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS

STEPS: Sequence[Step] = (
    Step(
        code="agree",
        after=(AGREED,),
        to="sown",
        documents=("crop_agreement",),
        figures=("land_share", "inputs_share", "work_share"),
    ),
    Step(
        code="supply",
        after=("sown",),
        documents=("input_receipt",),
        amounts=("amount",),
        party="supplier",
        moves_money=True,
    ),
    Step(code="log_work", after=("sown",), documents=("work_log",)),
    Step(
        code="harvest",
        after=("sown",),
        to="harvested",
        documents=("weighing_record",),
        figures=("harvest",),
    ),
    Step(
        code="fail",
        after=("sown",),
        to="failed",
        documents=("loss_report",),
        ends=Ending.CLOSED,
    ),
    Step(
        code="sell",
        after=("harvested",),
        documents=("sale_invoice",),
        amounts=("price",),
        figures=("quantity",),
        party="buyer",
        moves_money=True,
    ),
    Step(code="close", after=("harvested",), to="closed", ends=Ending.CLOSED),
)

check_terms = trading.check_no_profit
schedule = undue.schedule
disclose = undue.disclose
settlement = undue.settlement
repayment_entry = undue.repayment_entry


def our_harvest(deal: Deal) -> Decimal:
    """Our part of the harvest, for the inputs: 3,000 kg at a fifth are 600 kg."""
    fractions = _fractions(deal.of("agree")[0])
    return sharing.crop_shares(deal.count("harvest", "harvest"), fractions=fractions)[1]


def check(step: Taken, *, deal: Deal) -> None:
    """Shares make the whole; inputs within what was agreed; no more sold than is ours.

    Raises `SharesNotWhole`, `AmountBeyond`, `QuantityBeyond`.
    """
    if step.code == "agree":
        sharing.check_whole(_fractions(step))
    elif step.code == "supply":
        left = deal.terms.principal - deal.total("amount", "supply")
        trading.require_within(step, given=step.amounts["amount"], most=left)
    elif step.code in ("sell", "close"):
        left_of_crop = our_harvest(deal) - deal.count("quantity", "sell")
        given = step.figures.get("quantity", left_of_crop * 0)
        is_over = given > left_of_crop if step.code == "sell" else left_of_crop > 0
        if is_over:
            raise trading.QuantityBeyond(step=step.code, given=given, most=left_of_crop)


def change(step: Taken, *, deal: Deal) -> Change:
    """What a step makes of the inputs at work: sold with its part of the crop, or lost.

    Inputs of 900.00, half of our 600 kg sold for 600.00: 450.00 came back and 150.00 is profit.
    """
    given, none = deal.total("amount", "supply"), deal.zero
    if step.code == "supply":
        amount = step.amounts["amount"]
        result = Result(at_work=amount, principal=none, profit=none, declared=none)
    elif step.code == "fail":
        result = Result(at_work=-given, principal=none, profit=none, declared=-given)
    elif step.code == "sell":
        cost, price = _cost_of(step, deal=deal), step.amounts["price"]
        back = min(cost, price)
        result = Result(at_work=-cost, principal=back, profit=price - back, declared=price - cost)
    else:
        return deals.UNCHANGED
    return Change(result=result)


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books: inputs are capital in the crop until our share of it is sold.

    Inputs of 900.00, all of our 600 kg sold for 1,200.00: Dr cash 1,200.00, Cr partnerships
    900.00, Cr profit 300.00. A failed crop: Dr losses, Cr partnerships.
    """
    given = deal.total("amount", "supply")
    moved: dict[str, Money] = {}
    if step.code == "supply":
        moved = {"partnerships": step.amounts["amount"], "money": -step.amounts["amount"]}
    elif step.code == "fail":
        moved = {"capital_loss": given, "partnerships": -given}
    elif step.code == "sell":
        cost = _cost_of(step, deal=deal)
        margin = step.amounts["price"] - cost
        account = "capital_loss" if margin.is_negative else "profit_income"
        moved = {"money": step.amounts["price"], "partnerships": -cost, account: -margin}
    return deals.booked(step, deal=deal, moved=moved)


def _cost_of(step: Taken, *, deal: Deal) -> Money:
    """The inputs that a part of the crop has cost; the parts of many sales sum to all of them."""
    given, ours = deal.total("amount", "supply"), our_harvest(deal)
    before = deal.count("quantity", "sell")
    sold = before + step.figures["quantity"]
    return given.times(sold / ours) - given.times(before / ours)


def _fractions(step: Taken) -> tuple[Decimal, Decimal, Decimal]:
    land, inputs, work = (
        step.figures[name] for name in ("land_share", "inputs_share", "work_share")
    )
    return land, inputs, work
