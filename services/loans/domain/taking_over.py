"""Do the history and the balance of a contract from elsewhere fit, and what opens its books?"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from services.loans.domain import agreement, disclosure, replay
from services.loans.domain.agreement import Agreement
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.drawing import Drawing
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.domain.modes import MODES
from services.loans.domain.portfolio_records import (
    CellInvalid,
    ContractRecord,
    MovedKind,
    MovedRecord,
)
from services.loans.domain.product import Asked, Product
from services.loans.domain.replay import ContractState, Movement, MovementKind
from services.loans.domain.savings import Savings
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money

MISTAKES = frozenset({"wrong_contract", "wrong_amount", "not_received", "duplicate"})
"""Why a repayment is taken back."""

ALWAYS_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {
    MovedKind.DISBURSEMENT: MovementKind.DISBURSEMENT,
    MovedKind.REPAYMENT: MovementKind.REPAYMENT,
    MovedKind.REVERSAL: MovementKind.REVERSAL,
}


class TermsUnreadable(RafidError):
    """The terms of the contract cannot be read"""

    kind = Kind.RULE
    service = "loans"
    detail = "The terms of {reference} lack or misspell {member}."
    reference: str
    member: str


class InstalmentsDiffer(RafidError):
    """The instalments do not pay the loan"""

    kind = Kind.RULE
    service = "loans"
    detail = "The instalments of {reference} pay {paid} of a principal of {principal}."
    reference: str
    paid: Money
    principal: Money


class ModeNotTakenOver(RafidError):
    """Contracts of this mode do not come in by a file"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} is in the mode {mode}, whose steps and documents a file cannot tell."
    reference: str
    mode: str


class TermsNotTakenOver(RafidError):
    """A file cannot tell the history of such a contract"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} is agreed with {member}: its movements do not stand in such a file."
    reference: str
    member: str


class NotPaidOutOnce(RafidError):
    """A loan from elsewhere was paid out once, whole"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} needs one movement of the kind disbursement, over {principal}."
    reference: str
    principal: Money


class MovementOutOfOrder(RafidError):
    """A movement of the past cannot have been"""

    kind = Kind.RULE
    service = "loans"
    detail = "Movement {number} of {reference} lies before the loan was paid out, or is to come."
    reference: str
    number: int


class InstalmentOutOfOrder(RafidError):
    """An instalment falls due before its turn"""

    kind = Kind.RULE
    service = "loans"
    detail = "Instalment {number} of {reference} lies before the signature, or the one before it."
    reference: str
    number: int


