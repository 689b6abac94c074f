"""Is a receipt booked as what it was given, and nothing changed where that is not told?"""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.funds import queries, returning
from services.loans.funds.router import router
from services.loans.ledger import queries as ledger_queries
from shared import ids
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests.integration.loans import endowing
from tests.integration.loans.scene import ACTOR, TODAY, Scene, client_of

LATER = (TODAY + timedelta(days=200)).isoformat()


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def give(scene: Scene, fund_id: FundId, **members: Any) -> httpx.Response:
    body = {"amount": {"amount": "100.000", "currency": "JOD"}} | members
    async with client_of(scene, router, roles="funds_manager") as http:
        return await http.post(
            f"/loans/v1/funds/{fund_id}/receipts",
            json=body,
            headers={"Idempotency-Key": str(ids.new())},
        )


async def held(scene: Scene, fund_id: FundId) -> dict[str, int]:
    async with scene.database.read(scene.institution_id) as session:
        balances = await ledger_queries.balances(session, fund_id)
    return {code: amount.minor for code, amount in balances.items() if amount.minor}


@pytest.mark.parametrize(
    ("kind", "members", "problem"),
    [
        (FundKind.WAQF, {}, "receipt-nature-missing"),
        (FundKind.ZAKAT, {}, "receipt-nature-missing"),
        (FundKind.ZAKAT, {"nature": "donation_open"}, "receipt-nature-foreign"),
        (FundKind.DONATION, {"nature": "zakat"}, "receipt-nature-foreign"),
        (FundKind.COMMERCIAL, {"nature": "waqf_permanent"}, "receipt-nature-foreign"),
        (FundKind.WAQF, {"nature": "waqf_temporary"}, "return-day-mismatch"),
        (
            FundKind.WAQF,
            {"nature": "waqf_temporary", "returnable_on": TODAY.isoformat()},
            "return-day-mismatch",
        ),
        (
            FundKind.WAQF,
            {"nature": "waqf_permanent", "returnable_on": LATER},
            "return-day-mismatch",
        ),
    ],
)
async def test_a_receipt_that_is_not_said_rightly_changes_nothing(
    scene: Scene, kind: FundKind, members: dict[str, Any], problem: str
) -> None:
    fund_id = await scene.fund(kind, receives="0.000")
    answer = await give(scene, fund_id, **members)

    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/loans/{problem}")
    assert await held(scene, fund_id) == {}


async def test_a_temporary_waqf_is_owed_and_its_reversal_owes_it_no_more(scene: Scene) -> None:
    fund_id = (await endowing.founded(scene, receives="0.000")).fund_id
    answer = await give(
        scene, fund_id, nature="waqf_temporary", returnable_on=LATER, channel="bank"
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["nature"], told["returnable_on"], told["channel"]) == (
        "waqf_temporary",
        LATER,
        "bank",
    )
    assert await held(scene, fund_id) == {"bank": 100_000, "temporary_corpus": -100_000}
    async with scene.database.begin(scene.institution_id) as session:
        await queries.locked_funds(session, [fund_id])
        back = await returning.reverse_receipt(
            session, fund_id=fund_id, receipt_id=told["receipt_id"], on=TODAY, actor_id=ACTOR
        )
        assert (back.nature, back.returnable_on) == ("waqf_temporary", TODAY + timedelta(days=200))
    assert await held(scene, fund_id) == {}


@pytest.mark.rule("Z-13")
@pytest.mark.parametrize("change", ["nature = 'donation_open'", "fund_id = receipt_id"])
async def test_what_a_receipt_was_given_as_is_never_changed(scene: Scene, change: str) -> None:
    fund_id = await scene.fund(FundKind.ZAKAT)
    with pytest.raises(Exception, match="permission denied"):
        async with scene.database.begin(scene.institution_id) as session:
            await session.execute(text(f"update receipt set {change}"))
    async with scene.database.read(scene.institution_id) as session:
        natures = await session.execute(
            text("select nature from receipt where fund_id = :f"), {"f": fund_id}
        )
    assert natures.scalars().all() == ["zakat"]


@pytest.mark.parametrize("kind", FundKind)
async def test_a_fund_of_every_kind_takes_what_is_of_its_kind(scene: Scene, kind: FundKind) -> None:
    fund_id = await scene.fund(kind, receives="5.000")
    async with scene.database.read(scene.institution_id) as session:
        standing = (await queries.standings(session, [fund_id]))[fund_id]
    assert (standing.cash.minor, standing.available.minor) == (5_000, 5_000)
