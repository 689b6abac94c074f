"""How does a partnership in an asset shrink (diminishing musharaka), unit by unit?

Source: AAOIFI Sharia Standard 12 (Sharikah); OIC Fiqh Academy 136 (2/15). Both buy, the client
rents our share and buys it in units, each by a sale of its own; rent is on the share at the
beginning of the period, a loss falls by the shares of its day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import disclosure, journal, lifecycle, rebate, rents, sharing, trading
from services.loans.domain import schedule as schedules
from services.loans.domain.amortisation import AmortisationKind
from services.loans.domain.deal import AGREED, Change, Deal, Ending, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.rents import Lease
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ChargeMethod, Terms
from shared.errors import Sentence
from shared.money import Money
from shared.rulebook import Fact

SUMMARY = Sentence(
    "A shrinking partnership (diminishing musharaka): we own the goods together, you rent our"
    " share and buy it in units until all is yours; a loss falls on each by its share."
)
IS_DEBT = True
PAYS_CLIENT = False
LATE_ACCOUNT = "charity"
DEFERS_PROFIT = False
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS

STEPS: Sequence[Step] = (
    Step(
        code="partner",
        after=(AGREED,),
        to="partners",
        documents=("request", "partnership_deed"),
        amounts=("client_share",),
        party=deals.CLIENT,
        moves_money=True,
    ),
    Step(
        code="purchase",
        after=("partners",),
        to="purchased",
        documents=("purchase_invoice",),
        amounts=("invoice",),
        may_have=("direct_costs", "discount"),
        party="supplier",
        moves_money=True,
    ),
    Step(code="possess", after=("purchased",), to="possessed", documents=("possession_proof",)),
    Step(
        code="lease",
        after=("possessed",),
        to="leased",
        documents=("lease", "ownership_register", "delivery_note"),
        amounts=("unit_price",),
        figures=("units",),
    ),
    Step(
        code="buy_units",
        after=("leased",),
        documents=("unit_sale_note", "ownership_register"),
        figures=("units",),
    ),
    Step(
        code="damage",
        after=("leased",),
        documents=("damage_report",),
        amounts=("damage",),
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
        after=("leased",),
        to="lost",
        documents=("loss_report",),
        ends=Ending.CLOSED,
    ),
    Step(
        code="cover",
        after=("leased", "lost"),
        documents=("cover_decision", "receipt"),
        amounts=("amount",),
        party="insurer",
        moves_money=True,
    ),
    Step(
        code="transfer",
        after=("leased",),
        to="transferred",
        documents=("transfer_deed", "ownership_register"),
    ),
)

disclose = disclosure.disclose
settlement = rebate.by_table
repayment_entry = journal.repayment_entry


def check_terms(terms: Terms) -> None:
    """Rent is on the share that is left: the declining balance. Raises `TermsNotOfMode`."""
    if terms.charge_method is not ChargeMethod.DECLINING_BALANCE:
        raise trading.TermsNotOfMode(
            mode=terms.mode_of_finance.value,
            member="charge_method",
            value=terms.charge_method.value,
        )
    trading.check_terms(terms)


def schedule(terms: Terms, *, overrides: Sequence[Fact] = ()) -> tuple[Instalment, ...]:
    """Equal purchases of our share, with rent on what it was at the beginning of the period.

    80,000 MRU in eight quarters at 12 % a year: 10,000 and 2,400, then 10,000 and 2,100, to
    10,000 and 300; all rent 10,800. During grace the rent alone. The last takes the residue.
    """
    return schedules.schedule(_in_equal_parts(terms), overrides=overrides)


def units_held(owed: Money, *, unit_price: Money) -> Decimal:
    """How many units are still ours: 70,000 MRU at 2,000 a unit are 35."""
    return Decimal(owed.minor) / unit_price.minor


def share_of_loss(damage: Money, *, ours: Money, whole: Money) -> Money:
    """Our part of a damage, by our share of the asset on its day.

    30,000 MRU with 50,000 of 100,000 ours: 15,000.
    """
    return sharing.loss_shares(damage, capitals=(ours, whole - ours))[0]


def rent_after(owed: Money, *, bought: Money, rate_per_period: Decimal) -> Money:
    """The rent of the next period once more units are bought: it falls at once.

    70,000 MRU of ours, 5 units of 2,000 bought beside the plan, 3 % a quarter: 1,800.
    """
    return (owed - bought).times(rate_per_period)


def worth(deal: Deal) -> Money:
    """What the whole asset counts for now: what both paid less all damages.

    100,000 MRU after a damage of 30,000: 70,000.
    """
    whole = deal.terms.principal + deal.total("client_share", "partner")
    return whole - deal.total("damage", "damage")


def unit_price(deal: Deal) -> Money:
    """What a unit costs now: as agreed, less its part of every damage.

    2,000 MRU of an asset of 100,000, after a damage of 30,000: 1,400.
    """
    whole = deal.terms.principal + deal.total("client_share", "partner")
    agreed = deal.of("lease")[-1].amounts["unit_price"]
    return agreed.times(Decimal(worth(deal).minor) / whole.minor)


def price_of(step: Taken, *, deal: Deal) -> Money:
    """What the units of a step cost: five of 2,000 MRU are 10,000."""
    return unit_price(deal).times(step.figures["units"])


def beyond_plan(step: Taken, *, deal: Deal) -> Money:
    """What units of a step cost beyond those that instalments due by its day have bought.

    Five units of 2,000 a quarter: five bought on the first due date, whose instalment is paid, are
    those of the plan (0); five more are 10,000.
    """
    planned = Money.total(
        (due.principal for due in deal.instalments if due.due_on <= step.on), deal.currency
    )
    return max(_sold(deal) + price_of(step, deal=deal) - planned, deal.zero)


def check(step: Taken, *, deal: Deal) -> None:
    """Both pay their shares, and units make up ours; ownership passes when all is bought.

    Units are sold when they are paid: the price of more than the plan was received before, as any
    repayment. Raises `HandedOverLate`, `AmountDiffers`, `AmountBeyond`, `NotYetAllPaid`.
    """
    principal = deal.terms.principal
    if step.code == "purchase":
        whole = principal + deal.total("client_share", "partner")
        paid = trading.paid_to_supplier(step, deal=deal)
        trading.require(step, "invoice", given=paid, expected=whole)
    elif step.code == "lease":
        trading.require_before_due(step, deal=deal)
        units = step.amounts["unit_price"].times(step.figures["units"])
        trading.require(step, "units", given=units, expected=principal)
    elif step.code == "buy_units":
        _check_units(step, deal=deal)
    elif step.code == "damage":
        trading.require_within(step, given=step.amounts["damage"], most=worth(deal))
    elif step.code == "cover":
        most = principal - deal.total("amount", "cover")
        trading.require_within(step, given=step.amounts["amount"], most=most)
    elif step.code == "transfer":
        trading.require_paid(step, deal=deal)


def change(step: Taken, *, deal: Deal) -> Change:
    """More units lower every later rent; damage lowers what is left, a loss ends it."""
    if step.code == "buy_units":
        more, kept = beyond_plan(step, deal=deal), {"price": price_of(step, deal=deal)}
        if not more.is_positive:
            return Change(kept=kept)
        left = rents.after_purchase(_lease(deal), bought=more, on=step.on, rates=_rates(deal))
        return Change(instalments=left, kept=kept)
    if step.code == "damage" or (step.code == "lose" and deal.of("lease")):
        lost = _our_loss(step, deal=deal)
        return Change(instalments=rents.after_damage(_lease(deal), loss=lost, on=step.on))
    return deals.UNCHANGED


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books: our share alone is ours; a damage is a loss by our share.

    Purchase: Dr goods 80,000, Dr money of clients 20,000, Cr cash 100,000. A unit bought is a
    repayment of the share.
    """
    client = deal.total("client_share", "partner")
    moved: dict[str, Money] = {}
    if step.code == "partner":
        amount = step.amounts["client_share"]
        moved = {"money": amount, "client_deposit": -amount}
    elif step.code == "purchase":
        paid = trading.paid_to_supplier(step, deal=deal)
        moved = {"goods": paid - client, "client_deposit": client, "money": -paid}
    elif step.code == "lease":
        return trading.handed_over(step, deal=deal)
    elif step.code in ("damage", "lose"):
        lost = _our_loss(step, deal=deal)
        moved = {"capital_loss": lost, "loans" if deal.of("lease") else "goods": -lost}
    elif step.code == "cover":
        moved = {"money": step.amounts["amount"], "capital_loss": -step.amounts["amount"]}
    return deals.booked(step, deal=deal, moved=moved)


