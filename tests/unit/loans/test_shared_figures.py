"""At the end of a day each fund shows its part of what several finance, and the sums are whole."""

from operator import add

from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import shared_figures
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.cofinancing import Plan, Source, Totals
from services.loans.domain.day_close import Figure, Stock
from shared import ids
from shared.ids import FundId


def fund() -> FundAccounts:
    return FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.COMMERCIAL, currency="JOD")


FIRST, SECOND = fund(), fund()
PLAN = Plan(
    sources=(
        Source(fund=FIRST, rank=1, part=600, income_part=2),
        Source(fund=SECOND, rank=2, part=400, income_part=1),
    ),
    principal=1000,
)
TOTALS = Totals(drawn=1000, booked={"loans": 700})


def test_what_may_be_lost_falls_on_the_last_rank_and_profit_on_each() -> None:
    whole = Figure(
        contracts=1,
        outstanding=700,
        earned=90,
        expected_loss=450,
        stock=Stock(receivable=30, unearned=0, allowance=450),
    )
    found = shared_figures.shared(PLAN, whole, totals=TOTALS)
    first, second = found[FIRST.fund_id], found[SECOND.fund_id]
    assert (first.outstanding, second.outstanding) == (300, 400)
    assert (first.stock.allowance, second.stock.allowance) == (50, 400)
    assert (first.earned, second.earned) == (60, 30)
    assert (first.stock.receivable, second.stock.receivable) == (20, 10)
    assert (first.contracts, second.contracts) == (1, 0)


@given(
    outstanding=st.integers(1, 1000),
    lost=st.integers(0, 1000),
    minimum=st.integers(0, 1000),
    earned=st.integers(0, 10**9),
    booked=st.integers(0, 1000),
)
def test_the_parts_are_always_the_whole(
    outstanding: int, lost: int, minimum: int, earned: int, booked: int
) -> None:
    lost, minimum = min(lost, outstanding), min(minimum, outstanding)
    whole = Figure(
        contracts=1,
        outstanding=outstanding,
        earned=earned,
        suspended=earned // 3,
        expected_loss=lost,
        minimum=minimum,
        stock=Stock(receivable=earned, unearned=earned // 2, allowance=max(lost, minimum)),
    )
    totals = Totals(drawn=1000, booked={"loans": booked})
    found = shared_figures.shared(PLAN, whole, totals=totals)
    assert add(*found.values()) == whole
    assert whole + shared_figures.opposite(whole) == Figure()
    assert all(
        min(one.outstanding, one.expected_loss, one.minimum, one.stock.allowance) >= 0
        for one in found.values()
    )
