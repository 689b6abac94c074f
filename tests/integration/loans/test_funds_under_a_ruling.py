"""Does a fund lend only under a ruling that holds, at every step of its money?"""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.loans.contracts.router import router as contracts_router
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FundRestricted
from services.loans.domain.rulings import (
    RulingDoesNotCover,
    RulingOutOfForce,
    RulingVerdict,
    Topic,
)
from services.loans.domain.terms import ModeOfFinance
from services.loans.funds.router import router as funds_router
from services.loans.products.router import router as products_router
from services.loans.rulings.queries import RulingUnknown
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests import rulings
from tests.integration.loans.scene import TODAY, Scene, ask, client_of, reserve
from tests.integration.loans.test_under_a_ruling import (
    MURABAHA,
    OWN,
    moved,
    problem,
    rule,
    withdraw,
)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def desk(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    routers = (products_router, contracts_router, funds_router)
    async with client_of(scene, *routers, roles="administrator+funds_manager+officer") as client:
        yield client


@pytest.mark.requirement("A8.3")
async def test_zakat_is_not_lent_by_a_fund_that_names_no_ruling(scene: Scene) -> None:
    rules = {}
    for ruling in (None, rulings.EVERYTHING):
        fund_id = await scene.fund(FundKind.ZAKAT, lending_ruling=ruling)
        try:
            await moved(scene, ask(fund_id), "reserve")
        except FundRestricted as refused:
            rules[ruling] = {one.rule for one in refused.refusals}

    assert "zakat-qard" in rules[None]
    assert "zakat-qard" not in rules.get(rulings.EVERYTHING, set())


async def test_a_waqf_invests_only_while_its_ruling_holds_at_every_step(scene: Scene) -> None:
    ruling_id = await rule(scene)
    fund_id = await scene.fund(FundKind.WAQF, lending_ruling=OWN)
    first, second, third, fourth = [ask(fund_id, mode=MURABAHA) for _ in range(4)]
    await moved(scene, first, "reserve", "commit", "draw")
    await moved(scene, second, "reserve", "commit")
    await moved(scene, third, "reserve")
    await withdraw(scene, ruling_id)

    for asked, step in ((second, "draw"), (third, "commit"), (fourth, "reserve")):
        with pytest.raises(FundRestricted) as refused:
            await moved(scene, asked, step)
        (refusal,) = refused.value.refusals
        assert refusal.rule == "waqf-murabaha"
        assert refusal.reason == "the ruling under which the fund lends is not in force"
        assert refusal.source == f"{OWN}, {rulings.BOARD.en}"
        assert refusal.in_force_from == TODAY
    claims = await scene.scalar("select count(*) from fund_claim")
    assert claims == 6  # three of the first, two of the second, one of the third


async def test_a_ruling_on_another_mode_lets_a_fund_lend_nothing(scene: Scene) -> None:
    await rule(scene, scope=rulings.scope(modes=frozenset({MURABAHA})))
    fund_id = await scene.fund(FundKind.WAQF, lending_ruling=OWN)

    await moved(scene, ask(fund_id, mode=MURABAHA), "reserve")
    with pytest.raises(FundRestricted, match="does not cover this"):
        await moved(scene, ask(fund_id, mode=ModeOfFinance("ijara")), "reserve")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"in_force_until": TODAY}, RulingOutOfForce),
        ({"scope": rulings.scope(fund_kinds=frozenset({FundKind.WAQF}))}, RulingDoesNotCover),
        ({"reference": "another"}, RulingUnknown),
    ],
)
async def test_a_zakat_fund_names_a_ruling_that_holds_or_is_not_opened(
    scene: Scene, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    await rule(scene, **changes)

    with pytest.raises(refusal):
        await scene.fund(FundKind.ZAKAT, lending_ruling=OWN)


async def test_a_donor_s_deed_is_enough_for_a_donor_s_money(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.DONATION, lending_ruling="Deed of 3 May 2025")

    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, mode=MURABAHA))
    assert await scene.scalar("select lending_ruling_id from fund") is None


async def test_a_fund_comes_to_lend_under_a_ruling_later_and_that_is_kept(
    scene: Scene, desk: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(FundKind.WAQF)
    with pytest.raises(FundRestricted, match="none is registered"):
        await moved(scene, ask(fund_id, mode=MURABAHA), "reserve")
    path = f"/loans/v1/funds/{fund_id}/lending-ruling"
    assert problem(await desk.post(path, json={"ruling": OWN})) == (404, "ruling-unknown")
    ruling_id = await rule(scene)

    told = await desk.post(path, json={"ruling": str(ruling_id)})

    assert told.status_code == 201, told.text
    assert told.json()["lending_ruling"] == OWN
    assert told.json()["lending_ruling_id"] == str(ruling_id)
    await moved(scene, ask(fund_id, mode=MURABAHA), "reserve", "commit", "draw")
    assert await scene.scalar("select count(*) from fund_ruling") == 1
    nowhere = f"/loans/v1/funds/{ids.new()}/lending-ruling"
    assert problem(await desk.post(nowhere, json={"ruling": OWN})) == (404, "fund-not-found")


async def test_a_board_that_forbids_ends_what_it_permitted(scene: Scene) -> None:
    await rule(scene)
    fund_id = await scene.fund(FundKind.WAQF, lending_ruling=OWN)
    await moved(scene, ask(fund_id, mode=MURABAHA), "reserve")
    everything = rulings.scope(topics=frozenset({Topic.OFFERING}))
    await rule(
        scene, reference="SSB 8/2026", supersedes=rulings.EVERYTHING, in_force_from=TODAY,
        given_on=TODAY, scope=everything,
    )  # fmt: skip
    await rule(
        scene,
        reference="SSB 9/2026",
        verdict=RulingVerdict.FORBIDDEN,
        supersedes=OWN,
        given_on=TODAY,
        scope=rulings.scope(topics=frozenset({Topic.LENDING})),
    )

    with pytest.raises(FundRestricted, match="not in force"):
        await moved(scene, ask(fund_id, mode=MURABAHA), "reserve")
