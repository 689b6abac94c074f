"""Whatever is wrong with a bill payment: the standard's own error, and nothing but its message."""

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services.loans.biller.router import PREFIX
from tests.e2e import gsma, journey
from tests.e2e.gsma import Scene
from tests.e2e.test_bad_input import BY_ITSELF

KEPT = {"bill_request"}
GOOD = b'{"amountPaid":"10","currency":"JOD"}'
RULE, WRITTEN, NOBODY, NOWHERE = (
    (400, "businessRule"),
    (400, "validation"),
    (401, "authorisation"),
    (404, "identification"),
)
BODIES: Mapping[str, tuple[bytes, tuple[int, str], str]] = {
    "no body": (b"", WRITTEN, "formatError"),
    "half a body": (b'{"amountPaid":', WRITTEN, "formatError"),
    "broken UTF-8": (b'{"amountPaid":"\xff"}', WRITTEN, "formatError"),
    "a list": (b"[]", WRITTEN, "formatError"),
    "nothing in it": (b"{}", WRITTEN, "mandatoryValueNotSupplied"),
    "no currency": (b'{"amountPaid":"1"}', WRITTEN, "mandatoryValueNotSupplied"),
    "a number": (b'{"amountPaid":10,"currency":"JOD"}', WRITTEN, "formatError"),
    "zero": (b'{"amountPaid":"0","currency":"JOD"}', RULE, "lessThanTransactionMinValue"),
    "below zero": (b'{"amountPaid":"-1","currency":"JOD"}', WRITTEN, "negativeValue"),
    "a comma": (b'{"amountPaid":"1,5","currency":"JOD"}', WRITTEN, "formatError"),
    "an exponent": (b'{"amountPaid":"1e2","currency":"JOD"}', WRITTEN, "formatError"),
    "too many decimals": (b'{"amountPaid":"1.0001","currency":"JOD"}', WRITTEN, "formatError"),
    "too long": (b'{"amountPaid":"%s","currency":"JOD"}' % (b"1" * 24), WRITTEN, "lengthError"),
    "Arabic digits": ('{"amountPaid":"١","currency":"JOD"}'.encode(), WRITTEN, "formatError"),
    "another currency": (
        b'{"amountPaid":"1","currency":"USD"}',
        WRITTEN,
        "currencyNotSupported",
    ),
    "no currency of the world": (
        b'{"amountPaid":"1","currency":"QQQ"}',
        WRITTEN,
        "currencyNotSupported",
    ),
    "a currency in words": (b'{"amountPaid":"1","currency":"dinar"}', WRITTEN, "formatError"),
    "more than is open": (
        b'{"amountPaid":"1000.001","currency":"JOD"}',
        RULE,
        "overPaymentNotAllowed",
    ),
    "too large": (
        b'{"amountPaid":"999999999999999999","currency":"JOD"}',
        RULE,
        "greaterThanTransactionMaxValue",
    ),
    "not in full": (
        b'{"amountPaid":"1","currency":"JOD","paymentType":"fullpayment"}',
        RULE,
        "underPaymentNotAllowed",
    ),
    "a type of its own": (
        b'{"amountPaid":"1","currency":"JOD","paymentType":"half"}',
        WRITTEN,
        "formatError",
    ),
    "a long reference": (
        b'{"amountPaid":"1","currency":"JOD","customerReference":"%s"}' % (b"x" * 257),
        WRITTEN,
        "lengthError",
    ),
    "a control sign": (
        b'{"amountPaid":"1","currency":"JOD","customerReference":"\\u0000"}',
        WRITTEN,
        "formatError",
    ),
    "too many pairs": (
        b'{"amountPaid":"1","currency":"JOD","metadata":[%s]}'
        % b",".join([b'{"key":"a","value":"b"}'] * 21),
        WRITTEN,
        "lengthError",
    ),
}
HEADERS: Mapping[str, tuple[dict[str, str | None], tuple[int, str], str]] = {
    "no token": ({"Authorization": None}, NOBODY, "clientAuthorisationError"),
    "a broken token": ({"Authorization": "Bearer a.b.c"}, NOBODY, "clientAuthorisationError"),
    "a wrong secret": ({"Authorization": "Basic YTpi"}, NOBODY, "clientAuthorisationError"),
    "no Basic at all": ({"Authorization": "Basic ؟"}, NOBODY, "clientAuthorisationError"),
    "another program": ({"X-Client-Id": "other.program"}, NOBODY, "clientAuthorisationError"),
    "another key": ({"X-API-Key": "not-it"}, NOBODY, "clientAuthorisationError"),
    "another hash": ({"X-Content-Hash": "00" * 32}, WRITTEN, "formatError"),
    "no hash": ({"X-Content-Hash": "؟"}, WRITTEN, "formatError"),
    "no id": ({"X-CorrelationID": "one"}, WRITTEN, "formatError"),
    "no date": ({"X-Date": "yesterday"}, WRITTEN, "formatError"),
    "another institution": (
        {
            "X-Account-Holding-Institution-Identifier-Type": "organisationid",
            "X-Account-Holding-Institution-Identifier": "other",
        },
        NOWHERE,
        "identifierError",
    ),
    **{
        f"callback to {url}": ({"X-Callback-URL": url}, WRITTEN, "formatError")
        for url in (
            "",
            "nowhere",
            "http://payer.example/told",
            "https://127.0.0.1/told",
            "https://10.0.0.1:8443/told",
            "https://[::1]/told",
            "https://169.254.169.254/latest",
            "https://name:word@payer.example/told",
            "file:///etc/passwd",
            "https:///told",
        )
    },
}


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("house")
    with gsma.scene(database_urls, folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def account(scene: Scene) -> str:
    reference, _ = scene.call(scene.contract)
    return f"/accounts/accountid/{reference}/bills"


def error_of(answer: httpx.Response) -> tuple[tuple[int, str], str]:
    told = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-date"] == told["errorDateTime"]
    assert 0 < len(told["errorDescription"]) <= 256
    assert told["errordescription"] == told["errorDescription"]
    assert all(0 < len(one["value"]) <= 256 for one in told.get("errorParameters", []))
    return (answer.status_code, told["errorCategory"]), told["errorCode"]


async def rows(scene: Scene, admin_url: str) -> dict[str, int]:
    """How many rows the institution has in each table of loans that a request may write."""
    connection = await asyncpg.connect(admin_url)
    try:
        tables = await connection.fetch(
            "select table_name from information_schema.columns"
            " where table_schema = 'loans' and column_name = 'institution_id'"
        )
        return {
            name: await connection.fetchval(
                f'select count(*) from loans."{name}" where institution_id = $1',
                scene.provider.office.institution.id,
            )
            for (name,) in tables
            if name not in BY_ITSELF | KEPT
        }
    finally:
        await connection.close()


@pytest.mark.parametrize("named", BODIES)
def test_a_body_that_cannot_be_paid_is_refused_by_its_code_and_changes_nothing(
    scene: Scene, account: str, admin_url: str, named: str
) -> None:
    body, status, code = BODIES[named]

    async def walk() -> None:
        before = await rows(scene, admin_url)
        answer = await scene.provider.send(account, body)
        assert error_of(answer) == (status, code), answer.text
        assert await rows(scene, admin_url) == before

    scene.call(walk)


@pytest.mark.parametrize("named", HEADERS)
def test_a_header_that_does_not_fit_is_refused_and_changes_nothing(
    scene: Scene, account: str, admin_url: str, named: str
) -> None:
    headers, status, code = HEADERS[named]

    async def walk() -> None:
        provider = scene.provider
        before = await rows(scene, admin_url)
        sent = {
            name.encode(): value.encode()
            for name, value in {**provider.headers(), **headers}.items()
            if value is not None
        }
        answer = await provider.http.post(f"{PREFIX}{account}/payments", content=GOOD, headers=sent)
        assert error_of(answer) == (status, code), answer.text
        assert await rows(scene, admin_url) == before

    scene.call(walk)


def test_a_body_larger_than_is_read_here_is_refused_in_the_same_form(
    scene: Scene, account: str
) -> None:
    async def walk() -> None:
        answer = await scene.provider.send(account, b" " * 1_048_577)
        assert error_of(answer) == (WRITTEN, "lengthError")

    scene.call(walk)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/accountid/none/bills",
        "/accounts/accountid@none/status",
        "/accounts/accountid/none/balance",
        "/accounts/none/1/bills",
        "/accounts/msisdn/12/accountname",
        "/bills/none/payments",
        "/bills/LN-2026-000001.1.99/payments",
        "/statemententries/none",
        f"/statemententries/{uuid.UUID(int=1)}",
        f"/requeststates/{uuid.UUID(int=1)}",
        "/requeststates/none",
        f"/responses/{uuid.UUID(int=1)}",
        "/transactions/none",
        "/batchtransactions",
    ],
)
def test_what_is_not_there_is_an_identifier_that_names_nothing(scene: Scene, path: str) -> None:
    async def walk() -> None:
        answer = await scene.provider.get(path)
        found = path.startswith("/bills/LN")  # the list of a bill that is not there is empty
        if found:
            assert answer.json() == []
        else:
            assert error_of(answer) == (NOWHERE, "identifierError")
        wrong = await scene.provider.http.request(
            "PATCH", f"{PREFIX}{path}", headers=scene.provider.headers()
        )
        assert error_of(wrong) == (NOWHERE, "identifierError")

    scene.call(walk)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"offset": "-1"}, "invalidOffset"),
        ({"offset": "x"}, "invalidOffset"),
        ({"offset": "2147483648"}, "invalidOffset"),
        ({"limit": "0"}, "invalidOffset"),
        ({"limit": "١"}, "invalidOffset"),
        ({"fromDateTime": "2026"}, "formatError"),
        ({"toDateTime": "2026-02-30T00:00:00Z"}, "formatError"),
        ({"toDateTime": "0001-01-01T00:00:00+14:00"}, "formatError"),
    ],
)
def test_a_page_that_cannot_be_counted_is_refused(
    scene: Scene, account: str, query: dict[str, Any], code: str
) -> None:
    async def walk() -> None:
        for path in (account, f"{account}/payments"):
            assert error_of(await scene.provider.get(path, **query)) == (WRITTEN, code)

    scene.call(walk)


