"""A month's loans are scored in parts, and their colours ruled among all of them."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.scoring.domain.warning.facts import LoanFacts
from services.scoring.warnings import queries
from shared import ids
from shared.auth import Role
from tests import running_loans
from tests.integration.scoring.desk import Desk
from tests.running_loans import Json, loan

WARNINGS = "/scoring/v1/warnings"
BATCHES = f"{WARNINGS}/batches"
MONTHS = f"{WARNINGS}/months"
NORTH, SOUTH = ids.new(), ids.new()
SLOW = {"days": 5}


def thirty_loans() -> list[LoanFacts]:
    """Thirty loans; the first three, of the south, are late, each less than the one before."""
    late = [loan(branch_id=SOUTH, **how) for how in ({"paid": 5, "days": 5}, {"paid": 5}, SLOW)]
    return [*late, *(loan(branch_id=NORTH) for _ in range(27))]


async def scored(scoring: Desk, loans: list[LoanFacts], **more: Any) -> str:
    body = running_loans.body(loans, **{"is_of_month": True} | more)
    answer = await scoring.service().post(BATCHES, body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["red"], found["amber"], found["green"]) == (0, 0, 0)
    assert found["waiting"] == len(loans)
    return str(found["batch_id"])


async def in_parts(scoring: Desk, loans: list[LoanFacts], *, size: int) -> list[str]:
    parts = [loans[start : start + size] for start in range(0, len(loans), size)]
    return [await scored(scoring, part) for part in parts]


def month(batch_ids: list[str], **more: Any) -> Json:
    return {"month": "2026-03-15", "batch_ids": batch_ids} | more


async def ruled(scoring: Desk, batch_ids: list[str], **more: Any) -> Json:
    answer = await scoring.service().post(MONTHS, month(batch_ids, **more))
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def refused(scoring: Desk, batch_ids: list[str], **more: Any) -> Json:
    answer = await scoring.service().post(MONTHS, month(batch_ids, **more))
    assert answer.status_code == 409, answer.text
    found: Json = answer.json()
    return found


async def listed(scoring: Desk, **query: Any) -> list[Json]:
    answer = await scoring.caller(Role.OFFICER).get(WARNINGS, month="2026-03-01", **query)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def test_the_worst_of_the_whole_month_are_graded_whatever_the_parts(scoring: Desk) -> None:
    """In parts of five, a tenth of a part would be nobody; of thirty it is three."""
    loans = thirty_loans()
    batch_ids = await in_parts(scoring, loans, size=5)
    assert await listed(scoring) == []
    found = await ruled(scoring, batch_ids)

    assert [sum(one[name] for one in found["batches"]) for name in ("red", "amber", "green")] == [
        2, 1, 27,
    ]  # fmt: skip
    assert found["month"] == "2026-03-01"
    alerts = await listed(scoring, alerts="only")
    assert [(one["loan_id"], one["grade"], one["rank"]) for one in alerts] == [
        (str(loans[0].loan_id), "red", 1),
        (str(loans[1].loan_id), "red", 2),
        (str(loans[2].loan_id), "amber", 3),
    ]
    assert [one["rank"] for one in await listed(scoring)] == list(range(1, 31))


async def test_a_part_tells_what_became_of_it_once_the_month_is_ruled(scoring: Desk) -> None:
    batch_ids = await in_parts(scoring, thirty_loans(), size=15)
    await ruled(scoring, batch_ids)
    first, second = [
        (await scoring.service().get(f"{BATCHES}/{batch_id}")).json() for batch_id in batch_ids
    ]

    assert (first["red"], first["amber"], first["green"], first["waiting"]) == (2, 1, 12, 0)
    assert (second["red"], second["amber"], second["green"], second["waiting"]) == (0, 0, 15, 0)


async def test_the_officers_of_a_branch_bound_it_over_all_parts(scoring: Desk) -> None:
    batch_ids = await in_parts(scoring, thirty_loans(), size=2)
    capacity = {"share": "0.5", "branches": [{"branch_id": str(SOUTH), "loans": 2}]}
    await ruled(scoring, batch_ids, capacity=capacity)

    assert len(await listed(scoring, alerts="only", branch=str(SOUTH))) == 2
    assert len(await listed(scoring, grade="green", branch=str(SOUTH))) == 1


async def test_the_same_month_is_ruled_once(scoring: Desk) -> None:
    batch_ids = await in_parts(scoring, thirty_loans(), size=10)
    first = await ruled(scoring, batch_ids)
    again = await ruled(scoring, batch_ids[::-1])
    other = await refused(scoring, batch_ids, capacity={"share": "0.2"})
    fewer = await refused(scoring, batch_ids[:1])
    told = [e for e in await scoring.events() if e["type"] == "scoring.warning-raised.v1"]

    assert first == again
    assert {other["type"], fewer["type"]} == {"/problems/scoring/warning-month-ruled"}
    assert len(await listed(scoring)) == 30
    assert sorted(event["data"]["grade"] for event in told) == ["amber", "red", "red"]


async def test_nothing_is_ruled_before_all_of_it_is_named(scoring: Desk) -> None:
    first, second = await in_parts(scoring, thirty_loans(), size=15)
    missing = await refused(scoring, [first])
    unknown = await refused(scoring, [first, second, str(ids.new())])

    assert {missing["type"], unknown["type"]} == {"/problems/scoring/warning-month-unfit"}
    assert missing["detail"] != unknown["detail"]
    assert await listed(scoring) == [], "nothing of a refused month is kept"
    await ruled(scoring, [first, second])


async def test_batches_of_two_days_or_graded_alone_fit_into_no_month(scoring: Desk) -> None:
    first = await scored(scoring, [loan()])
    earlier = await scored(scoring, [loan()], as_of=running_loans.AS_OF.replace(day=30))
    alone = running_loans.body([loan()])
    assert (await scoring.service().post(BATCHES, alone)).status_code == 201
    days = await refused(scoring, [first, earlier])
    both = await refused(scoring, [first, earlier, alone["batch_id"]])

    assert "days" in days["detail"]
    assert "named" in both["detail"]


async def test_a_loan_has_one_score_and_one_colour_a_month(scoring: Desk) -> None:
    twice, alone = loan(), loan()
    batch_id = await scored(scoring, [twice, loan()])
    service = scoring.service()
    again = await service.post(BATCHES, running_loans.body([twice], is_of_month=True))
    own = await service.post(BATCHES, running_loans.body([twice]))
    assert (await service.post(BATCHES, running_loans.body([alone]))).status_code == 201
    waits = await service.post(BATCHES, running_loans.body([alone], is_of_month=True))

    for answer, of in ((again, twice), (own, twice), (waits, alone)):
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/scoring/loan-twice-in-month"
        assert answer.json()["loan_id"] == str(of.loan_id)
    found = await ruled(scoring, [batch_id])
    assert [UUID(one["batch_id"]) for one in found["batches"]] == [UUID(batch_id)]


async def test_who_grades_alone_waits_for_who_scores_the_month(scoring: Desk) -> None:
    """Each would not see what the other has not kept yet, and the month could never be ruled."""
    async with scoring.database.begin(scoring.institution_id) as session:
        name = queries.month_name(session, running_loans.AS_OF.replace(day=1))
        await session.execute(queries.ONE_BY_ONE, name)
        alone = running_loans.body([loan()])
        sent = asyncio.create_task(scoring.service().post(BATCHES, alone))
        await asyncio.wait({sent}, timeout=1.5)
        assert not sent.done()

    assert (await sent).status_code == 201


async def test_a_month_that_is_ruled_takes_no_more_parts(scoring: Desk) -> None:
    batch_id = await scored(scoring, [loan()])
    await ruled(scoring, [batch_id])
    late = await scoring.service().post(BATCHES, running_loans.body([loan()], is_of_month=True))

    assert late.status_code == 409
    assert late.json()["type"] == "/problems/scoring/warning-month-ruled"


async def test_a_part_without_loans_at_risk_is_ruled_as_well(scoring: Desk) -> None:
    body = running_loans.body([loan(paid=2)], is_of_month=True)
    answer = await scoring.service().post(BATCHES, body)
    assert (answer.json()["waiting"], len(answer.json()["fallen"])) == (0, 1)

    (batch,) = (await ruled(scoring, [body["batch_id"]]))["batches"]
    assert (batch["red"], batch["amber"], batch["green"]) == (0, 0, 0)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR])
async def test_only_a_service_rules_and_only_its_own_institution(scoring: Desk, role: Role) -> None:
    batch_id = await scored(scoring, [loan()])
    assert (await scoring.caller(role).post(MONTHS, month([batch_id]))).status_code == 403
    stranger = scoring.service(institution_id=ids.InstitutionId(ids.new()))
    answer = await stranger.post(MONTHS, month([batch_id]))

    assert answer.json()["type"] == "/problems/scoring/warning-month-unfit"
