"""Were groups of people approved alike, month by month, and was their risk stated alike?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring.domain.training.fairness import (
    CALIBRATION_HIGH,
    CALIBRATION_LOW,
    GROUP_MIN,
    RATIO_LIMIT,
)

MONTH_MIN = 30  # applications of a group in one month; fewer swing by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One decided application: its group, whether it was approved, and its risk if it is known.

    `is_favoured`: scoring advised to offer; `pd` is what the card stated; `is_bad` None: the end
    is not known.
    """

    group: str
    month: str
    is_approved: bool
    is_favoured: bool = False
    pd: float | None = None
    is_bad: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group; a figure is None where the group has nothing to reckon it from."""

    name: str
    decided: int
    approved: int
    favoured_good: float | None
    calibration: float | None

    @property
    def approval_rate(self) -> float:
        """Approved over decided."""
        return self.approved / self.decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month: least approval rate over greatest, among groups large enough."""

    month: str
    ratio: float | None
    groups: int
    left_out: int

    @property
    def is_flagged(self) -> bool:
        """Whether a person has to look into it."""
        return self.ratio is not None and self.ratio < RATIO_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Equity:
    """All that the audit says of one trait."""

    trait: str
    ratio: float | None
    opportunity_gap: float | None
    groups: tuple[Group, ...]
    left_out: int
    months: tuple[Month, ...]
    flags: tuple[str, ...]


def approval_ratio(cases: Sequence[tuple[str, bool]], *, least: int) -> tuple[float | None, int]:
    """Return the least approval rate over the greatest, and how many groups were too small.

    Four-fifths rule: US 29 CFR 1607.4(D). None where fewer than two groups have `least`
    applications, or nobody is approved. Worked: 72 of 100 and 90 of 100 give 0.8.
    """
    decided = Counter(group for group, _ in cases)
    approved = Counter(group for group, is_approved in cases if is_approved)
    rates = [approved[group] / n for group, n in decided.items() if n >= least]
    ratio = min(rates) / max(rates) if len(rates) > 1 and max(rates) > 0 else None
    return ratio, len(decided) - len(rates)


def audit(trait: str, *, cases: Sequence[Case]) -> Equity:
    """Tell whether groups were treated alike: by month, and over all the cases together.

    opportunity gap = greatest difference of the share that the advice favoured among those who
    repaid (every loan with an end was lent, so what scoring advised is compared); calibration =
    mean stated / observed risk, flagged outside 0.8 to 1.25. Groups under 100 (30 in a month) are
    counted and left out. Worked: 95 of 100 women and 50 of 100 men lent give 0.526, flagged.
    """
    ratio, left_out = approval_ratio(
        [(case.group, case.is_approved) for case in cases], least=GROUP_MIN
    )
    by_group: dict[str, list[Case]] = {}
    for case in cases:
        by_group.setdefault(case.group, []).append(case)
    groups = tuple(
        _group(name, by_group[name])
        for name in sorted(by_group)
        if len(by_group[name]) >= GROUP_MIN
    )
    months = _months(cases)
    goods = [group.favoured_good for group in groups if group.favoured_good is not None]
    flags = ["approval_ratio"] if ratio is not None and ratio < RATIO_LIMIT else []
    flags += [f"month {item.month}" for item in months if item.is_flagged]
    flags += [
        f"calibration {group.name}"
        for group in groups
        if group.calibration is not None
        and not CALIBRATION_LOW <= group.calibration <= CALIBRATION_HIGH
    ]
    return Equity(
        trait=trait,
        ratio=ratio,
        opportunity_gap=max(goods) - min(goods) if len(goods) > 1 else None,
        groups=groups,
        left_out=left_out,
        months=months,
        flags=tuple(flags),
    )


def _months(cases: Sequence[Case]) -> tuple[Month, ...]:
    found = []
    for month in sorted({case.month for case in cases}):
        of = [(case.group, case.is_approved) for case in cases if case.month == month]
        ratio, left_out = approval_ratio(of, least=MONTH_MIN)
        groups = len({group for group, _ in of}) - left_out
        found.append(Month(month=month, ratio=ratio, groups=groups, left_out=left_out))
    return tuple(found)


def _group(name: str, cases: Sequence[Case]) -> Group:
    goods = [case.is_favoured for case in cases if case.is_bad is False]
    ended = [case for case in cases if case.is_bad is not None and case.pd is not None]
    bads = sum(case.is_bad is True for case in ended)
    stated = sum(case.pd for case in ended if case.pd is not None)
    return Group(
        name=name,
        decided=len(cases),
        approved=sum(case.is_approved for case in cases),
        favoured_good=sum(goods) / len(goods) if goods else None,
        calibration=stated / bads if bads else None,
    )
