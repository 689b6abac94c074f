"""Several funds are proposed, decided on and drawn on together: by two persons, all or none."""

import asyncio
from typing import Any

import httpx
import pytest

from services.loans.cofinancing.router import router
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from services.loans.funds import queries as funds
from shared.auth import Role
from shared.db import Database
from shared.ids import ContractId, InstitutionId
from tests import bodies
from tests.integration.loans.cofinanced import approved, shared_contract
from tests.integration.loans.desks import (
    APPLICATIONS,
    application_of,
    approval,
    decide,
    open_fund,
    problem,
    reserved,
)
from tests.integration.loans.scene import TODAY, Scene, jod
from tests.integration.loans.signing import offer, officer, qard
from tests.office import Caller, Office


@pytest.fixture
def at(desk: Office) -> Office:
    desk.app.include_router(router)
    return desk


async def put(caller: Caller, application: str, *sources: dict[str, Any]) -> httpx.Response:
    return await caller.http.put(
        f"{APPLICATIONS}/{application}/sources",
        json={"sources": sources},
        headers={"Authorization": f"Bearer {caller.token}"},
    )


def part(fund_id: str, share: str, **members: Any) -> dict[str, Any]:
    return {"fund_id": fund_id, "share": share, **members}


async def two(at: Office, holds: str = "10000.000") -> tuple[str, str]:
    return await open_fund(at, holds=holds), await open_fund(
        at, kind=FundKind.DONATION, holds=holds
    )


async def test_the_approval_of_the_leading_fund_keeps_the_money_of_each(at: Office) -> None:
    first, second = await two(at)
    application = await application_of(at)
    said = await put(
        at.caller(Role.OFFICER), application, part(first, "0.6"), part(second, "0.4", rank=2)
    )
    assert said.status_code == 200, said.text
    assert [one["amount"]["amount"] for one in said.json()["sources"]] == ["600.000", "400.000"]
    wrong = await decide(at.caller(Role.APPROVER), application, approval(second))
    assert problem(wrong) == (422, "another-fund-leads")
    answer = await decide(at.caller(Role.APPROVER), application, approval(first))
    assert answer.json()["status"] == "approved"
    assert await reserved(at) == 1_000_000
    async with at.database.read(at.institution_id) as session:
        held = await funds.standings(session, [first, second])  # type: ignore[list-item]
    assert sorted(one.reserved.minor for one in held.values()) == [400_000, 600_000]
    late = await put(at.caller(Role.OFFICER), application, part(first, "0.5"), part(second, "0.5"))
    assert problem(late) == (409, "sources-fixed")


async def test_whoever_proposed_the_funds_does_not_decide(at: Office) -> None:
    first, second = await two(at)
    application = await application_of(at)
    other = at.caller(Role.OFFICER)
    said = await put(other, application, part(first, "0.5"), part(second, "0.5"))
    assert said.status_code == 200, said.text
    same = at.caller(Role.APPROVER, actor_id=other.actor.id)
    assert problem(await decide(same, application, approval(first))) == (403, "maker-is-checker")
    answer = await decide(at.caller(Role.APPROVER), application, approval(first))
    assert answer.status_code == 201, answer.text


async def test_where_one_fund_is_short_the_application_waits_for_all(at: Office) -> None:
    first, second = await open_fund(at), await open_fund(at, holds="499.999")
    application = await application_of(at)
    await put(at.caller(Role.OFFICER), application, part(first, "0.5"), part(second, "0.5"))
    answer = await decide(at.caller(Role.APPROVER), application, approval(first))
    assert answer.json()["status"] == "waiting_for_funds"
    assert await reserved(at) == 0


@pytest.mark.parametrize(
    ("sources", "refusal"),
    [
        ((("a", "0.6"), ("b", "0.3")), "parts-not-whole"),
        ((("a", "0.5"), ("a", "0.5")), "sources-invalid"),
        ((("a", "0.5"), ("z", "0.5")), "fund-restricted"),
        ((("a", "0.5"), ("g", "0.5")), "account-not-in-chart"),
    ],
)
async def test_parts_that_make_no_plan_are_refused(
    at: Office, sources: tuple[tuple[str, str], ...], refusal: str
) -> None:
    first, second = await two(at)
    found = {
        "a": first,
        "b": second,
        "z": await open_fund(at, kind=FundKind.COMMERCIAL),
        "g": await open_fund(at, kind=FundKind.GUARANTEE),
    }
    application = await application_of(at)
    answer = await put(
        at.caller(Role.OFFICER), application, *(part(found[one], share) for one, share in sources)
    )
    assert problem(answer) == (422, refusal)
    read = await at.caller(Role.AUDITOR).get(f"{APPLICATIONS}/{application}/sources")
    assert read.json()["sources"] == []


async def test_amounts_are_the_whole_and_income_may_be_shared_otherwise(at: Office) -> None:
    first, second = await two(at)
    application = await application_of(at)
    officer_of = at.caller(Role.OFFICER)
    amounts = [{"fund_id": one, "amount": bodies.amount("500.000")} for one in (first, second)]
    said = await put(officer_of, application, *amounts)
    assert said.status_code == 200, said.text
    mixed = await put(officer_of, application, amounts[0], part(second, "0.5"))
    assert problem(mixed) == (422, "parts-not-whole")
    free = await put(
        officer_of,
        application,
        amounts[0] | {"income_share": "1"},
        amounts[1] | {"income_share": "0"},
    )
    assert [one["income_part"] for one in free.json()["sources"]] == [10**9, 0]
    half = await put(officer_of, application, amounts[0] | {"income_share": "1"}, amounts[1])
    assert problem(half) == (422, "parts-not-whole")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def test_funds_shared_by_many_at_once_are_never_overdrawn(scene: Scene) -> None:
    """Ten persons ask two funds for 500 each, led by either; each fund holds 1,500."""
    left, right = await scene.fund(receives="1500.000"), await scene.fund(receives="1500.000")
    offered = await offer(scene, qard())

    async def ask(place: int) -> bool:
        shares = [(left, 1, 1), (right, 1, 1)]
        _, refusal = await approved(
            scene, shares[:: 1 if place % 2 else -1], product=offered, amount="1000.000"
        )
        return refusal is None

    outcomes = await asyncio.gather(*(ask(place) for place in range(10)))
    assert sum(outcomes) == 3
    async with scene.database.read(scene.institution_id) as session:
        held = await funds.standings(session, [left, right])
    assert [one.available for one in held.values()] == [jod("0.000"), jod("0.000")]


async def test_contracts_led_by_either_fund_are_paid_out_at_once_without_deadlock(
    scene: Scene,
) -> None:
    left, right = await scene.fund(receives="3000.000"), await scene.fund(receives="3000.000")
    shares = [(left, 1, 1), (right, 2, 1)]
    rows = [await shared_contract(scene, shares[:: 1 if place % 2 else -1]) for place in range(6)]

    async def pay(contract_id: object) -> None:
        payout = Payout(contract_id=ContractId(contract_id), disbursed_on=TODAY)  # type: ignore[arg-type]
        async with scene.database.begin(scene.institution_id) as session:
            await disbursements.disburse_contracts(session, [payout], actor=officer(scene))

    await asyncio.gather(*(pay(row.contract_id) for row in rows))
    async with scene.database.read(scene.institution_id) as session:
        held = await funds.standings(session, [left, right])
    assert [one.cash for one in held.values()] == [jod("0.000"), jod("0.000")]
