"""Which law does a policy break, for how many loans of whom?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.scoring.domain.simulation import kernel, policy
from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.outcomes import LEEWAY, LegalCap, Review
from services.scoring.domain.simulation.policy import Policy


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
    new = policy.applied(review.book, policy=rules)
    effective = kernel.effective_rate(
        annual_rate=new.annual_rate, term=new.term, grace=new.grace, fee_share=new.fee_share
    )
    return tuple(_flag(review, new, effective, cap) for cap in review.caps)


def _flag(review: Review, new: Book, effective: np.ndarray, cap: LegalCap) -> Flag:
    rate = effective if cap.basis == "effective" else new.annual_rate
    covered = new.where(cap.where)
    above = covered & (rate > cap.cap + LEEWAY)
    by = {
        name: {
            label: float(new.count[above & (new.codes[name] == place)].sum())
            for place, label in enumerate(new.labels[name])
        }
        for name in review.segments
    }
    return Flag(
        cap=cap,
        covered=float(new.count[covered].sum()),
        above=float(new.count[above].sum()),
        highest=float(rate[covered].max()) if covered.any() else 0.0,
        above_by={name: {k: v for k, v in parts.items() if v} for name, parts in by.items()},
    )
