"""To which class of zakat may a person be counted, on what reasons, and how long does that hold?

The system proposes from need and debt alone. It is told nothing of religion, tribe, party or
origin, so it can neither read nor infer them; a person decides, and another than who asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.loans.domain.zakat.classes import (
    BY_AUTHORITY,
    EVIDENCE,
    NEEDY,
    Evidence,
    ZakatClass,
)
from services.loans.domain.zakat.rules import Line
from shared.errors import JsonValue, Kind, RafidError, Sentence
from shared.money import Money

VISITORS: Final = 2


class ZakatEvidenceMissing(RafidError):
    """Something must still be shown for this class"""

    kind = Kind.RULE
    service = "loans"
    detail = "For the class {zakat_class} these are still to be shown: {missing}."
    zakat_class: ZakatClass
    missing: tuple[Evidence, ...]


class EvidenceStale(RafidError):
    """What was shown is too old"""

    kind = Kind.RULE
    service = "loans"
    detail = "{evidence} is of {seen_on}; on {on} it may be {days} days old at most."
    evidence: Evidence
    seen_on: date
    on: date
    days: int


class VisitByOne(RafidError):
    """A field visit is made by two people"""

    kind = Kind.RULE
    service = "loans"
    detail = "The field visit names {visitors} visitors; it needs {needed} different people."
    visitors: int
    needed: int


class AuthorityNotNamed(RafidError):
    """This class is decided by the competent authority"""

    kind = Kind.RULE
    service = "loans"
    detail = "A person is counted to {zakat_class} by a decision of the authority alone; name it."
    zakat_class: ZakatClass


class ClassNotForPersons(RafidError):
    """Those who work on zakat are paid as its cost"""

    kind = Kind.RULE
    service = "loans"
    detail = "Nobody is counted to {zakat_class}: wages of zakat work are booked as its costs."
    zakat_class: ZakatClass


class AboveSufficiency(RafidError):
    """The person has enough or can earn it"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Counted to {zakat_class} nothing is lacking: {need} is needed and {has} is there or can"
        " be earned."
    )
    zakat_class: ZakatClass
    need: Money
    has: Money


class ReasonsMissing(RafidError):
    """Say why the proposal is not followed"""

    kind = Kind.RULE
    service = "loans"
    detail = "{zakat_class} was not proposed; whoever decides otherwise says why."
    zakat_class: ZakatClass


class LimitMissing(RafidError):
    """Say up to which amount the class is granted"""

    kind = Kind.RULE
    service = "loans"
    detail = "For {zakat_class} no need is computed: the decision names the amount, above zero."
    zakat_class: ZakatClass


class EligibilityMissing(RafidError):
    """No class of zakat was decided for the person"""

    kind = Kind.RULE
    service = "loans"
    detail = "On {on} no decision counts the person {borrower_id} to a class of zakat."
    borrower_id: UUID
    on: date


