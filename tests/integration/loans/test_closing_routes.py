"""Rules of closing are given, days closed and read over HTTP, by those who may."""

from datetime import date
from typing import Any

import httpx
import pytest

from services.loans.closing import router as closing
from services.loans.domain.chart import FundKind
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import Books
from tests.integration.loans.scene import Scene, client_of, keyed

DAY = "2026-02-25"
LOSS = {
    "performing": [{"weight": "1", "monthly_hazard": "0.01"}],
    "underperforming": [
        {"weight": "0.5", "monthly_hazard": "0.02"},
        {"weight": "0.5", "monthly_hazard": "0.06"},
    ],
    "loss_given_default": "0.6",
}
RULES = {"starts_on": "2026-01-01", "recognition": "scheduled", "expected_loss": LOSS}


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> Books:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    return await closing_scene.books(scene, [make_loan(principal=money("1000.000"))])


def client(books: Books, roles: str = "funds_manager") -> Any:
    return client_of(books.scene, closing.router, roles=roles)


async def give(http: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await http.post("/loans/v1/closing/policies", json=RULES | changes)


async def close(
    http: httpx.AsyncClient, day: str = DAY, headers: dict[str, str] | None = None
) -> httpx.Response:
    body = {"day": day}
    return await http.post("/loans/v1/closing/days", json=body, headers=headers or keyed())


async def test_rules_are_given_and_read_back(books: Books) -> None:
    async with client(books) as http:
        given = await give(http, minimums=["0.01", "0.05", "0.2", "0.5", "1"])
        own = await give(http, fund_id=str(books.fund_id), recognition="straight_line")
        read = (await http.get("/loans/v1/closing/policies")).json()["items"]

    assert (given.status_code, own.status_code) == (201, 201)
    assert [one["recognition"] for one in read] == ["scheduled", "straight_line"]
    assert read[0]["minimums"] == ["0.01", "0.05", "0.2", "0.5", "1"]
    assert read[1]["expected_loss"] == LOSS
    assert (read[0]["fund_id"], read[1]["fund_id"]) == (None, str(books.fund_id))


async def test_an_hour_is_named_for_all_funds_at_once(books: Books) -> None:
    async with client(books) as http:
        given = await give(http, closes_at_hour=2)
        own = await give(http, closes_at_hour=2, fund_id=str(books.fund_id))
        read = (await http.get("/loans/v1/closing/policies")).json()["items"]

    assert given.json()["closes_at_hour"] == 2
    assert (own.status_code, own.json()["member"]) == (422, "closes_at_hour")
    assert [one["closes_at_hour"] for one in read] == [2]


async def test_without_minimums_those_of_the_country_hold(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    scene = await Scene(database=loans_db, institution_id=institution_id).found(country="NG")
    async with client_of(scene, closing.router, roles="funds_manager") as http:
        usual = (await give(http)).json()
        other = (await give(http, bucket_days=[8, 31, 75])).json()
        more = await give(http, minimums=["0.01", "0.05", "0.2", "0.6", "1"])
        less = await give(http, minimums=["0.01", "0.05", "0.19", "0.5", "1"])

    assert usual["minimums"] == ["0.01", "0.05", "0.20", "0.50", "1"]
    assert other["minimums"] == ["0.05", "0.05", "0.50", "1"]  # a parted bucket: its latest day
    (fact,) = usual["facts"]
    assert (fact["fact_id"], fact["confidence"], fact["needs_legal_check"]) == (
        "minimum-provision-ng",
        "medium",
        True,
    )
    assert more.status_code == 201
    assert (less.status_code, less.json()["type"]) == (
        422,
        "/problems/loans/provision-below-minimum",
    )
    assert (less.json()["days"], less.json()["least"]) == (31, "0.20")
    assert "Central Bank of Nigeria" in less.json()["source"]


async def test_where_the_rulebook_has_no_minimum_none_is_made_up(books: Books) -> None:
    async with client(books) as http:
        given = (await give(http)).json()

    assert (given["minimums"], given["facts"]) == ([], [])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"recognition": "sometimes"}, 422),
        ({"bucket_days": [31, 1]}, 422),
        ({"minimums": ["0.5"]}, 422),
        ({"minimums": ["2"] * 5}, 422),
        ({"risen_after_days": 91}, 422),
        ({"expected_loss": LOSS | {"performing": [{"weight": "0.5", "monthly_hazard": "0"}]}}, 422),
        ({"expected_loss": LOSS | {"performing": [{"weight": "1", "monthly_hazard": "1"}]}}, 422),
        ({"fund_id": "018f0000-0000-7000-8000-000000000000"}, 404),
        ({"closes_at_hour": 24}, 422),
        ({"closes_at_hour": -1}, 422),
    ],
)
async def test_rules_that_cannot_be_are_refused_by_name(
    books: Books, changes: dict[str, Any], status: int
) -> None:
    async with client(books) as http:
        answer = await give(http, **changes)
        read = await http.get("/loans/v1/closing/policies")

    assert answer.status_code == status, answer.text
    assert answer.json()["type"].startswith("/problems/")
    assert read.json() == {"items": []}


