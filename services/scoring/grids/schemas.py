"""What do grids, sheets and comparisons look like on the wire?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.scoring.domain import card_form
from services.scoring.domain.grids.form import Grid
from services.scoring.domain.grids.judging import Answer, Evidence
from services.scoring.domain.grids.sheets import Sheet
from services.scoring.grids.tables import GridSheetRow, GridVersionRow
from shared.errors import Sentence
from shared.schemas import Body, Day
from shared.texts import Language, translate

GridId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
GridVersion = Annotated[str, Field(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Figures = Annotated[str, Field(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")]
Reference = Annotated[str, Field(min_length=1, max_length=200)]
Mark = Literal["pass", "fail", "to_complete"]

WHY: Final = {
    "reached": Sentence("The threshold is reached, and what was asked is proven."),
    "below": Sentence("The answer stays below the threshold."),
    "no_answer": Sentence("There is no answer yet."),
    "evidence_missing": Sentence("What has to prove the answer is not there yet."),
    "evidence_expired": Sentence("What proves the answer no longer holds."),
}


class GridIn(BaseModel):
    """A grid's document: criteria with weights, thresholds and evidence; checked as a whole."""

    model_config = ConfigDict(extra="allow", frozen=True)

    grid_id: GridId
    version: GridVersion
    criteria: Annotated[list[dict[str, JsonValue]], Field(min_length=1, max_length=60)]

    def document(self) -> dict[str, Any]:
        """Return the document as it was sent."""
        return self.model_dump(mode="json")


class GridOut(Body):
    """A version of a grid; it judges once a second person has approved it."""

    grid_id: str
    version: str
    kind: str
    hash: str
    registered_by: UUID
    registered_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None

    @classmethod
    def of(cls, row: GridVersionRow) -> Self:
        """Write a row."""
        return cls(
            grid_id=row.grid_id,
            version=row.version,
            kind=row.kind,
            hash=row.hash,
            registered_by=row.registered_by,
            registered_at=row.registered_at,
            approved_by=row.approved_by,
            approved_at=row.approved_at,
        )


class GridsOut(Body):
    """Every version of every grid, the newest first."""

    grids: list[GridOut]


class ReadyGridsOut(Body):
    """The grids that ship with Rafid: a proposal to register as it is or changed."""

    grids: list[dict[str, JsonValue]]


class GridFileOut(Body):
    """A version with its whole document."""

    grid: GridOut
    document: dict[str, JsonValue]


class EvidenceBody(Body):
    """What proves an answer: its kind, where it is kept, and until when it holds."""

    kind: Code
    reference: Reference
    valid_until: Day | None = None

    def evidence(self) -> Evidence:
        """Read the evidence as the domain knows it."""
        return Evidence(kind=self.kind, reference=self.reference, valid_until=self.valid_until)


class AnswerBody(Body):
    """The answer to a criterion: true or false, a number written as a text, or a choice's code."""

    criterion: Code
    value: bool | Figures | Code | None
    evidence: Annotated[list[EvidenceBody], Field(max_length=16)] = []

    def answer(self) -> Answer:
        """Read the answer as the domain knows it."""
        value = self.value
        is_number = isinstance(value, str) and not value[0].isalpha()
        return Answer(
            criterion=self.criterion,
            value=Decimal(str(value)) if is_number else value,
            evidence=tuple(one.evidence() for one in self.evidence),
        )


class SheetIn(Body):
    """Answers about an undertaking (its own id) to a version of a grid that is in use.

    `year` belongs to a yearly grid alone. `sheet_id` is the caller's, and names the sheet once.
    """

    sheet_id: UUID
    grid_id: GridId
    version: GridVersion
    subject_id: UUID
    branch_id: UUID | None = None
    year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    answered_on: Day
    answers: Annotated[list[AnswerBody], Field(max_length=60)]

    def sheet(self) -> Sheet:
        """Read the sheet as it is to be judged; its hash is that of all that was sent."""
        plain = self.model_dump(mode="json")
        return Sheet(
            sheet_id=self.sheet_id,
            grid_id=self.grid_id,
            version=self.version,
            subject_id=self.subject_id,
            branch_id=self.branch_id,
            year=self.year,
            answered_on=self.answered_on,
            answers=[one.answer() for one in self.answers],
            plain=plain["answers"],
            input_hash=card_form.hash_of(plain),
        )


class CriterionOut(Body):
    """What became of a criterion, why, and what would change it."""

    criterion: str
    question: str
    mark: Mark
    why: str
    explanation: str
    hint: str
    share: str | None
    passes_at: str
    lacking: list[str]


class SheetOut(Body):
    """A sheet with what the grid said of it, and by which version it was judged."""

    sheet_id: UUID
    grid_id: str
    version: str
    grid_hash: str
    input_hash: str
    subject_id: UUID
    branch_id: UUID | None
    year: int | None
    answered_on: date
    mark: Mark
    points: str
    open_points: str
    areas: dict[str, str]
    criteria: list[CriterionOut]
    answers: list[AnswerBody]
    actor_id: UUID
    recorded_at: datetime

    @classmethod
    def of(cls, row: GridSheetRow, *, grid: Grid, language: Language) -> Self:
        """Write a row in the reader's language."""
        result = row.result
        asked = {item.id: item for item in grid.criteria}
        return cls(
            sheet_id=row.sheet_id,
            grid_id=row.grid_id,
            version=row.version,
            grid_hash=row.grid_hash,
            input_hash=row.input_hash,
            subject_id=row.subject_id,
            branch_id=row.branch_id,
            year=row.year,
            answered_on=row.answered_on,
            mark=result["mark"],
            points=result["points"],
            open_points=result["open_points"],
            areas=result["areas"],
            criteria=[
                CriterionOut(
                    **one,
                    question=asked[one["criterion"]].question[language],
                    hint=asked[one["criterion"]].hint[language],
                    explanation=translate(WHY[one["why"]], language=language, service="scoring"),
                )
                for one in result["criteria"]
            ],
            answers=[AnswerBody.model_validate(one) for one in row.answers],
            actor_id=row.actor_id,
            recorded_at=row.recorded_at,
        )


class StandOut(Body):
    """Where a criterion stood."""

    mark: Mark
    share: str | None


class MovedOut(Body):
    """A criterion that moved between two sheets."""

    criterion: str
    earlier: StandOut
    later: StandOut


class ComparisonOut(Body):
    """Two sheets of one undertaking by one version: points of both, and what moved."""

    sheet_id: UUID
    earlier_sheet_id: UUID
    grid_id: str
    version: str
    grid_hash: str
    earlier_points: str
    points: str
    difference: str
    moved: list[MovedOut]

    @classmethod
    def of(
        cls, row: GridSheetRow, earlier: GridSheetRow, *, moved: Sequence[Mapping[str, Any]]
    ) -> Self:
        """Write a comparison."""
        before, after = Decimal(earlier.result["points"]), Decimal(row.result["points"])
        return cls(
            sheet_id=row.sheet_id,
            earlier_sheet_id=earlier.sheet_id,
            grid_id=row.grid_id,
            version=row.version,
            grid_hash=row.grid_hash,
            earlier_points=f"{before:f}",
            points=f"{after:f}",
            difference=f"{after - before:f}",
            moved=[MovedOut.model_validate(one) for one in moved],
        )
