"""One person is registered once, in whatever spelling, and every reading leaves a trace."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.borrowers import operations, queries, router
from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain.borrower import BorrowerKind, NewBorrower
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.errors import RafidError
from shared.ids import InstitutionId
from tests import bodies, office
from tests.office import TODAY, Caller, Office

BORROWERS = "/loans/v1/borrowers"
NATIONAL_ID = {"type": "national_id", "number": "AB-123 456"}


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with office.opened(loans_db, institution_id, router.router) as opened:
        yield opened


@pytest.fixture
def officer(desk: Office) -> Caller:
    return desk.caller(Role.OFFICER)


async def register(officer: Caller, desk: Office, **changes: Any) -> httpx.Response:
    return await officer.post(BORROWERS, bodies.person(desk.branch, **changes))


async def registered(officer: Caller, desk: Office, **changes: Any) -> str:
    answer = await register(officer, desk, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["borrower_id"])


async def whole(officer: Caller, borrower_id: str) -> dict[str, Any]:
    answer = await officer.get(f"{BORROWERS}/{borrower_id}", purpose="application")
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


async def test_a_borrower_is_read_as_registered(desk: Office, officer: Caller) -> None:
    name = {"ar": "أحمد عبد الله", "latin": "Ahmed Abdallah"}
    phones = ["٠٧٩ ١٢٣ ٤٥٦٧", "+216 20 123 456"]
    borrower_id = await registered(officer, desk, name=name, phones=phones, documents=[NATIONAL_ID])
    read = await whole(officer, borrower_id)
    assert read["reference"] == "BR-2026-000001"
    assert read["name"] == name
    assert read["phones"] == ["+21620123456", "+962791234567"]
    assert read["documents"] == [NATIONAL_ID | {"country": "JO"}]
    assert read["consents"] == [
        {"purpose": "credit_decision", "effective_on": "2026-03-01", "granted": True}
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ar": "أحمد عبد الله"}, {"ar": "احمد عبدالله"}),
        ({"ar": "فاطمة الزهراء"}, {"ar": "فاطمه الزهراء"}),
        ({"ar": "مُحَمَّد عَلِي"}, {"ar": "محمد على"}),
        ({"ar": "عبد الرحمن يوسف"}, {"latin": "Abderrahmane Youssef"}),
        ({"latin": "Saïd Benali"}, {"latin": "SAID  BENALI"}),
    ],
)
async def test_the_same_person_in_another_spelling_is_a_possible_duplicate(
    desk: Office, officer: Caller, one: dict[str, str], other: dict[str, str]
) -> None:
    first = await registered(officer, desk, name=one)
    answer = await register(officer, desk, name=other)
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    assert problem["type"] == "/problems/loans/possible-duplicate"
    assert problem["candidate_ids"] == [first]
    assert not any(name in answer.text for name in (*one.values(), *other.values()))


async def test_a_person_confirmed_to_be_another_is_registered_and_remembered(
    desk: Office, officer: Caller
) -> None:
    first = await registered(officer, desk)
    stray = str(uuid4())
    second = await registered(officer, desk, confirmed_distinct_from=[first, stray])
    assert second != first
    third = await register(officer, desk, confirmed_distinct_from=[first])
    assert third.json()["candidate_ids"] == [second]


async def test_the_same_name_with_another_birth_date_is_another_person(
    desk: Office, officer: Caller
) -> None:
    await registered(officer, desk)
    await registered(officer, desk, born_on="1971-01-01")


async def test_a_shared_phone_is_a_possible_duplicate(desk: Office, officer: Caller) -> None:
    await registered(officer, desk, phones=["0791234567"])
    changes = {"name": {"ar": "ليلى"}, "born_on": "1985-01-01", "phones": ["+962 79 123 4567"]}
    answer = await register(officer, desk, **changes)
    assert (answer.status_code, answer.json()["reasons"]) == (409, ["phone"])


async def test_a_known_document_is_refused_even_when_confirmed(
    desk: Office, officer: Caller
) -> None:
    first = await registered(officer, desk, documents=[NATIONAL_ID])
    other = {
        "name": {"ar": "ليلى"},
        "born_on": "1985-01-01",
        "documents": [{"type": "national_id", "number": "ab١٢٣٤٥٦"}],
        "confirmed_distinct_from": [first],
    }
    answer = await register(officer, desk, **other)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/loans/document-known"
    assert answer.json()["borrower_id"] == first


async def test_an_outside_name_belongs_to_one_borrower(desk: Office, officer: Caller) -> None:
    first = await registered(officer, desk, external_id="crm:7")
    changes = {"name": {"ar": "ليلى"}, "born_on": "1985-01-01", "external_id": "crm:7"}
    answers = await asyncio.gather(*(register(officer, desk, **changes) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {409}
    assert {answer.json()["borrower_id"] for answer in answers} == {first}


async def test_a_name_that_unfolds_to_thousands_of_letters_is_kept(
    desk: Office, officer: Caller
) -> None:
    name = {"ar": "\ufdfa" * 200}
    document = {"type": "passport", "number": "\ufdfa" * 60}
    borrower_id = await registered(officer, desk, name=name, documents=[document])
    assert (await whole(officer, borrower_id))["name"]["ar"] == name["ar"]


async def test_of_eight_who_register_one_person_at_once_one_succeeds(
    desk: Office, officer: Caller
) -> None:
    answers = await asyncio.gather(*(register(officer, desk) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_many_borrowers_are_judged_one_by_one_and_against_each_other(desk: Office) -> None:
    def new(name: str, **changes: Any) -> NewBorrower:
        members: dict[str, Any] = {
            "kind": BorrowerKind.MICRO_ENTERPRISE,
            "branch_id": desk.branch,
            "region": "amman",
            "name_ar": name,
        }
        return NewBorrower(**members | changes)

    people = [new(f"مقترض {number}") for number in range(300)]
    people[7] = new("مقترض 3")
    people[9] = new("مقترض 9", branch_id=uuid4())
    actor = desk.caller(Role.OFFICER).actor
    async with desk.database.begin(desk.institution_id) as session:
        outcomes = await operations.register_borrowers(session, people, on=TODAY, actor=actor)
    assert isinstance(outcomes[7], operations.PossibleDuplicate)
    assert isinstance(outcomes[9], queries.BranchOutOfReach)
    rows = [outcome for outcome in outcomes if isinstance(outcome, BorrowerRow)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, RafidError)]
    assert (len(rows), len(refused)) == (298, 2)
    assert len({row.reference for row in rows}) == 298


async def test_a_group_needs_members_who_are_registered_persons(
    desk: Office, officer: Caller
) -> None:
    members = [
        await registered(officer, desk, name={"ar": name}, born_on=f"199{number}-01-01")
        for number, name in enumerate(["سعاد", "مريم", "ليلى"])
    ]
    group: dict[str, Any] = {
        "kind": "solidarity_group", "name": {"ar": "مجموعة النخيل"}, "born_on": None,
    }  # fmt: skip
    alone = await register(officer, desk, **group, members=[{"borrower_id": members[0]}])
    assert alone.json()["type"] == "/problems/loans/members-missing"
    twice = await register(officer, desk, **group, members=[{"borrower_id": members[0]}] * 2)
    assert twice.json()["type"] == "/problems/loans/members-missing"
    unknown = [{"borrower_id": members[0]}, {"borrower_id": str(uuid4())}]
    assert (await register(officer, desk, **group, members=unknown)).status_code == 404
    complete = [{"borrower_id": member, "leads": member == members[0]} for member in members]
    group_id = await registered(officer, desk, **group, members=complete)
    kept = (await whole(officer, group_id))["members"]
    assert {member["borrower_id"]: member["leads"] for member in kept} == {
        members[0]: True, members[1]: False, members[2]: False,
    }  # fmt: skip
    nested = await register(
        officer, desk, **group | {"name": {"ar": "مجموعة أخرى"}},
        members=[{"borrower_id": group_id}, {"borrower_id": members[1]}],
    )  # fmt: skip
    assert nested.json()["type"] == "/problems/loans/not-a-person"


async def test_a_guarantor_is_another_registered_person(desk: Office, officer: Caller) -> None:
    borrower = await registered(officer, desk)
    guarantor = await registered(officer, desk, name={"ar": "ليلى"}, born_on="1980-01-01")
    address = f"{BORROWERS}/{borrower}/guarantors"
    for _ in range(2):
        assert (await officer.post(address, {"borrower_id": guarantor})).status_code == 201
    assert (await whole(officer, borrower))["guarantor_ids"] == [guarantor]
    own = await officer.post(address, {"borrower_id": borrower})
    assert own.json()["type"] == "/problems/loans/guarantor-is-borrower"
    assert (await officer.post(address, {"borrower_id": str(uuid4())})).status_code == 404


async def test_consent_taken_back_is_added_and_not_overwritten(
    desk: Office, officer: Caller
) -> None:
    borrower = await registered(officer, desk)
    word = {"purpose": "credit_decision", "effective_on": "2026-03-20", "granted": False}
    assert (await officer.post(f"{BORROWERS}/{borrower}/consents", word)).status_code == 201
    assert [one["granted"] for one in (await whole(officer, borrower))["consents"]] == [True, False]

    async def consenting(on: str) -> set[UUID]:
        async with desk.database.read(desk.institution_id) as session:
            day = type(TODAY).fromisoformat(on)
            wanted = [UUID(borrower)]
            return await queries.consenting(session, wanted, purpose="credit_decision", on=day)

    assert await consenting("2026-03-19") == {UUID(borrower)}
    assert await consenting("2026-03-20") == set()
    assert await consenting("2026-02-28") == set()


async def test_a_document_added_later_belongs_to_one_borrower(
    desk: Office, officer: Caller
) -> None:
    borrower = await registered(officer, desk)
    other = await registered(officer, desk, name={"ar": "ليلى"}, born_on="1980-01-01")
    added = await officer.post(f"{BORROWERS}/{borrower}/documents", NATIONAL_ID)
    assert added.json() == NATIONAL_ID | {"country": "JO"}
    again = await officer.post(f"{BORROWERS}/{other}/documents", NATIONAL_ID)
    assert (again.status_code, again.json()["borrower_id"]) == (409, borrower)


async def test_every_reading_is_recorded_with_its_reader_and_purpose(
    desk: Office, officer: Caller
) -> None:
    borrower = await registered(officer, desk)
    await whole(officer, borrower)
    approver, auditor = desk.caller(Role.APPROVER), desk.caller(Role.AUDITOR)
    await approver.get(BORROWERS, purpose="approval")
    records = (await auditor.get(f"{BORROWERS}/{borrower}/access-records")).json()["items"]
    assert [(record["actor_id"], record["purpose"]) for record in records] == [
        (str(officer.actor.id), "application"),
        (str(approver.actor.id), "approval"),
    ]
    without = await officer.get(f"{BORROWERS}/{borrower}")
    assert without.status_code == 422
    assert (await officer.get(f"{BORROWERS}/{borrower}/access-records")).status_code == 403


async def test_a_borrower_is_found_by_any_spelling_of_the_name(
    desk: Office, officer: Caller
) -> None:
    borrower = await registered(officer, desk)
    await registered(officer, desk, name={"ar": "ليلى"}, born_on="1980-01-01")
    found = await officer.get(BORROWERS, purpose="contact", name="احمد عبدالله")
    assert [item["borrower_id"] for item in found.json()["items"]] == [borrower]


async def test_pages_show_each_borrower_once(desk: Office, officer: Caller) -> None:
    made = [
        await registered(officer, desk, born_on=f"19{60 + number}-01-01") for number in range(5)
    ]
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await officer.get(BORROWERS, purpose="contact", limit=2, **after)).json()
        seen += [item["borrower_id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == made


async def test_a_branch_out_of_reach_is_closed_to_an_officer(desk: Office) -> None:
    near = desk.caller(Role.OFFICER, branches=[desk.branches[0]])
    far = desk.caller(Role.OFFICER, branches=[desk.branches[1]])
    borrower = await registered(near, desk)
    assert (await far.get(f"{BORROWERS}/{borrower}", purpose="contact")).status_code == 404
    assert (await far.get(BORROWERS, purpose="contact")).json()["items"] == []
    answer = await register(far, desk, name={"ar": "ليلى"})
    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "/problems/loans/branch-out-of-reach",
    )
    # A duplicate in a branch that the officer does not see is still told, by its id alone.
    body = bodies.person(desk.branches[1])
    assert (await far.post(BORROWERS, body)).json()["candidate_ids"] == [borrower]


async def test_another_institution_sees_nothing_and_resembles_nobody(
    desk: Office, loans_db: Database, officer: Caller
) -> None:
    borrower = await registered(officer, desk, documents=[NATIONAL_ID])
    foreign = InstitutionId(ids.new())
    branch, _ = await office.found(loans_db, foreign)
    stranger = desk.caller(Role.OFFICER, institution_id=foreign)
    assert (await stranger.get(f"{BORROWERS}/{borrower}", purpose="contact")).status_code == 404
    body = bodies.person(branch, documents=[NATIONAL_ID])
    assert (await stranger.post(BORROWERS, body)).status_code == 201
    body = bodies.person(desk.branch, name={"ar": "ليلى"})
    assert (await stranger.post(BORROWERS, body)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": {}}, "name-missing"),
        ({"name": {"ar": "…"}}, "name-missing"),
        ({"name": {"ar": "Ahmed"}}, "name-script-mixed"),
        ({"name": {"latin": "أحمد"}}, "name-script-mixed"),
        ({"born_on": None}, "birth-date-missing"),
        ({"born_on": "2026-04-02"}, "birth-date-impossible"),
        ({"born_on": "1905-01-01"}, "birth-date-impossible"),
        ({"phones": ["12345"]}, "phone-not-valid"),
        ({"phones": ["not a number"]}, "phone-not-valid"),
        ({"documents": [{"type": "passport", "number": "--"}]}, "document-not-valid"),
        ({"members": [{"borrower_id": str(uuid4())}]}, "members-not-allowed"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_reason(
    desk: Office, officer: Caller, changes: dict[str, Any], problem: str
) -> None:
    answer = await register(officer, desk, **changes)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/loans/{problem}")


@pytest.mark.parametrize(
    "name",
    [
        "'; drop table borrower; --",
        "<script>alert(1)</script>",
        "%s %(x)s {0} {name}",
        "a" * 200,
        "Zoë \U0001f600 Müller",
    ],
)
async def test_hostile_text_is_kept_as_text(desk: Office, officer: Caller, name: str) -> None:
    borrower = await registered(officer, desk, name={"latin": name})
    assert (await whole(officer, borrower))["name"]["latin"] == name


@pytest.mark.parametrize(
    "changes",
    [
        {"name": {"latin": "a\x00b"}},
        {"name": {"latin": "a" * 201}},
        {"region": ""},
        {"kind": "company"},
        {"born_on": 0},
        {"unknown": 1},
        {"phones": ["0791234567"] * 6},
        {"external_id": "with space"},
    ],
)
async def test_a_body_of_another_form_is_refused(
    desk: Office, officer: Caller, changes: dict[str, Any]
) -> None:
    answer = await register(officer, desk, **changes)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


async def test_the_register_is_only_ever_added_to(desk: Office, officer: Caller) -> None:
    await registered(officer, desk, documents=[NATIONAL_ID])
    for table in ("borrower", "borrower_document", "consent", "access_record"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with desk.database.begin(desk.institution_id) as session:
                await session.execute(text(f"delete from {table}"))
