"""What stands in a case file, and what is wrong with one that cannot be read?"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

_MISSING: Final = object()
_ENTRY: Final = re.compile(r"\[\d+\]")
_Value = TypeVar("_Value")
LARGEST_FILE: Final = 8 * 1024 * 1024


class Malformed(Exception):
    """A file is not a case; the text says where and why."""


class Unsupported(Exception):
    """A case asks for something that Rafid does not offer; the text is its name."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a case file together with its place in it, so that complaints can name it."""

    value: object
    place: str = "the file"

    def __getitem__(self, name: str) -> "Node":
        """Give a member that must be there."""
        found = self.members().get(name, _MISSING)
        if found is _MISSING:
            raise Malformed(f"{self.place} has no {name}")
        return Node(found, self._below(name))

    def get(self, name: str) -> "Node | None":
        """Give a member, or nothing where it is absent or null."""
        found = self.members().get(name)
        return None if found is None else Node(found, self._below(name))

    def members(self) -> dict[str, object]:
        """Give the members of an object."""
        if not isinstance(self.value, dict):
            raise Malformed(f"{self.place} is not an object")
        return self.value

    def items(self) -> "list[Node]":
        """Give the entries of a list."""
        if not isinstance(self.value, list):
            raise Malformed(f"{self.place} is not a list")
        return [Node(entry, f"{self.place}[{at}]") for at, entry in enumerate(self.value)]

    def listed(self, name: str) -> "list[Node]":
        """Give the entries of a list that may be absent."""
        found = self.get(name)
        return [] if found is None else found.items()

    def text(self) -> str:
        """Give a text."""
        if not isinstance(self.value, str):
            raise Malformed(f"{self.place} is not a text")
        return self.value

    def whole(self) -> int:
        """Give a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise Malformed(f"{self.place} is not a whole number")
        return self.value

    def flag(self) -> bool:
        """Give true or false."""
        if not isinstance(self.value, bool):
            raise Malformed(f"{self.place} is neither true nor false")
        return self.value

    def number(self) -> Decimal:
        """Give a number that is written as one or as a text."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | str | Decimal):
            raise Malformed(f"{self.place} is not a number")
        try:
            found = Decimal(self.value)
        except InvalidOperation:
            raise Malformed(f"{self.place} is not a number: {self.value}") from None
        if not found.is_finite():
            raise Malformed(f"{self.place} is not a number: {self.value}")
        return found

    def quotient(self) -> Fraction:
        """Give a number that may be written as a quotient: 0.1/12."""
        parts = str(self.value).split("/")
        try:
            found = Fraction(parts[0].strip())
            for divisor in parts[1:]:
                found /= Fraction(divisor.strip())
        except (ValueError, ZeroDivisionError):
            raise Malformed(f"{self.place} is not a quotient of numbers: {self.value}") from None
        return found

    def day(self) -> date:
        """Give a date."""
        try:
            return date.fromisoformat(self.text())
        except ValueError:
            raise Malformed(f"{self.place} is not a date: {self.value}") from None

    def _below(self, name: str) -> str:
        return name if self.place == "the file" else f"{self.place}.{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One file of a folder: its name and its content, or why it has none."""

    name: str
    content: Node | None
    complaint: str = ""


def case_files(folder: Path) -> Iterator[CaseFile]:
    """Give the case files of a folder in the order of their names, the unreadable ones too."""
    for path in sorted(folder.rglob("*.json")):
        yield _case_file(path, str(path.relative_to(folder).with_suffix("")))


def tags_of(case: Node) -> tuple[str, ...]:
    """Give the tags of a case."""
    return tuple(tag.text() for tag in case.listed("tags"))


def refuse_unknown(members: Node, known: Iterable[str]) -> None:
    """Raise `Unsupported` for the first member of an object that nobody here reads."""
    for name in sorted(set(members.members()) - set(known)):
        raise Unsupported(_ENTRY.sub("", f"{members.place}.{name}"))


def chosen(stated: Node, choices: Mapping[str, _Value]) -> _Value:
    """Give what a word of a case means to us. Raises `Unsupported` for a word of no meaning."""
    word = stated.text()
    if word not in choices:
        raise Unsupported(f"{_ENTRY.sub('', stated.place)} {word}")
    return choices[word]


def chosen_or(node: Node, name: str, choices: Mapping[str, _Value], otherwise: _Value) -> _Value:
    """Give what a word of a case means to us, or something else where it is absent."""
    found = node.get(name)
    return otherwise if found is None else chosen(found, choices)


def _case_file(path: Path, name: str) -> CaseFile:
    if path.stat().st_size > LARGEST_FILE:
        return CaseFile(name=name, content=None, complaint="the file is too large for a case")
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        return CaseFile(name=name, content=None, complaint=f"not JSON in UTF-8: {error}")
    except OSError as error:
        return CaseFile(name=name, content=None, complaint=f"cannot be read: {error.strerror}")
    return CaseFile(name=name, content=Node(content))
