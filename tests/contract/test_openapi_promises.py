"""What callers were promised is kept: nothing is taken away and nothing more is demanded."""

import copy
from typing import Any

import pytest

from services.cli.catalogues import described
from services.cli.running import Service
from tests.contract import openapi_promises
from tests.contract.openapi_promises import broken, promises_of

REPAYMENT = "POST /loans/v1/contracts/{contract_id}/repayments"
BODY: dict[str, Any] = {
    "paths": {
        "/things": {
            "post": {
                "parameters": [{"in": "header", "name": "Key", "required": True}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/c/schemas/Thing"}}}
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "/Thing"}}}}
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "required": ["name"],
                "properties": {"name": {}, "parts": {"items": {"properties": {"size": {}}}}},
            }
        }
    },
}


@pytest.mark.parametrize("service", Service)
def test_every_promise_of_the_version_before_is_kept(service: Service) -> None:
    kept = openapi_promises.load(service)

    assert len(kept) > 5
    assert broken(kept, now=promises_of(described(service))) == []


def test_promises_reach_into_bodies_and_answers() -> None:
    told = promises_of(described(Service.LOANS))[REPAYMENT]

    assert {"header:Idempotency-Key", "path:contract_id", "/amount/amount"} <= set(told["demands"])
    assert "/received_on" in told["takes"]
    assert "/received_on" not in told["demands"]
    assert "201/outstanding_principal/amount" in told["answers"]


def test_a_description_is_read_as_it_is_meant() -> None:
    assert promises_of(BODY) == {
        "POST /things": {
            "demands": ["/name", "header:Key"],
            "takes": ["/name", "/parts", "/parts/*/size", "header:Key"],
            "answers": ["201/name", "201/parts", "201/parts/*/size"],
        }
    }


def test_what_is_taken_away_or_demanded_anew_is_found() -> None:
    newer = copy.deepcopy(BODY)
    thing = newer["components"]["schemas"]["Thing"]
    thing["required"] = ["name", "parts"]
    del thing["properties"]["name"]
    kept, now = promises_of(BODY), promises_of(newer)

    assert broken(kept, now=now) == [
        "POST /things answers no 201/name",
        "POST /things demands /parts",
        "POST /things takes no /name",
    ]
    assert broken(kept, now={}) == ["POST /things is gone"]


def test_what_is_added_breaks_nothing() -> None:
    newer = copy.deepcopy(BODY)
    newer["components"]["schemas"]["Thing"]["properties"]["colour"] = {}
    newer["paths"]["/others"] = newer["paths"]["/things"]

    assert broken(promises_of(BODY), now=promises_of(newer)) == []
