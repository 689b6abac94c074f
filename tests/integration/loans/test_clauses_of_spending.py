"""Whatever leaves a fund keeps to its clauses: yield, a subsidy, a called guarantee, a part."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert

from services.loans.borrowers.tables import BorrowerMemberRow
from services.loans.clauses import queries
from services.loans.clauses import router as clause_routes
from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import ClauseKind
from services.loans.domain.funding import FundRestricted
from services.loans.subsidies import router as subsidies
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import office
from tests.builders import make_loan, money
from tests.integration.loans import clausing, endowing, entitling, ordering
from tests.integration.loans.clausing import asked, borrower, write
from tests.integration.loans.ordering import Desk, keyed
from tests.integration.loans.scene import ACTOR, TODAY, Scene, reserve

pytestmark = pytest.mark.requirement("A6.2")
GROUP = {"kind": "solidarity_group", "sex": None, "born_on": None}


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        at.office.app.include_router(subsidies.router)
        yield at


async def is_reserved(scene: Scene, fund_id: FundId, amount: str, **changes: Any) -> bool:
    """Whether a fund reserves so much; what it reserves stays so."""
    wanted = await asked(scene, fund_id, amount, **changes)
    try:
        async with scene.database.begin(scene.institution_id) as session:
            await reserve(session, wanted)
    except FundRestricted:
        return False
    return True


@pytest.mark.rule("W-3")
async def test_yield_is_spent_on_whom_the_founder_named(scene: Scene) -> None:
    waqf = await endowing.founded(scene)
    await waqf.earn("1000.000")
    await write(scene, waqf.fund_id, ClauseKind.SEX, values=["female"])
    woman, man = await borrower(scene), await borrower(scene, sex="male")
    for party in (man, None, ACTOR):
        with pytest.raises(FundRestricted):
            await waqf.propose("distribution", "10.000", purpose="relief", party_id=party)
    await waqf.order("distribution", "10.000", purpose="relief", party_id=woman)


@pytest.mark.rule("W-3")
async def test_what_a_person_had_of_the_yield_counts_for_the_most_one_gets(scene: Scene) -> None:
    waqf = await endowing.founded(scene)
    await waqf.earn("1000.000")
    await write(scene, waqf.fund_id, ClauseKind.MOST_PER_PERSON, amount="150.000")
    woman, other = await borrower(scene), await borrower(scene)
    given = {"purpose": "relief", "party_id": woman}
    await waqf.order("distribution", "100.000", **given)
    waiting = await waqf.propose("distribution", "50.000", **given)
    with pytest.raises(FundRestricted):
        await waqf.propose("distribution", "50.001", **given)
    await waqf.order("distribution", "50.000", **given)
    with pytest.raises(FundRestricted):
        await waqf.decide(waiting)
    await waqf.order("distribution", "150.000", purpose="relief", party_id=other)
    assert not await is_reserved(scene, waqf.fund_id, "0.001", borrower_id=woman)


async def test_a_subsidy_is_paid_for_modes_and_persons_that_its_fund_names(desk: Desk) -> None:
    lending = await desk.scene.fund(FundKind.COMMERCIAL)
    terms = make_loan(principal=money("1200.000"))
    contract_id = await desk.lent_from(lending, terms, kind=FundKind.COMMERCIAL)
    state = await desk.scene.fund(FundKind.STATE, receives="500.000")
    body = {"fund_id": str(state), "measure": "profit_share", "part": "0.5"}
    path = f"/loans/v1/contracts/{contract_id}/subsidies"
    agreed = await keyed(desk.maker, path, body | {"starts_on": "2026-01-01"})
    subsidy = f"/loans/v1/subsidies/{agreed.json()['subsidy_id']}"
    assert (await keyed(desk.checker, f"{subsidy}/approval", {})).status_code == 201
    sex = await write(desk.scene, state, ClauseKind.SEX, values=["female"])
    refused = await keyed(desk.manager, f"{subsidy}/payments", {})
    assert refused.json()["type"].endswith("/fund-restricted"), refused.text
    assert refused.json()["refusals"][0]["is_told"] is False, "who borrowed is in no application"
    await clausing.lift(desk.scene, sex.row.clause_id, ends_on=TODAY)
    await write(desk.scene, state, ClauseKind.MODE, values=["conventional"])
    paid = await keyed(desk.manager, f"{subsidy}/payments", {})
    assert paid.status_code == 201, paid.text


async def test_a_part_in_a_group_counts_for_the_most_one_gets(scene: Scene) -> None:
    """900 for a group of three are 300 each: who may have 1,000 asks for 700 more."""
    fund_id = await scene.fund()
    await write(scene, fund_id, ClauseKind.MOST_PER_PERSON, amount="1000.000")
    members = [await borrower(scene) for _ in range(3)]
    group = await borrower(scene, **GROUP)
    rows = [
        {
            "institution_id": scene.institution_id,
            "borrower_id": group,
            "member_borrower_id": one,
            "leads": one == members[0],
        }
        for one in members
    ]
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(insert(BorrowerMemberRow), rows)
    assert await is_reserved(scene, fund_id, "900.000", borrower_id=group)
    assert not await is_reserved(scene, fund_id, "700.001", borrower_id=members[1])
    assert await is_reserved(scene, fund_id, "700.000", borrower_id=members[1])
    assert await is_reserved(scene, fund_id, "1000.000"), "who is in no group has it all"


@pytest.mark.rule("Z-3")
async def test_a_class_that_expires_today_meets_no_clause_today(scene: Scene) -> None:
    fund_id = await scene.fund()
    ends_today, ends_later = [await borrower(scene) for _ in range(2)]
    async with scene.database.begin(scene.institution_id) as session:
        for one, days in ((ends_today, 30), (ends_later, 31)):
            await entitling.entitle(session, one, days=days)
    classes = {}
    for one in (ends_today, ends_later):
        wanted = await asked(scene, fund_id, borrower_id=one)
        async with scene.database.read(scene.institution_id) as session:
            told = await queries.told(session, [wanted.application_id], on=TODAY)
        classes[one] = told.facts[wanted.application_id].zakat_class
    assert classes == {ends_today: None, ends_later: "fuqara"}


async def test_a_page_of_clauses_in_force_is_as_long_as_it_may_be(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    """The first of three was lifted: a page of one has the second, and leads to the third."""
    async with office.opened(loans_db, institution_id, clause_routes.router) as found:
        scene = Scene(database=loans_db, institution_id=institution_id, branch_id=found.branch)
        fund_id = await scene.fund()
        manager = found.caller(Role.FUNDS_MANAGER)
        made = [
            await write(scene, fund_id, ClauseKind.PURPOSE, values=["oven"], valid_from=day)
            for day in (date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3))
        ]
        await clausing.lift(scene, made[0].row.clause_id, ends_on=TODAY)
        path, seen, after = f"/loans/v1/funds/{fund_id}/clauses", [], None
        for _ in range(2):
            query = {"on": TODAY.isoformat(), "limit": "1"} | ({"after": after} if after else {})
            page = (await manager.get(path, **query)).json()
            seen += [one["clause_id"] for one in page["items"]]
            after = page["next"]
    assert seen == [str(one.row.clause_id) for one in made[1:]]
    assert after is None
