"""A breach is logged with its place and cause, and decided once, in the order of the days."""

from collections.abc import AsyncIterator

import pytest

from services.loans.compliance.router import router
from services.loans.contracts.router import router as contracts_router
from services.loans.domain.chart import FundKind
from services.loans.rulings.router import router as rulings_router
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import office, rulings
from tests.bodies import amount
from tests.integration.loans.breaches import (
    SHARIA,
    Body,
    decide,
    found,
    problem,
    propose,
)
from tests.integration.loans.scene import TODAY, Scene
from tests.integration.loans.signing import signed
from tests.office import Caller, Office


@pytest.fixture
async def bureau(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    routers = (router, rulings_router, contracts_router)
    async with office.opened(loans_db, institution_id, *routers) as opened:
        yield opened


@pytest.fixture
def scene(bureau: Office) -> Scene:
    return Scene(
        database=bureau.database, institution_id=bureau.institution_id, branch_id=bureau.branch
    )


@pytest.fixture
def maker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def checker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
async def fund_id(scene: Scene) -> FundId:
    return await scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)


async def test_a_case_is_decided_once_and_in_order(maker: Caller, fund_id: FundId) -> None:
    case_id = (await maker.post(f"{SHARIA}/cases", found(fund_id))).json()["case_id"]
    assert problem(await propose(maker, case_id, "1.000")) == (422, "case-not-tainted")
    early = await decide(maker, case_id, "1.000", decided_on=str(TODAY))
    assert problem(early) == (422, "case-days-invalid")
    late = await decide(maker, case_id, "1.000", decided_on="2026-04-02")
    assert problem(late) == (422, "day-not-yet")
    innocent = await decide(maker, case_id, "1.000", is_breach=False)
    assert problem(innocent) == (422, "purify-without-breach")
    nowhere = await decide(maker, case_id, "1.000", board_id=str(ids.new()))
    assert problem(nowhere) == (404, "board-unknown")

    done = await decide(maker, case_id, "0.000", is_breach=False)
    assert done.json()["decision"]["is_breach"] is False
    assert problem(await decide(maker, case_id, "1.000")) == (409, "case-decided")
    assert problem(await propose(maker, case_id, "1.000")) == (422, "case-not-tainted")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"found_on": "2026-04-02"}, (422, "day-not-yet")),
        ({"occurred_on": "2026-03-31"}, (422, "case-days-invalid")),
        ({"fund_id": str(ids.new())}, (404, "fund-not-found")),
        ({"contract_id": str(ids.new())}, (404, "contract-unknown")),
        ({"amount": amount("1.00", "SAR")}, (422, "currency-mismatch")),
        ({"amount": amount("-1.000")}, (422, "invalid-request")),
        ({"step_id": str(ids.new())}, (422, "invalid-request")),
        ({"event": "unheard"}, (422, "invalid-request")),
    ],
)
async def test_a_case_without_its_place_is_refused(
    maker: Caller, fund_id: FundId, changes: Body, expected: tuple[int, str]
) -> None:
    answer = await maker.post(f"{SHARIA}/cases", found(fund_id) | changes)

    assert problem(answer) == expected


async def test_a_case_names_a_contract_of_its_fund_and_a_step_of_its_contract(
    scene: Scene, maker: Caller, fund_id: FundId
) -> None:
    row = await signed(scene, await scene.fund())
    body = found(fund_id, contract_id=str(row.contract_id))
    refused = await maker.post(f"{SHARIA}/cases", body)
    assert problem(refused) == (422, "case-of-another-fund")

    own = body | {"fund_id": str(row.fund_id)}
    stepped = await maker.post(f"{SHARIA}/cases", own | {"step_id": str(ids.new())})
    assert problem(stepped) == (422, "case-step-unknown")
    logged = await maker.post(f"{SHARIA}/cases", own)
    assert logged.json()["contract_id"] == str(row.contract_id)
    listed = (await maker.get(f"{SHARIA}/cases", fund_id=str(row.fund_id))).json()["items"]
    assert listed == [logged.json()]
    assert (await maker.get(f"{SHARIA}/cases", fund_id=str(fund_id))).json()["items"] == []
