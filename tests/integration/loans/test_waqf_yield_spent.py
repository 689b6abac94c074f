"""Is only the realised yield of a waqf spent, by two persons, and its corpus kept?"""

import pytest

from services.loans.domain.waqf import YieldNotRealised
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import endowing
from tests.integration.loans.scene import Scene, jod


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def test_of_sixty_thousand_six_go_to_the_trustee_six_stay_and_the_rest_is_spent(
    scene: Scene,
) -> None:
    waqf = await endowing.founded(scene, endowing.INVESTED)
    await waqf.earn("60000.000")
    await waqf.order("nazir_fee", "6000.000")
    await waqf.order("reserve", "6000.000")
    with pytest.raises(YieldNotRealised):
        await waqf.propose("distribution", "48000.001", purpose="education")
    await waqf.order("distribution", "48000.000", purpose="education")
    books = await waqf.books()
    assert (books.floor, books.reserve) == (jod("1000000.000"), jod("6000.000"))
    assert books.net_assets == jod("1006000.000")
    assert await endowing.faults(scene) == {}
