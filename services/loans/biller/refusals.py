"""How is a refusal written for a mobile-money provider? As the standard's error object.

The standard knows five statuses and six categories; each of our problems is one of them, with the
code that says most. The description is ours, in the reader's language.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from services.loans.biller import queries
from services.loans.biller.messages import error_parameters, instant
from services.loans.domain.bills import LessThanDue, MoreThanDue, NegativeAmount
from services.loans.domain.collecting import (
    AmountNotPositive,
    ContractIsClosed,
    ContractNotPaidOut,
    ContractUnknown,
    ContractWrittenOff,
)
from services.loans.domain.undue import NothingIsDue
from shared.auth import RoleMissing
from shared.clock import Clock
from shared.currencies import UnknownCurrency
from shared.errors import Kind, RafidError
from shared.money import AmountTooLarge, CurrencyMismatch, NotAnAmount, TooManyDecimals
from shared.problems import CHALLENGE, Problem
from shared.web import Dialect

LONGEST = 256
STATUS: Mapping[str, int] = {
    "businessRule": 400,
    "validation": 400,
    "authorisation": 401,
    "identification": 404,
    "internal": 500,
    "serviceUnavailable": 503,
}
Code = tuple[str, str]


class DuplicateRequest(RafidError):
    """This request came before

    Its X-CorrelationID, or its own reference, already stands for a request of yours. Ask what
    became of that one; nothing was done now.
    """

    kind = Kind.CONFLICT
    service = "loans"
    detail = "A request with this X-CorrelationID or reference came before; ask what became of it."


class HeaderNotAccepted(RafidError):
    """A header is not as the standard writes it"""

    kind = Kind.RULE
    service = "loans"
    detail = "The header {header} is not written as the standard asks, or does not fit the request."
    header: str


class OffsetNotValid(RafidError):
    """The page is not counted so"""

    kind = Kind.RULE
    service = "loans"
    detail = "{parameter} is a whole number from {least} on."
    parameter: str
    least: int


class DateTimeNotValid(RafidError):
    """A date and time is not written so"""

    kind = Kind.RULE
    service = "loans"
    detail = "{parameter} is an instant with its offset, such as 2026-03-31T08:00:00Z."
    parameter: str


class NoBalanceHere(RafidError):
    """A loan account holds no money"""

    kind = Kind.RULE
    service = "loans"
    detail = "A loan has no balance to draw on; its bills say what is due."


CODES: Mapping[str, Code] = {
    error.type_uri(): code
    for error, code in (
        (DuplicateRequest, ("businessRule", "duplicateRequest")),
        (MoreThanDue, ("businessRule", "overPaymentNotAllowed")),
        (LessThanDue, ("businessRule", "underPaymentNotAllowed")),
        (AmountNotPositive, ("businessRule", "lessThanTransactionMinValue")),
        (AmountTooLarge, ("businessRule", "greaterThanTransactionMaxValue")),
        (ContractIsClosed, ("businessRule", "incorrectState")),
        (ContractNotPaidOut, ("businessRule", "incorrectState")),
        (ContractWrittenOff, ("businessRule", "incorrectState")),
        (NothingIsDue, ("businessRule", "incorrectState")),
        (NegativeAmount, ("validation", "negativeValue")),
        (NotAnAmount, ("validation", "formatError")),
        (TooManyDecimals, ("validation", "formatError")),
        (UnknownCurrency, ("validation", "currencyNotSupported")),
        (CurrencyMismatch, ("validation", "currencyNotSupported")),
        (HeaderNotAccepted, ("validation", "formatError")),
        (DateTimeNotValid, ("validation", "formatError")),
        (OffsetNotValid, ("validation", "invalidOffset")),
        (queries.LoanAccountUnknown, ("identification", "identifierError")),
        (ContractUnknown, ("identification", "identifierError")),
        (RoleMissing, ("authorisation", "requestingPartyAuthorisationError")),
    )
}
BY_STATUS: Mapping[int, Code] = {
    400: ("validation", "formatError"),
    401: ("authorisation", "clientAuthorisationError"),
    403: ("authorisation", "clientAuthorisationError"),
    404: ("identification", "identifierError"),
    405: ("identification", "identifierError"),
    409: ("businessRule", "incorrectState"),
    413: ("validation", "lengthError"),
    415: ("validation", "formatError"),
    422: ("businessRule", "genericError"),
    503: ("serviceUnavailable", "genericError"),
}
# Faults of a body, by the beginning of pydantic's code; the first fault decides.
FAULTS: Mapping[str, str] = {
    "missing": "mandatoryValueNotSupplied",
    "string_too": "lengthError",
    "too_": "lengthError",
}


def error_object(problem: Problem, *, at: datetime) -> dict[str, Any]:
    """Write a problem as the standard's error object.

    The standard's text spells the description with a capital D, its OpenAPI document without; a
    reader of either finds it.
    """
    category, code = _code(problem)
    faults = problem.members.get("errors")
    members = problem.members
    description = problem.detail[:LONGEST]
    if faults:
        members = {fault["pointer"].lstrip("/") or "body": fault["detail"] for fault in faults}
    written: dict[str, Any] = {
        "errorCategory": category,
        "errorCode": code,
        "errorDescription": description,
        "errordescription": description,
        "errorDateTime": instant(at),
    }
    if parameters := error_parameters(members):
        written["errorParameters"] = parameters
    return written


def _code(problem: Problem) -> Code:
    if (known := CODES.get(problem.type)) is not None:
        return known
    faults = problem.members.get("errors")
    if faults:
        fault = faults[0]["code"]
        found = (code for begins, code in FAULTS.items() if fault.startswith(begins))
        return "validation", next(found, "formatError")
    return BY_STATUS.get(problem.status, ("internal", "genericError"))


def dialect(clock: Clock) -> Dialect:
    """Give who answers problems under the paths of the standard."""

    def write(problem: Problem, _request_id: str) -> Response:
        return answer(error_object(problem, at=clock.now()), headers=problem.headers)

    return write


def answer(error: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error object, under the status of its category."""
    status = STATUS[error["errorCategory"]]
    told = {"X-Date": error["errorDateTime"], **(headers or {})}
    told.pop("Allow", None)
    if status == HTTPStatus.UNAUTHORIZED:
        told.setdefault("WWW-Authenticate", CHALLENGE)
    return Response(orjson.dumps(error), status, headers=told, media_type="application/json")
