"""The specification's own library for Node believes our signatures, and no changed ones."""

import base64

import pytest

from services.loans.domain import webhook
from shared.clock import SystemClock
from tests import others_tools

VERIFIES = """
import { Webhook } from "standardwebhooks";
const { secret, body, headers } = told;
let found = null;
try { found = new Webhook(secret).verify(body, headers); } catch (error) { found = error.message; }
console.log(JSON.stringify(found));
"""
SECRET, OTHER = b"s" * webhook.SECRET_BYTES, b"o" * webhook.SECRET_BYTES
BODY = '{"type":"loans.x.v1","data":{"note":"سداد"}}'


def verified(headers: dict[str, str], *, body: str = BODY, secret: bytes = SECRET) -> object:
    told = {"secret": webhook.written_secret(secret), "body": body, "headers": headers}
    return others_tools.run_node(VERIFIES, told)


@pytest.mark.parametrize("secrets", [[SECRET], [OTHER, SECRET]])
def test_what_we_sign_is_believed(secrets: list[bytes]) -> None:
    headers = webhook.headers(
        BODY.encode(), message_id="m1", at=SystemClock().now(), secrets=secrets
    )
    assert verified(headers) == {"type": "loans.x.v1", "data": {"note": "سداد"}}


def test_what_was_changed_is_not_believed() -> None:
    at = SystemClock().now()
    headers = webhook.headers(BODY.encode(), message_id="m1", at=at, secrets=[SECRET])
    forged = base64.b64encode(b"f" * 32).decode()
    assert isinstance(verified(headers, body=BODY.replace("x", "y")), str)
    assert isinstance(verified(headers, secret=OTHER), str)
    assert isinstance(verified(headers | {"webhook-id": "m2"}), str)
    assert isinstance(verified(headers | {"webhook-signature": f"v1,{forged}"}), str)
