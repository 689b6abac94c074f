"""Where did the money come from and where is it now, as a picture that closes like the books?

On the left what came in (from donors, back from borrowers), in the middle what it was used for
(paid out, at hand), on the right where the money paid out is (with borrowers, given and spent,
given up, paid back); a line leads what was paid back to the left again. Heights are to one scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from shared.canvas import Canvas, Side, scaled

NODE = 14
LENGTH = Decimal(216)
ROOM_FOR_WORDS = 46


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A fund's figures in minor units, none below nothing; what came in is what was used.

    What was paid out is with borrowers, was given or spent for good, was given up, or came back.
    """

    received: int
    returned: int
    disbursed: int
    at_hand: int
    outstanding: int
    spent: int
    given_up: int

    @property
    def whole(self) -> int:
        """All that came in: the picture's scale."""
        return self.received + self.returned

    @property
    def paid_back(self) -> int:
        """What of the money paid out came back."""
        return max(self.disbursed - self.outstanding - self.spent - self.given_up, 0)

    @property
    def passed_on_again(self) -> int:
        """What was paid out of money that had come back: gifts are passed on first."""
        return min(max(self.disbursed - self.received, 0), self.returned)

    def ribbons(self) -> tuple[tuple[str, int], ...]:
        """Which source fed which use: gifts are lent first, returned money is lent again."""
        again = self.passed_on_again
        lent_first = min(self.disbursed - again, self.received)
        return (
            ("first-lent", lent_first),
            ("not-yet-lent", self.received - lent_first),
            ("lent-again", again),
            ("returned-kept", self.returned - again),
        )


