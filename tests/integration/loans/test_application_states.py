"""An application waits where scoring is silent, and keeps every step it took."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.integration.loans.desks import APPLICATIONS, retry, submit, submitted
from tests.office import Caller, Office


async def test_a_returned_application_is_corrected_and_assessed_afresh(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    file = await submitted(officer, desk)
    address = f"{APPLICATIONS}/{file['application_id']}"
    desk.clock.advance(timedelta(hours=1))
    returned = await officer.post(f"{address}/return", {"reason": "income not proven"})
    assert returned.json()["status"] == "returned"
    desk.clock.advance(timedelta(hours=2))
    scoring.points = 40
    correction = bodies.application(amount=bodies.amount("800.000"))
    del correction["product_code"]
    answer = await officer.post(f"{address}/resubmit", correction | {"version": 3})
    read = answer.json()
    assert (read["status"], read["round"], read["amount"]["amount"]) == ("assessed", 2, "800.000")
    assert read["assessment"]["points"] == 40
    assert [(step["status"], step["seconds"]) for step in read["steps"]] == [
        ("submitted", 0),
        ("assessed", 3600),
        ("returned", 7200),
        ("submitted", 0),
        ("assessed", 0),
    ]
    assert read["history"][2]["reason"] == "income not proven"
    assert len({request.assessment_id for request in scoring.asked}) == 2


async def test_a_correction_keeps_to_the_product(desk: Office, officer: Caller) -> None:
    file = await submitted(officer, desk)
    address = f"{APPLICATIONS}/{file['application_id']}"
    await officer.post(f"{address}/return", {"reason": "x"})
    correction = bodies.application(amount=bodies.amount("9000.000"))
    del correction["product_code"]
    answer = await officer.post(f"{address}/resubmit", correction)
    assert answer.json()["type"] == "/problems/loans/outside-product"
    assert (await officer.get(address)).json()["round"] == 1


async def test_a_change_of_an_older_version_is_refused(desk: Office, officer: Caller) -> None:
    file = await submitted(officer, desk)
    body = {"reason": "x", "version": 1}
    answer = await officer.post(f"{APPLICATIONS}/{file['application_id']}/return", body)
    assert (answer.status_code, answer.json()["version"]) == (409, 2)


@pytest.mark.parametrize(
    ("first", "then", "possible"),
    [
        ("withdraw", "withdraw", []),
        ("withdraw", "return", []),
        ("return", "return", ["resubmit", "withdraw"]),
    ],
)
async def test_what_cannot_follow_is_refused_with_what_can(
    desk: Office, officer: Caller, first: str, then: str, possible: list[str]
) -> None:
    address = f"{APPLICATIONS}/{(await submitted(officer, desk))['application_id']}"
    assert (await officer.post(f"{address}/{first}", {"reason": "x"})).status_code == 200
    answer = await officer.post(f"{address}/{then}", {"reason": "x"})
    assert (answer.status_code, answer.json()["allowed"]) == (409, possible)


async def test_two_who_withdraw_at_once_leave_one_withdrawal(desk: Office, officer: Caller) -> None:
    address = f"{APPLICATIONS}/{(await submitted(officer, desk))['application_id']}"
    answers = await asyncio.gather(
        *(officer.post(f"{address}/withdraw", {"reason": "x"}) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    history = (await officer.get(address)).json()["history"]
    assert [one["event"] for one in history].count("withdraw") == 1


async def test_reach_ends_at_the_branch_and_at_the_institution(
    desk: Office, officer: Caller, loans_db: Database
) -> None:
    address = f"{APPLICATIONS}/{(await submitted(officer, desk))['application_id']}"
    far = desk.caller(Role.OFFICER, branches=[desk.branches[1]])
    foreign = InstitutionId(ids.new())
    await office.found(loans_db, foreign)
    stranger = desk.caller(Role.OFFICER, institution_id=foreign)
    for caller in (far, stranger):
        assert (await caller.get(address)).status_code == 404
        assert (await caller.post(f"{address}/withdraw", {"reason": "x"})).status_code == 404
        assert (await caller.get(APPLICATIONS)).json()["items"] == []


async def test_a_program_submits_and_reads_its_own_alone(desk: Office, officer: Caller) -> None:
    mine = desk.caller(Role.INTEGRATOR)
    file = await submitted(mine, desk)
    other = bodies.person(desk.branch, born_on="1980-01-01")
    await submitted(officer, desk, borrower=other)
    assert (await mine.get(f"{APPLICATIONS}/{file['application_id']}")).status_code == 200
    assert len((await mine.get(APPLICATIONS)).json()["items"]) == 1
    assert len((await officer.get(APPLICATIONS)).json()["items"]) == 2
    another = desk.caller(Role.INTEGRATOR)
    assert (await another.get(f"{APPLICATIONS}/{file['application_id']}")).status_code == 404


async def test_lists_are_filtered_and_paged(desk: Office, officer: Caller) -> None:
    made = []
    for number in range(5):
        person = bodies.person(desk.branch, born_on=f"198{number}-01-01")
        made.append((await submitted(officer, desk, borrower=person))["application_id"])
    await officer.post(f"{APPLICATIONS}/{made[1]}/withdraw", {"reason": "x"})
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "status": "assessed"}
    while True:
        page = (await officer.get(APPLICATIONS, **query)).json()
        seen += [item["application_id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == [made[0], *made[2:]]
    assert (await officer.get(APPLICATIONS, branch_id=desk.branches[1])).json()["items"] == []
    assert (await officer.get(APPLICATIONS, status="lost")).status_code == 422


async def test_reading_a_file_is_recorded(desk: Office, officer: Caller) -> None:
    file = await submitted(officer, desk)
    approver = desk.caller(Role.APPROVER)
    await approver.get(f"{APPLICATIONS}/{file['application_id']}")
    address = f"/loans/v1/borrowers/{file['borrower_id']}/access-records"
    records = (await desk.caller(Role.AUDITOR).get(address)).json()["items"]
    assert str(approver.actor.id) in {record["actor_id"] for record in records}


async def test_the_history_is_only_ever_added_to(desk: Office, officer: Caller) -> None:
    await submitted(officer, desk)
    for statement in (
        "delete from application",
        "delete from application_history",
        "update application_history set reason = ''",
        "update application_assessment set points = 100",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with desk.database.begin(desk.institution_id) as session:
                await session.execute(text(statement))


async def test_an_unknown_application_does_not_exist(officer: Caller) -> None:
    unknown = UUID(int=7)
    assert (await officer.get(f"{APPLICATIONS}/{unknown}")).status_code == 404
    assert (await officer.get(f"{APPLICATIONS}/not-an-id")).status_code == 422


async def test_without_scoring_the_application_waits_visibly_and_is_assessed_later(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    scoring.answers = False
    file = await submitted(officer, desk)
    assert (file["status"], file["assessment"]) == ("waiting_for_assessment", None)
    assert file["standing"]["type"] == "/problems/scoring/scoring-unavailable"
    assert await retry(desk, scoring) == 0
    scoring.answers = True
    assert await retry(desk, scoring) == 1
    read = (await officer.get(f"{APPLICATIONS}/{file['application_id']}")).json()
    assert (read["status"], read["standing"]) == ("assessed", None)
    assert read["assessment"]["points"] == 70
    assert [one["event"] for one in read["history"]] == ["submit", "postpone", "assess"]
    assert len({request.assessment_id for request in scoring.asked}) == 1
    assert await retry(desk, scoring) == 0


async def test_an_application_whose_answer_was_lost_with_the_process_is_found_again(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    def die() -> None:
        raise RuntimeError("killed")

    scoring.meanwhile = die
    assert (await submit(officer, desk)).status_code == 500
    scoring.meanwhile = None
    assert await retry(desk, scoring) == 0
    assert await retry(desk, scoring, later=timedelta(minutes=1)) == 1


async def test_what_scoring_refuses_goes_back_with_the_reason(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    scoring.refuses = lambda _request: True
    file = await submitted(officer, desk)
    assert file["status"] == "returned"
    assert file["standing"]["type"] == "/problems/scoring/scoring-refused"
    assert "unfit" in file["standing"]["detail"]


async def test_one_that_scoring_refuses_does_not_hold_up_the_others(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    scoring.answers = False
    for number, sector in enumerate(("trade", "tobacco", "farming")):
        person = bodies.person(desk.branch, born_on=f"198{number}-01-01")
        await submitted(officer, desk, borrower=person, sector=sector)
    scoring.answers = True
    first = scoring.asked[1].application_id
    scoring.refuses = lambda request: request.application_id == first
    assert await retry(desk, scoring) == 2
    listed = (await officer.get(APPLICATIONS)).json()["items"]
    assert [one["status"] for one in listed] == ["assessed", "returned", "assessed"]


async def test_an_answer_after_the_withdrawal_changes_nothing(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    async def withdraw() -> None:
        application_id = scoring.asked[-1].application_id
        answer = await officer.post(f"{APPLICATIONS}/{application_id}/withdraw", {"reason": "x"})
        assert answer.status_code == 200

    scoring.meanwhile = withdraw
    file = await submitted(officer, desk)
    assert (file["status"], file["assessment"]) == ("withdrawn", None)
