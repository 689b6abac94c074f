"""Entries become flows between places, and each unit has one way in and one out."""

from uuid import UUID

import pytest

from services.loans.domain import lineage
from services.loans.domain.chart import CHART
from services.loans.domain.lineage import (
    HAND,
    NOBODY,
    Flow,
    Lines,
    MoneyWithoutContract,
    Move,
    Place,
    Spot,
    Stretch,
    Tracing,
)

ONE, OTHER = UUID(int=1), UUID(int=2)
GIFT, ERROR = Spot(Place.RECEIPT, UUID(int=11)), Spot(Place.RECEIPT, UUID(int=12))
LOAN, NEXT = Spot(Place.CONTRACT, ONE), Spot(Place.CONTRACT, OTHER)


def flows(*lines: tuple[str, int]) -> list[tuple[Spot, Spot, int]]:
    found = lineage.flows_of(lines, contract_id=ONE, receipt_id=GIFT.owner)
    return [(flow.source, flow.target, flow.amount) for flow in found]


def answered(tracing: Tracing, moves: list[Move]) -> dict[Spot, int]:
    try:
        next(tracing)
        while True:
            tracing.send(moves)
    except StopIteration as end:
        return lineage.sums(end.value)


def laid(*ways: tuple[Spot, Spot, int]) -> list[Move]:
    lines = Lines()
    return [
        move
        for number, (source, target, amount) in enumerate(ways, start=1)
        for move in lines.lay([Flow(source=source, target=target, amount=amount)], number=number)
    ]


def test_every_account_of_the_chart_counts_to_a_place_and_no_other_does() -> None:
    assert {account.code for account in CHART} == set(lineage.PLACES)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("cash", 500), ("fund_balance", -500)], [(GIFT, HAND, 500)]),
        ([("fund_balance", 500), ("wallet", -500)], [(HAND, GIFT, 500)]),
        (
            [("loans", 1_000), ("cash", -980), ("fee_income", -20)],
            [(Spot(Place.YIELD, ONE), LOAN, 20), (HAND, LOAN, 980)],
        ),
        (
            [("cash", 110), ("loans", -100), ("profit_income", -10)],
            [(Spot(Place.YIELD, ONE), HAND, 10), (LOAN, HAND, 100)],
        ),
        ([("cash", 30), ("surplus", -30)], []),
        ([("cash", 40), ("wallet", -40)], []),
        ([("surplus", 30), ("loans", -30)], [(LOAN, HAND, 30)]),
        ([("write_off", 70), ("loans", -70)], [(LOAN, Spot(Place.LOST, ONE), 70)]),
        ([("cash", 15), ("recovery", -15)], [(Spot(Place.LOST, ONE), HAND, 15)]),
        ([("forgiveness", 25), ("loans", -25)], [(LOAN, Spot(Place.SPENT, ONE), 25)]),
        ([("provision_expense", 9), ("loss_allowance", -9)], []),
        ([("profit_receivable", 9), ("deferred_profit", -9)], []),
        ([("loans", 90), ("goods", -90)], []),
    ],
)
def test_an_entry_moves_money_between_places(
    lines: list[tuple[str, int]], expected: list[tuple[Spot, Spot, int]]
) -> None:
    assert flows(*lines) == expected


def test_money_in_a_contract_that_nobody_names_is_refused() -> None:
    with pytest.raises(MoneyWithoutContract) as refused:
        lineage.flows_of([("loans", 5), ("cash", -5)], contract_id=None, receipt_id=None)
    assert (refused.value.account_code, refused.value.amount_minor) == ("loans", 5)


def test_what_belongs_to_no_receipt_or_contract_belongs_to_nobody() -> None:
    (came,) = lineage.flows_of(
        [("cash", 5), ("fund_balance", -5)], contract_id=None, receipt_id=None
    )
    (spent,) = lineage.flows_of([("upkeep", 5), ("cash", -5)], contract_id=None, receipt_id=None)
    assert came.source == Spot(Place.RECEIPT, NOBODY)
    assert spent.target == Spot(Place.SPENT, NOBODY)


def test_the_worked_number() -> None:
    moves = laid((GIFT, HAND, 100), (HAND, LOAN, 100), (LOAN, HAND, 40), (HAND, NEXT, 10))
    assert answered(lineage.whereabouts([Stretch(GIFT, 0, 100)]), moves) == {
        LOAN: 60,
        HAND: 30,
        NEXT: 10,
    }


def test_what_left_before_it_came_is_told_by_what_comes() -> None:
    moves = laid((GIFT, HAND, 10), (HAND, LOAN, 25))
    owing = answered(lineage.origins([Stretch(LOAN, 0, 25)]), moves)
    assert owing == {HAND: 15, GIFT: 10}, "fifteen units are still owed by the line at hand"
    moves = laid((GIFT, HAND, 10), (HAND, LOAN, 25), (ERROR, HAND, 20))
    assert answered(lineage.origins([Stretch(LOAN, 0, 25)]), moves) == {ERROR: 15, GIFT: 10}
    assert answered(lineage.whereabouts([Stretch(ERROR, 0, 20)]), moves) == {LOAN: 15, HAND: 5}


def test_part_of_a_receipt_given_back_leaves_the_rest_where_it_is() -> None:
    moves = laid((GIFT, HAND, 50), (ERROR, HAND, 50), (HAND, LOAN, 60), (HAND, ERROR, 20))
    assert answered(lineage.whereabouts([Stretch(GIFT, 0, 50)]), moves) == {LOAN: 50}
    assert answered(lineage.whereabouts([Stretch(ERROR, 0, 50)]), moves) == {
        ERROR: 20,
        HAND: 20,
        LOAN: 10,
    }
    assert answered(lineage.origins([Stretch(LOAN, 0, 60)]), moves) == {GIFT: 50, ERROR: 10}


def test_a_stretch_is_parted_where_moves_begin_and_end() -> None:
    moves = laid((GIFT, HAND, 10), (HAND, LOAN, 4), (HAND, NEXT, 3))
    moved, stay = lineage.split([Stretch(HAND, 2, 6)], moves, back=False)
    assert moved == [
        (Stretch(HAND, 2, 2), Stretch(LOAN, 2, 2)),
        (Stretch(HAND, 4, 3), Stretch(NEXT, 0, 3)),
    ]
    assert stay == [Stretch(HAND, 7, 1)]
    _, gap = lineage.split([Stretch(HAND, 0, 7)], moves[2:], back=False)
    assert gap == [Stretch(HAND, 0, 4)]
