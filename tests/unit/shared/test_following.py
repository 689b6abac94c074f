"""A service that is away is asked less and less often, and told of once as it goes and comes."""

from itertools import pairwise
from typing import Any

import pytest

from shared import following, ids
from shared.clients.loans import FeedPage
from shared.clients.scoring import ScoringUnavailable
from shared.errors import Kind, RafidError
from shared.following import Follower, Silence
from shared.ids import InstitutionId

AWAY = ScoringUnavailable(reason="ConnectError")
OURS = InstitutionId(ids.new())


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Lines:
    """What is said to the log."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warning(self, event: str, **_: Any) -> None:
        self.said.append(event)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    found = Lines()
    monkeypatch.setattr(following, "_log", found)
    return found


class Service:
    """Another service, asked by a follower: away, back, or refusing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.asked = Clock(), 0
        self.error: RafidError | None = None
        never_reached: Any = None
        self.follower = Follower(
            database=never_reached,
            source="other",
            feed=never_reached,
            hear=never_reached,
            silence=Silence(now=self.clock),
        )
        monkeypatch.setattr(Follower, "catch_up", self.catch_up)

    async def catch_up(self, _institution_id: InstitutionId) -> FeedPage | None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return None

    async def round(self, *, after: float = 0.0) -> int:
        """Go round three institutions after some seconds; give how often it was asked for that."""
        self.clock.seconds += after
        before = self.asked
        await self.follower.catch_up_with([OURS] * 3)
        return self.asked - before


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(monkeypatch)


async def test_it_is_told_of_once_as_it_goes_and_once_as_it_comes(
    service: Service, lines: Lines
) -> None:
    assert await service.round() == 3
    service.error = AWAY
    for _ in range(100):
        await service.round(after=3.0)
    assert lines.said == ["a feed waits"]

    service.error = None
    for _ in range(30):
        await service.round(after=3.0)
    assert lines.said == ["a feed waits", "a feed is heard again"]


async def test_it_is_asked_after_longer_and_longer_and_after_a_minute_at_most(
    service: Service, lines: Lines
) -> None:
    service.error = AWAY
    asked_at = [second for second in range(240) if await service.round(after=1.0)]
    waits = [later - earlier for earlier, later in pairwise(asked_at)]

    assert waits == [3, 6, 12, 24, 48, 60, 60]
    service.error = None
    assert await service.round(after=60.0) == 3
    assert await service.round() == 3, "back, it is asked each time"
    assert len(lines.said) == 2


async def test_whoever_is_refused_keeps_nobody_waiting(service: Service, lines: Lines) -> None:
    class Refused(RafidError):
        """Refused"""

        kind = Kind.RULE
        service = "loans"
        detail = "Refused."

    service.error = Refused()

    assert await service.round() == 3
    assert await service.round() == 3
    assert lines.said == []
