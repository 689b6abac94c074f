"""The client of scoring understands the real service, and what is no answer it calls one."""

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from shared import ids
from shared.clients.scoring import (
    AssessmentOut,
    AssessmentRequest,
    HttpScoringClient,
    ScoringRefused,
    ScoringUnavailable,
)
from shared.clients.tokens import TokenUnavailable
from shared.ids import AssessmentId, InstitutionId
from tests.integration.scoring import desk
from tests.integration.scoring.desk import Desk
from tests.scoring_cases import amount, make_request


class Tokens:
    """Hands out one token after the other; `forget` takes the next."""

    def __init__(self, *tokens: str) -> None:
        self.waiting = list(tokens)
        self.given = 0

    async def token(self) -> str:
        self.given += 1
        if not self.waiting:
            raise TokenUnavailable(reason="ConnectError")
        return self.waiting[0]

    def forget(self) -> None:
        self.waiting.pop(0)


@pytest.fixture
async def scoring(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> AsyncIterator[Desk]:
    async with desk.opened(database_urls["scoring"], institution_id) as opened:
        yield opened


@pytest.fixture
def client(scoring: Desk) -> HttpScoringClient:
    token = scoring.signer.token(sub="loans", institution="*", roles=["service"])
    return HttpScoringClient(scoring.http, tokens=Tokens(token))


def request(**changes: object) -> AssessmentRequest:
    return AssessmentRequest.model_validate_json(json.dumps(make_request(**changes)))


async def test_an_assessment_is_asked_and_understood(
    client: HttpScoringClient, institution_id: InstitutionId
) -> None:
    asked = request()

    found = await client.assess(asked, institution_id=institution_id)

    assert isinstance(found, AssessmentOut)
    assert found.assessment_id == asked.assessment_id
    assert found.menu[0].amount.money() == asked.amount.money()
    assert found.best == found.menu[0]
    assert sum(item.points for item in found.breakdown) == found.points


async def test_asked_again_it_answers_the_same(
    client: HttpScoringClient, institution_id: InstitutionId
) -> None:
    asked = request()

    first = await client.assess(asked, institution_id=institution_id)

    assert await client.assess(asked, institution_id=institution_id) == first
    read = await client.assessment(AssessmentId(asked.assessment_id), institution_id=institution_id)
    assert read == first


async def test_many_are_answered_in_their_order(
    client: HttpScoringClient, institution_id: InstitutionId
) -> None:
    asked = [request(amount=amount(f"{400 + i}.000")) for i in range(5)]

    found = await client.assess_many(asked, institution_id=institution_id)

    assert [item.assessment_id for item in found] == [item.assessment_id for item in asked]
    assert await client.assess_many([], institution_id=institution_id) == []


async def test_a_refusal_says_which_problem_and_is_not_asked_again(
    client: HttpScoringClient, institution_id: InstitutionId
) -> None:
    with pytest.raises(ScoringRefused) as refused:
        await client.assess(
            request(characteristics={"housing": "castle"}), institution_id=institution_id
        )

    assert refused.value.problem == "/problems/scoring/characteristic-unreadable"
    assert "castle" in refused.value.explanation


async def test_what_is_not_there_is_a_refusal(
    client: HttpScoringClient, institution_id: InstitutionId
) -> None:
    with pytest.raises(ScoringRefused) as refused:
        await client.assessment(AssessmentId(ids.new()), institution_id=institution_id)

    assert refused.value.problem == "/problems/scoring/assessment-not-found"


async def test_a_refused_token_is_replaced_once(
    scoring: Desk, institution_id: InstitutionId
) -> None:
    good = scoring.signer.token(sub="loans", institution="*", roles=["service"])
    tokens = Tokens("stale", good)

    found = await HttpScoringClient(scoring.http, tokens=tokens).assess(
        request(), institution_id=institution_id
    )

    assert found.points > 0
    assert tokens.given == 2


async def test_a_token_that_stays_refused_means_unavailable(
    scoring: Desk, institution_id: InstitutionId
) -> None:
    client = HttpScoringClient(scoring.http, tokens=Tokens("stale", "stale too"))

    with pytest.raises(ScoringUnavailable) as failed:
        await client.assess(request(), institution_id=institution_id)

    assert failed.value.reason == "HTTP 401"


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> HttpScoringClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://scoring")
    return HttpScoringClient(http, tokens=Tokens("token"))


def broken(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def slow(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too long")


NO_ANSWERS: dict[str, tuple[Callable[[httpx.Request], httpx.Response], str]] = {
    "nobody listens": (broken, "ConnectError"),
    "it takes too long": (slow, "ReadTimeout"),
    "it fails": (lambda _: httpx.Response(500, json={"type": "x"}), "HTTP 500"),
    "it is overloaded": (lambda _: httpx.Response(503), "HTTP 503"),
    "we are not allowed": (lambda _: httpx.Response(403), "HTTP 403"),
    "a stranger answers": (lambda _: httpx.Response(404, html="<p>nginx</p>"), "HTTP 404"),
    "another program answers": (lambda _: httpx.Response(404, json=["no"]), "HTTP 404"),
    "nonsense comes back": (lambda _: httpx.Response(200, text="{}"), "an answer of another form"),
}


@pytest.mark.parametrize("case", NO_ANSWERS)
async def test_no_usable_answer_is_unavailable_and_never_an_opinion(case: str) -> None:
    answer, reason = NO_ANSWERS[case]

    with pytest.raises(ScoringUnavailable) as failed:
        await client_of(answer).assess(request(), institution_id=InstitutionId(ids.new()))

    assert failed.value.reason == reason


async def test_without_a_token_nothing_is_sent() -> None:
    sent: list[httpx.Request] = []

    def answer(asked: httpx.Request) -> httpx.Response:
        sent.append(asked)
        return httpx.Response(200)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://scoring")

    with pytest.raises(ScoringUnavailable) as failed:
        await HttpScoringClient(http, tokens=Tokens()).assess(
            request(), institution_id=InstitutionId(ids.new())
        )

    assert failed.value.reason == "TokenUnavailable"
    assert sent == []


async def test_the_institution_travels_in_its_header() -> None:
    seen: list[str] = []
    institution_id = InstitutionId(ids.new())

    def answer(asked: httpx.Request) -> httpx.Response:
        seen.append(asked.headers["X-Institution"])
        return httpx.Response(503)

    with pytest.raises(ScoringUnavailable):
        await client_of(answer).assess(request(), institution_id=institution_id)

    assert seen == [str(institution_id)]


def test_an_answer_of_a_later_release_is_still_understood() -> None:
    card = {"card_id": "expert", "version": "2.0.0", "hash": "0", "invented_later": 1}

    read = AssessmentOut.model_fields["card"].annotation

    assert read is not None
    assert read.model_validate(card).card_id == "expert"
