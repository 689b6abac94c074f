"""Is every position what the movements make of it, today and at each moment since?

The rows of a contract's history are folded again, version by version: each must change its own day
and every later one by the same amounts, stand as its generation of instalments says, and lead at
the end to what the movements themselves add up to, and to the position that is kept as the newest.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import allocation, positions
from services.loans.domain.allocation import Parts
from services.loans.domain.positions import Day, Ladder, Standing
from services.loans.domain.proved import Broken
from services.loans.domain.terms import Component
from services.loans.proof import queries

PAGE = 500
GIVEN_UP = frozenset({Standing.WRITTEN_OFF, Standing.CANCELLED})


class _Broken(Exception):
    """What does not fit, in words."""


async def first_broken(session: AsyncSession) -> tuple[int, Broken | None]:
    """Fold every contract's positions again; return how many fit, and the first that does not."""
    after: object = queries.FIRST
    count = 0
    while rows := await queries.histories(session, after=after, limit=PAGE):
        for row in rows:
            try:
                _prove(row)
            except _Broken as broken:
                return count, Broken(row=str(row.contract_id), why=str(broken))
            count += 1
        after = rows[-1].contract_id
    return count, None


def _prove(row: Row[Any]) -> None:
    history = row.history or []
    days: tuple[Day, ...] = ()
    ladders = _ladders(row)
    for version, written in groupby(history, key=lambda one: one["version"]):
        rows = list(written)
        days = _moved(days, rows, version=version)
        for one in rows:
            _stands(one, ladders=ladders)
    moved = positions.days_of(
        (date.fromisoformat(one["on"]), one["disbursed"], one["paid"]) for one in row.moves or []
    )
    sums = {day.valid_from: (day.disbursed, day.paid) for day in days}
    for day in moved:
        if sums.get(day.valid_from) != (day.disbursed, day.paid):
            raise _Broken(
                f"{day.valid_from} adds up to {day.disbursed}/{day.paid} in the movements"
            )
    if (
        moved
        and days
        and (days[-1].disbursed, days[-1].paid)
        != (
            moved[-1].disbursed,
            moved[-1].paid,
        )
    ):
        raise _Broken(f"the newest day {days[-1].valid_from} holds other sums than the movements")
    _agrees(row, history)
    _heads(row, history)


def _agrees(row: Row[Any], history: Sequence[Any]) -> None:
    """Hold each day, as it is known now, against the agreement that held on it."""
    newest = {one["valid_from"]: one for one in history}
    for day, one in newest.items():
        holding = [
            agreed["generation"] for agreed in row.agreed or [] if agreed["effective_on"] <= day
        ]
        if one["generation"] != max(holding, default=1):
            raise _Broken(f"{day} follows generation {one['generation']} of its instalments")


def _moved(days: tuple[Day, ...], rows: Sequence[Any], *, version: int) -> tuple[Day, ...]:
    """Apply one version's change to the days known before, and hold its rows against that."""
    on = date.fromisoformat(rows[0]["valid_from"])
    before = positions.moved(days, on=on)[0]
    changed = positions.moved(
        days,
        on=on,
        disbursed=rows[0]["disbursed_minor"] - before.disbursed,
        paid=rows[0]["paid_minor"] - before.paid,
    )
    written = tuple(
        Day(date.fromisoformat(one["valid_from"]), one["disbursed_minor"], one["paid_minor"])
        for one in rows
    )
    if written != changed:
        raise _Broken(f"version {version} changes other days than its own and the later ones")
    return (*(day for day in days if day.valid_from < on), *changed)


def _stands(one: Any, *, ladders: dict[int, Ladder]) -> None:
    status = Standing(one["status"])
    day = Day(date.fromisoformat(one["valid_from"]), one["disbursed_minor"], one["paid_minor"])
    found = positions.stand(
        day,
        ladder=ladders[one["generation"]],
        base=Standing.ACTIVE if status is Standing.CLOSED else status,
        written_off=one["written_off_minor"],
    )
    oldest = None if found.oldest_open_due_on is None else found.oldest_open_due_on.isoformat()
    if (found.outstanding, oldest) != (
        one["outstanding_principal_minor"],
        one["oldest_open_due_on"],
    ):
        raise _Broken(f"{day.valid_from} stands at {found.outstanding}, oldest due {oldest}")
    if status not in GIVEN_UP and (found.status is Standing.CLOSED) != (status is Standing.CLOSED):
        raise _Broken(f"{day.valid_from} is {status}, its sums say {found.status}")


def _heads(row: Row[Any], history: Sequence[Any]) -> None:
    if not history:
        if row.moved_on is not None:
            raise _Broken("the position has moved, its history is empty")
        return
    newest = max(history, key=lambda one: (one["valid_from"], one["version"]))
    kept = (row.moved_on.isoformat(), row.outstanding, row.status, row.disbursed, row.written_off)
    told = (
        newest["valid_from"],
        newest["outstanding_principal_minor"],
        newest["status"],
        newest["disbursed_minor"],
        newest["written_off_minor"],
    )
    if kept != told:
        raise _Broken(f"the position is {kept}, its history ends with {told}")


def _ladders(row: Row[Any]) -> dict[int, Ladder]:
    order = allocation.order_of([Component(name) for name in row.allocation_order])
    ladders = {}
    for generation, dues in groupby(row.dues or [], key=lambda due: due["generation"]):
        agreed = list(dues)
        ladders[generation] = Ladder.of(
            list(_parts(agreed)), [date.fromisoformat(due["due_on"]) for due in agreed], order
        )
    return ladders


def _parts(dues: Iterable[Any]) -> Iterable[Parts]:
    for due in dues:
        yield due["principal_minor"], due["profit_minor"], due["fee_minor"], due["penalty_minor"]
