"""How is a run made, kept, and decided by a second person? The same input has one run."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assignments import queries
from services.scoring.assignments.tables import (
    AssignmentFundRow,
    AssignmentLineRow,
    AssignmentRunRow,
)
from services.scoring.domain.assignment import reasons, solving, valuing
from services.scoring.domain.assignment.reasons import FundLine, Line
from services.scoring.domain.assignment.solving import Solution
from services.scoring.domain.assignment.valuing import Run, Source
from services.scoring.models.operations import ADD_TENANT
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError, Sentence
from shared.scoring_events import AssignmentRunApproved, FundWorth

Words = Mapping[str, Mapping[str, str]]
ROWS = 1_000  # so many lines in one statement
CHANGES: Mapping[str, Sentence] = {
    "changed": Sentence("a later run was given other figures"),
    "financed": Sentence("another approved run finances it"),
    "assessed": Sentence("it was assessed again"),
}


class AssignmentRunDecided(RafidError):
    """The run is decided already"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "The run {run_id} is {state}; make a new one."
    run_id: UUID
    state: str


class DeciderMadeRun(RafidError):
    """A run is decided by another person than the one who made it"""

    kind = Kind.FORBIDDEN
    service = "scoring"
    detail = "The run {run_id} has to be decided by somebody who did not make it."
    run_id: UUID


class AssignmentRunOutdated(RafidError):
    """Applications of the run changed meanwhile"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{count} applications changed, among them {application_id}: {change}. Make a new run."
    run_id: UUID
    count: int
    application_id: UUID
    change: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A run that is not kept yet, with what it proposes."""

    run: Run
    words: Words
    input_hash: str
    solution: Solution
    lines: tuple[Line, ...]
    funds: tuple[FundLine, ...]
    hashes: Mapping[str, str]  # of each application as it was sent


def hash_of(run: Run, *, words: Words) -> str:
    """Hash a run: the same in any order of its lists, another for any other figure or word."""
    parts = [run.as_of, run.currency, run.unit, run.weights, words]
    lists = [sorted(map(_written, each)) for each in (run.waiting, run.sources)]
    return _hashed([*parts, *lists])


def solved(run: Run, *, words: Words) -> Solved:
    """Solve a run: arithmetic only, fit for a thread of its own. Raises AssignmentContradicts."""
    problem = valuing.problem_of(run)
    solution = solving.solve(problem)
    return Solved(
        run=run,
        words=words,
        input_hash=hash_of(run, words=words),
        solution=solution,
        lines=reasons.lines_of(problem, solution),
        funds=reasons.fund_lines(problem, solution),
        hashes={item.id: _hashed(item) for item in run.waiting},
    )


async def keep_run(
    session: AsyncSession, made: Solved, *, actor: Actor, at: datetime
) -> AssignmentRunRow:
    """Keep a run as proposed; where its input has one already, that one is returned."""
    statement = (
        insert(AssignmentRunRow)
        .values(
            institution_id=tenancy.institution_of(session),
            run_id=ids.new(),
            input_hash=made.input_hash,
            words=made.words,
            made_by=actor.id,
            made_at=at,
            **_run_columns(made),
        )
        .on_conflict_do_nothing(index_elements=["institution_id", "input_hash"])
        .returning(AssignmentRunRow.run_id)
    )
    run_id = (await session.execute(statement)).scalar_one_or_none()
    if run_id is not None:
        await session.execute(ADD_TENANT, {"institution_id": tenancy.institution_of(session)})
        await _keep_parts(session, made, run_id)
    found = await queries.find_run(session, input_hash=made.input_hash)
    if found is None:
        raise LookupError(made.input_hash)
    return found


async def decide_run(
    session: AsyncSession,
    run_id: UUID,
    *,
    is_approved: bool,
    note: str | None,
    actor: Actor,
    at: datetime,
) -> AssignmentRunRow:
    """Approve or reject a run, by another person than who made it; approving is told.

    Raises AssignmentRunNotFound, DeciderMadeRun, AssignmentRunDecided, and for an approval
    AssignmentRunOutdated.
    """
    row = await queries.locked_run(session, run_id)
    if row.made_by == actor.id:
        raise DeciderMadeRun(run_id=run_id)
    if row.status != "proposed":
        raise AssignmentRunDecided(run_id=run_id, state=row.status)
    if is_approved:
        await _check_unmoved(session, row)
    row.status = "approved" if is_approved else "rejected"
    row.decided_by, row.decided_at, row.decision_note = actor.id, at, note
    await session.flush()
    if is_approved:
        funds = await queries.funds_of(session, run_id)
        event = AssignmentRunApproved(
            run_id=run_id,
            as_of=row.as_of,
            currency=row.currency,
            applications=row.applications,
            financed=row.financed,
            amount_minor=sum(fund.amount_minor for fund in funds),
            input_hash=row.input_hash,
            funds=tuple(_worth(fund) for fund in funds),
        )
        await feed.publish(session, event, subject_id=run_id)
    return row


