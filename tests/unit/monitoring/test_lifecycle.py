"""The stages of a project, over every pair of stage and event."""

from itertools import product

import pytest

from services.monitoring.domain import lifecycle
from services.monitoring.domain.lifecycle import ProjectEvent, Stage

MOVES = {
    (None, ProjectEvent.MONEY_PAID_OUT): Stage.FINANCED,
    (Stage.FINANCED, ProjectEvent.REPAYMENT_RECEIVED): Stage.REPAYING,
    (Stage.FINANCED, ProjectEvent.CONTRACT_CLOSED): Stage.REPAID,
    (Stage.REPAYING, ProjectEvent.CONTRACT_CLOSED): Stage.REPAID,
    (Stage.REPAID, ProjectEvent.REPAYMENT_REVERSED): Stage.REPAYING,
    (Stage.REPAID, ProjectEvent.MONEY_PAID_OUT): Stage.REPAYING,
}


@pytest.mark.parametrize(("stage", "event"), list(product([None, *Stage], ProjectEvent)))
def test_every_event_moves_a_stage_as_the_table_says_or_leaves_it(
    stage: Stage | None, event: ProjectEvent
) -> None:
    assert lifecycle.next_stage(stage, event) == MOVES.get((stage, event), stage)


def test_only_money_that_reached_the_borrower_makes_a_project() -> None:
    born = [event for event in ProjectEvent if lifecycle.next_stage(None, event) is not None]
    assert born == [ProjectEvent.MONEY_PAID_OUT]
