"""What of a fund is reserved, committed, paid and left, in all and by place, over the wire."""

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import ClauseKind
from services.loans.eligibility import router as eligibility
from services.loans.funds import operations as funds
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import clausing
from tests.integration.loans.clausing import asked, write
from tests.integration.loans.scene import ACTOR, TODAY, Scene, client_of

pytestmark = pytest.mark.requirement("O9.1")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def test_an_envelope_is_told_by_place_and_agrees_with_what_may_still_be_reserved(
    scene: Scene,
) -> None:
    fund = await scene.fund(FundKind.DONATION, receives="5000.000")
    for code, above in (("jordan", None), ("north", "jordan"), ("irbid", "north")):
        await clausing.region(scene, code, above=above)
    capped = {"share": "0.3", "of": "region", "values": ["north"]}
    await write(scene, fund, ClauseKind.MOST_SHARE, **capped)
    asks = [
        await asked(scene, fund, amount, region=region)
        for amount, region in (("500.000", "Irbid"), ("600.000", "north"), ("900.000", "aqaba"))
    ]
    steps = (funds.reserve_all, funds.commit_all, funds.draw_all)
    async with scene.database.begin(scene.institution_id) as session:
        for ask, count in zip(asks, (3, 2, 1), strict=True):
            for step in steps[:count]:
                await step(session, [ask], on=TODAY, actor_id=ACTOR)
    async with client_of(scene, eligibility.router, roles="auditor") as client:
        answer = await client.get(f"/loans/v1/funds/{fund}/envelope")
        assert answer.status_code == 200, answer.text
        unknown = await client.get(f"/loans/v1/funds/{ids.new()}/envelope")
    body = answer.json()
    sums = {name: body[name]["amount"] for name in ("reserved", "committed", "paid", "left")}
    assert body["allotted"]["amount"] == "5000.000"
    assert (sums["reserved"], sums["committed"], sums["paid"]) == ("900.000", "600.000", "500.000")
    assert sums["left"] == "3500.000"  # the cash of a draw leaves with its entry, not its claim
    by_region = {one["region"]: one for one in body["places"]}
    north = by_region["north"]
    assert (north["committed"]["amount"], north["paid"]["amount"]) == ("600.000", "500.000")
    assert (north["allotted"]["amount"], north["left"]["amount"]) == ("1500.000", "400.000")
    assert by_region["aqaba"]["reserved"]["amount"] == "900.000"
    assert by_region["jordan"]["allotted"] is None
    assert unknown.status_code == 404
    over, fits = [await asked(scene, fund, one, region="irbid") for one in ("400.001", "400.000")]
    async with scene.database.begin(scene.institution_id) as session:
        (refused,) = await funds.reserve_all(session, [over], on=TODAY, actor_id=ACTOR)
        (none,) = await funds.reserve_all(session, [fits], on=TODAY, actor_id=ACTOR)
    assert refused is not None
    assert none is None
