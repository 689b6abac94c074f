"""The parts of the donor page that have a picture: each with the table it is drawn from.

What would be about one to four contracts is taken out here, before anything is drawn or printed.
"""

from collections.abc import Sequence
from decimal import Decimal

from services.monitoring.dashboards import flow_chart, time_charts
from services.monitoring.dashboards.flow_chart import Flow, Labels
from services.monitoring.dashboards.report import FundReport, QualityPoint, SectorShare
from services.monitoring.dashboards.time_charts import Axis, Line
from services.monitoring.dashboards.writer import NOTHING, Printable, Writer
from services.monitoring.domain import disclosure, portfolio_quality
from services.monitoring.domain.portfolio_quality import THRESHOLDS, PortfolioQuality
from services.monitoring.domain.utilisation import Utilisation
from shared.money import Money

DRAWN = ("par1", "par30", "par90")
FIRST = (30, 0, 90, 60)  # which lateness is shown where not all may be
NAMES = {days: name for name, days in THRESHOLDS.items()}
SECTORS = {
    "agriculture": "Agriculture",
    "livestock": "Livestock",
    "fishing": "Fishing",
    "trade": "Trade",
    "services": "Services",
    "crafts": "Crafts",
    "handicraft": "Crafts",
    "food": "Food making",
    "food_processing": "Food making",
    "sewing": "Sewing and textiles",
    "textiles": "Sewing and textiles",
    "transport": "Transport",
    "education": "Education",
    "health": "Health",
    "housing": "Housing",
    "construction": "Construction",
    "manufacturing": "Workshops",
    "industry": "Workshops",
    "tourism": "Tourism",
    "technology": "Technology",
    "other": "Other",
}


def flow(used: Utilisation, *, writer: Writer) -> dict[str, Printable]:
    """The picture of the money's way, for a wide and for a narrow screen.

    Goods on their way stand with what is at hand; clients' money beyond them with what came in.
    """
    amounts = Flow(
        received=max(used.received.minor, 0),
        returned=max(used.returned.minor - min(used.under_way.minor, 0), 0),
        disbursed=max(used.disbursed.minor, 0),
        at_hand=max(used.at_hand.minor, 0) + max(used.under_way.minor, 0),
        outstanding=max(used.outstanding.minor, 0),
        spent=max(used.spent.minor, 0),
        given_up=max(used.given_up.minor, 0),
    )
    again = (writer.text("Lent again"), writer.amount(used.lent_again))
    labels = Labels(
        title=writer.text("The way of the money: received, paid out, returned, lent again"),
        received=(writer.text("Received"), writer.amount(used.received)),
        returned=(writer.text("Returned"), writer.amount(used.returned)),
        disbursed=(writer.text("Paid out"), writer.amount(used.disbursed)),
        at_hand=(writer.text("At hand"), writer.amount(used.at_hand)),
        outstanding=(writer.text("With borrowers"), writer.amount(used.outstanding)),
        spent=(writer.text("Given and spent"), writer.amount(used.spent)),
        given_up=(writer.text("Given up"), writer.amount(used.given_up)),
        paid_back=(writer.text("Loans paid back"), writer.amount(used.principal)),
        lent_again=again if used.lent_again.is_positive else None,
    )
    return {
        "wide": flow_chart.wide(amounts, labels=labels, rtl=writer.is_rtl),
        "narrow": flow_chart.narrow(amounts, labels=labels, rtl=writer.is_rtl),
        "outstanding": writer.amount(used.outstanding),
    }


def quality(report: FundReport, *, writer: Writer) -> dict[str, Printable] | None:
    """Portfolio at risk over the closed months; None before the first that may be shown."""
    if not any(point.quality.contracts for point in report.points):
        return None
    shown = [_shown(point) for point in report.points]
    title = writer.text("Share of the money out that is in late loans, by month")
    drawn = [
        Line(style=name, label=f"{max(THRESHOLDS[name], 1)}+", points=[s[name] for s in shown])
        for name in DRAWN
    ]
    newest, known = report.points[-1], shown[-1]
    return {
        "title": title,
        "on": writer.day(newest.on),
        "on_time": None if known["par30"] is None else writer.share(1 - known["par30"]),
        "par30": _share(known["par30"], writer),
        **_drawn_twice(drawn, report.points, writer=writer, title=title),
        "lines": [
            {"style": name, "label": _late_label(THRESHOLDS[name], writer)} for name in DRAWN
        ],
        "columns": [_late_label(days, writer) for days in THRESHOLDS.values()],
        "rows": [
            {
                "month": writer.month(point.on),
                "cells": [_share(row[name], writer) for name in THRESHOLDS],
            }
            for point, row in zip(reversed(report.points), reversed(shown), strict=True)
            if point.quality.contracts
        ],
    }


