"""Every unit of a fund is where the books say, names its receipt, and is followed to the last."""

import asyncio

import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.lineage import operations
from services.loans.lineage import router as lineage
from shared import ids
from shared.db import Database, TenantDb
from shared.ids import FundId, InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans.following import (
    DAY,
    number,
    pay,
    proved,
    qard,
    read,
    take_back,
    tell,
    where,
)
from tests.integration.loans.scene import Scene, client_of, jod
from tests.integration.loans.standing import lend


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def fund_id(scene: Scene) -> FundId:
    return await scene.fund(receives="0.000")


async def test_money_is_followed_out_and_back_and_out_again(scene: Scene, fund_id: FundId) -> None:
    first = await scene.receive(fund_id, "600.000")
    second = await scene.receive(fund_id, "500.000")
    (one,) = await lend(scene, fund_id, [qard("800.000")])
    await pay(scene, one.contract_id, "300.000")
    (other,) = await lend(scene, fund_id, [qard("400.000")])
    await number(scene)

    in_one, in_other = ("contract", str(one.contract_id)), ("contract", str(other.contract_id))
    assert await where(scene, fund_id, first) == {
        in_one: "300.000",
        in_other: "100.000",
        ("hand", ""): "200.000",
    }
    assert await where(scene, fund_id, second) == {in_one: "200.000", in_other: "300.000"}
    told = await read(scene, f"contracts/{other.contract_id}/lineage")
    assert [(part["receipt_id"], part["amount"]["amount"]) for part in told["parts"]] == [
        (str(second), "300.000"),
        (str(first), "100.000"),
    ]
    assert told["amount"]["amount"] == "400.000"
    whole = await read(scene, f"funds/{fund_id}/lineage")
    sums = {name: whole[name]["amount"] for name in ("received", "at_hand", "in_contracts", "lost")}
    assert sums == {
        "received": "1100.000",
        "at_hand": "200.000",
        "in_contracts": "900.000",
        "lost": "0.000",
    }
    assert await proved(scene) is None


async def test_what_is_given_up_and_earned_has_its_place(scene: Scene, fund_id: FundId) -> None:
    receipt = await scene.receive(fund_id, "1000.000")
    (one,) = await lend(scene, fund_id, [qard("500.000")])
    await pay(scene, one.contract_id, "100.000")
    await scene.write_off(fund_id, one.contract_id, "150.000")
    await number(scene)

    assert await where(scene, fund_id, receipt) == {
        ("hand", ""): "600.000",
        ("contract", str(one.contract_id)): "250.000",
        ("lost", str(one.contract_id)): "150.000",
    }
    lenders = await scene.fund(FundKind.COMMERCIAL, receives="1000.000")
    terms = make_loan(principal=money("600.000"), disbursed_on=DAY)
    (loan,) = await lend(scene, lenders, [terms], kind=FundKind.COMMERCIAL)
    await pay(scene, loan.contract_id, "650.000")
    await number(scene)
    whole = await read(scene, f"funds/{lenders}/lineage")
    earned, at_hand = (jod(whole[name]["amount"]) for name in ("earned", "at_hand"))
    assert earned.is_positive
    assert whole["in_contracts"]["amount"] == "0.000"
    assert at_hand == jod("1000.000") + earned  # what was paid in excess is the borrower's
    assert await proved(scene) is None


async def test_a_receipt_booked_in_error_has_touched_nobody(scene: Scene, fund_id: FundId) -> None:
    kept = await scene.receive(fund_id, "300.000")
    wrong = await scene.receive(fund_id, "200.000")
    (one,) = await lend(scene, fund_id, [qard("250.000")])
    await take_back(scene, fund_id, wrong)
    await number(scene)

    assert await where(scene, fund_id, kept) == {
        ("contract", str(one.contract_id)): "250.000",
        ("hand", ""): "50.000",
    }
    assert await where(scene, fund_id, wrong) == {("receipt", str(wrong)): "200.000"}
    whole = await read(scene, f"funds/{fund_id}/lineage")
    assert (whole["received"]["amount"], whole["given_back"]["amount"]) == ("500.000", "200.000")
    assert await proved(scene) is None


