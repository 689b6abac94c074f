"""May this much zakat be given to this person, for this, and by whom?

What is given becomes the receiver's own: a grant has no lien, no condition and no way back once
it was handed over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.loans.domain.zakat.classes import NEEDY, ZakatClass
from services.loans.domain.zakat.eligibility import Eligibility
from shared.errors import JsonValue, Kind, RafidError, Sentence
from shared.money import Money


class GrantClassNotDecided(RafidError):
    """The person was not counted to this class"""

    kind = Kind.RULE
    service = "loans"
    detail = "The grant names {zakat_class}; the decision {reference} counts to {decided}."
    zakat_class: ZakatClass
    reference: str
    decided: ZakatClass


class GrantAboveNeed(RafidError):
    """The grant exceeds what makes the person self-sufficient"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Of {asked} only {passes} passes under {reference}: {limit} is lacking or calculated, and"
        " {granted} is given. Above it, a calculation of tools and capital is needed."
    )
    reference: str
    asked: Money
    passes: Money
    limit: Money
    granted: Money


class CalculationNotForClass(RafidError):
    """A calculation of tools and capital is for the needy alone"""

    kind = Kind.RULE
    service = "loans"
    detail = "For {zakat_class} the limit of the decision holds; no calculation raises it."
    zakat_class: ZakatClass


class HandoverOpen(RafidError):
    """An earlier grant was not handed over yet"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The receiver has not accepted {reference} yet; record its handover first."
    reference: str


class OwnershipPassed(RafidError):
    """What was given belongs to the receiver"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} was accepted on {accepted_on}: it has no lien and is never taken back."
    reference: str
    accepted_on: date


class DebtNotNamed(RafidError):
    """A debtor's grant names the debt it pays"""

    kind = Kind.RULE
    service = "loans"
    detail = "A grant to {zakat_class} names the debt that is due, and its creditor."
    zakat_class: ZakatClass


class DebtNotDue(RafidError):
    """The debt is not due yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "The debt falls due on {due_on}; on {on} zakat does not pay it."
    due_on: date
    on: date


class DebtMadeForZakat(RafidError):
    """The debt was made after zakat was asked for"""

    kind = Kind.RULE
    service = "loans"
    detail = "The debt is of {incurred_on} and zakat was asked for on {asked_on}."
    incurred_on: date
    asked_on: date


class CreditorNotPaid(RafidError):
    """A debtor's grant is paid to the creditor"""

    kind = Kind.RULE
    service = "loans"
    detail = "The debt is owed to another: the grant is paid to that creditor, not to the debtor."


class SelfSetOff(RafidError):
    """A lender does not pay itself out of zakat"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The debt is owed to ourselves: give the money to the debtor, who may then pay with it."
        " Source: {source}."
    )
    source: Sentence


class DebtNotOwed(RafidError):
    """The receiver owes us no such debt"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The receiver {borrower_id} owes {owed} on the contract {contract_id} by now; {debt} was"
        " named."
    )
    contract_id: UUID
    borrower_id: UUID
    owed: Money
    debt: Money


class GrantAboveDebt(RafidError):
    """The grant exceeds the debt"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} was asked for; the debt is {debt}."
    asked: Money
    debt: Money


class OutsideCollectingArea(RafidError):
    """Zakat is given first where it was collected"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The fund collected in {areas}; for {region} name the reason: surplus, greater need or"
        " relatives."
    )
    region: str
    areas: tuple[str, ...]


class ZakatMakerDecides(RafidError):
    """Nobody approves a zakat matter of their own"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever entered {reference} cannot decide on it."
    reference: str


class PaidTo(StrEnum):
    """Whose hand the money goes into."""

    RECIPIENT = "recipient"
    CREDITOR = "creditor"


class OutsideReason(StrEnum):
    """Why zakat leaves the place where it was collected."""

    SURPLUS = "surplus"
    GREATER_NEED = "greater_need"
    RELATIVES = "relatives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A debt that is owed; `contract_id` names our own contract where we are the creditor."""

    amount: Money
    incurred_on: date
    due_on: date
    creditor: str
    contract_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDebt:
    """What our books say of a contract of ours: who owes it since when, and what of it is due."""

    borrower_id: UUID
    signed_on: date
    due: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A tool, stock or capital that makes one self-sufficient, with what it costs."""

    what: str
    amount: Money

    def to_json(self) -> dict[str, JsonValue]:
        """The item as it is kept with the grant."""
        return {"what": self.what, "amount": self.amount.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A grant that is asked for."""

    zakat_class: ZakatClass
    amount: Money
    paid_to: PaidTo
    calculation: tuple[Item, ...] = ()
    debt: Debt | None = None
    outside_reason: OutsideReason | None = None


