"""What does a whole review say? Every policy in every case, the law, the searches, the regret."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from services.scoring.domain.simulation import book as books
from services.scoring.domain.simulation import comparing, legality, search
from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.comparing import CellsTooCoarse
from services.scoring.domain.simulation.outcomes import (
    CostModel,
    LegalCap,
    Outcome,
    Review,
    outcome_of,
)
from services.scoring.domain.simulation.policy import (
    Assumption,
    Behaviour,
    Case,
    Change,
    Policy,
    Rule,
)
from services.scoring.domain.simulation.rhythm import FREQUENCY, USUAL
from services.scoring.domain.simulation.search import Aim, Bounds, Conditions, SearchFoundNothing
from shared.errors import Kind, RafidError

ENGINE = "3"
TODAY = "today"
CELLS_FROM = 50_000  # loans; fewer are run one by one
SAMPLE = 20_000

Json = dict[str, Any]


class PolicyNamedTwice(RafidError):
    """Two policies of a review have one name"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The name {name} stands twice; it is how a policy is chosen."
    name: str


class ChangeNamesNobody(RafidError):
    """A rule names loans that the book does not have"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{subject} is for {where}, and no loan of the book is that."
    subject: str
    where: str


class CapUnclear(RafidError):
    """A legal ceiling names a segment that the book does not have"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The ceiling of {source} is by {segment}, which is no column of the book."
    source: str
    segment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A question to be answered by search, under the name of the policy that answers it."""

    name: str
    aim: Aim
    conditions: Conditions
    bounds: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a review needs beside its book; the first policy is always today's terms."""

    costs: CostModel
    behaviour: Behaviour
    caps: tuple[LegalCap, ...]
    segments: tuple[str, ...]
    policies: tuple[Policy, ...]
    searches: tuple[Search, ...] = ()


def result_of(book: Book, *, plan: Plan) -> Json:
    """Return all figures of a review as a JSON object: shares of one, currency units.

    Books of over 50,000 loans are run by cells if these are within a hundredth of the loans on a
    sample of 20,000. Raises PolicyNamedTwice, ChangeNamesNobody, CapUnclear, PolicyContradicts.
    """
    _check(book, plan)
    loans = Review(
        book=book,
        costs=plan.costs,
        behaviour=plan.behaviour,
        caps=plan.caps,
        segments=plan.segments,
    )
    today = Policy(name=TODAY)
    policies = [today, *plan.policies]
    cells, errors = _cells(loans, policies[-1])
    review = loans if cells is None else replace(loans, book=cells)
    searches = [_searched(review, item) for item in plan.searches]
    found = [rules for _, rules in searches if rules is not None]
    ran = [_ran(review, rules) for rules in (*policies, *found)]
    chosen = comparing.compared([cases[Case.CENTRAL] for cases in ran], today=TODAY)
    origins = ["today", *["given"] * len(plan.policies), *["searched"] * len(found)]
    return {
        "engine": ENGINE,
        "book": {
            "loans": float(book.count.sum()),
            "rows": len(book),
            "lent": float((book.count * book.principal).sum()),
            "cells": None if cells is None else len(cells),
            "cells_error": errors,
            "frequencies": _frequencies(book),
            "frequency_assumed": FREQUENCY not in book.labels,
        },
        "policies": [
            _written(review, rules, cases, origin)
            for rules, cases, origin in zip((*policies, *found), ran, origins, strict=True)
        ],
        "pareto": list(chosen.pareto),
        "better": chosen.better,
        "regret": dict(chosen.regret),
        "searches": [document for document, _ in searches],
        "costs": asdict(plan.costs),
        "assumptions": [
            {"name": name, **asdict(value)} for name, value in _assumptions(plan.behaviour).items()
        ],
    }


def _check(book: Book, plan: Plan) -> None:
    names = [TODAY, *(p.name for p in plan.policies), *(s.name for s in plan.searches)]
    for name in names:
        if names.count(name) > 1:
            raise PolicyNamedTwice(name=name)
    asked = [(p.name, change.where) for p in plan.policies for change in p.changes]
    asked += [(s.name, s.bounds.where) for s in plan.searches]
    asked += [(cap.source, cap.where) for cap in plan.caps]
    for cap in plan.caps:
        for segment in cap.where:
            if segment not in book.labels:
                raise CapUnclear(source=cap.source, segment=segment)
    for subject, where in asked:
        if not book.where(where).any():
            raise ChangeNamesNobody(subject=subject, where=_told(where))
    for segment in plan.segments:
        if segment not in book.labels:
            raise ChangeNamesNobody(subject=segment, where=segment)