def ages(report: FundReport, *, writer: Writer) -> dict[str, Printable] | None:
    """The money out by how late its loans are: neighbouring classes join until each may be shown.

    None when nothing is out, or so few contracts that even their sum is about a few people.
    """
    if not report.points or not report.points[-1].quality.contracts:
        return None
    found = report.points[-1].quality
    if disclosure.is_small(found.contracts):
        return {"rows": [], "total": None}
    late = {THRESHOLDS[name]: risk.contracts for name, risk in found.at_risk.items()}
    edges = sorted(disclosure.shown_thresholds(late, contracts=found.contracts, first=FIRST))
    uppers = [(found.contracts, found.outstanding), *((late[d], _out(found, d)) for d in edges)]
    lowers = [*uppers[1:], (0, Money.zero(found.outstanding.currency))]
    rows: list[Printable] = []
    for place, (upper, lower) in enumerate(zip(uppers, lowers, strict=True)):
        amount = upper[1] - lower[1]
        start = edges[place - 1] if place else None
        end = edges[place] if place < len(edges) else None
        rows.append(
            {
                "label": _class_label(start, end, writer),
                "contracts": writer.count(upper[0] - lower[0]),
                "amount": writer.amount(amount),
                "share": writer.share(portfolio_quality.ratio(amount, whole=found.outstanding)),
                "bar": time_charts.share_bar(
                    amount.minor,
                    whole=found.outstanding.minor,
                    rtl=writer.is_rtl,
                    style="fill-late" if start is not None else "fill-good",
                ),
            }
        )
    return {
        "on": writer.day(report.points[-1].on),
        "rows": rows,
        "total": {
            "contracts": writer.count(found.contracts),
            "amount": writer.amount(found.outstanding),
        },
    }


def repayments(report: FundReport, *, writer: Writer) -> dict[str, Printable] | None:
    """What came back in each closed month; None before the first repayment."""
    if not any(month.contracts for month in report.months):
        return None
    counts = [*(month.contracts for month in report.months), report.payers_elsewhere]
    hidden = disclosure.hidden_cells(counts)
    values = [
        None if place in hidden else max(month.amount.minor, 0)
        for place, month in enumerate(report.months)
    ]
    title = writer.text("What borrowers paid back, by month")
    pictures = {
        style: time_charts.bars(
            values,
            axis=Axis(
                months=[writer.short_month(month.month) for month in report.months],
                every=every,
                scale={},
            ),
            width=width,
            height=height,
            rtl=writer.is_rtl,
            title=title,
            style=f"chart {style}",
        )
        for style, width, height, every in (("wide", 860, 220, 1), ("narrow", 350, 190, 3))
    }
    return {
        "title": title,
        **pictures,
        "rows": [
            {
                "month": writer.month(month.month),
                "amount": None if place in hidden else writer.amount(month.amount),
            }
            for place, month in reversed(list(enumerate(report.months)))
        ],
    }


def sectors(report: FundReport, *, writer: Writer) -> dict[str, Printable] | None:
    """What the money out is used for; None when nothing is out or too few loans are."""
    counts = [share.contracts for share in report.sectors]
    if not sum(counts) or disclosure.is_small(sum(counts)):
        return None
    hidden = disclosure.hidden_cells(counts)
    whole = sum(share.outstanding.minor for share in report.sectors)
    rows: list[Printable] = []
    order = sorted(enumerate(report.sectors), key=lambda item: _rank(item, hidden))
    for place, share in order:
        is_hidden = place in hidden
        name = SECTORS.get(share.sector)
        rows.append(
            {
                "name": writer.text(name) if name else share.sector,
                "is_hidden": is_hidden,
                "contracts": None if is_hidden else writer.count(share.contracts),
                "amount": None if is_hidden else writer.amount(share.outstanding),
                "bar": ""
                if is_hidden
                else time_charts.share_bar(
                    share.outstanding.minor, whole=whole, rtl=writer.is_rtl, style="fill-good"
                ),
            }
        )
    return {"on": writer.day(report.points[-1].on), "rows": rows, "has_hidden": bool(hidden)}


def _rank(item: tuple[int, SectorShare], hidden: frozenset[int]) -> tuple[bool, int, str]:
    """Largest first; hidden ones last, in the order of their names, which tells nothing."""
    place, share = item
    if place in hidden:
        return (True, 0, share.sector)
    return (False, -share.outstanding.minor, share.sector)


def _shown(point: QualityPoint) -> dict[str, Decimal | None]:
    """The ratios of a month that may be shown; the others are None."""
    found = point.quality
    late = {THRESHOLDS[name]: risk.contracts for name, risk in found.at_risk.items()}
    allowed = disclosure.shown_thresholds(late, contracts=found.contracts, first=FIRST)
    return {
        name: risk.ratio if THRESHOLDS[name] in allowed and found.contracts else None
        for name, risk in found.at_risk.items()
    }


def _drawn_twice(
    drawn: Sequence[Line], points: Sequence[QualityPoint], *, writer: Writer, title: str
) -> dict[str, Printable]:
    scale = {
        share: writer.share(share, decimals=1 if share * 100 % 1 else 0)
        for share in time_charts.scale_of(time_charts.top_of(drawn))
    }
    months = [writer.short_month(point.on) for point in points]
    return {
        style: time_charts.lines(
            drawn,
            axis=Axis(months=months, every=every, scale=scale),
            width=width,
            height=height,
            rtl=writer.is_rtl,
            title=title,
            style=f"chart {style}",
        )
        for style, width, height, every in (("wide", 860, 260, 2), ("narrow", 350, 220, 4))
    }


def _share(ratio: Decimal | None, writer: Writer) -> str:
    return NOTHING if ratio is None else writer.share(ratio)


def _out(found: PortfolioQuality, days: int) -> Money:
    return found.at_risk[NAMES[days]].outstanding


def _late_label(days: int, writer: Writer) -> str:
    if days == 0:
        return writer.text("At least one day late")
    return writer.text("More than {days} days late", days=writer.count(days))


def _class_label(start: int | None, end: int | None, writer: Writer) -> str:
    if start is None and end is None:
        return writer.text("All loans, on time or late")
    if start is None:
        if end == 0:
            return writer.text("On time")
        return writer.text("On time, or up to {days} days late", days=writer.count(end or 0))
    if end is None:
        return _late_label(start, writer)
    return writer.text(
        "{first} to {last} days late", first=writer.count(start + 1), last=writer.count(end)
    )
