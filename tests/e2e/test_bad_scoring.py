"""What is wrong with cards, applications, runs and reviews is named in three languages, and
nothing of it is kept.
"""

import re
from collections.abc import Iterator
from typing import Final

import asyncpg
import httpx
import pytest
from anyio.from_thread import BlockingPortal

from shared import ids
from tests import review_plans
from tests.e2e import house as houses
from tests.e2e import people
from tests.e2e.bad_scoring import ASSESSMENTS, ATTEMPTS, BATCHES, MODELS, REVIEWS
from tests.e2e.house import House
from tests.e2e.people import Caller, Json
from tests.e2e.test_bad_input import BY_ITSELF
from tests.integration.scoring import waiting_list
from tests.scoring_cases import amount, make_request

ARABIC = re.compile(r"[\u0600-\u06ff]{3}")
WORDS_OF_A_FUND: Final[dict[str, str | re.Pattern[str]]] = {
    "ar": ARABIC,
    "fr": "fonds",
    "en": "left",
}


class Scene:
    """An institution, and who may ask what of scoring."""

    def __init__(self, portal: BlockingPortal, house: House, admin_url: str) -> None:
        self.portal, self.house, self.admin_url = portal, house, admin_url

    async def prepare(self) -> None:
        office = self.office = await people.found(self.house)
        rafid = self.house.rafid
        assert rafid is not None
        http = self.house.client("scoring")
        http.headers["X-Institution"] = str(office.id)
        service = Caller(http, rafid.loans.state.issuer.service_token("loans"))
        manager = await office.program("funds_manager", service="scoring")
        administrator = Caller(self.house.client("scoring"), office.administrator.token)
        self.callers = {
            MODELS: administrator,
            ASSESSMENTS: service,
            BATCHES: service,
            waiting_list.RUNS: manager,
            REVIEWS: manager,
        }
        await service.post(ASSESSMENTS, make_request())

    def send(self, path: str, body: Json, *, to: str = "", language: str = "en") -> httpx.Response:
        return self.portal.call(self._send, path, body, to or path, language)

    async def _send(self, path: str, body: Json, to: str, language: str) -> httpx.Response:
        return await self.callers[path].try_post(to, body, language=language)

    def lines(self, run_id: str, language: str) -> list[Json]:
        """What a run proposes for each application, told in a language."""
        caller = self.callers[waiting_list.RUNS]
        path = f"{waiting_list.RUNS}/{run_id}/lines?lang={language}"
        found: list[Json] = self.portal.call(self._items, caller, path)
        return found

    async def _items(self, caller: Caller, path: str) -> list[Json]:
        answer = await caller.http.get(path, headers={"Authorization": f"Bearer {caller.token}"})
        found: list[Json] = answer.json()["items"]
        return found

    def kept(self) -> dict[str, int]:
        """How many rows each table of scoring has."""
        found: dict[str, int] = self.portal.call(self._kept)
        return found

    async def _kept(self) -> dict[str, int]:
        connection = await asyncpg.connect(self.admin_url)
        try:
            tables = await connection.fetch(
                "select table_name from information_schema.columns"
                " where table_schema = 'scoring' and column_name = 'institution_id'"
            )
            return {
                name: await connection.fetchval(
                    f'select count(*) from scoring."{name}" where institution_id = $1',
                    self.office.id,
                )
                for (name,) in tables
                if name not in BY_ITSELF
            }
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], admin_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("house")
    with houses.in_a_thread(folder, database_urls) as (portal, house):
        prepared = Scene(portal, house, admin_url)
        portal.call(prepared.prepare)
        yield prepared


def assert_told(answers: dict[str, httpx.Response], problem: str, named: str = "") -> None:
    """A named problem, told in Arabic, French and English, each in its own words."""
    for answer in answers.values():
        told = (answer.status_code, answer.json()["type"])
        assert told[1] == f"/problems/{problem}", answer.text
        assert told[0] in {409, 422}, answer.text
    arabic, french, english = (answers[language].json() for language in ("ar", "fr", "en"))
    for member in ("title", "detail"):
        assert ARABIC.search(arabic[member]), arabic
        assert not ARABIC.search(french[member]), french
        assert french[member] != english[member], french
        assert named in arabic["detail"] or problem == "invalid-request", arabic
    for ours, theirs in zip(french.get("errors", []), english.get("errors", []), strict=True):
        assert ours["detail"] != theirs["detail"], french
    if "fault" in english:
        assert english["fault"] != french["fault"]
        assert english["fault"] not in arabic["detail"]


@pytest.mark.parametrize("named", ATTEMPTS)
def test_it_is_a_named_problem_in_three_languages_and_nothing_is_kept(
    named: str, scene: Scene
) -> None:
    attempt, before = ATTEMPTS[named], scene.kept()

    told = {one: scene.send(attempt.path, attempt.body, language=one) for one in ("ar", "fr", "en")}

    assert_told(told, attempt.problem, attempt.named)
    assert scene.kept() == before


