"""Requests made up from the descriptions of all three services: every answer is as described."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import requests
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.auth import Role
from shared.migrations import SERVICES
from tests.bodies import amount
from tests.e2e import house as houses
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Caller

EXAMPLES = 10
TIMEOUT_SECONDS = 30
LOUD = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A made-up sign-in waits until its password is hashed, and is tried elsewhere.
SLOW = {"POST /loans/v1/token", "POST /loans/v1/authorize"}
# What is made up against a description can be no HTTP at all; then the server answers before us.
NOT_HTTP = (400, b"Invalid HTTP request received.")

load_all_checks()


class Scene:
    """A house on a port with an institution in the middle of its work, and a token for all."""

    def __init__(self, house: House, office: Office, known: dict[str, Any]) -> None:
        self.house, self.known = house, known
        assert house.rafid is not None
        issuer = house.rafid.loans.state.issuer
        claims = {"institution": str(office.institution.id), "roles": [*Role]}
        self.headers = {
            "Authorization": "Bearer "
            + issuer._access_token(
                subject=UUID(int=1),
                client_id="everything",
                claims=claims | {"donor": office.donor_id},
            )
        }

    def description(self, service: str) -> dict[str, Any]:
        site = self.house.sites[service]
        described: dict[str, Any] = httpx.get(
            f"{site}/{service}/v1/openapi.json", timeout=TIMEOUT_SECONDS
        ).json()
        return described


async def at_work(house: House) -> tuple[Office, dict[str, Any]]:
    """Let one loan be repaid in part; gives the ids that paths may name."""
    office = await journey.open_office(house)
    application = await journey.apply(office)
    await journey.approve(office, application)
    contract_id = (await journey.sign(office, application))["contract"]["contract_id"]
    await journey.pay_out(office, contract_id)
    paid = await journey.repay(office, contract_id, "50.000")
    auditor = Caller(house.client("scoring"), office.auditor.token)
    application_id = application["application_id"]
    opinions = await auditor.get("/scoring/v1/assessments", application_id=application_id)
    staff = await office.auditor.get("/loans/v1/staff")
    return office, {
        "contract_id": contract_id,
        "repayment_id": paid["repayment_id"],
        "application_id": application_id,
        "borrower_id": application["borrower_id"],
        "product_id": office.product_id,
        "version": 1,
        "fund_id": office.fund_id,
        "branch_id": office.branch_id,
        "staff_id": staff["items"][0]["staff_id"],
        "assessment_id": opinions["items"][0]["assessment_id"],
        "donor_id": office.donor_id,
    }


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("house")
    with start_blocking_portal() as portal:
        opened = portal.wrap_async_context_manager(houses.on_a_port(folder, database_urls))
        with opened as house:
            office, known = portal.call(at_work, house)
            yield Scene(house, office, known)


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_to_made_up_requests_is_as_described(service: str, scene: Scene) -> None:
    schema = schemathesis.openapi.from_dict(scene.description(service))
    faults: dict[str, str] = {}
    operations = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation, operations = found.ok(), operations + 1
        if operation.label in SLOW:
            continue
        try:
            attack(operation, scene=scene, base_url=scene.house.sites[service])()
        except (Failure, FailureGroup) as fault:
            faults[operation.label] = "\n".join(map(str, getattr(fault, "exceptions", [fault])))

    assert operations > 5
    assert faults == {}, "\n\n".join(f"{name}\n{fault}" for name, fault in faults.items())


def filled(case: Case[Any], *, known: dict[str, Any]) -> Case[Any]:
    """The same request with amounts that are amounts and ids that exist: it gets further in."""

    def better(made_up: Any) -> Any:
        if isinstance(made_up, list):
            return [better(member) for member in made_up]
        if not isinstance(made_up, dict):
            return made_up
        if made_up.keys() == {"amount", "currency"}:
            return amount("150.000")
        return {
            name: known[name] if name in known and member is not None else better(member)
            for name, member in made_up.items()
        }

    case.body = better(case.body)
    return case


def attack(
    operation: APIOperation[Any, Any, Any, Any], *, scene: Scene, base_url: str
) -> Callable[[], None]:
    """Make a test that sends an operation what it asks for, and what it does not."""
    names = {parameter.name for parameter in operation.path_parameters}
    known = {name: scene.known[name] for name in names if name in scene.known}
    cases = st.one_of(
        operation.as_strategy(),
        operation.as_strategy(path_parameters=known),
        operation.as_strategy(path_parameters=known).map(partial(filled, known=scene.known)),
        operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=known),
    )

    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Case[Any]) -> None:
        with requests.Session() as session:
            answer = case.call(
                base_url=base_url,
                session=session,
                headers=scene.headers,
                allow_redirects=False,
                timeout=TIMEOUT_SECONDS,
            )
        if (answer.status_code, answer.content) != NOT_HTTP:
            case.validate_response(answer, checks=LOUD)

    return send