Label: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The words and figures beside the nodes, each a name and an amount ready to print."""

    title: str
    received: Label
    returned: Label
    disbursed: Label
    at_hand: Label
    outstanding: Label
    spent: Label
    given_up: Label
    paid_back: Label
    lent_again: Label | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    x: Decimal
    y: Decimal
    height: Decimal

    @property
    def middle(self) -> Decimal:
        return self.y + self.height / 2

    @property
    def bottom(self) -> Decimal:
        return self.y + self.height


def wide(flow: Flow, *, labels: Labels, rtl: bool) -> str:
    """Draw the picture for a screen of 700 pixels and more, and for paper."""
    canvas = Canvas(width=920, height=372, rtl=rtl, title=labels.title)
    length, top, gap = LENGTH, Decimal(44), Decimal(40)

    def column(x: int, upper: int, lower: int, *, spread: Decimal = gap) -> tuple[_Node, _Node]:
        first = _Node(x=Decimal(x), y=top, height=scaled(upper, whole=flow.whole, length=length))
        height = scaled(lower, whole=flow.whole, length=length)
        return first, _Node(x=Decimal(x), y=first.bottom + spread, height=height)

    received, returned = column(186, flow.received, flow.returned)
    disbursed, at_hand = column(462, flow.disbursed, flow.at_hand)
    _bands(canvas, flow, (received, returned), (disbursed, at_hand), length=length)
    ends = _ends(canvas, flow, labels, disbursed, spread=gap / 2)
    if flow.paid_back:
        _loop(canvas, back=ends[-1][1], returned=returned)
    again = scaled(flow.passed_on_again, whole=flow.whole, length=length)
    if labels.lent_again is not None:
        at = (returned.y, disbursed.bottom - again)
        _lent_again(canvas, labels.lent_again, ends=at, thick=again)
    for node, style in (
        (received, "node-received"),
        (returned, "node-returned"),
        (disbursed, "node-disbursed"),
        (at_hand, "node-at-hand"),
        *((node, f"node-{style}") for style, node, _ in ends),
    ):
        canvas.rect(
            x=node.x, y=node.y, width=NODE, height=max(node.height, Decimal(1)), style=style
        )
    _column(canvas, (received, returned), (labels.received, labels.returned), before=True)
    _column(canvas, [node for _, node, _ in ends], [label for _, _, label in ends], before=False)
    name, amount = labels.disbursed
    _words(canvas, name, amount, x=disbursed.x, y=disbursed.y - 26, side="start")
    name, amount = labels.at_hand
    _words(canvas, name, amount, x=at_hand.x + 24, y=at_hand.middle - 4, side="start")
    return canvas.svg(style="flow wide")


def _ends(
    canvas: Canvas, flow: Flow, labels: Labels, source: _Node, *, spread: Decimal
) -> list[tuple[str, _Node, Label]]:
    """Lead what was paid out to where it is; places of nothing are left out, but never all.

    What came back stands last: the loop begins there.
    """
    ends = (
        ("disbursed", flow.outstanding, labels.outstanding),
        ("spent", flow.spent, labels.spent),
        ("given-up", flow.given_up, labels.given_up),
        ("returned", flow.paid_back, labels.paid_back),
    )
    found = []
    leaves = top = source.y
    for style, minor, label in [end for end in ends if end[1]] or ends[:1]:
        height = scaled(minor, whole=flow.whole, length=LENGTH)
        node = _Node(x=Decimal(726), y=top, height=height)
        _band(canvas, f"to-{style}", node, (leaves, top), height, source=source)
        leaves, top = leaves + height, top + height + spread
        found.append((style, node, label))
    return found


def narrow(flow: Flow, *, labels: Labels, rtl: bool) -> str:
    """Draw the picture for a telephone: sources above, uses below."""
    canvas = Canvas(width=350, height=330, rtl=rtl, title=labels.title)
    width, gap, top, foot = Decimal(320), Decimal(30), Decimal(62), Decimal(250)

    above = scaled(flow.received, whole=flow.whole, length=width)
    below = scaled(flow.disbursed, whole=flow.whole, length=width)
    starts = {"first-lent": Decimal(0), "lent-again": above + gap}
    ends = {"first-lent": Decimal(0), "not-yet-lent": below + gap}
    for name, minor in flow.ribbons():
        thick = scaled(minor, whole=flow.whole, length=width)
        source = "first-lent" if name in {"first-lent", "not-yet-lent"} else "lent-again"
        target = "first-lent" if name in {"first-lent", "lent-again"} else "not-yet-lent"
        a, b = starts[source], ends[target]
        starts[source], ends[target] = a + thick, b + thick
        _fall(canvas, name, (a, b), thick, between=(top + NODE, foot))
    for x, minor, y, style in (
        (Decimal(0), flow.received, top, "node-received"),
        (above + gap, flow.returned, top, "node-returned"),
        (Decimal(0), flow.disbursed, foot, "node-disbursed"),
        (below + gap, flow.at_hand, foot, "node-at-hand"),
    ):
        length = max(scaled(minor, whole=flow.whole, length=width), Decimal(1))
        canvas.rect(x=x, y=y, width=length, height=NODE, style=style)
    for (name, amount), across, down, at_start in (
        (labels.received, 0, 24, True),
        (labels.returned, 350, 24, False),
        (labels.disbursed, 0, 290, True),
        (labels.at_hand, 350, 290, False),
    ):
        _words(
            canvas,
            name,
            amount,
            x=Decimal(across),
            y=Decimal(down),
            side="start" if at_start else "end",
        )
    return canvas.svg(style="flow narrow")


def _bands(
    canvas: Canvas,
    flow: Flow,
    sources: tuple[_Node, _Node],
    uses: tuple[_Node, _Node],
    *,
    length: Decimal,
) -> None:
    leaves = [node.y for node in sources]
    arrives = [node.y for node in uses]
    ends = {
        "first-lent": (0, 0),
        "not-yet-lent": (0, 1),
        "lent-again": (1, 0),
        "returned-kept": (1, 1),
    }
    for name, minor in flow.ribbons():
        source, use = ends[name]
        thick = scaled(minor, whole=flow.whole, length=length)
        _band(
            canvas, name, uses[use], (leaves[source], arrives[use]), thick, source=sources[source]
        )
        leaves[source] += thick
        arrives[use] += thick


def _band(
    canvas: Canvas,
    style: str,
    target: _Node,
    tops: tuple[Decimal, Decimal],
    thick: Decimal,
    *,
    source: _Node,
) -> None:
    if thick <= 0:
        return
    left, right = source.x + NODE, target.x
    bend = (left + right) / 2
    leaves, arrives = tops
    canvas.path(
        (
            "M", (left, leaves),
            "C", (bend, leaves), (bend, arrives), (right, arrives),
            "L", (right, arrives + thick),
            "C", (bend, arrives + thick), (bend, leaves + thick), (left, leaves + thick),
            "Z",
        ),
        style=f"band {style}",
    )  # fmt: skip


def _fall(
    canvas: Canvas,
    style: str,
    starts: tuple[Decimal, Decimal],
    thick: Decimal,
    *,
    between: tuple[Decimal, Decimal],
) -> None:
    if thick <= 0:
        return
    (a, b), (top, foot) = starts, between
    bend = (top + foot) / 2
    canvas.path(
        (
            "M", (a, top),
            "C", (a, bend), (b, bend), (b, foot),
            "L", (b + thick, foot),
            "C", (b + thick, bend), (a + thick, bend), (a + thick, top),
            "Z",
        ),
        style=f"band {style}",
    )  # fmt: skip


def _loop(canvas: Canvas, *, back: _Node, returned: _Node) -> None:
    """Lead what was paid back to the left again, where it is lent once more."""
    if back.height <= 0 or returned.height <= 0:
        return
    right, left = back.x + NODE // 2, returned.x + NODE // 2
    depth, bend = Decimal(336), Decimal(18)
    canvas.path(
        (
            "M", (right, back.bottom + 4),
            "L", (right, depth - bend),
            "Q", (right, depth), (right - bend, depth),
            "L", (left + bend, depth),
            "Q", (left, depth), (left, depth - bend),
            "L", (left, returned.bottom + 8),
        ),
        style="loop",
    )  # fmt: skip
    tip = returned.bottom + 4
    canvas.path(
        ("M", (left - 6, tip + 9), "L", (left, tip), "L", (left + 6, tip + 9), "Z"), style="tip"
    )


def _lent_again(
    canvas: Canvas, words: tuple[str, str], *, ends: tuple[Decimal, Decimal], thick: Decimal
) -> None:
    """Write what was lent again upon its band, or below the loop where the band is too thin."""
    name, amount = words
    if thick <= 0:
        return
    if thick >= ROOM_FOR_WORDS:
        middle = (ends[0] + ends[1] + thick) / 2
        canvas.text(name, x=331, y=middle - 4, side="middle", style="label")
        canvas.number(amount, x=331, y=middle + 15, side="middle", style="amount")
        return
    canvas.text(name, x=455, y=358, side="end", style="label")
    canvas.number(amount, x=471, y=358, side="start", style="amount")


def _column(
    canvas: Canvas, nodes: Sequence[_Node], words: Sequence[Label], *, before: bool
) -> None:
    """Write labels beside their nodes, never nearer to each other than two lines."""
    least = Decimal(0)
    for node, (name, amount) in zip(nodes, words, strict=True):
        middle = max(node.middle, least)
        least = middle + 52
        x = node.x - 12 if before else node.x + NODE + 12
        _words(canvas, name, amount, x=x, y=middle - 4, side="end" if before else "start")


def _words(canvas: Canvas, name: str, amount: str, *, x: Decimal, y: Decimal, side: Side) -> None:
    canvas.text(name, x=x, y=y, side=side, style="label")
    canvas.number(amount, x=x, y=y + 19, side=side, style="amount")
