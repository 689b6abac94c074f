"""Four eyes decide, in order, with reasons; and no fund gives more than it has."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.integration.loans.desks import (
    APPLICATIONS,
    application_of,
    approval,
    decide,
    file_of,
    open_fund,
    problem,
    reserved,
)
from tests.office import Office


async def test_one_level_approves_and_the_money_is_kept(desk: Office) -> None:
    fund, application = await open_fund(desk), await application_of(desk)
    approver = desk.caller(Role.APPROVER)
    answer = await decide(approver, application, approval(fund))
    assert answer.status_code == 201, answer.text
    decided = answer.json()
    assert (decided["status"], decided["standing"]) == ("approved", None)
    assert decided["decision"]["offer"] == {
        "fund_id": fund,
        "amount": bodies.amount("1000.000"),
        "term_months": 12,
        "grace_months": 0,
        "annual_rate": "0",
    }
    assert await reserved(desk) == 1_000_000
    file = await file_of(desk, application)
    assert file["decisions"] == [decided["decision"]]
    assert file["decisions"][0]["actor_id"] == str(approver.actor.id)
    assert [one["event"] for one in file["history"]] == ["submit", "assess", "approve"]


async def test_a_larger_amount_needs_two_persons_in_order(desk: Office) -> None:
    fund = await open_fund(desk)
    application = await application_of(desk, amount=bodies.amount("3000.000"))
    first, second = desk.caller(Role.APPROVER), desk.caller(Role.APPROVER)
    answer = await decide(first, application, approval(fund, level=1))
    assert (answer.json()["status"], await reserved(desk)) == ("assessed", 0)
    again = await decide(first, application, {"outcome": "approve", "reasons": ["still sound"]})
    assert problem(again) == (409, "duplicate-approval")
    stale = await decide(second, application, approval(fund, level=1))
    assert (problem(stale), stale.json()["level"]) == ((409, "level-moved"), 2)
    answer = await decide(second, application, {"outcome": "approve", "reasons": ["agreed"]})
    assert (answer.json()["status"], await reserved(desk)) == ("approved", 3_000_000)
    levels = [one["level"] for one in (await file_of(desk, application))["decisions"]]
    assert levels == [1, 2]


async def test_the_second_level_approves_what_the_first_offered_or_nothing(desk: Office) -> None:
    fund, other = await open_fund(desk), await open_fund(desk)
    application = await application_of(desk, amount=bodies.amount("3000.000"))
    await decide(desk.caller(Role.APPROVER), application, approval(fund))
    second = desk.caller(Role.APPROVER)
    for body in (approval(other), approval(fund, menu_line=2)):
        assert problem(await decide(second, application, body)) == (
            409,
            "offer-differs",
        )
    refusal = {"outcome": "reject", "reasons": ["too much for this trade"]}
    answer = await decide(second, application, refusal)
    assert (answer.json()["status"], await reserved(desk)) == ("rejected", 0)


async def test_the_maker_is_never_the_checker(desk: Office) -> None:
    fund = await open_fund(desk)
    both = desk.caller(Role.OFFICER, Role.APPROVER)
    body = bodies.application(borrower=bodies.person(desk.branch))
    application = (await both.post(APPLICATIONS, body)).json()["application_id"]
    for decision in (approval(fund), {"outcome": "reject", "reasons": ["no"]}):
        assert problem(await decide(both, application, decision)) == (
            403,
            "maker-is-checker",
        )
    address = f"{APPLICATIONS}/{application}"
    # Who corrected an application made it too, and whoever submitted it first stays its maker.
    await both.post(f"{address}/return", {"reason": "x"})
    other = desk.caller(Role.OFFICER, Role.APPROVER)
    correction = bodies.application()
    del correction["product_code"]
    assert (await other.post(f"{address}/resubmit", correction)).status_code == 200
    for maker in (both, other):
        assert problem(await decide(maker, application, approval(fund)))[1] == "maker-is-checker"
    assert (await decide(desk.caller(Role.APPROVER), application, approval(fund))).is_success


async def test_two_who_approve_at_once_leave_one_approval_and_one_reservation(
    desk: Office,
) -> None:
    fund, application = await open_fund(desk), await application_of(desk)
    answers = await asyncio.gather(
        *(decide(desk.caller(Role.APPROVER), application, approval(fund)) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert await reserved(desk) == 1_000_000
    assert len((await file_of(desk, application))["decisions"]) == 1


async def test_an_approval_and_a_rejection_at_once_leave_one_of_them(desk: Office) -> None:
    fund, application = await open_fund(desk), await application_of(desk)
    refusal = {"outcome": "reject", "reasons": ["no"]}
    answers = await asyncio.gather(
        decide(desk.caller(Role.APPROVER), application, approval(fund)),
        decide(desk.caller(Role.APPROVER), application, refusal),
        decide(desk.caller(Role.APPROVER), application, approval(fund)),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    status = (await file_of(desk, application))["status"]
    assert await reserved(desk) == (1_000_000 if status == "approved" else 0)


async def test_the_same_key_decides_once(desk: Office) -> None:
    fund, application = await open_fund(desk), await application_of(desk)
    approver = desk.caller(Role.APPROVER)
    answers = await asyncio.gather(
        *(decide(approver, application, approval(fund), key="once") for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await reserved(desk) == 1_000_000
    path = f"{APPLICATIONS}/{application}/decisions"
    assert (await approver.post(path, approval(fund))).status_code == 422


async def test_an_empty_fund_leaves_the_application_waiting_with_the_reason(desk: Office) -> None:
    fund = await open_fund(desk, holds="1500.000")
    first, second = await application_of(desk, day=1), await application_of(desk, day=2)
    approver = desk.caller(Role.APPROVER)
    await decide(approver, first, approval(fund))
    answer = await decide(approver, second, approval(fund))
    assert answer.json()["status"] == "waiting_for_funds"
    assert answer.json()["standing"]["type"] == "/problems/loans/fund-exhausted"
    assert "500.000" in answer.json()["standing"]["detail"]
    path = f"{APPLICATIONS}/{second}/reservations"
    again = await approver.post(path, None, Idempotency_Key="r1")
    assert (again.status_code, again.json()["status"]) == (201, "waiting_for_funds")
    officer = desk.caller(Role.OFFICER)
    await officer.post(f"{APPLICATIONS}/{first}/withdraw", {"reason": "found other money"})
    found = await approver.post(path, None, Idempotency_Key="r2")
    assert (found.json()["status"], found.json()["standing"]) == ("approved", None)
    assert await reserved(desk) == 1_000_000
    more = await approver.post(path, None, Idempotency_Key="r3")
    assert problem(more) == (409, "not-waiting-for-funds")


async def test_of_many_approvals_at_once_a_fund_pays_for_what_it_has(desk: Office) -> None:
    fund = await open_fund(desk, holds="3999.999")
    waiting = [await application_of(desk, day=day) for day in range(8)]
    answers = await asyncio.gather(
        *(decide(desk.caller(Role.APPROVER), one, approval(fund)) for one in waiting)
    )
    states = sorted(answer.json()["status"] for answer in answers)
    assert states == ["approved"] * 3 + ["waiting_for_funds"] * 5
    assert await reserved(desk) == 3_000_000


async def test_a_return_begins_a_new_round_with_the_earlier_decisions_kept(desk: Office) -> None:
    fund = await open_fund(desk)
    application = await application_of(desk, amount=bodies.amount("3000.000"))
    first, second = desk.caller(Role.APPROVER), desk.caller(Role.APPROVER)
    await decide(first, application, approval(fund))
    body = {"outcome": "return", "reasons": ["prove the sales"]}
    assert (await decide(second, application, body)).json()["status"] == "returned"
    correction = bodies.application(amount=bodies.amount("1500.000"))
    del correction["product_code"]
    path = f"{APPLICATIONS}/{application}/resubmit"
    assert (await desk.caller(Role.OFFICER).post(path, correction)).status_code == 200
    # In the new round the person of the first level may decide again, and finds no offer.
    missing = await decide(first, application, {"outcome": "approve", "reasons": ["fine"]})
    assert problem(missing) == (422, "offer-missing")
    assert (await decide(first, application, approval(fund))).json()["status"] == "approved"
    rounds = [one["round"] for one in (await file_of(desk, application))["decisions"]]
    assert rounds == [1, 1, 2]


async def test_nothing_is_decided_before_the_assessment_or_after_the_decision(
    desk: Office, scoring: FakeScoring
) -> None:
    fund = await open_fund(desk)
    scoring.answers = False
    waiting = await application_of(desk)
    approver = desk.caller(Role.APPROVER)
    for body in (approval(fund), {"outcome": "reject", "reasons": ["no"]}):
        assert problem(await decide(approver, waiting, body)) == (
            409,
            "transition-refused",
        )
    scoring.answers = True
    decided = await application_of(desk, day=2)
    await decide(approver, decided, {"outcome": "reject", "reasons": ["no"]})
    late = await decide(desk.caller(Role.APPROVER), decided, approval(fund))
    assert problem(late) == (409, "transition-refused")


async def test_decisions_keep_to_the_branch_the_institution_and_the_role(
    desk: Office, loans_db: Database
) -> None:
    fund, application = await open_fund(desk), await application_of(desk)
    foreign = InstitutionId(ids.new())
    await office.found(loans_db, foreign)
    far = desk.caller(Role.APPROVER, branches=[desk.branches[1]])
    stranger = desk.caller(Role.APPROVER, institution_id=foreign)
    for caller in (far, stranger):
        assert problem(await decide(caller, application, approval(fund)))[0] == 404
    for role in set(Role) - {Role.APPROVER}:
        answer = await decide(desk.caller(role), application, approval(fund))
        assert answer.status_code == 403
    assert (await file_of(desk, application))["status"] == "assessed"


async def test_decisions_are_only_ever_added(desk: Office) -> None:
    fund, application = await open_fund(desk), await application_of(desk)
    await decide(desk.caller(Role.APPROVER), application, approval(fund))
    for statement in ("update decision set outcome = 'reject'", "delete from decision"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with desk.database.begin(desk.institution_id) as session:
                await session.execute(text(statement))
