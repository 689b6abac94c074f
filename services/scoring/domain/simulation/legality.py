"""Which law does a policy break, for how many loans of whom?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.kernel import Floats
from services.scoring.domain.simulation.outcomes import LEEWAY, LegalCap, Review, terms_of
from services.scoring.domain.simulation.policy import Case, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """What a cap does to one policy: loans that it covers, and those above it, by segment.

    `highest` is the dearest rate among the loans covered; `above_by` counts the loans above the
    cap by segment and label.
    """

    cap: LegalCap
    covered: float
    above: float
    highest: float
    above_by: Mapping[str, Mapping[str, float]]

    @property
    def is_broken(self) -> bool:
        """Whether a loan is above the cap."""
        return self.above > 0


def flags_of(review: Review, *, rules: Policy) -> tuple[Flag, ...]:
    """Hold a policy against each cap. Raises PolicyContradicts.

    Worked: a cap of 18 % on the nominal rate in the north, and all loans set to 24 %: the loans
    of the north are above it, those of the south are not covered.
    """
    if not review.caps:
        return ()
    terms = terms_of(review, rules=rules, case=Case.CENTRAL).of(slice(None))
    rates = {"effective": terms.shapes.effective, "nominal": terms.nominal}
    return tuple(_flag(review.book, review.segments, rates[cap.basis], cap) for cap in review.caps)


def _flag(book: Book, segments: Sequence[str], rates: Floats, cap: LegalCap) -> Flag:
    rate = np.broadcast_to(rates, len(book))
    covered = book.where(cap.where)
    above = covered & (rate > cap.cap + LEEWAY)
    by = {
        name: {
            label: float(book.count[above & (book.codes[name] == place)].sum())
            for place, label in enumerate(book.labels[name])
        }
        for name in segments
    }
    return Flag(
        cap=cap,
        covered=float(book.count[covered].sum()),
        above=float(book.count[above].sum()),
        highest=float(rate[covered].max()) if covered.any() else 0.0,
        above_by={name: {k: v for k, v in parts.items() if v} for name, parts in by.items()},
    )