class EligibilityExpired(RafidError):
    """The decision on the person's class has expired"""

    kind = Kind.RULE
    service = "loans"
    detail = "The decision {reference} of {decided_on} held until {expires_on}; decide anew."
    reference: str
    decided_on: date
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is told of a person's need and debts: nothing else is asked.

    Income and aid are of a month, of the whole household. `assets` is what exceeds basic needs,
    `debts_due` what is due now and lawful.
    """

    persons: int
    income: Money
    aid: Money
    assets: Money
    debts_due: Money
    can_earn_enough: bool = False
    is_cut_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a class is proposed, or none is: a code, words, and the figures it rests on."""

    code: str
    says: Sentence
    figures: tuple[Money, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """The reason as it is kept with the case."""
        figures: list[JsonValue] = [one.to_json() for one in self.figures]
        return {"code": self.code, "says": self.says, "figures": figures}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The classes that the figures speak for, in the order of their strength, with reasons.

    `need` is what is lacking for the time that a grant shall cover; `gap` what debts due exceed
    assets by.
    """

    classes: tuple[ZakatClass, ...]
    reasons: tuple[Reason, ...]
    need: Money
    gap: Money

    def limit(self, zakat_class: ZakatClass) -> Money | None:
        """Up to which amount a class may be given; None where no figure says it."""
        if zakat_class in NEEDY:
            return self.need
        return self.gap if zakat_class is ZakatClass.GHARIMIN else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One piece of evidence: its kind, its day, its paper (SHA-256), and who saw to it."""

    evidence: Evidence
    seen_on: date
    paper: str = ""
    people: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """A decision that counts a person to a class: in force from its day and before it expires."""

    eligibility_id: UUID
    reference: str
    borrower_id: UUID
    zakat_class: ZakatClass
    decided_on: date
    expires_on: date
    limit: Money
    ended_on: date | None = None

    def is_in_force(self, on: date) -> bool:
        """Whether the decision holds that day."""
        ended = self.ended_on is not None and self.ended_on <= on
        return self.decided_on <= on < self.expires_on and not ended


def needed(told: Circumstances, *, line: Money, months: int) -> Money:
    """What is lacking for so many months: line less income and aid, less assets above needs.

    350.000 a month needed, 100.000 earned, 20.000 given: 230.000 x 12 = 2,760.000, less assets
    of 160.000 = 2,600.000; never below zero.
    """
    lacking = (line - told.income - told.aid) * months - told.assets
    return max(lacking, Money.zero(lacking.currency))


def debt_gap(debts_due: Money, *, assets: Money) -> Money:
    """What debts due exceed assets above needs by: 1,800.000 less 300.000 is 1,500.000."""
    return max(debts_due - assets, Money.zero(debts_due.currency))


def propose(
    told: Circumstances,
    *,
    line: Line,
    months: int,
    poor_below: tuple[int, int],
    worse_first: ZakatClass,
) -> Proposal:
    """Propose classes from the sufficiency line, income, household, assets and debts.

    `poor_below` is the share of the line under which one lacks most (one half: (1, 2)), and
    `worse_first` the class of those: the schools differ whether it is fuqara or masakin.
    """
    monthly = line.of(told.persons)
    has = told.income + told.aid
    need = needed(told, line=monthly, months=months)
    gap = debt_gap(told.debts_due, assets=told.assets)
    classes: list[ZakatClass] = []
    reasons: list[Reason] = []
    if told.can_earn_enough:
        reasons.append(_reason("can-earn", "can earn what suffices", has, monthly))
    elif need.is_positive:
        over, under = poor_below
        lacks_most = has * under < monthly * over
        (other,) = NEEDY - {worse_first}
        classes.append(worse_first if lacks_most else other)
        code, says = (
            ("income-far-below", "income and aid cover less than the share that marks the poorest")
            if lacks_most
            else ("income-below", "income and aid cover a part of what suffices")
        )
        reasons.append(_reason(code, says, has, monthly, told.assets))
    else:
        reasons.append(_reason("sufficient", "has what suffices", has, monthly, told.assets))
    if gap.is_positive:
        classes.append(ZakatClass.GHARIMIN)
        says = "debts due exceed what is there above needs"
        reasons.append(_reason("debts-due", says, told.debts_due, told.assets))
    if told.is_cut_off:
        classes.append(ZakatClass.IBN_SABIL)
        reasons.append(_reason("cut-off", "is displaced and cut off from own wealth"))
    zero = Money.zero(need.currency)
    need = zero if told.can_earn_enough else need
    return Proposal(classes=tuple(classes), reasons=tuple(reasons), need=need, gap=gap)


def require_shown(
    zakat_class: ZakatClass, shown: Sequence[Shown], *, on: date, most_days: int
) -> None:
    """Raise unless everything that the class asks for was shown, lately, the visit by two.

    Raises `ClassNotForPersons`, `ZakatEvidenceMissing`, `EvidenceStale`, `VisitByOne`.
    """
    if zakat_class is ZakatClass.AMILIN:
        raise ClassNotForPersons(zakat_class=zakat_class)
    newest = {one.evidence: one for one in sorted(shown, key=lambda one: one.seen_on)}
    missing = tuple(one for one in EVIDENCE[zakat_class] if one not in newest)
    if missing:
        raise ZakatEvidenceMissing(zakat_class=zakat_class, missing=missing)
    for one in (newest[name] for name in EVIDENCE[zakat_class]):
        if (on - one.seen_on).days > most_days:
            raise EvidenceStale(evidence=one.evidence, seen_on=one.seen_on, on=on, days=most_days)
        if one.evidence is Evidence.FIELD_VISIT and len(set(one.people)) < VISITORS:
            raise VisitByOne(visitors=len(set(one.people)), needed=VISITORS)


def decided_limit(
    proposal: Proposal,
    zakat_class: ZakatClass,
    *,
    given: Money | None,
    reasons: str,
    authority: str | None,
    has: Money,
) -> Money:
    """The amount up to which a decision grants a class.

    It is computed for the needy and for debtors; for the others the decision names it. Raises
    `ClassNotForPersons`, `AuthorityNotNamed`, `ReasonsMissing`, `AboveSufficiency`,
    `LimitMissing`.
    """
    if zakat_class is ZakatClass.AMILIN:
        raise ClassNotForPersons(zakat_class=zakat_class)
    if zakat_class in BY_AUTHORITY and not authority:
        raise AuthorityNotNamed(zakat_class=zakat_class)
    computed = proposal.limit(zakat_class)
    if computed is not None and not computed.is_positive:
        raise AboveSufficiency(zakat_class=zakat_class, need=computed, has=has)
    if zakat_class not in proposal.classes and not reasons.strip():
        raise ReasonsMissing(zakat_class=zakat_class)
    if computed is not None:
        return computed
    if given is None or not given.is_positive:
        raise LimitMissing(zakat_class=zakat_class)
    return given


def expires(decided_on: date, *, days: int) -> date:
    """The first day on which a decision holds no more: 180 days after 1 March is 28 August."""
    return decided_on + timedelta(days=days)


def require_in_force(found: Eligibility | None, *, borrower_id: UUID, on: date) -> Eligibility:
    """Give the decision back if it holds. Raises `EligibilityMissing`, `EligibilityExpired`."""
    if found is None or on < found.decided_on:
        raise EligibilityMissing(borrower_id=borrower_id, on=on)
    if not found.is_in_force(on):
        ends = [day for day in (found.expires_on, found.ended_on) if day is not None]
        raise EligibilityExpired(
            reference=found.reference, decided_on=found.decided_on, expires_on=min(ends)
        )
    return found


def _reason(code: str, says: str, *figures: Money) -> Reason:
    return Reason(code=code, says=Sentence(says), figures=figures)
