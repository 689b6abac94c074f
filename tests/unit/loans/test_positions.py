"""Where does a contract stand after each day on which something moved?"""

from datetime import date

import pytest

from services.loans.domain import positions
from services.loans.domain.positions import Day, Ladder, Standing

DUES = ((250, 10, 0, 0), (250, 8, 0, 0), (0, 0, 0, 0), (250, 6, 0, 0), (250, 4, 0, 0))
DAYS = [date(2026, month, 1) for month in range(2, 7)]
LADDER = Ladder.of(DUES, DAYS, (2, 1, 0, 3))
FIRST, FIFTH, NINTH = date(2026, 3, 1), date(2026, 3, 5), date(2026, 3, 9)


def stand(paid: int, *, disbursed: int = 1_000) -> positions.Position:
    return positions.stand(Day(FIRST, disbursed, paid), ladder=LADDER)


@pytest.mark.parametrize(
    ("paid", "outstanding", "oldest"),
    [
        (0, 1_000, DAYS[0]),
        (10, 1_000, DAYS[0]),
        (259, 751, DAYS[0]),
        (260, 750, DAYS[1]),
        (300, 718, DAYS[1]),
        (518, 500, DAYS[3]),
        (1_027, 1, DAYS[4]),
    ],
)
def test_what_is_paid_leaves_principal_and_an_oldest_open_due(
    paid: int, outstanding: int, oldest: date
) -> None:
    found = stand(paid)

    assert (found.outstanding, found.oldest_open_due_on) == (outstanding, oldest)
    assert found.status is Standing.ACTIVE


@pytest.mark.parametrize("paid", [1_028, 1_500])
def test_a_contract_that_is_paid_is_closed_and_never_late(paid: int) -> None:
    found = stand(paid)

    assert (found.outstanding, found.oldest_open_due_on) == (0, None)
    assert found.status is Standing.CLOSED


def test_before_anything_is_paid_out_nothing_is_due() -> None:
    found = stand(100, disbursed=0)

    assert found.oldest_open_due_on is None
    assert found.status is Standing.SIGNED
    assert found.outstanding == -90


@pytest.mark.parametrize("disbursed", [0, 1, 1_000])
@pytest.mark.parametrize("paid", [0, 20, 21, 1_006, 1_007, 1_008])
@pytest.mark.parametrize("base", [Standing.ACTIVE, Standing.RENEGOTIATED])
def test_one_walk_along_the_instalments_says_the_same(
    paid: int, disbursed: int, base: Standing
) -> None:
    dues = ((0, 10, 7, 4), (986, 0, 0, 0))
    ladder, day = Ladder.of(dues, DAYS[:2], (3, 1, 2, 0)), Day(FIRST, disbursed, paid)

    walked = positions.stand_of(
        day,
        principal=ladder.principal_of(paid),
        instalments=dues,
        due_on=DAYS[:2],
        base=base,
    )

    assert walked == positions.stand(day, ladder=ladder, base=base)
    assert (
        walked.status
        in {
            0: {Standing.SIGNED},
            1: {base if paid < 1_007 else Standing.CLOSED},
        }[min(disbursed, 1)]
    )


def test_the_order_of_the_terms_says_how_much_principal_a_part_pays() -> None:
    principal_first = Ladder.of(DUES, DAYS, (0, 1, 2, 3))

    assert (principal_first.principal_of(5), LADDER.principal_of(5)) == (5, 0)
    assert principal_first.principal_of(0) == principal_first.principal_of(-3) == 0


def test_what_is_given_up_is_no_longer_outstanding() -> None:
    found = positions.stand(
        Day(FIRST, 1_000, 260), ladder=LADDER, base=Standing.WRITTEN_OFF, written_off=700
    )

    assert (found.outstanding, found.status) == (50, Standing.WRITTEN_OFF)
    assert found.written_off == 700


def test_a_movement_dated_back_changes_its_day_and_every_later_one() -> None:
    days = (Day(FIRST, 1_000, 100), Day(NINTH, 1_000, 250))

    assert positions.moved(days, on=FIFTH, paid=50) == (
        Day(FIFTH, 1_000, 150),
        Day(NINTH, 1_000, 300),
    )


def test_a_movement_of_today_changes_no_earlier_day() -> None:
    days = (Day(FIRST, 1_000, 100), Day(FIFTH, 1_000, 250))

    assert positions.moved(days, on=NINTH, paid=-250) == (Day(NINTH, 1_000, 0),)
    assert positions.moved(days, on=FIFTH, paid=1) == (Day(FIFTH, 1_000, 251),)


def test_the_first_movement_makes_the_first_day() -> None:
    assert positions.moved((), on=FIFTH, disbursed=900) == (Day(FIFTH, 900, 0),)


def test_movements_of_one_day_make_one_day() -> None:
    moves = [(NINTH, 0, 50), (FIRST, 1_000, 0), (NINTH, 0, 20), (FIFTH, 0, 30)]

    assert positions.days_of(moves) == (
        Day(FIRST, 1_000, 0),
        Day(FIFTH, 1_000, 30),
        Day(NINTH, 1_000, 100),
    )
    assert stand(30).day == Day(FIRST, 1_000, 30)


def test_a_ladder_without_rungs_owes_nothing() -> None:
    empty = Ladder.of((), (), (0, 1, 2, 3))

    assert (empty.owed, empty.principal_of(5), empty.oldest_open(0)) == (0, 0, None)
