"""A run is proposed once, read in three languages, and decided by somebody who did not make it."""

import asyncio
import copy
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared import ids
from shared.auth import Role
from tests.integration.scoring.desk import Caller, Desk
from tests.integration.scoring.waiting_list import RUNS, Json, fund, jod, run, waiting
from tests.scoring_cases import make_request


@pytest.fixture
def manager(scoring: Desk) -> Caller:
    return scoring.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def approver(scoring: Desk) -> Caller:
    return scoring.caller(Role.APPROVER)


async def made(caller: Caller, body: Json) -> Json:
    answer = await caller.post(RUNS, body)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def lines(caller: Caller, found: Json, **query: Any) -> dict[str, Json]:
    answer = await caller.get(f"{RUNS}/{found['run_id']}/lines", **query)
    return {item["application_id"]: item for item in answer.json()["items"]}


async def decide(caller: Caller, found: Json, how: str = "approve", **body: Any) -> httpx.Response:
    return await caller.post(f"{RUNS}/{found['run_id']}/{how}", body)


async def test_a_run_says_of_each_application_its_fund_or_every_rule_against_it(
    manager: Caller,
) -> None:
    zakat = fund("500.000", lots=[{"amount": jod("500.000"), "spend_by": "2026-12-01"}])
    women = fund("900.000", shares={"women": "0.5"}, only_traits=[])
    closed = {zakat["fund_id"]: "other_region"}
    she = waiting(women, reasons=closed, traits=["women"], social={"poverty": "1", "women": "1"})
    he = waiting(women, reasons=closed)
    another = waiting(women, reasons=closed, applied_on="2026-11-03")
    poor = waiting(zakat, women, amount="300.000")

    found = await made(manager, run([zakat, women], [she, he, another, poor]))
    told = await lines(manager, found)

    assert told[she["application_id"]]["fund_id"] == women["fund_id"]
    assert told[poor["application_id"]]["fund_id"] == zakat["fund_id"]
    assert told[he["application_id"]]["fund_id"] == women["fund_id"]
    left = {each["fund_id"]: each for each in told[another["application_id"]]["refusals"]}
    assert left[zakat["fund_id"]]["text"] == "Another region"
    assert left[women["fund_id"]]["code"] == "budget"
    assert (found["applications"], found["financed"], found["status"]) == (4, 3, "proposed")
    by_fund = {each["fund_id"]: each for each in found["funds"]}
    assert by_fund[women["fund_id"]]["amount"] == jod("800.000")
    assert by_fund[women["fund_id"]]["left"] == jod("100.000")
    assert by_fund[women["fund_id"]]["trait_amounts"] == {"women": jod("400.000")}
    assert by_fund[zakat["fund_id"]]["lots"] == [
        {"amount": jod("500.000"), "spend_by": "2026-12-01", "spent": jod("300.000")}
    ]
    assert float(found["value"]) <= float(found["bound"])
    assert 0 <= float(found["gap"]) < 1


async def test_the_worth_of_one_more_unit_is_that_of_who_waits(
    manager: Caller, approver: Caller
) -> None:
    scarce, ample = fund("400.000"), fund("4000.000")
    both = [waiting(scarce, reasons={ample["fund_id"]: "other_region"}) for _ in range(2)]
    body = run([scarce, ample], both, weights={"social": {"poverty": "4"}})

    found = await made(manager, body)
    early = await manager.get(f"{RUNS}/latest/worth", fund_id=scarce["fund_id"])
    await decide(approver, found)
    worth = await manager.get(f"{RUNS}/latest/worth", fund_id=scarce["fund_id"])
    nothing = await manager.get(f"{RUNS}/latest/worth", fund_id=ample["fund_id"])

    assert early.status_code == 404
    assert float(worth.json()["one_more"]) == pytest.approx(4 / 400)
    assert worth.json()["run_id"] == found["run_id"]
    assert float(nothing.json()["one_more"]) == 0
    unknown = await manager.get(f"{RUNS}/latest/worth", fund_id=str(ids.new()))
    assert unknown.json()["type"] == "/problems/scoring/fund-not-assigned"


async def test_shares_that_nobody_can_meet_finance_nothing_and_say_so(manager: Caller) -> None:
    women = fund(shares={"women": "0.5"})
    body = run([women], [waiting(women), waiting(women, amount="10.000")])

    found = await made(manager, body)

    assert (found["financed"], found["value"]) == (0, "0.000000000")
    (refused,) = found["funds"][0]["refused"]
    assert (refused["code"], refused["of"], refused["applications"]) == ("trait_share", "women", 2)
    for language, word in (("ar", "النساء"), ("fr", "Femmes"), ("en", "Women")):
        read = await manager.get(f"{RUNS}/{found['run_id']}", language="en", lang=language)
        assert word in read.json()["funds"][0]["refused"][0]["text"]
        asked = await lines(manager, found, language=language)
        assert all(word in each["refusals"][0]["text"] for each in asked.values())


