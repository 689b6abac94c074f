"""Every entry is told once, as it is booked: proved, seen when it is not, and made good once."""

import importlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from services.loans.domain import journal
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import JournalEntry
from services.loans.domain.zakat import entries as zakat_entries
from services.loans.ledger import operations as ledger
from services.loans.proof import operations as proof
from services.loans.proof.told.queries import RULES
from shared import ids
from shared.db import Database
from shared.events import FundBooked, RepaymentReceived
from shared.ids import ContractId, EntryId, FundId, InstitutionId
from tests.integration.loans.following import pay, qard
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod
from tests.integration.loans.standing import lend

MIGRATION = "services.loans.migrations.versions.0036_post_tell_bookings"


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def admin(admin_url: str) -> AsyncIterator[Database]:
    database = Database(admin_url, pool_size=1)
    yield database
    await database.close()


async def broken(scene: Scene) -> list[str]:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        found = [one async for one in proof.prove(session, rules=RULES)]
    return [str(one.why) for one in found if one.rule in RULES and not one.holds]


async def told(scene: Scene, type_: str) -> list[dict[str, Any]]:
    statement = text("select data from event where type = :type order by recorded_at")
    async with scene.database.read(scene.institution_id) as session:
        return list((await session.scalars(statement, {"type": type_})).all())


async def behind(admin: Database, scene: Scene, statement: str) -> None:
    async with admin.begin(scene.institution_id) as session:
        await session.execute(text("set local search_path = loans"))
        await session.execute(text(statement), {"i": scene.institution_id})


async def grant(scene: Scene, fund_id: FundId) -> tuple[JournalEntry, EntryId]:
    accounts = FundAccounts(fund_id=fund_id, kind=FundKind.ZAKAT, currency="JOD")
    entry = zakat_entries.grant(jod("60.000"), fund=accounts, paid_on=TODAY)
    async with scene.database.begin(scene.institution_id) as session:
        entry_id = await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())
    return entry, entry_id


async def lent(scene: Scene, fund_id: FundId) -> ContractId:
    (one,) = await lend(scene, fund_id, [qard("100.000")], kind=FundKind.DONATION)
    return one.contract_id


async def test_an_entry_is_told_with_its_fund_its_kind_and_every_line(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.ZAKAT, receives="100.000")
    entry, entry_id = await grant(scene, fund_id)
    undone = journal.reversal_entry(entry, entry_id=entry_id, reversed_on=TODAY)
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.post(session, undone, actor_id=ACTOR, source_id=ids.new())

    receipt, given, back = [one["booked"] for one in await told(scene, FundBooked.type)]
    assert (receipt["kind"], receipt["fund_id"]) == ("receipt", str(fund_id))
    assert (given["entry_id"], given["is_reversal"]) == (str(entry_id), False)
    assert given["lines"] == [
        {"account": "grants", "account_class": "expense", "amount_minor": 60_000},
        {"account": "cash", "account_class": "asset", "amount_minor": -60_000},
    ]
    assert (back["kind"], back["is_reversal"]) == ("grant", True), "the kind that it undoes"
    assert await broken(scene) == []


async def test_a_repayment_tells_its_entry_itself_and_no_second_event_does(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.DONATION, receives="1000.000")
    contract_id = await lent(scene, fund_id)
    before = len(await told(scene, FundBooked.type))
    await pay(scene, contract_id, "25.000")
    (event,) = await told(scene, RepaymentReceived.type)
    lines = {one["account"]: one["amount_minor"] for one in event["booked"]["lines"]}
    assert lines == {"cash": 25_000, "loans": -25_000}
    assert len(await told(scene, FundBooked.type)) == before
    assert await broken(scene) == []


GRANT = "where institution_id = :i and data::text like '%grants%'"
CHANGE = "update event set data = replace(data::text, '{}', '{}')::jsonb " + GRANT
DELETE = "delete from event " + GRANT
DOUBLE = (
    "insert into event (institution_id, event_id, type, subject_id, data)"
    " select institution_id, gen_random_uuid(), type, subject_id, data from event "
) + GRANT


@pytest.mark.parametrize(
    ("tampering", "why"),
    [
        (DELETE, "(0 times)"),
        (DOUBLE, "(2 times)"),
        (CHANGE.format("60000", "60001"), "60001"),
        (CHANGE.format('"grant"', '"yield"'), "yield"),
    ],
)
async def test_an_entry_told_otherwise_twice_or_not_at_all_is_found(
    scene: Scene, admin: Database, tampering: str, why: str
) -> None:
    fund_id = await scene.fund(FundKind.ZAKAT, receives="100.000")
    await grant(scene, fund_id)
    assert await broken(scene) == []
    await behind(admin, scene, tampering)
    (found,) = await broken(scene)
    assert why in found


async def test_entries_of_before_are_told_by_the_migration_once(
    scene: Scene, admin: Database
) -> None:
    fund_id = await scene.fund(FundKind.ZAKAT, receives="100.000")
    entry, entry_id = await grant(scene, fund_id)
    undone = journal.reversal_entry(entry, entry_id=entry_id, reversed_on=TODAY)
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.post(session, undone, actor_id=ACTOR, source_id=ids.new())
    other = await scene.fund(FundKind.DONATION, receives="1000.000")
    await pay(scene, await lent(scene, other), "25.000")
    now = [one["booked"] for one in await told(scene, FundBooked.type)]
    await behind(
        admin,
        scene,
        "delete from event where institution_id = :i and type = 'loans.fund-booked.v1'",
    )
    await behind(
        admin,
        scene,
        "delete from event_pending p where institution_id = :i and not exists (select from event e"
        " where e.institution_id = p.institution_id and e.event_id = p.event_id)",
    )
    assert await broken(scene) != []

    migration = importlib.import_module(MIGRATION)
    only = f"where e.institution_id = '{scene.institution_id}' and not exists (select from told t"
    alone = migration.TELL.replace("where not exists (select from told t", only)
    assert alone != migration.TELL
    for _ in range(2):
        await behind(admin, scene, alone.strip().removesuffix(";"))
        assert await broken(scene) == []
    again = {one["booked"]["entry_id"]: one["booked"] for one in await told(scene, FundBooked.type)}
    assert again == {one["entry_id"]: one for one in now}
