"""A facility never covers more than its cap; a claim is paid once and shared back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.terms import ModeOfFinance
from services.loans.guarantees import operations
from services.loans.guarantees.router import router
from services.loans.ledger.queries import balances
from shared.auth import Role
from shared.db import Database
from shared.errors import RafidError
from shared.ids import FundId, InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.ordering import TODAY, Desk, cash, keyed
from tests.integration.loans.scene import ask, reserve

FACILITIES = "/loans/v1/guarantee-facilities"
PAPER = "b" * 64


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        at.office.app.include_router(router)
        yield at


async def facility(desk: Desk, **changes: Any) -> str:
    """70 % of each loan, 1,000 JOD at most, claimed from 30 days past due for 60 days."""
    body = {
        "code": f"G-{len(changes)}",
        "names": {"ar": "صندوق الضمان", "fr": "Fonds de garantie", "en": "Guarantee fund"},
        "covered": "0.7",
        "cap_each": cash("1000.000"),
        "cap_total": cash("5000.000"),
        "claim_after_days": 30,
        "claim_within_days": 60,
        "starts_on": "2026-01-01",
    } | changes
    answer = await desk.manager.post(FACILITIES, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["facility_id"])


async def covered(desk: Desk, facility_id: str, contract_id: str) -> httpx.Response:
    path = f"{FACILITIES}/{facility_id}/covers"
    return await desk.manager.post(path, {"contract_id": contract_id})


async def filed(desk: Desk, facility_id: str, contract_id: str) -> str:
    """The way of a claim on a contract, filed by the maker."""
    cover = (await covered(desk, facility_id, contract_id)).json()
    path = f"/loans/v1/guarantee-covers/{cover['cover_id']}/claims"
    answer = await desk.maker.post(path, {"evidence": PAPER})
    assert answer.status_code == 201, answer.text
    return f"/loans/v1/guarantee-claims/{answer.json()['claim_id']}"


async def step(desk: Desk, claim: str, event: str, **members: Any) -> httpx.Response:
    return await keyed(desk.manager, f"{claim}/steps", {"event": event, **members})


async def recovered(desk: Desk, claim: str, **members: Any) -> httpx.Response:
    """What the borrower paid is shared by one who neither filed the claim nor booked it paid."""
    other = desk.office.caller(Role.FUNDS_MANAGER)
    return await keyed(other, f"{claim}/steps", {"event": "recover", **members})


async def paid(desk: Desk, lending: FundId) -> tuple[str, str]:
    """A contract of a fund and the way of the claim on it that a guarantor from outside paid."""
    contract_id = await desk.lent_from(lending)
    claim = await filed(desk, await facility(desk), contract_id)
    for event in ("submit", "accept", "pay"):
        answer = await step(desk, claim, event)
        assert answer.status_code == 201, answer.text
    return contract_id, claim


async def booked(desk: Desk, fund_id: FundId) -> dict[str, str]:
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        found = await balances(session, fund_id)
    return {code: str(money) for code, money in found.items() if money.minor}


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/loans/")


@pytest.mark.requirement("O5.3")
async def test_a_guarantor_pays_no_more_than_is_still_owed(desk: Desk) -> None:
    contract_id = await desk.lent()
    claim = await filed(desk, await facility(desk), contract_id)
    for event in ("submit", "accept"):
        await step(desk, claim, event)
    await desk.repay(contract_id, "1000.000")
    answer = await step(desk, claim, "pay")
    assert answer.json()["steps"][-1]["amount"]["amount"] == "140.000"  # 70 % of 200
    other = await desk.lent()
    claim = await filed(desk, await facility(desk, code="G-OTHER"), other)
    for event in ("submit", "accept"):
        await step(desk, claim, event)
    await desk.repay(other, "1200.000")
    refused = await step(desk, claim, "pay")
    assert (refused.status_code, problem(refused)) == (422, "claim-amount-wrong")
    assert (await desk.maker.get(claim)).json()["status"] == "accepted"
    assert await desk.faults() == {}


@pytest.mark.requirement("O5.3")
async def test_a_claim_is_paid_by_our_own_guarantee_fund_and_shared_back(desk: Desk) -> None:
    backing = await desk.scene.fund(FundKind.GUARANTEE, receives="2000.000")
    lending = await desk.scene.fund(FundKind.WAQF)
    contract_id = await desk.lent_from(lending)
    claim = await filed(desk, await facility(desk, fund_id=str(backing)), contract_id)
    for event in ("submit", "accept", "pay"):
        answer = await step(desk, claim, event)
        assert answer.status_code == 201, answer.text
    assert (await booked(desk, backing))["guarantee_claims"] == "840.000"
    assert (await booked(desk, lending))["guarantee_received"] == "-840.000"
    assert await desk.faults() == {}
    await desk.repay(contract_id, "100.000")
    shared = await recovered(desk, claim)
    assert shared.status_code == 201, shared.text
    assert shared.json()["steps"][-1]["amount"]["amount"] == "70.000"
    assert (await booked(desk, backing))["guarantee_claims"] == "770.000"
    assert (await booked(desk, lending))["guarantee_received"] == "-770.000"
    again = await recovered(desk, claim)
    assert (again.status_code, problem(again)) == (422, "claim-amount-wrong")
    assert await desk.faults() == {}


@pytest.mark.requirement("O5.3")
async def test_a_claim_on_another_guarantor_moves_the_lending_fund_alone(desk: Desk) -> None:
    lending = await desk.scene.fund(FundKind.STATE)
    contract_id = await desk.lent_from(lending, kind=FundKind.STATE)
    claim = await filed(desk, await facility(desk), contract_id)
    early = await step(desk, claim, "pay")
    assert (early.status_code, problem(early)) == (409, "claim-step-refused")
    await step(desk, claim, "submit", evidence=PAPER)
    much = await step(desk, claim, "accept", amount=cash("840.001"))
    assert (much.status_code, problem(much)) == (422, "claim-amount-wrong")
    await step(desk, claim, "accept", amount=cash("800.000"))
    await step(desk, claim, "pay", channel="bank")
    assert (await booked(desk, lending))["bank"] == "800.000"
    state = await desk.position(contract_id)
    assert state["outstanding_principal_minor"] == 1_200_000
    order = await desk.done(contract_id, "write_off", reason="uncollectable")
    assert order["state"] == "in_force"
    await desk.done(contract_id, "recovery", amount=cash("10.000"), channel="cash")
    shared = await recovered(desk, claim, amount=cash("10.000"))
    assert shared.json()["steps"][-1]["amount"]["amount"] == "7.000"
    assert await desk.faults() == {}


@pytest.mark.requirement("O5.3")
async def test_whoever_filed_a_claim_does_not_book_its_payment(desk: Desk) -> None:
    contract_id = await desk.lent()
    cover = (await covered(desk, await facility(desk), contract_id)).json()
    path = f"/loans/v1/guarantee-covers/{cover['cover_id']}/claims"
    claim_id = (await desk.manager.post(path, {})).json()["claim_id"]
    claim = f"/loans/v1/guarantee-claims/{claim_id}"
    for event in ("submit", "accept"):
        await step(desk, claim, event)
    refused = await step(desk, claim, "pay")
    assert (refused.status_code, problem(refused)) == (403, "filer-pays")
    other = desk.office.caller(Role.FUNDS_MANAGER)
    answer = await keyed(other, f"{claim}/steps", {"event": "pay"})
    assert answer.status_code == 201, answer.text
    assert (await desk.maker.get(claim)).json()["status"] == "paid"


@pytest.mark.requirement("O5.3")
async def test_whoever_filed_a_claim_or_booked_it_paid_does_not_give_back(desk: Desk) -> None:
    lending = await desk.scene.fund(FundKind.WAQF)
    contract_id, claim = await paid(desk, lending)
    await desk.repay(contract_id, "100.000")
    filer = desk.office.caller(Role.FUNDS_MANAGER, actor_id=desk.maker.actor.id)
    for same in (desk.manager, filer):
        refused = await keyed(same, f"{claim}/steps", {"event": "recover"})
        assert (refused.status_code, problem(refused)) == (403, "payer-gives-back")
    assert (await recovered(desk, claim)).status_code == 201


@pytest.mark.requirement("O5.3")
async def test_what_is_promised_to_another_is_not_given_back_to_a_guarantor(desk: Desk) -> None:
    lending = await desk.scene.fund(FundKind.WAQF)
    contract_id, claim = await paid(desk, lending)
    await desk.repay(contract_id, "100.000")
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await reserve(session, ask(lending, "9670.001", mode=ModeOfFinance.QARD))
    refused = await recovered(desk, claim)  # 10,000 - 1,200 + 840 + 100 held: 69.999 free
    assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    assert (await booked(desk, lending))["guarantee_received"] == "-840.000"
    assert (await recovered(desk, claim, amount=cash("50.000"))).status_code == 201


@pytest.mark.requirement("O5.3")
async def test_a_guarantor_gets_its_part_of_a_recovery_whatever_the_corpus_lacks(
    desk: Desk,
) -> None:
    """Of a loss of 1,200 a guarantor bore 840; of 10 recovered 7 are its own, 3 the corpus'."""
    lending = await desk.scene.fund(FundKind.WAQF)
    contract_id, claim = await paid(desk, lending)
    await desk.done(contract_id, "write_off", reason="uncollectable")
    await desk.done(contract_id, "recovery", amount=cash("10.000"), channel="cash")
    more = await recovered(desk, claim, amount=cash("10.001"))
    assert (more.status_code, problem(more)) == (422, "claim-amount-wrong")
    shared = await recovered(desk, claim)
    assert shared.json()["steps"][-1]["amount"]["amount"] == "7.000"
    books = await booked(desk, lending)
    assert books["guarantee_received"] == "-833.000"
    assert books["cash"] == "9643.000", "10,000 less 1,200 lent, 833 of the guarantor, 10 recovered"
    assert await desk.faults() == {}


