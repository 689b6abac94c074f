"""How are goods made to order (istisna), stage by stage, and what does a late maker lose?

Source: AAOIFI Sharia Standard 11 (Istisna'a); OIC Fiqh Academy 65 (3/7). We stand between two
contracts that do not depend on each other: the client orders from us, a maker makes for us. The
maker is paid by certified stages and may lose a daily or weekly sum for delay; the client never
pays one for being late.
"""

from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import disclosure, lifecycle, rebate, trading
from services.loans.domain import schedule as schedules
from services.loans.domain.deal import AGREED, Deal, Step, Taken
from services.loans.domain.journal import JournalEntry
from shared.errors import Sentence
from shared.money import Money

SUMMARY = Sentence(
    "Goods made to order (istisna): we have them made as you describe them and deliver them to you"
    " at a price that is fixed now."
)
IS_DEBT = True
PAYS_CLIENT = False
LATE_ACCOUNT = "charity"
DEFERS_PROFIT = True
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS

STEPS = (
    Step(
        code="order",
        after=(AGREED,),
        to="ordered",
        documents=("istisna_contract", "drawings"),
    ),
    Step(
        code="commission",
        after=("ordered",),
        to="commissioned",
        documents=("parallel_contract",),
        amounts=("price",),
        figures=("penalty_weekly", "penalty_most"),
        party="maker",
    ),
    Step(
        code="pay_stage",
        after=("commissioned",),
        documents=("stage_certificate", "receipt"),
        amounts=("amount",),
        party="maker",
        moves_money=True,
    ),
    Step(
        code="delay",
        after=("commissioned",),
        documents=("delay_notice",),
        figures=("weeks",),
    ),
    Step(
        code="deliver",
        after=("commissioned",),
        to="delivered",
        documents=("acceptance", "delivery_note"),
    ),
    Step(code="abandon", after=("commissioned",), to="lost", documents=("loss_report",)),
    Step(code="repair", after=("delivered",), documents=("defect_report",)),
)

check_terms = trading.check_terms
schedule = schedules.schedule
disclose = disclosure.disclose
settlement = rebate.quote
repayment_entry = trading.repayment_entry


def penalty(price: Money, *, weeks: Decimal, weekly: Decimal, most: Decimal) -> Money:
    """What the maker loses for delay: a part of the price a week, up to a cap.

    30,000.00 EGP, two weeks at 1 % a week, at most 10 %: 600.00. Thirty weeks: 3,000.00.
    """
    return price.times(min(weeks * weekly, most))


def payable(deal: Deal) -> Money:
    """What the maker may still be paid: the price less the penalty less what was paid."""
    (order,) = deal.of("commission")
    lost = penalty(
        order.amounts["price"],
        weeks=deal.count("weeks", "delay"),
        weekly=order.figures["penalty_weekly"],
        most=order.figures["penalty_most"],
    )
    return order.amounts["price"] - lost - deal.total("amount", "pay_stage")


def check(step: Taken, *, deal: Deal) -> None:
    """The maker gets the agreed price for certified stages and no more; all before delivery.

    Raises `AmountBeyond`, `HandedOverLate`, `NotYetAllPaid`.
    """
    if step.code == "commission":
        trading.require_within(step, given=step.amounts["price"], most=deal.terms.principal)
    elif step.code == "pay_stage":
        trading.require_within(step, given=step.amounts["amount"], most=payable(deal))
    elif step.code == "deliver":
        trading.require_before_due(step, deal=deal)
        if payable(deal).is_positive:
            raise trading.NotYetAllPaid(step=step.code, owed=payable(deal))


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books; the work stands at what was paid for it until it is delivered.

    Delivery: Dr loans and profit receivable by the client's price, Cr goods by what was paid, Cr
    deferred profit; what the maker cost less is ours: 30,000.00 for 29,400.00 is profit of 600.00.
    """
    paid = deal.total("amount", "pay_stage")
    moved: dict[str, Money] = {}
    if step.code == "pay_stage":
        moved = {"goods": step.amounts["amount"], "money": -step.amounts["amount"]}
    elif step.code == "deliver":
        principal = deal.terms.principal
        margin = principal - paid
        account = "capital_loss" if margin.is_negative else "profit_income"
        profit = Money.total((one.profit for one in deal.instalments), deal.currency)
        moved = {
            "loans": principal,
            "profit_receivable": profit,
            "goods": -paid,
            "deferred_profit": -profit,
            account: -margin,
        }
    elif step.code == "abandon":
        moved = {"capital_loss": paid, "goods": -paid}
    return deals.booked(step, deal=deal, moved=moved)
