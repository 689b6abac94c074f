"""What do bodies look like on the wire?

`Body` makes its members strict by `shared.edge`, without a word in the bodies themselves.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, Self, TypeVar
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from shared import edge
from shared.edge import Day, Edge, Instant, Text
from shared.errors import RafidError
from shared.money import LARGEST_MOVED, AmountTooLarge, Money

__all__ = [
    "LATER",
    "Body",
    "Day",
    "Edge",
    "Figure",
    "Instant",
    "MoneyBody",
    "Page",
    "PageOut",
    "ProblemOut",
    "Text",
]


MAX_PAGE, USUAL_PAGE = 500, 100


class Body(BaseModel):
    """A request or response body: unknown members refused, values never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tighten every member, so that no body can forget to."""
        return edge.tightened(handler(source))


LATER: Final = Field(exclude_if=lambda value: value is None)
"""Marks a member that came after the first release: left out, it is not written, so that a key
that was sent before there was one still means the same request."""


Figure = Annotated[float, PlainSerializer(lambda value: f"{value:.6f}", return_type=str)]
"""A measured figure, such as an area under a curve: written as a text of six decimals."""


class MoneyBody(Body):
    """An amount: `{"amount": "125.500", "currency": "JOD"}`; never more decimals than it has."""

    amount: str = Field(min_length=1, max_length=40, examples=["125.500"])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["JOD"])

    @model_validator(mode="after")
    def _is_an_amount(self) -> Self:
        try:
            Money.parse(self.amount, self.currency)
        except RafidError as error:
            raise PydanticCustomError("refused_value", "{error}", {"error": error}) from error
        return self

    @classmethod
    def of(cls, money: Money) -> Self:
        """Write money with all its decimals."""
        return cls.model_construct(amount=str(money), currency=money.currency)

    def money(self) -> Money:
        """Read an amount that shall be moved: 125.500 JOD is 125,500 fils.

        What is held may be larger than what one movement may be. Raises `AmountTooLarge`.
        """
        money = Money.parse(self.amount, self.currency)
        if abs(money.minor) > LARGEST_MOVED:
            raise AmountTooLarge(currency=self.currency)
        return money


Item = TypeVar("Item")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: at most `limit` rows, those after the id `after`.

    A query orders by id, asks for `limit + 1` rows, and `cut` tells whether there are more.
    """

    limit: int = USUAL_PAGE
    after: UUID | None = None

    def cut(
        self, rows: Sequence[Row], *, key: Callable[[Row], UUID]
    ) -> tuple[list[Row], str | None]:
        """Split rows into those of this page and the cursor of the next page, if there is one."""
        kept = list(rows[: self.limit])
        more = len(rows) > self.limit
        return kept, write_cursor(key(kept[-1])) if more else None


class PageOut(Body, Generic[Item]):
    """A part of a list; `next` is the cursor of the next part, absent at the end."""

    items: list[Item]
    next: str | None = None


class PointerOut(BaseModel):
    """One fault in a request: where it is (RFC 6901 or the parameter's name) and what it is."""

    pointer: str
    code: str
    detail: str


class ProblemOut(BaseModel):
    """A problem (RFC 9457): members beside these belong to its type."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[PointerOut] | None = None


def write_cursor(last: UUID) -> str:
    """Write the id of a page's last row as an opaque cursor."""
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()


def read_cursor(cursor: str) -> UUID:
    """Read a cursor that `write_cursor` wrote; ValueError for anything else."""
    try:
        return UUID(bytes=base64.b64decode(cursor + "==", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, UnicodeError):
        raise ValueError("not a cursor") from None
