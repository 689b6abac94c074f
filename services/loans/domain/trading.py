"""What have the modes in common that buy before they sell or lease?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.loans.domain import deal as deals
from services.loans.domain import journal
from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import FundAccounts
from services.loans.domain.deal import Deal, Taken
from services.loans.domain.fees import FeeKind
from services.loans.domain.journal import Channel, JournalEntry, Line
from services.loans.domain.terms import ChargeMethod, Terms
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import Money

PURCHASES = ("purchase", "purchase_by_agent")


class TermsNotOfMode(RafidError):
    """The mode of finance cannot have these terms"""

    kind = Kind.RULE
    service = "loans"
    detail = "In the mode {mode} the member {member} cannot be {value}."
    mode: str
    member: str
    value: str


class AmountDiffers(RafidError):
    """The amount is not what was agreed or disclosed"""

    kind = Kind.RULE
    service = "loans"
    detail = "In the step {step} {member} is {given}; it has to be {expected}."
    step: str
    member: str
    given: Money
    expected: Money


class AmountBeyond(RafidError):
    """The amount is more than there is"""

    kind = Kind.RULE
    service = "loans"
    detail = "In the step {step} {given} was given; there is {most}."
    step: str
    given: Money
    most: Money


class NotYetAllPaid(RafidError):
    """Ownership passes when all is paid"""

    kind = Kind.RULE
    service = "loans"
    detail = "The step {step} comes when nothing is owed; {owed} is."
    step: str
    owed: Money


class QuantityBeyond(RafidError):
    """The quantity is more than there is"""

    kind = Kind.RULE
    service = "loans"
    detail = "In the step {step} {given} was given; there is {most}."
    step: str
    given: Decimal
    most: Decimal


class HandedOverLate(RafidError):
    """The goods are handed over before anything is due on them"""

    kind = Kind.RULE
    service = "loans"
    detail = "The step {step} is dated {on}; the first instalment is due on {first_due_on}."
    step: str
    on: date
    first_due_on: date


class DebtCannotGrow(RafidError):
    """A price once agreed never rises"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The client owes {before} and would owe {after}: in the mode {mode} no delay and no new"
        " date makes the debt grow (OIC Fiqh Academy, resolution 51 (2/6))."
    )
    mode: str
    before: Money
    after: Money


def check_terms(terms: Terms) -> None:
    """A sale, a lease or a share has its price, and fees at documented cost alone.

    Raises `TermsNotOfMode`.
    """
    if terms.charge_method is ChargeMethod.NONE:
        _refuse(terms, member="charge_method", value=terms.charge_method.value)
    check_fees(terms)


def check_no_profit(terms: Terms) -> None:
    """A share or goods to come have no profit fixed beforehand. Raises `TermsNotOfMode`."""
    if terms.charge_method is not ChargeMethod.NONE:
        _refuse(terms, member="charge_method", value=terms.charge_method.value)
    check_fees(terms)


def check_fees(terms: Terms) -> None:
    """Refuse a fee that is a percentage or above its documented cost. Raises `TermsNotOfMode`."""
    for fee in terms.fees:
        documented = fee.kind is FeeKind.FLAT and fee.amount is not None
        if not documented or fee.documented_cost is None or fee.amount != fee.documented_cost:
            _refuse(terms, member="fees", value=fee.code)


def check_change(terms: Terms, *, before: Money, after: Money) -> None:
    """Refuse a new course by which the client would owe more than before.

    A debt of 11,480.02 put off by three months stays 11,480.02. Raises `DebtCannotGrow`.
    """
    if after > before:
        raise DebtCannotGrow(mode=terms.mode_of_finance.value, before=before, after=after)


