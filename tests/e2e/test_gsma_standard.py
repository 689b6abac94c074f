"""What we answer is what the standard's own document describes, whatever is sent to us.

The document is the GSMA's OpenAPI specification of the Mobile Money API 1.2.0; where it is not
beside the project there is nothing to compare with. Two slips of it are set right first: its lists
of bill payments are described as one object, while its text and its test cases say a list.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation

from services.loans.biller.router import PREFIX
from tests.e2e import gsma
from tests.e2e.gsma import Scene
from tests.e2e.test_schemathesis import LOUD, NOT_HTTP, TIMEOUT_SECONDS

EXAMPLES = 5
ACCOUNTS = ("/accounts/{accountId}", "/accounts/{identifierType}/{identifier}")
SERVED = {
    "/heartbeat": {"get"},
    "/bills/{billReference}/payments": {"get", "post"},
    "/statemententries/{transactionReference}": {"get"},
    "/requeststates/{serverCorrelationId}": {"get"},
    "/responses/{clientCorrelationId}": {"get"},
    **{
        f"{account}{rest}": methods
        for account in ACCOUNTS
        for rest, methods in (
            ("/accountname", {"get"}),
            ("/status", {"get"}),
            ("/balance", {"get"}),
            ("/statemententries", {"get"}),
            ("/bills", {"get"}),
            ("/bills/payments", {"get", "post"}),
            ("/bills/{billReference}/payments", {"get", "post"}),
        )
    },
}
OPERATIONS = 24

pytestmark = pytest.mark.skipif(
    not gsma.SPECIFICATION.exists(), reason="the GSMA's specification is not beside the project"
)


def description() -> dict[str, Any]:
    """What we serve of the document; lists of payments are lists."""
    whole = yaml.safe_load(gsma.SPECIFICATION.read_text(encoding="utf-8"))
    paths = {
        path: {
            name: part
            for name, part in whole["paths"][path].items()
            if name in methods or name == "parameters"
        }
        for path, methods in SERVED.items()
    }
    for path, operations in paths.items():
        if path.endswith("/payments"):
            content = operations["get"]["responses"][200]["content"]["application/json"]
            content["schema"] = {"type": "array", "items": content["schema"]}
        for operation in operations.values():
            if isinstance(operation, dict):
                operation.pop("callbacks", None)
    read: dict[str, Any] = json.loads(json.dumps({**whole, "paths": paths}, default=str))
    return read


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("house")
    with gsma.scene(database_urls, folder, on_a_port=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def known(scene: Scene) -> dict[str, str]:
    """The parts of paths that lead somewhere."""

    async def paid() -> dict[str, str]:
        provider = scene.provider
        reference, _ = await scene.contract()
        headers = provider.headers()
        made = await provider.http.post(
            f"{PREFIX}/bills/{reference}.1.1/payments",
            json={"amountPaid": "1.5", "currency": "JOD"},
            headers=headers,
        )
        (entry, *_) = await provider.read(f"/accounts/accountid/{reference}/statemententries")
        return {
            "accountId": f"accountid@{reference}",
            "identifierType": "accountid",
            "identifier": reference,
            "billReference": f"{reference}.1.1",
            "serverCorrelationId": made.json()["serverCorrelationId"],
            "clientCorrelationId": headers["X-CorrelationID"],
            "transactionReference": entry["transactionReference"],
        }

    return scene.call(paid)


def attack(
    operation: APIOperation[Any, Any, Any, Any],
    *,
    scene: Scene,
    known: dict[str, str],
    seen: set[tuple[str, int]],
) -> Callable[[], None]:
    """Make a test that sends an operation what it is for, and what is made up for it."""
    names = {parameter.name for parameter in operation.path_parameters}
    path = {name: known[name] for name in names}
    cases = st.one_of(
        operation.as_strategy(),
        operation.as_strategy(path_parameters=path),
        operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=path),
    )
    token = {"Authorization": f"Bearer {scene.provider.token}"}

    def call(case: Case[Any], *, waits: bool) -> None:
        with requests.Session() as session:
            answer = case.call(
                base_url=f"{scene.house.public_url}{PREFIX}",
                session=session,
                headers={**token, **({"Prefer": "wait=5"} if waits else {})},
                allow_redirects=False,
                timeout=TIMEOUT_SECONDS,
            )
        if (answer.status_code, answer.content) != NOT_HTTP:
            seen.add((operation.label, answer.status_code))
            case.validate_response(answer, checks=LOUD)

    @given(case=cases, waits=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Case[Any], *, waits: bool) -> None:
        call(case, waits=waits)

    def both() -> None:
        sent: dict[str, Any] = {}
        if operation.method == "post":
            sent["body"] = {"amountPaid": "0.01", "currency": "JOD"}
            sent["media_type"] = "application/json"
        for waits in (True, False):
            call(operation.Case(path_parameters=path, **sent), waits=waits)
        send()

    return both


def test_every_answer_is_as_the_standard_describes_it(scene: Scene, known: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_dict(description())
    seen: set[tuple[str, int]] = set()
    faults: dict[str, str] = {}
    labels = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        labels.add(operation.label)
        try:
            attack(operation, scene=scene, known=known, seen=seen)()
        except (Failure, FailureGroup) as fault:
            faults[operation.label] = "\n".join(map(str, getattr(fault, "exceptions", [fault])))

    assert faults == {}, "\n\n".join(f"{name}\n{fault}" for name, fault in faults.items())
    assert len(labels) == OPERATIONS
    reached = {label for label, status in seen if status < 300}
    refusing = {label for label in labels if label.endswith("/balance")}
    assert labels - reached - refusing == set(), "some were never answered with what they are for"
    assert {status for _, status in seen} >= {200, 201, 202, 400, 404}
