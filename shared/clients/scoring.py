"""How does another service ask scoring for its opinion, and what if it does not answer?"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from shared.clients.rate_reviews import RateReviewOut
from shared.clients.scoring_requests import (
    BATCH_MAX,
    AffordabilityPolicy,
    AssessmentBatch,
    AssessmentRequest,
    FundChoice,
    FundPrice,
    GrantChoice,
    HardFacts,
    Household,
    ProductLimits,
)
from shared.clients.scoring_types import (
    AffordabilityOut,
    AssessmentBatchOut,
    AssessmentOut,
    BreakEvenOut,
    CardOut,
    OfferOut,
    PointsOut,
    ReasonOut,
    RejectedOut,
)
from shared.clients.tokens import TokenSource, TokenUnavailable
from shared.clients.warnings import (
    GradedBatch,
    RuledMonth,
    WarningBatchIn,
    WarningMonthIn,
    WarningPage,
)
from shared.errors import Kind, RafidError, Sentence
from shared.ids import AssessmentId, InstitutionId

__all__ = [
    "BATCH_MAX",
    "AffordabilityOut",
    "AffordabilityPolicy",
    "AssessmentBatch",
    "AssessmentBatchOut",
    "AssessmentOut",
    "AssessmentRequest",
    "BreakEvenOut",
    "CardOut",
    "FundChoice",
    "FundPrice",
    "GrantChoice",
    "HardFacts",
    "Household",
    "HttpScoringClient",
    "OfferOut",
    "PointsOut",
    "ProductLimits",
    "ReasonOut",
    "RejectedOut",
    "ScoringClient",
    "ScoringRefused",
    "ScoringUnavailable",
    "TokenSource",
]

UNAUTHORIZED = 401
REFUSALS = (404, 409, 422)

Model = TypeVar("Model", bound=BaseModel)
Asked = str | list[str] | None

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
BATCH_TIMEOUT = httpx.Timeout(120.0, connect=2.0)
MONTH_TIMEOUT = httpx.Timeout(600.0, connect=2.0)


class ScoringUnavailable(RafidError):
    """The scoring service does not answer

    Nothing is decided: the application waits, and is sent again under the same assessment id.
    """

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    service: ClassVar[str] = "scoring"
    detail: ClassVar[str] = "Scoring gave no usable answer ({reason}); it will be asked again."
    reason: str


class ScoringRefused(RafidError):
    """The scoring service refuses the request

    Asking again will not help; what was sent has to change.
    """

    kind: ClassVar[Kind] = Kind.RULE
    service: ClassVar[str] = "scoring"
    detail: ClassVar[str] = "Scoring refused the application with {problem}: {explanation}"
    problem: str
    explanation: str


class ScoringClient(Protocol):
    """What other services may ask of scoring."""

    async def assess(
        self, request: AssessmentRequest, *, institution_id: InstitutionId
    ) -> AssessmentOut:
        """Have one application assessed; repeating it gives the same answer.

        Raises ScoringUnavailable (ask again later) or ScoringRefused (change what was asked).
        """
        ...

    async def assess_many(
        self, requests: Sequence[AssessmentRequest], *, institution_id: InstitutionId
    ) -> list[AssessmentOut]:
        """Have at most 500 applications assessed at once, all or none; same order, same errors."""
        ...

    async def assessment(
        self, assessment_id: AssessmentId, *, institution_id: InstitutionId
    ) -> AssessmentOut:
        """Return an assessment as it was made."""
        ...

    async def rate_review(self, review_id: UUID, *, institution_id: InstitutionId) -> RateReviewOut:
        """Return where a review of rates stands, and its policies."""
        ...

    async def grade_loans(
        self, batch: WarningBatchIn, *, institution_id: InstitutionId
    ) -> GradedBatch:
        """Have running loans graded; the same batch again has the same answer."""
        ...

    async def warning_batch(self, batch_id: UUID, *, institution_id: InstitutionId) -> GradedBatch:
        """Return how a batch was graded."""
        ...

    async def rule_month(
        self, month: WarningMonthIn, *, institution_id: InstitutionId
    ) -> RuledMonth:
        """Have the colours of a month ruled; the same month again has the same answer."""
        ...

    async def warnings(
        self, asked: Mapping[str, Asked], *, institution_id: InstitutionId, language: str
    ) -> WarningPage:
        """Return a part of the warnings of a month, in a reader's language."""
        ...