@pytest.mark.requirement("O5.3")
async def test_a_guarantee_fund_pays_no_more_than_it_holds(desk: Desk) -> None:
    backing = await desk.scene.fund(FundKind.GUARANTEE, receives="839.999")
    contract_id = await desk.lent()
    claim = await filed(desk, await facility(desk, fund_id=str(backing)), contract_id)
    for event in ("submit", "accept"):
        await step(desk, claim, event)
    refused = await step(desk, claim, "pay")
    assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    assert (await desk.maker.get(claim)).json()["status"] == "accepted"
    assert await booked(desk, backing) == {"cash": "839.999", "fund_balance": "-839.999"}


@pytest.mark.requirement("O5.1")
async def test_covers_at_the_same_time_never_exceed_the_cap(desk: Desk) -> None:
    """Twelve persons ask for 840 of the 5,000 that a facility covers: five get it."""
    facility_id = await facility(desk)
    fund_id = await desk.scene.fund(FundKind.WAQF, receives="20000.000")
    contracts = [await desk.lent_from(fund_id) for _ in range(12)]
    actor = desk.manager.actor

    async def ask(contract_id: str) -> str:
        try:
            async with desk.scene.database.begin(desk.scene.institution_id) as session:
                await operations.cover_contract(
                    session,
                    UUID(facility_id),
                    contract_id=UUID(contract_id),
                    on=TODAY,
                    actor=actor,
                )
        except RafidError as refusal:
            return refusal.slug()
        return "covered"

    outcomes = await asyncio.gather(*(ask(contract_id) for contract_id in contracts))
    assert sorted(outcomes) == ["cover-above-cap"] * 7 + ["covered"] * 5
    told = (await desk.maker.get(f"{FACILITIES}/{facility_id}")).json()
    assert told["used"]["amount"] == "4200.000"


