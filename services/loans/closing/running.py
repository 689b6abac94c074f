"""How is a whole day closed while payments go on, part by part, and again after a failure?

First the windows of contracts that have moved on are made anew, each part in a transaction of its
own; then the portfolio is summed in one snapshot, which locks nothing; last one transaction keeps
the figures and books the difference. Nothing is booked before, so a run that dies leaves nothing
behind but windows, which follow from the instalments alone, and the next run does it all.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import add
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.closing import operations, queries, windows
from services.loans.closing.operations import Found
from services.loans.closing.queries import Cut
from services.loans.closing.tables import DayCloseRow
from services.loans.cofinancing import queries as cofinancing
from services.loans.contracts import queries as contracts
from services.loans.domain import closing_policy, day_close, provisioning, shared_figures
from services.loans.domain.accrual import Recognition
from services.loans.domain.closing_policy import ClosingPolicy, DatedPolicy
from services.loans.domain.day_close import Agreed, Figure, Part, Place, Shown, Stock
from services.loans.domain.staging import Stage
from services.loans.ledger.operations import DayNotOver
from services.loans.lives.queries import COURSE
from services.loans.servicing import queries as courses
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import ContractId, FundId, ProductId

PART = 20_000
PLACE = 6
"""So many columns of the sums say where their contracts are counted."""
SUMMED = (
    "contracts",
    "outstanding",
    "earned",
    "receivable",
    "unearned",
    "suspended",
    "expected_loss",
    "minimum",
    "allowance",
)
"""The other columns, after the contract that has no window."""
REST_MOST = 4.0
SHARES = {"windows": (0.0, 0.5), "figures": (0.5, 1.0)}
"""From where to where in its time a close is while it does a step."""
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
USUAL = DatedPolicy(policy_id=UUID(int=0), fund_id=None, starts_on=date.min, policy=ClosingPolicy())


class NothingOutstanding(RafidError):
    """The contract adds nothing to the close of that day"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "On {day} the contract {contract_id} was not paid out, or nothing was owed on it."
    contract_id: ContractId
    day: date


Progress = Callable[[str, int, int], None]
Policies = Mapping[FundId, DatedPolicy]


def silent(_step: str, _done: int, _all: int) -> None:
    """Tell nobody how far a close is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a close goes about it: the size of a part, the time it may take, who hears of it.

    Given more seconds than it needs, a close rests after each part, so that others have the
    processors; given less, it never rests.
    """

    part: int = PART
    within: float = 0.0
    progress: Progress = field(default=silent)


@dataclass(slots=True)
class Pace:
    """Rests after a part while the close is ahead of its time, at most some parts long."""

    within: float
    begun: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    async def rest(self, share: float) -> None:
        """Rest after a part with which so much of the close is done."""
        now = time.monotonic()
        ahead = self.begun + self.within * share - now
        await asyncio.sleep(max(min(ahead, REST_MOST * (now - self.last)), 0.0))
        self.last = time.monotonic()


async def close_day(
    db: TenantDb, *, day: date, today: date, actor_id: UUID, manner: Manner | None = None
) -> DayCloseRow:
    """Close a day that is over: keep its figures and book what is not booked yet.

    Closed again, a day books only what has changed since. Raises DayNotOver, LaterDayClosed,
    PeriodClosed, ClosedMeanwhile; nothing is booked then.
    """
    found = await look_at(db, day=day, today=today, manner=manner)
    async with db.begin() as session:
        return await operations.book_close(session, found, actor_id=actor_id)


async def look_at(db: TenantDb, *, day: date, today: date, manner: Manner | None = None) -> Found:
    """Return the figures of a day that is over; nothing is kept or booked.

    Raises DayNotOver, LaterDayClosed, PeriodClosed.
    """
    if day >= today:
        raise DayNotOver(asked=day, today=today)
    how = manner or Manner()
    pace = Pace(how.within)
    async with db() as session:
        await operations.refuse_earlier(session, day=day)
        policies = await policies_of(session, day=day)
    await _make_windows(db, day=day, policies=policies, manner=how, pace=pace)
    return await sum_up(db, day=day, policies=policies, manner=how, pace=pace)