def _frequencies(book: Book) -> dict[str, float]:
    """Count the loans of each rhythm."""
    if FREQUENCY not in book.labels:
        return {USUAL: float(book.count.sum())}
    return {
        label: float(book.count[book.codes[FREQUENCY] == place].sum())
        for place, label in enumerate(book.labels[FREQUENCY])
    }


def _told(where: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {label}" for name, label in where.items())


def _cells(review: Review, rules: Policy) -> tuple[Book | None, dict[str, float] | None]:
    book = review.book
    if len(book) < CELLS_FROM:
        return None, None
    step = books.step_for(book)
    places = np.unique(np.linspace(0, len(book) - 1, SAMPLE).astype(np.int64))
    sample = book.rows(places)
    try:
        errors = comparing.cells_error(
            replace(review, book=sample),
            cells=books.cells_of(sample, step=step),
            rules=rules,
            case=Case.CENTRAL,
        )
    except CellsTooCoarse:
        return None, None
    return books.cells_of(book, step=step), errors


def _ran(review: Review, rules: Policy) -> dict[Case, Outcome]:
    plain = replace(review, segments=())
    return {
        case: outcome_of(review if case is Case.CENTRAL else plain, rules=rules, case=case)
        for case in Case
    }


def _searched(review: Review, item: Search) -> tuple[Json, Policy | None]:
    asked: Json = {
        "name": item.name,
        "aim": item.aim.value,
        "conditions": asdict(item.conditions),
        "where": dict(item.bounds.where),
    }
    try:
        found = search.best_policy(
            replace(review, segments=()),
            aim=item.aim,
            conditions=item.conditions,
            bounds=item.bounds,
            case=Case.CENTRAL,
        )
    except SearchFoundNothing as nothing:
        missed = {"condition": nothing.condition, "miss": nothing.miss}
        return {**asked, "found": False, "runs": nothing.tried, "missed": missed}, None
    return {**asked, "found": True, "runs": found.runs}, replace(found.rules, name=item.name)


def _written(review: Review, rules: Policy, cases: Mapping[Case, Outcome], origin: str) -> Json:
    flags = legality.flags_of(review, rules=rules)
    return {
        "name": rules.name,
        "origin": origin,
        "changes": [changed_to_json(change) for change in rules.changes],
        "cases": {case.value: asdict(outcome.whole) for case, outcome in cases.items()},
        "segments": {
            name: {label: asdict(totals) for label, totals in parts.items()}
            for name, parts in cases[Case.CENTRAL].segments.items()
        },
        "is_lawful": not any(flag.is_broken for flag in flags),
        "caps": [{**asdict(flag), "cap": _cap_to_json(flag.cap)} for flag in flags],
    }


def _cap_to_json(cap: LegalCap) -> Json:
    return {name: value for name, value in asdict(cap).items() if value is not None}


def changed_to_json(change: Change) -> Json:
    """Write a change: its `where`, and each rule that it has; a frequency is a word."""
    rules: Mapping[str, Rule | None] = {
        "annual_rate": change.annual_rate, "term": change.term, "grace": change.grace,
        "fee_share": change.fee_share, "amount": change.amount,
    }  # fmt: skip
    written: Json = {name: asdict(rule) for name, rule in rules.items() if rule is not None}
    if change.frequency is not None:
        written[FREQUENCY] = change.frequency
    return {"where": dict(change.where), **written}


def _assumptions(behaviour: Behaviour) -> Mapping[str, Assumption]:
    return {
        "grace_month": behaviour.grace_month,
        "rate_ten_points": behaviour.rate_ten_points,
        "burden_tenth": behaviour.burden_tenth,
        "term_doubling": behaviour.term_doubling,
        "elasticity": behaviour.elasticity,
        "weekly_to_monthly": behaviour.weekly_to_monthly,
    }


def policy_named(result: Mapping[str, Any], name: str) -> Json | None:
    """Return a policy of a result by its name."""
    policies: Sequence[Json] = result["policies"]
    return next((item for item in policies if item["name"] == name), None)
