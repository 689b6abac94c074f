"""What does one kind of clause look at in a case, and what does it find there?

`view` says what of a case it looks at, `decide` what it finds. Whatever has the same view is
decided alike, so that `screening` asks once for thousands of cases.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final, NamedTuple, cast

from services.loans.domain.cases import About, Case, Facts
from services.loans.domain.clauses import MILLION, Base, Clause, ClauseKind
from shared.money import Money


class Found(Enum):
    """What a clause finds in a case."""

    MET = "met"
    BROKEN = "broken"
    NOT_TOLD = "not_told"


class View(NamedTuple):
    """What of a case decides: `seen`, and `size`, with which what is met may turn into broken."""

    seen: Hashable
    size: int = 0


class Shape(Enum):
    """How findings depend on the view: on `seen` alone; on `size` too, which once broken stays
    so; or on `size` and on what was counted before for `seen`.
    """

    PLAIN = "plain"
    RISING = "rising"
    COUNTED = "counted"


UNCONCERNED: Final = "–"
"""Seen where a clause does not speak of the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one kind of clause is read."""

    view: Callable[[Clause, Case, About], View]
    decide: Callable[[Clause, View, About], Found]
    shape: Shape = Shape.PLAIN


def bucket(clause: Clause, facts: Facts, about: About) -> Hashable:
    """Under what a counting clause counts a case; None where that is not told."""
    of = clause.rule.of
    if clause.kind is ClauseKind.MOST_PER_PERSON or of == "person":
        return facts.person
    if of == "women":
        return None if facts.sex is None else facts.sex == "female"
    if of == "youth":
        return _is_young(facts, about)
    if of == "sector":
        return _named(clause, facts.sector, chain=None)
    region = facts.region
    chain = None if region is None else about.regions.chain(region)
    return _named(clause, region, chain=chain)


def _named(clause: Clause, code: str | None, *, chain: tuple[str, ...] | None) -> Hashable:
    """The code itself where a clause means each; where it names some, the first that is meant."""
    values = clause.rule.values
    if code is None or not values:
        return code
    return next((one for one in chain or (code,) if one in values), UNCONCERNED)


def _is_young(facts: Facts, about: About) -> bool | None:
    least, most = about.youth
    return None if facts.age is None else least <= facts.age <= most


def _of(member: str) -> Callable[[Clause, Case, About], View]:
    def view(_clause: Clause, case: Case, _about: About) -> View:
        return View(getattr(case.facts, member))

    return view


def _is_one_of(clause: Clause, view: View, _about: About) -> Found:
    if view.seen is None:
        return Found.NOT_TOLD
    return _met((view.seen in clause.rule.values) is not clause.rule.bars)


def _lies_in(clause: Clause, view: View, about: About) -> Found:
    """A region that no tree knows and no clause names could lie anywhere: not told."""
    region, values = view.seen, clause.rule.values
    if not isinstance(region, str):
        return Found.NOT_TOLD
    if not values.isdisjoint(about.regions.chain(region)):
        return _met(not clause.rule.bars)
    return _met(clause.rule.bars) if about.regions.knows(region) else Found.NOT_TOLD


def _is_aged(clause: Clause, view: View, about: About) -> Found:
    if not isinstance(view.seen, int):
        return Found.NOT_TOLD
    rule = clause.rule
    least, most = about.youth if clause.kind is ClauseKind.YOUTH else (rule.least, rule.most)
    return _met((least or 0) <= view.seen and (most is None or view.seen <= most))


def _day_of(_clause: Clause, case: Case, _about: About) -> View:
    return View(case.on)


def _is_given_then(clause: Clause, view: View, _about: About) -> Found:
    opens, closes, day = clause.rule.opens_on, clause.rule.closes_on, view.seen
    return _met(isinstance(day, date) and (opens or day) <= day <= (closes or day))


def _taking(_clause: Clause, case: Case, _about: About) -> View:
    return View(None, case.leaving.minor - case.held.minor)


def _is_fresh(clause: Clause, view: View, about: About) -> Found:
    """What is taken beyond the case's own must be free and not too old; all of it as one purse."""
    return _met(view.size <= about.free - about.stale.get(clause.clause_id, 0))


