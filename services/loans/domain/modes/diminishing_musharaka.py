"""How does a partnership in an asset shrink (diminishing musharaka), unit by unit?

Source: AAOIFI Sharia Standard 12 (Sharikah); OIC Fiqh Academy 136 (2/15). Both buy, the client
rents our share and buys it in units, each by a sale of its own; rent is on the share at the
beginning of the period, a loss falls by the shares of its day.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import disclosure, journal, lifecycle, rebate, sharing, trading
from services.loans.domain import schedule as schedules
from services.loans.domain.amortisation import AmortisationKind
from services.loans.domain.deal import AGREED, Deal, Step, Taken
from services.loans.domain.journal import JournalEntry
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

STEPS = (
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
    Step(code="lose", after=("leased",), to="lost", documents=("loss_report",)),
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
    parts = replace(terms.amortisation, kind=AmortisationKind.EQUAL_PRINCIPAL)
    return schedules.schedule(replace(terms, amortisation=parts), overrides=overrides)


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


def check(step: Taken, *, deal: Deal) -> None:
    """Both pay their shares, and units make up ours; ownership passes when all is bought.

    Raises `HandedOverLate`, `AmountDiffers`, `AmountBeyond`, `NotYetAllPaid`.
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
        price = deal.of("lease")[0].amounts["unit_price"]
        bought = price.times(step.figures["units"])
        trading.require_within(step, given=bought, most=principal)
    elif step.code == "damage":
        whole = principal + deal.total("client_share", "partner")
        trading.require_within(step, given=step.amounts["damage"], most=whole)
    elif step.code == "transfer":
        trading.require_paid(step, deal=deal)


def entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """Each step in the books: our share alone is ours; a damage is a loss by our share.

    Purchase: Dr goods 80,000, Dr money of clients 20,000, Cr cash 100,000. A unit bought is a
    repayment of the share.
    """
    principal, client = deal.terms.principal, deal.total("client_share", "partner")
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
        whole = principal + client
        damage = step.amount("damage", deal.currency) if step.code == "damage" else whole
        lost = share_of_loss(damage, ours=deal.owed, whole=whole)
        moved = {"capital_loss": lost, "loans": -lost}
    return deals.booked(step, deal=deal, moved=moved)
