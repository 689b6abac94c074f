"""How is a body of thousands of items read while other requests are answered?

Checking each item takes some tens of microseconds, and nothing else runs meanwhile. So a long
body is checked part by part, and whoever else waits has a turn after each.
"""

import asyncio
from typing import Any, TypeVar, get_args

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.hot_route import NotOrdinaryError

PART = 200

Long = TypeVar("Long", bound=BaseModel)


async def read(model: type[Long], raw: bytes, *, member: str, part: int = PART) -> Long:
    """Read a body of which `member` is a list that may be long.

    Raises RequestValidationError with the faults of the first part that has one, else those of the
    rest; NotOrdinaryError where the body is no JSON object with such a list.
    """
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise NotOrdinaryError from None
    waiting = document.get(member) if isinstance(document, dict) else None
    if not isinstance(waiting, list):
        raise NotOrdinaryError
    items: list[Any] = []
    kind: Any = get_args(model.model_fields[member].annotation)[0]
    checked: TypeAdapter[list[Any]] = TypeAdapter(list[kind])
    for start in range(0, len(waiting), part):
        try:
            items += checked.validate_python(waiting[start : start + part])
        except ValidationError as error:
            raise _faults(error, "body", member, first=start) from None
        await asyncio.sleep(0)
    try:
        return model.model_validate({**document, member: items})
    except ValidationError as error:
        raise _faults(error, "body") from None


def _faults(error: ValidationError, *where: str, first: int | None = None) -> Exception:
    """Name the places of faults within the whole body, as FastAPI does."""
    faults = []
    for fault in error.errors(include_url=False):
        inner = fault["loc"] if first is None else (first + int(fault["loc"][0]), *fault["loc"][1:])
        faults.append({**fault, "loc": (*where, *inner)})
    return RequestValidationError(faults)
