"""Which terms would a policy give to each loan, and how would people answer to it?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from services.scoring.domain.simulation import rhythm
from services.scoring.domain.simulation.book import PD_MAX, Book
from services.scoring.domain.simulation.kernel import MONTHS_A_YEAR, Floats
from shared.errors import Kind, RafidError

RATE_MOST = 20.0  # twice the highest rate of a book, as far as a search goes
TERM_MOST = 2_400  # five times its longest term
WEEKS_A_YEAR = 52
AMOUNT_MOST = 1e12  # whole currency units
SHIFT_MOST = 50.0  # of log odds: beyond it the chance is certain


class PolicyContradicts(RafidError):
    """The policy contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The policy {policy} leaves {count} loans an impossible {member}."
    policy: str
    member: str
    count: int


class Case(StrEnum):
    """Which value of each assumption a run takes."""

    LOW = "low"
    CENTRAL = "central"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one figure changes: set, then times, then plus, then kept between `low` and `high`."""

    set_to: float | None = None
    times: float = 1.0
    plus: float = 0.0
    low: float | None = None
    high: float | None = None

    def of(self, values: Floats) -> Floats:
        """Return the figures after the rule."""
        start = values if self.set_to is None else np.full(len(values), self.set_to)
        return np.clip(start * self.times + self.plus, self.low, self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Rules for the loans of some product, fund or segment; `where` empty: for all of them.

    `frequency` names how often they are paid (`rhythm.PER_YEAR`); None leaves it as it is.
    """

    where: Mapping[str, str]
    annual_rate: Rule | None = None
    term: Rule | None = None
    grace: Rule | None = None
    fee_share: Rule | None = None
    amount: Rule | None = None
    frequency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named set of changes, made one after the other."""

    name: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A figure of behaviour with its range and where it comes from; `source` None: assumed."""

    low: float
    central: float
    high: float
    source: str | None

    def at(self, case: Case) -> float:
        """Return the value of a case."""
        return float(getattr(self, case.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How borrowers answer, on the scale of log odds of default, and of demand.

    Defaults: Field, Pande, Papp, Rigol 2013 for grace (a part of it: the figure awaits a check
    against the published table); Karlan & Zinman 2009 for the rate; regional demand in Mexico
    for elasticity; burden and term are assumed. Field & Pande 2008 found that who pays monthly
    instead of weekly defaults as often. `demand_most` bounds what elasticity may do.
    """

    grace_month: Assumption
    rate_ten_points: Assumption
    burden_tenth: Assumption
    term_doubling: Assumption
    elasticity: Assumption
    weekly_to_monthly: Assumption
    demand_most: float = 2.0


DEFAULT_BEHAVIOUR = Behaviour(
    grace_month=Assumption(
        low=0.0, central=0.40, high=0.79, source="Field, Pande, Papp, Rigol, AER 2013"
    ),
    rate_ten_points=Assumption(
        low=0.0, central=0.10, high=0.30, source="Karlan & Zinman, Econometrica 2009"
    ),
    burden_tenth=Assumption(low=0.0, central=0.25, high=0.50, source=None),
    term_doubling=Assumption(low=-0.10, central=0.17, high=0.35, source=None),
    elasticity=Assumption(low=-0.3, central=-1.1, high=-2.9, source="Karlan & Zinman, CEPR DP9503"),
    weekly_to_monthly=Assumption(
        low=-0.1, central=0.0, high=0.1, source="Field & Pande, JEEA 2008"
    ),
)


def applied(book: Book, *, policy: Policy) -> Book:
    """Return the book with the policy's terms. Raises PolicyContradicts.

    Terms and grace that have a rule are rounded to whole months, and to whole quarters and the
    like where these are paid. Worked: a rule `times` 0.5 of the rate halves 24 % to 12 %.
    """
    if not policy.changes:
        return book
    columns = {
        "annual_rate": book.annual_rate,
        "term": book.term,
        "grace": book.grace,
        "fee_share": book.fee_share,
        "per_year": book.per_year,
    }
    ruled = {name: np.zeros(len(book), dtype=bool) for name in ("term", "grace")}
    for change in policy.changes:
        rows = book.where(change.where)
        rules = {
            "annual_rate": change.annual_rate,
            "term": change.term,
            "grace": change.grace,
            "fee_share": change.fee_share,
            "per_year": _set(change.frequency),
        }
        for name, rule in rules.items():
            if rule is not None:
                columns[name] = np.where(rows, rule.of(columns[name]), columns[name])
                if name in ruled:
                    ruled[name] |= rows
    for name, rows in ruled.items():
        months = np.clip(columns[name], -1, TERM_MOST + 1)
        columns[name] = np.where(rows, rhythm.rounded(months, columns["per_year"]), months)
    new = replace(
        book,
        annual_rate=columns["annual_rate"],
        term=columns["term"],
        grace=columns["grace"],
        fee_share=columns["fee_share"],
        per_year=columns["per_year"],
        principal=amounts(book, policy=policy),
    )
    _check(policy, new)
    return new


def amounts(book: Book, *, policy: Policy) -> Floats:
    """Return what is lent to each under the policy; see `applied`. Raises PolicyContradicts."""
    principal = book.principal
    for change in policy.changes:
        if change.amount is not None:
            rows = book.where(change.where)
            principal = np.where(rows, change.amount.of(principal), principal)
    bad = ~((principal > 0) & (principal <= AMOUNT_MOST))
    if bad.any():
        raise PolicyContradicts(policy=policy.name, member="amount", count=int(bad.sum()))
    return principal


def _set(frequency: str | None) -> Rule | None:
    """The rule of a rhythm. Raises KeyError for a word that is none."""
    return None if frequency is None else Rule(set_to=rhythm.PER_YEAR[frequency])


def shifted(old: Book, new: Book, *, behaviour: Behaviour, case: Case) -> Floats:
    """Return what new terms add to the log odds of default, apart from their burden.

    Grace months added x b + rate change/0.10 x b + doublings of the term x b + b for instalments
    that fall monthly instead of weekly, by the logarithm of how much rarer they fall. Worked: one
    month more of grace at 0.40: 0.40; quarterly instead of monthly at 0.10: 0.075.
    """
    rarer = np.log(old.per_year / new.per_year) / np.log(WEEKS_A_YEAR / MONTHS_A_YEAR)
    return np.asarray(
        (new.grace - old.grace) * behaviour.grace_month.at(case)
        + (new.annual_rate - old.annual_rate) * (10 * behaviour.rate_ten_points.at(case))
        + np.log2(new.term / old.term) * behaviour.term_doubling.at(case)
        + rarer * behaviour.weekly_to_monthly.at(case)
    )


def defaulting(
    pd: Floats, *, shift: Floats, burden_change: Floats, behaviour: Behaviour, case: Case
) -> Floats:
    """Return the chance of default a year under the new terms.

    logit PD' = logit PD + `shift` (see `shifted`) + burden change/0.10 x b. Worked: PD 5 % and a
    shift of 0.40: 7.3 %.
    """
    shift = shift + burden_change * (10 * behaviour.burden_tenth.at(case))
    if not shift.any():
        return pd
    odds = pd * np.exp(np.clip(shift, -SHIFT_MOST, SHIFT_MOST))
    return np.minimum(odds / (1 - pd + odds), PD_MAX)


def demanding(*, old_rate: Floats, new_rate: Floats, behaviour: Behaviour, case: Case) -> Floats:
    """Return how many borrowers come for each that came before, by their effective rates.

    (new / old)^elasticity within 1/`demand_most` and `demand_most`; a loan that was free and
    stays so keeps its borrowers. Worked: 20 % after 30 % at -1.1: 1.56.
    """
    most = behaviour.demand_most
    floor = 1e-4  # of a rate a year: below it a loan is free
    ratio = np.maximum(new_rate, floor) / np.maximum(old_rate, floor)
    return np.clip(ratio ** behaviour.elasticity.at(case), 1 / most, most)


def _check(policy: Policy, new: Book) -> None:
    terms = new.terms
    faults = {
        "annual_rate": ~((new.annual_rate >= 0) & (new.annual_rate <= RATE_MOST)),
        "term": ~((new.term > 0) & (new.term <= TERM_MOST)),
        "grace": ~((new.grace >= 0) & (terms.grace < terms.periods)),
        "frequency": ~(
            (terms.periods > 0)
            & rhythm.is_whole(new.term, new.per_year)
            & rhythm.is_whole(new.grace, new.per_year)
        ),
        "fee_share": ~((new.fee_share >= 0) & (new.fee_share < 1)),
    }
    for member, bad in faults.items():
        if bad.any():
            raise PolicyContradicts(policy=policy.name, member=member, count=int(bad.sum()))
