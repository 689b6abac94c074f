"""What does a review say of where its book and its ceilings come from?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from services.scoring.reviews import telling
from shared import rulebook, texts
from shared.errors import Say
from shared.texts import Language

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which book of loans it was: the same two dates give the rows of this hash again.

    `left_out` counts the contracts that stood then and are not in it; None where that was not
    kept yet.
    """

    as_of: date
    known_at: datetime
    sha256: str
    left_out: int | None = None


def of_book(origin: Origin | None, *, say: Say) -> list[str]:
    """Say of a book of loans what it leaves out and what it cannot know; nothing of others."""
    if origin is None:
        return []
    lines = []
    if origin.left_out:
        told = say(
            "{count} contracts that stood on {as_of} are not in the book: their application was "
            "assessed by nobody, or told no income above the costs of the business."
        )
        as_of = f"\u2066{origin.as_of.isoformat()}\u2069"
        lines.append(told.format(count=telling.count(origin.left_out), as_of=as_of))
    elif origin.left_out == 0:
        lines.append(say("No contract that stood on the day of the book was left out of it."))
    lines.append(
        say(
            "Regions are those in which borrowers were registered: no history is kept of where "
            "they moved since."
        )
    )
    return lines


def title_of(cap: Json, *, language: Language) -> str:
    """Name the law of a ceiling in a language, as far as the plan or the rulebook knows it.

    A title that the plan gives in the language comes first, then the rulebook's; a law that
    neither has in it keeps the name that the plan gave.
    """
    given: Mapping[str, str] = cap.get("titles") or {}
    source: str = cap["source"]
    if language in given:
        return given[language]
    if source in _titles():
        return texts.translate(source, language=language, service="loans")
    return source


@cache
def _titles() -> frozenset[str]:
    """The titles of the rulebook's laws, which the catalogue of loans has in every language."""
    return frozenset(fact.source.title for fact in rulebook.FACTS)
