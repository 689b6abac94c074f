"""What was drawn for a browser stands at the same places on paper."""

import re
from decimal import Decimal

import pytest

from shared.canvas import Canvas, Mark


def picture(*, rtl: bool) -> Canvas:
    canvas = Canvas(width=100, height=50, rtl=rtl, title="A title")
    canvas.rect(x=10, y=5, width=30, height=8, style="box", round_by=2)
    canvas.line(x1=0, y1=1, x2=40, y2=2, style="grid")
    canvas.dot(x=25, y=7, radius=3, style="dot")
    canvas.text("كلمة", x=10, y=20, side="start", style="word")
    canvas.number("12 %", x=90, y=20, side="end", style="number")
    return canvas


def by_kind(canvas: Canvas) -> dict[str, Mark]:
    return {mark.style: mark for mark in canvas.marks()}


def test_a_right_to_left_picture_is_mirrored_on_paper() -> None:
    left, right = by_kind(picture(rtl=False)), by_kind(picture(rtl=True))

    assert placed(left["box"], right["box"]) == (10, 60)
    assert left["box"].width == right["box"].width == 30
    assert placed(left["grid"], right["grid"]) == (0, 100)
    assert (int(left["grid"].x2), int(right["grid"].x2)) == (40, 60)
    assert placed(left["dot"], right["dot"]) == (25, 75)
    assert right["dot"].width == 3
    assert placed(left["word"], right["word"]) == (10, 90)
    assert (left["word"].side, right["word"].side) == ("left", "right")
    assert right["word"].is_rtl
    assert placed(left["number"], right["number"]) == (90, 10)
    assert (left["number"].side, right["number"].side) == ("right", "left")
    assert not right["number"].is_rtl


def placed(*marks: Mark) -> tuple[int, ...]:
    return tuple(int(mark.x) for mark in marks)


@pytest.mark.parametrize("rtl", [False, True])
def test_paper_and_page_have_the_same_places(*, rtl: bool) -> None:
    canvas = picture(rtl=rtl)
    svg = canvas.svg(style="x")
    drawn = {kind: re.findall(rf'<{kind} class="(\w+)"([^>]*)', svg) for kind in ("text", "circle")}

    written = {
        style: Decimal(str(re.search(r'\bc?x="([\d.-]+)"', rest)[1]))  # type: ignore[index]
        for shapes in drawn.values()
        for style, rest in shapes
    }
    assert written == {
        mark.style: mark.x for mark in canvas.marks() if mark.kind in {"text", "dot"}
    }


def test_a_path_cannot_be_drawn_on_paper() -> None:
    canvas = picture(rtl=False)
    canvas.path(["M", (0, 0), "L", (5, 5)], style="line")

    with pytest.raises(ValueError, match="path"):
        canvas.marks()