def _our_loss(step: Taken, *, deal: Deal) -> Money:
    """Our part of a damage by our share of its day; of a loss before the lease, what we paid."""
    if not deal.of("lease"):
        return trading.cost(deal) - deal.total("client_share", "partner")
    if step.code == "lose":
        return deal.owed
    return share_of_loss(step.amounts["damage"], ours=deal.owed, whole=worth(deal))


def _sold(deal: Deal) -> Money:
    """What the units sold so far cost, each at the price of its day."""
    return deal.total("price", "buy_units")


def _check_units(step: Taken, *, deal: Deal) -> None:
    """Units are not more than ours, and those beyond the plan are paid."""
    ours = Money.total((due.principal for due in deal.instalments), deal.currency)
    most = ours - _sold(deal)
    trading.require_within(step, given=price_of(step, deal=deal), most=most)
    _, ahead = rents.settled_by(_lease(deal), on=step.on)
    more = beyond_plan(step, deal=deal)
    most = max(ahead, deal.zero) if more.is_positive else more
    trading.require_within(step, given=more, most=most)


def _lease(deal: Deal) -> Lease:
    return Lease(
        instalments=deal.instalments,
        paid=deal.paid,
        since=deal.of("lease")[0].on,
        order=deal.terms.allocation_order,
        agreed={},
    )


def _rates(deal: Deal) -> Mapping[date, Decimal]:
    """The rent of a share of one in each period, as agreed and before any rounding."""
    rates: dict[date, Decimal] = {}
    share = deal.terms.principal.decimal
    for due in schedules.exact(_in_equal_parts(deal.terms)):
        rates[due.due_on] = due.profit / share
        share -= due.principal
    return rates


def _in_equal_parts(terms: Terms) -> Terms:
    parts = replace(terms.amortisation, kind=AmortisationKind.EQUAL_PRINCIPAL)
    return replace(terms, amortisation=parts)
