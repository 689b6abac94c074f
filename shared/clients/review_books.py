"""How does scoring take the book of a review from loans: streamed, whole, and by its hash?

The answer is lines of JSON: a head, a row for each loan or cell as texts, and a foot with the sums
and the hash of the rows. A book without its foot was broken off, and is none.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Protocol
from uuid import UUID

import httpx
import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from shared.clients.loans import LoansUnavailable
from shared.clients.tokens import TokenSource, TokenUnavailable
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId
from shared.schemas import Body

PATH: Final = "/loans/v1/portfolio/review-book"
MEDIA_TYPE: Final = "application/x-ndjson"
FIGURES: Final = (
    "count", "principal", "annual_rate", "term", "grace", "fee_share", "pd", "income", "debts",
    "bad",
)  # fmt: skip
FREQUENCY: Final = "frequency"  # how often a loan is paid: "weekly", or "monthly x 2"
SEGMENTS: Final = ("product", "fund", "branch", "region", "sector", "sex", "age", FREQUENCY)
USUAL: Final = ("product", "fund", "region", "sex", "age")
REFUSALS: Final = (400, 403, 404, 409, 422)
TIMEOUT: Final = httpx.Timeout(600.0, connect=5.0)


def _segments(names: Sequence[str]) -> Sequence[str]:
    if "product" not in names or len(set(names)) < len(names) or set(names) - set(SEGMENTS):
        raise ValueError(f"the product and others of {', '.join(SEGMENTS[1:])}, each once")
    return names


SegmentNames = Annotated[list[str], Field(min_length=1, max_length=8), AfterValidator(_segments)]


class BookAsked(Body):
    """Which book: as the contracts stood on a day, as the books knew it at an instant.

    With `since` the contracts signed from that day on, whatever became of them; without, those
    that were running. `by` names the labels that each loan keeps, the product among them.
    """

    as_of: date
    known_at: datetime | None = None
    since: date | None = None
    by: SegmentNames = Field(default_factory=lambda: list(USUAL))

    def with_frequency(self) -> "BookAsked":
        """Ask also how often each loan is paid."""
        by = self.by if FREQUENCY in self.by else [*self.by, FREQUENCY]
        return self.model_copy(update={"by": by})


class BookHead(BaseModel):
    """The first line: which book it is."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    as_of: date
    known_at: datetime
    currency: str
    figures: tuple[str, ...]
    segments: tuple[str, ...]
    grouped: bool


class BookFoot(BaseModel):
    """The last line: rows, loans in them, contracts left out, and the hash of all rows."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    rows: int
    loans: int
    left_out: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBook:
    """A whole book: columns of figures as texts and of labels, a place a row."""

    head: BookHead
    foot: BookFoot
    figures: Mapping[str, Sequence[str]]
    labels: Mapping[str, Sequence[str]]


class BookRefused(RafidError):
    """The loans service refuses to give the book"""

    kind: ClassVar[Kind] = Kind.RULE
    service: ClassVar[str] = "shared"
    detail: ClassVar[str] = "Loans refused the book with {problem}: {explanation}"
    problem: str
    explanation: str


class ReviewBooks(Protocol):
    """Gives books; may raise LoansUnavailable (ask again) or BookRefused (ask otherwise)."""

    async def book(self, asked: BookAsked, *, institution_id: InstitutionId) -> ReviewBook:
        """Take a book whole."""
        ...


class HttpReviewBooks:
    """ReviewBooks over HTTP, as a service that names the institution it works for."""

    def __init__(self, http: httpx.AsyncClient, *, tokens: TokenSource) -> None:
        self._http = http
        self._tokens = tokens

    async def book(self, asked: BookAsked, *, institution_id: InstitutionId) -> ReviewBook:
        """Take a book whole (see `ReviewBooks.book`)."""
        params = asked.model_dump(mode="json", exclude_none=True)
        try:
            headers = {
                "Authorization": f"Bearer {await self._tokens.token()}",
                "X-Institution": str(UUID(str(institution_id))),
            }
            async with self._http.stream(
                "GET", PATH, params=params, headers=headers, timeout=TIMEOUT
            ) as answer:
                if not answer.is_success:
                    raise _refusal(await answer.aread(), status=answer.status_code)
                return read([line async for line in answer.aiter_lines() if line])
        except (httpx.HTTPError, TokenUnavailable) as error:
            raise LoansUnavailable(reason=type(error).__name__) from error


def read(lines: Sequence[str]) -> ReviewBook:
    """Read a book's lines. Raises LoansUnavailable where it is broken off, or not what it says."""
    try:
        head = BookHead.model_validate_json(lines[0])
        foot = BookFoot.model_validate_json(lines[-1])
    except (IndexError, ValidationError) as error:
        raise LoansUnavailable(reason="a book that was broken off") from error
    digest = hashlib.sha256()
    rows: list[list[str]] = []
    for line in lines[1:-1]:
        digest.update(line.encode() + b"\n")
        rows.append(orjson.loads(line))
    if digest.hexdigest() != foot.sha256 or len(rows) != foot.rows:
        raise LoansUnavailable(reason="a book that is not what it says")
    columns = list(zip(*rows, strict=True)) or [()] * (len(head.figures) + len(head.segments))
    names = (*head.figures, *head.segments)
    found: dict[str, Any] = dict(zip(names, columns, strict=True))
    return ReviewBook(
        head=head,
        foot=foot,
        figures={name: found[name] for name in head.figures},
        labels={name: found[name] for name in head.segments},
    )


def _refusal(content: bytes, *, status: int) -> RafidError:
    try:
        problem = orjson.loads(content)
    except ValueError:
        problem = None
    if status not in REFUSALS or not isinstance(problem, dict) or "type" not in problem:
        return LoansUnavailable(reason=f"{status} for {PATH}")
    return BookRefused(
        problem=str(problem["type"]), explanation=str(problem.get("detail") or problem.get("title"))
    )
