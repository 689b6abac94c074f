"""What does an explanation say, in one language?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.scoring.assessments.tables import AssessmentRow
from services.scoring.domain import explaining
from services.scoring.domain.explaining import Way
from services.scoring.domain.scorecard import Scorecard
from shared.schemas import Body, MoneyBody, Text
from shared.texts import Language


class WhyOut(Body):
    """A reason that cost points, and what would change it."""

    characteristic: Text
    lost: int
    text: Text
    hint: Text


class StepOut(Body):
    """What would have to be different; a number has bounds."""

    characteristic: Text
    label: Text
    hint: Text
    gained: int
    at_least: Text | None
    below: Text | None


class WayOut(Body):
    """Steps that together would bring a better advice."""

    steps: list[StepOut]
    points: int
    grade: Text
    advice: Text


class BestOut(Body):
    """The best terms of the menu; of instalments by season `instalment` is the largest."""

    amount: MoneyBody
    term_months: int
    instalment: MoneyBody
    total_cost: MoneyBody
    frequency: Text = "monthly"
    is_seasonal: bool = False
    grace_months: int = 0


class ExplanationOut(Body):
    """An opinion explained: it advises, a person decides. No household figure is in it.

    `waits` says why no program may decide. Where no terms fit, `unfit` is the test that what was
    asked for failed, or the first that any terms failed.
    """

    assessment_id: Text
    application_id: Text
    assessed_at: datetime
    card_id: Text
    card_version: Text
    card_hash: Text
    points: int
    points_max: int
    grade: Text
    advice: Text
    hard_rules: list[Text]
    reasons: list[WhyOut]
    ways: list[WayOut]
    best: BestOut | None
    feasible: int
    waits: list[Text] = []
    unfit: Text | None = None

    @classmethod
    def of(cls, row: AssessmentRow, *, card: Scorecard, language: Language) -> "ExplanationOut":
        """Explain a kept opinion with the card that gave it."""
        opinion = row.opinion
        hard_rules = list(opinion["hard_rules"])
        ways = () if hard_rules else explaining.ways_to_better(opinion, card=card)
        return cls(
            assessment_id=str(row.assessment_id),
            application_id=str(row.application_id),
            assessed_at=row.assessed_at,
            card_id=opinion["card"]["card_id"],
            card_version=opinion["card"]["version"],
            card_hash=opinion["card"]["hash"],
            points=opinion["points"],
            points_max=opinion["points_max"],
            grade=opinion["grade"],
            advice=opinion["advice"],
            hard_rules=hard_rules,
            reasons=[_why(reason, language) for reason in opinion["reasons"]],
            ways=[_way(way, language) for way in ways],
            best=_best(opinion["menu"]),
            feasible=opinion["feasible"],
            waits=list(opinion.get("waits_for_person", ())),
            unfit=_unfit(opinion, row.inputs),
        )


def _why(reason: dict[str, Any], language: Language) -> WhyOut:
    return WhyOut(
        characteristic=reason["characteristic"],
        lost=reason["lost"],
        text=reason["text"][language],
        hint=reason["hint"][language],
    )


def _way(way: Way, language: Language) -> WayOut:
    steps = [
        StepOut(
            characteristic=step.characteristic,
            label=step.label[language],
            hint=step.hint[language],
            gained=step.gained,
            at_least=step.at_least,
            below=step.below,
        )
        for step in way.steps
    ]
    return WayOut(steps=steps, points=way.points, grade=way.grade, advice=way.advice.value)


def _best(menu: list[dict[str, Any]]) -> BestOut | None:
    if not menu:
        return None
    first = menu[0]
    return BestOut(
        amount=MoneyBody(**first["amount"]),
        term_months=first["term_months"],
        instalment=MoneyBody(**first["instalment"]),
        total_cost=MoneyBody(**first["total_cost"]),
        frequency=first.get("frequency") or "monthly",
        is_seasonal="seasonal" in first,
        grace_months=first["grace_months"],
    )


def _unfit(opinion: Mapping[str, Any], inputs: Mapping[str, Any]) -> str | None:
    """The test that what was asked for failed, in the product asked for; None where terms fit."""
    failed: list[dict[str, Any]] = opinion["rejected"]
    if opinion["menu"] or not failed:
        return None
    asked = ("amount", "term_months", "grace_months")
    own = (one for one in failed if all(one[name] == inputs[name] for name in asked))
    return str(next(own, failed[0])["code"])
