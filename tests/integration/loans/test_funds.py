"""A fund pays for what it may and can, and never more, however many ask at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Standing
from services.loans.domain.funding import ClaimRefused, FundExhausted, FundRestricted
from services.loans.domain.terms import ModeOfFinance
from services.loans.funds import operations, queries
from services.loans.funds.router import router
from services.loans.ledger.queries import JOURNAL, Cut
from shared import feed, ids
from shared.db import Database
from shared.errors import RafidError
from shared.feed import Sequencer
from shared.ids import ApplicationId, FundId, InstitutionId
from tests import rulings
from tests.integration.loans import signing
from tests.integration.loans.scene import (
    ACTOR,
    TODAY,
    Scene,
    ask,
    client_of,
    jod,
    keyed,
    reserve,
)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def manager(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(scene, router, roles="funds_manager") as client:
        yield client


async def standing(scene: Scene, fund_id: FundId) -> Standing:
    async with scene.database.read(scene.institution_id) as session:
        return (await queries.standings(session, [fund_id]))[fund_id]


async def test_a_reservation_leaves_less_for_the_next(scene: Scene) -> None:
    fund_id = await scene.fund(receives="1000.000")
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, "600.000"))
        with pytest.raises(FundExhausted) as caught:
            await reserve(session, ask(fund_id, "400.001"))
        await reserve(session, ask(fund_id, "400.000"))
    assert caught.value.available == jod("400.000")
    assert (await standing(scene, fund_id)).available == jod("0.000")


async def test_fifty_approvals_at_once_of_a_fund_for_ten_fund_exactly_ten(scene: Scene) -> None:
    fund_id = await scene.fund(receives="10000.000")

    async def approve() -> RafidError | None:
        try:
            async with scene.database.begin(scene.institution_id) as session:
                await reserve(session, ask(fund_id, "1000.000"))
        except FundExhausted as refusal:
            return refusal
        return None

    outcomes = await asyncio.gather(*(approve() for _ in range(50)))
    assert outcomes.count(None) == 10
    assert (await standing(scene, fund_id)).reserved == jod("10000.000")


async def test_many_asks_at_once_fit_in_the_order_given(scene: Scene) -> None:
    fund_id = await scene.fund(receives="1000.000")
    asks = [ask(fund_id, amount) for amount in ("600.000", "500.000", "400.000", "0.001")]
    async with scene.database.begin(scene.institution_id) as session:
        outcomes = await operations.reserve_all(session, asks, on=TODAY, actor_id=ACTOR)
    assert [outcome is None for outcome in outcomes] == [True, False, True, False]
    told = await scene.scalar(
        "select count(*) from event where type = 'loans.fund-claimed.v1' and subject_id = :f",
        f=fund_id,
    )
    assert told == 2


async def test_an_application_cannot_reserve_twice(scene: Scene) -> None:
    fund_id, other = await scene.fund(), await scene.fund()
    application_id = ApplicationId(ids.new())
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, application_id=application_id))
        with pytest.raises(ClaimRefused):
            await reserve(session, ask(other, application_id=application_id))


async def test_what_is_signed_for_less_is_released_and_what_is_drawn_is_gone(
    scene: Scene,
) -> None:
    fund_id = await scene.fund(receives="1000.000")
    application_id = ApplicationId(ids.new())
    signed = ask(fund_id, "700.000", application_id=application_id)
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, "1000.000", application_id=application_id))
        await operations.commit_all(session, [signed], on=TODAY, actor_id=ACTOR)
    after = await standing(scene, fund_id)
    assert (after.reserved, after.committed) == (jod("0.000"), jod("700.000"))
    async with scene.database.begin(scene.institution_id) as session:
        await operations.draw_all(session, [signed], on=TODAY, actor_id=ACTOR)
        with pytest.raises(ClaimRefused):
            await operations.draw_all(session, [signed], on=TODAY, actor_id=ACTOR)


async def test_a_withdrawn_application_gives_its_reservation_back_once(scene: Scene) -> None:
    fund_id = await scene.fund(receives="1000.000")
    application_id = ApplicationId(ids.new())
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, application_id=application_id))
        await operations.release_all(session, [application_id], actor_id=ACTOR)
        await operations.release_all(session, [application_id], actor_id=ACTOR)
    assert (await standing(scene, fund_id)).available == jod("1000.000")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        (FundKind.ZAKAT, ModeOfFinance.CONVENTIONAL),
        (FundKind.WAQF, ModeOfFinance.CONVENTIONAL),
        (FundKind.ZAKAT, ModeOfFinance.QARD),
    ],
)
async def test_a_refusal_names_the_rule_and_its_source(
    scene: Scene, kind: FundKind, mode: ModeOfFinance
) -> None:
    fund_id = await scene.fund(kind)
    async with scene.database.begin(scene.institution_id) as session:
        with pytest.raises(FundRestricted) as caught:
            await reserve(session, ask(fund_id, mode=mode))
    (refusal,) = caught.value.refusals
    assert refusal.rule == f"{kind.value}-{mode.value}"
    assert refusal.source


async def test_zakat_lends_under_a_registered_ruling(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.ZAKAT, lending_ruling=rulings.EVERYTHING)
    approval = signing.Approval(product=await signing.offer(scene, signing.qard()), fund_id=fund_id)
    poor, other = await signing.approve(scene, [approval, approval], reserved=False)
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, application_id=poor))
        with pytest.raises(FundRestricted):
            await reserve(session, ask(fund_id, application_id=other, bears_fee=True))


async def test_a_corpus_below_its_floor_lends_nothing(scene: Scene) -> None:
    fund_id = await scene.fund(receives="999.999", floor="1000.000")
    async with scene.database.begin(scene.institution_id) as session:
        with pytest.raises(FundRestricted) as caught:
            await reserve(session, ask(fund_id, "1.000"))
    assert caught.value.refusals[0].rule == "corpus-floor"


async def test_rules_are_checked_again_when_a_contract_is_signed(scene: Scene) -> None:
    fund_id = await scene.fund()
    application_id = ApplicationId(ids.new())
    dearer = ask(fund_id, application_id=application_id, mode=ModeOfFinance.CONVENTIONAL)
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, application_id=application_id))
        with pytest.raises(FundRestricted):
            await operations.commit_all(session, [dearer], on=TODAY, actor_id=ACTOR)


async def test_a_country_without_waqf_opens_none(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    tunisian = await Scene(database=loans_db, institution_id=institution_id).found(country="TN")
    with pytest.raises(operations.FundKindUnlawful) as refused:
        await tunisian.fund(FundKind.WAQF)
    assert refused.value.needs_legal_check, "the rulebook says of this fact that a lawyer look"


def fund_body(**changes: object) -> dict[str, object]:
    names = {"ar": "وقف القرض الحسن", "fr": "Waqf", "en": "Waqf"}
    return {"code": "WAQF-1", "kind": "waqf", "currency": "JOD", "names": names} | changes


async def test_a_fund_is_opened_linked_and_filled_over_http(manager: httpx.AsyncClient) -> None:
    opened = await manager.post("/loans/v1/funds", json=fund_body())
    assert opened.status_code == 201, opened.text
    fund = f"/loans/v1/funds/{opened.json()['fund_id']}"
    donor = await manager.post(
        "/loans/v1/donors", json={"code": "D1", "names": fund_body()["names"]}
    )
    receipt = {
        "amount": {"amount": "٢٥٠٫٥٠٠", "currency": "JOD"},
        "donor_id": donor.json()["donor_id"],
        "nature": "waqf_permanent",
    }
    unlinked = await manager.post(f"{fund}/receipts", json=receipt, headers=keyed())
    assert unlinked.json()["type"] == "/problems/loans/donor-not-linked"
    await manager.post(f"{fund}/donors", json={"donor_id": donor.json()["donor_id"]})
    key = keyed()
    first = await manager.post(f"{fund}/receipts", json=receipt, headers=key)
    again = await manager.post(f"{fund}/receipts", json=receipt, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    detail = (await manager.get(fund)).json()
    assert detail["balances"]["received"] == {"amount": "250.500", "currency": "JOD"}
    assert detail["balances"]["available"] == {"amount": "250.500", "currency": "JOD"}
    assert detail["donor_ids"] == [donor.json()["donor_id"]]
    listed = (await manager.get(f"{fund}/receipts")).json()["items"]
    assert [item["receipt_id"] for item in listed] == [first.json()["receipt_id"]]


async def test_a_code_is_given_once(manager: httpx.AsyncClient) -> None:
    assert (await manager.post("/loans/v1/funds", json=fund_body())).status_code == 201
    second = await manager.post("/loans/v1/funds", json=fund_body())
    assert (second.status_code, second.json()["type"]) == (409, "/problems/loans/code-taken")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "pension"}, 422),
        ({"currency": "XXQ"}, 422),
        ({"floor": {"amount": "-1.000", "currency": "JOD"}}, 422),
        ({"floor": {"amount": "1.00", "currency": "EUR"}}, 422),
        ({"surprise": 1}, 422),
    ],
)
async def test_a_fund_that_cannot_be_is_refused(
    manager: httpx.AsyncClient, change: dict[str, object], status: int
) -> None:
    assert (await manager.post("/loans/v1/funds", json=fund_body(**change))).status_code == status


async def test_a_receipt_of_tomorrow_or_of_another_currency_is_refused(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund = f"/loans/v1/funds/{await scene.fund(receives='0.000')}/receipts"
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    amount = {"amount": "1.000", "currency": "JOD"}
    late = await manager.post(
        fund,
        json={"amount": amount, "nature": "waqf_permanent", "received_on": tomorrow},
        headers=keyed(),
    )
    assert late.json()["type"] == "/problems/loans/day-not-yet"
    foreign = {"amount": {"amount": "1.00", "currency": "USD"}, "nature": "waqf_permanent"}
    assert (await manager.post(fund, json=foreign, headers=keyed())).status_code == 422
    none = {"amount": {"amount": "0.000", "currency": "JOD"}, "nature": "waqf_permanent"}
    assert (await manager.post(fund, json=none, headers=keyed())).status_code == 422
    below = {"amount": {"amount": "-5.000", "currency": "JOD"}, "nature": "waqf_permanent"}
    assert (await manager.post(fund, json=below, headers=keyed())).status_code == 422


async def test_figures_of_an_instant_stay_as_they_were(scene: Scene, loans_db: Database) -> None:
    fund_id = await scene.fund(receives="100.000")
    sequencer = Sequencer(loans_db, chains=(feed.EVENTS, JOURNAL))
    await sequencer.number(scene.institution_id)
    async with client_of(scene, router, roles="auditor") as auditor:
        first = (await auditor.get(f"/loans/v1/funds/{fund_id}/figures")).json()
        await scene.receive(fund_id, "11.000")
        unseen = (await auditor.get(f"/loans/v1/funds/{fund_id}/figures")).json()
        await sequencer.number(scene.institution_id)
        seen = (await auditor.get(f"/loans/v1/funds/{fund_id}/figures")).json()
        then = await auditor.get(
            f"/loans/v1/funds/{fund_id}/figures", params={"known_at": first["known_at"]}
        )
    assert first["received_minor"] == unseen["received_minor"] == 100_000
    assert seen["received_minor"] == seen["cash_minor"] == 111_000
    assert seen["sequence"] > first["sequence"]
    assert then.json() == first


async def test_the_statement_is_paged_and_cut_by_day(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(receives="0.000")
    for number in range(3):
        await scene.receive(fund_id, f"{number + 1}.000", on=TODAY - timedelta(days=number))
    path = f"/loans/v1/funds/{fund_id}/statement"
    page = (await manager.get(path, params={"limit": 2})).json()
    rest = (await manager.get(path, params={"limit": 2, "after": page["next"]})).json()
    assert [line["cash"]["amount"] for line in page["items"] + rest["items"]] == [
        "1.000",
        "2.000",
        "3.000",
    ]
    assert rest["next"] is None
    day = {"as_of": (TODAY - timedelta(days=1)).isoformat()}
    assert (await manager.get(path, params=day)).json()["in_hand"]["amount"] == "5.000"


async def test_the_books_of_a_fund_add_up(scene: Scene) -> None:
    fund_id = await scene.fund(receives="10.000")
    async with scene.database.read(scene.institution_id) as session:
        row = await queries.figures(session, fund_id, cut=Cut())
    assert row.received_minor + row.returned_minor == row.disbursed_minor + row.cash_minor
    assert row.cash_minor == 10_000


async def test_another_institution_sees_no_fund(scene: Scene, manager: httpx.AsyncClient) -> None:
    fund_id = await scene.fund()
    foreign = {"X-Institution": str(ids.new())}
    answer = await manager.get(f"/loans/v1/funds/{fund_id}", headers=foreign)
    assert answer.json()["type"] == "/problems/loans/fund-not-found"


async def test_sums_larger_than_one_movement_may_be_are_still_told(scene: Scene) -> None:
    fund_id = await scene.fund(receives="999999999999.999")
    await scene.receive(fund_id, "999999999999.999")
    async with client_of(scene, router, roles="auditor") as http:
        answer = await http.get(f"/loans/v1/funds/{fund_id}")
        refused = await http.post(
            f"/loans/v1/funds/{fund_id}/receipts",
            json={"amount": {"amount": "1000000000000.001", "currency": "JOD"}},
            headers={**keyed(), "Authorization": "Bearer funds_manager"},
        )
    assert answer.status_code == 200, answer.text
    assert "1999999999999.998" in answer.text
    assert refused.json()["type"] == "/problems/shared/amount-too-large"
