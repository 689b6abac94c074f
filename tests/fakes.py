"""What stands for another service in tests: it answers as told, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.clients.rate_reviews import RateReviewOut
from shared.clients.scoring import (
    AssessmentOut,
    AssessmentRequest,
    OfferOut,
    ScoringRefused,
    ScoringUnavailable,
)
from shared.clients.warnings import (
    GradedBatch,
    RuledBatch,
    RuledMonth,
    WarningBatchIn,
    WarningMonthIn,
    WarningPage,
)
from shared.ids import AssessmentId, InstitutionId
from tests import office

ZERO = Decimal(0)


@dataclass
class FakeScoring:
    """Scoring with an opinion set by the test: `points`, `advice`, and whether it answers."""

    points: int = 70
    advice: str = "offer"
    answers: bool = True
    offers: bool = True
    refuses: Callable[[AssessmentRequest], bool] = lambda _request: False
    asked: list[AssessmentRequest] = field(default_factory=list)
    meanwhile: Callable[[], Any] | None = None
    reviews: dict[UUID, RateReviewOut] = field(default_factory=dict)
    batches: list[WarningBatchIn] = field(default_factory=list)
    months: list[WarningMonthIn] = field(default_factory=list)
    fails_after: int | None = None

    async def assess(
        self, request: AssessmentRequest, *, institution_id: InstitutionId
    ) -> AssessmentOut:
        (answer,) = await self.assess_many([request], institution_id=institution_id)
        return answer

    async def assess_many(
        self, requests: Sequence[AssessmentRequest], *, institution_id: InstitutionId
    ) -> list[AssessmentOut]:
        del institution_id
        self.asked += requests
        if not self.answers:
            raise ScoringUnavailable(reason="ConnectError")
        if any(map(self.refuses, requests)):
            raise ScoringRefused(problem="/problems/scoring/unfit", explanation="unfit")
        if self.meanwhile is not None:
            await self.meanwhile()
        return [self.answer(request) for request in requests]

    async def assessment(
        self, assessment_id: AssessmentId, *, institution_id: InstitutionId
    ) -> AssessmentOut:
        raise NotImplementedError

    async def rate_review(self, review_id: UUID, *, institution_id: InstitutionId) -> RateReviewOut:
        del institution_id
        if not self.answers:
            raise ScoringUnavailable(reason="ConnectError")
        if review_id not in self.reviews:
            problem = "/problems/scoring/rate-review-not-found"
            raise ScoringRefused(problem=problem, explanation="No such review.")
        return self.reviews[review_id]

    async def grade_loans(
        self, batch: WarningBatchIn, *, institution_id: InstitutionId
    ) -> GradedBatch:
        del institution_id
        if not self.answers or self.fails_after == len(self.batches):
            raise ScoringUnavailable(reason="ConnectError")
        for kept in self.batches:
            if kept.batch_id == batch.batch_id and kept != batch:
                problem = "/problems/scoring/warning-batch-id-reused"
                raise ScoringRefused(problem=problem, explanation="Another request.")
        if batch not in self.batches:
            self.batches.append(batch)
        return self.graded(batch)

    async def warning_batch(self, batch_id: UUID, *, institution_id: InstitutionId) -> GradedBatch:
        del institution_id
        for kept in self.batches:
            if kept.batch_id == batch_id:
                return self.graded(kept)
        problem = "/problems/scoring/warning-batch-not-found"
        raise ScoringRefused(problem=problem, explanation="No such batch.")

    async def rule_month(
        self, month: WarningMonthIn, *, institution_id: InstitutionId
    ) -> RuledMonth:
        """Every loan of a batch is green but the first, which is red."""
        del institution_id
        if not self.answers:
            raise ScoringUnavailable(reason="ConnectError")
        self.months.append(month)
        batches = (kept for kept in self.batches if kept.batch_id in set(month.batch_ids))
        ruled = (
            RuledBatch(batch_id=kept.batch_id, red=1, amber=0, green=len(kept.loans) - 1)
            for kept in batches
        )
        return RuledMonth(month=month.month, batches=tuple(ruled))

    async def warnings(
        self,
        asked: Mapping[str, str | list[str] | None],
        *,
        institution_id: InstitutionId,
        language: str,
    ) -> WarningPage:
        raise NotImplementedError

    def graded(self, batch: WarningBatchIn) -> GradedBatch:
        """Every loan of a batch waits for its month."""
        return GradedBatch(
            batch_id=batch.batch_id,
            as_of=batch.as_of,
            red=0,
            amber=0,
            green=0,
            fallen=(),
            settled=(),
            waiting=len(batch.loans),
        )

    def answer(self, request: AssessmentRequest) -> AssessmentOut:
        menu = [self._line(request, line) for line in (1, 2)] if self.offers else []
        amount = request.amount.model_dump()
        none = {"amount": str(request.amount.money() * 0), "currency": request.amount.currency}
        return AssessmentOut.model_validate(
            {
                "assessment_id": request.assessment_id,
                "application_id": request.application_id,
                "card": {"card_id": "fake", "version": "1.0.0", "hash": "0" * 64},
                "points": self.points,
                "points_max": 100,
                "grade": "B",
                "pd": "0.08",
                "pd_basis": "assumed",
                "breakdown": [],
                "reasons": [],
                "hard_rules": [],
                "advice": self.advice,
                "affordability": {
                    "income": amount,
                    "disposable": amount,
                    "disposable_stressed": amount,
                    "capacity": amount,
                    "binding": "cover",
                    "instalment_asked": amount,
                    "debt_service_share": None,
                    "cover": None,
                    "stressed_cover": None,
                },
                "break_even": {
                    "annual_rate": None, "parts": {}, "subsidy": none, "cost_fee": none,
                },
                "objective": "balanced",
                "feasible": len(menu),
                "menu": menu,
                "rejected": [],
                "best": menu[0] if menu else None,
                "assessed_at": office.NOW,
            }
        )  # fmt: skip

    def _line(self, request: AssessmentRequest, line: int) -> OfferOut:
        return OfferOut(
            line=line,
            amount=request.amount,
            annual_rate=request.product.annual_rate_default,
            term_months=request.term_months * line,
            grace_months=request.grace_months,
            instalment=request.amount,
            total_cost=request.amount,
            effective_annual_rate=ZERO,
            debt_service_share=ZERO,
            subsidy=request.amount,
            rank_value=ZERO,
        )
