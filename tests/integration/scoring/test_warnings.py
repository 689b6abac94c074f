"""Running loans are graded once a month, read by their officers, and looked after."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.scoring.domain import card_form
from services.scoring.domain.warning.facts import Payment
from services.scoring.warnings import governing
from shared import ids
from shared.auth import Role
from tests import running_loans
from tests.integration.scoring.desk import Desk
from tests.running_loans import Json, loan

WARNINGS = "/scoring/v1/warnings"
BATCHES = f"{WARNINGS}/batches"
CARDS = f"{WARNINGS}/cards"

NORTH, SOUTH = ids.new(), ids.new()


def ten_loans() -> list[Any]:
    """Ten loans of two branches: one 30 days late, one 5 days late each time, eight sound."""
    late = loan(paid=5, branch_id=NORTH)
    slow = loan(days=5, branch_id=SOUTH)
    return [late, slow, *(loan(branch_id=NORTH) for _ in range(8))]


async def graded(scoring: Desk, loans: list[Any], **more: Any) -> Json:
    body = running_loans.body(loans, **{"capacity": {"share": "0.2"}} | more)
    answer = await scoring.service().post(BATCHES, body)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def listed(scoring: Desk, **query: Any) -> list[Json]:
    answer = await scoring.caller(Role.OFFICER).get(WARNINGS, **query)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def test_the_worst_loans_are_red_and_amber_up_to_the_capacity(scoring: Desk) -> None:
    loans = ten_loans()
    batch = await graded(scoring, loans)

    assert (batch["red"], batch["amber"], batch["green"]) == (1, 1, 8)
    assert batch["card_hash"] == card_form.hash_of(governing.built_in())
    assert len(batch["input_hash"]) == 64
    alerts = [item for item in await listed(scoring) if item["grade"] != "green"]
    assert [(item["loan_id"], item["grade"], item["rank"]) for item in alerts] == [
        (str(loans[0].loan_id), "red", 1),
        (str(loans[1].loan_id), "amber", 2),
    ]
    assert alerts[0]["signals"]["days_late"] == "30"


async def test_loans_out_of_risk_are_named_and_not_graded(scoring: Desk) -> None:
    fallen, settled = loan(paid=2), loan(paid=12)
    settled = replace(settled, payments=[Payment(paid_on=running_loans.AS_OF, amount_minor=1200)])
    batch = await graded(scoring, [fallen, settled, *ten_loans()])

    assert batch["fallen"] == [str(fallen.loan_id)]
    assert batch["settled"] == [str(settled.loan_id)]
    assert batch["red"] + batch["amber"] + batch["green"] == 10


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "An instalment is due and not yet paid"),
        ("fr", "Une échéance est due et n'est pas encore payée"),
        ("ar", "قسط مستحق لم يدفع بعد"),
    ],
)
async def test_reasons_speak_the_readers_language(scoring: Desk, language: str, words: str) -> None:
    await graded(scoring, ten_loans())
    answer = await scoring.caller(Role.OFFICER).get(WARNINGS, language=language, grade="red")

    (red,) = answer.json()["items"]
    assert red["reasons"][0]["text"] == words
    assert 0 < len(red["reasons"]) <= 4
    assert all(reason["hint"] for reason in red["reasons"])


async def test_an_officer_sees_the_loans_of_his_branches(scoring: Desk) -> None:
    await graded(scoring, ten_loans())
    southern = scoring.caller(Role.OFFICER, branches=[SOUTH])
    seen = (await southern.get(WARNINGS)).json()["items"]
    other = (await southern.get(WARNINGS, branch=str(NORTH))).json()["items"]

    assert [item["branch_id"] for item in seen] == [str(SOUTH)]
    assert other == []
    assert len(await listed(scoring, branch=str(NORTH))) == 9


async def test_a_list_goes_on_where_it_ended(scoring: Desk) -> None:
    await graded(scoring, ten_loans())
    officer = scoring.caller(Role.OFFICER)
    first = (await officer.get(WARNINGS, limit=4)).json()
    second = (await officer.get(WARNINGS, limit=6, after=first["next"])).json()

    ranks = [item["rank"] for item in first["items"] + second["items"]]
    assert ranks == list(range(1, 11))
    assert second["next"] is None


async def test_a_month_is_listed_over_all_its_batches(scoring: Desk) -> None:
    first, second = ten_loans(), ten_loans()
    for loans in (first, second):
        await graded(scoring, loans)
    month, north, south = "2026-03-15", str(NORTH), str(SOUTH)
    found = await listed(scoring, month=month, alerts="only")

    assert [item["loan_id"] for item in found] == [
        str(loan.loan_id) for loan in (*first[:2], *second[:2])
    ]
    assert len(await listed(scoring, month=month)) == 20
    assert await listed(scoring, month="2026-02-28") == []
    assert len(await listed(scoring, month=month, within=[south])) == 2
    assert len(await listed(scoring, month=month, within=[south, north], branch=north)) == 18
    assert await listed(scoring, month=month, within=[south], branch=north) == []


async def test_the_same_batch_has_one_answer(scoring: Desk) -> None:
    body = running_loans.body(ten_loans())
    service = scoring.service()
    first, again = await service.post(BATCHES, body), await service.post(BATCHES, body)
    other = await service.post(BATCHES, body | {"as_of": "2026-03-30"})

    assert first.json() == again.json()
    assert other.status_code == 409
    assert other.json()["type"] == "/problems/scoring/warning-batch-id-reused"
    assert len(await listed(scoring)) == 10


async def test_a_loan_is_graded_once_a_month(scoring: Desk) -> None:
    loans = ten_loans()
    first = await graded(scoring, loans)
    body = running_loans.body([loan(), loans[3]])
    refused = await scoring.service().post(BATCHES, body)

    assert refused.status_code == 409
    assert refused.json()["loan_id"] == str(loans[3].loan_id)
    gone = await scoring.service().get(f"{BATCHES}/{body['batch_id']}")
    assert gone.status_code == 404, "nothing of a refused batch is kept"
    assert {item["batch_id"] for item in await listed(scoring)} == {first["batch_id"]}


async def test_a_loan_twice_in_one_batch_is_named(scoring: Desk) -> None:
    twice = loan()
    refused = await scoring.service().post(BATCHES, running_loans.body([twice, loan(), twice]))

    assert refused.status_code == 409
    assert refused.json()["loan_id"] == str(twice.loan_id)


async def test_a_day_that_has_not_come_is_refused(scoring: Desk) -> None:
    body = running_loans.body([loan()]) | {"as_of": "2026-04-30"}
    refused = await scoring.service().post(BATCHES, body)

    assert refused.json()["type"] == "/problems/scoring/day-not-reached"


async def test_a_loan_of_the_future_is_refused(scoring: Desk) -> None:
    unborn = loan(disbursed_on=running_loans.AS_OF.replace(month=5))
    refused = await scoring.service().post(BATCHES, running_loans.body([loan(), unborn]))

    assert refused.status_code == 422
    assert refused.json()["loan_id"] == str(unborn.loan_id)


async def test_an_unknown_card_is_named(scoring: Desk) -> None:
    named = {"card_id": "nobodys", "version": "1.0.0"}
    refused = await scoring.service().post(BATCHES, running_loans.body([loan()], card=named))

    assert refused.status_code == 404
    assert refused.json()["card_id"] == "nobodys"


def own_card() -> Json:
    document: Json = json.loads(json.dumps(governing.built_in()))
    return document | {"card_id": "ours", "version": "2.0.0"}


async def test_a_card_grades_once_a_second_person_approved_it(scoring: Desk) -> None:
    admin, other = scoring.caller(Role.ADMINISTRATOR), scoring.caller(Role.ADMINISTRATOR)
    named = {"card_id": "ours", "version": "2.0.0"}
    registered = await admin.post(CARDS, own_card())
    early = await scoring.service().post(BATCHES, running_loans.body([loan()], card=named))
    alone = await admin.post(f"{CARDS}/ours/2.0.0/approval", {})
    approved = await other.post(f"{CARDS}/ours/2.0.0/approval", {})

    assert registered.status_code == 201, registered.text
    assert early.json()["type"] == "/problems/scoring/warning-card-waits"
    assert alone.status_code == 403
    assert approved.json()["approved_by"] == str(other.id)
    batch = await graded(scoring, ten_loans(), card=named)
    assert batch["card"] == named
    assert batch["card_hash"] == registered.json()["hash"]


async def test_a_card_with_another_content_needs_another_version(scoring: Desk) -> None:
    admin = scoring.caller(Role.ADMINISTRATOR)
    changed = own_card() | {"basis": "guessed"}
    first = await admin.post(CARDS, own_card())
    again = await admin.post(CARDS, own_card())
    refused = await admin.post(CARDS, changed)

    assert first.json() == again.json()
    assert refused.json()["type"] == "/problems/scoring/scorecard-version-taken"
    cards = (await admin.get(CARDS)).json()["cards"]
    assert [card["card_id"] for card in cards] == ["ours"]


async def test_a_card_that_asks_for_no_signal_is_refused(scoring: Desk) -> None:
    strange = own_card()
    strange["characteristics"][0]["id"] = "shoe_size"
    refused = await scoring.caller(Role.ADMINISTRATOR).post(CARDS, strange)

    assert refused.status_code == 422
    assert refused.json()["characteristic"] == "shoe_size"


async def test_what_became_of_an_alert_is_added_to_it(scoring: Desk) -> None:
    await graded(scoring, ten_loans())
    red, *_ = await listed(scoring, grade="red")
    officer, path = scoring.caller(Role.OFFICER), f"{WARNINGS}/{red['warning_id']}/outcome"
    for outcome in ("contacted", "contacted", "paid"):
        answer = await officer.post(path, {"outcome": outcome})
        assert answer.status_code == 200, answer.text
    refused = await officer.post(path, {"outcome": "false_alarm"})

    assert [item["outcome"] for item in answer.json()["outcomes"]] == ["contacted", "paid"]
    assert refused.status_code == 409
    assert (await listed(scoring, grade="red"))[0]["outcomes"] == answer.json()["outcomes"]


async def test_a_green_loan_has_no_outcome(scoring: Desk) -> None:
    await graded(scoring, ten_loans())
    green, *_ = await listed(scoring, grade="green")
    path = f"{WARNINGS}/{green['warning_id']}/outcome"
    refused = await scoring.caller(Role.OFFICER).post(path, {"outcome": "contacted"})

    assert refused.json()["type"] == "/problems/scoring/loan-not-alerted"


async def test_an_officer_of_another_branch_cannot_answer(scoring: Desk) -> None:
    await graded(scoring, ten_loans())
    red, *_ = await listed(scoring, grade="red")
    southern = scoring.caller(Role.OFFICER, branches=[SOUTH])
    path = f"{WARNINGS}/{red['warning_id']}/outcome"
    refused = await southern.post(path, {"outcome": "contacted"})

    assert refused.status_code == 404


async def test_alerts_are_told_and_green_loans_are_not(scoring: Desk) -> None:
    loans = ten_loans()
    await graded(scoring, loans)
    told = [e for e in await scoring.events() if e["type"] == "scoring.warning-raised.v1"]

    assert {UUID(e["data"]["loan_id"]): e["data"]["grade"] for e in told} == {
        loans[0].loan_id: "red",
        loans[1].loan_id: "amber",
    }
    assert "days_late" in told[0]["data"]["reasons"]


async def test_no_institution_sees_the_warnings_of_another(scoring: Desk) -> None:
    batch = await graded(scoring, ten_loans())
    stranger = scoring.service(institution_id=ids.InstitutionId(ids.new()))

    assert (await stranger.get(WARNINGS)).json()["items"] == []
    assert (await stranger.get(f"{BATCHES}/{batch['batch_id']}")).status_code == 404
