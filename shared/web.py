"""What do all our web applications have in common? Problems, limits, request ids, headers."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Annotated, Any, Protocol
from uuid import UUID

import asyncpg
from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import descriptions, ids, logs, problems, texts
from shared.auth import TokenVerifier
from shared.errors import RafidError
from shared.problems import Problem
from shared.schemas import MAX_PAGE, USUAL_PAGE, Page, PointerOut, ProblemOut, read_cursor
from shared.settings import MAX_BODY_BYTES
from shared.texts import Language

_log = logs.logger(__name__)

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_ESCAPED = re.compile(rb"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)

_PROBLEM_CONTENT = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused; the problem says why.", "content": _PROBLEM_CONTENT},
    "5XX": {"description": "Not now; nothing was done.", "content": _PROBLEM_CONTENT},
}

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)

# PostgreSQL's error classes that say "not now" and not "a bug": connection, resources, operator,
# and a conflict of transactions that was rolled back.
_OUTAGES = ("08", "53", "57P", "40001", "40P01", "55P03")


Dialect = Callable[[Problem, str], Response]
"""How a problem is written, with the request's id, for those who speak another standard's form."""


class Lifespan(Protocol):
    """What an application opens before the first request and closes after the last."""

    def __call__(self, app: FastAPI) -> AbstractAsyncContextManager[None]:
        """Open on entering, close on leaving."""


class RafidApp(FastAPI):
    """FastAPI whose description names our problems."""

    def openapi(self) -> dict[str, Any]:
        """Describe the service; made once."""
        if self.openapi_schema is None:
            described = super().openapi()
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            for model in (ProblemOut, PointerOut):
                form = model.model_json_schema(ref_template="#/components/schemas/{model}")
                form.pop("$defs", None)
                schemas[model.__name__] = form
            self.openapi_schema = descriptions.readable(described)
        return self.openapi_schema or {}


def create_base_app(
    title: str,
    *,
    prefix: str,
    verifier: TokenVerifier,
    version: str = "1",
    lifespan: Lifespan | None = None,
    body_limit: int = MAX_BODY_BYTES,
    larger_bodies: Mapping[str, int] | None = None,
    dialects: Mapping[str, Dialect] | None = None,
) -> RafidApp:
    """Make the application that a service adds its routers to; `prefix` is as "/loans/v1".

    `larger_bodies` gives the limit in bytes of single paths that take more than `body_limit`,
    `dialects` by the beginning of a path who writes problems in another form than RFC 9457's.
    """
    app = RafidApp(
        title=title,
        version=version,
        lifespan=lifespan,
        openapi_url=f"{prefix}/openapi.json",
        generate_unique_id_function=descriptions.operation_id,
        docs_url=None,  # the page that FastAPI makes loads its script from a stranger
        redoc_url=None,
        redirect_slashes=False,
        responses=PROBLEM_RESPONSES,
        exception_handlers={
            RafidError: _on_error,
            RequestValidationError: _on_faults,
            HTTPException: _on_http_error,
        },
    )
    app.state.verifier = verifier
    app.add_middleware(
        Doorway,
        body_limit=body_limit,
        larger_bodies=larger_bodies or {},
        dialects=dialects or {},
    )
    return app


def language_of(request: Request) -> Language:
    """Give the language of the answer, as Accept-Language asks."""
    found: Language = request.scope["rafid.language"]
    return found


def request_id_of(request: Request) -> str:
    """Give the id under which this request is logged."""
    return str(request.scope["rafid.request_id"])


def page_of(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = USUAL_PAGE,
    after: Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] = None,
) -> Page:
    """Read which part of a list is asked for."""
    return Page(limit=limit, after=_cursor(after))


PageQuery = Annotated[Page, Depends(page_of)]
AskedLanguage = Annotated[Language, Depends(language_of)]


def named_language(
    asked: AskedLanguage, lang: Annotated[Language | None, Query()] = None
) -> Language:
    """Give the language that `lang` names, or else the one that Accept-Language asks."""
    return lang or asked


NamedLanguage = Annotated[Language, Depends(named_language)]


def _cursor(after: str | None) -> UUID | None:
    if after is None:
        return None
    try:
        return read_cursor(after)
    except ValueError:
        fault = {"type": "cursor", "loc": ("query", "after"), "msg": "not a cursor", "input": after}
        raise RequestValidationError([fault]) from None


def _answer(request: Request, problem: Problem) -> Response:
    write: Dialect = request.scope["rafid.dialect"]
    return write(problem, request_id_of(request))


def _as_problem(problem: Problem, request_id: str) -> Response:
    return problem.response(instance=request_id)


async def _on_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RafidError):
        raise error
    return _answer(request, problems.of_error(error, language=language_of(request)))


async def _on_faults(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults, language = error.errors(), language_of(request)
    unread = any(fault["loc"] == ("body",) and fault["type"] != "missing" for fault in faults)
    if unread and "json" not in request.headers.get("content-type", ""):
        return _answer(request, problems.of_status(415, language=language))
    return _answer(request, problems.of_faults(faults, language=language))


async def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code < HTTPStatus.BAD_REQUEST:  # a dependency of a page sends elsewhere
        return Response(status_code=error.status_code, headers=error.headers)
    detail = problems.MALFORMED if "parsing the body" in error.detail else None
    problem = problems.of_status(
        error.status_code, language=language_of(request), detail=detail, headers=error.headers
    )
    return _answer(request, problem)


class _BodyTooLarge(HTTPException):
    """More came than the address takes; FastAPI lets HTTP errors pass while it reads a body."""

    def __init__(self) -> None:
        super().__init__(413)


class Doorway:
    """Outermost of our code: id, language and limits on the way in, headers on the way out."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_limit: int,
        larger_bodies: Mapping[str, int],
        dialects: Mapping[str, Dialect],
    ) -> None:
        self._app = app
        self._body_limit = body_limit
        self._larger_bodies = larger_bodies
        self._dialects = dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, language, length = _read_headers(scope)
        scope["rafid.request_id"], scope["rafid.language"] = request_id, language
        logs.request_id.set(request_id)
        write = scope["rafid.dialect"] = self._dialect(scope["path"])
        exit_ = _Exit(send, request_id=request_id)
        limit = self._larger_bodies.get(scope["path"], self._body_limit)
        if refusal := _refusal(scope, length=length, limit=limit, language=language):
            await write(refusal, request_id)(scope, receive, exit_)
            return
        entrance = receive if length is not None else _limited(receive, limit=limit)
        try:
            await self._app(scope, entrance, exit_)
        except Exception as error:
            if exit_.started:
                raise
            problem = _of_accident(error, language=language)
            await write(problem, request_id)(scope, receive, exit_)

    def _dialect(self, path: str) -> Dialect:
        spoken = (write for begins, write in self._dialects.items() if path.startswith(begins))
        return next(spoken, _as_problem)


