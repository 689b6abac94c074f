"""The choice of the database under test, with an engine that is only said to exist."""

from collections.abc import Callable

import docker
import pytest

from tests import providers
from tests.providers import Provider, ProviderImpossible, TestServer


def engine(*, answers: bool) -> tuple[list[str], Callable[[], bool]]:
    asked: list[str] = []

    def answer() -> bool:
        asked.append("engine")
        return answers

    return asked, answer


def test_a_named_database_is_used_and_no_engine_is_asked() -> None:
    asked, answer = engine(answers=True)

    chosen = providers.choose(url="postgresql://x", demanded=None, engine_answers=answer)

    assert chosen is Provider.URL
    assert asked == []


@pytest.mark.parametrize(
    ("answers", "expected"), [(True, Provider.CONTAINER), (False, Provider.EMBEDDED)]
)
def test_without_a_named_database_the_engine_decides(*, answers: bool, expected: Provider) -> None:
    asked, answer = engine(answers=answers)

    assert providers.choose(url=None, demanded=None, engine_answers=answer) is expected
    assert asked == ["engine"]


def test_the_embedded_server_can_be_demanded_beside_an_engine_and_a_named_database() -> None:
    asked, answer = engine(answers=True)

    chosen = providers.choose(url="postgresql://x", demanded="embedded", engine_answers=answer)

    assert chosen is Provider.EMBEDDED
    assert asked == []


def test_a_container_can_be_demanded_beside_a_named_database() -> None:
    _, answer = engine(answers=True)

    chosen = providers.choose(url="postgresql://x", demanded="container", engine_answers=answer)

    assert chosen is Provider.CONTAINER


@pytest.mark.parametrize(
    ("demanded", "reason"),
    [
        ("container", "no container engine answers"),
        ("url", "RAFID_TEST_DATABASE_URL is not set"),
        ("docker", "it is one of"),
    ],
)
def test_an_impossible_demand_is_refused_and_never_replaced(demanded: str, reason: str) -> None:
    _, answer = engine(answers=False)

    with pytest.raises(ProviderImpossible, match=reason):
        providers.choose(url=None, demanded=demanded, engine_answers=answer)


def test_an_engine_that_is_not_there_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    assert providers.engine_answers() is False
    assert docker.__name__ == "docker"  # the client is there; it is the engine that is not


def test_this_run_used_the_provider_that_the_choice_names(test_server: TestServer) -> None:
    assert test_server.provider in set(Provider)
    assert test_server.provider in test_server.line
