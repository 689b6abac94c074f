"""Which stage may follow which in the life of a project?"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """How far the money's own story has come; what visits find is told apart."""

    FINANCED = "financed"
    REPAYING = "repaying"
    REPAID = "repaid"


class ProjectEvent(StrEnum):
    """What moves a project from stage to stage."""

    MONEY_PAID_OUT = "money_paid_out"
    REPAYMENT_RECEIVED = "repayment_received"
    REPAYMENT_REVERSED = "repayment_reversed"
    CONTRACT_CLOSED = "contract_closed"


# None is "no project yet": only money that reached the borrower makes a project.
TRANSITIONS: Mapping[tuple[Stage | None, ProjectEvent], Stage] = MappingProxyType(
    {
        (None, ProjectEvent.MONEY_PAID_OUT): Stage.FINANCED,
        (Stage.FINANCED, ProjectEvent.REPAYMENT_RECEIVED): Stage.REPAYING,
        (Stage.FINANCED, ProjectEvent.CONTRACT_CLOSED): Stage.REPAID,
        (Stage.REPAYING, ProjectEvent.CONTRACT_CLOSED): Stage.REPAID,
        (Stage.REPAID, ProjectEvent.REPAYMENT_REVERSED): Stage.REPAYING,
        (Stage.REPAID, ProjectEvent.MONEY_PAID_OUT): Stage.REPAYING,
    }
)


def next_stage(stage: Stage | None, event: ProjectEvent) -> Stage | None:
    """The stage after an event: facts are never refused, one that moves nothing leaves the stage.

    Example: the second repayment of a project that is repaying leaves it repaying.
    """
    return TRANSITIONS.get((stage, event), stage)