@pytest.mark.requirement("O5.1")
async def test_a_contract_is_covered_once_while_it_runs_and_released_when_it_ended(
    desk: Desk,
) -> None:
    facility_id, contract_id = await facility(desk), await desk.lent()
    cover = (await covered(desk, facility_id, contract_id)).json()
    again = await covered(desk, facility_id, contract_id)
    assert (again.status_code, problem(again)) == (409, "covered-already")
    path = f"/loans/v1/guarantee-covers/{cover['cover_id']}/release"
    early = await desk.manager.post(path, {})
    assert (early.status_code, problem(early)) == (409, "cover-stands")
    await desk.repay(contract_id, "1200.000")
    await desk.done(contract_id, "close")
    assert (await desk.manager.post(path, {})).status_code == 201
    told = (await desk.maker.get(f"{FACILITIES}/{facility_id}")).json()
    assert told["used"]["amount"] == "0.000"
    late = await covered(desk, facility_id, contract_id)
    assert (late.status_code, problem(late)) == (409, "not-coverable")
    listed = (await desk.maker.get(f"{FACILITIES}/{facility_id}/covers")).json()["items"]
    assert [one["released_on"] for one in listed] == [TODAY.isoformat()]


@pytest.mark.parametrize(
    "changes",
    [
        {"cap_each": cash("5000.001")},
        {"cap_each": cash("0.000")},
        {"cap_each": cash("1.00", "EGP")},
        {"ends_on": "2026-01-01"},
        {"covered": "1.01"},
    ],
)
async def test_a_facility_that_cannot_be_is_refused(desk: Desk, changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="invalid-request"):
        await facility(desk, **changes)


async def test_a_fund_of_another_kind_is_refused(desk: Desk) -> None:
    first = await desk.scene.fund(FundKind.WAQF)
    body = {
        "code": "X",
        "names": {"ar": "أ", "fr": "a", "en": "a"},
        "fund_id": str(first),
        "covered": "0.5",
        "cap_each": cash("1.000"),
        "cap_total": cash("1.000"),
        "claim_after_days": 1,
        "claim_within_days": 1,
        "starts_on": "2026-01-01",
    }
    answer = await desk.manager.post(FACILITIES, body)
    assert (answer.status_code, problem(answer)) == (422, "not-a-guarantee-fund")
