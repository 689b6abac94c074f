"""The agreement and the status of a contract on a day, as the books knew them: for ever alike."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.loans.papers import drafting
from shared import feed
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.ordering import TODAY, Desk

CONTRACTS = "/loans/v1/contracts"
BEFORE = "2026-02-20"


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        opened.office.app.state.sequencer = Sequencer(loans_db, chains=(feed.EVENTS,))
        yield opened


async def number(desk: Desk) -> str:
    """Let the books number what was told; gives an instant at which all of it is known."""
    sequencer: Sequencer = desk.office.app.state.sequencer
    await sequencer.number(desk.scene.institution_id)
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        statement = text("select max(numbered_at) from feed_entry")
        found: datetime = (await session.execute(statement)).scalar_one()
    return found.astimezone(UTC).isoformat()


async def schedule(desk: Desk, contract_id: str, **asked: str) -> Any:
    answer = await desk.maker.get(f"{CONTRACTS}/{contract_id}/schedule", **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(desk: Desk, contract_id: str, **asked: str) -> Any:
    answer = await desk.maker.get(f"{CONTRACTS}/{contract_id}", **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_schedule_answers_the_agreement_of_the_day_and_the_instant(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "100.000", received_on="2026-02-15")
    known = await number(desk)
    signed = await schedule(desk, contract_id)
    await desk.done(contract_id, "reschedule", instalments=20, first_due_on="2026-05-01")
    later = await number(desk)

    now = await schedule(desk, contract_id)
    assert len(now["instalments"]) == 21  # what was paid, and twenty to come
    assert len(signed["instalments"]) == 12
    assert (now["as_of"], now["known_at"]) == (TODAY.isoformat(), None)
    of_then = await schedule(desk, contract_id, known_at=known)
    assert of_then["instalments"] == signed["instalments"]
    of_a_day_before = await schedule(desk, contract_id, as_of=BEFORE)
    assert of_a_day_before["instalments"] == signed["instalments"]
    assert (await schedule(desk, contract_id, known_at=later))["instalments"] == now["instalments"]
    assert now["principal"] == signed["principal"]


async def test_the_same_pair_answers_the_same_whatever_comes_after(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "100.000", received_on="2026-02-15")
    asked = {"as_of": TODAY.isoformat(), "known_at": await number(desk)}
    first = await schedule(desk, contract_id, **asked), await read(desk, contract_id, **asked)

    order = await desk.done(contract_id, "reschedule", instalments=20, first_due_on="2026-05-01")
    await desk.done(contract_id, "write_off")
    await number(desk)
    again = await schedule(desk, contract_id, **asked), await read(desk, contract_id, **asked)
    assert again == first
    assert order["generation"] == 2


async def test_the_status_is_that_of_the_pair(desk: Desk) -> None:
    contract_id = await desk.lent()
    active = await number_after_repayment(desk, contract_id)
    order = await desk.done(contract_id, "write_off", effective_on="2026-02-25")
    written_off = await number(desk)
    await desk.undone(order)
    undone = await number(desk)

    async def status(**asked: str) -> str:
        found: str = (await read(desk, contract_id, **asked))["contract"]["status"]
        return found

    assert await status() == "active"
    assert await status(known_at=active) == "active"
    assert await status(known_at=written_off) == "written_off"
    assert await status(as_of=BEFORE, known_at=written_off) == "active"
    assert await status(as_of="2026-02-25", known_at=undone) == "written_off"
    assert await status(known_at=undone) == "active"
    assert await status(as_of="2026-01-01") == "signed"


async def number_after_repayment(desk: Desk, contract_id: str) -> str:
    await desk.repay(contract_id, "100.000", received_on="2026-02-15")
    return await number(desk)


async def test_a_paper_of_an_earlier_day_states_what_was_agreed_then(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "100.000", received_on="2026-02-15")
    await desk.done(contract_id, "reschedule", instalments=20, first_due_on="2026-05-01")
    async with desk.scene.database.read(desk.scene.institution_id, snapshot=True) as session:
        figures = await drafting.figures(session, UUID(contract_id), known_at=None, today=TODAY)
        stood = [await figures.stood(session, day) for day in (date(2026, 2, 20), TODAY)]
    assert [len(one.instalments) for one in stood] == [12, 21]
