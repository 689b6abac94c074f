"""An institution, its branches, people and programs: named once, walled, never without a head."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.institutions import operations
from services.loans.institutions.operations import LastAdministrator, NameTaken
from shared import ids
from shared.auth import NOWHERE
from shared.clock import UnknownTimeZone
from shared.currencies import UnknownCurrency
from shared.db import Database
from shared.ids import InstitutionId, StaffId
from tests.integration.loans import doorway
from tests.integration.loans.doorway import NAMES, Scene

NAMED = {"ar": "فرع", "fr": "Agence", "en": "Branch"}
WALLED = ("institution", "branch", "staff", "client", "reference_counter")
EVENTS = text("select type, subject_id, data from event order by recorded_at, event_id")


@pytest.fixture
async def scene(
    loans_db: Database, institution_id: InstitutionId, tmp_path: Path
) -> AsyncIterator[Scene]:
    async with doorway.opened(loans_db, institution_id, tmp_path) as opened:
        yield opened


async def get(scene: Scene, path: str, **query: Any) -> httpx.Response:
    return await scene.http.get(f"/loans/v1/{path}", params=query, headers=scene.administrator())


async def new_branch(scene: Scene, code: str) -> dict[str, Any]:
    answer = await scene.post("branches", {"code": code, "names": NAMED, "region": "amman"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_a_founded_institution_has_a_head_whose_password_is_random(scene: Scene) -> None:
    another = InstitutionId(ids.new())
    other = await doorway.found(scene.database, another)

    assert other.password != scene.founded.password
    assert len(other.password) >= 20
    assert other.password not in other.administrator.password_hash
    shown = (await get(scene, "institution")).json()
    assert shown["code"] == scene.code
    assert shown["names"] == {"ar": NAMES.ar, "fr": NAMES.fr, "en": NAMES.en}
    assert (shown["currency"], shown["timezone"]) == ("JOD", "Asia/Amman")


async def test_what_cannot_be_an_institution_leaves_nothing(scene: Scene) -> None:
    whole: dict[str, Any] = {
        "code": "amanah",
        "names": NAMES,
        "country": "JO",
        "currency": "JOD",
        "timezone": "Asia/Amman",
    }
    for changes, error in (
        ({"code": scene.code}, NameTaken),
        ({"currency": "XXQ"}, UnknownCurrency),
        ({"timezone": "Asia/Atlantis"}, UnknownTimeZone),
        ({"code": "Not A Code"}, DBAPIError),
    ):
        institution_id = InstitutionId(ids.new())
        with pytest.raises(error):
            async with scene.database.begin(institution_id) as session:
                await operations.create_institution(session, **(whole | changes))
        async with scene.database.read(institution_id) as session:
            count = await session.execute(doorway.count_of("institution"))
            assert count.scalar_one() == 0


async def test_founding_and_opening_are_told_as_events_without_persons(scene: Scene) -> None:
    branch = await new_branch(scene, "amman-1")
    await scene.new_staff("amina", "officer")
    async with scene.database.read(scene.institution_id) as session:
        told = (await session.execute(EVENTS)).all()

    assert [(each.type, str(each.subject_id)) for each in told] == [
        ("loans.institution-created.v1", str(scene.institution_id)),
        ("loans.branch-created.v1", branch["branch_id"]),
    ]
    assert told[1].data["code"] == "amman-1"
    assert "amina" not in str(told)


async def test_a_name_is_given_once_also_to_ten_at_once(scene: Scene) -> None:
    body = {"code": "amman-1", "names": NAMED, "region": "amman"}
    answers = await asyncio.gather(*(scene.post("branches", body) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    taken = next(answer for answer in answers if answer.status_code == 409)
    assert kind_of(taken) == (409, "name-taken")
    assert taken.json()["name"] == "amman-1"
    made = await scene.new_staff("amina", "officer")
    again = await scene.post("staff", {"login": "amina", "name": "x", "roles": ["auditor"]})
    assert kind_of(again) == (409, "name-taken")
    assert "password" in made
    assert "password" not in str((await get(scene, "staff")).json())


async def test_lists_are_read_in_pages_without_gap_or_repetition(scene: Scene) -> None:
    codes = [f"b{number}" for number in range(7)]
    for code in codes:
        await new_branch(scene, code)
    seen, query = [], {"limit": 3}
    for _ in range(3):
        page = (await get(scene, "branches", **query)).json()
        seen += [branch["code"] for branch in page["items"]]
        query = {"limit": 3, "after": page["next"]}

    assert seen == codes
    assert page["next"] is None


async def test_what_is_deactivated_stays_in_the_list_with_its_date(scene: Scene) -> None:
    branch = await new_branch(scene, "amman-1")
    staff = (await scene.new_staff("amina", "officer"))["staff"]
    client = (await scene.new_client("integrator"))["client"]
    for path, thing, name in (
        ("branches", branch["branch_id"], "branch_id"),
        ("staff", staff["staff_id"], "staff_id"),
        ("clients", client["id"], "id"),
    ):
        first = await scene.post(f"{path}/{thing}/deactivate")
        again = await scene.post(f"{path}/{thing}/deactivate")
        assert first.status_code == 200, first.text
        assert first.json() == again.json()
        listed = (await get(scene, path)).json()["items"]
        assert first.json() in listed
        assert first.json()[name] == thing
        assert first.json()["deactivated_at"] is not None
        assert kind_of(await scene.post(f"{path}/{ids.new()}/deactivate"))[0] == 404


async def test_two_heads_cannot_dismiss_each_other_at_once(scene: Scene) -> None:
    first = scene.founded.administrator.staff_id
    made = await scene.new_staff("second", "administrator")
    both = [StaffId(first), StaffId(UUID(made["staff"]["staff_id"]))]

    async def dismiss(staff_id: StaffId) -> None:
        async with scene.database.begin(scene.institution_id) as session:
            await operations.deactivate_staff(session, staff_id, at=scene.clock.now())

    outcomes = await asyncio.gather(*map(dismiss, both), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        LastAdministrator.__name__,
        "NoneType",
    ]


async def test_roles_branches_and_donors_must_fit(scene: Scene) -> None:
    donor = str(ids.new())
    for body, refused in (
        ({"roles": ["service"]}, (422, "role-not-given")),
        ({"roles": ["donor"]}, (422, "donor-not-named")),
        ({"roles": ["officer"], "donor_id": donor}, (422, "donor-not-named")),
        ({"roles": ["donor", "officer"], "donor_id": donor}, (422, "donor-not-named")),
        ({"roles": ["officer"], "branch_ids": [str(ids.new())]}, (404, "unknown-branch")),
        ({"roles": []}, (422, "invalid-request")),
        ({"roles": ["king"]}, (422, "invalid-request")),
        ({"roles": ["officer"], "branch_ids": []}, (422, "invalid-request")),
        ({"roles": ["officer"], "password": "mine"}, (422, "invalid-request")),
        ({"roles": ["officer"], "login": "A B"}, (422, "invalid-request")),
        ({"roles": ["officer"], "name": "a\x00b"}, (422, "invalid-request")),
    ):
        answer = await scene.post("staff", {"login": "amina", "name": "Amina"} | body)
        assert kind_of(answer) == refused, body
    assert [each["login"] for each in (await get(scene, "staff")).json()["items"]] == [
        f"administrator@{scene.code}"
    ]
    service = await scene.post("clients", {"name": "x", "roles": ["service"]})
    assert kind_of(service) == (422, "role-not-given")


async def test_every_table_is_walled(scene: Scene) -> None:
    await new_branch(scene, "amman-1")
    await scene.new_client("integrator")
    async with scene.database.begin(scene.institution_id) as session:
        await operations.next_reference(session, kind="LN", year=2026)

    for table in WALLED:
        counts = []
        for institution_id in (scene.institution_id, InstitutionId(ids.new()), NOWHERE):
            async with scene.database.read(institution_id) as session:
                count = await session.execute(doorway.count_of(table))
                counts.append(count.scalar_one())
        assert counts == [1, 0, 0], table


async def test_nobody_writes_into_another_institution(scene: Scene) -> None:
    stranger = InstitutionId(ids.new())
    insert = text("""
        insert into branch (institution_id, branch_id, code, name_ar, name_fr, name_en, region)
        values (:institution_id, :branch_id, 'x', 'x', 'x', 'x', 'x')
    """)
    values = {"institution_id": scene.institution_id, "branch_id": ids.new()}
    with pytest.raises(DBAPIError, match="row-level security"):
        async with scene.database.begin(stranger) as session:
            await session.execute(insert, values)


async def test_a_token_of_another_institution_finds_nothing_here(scene: Scene) -> None:
    branch = await new_branch(scene, "amman-1")
    other = await doorway.found(scene.database, InstitutionId(ids.new()))
    token = scene.issuer.staff_token(other.administrator, client_id="monitoring")
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/loans/v1/branches/{branch['branch_id']}/deactivate"

    found = await scene.http.post(path, headers=headers)
    named = {**headers, "X-Institution": str(scene.institution_id)}
    listed = await scene.http.get("/loans/v1/branches", headers=headers)

    assert kind_of(found) == (404, "unknown-branch")
    assert kind_of(await scene.http.post(path, headers=named)) == (403, "foreign-institution")
    assert listed.json()["items"] == []


async def test_the_directory_is_for_our_own_services(scene: Scene) -> None:
    token = scene.issuer.service_token("monitoring")
    service = {"Authorization": f"Bearer {token}"}
    codes: dict[str, str] = {}
    query: dict[str, Any] = {"limit": 500}
    while True:
        page = await scene.http.get("/loans/v1/institutions", params=query, headers=service)
        assert page.status_code == 200, page.text
        codes |= {each["code"]: each["institution_id"] for each in page.json()["items"]}
        if page.json()["next"] is None:
            break
        query["after"] = page.json()["next"]

    assert codes[scene.code] == str(scene.institution_id)
    assert kind_of(await get(scene, "institutions")) == (403, "role-missing")


async def test_references_follow_each_other_also_when_many_ask_at_once(scene: Scene) -> None:
    async def take(count: int) -> tuple[str, ...]:
        async with scene.database.begin(scene.institution_id) as session:
            return await operations.next_references(session, kind="LN", year=2026, count=count)

    taken = await asyncio.gather(*(take(count) for count in (1, 2, 3, 4) * 3))
    numbers = sorted(reference for each in taken for reference in each)

    assert numbers == [f"LN-2026-{number:06d}" for number in range(1, 31)]


async def test_a_reference_that_is_not_committed_is_given_again(scene: Scene) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        lost = await operations.next_reference(session, kind="AP", year=2026)
        await session.rollback()
    async with scene.database.begin(scene.institution_id) as session:
        kept = await operations.next_reference(session, kind="AP", year=2026)
    async with scene.database.begin(scene.institution_id) as session:
        next_year = await operations.next_reference(session, kind="AP", year=2027)

    assert lost == kept == "AP-2026-000001"
    assert next_year == "AP-2027-000001"
