"""Is a waqf run over its routes: a deed, a year's yield, an exchange, and its position read?"""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.loans.funds import router as funds
from services.loans.waqf import router as waqf_routes
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import office
from tests.bodies import amount
from tests.office import Caller, Office

PATH = "/loans/v1"
NAMES = {"ar": "وقف", "fr": "Waqf", "en": "Waqf"}
JUDGE = {"name": "Ministry of Awqaf", "reference": "12/2026", "decided_on": "2026-03-01"}
DEED: dict[str, Any] = {
    "reference": "DEED-1",
    "made_on": "2020-01-01",
    "use": "cash_invested",
    "benefit": "charitable",
    "purposes": ["education"],
    "purpose_clause": "Its yield teaches orphans.",
    "corpus_clause": "The sum stands for ever.",
    "nazir_fee_share": "0.10",
    "reserve_share": "0.10",
    "permits_temporary": True,
}


class Trust:
    """An institution with a waqf of 1,000,000.000 JOD, and two who manage funds."""

    def __init__(self, opened: Office) -> None:
        self.office = opened
        self.maker: Caller = opened.caller(Role.FUNDS_MANAGER)
        self.checker: Caller = opened.caller(Role.APPROVER)
        self.fund_id = ""

    async def found(self) -> None:
        body = {"code": "W-1", "kind": "waqf", "currency": "JOD", "names": NAMES}
        self.fund_id = (await self.maker.post(f"{PATH}/funds", body)).json()["fund_id"]
        given = {"amount": amount("1000000.000"), "nature": "waqf_permanent"}
        answer = await self.post(self.maker, f"funds/{self.fund_id}/receipts", given)
        assert answer.status_code == 201, answer.text

    async def post(
        self, who: Caller, path: str, body: object, key: str | None = None
    ) -> httpx.Response:
        return await who.post(f"{PATH}/{path}", body, Idempotency_Key=key or str(ids.new()))

    async def propose(self, kind: str, **members: Any) -> httpx.Response:
        body = {"kind": kind, **members}
        return await self.post(self.maker, f"funds/{self.fund_id}/waqf/orders", body)

    async def approve(
        self, order_id: str, *, who: Caller | None = None, outcome: str = "approve"
    ) -> httpx.Response:
        path = f"waqf-orders/{order_id}/approval"
        return await self.post(who or self.checker, path, {"outcome": outcome})

    async def order(self, kind: str, **members: Any) -> dict[str, Any]:
        proposed = await self.propose(kind, **members)
        assert proposed.status_code == 201, proposed.text
        approved = await self.approve(proposed.json()["order_id"])
        assert approved.status_code == 201, approved.text
        told: dict[str, Any] = approved.json()
        return told

    async def earn(self, text: str, kind: str = "yield") -> None:
        body = {"kind": kind, "amount": amount(text)}
        answer = await self.post(self.maker, f"funds/{self.fund_id}/waqf/incomes", body)
        assert answer.status_code == 201, answer.text

    async def position(self, **query: str) -> dict[str, Any]:
        answer = await self.maker.get(f"{PATH}/funds/{self.fund_id}/waqf", **query)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture
async def trust(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Trust]:
    routers = (funds.router, waqf_routes.router)
    async with office.opened(loans_db, institution_id, *routers) as opened:
        made = Trust(opened)
        await made.found()
        yield made


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


@pytest.mark.requirement("A8.4")
@pytest.mark.rule("W-5")
async def test_a_year_of_an_invested_waqf_by_its_routes(trust: Trust) -> None:
    await trust.order("deed", deed=DEED)
    await trust.earn("60000.000")
    assert (await trust.position())["spendable"] == amount("48000.000")
    await trust.order("nazir_fee", amount=amount("6000.000"))
    await trust.order("reserve", amount=amount("6000.000"))
    beyond = await trust.propose("distribution", amount=amount("48000.001"), purpose="education")
    assert (beyond.status_code, slug(beyond)) == (422, "yield-not-realised")
    paid = await trust.order("distribution", amount=amount("48000.000"), purpose="education")
    assert (paid["state"], paid["proposed_by"]) == ("approved", str(trust.maker.actor.id))
    assert paid["decided_by"] == str(trust.checker.actor.id)
    found = await trust.position()
    assert {
        name: found[name]["amount"] for name in ("floor", "reserve", "granted", "spendable")
    } == {
        "floor": "1000000.000",
        "reserve": "6000.000",
        "granted": "48000.000",
        "spendable": "0.000",
    }
    assert found["deed"]["corpus_clause"] == "The sum stands for ever."