def test_the_permitted_neighbours_of_all_that_are_taken(scene: Scene) -> None:
    """Nothing but the one fault kept each from being taken."""
    rights = {repr(attempt.right): attempt for attempt in ATTEMPTS.values()}
    for attempt in rights.values():
        answer = scene.send(attempt.path, attempt.right)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sales": "0.000", "other_income": "0.000"}, "too_high_instalment"),
        ({"debt_service": "5000.000"}, "too_high_instalment"),
    ],
)
def test_who_earns_nothing_or_owes_more_is_told_so_and_offered_nothing(
    changes: Json, code: str, scene: Scene
) -> None:
    changed = {name: amount(value) for name, value in changes.items()}
    body = make_request(household=make_request()["household"] | changed)

    told = {one: scene.send(ASSESSMENTS, body, language=one).json() for one in ("ar", "fr", "en")}

    assert told["en"]["menu"] == []
    assert told["en"]["advice"] == "decline"
    assert told["en"]["affordability"]["capacity"] == amount("0.000")
    assert_rejected(told, code)


def test_a_ceiling_below_cost_leaves_no_terms_and_says_which_ceiling(scene: Scene) -> None:
    price = make_request()["price"] | {"annual_rate_ceiling": "0.01"}
    body = make_request(price=price)

    told = {one: scene.send(ASSESSMENTS, body, language=one).json() for one in ("ar", "fr", "en")}

    assert told["en"]["menu"] == []
    assert_rejected(told, "rate_above_ceiling")


def assert_rejected(told: dict[str, Json], code: str) -> None:
    first = {language: opinion["rejected"][0] for language, opinion in told.items()}
    assert {item["code"] for item in first.values()} == {code}
    assert ARABIC.search(first["ar"]["text"])
    assert len({item["text"] for item in first.values()}) == 3


def test_a_run_that_can_serve_nobody_names_the_rule_of_every_refusal(scene: Scene) -> None:
    """Infeasible is not wrong: the run is kept, with nobody financed and each told why."""
    poor = waiting_list.fund("100.000")
    body = waiting_list.run([poor], [waiting_list.waiting(poor) for _ in range(3)])
    made = scene.send(waiting_list.RUNS, body).json()

    assert made["financed"] == 0
    for language, words in WORDS_OF_A_FUND.items():
        for line in scene.lines(made["run_id"], language):
            (refusal,) = line["refusals"]
            assert refusal["code"] == "budget"
            assert re.search(words, refusal["text"]), refusal


def test_a_policy_that_breaks_the_law_in_one_region_is_not_recommended(scene: Scene) -> None:
    """A ceiling of 18 % in the north: one rate of 24 % breaks it there and nowhere else."""
    review = review_plans.plan(review_id=str(ids.new()), book=review_plans.columns(30))
    path = f"{REVIEWS}/{review['review_id']}"
    assert scene.send(REVIEWS, review).status_code == 201
    assert scene.send(REVIEWS, {}, to=f"{path}/run").json()["status"] == "run"
    before = scene.kept()

    told = {
        one: scene.send(REVIEWS, {"policy": "one rate"}, to=f"{path}/recommendation", language=one)
        for one in ("ar", "fr", "en")
    }

    assert_told(told, "scoring/policy-breaks-law", "one rate")
    assert "Law 7" in told["en"].json()["sources"]
    assert scene.kept() == before
    whole = scene.portal.call(scene.callers[REVIEWS].get, path)
    assert whole["review"]["status"] == "run"
    (flag,) = next(p for p in whole["result"]["policies"] if p["name"] == "one rate")["caps"]
    assert set(flag["above_by"]["region"]) == {"north"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"term": {"set_to": "1000000000"}}, "scoring/policy-contradicts"),
        ({"where": {"region": "moon"}, "term": {"times": "2"}}, "scoring/change-names-nobody"),
    ],
)
def test_a_review_that_cannot_be_run_stays_a_draft(
    changes: Json, problem: str, scene: Scene
) -> None:
    plan = review_plans.plan(policies=[{"name": "other", "changes": [changes]}])
    review = plan | {"review_id": str(ids.new()), "book": review_plans.columns(20)}
    assert scene.send(REVIEWS, review).status_code == 201
    path, before = f"{REVIEWS}/{review['review_id']}/run", scene.kept()

    told = {one: scene.send(REVIEWS, {}, to=path, language=one) for one in ("ar", "fr", "en")}

    assert_told(told, problem, "other")
    assert scene.kept() == before


def test_a_run_asked_for_in_another_order_is_the_same_run(scene: Scene) -> None:
    funds = [waiting_list.fund(), waiting_list.fund("500.000")]
    waiting = [waiting_list.waiting(*funds) for _ in range(4)]
    first = scene.send(waiting_list.RUNS, waiting_list.run(funds, waiting)).json()

    again = scene.send(waiting_list.RUNS, waiting_list.run(funds[::-1], waiting[::-1])).json()

    assert (again["run_id"], again["input_hash"]) == (first["run_id"], first["input_hash"])
