"""Who has read a fund rests before writing: without a lock, all who come at once read it first.

Connections that are new are ready one after the other, so a race that is only hoped for is none.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.loans.corpus import queries as corpus
from services.loans.funds import queries as funds
from services.loans.funds.counts import queries as counts
from services.loans.funds.tags import queries as tags
from services.loans.zakat import queries as zakat

READINGS = (
    (funds, "claims_of"),
    (counts, "counted"),
    (tags, "standings"),
    (corpus, "kept"),
    (corpus, "books"),
    (zakat, "grants_under"),
    (zakat, "given_to"),
    (zakat, "booked_costs"),
)
SECONDS = 0.03

Read = Callable[..., Awaitable[Any]]


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rest after each reading of what is held and claimed."""
    for module, name in READINGS:
        monkeypatch.setattr(module, name, rested(getattr(module, name)))


def rested(read: Read) -> Read:
    """Read, then let the others go on."""

    async def wrapped(*asked: Any, **named: Any) -> Any:
        found = await read(*asked, **named)
        await asyncio.sleep(SECONDS)
        return found

    return wrapped
