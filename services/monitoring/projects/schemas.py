"""What does a project look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from typing import Self
from uuid import UUID

from services.monitoring.domain.lifecycle import Stage
from services.monitoring.projects.tables import AgreedContractRow, ProjectRow, ProjectStageRow
from shared.money import Money
from shared.schemas import Body, Instant, MoneyBody


class StageOut(Body):
    """A stage, since when it holds, and when the books knew."""

    stage: Stage
    since_on: date
    known_at: Instant


class ProjectOut(Body):
    """A project: the loan that paid for it, and its stages so far, oldest first."""

    project_id: UUID
    contract_id: UUID
    fund_id: UUID
    branch_id: UUID
    sector: str
    region: str
    financed: MoneyBody
    opened_on: date
    stage: Stage
    stages: list[StageOut]

    @classmethod
    def of(
        cls, project: ProjectRow, *, contract: AgreedContractRow, stages: Sequence[ProjectStageRow]
    ) -> Self:
        """Build the body from its rows."""
        return cls(
            project_id=project.project_id,
            contract_id=project.contract_id,
            fund_id=contract.fund_id,
            branch_id=contract.branch_id,
            sector=contract.sector,
            region=contract.region,
            financed=MoneyBody.of(Money(contract.principal_minor, contract.currency)),
            opened_on=project.opened_on,
            stage=Stage(project.stage),
            stages=[
                StageOut(stage=Stage(row.stage), since_on=row.since_on, known_at=row.known_at)
                for row in stages
            ],
        )