async def test_the_same_input_has_one_run_in_any_order_and_by_whoever(
    scoring: Desk, manager: Caller
) -> None:
    one, two = fund(), fund("200.000")
    applications = [waiting(one, two, amount=f"{i}00.000") for i in (1, 2, 3)]
    body = run([one, two], applications)
    other = body | {"funds": [two, one], "applications": applications[::-1]}

    first = await made(manager, body)
    answers = await asyncio.gather(*[made(scoring.service(), each) for each in (body, other) * 2])
    later = await made(manager, body | {"as_of": "2026-11-23"})

    assert all(answer == first for answer in answers)
    assert first["made_by"] == str(manager.id)
    assert later["run_id"] != first["run_id"]
    assert later["input_hash"] != first["input_hash"]


async def test_two_that_make_the_same_run_at_once_make_it_once(scoring: Desk) -> None:
    money = fund()
    body = run([money], [waiting(money)])

    answers = await asyncio.gather(*[made(scoring.service(), body) for _ in range(4)])

    listed = await scoring.service().get(RUNS)
    assert {answer["run_id"] for answer in answers} == {
        each["run_id"] for each in listed.json()["items"]
    }
    assert len(listed.json()["items"]) == 1


async def test_it_is_approved_once_by_another_person_and_told(
    scoring: Desk, manager: Caller, approver: Caller
) -> None:
    money = fund()
    found = await made(manager, run([money], [waiting(money)]))

    own = await decide(manager, found)
    assert own.json()["type"] == "/problems/scoring/decider-made-run"
    approved = await decide(approver, found, note="نعم")
    again = await decide(scoring.caller(Role.APPROVER), found, "reject")

    assert (approved.json()["status"], approved.json()["decision_note"]) == ("approved", "نعم")
    assert approved.json()["decided_by"] == str(approver.id)
    assert (again.status_code, again.json()["state"]) == (409, "approved")
    told = [e for e in await scoring.events() if e["type"] == "scoring.assignment-run-approved.v1"]
    assert [event["data"]["run_id"] for event in told] == [found["run_id"]]
    assert told[0]["data"]["amount_minor"] == 400_000


async def test_a_rejected_run_is_told_to_nobody(
    scoring: Desk, manager: Caller, approver: Caller
) -> None:
    money = fund()
    found = await made(manager, run([money], [waiting(money)]))

    rejected = await decide(approver, found, "reject")

    assert rejected.json()["status"] == "rejected"
    assert (await decide(approver, found)).status_code == 409
    assert await scoring.events() == []


async def test_of_two_runs_with_one_application_only_one_is_approved(
    manager: Caller, approver: Caller
) -> None:
    money = fund()
    applicant = waiting(money)
    both = [await made(manager, run([money], [applicant], as_of=f"2026-11-2{i}")) for i in (1, 2)]

    answers = await asyncio.gather(*[decide(approver, each) for each in both])

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert refused["type"] == "/problems/scoring/assignment-run-outdated"
    assert refused["application_id"] == applicant["application_id"]
    assert refused["change"] == "another approved run finances it"


async def test_a_run_says_which_applications_changed_meanwhile(
    scoring: Desk, manager: Caller, approver: Caller
) -> None:
    money = fund()
    changed, assessed, calm = (waiting(money, amount="100.000") for _ in range(3))
    old = await made(manager, run([money], [changed, assessed, calm]))
    assert old["is_outdated"] is False
    scoring.signer.clock.advance(timedelta(minutes=1))
    raised = changed | {"amount": jod("150.000")}
    newer = await made(manager, run([money], [raised, calm]))
    await scoring.assess(make_request(application_id=assessed["application_id"]))

    read = (await manager.get(f"{RUNS}/{old['run_id']}")).json()

    assert read["is_outdated"] is True
    assert {(each["application_id"], each["code"]) for each in read["moved"]} == {
        (changed["application_id"], "changed"),
        (assessed["application_id"], "assessed"),
    }
    assert newer["moved"] == []
    refused = await decide(approver, old)
    assert (refused.status_code, refused.json()["count"]) == (409, 2)
    assert (await decide(approver, old, "reject")).status_code == 200
    assert (await decide(approver, newer)).status_code == 200


