"""In which bucket of lateness and in which stage of IFRS 9 does a contract stand?"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

BUCKETS = (1, 31, 61, 91)
"""The first day late of each bucket but the first: 0, 1-30, 31-60, 61-90, 91 and more."""


class Stage(IntEnum):
    """How much of the expected loss is recognised: a year of it, all of it, or as in default."""

    PERFORMING = 1
    UNDERPERFORMING = 2
    IMPAIRED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingRule:
    """From when a contract counts as riskier, and as in default, in days late; and its cure.

    More than 30 days late the risk has risen significantly unless shown otherwise (IFRS 9,
    5.5.11); more than 90 it is in default unless shown otherwise (IFRS 9, B5.5.37). A restructured
    contract is in the second stage until so many dues after its restructuring have fallen due with
    nothing late.
    """

    risen_after_days: int = 30
    default_after_days: int = 90
    cure_dues: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.risen_after_days <= self.default_after_days or self.cure_dues < 0:
            raise ValueError("a contract is in default later than at risk, and both are days")


def days_late(oldest_open_due_on: date | None, *, as_of: date) -> int:
    """How many days late: due on 1 March and open on 4 March is 3, on 1 March none."""
    return 0 if oldest_open_due_on is None else max((as_of - oldest_open_due_on).days, 0)


def bucket(days: int, *, first_days: Sequence[int] = BUCKETS) -> int:
    """The number of the bucket, 0 for a contract that is not late: 30 days are 1, 31 are 2."""
    return bisect_right(first_days, days)


def cured_on(
    due_dates: Sequence[date], *, renegotiated_on: date | None, rule: StagingRule
) -> date | None:
    """The day on which a restructured contract may leave the second stage, if nothing is late.

    It is the due date of so many dues after the restructuring: three of them on the first of the
    month after one of 15 March are cured on 1 June. None while so many do not follow, and for a
    contract never restructured.
    """
    if renegotiated_on is None:
        return None
    since = [day for day in sorted(due_dates) if day > renegotiated_on]
    if rule.cure_dues == 0:
        return renegotiated_on
    return since[rule.cure_dues - 1] if len(since) >= rule.cure_dues else None


def is_restructured(
    *, renegotiated_on: date | None, cured: date | None, as_of: date, days: int
) -> bool:
    """Whether a contract still counts as restructured: not cured yet, or late again."""
    if renegotiated_on is None or as_of < renegotiated_on:
        return False
    return cured is None or as_of < cured or days > 0


def stage(days: int, *, restructured: bool, rule: StagingRule) -> Stage:
    """The stage: 90 days late is the second, 91 the third, restructured at least the second."""
    if days > rule.default_after_days:
        return Stage.IMPAIRED
    if restructured or days > rule.risen_after_days:
        return Stage.UNDERPERFORMING
    return Stage.PERFORMING
