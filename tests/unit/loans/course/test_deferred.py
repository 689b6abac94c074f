"""Profit on what is overdue, while later instalments are paid already: asked with the last open."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.course import fold, instalments, replay
from services.loans.domain.course.events import Event, OpenProfit, ReAged, ReAmortised
from services.loans.domain.course.payments import catch_up
from services.loans.domain.course.periods_model import Model
from services.loans.domain.course.plan import Advance, Allocation, AllocationRule, Unit
from tests.courses import day, following_days, out, paid

LAST_FIRST = Allocation(rule=AllocationRule(advance=Advance.LAST))
PLAN = following_days(annual_rate=Decimal("0.9"), allocation=LAST_FIRST)
AHEAD = paid(3_402, "01-15")
"""Pays the sixth instalment and the fifth; the fourth, of 1 May, is then the last open one."""
OPEN = 10_000 - 3_402
A_MONTH = Decimal("0.075")
BEFORE = 610 + 3 * 495
"""January bears 14 days on all and 17 on what is open, three months bear on what is open."""


def overdue(on: str) -> Model:
    standing = replay.replay(PLAN, [out(), AHEAD])
    catch_up(standing, day(on))
    return standing.model


def told(model: Model) -> list[tuple[int, int, bool]]:
    return [(one.instalment, one.deferred, one.is_moved_up) for one in model.periods][3:]


@pytest.mark.parametrize(
    ("until", "share"),
    [
        ("05-01", Decimal(0)),
        ("05-10", Decimal(9) / 31),
        ("05-16", Decimal(15) / 31),
        ("06-01", Decimal(1)),
        ("06-16", Decimal("1.5")),
        ("07-01", Decimal(2)),
    ],
)
def test_what_is_overdue_bears_to_the_day_and_is_asked_with_the_last_open_one(
    until: str, share: Decimal
) -> None:
    model = overdue("07-01")
    expected = round(OPEN * A_MONTH * share)

    instalments.settle_last(model, day(until))

    is_moved = expected > 0
    assert told(model) == [
        (2_303, expected, False),
        (1_272, 0, is_moved),
        (2_130, 0, is_moved),
    ]


@pytest.mark.parametrize("on", ["05-16", "06-16", "07-01"])
def test_settled_twice_it_stays_as_it_was(on: str) -> None:
    model = overdue(on)
    before = told(model), model.tally()

    instalments.settle_last(model, day(on))

    assert (told(model), model.tally()) == before


def test_a_shorter_look_takes_back_what_a_longer_one_had_deferred() -> None:
    model = overdue("07-01")
    assert told(model)[0] == (2_303, 990, False)

    instalments.settle_last(model, day("05-10"))

    assert told(model)[0] == (2_303, 144, False)


def test_nothing_is_deferred_to_the_last_of_all() -> None:
    model = overdue("07-01")
    before = told(model)

    instalments.defer(model, model.last, day("06-16"))

    assert told(model) == before


def test_nothing_is_deferred_where_all_profit_has_a_place() -> None:
    model = overdue("05-01")

    instalments.defer(model, model.periods[3], day("05-01"))

    assert told(model) == [(2_303, 0, False), (1_272, 0, False), (2_130, 0, False)]


def test_only_the_instalments_after_the_last_open_one_have_no_profit_of_their_own() -> None:
    model = overdue("06-16")

    assert [one.is_moved_up for one in model.periods] == [False] * 4 + [True] * 2
    assert [tally.profit for tally in model.tally()][4:] == [0, 0]
    assert model.tally()[3].profit == round(OPEN * A_MONTH) + 742


@pytest.mark.parametrize(("on", "profit"), [("05-16", 239), ("06-01", 495), ("06-16", 742)])
def test_the_course_asks_it_with_the_instalment_that_is_open(on: str, profit: int) -> None:
    row = fold.course(PLAN, [out(), AHEAD], as_of=day(on)).rows[4]

    assert (row.due_on, row.profit) == (date(2024, 5, 1), 495 + profit)
    assert fold.payoff(PLAN, [out(), AHEAD], on=day(on)) == OPEN + BEFORE + profit


def re_aged(profit: OpenProfit) -> ReAged:
    starts_on = day("07-16")
    return ReAged(
        key="spread",
        on=day("06-16"),
        starts_on=starts_on,
        every=1,
        unit=Unit.MONTHS,
        instalments=3,
        profit=profit,
    )


@pytest.mark.parametrize(
    "spread",
    [
        ReAmortised(key="spread", on=day("06-16")),
        re_aged(OpenProfit.AS_AGREED),
        re_aged(OpenProfit.SPREAD_PAYABLE),
    ],
)
def test_spread_anew_what_was_borne_after_the_last_open_one_is_owed_once(spread: Event) -> None:
    """What settles the contract on the day is the same before and after it is spread."""
    before = fold.payoff(PLAN, [out(), AHEAD], on=day("06-16"))

    course = fold.course(PLAN, [out(), AHEAD, spread], as_of=day("06-16"))

    assert fold.payoff(PLAN, [out(), AHEAD, spread], on=day("06-16")) == before
    assert sum(row.principal for row in course.rows) == 10_000
    assert [row.principal - row.principal_paid for row in course.rows[1:4]] == [0, 0, 0]