def require_class(asked: Asked, *, held: Eligibility) -> None:
    """Raise `GrantClassNotDecided` where the grant names another class than was decided."""
    if asked.zakat_class is not held.zakat_class:
        raise GrantClassNotDecided(
            zakat_class=asked.zakat_class, reference=held.reference, decided=held.zakat_class
        )


def limit(asked: Asked, *, held: Eligibility) -> Money:
    """Up to which sum of grants a decision carries this one.

    The decision's own limit; for the needy, a calculation of the tools and capital that make one
    self-sufficient where it is more. A limit of 2,600.000 and tools of 3,100.000: 3,100.000.
    Raises `CalculationNotForClass`.
    """
    if not asked.calculation:
        return held.limit
    if held.zakat_class not in NEEDY:
        raise CalculationNotForClass(zakat_class=held.zakat_class)
    items = (item.amount for item in asked.calculation)
    return max(held.limit, Money.total(items, asked.amount.currency))


def require_size(asked: Asked, *, held: Eligibility, granted: Money) -> None:
    """Raise `GrantAboveNeed` where all grants under the decision would exceed its limit."""
    most = limit(asked, held=held)
    if granted + asked.amount > most:
        passes = max(most - granted, Money.zero(most.currency))
        raise GrantAboveNeed(
            reference=held.reference,
            asked=asked.amount,
            passes=passes,
            limit=most,
            granted=granted,
        )


def require_debt(asked: Asked, *, asked_on: date, on: date, set_off: str, source: str) -> None:
    """Hold a debtor's grant against its debt: due, lawful in its making, paid to the creditor.

    A debt to ourselves is never set off (unless an authority's ruling `set_off` says "allowed"):
    the debtor receives the money first. Raises `DebtNotNamed`, `DebtNotDue`, `DebtMadeForZakat`,
    `CreditorNotPaid`, `SelfSetOff`, `GrantAboveDebt`.
    """
    if asked.zakat_class is not ZakatClass.GHARIMIN:
        if asked.paid_to is PaidTo.CREDITOR:
            raise DebtNotNamed(zakat_class=ZakatClass.GHARIMIN)
        return
    debt = asked.debt
    if debt is None:
        raise DebtNotNamed(zakat_class=asked.zakat_class)
    if debt.due_on > on:
        raise DebtNotDue(due_on=debt.due_on, on=on)
    if debt.incurred_on >= asked_on:
        raise DebtMadeForZakat(incurred_on=debt.incurred_on, asked_on=asked_on)
    if debt.contract_id is None and asked.paid_to is not PaidTo.CREDITOR:
        raise CreditorNotPaid
    own = debt.contract_id is not None and asked.paid_to is PaidTo.CREDITOR
    if own and set_off != "allowed":
        raise SelfSetOff(source=Sentence(source))
    if asked.amount > debt.amount:
        raise GrantAboveDebt(asked=asked.amount, debt=debt.amount)


def require_local(asked: Asked, *, region: str, areas: Collection[str]) -> None:
    """Raise `OutsideCollectingArea` where money leaves its place without a reason.

    A fund whose places of collection are not recorded has none to hold.
    """
    if areas and region not in areas and asked.outside_reason is None:
        raise OutsideCollectingArea(region=region, areas=tuple(sorted(areas)))


def require_owed(debt: Debt, *, own: OwnDebt | None, borrower_id: UUID, asked_on: date) -> None:
    """Hold a debt that is named as owed to ourselves against our own books.

    It is of the receiver, was made before zakat was asked for, and so much of it is due. 500.000
    named, 480.000 due: refused. Raises `DebtNotOwed`, `DebtMadeForZakat`.
    """
    if debt.contract_id is None:
        return
    theirs = own is not None and own.borrower_id == borrower_id
    owed = own.due if own is not None and theirs else debt.amount - debt.amount
    if debt.amount > owed:
        raise DebtNotOwed(
            contract_id=debt.contract_id, borrower_id=borrower_id, owed=owed, debt=debt.amount
        )
    if own is not None and own.signed_on >= asked_on:
        raise DebtMadeForZakat(incurred_on=own.signed_on, asked_on=asked_on)