async def test_whoever_tells_at_the_same_time_each_entry_is_told_once(
    scene: Scene, fund_id: FundId
) -> None:
    for _ in range(12):
        await scene.receive(fund_id, "10.000")
    await number(scene)
    db = TenantDb(scene.database, scene.institution_id)

    done = await asyncio.gather(
        *(operations.catch_up(db, part=2, pause=0.001 * n) for n in range(3))
    )

    assert sum(done) == 12
    assert await scene.scalar("select count(*) from lineage_move") == 12
    assert await proved(scene) is None


async def test_a_telling_that_breaks_off_leaves_nothing_and_is_gone_on_with(
    scene: Scene, fund_id: FundId
) -> None:
    await scene.receive(fund_id, "10.000")
    await number(scene)
    await tell(scene)
    await scene.receive(fund_id, "20.000")
    await number(scene)

    async def breaks() -> None:
        async with scene.database.begin(scene.institution_id) as session:
            assert await operations.tell(session) == 1
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await breaks()
    assert await scene.scalar("select sum(amount_minor) from lineage_move") == 10_000
    assert await tell(scene) == 1
    assert await scene.scalar("select sum(amount_minor) from lineage_move") == 30_000


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("delete from lineage_move where number = 2", "have a gap"),
        ("update lineage_move set target_start = 7 where number = 3", "have a gap"),
        ("update lineage_move set source_start = 7 where number = 3", "have a gap"),
        ("delete from lineage_move where number = 3", "are counted"),
        (
            "update lineage_count set came_minor = came_minor + 1 where place = 'hand'",
            "are counted",
        ),
        (
            (
                "update journal_line l set amount_minor = 2 * amount_minor where l.entry_id ="
                " (select entry_id from journal_link k where k.number = 1"
                " and k.institution_id = l.institution_id)"
            ),
            "minor units are booked",
        ),
    ],
)
async def test_lines_that_were_touched_are_found(
    scene: Scene, fund_id: FundId, admin_url: str, statement: str, why: str
) -> None:
    for amount in ("100.000", "200.000", "300.000"):
        await scene.receive(fund_id, amount)
    await number(scene)
    await tell(scene)
    assert await proved(scene) is None

    database = Database(admin_url, pool_size=1)
    try:
        async with database.begin(scene.institution_id) as session:
            await session.execute(text("set local session_replication_role = replica"))
            await session.execute(text("set local search_path = loans"))
            marked = statement + (" and " if " where " in statement else " where ")
            table = "l." if "journal_line" in statement else ""
            done = await session.execute(
                text(f"{marked}{table}institution_id = :i"), {"i": scene.institution_id}
            )
            assert done.rowcount  # type: ignore[attr-defined]
    finally:
        await database.close()

    assert why in (await proved(scene) or "")


async def test_who_may_not_see_money_s_way_does_not(scene: Scene, fund_id: FundId) -> None:
    receipt = await scene.receive(fund_id, "10.000")
    for roles in ("donor", "officer", "integrator"):
        async with client_of(scene, lineage.router, roles=roles) as http:
            assert (await http.get(f"/loans/v1/funds/{fund_id}/lineage")).status_code == 403
    async with client_of(scene, lineage.router, roles="funds_manager") as http:
        unknown = await http.get(f"/loans/v1/funds/{fund_id}/receipts/{ids.new()}/lineage")
        elsewhere = await http.get(f"/loans/v1/funds/{ids.new()}/receipts/{receipt}/lineage")
    assert [one.json()["type"] for one in (unknown, elsewhere)] == [
        "/problems/loans/receipt-unknown"
    ] * 2
