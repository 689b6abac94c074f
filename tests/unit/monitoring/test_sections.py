"""The parts with pictures: what is small is taken out before anything is drawn."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest

from services.monitoring.dashboards import sections, time_charts
from services.monitoring.dashboards.report import FundReport, MonthOfRepayments, SectorShare
from services.monitoring.dashboards.time_charts import Line
from services.monitoring.dashboards.writer import Writer
from tests.unit.monitoring.conftest import jod, point

MakeFund = Callable[..., FundReport]
EN = Writer(language="en", country="JO")
OCTOBER = date(2026, 10, 31)


def rows(section: Any) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", section["rows"])


def test_classes_of_lateness_stand_alone_when_each_has_five(make_fund: MakeFund) -> None:
    report = make_fund(points=[point(OCTOBER, late={3: 6, 40: 5, 70: 5, 100: 7}, on_time=50)])
    found = sections.ages(report, writer=EN)
    assert [(row["label"], row["contracts"]) for row in rows(found)] == [
        ("On time", "50"),
        ("1 to 30 days late", "6"),
        ("31 to 60 days late", "5"),
        ("61 to 90 days late", "5"),
        ("More than 90 days late", "7"),
    ]


def test_a_small_class_joins_its_neighbour(make_fund: MakeFund) -> None:
    report = make_fund(points=[point(OCTOBER, late={3: 6, 40: 2, 70: 5, 100: 3}, on_time=50)])
    found = sections.ages(report, writer=EN)
    assert [(row["label"], row["contracts"]) for row in rows(found)] == [
        ("On time", "50"),
        ("1 to 30 days late", "6"),
        ("More than 30 days late", "10"),
    ]


def test_few_late_among_many_are_joined_with_those_on_time(make_fund: MakeFund) -> None:
    report = make_fund(points=[point(OCTOBER, late={3: 2}, on_time=50)])
    found = rows(sections.ages(report, writer=EN))
    assert [(row["label"], row["contracts"]) for row in found] == [
        ("On time, or up to 30 days late", "52"),
        ("31 to 60 days late", "0"),
        ("61 to 90 days late", "0"),
        ("More than 90 days late", "0"),
    ]


def test_the_amounts_of_the_classes_sum_to_the_whole(make_fund: MakeFund) -> None:
    report = make_fund(points=[point(OCTOBER, late={3: 6, 40: 2, 70: 5}, on_time=50)])
    found = cast("dict[str, Any]", sections.ages(report, writer=EN))
    amounts = [Decimal(row["amount"].replace(",", "")) for row in rows(found)]
    assert sum(amounts) == Decimal(found["total"]["amount"].replace(",", ""))


def test_fewer_than_five_loans_show_no_ages(make_fund: MakeFund) -> None:
    report = make_fund(points=[point(OCTOBER, late={3: 1}, on_time=3)])
    assert sections.ages(report, writer=EN) == {"rows": [], "total": None}


def test_a_share_about_few_is_a_dash_and_a_gap(make_fund: MakeFund) -> None:
    points = [
        point(date(2026, 9, 30), late={40: 6}, on_time=50),
        point(OCTOBER, late={40: 3, 100: 6}, on_time=50),
    ]
    found = cast("dict[str, Any]", sections.quality(make_fund(points=points), writer=EN))
    newest, before = (row["cells"] for row in rows(found))
    assert before == ["10.7%", "10.7%", "0.0%", "0.0%"]
    assert newest == ["15.3%", "15.3%", "–", "–"]


def test_the_lead_counts_what_is_at_most_thirty_days_late(make_fund: MakeFund) -> None:
    report = make_fund(points=[point(OCTOBER, late={10: 5, 40: 5}, on_time=40)])
    found = cast("dict[str, Any]", sections.quality(report, writer=EN))
    assert found["on_time"] == "90.0%"


def test_a_portfolio_never_lent_has_no_quality(make_fund: MakeFund) -> None:
    assert sections.quality(make_fund(points=[]), writer=EN) is None


def months(*counts: int) -> list[MonthOfRepayments]:
    return [
        MonthOfRepayments(month=date(2026, n, 1), amount=jod(count * 1_000), contracts=count)
        for n, count in enumerate(counts, start=1)
    ]


def test_a_month_paid_by_few_is_hidden_with_the_next_smallest(make_fund: MakeFund) -> None:
    report = make_fund(months=months(9, 3, 7), payers_elsewhere=0)
    shown = [row["amount"] for row in rows(sections.repayments(report, writer=EN))]
    assert shown == [None, None, "9.000"]


def test_months_elsewhere_can_be_what_hides_a_small_month(make_fund: MakeFund) -> None:
    """What is not listed is a cell as well: its sum is the total less all that is listed."""
    report = make_fund(months=months(9, 3, 7), payers_elsewhere=6)
    shown = [row["amount"] for row in rows(sections.repayments(report, writer=EN))]
    assert shown == ["7.000", None, "9.000"]


def test_a_few_payers_elsewhere_hide_a_listed_month(make_fund: MakeFund) -> None:
    report = make_fund(months=months(9, 8, 7), payers_elsewhere=2)
    shown = [row["amount"] for row in rows(sections.repayments(report, writer=EN))]
    assert shown == [None, "8.000", "9.000"]


def shares(**counts: int) -> list[SectorShare]:
    return [
        SectorShare(sector=name, contracts=count, outstanding=jod(count * 10_000))
        for name, count in counts.items()
    ]


def test_a_small_sector_hides_itself_and_the_next_smallest(make_fund: MakeFund) -> None:
    report = make_fund(sectors=shares(trade=30, crafts=9, fishing=2))
    found = rows(sections.sectors(report, writer=EN))
    assert [(row["name"], row["contracts"]) for row in found] == [
        ("Trade", "30"),
        ("Crafts", None),
        ("Fishing", None),
    ]
    assert all(row["bar"] == "" and row["amount"] is None for row in found[1:])


def test_a_sector_without_translation_keeps_its_code(make_fund: MakeFund) -> None:
    report = make_fund(sectors=shares(beekeeping=30))
    assert rows(sections.sectors(report, writer=EN))[0]["name"] == "beekeeping"


@pytest.mark.parametrize(
    ("highest", "top"), [("0.013", "0.02"), ("0.02", "0.02"), ("0.31", "0.4"), ("0.95", "1")]
)
def test_the_scale_ends_at_a_round_share_above_every_point(highest: str, top: str) -> None:
    line = Line(style="par30", label="30+", points=[None, Decimal(highest)])
    assert time_charts.top_of([line]) == Decimal(top)