async def policies_of(session: AsyncSession, *, day: date) -> dict[FundId, DatedPolicy]:
    """Return the policy that each fund is closed by on a day."""
    given = [queries.dated(row) for row in await queries.policies(session)]
    return {
        fund_id: closing_policy.in_force(given, fund_id=fund_id, on=day) or USUAL
        for fund_id in await queries.funds(session)
    }


async def part_of(session: AsyncSession, contract_id: UUID, *, day: date) -> tuple[Row[Any], Part]:
    """Return what one contract adds to the close of a day. Raises NothingOutstanding."""
    rows = await queries.one_by_one(session, day=day, contract_ids=[contract_id])
    policies = await policies_of(session, day=day)
    for row, part in await parts(session, rows, day=day, policies=policies):
        return row, part
    raise NothingOutstanding(contract_id=ContractId(contract_id), day=day)


async def _make_windows(
    db: TenantDb, *, day: date, policies: Policies, manner: Manner, pace: Pace
) -> None:
    cuts = _cuts(db, day=day, policies=policies, manner=manner, pace=pace, step="windows")
    async for cut in cuts:
        async with db() as session:
            await queries.work_alone(session)
            stale = await queries.stale(session, cut)
        if stale:
            async with db.begin() as session:
                await queries.work_alone(session, loops=True)
                await windows.refresh_windows(
                    session, stale, day=day, rules=cut.rules, policies=policies
                )


