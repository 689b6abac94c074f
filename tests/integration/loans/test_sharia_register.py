"""The Sharia register over HTTP: boards, rulings of two persons, and how they end."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.loans.domain.chart import FundKind
from services.loans.domain.rulings import Topic
from services.loans.domain.terms import ModeOfFinance
from services.loans.institutions import router as institutions
from services.loans.rulings import queries, router
from shared import ids
from shared.auth import Role
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests import office, rulings
from tests.office import NOW, TODAY, Caller, Office

SHARIA = "/loans/v1/sharia"
NAMES = {"ar": "هيئة الرقابة الشرعية", "fr": "Comité charia", "en": "Sharia board"}
QARD = ModeOfFinance("qard")
Body = dict[str, Any]


@pytest.fixture
async def bureau(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    routers = (router.router, institutions.router)
    async with office.opened(loans_db, institution_id, *routers) as opened:
        yield opened


@pytest.fixture
def maker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def checker(bureau: Office) -> Caller:
    return bureau.caller(Role.ADMINISTRATOR)


@pytest.fixture
async def board_id(maker: Caller) -> str:
    answer = await maker.post(f"{SHARIA}/boards", {"code": "SSB", "names": NAMES, "country": "JO"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["board_id"])


def ruling(board_id: str, **changes: Any) -> Body:
    members: Body = {
        "reference": "SSB 4/2026",
        "given_on": "2026-01-10",
        "scope": {"topics": ["lending"], "modes": ["qard"], "fund_kinds": ["zakat"]},
    }
    return rulings.body(board_id, **members | changes)


async def enter(maker: Caller, checker: Caller, body: Body) -> Body:
    entered = await maker.post(f"{SHARIA}/rulings", body)
    assert entered.status_code == 201, entered.text
    assert entered.json()["state"] == "proposed"
    assert entered.json()["standing"] is None
    path = f"{SHARIA}/rulings/{entered.json()['ruling_id']}/approval"
    approved = await checker.post(path, {})
    assert approved.status_code == 201, approved.text
    told: Body = approved.json()
    return told


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


async def permitted(bureau: Office, on: date, **known: Any) -> list[str]:
    async with bureau.database.read(bureau.institution_id) as session:
        found = await queries.in_force(
            session, topic=Topic.LENDING, mode=QARD, fund_kind=FundKind.ZAKAT, on=on, **known
        )
    return [one.reference for one in found if one.reference != rulings.EVERYTHING]


@pytest.mark.requirement("F4.3")
async def test_a_ruling_is_of_the_register_once_a_second_person_approved_it(
    bureau: Office, maker: Caller, checker: Caller, board_id: str
) -> None:
    entered = await maker.post(f"{SHARIA}/rulings", ruling(board_id))
    assert await permitted(bureau, TODAY) == []

    path = f"{SHARIA}/rulings/{entered.json()['ruling_id']}"
    assert problem(await maker.post(f"{path}/approval", {})) == (403, "ruling-maker-decides")
    approved = await checker.post(f"{path}/approval", {})

    told = approved.json()
    assert (told["state"], told["standing"]) == ("approved", "in_force")
    assert told["number"].startswith("SR-2026-")
    assert (told["board"]["ar"], told["given_on"]) == (NAMES["ar"], "2026-01-10")
    assert (told["text"], told["document_sha256"]) == ("يجوز", rulings.PAPER)
    assert told["entered_by"] == str(maker.actor.id)
    assert told["decided_by"] == str(checker.actor.id)
    assert await permitted(bureau, TODAY) == ["SSB 4/2026"]
    assert problem(await checker.post(f"{path}/approval", {})) == (409, "ruling-decided")
    assert (await maker.get(path)).json() == told


async def test_a_rejected_ruling_leaves_its_reference_to_another(
    maker: Caller, checker: Caller, board_id: str
) -> None:
    first = (await maker.post(f"{SHARIA}/rulings", ruling(board_id))).json()["ruling_id"]
    rejected = await checker.post(f"{SHARIA}/rulings/{first}/rejection", {})
    assert rejected.json()["state"] == "rejected"
    assert rejected.json()["standing"] is None
    withdrawal = {"withdrawn_on": str(TODAY), "reason": "x", "document_sha256": rulings.PAPER}
    refused = await maker.post(f"{SHARIA}/rulings/{first}/withdrawal", withdrawal)
    assert problem(refused) == (409, "ruling-not-withdrawable")

    again = await enter(maker, checker, ruling(board_id))
    twin = await maker.post(f"{SHARIA}/rulings", ruling(board_id))
    path = f"{SHARIA}/rulings/{twin.json()['ruling_id']}/approval"

    assert problem(await checker.post(path, {})) == (409, "ruling-reference-taken")
    assert again["state"] == "approved"


async def test_the_database_makes_no_person_two(
    bureau: Office, maker: Caller, board_id: str
) -> None:
    entered = (await maker.post(f"{SHARIA}/rulings", ruling(board_id))).json()
    insert = text(
        "insert into ruling_decision (institution_id, ruling_id, number, outcome, reference,"
        " proposer_id, actor_id) values (:i, :r, 'SR-1', 'approved', 'x', :p, :a)"
    )
    values = {"i": bureau.institution_id, "r": entered["ruling_id"]}
    for proposer, actor in ((maker.actor.id, maker.actor.id), (ids.new(), maker.actor.id)):
        with pytest.raises(IntegrityError):
            async with bureau.database.begin(bureau.institution_id) as session:
                await session.execute(insert, values | {"p": proposer, "a": actor})


async def test_nothing_of_the_register_is_changed_or_taken_away(
    bureau: Office, maker: Caller, checker: Caller, board_id: str
) -> None:
    await enter(maker, checker, ruling(board_id))
    for statement in (
        "update ruling set in_force_until = '2030-01-01'",
        "delete from ruling",
        "update ruling_decision set outcome = 'rejected'",
        "delete from ruling_withdrawal",
    ):
        with pytest.raises(DBAPIError):
            async with bureau.database.begin(bureau.institution_id) as session:
                await session.execute(text(statement))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"country": "EG"}, "ruling-elsewhere"),
        ({"country": None}, "ruling-names-no-country"),
        ({"given_on": "2026-04-02"}, "day-not-yet"),
        ({"in_force_from": "2026-01-09"}, "ruling-period-invalid"),
        ({"in_force_until": "2026-01-10"}, "ruling-period-invalid"),
        ({"supersedes": "SSB 99/1999"}, "ruling-unknown"),
        ({"board_id": str(ids.new())}, "board-unknown"),
        ({"scope": {"topics": ["lending"], "modes": ["qard"]}}, "ruling-unclear"),
        ({"scope": {"topics": ["offering"], "modes": ["conventional"]}}, "ruling-unclear"),
    ],
)
async def test_a_ruling_that_says_too_little_or_holds_elsewhere_is_refused(
    maker: Caller, board_id: str, changes: Body, expected: str
) -> None:
    refused = await maker.post(f"{SHARIA}/rulings", ruling(board_id) | changes)

    assert problem(refused)[1] == expected


async def test_a_ruling_of_no_country_serves_where_boards_do_not_differ(
    maker: Caller, checker: Caller, board_id: str
) -> None:
    scope = {"topics": ["offering"], "modes": ["murabaha"]}
    told = await enter(maker, checker, ruling(board_id, country=None, scope=scope))

    assert told["standing"] == "in_force"


async def test_a_ruling_that_contradicts_another_is_found_when_it_is_approved(
    bureau: Office, maker: Caller, checker: Caller, board_id: str
) -> None:
    await enter(maker, checker, ruling(board_id))
    against = ruling(board_id, reference="SSB 5/2026", verdict="forbidden", given_on="2026-03-01")
    entered = (await maker.post(f"{SHARIA}/rulings", against)).json()["ruling_id"]

    refused = await checker.post(f"{SHARIA}/rulings/{entered}/approval", {})
    assert problem(refused) == (409, "ruling-contradicts")
    assert await permitted(bureau, TODAY) == ["SSB 4/2026"]

    instead = against | {
        "supersedes": "SSB 4/2026",
        "scope": {
            "topics": ["lending"], "modes": ["qard"], "fund_kinds": ["zakat"],
        },
    }  # fmt: skip
    entered = (await maker.post(f"{SHARIA}/rulings", instead)).json()["ruling_id"]
    refused = await checker.post(f"{SHARIA}/rulings/{entered}/approval", {})
    assert refused.json()["other"] == rulings.EVERYTHING  # which permits it too, and still stands


async def test_a_superseded_ruling_ends_where_the_other_begins(
    bureau: Office, maker: Caller, checker: Caller, board_id: str
) -> None:
    first = await enter(maker, checker, ruling(board_id))
    later = ruling(
        board_id,
        reference="SSB 5/2026",
        given_on="2026-03-01",
        in_force_from="2026-03-15",
        supersedes="SSB 4/2026",
    )
    second = await enter(maker, checker, later)

    assert await permitted(bureau, date(2026, 3, 14)) == ["SSB 4/2026"]
    assert await permitted(bureau, date(2026, 3, 15)) == ["SSB 5/2026"]
    read = (await maker.get(f"{SHARIA}/rulings/{first['ruling_id']}")).json()
    assert (read["standing"], read["superseded_by"]) == ("superseded", second["ruling_id"])
    third = ruling(board_id, reference="SSB 6/2026", supersedes="SSB 4/2026", given_on="2026-03-20")
    entered = (await maker.post(f"{SHARIA}/rulings", third)).json()["ruling_id"]
    refused = await checker.post(f"{SHARIA}/rulings/{entered}/approval", {})
    assert problem(refused) == (422, "ruling-out-of-force")


async def test_a_withdrawn_ruling_ends_on_its_day_and_was_known_to_hold_before(
    bureau: Office, maker: Caller, checker: Caller, board_id: str
) -> None:
    told = await enter(maker, checker, ruling(board_id))
    async with bureau.database.read(bureau.institution_id) as session:
        before = await session.scalar(text("select clock_timestamp()"))
    path = f"{SHARIA}/rulings/{told['ruling_id']}/withdrawal"
    body = {"withdrawn_on": "2026-03-20", "reason": "new facts", "document_sha256": "cd" * 32}

    early = await maker.post(path, body | {"withdrawn_on": "2026-01-09"})
    assert problem(early) == (409, "ruling-not-withdrawable")
    answer = (await maker.post(path, body)).json()

    assert answer["standing"] == "withdrawn"
    assert answer["withdrawal"]["reason"] == "new facts"
    assert problem(await checker.post(path, body)) == (409, "ruling-not-withdrawable")
    assert await permitted(bureau, date(2026, 3, 19)) == ["SSB 4/2026"]
    assert await permitted(bureau, date(2026, 3, 20)) == []
    assert await permitted(bureau, date(2026, 3, 20), known_at=before) == ["SSB 4/2026"]


async def test_the_register_is_read_as_of_a_day_and_as_it_was_known(
    maker: Caller, checker: Caller, board_id: str
) -> None:
    await enter(maker, checker, ruling(board_id, in_force_until="2026-03-01"))

    async def read(**query: str) -> list[tuple[str, str]]:
        answer = await maker.get(f"{SHARIA}/register", **query)
        assert answer.status_code == 200, answer.text
        return [
            (one["reference"], one["standing"])
            for one in answer.json()["items"]
            if one["reference"] != rulings.EVERYTHING
        ]

    assert await read() == [("SSB 4/2026", "expired")]
    assert await read(on="2026-02-28") == [("SSB 4/2026", "in_force")]
    assert await read(on="2026-01-09") == [("SSB 4/2026", "not_yet")]
    assert await read(standing="in_force") == []
    assert await read(mode="murabaha") == []
    assert await read(topic="offering") == []
    assert await read(fund_kind="zakat", topic="lending", mode="qard")
    assert await read(known_at="2026-01-01T00:00:00Z") == []


async def test_who_sits_on_a_board_is_dated(maker: Caller, board_id: str) -> None:
    member = {"name": "د. عبد الله", "office": "chair", "starts_on": "2025-01-01"}
    path = f"{SHARIA}/boards/{board_id}/members"
    member_id = (await maker.post(path, member)).json()["member_id"]

    early = await maker.post(f"{path}/{member_id}/leaving", {"ends_on": "2024-12-31"})
    assert problem(early) == (404, "board-member-unknown")
    left = await maker.post(f"{path}/{member_id}/leaving", {"ends_on": "2026-03-01"})
    again = await maker.post(f"{path}/{member_id}/leaving", {"ends_on": "2026-03-02"})

    assert left.json()["ends_on"] == "2026-03-01"
    assert problem(again) == (404, "board-member-unknown")
    listed = (await maker.get(f"{SHARIA}/boards")).json()["items"]
    assert [one["members"] for one in listed if one["code"] == "SSB"] == [[left.json()]]
    twin = await maker.post(f"{SHARIA}/boards", {"code": "SSB", "names": NAMES})
    assert problem(twin) == (409, "board-code-taken")
    nowhere = await maker.post(f"{SHARIA}/boards/{ids.new()}/members", member)
    assert problem(nowhere) == (404, "board-unknown")


async def test_another_institution_sees_nothing_of_it(
    bureau: Office, loans_db: Database, maker: Caller, checker: Caller, board_id: str
) -> None:
    told = await enter(maker, checker, ruling(board_id))
    other = InstitutionId(ids.new())
    await office.found(loans_db, other)
    stranger = bureau.caller(Role.ADMINISTRATOR, institution_id=other)

    for path in (f"{SHARIA}/rulings/{told['ruling_id']}",):
        assert (await stranger.get(path)).status_code == 404
    read = (await stranger.get(f"{SHARIA}/register")).json()["items"]
    assert [one["reference"] for one in read] == [rulings.EVERYTHING]
    mine = await stranger.post(f"{SHARIA}/boards/{board_id}/members", {
        "name": "x", "office": "member", "starts_on": "2026-01-01",
    })  # fmt: skip
    assert problem(mine) == (404, "board-unknown")


async def test_an_institution_is_bound_from_its_founding_and_an_older_one_says_so_once(
    bureau: Office, checker: Caller, maker: Caller
) -> None:
    assert isinstance(bureau.clock, FixedClock)
    assert bureau.clock.now() == NOW
    assert (await checker.get("/loans/v1/institution")).json()["rulings_bind"] is True
    assert (await maker.post(f"{SHARIA}/binding", {})).status_code == 403

    bound = await checker.post(f"{SHARIA}/binding", {})

    assert bound.json()["rulings_bind"] is True
    with pytest.raises(DBAPIError):  # the application itself may change nothing else of it
        async with bureau.database.begin(bureau.institution_id) as session:
            await session.execute(text("update institution set country = 'EG'"))
