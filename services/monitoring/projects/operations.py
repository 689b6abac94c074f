"""How are contracts remembered, and how do projects begin and move on? Set-based, by event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.deps import Fact
from services.monitoring.domain import lifecycle
from services.monitoring.domain.lifecycle import ProjectEvent, Stage
from services.monitoring.projects import queries
from services.monitoring.projects.tables import AgreedContractRow, ProjectRow, ProjectStageRow
from shared import feed, ids, tenancy
from shared.events import ContractSigned, Event, ProjectOpened
from shared.feed import Told


async def remember_contracts(session: AsyncSession, facts: Sequence[Fact[ContractSigned]]) -> None:
    """Keep what contracts agreed; one that is known already stays as it is."""
    institution_id = tenancy.institution_of(session)
    rows = [
        {
            "institution_id": institution_id,
            "contract_id": fact.event.contract_id,
            "fund_id": fact.event.fund_id,
            "branch_id": fact.event.branch_id,
            "sector": fact.event.sector,
            "region": fact.event.region,
            "mode_of_finance": fact.event.mode_of_finance,
            "currency": fact.event.currency,
            "principal_minor": fact.event.principal_minor,
            "signed_on": fact.event.signed_on,
            "allocation_order": list(fact.event.allocation_order),
            "due_on": [due.due_on for due in fact.event.dues],
            "due_principal_minor": [due.principal_minor for due in fact.event.dues],
            "due_profit_minor": [due.profit_minor for due in fact.event.dues],
            "due_fee_minor": [due.fee_minor for due in fact.event.dues],
            "sequence": fact.sequence,
            "known_at": fact.known_at,
        }
        for fact in facts
    ]
    await session.execute(insert(AgreedContractRow).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened to the contract of a project, with the event that told it."""

    kind: ProjectEvent
    contract_id: UUID
    happened_on: date
    fact: Fact[Event]


@dataclass(slots=True, kw_only=True)
class _Life:
    """A project while the events of a batch are folded over it."""

    project_id: UUID
    stage: Stage | None
    opened_on: date
    sequence: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A stage that a project reached by an event."""

    life: _Life
    stage: Stage
    happening: Happening


async def follow(session: AsyncSession, happenings: Sequence[Happening]) -> None:
    """Open projects whose money was paid out and move the others on, in the feed's order.

    An event that a project has seen already has no second effect.
    """
    ordered = sorted(happenings, key=lambda h: (h.contract_id, h.fact.sequence))
    known = await queries.projects_of_contracts(session, {h.contract_id for h in ordered})
    lives = {
        row.contract_id: _Life(
            project_id=row.project_id,
            stage=Stage(row.stage),
            opened_on=row.opened_on,
            sequence=row.sequence,
            is_new=False,
        )
        for row in known
    }
    reached: list[_Step] = []
    for contract_id, own in groupby(ordered, key=lambda h: h.contract_id):
        reached += _fold(lives, contract_id, own)
    await _write(session, lives, reached)


def _fold(
    lives: dict[UUID, _Life], contract_id: UUID, happenings: Iterable[Happening]
) -> list[_Step]:
    """Apply a contract's events; return the steps at which the stage changed."""
    reached: list[_Step] = []
    for happening in happenings:
        life = lives.get(contract_id)
        if life is not None and happening.fact.sequence <= life.sequence:
            continue
        before = life.stage if life else None
        after = lifecycle.next_stage(before, happening.kind)
        if after is None:
            continue
        if life is None:
            life = lives[contract_id] = _Life(
                project_id=ids.new(),
                stage=None,
                opened_on=happening.happened_on,
                sequence=0,
                is_new=True,
            )
        life.stage, life.sequence = after, happening.fact.sequence
        if after != before:
            reached.append(_Step(life=life, stage=after, happening=happening))
    return reached


async def _write(session: AsyncSession, lives: dict[UUID, _Life], reached: Sequence[_Step]) -> None:
    institution_id = tenancy.institution_of(session)
    opened = {contract: life for contract, life in lives.items() if life.is_new}
    moved = {step.life.project_id: step.life for step in reached if not step.life.is_new}
    if opened:
        await session.execute(
            insert(ProjectRow),
            [
                {
                    "institution_id": institution_id,
                    "project_id": life.project_id,
                    "contract_id": contract_id,
                    "stage": life.stage,
                    "opened_on": life.opened_on,
                    "sequence": life.sequence,
                }
                for contract_id, life in opened.items()
            ],
        )
        told = [
            Told(ProjectOpened(project_id=life.project_id, contract_id=contract_id), contract_id)
            for contract_id, life in opened.items()
        ]
        await feed.publish_all(session, told)
    if moved:
        table = ProjectRow.__table__
        statement = (
            update(ProjectRow)
            .where(table.c.institution_id == institution_id, table.c.project_id == bindparam("id"))
            .values(stage=bindparam("new_stage"), sequence=bindparam("new_sequence"))
        )
        connection = await session.connection()
        await connection.execute(
            statement,
            [
                {"id": life.project_id, "new_stage": life.stage, "new_sequence": life.sequence}
                for life in moved.values()
            ],
        )
    if reached:
        await session.execute(
            insert(ProjectStageRow),
            [
                {
                    "institution_id": institution_id,
                    "project_id": step.life.project_id,
                    "sequence": step.happening.fact.sequence,
                    "stage": step.stage,
                    "since_on": step.happening.happened_on,
                    "event_id": step.happening.fact.event_id,
                    "known_at": step.happening.fact.known_at,
                }
                for step in reached
            ],
        )
