"""How is a part of the terms frozen as JSON, and how does it come back equal?

A part is a frozen dataclass whose members all have defaults. Only what differs from its default is
written, so that a contract signed before a member existed reads as it was signed.
"""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from shared.errors import JsonValue
from shared.money import Money

Part = TypeVar("Part")


def to_json(part: object) -> dict[str, JsonValue]:
    """Give the members that differ from their default; amounts in minor units, rates as text.

    Raises `TypeError` for what is no part.
    """
    if not is_dataclass(part):
        raise TypeError(f"{type(part).__name__} is no part of terms")
    members: dict[str, JsonValue] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if field.default is MISSING or value != field.default:
            members[field.name] = _plain(value)
    return members


def from_json(kind: type[Part], members: Mapping[str, Any], *, currency: str) -> Part:
    """Give the part that `to_json` wrote. Raises `TypeError` or `ValueError` on anything else."""
    hints = _hints(cast("Hashable", kind))
    unknown = members.keys() - hints.keys()
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{name: _value(hints[name], member, currency) for name, member in members.items()})


def _plain(value: object) -> JsonValue:
    match value:
        case StrEnum():
            plain: JsonValue = value.value
        case date():
            plain = value.isoformat()
        case Decimal():
            plain = str(value)
        case Money():
            plain = value.minor
        case tuple():
            plain = [_plain(each) for each in value]
        case None | bool() | int() | str():
            plain = value
        case _:
            plain = to_json(value)
    return plain


def _value(hint: Any, member: Any, currency: str) -> Any:
    inner = [each for each in get_args(hint) if each is not NoneType]
    if member is None or get_origin(hint) is Literal:
        return member
    if get_origin(hint) is tuple:
        return tuple(_value(inner[0], each, currency) for each in member)
    if inner:
        return _value(inner[0], member, currency)
    return _typed(hint, member, currency)


def _typed(kind: type, member: Any, currency: str) -> object:
    if kind is Money:
        return Money(member, currency)
    if kind is date:
        return date.fromisoformat(member)
    if kind is Decimal or issubclass(kind, StrEnum):
        return kind(member)
    if is_dataclass(kind):
        return from_json(kind, member, currency=currency)
    return member


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)
