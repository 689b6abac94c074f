"""What becomes of a payment, or of one taken back, where it may change the instalments?"""

from dataclasses import dataclass, replace
from datetime import date

from services.loans.domain import allocation, collecting, positions
from services.loans.domain.allocation import Portions
from services.loans.domain.collecting import Decided, Standing
from services.loans.domain.journal import Channel
from services.loans.domain.positions import Ladder, Position
from services.loans.domain.servicing import course_rows
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.life import Life
from services.loans.domain.servicing.refusals import CourseDoesNotFollow
from services.loans.domain.servicing.rows import Row, Rows
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A decided payment, and the instalments that it leaves; None where they stay as they are."""

    decided: Decided
    rows: Rows | None


def fold(standing: Standing, *, life: Life, minor: int, on: date, channel: Channel) -> Folded:
    """Decide a payment of so many minor units that `life` holds, or (negative) holds no more.

    The portions are the difference of everything paid before and after: paid early, principal
    bears no profit from that day; dated back, profit booked since may become principal. Where the
    course asks for what was asked before, the instalments stay. Worked: 10,000.00 at 12 %, 12
    months by 30/360, 888.49 paid on the 1st of the month instead of the 15th (17 of 31 days):
    profit 54.84 and principal 833.65. Raises `CourseDoesNotFollow` where what came later rests on
    the money that is taken back.
    """
    course = life.course()
    lost = course_rows.lost_of(course, paid=standing.paid.total + minor)
    if lost:
        raise CourseDoesNotFollow(
            contract_id=standing.contract_id,
            effective_on=on,
            missing=Money(lost, standing.fund.currency),
        )
    rows = course_rows.rows_of(course)
    return follow(standing, rows, minor=minor, on=on, channel=channel)


def follow(standing: Standing, rows: Rows, *, minor: int, on: date, channel: Channel) -> Folded:
    """Decide a payment after which these instalments hold, as `fold` does."""
    before, total = standing.paid, standing.paid.total + minor
    parts = [row.parts for row in rows]
    paid = allocation.waterfall(total, instalments=parts, order=standing.order)
    changed = positions.moved(standing.days, on=on, paid=minor)
    portions = Portions(*(new - old for new, old in zip(paid, before, strict=True)))
    after = replace(
        standing,
        paid=paid,
        version=standing.version + 1,
        days=(*(day for day in standing.days if day.valid_from < on), *changed),
    )
    stays = len(changed) == 1 and _asks_the_same(standing, rows, total=total, paid=paid)
    if stays:
        stood, generations = collecting.stood(after, changed, principal=paid.principal)
    else:
        after = replace(
            after,
            instalments=tuple(parts),
            due_on=tuple(row.due_on for row in rows),
            generation=standing.generation + 1,
            generation_from=on,
        )
        stood = _stood(after, len(changed))
        generations = (after.generation,) * len(changed)
    decided = Decided(
        portions=portions,
        entry=collecting.entry_of(standing, portions, booked_on=on, channel=channel),
        after=after,
        closes=before.total < standing.owed_minor and total >= after.owed_minor,
        positions=stood,
        generations=generations,
    )
    return Folded(decided=decided, rows=None if stays else rows)


def _asks_the_same(standing: Standing, rows: Rows, *, total: int, paid: Portions) -> bool:
    """Whether the instalments that hold ask for the same after the payment, part by part."""
    held = tuple(
        Row(day, *parts) for day, parts in zip(standing.due_on, standing.instalments, strict=True)
    )
    poured = allocation.waterfall(total, instalments=standing.instalments, order=standing.order)
    still_open = [
        arithmetic.compact(arithmetic.split(each, paid=total, order=standing.order)[1])
        for each in (held, rows)
    ]
    return poured == paid and still_open[0] == still_open[1]


def _stood(after: Standing, changed: int) -> tuple[Position, ...]:
    ladder = Ladder.of(after.instalments, after.due_on, after.order)
    return tuple(
        positions.stand(day, ladder=ladder, base=after.counts_as(day.valid_from))
        for day in after.days[-changed:]
    )
