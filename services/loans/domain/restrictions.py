"""May this fund's money go to this case: its kind, its clauses and what was given before?"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from services.loans.domain.cases import About, Case
from services.loans.domain.clauses import Clause
from services.loans.domain.funding import Refusal
from services.loans.domain.readings import READINGS, Found
from services.loans.domain.telling_clauses import refusal_of

OfKind = Callable[[Case], Sequence[Refusal]]


def looks(case: Case) -> Hashable:
    """What the kind of a fund sees of a case where no person and no deed matters."""
    return case.mode, case.amount.currency, case.bears_fee, case.fund_kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """All that restricts a fund on a day.

    `of_kind` gives what its kind, its terms, its deed and the law refuse; cases of which `sees`
    gives the same are refused alike by it.
    """

    of_kind: OfKind
    sees: Callable[[Case], Hashable] = looks
    clauses: Sequence[Clause] = ()
    about: About = field(default_factory=About)


def refusals(restrictions: Restrictions, *, case: Case) -> list[Refusal]:
    """Every reason why a fund may not pay for a case; none means it may.

    First what the fund's kind, terms and deed refuse, then its clauses in their order. A clause
    that asks what is not told refuses as well: "not told". Women alone, at most 500.000, and a man
    asks 600.000: two refusals, each with its clause.
    """
    found = list(restrictions.of_kind(case))
    for clause in restrictions.clauses:
        finding = read(clause, case=case, about=restrictions.about)
        if finding is not Found.MET:
            found.append(refusal_of(clause, is_told=finding is Found.BROKEN))
    return found


def read(clause: Clause, *, case: Case, about: About) -> Found:
    """What one clause finds in a case; out of its days it asks nothing."""
    if is_spared(clause, case=case):
        return Found.MET
    reading = READINGS[clause.kind]
    return reading.decide(clause, reading.view(clause, case, about), about)


def is_spared(clause: Clause, *, case: Case) -> bool:
    """Whether a clause does not hold for a case: out of its days, or signed before and spared."""
    agreed_on = case.facts.agreed_on
    was_before = agreed_on is not None and agreed_on < clause.valid_from
    return not clause.is_in_force(case.on) or (clause.spares_agreed and was_before)