def _worth(row: AssignmentFundRow) -> FundWorth:
    return FundWorth(
        fund_id=row.fund_id,
        budget_minor=row.budget_minor,
        amount_minor=row.amount_minor,
        financed=row.financed,
        short=sum(it["applications"] for it in row.refused if it["code"] == "budget"),
        one_more=f"{row.one_more:f}",
    )


async def _check_unmoved(session: AsyncSession, row: AssignmentRunRow) -> None:
    moved = await queries.moved_of(session, row)
    if moved:
        raise AssignmentRunOutdated(
            run_id=row.run_id,
            count=len({each.application_id for each in moved}),
            application_id=moved[0].application_id,
            change=CHANGES[moved[0].code],
        )


async def _keep_parts(session: AsyncSession, made: Solved, run_id: UUID) -> None:
    own = {"institution_id": tenancy.institution_of(session), "run_id": run_id}
    refused = _tallies(made)
    sources = {source.rules.id: source for source in made.run.sources}
    funds = [
        own
        | _fund_columns(line, sources[line.fund], refused.get(line.fund, Counter()), made.run.unit)
        for line in made.funds
    ]
    await session.execute(insert(AssignmentFundRow), funds)
    waiting = {item.id: item for item in made.run.waiting}
    lines = [
        own
        | _line_columns(line, place)
        | {
            "amount_minor": waiting[line.application].amount,
            "input_hash": made.hashes[line.application],
        }
        for place, line in enumerate(made.lines, start=1)
    ]
    for start in range(0, len(lines), ROWS):
        await session.execute(insert(AssignmentLineRow), lines[start : start + ROWS])


def _run_columns(made: Solved) -> dict[str, object]:
    value = _points(made.solution.value)
    return {
        "as_of": made.run.as_of,
        "currency": made.run.currency,
        "weights": asdict(made.run.weights),
        "applications": len(made.lines),
        "financed": sum(line.fund is not None for line in made.lines),
        "method": made.solution.method,
        "value": value,
        "bound": max(_points(made.solution.bound), value),
        "status": "proposed",
    }


def _fund_columns(
    line: FundLine, source: Source, refused: Mapping[tuple[str, str], int], unit: int
) -> dict[str, object]:
    return {
        "fund_id": UUID(line.fund),
        "budget_minor": source.rules.budget,
        "amount_minor": line.amount,
        "financed": line.count,
        "trait_amounts": dict(line.trait_amounts),
        "lots": [
            {
                "amount_minor": lot.amount,
                "spend_by": lot.spend_by.isoformat(),
                "spent_minor": spent,
            }
            for lot, spent in valuing.oldest_first(source.lots, spent=line.amount)
        ],
        "refused": [
            {"code": code, "of": of, "applications": count}
            for (code, of), count in sorted(refused.items(), key=lambda it: (-it[1], it[0]))
        ],
        "one_more": _points(line.one_more * unit),
    }


def _line_columns(line: Line, place: int) -> dict[str, Any]:
    return {
        "application_id": UUID(line.application),
        "place": place,
        "fund_id": None if line.fund is None else UUID(line.fund),
        "refusals": [
            {"fund_id": refusal.fund, "code": refusal.code, "of": refusal.of}
            for refusal in line.refusals
        ],
    }


def _tallies(made: Solved) -> dict[str, Counter[tuple[str, str]]]:
    found: dict[str, Counter[tuple[str, str]]] = {}
    for line in made.lines:
        for refusal in line.refusals:
            found.setdefault(refusal.fund, Counter())[refusal.code, refusal.of] += 1
    return found


def _points(value: float) -> Decimal:
    return Decimal(f"{value:.9f}")


def _hashed(value: object) -> str:
    return hashlib.sha256(_written(value).encode()).hexdigest()


def _written(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=sorted).decode()