async def sum_up(
    db: TenantDb, *, day: date, policies: Policies, manner: Manner, pace: Pace
) -> Found:
    """Sum the portfolio within one snapshot, so that all of it is known at one moment."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    without_window: list[UUID] = []
    async with db(snapshot=True) as session:
        await queries.work_alone(session)
        known_at = (await queries.moment(session)).now
        anew = await courses.products_counted_anew(session)
        cuts = _cuts(db, day=day, policies=policies, manner=manner, pace=pace, step="figures")
        async for cut in cuts:
            for row in await queries.sums(session, cut, anew=anew):
                if row.without_window is not None:
                    without_window.append(row.without_window)
                else:
                    key, added = row[:PLACE], row[PLACE + 1 :]
                    known = sums.setdefault(key, [0] * len(added))
                    sums[key] = list(map(add, known, map(int, added)))
        figures = defaultdict(
            Figure, {_place(key): _figure(summed) for key, summed in sums.items()}
        )
        rows = await queries.one_by_one(
            session, day=day, contract_ids=without_window, with_anew=True
        )
        for row, part in await parts(session, rows, day=day, policies=policies):
            place = _place_of(row, part)
            figures[place] += day_close.figure(part, outstanding=row.outstanding)
        for place, figure in await _shared(session, day=day, policies=policies):
            figures[place] += figure
    return Found(day=day, known_at=known_at, figures=figures)


async def _shared(
    session: AsyncSession, *, day: date, policies: Policies
) -> list[tuple[Place, Figure]]:
    """Give what moves between the books of funds that finance contracts together.

    Each such contract was counted in the book of the fund that leads, by whose rules it is closed.
    """
    shared = await cofinancing.every_contract(session)
    if not shared:
        return []
    plans = await cofinancing.plans_of(session, shared)
    totals = await cofinancing.totals_of(session, shared)
    rows = await queries.one_by_one(session, day=day, contract_ids=shared)
    moved = []
    for row, part in await parts(session, rows, day=day, policies=policies):
        place, plan = _place_of(row, part), plans[row.contract_id]
        whole = day_close.figure(part, outstanding=row.outstanding)
        moved.append((place, shared_figures.opposite(whole)))
        of_each = shared_figures.shared(plan, whole, totals=totals[row.contract_id])
        moved += [(replace(place, fund_id=fund), one) for fund, one in of_each.items()]
    return moved


async def _cuts(
    db: TenantDb, *, day: date, policies: Policies, manner: Manner, pace: Pace, step: str
) -> AsyncIterator[Cut]:
    """Go through the portfolio in parts, resting after each as the pace allows."""
    told = rules(policies)
    async with db() as session:
        many = (await queries.moment(session)).many
    done, after, (begin, end) = 0, FIRST, SHARES[step]
    while after != LAST:
        async with db() as session:
            upto = await queries.bound(session, after=after, size=manner.part) or LAST
        yield Cut(day=day, rules=told, after=after, upto=upto)
        done = min(done + manner.part, many)
        manner.progress(step, done, many)
        await pace.rest(begin + (end - begin) * (done / many if many else 1.0))
        after = upto


async def parts(
    session: AsyncSession, rows: Sequence[Row[Any]], *, day: date, policies: Policies
) -> list[tuple[Row[Any], Part]]:
    """Let the domain look at contracts one by one, by the instalments that held on the day.

    Of late ones whose profit payments count anew, the course says what is earned.
    """
    late = [
        row.contract_id
        for row in rows
        if row.servicing == COURSE and row.oldest is not None and row.oldest < day
    ]
    owed = await courses.profit_owed(session, late, day=day)
    by_currency: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_currency[row.currency].append(row)
    found = []
    for currency, those in by_currency.items():
        agreed = await contracts.instalments(
            session, [row.contract_id for row in those], currency=currency, as_of=day
        )
        for row in those:
            policy = policies[FundId(row.fund_id)].policy
            standing = day_close.standing(
                Agreed(
                    mode_of_finance=row.mode_of_finance,
                    disbursed_on=row.disbursed_on,
                    effective_rate=row.effective_annual_rate,
                    instalments=agreed.get(row.contract_id, ()),
                ),
                policy=policy,
                on=day,
                shown=Shown(
                    outstanding=row.outstanding,
                    received=row.received,
                    oldest_open_due_on=row.oldest,
                    renegotiated_on=row.renegotiated_on,
                    owed=owed.get(row.contract_id),
                ),
            )
            found.append((row, day_close.part(standing, policy=policy, on=day)))
    return found


def rules(policies: Policies) -> str:
    """The policies as the sums take them; shares in parts of a thousand million."""
    return orjson.dumps(
        [
            {
                "fund_id": str(fund_id),
                "policy_id": str(dated.policy_id),
                "accrues": dated.policy.recognition is not Recognition.CASH,
                "is_straight": dated.policy.recognition is Recognition.STRAIGHT_LINE,
                "cure_dues": dated.policy.staging.cure_dues,
                "non_accrual_after": dated.policy.non_accrual_after_days,
                "risen_after": dated.policy.staging.risen_after_days,
                "default_after": dated.policy.staging.default_after_days,
                "bucket_days": dated.policy.bucket_days,
                "minimums": [provisioning.parts_of(one) for one in dated.policy.minimums],
                "has_loss": dated.policy.loss is not None,
                "default_loss": 0
                if dated.policy.loss is None
                else provisioning.parts_of(dated.policy.loss.loss_given_default),
            }
            for fund_id, dated in policies.items()
        ]
    ).decode()


def _place_of(row: Row[Any], part: Part) -> Place:
    return Place(
        fund_id=FundId(row.fund_id),
        product_id=ProductId(row.product_id),
        currency=row.currency,
        bucket_from=part.bucket_from,
        stage=part.stage,
        is_restructured=part.is_restructured,
    )


def _place(place: tuple[Any, ...]) -> Place:
    fund_id, product_id, currency, bucket_from, stage, is_restructured = place
    return Place(
        fund_id=FundId(fund_id),
        product_id=ProductId(product_id),
        currency=currency,
        bucket_from=bucket_from,
        stage=Stage(stage),
        is_restructured=is_restructured,
    )


def _figure(summed: Sequence[int]) -> Figure:
    named = dict(zip(SUMMED, summed, strict=True))
    return Figure(
        contracts=named["contracts"],
        outstanding=named["outstanding"],
        earned=named["earned"],
        suspended=named["suspended"],
        expected_loss=named["expected_loss"],
        minimum=named["minimum"],
        stock=Stock(
            receivable=named["receivable"],
            unearned=named["unearned"],
            allowance=named["allowance"],
        ),
    )
