"""What can be refused, and how is a refusal told to people and to programs?

An error is a plain class, declared beside the function that raises it::

    class FundExhausted(RafidError):
        '''The fund has not enough money left.'''

        kind = Kind.RULE
        service = "loans"
        detail = "{requested} was asked for, {available} is available."
        requested: Money
        available: Money

It becomes a dataclass by itself, with keyword arguments only; a decorator does no harm and is not
needed.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import ClassVar, Protocol, Self, TypeVar, dataclass_transform, runtime_checkable
from uuid import UUID

JsonValue = bool | int | str | list["JsonValue"] | dict[str, "JsonValue"] | None


class Kind(StrEnum):
    """What sort of refusal it is; `shared.web` gives each sort one HTTP status."""

    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    RULE = "rule"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"


# Gives a text in the reader's language, and as it is where no catalogue has it.
Say = Callable[[str], str]


class Sentence(str):
    """Words among an error's members that a person reads: a `msgid` of the error's catalogue.

    A problem tells a sentence in the reader's language; every other text of a member is a code
    or a name, which programs read, and stays as it is.
    """

    __slots__ = ()


class Filled(Sentence):
    """A sentence with members filled in, told in the reader's language members and all.

    `Filled(Sentence("at most {amount}"), amount=money)` is "at most 500.000 JOD"; its `msgid` is
    the pattern.
    """

    __slots__ = ("members", "pattern")
    pattern: Sentence
    members: Mapping[str, object]

    def __new__(cls, pattern: Sentence, **members: object) -> Self:
        """Fill the pattern in, in English."""
        made = super().__new__(cls, _filled(pattern, members, say=str))
        made.pattern, made.members = pattern, members
        return made

    def said(self, say: Say) -> str:
        """Give the sentence in a language."""
        return _filled(say(self.pattern), self.members, say=say)

    def __reduce__(self) -> tuple[object, ...]:
        return _refill, (self.pattern, dict(self.members))


@runtime_checkable
class Tellable(Protocol):
    """A value of ours (money, a span) that knows how it is written in a problem."""

    def to_json(self) -> JsonValue:
        """Give the value as a member of a problem."""

    def to_text(self) -> str:
        """Give the value as words inside a sentence."""


# Members of a problem that RFC 9457 or this class already give a meaning.
_RESERVED = frozenset(
    {"type", "title", "status", "detail", "instance", "kind", "service", "slug", "args"}
    | {"type_uri", "fields", "texts", "values", "all"}
)
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HOUSEHOLD = ("services", "shared")


_Error = TypeVar("_Error", bound="RafidError")


class _ErrorType(type):
    """Keeps `frozen=True` from closing the attributes that Python itself writes.

    The fields of an error are fixed for the type checker. At run time ``contextlib`` writes the
    traceback back into every error that passes a context manager, such as a database session,
    and a dataclass that refused this would turn each refusal into a `FrozenInstanceError`.
    """

    def __setattr__(cls, name: str, value: object) -> None:
        if name not in {"__setattr__", "__delattr__"}:
            super().__setattr__(name, value)


@dataclass_transform(kw_only_default=True, eq_default=False, frozen_default=True)
class RafidError(Exception, metaclass=_ErrorType):
    """Something asked of Rafid was refused."""

    kind: ClassVar[Kind] = Kind.RULE
    service: ClassVar[str] = "shared"
    detail: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not (cls.__doc__ or "").strip():
            raise TypeError(f"{cls.__name__} needs a docstring: its first line is the title")
        dataclass(cls, frozen=True, kw_only=True, eq=False)
        clashing = sorted(_RESERVED & {field.name for field in fields(cls)})  # type: ignore[arg-type] # is one since the line above
        if clashing:
            raise TypeError(f"{cls.__name__} cannot have a field named {', '.join(clashing)}")

    def __str__(self) -> str:
        return self.detail.format_map(self.texts())

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.values())

    @classmethod
    def slug(cls) -> str:
        """Give the error's name in addresses: `FundExhausted` is "fund-exhausted"."""
        return _WORD_START.sub("-", cls.__name__).lower()

    @classmethod
    def type_uri(cls) -> str:
        """Give the address that names the error (RFC 9457, member `type`)."""
        return f"/problems/{cls.service}/{cls.slug()}"

    @classmethod
    def title(cls) -> str:
        """Give the first line of the docstring, in English."""
        return (cls.__doc__ or "").strip().splitlines()[0].strip()

    @classmethod
    def all(cls) -> list[type[Self]]:
        """Give every concrete error of the household known so far, ordered by address."""
        return sorted(set(_concrete_below(cls)), key=lambda error: error.type_uri())

    def fields(self) -> dict[str, JsonValue]:
        """Give the error's own members, ready for JSON: money as amount and currency, dates ISO."""
        return {name: to_json(value) for name, value in self.values().items()}

    def texts(self, *, say: Say = str) -> dict[str, str]:
        """Give the error's members as they stand in the sentence of `detail`."""
        return {name: to_text(value, say=say) for name, value in self.values().items()}

    def values(self) -> dict[str, object]:
        """Give the error's members as they are."""
        names = [field.name for field in fields(self)]  # type: ignore[arg-type] # every subclass is one
        return {name: getattr(self, name) for name in names}


class InvalidValue(RafidError):
    """A value cannot be what it should be."""


def to_json(value: object) -> JsonValue:
    """Give a value as JSON can hold it; a type without a rule is a bug and raises `TypeError`."""
    written: JsonValue
    match value:
        case Tellable():
            written = value.to_json()
        case Enum():
            written = to_json(value.value)
        case None | bool() | int() | str():
            written = value
        case date():
            written = value.isoformat()
        case Decimal():
            written = f"{value:f}"
        case UUID():
            written = str(value)
        case Mapping():
            written = {str(name): to_json(member) for name, member in value.items()}
        case set() | frozenset():
            written = sorted((to_json(member) for member in value), key=str)
        case Collection() if not isinstance(value, bytes | bytearray | memoryview):
            written = [to_json(member) for member in value]
        case _:
            raise TypeError(f"no rule writes {type(value).__name__} as JSON")
    return written


def to_text(value: object, *, say: Say = str) -> str:
    """Give a value as it stands in a sentence: members of a list are parted by commas."""
    if not isinstance(value, str) and isinstance(value, Tellable):
        return value.to_text()
    match value if isinstance(value, Sentence) else to_json(value):
        case None:
            return "–"
        case list() as members:
            return say(", ").join(to_text(member, say=say) for member in members)
        case dict() as members:
            said = (f"{say(name)}: {to_text(member, say=say)}" for name, member in members.items())
            return say(", ").join(said)
        case str() as text:
            return text.said(say) if isinstance(text, Filled) else say(text)
        case plain:
            return str(plain)


def _concrete_below(parent: type[_Error]) -> Iterator[type[_Error]]:
    for error in parent.__subclasses__():
        if hasattr(error, "detail") and error.__module__.split(".")[0] in _HOUSEHOLD:
            yield error
        yield from _concrete_below(error)


def _filled(pattern: str, members: Mapping[str, object], *, say: Say) -> str:
    return pattern.format_map({name: to_text(value, say=say) for name, value in members.items()})


def _refill(pattern: Sentence, members: Mapping[str, object]) -> Filled:
    return Filled(pattern, **members)


def _rebuild(error: type[RafidError], values: dict[str, object]) -> RafidError:
    return error(**values)
