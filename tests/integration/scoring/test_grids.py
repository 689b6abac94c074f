"""Grids are taken into use by two persons; sheets are judged once, kept, and compared."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import ids
from shared.auth import Role
from shared.ids import InstitutionId
from tests import grid_sheets
from tests.grid_sheets import GRIDS, SHEETS, Json
from tests.integration.scoring import desk
from tests.integration.scoring.desk import Desk

MANAGEMENT = grid_sheets.ready("management")
INDEX = grid_sheets.ready("competitiveness_index")


async def test_a_grid_judges_once_a_second_person_approved_it(scoring: Desk) -> None:
    author, second = scoring.caller(Role.ADMINISTRATOR), scoring.caller(Role.ADMINISTRATOR)
    first, again = await author.post(GRIDS, MANAGEMENT), await author.post(GRIDS, MANAGEMENT)
    assert (first.status_code, first.json()) == (201, again.json())
    officer, sheet = scoring.caller(Role.OFFICER), grid_sheets.sheet(MANAGEMENT)
    waits = await officer.post(SHEETS, sheet)
    assert waits.json()["type"] == "/problems/scoring/grid-waits"
    approval = f"{GRIDS}/management/1.0.0/approval"
    own = await author.post(approval, {})
    assert (own.status_code, own.json()["type"]) == (
        403,
        "/problems/scoring/approver-is-registrar",
    )
    approved = (await second.post(approval, {})).json()
    assert approved["approved_by"] == str(second.id)
    assert (await second.post(approval, {})).json() == approved
    assert (await officer.post(SHEETS, sheet)).status_code == 201
    listed = (await officer.get(GRIDS)).json()["grids"]
    assert listed == [approved]
    read = (await officer.get(f"{GRIDS}/management/1.0.0")).json()
    assert read["document"] == MANAGEMENT


async def test_a_version_has_one_content(scoring: Desk) -> None:
    await grid_sheets.in_use(scoring, MANAGEMENT)
    changed = MANAGEMENT | {"passes_at": "0.10"}
    answer = await scoring.caller(Role.ADMINISTRATOR).post(GRIDS, changed)
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "/problems/scoring/grid-version-taken",
    )
    missing = await scoring.caller(Role.OFFICER).get(f"{GRIDS}/management/9.0.0")
    assert missing.status_code == 404


async def test_a_criterion_of_the_card_is_refused_and_leaves_nothing(scoring: Desk) -> None:
    mixed = grid_sheets.renamed(MANAGEMENT, "records_kept", "past_repayment")
    answer = await scoring.caller(Role.ADMINISTRATOR).post(GRIDS, mixed)
    assert answer.json()["type"] == "/problems/scoring/criterion-is-credit"
    assert (await scoring.caller(Role.OFFICER).get(GRIDS)).json()["grids"] == []


async def test_a_sheet_stands_once(scoring: Desk) -> None:
    await grid_sheets.in_use(scoring, MANAGEMENT)
    officer, body = scoring.caller(Role.OFFICER), grid_sheets.sheet(MANAGEMENT)
    first, again = await officer.post(SHEETS, body), await officer.post(SHEETS, body)
    assert (first.status_code, first.json()) == (201, again.json())
    other = await officer.post(SHEETS, body | {"answers": []})
    assert (other.status_code, other.json()["type"]) == (
        409,
        "/problems/scoring/sheet-id-reused",
    )
    tomorrow = grid_sheets.sheet(MANAGEMENT, answered_on="2026-04-03")
    assert (await officer.post(SHEETS, tomorrow)).json()["type"].endswith("sheet-not-yet")
    with pytest.raises(DBAPIError):
        async with scoring.database.begin(scoring.institution_id) as session:
            await session.execute(text("update grid_sheet set mark = 'pass'"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "There is no answer yet."),
        ("fr", "Il n'y a pas encore de réponse."),
        ("ar", "لا جواب بعد."),
    ],
)
async def test_a_result_speaks_the_readers_language(
    scoring: Desk, language: str, said: str
) -> None:
    await grid_sheets.in_use(scoring, MANAGEMENT)
    officer, body = scoring.caller(Role.OFFICER), grid_sheets.sheet(MANAGEMENT, answers=[])
    await officer.post(SHEETS, body)
    found = (await officer.get(f"{SHEETS}/{body['sheet_id']}", language=language)).json()
    assert {one["explanation"] for one in found["criteria"]} == {said}
    asked = {one["id"]: one["question"][language] for one in MANAGEMENT["criteria"]}
    assert {one["criterion"]: one["question"] for one in found["criteria"]} == asked


async def test_a_yearly_grid_keeps_its_questions(scoring: Desk) -> None:
    await grid_sheets.in_use(scoring, INDEX)
    await grid_sheets.in_use(scoring, INDEX | {"version": "2.0.0"})
    officer, subject = scoring.caller(Role.OFFICER), str(ids.new())

    async def asked(year: int | None, **changes: Any) -> Any:
        body = grid_sheets.sheet(INDEX, subject_id=subject, **changes)
        return await officer.post(SHEETS, body | ({} if year is None else {"year": year}))

    assert (await asked(2025)).status_code == 201
    problems = [
        (await asked(2025)).json()["type"],
        (await asked(2026, version="2.0.0")).json()["type"],
        (await asked(None)).json()["type"],
    ]
    assert [one.rsplit("/", 1)[1] for one in problems] == [
        "year-answered",
        "series-of-other-version",
        "year-asked",
    ]
    assert (await asked(2026)).status_code == 201
    listed = (await officer.get(SHEETS, subject=subject, grid="competitiveness_index")).json()
    assert [one["year"] for one in listed["items"]] == [2025, 2026]


async def test_two_undertakings_or_versions_do_not_compare(scoring: Desk) -> None:
    await grid_sheets.in_use(scoring, MANAGEMENT)
    await grid_sheets.in_use(scoring, MANAGEMENT | {"version": "1.1.0"})
    officer, subject = scoring.caller(Role.OFFICER), str(ids.new())
    bodies = [
        grid_sheets.sheet(MANAGEMENT, subject_id=subject),
        grid_sheets.sheet(MANAGEMENT),
        grid_sheets.sheet(MANAGEMENT, subject_id=subject, version="1.1.0"),
    ]
    for body in bodies:
        assert (await officer.post(SHEETS, body)).status_code == 201
    for other in bodies[1:]:
        answer = await officer.get(
            f"{SHEETS}/{other['sheet_id']}/comparison", earlier=bodies[0]["sheet_id"]
        )
        assert answer.json()["type"] == "/problems/scoring/sheets-do-not-compare"


async def test_an_officer_answers_for_the_branches_that_are_his(scoring: Desk) -> None:
    await grid_sheets.in_use(scoring, MANAGEMENT)
    north, south = ids.new(), ids.new()
    officer = scoring.caller(Role.OFFICER, branches=[north])
    own = grid_sheets.sheet(MANAGEMENT, branch_id=str(north))
    assert (await officer.post(SHEETS, own)).status_code == 201
    for branch in (str(south), None):
        answer = await officer.post(SHEETS, grid_sheets.sheet(MANAGEMENT, branch_id=branch))
        assert answer.status_code == 403
    southern = scoring.caller(Role.OFFICER, branches=[south])
    assert (await southern.get(f"{SHEETS}/{own['sheet_id']}")).status_code == 404
    assert (await southern.get(SHEETS)).json()["items"] == []


async def test_no_institution_sees_the_grids_of_another(
    scoring: Desk, database_urls: dict[str, str]
) -> None:
    await grid_sheets.in_use(scoring, MANAGEMENT)
    body = grid_sheets.sheet(MANAGEMENT)
    await scoring.caller(Role.OFFICER).post(SHEETS, body)
    async with desk.opened(database_urls["scoring"], InstitutionId(ids.new())) as other:
        stranger = other.caller(Role.OFFICER)
        assert (await stranger.get(GRIDS)).json()["grids"] == []
        assert (await stranger.get(f"{SHEETS}/{body['sheet_id']}")).status_code == 404
        assert (await stranger.post(SHEETS, body)).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"answers": [{"criterion": "records_kept", "value": 1.5}]},
        {"answers": [{"criterion": "records_kept", "value": "1e9"}]},
        {"answers": [{"criterion": "Records", "value": None}]},
        {"subject_id": "somebody"},
        {"year": "2026"},
        {"extra": True},
    ],
)
async def test_what_is_no_sheet_is_refused_at_the_door(scoring: Desk, change: Json) -> None:
    body = grid_sheets.sheet(MANAGEMENT) | change
    answer = await scoring.caller(Role.OFFICER).post(SHEETS, body)
    assert answer.status_code == 422