class _Exit:
    """Adds what every answer carries, unless it says otherwise itself."""

    def __init__(self, send: Send, *, request_id: str) -> None:
        self._send = send
        self._id = (b"x-request-id", request_id.encode())
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            headers += [self._id, *(own for own in SECURITY_HEADERS if own[0] not in present)]
            message = {**message, "headers": headers}
        await self._send(message)


def _read_headers(scope: Scope) -> tuple[str, Language, int | None]:
    request_id, accepted, length = "", None, None
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            request_id = value.decode("latin-1")
        elif name == b"accept-language":
            accepted = value.decode("latin-1")
        elif name == b"content-length" and value.isdigit():
            length = int(value[:19])
    if not _SANE_REQUEST_ID.fullmatch(request_id):
        request_id = str(ids.new())
    return request_id, texts.pick_language(accepted), length


def _refusal(scope: Scope, *, length: int | None, limit: int, language: Language) -> Problem | None:
    if length is not None and length > limit:
        return problems.of_status(413, language=language)
    if _CONTROL.search(scope["path"]) or _CONTROL_ESCAPED.search(scope.get("query_string", b"")):
        return problems.of_status(400, language=language, detail=problems.CONTROL_CHARACTERS)
    return None


def _limited(receive: Receive, *, limit: int) -> Receive:
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise _BodyTooLarge
        return message

    return counting


def _of_accident(error: Exception, *, language: Language) -> Problem:
    """Tell an outage of the database, which passes, from a bug, which is logged in full."""
    state = _sql_state(error)
    outage = state is not None and state.startswith(_OUTAGES)
    if outage or isinstance(error, (ConnectionError, TimeoutError, asyncpg.InterfaceError)):
        _log.warning("database does not answer", error=repr(error))
        return problems.of_status(503, language=language)
    _log.error("bug", exc_info=error)
    return problems.of_status(500, language=language)


def _sql_state(error: Exception) -> str | None:
    found = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "08000"
    state = getattr(found, "sqlstate", None)
    return state if isinstance(state, str) else None
