"""Groups are compared where they are large enough, month by month and together."""

import pytest

from services.scoring.domain import equity
from services.scoring.domain.equity import Case


def cases(group: str, decided: int, approved: int, month: str = "2026-10") -> list[Case]:
    return [
        Case(group=group, month=month, is_approved=i < approved, is_favoured=i < approved)
        for i in range(decided)
    ]


@pytest.mark.parametrize(("women", "flags"), [(80, []), (79, ["approval_ratio", "month 2026-10"])])
def test_a_ratio_under_four_fifths_is_flagged(women: int, flags: list[str]) -> None:
    found = equity.audit("sex", cases=cases("female", 100, women) + cases("male", 100, 100))

    assert found.ratio == women / 100
    assert list(found.flags) == flags


def test_small_groups_are_counted_and_left_out() -> None:
    found = equity.audit(
        "region", cases=cases("a", 100, 90) + cases("b", 100, 90) + cases("c", 29, 0)
    )

    assert (found.ratio, found.left_out) == (1, 1)
    assert [group.name for group in found.groups] == ["a", "b"]
    assert [(month.groups, month.left_out, month.ratio) for month in found.months] == [(2, 1, 1)]


def test_one_month_may_be_flagged_where_the_year_is_not() -> None:
    even = cases("a", 100, 90, "2026-09") + cases("b", 100, 90, "2026-09")
    found = equity.audit("region", cases=even + cases("a", 30, 30) + cases("b", 30, 20))

    assert found.ratio is not None
    assert found.ratio > 0.8
    assert list(found.flags) == ["month 2026-10"]


def test_one_group_or_no_approval_has_no_ratio() -> None:
    assert equity.audit("sex", cases=cases("female", 200, 100)).ratio is None
    assert equity.audit("sex", cases=cases("a", 100, 0) + cases("b", 100, 0)).ratio is None
    assert equity.audit("sex", cases=[]).groups == ()


def ended(group: str, *, favoured: int, bad: int, pd: float) -> list[Case]:
    return [
        Case(
            group=group,
            month="2026-10",
            is_approved=True,
            is_favoured=i < favoured,
            pd=pd,
            is_bad=i >= 100 - bad,
        )
        for i in range(100)
    ]


def test_the_gap_is_among_those_who_repaid() -> None:
    found = equity.audit(
        "sex",
        cases=ended("f", favoured=45, bad=10, pd=0.1) + ended("m", favoured=90, bad=10, pd=0.1),
    )

    assert found.opportunity_gap == pytest.approx(0.5)  # 45 of 90 against 90 of 90
    assert found.flags == ()


@pytest.mark.parametrize(("pd", "is_flagged"), [(0.08, False), (0.0799, True), (0.126, True)])
def test_stated_risk_far_from_the_observed_is_flagged(pd: float, *, is_flagged: bool) -> None:
    found = equity.audit(
        "sex",
        cases=ended("f", favoured=90, bad=10, pd=pd) + ended("m", favoured=90, bad=10, pd=0.1),
    )

    assert ("calibration f" in found.flags) is is_flagged
    assert "calibration m" not in found.flags