class OutstandingDiffers(RafidError):
    """The history does not lead to the balance"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} is stated to owe {stated} of principal; its movements leave {computed}."
    reference: str
    stated: Money
    computed: Money


class FundNotForProduct(RafidError):
    """The product is not lent from this kind of fund"""

    kind = Kind.RULE
    service = "loans"
    detail = "The product {product_code} is not lent from the fund {fund_code}."
    product_code: str
    fund_code: str


def agreed(record: ContractRecord, *, offered: Product, country: str) -> Agreement:
    """Give what was agreed: by the file's own terms, else by the product's; instalments as listed.

    Raises `TermsUnreadable`, `ModeNotTakenOver`, `TermsNotTakenOver`, `InstalmentOutOfOrder`,
    `InstalmentsDiffer`, and what `agreement.agree` raises.
    """
    if record.terms:
        terms = _terms(record)
        dues = _listed(record) or MODES[terms.mode_of_finance].schedule(terms)
    else:
        asked = Asked(
            amount=record.principal,
            term_months=record.term_months or 0,
            grace_months=record.grace_months,
            annual_rate=record.annual_rate,
        )
        whole = agreement.agree(
            offered,
            asked=asked,
            on=record.signed_on,
            first_due_on=record.first_due_on,
            country=country,
        )
        terms, dues = whole.terms, _listed(record) or whole.instalments
    if not MODES[terms.mode_of_finance].PAYS_CLIENT:
        raise ModeNotTakenOver(reference=record.reference, mode=terms.mode_of_finance.value)
    for member, holds in untold(terms).items():
        if holds and not record.is_lived:
            raise TermsNotTakenOver(reference=record.reference, member=member)
    paid = Money.total((due.principal for due in dues), record.principal.currency)
    if paid != record.principal or terms.principal != record.principal:
        raise InstalmentsDiffer(reference=record.reference, paid=paid, principal=record.principal)
    cost = disclosure.disclose(terms, instalments=dues)
    return Agreement(terms=terms, instalments=dues, disclosure=cost)


def untold(terms: Terms) -> dict[str, bool]:
    """Which parts of terms make movements that a portfolio's file has no row for.

    Several payouts and a down payment, money held for the borrower, profit by each payment.
    """
    return {
        "drawing": terms.drawing != Drawing(),
        "savings": terms.savings != Savings(),
        "recalculation": terms.charging.follows_payments,
    }


def _terms(record: ContractRecord) -> Terms:
    try:
        return Terms.from_json(json.loads(record.terms))
    except KeyError as error:
        raise TermsUnreadable(reference=record.reference, member=str(error.args[0])) from None
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise TermsUnreadable(reference=record.reference, member="terms") from None


def _listed(record: ContractRecord) -> tuple[Instalment, ...]:
    before = record.signed_on
    for due in record.dues:
        if due.due_on < before:
            raise InstalmentOutOfOrder(reference=record.reference, number=due.number)
        before = due.due_on
    return tuple(
        Instalment(
            number=number,
            due_on=due.due_on,
            principal=due.principal,
            profit=due.profit,
            fee=due.fee,
        )
        for number, due in enumerate(record.dues, start=1)
    )


def check(
    record: ContractRecord, terms: Terms, *, dues: Sequence[Instalment], today: date
) -> ContractState:
    """Replay the history of a contract and compare its end with the balance that is stated.

    Raises `NotPaidOutOnce`, `MovementOutOfOrder`, `OutstandingDiffers`, `ReversalUnfounded`, and
    `CellInvalid` for a reason for which no money is taken back.
    """
    lent = [one for one in record.moved if one.kind is MovedKind.DISBURSEMENT]
    if [one.amount for one in lent] != [record.principal]:
        raise NotPaidOutOnce(reference=record.reference, principal=record.principal)
    for one in record.moved:
        if not max(record.signed_on, lent[0].on) <= one.on <= today or not one.amount.minor:
            raise MovementOutOfOrder(reference=record.reference, number=one.number)
        if one.reason and one.reason not in MISTAKES:
            raise CellInvalid(column="reason", value=one.reason)
    state = replay.replay(
        terms,
        instalments=dues,
        movements=[_movement(one) for one in record.moved],
        as_of=today,
        known_at=ALWAYS_KNOWN,
    )
    if state.outstanding_principal != record.outstanding:
        raise OutstandingDiffers(
            reference=record.reference,
            stated=record.outstanding,
            computed=state.outstanding_principal,
        )
    return state


def _movement(one: MovedRecord) -> Movement:
    return Movement(
        movement_id=UUID(int=one.number),
        kind=_KINDS[MovedKind(one.kind)],
        amount=one.amount,
        effective_on=one.on,
        known_at=ALWAYS_KNOWN,
        reverses=None if one.reverses is None else UUID(int=one.reverses),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A contract that comes into a fund: what was kept back at payment, and its movements."""

    fund: FundAccounts
    fee_kept: Money
    moved: tuple[MovedRecord, ...]


def opening_entries(opened: Iterable[Opened], *, on: date) -> list[JournalEntry]:
    """Give each fund the money its loans from elsewhere were made of, in one entry a fund.

    The history is then booked movement by movement, so cash must hold what went out and not what
    came back: Dr cash = paid out - repaid, Cr the fund's balance (what it owes, of a commercial
    fund). After it all, cash is as before and the loans stand against the balance. Worked: 1,000
    paid out, 400 paid back of which 30 profit: the entry is Dr cash 600, Cr fund balance 600; with
    the history cash is 0, loans 630, profit 30. A fund that got back more than it paid out has
    the opposite entry; one that got back the same has none.
    """
    sums: defaultdict[tuple[FundId, Channel], int] = defaultdict(int)
    funds: dict[FundId, FundAccounts] = {}
    for one in opened:
        funds[one.fund.fund_id] = one.fund
        sums[one.fund.fund_id, Channel.CASH] -= one.fee_kept.minor
        for moved in one.moved:
            sign = -1 if moved.kind is MovedKind.REPAYMENT else 1
            sums[one.fund.fund_id, moved.channel] += sign * moved.amount.minor
    return [
        entry
        for fund_id, fund in funds.items()
        if (entry := opening_entry(fund, {c: sums[fund_id, c] for c in Channel}, on=on)) is not None
    ]


def opening_entry(
    fund: FundAccounts, sums: Mapping[Channel, int], *, on: date
) -> JournalEntry | None:
    """Give a fund what moved out of its cash, wallet and bank in a contract's past; None of none.

    `sums` are what left by channel, less what came in, in minor units.
    """
    source = "lender_payable" if fund.kind is FundKind.COMMERCIAL else "fund_balance"
    amounts = {channel.value: minor for channel, minor in sums.items()}
    amounts[source] = -sum(sums.values())
    lines = tuple(
        Line(
            account_code=fund.account(code),
            fund_id=fund.fund_id,
            amount=Money(minor, fund.currency),
        )
        for code, minor in amounts.items()
        if minor
    )
    return JournalEntry(kind=EntryKind.OPENING, occurred_on=on, lines=lines) if lines else None
