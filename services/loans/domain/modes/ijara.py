"""How does a lease that ends in ownership (ijara) run, and what if the goods fail or are lost?

Source: AAOIFI Sharia Standard 9 (Ijarah); OIC Fiqh Academy 110 (4/12). The lessor owns and bears
the goods the whole time; rent is owed only while they can be used; ownership passes by an act of
its own when all rent is paid.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from services.loans.domain import deal as deals
from services.loans.domain import disclosure, journal, lifecycle, rebate, rents, trading
from services.loans.domain import schedule as schedules
from services.loans.domain.deal import AGREED, Change, Deal, Ending, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.rents import Cut, Lease
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ALLOCATION_ORDER
from shared.errors import Kind, RafidError, Sentence
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
_STOPS = ("stop_use", "resume_use")
_OVER = ("lost", "claimed", "returned")
_CUTS: Mapping[str, str] = {
    "resume_use": "capital_loss",
    "out_of_use": "capital_loss",
    "lose": "capital_loss",
    "lose_by_fault": "capital_loss",
    "return_goods": "goods",
}
STEPS: Sequence[Step] = (
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
        code="out_of_use",
        after=_IN_LEASE,
        documents=("fault_report",),
        days=("from_day", "until_day"),
    ),
    Step(
        code="lose",
        after=("purchased", "possessed"),
        to="lost",
        documents=("loss_report",),
        ends=Ending.CANCELLED,
    ),
    Step(
        code="lose",
        after=_IN_LEASE,
        to="lost",
        documents=("loss_report",),
        may_have=("fair_rent", "rent_back"),
        ends=Ending.CLOSED,
    ),
    Step(
        code="lose_by_fault",
        after=_IN_LEASE,
        to="claimed",
        documents=("loss_report", "fault_finding"),
        amounts=("market_value",),
    ),
    Step(
        code="pay_back",
        after=(*_IN_LEASE, *_OVER),
        documents=("receipt",),
        amounts=("amount",),
        party=deals.CLIENT,
        moves_money=True,
    ),
    Step(
        code="cover",
        after=("lost",),
        documents=("cover_decision", "receipt"),
        amounts=("amount",),
        party="insurer",
        moves_money=True,
    ),
    Step(
        code="return_goods",
        after=_IN_LEASE,
        to="returned",
        documents=("return_record",),
        ends=Ending.CLOSED,
    ),
    Step(code="transfer", after=("leased",), to="transferred", documents=("transfer_deed",)),
)

check_terms = trading.check_terms
schedule = schedules.schedule
disclose = disclosure.disclose
settlement = rebate.by_table
repayment_entry = journal.repayment_entry


class DaysNotOfLease(RafidError):
    """The days do not lie in the lease, or rent was taken off for them already"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The step {step} names the days from {start} to {end}: they lie between the lease and the"
        " day of the step, and no day is taken off twice."
    )
    step: str
    start: date
    end: date


def rents_due(
    instalments: Sequence[Instalment], *, since: date, unusable: Sequence[Period] = ()
) -> tuple[Money, ...]:
    """The rents for the days on which the goods could be used, each rounded once.

    A rent of 287.500 JOD for a month of 30 days, the machine broken for 6 of them: 230.000. A
    lease lost after month 10 has nothing to pay for months 11 to 24: `unusable` is the rest.
    """
    lease = Lease(
        instalments=instalments,
        paid=instalments[0].total * 0,
        since=since,
        order=ALLOCATION_ORDER,
        agreed={},
    )
    return tuple(one.total for one in rents.without_days(lease, unusable=unusable).instalments)


def unusable(deal: Deal) -> tuple[Period, ...]:
    """The days for which rent was taken off so far, in the order of the steps that said so."""
    found: list[Period] = []
    for place, one in enumerate(deal.taken):
        if one.code == "out_of_use":
            found.append(Period(one.days["from_day"], one.days["until_day"]))
        elif one.code == "resume_use":
            found += _stopped(deal.taken[:place], until=one.on, found=found)
    return tuple(found)


def cut(step: Taken, *, deal: Deal) -> Cut:
    """What a step takes off the rents: the days out of use, or every day from the loss on.

    Of a lease of 24 rents of 287.500 JOD, ten paid, lost on the tenth due date: 14 rents fall away,
    3,500.000 of them cost; with a fair rent of 260.000 given, 275.000 is owed back.
    """
    before = unusable(deal)
    if step.code == "out_of_use":
        days = [Period(step.days["from_day"], step.days["until_day"])]
    else:
        days = _stopped(deal.taken, until=step.on, found=before)
    if step.code in ("lose", "lose_by_fault", "return_goods"):
        days.append(Period(step.on, date.max))
    fair = step.amounts.get("fair_rent")
    return rents.without_days(_lease(deal), unusable=days, before=before, fair_rent=fair)


