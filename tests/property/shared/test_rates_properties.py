"""The rate that is found makes the payments worth what was received."""

from datetime import date
from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from shared import rates
from shared.money import Money
from shared.periods import add_months

START = date(2026, 1, 31)
RATES = st.decimals(Decimal("-0.2"), Decimal(2), places=6)


@given(rate=RATES, count=st.integers(1, 60), principal=st.integers(1, 10**9))
def test_an_instalment_and_its_rate_find_each_other(
    rate: Decimal, count: int, principal: int
) -> None:
    instalment = rates.annuity_instalment(Decimal(principal), rate_per_period=rate, count=count)

    found = rates.irr([Decimal(principal), *[-instalment] * count])

    assert abs(found - rate) < Decimal("1E-11") * (1 + rate)


@given(
    payments=st.lists(st.integers(1, 10**6), min_size=1, max_size=36),
    percent=st.integers(50, 120),
)
def test_the_yearly_cost_balances_the_loan(payments: list[int], percent: int) -> None:
    received = Money(max(1, sum(payments) * percent // 100), "JOD")
    flows = [(START, received)]
    flows += [
        (add_months(START, month), Money(-paid, "JOD")) for month, paid in enumerate(payments, 1)
    ]

    found = rates.effective_annual_rate(flows)

    with localcontext(prec=50):
        worth = sum(
            (
                amount.decimal / (1 + found) ** (Decimal(month) / 12)
                for month, (_, amount) in enumerate(flows)
            ),
            Decimal(0),
        )
        assert abs(worth) <= Decimal("1E-6") * (1 + received.decimal)
    assert (found > 0) == (sum(payments) > received.minor)


@given(principal=st.integers(1, 10**9), count=st.integers(1, 60))
def test_a_loan_without_charge_costs_nothing(principal: int, count: int) -> None:
    loan = Money(principal, "JOD")
    parts = loan.split([1] * count)

    flows = [(START, loan), *((add_months(START, n), -part) for n, part in enumerate(parts, 1))]

    assert rates.effective_annual_rate(flows) == 0
