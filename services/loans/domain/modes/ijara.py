"""How does a lease that ends in ownership (ijara) run, and what if the goods fail or are lost?

Source: AAOIFI Sharia Standard 9 (Ijarah); OIC Fiqh Academy 110 (4/12). The lessor owns and bears
the goods the whole time; rent is owed only while they can be used; ownership passes by an act of
its own when all rent is paid.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import disclosure, journal, lifecycle, rebate, trading
from services.loans.domain import schedule as schedules
from services.loans.domain.deal import AGREED, Deal, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.schedule import Instalment
from shared.errors import Sentence
from shared.money import Money
from shared.periods import Period

SUMMARY = Sentence(
    "A lease that ends in ownership (ijara): the goods are ours while you pay rent, rent is owed"
    " only while they can be used, and a separate act makes them yours in the end."
)
IS_DEBT = True
PAYS_CLIENT = False
LATE_ACCOUNT = "charity"
DEFERS_PROFIT = False
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS

_IN_LEASE = ("leased", "stopped")
STEPS = (
    Step(code="promise", after=(AGREED,), to="promised", documents=("request", "lease_promise")),
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
    Step(code="possess", after=("purchased",), to="possessed", documents=("possession_proof",)),
    Step(code="lease", after=("possessed",), to="leased", documents=("lease", "delivery_note")),
    Step(
        code="upkeep",
        after=_IN_LEASE,
        documents=("upkeep_record",),
        amounts=("amount",),
        party="supplier",
        moves_money=True,
    ),
    Step(code="stop_use", after=("leased",), to="stopped", documents=("fault_report",)),
    Step(code="resume_use", after=("stopped",), to="leased", documents=("repair_report",)),
    Step(
        code="lose",
        after=_IN_LEASE,
        to="lost",
        documents=("loss_report",),
        may_have=("fair_rent", "rent_back"),
    ),
    Step(
        code="lose_by_fault",
        after=_IN_LEASE,
        to="claimed",
        documents=("loss_report", "fault_finding"),
    ),
    Step(
        code="pay_back",
        after=("lost",),
        documents=("receipt",),
        amounts=("amount",),
        party=deals.CLIENT,
        moves_money=True,
    ),
    Step(code="return_goods", after=_IN_LEASE, to="returned", documents=("return_record",)),
    Step(code="transfer", after=("leased",), to="transferred", documents=("transfer_deed",)),
)

check_terms = trading.check_terms
schedule = schedules.schedule
disclose = disclosure.disclose
settlement = rebate.by_table
repayment_entry = journal.repayment_entry


def rents_due(
    instalments: Sequence[Instalment], *, since: date, unusable: Sequence[Period] = ()
) -> tuple[Money, ...]:
    """The rents for the days on which the goods could be used, each rounded once.

    A rent of 287.500 JOD for a month of 30 days, the machine broken for 6 of them: 230.000. A
    lease lost after month 10 has nothing to pay for months 11 to 24: `unusable` is the rest.
    """
    starts = [since, *(one.due_on for one in instalments[:-1])]
    rents = []
    for start, one in zip(starts, instalments, strict=True):
        days = (one.due_on - start).days
        lost = sum(_overlap(start, one.due_on, span) for span in unusable)
        rents.append(one.total.times(Decimal(days - lost) / days))
    return tuple(rents)


def rent_back(paid: Sequence[Money], *, fair_rent: Money) -> Money:
    """What was paid above fair rent, once ownership will not follow: it is given back.

    Ten rents of 287.500 JOD with a fair rent of 260.000: 275.000 (AAOIFI Sharia Standard 9).
    """
    return Money.total((max(rent - fair_rent, rent * 0) for rent in paid), fair_rent.currency)


def check(step: Taken, *, deal: Deal) -> None:
    """Goods are leased at what they cost; ownership passes when all is paid.

    Raises `HandedOverLate`, `AmountDiffers`, `AmountBeyond`, `NotYetAllPaid`.
    """
    if step.code == "lease":
        trading.require_before_due(step, deal=deal)
        expected = deal.terms.principal
        trading.require(step, "cost", given=trading.cost(deal), expected=expected)
    elif step.code == "transfer":
        trading.require_paid(step, deal=deal)
    elif step.code == "lose" and "rent_back" in step.amounts:
        fair = step.amount("fair_rent", deal.currency)
        expected = rent_back([one.total for one in _paid(deal)], fair_rent=fair)
        given = step.amounts["rent_back"]
        trading.require(step, "rent_back", given=given, expected=expected)
    elif step.code == "pay_back":
        held = deal.total("rent_back", "lose") - deal.total("amount", "pay_back")
        trading.require_within(step, given=step.amounts["amount"], most=held)


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books: the goods stay an asset, worn by the part of rent that is cost.

    Loss without fault of the lessee: Dr losses, Cr loans by what was not yet worn; rent above
    fair rent is Dr profit, Cr money of clients.
    """
    if step.code == "purchase":
        return trading.purchase_entry(step, deal=deal)
    if step.code == "lease":
        return trading.handed_over(step, deal=deal)
    moved: dict[str, Money] = {}
    if step.code == "upkeep":
        moved = {"upkeep": step.amounts["amount"], "money": -step.amounts["amount"]}
    elif step.code == "lose":
        back = step.amount("rent_back", deal.currency)
        moved = {
            "capital_loss": deal.owed,
            "loans": -deal.owed,
            "profit_income": back,
            "client_deposit": -back,
        }
    elif step.code == "return_goods":
        moved = {"goods": deal.owed, "loans": -deal.owed}
    elif step.code == "pay_back":
        moved = {"client_deposit": step.amounts["amount"], "money": -step.amounts["amount"]}
    return deals.booked(step, deal=deal, moved=moved)


def _paid(deal: Deal) -> list[Instalment]:
    """The rents paid whole so far, the first ones first."""
    left = (deal.terms.principal - deal.owed) + deal.paid_profit
    found = []
    for one in deal.instalments:
        left -= one.principal + one.profit
        if left.is_negative:
            break
        found.append(one)
    return found


def _overlap(start: date, end: date, span: Period) -> int:
    last = end if span.end is None else min(end, span.end)
    return max((last - max(start, span.start)).days, 0)
