"""How do partners put capital together (musharaka) and share what comes of it?

Source: AAOIFI Sharia Standard 12 (Sharikah). Profit by the agreed ratio, loss strictly by
capital; a partner who does not work takes no more of the profit than of the capital; nothing is
due from an expected profit.
"""

from collections.abc import Sequence

from services.loans.domain import deal as deals
from services.loans.domain import lifecycle, sharing, trading, undue, venture
from services.loans.domain.deal import AGREED, Deal, Step, Taken
from shared.errors import Sentence

SUMMARY = Sentence(
    "A partnership (musharaka): profit is shared by the agreed ratio once it is made, a loss by"
    " capital; nothing is due from an expected profit."
)
IS_DEBT = False
PAYS_CLIENT = False
LATE_ACCOUNT = None
DEFERS_PROFIT = False
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS

STEPS: Sequence[Step] = venture.steps(
    contribute=Step(
        code="contribute",
        after=(AGREED,),
        to="working",
        documents=("partnership_deed", "valuation"),
        amounts=("capital", "partner_capital"),
        figures=("profit_ratio",),
        party=deals.CLIENT,
        moves_money=True,
    )
)

check_terms = trading.check_no_profit
schedule = undue.schedule
disclose = undue.disclose
settlement = undue.settlement
repayment_entry = undue.repayment_entry
entry = venture.entry
change = venture.change


def check(step: Taken, *, deal: Deal) -> None:
    """We do not work in the venture: our ratio is not above our share of the capital.

    Raises `RatioAboveCapital` and what every venture raises.
    """
    venture.check(step, deal=deal)
    if step.code == "contribute":
        sharing.check_sleeping(
            step.figures["profit_ratio"],
            capital=step.amounts["capital"],
            others=step.amounts["partner_capital"],
        )
