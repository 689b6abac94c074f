"""What a service tells is described as it is told, and others can read the description."""

import json
from functools import cache
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from services.cli.commands import app
from shared import asyncapi, event_types
from shared.migrations import SERVICES
from tests import others_tools

PARSES = """
import { Parser } from "@asyncapi/parser";
const { document, diagnostics } = await new Parser().parse(JSON.stringify(told));
const errors = diagnostics.filter((found) => found.severity === 0).map((found) => found.message);
const messages = document ? document.allMessages().all().map((message) => message.name()) : [];
console.log(JSON.stringify({ errors, messages }));
"""
described = cache(asyncapi.document)
EVENTS = [(service, type_) for service in SERVICES for type_ in event_types.of_service(service)]


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_printed_by_the_command(service: str) -> None:
    printed = CliRunner().invoke(app, ["asyncapi", service])
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.stdout) == asyncapi.document(service)


@pytest.mark.parametrize("service", SERVICES)
def test_the_parser_of_others_accepts_the_document(service: str) -> None:
    document = asyncapi.document(service)
    found = others_tools.run_node(PARSES, document)
    assert found["errors"] == []
    assert set(found["messages"]) == set(event_types.of_service(service))


def test_the_parser_would_refuse_a_document_that_is_wrong() -> None:
    document = asyncapi.document("loans")
    document["operations"]["tellByFeed"]["channel"] = {"$ref": "#/channels/nowhere"}
    assert others_tools.run_node(PARSES, document)["errors"] != []


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize(("service", "type_"), EVENTS)
@given(data=st.data())
def test_each_event_is_told_as_described(service: str, type_: str, data: st.DataObject) -> None:
    event = data.draw(st.builds(event_types.of_service(service)[type_]))
    document = described(service)
    name = type_.partition(".")[2].replace(".", "-")
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(UUID(int=1)),
        "source": f"/{service}",
        "type": type_,
        "subject": str(UUID(int=2)),
        "time": "2026-04-01T08:00:00+00:00",
        "datacontenttype": "application/json",
        "institutionid": str(UUID(int=3)),
        "sequence": 1,
        "knownat": "2026-04-01T08:00:01+00:00",
        "data": json.loads(event.model_dump_json()),
    }
    schema = {
        **document["components"]["messages"][name]["payload"],
        "components": document["components"],
    }
    reads = jsonschema_rs.validator_for(schema)
    reads.validate(envelope)
    for member in envelope:
        broken = {key: value for key, value in envelope.items() if key != member}
        assert not reads.is_valid(broken)


def test_only_a_service_that_calls_has_webhooks() -> None:
    told = {service: asyncapi.document(service)["channels"].keys() for service in SERVICES}
    assert told["loans"] == {"feed", "webhook"}
    assert told["scoring"] == told["monitoring"] == {"feed"}
