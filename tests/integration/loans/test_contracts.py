"""What is signed is frozen, costs what was told, and is told the same for ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import text

from services.loans.contracts import queries
from services.loans.contracts.router import router
from services.loans.domain.chart import FundKind
from services.loans.domain.lifecycle import TransitionRefused
from services.loans.funds.queries import standings
from shared import ids
from shared.db import Database
from shared.ids import ApplicationId, BranchId, FundId, InstitutionId
from tests.integration.loans.scene import TODAY, OpenVerifier, Scene, client_of, jod, keyed
from tests.integration.loans.signing import (
    COST,
    Approval,
    approve,
    loan,
    offer,
    qard,
    sign,
    signed,
)

CONTRACTS = "/loans/v1/contracts"


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def officer(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(scene, router, roles="officer") as client:
        yield client


async def approved(scene: Scene, fund_id: FundId) -> ApplicationId:
    product = await offer(scene, qard())
    (application_id,) = await approve(scene, [Approval(product=product, fund_id=fund_id)])
    return application_id


async def test_signing_freezes_the_schedule_and_commits_the_fund(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(receives="1500.000")
    application_id = await approved(scene, fund_id)
    answer = await officer.post(
        CONTRACTS, json={"application_id": str(application_id)}, headers=keyed()
    )
    assert answer.status_code == 201, answer.text
    contract = answer.json()["contract"]
    assert contract["reference"] == "LN-2026-000001"
    assert contract["effective_annual_rate"] == "0.000000"
    amounts = [due["total"]["amount"] for due in answer.json()["instalments"]]
    assert amounts == ["83.333"] * 11 + ["83.337"]
    async with scene.database.read(scene.institution_id) as session:
        standing = (await standings(session, [fund_id]))[fund_id]
    assert (standing.reserved, standing.committed) == (jod("0.000"), jod("1000.000"))
    assert await scene.scalar("select status from application") == "signed"
    event = await scene.scalar("select data from event where type = 'loans.contract-signed.v1'")
    assert isinstance(event, dict)
    assert sum(due["principal_minor"] for due in event["dues"]) == 1_000_000
    assert (event["youth"], event["sex"], event["sector"]) == (True, "female", "crafts")


async def test_the_same_key_signs_once_and_another_is_refused(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    body = {"application_id": str(await approved(scene, await scene.fund()))}
    key = keyed()
    answers = await asyncio.gather(
        *(officer.post(CONTRACTS, json=body, headers=key) for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["contract"]["contract_id"] for answer in answers}) == 1
    other = await officer.post(CONTRACTS, json=body, headers=keyed())
    assert (other.status_code, other.json()["type"]) == (
        409,
        "/problems/loans/transition-refused",
    )


async def test_a_preview_is_what_is_stored_on_signing(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    product = await offer(scene, loan(fees=(COST,)))
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    tried = await officer.post(
        f"{CONTRACTS}/previews",
        json={
            "product_id": str(product.product_id),
            "amount": {"amount": "1000.000", "currency": "JOD"},
            "term_months": 12,
            "annual_rate": "0.18",
        },
    )
    assert tried.status_code == 200, tried.text
    approval = Approval(product=product, fund_id=fund_id, annual_rate=Decimal("0.18"))
    (row,) = await sign(scene, await approve(scene, [approval]))
    schedule = (await officer.get(f"{CONTRACTS}/{row.contract_id}/schedule")).json()
    contract = (await officer.get(f"{CONTRACTS}/{row.contract_id}")).json()["contract"]
    assert schedule["instalments"] == tried.json()["instalments"]
    assert contract["terms"] == tried.json()["terms"]
    disclosed = tried.json()["disclosure"]
    assert contract["total_cost"] == disclosed["total_cost"]
    assert contract["effective_annual_rate"] == disclosed["effective_annual_rate"]
    assert disclosed["paid_out"]["amount"] == "990.000"


async def test_the_state_of_a_day_follows_from_the_schedule(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    row = await signed(scene, await scene.fund())
    state = (await officer.get(f"{CONTRACTS}/{row.contract_id}")).json()["state"]
    assert state["disbursed"]["amount"] == state["arrears"]["amount"] == "0.000"
    assert (state["days_past_due"], state["next_due"], state["is_closed"]) == (0, None, False)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("ar", ("عقد القرض LN-2026-000001", "قرض حسن", "1447")),
        ("fr", ("Contrat de prêt LN-2026-000001", "sans profit", "ramadan")),
        ("en", ("Loan contract LN-2026-000001", "without profit", "10.000 JOD, kept back")),
    ],
)
async def test_the_summary_tells_the_contract_in_words(
    scene: Scene, officer: httpx.AsyncClient, lang: str, words: tuple[str, ...]
) -> None:
    product = qard(fees=(replace(COST, documented_cost=jod("12.000")),))
    row = await signed(scene, await scene.fund(), product=product)
    answer = await officer.get(f"{CONTRACTS}/{row.contract_id}/summary", params={"lang": lang})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-language"] == lang
    for word in words:
        assert word in answer.text
    assert "2026-04-01" in answer.text
    asked = await officer.get(
        f"{CONTRACTS}/{row.contract_id}/summary", headers={"Accept-Language": lang}
    )
    assert asked.text == answer.text


async def test_a_first_due_date_too_far_away_is_refused(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    application_id = str(await approved(scene, await scene.fund()))
    for day, status in (("2026-05-02", 422), ("2026-03-01", 422), ("2026-05-01", 201)):
        body = {"application_id": application_id, "first_due_on": day}
        answer = await officer.post(CONTRACTS, json=body, headers=keyed())
        assert answer.status_code == status, answer.text


async def test_nothing_is_signed_tomorrow_or_for_another_fund(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    application_id = str(await approved(scene, await scene.fund()))
    late = {"application_id": application_id, "signed_on": "2026-03-02"}
    other = {"application_id": application_id, "fund_id": str(await scene.fund())}
    types = [
        (await officer.post(CONTRACTS, json=body, headers=keyed())).json()["type"]
        for body in (late, other)
    ]
    assert types == ["/problems/loans/day-not-yet", "/problems/loans/another-fund-decided"]


async def test_an_officer_of_another_branch_sees_and_signs_nothing(scene: Scene) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    application_id = await approved(scene, fund_id)
    elsewhere = OpenVerifier(scene.institution_id)
    elsewhere.branch_ids = frozenset({BranchId(ids.new())})
    async with client_of(scene, router, roles="officer", verifier=elsewhere) as client:
        seen = await client.get(f"{CONTRACTS}/{row.contract_id}")
        listed = await client.get(CONTRACTS)
        body = {"application_id": str(application_id)}
        tried = await client.post(CONTRACTS, json=body, headers=keyed())
    assert (seen.status_code, listed.json()["items"], tried.status_code) == (404, [], 404)


async def test_contracts_are_listed_by_pages_and_filtered(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    fund_id, other = await scene.fund(), await scene.fund()
    product = await offer(scene, qard())
    approvals = [Approval(product=product, fund_id=one) for one in (fund_id, fund_id, other)]
    await sign(scene, await approve(scene, approvals))
    first = (await officer.get(CONTRACTS, params={"limit": 2})).json()
    rest = (await officer.get(CONTRACTS, params={"limit": 2, "after": first["next"]})).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    of_fund = (await officer.get(CONTRACTS, params={"fund_id": str(other)})).json()["items"]
    assert [item["fund_id"] for item in of_fund] == [str(other)]
    for status, count in (("signed", 3), ("active", 0)):
        found = (await officer.get(CONTRACTS, params={"status": status})).json()["items"]
        assert len(found) == count


async def test_signing_many_is_all_or_none(scene: Scene) -> None:
    fund_id = await scene.fund()
    product = await offer(scene, qard())
    approvals = [Approval(product=product, fund_id=fund_id)] * 3
    application_ids = await approve(scene, approvals)
    await sign(scene, application_ids[:1])
    with pytest.raises(TransitionRefused):
        await sign(scene, application_ids)
    assert await scene.scalar("select count(*) from contract") == 1
    rows = await sign(scene, application_ids[1:])
    assert [row.reference for row in rows] == ["LN-2026-000002", "LN-2026-000003"]
    assert [row.application_id for row in rows] == application_ids[1:]


async def test_what_is_signed_cannot_be_changed(scene: Scene) -> None:
    row = await signed(scene, await scene.fund())
    for change in (
        "update contract set principal_minor = 1",
        "update instalment set due_on = due_on + 1",
        "delete from instalment",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with scene.database.begin(scene.institution_id) as session:
                await session.execute(text(change))
    async with scene.database.read(scene.institution_id) as session:
        found = await queries.contract(session, row.contract_id)
    assert (found.status, found.signed_on) == ("signed", TODAY)


async def test_a_contract_is_not_dated_before_its_approval(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    application_id = str(await approved(scene, await scene.fund()))
    for day in ("2026-02-28", "2019-01-01"):
        body = {"application_id": application_id, "signed_on": day}
        answer = await officer.post(CONTRACTS, json=body, headers=keyed())
        assert answer.json()["type"] == "/problems/loans/signed-before-decided"
    assert await scene.scalar("select count(*) from contract") == 0
    on_the_day = {"application_id": application_id, "signed_on": TODAY.isoformat()}
    answer = await officer.post(CONTRACTS, json=on_the_day, headers=keyed())
    assert answer.status_code == 201, answer.text
