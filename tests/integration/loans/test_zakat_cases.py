"""A class is proposed with reasons by the system, decided by a person, and expires."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.loans.zakat_classes import queries
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.bodies import amount
from tests.integration.loans import own_facts, zakat_scene
from tests.integration.loans.zakat_scene import (
    DEBT,
    NEED,
    ZAKAT,
    Alms,
    later,
    problem,
    shown,
    told,
)
from tests.office import TODAY


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as found:
        yield found


@pytest.mark.requirement("A8.5")
async def test_the_system_proposes_and_a_person_decides(alms: Alms) -> None:
    person = await alms.person()
    case = await alms.case(person)

    waiting = (await alms.officer.get(f"{ZAKAT}/cases/{case}")).json()
    assert (waiting["state"], waiting["zakat_class"]) == ("waiting", None)
    assert waiting["proposed"] == ["fuqara"]
    assert (waiting["need"], waiting["gap"]) == (amount("2600.000"), amount("0.000"))
    (reason,) = waiting["reasons"]
    assert reason["code"] == "income-far-below"
    assert reason["figures"][:2] == [amount("120.000"), amount("350.000")]
    assert {one["topic"] for one in waiting["facts"]} >= {
        "zakat_sufficiency_line",
        "zakat_class_order",
    }

    decided = (await alms.decide(case, "fuqara")).json()
    assert (decided["state"], decided["zakat_class"]) == ("approved", "fuqara")
    assert decided["limit"] == amount("2600.000")
    assert (decided["decided_on"], decided["expires_on"]) == (TODAY.isoformat(), "2026-09-28")
    again = await alms.decide(case, "fuqara")
    assert (again.status_code, problem(again)) == (409, "zakat-case-decided")


async def test_reasons_are_said_in_the_reader_s_language(alms: Alms) -> None:
    case = await alms.case(await alms.person())
    said = set()
    for language in ("ar", "fr", "en"):
        headers = {"Authorization": f"Bearer {alms.officer.token}", "Accept-Language": language}
        answer = await alms.office.http.get(f"{ZAKAT}/cases/{case}", headers=headers)
        said.add(answer.json()["reasons"][0]["says"])
    assert len(said) == 3


@pytest.mark.requirement("A8.5")
async def test_who_opened_a_case_does_not_decide_it(alms: Alms) -> None:
    both = alms.office.caller(Role.OFFICER, Role.APPROVER)
    body = {"borrower_id": await alms.person(), "told": told(), "shown": shown(*NEED)}
    case = (await both.post(f"{ZAKAT}/cases", body)).json()["eligibility_id"]

    own = await both.post(f"{ZAKAT}/cases/{case}/decision", {"zakat_class": "fuqara"})
    assert (own.status_code, problem(own)) == (403, "zakat-maker-decides")
    assert (await alms.decide(case, "fuqara")).status_code == 201


async def test_evidence_is_whole_fresh_and_seen_by_two(alms: Alms) -> None:
    person = await alms.person()
    for evidence, expected in (
        (shown("income_test", "household"), "zakat-evidence-missing"),
        (shown(*NEED, on=later(-181)), "evidence-stale"),
        (shown(*NEED, visitors=1), "visit-by-one"),
    ):
        case = await alms.case(person, shown=evidence)
        assert problem(await alms.decide(case, "fuqara")) == expected
        rejected = await alms.decide(case, None, reasons="not shown")
        assert rejected.json()["state"] == "rejected"
    right = await alms.case(person)
    assert (await alms.decide(right, "fuqara")).status_code == 201


async def test_nothing_is_shown_of_tomorrow(alms: Alms) -> None:
    body = {
        "borrower_id": await alms.person(),
        "told": told(),
        "shown": shown(*NEED, on=later(1)),
    }
    assert problem(await alms.officer.post(f"{ZAKAT}/cases", body)) == "day-not-yet"


async def test_a_limit_is_in_the_currency_of_the_case(alms: Alms) -> None:
    case = await alms.case(await alms.person(), shown=shown("authority_decision"))
    given = {"reasons": "as decided", "authority": "Ifta council, 12 of 1447"}
    foreign = await alms.decide(case, "riqab", limit=amount("75.00", "MAD"), **given)
    assert problem(foreign) == "currency-mismatch"
    assert (await alms.decide(case, "riqab", limit=amount("75.000"), **given)).status_code == 201


async def test_a_class_of_the_authority_names_its_decision(alms: Alms) -> None:
    case = await alms.case(await alms.person(), shown=shown("authority_decision"))
    given = {"limit": amount("75.000"), "reasons": "as the council decided"}

    assert problem(await alms.decide(case, "riqab", **given)) == "authority-not-named"
    named = await alms.decide(case, "riqab", authority="Ifta council, 12 of 1447", **given)
    assert named.json()["authority"] == "Ifta council, 12 of 1447"
    assert named.json()["limit"] == amount("75.000")


async def test_who_has_enough_is_entitled_to_nothing(alms: Alms) -> None:
    rich = told(income=amount("900.000"))
    case = await alms.case(await alms.person(), told=rich)
    refused = await alms.decide(case, "fuqara", reasons="my cousin")
    assert problem(refused) == "above-sufficiency"

    able = await alms.case(await alms.person(), told=told(can_earn_enough=True))
    refused = await alms.decide(able, "masakin", reasons="lazy but kind")
    assert problem(refused) == "above-sufficiency"


async def test_who_departs_from_the_proposal_says_why(alms: Alms) -> None:
    case = await alms.case(await alms.person())
    assert problem(await alms.decide(case, "masakin")) == "reasons-missing"
    decided = await alms.decide(case, "masakin", reasons="has a stall of his own")
    assert decided.json()["zakat_class"] == "masakin"


async def test_the_schools_order_is_the_institution_s_to_say(alms: Alms) -> None:
    await alms.give_fact(own_facts.fact("zakat_class_order", "masakin", unit="class"))
    case = await alms.case(await alms.person())
    assert (await alms.officer.get(f"{ZAKAT}/cases/{case}")).json()["proposed"] == ["masakin"]


async def test_a_line_in_the_currency_is_needed(alms: Alms) -> None:
    abroad = told(
        income=amount("1.00", "USD"),
        aid=amount("0.00", "USD"),
        assets=amount("0.00", "USD"),
        debts_due=amount("0.00", "USD"),
    )
    body = {"borrower_id": await alms.person(), "told": abroad}
    assert problem(await alms.officer.post(f"{ZAKAT}/cases", body)) == "no-rule"


@pytest.mark.rule("Z-16")
@pytest.mark.parametrize("member", ["religion", "tribe", "party", "origin", "sex"])
async def test_a_case_takes_no_word_on_religion_tribe_party_or_sex(alms: Alms, member: str) -> None:
    body = {"borrower_id": await alms.person(), "told": told() | {member: "x"}}
    refused = await alms.officer.post(f"{ZAKAT}/cases", body)
    assert (refused.status_code, problem(refused)) == (422, "invalid-request")

    body["told"] = told()
    assert (await alms.officer.post(f"{ZAKAT}/cases", body)).status_code == 201


@pytest.mark.rule("Z-16")
async def test_women_and_men_in_one_need_are_proposed_alike(alms: Alms) -> None:
    proposed = []
    for sex in ("female", "male"):
        case = await alms.case(await alms.person(sex=sex))
        answer = (await alms.officer.get(f"{ZAKAT}/cases/{case}")).json()
        proposed.append((answer["proposed"], answer["reasons"], answer["need"]))
    assert proposed[0] == proposed[1]

    own = own_facts.fact("zakat_receiver_religion", "any", unit="policy")
    await alms.give_fact(own)
    decided = (await alms.decide(case, "fuqara")).json()
    ruling = [one for one in decided["facts"] if one["topic"] == "zakat_receiver_religion"]
    assert [one["source"]["title"] for one in ruling] == ["Ruling 7 of the board"]


@pytest.mark.parametrize(
    "changes",
    [
        {"persons": 0},
        {"persons": 61},
        {"income": amount("-1.000")},
        {"income": amount("1.00", "MAD")},
        {"can_earn_enough": "yes"},
    ],
)
async def test_circumstances_that_cannot_be_are_refused(
    alms: Alms, changes: dict[str, Any]
) -> None:
    body = {"borrower_id": await alms.person(), "told": told(**changes)}
    assert (await alms.officer.post(f"{ZAKAT}/cases", body)).status_code == 422


async def test_only_who_sees_a_person_reads_the_case_and_leaves_a_trace(alms: Alms) -> None:
    person = await alms.person()
    case = await alms.case(person)
    stranger = alms.office.caller(Role.OFFICER, branches=[alms.office.branches[1]])
    outside = alms.office.caller(Role.APPROVER, branches=[alms.office.branches[1]])

    assert problem(await stranger.get(f"{ZAKAT}/cases/{case}")) == "borrower-not-found"
    listed = await stranger.get(f"{ZAKAT}/cases", borrower_id=person)
    assert problem(listed) == "borrower-not-found"
    path = f"{ZAKAT}/cases/{case}"
    refused = await outside.post(f"{path}/decision", {"zakat_class": "fuqara"})
    assert problem(refused) == "borrower-not-found"
    assert problem(await outside.post(f"{path}/end", {"reason": "x"})) == "borrower-not-found"
    assert problem(await alms.officer.get(f"{ZAKAT}/cases/{ids.new()}")) == "zakat-record-unknown"

    assert (await alms.approver.get(f"{ZAKAT}/cases/{case}")).status_code == 200
    mine = await alms.approver.get(f"{ZAKAT}/cases", borrower_id=person)
    assert [one["eligibility_id"] for one in mine.json()["items"]] == [case]
    auditor = alms.office.caller(Role.AUDITOR)
    seen = await auditor.get(f"/loans/v1/borrowers/{person}/access-records")
    reads = [one for one in seen.json()["items"] if one["actor_id"] == str(alms.approver.actor.id)]
    assert len(reads) == 2


async def test_classes_in_force_are_those_of_the_day(alms: Alms) -> None:
    poor, debtor, none = [await alms.person() for _ in range(3)]
    await alms.entitled(poor)
    owing = told(income=amount("400.000"), assets=amount("300.000"), debts_due=amount("1800.000"))
    await alms.entitled(debtor, "gharimin", told=owing, shown=shown(*DEBT))
    await alms.case(none)
    wanted = [UUID(one) for one in (poor, debtor, none)]

    async with alms.office.database.read(alms.office.institution_id) as session:
        now = await queries.classes_in_force(session, wanted, on=TODAY)
        over = await queries.classes_in_force(session, wanted, on=later(180))
        before = await queries.classes_in_force(session, wanted, on=later(-1))

    assert {str(one): {str(name) for name in names} for one, names in now.items()} == {
        poor: {"fuqara"},
        debtor: {"gharimin"},
    }
    assert (over, before) == ({}, {})
