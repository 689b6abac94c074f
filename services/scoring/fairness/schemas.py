"""What do the bodies of the audit of fairness look like?"""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.scoring.domain.equity import Equity
from shared.schemas import Body, Day, Figure

BATCH_MAX = 500


class TraitIn(Body):
    """Who the person behind an application is, as far as that person let it be recorded."""

    application_id: UUID
    sex: Literal["female", "male"] | None = None
    age_band: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")] | None = None
    region: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")] | None = None
    disability: Literal["yes", "no"] | None = None


class TraitsIn(Body):
    """Traits of up to 500 applicants, all or none."""

    traits: Annotated[list[TraitIn], Field(min_length=1, max_length=BATCH_MAX)]


class TraitsOut(Body):
    """How many were kept; what they say is told by the audit alone, and only of groups."""

    recorded: int


class GroupOut(Body):
    """One group of a trait; groups under 100 are counted in `left_out`, not shown."""

    name: str
    decided: int
    approval_rate: Figure
    favoured_good: Figure | None
    calibration: Figure | None


class MonthOut(Body):
    """The ratio of approval rates in one month."""

    month: str
    ratio: Figure | None
    groups: int
    left_out: int
    is_flagged: bool


class EquityOut(Body):
    """One trait: ratio of approval rates, gap among who repaid, stated over observed risk."""

    trait: str
    ratio: Figure | None
    opportunity_gap: Figure | None
    groups: list[GroupOut]
    left_out: int
    months: list[MonthOut]
    flags: list[str]

    @classmethod
    def of(cls, found: Equity) -> Self:
        """Write what the audit found."""
        return cls(
            trait=found.trait,
            ratio=found.ratio,
            opportunity_gap=found.opportunity_gap,
            groups=[
                GroupOut(
                    name=group.name,
                    decided=group.decided,
                    approval_rate=group.approval_rate,
                    favoured_good=group.favoured_good,
                    calibration=group.calibration,
                )
                for group in found.groups
            ],
            left_out=found.left_out,
            months=[
                MonthOut(
                    month=item.month,
                    ratio=item.ratio,
                    groups=item.groups,
                    left_out=item.left_out,
                    is_flagged=item.is_flagged,
                )
                for item in found.months
            ],
            flags=list(found.flags),
        )


class FairnessOut(Body):
    """The audit over the decisions of the twelve months before a day."""

    since: Day
    on: Day
    decided: int
    traits: list[EquityOut]
