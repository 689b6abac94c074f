"""How do loans and monitoring hear scoring's feed, and read and propose runs of the assignment?"""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID

from shared.clients.assignment_runs import ProposedLine, ProposedLines, ProposedRun, RunIn
from shared.clients.loans import FeedPage
from shared.clients.scoring import BATCH_TIMEOUT, TIMEOUT, HttpScoringClient
from shared.clients.scoring import _understood as understood
from shared.ids import InstitutionId

RUNS = "/scoring/v1/assignment-runs"
LINES = 500


class ScoringRuns(Protocol):
    """What is heard and read of scoring's runs; each may raise ScoringUnavailable."""

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        """Read the feed of one institution after a number."""
        ...

    async def lines_of(self, run_id: UUID, *, institution_id: InstitutionId) -> list[ProposedLine]:
        """Read all that a run proposes."""
        ...

    async def propose(self, run: RunIn, *, institution_id: InstitutionId) -> ProposedRun:
        """Have a run proposed; the same input has one run. Raises ScoringRefused."""
        ...


class HttpScoringRuns(HttpScoringClient):
    """ScoringRuns over HTTP."""

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        """Read the feed (see `ScoringRuns.events`)."""
        path = _path("/scoring/v1/events", {"after": after, "limit": limit})
        answer = await self._send("GET", path, institution_id, TIMEOUT)
        return understood(FeedPage, answer)

    async def lines_of(self, run_id: UUID, *, institution_id: InstitutionId) -> list[ProposedLine]:
        """Read all that a run proposes, part after part."""
        found: list[ProposedLine] = []
        asked: dict[str, str | int] = {"limit": LINES}
        while True:
            path = _path(f"{RUNS}/{run_id}/lines", asked)
            answer = await self._send("GET", path, institution_id, TIMEOUT)
            part = understood(ProposedLines, answer)
            found += part.items
            if part.next is None:
                return found
            asked["after"] = part.next

    async def propose(self, run: RunIn, *, institution_id: InstitutionId) -> ProposedRun:
        """Have a run proposed (see `ScoringRuns.propose`)."""
        answer = await self._send("POST", RUNS, institution_id, BATCH_TIMEOUT, body=run)
        return understood(ProposedRun, answer)


def _path(path: str, asked: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(asked)}"
