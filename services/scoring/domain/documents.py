"""How is a JSON document read with its types checked, member by member?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from shared.errors import Filled, Kind, RafidError, Sentence
from shared.money import Money

LARGEST = Decimal(10) ** 30  # of a number: beyond it nothing is meant

parsed = lru_cache(maxsize=1_024)(Money.parse)
"""Reads an amount; an opinion looks at its amounts several times."""


class DocumentMalformed(RafidError):
    """A member of the document is missing or of another form"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The member {path} should be {expected}."
    path: str
    expected: Sentence


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object with the path at which it stands; every method raises DocumentMalformed.

    Worked: `Document({"a": {"b": "0.18"}}).part("a").number("b")` is `Decimal("0.18")`.
    """

    members: Mapping[str, object]
    path: str = ""

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self.members.get(name) is not None

    def text(self, name: str) -> str:
        """Return a member that is a text and not empty."""
        value = self.members.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self._malformed(name, Sentence("a text"))
        return value

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """Return a member that is one of these texts."""
        value = self.text(name)
        if value not in allowed:
            told = Filled(Sentence("one of these: {allowed}"), allowed=" | ".join(allowed))
            raise self._malformed(name, told)
        return value

    def whole(self, name: str) -> int:
        """Return a member that is a whole number."""
        value = self.members.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._malformed(name, Sentence("a whole number"))
        return value

    def truth(self, name: str) -> bool:
        """Return a member that is true or false."""
        value = self.members.get(name)
        if not isinstance(value, bool):
            raise self._malformed(name, Sentence("true or false"))
        return value

    def number(self, name: str) -> Decimal:
        """Return a member that is a decimal number, written as a text."""
        value = self.members.get(name)
        try:
            number = Decimal(value) if isinstance(value, str) else Decimal("nan")
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or abs(number) >= LARGEST:
            raise self._malformed(name, Sentence("a decimal number written as a text"))
        return number

    def optional(self, name: str) -> Decimal | None:
        """Return a member that is a decimal number, or nothing where it is absent or null."""
        return self.number(name) if self.has(name) else None

    def numbers(self, name: str) -> tuple[Decimal, ...]:
        """Return a member that is a list of decimal numbers, at least one."""
        listed = dict(zip(map(str, range(len(self._items(name)))), self._items(name), strict=True))
        part = Document(listed, self._at(name))
        if not listed:
            raise self._malformed(name, Sentence("a list of decimal numbers written as texts"))
        return tuple(part.number(place) for place in listed)

    def money(self, name: str) -> Money:
        """Return a member that is an amount with its currency."""
        value = self.members.get(name)
        if isinstance(value, dict):
            amount, currency = value.get("amount"), value.get("currency")
            if isinstance(amount, str) and isinstance(currency, str) and amount and currency:
                return parsed(amount, currency)
        part = self.part(name)
        return parsed(part.text("amount"), part.text("currency"))

    def part(self, name: str) -> "Document":
        """Return a member that is an object."""
        value = self.members.get(name)
        if not isinstance(value, Mapping):
            raise self._malformed(name, Sentence("an object"))
        return Document(value, self._at(name))

    def parts(self, name: str) -> "tuple[Document, ...]":
        """Return a member that is a list of objects, at least one."""
        items = [item for item in self._items(name) if isinstance(item, Mapping)]
        if not items or len(items) != len(self._items(name)):
            raise self._malformed(name, Sentence("a list of objects"))
        return tuple(Document(item, f"{self._at(name)}/{i}") for i, item in enumerate(items))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a member that is a list of texts, at least one."""
        items = [item for item in self._items(name) if isinstance(item, str)]
        if not items or len(items) != len(self._items(name)):
            raise self._malformed(name, Sentence("a list of texts"))
        return tuple(items)

    def _items(self, name: str) -> Sequence[object]:
        value = self.members.get(name)
        return value if isinstance(value, list | tuple) else ()

    def _at(self, name: str) -> str:
        return f"{self.path}/{name}"

    def _malformed(self, name: str, expected: Sentence) -> DocumentMalformed:
        return DocumentMalformed(path=self._at(name), expected=expected)