def with_other(body: Json, path: str, value: object) -> Json:
    """The body with one member changed, by its path."""
    changed = copy.deepcopy(body)
    *way, last = path.split("/")
    at: Any = changed
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("funds/0/budget", {"amount": "5.00", "currency": "EUR"}, "one currency"),
        ("applications/1/amount", {"amount": "5.00", "currency": "EUR"}, "one currency"),
        ("funds/0/budget", jod("-1.000"), "below 0"),
        ("applications/0/amount", jod("0.000"), "not above 0"),
        ("applications/0/amount", jod("-3.000"), "not above 0"),
        ("applications/0/eligible", ["01900000-0000-7000-8000-000000000000"], "not in the run"),
        ("applications/0/eligible", [], "of every fund"),
        ("applications/0/reasons", {"01900000-0000-7000-8000-000000000000": "mine"}, "no words"),
        ("applications/0/expected_loss", None, "its loss"),
        ("applications/0/default_chance", "0.1", "its loss"),
        ("words/earmarked", {"ar": "ا", "fr": "b", "en": "c"}, "that are ours"),
    ],
)
async def test_a_run_that_contradicts_itself_is_refused_and_leaves_nothing(
    scoring: Desk, manager: Caller, path: str, value: object, fault: str
) -> None:
    money = fund()
    body = run([money], [waiting(money), waiting(money)])

    refused = await manager.post(RUNS, with_other(body, path, value))

    assert refused.status_code == 422, refused.text
    assert refused.json()["type"] == "/problems/scoring/assignment-contradicts"
    assert fault in refused.json()["detail"]
    assert (await manager.get(RUNS)).json()["items"] == []
    assert await scoring.events() == []


async def test_an_id_stands_once(manager: Caller) -> None:
    money = fund()
    twice = waiting(money)

    for body in (run([money], [twice, twice]), run([money, money], [twice])):
        refused = await manager.post(RUNS, body)
        assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (
            422,
            "assignment-contradicts",
        )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("applications", []),
        ("funds", []),
        ("funds/0/shares", {"women": "1.1"}),
        ("funds/0/shares", {"religion": "0.5"}),
        ("applications/0/traits", ["religion"]),
        ("applications/0/social", {"poverty": "-1"}),
        ("weights/near_days", 0),
        ("as_of", "soon"),
    ],
)
async def test_a_malformed_run_is_refused_at_the_edge(
    manager: Caller, path: str, value: object
) -> None:
    money = fund()

    refused = await manager.post(RUNS, with_other(run([money], [waiting(money)]), path, value))

    assert refused.status_code == 422
    assert refused.json()["errors"]


async def test_more_than_fifty_thousand_are_refused_before_they_are_counted(
    manager: Caller,
) -> None:
    money = fund()
    body = run([money], [waiting(money)] * 50_001)

    refused = await manager.post(RUNS, body)

    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/applications"]


async def test_a_run_is_the_institutions_own(
    scoring: Desk, manager: Caller, approver: Caller
) -> None:
    money = fund()
    found = await made(manager, run([money], [waiting(money)]))
    stranger = scoring.service(institution_id=ids.InstitutionId(ids.new()))

    assert (await stranger.get(f"{RUNS}/{found['run_id']}")).status_code == 404
    assert (await stranger.get(f"{RUNS}/{found['run_id']}/lines")).status_code == 404
    assert (await stranger.get(RUNS)).json()["items"] == []
    await decide(approver, found)
    worth = await stranger.get(f"{RUNS}/latest/worth", fund_id=money["fund_id"])
    assert worth.status_code == 404


async def test_who_sees_some_branches_only_neither_makes_nor_decides(scoring: Desk) -> None:
    money = fund()
    body = run([money], [waiting(money)])
    narrow = scoring.caller(Role.FUNDS_MANAGER, branches=[ids.new()])
    found = await made(scoring.service(), body)

    for answer in (
        await narrow.post(RUNS, body),
        await narrow.get(RUNS),
        await narrow.get(f"{RUNS}/{found['run_id']}/lines"),
        await decide(narrow, found),
    ):
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/scoring/run-spans-branches"


async def test_lines_are_read_page_by_page(manager: Caller) -> None:
    money = fund()
    applications = [waiting(money, amount="1.000") for _ in range(5)]
    found = await made(manager, run([money], applications))

    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        path = f"{RUNS}/{found['run_id']}/lines"
        page = (await manager.get(path, limit="2", **after)).json()
        seen += [item["application_id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert seen == sorted(item["application_id"] for item in applications)
