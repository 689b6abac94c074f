"""What do the bodies of the registry look like?"""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.scoring.domain import card_form
from services.scoring.models.tables import ScorecardChangeRow, ScorecardVersionRow
from shared.schemas import Body

CardId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
CardVersion = Annotated[str, Field(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]


class ScorecardIn(BaseModel):
    """A scorecard's document: points per bin, with its texts; its form is checked as a whole."""

    model_config = ConfigDict(extra="allow", frozen=True)

    card_id: CardId
    version: CardVersion
    characteristics: Annotated[list[dict[str, JsonValue]], Field(min_length=1, max_length=64)]

    def document(self) -> dict[str, Any]:
        """Return the document as it was sent. Raises DocumentMalformed for what cannot be kept."""
        document = self.model_dump(mode="json")
        card_form.check_kept(document)
        return document


class StatusIn(Body):
    """What is done to a version; a reason where one is promoted that did not prove better."""

    event: Literal["try_in_shadow", "promote", "retire"]
    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class ChangeOut(Body):
    """One step in a version's life; a promotion with what was known then, and why it was made."""

    status: str
    actor_id: UUID
    changed_at: datetime
    reason: str | None
    evidence: dict[str, JsonValue] | None

    @classmethod
    def of(cls, row: ScorecardChangeRow) -> Self:
        """Write a row."""
        return cls(
            status=row.status,
            actor_id=row.actor_id,
            changed_at=row.changed_at,
            reason=row.reason,
            evidence=row.evidence,
        )


class ScorecardOut(Body):
    """A version of a scorecard, without its document, with what it says of its making."""

    card_id: str
    version: str
    hash: str
    basis: JsonValue
    training: JsonValue
    status: str
    registered_by: UUID
    registered_at: datetime

    @classmethod
    def of(cls, row: ScorecardVersionRow) -> Self:
        """Write a row."""
        return cls(
            card_id=row.card_id,
            version=row.version,
            hash=row.hash,
            basis=row.document.get("basis"),
            training=row.document.get("training"),
            status=row.status,
            registered_by=row.registered_by,
            registered_at=row.registered_at,
        )


class ScorecardsOut(Body):
    """Every version of an institution, the newest first."""

    scorecards: list[ScorecardOut]


class ScorecardFileOut(Body):
    """A version with its whole document and its history."""

    scorecard: ScorecardOut
    document: dict[str, JsonValue]
    changes: list[ChangeOut]
