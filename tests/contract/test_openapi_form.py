"""The three descriptions are of one hand: every route says who, what, and how it refuses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.catalogues import described
from services.cli.commands import app
from services.cli.running import Service

Operation = tuple[str, dict[str, Any]]
# Routes that nobody needs a token for: signing in, keys, the first page, and a signed callback.
OPEN = {
    "GET /loans/v1/authorize",
    "POST /loans/v1/authorize",
    "POST /loans/v1/token",
    "GET /loans/v1/jwks",
    "GET /loans/v1/.well-known/openid-configuration",
    "POST /loans/v1/payments/callbacks/sandbox",
    "GET /loans/v1/papers/{number}",
    "GET /monitoring/v1/",
    "GET /monitoring/v1/login",
    "GET /monitoring/v1/callback",
    "POST /monitoring/v1/logout",
}
MOVES_MONEY = {  # or is numbered and kept for good: nothing that may happen twice by accident
    "POST /loans/v1/guarantee-claims/{claim_id}/steps",
    "POST /loans/v1/guarantee-covers/{cover_id}/fee",
    "POST /loans/v1/contracts/{contract_id}/subsidies",
    "POST /loans/v1/subsidies/{subsidy_id}/approval",
    "POST /loans/v1/subsidies/{subsidy_id}/payments",
    "POST /loans/v1/subsidies/{subsidy_id}/payments/{number}/reversal",
    "POST /loans/v1/subsidies/{subsidy_id}/condition-loss",
    "POST /loans/v1/subsidies/{subsidy_id}/restoration",
    "POST /loans/v1/financing-files",
    "POST /loans/v1/financing-files/{file_id}/own-shares",
    "POST /loans/v1/financing-files/{file_id}/signature",
    "POST /loans/v1/financing-files/{file_id}/withdrawal",
    "POST /loans/v1/financing-files/{file_id}/disbursement",
    "POST /loans/v1/funds/{fund_id}/receipts",
    "POST /loans/v1/funds/{fund_id}/waqf/orders",
    "POST /loans/v1/funds/{fund_id}/waqf/incomes",
    "POST /loans/v1/waqf-orders/{order_id}/approval",
    "POST /loans/v1/pledges",
    "POST /loans/v1/agreements/{agreement_id}/instalments/{number}/cancellation",
    "POST /loans/v1/agreements/{agreement_id}/instalments/{number}/postponement",
    "POST /loans/v1/instalment-changes/{change_id}/approval",
    "POST /loans/v1/agreements/{agreement_id}/instalments/{number}/receipts",
    "POST /loans/v1/agreements/{agreement_id}/instalments/{number}/exchanges",
    "POST /loans/v1/agreements/{agreement_id}/instalments/{number}/matches",
    "POST /loans/v1/agreements/{agreement_id}/movements/{move_id}/reversal",
    "POST /loans/v1/draw-downs/{draw_id}/receipt",
    "POST /loans/v1/draw-downs/{draw_id}/reversal",
    "POST /loans/v1/draw-downs/{draw_id}/payments",
    "POST /loans/v1/draw-downs/{draw_id}/shares",
    "POST /loans/v1/lender-payments/{payment_id}/approval",
    "POST /loans/v1/lender-payments/{payment_id}/reversal",
    "POST /loans/v1/zakat/collections",
    "POST /loans/v1/zakat/grants",
    "POST /loans/v1/zakat/grants/{grant_id}/payment",
    "POST /loans/v1/zakat/grants/{grant_id}/reversal",
    "POST /loans/v1/zakat/costs",
    "POST /loans/v1/zakat/costs/{cost_id}/payment",
    "POST /loans/v1/applications/{application_id}/decisions",
    "POST /loans/v1/applications/{application_id}/reservations",
    "POST /loans/v1/contracts",
    "POST /loans/v1/contracts/{contract_id}/cancellation",
    "POST /loans/v1/contracts/{contract_id}/disbursements",
    "POST /loans/v1/contracts/{contract_id}/holdings",
    "POST /loans/v1/contracts/{contract_id}/holdings/earnings",
    "POST /loans/v1/contracts/{contract_id}/holdings/requests",
    "POST /loans/v1/contracts/{contract_id}/holdings/requests/{request_id}/withdrawal",
    "POST /loans/v1/contracts/{contract_id}/holdings/withdrawals",
    "POST /loans/v1/holdings/{holding_id}/reversal",
    "POST /loans/v1/contracts/{contract_id}/steps",
    "POST /loans/v1/contracts/{contract_id}/steps/{step_id}/reversal",
    "POST /loans/v1/contracts/{contract_id}/results",
    "POST /loans/v1/contracts/{contract_id}/early-settlement",
    "POST /loans/v1/contracts/{contract_id}/collections",
    "POST /loans/v1/contracts/{contract_id}/repayments",
    "POST /loans/v1/repayments/{repayment_id}/reversal",
    "POST /loans/v1/contracts/{contract_id}/orders",
    "POST /loans/v1/orders/{order_id}/approval",
    "POST /loans/v1/orders/{order_id}/reversal",
    "POST /loans/v1/relief-orders",
    "POST /loans/v1/relief-orders/{batch_id}/approval",
    "POST /loans/v1/relief-orders/{batch_id}/reversal",
    "POST /loans/v1/funds/{fund_id}/orders",
    "POST /loans/v1/fund-orders/{order_id}/approval",
    "POST /loans/v1/collection-sheets",
    "POST /loans/v1/contracts/{contract_id}/certificates",
    "POST /loans/v1/ledger/closings",
    "POST /loans/v1/sharia/cases/{case_id}/purifications",
    "POST /loans/v1/sharia/funds/{fund_id}/charity-payments",
    "POST /loans/v1/sharia/charity-orders/{order_id}/approval",
    "POST /loans/v1/sharia/charity-orders/{order_id}/rejection",
    "POST /loans/v1/sharia/charity-orders/{order_id}/reversal",
    "POST /loans/v1/closing/days",
    "POST /loans/v1/accounting/manual-entries",
    "POST /loans/v1/accounting/manual-entries/{manual_id}/approval",
    "POST /loans/v1/accounting/manual-entries/{manual_id}/reversal",
    "POST /loans/v1/reconciliation/runs",
    "POST /loans/v1/reconciliation/suspense",
    "POST /loans/v1/reconciliation/suspense/moves",
    "POST /loans/v1/reconciliation/matches",
    "POST /loans/v1/reconciliation/fees",
    "POST /loans/v1/reconciliation/missing-payments",
    "POST /loans/v1/reconciliation/proposals/{proposal_id}/approval",
    "POST /loans/v1/accounting/periods/{name}/closing",
    "POST /loans/v1/accounting/periods/{name}/closing/approval",
}


def operations() -> Iterator[Operation]:
    for service in Service:
        paths: dict[str, Any] = described(service)["paths"]  # type: ignore[assignment]
        for path, methods in paths.items():
            for method, operation in methods.items():
                yield f"{method.upper()} {path}", operation


ALL = dict(operations())


@pytest.mark.parametrize("service", Service)
def test_every_route_of_a_service_stands_under_its_own_prefix(service: Service) -> None:
    paths: dict[str, Any] = described(service)["paths"]  # type: ignore[assignment]

    assert paths
    assert [path for path in paths if not path.startswith(f"/{service}/v1/")] == []


@pytest.mark.parametrize("name", ALL)
def test_every_route_says_what_it_does_and_how_it_refuses(name: str) -> None:
    told = ALL[name]

    assert told["description"].strip()
    assert told["tags"]
    for status in ("4XX", "5XX"):
        content = told["responses"][status]["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/ProblemOut"}


def test_only_what_must_be_open_is_open() -> None:
    assert {name for name, told in ALL.items() if not told.get("security")} == OPEN


def test_whatever_moves_money_asks_for_a_key() -> None:
    demanding = {
        name
        for name, told in ALL.items()
        if any(
            it["name"] == "Idempotency-Key" and it["required"] for it in told.get("parameters", ())
        )
    }
    assert demanding == MOVES_MONEY


@pytest.mark.parametrize("service", Service)
def test_no_two_operations_of_a_service_have_one_name(service: Service) -> None:
    paths: dict[str, Any] = described(service)["paths"]  # type: ignore[assignment]
    names = [told["operationId"] for path in paths.values() for told in path.values()]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


@pytest.mark.parametrize("service", Service)
def test_schemas_have_short_names_and_titles(service: Service) -> None:
    schemas: dict[str, Any] = described(service)["components"]["schemas"]  # type: ignore[index]
    assert [name for name in schemas if "__" in name] == []
    assert {form["title"] for form in schemas.values()} == schemas.keys()


@pytest.mark.parametrize("service", Service)
def test_amounts_are_text_with_a_currency_everywhere(service: Service) -> None:
    schemas: dict[str, Any] = described(service)["components"]["schemas"]  # type: ignore[index]
    numbers = [
        f"{schema}.{member}"
        for schema, form in schemas.items()
        for member, told in form.get("properties", {}).items()
        if told.get("type") == "number"
    ]
    assert numbers == [], "an amount or a rate as a JSON number loses digits on its way"


def test_the_command_prints_the_same_description() -> None:
    printed = CliRunner().invoke(app, ["openapi", "monitoring"])

    assert printed.exit_code == 0
    assert json.loads(printed.output) == described(Service.MONITORING)