async def test_a_day_is_closed_once_for_each_key_and_its_figures_are_read(books: Books) -> None:
    headers = keyed()
    async with client(books) as http:
        await give(http)
        first = await close(http, headers=headers)
        same = await close(http, headers=headers)
        again = await close(http)
        read = (await http.get(f"/loans/v1/closing/days/{DAY}")).json()
        known = first.json()["known_at"]
        part = await http.get(f"/loans/v1/closing/days/{DAY}/contracts/{books.lent[0].contract_id}")

    assert (first.status_code, first.json()["entries"]) == (201, 2)
    assert same.json() == first.json()
    assert (again.json()["run"], again.json()["entries"]) == (2, 0)
    assert (read["run"], read["contracts"], known < read["known_at"]) == (2, 1, True)
    (figure,), (book,) = read["figures"], read["books"]
    told = part.json()
    # Ten days late on 25 February; 10.000 of the first month and 10 of 28 days of 6.700.
    assert (
        (figure["bucket_from"], figure["stage"]) == (1, 1) == (told["bucket_from"], told["stage"])
    )
    assert figure["accrued"] == told["accrued"] == book["accrued"] == jod("12.393")
    assert figure["allowance"] == told["allowance"] == book["allowance"]
    (covered,) = read["coverage"]
    assert (covered["allowance"], covered["at_risk"]) == (figure["allowance"], jod("0.000"))
    assert covered["risk_coverage"] is None
    assert figure["outstanding"] == told["outstanding"] == jod("1000.000")


async def test_what_was_known_then_is_read_as_it_was(books: Books) -> None:
    async with client(books) as http:
        await give(http)
        known_at = (await close(http)).json()["known_at"]
        await books.pay(0, "340.000", date(2026, 2, 14))
        first = await books.scene.scalar("select recorded_at from day_close where run = 1")
        known_first = str(first).replace(" ", "T")
        await close(http)
        path = f"/loans/v1/closing/days/{DAY}"
        then = (await http.get(path, params={"known_at": known_first})).json()
        now = (await http.get(path)).json()
        before = await http.get(path, params={"known_at": known_at})

    assert (then["run"], now["run"]) == (1, 2)
    assert then["figures"][0]["bucket_from"] == 1
    assert now["figures"][0]["bucket_from"] == 1  # 22 minor units of the first due are still open
    assert then["figures"][0]["outstanding"] != now["figures"][0]["outstanding"]
    assert before.status_code == 404


@pytest.mark.parametrize(
    ("day", "slug"),
    [("2026-03-01", "day-not-over"), ("2027-01-01", "day-not-over")],
)
async def test_a_day_that_is_not_over_is_refused(books: Books, day: str, slug: str) -> None:
    async with client(books) as http:
        answer = await close(http, day)

    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/loans/{slug}")


async def test_refusals_tell_the_days(books: Books) -> None:
    async with client(books) as http:
        await close(http)
        earlier = await close(http, "2026-02-24")
        unknown = await http.get("/loans/v1/closing/days/2026-02-24")
        stranger = await http.get(f"/loans/v1/closing/days/{DAY}/contracts/{ids.new()}")
        contract_id = books.lent[0].contract_id
        nothing = await http.get(f"/loans/v1/closing/days/2025-01-01/contracts/{contract_id}")

    assert (earlier.status_code, earlier.json()["closed"]) == (409, DAY)
    assert earlier.json()["type"] == "/problems/loans/later-day-closed"
    assert unknown.json()["type"] == "/problems/loans/day-close-unknown"
    assert stranger.json()["type"] == "/problems/loans/contract-unknown"
    assert nothing.json()["type"] == "/problems/loans/nothing-outstanding"


@pytest.mark.parametrize("role", ["officer", "approver", "auditor", "integrator"])
async def test_others_may_not_close_a_day(books: Books, role: str) -> None:
    async with client(books, role) as http:
        assert (await close(http)).status_code == 403
        assert (await give(http)).status_code == 403


async def test_another_institutions_day_is_not_seen(books: Books, loans_db: Database) -> None:
    await books.close(date(2026, 2, 25))
    stranger = await Scene(database=loans_db, institution_id=InstitutionId(ids.new())).found()
    await stranger.fund(FundKind.COMMERCIAL)

    async with client_of(stranger, closing.router, roles="auditor") as http:
        answer = await http.get(f"/loans/v1/closing/days/{DAY}")

    assert answer.status_code == 404


def jod(text: str) -> dict[str, str]:
    return {"amount": text, "currency": "JOD"}