async def test_whoever_proposed_does_not_decide_and_nothing_is_decided_twice(
    trust: Trust,
) -> None:
    both = trust.office.caller(Role.FUNDS_MANAGER, Role.APPROVER, actor_id=trust.maker.actor.id)
    order_id = (await trust.propose("deed", deed=DEED)).json()["order_id"]
    own = await trust.approve(order_id, who=both)
    assert (own.status_code, slug(own)) == (403, "waqf-maker-decides")
    assert (await trust.position())["deed"] is None
    rejected = await trust.approve(order_id, outcome="reject")
    assert rejected.json()["state"] == "rejected"
    again = await trust.approve(order_id)
    assert (again.status_code, slug(again)) == (409, "waqf-order-decided")
    assert (await trust.position())["deed"] is None, "a deed that was rejected is in no force"
    listed = await trust.maker.get(f"{PATH}/funds/{trust.fund_id}/waqf/orders")
    assert [one["state"] for one in listed.json()["items"]] == ["rejected"]


@pytest.mark.rule("W-10")
async def test_the_purpose_changes_by_the_authority_s_decision_alone(trust: Trust) -> None:
    await trust.order("deed", deed=DEED)
    other = DEED | {"purposes": ["orphanage"], "reference": "DEED-2"}
    refused = await trust.propose("deed", deed=other)
    assert (refused.status_code, slug(refused)) == (422, "authority-missing")
    await trust.order("deed", deed=other, authority=JUDGE)
    await trust.earn("100.000")
    old = await trust.propose("distribution", amount=amount("1.000"), purpose="education")
    assert (old.status_code, slug(old)) == (422, "purpose-not-in-deed")
    assert "Its yield teaches orphans." in old.json()["detail"]
    await trust.order("distribution", amount=amount("1.000"), purpose="orphanage")


@pytest.mark.rule("W-9")
async def test_property_is_bought_yields_and_is_exchanged_by_the_authority(trust: Trust) -> None:
    await trust.order("deed", deed=DEED)
    house = {"kind": "real property", "description": "a house of two floors"}
    await trust.order("invest", amount=amount("90000.000"), asset=house)
    (owned,) = (await trust.position())["assets"]
    assert owned["cost"] == amount("90000.000")
    asked: dict[str, Any] = {"asset_id": owned["asset_id"], "appraised": amount("100000.000")}
    nobody = await trust.propose("exchange", amount=amount("100000.000"), **asked)
    assert slug(nobody) == "authority-missing"
    less = await trust.propose("exchange", amount=amount("99999.999"), authority=JUDGE, **asked)
    assert slug(less) == "exchange-below-value"
    shop = {"kind": "real property", "description": "a shop"}
    swapped = await trust.order(
        "exchange", amount=amount("100000.000"), authority=JUDGE, asset=shop, **asked
    )
    assert swapped["entry_id"] is None, "property for property keeps its figure"
    (now,) = (await trust.position())["assets"]
    assert (now["description"], now["cost"]) == ("a shop", amount("90000.000"))
    gone = await trust.propose("exchange", amount=amount("1.000"), authority=JUDGE, **asked)
    assert (gone.status_code, slug(gone)) == (404, "waqf-asset-unknown")
    asked["asset_id"] = now["asset_id"]
    await trust.order("exchange", amount=amount("100000.000"), authority=JUDGE, **asked)
    found = await trust.position()
    assert found["assets"] == []
    assert found["net_assets"] == amount("1010000.000")
    assert found["spendable"] == amount("0.000"), "a gain of the corpus is corpus"


@pytest.mark.rule("W-6")
async def test_who_has_an_interest_is_paid_by_the_judge_alone(trust: Trust) -> None:
    nazir = ids.new()
    await trust.order("deed", deed=DEED | {"nazir_id": str(nazir)})
    await trust.earn("1000.000")
    brother = str(ids.new())
    declared = await trust.checker.post(
        f"{PATH}/funds/{trust.fund_id}/waqf/conflicts",
        {"party_id": brother, "interest": "brother of the trustee"},
    )
    assert declared.status_code == 201, declared.text
    for party in (brother, str(nazir)):
        refused = await trust.propose("upkeep", amount=amount("1.000"), party_id=party)
        assert (refused.status_code, slug(refused)) == (403, "conflict-of-interest")
        await trust.order("upkeep", amount=amount("1.000"), party_id=party, authority=JUDGE)
    await trust.order("upkeep", amount=amount("1.000"), party_id=str(ids.new()))
    own = trust.office.caller(Role.APPROVER, actor_id=nazir)
    order_id = (await trust.propose("nazir_fee", amount=amount("1.000"))).json()["order_id"]
    assert slug(await trust.approve(order_id, who=own)) == "conflict-of-interest"
    assert (await trust.approve(order_id)).status_code == 201
    listed = await trust.maker.get(f"{PATH}/funds/{trust.fund_id}/waqf/conflicts")
    assert [one["interest"] for one in listed.json()] == ["brother of the trustee"]


@pytest.mark.rule("W-4")
async def test_yield_is_added_to_the_corpus_and_raises_its_floor(trust: Trust) -> None:
    await trust.order("deed", deed=DEED)
    await trust.earn("1000.000")
    silent = await trust.propose("growth", amount=amount("100.000"))
    assert slug(silent) == "growth-not-allowed"
    await trust.order("growth", amount=amount("100.000"), benefit="a second class room")
    found = await trust.position()
    assert (found["added"], found["floor"]) == (amount("100.000"), amount("1000100.000"))
    assert found["spendable"] == amount("700.000")


