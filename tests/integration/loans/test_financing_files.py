"""A project of a person, the state and a bank is signed and paid out whole, or not at all."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.financing_files.router import router
from services.loans.funds import returning
from services.loans.ledger.queries import balances
from shared import ids
from shared.db import Database
from shared.ids import ApplicationId, FundId, InstitutionId
from tests.integration.loans import ordering, own_facts
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.scene import TODAY, jod
from tests.integration.loans.signing import Approval, approve, loan, offer, qard
from tests.integration.loans.wallet import wallet_of

FILES = "/loans/v1/financing-files"
PAPER = "a" * 64
DAY = {"on": str(TODAY)}
pytestmark = pytest.mark.requirement("O5.2")


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    """An institution that divides projects by 1, 29 and 70 percent by its own fact."""
    async with ordering.opened(loans_db, institution_id) as at:
        at.office.app.include_router(router)
        at.office.app.state.payments = None
        structure = {"own": "0.01", "state": "0.29", "bank": "0.70"}
        told = own_facts.fact(
            "financing_structure", structure, unit="share", conditions={"scheme": "small_projects"}
        )
        await own_facts.give(loans_db, institution_id, told)
        yield at


async def funds_of(desk: Desk) -> tuple[FundId, FundId]:
    return (
        await desk.scene.fund(FundKind.STATE, receives="290.000"),
        await desk.scene.fund(FundKind.COMMERCIAL, receives="700.000"),
    )


async def legs(
    desk: Desk, *, state: str = "290.000", bank: str = "700.000"
) -> tuple[UUID, dict[str, ApplicationId]]:
    """The state's loan and the bank's, approved for one person."""
    public, lender = await funds_of(desk)
    free, dear = await offer(desk.scene, qard()), await offer(desk.scene, loan())
    first = Approval(product=free, fund_id=public, amount=jod(state))
    (of_state,) = await approve(desk.scene, [first])
    second = Approval(
        product=dear,
        fund_id=lender,
        amount=jod(bank),
        annual_rate=loan().annual_rate.usual,
        borrower_id=of_state,
    )
    (of_bank,) = await approve(desk.scene, [second])
    return of_state, {"state": of_state, "bank": of_bank}


async def opened(
    desk: Desk, borrower_id: UUID, of: dict[str, ApplicationId], cost: str = "1000.000"
) -> httpx.Response:
    body = {
        "borrower_id": str(borrower_id),
        "cost": cash(cost),
        "scheme": "small_projects",
        "legs": [{"leg": leg, "application_id": str(one)} for leg, one in of.items()],
    }
    return await keyed(desk.maker, FILES, body)


async def file_of(desk: Desk) -> tuple[str, dict[str, ApplicationId]]:
    borrower_id, of = await legs(desk)
    answer = await opened(desk, borrower_id, of)
    assert answer.status_code == 201, answer.text
    return f"{FILES}/{answer.json()['file_id']}", of


async def show(desk: Desk, path: str, amount: str) -> httpx.Response:
    body = {"kind": "paid_in", "amount": cash(amount), "evidence": PAPER}
    return await keyed(desk.maker, f"{path}/own-shares", body)


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/loans/")


async def test_a_file_goes_from_its_opening_to_what_is_owed_on_each_leg(desk: Desk) -> None:
    path, _ = await file_of(desk)
    assert (await show(desk, path, "10.000")).status_code == 201
    signed = await keyed(desk.maker, f"{path}/signature", DAY)
    assert signed.status_code == 201, signed.text
    paid = await keyed(desk.manager, f"{path}/disbursement", DAY)
    assert paid.status_code == 201, paid.text
    told: dict[str, Any] = paid.json()
    assert told["status"] == "paid_out"
    assert told["fact"]["id"] == "own-financing-structure"
    shares = {one["leg"]: (one["amount"]["amount"], one["share"]) for one in told["legs"]}
    assert shares == {"state": ("290.000", "0.290000"), "bank": ("700.000", "0.700000")}
    of_state = next(one for one in told["legs"] if one["leg"] == "state")
    assert of_state["owed"]["amount"] == "290.000"
    await desk.repay(of_state["contract_id"], "90.000")
    again = (await desk.maker.get(path)).json()
    owed = {one["leg"]: jod(one["owed"]["amount"]) for one in again["legs"]}
    assert owed["state"] == jod("200.000")
    assert owed["bank"] > jod("700.000")
    assert jod(again["owed"]["amount"]) == owed["state"] + owed["bank"]
    assert await desk.faults() == {}


async def test_no_leg_is_paid_out_before_the_whole_own_share_is_there(desk: Desk) -> None:
    path, _ = await file_of(desk)
    await keyed(desk.maker, f"{path}/signature", DAY)
    await show(desk, path, "9.999")
    refused = await keyed(desk.manager, f"{path}/disbursement", DAY)
    assert (refused.status_code, problem(refused)) == (422, "own-share-missing")
    assert await desk.scene.scalar("select count(*) from disbursement") == 0
    await show(desk, path, "0.001")
    assert (await keyed(desk.manager, f"{path}/disbursement", DAY)).status_code == 201


async def test_no_leg_is_signed_or_paid_out_without_the_others(desk: Desk) -> None:
    path, of = await file_of(desk)
    body = {"application_id": str(of["state"]), "signed_on": str(TODAY)}
    alone = await keyed(desk.maker, "/loans/v1/contracts", body)
    assert (alone.status_code, problem(alone)) == (409, "leg-goes-with-its-file")
    signed = (await keyed(desk.maker, f"{path}/signature", DAY)).json()
    contract_id = signed["legs"][0]["contract_id"]
    alone = await keyed(
        desk.manager,
        f"/loans/v1/contracts/{contract_id}/disbursements",
        {"disbursed_on": str(TODAY)},
    )
    assert (alone.status_code, problem(alone)) == (409, "leg-goes-with-its-file")


async def test_where_one_leg_cannot_be_paid_none_is(desk: Desk) -> None:
    path, _ = await file_of(desk)
    await show(desk, path, "10.000")
    signed = (await keyed(desk.maker, f"{path}/signature", DAY)).json()
    contract_id = signed["legs"][1]["contract_id"]
    cancelled = await keyed(
        desk.manager, f"/loans/v1/contracts/{contract_id}/cancellation", {"reason": "not_collected"}
    )
    assert cancelled.status_code == 201, cancelled.text
    refused = await keyed(desk.manager, f"{path}/disbursement", DAY)
    assert (refused.status_code, problem(refused)) == (409, "leg-not-signed")
    assert await desk.scene.scalar("select count(*) from disbursement") == 0


async def test_parts_that_are_not_the_rules_are_refused_with_its_source(desk: Desk) -> None:
    borrower_id, of = await legs(desk, state="280.000")
    refused = await opened(desk, borrower_id, of)
    assert (refused.status_code, problem(refused)) == (422, "structure-not-met")
    assert refused.json()["fact_id"] == "own-financing-structure"
    assert "Ruling 7 of the board" in refused.json()["detail"]
    assert await desk.scene.scalar("select count(*) from financing_file") == 0


async def test_an_application_is_a_leg_once_and_of_its_own_person(desk: Desk) -> None:
    borrower_id, of = await legs(desk)
    stranger = await opened(desk, of["bank"], of)
    assert (stranger.status_code, problem(stranger)) == (422, "leg-not-of-borrower")
    assert (await opened(desk, borrower_id, of)).status_code == 201
    again = await opened(desk, borrower_id, of)
    assert (again.status_code, problem(again)) == (409, "leg-taken")


async def test_a_scheme_without_a_rule_is_none(desk: Desk) -> None:
    borrower_id, of = await legs(desk)
    body = {
        "borrower_id": str(borrower_id),
        "cost": cash("1000.000"),
        "scheme": "unheard_of",
        "legs": [{"leg": leg, "application_id": str(one)} for leg, one in of.items()],
    }
    refused = await keyed(desk.maker, FILES, body)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/shared/no-rule")


async def test_more_than_the_own_share_is_not_shown_and_a_mistake_is_taken_back(
    desk: Desk,
) -> None:
    path, _ = await file_of(desk)
    assert problem(await show(desk, path, "10.001")) == "own-share-too-much"
    await show(desk, path, "10.000")
    assert (await show(desk, path, "-10.000")).status_code == 201
    assert problem(await show(desk, path, "-0.001")) == "own-share-too-much"
    assert (await desk.maker.get(path)).json()["own_share_shown"]["amount"] == "0.000"
    assert (await desk.maker.get(f"{FILES}/{TODAY.isoformat()}")).status_code == 422
    assert len((await desk.maker.get(FILES)).json()["items"]) == 1


async def test_a_file_that_is_given_up_frees_its_legs(desk: Desk) -> None:
    path, of = await file_of(desk)
    assert (await keyed(desk.maker, f"{path}/withdrawal", DAY)).status_code == 201
    assert problem(await show(desk, path, "10.000")) == "file-not-in-state"
    body = {"application_id": str(of["state"]), "signed_on": str(TODAY)}
    alone = await keyed(desk.maker, "/loans/v1/contracts", body)
    assert alone.status_code == 201, alone.text
    again = await keyed(desk.maker, f"{path}/withdrawal", DAY)
    assert (again.status_code, problem(again)) == (409, "file-not-in-state")
    late = await opened(desk, of["state"], of)
    assert (late.status_code, problem(late)) == (409, "leg-not-open")


async def test_loans_above_the_cost_and_a_leg_named_twice_are_refused(desk: Desk) -> None:
    borrower_id, of = await legs(desk)
    small = await opened(desk, borrower_id, of, cost="900.000")
    assert (small.status_code, problem(small)) == (422, "cost-not-covered")
    leg = {"leg": "bank", "application_id": str(of["bank"])}
    body = {
        "borrower_id": str(borrower_id),
        "cost": cash("1000.000"),
        "scheme": "small_projects",
        "legs": [leg, leg],
    }
    assert (await keyed(desk.maker, FILES, body)).status_code == 422


async def move_to_bank(desk: Desk, fund_id: FundId, amount: str) -> None:
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await returning.move_money(
            session,
            fund_id=fund_id,
            order_id=ids.new(),
            amount=jod(amount),
            source=Channel.CASH,
            target=Channel.BANK,
            on=TODAY,
            actor_id=desk.manager.actor.id,
        )


async def test_a_signed_leg_is_not_freed_to_be_paid_out_alone(desk: Desk) -> None:
    path, _ = await file_of(desk)
    signed = (await keyed(desk.maker, f"{path}/signature", DAY)).json()
    refused = await keyed(desk.maker, f"{path}/withdrawal", DAY)
    assert (refused.status_code, problem(refused)) == (409, "leg-still-signed")
    for leg in signed["legs"]:
        cancel = f"/loans/v1/contracts/{leg['contract_id']}/cancellation"
        answer = await keyed(desk.manager, cancel, {"reason": "not_collected"})
        assert answer.status_code == 201, answer.text
    assert (await keyed(desk.maker, f"{path}/withdrawal", DAY)).status_code == 201


async def test_legs_are_paid_over_the_bank_by_what_each_fund_has_there(desk: Desk) -> None:
    path, _ = await file_of(desk)
    await show(desk, path, "10.000")
    signed = (await keyed(desk.maker, f"{path}/signature", DAY)).json()
    contracts = {one["leg"]: one["contract_id"] for one in signed["legs"]}
    funds: list[FundId] = []
    for leg in ("state", "bank"):
        scalar = "select fund_id from contract where contract_id = :contract_id"
        async with desk.scene.database.read(desk.scene.institution_id) as session:
            found = await session.scalar(text(scalar), {"contract_id": contracts[leg]})
        funds.append(FundId(found))
    await move_to_bank(desk, funds[0], "290.000")
    await move_to_bank(desk, funds[1], "699.999")
    over_bank = {**DAY, "channel": "bank"}
    refused = await keyed(desk.manager, f"{path}/disbursement", over_bank)
    assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    assert await desk.scene.scalar("select count(*) from disbursement") == 0
    await move_to_bank(desk, funds[1], "0.001")
    paid = await keyed(desk.manager, f"{path}/disbursement", over_bank)
    assert paid.status_code == 201, paid.text
    for fund_id in funds:
        async with desk.scene.database.read(desk.scene.institution_id) as session:
            held = await balances(session, fund_id)
        assert held["bank"].is_zero
    assert await desk.faults() == {}


@pytest.mark.parametrize("body", [{"channel": "wallet"}, {"phone": "+962790000000"}])
async def test_a_phone_is_given_for_a_wallet_and_only_for_one(
    desk: Desk, body: dict[str, str]
) -> None:
    path, _ = await file_of(desk)
    assert (await keyed(desk.manager, f"{path}/disbursement", body)).status_code == 422


async def test_over_a_wallet_the_payments_of_all_legs_set_out_or_none(desk: Desk) -> None:
    path, _ = await file_of(desk)
    await show(desk, path, "10.000")
    signed = (await keyed(desk.maker, f"{path}/signature", {})).json()
    async with wallet_of(desk.scene) as wallet:
        desk.office.app.state.payments = wallet.desk
        body = {"channel": "wallet", "phone": "+962790000000"}
        paid = await keyed(desk.manager, f"{path}/disbursement", body)
        assert paid.status_code == 201, paid.text
        set_out = "select count(*) from payment where direction = 'outbound'"
        assert await desk.scene.scalar(set_out) == len(signed["legs"]) == 2
        assert paid.json()["status"] == "paid_out"
        alone = f"/loans/v1/contracts/{signed['legs'][0]['contract_id']}/disbursements"
        twice = await keyed(desk.manager, alone, {})
        assert twice.status_code == 409
    # Leaving lets the wallet settle what was on its way.
    assert await desk.scene.scalar("select count(*) from disbursement") == 2