def _amount_of(_clause: Clause, case: Case, _about: About) -> View:
    return View(case.amount.currency, case.amount.minor)


def _is_at_most(clause: Clause, view: View, _about: About) -> Found:
    most = clause.rule.amount
    return _met(most is not None and view == (most.currency, min(view.size, most.minor)))


def _amount_down(_clause: Clause, case: Case, _about: About) -> View:
    return View(case.amount.currency, -case.amount.minor)


def _is_at_least(clause: Clause, view: View, _about: About) -> Found:
    least = clause.rule.amount
    return _met(least is not None and view == (least.currency, min(view.size, -least.minor)))


def _counting(clause: Clause, case: Case, about: About) -> View:
    return View(bucket(clause, case.facts, about), case.amount.minor)


def _person_has_room(clause: Clause, view: View, about: About) -> Found:
    if view.seen is None:
        return Found.NOT_TOLD
    most = clause.rule.amount
    before = about.counts(clause).of.get(view.seen, 0)
    return _met(most is not None and before + view.size <= most.minor)


def _share_has_room(clause: Clause, view: View, about: About) -> Found:
    """What one gets of all that was given, or of what was received where that is more.

    At most 20 per cent for one sector, 10,000 received, nothing given: it gets 2,000 at first.
    """
    if view.seen is None:
        return Found.NOT_TOLD
    if view.seen == UNCONCERNED:
        return Found.MET
    counts = about.counts(clause)
    given = counts.of.get(view.seen, 0) + view.size
    base = max(about.received, counts.total + view.size)
    return _met(given * MILLION <= clause.rule.millionths * base)


def _leaves_share(clause: Clause, view: View, about: About) -> Found:
    """Whether the favoured still have their share once this is given.

    Half for women, 600 given to women and 200 to men: a man gets 400, for 600 of 1,200 is half,
    and not 401. Of what was given, the first goes to the favoured; of what was received, others
    may come first while enough remains: of 1,000 received a man gets 500 at first. Who might be
    of the favoured is asked only where it matters.
    """
    if view.seen is True:
        return Found.MET
    counts = about.counts(clause)
    base = counts.total + view.size
    kept = counts.of.get(True, 0)
    if clause.rule.base is Base.RECEIVED and about.received > base:
        kept, base = kept + about.received - base, about.received
    if kept * MILLION >= clause.rule.millionths * base:
        return Found.MET
    return Found.NOT_TOLD if view.seen is None else Found.BROKEN


