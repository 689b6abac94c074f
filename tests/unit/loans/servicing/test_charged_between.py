"""Does a charge on a day of its own end no period, whatever is ordered after it?

Every order is given twice, with a late amount due between two instalments and without: what is
due of principal and profit is the same, and the late amount stands where it stood.
"""

from datetime import date

import pytest

from services.loans.domain.servicing import payoff
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.orders import Asked, OrderKind, WaivedPart
from services.loans.domain.servicing.rows import Row
from services.loans.domain.servicing.shape import Standing
from tests.builders import make_loan
from tests.unit.loans.servicing.standings import PAID_OUT_ON, decide, order, stand

K = OrderKind
ON = date(2026, 3, 20)
DAYS = [date(2026, 3, 16), date(2026, 4, 5)]
"""Between the last due date and the order, and between the order and the next due date."""


def charged(standing: Standing, on: date) -> Standing:
    late = order(K.CHARGE, PAID_OUT_ON, part=WaivedPart.PENALTY, amount_minor=60, due_on=on)
    return decide(standing, late).after


def without_charge(standing: Standing) -> list[Row]:
    rows = [row._replace(penalty=0) for row in standing.shape.rows]
    return [row for row in rows if row.total]


@pytest.mark.parametrize("charged_on", DAYS)
@pytest.mark.parametrize(
    "asked",
    [
        order(K.RATE_CHANGE, ON, annual_rate=0),
        order(K.PROFIT_PAUSE, ON, until_on=date(2026, 4, 1)),
        order(K.RESCHEDULE, ON, instalments=5, first_due_on=date(2026, 4, 15)),
        order(K.PAYOFF, ON),
    ],
    ids=lambda asked: asked.kind.value,
)
def test_an_order_does_the_same_with_a_charge_between(asked: Asked, charged_on: date) -> None:
    standing = stand(make_loan(instalments=6), received=20_000)

    plain = decide(standing, asked).after
    between = decide(charged(standing, charged_on), asked).after

    assert without_charge(between) == list(plain.shape.rows)
    assert arithmetic.sums(between.shape.rows)[3] == 60


@pytest.mark.parametrize("charged_on", DAYS)
def test_a_payoff_asks_the_profit_of_the_days_gone_by_and_the_charge(charged_on: date) -> None:
    """5 of 31 days of the running period's profit, which starts on the 15th of March."""
    standing = stand(make_loan(instalments=6))
    running = standing.shape.rows[2].profit
    plain = payoff.quote(standing, on=ON)
    between = payoff.quote(charged(standing, charged_on), on=ON)

    assert payoff.earned(standing, on=ON) == round(running * 5 / 31)
    assert between.total == plain.total + 60
    assert between.profit == plain.profit


def test_a_period_runs_from_the_last_instalment_or_the_payout() -> None:
    rows = [Row(date(2026, 4, 1), 5), Row(date(2026, 4, 5), penalty=1), Row(date(2026, 6, 1), 5)]
    payout = date(2026, 3, 1)

    assert arithmetic.last_due(rows, on=date(2026, 3, 31), opened_on=payout) == payout
    assert arithmetic.last_due(rows, on=date(2026, 4, 1), opened_on=payout) == date(2026, 4, 1)
    assert arithmetic.last_due(rows, on=date(2026, 5, 31), opened_on=payout) == date(2026, 4, 1)
    assert arithmetic.last_due(rows, on=date(2026, 7, 1), opened_on=payout) == date(2026, 6, 1)
