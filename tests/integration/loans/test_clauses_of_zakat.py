"""What a payer of zakat said of it holds grants as it holds loans."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.loans.domain.clauses import ClauseKind
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import clausing, zakat_scene
from tests.integration.loans.clausing import write
from tests.integration.loans.scene import Scene
from tests.integration.loans.zakat_scene import Alms, problem
from tests.office import TODAY

pytestmark = pytest.mark.requirement("A6.2")


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as found:
        yield found


@pytest.fixture
async def fund_id(alms: Alms) -> str:
    found = await alms.fund()
    await alms.collects(found, "10000.000")
    return found


@pytest.fixture
def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return Scene(database=loans_db, institution_id=institution_id)


async def test_a_grant_is_held_to_clauses_when_it_is_entered(
    alms: Alms, fund_id: str, scene: Scene
) -> None:
    case = await alms.entitled(await alms.person())
    loans = await write(scene, UUID(fund_id), ClauseKind.MODE, values=["qard"])
    assert problem(await alms.enter(fund_id, case, "100.000")) == "fund-restricted"
    await clausing.lift(scene, loans.row.clause_id, ends_on=TODAY)
    await write(scene, UUID(fund_id), ClauseKind.MODE, values=["grant"], valid_from=TODAY)
    await write(scene, UUID(fund_id), ClauseKind.ZAKAT_CLASS, values=["fuqara"])
    entered = await alms.enter(fund_id, case, "100.000")
    assert entered.status_code == 201, entered.text


async def test_a_clause_that_came_meanwhile_refuses_the_payment(
    alms: Alms, fund_id: str, scene: Scene
) -> None:
    case = await alms.entitled(await alms.person())
    grant = (await alms.enter(fund_id, case, "100.000")).json()["grant_id"]
    made = await write(scene, UUID(fund_id), ClauseKind.ZAKAT_CLASS, values=["masakin"])
    assert problem(await alms.pay(grant)) == "fund-restricted"
    await clausing.lift(scene, made.row.clause_id, ends_on=TODAY)
    assert (await alms.pay(grant)).status_code == 201


async def test_what_a_person_was_given_counts_for_the_most_one_gets(
    alms: Alms, fund_id: str, scene: Scene
) -> None:
    case = await alms.entitled(await alms.person())
    await write(scene, UUID(fund_id), ClauseKind.MOST_PER_PERSON, amount="150.000")
    await alms.gives(fund_id, case, "100.000")
    assert problem(await alms.enter(fund_id, case, "50.001")) == "fund-restricted"
    assert (await alms.enter(fund_id, case, "50.000")).status_code == 201
