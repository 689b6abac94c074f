"""What does a committee see of a review? One page of HTML with its charts, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.scoring.domain.simulation.reviewing import TODAY, policy_named
from services.scoring.reviews import charts, front, holding, pictures, sourcing, telling
from services.scoring.reviews.holding import Observed
from services.scoring.reviews.pictures import Subject
from services.scoring.reviews.sourcing import Origin
from shared.texts import Language, sayer

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
LISTED_MOST: Final = 24
"""Unbeaten policies that are listed open; further ones stand below them, to be unfolded."""

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step in the life of a review."""

    status: str
    on: date
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A review to be shown: its result, where it stands, and what was observed after it.

    `origin` where its book was taken from loans.
    """

    name: str
    currency: str
    status: str
    result: Json
    input_hash: str
    recommended: str | None = None
    steps: Sequence[Step] = ()
    observed: Sequence[Observed] = ()
    origin: Origin | None = None


def subject_of(shown: Shown) -> Subject:
    """Find what page and paper tell of: the policy beside today's, who is unbeaten, what was seen.

    Raises ValueError for a result that lacks a policy which it names.
    """
    result = shown.result
    chosen = telling.focus(result, shown.recommended)
    today, other = policy_named(result, TODAY), policy_named(result, chosen)
    if today is None or other is None:
        raise ValueError("a result lacks a policy that it names")
    return Subject(
        result=result,
        front=front.front_of(result),
        today=today,
        chosen=other,
        held=holding.held(result, policy=chosen, observed=shown.observed),
    )


def page(shown: Shown, *, language: Language) -> str:
    """Write a review in one language."""
    say = sayer("scoring", language=language)
    is_rtl = language == "ar"
    subject = subject_of(shown)
    return _PAGES.get_template("review.html").render(
        say=say,
        t=telling,
        language=language,
        direction="rtl" if is_rtl else "ltr",
        shown=shown,
        result=shown.result,
        today=subject.today,
        chosen=subject.chosen,
        front=subject.front,
        weighed=front.WEIGHED,
        difference=front.difference,
        listed_most=LISTED_MOST,
        percent=charts.percent,
        drawn=pictures.pictures_of(subject, say=say, rtl=is_rtl),
        held=holding.tables(subject.held),
        notes=sourcing.of_book(shown.origin, say=say),
        title_of=partial(sourcing.title_of, language=language),
    )
