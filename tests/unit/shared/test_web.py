"""Every refusal is a problem document that says what is wrong, in the language asked for."""

from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, ClassVar
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import Response
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from shared import texts
from shared.auth import Actor, Role, require
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.schemas import Body, MoneyBody
from shared.web import AskedLanguage, PageQuery, RafidApp, create_base_app
from tests.tokens import INSTITUTION, OTHER_INSTITUTION, Signer

LIMIT, LARGER_LIMIT = 2_000, 4_000
MEDIA_TYPE = "application/problem+json"
GOOD = {"price": {"amount": "1.500", "currency": "JOD"}, "count": 1}
HERE = "shared"
Log = list[MutableMapping[str, Any]]


class OutOfStock(RafidError):
    """Nothing left in this test"""

    kind: ClassVar[Kind] = Kind.CONFLICT
    service: ClassVar[str] = HERE
    detail: ClassVar[str] = "{left} is left."
    left: Money


class ShopShut(RafidError):
    """Shut in this test"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    service: ClassVar[str] = HERE
    detail: ClassVar[str] = "Come again."


class OrderIn(Body):
    price: MoneyBody
    count: int


ACCIDENTS: dict[str, Exception] = {
    "stock": OutOfStock(left=Money(1_500, "JOD")),
    "shut": ShopShut(),
    "bug": ZeroDivisionError("password=hunter2"),
    "refused": ConnectionRefusedError("5432"),
    "full": asyncpg.TooManyConnectionsError("too many clients"),
    "deadlock": DBAPIError("select", {}, asyncpg.DeadlockDetectedError("deadlock")),
    "lost": DBAPIError("select", {}, OSError("gone"), connection_invalidated=True),
    "forbidden": DBAPIError("select", {}, asyncpg.InsufficientPrivilegeError("no")),
}


def shop(signer: Signer) -> RafidApp:
    app = create_base_app(
        "Shop",
        prefix="/shop/v1",
        verifier=signer.verifier(),
        body_limit=LIMIT,
        larger_bodies={"/shop/v1/files": LARGER_LIMIT},
    )

    @app.post("/shop/v1/orders", status_code=201)
    async def order(body: OrderIn, actor: Annotated[Actor, require(Role.OFFICER)]) -> MoneyBody:
        assert actor.institution_id == INSTITUTION
        return body.price

    @app.post("/shop/v1/files")
    async def take_file(body: dict[str, str]) -> int:
        return len(body)

    @app.get("/shop/v1/orders/{order_id}")
    async def show(order_id: UUID, page: PageQuery, language: AskedLanguage) -> list[str]:
        return [str(order_id), str(page.limit), str(page.after), language]

    @app.get("/shop/v1/accidents/{name}")
    async def fail(name: str) -> None:
        raise ACCIDENTS[name]

    @app.get("/shop/v1/page")
    async def own_headers() -> Response:
        return Response("", headers={"Cache-Control": "public"})

    return app


@asynccontextmanager
async def visit(signer: Signer | None = None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(shop(signer or Signer()))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://shop/shop/v1", headers=named
    ) as client:
        yield client


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"] == f"/problems/{kind}"
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == answer.headers["x-request-id"]
    return body


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with capture_logs() as lines:
        yield lines


async def test_a_lawful_request_passes() -> None:
    signer = Signer()
    async with visit(signer, authorization=f"Bearer {signer.token()}") as client:
        answer = await client.post("orders", json=GOOD)

    assert (answer.status_code, answer.json()) == (201, GOOD["price"])


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, "token-missing"),
        ("Bearer", "token-missing"),
        ("Basic YTpi", "token-missing"),
        ("Bearer not.a.token", "token-refused"),
        ("bearer \x80", "token-refused"),
    ],
)
async def test_who_is_not_signed_in_is_told_how(header: str | None, kind: str) -> None:
    async with visit() as client:
        headers = {} if header is None else {b"authorization": header.encode("latin-1")}
        answer = await client.post("orders", json=GOOD, headers=headers)

    problem(answer, 401, f"shared/{kind}")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="rafid"')
    assert ("invalid_token" in answer.headers["www-authenticate"]) == (kind == "token-refused")


async def test_a_role_that_is_missing_is_named() -> None:
    signer = Signer()
    async with visit(signer, authorization=f"Bearer {signer.token(roles=['donor'])}") as client:
        body = problem(await client.post("orders", json=GOOD), 403, "shared/role-missing")

    assert (body["needed"], body["held"]) == (["officer"], ["donor"])


async def test_a_token_of_another_institution_is_refused() -> None:
    signer = Signer()
    headers = {"authorization": f"Bearer {signer.token()}", "x_institution": str(OTHER_INSTITUTION)}
    async with visit(signer, **headers) as client:
        problem(await client.post("orders", json=GOOD), 403, "shared/foreign-institution")


async def test_every_fault_of_a_body_is_pointed_at() -> None:
    signer = Signer()
    wrong = {"price": {"amount": "1.5555", "currency": "JOD"}, "a/b~c": 1, "count": "1"}
    async with visit(signer, authorization=f"Bearer {signer.token()}") as client:
        body = problem(await client.post("orders", json=wrong), 422, "invalid-request")

    found = {error["pointer"]: (error["code"], error["detail"]) for error in body["errors"]}
    assert found["/price"][0] == "too-many-decimals"
    assert "1.5555" in found["/price"][1]
    assert found["/count"] == ("int_type", "This must be a whole number.")
    assert found["/a~1b~0c"] == ("extra_forbidden", "This member is not known here.")


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_problems_are_told_in_the_language_asked_for(language: texts.Language) -> None:
    signer = Signer()
    async with visit(
        signer, authorization=f"Bearer {signer.token()}", accept_language=f"{language}-MA, en;q=.5"
    ) as client:
        answers = [
            await client.post("orders", json={"price": {}, "count": "1"}),
            await client.get("orders/1"),
            await client.get("nothing"),
            await client.put("orders"),
            await client.post("orders", content=b"{", headers={"content-type": "application/json"}),
            await client.get("accidents/bug"),
            await client.get("accidents/refused"),
            await client.post("orders", json=GOOD, headers={"authorization": ""}),
        ]
    for answer in answers:
        body = answer.json()
        sentences = [body["title"], body["detail"]]
        sentences += [error["detail"] for error in body.get("errors", ())]
        for sentence in sentences:
            said = texts.catalogue("shared", language=language).values()
            english = texts.catalogue("shared", language=language).keys()
            assert sentence in said or sentence not in english, sentence
        assert body["title"] in said


async def test_parameters_are_pointed_at_by_name() -> None:
    async with visit() as client:
        path = problem(await client.get("orders/1"), 422, "invalid-request")
        query = problem(
            await client.get(f"orders/{INSTITUTION}?limit=501&after=%21"), 422, "invalid-request"
        )
        cursor = problem(
            await client.get(f"orders/{INSTITUTION}?after=AAAA"), 422, "invalid-request"
        )

    assert [error["pointer"] for error in path["errors"]] == ["path:order_id"]
    assert [error["pointer"] for error in query["errors"]] == ["query:limit", "query:after"]
    assert [error["pointer"] for error in cursor["errors"]] == ["query:after"]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe{", b"{", b'{"count": 1' + b"0" * 1_900, b"[" * 1_900, b'"\xd8\x00"', b"nul"],
)
async def test_a_body_that_cannot_be_read_is_refused(content: bytes) -> None:
    signer = Signer()
    async with visit(signer, authorization=f"Bearer {signer.token()}") as client:
        answer = await client.post(
            "orders", content=content, headers={"content-type": "application/json"}
        )

    assert "JSON" in problem(answer, 400, "bad-request")["detail"]


async def test_a_body_of_another_type_is_refused() -> None:
    signer = Signer()
    async with visit(signer, authorization=f"Bearer {signer.token()}") as client:
        problem(await client.post("orders", data={"count": "1"}), 415, "unsupported-media-type")
        problem(await client.post("orders", content=b"{}"), 415, "unsupported-media-type")
        problem(await client.post("orders"), 422, "invalid-request")


async def test_a_body_over_the_limit_is_refused_declared_or_not() -> None:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 100 + 1):
            yield b" " * 100

    as_json = {"content-type": "application/json"}
    async with visit() as client:
        for path in ("orders", "nothing"):
            declared = await client.post(path, content=b" " * (LIMIT + 1), headers=as_json)
            problem(declared, 413, "content-too-large")
        problem(
            await client.post("orders", content=drops(), headers=as_json), 413, "content-too-large"
        )
        within = await client.post("orders", content=b" " * LIMIT, headers=as_json)
        problem(within, 400, "bad-request")


async def test_a_path_may_take_more_than_the_others() -> None:
    async with visit() as client:
        fits = await client.post("files", json={"a": "b" * LIMIT})
        too_much = await client.post("files", json={"a": "b" * LARGER_LIMIT})

    assert fits.status_code == 200
    problem(too_much, 413, "content-too-large")


@pytest.mark.parametrize(
    "path", ["accidents/%00", f"orders/{INSTITUTION}?x=%00", f"orders/{INSTITUTION}?after=%1B[2J"]
)
async def test_control_characters_in_an_address_are_refused(path: str) -> None:
    async with visit() as client:
        problem(await client.get(path), 400, "bad-request")


async def test_unknown_addresses_and_methods_are_problems_too() -> None:
    async with visit() as client:
        problem(await client.get("nothing"), 404, "not-found")
        problem(await client.get("orders/"), 404, "not-found")
        answer = await client.delete("orders")

    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


async def test_our_errors_carry_their_members() -> None:
    async with visit() as client:
        body = problem(await client.get("accidents/stock"), 409, "shared/out-of-stock")

    assert body["left"] == {"amount": "1.500", "currency": "JOD"}
    assert body["detail"] == "1.500 JOD is left."


async def test_who_is_told_to_come_again_is_told_when() -> None:
    async with visit() as client:
        for name, kind in (
            ("shut", "shared/shop-shut"),
            ("refused", "database-unavailable"),
            ("full", "database-unavailable"),
            ("deadlock", "database-unavailable"),
            ("lost", "database-unavailable"),
        ):
            answer = await client.get(f"accidents/{name}")
            problem(answer, 503, kind)
            assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("name", ["bug", "forbidden"])
async def test_a_bug_is_logged_and_not_told(name: str, log: Log) -> None:
    async with visit() as client:
        body = problem(await client.get(f"accidents/{name}"), 500, "internal-error")

    assert set(body) == {"type", "title", "status", "detail", "instance"}
    assert "hunter2" not in str(body)
    assert [(line["event"], line["exc_info"]) for line in log] == [("bug", ACCIDENTS[name])]


async def test_a_sane_request_id_is_kept_and_another_is_made() -> None:
    async with visit() as client:
        kept = await client.get("nothing", headers={"x-request-id": "order-2026.000_1"})
        made = [
            (await client.get("nothing", headers={"x-request-id": wrong})).headers["x-request-id"]
            for wrong in ("short", "a b c d e f g", "x" * 65, "<script>alert(1)</script>", "")
        ]

    assert kept.headers["x-request-id"] == "order-2026.000_1"
    assert all(UUID(each).version == 7 for each in made)
    assert len(set(made)) == len(made)


async def test_every_answer_is_kept_from_caches_frames_and_guesses() -> None:
    async with visit() as client:
        for path in ("nothing", "accidents/bug", f"orders/{INSTITUTION}"):
            headers = (await client.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"
            assert "default-src 'none'" in headers["content-security-policy"]
        own = await client.get("page")

    assert own.headers.get_list("cache-control") == ["public"]


def test_the_description_declares_problems_and_the_token() -> None:
    described = shop(Signer()).openapi()
    order = described["paths"]["/shop/v1/orders"]["post"]

    assert set(order["responses"]) == {"201", "4XX", "5XX"}
    for status in ("4XX", "5XX"):
        assert list(order["responses"][status]["content"]) == [MEDIA_TYPE]
    assert order["security"] == [{"token": []}]
    assert "security" not in described["paths"]["/shop/v1/page"]["get"]
    assert {"ProblemOut", "PointerOut"} <= described["components"]["schemas"].keys()
    assert "HTTPValidationError" not in described["components"]["schemas"]