class HttpScoringClient:
    """Asks scoring over HTTP; `http` has its base URL (or the app itself, in one process)."""

    def __init__(self, http: httpx.AsyncClient, *, tokens: TokenSource) -> None:
        self._http = http
        self._tokens = tokens

    async def assess(
        self, request: AssessmentRequest, *, institution_id: InstitutionId
    ) -> AssessmentOut:
        """Have one application assessed (see `ScoringClient.assess`)."""
        answer = await self._send(
            "POST", "/scoring/v1/assessments", institution_id, TIMEOUT, body=request
        )
        return _understood(AssessmentOut, answer)

    async def assess_many(
        self, requests: Sequence[AssessmentRequest], *, institution_id: InstitutionId
    ) -> list[AssessmentOut]:
        """Have many applications assessed (see `ScoringClient.assess_many`)."""
        if not requests:
            return []
        batch = AssessmentBatch(requests=list(requests))
        answer = await self._send(
            "POST", "/scoring/v1/assessments/batch", institution_id, BATCH_TIMEOUT, body=batch
        )
        return list(_understood(AssessmentBatchOut, answer).assessments)

    async def assessment(
        self, assessment_id: AssessmentId, *, institution_id: InstitutionId
    ) -> AssessmentOut:
        """Return an assessment as it was made (see `ScoringClient.assessment`)."""
        path = f"/scoring/v1/assessments/{UUID(str(assessment_id))}"
        answer = await self._send("GET", path, institution_id, TIMEOUT)
        return _understood(AssessmentOut, answer)

    async def rate_review(self, review_id: UUID, *, institution_id: InstitutionId) -> RateReviewOut:
        """Return where a review stands (see `ScoringClient.rate_review`)."""
        path = f"/scoring/v1/rate-reviews/{review_id}"
        answer = await self._send("GET", path, institution_id, TIMEOUT)
        return _understood(RateReviewOut, answer)

    async def grade_loans(
        self, batch: WarningBatchIn, *, institution_id: InstitutionId
    ) -> GradedBatch:
        """Have running loans graded (see `ScoringClient.grade_loans`)."""
        path = "/scoring/v1/warnings/batches"
        answer = await self._send("POST", path, institution_id, BATCH_TIMEOUT, body=batch)
        return _understood(GradedBatch, answer)

    async def warning_batch(self, batch_id: UUID, *, institution_id: InstitutionId) -> GradedBatch:
        """Return how a batch was graded (see `ScoringClient.warning_batch`)."""
        path = f"/scoring/v1/warnings/batches/{batch_id}"
        answer = await self._send("GET", path, institution_id, TIMEOUT)
        return _understood(GradedBatch, answer)

    async def rule_month(
        self, month: WarningMonthIn, *, institution_id: InstitutionId
    ) -> RuledMonth:
        """Have the colours of a month ruled (see `ScoringClient.rule_month`)."""
        path = "/scoring/v1/warnings/months"
        answer = await self._send("POST", path, institution_id, MONTH_TIMEOUT, body=month)
        return _understood(RuledMonth, answer)

    async def warnings(
        self, asked: Mapping[str, Asked], *, institution_id: InstitutionId, language: str
    ) -> WarningPage:
        """Return a part of a month's warnings (see `ScoringClient.warnings`)."""
        query = httpx.QueryParams({k: v for k, v in asked.items() if v is not None})
        path = f"/scoring/v1/warnings?{query}"
        answer = await self._send("GET", path, institution_id, TIMEOUT, language=language)
        return _understood(WarningPage, answer)

    async def _send(
        self,
        method: str,
        path: str,
        institution_id: InstitutionId,
        limit: httpx.Timeout,
        *,
        body: BaseModel | None = None,
        language: str | None = None,
    ) -> httpx.Response:
        content = None if body is None else body.model_dump_json()
        named = {"X-Institution": str(institution_id), "Content-Type": "application/json"}
        if language is not None:
            named["Accept-Language"] = language
        answer = await self._try(method, path, named, limit, content)
        if answer.status_code == UNAUTHORIZED:
            self._tokens.forget()
            answer = await self._try(method, path, named, limit, content)
        if answer.is_success:
            return answer
        if answer.status_code in REFUSALS:
            raise _refusal(answer)
        raise ScoringUnavailable(reason=f"HTTP {answer.status_code}")

    async def _try(
        self,
        method: str,
        path: str,
        named: Mapping[str, str],
        limit: httpx.Timeout,
        content: str | None,
    ) -> httpx.Response:
        try:
            headers = {**named, "Authorization": f"Bearer {await self._tokens.token()}"}
            return await self._http.request(
                method, path, content=content, headers=headers, timeout=limit
            )
        except (httpx.HTTPError, TokenUnavailable) as error:
            raise ScoringUnavailable(reason=type(error).__name__) from error


def _understood(model: type[Model], answer: httpx.Response) -> Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise ScoringUnavailable(reason=Sentence("an answer of another form")) from error


def _refusal(answer: httpx.Response) -> RafidError:
    try:
        problem = answer.json()
    except ValueError:
        return ScoringUnavailable(reason=f"HTTP {answer.status_code}")
    if not isinstance(problem, dict) or "type" not in problem:
        return ScoringUnavailable(reason=f"HTTP {answer.status_code}")
    return ScoringRefused(
        problem=str(problem["type"]), explanation=str(problem.get("detail") or problem.get("title"))
    )
