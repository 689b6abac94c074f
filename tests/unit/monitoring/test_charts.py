"""Pictures as SVG: to scale, mirrored for readers from the right, silent where nothing is."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.monitoring.dashboards import flow_chart, time_charts
from services.monitoring.dashboards.flow_chart import Flow, Labels
from services.monitoring.dashboards.time_charts import Axis, Line
from shared.canvas import Canvas, scaled

WORDS = ("name", "1.000")
LABELS = Labels(
    title="the way",
    received=WORDS,
    returned=WORDS,
    disbursed=WORDS,
    at_hand=WORDS,
    outstanding=WORDS,
    spent=WORDS,
    given_up=WORDS,
    paid_back=WORDS,
    lent_again=WORDS,
)


def make_flow(
    *,
    received: int = 1_000,
    returned: int = 600,
    disbursed: int = 1_200,
    spent: int = 0,
    given_up: int = 0,
) -> Flow:
    return Flow(
        received=received,
        returned=returned,
        disbursed=disbursed,
        at_hand=received + returned - disbursed,
        outstanding=max(disbursed - spent - given_up - returned, 0),
        spent=spent,
        given_up=given_up,
    )


def heights(svg: str, style: str) -> list[Decimal]:
    return [Decimal(h) for h in re.findall(rf'class="{style}"[^>]*height="([0-9.]+)"', svg)]


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(min_value=0, max_value=100))
def test_ribbons_lose_nothing_between_sources_and_uses(
    received: int, returned: int, percent: int
) -> None:
    disbursed = (received + returned) * percent // 100
    flow = make_flow(received=received, returned=returned, disbursed=disbursed)
    ribbons = dict(flow.ribbons())
    assert min(ribbons.values()) >= 0
    assert ribbons["first-lent"] + ribbons["not-yet-lent"] == flow.received
    assert ribbons["lent-again"] + ribbons["returned-kept"] == flow.returned
    assert ribbons["first-lent"] + ribbons["lent-again"] == flow.disbursed
    assert ribbons["not-yet-lent"] + ribbons["returned-kept"] == flow.at_hand


def test_nodes_are_drawn_to_one_scale() -> None:
    svg = flow_chart.wide(make_flow(), labels=LABELS, rtl=False)
    [received] = heights(svg, "node-received")
    paid_out, with_borrowers = heights(svg, "node-disbursed")
    assert received / paid_out == Decimal(1_000) / Decimal(1_200)
    assert with_borrowers / received == Decimal(600) / Decimal(1_000)


def test_the_reader_s_own_side_is_where_the_way_begins() -> None:
    def start(*, rtl: bool) -> Decimal:
        svg = flow_chart.wide(make_flow(), labels=LABELS, rtl=rtl)
        found = re.search(r'class="node-received" x="([0-9.]+)"', svg)
        assert found is not None
        return Decimal(found[1])

    assert start(rtl=False) < 460 < start(rtl=True)
    assert start(rtl=False) + start(rtl=True) + flow_chart.NODE == 920


def test_what_was_given_and_given_up_stands_apart_from_what_came_back() -> None:
    svg = flow_chart.wide(make_flow(spent=150, given_up=50), labels=LABELS, rtl=False)
    [received] = heights(svg, "node-received")
    [spent], [given_up] = heights(svg, "node-spent"), heights(svg, "node-given-up")
    assert abs(spent / received - Decimal("0.15")) < Decimal("0.01")
    assert abs(given_up / received - Decimal("0.05")) < Decimal("0.01")
    _, with_borrowers = heights(svg, "node-disbursed")
    _, paid_back = heights(svg, "node-returned")
    parts = with_borrowers + spent + given_up + paid_back
    assert abs(parts - heights(svg, "node-disbursed")[0]) <= Decimal("0.2"), "tenths are printed"
    plain = flow_chart.wide(make_flow(), labels=LABELS, rtl=False)
    assert not heights(plain, "node-spent"), "nothing given has no place in the picture"


def test_without_anything_paid_back_there_is_no_loop() -> None:
    flow = make_flow(returned=0, disbursed=400)
    assert 'class="loop"' not in flow_chart.wide(flow, labels=LABELS, rtl=False)
    assert 'class="loop"' in flow_chart.wide(make_flow(), labels=LABELS, rtl=False)


def test_a_text_is_escaped_and_carries_its_direction() -> None:
    canvas = Canvas(width=100, height=10, rtl=True, title='"quoted" & <b>')
    canvas.text("<أ>", x=10, y=5, style="label")
    canvas.number("1", x=10, y=5, side="start", style="amount")
    svg = canvas.svg(style="x")
    assert "&lt;أ&gt;" in svg
    assert "<b>" not in svg
    assert 'x="90.0" y="5.0" text-anchor="start" direction="rtl"' in svg
    assert 'x="90.0" y="5.0" text-anchor="end" direction="ltr"' in svg


def test_a_share_of_nothing_has_no_length() -> None:
    assert scaled(5, whole=0, length=100) == 0
    assert scaled(-5, whole=10, length=100) == 0
    assert scaled(1, whole=4, length=100) == 25


def axis(count: int) -> Axis:
    return Axis(months=[str(n) for n in range(count)], every=1, scale={Decimal(0): "0%"})


def drawn(*points: str | None) -> str:
    line = Line(
        style="par30", label="30+", points=[None if p is None else Decimal(p) for p in points]
    )
    return time_charts.lines(
        [line], axis=axis(len(points)), width=400, height=200, rtl=False, title="t", style="chart"
    )


def test_a_month_that_is_not_shown_parts_the_line() -> None:
    assert drawn("0.1", "0.1", "0.1", "0.1").count('class="line par30"') == 1
    assert drawn("0.1", "0.1", None, "0.1", "0.1").count('class="line par30"') == 2


def test_a_lone_month_is_a_dot() -> None:
    svg = drawn(None, "0.1", None)
    assert 'class="line par30"' not in svg
    assert svg.count("<circle") == 1


def test_a_line_that_ends_in_a_hidden_month_has_no_label_at_its_end() -> None:
    assert "30+" in drawn("0.1", "0.1")
    assert "30+" not in drawn("0.1", None)


def test_a_hidden_month_is_a_dotted_place_and_not_a_bar_of_nothing() -> None:
    svg = time_charts.bars(
        [100, None, 50], axis=axis(3), width=300, height=100, rtl=False, title="t", style="chart"
    )
    assert svg.count('class="bar"') == 2
    assert svg.count('class="bar-hidden"') == 1
    tall, short = heights(svg, "bar")
    assert tall == 2 * short