def held(deal: Deal) -> Money:
    """What is owed back to the lessee: rents paid for days that could not be used, less what went.

    57.500 paid for six days of a month, 50.000 of it paid back: 7.500.
    """
    return deal.total("back", *_CUTS) - deal.total("amount", "pay_back")


def check(step: Taken, *, deal: Deal) -> None:
    """Goods are leased at what they cost; ownership passes when all is paid.

    Raises `HandedOverLate`, `AmountDiffers`, `AmountBeyond`, `NotYetAllPaid`, `DaysNotOfLease`.
    """
    if step.code == "lease":
        trading.require_before_due(step, deal=deal)
        expected = deal.terms.principal
        trading.require(step, "cost", given=trading.cost(deal), expected=expected)
    elif step.code == "transfer":
        trading.require_paid(step, deal=deal)
    elif step.code == "out_of_use":
        _check_days(step, deal=deal)
    elif step.code == "lose" and "rent_back" in step.amounts:
        expected = cut(step, deal=deal).back
        trading.require(step, "rent_back", given=step.amounts["rent_back"], expected=expected)
    elif step.code == "pay_back":
        trading.require_within(step, given=step.amounts["amount"], most=held(deal))
    elif step.code == "cover":
        most = deal.terms.principal - deal.total("amount", "cover")
        trading.require_within(step, given=step.amounts["amount"], most=most)


def change(step: Taken, *, deal: Deal) -> Change:
    """The rents after days out of use, a loss or a return; a loss by fault is owed at its value.

    `back` is kept with the step: what is owed back for its days.
    """
    if step.code not in _CUTS or not deal.of("lease"):
        return deals.UNCHANGED
    found = cut(step, deal=deal)
    left: tuple[Instalment, ...] | None = found.instalments
    if step.code == "lose_by_fault":
        left = rents.numbered([*found.instalments, _claim(step, found)])
    if left == tuple(deal.instalments):
        left = None
    return Change(instalments=left, kept={"back": found.back} if found.back.minor else {})


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books: the goods stay an asset, worn by the part of rent that is cost.

    Days out of use and a loss without fault of the lessee are ours: Dr losses, Cr loans by the
    cost that their rents would have brought; rent paid for them is Dr profit and losses, Cr money
    of clients. By fault, the value of the goods on the day stays owed. What cover pays is Dr cash,
    Cr losses.
    """
    if step.code == "purchase":
        return trading.purchase_entry(step, deal=deal)
    if step.code == "lease":
        return trading.handed_over(step, deal=deal)
    moved: dict[str, Money] = {}
    if step.code == "upkeep":
        moved = {"upkeep": step.amounts["amount"], "money": -step.amounts["amount"]}
    elif step.code == "lose" and not deal.of("lease"):
        lost = trading.cost(deal)
        moved = {"capital_loss": lost, "goods": -lost}
    elif step.code in _CUTS:
        found = cut(step, deal=deal)
        claimed = _claim(step, found).principal if "market_value" in step.amounts else deal.zero
        moved = {
            _CUTS[step.code]: found.cost + found.cost_back - claimed,
            "loans": claimed - found.cost,
            "profit_income": found.rent_back,
            "client_deposit": -found.back,
        }
    elif step.code == "pay_back":
        moved = {"client_deposit": step.amounts["amount"], "money": -step.amounts["amount"]}
    elif step.code == "cover":
        moved = {"money": step.amounts["amount"], "capital_loss": -step.amounts["amount"]}
    return deals.booked(step, deal=deal, moved=moved)


def _lease(deal: Deal) -> Lease:
    return Lease(
        instalments=deal.instalments,
        paid=deal.paid,
        since=deal.of("lease")[0].on,
        order=deal.terms.allocation_order,
        agreed={one.due_on: one for one in schedule(deal.terms)},
    )


def _claim(step: Taken, found: Cut) -> Instalment:
    """What the lessee owes for goods lost by fault: their value, beyond the unworn cost as profit.

    Unworn 3,500.000, worth 3,200.000 on the day: 3,200.000; worth 3,600.000: 100.000 is profit.
    """
    value = step.amounts["market_value"]
    cost = min(value, found.cost)
    none = value * 0
    return Instalment(number=0, due_on=step.on, principal=cost, profit=value - cost, fee=none)


def _stopped(taken: Sequence[Taken], *, until: date, found: Sequence[Period]) -> list[Period]:
    """The days since the goods stopped that were not taken off yet; none where they run."""
    stops = [one for one in taken if one.code in _STOPS]
    if not stops or stops[-1].code == "resume_use":
        return []
    stopped_on = stops[-1].on
    start = max([stopped_on, *(span.end for span in found if span.end > stopped_on)])
    return [Period(start, until)] if start < until else []


def _check_days(step: Taken, *, deal: Deal) -> None:
    start, end = step.days["from_day"], step.days["until_day"]
    in_lease = deal.of("lease")[0].on <= start < end <= step.on
    if not in_lease or any(rents.overlap(start, end, span) for span in unusable(deal)):
        raise DaysNotOfLease(step=step.code, start=start, end=end)
