"""Zakat is collected as zakat: with payer, place and intention, by dated prices, for good."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.loans.servicing import router as servicing
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.bodies import Json, amount
from tests.integration.loans import own_facts, zakat_scene
from tests.integration.loans.scene import keyed
from tests.integration.loans.zakat_scene import PAPER, ZAKAT, Alms, later, problem
from tests.office import TODAY, Caller


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as found:
        found.office.app.include_router(servicing.router)
        yield found


@pytest.fixture
async def in_morocco(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id, country="MA", currency="MAD") as found:
        yield found


@pytest.fixture
async def in_kuwait(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id, country="KW", currency="JOD") as found:
        yield found


async def price(alms: Alms, per_gram: str = "450", **changes: object) -> Json:
    body: Json = {
        "metal": "gold",
        "currency": "MAD",
        "per_gram": per_gram,
        "priced_on": TODAY.isoformat(),
        "source": "Bourse of Casablanca, fixing",
    }
    answer = await alms.manager.post(f"{ZAKAT}/prices", body | changes)
    assert answer.status_code == 201, answer.text
    told: Json = answer.json()
    return told


def wealth(text: str = "41000.00", **changes: object) -> Json:
    body: Json = {"wealth": amount(text, "MAD"), "held_since": "2025-04-01"}
    return body | changes


async def test_41000_owe_1025_by_a_price_of_the_day(in_morocco: Alms) -> None:
    await price(in_morocco)

    answer = await in_morocco.officer.post(f"{ZAKAT}/dues", wealth())

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told["nisab"] == amount("38250.00", "MAD")
    assert told["due"] == amount("1025.00", "MAD")
    assert (told["per_gram"], told["priced_on"]) == ("450", TODAY.isoformat())
    assert told["price_source"] == "Bourse of Casablanca, fixing"
    assert told["falls_due"] == {"gregorian": "2026-03-22", "hijri": "1447-10-03"}
    assert {one["topic"] for one in told["facts"]} >= {"zakat_rate", "zakat_nisab_weight"}


async def test_a_price_is_needed_and_may_not_be_stale(in_morocco: Alms) -> None:
    missing = await in_morocco.officer.post(f"{ZAKAT}/dues", wealth())
    assert problem(missing) == "metal-price-missing"

    await price(in_morocco, priced_on=later(-8).isoformat())
    stale = await in_morocco.officer.post(f"{ZAKAT}/dues", wealth())
    assert (problem(stale), stale.json()["days"]) == ("metal-price-stale", 7)

    await price(in_morocco, "400", priced_on=later(-7).isoformat())
    await price(in_morocco, "500", priced_on=later(-7).isoformat())
    corrected = await in_morocco.officer.post(f"{ZAKAT}/dues", wealth())
    assert corrected.json()["nisab"] == amount("42500.00", "MAD"), "the later entry of a day"
    assert corrected.json()["due"] == amount("0.00", "MAD")


async def test_crops_need_no_price_and_silver_is_the_authority_s_to_say(in_morocco: Alms) -> None:
    crops = await in_morocco.officer.post(f"{ZAKAT}/dues", wealth(base="crops_irrigated"))
    assert (crops.json()["due"], crops.json()["nisab"]) == (amount("2050.00", "MAD"), None)

    await price(in_morocco, "12.34", metal="silver")
    own = own_facts.fact("zakat_nisab_basis", "silver", unit="metal", country="MA")
    await in_morocco.give_fact(own)
    silver = await in_morocco.officer.post(f"{ZAKAT}/dues", wealth())
    assert (silver.json()["metal"], silver.json()["nisab"]) == (
        "silver",
        amount("7342.30", "MAD"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"per_gram": "0"},
        {"per_gram": "-1"},
        {"per_gram": "1e3"},
        {"metal": "copper"},
        {"source": ""},
        {"currency": "mad"},
        {"priced_on": later(1).isoformat()},
    ],
)
async def test_a_price_that_is_none_is_refused(in_morocco: Alms, changes: Json) -> None:
    body: Json = {
        "metal": "gold",
        "currency": "MAD",
        "per_gram": "450",
        "priced_on": TODAY.isoformat(),
        "source": "x",
    }
    answer = await in_morocco.manager.post(f"{ZAKAT}/prices", body | changes)
    assert answer.status_code == 422, answer.text


async def payer(alms: Alms, name: str = "Salim") -> Json:
    answer = await alms.manager.post(f"{ZAKAT}/payers", {"name": name})
    assert answer.status_code == 201, answer.text
    told: Json = answer.json()
    return told


@pytest.mark.rule("Z-13")
async def test_a_receipt_keeps_payer_place_and_intention(alms: Alms) -> None:
    fund_id, known = await alms.fund(), await payer(alms)

    answer = await alms.collection(
        fund_id,
        "1025.000",
        payer_id=known["payer_id"],
        intention="zakat on trade goods of 1447",
        region="zarqa",
    )

    told = answer.json()
    assert answer.status_code == 201, answer.text
    assert (told["nature"], told["payer"], told["region"]) == ("zakat", known, "zarqa")
    assert told["received"] == {"gregorian": "2026-04-01", "hijri": "1447-10-13"}
    assert "1025.000 JOD" in told["says"]
    assert "zakat on trade goods of 1447" in told["says"]
    read = await alms.manager.get(f"{ZAKAT}/collections/{told['receipt_id']}")
    assert read.json() == told


async def test_a_payer_s_receipt_is_in_the_reader_s_language(alms: Alms) -> None:
    receipt_id = await alms.collects(await alms.fund(), "10.000")
    said = {}
    for language in ("ar", "fr", "en"):
        headers = {
            "Authorization": f"Bearer {alms.manager.token}",
            "Accept-Language": language,
        }
        answer = await alms.office.http.get(f"{ZAKAT}/collections/{receipt_id}", headers=headers)
        said[language] = answer.json()["says"]
    assert "مزكٍّ لم يُذكر اسمه" in said["ar"]
    assert "1447" in said["ar"]
    assert "un payeur non nommé" in said["fr"]
    assert "a payer who is not named" in said["en"]


@pytest.mark.rule("Z-13")
async def test_what_was_given_as_another_thing_is_never_zakat(alms: Alms) -> None:
    fund_id, donation = await alms.fund(), await alms.fund("GIFTS", "donation")
    body = {"amount": amount("5.000"), "nature": "donation_open"}
    path = f"/loans/v1/funds/{fund_id}/receipts"

    assert problem(await alms.manager.post(path, body, **keyed())) == "receipt-nature-foreign"
    assert problem(await alms.collection(donation, "5.000")) == "not-zakat-fund"
    zakat = await alms.manager.post(path, body | {"nature": "zakat"}, **keyed())
    assert zakat.status_code == 201, zakat.text


@pytest.mark.rule("Z-13")
async def test_a_known_payer_s_zakat_goes_back_with_consent_alone(alms: Alms) -> None:
    fund_id, known = await alms.fund(), await payer(alms)
    receipt_id = await alms.collects(fund_id, "100.000", payer_id=known["payer_id"])
    body = {"kind": "receipt_reversal", "receipt_id": receipt_id, "reason": "error"}

    async def reverse(maker: Caller) -> Json:
        answer = await maker.post(f"/loans/v1/funds/{fund_id}/orders", body, **keyed())
        return {"status": answer.status_code, **answer.json()}

    refused = await reverse(alms.manager)
    assert refused["type"].endswith("payer-consent-missing")
    consent = {"given_on": TODAY.isoformat(), "evidence": PAPER}
    for _ in range(2):
        path = f"{ZAKAT}/collections/{receipt_id}/consent"
        assert (await alms.manager.post(path, consent)).status_code == 201
    assert (await reverse(alms.manager))["status"] == 201

    anonymous = await alms.collects(fund_id, "1.000")
    body["receipt_id"] = anonymous
    assert (await reverse(alms.manager))["status"] == 201


@pytest.mark.requirement("A8.7")
async def test_a_company_levy_is_booked_as_zakat_on_the_authority_s_word(in_kuwait: Alms) -> None:
    fund_id = await in_kuwait.fund()

    levy = await in_kuwait.collection(fund_id, "900.000", origin="company_levy")
    assert (problem(levy), levy.json()["country"]) == ("company-levy-not-zakat", "KW")
    assert (await in_kuwait.collection(fund_id, "900.000")).status_code == 201

    word = own_facts.fact("company_levy_is_zakat", "yes", unit="answer", country="KW")
    await in_kuwait.give_fact(word)
    booked = await in_kuwait.collection(fund_id, "900.000", origin="company_levy")
    assert booked.status_code == 201, booked.text
    assert [one["own"] for one in booked.json()["facts"]] == [True]


@pytest.mark.requirement("A8.7")
async def test_in_the_emirates_zakat_is_collected_under_a_licence(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with zakat_scene.opened(loans_db, institution_id, country="AE", currency="JOD") as alms:
        fund_id = await alms.fund()
        refused = await alms.collection(fund_id, "10.000")
        assert (problem(refused), refused.json()["country"]) == ("collection-not-licensed", "AE")

        licence = own_facts.fact("zakat_collection", "licensed", unit="policy", country="AE")
        await alms.give_fact(licence)
        booked = await alms.collection(fund_id, "10.000")
        assert booked.status_code == 201, booked.text
        assert [one["own"] for one in booked.json()["facts"]] == [True]


async def test_where_no_law_speaks_of_a_levy_it_is_not_zakat(alms: Alms) -> None:
    levy = await alms.collection(await alms.fund(), "9.000", origin="company_levy")
    assert problem(levy) == "no-rule"


async def test_a_collection_that_is_none_is_refused(alms: Alms) -> None:
    fund_id = await alms.fund()
    for changes, expected in (
        ({"payer_id": str(ids.new())}, "zakat-record-unknown"),
        ({"amount": amount("0.000")}, "amount-not-positive"),
        ({"amount": amount("5.00", "MAD")}, "currency-mismatch"),
        ({"received_on": later(1).isoformat()}, "day-not-yet"),
        ({"region": ""}, "invalid-request"),
    ):
        assert problem(await alms.collection(fund_id, "5.000", **changes)) == expected
    assert problem(await alms.collection(str(ids.new()), "5.000")) == "fund-not-found"
    assert await alms.balance(fund_id, "cash") == "0.000"


async def test_payers_are_listed_and_the_same_request_books_once(alms: Alms) -> None:
    fund_id = await alms.fund()
    known = [await payer(alms, name) for name in ("A", "B", "C")]
    listed = await alms.manager.get(f"{ZAKAT}/payers", limit=2)
    assert listed.json()["items"] == known[:2]
    assert [one["reference"] for one in known] == [f"ZP-2026-{n:06d}" for n in (1, 2, 3)]

    key = keyed()
    body = {"fund_id": fund_id, "amount": amount("7.000"), "region": "amman"}
    answers = [await alms.manager.post(f"{ZAKAT}/collections", body, **key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert UUID(answers[0].json()["receipt_id"])
    assert await alms.balance(fund_id, "cash") == "7.000"
