"""What follows from the terms that a policy gives, reckoned once for the loans that share them?"""

from dataclasses import dataclass

import numpy as np

from services.scoring.domain.simulation import kernel, policy
from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.kernel import Floats, Places, Shapes
from services.scoring.domain.simulation.policy import Behaviour, Case, Policy, PolicyContradicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A policy, and by which assumptions and cost of funds (a rate a year) it is judged."""

    rules: Policy
    behaviour: Behaviour
    case: Case
    cost_of_funds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a policy moves, a place a kind of terms or a loan.

    `due` is the instalment before for one unit lent, `part` its period in years; `shift` is added
    to the log odds of default, and `demand` borrowers come for each that came before.
    """

    due: Floats
    part: Floats
    shift: Floats
    demand: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerms:
    """What follows from terms under a policy, a place a kind of terms or a loan.

    `cost` is what is paid beyond one unit lent; `moved` is None where nothing changes.
    """

    shapes: Shapes
    nominal: Floats
    fee_share: Floats
    cost: Floats
    moved: Moved | None

    @classmethod
    def of(cls, old: Book, asked: Asked) -> "NewTerms":
        """Give each row of a book the terms of the policy. Raises PolicyContradicts."""
        new = policy.applied(old, policy=asked.rules)
        shapes = kernel.shapes_of(new.terms, cost_of_funds=asked.cost_of_funds)
        return cls(
            shapes=shapes,
            nominal=new.annual_rate,
            fee_share=new.fee_share,
            cost=shapes.paid - 1 + new.fee_share,
            moved=_moved(old, new, shapes, asked) if asked.rules.changes else None,
        )

    def at(self, of: Places) -> "NewTerms":
        """Give each loan its own."""
        moved = self.moved and Moved(
            **{name: kernel.taken(getattr(self.moved, name), of) for name in Moved.__slots__}
        )
        return NewTerms(
            shapes=self.shapes.at(of),
            nominal=kernel.taken(self.nominal, of),
            fee_share=kernel.taken(self.fee_share, of),
            cost=kernel.taken(self.cost, of),
            moved=moved,
        )


def _moved(old: Book, new: Book, shapes: Shapes, asked: Asked) -> Moved:
    before = kernel.shapes_of(old.terms, cost_of_funds=asked.cost_of_funds)
    behaviour, case = asked.behaviour, asked.case
    return Moved(
        due=before.instalment,
        part=before.part,
        shift=policy.shifted(old, new, behaviour=behaviour, case=case),
        demand=policy.demanding(
            old_rate=before.effective, new_rate=shapes.effective, behaviour=behaviour, case=case
        ),
    )


class TermsOfLoans:
    """The new terms of any rows of a book. Raises PolicyContradicts at once."""

    def __init__(self, book: Book, asked: Asked) -> None:
        named = {name for change in asked.rules.changes for name in change.where}
        self._book, self._asked = book, asked
        self._kinds = book.kinds(by=frozenset(named & book.codes.keys()))
        self._shared: NewTerms | None = None
        if self._kinds is None:
            policy.applied(book, policy=asked.rules)
            return
        try:
            self._shared = NewTerms.of(book.rows(self._kinds.first), asked)
        except PolicyContradicts:
            policy.applied(book, policy=asked.rules)  # raises it with the loans counted
            raise

    def of(self, rows: slice) -> NewTerms:
        """Give the terms of some rows."""
        if self._kinds is None or self._shared is None:
            own = self._book.rows(rows)
            return NewTerms.of(own, self._asked).at(np.arange(len(own)))
        return self._shared.at(self._kinds.of[rows].astype(np.intp))
