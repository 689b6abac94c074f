"""Work done for each institution reaches all of them, whatever happens in one."""

import asyncio

import pytest

from shared import ids
from shared.background import for_each
from shared.ids import InstitutionId

THREE = [InstitutionId(ids.new()) for _ in range(3)]


async def test_an_institution_where_work_fails_keeps_none_from_theirs() -> None:
    done: list[InstitutionId] = []

    async def work(institution_id: InstitutionId) -> None:
        if institution_id == THREE[1]:
            raise RuntimeError("its key is gone")
        done.append(institution_id)

    await for_each("a test", THREE, work)
    assert done == [THREE[0], THREE[2]]


async def test_an_end_from_outside_ends_the_round() -> None:
    async def work(_: InstitutionId) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await for_each("a test", THREE, work)
