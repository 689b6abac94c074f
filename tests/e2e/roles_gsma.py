"""Who may do what under the GSMA's standard, and how its own refusals are read."""

import re

import httpx

from services.loans.biller.router import PREFIX
from shared import ids

A = "/accounts/{account:gsma_account}"
MISSING = "requestingPartyAuthorisationError"
GSMA = "\n".join(
    f"{method} {PREFIX}{path} .....i.."
    for method, path in (
        ("GET", "/heartbeat"),
        ("GET", f"{A}/accountname"),
        ("GET", f"{A}/status"),
        ("GET", f"{A}/balance"),
        ("GET", f"{A}/statemententries"),
        ("GET", "/statemententries/{reference}"),
        ("GET", f"{A}/bills"),
        ("POST", f"{A}/bills/{{bill}}/payments"),
        ("GET", f"{A}/bills/{{bill}}/payments"),
        ("POST", f"{A}/bills/payments"),
        ("GET", f"{A}/bills/payments"),
        ("POST", "/bills/{bill}/payments"),
        ("GET", "/bills/{bill}/payments"),
        ("GET", "/requeststates/{server_correlation_id}"),
        ("GET", "/responses/{client_correlation_id}"),
    )
)


def address(path: str) -> str:
    """A path about things that are not there."""
    path = path.replace("{account:gsma_account}", "accountid/none")
    return re.sub(r"\{[^}]+\}", lambda _: str(ids.new()), path)


def is_role_missing(answer: httpx.Response) -> bool:
    """Whether the standard's error object says that the role does not allow it."""
    return answer.status_code == 401 and answer.json().get("errorCode") == MISSING
