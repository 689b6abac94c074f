"""What waits, what is there, and which rules bind: one run of the assignment, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import Kind, RafidError, Sentence

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]
SECTOR = "sector"  # what was given by sectors, beside traits
BASE = 1_000_000  # shares are whole parts of a million, so that every rule is checked in integers


class AssignmentContradicts(RafidError):
    """The run contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{subject} cannot stand: {fault}."
    subject: str
    fault: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """One waiting application: amounts in minor units, shares in millionths.

    `eligible` maps each fund that may finance it to the value of doing so; `reasons` says of every
    other fund why not. `traits` are what funds set shares for ("women", "youth", ...); `loss`
    is PD x LGD.
    """

    id: str
    amount: int
    applied_on: date
    sector: str
    traits: frozenset[str]
    loss: int
    eligible: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a fund gave before the run, in all and to each trait or sector; minor units."""

    total: int = 0
    of: Mapping[str, int] = field(default_factory=dict)


NOTHING = Given()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """What a fund has and demands: minor units and millionths.

    `shares` are least shares of its money for a trait, `sector_share_max` the most of its budget
    for one sector, `loss_share_max` the most expected loss of what it finances. `given`, by trait
    or "sector", counts to the shares and to the cap beside the run.
    """

    id: str
    budget: int
    shares: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    sector_share_max: int | None = None
    loss_share_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row that binds several applications: weights x chosen <= limit, in whole numbers.

    `code` and `of` name it: budget, sector_share, loss_share, trait_share. Only what weighs on it
    can break it: where a share was missed before, those whom it is for are served all the same.
    """

    fund: str
    code: str
    of: str
    limit: int


@dataclass(frozen=True, kw_only=True)  # without slots: what is computed once is kept
class Problem:
    """A run: pairs of an application and a fund that may finance it, and the rules over them.

    Applications are ordered by what they are (day, amount, sector, values), by their id only
    among equals, so that other ids give the same result. Raises AssignmentContradicts.
    """

    applicants: tuple[Applicant, ...]
    funds: tuple[Fund, ...]

    def __post_init__(self) -> None:
        ids = [item.id for item in self.applicants]
        names = [fund.id for fund in self.funds]
        for kind in (ids, names):
            if len(set(kind)) != len(kind):
                raise AssignmentContradicts(subject="the run", fault=Sentence("an id stands twice"))
        for fund in self.funds:
            _check_fund(fund)
        known = set(names)
        for item in self.applicants:
            if item.amount <= 0:
                raise AssignmentContradicts(
                    subject=item.id, fault=Sentence("its amount is not above 0")
                )
            if not set(item.eligible) <= known:
                raise AssignmentContradicts(
                    subject=item.id, fault=Sentence("it names a fund not in the run")
                )

    @cached_property
    def order(self) -> tuple[Applicant, ...]:
        """The applications in the order in which ties are broken."""
        return tuple(
            sorted(
                self.applicants,
                key=lambda item: (
                    item.applied_on, item.amount, item.sector, sorted(item.traits), item.loss,
                    sorted(item.eligible.items()), item.id,
                ),
            )
        )  # fmt: skip

    @cached_property
    def pairs(self) -> "Pairs":
        """Every pair that may be chosen, application by application."""
        place = {fund.id: i for i, fund in enumerate(self.funds)}
        of, to, value = [], [], []
        for i, item in enumerate(self.order):
            for name in sorted(item.eligible, key=place.__getitem__):
                of.append(i)
                to.append(place[name])
                value.append(item.eligible[name])
        return Pairs(
            applicant=np.array(of, dtype=np.int64),
            fund=np.array(to, dtype=np.int64),
            value=np.array(value, dtype=np.float64),
        )

    @cached_property
    def rules(self) -> tuple[tuple[Rule, Wholes], ...]:
        """Each rule with the weight of every pair in it."""
        return tuple(
            row for place, fund in enumerate(self.funds) for row in self._rules_of(place, fund)
        )

    def _rules_of(self, place: int, fund: Fund) -> list[tuple[Rule, Wholes]]:
        pairs, amounts = self.pairs, self._amounts
        here = pairs.fund == place
        spent = np.where(here, amounts, 0)
        rows = [(Rule(fund=fund.id, code="budget", of="", limit=fund.budget), spent)]
        for trait, share in sorted(fund.shares.items()):
            has = np.array([trait in item.traits for item in self.order], dtype=bool)
            weight = np.where(has[pairs.applicant], share - BASE, share)
            before = fund.given.get(trait, NOTHING)
            ahead = before.of.get(trait, 0) * BASE - before.total * share
            rows.append((self._rule(fund, "trait_share", trait, ahead), spent * weight))
        if fund.sector_share_max is not None:
            before = fund.given.get(SECTOR, NOTHING)
            limit = (fund.budget + before.total) * fund.sector_share_max // BASE
            sectors = np.array([item.sector for item in self.order])
            for sector in sorted(set(sectors[pairs.applicant[here]])):
                is_in = sectors[pairs.applicant] == sector
                left = limit - before.of.get(str(sector), 0)
                rule = self._rule(fund, "sector_share", str(sector), left)
                rows.append((rule, np.where(is_in, spent, 0)))
        if fund.loss_share_max is not None:
            loss = np.array([item.loss for item in self.order], dtype=np.int64)
            over = loss[pairs.applicant] - fund.loss_share_max
            rows.append((self._rule(fund, "loss_share", "", 0), spent * over))
        return rows

    @staticmethod
    def _rule(fund: Fund, code: str, of: str, limit: int) -> Rule:
        return Rule(fund=fund.id, code=code, of=of, limit=limit)

    @property
    def _amounts(self) -> Wholes:
        amounts = np.array([item.amount for item in self.order], dtype=np.int64)
        return amounts[self.pairs.applicant] if len(self.order) else amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs as columns: place of the application, place of the fund, value of the pair."""

    applicant: Wholes
    fund: Wholes
    value: Floats

    def __len__(self) -> int:
        return len(self.value)


def broken(problem: Problem, chosen: Sequence[int] | NDArray[Any]) -> list[Rule]:
    """Return the rules that a set of pairs breaks; none for a sound assignment.

    Worked: half for women, 300 of 1,000 given to women before: 100 more for a woman break
    nothing, 100 more for a man break it, and with 500 for women beside they do not.
    """
    picked = np.asarray(chosen, dtype=np.int64)
    return [
        rule
        for rule, weights in problem.rules
        if (weights[picked] > 0).any() and int(weights[picked].sum()) > rule.limit
    ]


def _check_fund(fund: Fund) -> None:
    for given in fund.given.values():
        if any(not 0 <= one <= given.total for one in given.of.values()) or given.total < 0:
            raise AssignmentContradicts(
                subject=fund.id, fault=Sentence("it gave one of them more than all")
            )
        if given.total > np.iinfo(np.int64).max // (4 * BASE):
            raise AssignmentContradicts(
                subject=fund.id, fault=Sentence("what it gave is beyond what is counted")
            )
    if fund.budget < 0:
        raise AssignmentContradicts(subject=fund.id, fault=Sentence("its budget is below 0"))
    limits = [fund.sector_share_max, fund.loss_share_max]
    shares = [*fund.shares.values(), *(limit for limit in limits if limit is not None)]
    if any(not 0 <= share <= BASE for share in shares):
        raise AssignmentContradicts(subject=fund.id, fault=Sentence("a share lies outside 0 and 1"))
    if fund.budget > np.iinfo(np.int64).max // (4 * BASE):
        raise AssignmentContradicts(
            subject=fund.id, fault=Sentence("its budget is beyond what is counted")
        )
