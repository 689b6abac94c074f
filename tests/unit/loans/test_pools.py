"""Money that was mixed on one day is shared by all that is drawn from it."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.loans.domain import pool_reading, pools
from services.loans.domain.lineage import HAND, Flow, Place, Spot
from services.loans.domain.pools import Part, Pieces, Pool, Version

FIRST = date(2026, 1, 10)
GIFT, ERROR = (Spot(Place.RECEIPT, UUID(int=number)) for number in (11, 12))
LOAN = Spot(Place.CONTRACT, UUID(int=1))
FEE = Spot(Place.YIELD, UUID(int=1))
LOST = Spot(Place.LOST, UUID(int=1))


class Book:
    """A pool whose days are counted from the first, with the pieces of one spot."""

    def __init__(self) -> None:
        self.pool = Pool()
        self.pieces: Pieces = {}

    def on(
        self, day: int, source: Spot, target: Spot, amount: int, *, came_in: int | None = None
    ) -> list[tuple[int, int | None]]:
        flow = Flow(source=source, target=target, amount=amount)
        parts = self.pool.lay(
            flow, day=FIRST + timedelta(days=day), pieces=self.pieces, came_in=came_in
        )
        return [(part.amount, part.version) for part in parts]

    def where(self, came_in: int, amount: int) -> pool_reading.Rest:
        return pool_reading.whereabouts(self.pool.versions, {came_in: amount})

    def origins(self, **drawn: int) -> pool_reading.Origin:
        named = {int(name.removeprefix("v")): units for name, units in drawn.items()}
        return pool_reading.origins(self.pool.versions, named)


def test_the_worked_numbers() -> None:
    book = Book()
    book.on(0, GIFT, HAND, 400)
    assert book.on(0, HAND, LOAN, 200) == [(200, 0)]
    assert book.on(3, LOAN, HAND, 80) == [(80, 0)]
    rest = book.where(0, 100)
    assert (rest.at_hand, rest.out) == (70, {0: 30})
    assert pools.shares(10, (1, 1, 1)) == [4, 3, 3]

    book = Book()
    book.on(0, GIFT, HAND, 400)
    book.on(1, ERROR, HAND, 200)
    book.on(1, HAND, LOAN, 90)
    assert book.origins(v1=90).came == {0: 60, 1: 30}

    book = Book()
    book.on(0, GIFT, HAND, 1_000)
    book.on(0, HAND, LOAN, 600)
    book.on(1, LOAN, HAND, 200)
    book.on(1, HAND, LOAN, 300)
    assert pool_reading.lent_again(book.pool.versions) == {0: 0, 1: 100}


def test_what_comes_back_on_the_day_it_was_drawn_was_not_drawn() -> None:
    book = Book()
    book.on(0, GIFT, HAND, 400)
    book.on(0, HAND, LOAN, 300)
    assert book.on(0, LOAN, HAND, 300) == [(300, 0)]
    assert book.where(0, 400).at_hand == 400
    assert book.pool.versions[0].drawn == 0


def test_the_oldest_draw_is_repaid_first() -> None:
    book = Book()
    book.on(0, GIFT, HAND, 400)
    book.on(0, HAND, LOAN, 100)
    book.on(1, HAND, LOAN, 50)
    assert book.on(2, LOAN, HAND, 120) == [(100, 0), (20, 1)]
    assert book.pieces == {0: 0, 1: 30}
    assert book.pool.versions[2].returned == {0: 100, 1: 20}


def test_a_day_that_ends_overdrawn_goes_on_until_the_money_is_there() -> None:
    book = Book()
    book.on(0, GIFT, HAND, 100)
    book.on(0, HAND, LOAN, 150)
    assert book.origins(v0=150) == pool_reading.Origin(came={0: 100}, owed=50)
    book.on(5, ERROR, HAND, 80)
    assert len(book.pool.versions) == 1
    assert book.origins(v0=150) == pool_reading.Origin(came={0: 150})
    book.on(6, ERROR, HAND, 1)
    assert len(book.pool.versions) == 2
    assert book.where(0, 180) == pool_reading.Rest(at_hand=30, out={0: 150}, paid_back={})


def test_a_receipt_in_error_that_nobody_needed_was_never_there() -> None:
    book = Book()
    book.on(0, GIFT, HAND, 300)
    book.on(0, ERROR, HAND, 200)
    book.on(0, HAND, LOAN, 250)
    assert book.on(4, HAND, ERROR, 200, came_in=0) == [(200, 0)]
    assert book.where(0, 300) == pool_reading.Rest(at_hand=50, out={0: 250}, paid_back={})
    assert book.origins(v0=250).came == {0: 250}


def test_what_the_pool_had_needed_is_paid_back_out_of_it() -> None:
    book = Book()
    book.on(0, ERROR, HAND, 200)
    book.on(0, HAND, LOAN, 150)
    book.on(1, GIFT, HAND, 300)
    assert book.on(2, HAND, ERROR, 200, came_in=0) == [(50, 0), (150, 2)]
    rest = book.where(1, 300)
    assert (rest.at_hand, rest.paid_back) == (150, {2: 150})
    assert book.on(2, HAND, FEE, 10) == [(10, 2)]


def test_a_place_that_gave_more_than_it_had_is_made_good_first() -> None:
    book = Book()
    assert book.on(0, LOST, HAND, 30) == [(30, 0)]
    assert book.pieces == {0: -30}
    assert book.on(1, HAND, LOST, 20) == [(20, 0)]
    assert book.on(1, GIFT, LOST, 15) == [(10, 0), (5, 1)]
    assert book.pieces == {0: 0, 1: 5}
    assert book.on(1, LOST, LOAN, 7) == [(5, 1), (2, 1)]


def test_money_that_changes_its_name_alone_mixes_with_nothing() -> None:
    book = Book()
    assert book.on(0, FEE, GIFT, 9) == [(9, None)]
    assert book.pool.versions[0].came == 0


@pytest.mark.parametrize("weights", [(0, 5), (5, 0)])
def test_what_has_no_weight_gets_nothing(weights: tuple[int, int]) -> None:
    assert pools.shares(7, weights) == [7 if weight else 0 for weight in weights]


def test_a_part_says_how_much_and_which_version() -> None:
    assert Part(amount=5, version=None) != Part(amount=5, version=0)
    assert Pool().first == 0


def test_the_parts_of_a_place_add_up_to_what_is_told_of_it() -> None:
    second = Spot(Place.CONTRACT, UUID(int=2))
    standing = [(LOAN, 1), (second, 1), (LOST, 1)]
    assert pool_reading.placed(2, standing) == [(LOAN, 1), (second, 0), (LOST, 1)]
    assert pools.shares(2, [2, 1]) == [1, 1]


def test_versions_are_as_they_were_before_a_receipt_was_given_back() -> None:
    found = Version(number=0, begun_on=date(2026, 1, 5), came=300, drawn=250, carried=50)
    later = Version(number=1, begun_on=date(2026, 1, 6), carried=50)
    then = pool_reading.before([found, later], {0: 200})
    assert [(one.came, one.carried) for one in then] == [(500, 250), (0, 250)]
    assert (found.came, found.carried) == (300, 50), "what is kept is not touched"