def _own_part(_clause: Clause, case: Case, _about: About) -> View:
    """What the borrower brings, in millionths of the cost, less first."""
    own = case.facts.own_contribution
    if own is None:
        return View(None)
    return View("own", -(own.minor * MILLION // _cost(case, own.minor + case.amount.minor)))


def _brings_enough(clause: Clause, view: View, _about: About) -> Found:
    if view.seen is None:
        return Found.NOT_TOLD
    return _met(-view.size >= clause.rule.millionths)


def _aid_part(_clause: Clause, case: Case, _about: About) -> View:
    """What all aids come to with this one, in millionths of the cost, rounded up."""
    aid, cost = case.facts.aid, case.facts.cost
    if case.facts.aids == frozenset():
        aid = Money.zero(case.amount.currency)
    if aid is None or cost is None:
        return View(None)
    whole = aid.minor + case.amount.minor
    return View("aid", -(-whole * MILLION // max(cost.minor, 1)))


def _is_not_too_much(clause: Clause, view: View, _about: About) -> Found:
    return Found.NOT_TOLD if view.seen is None else _met(view.size <= clause.rule.millionths)


def _cost(case: Case, least: int) -> int:
    return max(least, 0 if case.facts.cost is None else case.facts.cost.minor, 1)


def _joining(_clause: Clause, case: Case, _about: About) -> View:
    aids = case.facts.aids
    return View((case.facts.sources | (aids or frozenset()), aids is not None))


def _sources(view: View) -> tuple[frozenset[str], bool]:
    return cast("tuple[frozenset[str], bool]", view.seen)


def _is_joined(clause: Clause, view: View, _about: About) -> Found:
    sources, is_all = _sources(view)
    if sources & clause.rule.values if clause.rule.values else sources:
        return Found.MET
    return Found.BROKEN if is_all else Found.NOT_TOLD


def _is_not_joined(clause: Clause, view: View, _about: About) -> Found:
    sources, is_all = _sources(view)
    if sources & clause.rule.values if clause.rule.values else sources:
        return Found.BROKEN
    return Found.MET if is_all else Found.NOT_TOLD


def _mode_of(_clause: Clause, case: Case, _about: About) -> View:
    return View(str(case.mode))


def _nothing(_clause: Clause, _case: Case, _about: About) -> View:
    return View(None)


def _is_silent(_clause: Clause, _view: View, _about: About) -> Found:
    return Found.MET


def _met(is_met: bool) -> Found:  # noqa: FBT001 - it is the answer itself
    return Found.MET if is_met else Found.BROKEN


_RISING, _COUNTED = Shape.RISING, Shape.COUNTED
READINGS: Final[Mapping[ClauseKind, Reading]] = {
    ClauseKind.ZAKAT_CLASS: Reading(view=_of("zakat_class"), decide=_is_one_of),
    ClauseKind.SEX: Reading(view=_of("sex"), decide=_is_one_of),
    ClauseKind.AGE: Reading(view=_of("age"), decide=_is_aged),
    ClauseKind.YOUTH: Reading(view=_of("age"), decide=_is_aged),
    ClauseKind.CLIENT_STATUS: Reading(view=_of("client_status"), decide=_is_one_of),
    ClauseKind.SECTOR: Reading(view=_of("sector"), decide=_is_one_of),
    ClauseKind.PURPOSE: Reading(view=_of("purpose"), decide=_is_one_of),
    ClauseKind.MODE: Reading(view=_mode_of, decide=_is_one_of),
    ClauseKind.REGION: Reading(view=_of("region"), decide=_lies_in),
    ClauseKind.GIVING_DAYS: Reading(view=_day_of, decide=_is_given_then),
    ClauseKind.SPEND_WITHIN: Reading(view=_taking, decide=_is_fresh, shape=_RISING),
    ClauseKind.MOST_PER_PERSON: Reading(view=_counting, decide=_person_has_room, shape=_COUNTED),
    ClauseKind.MOST_PER_CONTRACT: Reading(view=_amount_of, decide=_is_at_most, shape=_RISING),
    ClauseKind.LEAST_PER_CONTRACT: Reading(view=_amount_down, decide=_is_at_least, shape=_RISING),
    ClauseKind.MOST_SHARE: Reading(view=_counting, decide=_share_has_room, shape=_COUNTED),
    ClauseKind.LEAST_SHARE: Reading(view=_counting, decide=_leaves_share, shape=_RISING),
    ClauseKind.OWN_CONTRIBUTION: Reading(view=_own_part, decide=_brings_enough, shape=_RISING),
    ClauseKind.JOINED_BY: Reading(view=_joining, decide=_is_joined),
    ClauseKind.NOT_JOINED_BY: Reading(view=_joining, decide=_is_not_joined),
    ClauseKind.MOST_AID: Reading(view=_aid_part, decide=_is_not_too_much, shape=_RISING),
    ClauseKind.STIPULATION: Reading(view=_nothing, decide=_is_silent),
    ClauseKind.LIFTING: Reading(view=_nothing, decide=_is_silent),
}
