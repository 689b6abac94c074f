"""What does the edge refuse that pydantic would accept? Types made strict in their core schema.

A whole number is not a text, a truth value or a fraction; a day is a text, never a count of
seconds; a rate is a text; text holds no control characters (PostgreSQL cannot keep NUL); numbers,
days and texts have bounds. Digits may be Arabic-Indic wherever a day or a rate is typed.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.digits import to_western_digits
from shared.periods import MAX_DAY, MIN_DAY

TEXT_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
MAX_TEXT = 10_000
MAX_INTEGER = 2**53 - 1  # what every JSON reader holds exactly
MIN_INSTANT = datetime(1900, 1, 1, tzinfo=UTC)
MAX_INSTANT = datetime(2200, 12, 31, tzinfo=UTC)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RATE_PATTERN = r"^[+-]?[0-9]{1,20}(\.[0-9]{1,20})?$"
_RATE = re.compile(_RATE_PATTERN)
_INSIDE = ("schema", "fields", "items_schema", "values_schema", "keys_schema", "choices")


class Edge:
    """Marks a type outside a `Body` (a query parameter): `Annotated[date, Edge()]`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Tighten what pydantic would accept for the type."""
        return tightened(handler(source))


Day = Annotated[date, Edge()]
Instant = Annotated[datetime, Edge()]
Text = Annotated[str, Edge()]


def tightened(schema: CoreSchema) -> CoreSchema:
    """Walk a core schema and replace what would accept more than its type says.

    Models inside are left alone: they tighten themselves, or are not ours.
    """
    changed: Any = schema
    if schema["type"] == "definitions":
        definitions = [tightened(inner) for inner in schema["definitions"]]
        return {**schema, "schema": tightened(schema["schema"]), "definitions": definitions}
    if schema["type"] == "model":
        return {**schema, "schema": _walked(schema["schema"])}
    if "schema" in changed and "function" in schema["type"]:  # a validator of the whole model
        return {**changed, "schema": tightened(changed["schema"])}
    walked: CoreSchema = _walked(changed)
    return walked


def _walked(node: Any) -> Any:
    if isinstance(node, list):
        return [_walked(member) for member in node]
    if not isinstance(node, dict) or node.get("type") == "model" or _is_done(node):
        return node
    if node.get("type") in _LEAVES:
        return _LEAVES[node["type"]](node)
    walked = dict(node)
    for name in _INSIDE:
        if name == "fields" and isinstance(node.get(name), dict):
            walked[name] = {key: _walked(field) for key, field in node[name].items()}
        elif name in node:
            walked[name] = _walked(node[name])
    return walked


def _is_done(node: dict[str, Any]) -> bool:
    function = node.get("function")
    return isinstance(function, dict) and function.get("function") in _OURS


def _integer(node: dict[str, Any]) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    if not {"ge", "gt"} & node.keys():
        bounds["ge"] = -MAX_INTEGER
    if not {"le", "lt"} & node.keys():
        bounds["le"] = MAX_INTEGER
    return {**node, **bounds, "strict": True}


def _text(node: dict[str, Any]) -> dict[str, Any]:
    limits = {"pattern": TEXT_PATTERN, "max_length": MAX_TEXT}
    return {**limits, **node}


def _day(node: Any) -> Any:
    bounded = {"ge": MIN_DAY, "le": MAX_DAY, **node}
    return core_schema.no_info_before_validator_function(_only_a_day, bounded)


def _instant(node: Any) -> Any:
    bounded = {"ge": MIN_INSTANT, "le": MAX_INSTANT, **node, "tz_constraint": "aware"}
    return core_schema.no_info_before_validator_function(_only_an_instant, bounded)


def _decimal(node: Any) -> Any:
    return core_schema.no_info_before_validator_function(
        _only_a_rate,
        node,
        metadata={
            "pydantic_js_functions": [lambda _s, _h: {"type": "string", "pattern": _RATE_PATTERN}]
        },
    )


_LEAVES: dict[str, Callable[[Any], Any]] = {
    "int": _integer,
    "bool": lambda node: {**node, "strict": True},
    "float": lambda node: {**node, "allow_inf_nan": False},
    "str": _text,
    "date": _day,
    "datetime": _instant,
    "decimal": _decimal,
}


def _only_a_day(value: object) -> object:
    if isinstance(value, str):
        if _DAY.fullmatch(value):
            return value
        value = to_western_digits(value.strip())
        if not _DAY.fullmatch(value):
            raise PydanticCustomError("date_parsing", "a day is written 2026-03-31")
    elif not isinstance(value, date):
        raise PydanticCustomError("date_type", "a day is a text")
    return value


def _only_an_instant(value: object) -> object:
    if isinstance(value, str) and "-" in value:
        return value
    if isinstance(value, datetime):
        return value
    raise PydanticCustomError("datetime_type", "an instant is a text")


def _only_a_rate(value: object) -> object:
    if isinstance(value, str):
        value = to_western_digits(value.strip())
        if not _RATE.fullmatch(value):
            raise PydanticCustomError("decimal_parsing", "a decimal number is written 0.18")
    elif isinstance(value, (bool, int, float)):
        raise PydanticCustomError("decimal_type", "a decimal number is a text")
    return value


_OURS = (_only_a_day, _only_an_instant, _only_a_rate)
