"""What is our capital in a shared venture worth, and what may be declared and taken out?

Profit is declared from accounts, never expected; it is shared by the agreed ratio. A loss first
uses up the profit not yet taken out, then the capital, and falls on capital alone.
"""

from collections.abc import Callable
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import sharing, trading
from services.loans.domain.deal import Change, Deal, Ending, Result, Step, Taken
from services.loans.domain.journal import JournalEntry
from shared.money import Money

IN_VENTURE = ("working", "liquidated")

DISTRIBUTE = Step(
    code="distribute",
    after=("working",),
    documents=("receipt",),
    amounts=("amount",),
    party=deals.CLIENT,
    moves_money=True,
)
LIQUIDATE = Step(
    code="liquidate", after=("working",), to="liquidated", documents=("final_accounts",)
)
RETURN_CAPITAL = Step(
    code="return_capital",
    after=("liquidated",),
    documents=("receipt",),
    amounts=("amount",),
    party=deals.CLIENT,
    moves_money=True,
)
CLOSE = Step(code="close", after=("liquidated",), to="closed", ends=Ending.CLOSED)


def steps(
    *,
    contribute: Step,
    profit_papers: tuple[str, ...] = ("accounts",),
    loss_papers: tuple[str, ...] = ("accounts",),
    more: tuple[Step, ...] = (),
) -> tuple[Step, ...]:
    """The transition table of a venture: contribute, declare, distribute, liquidate, close."""
    declared = (("declare_profit", profit_papers, "profit"), ("declare_loss", loss_papers, "loss"))
    return (
        contribute,
        *(
            Step(code=code, after=IN_VENTURE, documents=papers, amounts=(name,))
            for code, papers, name in declared
        ),
        *more,
        DISTRIBUTE,
        LIQUIDATE,
        RETURN_CAPITAL,
        CLOSE,
    )


def our_profit(deal: Deal) -> Money:
    """Our part of all profits declared, by the ratio of the contract.

    3,000.00 SAR at 60/40: 1,800.00.
    """
    ratio = deal.count("profit_ratio", "contribute")
    declared = deal.total("profit", "declare_profit")
    return sharing.profit_shares(declared, ratios=(ratio, 1 - ratio))[0]


def our_loss(deal: Deal) -> Money:
    """Our part of all losses declared, by capital; in a mudaraba all capital is ours."""
    ours = deal.total("capital", "contribute")
    others = deal.total("partner_capital", "contribute")
    return sharing.loss_shares(deal.total("loss", "declare_loss"), capitals=(ours, others))[0]


def value(deal: Deal) -> Money:
    """Our capital with the profit left in it.

    Contributed + profit - loss + what proven fault owes - taken out. 10,000.00 SAR, a loss of
    2,000.00 without fault: 8,000.00 come back and the worker owes nothing.
    """
    taken = deal.total("amount", "distribute", "return_capital")
    gained = our_profit(deal) + deal.total("loss", "prove_fault") - our_loss(deal)
    return deal.total("capital", "contribute") + gained - taken


def profit_left(deal: Deal) -> Money:
    """Profit of ours that may be taken out: declared less lost less taken, never below 0."""
    left = our_profit(deal) - our_loss(deal) - deal.total("amount", "distribute")
    return max(left, deal.zero)


def at_work(deal: Deal) -> Money:
    """Our capital in the venture, profit left in it apart: 10,000.00 less a loss of 2,000.00."""
    return max(min(value(deal), deal.total("capital", "contribute")), deal.zero)


def change(step: Taken, *, deal: Deal) -> Change:
    """What a step makes of our capital at work; nothing is owed by instalments.

    Profit of 1,800.00 declared leaves the capital at 10,000.00; 11,800.00 returned at the end are
    10,000.00 of capital and 1,800.00 of profit.
    """
    after = deals.after(deal, step)
    if step.code == "contribute":
        capital, none = step.amounts["capital"], deal.zero
        return Change(result=Result(at_work=capital, principal=none, profit=none, declared=none))
    more = at_work(after) - at_work(deal)
    back = step.amount("amount", deal.currency)
    principal = -more if back.minor else deal.zero
    declared = (our_profit(after) - our_loss(after)) - (our_profit(deal) - our_loss(deal))
    return Change(
        result=Result(at_work=more, principal=principal, profit=back - principal, declared=declared)
    )


def check(step: Taken, *, deal: Deal) -> None:
    """Capital as agreed; nothing is taken out that is not there; closed when nothing is left.

    Raises `AmountDiffers`, `AmountBeyond`, `NotYetAllPaid`.
    """
    if step.code == "contribute":
        sharing.check_whole((step.figures["profit_ratio"], 1 - step.figures["profit_ratio"]))
        given, expected = step.amounts["capital"], deal.terms.principal
        trading.require(step, "capital", given=given, expected=expected)
    elif step.code == "declare_loss":
        most = value(deal) + deal.total("partner_capital", "contribute")
        trading.require_within(step, given=step.amounts["loss"], most=most)
    elif step.code == "distribute":
        trading.require_within(step, given=step.amounts["amount"], most=profit_left(deal))
    elif step.code == "return_capital":
        trading.require_within(step, given=step.amounts["amount"], most=value(deal))
    elif step.code == "close" and value(deal).is_positive:
        raise trading.NotYetAllPaid(step=step.code, owed=value(deal))


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books; our capital stands in `partnerships` with the profit left in it.

    Profit 3,000.00 at 60/40: Dr partnerships 1,800.00, Cr profit 1,800.00. Loss 2,000.00: Dr
    losses, Cr partnerships. Money back: Dr cash, Cr partnerships.
    """
    moved: dict[str, Money] = {}
    if step.code == "contribute":
        moved = {"partnerships": step.amounts["capital"], "money": -step.amounts["capital"]}
    elif step.code == "declare_profit":
        gained = _more(our_profit, step, deal)
        moved = {"partnerships": gained, "profit_income": -gained}
    elif step.code == "declare_loss":
        lost = _more(our_loss, step, deal)
        moved = {"capital_loss": lost, "partnerships": -lost}
    elif step.code == "prove_fault":
        moved = {"partnerships": step.amounts["loss"], "capital_loss": -step.amounts["loss"]}
    elif step.code in ("distribute", "return_capital"):
        moved = {"money": step.amounts["amount"], "partnerships": -step.amounts["amount"]}
    return deals.booked(step, deal=deal, moved=moved)


def share_of_capital(deal: Deal) -> Decimal:
    """Our part of the whole capital: 12,000 of 30,000 is 0.4."""
    ours = deal.total("capital", "contribute")
    return Decimal(ours.minor) / (ours + deal.total("partner_capital", "contribute")).minor


def _more(figure: Callable[[Deal], Money], step: Taken, deal: Deal) -> Money:
    """What a step adds to a running figure, so that the parts of many steps sum to the whole."""
    return figure(deals.after(deal, step)) - figure(deal)
