"""A house for each test, on this worker's database; every test founds its own institution."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e import house as houses
from tests.e2e.house import House


@pytest.fixture
async def house(tmp_path: Path, database_urls: dict[str, str]) -> AsyncIterator[House]:
    """The three services in one process."""
    async with houses.in_one_process(tmp_path, database_urls) as opened:
        yield opened


@pytest.fixture
async def three_processes(tmp_path: Path, database_urls: dict[str, str]) -> AsyncIterator[House]:
    """The three services, each in a process of its own, over real HTTP."""
    async with houses.in_three_processes(tmp_path, database_urls) as opened:
        yield opened
