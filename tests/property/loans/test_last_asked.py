"""Is what the last instalment asks found quickly what is found by counting every period?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import get_args
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from services.loans.domain import schedule
from services.loans.domain.course import periods_model
from services.loans.domain.course.last_asked import LastAsked
from services.loans.domain.course.periods_model import Period
from services.loans.domain.course.rounding import whole
from services.loans.domain.servicing.life import Received
from shared.money import Money, Rounding
from tests.builders import make_loan
from tests.property.loans.test_course_lives import ANEW, START, eagerly, paid_out, told

MANY = settings(max_examples=150, deadline=None)


@dataclass(frozen=True)
class Asked:
    periods: Sequence[Period]
    rates: Sequence[tuple[int, int]]
    rounding: Rounding
    at: int
    balance: int
    earned: int

    @property
    def last(self) -> int:
        return len(self.periods) - 1

    def quickly(self) -> bool:
        asked = LastAsked(self.periods, self.rates, self.last, self.rounding)
        return asked.is_nothing(self.at, self.balance, self.earned)

    def counted_out(self) -> bool:
        """Every period after the other, as the money would run through them."""
        return is_nothing(self, self.at, self.balance, self.earned)


def is_nothing(known: "Asked | LastAsked", at: int, balance: int, earned: int) -> bool:
    for place in range(at, known.last):
        period = known.periods[place]
        _, principal, unplaced, _ = periods_model.tally_of(period, earned)
        balance += period.paid_principal - principal
        top, bottom = known.rates[place + 1]
        earned = whole(max(balance, 0) * top, bottom, known.rounding) + unplaced
    return balance + earned <= known.periods[known.last].paid


@st.composite
def asked(draw: DrawFn) -> Asked:
    """Any instalments at up to 300 % a period, some of them paid ahead in any part."""
    count = draw(st.integers(1, 12))
    usual = draw(st.integers(1, 2_000))
    periods = []
    for number in range(count):
        period = Period(START + timedelta(days=number), START + timedelta(days=number + 1))
        period.instalment = draw(st.one_of(st.just(usual), st.integers(0, 2_000)))
        if draw(st.integers(0, 4)) == 0:
            period.paid_principal = draw(st.integers(0, period.instalment))
            period.paid_profit = draw(st.integers(0, period.instalment - period.paid_principal))
        periods.append(period)
    rate = draw(st.tuples(st.integers(0, 300), st.just(100)))
    return Asked(
        periods=periods,
        rates=[
            draw(st.one_of(st.just(rate), st.tuples(st.integers(0, 40), st.integers(1, 365))))
            for _ in range(count)
        ],
        rounding=draw(st.sampled_from(get_args(Rounding))),
        at=draw(st.integers(0, count - 1)),
        balance=draw(st.one_of(st.integers(-50, usual * count + 50), st.integers(0, usual * 2))),
        earned=draw(st.one_of(st.integers(0, 30), st.integers(0, 3_000))),
    )


@MANY
@given(one=asked())
def test_it_is_what_counting_every_period_says(one: Asked) -> None:
    assert one.quickly() == one.counted_out()


@MANY
@given(one=asked())
def test_it_changes_at_the_same_minor_unit(one: Asked) -> None:
    """Around the least balance that leaves something, nothing may be a minor unit off."""
    near = LastAsked(one.periods, one.rates, one.last, one.rounding).least[one.at]
    for balance in range(near - min(one.earned, 30) - 3, near + 4):
        there = Asked(one.periods, one.rates, one.rounding, one.at, balance, one.earned)
        assert there.quickly() == there.counted_out()


def test_two_instalments_of_one_hundred() -> None:
    """At 1 % a balance of 100 earns 1: 99 are paid, 1 is left. Of 99 nothing is left."""
    periods = [Period(START, START + timedelta(days=30)) for _ in range(2)]
    for period in periods:
        period.instalment = 100
    ours = LastAsked(periods, [(1, 100), (1, 100)], 1, "half_even")

    assert ours.least == [100, 1]
    assert [ours.is_nothing(0, balance, 1) for balance in (99, 100)] == [True, False]
    periods[1].paid_principal = 1
    assert LastAsked(periods, [(1, 100), (1, 100)], 1, "half_even").is_nothing(0, 100, 1)


def test_it_stops_at_the_first_period_from_which_the_answer_is_known() -> None:
    """Of 300 instalments one is looked at: the balance leaves enough from the second on."""
    periods = [Period(START, START + timedelta(days=30)) for _ in range(300)]
    for period in periods:
        period.instalment = 400
    ours = LastAsked(periods, [(1, 100)] * 300, 299, "half_even")

    with patch.object(periods_model, "tally_of", wraps=periods_model.tally_of) as counted:
        assert not ours.is_nothing(0, 39_000, 390)

    assert counted.call_count == 1


@settings(max_examples=60, deadline=None)
@given(
    rate=st.decimals(Decimal("0.01"), Decimal(3), places=2),
    count=st.sampled_from((4, 6, 12)),
    days=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 20)), max_size=16),
    share=st.sampled_from((1, 2, 3)),
)
def test_at_any_rate_payments_some_days_early_are_what_they_are_one_by_one(
    rate: Decimal, count: int, days: Sequence[tuple[int, int]], share: int
) -> None:
    terms = make_loan(
        principal=Money(1_234_567, "USD"),
        annual_rate=rate,
        instalments=count,
        disbursed_on=START,
        first_due_on=date(2024, 2, 15),
        charging=ANEW,
    )
    dues = schedule.schedule(terms)
    money = sorted(
        (dues[place % count].due_on - timedelta(days=early), dues[0].total.minor // share)
        for place, early in days
    )
    life = paid_out(terms).entering(
        *(Received(key=key, on=on, amount=amount) for key, (on, amount) in enumerate(money))
    )

    with patch.object(LastAsked, "is_nothing", is_nothing):
        slowly = life.course()

    assert told(life.course()) == told(slowly) == told(eagerly(life))
