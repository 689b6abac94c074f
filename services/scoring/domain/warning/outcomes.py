"""What may become of an alert, after what became of it before?"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.scoring.domain.warning.grading import Grade
from shared.errors import Kind, RafidError


class AlertOutcome(StrEnum):
    """What an officer did, or found."""

    CONTACTED = "contacted"
    RESCHEDULED = "rescheduled"
    PAID = "paid"
    FALSE_ALARM = "false_alarm"


class LoanNotAlerted(RafidError):
    """The loan is green; there was no alert"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Only a red or amber loan is looked after and has an outcome."


class AlertOutcomeRefused(RafidError):
    """An alert cannot end this way after what became of it before"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "The alert is {earlier}; it cannot become {later}."
    earlier: str
    later: str


_AFTER: Mapping[AlertOutcome, frozenset[AlertOutcome]] = MappingProxyType(
    {
        AlertOutcome.CONTACTED: frozenset(
            {AlertOutcome.RESCHEDULED, AlertOutcome.PAID, AlertOutcome.FALSE_ALARM}
        ),
        AlertOutcome.RESCHEDULED: frozenset({AlertOutcome.PAID}),
        AlertOutcome.PAID: frozenset(),
        AlertOutcome.FALSE_ALARM: frozenset(),
    }
)


def check_outcome(outcome: AlertOutcome, *, grade: Grade, after: AlertOutcome | None) -> None:
    """Raise LoanNotAlerted or AlertOutcomeRefused unless this may become of an alert.

    `after` None: nothing became of it yet. Worked: contacted, then paid; paid is the end.
    """
    if grade is Grade.GREEN:
        raise LoanNotAlerted
    if after is not None and outcome not in _AFTER[after]:
        raise AlertOutcomeRefused(earlier=after.value, later=outcome.value)