def test_a_contract_that_was_not_paid_out_takes_nothing_and_has_no_bills(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        signed = (await journey.signed_contract(provider.office))["contract"]
        account = f"/accounts/accountid/{signed['reference']}"
        answer = await provider.pay(f"{account}/bills", "1")
        assert error_of(answer) == (RULE, "incorrectState")
        assert await provider.read(f"{account}/bills") == []
        status = await provider.read(f"{account}/status")
        assert (status["accountStatus"], status["subStatus"]) == ("unavailable", "signed")
        assert error_of(await provider.get(f"{account}/balance")) == (RULE, "genericError")

    scene.call(walk)


def test_nobody_sees_the_accounts_or_requests_of_others(scene: Scene, account: str) -> None:
    async def walk() -> None:
        provider = scene.provider
        correlation_id = str(uuid.uuid4())
        made = await provider.pay(account, "1", X_CorrelationID=correlation_id)
        state = made.json()["serverCorrelationId"]
        stranger = await gsma.provider(scene.house)
        colleague = await gsma.provider(scene.house, provider.office)
        for path in (account, account.replace("/bills", "/accountname")):
            assert error_of(await stranger.get(path)) == (NOWHERE, "identifierError")
        answer = await stranger.pay(account, "1")
        assert error_of(answer) == (NOWHERE, "identifierError")
        for other in (stranger, colleague):
            for path in (f"/requeststates/{state}", f"/responses/{correlation_id}"):
                assert error_of(await other.get(path)) == (NOWHERE, "identifierError")
        assert await colleague.read(f"{account}/payments") == []
        again = await colleague.pay(account, "1", X_CorrelationID=correlation_id)
        assert again.status_code == 202, "an id is its sender's own"

    scene.call(walk)


def test_only_an_integrator_is_let_in(scene: Scene, account: str) -> None:
    async def walk() -> None:
        officer = await gsma.provider(scene.house, scene.provider.office, "officer")
        answer = await officer.get(account)
        assert error_of(answer) == (NOBODY, "requestingPartyAuthorisationError")
        assert answer.headers["www-authenticate"].startswith("Bearer")

    scene.call(walk)


def test_a_program_is_let_in_by_its_secret_in_each_way_of_the_standard(
    scene: Scene, account: str
) -> None:
    async def walk() -> None:
        provider = scene.provider
        basic = httpx.BasicAuth(provider.client_id, provider.secret)
        request = next(basic.auth_flow(httpx.Request("GET", "http://x")))
        key = {"X-Client-Id": provider.client_id, "X-API-Key": provider.secret}
        bearer = {"Authorization": f"Bearer {provider.token}"}
        dates = ("2026-11-23T09:30:00+03:00", "Mon, 23 Nov 2026 06:30:00 GMT")
        for headers in (
            key,
            {**bearer, **key},
            {**bearer, "X-Client-Id": provider.client_id},
            {"Authorization": request.headers["authorization"]},
            {"Authorization": request.headers["authorization"], **key},
            *({**bearer, "X-Date": date} for date in dates),
            {**bearer, "X-Content-Hash": hashlib.sha256(b"").hexdigest().upper()},
            {**bearer, "X-User-Bearer": "whoever", "X-Channel": "USSD"},
        ):
            answer = await provider.http.get(f"{PREFIX}{account}", headers=headers)
            assert answer.status_code == 200, (headers, answer.text)
            assert re.fullmatch(r"20.*Z", answer.headers["x-date"])
        alone = await provider.http.get(f"{PREFIX}{account}", headers={"X-API-Key": "x"})
        assert error_of(alone) == (NOBODY, "clientAuthorisationError")

    scene.call(walk)


def test_a_refusal_is_told_in_the_language_that_is_asked_for(scene: Scene, account: str) -> None:
    async def walk() -> None:
        answer = await scene.provider.pay(account, "5000", Accept_Language="ar")
        told = answer.json()
        assert re.search("[\u0600-\u06ff]{3}", told["errorDescription"])
        assert {"key": "amount", "value": "5000.000 JOD"} in told["errorParameters"]
        assert json.loads(answer.content) == told

    scene.call(walk)
