"""What can be refused, and how is a refusal told to people and programs?

An error is a plain class, declared beside the function that raises it::

    class FundExhausted(RafidError):
        \"\"\"The fund has not enough money left.\"\"\"

        kind = Kind.RULE
        service = "loans"
        detail = "{requested} was asked for, {available} is available."
        requested: Money
        available: Money

It becomes a dataclass by itself (keyword arguments only) and needs no decorator. It must not be
frozen: ``contextlib`` writes the traceback back into an error that passes a context manager.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import ClassVar, Protocol, Self, dataclass_transform, runtime_checkable
from uuid import UUID

type_ = type  # the name `type` is a member of the problem on the wire

JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]


class Kind(StrEnum):
    """What kind of refusal it is; `shared.web` maps each to one HTTP status."""

    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    RULE = "rule"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"
