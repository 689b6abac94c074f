"""Do the claims of one call keep to the clauses of their fund, one after the other?

What is given counts at once for whoever comes next, so that no share is given away twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.loans.domain.cases import About, Case, Counted, Earlier, Facts
from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import COUNTED, Clause, ClauseKind
from services.loans.domain.funding import ClaimKind, Claims
from services.loans.domain.readings import bucket
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """The clauses of one locked fund at one step of one day, with all that they ask for.

    `facts`, `held` and `own` are by application: what is known of it, what it holds of this fund,
    and what of that the counting clauses have counted.
    """

    step: ClaimKind = ClaimKind.RESERVE
    on: date = date.min
    clauses: Sequence[Clause] = ()
    about: About = field(default_factory=About)
    facts: Mapping[UUID, Facts] = field(default_factory=dict)
    held: Mapping[UUID, Claims] = field(default_factory=dict)
    own: Mapping[UUID, tuple[Earlier, ...]] = field(default_factory=dict)

    @classmethod
    def level(
        cls,
        *,
        step: ClaimKind,
        on: date,
        clauses: Sequence[Clause],
        about: About,
        earlier: Sequence[Earlier],
        facts: Mapping[UUID, Facts],
        held: Mapping[UUID, Claims],
    ) -> "Scales":
        """The scales before anything is laid on them: what was given before is counted.

        `earlier` is that, for each first day of a counting clause.
        """
        blank = {one.clause_id: Counted() for one in clauses if one.kind in COUNTED}
        own: dict[UUID, tuple[Earlier, ...]] = {}
        for one in earlier:
            if one.application_id is not None:
                own[one.application_id] = (*own.get(one.application_id, ()), one)
        scales = cls(
            step=step,
            on=on,
            clauses=clauses,
            about=replace(about, counted=blank),
            facts=facts,
            held=held,
            own=own,
        )
        return scales.counting(earlier, sign=1)

    def case(
        self,
        application_id: UUID,
        amount: Money,
        *,
        mode: str,
        bears_fee: bool,
        fund_kinds: frozenset[FundKind],
    ) -> Case:
        """What is asked, as the fund's restrictions read it."""
        claims = self.held.get(application_id) or Claims.none(amount.currency)
        zero = Money.zero(amount.currency)
        return Case(
            application_id=application_id,
            facts=self.facts.get(application_id) or Facts(),
            amount=whole_of(amount, claims=claims, step=self.step),
            leaving=amount,
            held=claims.reserved if self.step is ClaimKind.COMMIT else zero,
            mode=mode,
            bears_fee=bears_fee,
            fund_kinds=fund_kinds,
            on=self.on,
        )

    def beside(self, application_id: UUID) -> About:
        """What the clauses ask for, the application's own earlier claims left out."""
        return self.counting(self.own.get(application_id, ()), sign=-1).about

    def taking(self, case: Case) -> "Scales":
        """The scales once a case is accepted: its whole contract counts, as the others' do."""
        if not self.clauses:
            return self
        starts = {one.valid_from for one in self.clauses if one.kind in COUNTED}
        own = self.own.get(case.application_id, ())
        whole = tuple(
            Earlier(
                since=since,
                facts=case.facts,
                reserved=0,
                given=case.amount.minor,
                application_id=case.application_id,
            )
            for since in sorted(starts)
        )
        after = self.counting(own, sign=-1).counting(whole, sign=1)
        free = self.about.free - (case.leaving - case.held).minor
        kept = {**self.own, case.application_id: whole}
        return replace(after, about=replace(after.about, free=free), own=kept)

    def counting(self, some: Sequence[Earlier], *, sign: int) -> "Scales":
        """The scales with some earlier claims counted, or (`sign` -1) no longer counted."""
        if not some or not self.about.counted:
            return self
        counted = {
            clause.clause_id: self.about.counts(clause).plus(self._amounts(clause, some, sign=sign))
            for clause in self.clauses
            if clause.kind in COUNTED
        }
        return replace(self, about=replace(self.about, counted=counted))

    def _amounts(
        self, clause: Clause, some: Iterable[Earlier], *, sign: int
    ) -> Iterator[tuple[object, int]]:
        """A reservation meets what is reserved and given, what comes after it what is given."""
        for one in some:
            is_counted = not one.in_group or clause.kind is ClauseKind.MOST_PER_PERSON
            if is_counted and one.since == clause.valid_from:
                reserved = one.reserved if self.step is ClaimKind.RESERVE else 0
                yield bucket(clause, one.facts, self.about), sign * (one.given + reserved)


def whole_of(amount: Money, *, claims: Claims, step: ClaimKind) -> Money:
    """What a contract comes to at a step.

    To be reserved: what is asked; to be committed: that and what is committed; to be drawn: what
    is committed, be it drawn or not. The second tranche of 300 of 900 is a contract of 900.
    """
    standing = claims.committed + claims.drawn
    if step is ClaimKind.COMMIT:
        return standing + amount
    return standing if step is ClaimKind.DRAW and standing.is_positive else amount
