"""Facts of the rulebook over HTTP: read, given by one person, approved by another, kept."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.loans.domain.lawful import Standing, Used
from services.loans.rulebook import operations, queries, router
from shared import ids, rulebook
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import office
from tests.office import TODAY, Caller, Office

FACTS = "/loans/v1/rulebook/facts"
OVERRIDES = "/loans/v1/rulebook/overrides"
SOURCE = {
    "title": "Autorité de contrôle de la microfinance, note 3 of 2026",
    "article": "2",
    "url": "https://www.acm.gov.tn/note-3",
    "dated": "2026-01-20",
    "read_on": "2026-02-01",
}
NOTE = {
    "fact_id": "own-rate-2026-H1",
    "topic": "rate_cap",
    "country": "TN",
    "conditions": {"institution_type": ["association", "joint_stock_company"]},
    "value": "0.24",
    "unit": "effective",
    "starts_on": "2026-01-01",
    "ends_on": "2026-07-01",
    "when_past": "refuse",
    "source": SOURCE,
    "confidence": "high",
}
Body = dict[str, Any]


@pytest.fixture
async def bureau(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with office.opened(
        loans_db, institution_id, router.router, country="TN", currency="TND"
    ) as opened:
        yield opened


@pytest.fixture
def maker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def checker(bureau: Office) -> Caller:
    return bureau.caller(Role.ADMINISTRATOR)


async def give(maker: Caller, checker: Caller, **changes: Any) -> Body:
    proposed = await maker.post(OVERRIDES, {**NOTE, **changes})
    assert proposed.status_code == 201, proposed.text
    approved = await checker.post(f"{OVERRIDES}/{proposed.json()['override_id']}/approval", {})
    assert approved.status_code == 201, approved.text
    kept: Body = approved.json()
    return kept


async def read(caller: Caller, **query: str) -> Body:
    answer = await caller.get(FACTS, **query)
    assert answer.status_code == 200, answer.text
    told: Body = answer.json()
    return told


async def test_the_facts_of_a_place_are_read_with_source_and_doubt(maker: Caller) -> None:
    told = await read(maker, topic="rate_cap", on="2026-03-01")
    by_id = {one["fact_id"]: one for one in told["items"]}

    budget = by_id["rate-TN-budget"]
    assert (budget["value"], budget["unit"], budget["standing"]) == ("0.05", "nominal", "possible")
    assert budget["needs_legal_check"]
    assert budget["confidence"] == "medium"
    assert budget["source"]["read_on"] == "2026-11-22"
    assert by_id["rate-TN-published"]["standing"] == "not_given"
    assert by_id["rate-TN-2026-H1-leasing"]["standing"] == "possible"
    assert not any(one["own"] for one in told["items"])


async def test_after_its_period_a_fact_is_still_named(maker: Caller) -> None:
    told = await read(maker, topic="rate_cap", on="2026-11-22")

    standing = {one["fact_id"]: one["standing"] for one in told["items"]}
    assert standing["rate-TN-2026-H1-leasing"] == "past"


async def test_where_nothing_is_known_the_page_says_so(maker: Caller) -> None:
    jordan, bahrain = [
        await read(maker, country=country, topic="minimum_provision") for country in ("JO", "BH")
    ]
    whole = await read(maker, country="MR")

    assert (jordan["items"], jordan["silent_on"]) == ([], ["minimum_provision"])
    assert bahrain["items"][0]["value"] == {"0": "0", "90": "0.1"}
    assert bahrain["silent_on"] == []
    assert {"rate_cap", "loan_ceiling", "minimum_provision"} <= set(whole["silent_on"])
    assert {"weekend", "early_settlement", "late_charge"}.isdisjoint(whole["silent_on"])


async def test_both_markets_of_yemen_are_told(maker: Caller) -> None:
    told = await read(maker, country="YE", topic="rate_cap")

    assert [one["country"] for one in told["items"]] == ["YE-SANAA"]
    aden = await read(maker, country="YE-ADEN", topic="rate_cap")
    assert aden["silent_on"] == ["rate_cap"]


async def test_a_fact_is_given_by_two_persons(
    bureau: Office, maker: Caller, checker: Caller
) -> None:
    proposed = (await maker.post(OVERRIDES, NOTE)).json()
    before = await read(maker, topic="rate_cap", on="2026-03-01")
    alone = await maker.post(f"{OVERRIDES}/{proposed['override_id']}/approval", {})
    approved = await checker.post(f"{OVERRIDES}/{proposed['override_id']}/approval", {})
    after = await read(maker, topic="rate_cap", on="2026-03-01")

    assert proposed["state"] == "proposed"
    assert not any(one["own"] for one in before["items"])
    assert (alone.status_code, alone.json()["type"]) == (
        403,
        "/problems/loans/override-maker-decides",
    )
    body = approved.json()
    assert (body["state"], body["proposed_by"], body["decided_by"]) == (
        "approved",
        str(maker.actor.id),
        str(checker.actor.id),
    )
    assert body["reference"].startswith("RB-")
    own = after["items"][0]
    assert own["own"]
    assert own["fact_id"] == NOTE["fact_id"]
    assert own["source"] == SOURCE
    async with bureau.database.read(bureau.institution_id) as session:
        book = await queries.book(session, on=TODAY)
    assert [fact.id for fact in book.overrides] == [NOTE["fact_id"]]
    assert (book.country, book.told) == ("TN", {})


async def test_a_rejected_fact_never_holds_and_nobody_decides_twice(
    maker: Caller, checker: Caller
) -> None:
    proposed = (await maker.post(OVERRIDES, NOTE)).json()["override_id"]
    rejected = await checker.post(f"{OVERRIDES}/{proposed}/rejection", {})
    again = await checker.post(f"{OVERRIDES}/{proposed}/approval", {})
    listed = (await checker.get(OVERRIDES)).json()["items"]

    assert rejected.json()["state"] == "rejected"
    assert (again.status_code, again.json()["type"]) == (409, "/problems/loans/override-decided")
    assert [one["state"] for one in listed] == ["rejected"]
    assert not any(one["own"] for one in (await read(maker, topic="rate_cap"))["items"])


async def test_the_same_id_replaces_and_the_old_one_stays_to_be_read(
    bureau: Office, maker: Caller, checker: Caller
) -> None:
    await give(maker, checker)
    await give(maker, checker, value="0.23", starts_on="2026-07-01", ends_on="2027-01-01")

    async with bureau.database.read(bureau.institution_id) as session:
        book = await queries.book(session, on=TODAY)
    assert [(fact.value, str(fact.in_force_from)) for fact in book.overrides] == [
        ("0.23", "2026-07-01")
    ]
    listed = (await checker.get(OVERRIDES)).json()["items"]
    assert [one["fact"]["value"] for one in listed] == ["0.24", "0.23"]


async def test_two_facts_that_contradict_each_other_are_not_both_approved(
    maker: Caller, checker: Caller
) -> None:
    await give(maker, checker)
    other = {**NOTE, "fact_id": "other", "value": "0.2"}
    later = {**other, "starts_on": "2026-07-01", "ends_on": None}

    async def decided(body: Body) -> Any:
        proposed = (await maker.post(OVERRIDES, body)).json()["override_id"]
        return await checker.post(f"{OVERRIDES}/{proposed}/approval", {})

    refused, permitted = await decided(other), await decided(later)

    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/problems/loans/override-contradicts",
    )
    assert refused.json()["other_id"] == NOTE["fact_id"]
    assert permitted.status_code == 201


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"country": "MA"}, "override-elsewhere"),
        ({"topic": "fund_finances_mode", "value": "allowed"}, "topic-not-yours"),
        ({"value": "lots"}, "fact-malformed"),
        ({"unit": "daily"}, "fact-malformed"),
        ({"value": {"rule": "published"}}, "fact-malformed"),
        ({"ends_on": "2026-01-01"}, "fact-malformed"),
    ],
)
async def test_a_fact_nobody_could_use_is_refused(
    maker: Caller, changes: Body, problem: str
) -> None:
    answer = await maker.post(OVERRIDES, {**NOTE, **changes})

    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith(problem)
    assert (await maker.get(OVERRIDES)).json()["items"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"source": {**SOURCE, "title": ""}},
        {"source": {"title": "x", "url": "javascript:alert(1)"}},
        {"source": {"title": "x", "dated": "yesterday"}},
        {"conditions": {"institution_type": []}},
        {"value": 0.24},
        {"value": "0.2\x00"},
        {"confidence": "certain"},
        {"fact_id": "../x"},
    ],
)
async def test_a_body_that_is_no_fact_is_refused_at_the_edge(maker: Caller, changes: Body) -> None:
    answer = await maker.post(OVERRIDES, {**NOTE, **changes})

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


async def test_a_refusal_is_told_in_the_readers_language(maker: Caller) -> None:
    texts = {}
    for language in ("ar", "fr", "en"):
        answer = await maker.post(
            OVERRIDES, {**NOTE, "country": "MA"}, **{"accept-language": language}
        )
        texts[language] = answer.json()["title"]

    assert texts["fr"] == "La règle est d’un autre pays"
    assert texts["en"] == "The fact is of another country"
    assert texts["ar"] == "القاعدة تخص بلدًا آخر"


async def test_what_an_institution_says_of_itself_is_dated_and_names_its_market(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with office.opened(
        loans_db, institution_id, router.router, country="YE", currency="YER"
    ) as opened:
        await give(
            opened.caller(Role.FUNDS_MANAGER),
            opened.caller(Role.ADMINISTRATOR),
            fact_id="licence",
            topic="institution",
            country="YE",
            conditions={},
            value={"institution_type": "microfinance_bank", "part": "SANAA"},
            unit="",
            starts_on="2026-02-01",
            ends_on=None,
            when_past="ends",
        )
        async with opened.database.read(institution_id) as session:
            country, facts = await queries.own_facts(session)

    before = queries.as_read(country, facts, on=TODAY.replace(year=2025))
    since = queries.as_read(country, facts, on=TODAY.replace(year=2027))
    assert (before.country, before.told) == ("YE", {})
    assert since.country == "YE-SANAA"
    assert since.told == {"institution_type": "microfinance_bank"}


async def test_the_facts_of_a_decision_are_kept_as_they_were(bureau: Office, maker: Caller) -> None:
    subject, other = ids.new(), ids.new()
    (fact,) = rulebook.possible(
        "rate_cap",
        unit="nominal",
        on=TODAY,
        country="TN",
        told={"institution_type": "association", "resources": "budget"},
    ).facts
    used = Used(fact=fact.fact, standing=Standing.IN_FORCE)

    async with bureau.database.begin(bureau.institution_id) as session:
        await operations.record_uses(session, "contract", [(subject, (used,)), (other, ())])

    (kept,) = (await maker.get(f"/loans/v1/rulebook/uses/{subject}")).json()["items"]
    assert kept["subject"] == "contract"
    assert [(one["fact_id"], one["standing"]) for one in kept["facts"]] == [
        ("rate-TN-budget", "in_force")
    ]
    assert kept["facts"][0]["needs_legal_check"]
    assert (await maker.get(f"/loans/v1/rulebook/uses/{other}")).json()["items"] == []


async def test_the_database_refuses_one_person_in_both_parts(bureau: Office, maker: Caller) -> None:
    proposed = (await maker.post(OVERRIDES, NOTE)).json()["override_id"]
    insert = text(
        "insert into rulebook_decision"
        " (institution_id, override_id, outcome, reference, proposer_id, actor_id)"
        " values (:institution_id, :override_id, 'approved', 'RB-1', :proposer, :actor)"
    )
    values = {
        "institution_id": bureau.institution_id,
        "override_id": proposed,
        "proposer": maker.actor.id,
        "actor": maker.actor.id,
    }
    for changes in ({}, {"proposer": ids.new()}):
        with pytest.raises(IntegrityError):
            async with bureau.database.begin(bureau.institution_id) as session:
                await session.execute(insert, values | changes)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with bureau.database.begin(bureau.institution_id) as session:
            await session.execute(text("update rulebook_override set topic = 'x'"))


async def test_another_institution_sees_and_decides_nothing(
    bureau: Office, maker: Caller, loans_db: Database
) -> None:
    proposed = (await maker.post(OVERRIDES, NOTE)).json()["override_id"]
    stranger = InstitutionId(ids.new())
    await office.found(loans_db, stranger, country="TN", currency="TND")
    outside = bureau.caller(Role.ADMINISTRATOR, institution_id=stranger)

    answer = await outside.post(f"{OVERRIDES}/{proposed}/approval", {})

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/loans/override-unknown")
    assert (await outside.get(OVERRIDES)).json()["items"] == []
