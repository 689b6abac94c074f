"""How much of a loan does a guarantor answer for, when is it claimed, whose is a recovery?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from uuid import UUID

from services.loans.domain.terms import ModeOfFinance
from shared.errors import Kind, RafidError, Sentence
from shared.ids import FundId
from shared.money import Money


class ClaimStatus(StrEnum):
    """Where a claim on a guarantor stands."""

    FILED = "filed"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PAID = "paid"
    RECOVERED = "recovered"


class ClaimEvent(StrEnum):
    """What may happen to a claim; `recover` shares what the borrower paid afterwards.

    `undo` takes back that money moved: a payment that bounced, what was shared by mistake.
    """

    SUBMIT = "submit"
    ACCEPT = "accept"
    REFUSE = "refuse"
    PAY = "pay"
    RECOVER = "recover"
    UNDO = "undo"


TRANSITIONS: Mapping[tuple[ClaimStatus, ClaimEvent], ClaimStatus] = {
    (ClaimStatus.FILED, ClaimEvent.SUBMIT): ClaimStatus.SUBMITTED,
    (ClaimStatus.SUBMITTED, ClaimEvent.ACCEPT): ClaimStatus.ACCEPTED,
    (ClaimStatus.SUBMITTED, ClaimEvent.REFUSE): ClaimStatus.REFUSED,
    (ClaimStatus.REFUSED, ClaimEvent.SUBMIT): ClaimStatus.SUBMITTED,
    (ClaimStatus.ACCEPTED, ClaimEvent.PAY): ClaimStatus.PAID,
    (ClaimStatus.PAID, ClaimEvent.RECOVER): ClaimStatus.RECOVERED,
    (ClaimStatus.RECOVERED, ClaimEvent.RECOVER): ClaimStatus.RECOVERED,
    (ClaimStatus.PAID, ClaimEvent.UNDO): ClaimStatus.ACCEPTED,
    (ClaimStatus.RECOVERED, ClaimEvent.UNDO): ClaimStatus.PAID,
}


class ClaimStepRefused(RafidError):
    """The claim's state does not allow this"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "A claim that is {state} cannot be taken on by {event}."
    state: ClaimStatus
    event: ClaimEvent


class CoverRefused(RafidError):
    """The guarantor does not answer for this loan"""

    kind = Kind.RULE
    service = "loans"
    detail = "The facility {code} does not cover {reference}: {reason}."
    code: str
    reference: str
    reason: Sentence


class CoverAboveCap(RafidError):
    """The cover would exceed the facility's cap"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{asked} of cover is asked of the facility {code}; {left} is left of its cap of {cap}"
        " ({which})."
    )
    code: str
    asked: Money
    left: Money
    cap: Money
    which: Sentence


class ClaimNotTriggered(RafidError):
    """Nothing is late enough to be claimed"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} is {days_late} days late; a claim is filed from {claim_after_days} on."
    reference: str
    days_late: int
    claim_after_days: int


class ClaimTooLate(RafidError):
    """The time for the claim has passed"""

    kind = Kind.RULE
    service = "loans"
    detail = "The claim for {reference} was to be filed by {until}; it is {on}."
    reference: str
    until: date
    on: date


