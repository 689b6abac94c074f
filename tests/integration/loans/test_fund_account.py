"""The account of a fund over any period agrees with the ledger to the minor unit."""

from datetime import date
from typing import Any

import pytest

from services.cli import proving
from services.loans.domain.chart import FundKind
from services.loans.domain.lineage import Policy
from services.loans.fund_accounts import queries
from services.loans.fund_accounts import router as fund_accounts
from services.loans.lineage import queries as lines
from services.loans.papers.printing import Printer
from services.loans.proof import operations as proof
from shared.db import Database
from shared.ids import FundId, InstitutionId
from shared.periods import Period
from tests.builders import make_loan, money
from tests.integration.loans.following import DAY, number, pay, qard, take_back, tell
from tests.integration.loans.scene import TODAY, Scene, client_of
from tests.integration.loans.standing import lend
from tests.integration.loans.test_lineage_policies import Calendar, opened

EVER = Period(date(1900, 1, 2), date(2200, 1, 1))


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def account(scene: Scene, fund_id: FundId, query: str = "") -> Any:
    async with client_of(scene, fund_accounts.router, roles="auditor", printer=Printer()) as http:
        answer = await http.get(f"/loans/v1/funds/{fund_id}/account{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def figures(told: Any, *names: str) -> list[str]:
    return [told[name]["amount"] for name in names]


async def gaps(scene: Scene) -> list[tuple[int, int, int]]:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        told = await lines.told(session)
        return [
            one.gaps async for _, one in queries.every(session, period=EVER, through=told.number)
        ]


@pytest.mark.parametrize("policy", list(Policy))
async def test_a_life_is_told_from_opening_to_closing(scene: Scene, policy: Policy) -> None:
    fund_id = await opened(scene, policy)
    await scene.receive(fund_id, "1000.000", on=date(2026, 1, 5))
    wrong = await scene.receive(fund_id, "50.000", on=date(2026, 1, 6))
    (one,) = await lend(scene, fund_id, [qard("600.000")])  # on 10 January
    await pay(scene, one.contract_id, "200.000")  # today, 1 March
    await scene.write_off(fund_id, one.contract_id, "100.000")
    await take_back(scene, fund_id, wrong)
    await number(scene)

    whole = await account(scene, fund_id)
    assert figures(whole["opening"], "at_hand", "outstanding") == ["0.000", "0.000"]
    assert figures(whole["closing"], "at_hand", "outstanding", "total") == [
        "600.000",
        "300.000",
        "900.000",
    ]
    names = ("received", "given_back", "disbursed", "returned", "lost", "lent_again")
    assert figures(whole, *names) == [
        "1000.000",
        "0.000",
        "600.000",
        "200.000",
        "100.000",
        "0.000",
    ]
    assert whole["measures"]["multiplier"] == "0.600000"
    march = await account(scene, fund_id, f"?first_on={TODAY}")
    assert figures(march["opening"], "at_hand", "outstanding") == ["450.000", "600.000"]
    assert figures(march, *names) == ["-50.000", "0.000", "0.000", "200.000", "100.000", "0.000"]
    assert {
        one["part"]: (one["at_hand"]["amount"], one["outstanding"]["amount"])
        for one in march["parts"]
    } == {
        "received": ("-50.000", "0.000"),
        "returned": ("200.000", "-200.000"),
        "lost": ("0.000", "-100.000"),
    }
    assert await gaps(scene) == [(0, 0, 0)]


@pytest.mark.parametrize(
    ("policy", "again"), [(Policy.FIFO, "100.000"), (Policy.PRO_RATA, "300.000")]
)
async def test_money_lent_again_goes_by_the_policy(
    scene: Scene, admin_url: str, policy: Policy, again: str
) -> None:
    fund_id = await opened(scene, policy)
    database = Database(admin_url, pool_size=1)
    try:
        calendar = Calendar(scene, database)
        await scene.receive(fund_id, "1000.000")
        (one,) = await lend(scene, fund_id, [qard("500.000")])
        await calendar.end_day(days_ago=2)
        await pay(scene, one.contract_id, "500.000")
        await lend(scene, fund_id, [qard("600.000")])
        await calendar.end_day(days_ago=1)
    finally:
        await database.close()
    told = await account(scene, fund_id)
    assert figures(told, "disbursed", "lent_again") == ["1100.000", again]
    assert await gaps(scene) == [(0, 0, 0)]


async def test_profit_and_fees_kept_back_are_earned_and_paid_out_whole(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.COMMERCIAL, receives="1000.000")
    terms = make_loan(principal=money("600.000"), disbursed_on=DAY)
    (loan,) = await lend(scene, fund_id, [terms], kind=FundKind.COMMERCIAL)
    await pay(scene, loan.contract_id, "650.000")
    await number(scene)
    told = await account(scene, fund_id)
    assert figures(told, "disbursed", "returned") == ["600.000", "600.000"]
    profit = told["profit"]["amount"]
    assert profit != "0.000"
    assert [
        one["amount"]["amount"]
        for one in told["accounts"]
        if one["account_code"] == "profit_income"
    ] == [profit]
    assert await gaps(scene) == [(0, 0, 0)]


async def test_the_same_question_has_the_same_answer_for_ever(scene: Scene) -> None:
    fund_id = await scene.fund(receives="1000.000")
    await number(scene)
    await tell(scene)
    then = await scene.scalar("select max(numbered_at) from journal_link")
    query = f"?first_on=2026-01-01&last_on={TODAY}&known_at={then.isoformat().replace('+', '%2B')}"  # type: ignore[attr-defined]
    first = await account(scene, fund_id, query)
    await scene.receive(fund_id, "5.000")
    await number(scene)
    assert await account(scene, fund_id, query) == first
    assert (await account(scene, fund_id))["sha256"] != first["sha256"]


async def test_the_account_is_a_paper_in_three_languages(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.WAQF, receives="1000.000")
    await lend(scene, fund_id, [qard("500.000")])
    await number(scene)
    async with client_of(
        scene, fund_accounts.router, roles="funds_manager", printer=Printer()
    ) as http:
        for language in ("ar", "fr", "en"):
            path = f"/loans/v1/funds/{fund_id}/account?format=pdf&lang={language}"
            first, second = await http.get(path), await http.get(path)
            assert first.content.startswith(b"%PDF")
            assert first.content == second.content
        reversed_ = await http.get(
            f"/loans/v1/funds/{fund_id}/account?first_on=2026-02-02&last_on=2026-02-01"
        )
        ahead = await http.get(f"/loans/v1/funds/{fund_id}/account?last_on=2026-03-02")
    assert reversed_.status_code == ahead.status_code == 422
    async with client_of(scene, fund_accounts.router, roles="donor", printer=Printer()) as http:
        assert (await http.get(f"/loans/v1/funds/{fund_id}/account")).status_code == 403


async def test_an_account_that_does_not_add_up_is_found(scene: Scene, admin_url: str) -> None:
    fund_id = await scene.fund(receives="1000.000")
    await number(scene)
    await tell(scene)
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        assert (await proof.prove_accounts(session)).holds
    database = Database(admin_url, pool_size=1)
    try:
        async with database.begin(scene.institution_id) as session:
            connection = await session.connection()
            await connection.exec_driver_sql("set local session_replication_role = replica")
            await connection.exec_driver_sql(
                "update loans.lineage_move set amount_minor = amount_minor - 1"
                f" where fund_id = '{fund_id}'"
            )
    finally:
        await database.close()
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        finding = await proof.prove_accounts(session)
    assert (finding.row, finding.why) == (str(fund_id), "missing: (-1, 0, 0)")


async def test_the_command_proves_where_money_is_and_nothing_else(scene: Scene) -> None:
    await scene.fund(receives="1000.000")
    await number(scene)
    found = [
        finding
        async for institution_id, finding in proving.prove_lineage({"loans": scene.database})
        if institution_id == scene.institution_id
    ]
    assert [(finding.holds, finding.looked_at) for finding in found] == [(True, 1), (True, 1)]
