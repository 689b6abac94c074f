"""What is kept of claims and lines is what their rows come to, or it is seen that it is not."""

import asyncio

import pytest
from sqlalchemy import Date, bindparam, text

from services.loans.domain.funding import FundExhausted
from services.loans.funds import operations as funds
from services.loans.funds.counts import queries as counts
from services.loans.ledger.queries import EVENTS, JOURNAL
from services.loans.proof import operations as proof
from services.loans.proof.kept.queries import RULES
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import FundId, InstitutionId
from tests.integration.loans.scene import ACTOR, TODAY, Scene, ask, jod

CLAIMS, LINES = RULES


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def number(scene: Scene) -> None:
    sequencer = Sequencer(scene.database, chains=(EVENTS, JOURNAL))
    while await sequencer.number(scene.institution_id):
        pass


async def cash_of(scene: Scene, fund_id: FundId) -> str:
    async with scene.database.read(scene.institution_id) as session:
        found = await counts.counted(session, [fund_id], on=TODAY)
    return str(found[fund_id].standing.cash)


async def broken(scene: Scene) -> set[str]:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        return {one.rule async for one in proof.prove(session, rules=RULES) if not one.holds}


@pytest.mark.parametrize("few", [0, 1, 2, 2_000])
async def test_cash_is_the_same_numbered_or_not_few_or_many(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    written = counts.STANDINGS.text.replace(f"> {counts.FEW}", f"> {few}")
    monkeypatch.setattr(counts, "STANDINGS", text(written).bindparams(bindparam("on", type_=Date)))
    fund_id = await scene.fund(receives="100.000")
    assert await cash_of(scene, fund_id) == str(jod("100.000"))
    await number(scene)
    assert await cash_of(scene, fund_id) == str(jod("100.000"))
    for _ in range(2):
        await scene.receive(fund_id, "7.500")
    assert await cash_of(scene, fund_id) == str(jod("115.000"))
    await number(scene)
    assert await cash_of(scene, fund_id) == str(jod("115.000"))
    assert await broken(scene) == set()


async def test_what_one_transaction_booked_counts_in_it_at_once(scene: Scene) -> None:
    fund_id = await scene.fund(receives="100.000")
    async with scene.database.begin(scene.institution_id) as session:
        await funds.reserve(session, ask(fund_id, "60.000"), on=TODAY, actor_id=ACTOR)
        with pytest.raises(FundExhausted):
            await funds.reserve(session, ask(fund_id, "40.001"), on=TODAY, actor_id=ACTOR)
        await funds.reserve(session, ask(fund_id, "40.000"), on=TODAY, actor_id=ACTOR)


async def test_a_claim_that_was_rolled_back_is_in_no_sum(scene: Scene) -> None:
    fund_id = await scene.fund(receives="100.000")
    async with scene.database.begin(scene.institution_id) as session:
        await funds.reserve(session, ask(fund_id, "100.000"), on=TODAY, actor_id=ACTOR)
        await session.rollback()
    async with scene.database.begin(scene.institution_id) as session:
        await funds.reserve(session, ask(fund_id, "100.000"), on=TODAY, actor_id=ACTOR)
    assert await broken(scene) == set()


async def test_claims_numbering_and_receipts_at_once_leave_every_sum_whole(scene: Scene) -> None:
    fund_ids = [await scene.fund(receives="100.000") for _ in range(2)]

    async def claim(place: int) -> bool:
        try:
            async with scene.database.begin(scene.institution_id) as session:
                asked = ask(fund_ids[place % 2], "30.000")
                await funds.reserve(session, asked, on=TODAY, actor_id=ACTOR)
        except FundExhausted:
            return False
        return True

    receiving = [scene.receive(fund_ids[0], "0.001") for _ in range(4)]
    numbering = [number(scene) for _ in range(3)]
    done = await asyncio.gather(*map(claim, range(10)), *receiving, *numbering)
    assert done[:10].count(True) == 3 + 3
    await number(scene)
    assert await broken(scene) == set()


@pytest.mark.parametrize(
    ("table", "column", "rule"),
    [
        ("fund_claim_sum", "reserved_minor", CLAIMS),
        ("fund_claim_sum", "committed_minor", CLAIMS),
        ("account_sum", "minor", LINES),
    ],
)
async def test_a_sum_that_was_changed_is_found(
    scene: Scene, admin_url: str, table: str, column: str, rule: str
) -> None:
    fund_id = await scene.fund(receives="100.000")
    async with scene.database.begin(scene.institution_id) as session:
        await funds.reserve(session, ask(fund_id, "1.000"), on=TODAY, actor_id=ACTOR)
    await number(scene)
    admin = Database(admin_url, pool_size=1)
    try:
        async with admin.begin(scene.institution_id) as session:
            changed = f"update loans.{table} set {column} = {column} + 1 where institution_id = :i"
            await session.execute(text(changed), {"i": scene.institution_id})
        assert await broken(scene) == {rule}
    finally:
        await admin.close()


async def test_the_service_cannot_change_a_sum_itself(scene: Scene) -> None:
    await scene.fund(receives="100.000")
    await number(scene)
    for table in ("fund_claim_sum", "account_sum"):
        with pytest.raises(Exception, match="permission denied"):
            async with scene.database.begin(scene.institution_id) as session:
                await session.execute(text(f"delete from {table}"))
