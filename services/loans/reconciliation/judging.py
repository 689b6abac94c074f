"""What is said of every line and movement of a real account today, and is that new?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import matching
from services.loans.domain.account_statement import Side
from services.loans.domain.matching import DAYS_APART, Fate, Found, Level, Ours, Outcome, Theirs
from services.loans.domain.statement_chain import DayProof, Stated, chain, covered_through
from services.loans.reconciliation import queries
from services.loans.reconciliation.sides import queries as sides
from services.loans.reconciliation.tables import JudgementRow, ReconciliationPlanRow
from shared import ids
from shared.money import Money

LOOKED_BACK = timedelta(days=60)
"""How long before the oldest open line movements are looked at that are settled already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One line or movement with what was last said of it."""

    subject_id: UUID
    sort: str
    day: date
    amount: Money
    side: Side
    version: int = 0
    outcome: Outcome | None = None
    state: str | None = None
    match_id: UUID | None = None

    @property
    def signed(self) -> Money:
        """What it adds to the account."""
        return self.amount if self.side is Side.IN else -self.amount


@dataclass(slots=True)
class Bench:
    """Both sides of an account while they are judged; `written` are the new judgements."""

    plan: ReconciliationPlanRow
    subjects: dict[UUID, Subject] = field(default_factory=dict)
    lines: list[Theirs] = field(default_factory=list)
    ours: list[Ours] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)

    def say(
        self,
        subject: Subject,
        outcome: Outcome,
        *,
        is_settled: bool = False,
        match_id: UUID | None = None,
        level: Level | None = None,
        fee: Money | None = None,
        proposal_id: UUID | None = None,
    ) -> None:
        """Say something of a subject; what was said last already is not said again."""
        state = "settled" if is_settled else "open"
        if (subject.outcome, subject.state, subject.match_id) == (outcome, state, match_id):
            return
        self.written.append(
            {
                "institution_id": self.plan.institution_id,
                "subject_id": subject.subject_id,
                "version": subject.version + 1,
                "money_account_id": self.plan.money_account_id,
                "sort": subject.sort,
                "outcome": outcome.value,
                "state": state,
                "owner_id": self.plan.owner_id,
                "day": subject.day,
                "side": subject.side.value,
                "currency": subject.amount.currency,
                "amount_minor": subject.amount.minor,
                "level": level,
                "match_id": match_id,
                "fee_minor": None if fee is None else fee.minor,
                "proposal_id": proposal_id,
            }
        )

    async def keep(self, session: AsyncSession) -> None:
        """Write what is new."""
        if self.written:
            await session.execute(insert(JudgementRow), self.written)


async def laid_out(session: AsyncSession, plan: ReconciliationPlanRow) -> Bench:
    """Lay both sides of an account out: open lines, and movements that are or were expected."""
    bench = Bench(plan=plan)
    account_id = plan.money_account_id
    lines = await sides.open_lines(session, account_id, since=plan.since)
    near = min((row.booked_on for row in lines), default=plan.since) - LOOKED_BACK
    movements = await sides.ours(
        session, account_id, since=plan.since - matching.DAYS_NEAR, near=near
    )
    for row in lines:
        subject = _line(row)
        bench.subjects[subject.subject_id] = subject
        if not row.is_held and row.match_id is None:
            bench.lines.append(_theirs(row, subject))
    for row in movements:
        subject = _movement(row)
        bench.subjects[subject.subject_id] = subject
        fate = _fate(row)
        if fate is not None:
            bench.ours.append(_ours(row, subject, fate=fate))
    return bench


async def proofs(
    session: AsyncSession,
    money_account_id: UUID,
    *,
    since: date,
    known_at: datetime | None = None,
) -> list[DayProof]:
    """Prove every closed day of an account from the one before."""
    stated = await sides.stated(session, money_account_id, since=since, known_at=known_at)
    days = await sides.days(session, money_account_id, since=since, known_at=known_at)
    return chain(
        [
            Stated(
                closed_on=row.closed_on,
                opening=Money(row.opening_minor, row.currency),
                closing=Money(row.closing_minor, row.currency),
            )
            for row in stated
        ],
        [(row.booked_on, Money(row.minor, row.currency)) for row in days],
    )


async def judge(session: AsyncSession, bench: Bench) -> list[UUID]:
    """Judge what is laid out; gives the lines whose money nobody explains and which came in."""
    fees = await queries.booked_fees(session, bench.plan.money_account_id)
    _settle_fees(bench, fees)
    proved = await proofs(session, bench.plan.money_account_id, since=bench.plan.since)
    covered = covered_through(proved)
    share = Fraction(bench.plan.fee_share)
    found = await asyncio.to_thread(matching.match, bench.lines, bench.ours, fee_share=share)
    for one in found:
        _say(bench, one, covered=covered)
    return [
        UUID(key)
        for one in found
        if one.outcome in {Outcome.THEIRS_ONLY, Outcome.DUPLICATE}
        for key in one.lines
        if bench.subjects[UUID(key)].side is Side.IN
    ]


def _say(bench: Bench, found: Found, *, covered: date | None) -> None:
    lines = [bench.subjects[UUID(key)] for key in found.lines]
    ours = [bench.subjects[UUID(key)] for key in found.ours]
    if found.outcome is Outcome.MATCHED or found.fee is not None:
        match_id = ids.new()
        for line in lines:
            bench.say(
                line,
                found.outcome,
                is_settled=found.fee is None,
                match_id=match_id,
                level=found.level,
                fee=found.fee,
            )
        for one in ours:
            bench.say(one, Outcome.MATCHED, is_settled=True, match_id=match_id, level=found.level)
        return
    for line in lines:
        bench.say(line, found.outcome)
    for one in ours:
        if found.outcome is not Outcome.OURS_ONLY or _is_missed(one, bench, covered=covered):
            bench.say(one, found.outcome)


def _is_missed(one: Subject, bench: Bench, *, covered: date | None) -> bool:
    """Whether a closed statement should hold a movement: not before its day has been told."""
    return covered is not None and bench.plan.since <= one.day <= covered - DAYS_APART


def _settle_fees(bench: Bench, fees: Sequence[Row[Any]]) -> None:
    """Settle lines whose fee two persons have booked: the booking is the rest of the match."""
    taken = set()
    for fee in fees:
        line, booked = bench.subjects.get(fee.line_id), bench.subjects.get(fee.entry_id)
        if line is None or booked is None or booked.state == "settled":
            continue
        match_id = line.match_id or ids.new()
        for one, outcome in ((line, Outcome.FEE), (booked, Outcome.MATCHED)):
            bench.say(
                one,
                outcome,
                is_settled=True,
                match_id=match_id,
                level=Level.PERSON,
                proposal_id=fee.proposal_id,
            )
        taken.update([str(fee.line_id), str(fee.entry_id)])
    bench.lines = [one for one in bench.lines if one.key not in taken]
    bench.ours = [one for one in bench.ours if one.key not in taken]


def _line(row: Row[Any]) -> Subject:
    return Subject(
        subject_id=row.line_id,
        sort="line",
        day=row.booked_on,
        amount=Money(row.amount_minor, row.currency),
        side=Side(row.side),
        **_last(row),
    )


def _movement(row: Row[Any]) -> Subject:
    return Subject(
        subject_id=row.subject_id,
        sort=row.sort,
        day=row.day,
        amount=Money(abs(row.minor), row.currency),
        side=Side.IN if row.minor > 0 else Side.OUT,
        **_last(row),
    )


def _last(row: Row[Any]) -> Mapping[str, Any]:
    return {
        "version": row.version or 0,
        "outcome": None if row.outcome is None else Outcome(row.outcome),
        "state": row.state,
        "match_id": row.match_id,
    }


def _theirs(row: Row[Any], subject: Subject) -> Theirs:
    return Theirs(
        key=str(row.line_id),
        names=matching.names_of([row.provider_reference, *row.own_references]),
        amount=subject.amount,
        side=subject.side,
        day=subject.day,
        is_reversal=row.is_reversal,
    )


def _fate(row: Row[Any]) -> Fate | None:
    """Whether a movement explains lines to come; None for what did not happen."""
    if row.state == "settled":
        return Fate.TAKEN
    if row.status == "failed":
        return None
    return Fate.UNDONE if row.status == "reversed" else Fate.EXPECTED


def _ours(row: Row[Any], subject: Subject, *, fate: Fate) -> Ours:
    return Ours(
        key=str(row.subject_id),
        names=matching.names_of([str(row.subject_id), str(row.source_id), row.provider_reference]),
        references=matching.names_of([row.reference]),
        amount=subject.amount,
        side=subject.side,
        day=subject.day,
        fate=fate,
    )
