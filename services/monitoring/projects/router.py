"""`GET /monitoring/v1/projects`: what the loans paid for, and how far each has come."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.monitoring.deps import Db
from services.monitoring.domain.lifecycle import Stage
from services.monitoring.projects import queries
from services.monitoring.projects.schemas import ProjectOut
from shared.auth import Actor, Role, require
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/monitoring/v1", tags=["projects"])

MaySeeProjects = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.get("/projects")
async def list_projects(
    db: Db,
    actor: MaySeeProjects,
    page: PageQuery,
    stage: Annotated[Stage | None, Query()] = None,
) -> PageOut[ProjectOut]:
    """List the projects of the branches one may see, oldest first, with their stages."""
    async with db() as session:
        rows = await queries.projects(session, page=page, stage=stage, branch_ids=actor.branch_ids)
        kept, cursor = page.cut(rows, key=lambda row: row[0].project_id)
        stages = await queries.stages_of(session, {row[0].project_id for row in kept})
    items = [
        ProjectOut.of(project, contract=contract, stages=stages.get(project.project_id, []))
        for project, contract in kept
    ]
    return PageOut(items=items, next=cursor)
