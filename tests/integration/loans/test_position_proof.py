"""`rafid verify` finds a position that the movements did not make."""

from datetime import date

import asyncpg
import pytest

from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.days import (
    a_contract,
    assert_proved,
    broken,
    pay,
)
from tests.integration.loans.scene import Scene


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


SPOILED = {
    "the outstanding balance": "outstanding_principal_minor = outstanding_principal_minor + 1",
    "the oldest due": "oldest_open_due_on = oldest_open_due_on + 1",
    "the sum paid": "paid_minor = paid_minor + 1",
    "the status": "status = 'closed'",
    "the day": "valid_from = valid_from + 1",
}


@pytest.mark.parametrize("what", SPOILED)
@pytest.mark.parametrize("version", [2, 3, 4])
async def test_the_proof_finds_a_row_that_was_changed(
    scene: Scene, admin_url: str, what: str, version: int
) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("100.000", date(2025, 12, 1)))
    await pay(scene, one, ("10.000", date(2025, 11, 20)))
    await assert_proved(scene)
    connection = await asyncpg.connect(admin_url)
    changed = await connection.execute(
        f"update loans.position_history set {SPOILED[what]} where contract_id = $1"
        " and version = $2 and valid_from = (select max(valid_from) from loans.position_history"
        " where contract_id = $1 and version = $2)",
        one.contract_id,
        version,
    )
    await connection.close()

    assert changed == "UPDATE 1"
    assert await broken(scene) is not None


@pytest.mark.parametrize(
    "change",
    [
        "update loans.position set outstanding_principal_minor = 1",
        "update loans.position set moved_on = moved_on - 1",
        "update loans.position set status = 'written_off'",
        "delete from loans.position_history",
        "delete from loans.position_history where version = 3",
    ],
)
async def test_the_proof_finds_a_position_that_does_not_follow(
    scene: Scene, admin_url: str, change: str
) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("100.000", date(2025, 12, 1)))
    connection = await asyncpg.connect(admin_url)
    joined = " and" if " where " in change else " where"
    await connection.execute(f"{change}{joined} contract_id = $1", one.contract_id)
    await connection.close()

    assert await broken(scene) is not None