class ClaimAmountWrong(RafidError):
    """The amount is not what can be claimed, paid or shared"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} is not above zero and up to {most} ({what})."
    asked: Money
    most: Money
    what: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """What a guarantor agreed: how much of each loan, up to how much, and how it is claimed.

    `fund_id` is a guarantee fund of the institution's own; without it the guarantor is another.
    A claim is filed from `claim_after_days` past due on, within `claim_within_days` after that.
    No product named: all are covered.
    """

    code: str
    currency: str
    covered: Decimal
    cap_each: Money
    cap_total: Money
    claim_after_days: int
    claim_within_days: int
    fee: Decimal
    starts_on: date
    ends_on: date | None = None
    fund_id: FundId | None = None
    product_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A loan that is to be covered."""

    reference: str
    principal: Money
    product_id: UUID
    mode: ModeOfFinance
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What a guarantor answers for, and what it is paid for that."""

    amount: Money
    fee: Money


def cover(facility: Facility, loan: Covered, *, used: Money) -> Cover:
    """What a facility covers of a loan; `used` is what it covers already.

    70 % of 1,000.000 is 700.000; with a cap of 10,000.000 of which 9,400.000 are used it is
    refused, and so is any above the cap for one loan: a cover is never less than was agreed. A
    guarantee for a fee is not for a loan that follows the Sharia (AAOIFI Sharia Standard 5).
    Raises `CoverRefused`, `CoverAboveCap`.
    """
    reason = _why_not(facility, loan)
    if reason is not None:
        raise CoverRefused(code=facility.code, reference=loan.reference, reason=reason)
    amount = share(loan.principal, facility.covered)
    left = facility.cap_total - used
    for cap, free, which in (
        (facility.cap_each, facility.cap_each, Sentence("for one loan")),
        (facility.cap_total, left, Sentence("for all loans")),
    ):
        if amount > free:
            raise CoverAboveCap(code=facility.code, asked=amount, left=free, cap=cap, which=which)
    return Cover(amount=amount, fee=share(amount, facility.fee))


def _why_not(facility: Facility, loan: Covered) -> Sentence | None:
    is_over = facility.ends_on is not None and loan.on >= facility.ends_on
    reasons = (
        (loan.principal.currency != facility.currency, Sentence("it is in another currency")),
        (
            loan.on < facility.starts_on or is_over,
            Sentence("the facility does not hold on that day"),
        ),
        (
            bool(facility.product_ids) and loan.product_id not in facility.product_ids,
            Sentence("its product is none of those covered"),
        ),
        (
            bool(facility.fee) and loan.mode is not ModeOfFinance.CONVENTIONAL,
            Sentence("it follows the Sharia, and a guarantee for a fee is not lawful for it"),
        ),
    )
    return next((reason for is_so, reason in reasons if is_so), None)


def share(amount: Money, part: Decimal) -> Money:
    """A part of an amount, the fraction of a minor unit left out: 70 % of 0.099 is 0.069."""
    return Money(
        int((amount.minor * part).to_integral_value(rounding=ROUND_FLOOR)), amount.currency
    )


def claimable(
    facility: Facility,
    *,
    reference: str,
    cover: Money,
    outstanding: Money,
    oldest_open_due_on: date | None,
    on: date,
) -> Money:
    """What may be claimed on a day: the covered part of what is outstanding, up to the cover.

    600.000 outstanding, 70 % covered: 420.000. Raises `ClaimNotTriggered`, `ClaimTooLate`.
    """
    days_late = 0 if oldest_open_due_on is None else max((on - oldest_open_due_on).days, 0)
    if oldest_open_due_on is None or days_late < facility.claim_after_days:
        raise ClaimNotTriggered(
            reference=reference,
            days_late=days_late,
            claim_after_days=facility.claim_after_days,
        )
    until = oldest_open_due_on + timedelta(
        days=facility.claim_after_days + facility.claim_within_days
    )
    if on > until:
        raise ClaimTooLate(reference=reference, until=until, on=on)
    return min(share(outstanding, facility.covered), cover)


def recovered(facility: Facility, *, received: Money, still: Money) -> Money:
    """The guarantor's part of what a borrower paid after the claim: by the covered share.

    100.000 received, 70 % covered, 420.000 paid by the guarantor of which 400.000 came back
    already (`still` 20.000): 20.000, and 80.000 stays.
    """
    return min(share(received, facility.covered), still)


def next_status(status: ClaimStatus, event: ClaimEvent) -> ClaimStatus:
    """The state after an event. Raises `ClaimStepRefused`."""
    after = TRANSITIONS.get((status, event))
    if after is None:
        raise ClaimStepRefused(state=status, event=event)
    return after


def require_amount(asked: Money, *, most: Money, what: Sentence) -> None:
    """Raise `ClaimAmountWrong` unless an amount is above zero and no more than there is."""
    if not asked.is_positive or asked > most:
        raise ClaimAmountWrong(asked=asked, most=most, what=what)
