"""How does our capital work in another's hands (mudaraba), and who bears what?

Source: AAOIFI Sharia Standards 13 (Mudarabah), 40 and 45. The ratio is of the profit, never of
the capital; a loss is ours, the worker loses his work and owes nothing unless fault is proven;
what is distributed before liquidation is on account.
"""

from collections.abc import Sequence

from services.loans.domain import deal as deals
from services.loans.domain import lifecycle, trading, undue, venture
from services.loans.domain.deal import AGREED, Deal, Step, Taken
from shared.errors import Sentence

SUMMARY = Sentence(
    "A trust (mudaraba): the capital is ours, the work is yours; profit is shared by the agreed"
    " ratio once it is made, and you owe nothing of a loss that is not your fault."
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
        documents=("mudaraba_agreement",),
        amounts=("capital",),
        figures=("profit_ratio",),
        party=deals.CLIENT,
        moves_money=True,
    ),
    profit_papers=("accounts", "visit_report"),
    loss_papers=("accounts", "loss_evidence"),
    more=(
        Step(
            code="prove_fault",
            after=venture.IN_VENTURE,
            documents=("fault_finding",),
            amounts=("loss",),
        ),
    ),
)

check_terms = trading.check_no_profit
schedule = undue.schedule
disclose = undue.disclose
settlement = undue.settlement
repayment_entry = undue.repayment_entry
entry = venture.entry
change = venture.change


def check(step: Taken, *, deal: Deal) -> None:
    """Fault makes the worker owe what was lost, and no profit that was not made.

    Loss 2,000.00 SAR with proven negligence: 2,000.00 are owed. Raises `AmountBeyond` and what
    every venture raises.
    """
    venture.check(step, deal=deal)
    if step.code == "prove_fault":
        lost = deal.total("loss", "declare_loss") - deal.total("loss", "prove_fault")
        trading.require_within(step, given=step.amounts["loss"], most=lost)
