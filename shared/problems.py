"""How is a refusal written on the wire? Problem documents (RFC 9457) in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from string import Formatter
from typing import Any

import orjson
from starlette.responses import Response

from shared import texts
from shared.auth import TokenMissing, Unauthenticated
from shared.errors import Filled, Kind, RafidError, Sentence
from shared.texts import Language

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
CHALLENGE = 'Bearer realm="rafid"'  # RFC 6750: no error is named where no token was sent

STATUS: Mapping[Kind, int] = {
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.RULE: 422,
    Kind.FORBIDDEN: 403,
    Kind.UNAVAILABLE: 503,
}

# Problems that no error class stands for: status → name, title, detail (message ids).
PLAIN: Mapping[int, tuple[str, str, str]] = {
    400: ("bad-request", "The request cannot be read", "The request is not well formed."),
    404: ("not-found", "There is nothing at this address", "Check the path of the request."),
    405: (
        "method-not-allowed",
        "This address does not know the method",
        "The header Allow names those it knows.",
    ),
    413: ("content-too-large", "The request is too large", "Send less at once."),
    415: (
        "unsupported-media-type",
        "The body is not of a type that is read here",
        "Send JSON as application/json.",
    ),
    422: ("invalid-request", "The request is not valid", "See the list of errors."),
    500: (
        "internal-error",
        "Something went wrong on our side",
        "It was logged under the id of this request.",
    ),
    503: (
        "database-unavailable",
        "The database does not answer",
        "Nothing was changed; send the request again.",
    ),
}
MALFORMED = "The body is not valid JSON in UTF-8."
CONTROL_CHARACTERS = "The address holds control characters."

# pydantic's error types, by their beginning → message id; the first that fits counts.
FAULTS: Sequence[tuple[str, str]] = (
    ("missing", "This member is required."),
    ("extra_forbidden", "This member is not known here."),
    ("greater_than_equal", "This must be at least {ge}."),
    ("greater_than", "This must be greater than {gt}."),
    ("less_than_equal", "This must be at most {le}."),
    ("less_than", "This must be less than {lt}."),
    ("string_too_short", "This needs at least {min_length} characters."),
    ("string_too_long", "This may have at most {max_length} characters."),
    ("string_pattern_mismatch", "This text holds characters or a form that is not accepted."),
    ("string_unicode", "This text holds characters or a form that is not accepted."),
    ("string", "This must be a text."),
    ("int", "This must be a whole number."),
    ("float", "This must be a number."),
    ("finite_number", "This must be a number."),
    ("bool", "This must be true or false."),
    ("decimal", "This must be a decimal number written as a text, such as 0.18."),
    ("datetime", "This must be an instant with its offset, such as 2026-03-31T08:00:00Z."),
    ("timezone", "This must be an instant with its offset, such as 2026-03-31T08:00:00Z."),
    ("date", "This must be a day, such as 2026-03-31."),
    ("uuid", "This must be an id, such as 0198c0de-0000-7000-8000-000000000000."),
    ("enum", "This must be one of {expected}."),
    ("literal_error", "This must be one of {expected}."),
    ("union_tag", "This must be one of {expected_tags}."),
    ("too_long", "This may have at most {max_length} members."),
    ("too_short", "This needs at least {min_length} members."),
    ("list", "This must be a list."),
    ("tuple", "This must be a list."),
    ("model", "This must be an object."),
    ("dict", "This must be an object."),
)
OTHER_FAULT = "This value is not accepted here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem before it is written: `members` stand beside those of RFC 9457."""

    type: str
    status: int
    title: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, *, instance: str) -> bytes:
        """Write the document; `instance` is the request's id."""
        return orjson.dumps(
            {
                "type": self.type,
                "title": self.title,
                "status": self.status,
                "detail": self.detail,
                "instance": instance,
                **self.members,
            }
        )

    def response(self, *, instance: str) -> Response:
        """Write the document as an answer."""
        return Response(
            self.body(instance=instance),
            self.status,
            headers=dict(self.headers),
            media_type=MEDIA_TYPE,
        )


def status_of(error: type[RafidError]) -> int:
    """Give the HTTP status that stands for an error."""
    return 401 if issubclass(error, Unauthenticated) else STATUS[error.kind]


def of_error(error: RafidError, *, language: Language) -> Problem:
    """Write an error of ours, with its fields as members."""
    status = status_of(type(error))
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE + (
            "" if isinstance(error, TokenMissing) else ', error="invalid_token"'
        )
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    title, detail = texts.render(error, language=language)
    return Problem(
        type=error.type_uri(),
        status=status,
        title=title,
        detail=detail,
        members=texts.members(error, language=language),
        headers=headers,
    )


def of_status(
    status: int,
    *,
    language: Language,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Problem:
    """Write a problem that only has an HTTP status; `detail` is a message id."""
    phrase = HTTPStatus(status).phrase
    name, title, usual = PLAIN.get(status, (f"status-{status}", phrase, phrase))
    waiting = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}  # noqa: PLR2004 - unavailable
    return Problem(
        type=f"/problems/{name}",
        status=status,
        title=texts.translate(title, language=language, service="shared"),
        detail=texts.translate(detail or usual, language=language, service="shared"),
        headers={**waiting, **(headers or {})},
    )


def of_faults(faults: Sequence[Mapping[str, Any]], *, language: Language) -> Problem:
    """Write what pydantic found in a request: a pointer, a code and a sentence for each fault."""
    if any(fault["type"] == "json_invalid" for fault in faults):
        return of_status(400, language=language, detail=MALFORMED)
    problem = of_status(422, language=language)
    errors = [
        {
            "pointer": pointer(fault["loc"]),
            "code": _code(fault),
            "detail": fault_in_words(fault, language=language),
        }
        for fault in faults
    ]
    return Problem(
        type=problem.type,
        status=problem.status,
        title=problem.title,
        detail=problem.detail,
        members={"errors": errors},
    )


def fault_in_words(fault: Mapping[str, Any], *, language: Language) -> str:
    """Write one of pydantic's faults as a sentence in a language."""
    refused = (fault.get("ctx") or {}).get("error")
    service = refused.service if isinstance(refused, RafidError) else "shared"
    said = fault_told(fault)
    say = texts.sayer(service, language=language)
    return said.said(say) if isinstance(said, Filled) else say(said)


def fault_told(fault: Mapping[str, Any]) -> Sentence:
    """Give one of pydantic's faults as a sentence that a reader is told in their language."""
    context = fault.get("ctx") or {}
    refused = context.get("error")
    if isinstance(refused, RafidError):
        return Filled(Sentence(refused.detail), **refused.values())
    told = next((text for start, text in FAULTS if fault["type"].startswith(start)), OTHER_FAULT)
    names = [name for _, name, _, _ in Formatter().parse(told) if name]
    try:
        return Filled(Sentence(told), **{name: str(context[name]) for name in names})
    except KeyError:
        return Sentence(OTHER_FAULT)


def pointer(location: Sequence[str | int]) -> str:
    """Write where a fault is: `/items/0/amount` in a body (RFC 6901), `query:limit` elsewhere."""
    source, *path = location
    if source == "body":
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
    return ":".join(str(step) for step in location)


def _code(fault: Mapping[str, Any]) -> str:
    refused = (fault.get("ctx") or {}).get("error")
    return refused.slug() if isinstance(refused, RafidError) else str(fault["type"])
