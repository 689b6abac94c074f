"""A long body is read in parts: as FastAPI would, but others have their turn meanwhile."""

import asyncio
import json
from typing import Annotated, Any

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from shared import long_bodies
from shared.hot_route import NotOrdinaryError
from shared.schemas import Body


class Item(Body):
    """One of many."""

    number: int


class Many(Body):
    """A body of many."""

    name: str
    items: Annotated[list[Item], Field(min_length=1, max_length=1_000)]


def body(count: int = 25, **more: Any) -> dict[str, Any]:
    return {"name": "all", "items": [{"number": number} for number in range(count)], **more}


async def read(sent: object, *, part: int = 10) -> Many:
    return await long_bodies.read(Many, json.dumps(sent).encode(), member="items", part=part)


@pytest.mark.parametrize("count", [1, 9, 10, 11, 25, 1_000])
async def test_it_is_read_as_in_one_piece(count: int) -> None:
    assert await read(body(count)) == Many.model_validate(body(count))


async def test_others_have_a_turn_after_each_part() -> None:
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    heart = asyncio.create_task(beat())
    await read(body(200), part=10)
    heart.cancel()

    assert turns >= 19


@pytest.mark.parametrize(
    "sent",
    [
        body(items=[{"number": 1}] * 13 + [{"number": "x"}, {"number": 2, "more": 3}]),
        body(items=[{}] + [{"number": 1}] * 20),
        body(items=[]),
        body(count=1_001),
        body(more=1),
        {"items": [{"number": 1}]},
    ],
)
async def test_faults_stand_where_they_stand_in_one_piece(sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as whole:
        Many.model_validate(sent)
    with pytest.raises(RequestValidationError) as parts:
        await read(sent)

    assert [(fault["loc"], fault["type"]) for fault in parts.value.errors()] == [
        (("body", *fault["loc"]), fault["type"]) for fault in whole.value.errors()
    ]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b'{"items": 3}', b'{"name": "all"}'])
async def test_what_has_no_such_list_is_left_to_the_usual_way(raw: bytes) -> None:
    with pytest.raises(NotOrdinaryError):
        await long_bodies.read(Many, raw, member="items")
