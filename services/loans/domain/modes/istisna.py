"""How are goods made to order (istisna), stage by stage, and what does a late maker lose?

Source: AAOIFI Sharia Standard 11 (Istisna'a); OIC Fiqh Academy 65 (3/7). We stand between two
contracts that do not depend on each other: the client orders from us, a maker makes for us. A maker
who abandons the work leaves our debt to the client as it was: another is commissioned, or both let
go of it. The maker is paid by certified stages and may lose a daily or weekly sum for delay; the
client never pays one for being late. What was paid for the work stands as goods owed to us until it
is delivered.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import disclosure, goods_debt, lifecycle, rebate, trading
from services.loans.domain import schedule as schedules
from services.loans.domain.deal import AGREED, Change, Deal, Ending, Step, Taken
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

STEPS: Sequence[Step] = (
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
        days=("deliver_by",),
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
    *goods_debt.steps("commissioned"),
    Step(code="abandon", after=("commissioned",), to="ordered", documents=("loss_report",)),
    Step(
        code="release",
        after=("ordered",),
        to="released",
        documents=("mutual_release",),
        ends=Ending.CANCELLED,
    ),
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
    work = _work(deal)
    (order,) = work.of("commission")
    lost = penalty(
        order.amounts["price"],
        weeks=work.count("weeks", "delay"),
        weekly=order.figures["penalty_weekly"],
        most=order.figures["penalty_most"],
    )
    return order.amounts["price"] - lost - work.total("amount", "pay_stage")


def stands_at(deal: Deal) -> Money:
    """What the work stands at: the stages paid, or less where it was valued lower.

    Stages of 10,000.00 and 10,000.00 paid: 20,000.00; valued at 15,000.00 after the first would
    have been 10,000.00, never more than was paid.
    """
    at = paid = deal.zero
    work = _work(deal)
    for place, one in enumerate(work.taken):
        if one.code == "pay_stage":
            paid, at = paid + one.amounts["amount"], at + one.amounts["amount"]
        elif one.code == goods_debt.REVALUE:
            then = replace(work, taken=work.taken[:place])
            value = goods_debt.appraised(then, since=("pay_stage",))
            at = goods_debt.carried_at(paid, value=value)
        elif one.code in ("deliver", "abandon"):
            at = deal.zero
    return at


def check(step: Taken, *, deal: Deal) -> None:
    """The maker gets the agreed price for certified stages and no more; all before delivery.

    Raises `AmountBeyond`, `HandedOverLate`, `NotYetAllPaid`, and what `goods_debt.check` raises.
    """
    if step.code == "commission":
        goods_debt.require_delivery_day(step)
        trading.require_within(step, given=step.amounts["price"], most=deal.terms.principal)
    elif step.code == "pay_stage":
        trading.require_within(step, given=step.amounts["amount"], most=payable(deal))
    elif step.code == "deliver":
        trading.require_before_due(step, deal=_ordered(deal))
        if payable(deal).is_positive:
            raise trading.NotYetAllPaid(step=step.code, owed=payable(deal))
    goods_debt.check(step, deal=deal, since=("pay_stage",))


def change(step: Taken, *, deal: Deal) -> Change:
    """The work as one due on its day of delivery, until it is the client's debt as agreed."""
    before, after = stands_at(deal), stands_at(deals.after(deal, step))
    if step.code == goods_debt.EXTEND:
        return goods_debt.extended(step, deal=deal) if before.is_positive else deals.UNCHANGED
    if before == after:
        return deals.UNCHANGED
    if step.code in ("deliver", "abandon"):
        return Change(instalments=_ordered(deal).instalments)
    due_on = goods_debt.deliver_by(deal)
    return Change(instalments=goods_debt.stands(deal, after, due_on=due_on))


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books; the work stands at what was paid for it until it is delivered.

    Delivery: Dr loans and profit receivable by the client's price, Cr goods owed by what was paid,
    Cr deferred profit; what the maker cost less is ours: 30,000.00 for 29,400.00 is profit of
    600.00.
    """
    at = stands_at(deals.after(deal, step)) - stands_at(deal)
    moved: dict[str, Money] = {"goods_due": at}
    if step.code == "pay_stage":
        moved["money"] = -at
    elif step.code == "deliver":
        profit = Money.total((one.profit for one in _ordered(deal).instalments), deal.currency)
        moved |= {
            "loans": deal.terms.principal,
            "profit_receivable": profit,
            "deferred_profit": -profit,
        }
    rest = -Money.total(moved.values(), deal.currency)
    gained = step.code == "deliver" and rest.is_negative
    moved["profit_income" if gained else "capital_loss"] = rest
    return deals.booked(step, deal=deal, moved=moved)


def _work(deal: Deal) -> Deal:
    """The steps with the maker who works now."""
    start = max((n for n, one in enumerate(deal.taken) if one.code == "commission"), default=0)
    return replace(deal, taken=deal.taken[start:])


def _ordered(deal: Deal) -> Deal:
    """The deal with the instalments that the client agreed to."""
    return replace(deal, instalments=schedule(deal.terms))
