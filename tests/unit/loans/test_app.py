"""What runs beside the requests of loans reaches every institution."""

from datetime import UTC, date, datetime
from unittest.mock import AsyncMock

import pytest
from starlette.datastructures import State

from services.loans import timers
from services.loans.applications import assessing
from shared import ids
from shared.clock import FixedClock
from shared.db import TenantDb
from shared.ids import InstitutionId

THREE = [InstitutionId(ids.new()) for _ in range(3)]


async def test_assessments_wait_in_no_institution_because_another_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assessed: list[InstitutionId] = []

    async def assess(db: TenantDb, *_: object, **__: object) -> None:
        if db.institution_id == THREE[0]:
            raise RuntimeError("its rows cannot be read")
        assessed.append(db.institution_id)

    monkeypatch.setattr(assessing, "assess_waiting", assess)
    state = State(
        {
            "database": None,
            "scoring": None,
            "ask_funds": None,
            "clock": FixedClock(datetime(2026, 3, 1, tzinfo=UTC)),
            "days": AsyncMock(today=AsyncMock(return_value=date(2026, 3, 1))),
            "sequencer": AsyncMock(institutions=AsyncMock(return_value=THREE)),
        }
    )
    await timers.assess_waiting(state)
    assert assessed == THREE[1:]