async def test_the_position_tells_the_real_value_by_a_published_index(trust: Trust) -> None:
    await trust.order("deed", deed=DEED)
    assert (await trust.position())["real_value"] is None, "nothing is made up without an index"
    for day, value in (("2026-04-01", "100"), ("2026-04-01", "125.5"), ("2026-03-01", "100.4")):
        entered = await trust.maker.post(
            f"{PATH}/price-indices",
            {"series": "CPI", "valid_on": day, "value": value, "source": "DoS, bulletin 4"},
        )
        assert entered.status_code == 201, entered.text
    listed = (await trust.maker.get(f"{PATH}/price-indices")).json()
    assert [(one["valid_on"], one["value"]) for one in listed] == [
        ("2026-03-01", "100.4"),
        ("2026-04-01", "125.5"),
    ]
    real = (await trust.position())["real_value"]
    assert (real["worth"], real["kept"]) == (amount("1000000.000"), "1.0000")
    assert real["index_source"] == "DoS, bulletin 4"


async def test_a_position_of_an_earlier_day_is_that_day_s(trust: Trust) -> None:
    await trust.order("deed", deed=DEED)
    await trust.earn("1000.000")
    before = await trust.position(as_of="2026-03-31")
    assert (before["endowed"], before["realised_yield"]) == (amount("0.000"), amount("0.000"))
    assert before["ladder"] is None
    now = await trust.position()
    assert (now["endowed"], now["ladder"], now["multiplier"]) == (
        amount("1000000.000"),
        [],
        "0.0000",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "distribution", "amount": amount("1.000")},
        {"kind": "nazir_fee", "amount": amount("1.000"), "purpose": "education"},
        {"kind": "return", "amount": amount("1.000")},
        {"kind": "deed", "deed": DEED | {"nazir_fee_share": "1.5"}},
        {"kind": "deed", "deed": DEED | {"made_on": "yesterday"}},
        {"kind": "gift", "amount": amount("1.000")},
    ],
)
async def test_an_order_that_is_not_said_rightly_is_refused(
    trust: Trust, body: dict[str, Any]
) -> None:
    answer = await trust.post(trust.maker, f"funds/{trust.fund_id}/waqf/orders", body)
    assert (answer.status_code, slug(answer)) == (422, "invalid-request")


@pytest.mark.parametrize(
    ("kind", "members", "said"),
    [
        ("upkeep", {"amount": amount("0.000")}, "amount-not-positive"),
        ("upkeep", {"amount": amount("1.00", "USD")}, "currency-mismatch"),
        ("upkeep", {"amount": amount("1.000")}, "corpus-below-floor"),
        ("upkeep", {"amount": amount("1.000"), "effective_on": "2026-04-02"}, "day-not-yet"),
        ("reserve", {"amount": amount("1.000")}, "yield-not-realised"),
        ("return", {"receipt_id": str(ids.new())}, "not-temporary"),
        ("loss_cover", {"contract_id": str(ids.new())}, "nothing-lost"),
        (
            "invest",
            {"amount": amount("1000000.001"), "asset": {"kind": "a", "description": "b"}},
            "fund-exhausted",
        ),
    ],
)
async def test_bad_orders_are_named_problems_and_change_nothing(
    trust: Trust, kind: str, members: dict[str, Any], said: str
) -> None:
    await trust.order("deed", deed=DEED)
    before = await trust.position()
    answer = await trust.propose(kind, **members)
    assert slug(answer) == said, answer.text
    assert await trust.position() == before


async def test_a_fund_without_a_corpus_is_no_waqf(trust: Trust) -> None:
    body = {"code": "S-1", "kind": "state", "currency": "JOD", "names": NAMES}
    state = (await trust.maker.post(f"{PATH}/funds", body)).json()["fund_id"]
    answer = await trust.maker.get(f"{PATH}/funds/{state}/waqf")
    assert (answer.status_code, slug(answer)) == (422, "no-corpus-here")
    body = {"code": "D-1", "kind": "donation", "currency": "JOD", "names": NAMES}
    gifts = (await trust.maker.post(f"{PATH}/funds", body)).json()["fund_id"]
    answer = await trust.maker.get(f"{PATH}/funds/{gifts}/waqf")
    assert (answer.status_code, slug(answer)) == (422, "waqf-deed-missing")
    unknown = await trust.maker.get(f"{PATH}/funds/{ids.new()}/waqf")
    assert unknown.status_code == 404


async def test_the_same_key_books_one_income(trust: Trust) -> None:
    body = {"kind": "yield", "amount": amount("10.000")}
    path, key = f"funds/{trust.fund_id}/waqf/incomes", str(ids.new())
    first = await trust.post(trust.maker, path, body, key)
    again = await trust.post(trust.maker, path, body, key)
    assert first.json() == again.json()
    listed = await trust.maker.get(f"{PATH}/{path}")
    assert len(listed.json()["items"]) == 1
    assert (await trust.position())["realised_yield"] == amount("10.000")
