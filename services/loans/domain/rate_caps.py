"""Which legal cap on a rate holds for an application, and on which facts does that rest?

What was not told is not guessed: a cap binds the menu where it holds however the untold turns
out. A decision asks for what is missing where its answer depends on it (`lawful`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.loans.domain.lawful import Book, Standing, Used
from shared import rulebook
from shared.errors import Say, Sentence
from shared.rulebook import Condition, Fact, Found

SOURCE_MAX = 300
ARTICLE: Final = Sentence("{title}, article {article}")
SINCE: Final = Sentence("{title}; since {since}")
ENDINGS: Final = re.compile(
    r"(?:, article (?P<article>.+?))?(?:; since (?P<since>\d{4}-\d\d-\d\d))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The highest rate that some outcome allows, the fact that says so, and every fact looked at.

    `rate` None: in some outcome nothing caps it.
    """

    rate: Decimal | None
    fact: Fact | None
    used: tuple[Used, ...]

    @property
    def source(self) -> str | None:
        """Whose the cap is, and since when: "Law 5, article 3; since 2016-09-01"."""
        if self.fact is None:
            return None
        source, since = self.fact.source, self.fact.in_force_from
        title = source.title if not source.article else f"{source.title}, article {source.article}"
        ending = "" if since is None else f"; since {since.isoformat()}"
        return title[: SOURCE_MAX - len(ending)] + ending


def rate_cap(book: Book, *, unit: str, told: Mapping[str, Condition], on: date) -> Cap:
    """Give the cap on nominal or effective rates that day.

    A past figure and one that was not published caps nothing here. Where 0.12 holds for banks and
    0.18 for others, and who lends is not told, the cap is 0.18; with no cap for others, none.
    """
    found = rulebook.possible(
        "rate_cap",
        on=on,
        country=book.country,
        told=book.knowing(told).told,
        unit=unit,
        overrides=book.overrides,
    )
    is_certain = not found.missing
    used = tuple(
        Used(fact=one.fact, standing=_standing(one, is_certain=is_certain)) for one in found.facts
    )
    figures = [_figure(one) for one in found.found]
    known = [figure for figure in figures if figure is not None]
    if len(known) < len(figures) or not known:
        return Cap(rate=None, fact=None, used=used)
    rate, fact = max(known, key=lambda pair: pair[0])
    return Cap(rate=rate, fact=fact, used=used)


def source_in_words(source: str, *, say: Say) -> str:
    """Say whose a cap is, as `Cap.source` writes it, in a reader's language.

    The rulebook's titles are said in it; a title that an institution gave stays as it was given.
    """
    titles = {fact.source.title for fact in rulebook.facts_of("rate_cap")}
    known = max((title for title in titles if source.startswith(title)), key=len, default="")
    title = known or source.partition("; since ")[0]
    ending = ENDINGS.fullmatch(source[len(title) :])
    if ending is None:
        return source
    told = say(title) if known else title
    if article := ending["article"]:
        told = say(ARTICLE).format(title=told, article=article)
    if since := ending["since"]:
        told = say(SINCE).format(title=told, since=since)
    return told


def _figure(found: Found | None) -> tuple[Decimal, Fact] | None:
    if found is None or found.is_past or found.fact.is_published:
        return None
    return Decimal(found.fact.text), found.fact


def _standing(found: Found, *, is_certain: bool) -> Standing:
    if found.fact.is_published:
        return Standing.NOT_GIVEN
    if found.is_past:
        return Standing.PAST
    return Standing.IN_FORCE if is_certain else Standing.POSSIBLE