def cost(deal: Deal) -> Money:
    """What the goods cost: the invoice and direct costs to third parties, less discounts.

    20,000.00 MAD and 500.00 are 20,500.00. A discount after the sale is not part of it: it goes
    to the client.
    """
    sold_at = next((n for n, one in enumerate(deal.taken) if one.code == "sell"), len(deal.taken))
    before = deal.taken[:sold_at]
    bought = (paid_to_supplier(one, deal=deal) for one in before if one.code in PURCHASES)
    discounts = (one.amount("amount", deal.currency) for one in before if one.code == "discount")
    return Money.total(bought, deal.currency) - Money.total(discounts, deal.currency)


def purchase_entry(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """The supplier is paid and the goods are the fund's: Dr goods, Cr cash."""
    paid = paid_to_supplier(step, deal=deal)
    return deals.booked(step, deal=deal, moved={"goods": paid, "money": -paid})


def handed_over(step: Taken, *, deal: Deal) -> JournalEntry | None:
    """The goods become what the client owes, at their cost: Dr loans, Cr goods."""
    owed = deal.terms.principal
    return deals.booked(step, deal=deal, moved={"loans": owed, "goods": -owed})


def repayment_entry(
    allocation: Allocation,
    *,
    fund: FundAccounts,
    received_on: date,
    contract_id: ContractId,
    channel: Channel = Channel.CASH,
) -> JournalEntry:
    """As any repayment, and the profit paid is deferred no more: Dr deferred, Cr receivable.

    1,913.33 MAD of which 205.00 profit: Dr cash 1,913.33, Dr deferred profit 205.00, Cr loans
    1,708.33, Cr profit 205.00, Cr profit receivable 205.00.
    """
    entry = journal.repayment_entry(
        allocation, fund=fund, received_on=received_on, contract_id=contract_id, channel=channel
    )
    return undeferred(entry, profit=allocation.profit, fund=fund)


def undeferred(entry: JournalEntry, *, profit: Money, fund: FundAccounts) -> JournalEntry:
    """The entry with a profit that is deferred no more: Dr deferred profit, Cr receivable."""
    moved = {"deferred_profit": profit, "profit_receivable": -profit}
    more = tuple(
        Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
        for code, amount in moved.items()
        if amount.minor
    )
    return replace(entry, lines=(*entry.lines, *more))


def require_before_due(step: Taken, *, deal: Deal) -> None:
    """Refuse to hand over goods after their first instalment is due. Raises `HandedOverLate`."""
    first_due_on = deal.instalments[0].due_on
    if step.on >= first_due_on:
        raise HandedOverLate(step=step.code, on=step.on, first_due_on=first_due_on)


def require(step: Taken, member: str, *, given: Money, expected: Money) -> None:
    """Refuse an amount that is not the expected one. Raises `AmountDiffers`."""
    if given != expected:
        raise AmountDiffers(step=step.code, member=member, given=given, expected=expected)


def require_within(step: Taken, *, given: Money, most: Money) -> None:
    """Refuse an amount that is more than there is. Raises `AmountBeyond`."""
    if given > most:
        raise AmountBeyond(step=step.code, given=given, most=most)


def require_quantity(step: Taken, *, given: Decimal, most: Decimal) -> None:
    """Refuse a quantity that is nothing or more than there is. Raises `QuantityBeyond`."""
    if not 0 < given <= most:
        raise QuantityBeyond(step=step.code, given=given, most=most)


def require_paid(step: Taken, *, deal: Deal) -> None:
    """Refuse a transfer of ownership before all is paid. Raises `NotYetAllPaid`."""
    if deal.owed.is_positive:
        raise NotYetAllPaid(step=step.code, owed=deal.owed)


def paid_to_supplier(step: Taken, *, deal: Deal) -> Money:
    """What a purchase pays: the invoice and direct costs, less a discount on the spot."""
    invoice, direct = (step.amount(name, deal.currency) for name in ("invoice", "direct_costs"))
    return invoice + direct - step.amount("discount", deal.currency)


def _refuse(terms: Terms, *, member: str, value: str) -> None:
    raise TermsNotOfMode(mode=terms.mode_of_finance.value, member=member, value=value)
