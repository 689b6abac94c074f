"""What does the officer see of an opinion: which funds may serve, which law caps, who decides?"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from services.loans.applications.tables import ApplicationRequestRow
from services.loans.domain import rate_caps
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import Refusal
from services.loans.domain.serving import FundAnswer
from services.loans.rulebook.schemas import FactOut
from shared import texts
from shared.clients.scoring import AssessmentRequest
from shared.errors import Filled, Sentence
from shared.schemas import Body, MoneyBody
from shared.texts import LANGUAGES, Language


def kept_fund(answer: FundAnswer) -> dict[str, Any]:
    """Write what a fund said as it is kept: its sentences in every language."""
    return {
        "fund_id": str(answer.fund_id),
        "code": answer.code,
        "kind": answer.kind.value,
        "free": answer.free.to_json(),
        "cost_of_funds": None if answer.cost_of_funds is None else f"{answer.cost_of_funds:f}",
        "refusals": [_kept(refusal) for refusal in answer.refusals],
    }


def _kept(refusal: Refusal) -> dict[str, Any]:
    since = refusal.in_force_from
    return {
        "rule": refusal.rule,
        "sentence": _in_every_language(refusal.reason),
        "source": _in_every_language(refusal.source),
        "in_force_from": None if since is None else since.isoformat(),
        "clause_id": None if refusal.clause_id is None else str(refusal.clause_id),
        "is_told": refusal.is_told,
        "needs_legal_check": refusal.needs_check,
    }


def _in_every_language(sentence: Sentence) -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        say = texts.sayer("loans", language=language)
        found[language] = sentence.said(say) if isinstance(sentence, Filled) else say(sentence)
    return found


class FundRefusalOut(Body):
    """Why a fund may not serve, in the reader's language, and the clause if it is one's."""

    rule: str
    sentence: str
    source: str
    in_force_from: date | None
    clause_id: UUID | None
    is_told: bool
    needs_legal_check: bool


class FundOut(Body):
    """What a fund said when scoring was asked; `on_menu`: its money stood on the menu.

    `cost_of_funds` is what its lenders are paid a year, null where nobody lent to it.
    """

    fund_id: UUID
    code: str
    kind: FundKind
    free: MoneyBody
    cost_of_funds: Decimal | None
    on_menu: bool
    refusals: list[FundRefusalOut]

    @classmethod
    def of_kept(cls, kept: Mapping[str, Any], *, on_menu: bool, language: Language) -> Self:
        """Write what was kept of a fund."""
        refusals = [
            {**one, "sentence": one["sentence"][language], "source": one["source"][language]}
            for one in kept["refusals"]
        ]
        return cls.model_validate({**kept, "refusals": refusals, "on_menu": on_menu}, strict=False)


class CeilingOut(Body):
    """A legal cap on rates that bound the menu, who set it and since when, in words."""

    unit: Annotated[str, Field(examples=["effective", "nominal"])]
    annual_rate: Decimal
    source: str


class QuestionOut(Body):
    """What scoring was asked about one round: the money, the law, and the letter of the question.

    `facts` are those of the rulebook that were looked at, also where they bound nothing.
    """

    assessment_id: UUID
    round: int
    asked_on: date
    funds: list[FundOut]
    ceilings: list[CeilingOut]
    facts: list[FactOut]
    request: AssessmentRequest

    @classmethod
    def of(cls, row: ApplicationRequestRow, *, language: Language) -> Self:
        """Write a question as it was kept."""
        request = AssessmentRequest.model_validate_json(row.body)
        named = {one.fund_id for one in request.funds or ()}
        price = request.price
        say = texts.sayer("loans", language=language)
        caps = (
            ("effective", price.annual_rate_ceiling, price.ceiling_source),
            ("nominal", price.nominal_rate_ceiling, price.nominal_ceiling_source),
        )
        return cls(
            assessment_id=row.assessment_id,
            round=row.round,
            asked_on=row.asked_on,
            funds=[
                FundOut.of_kept(one, on_menu=UUID(one["fund_id"]) in named, language=language)
                for one in row.funds
            ],
            ceilings=[
                CeilingOut(
                    unit=unit,
                    annual_rate=rate,
                    source=rate_caps.source_in_words(source or "", say=say),
                )
                for unit, rate, source in caps
                if rate is not None
            ],
            facts=[FactOut.of_kept(one) for one in row.facts],
            request=request,
        )
