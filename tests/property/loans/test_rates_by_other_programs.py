"""Do the rates and tables of made-up loans come out of other people's programs too?"""

import math
from decimal import Decimal

import numpy_financial
import pyxirr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.loans.domain import disclosure, schedule
from services.loans.domain.terms import Terms
from shared import rates
from shared.money import Money
from tests.builders import make_loan
from tests.property.loans.strategies import lawful_terms
from tests.property.loans.wide_terms import wide_terms

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
NEAR = 1e-6
LOANS = st.builds(
    make_loan,
    principal=st.integers(1_000_000, 10_000_000_000).map(lambda minor: Money(minor, "USD")),
    annual_rate=st.decimals("0.001", "1.5", places=4),
    instalments=st.integers(1, 120),
)


@EXAMPLES
@given(st.one_of(lawful_terms(), wide_terms()))
def test_the_effective_rate_is_the_dated_one_of_pyxirr(terms: Terms) -> None:
    flows = disclosure.cash_flows(terms, instalments=schedule.schedule(terms))
    amounts = [float(amount.decimal) for _, amount in flows]
    assume(sum(amounts) < 0 < amounts[0])

    found = rates.effective_annual_rate(flows, convention="act/365")
    theirs = pyxirr.xirr([day for day, _ in flows], amounts)

    assert theirs is not None
    assert math.isclose(float(found), theirs, rel_tol=NEAR, abs_tol=NEAR)


@EXAMPLES
@given(LOANS)
def test_the_rate_of_a_period_is_that_of_pyxirr_and_numpy_financial(terms: Terms) -> None:
    paid = [due.total.decimal for due in schedule.schedule(terms)]
    amounts = [terms.principal.decimal, *(-amount for amount in paid)]

    found = float(rates.irr(amounts))

    assert math.isclose(found, pyxirr.irr(list(map(float, amounts))) or 0, abs_tol=NEAR)
    assert abs(numpy_financial.npv(found, list(map(float, amounts)))) < NEAR * float(amounts[0])


@EXAMPLES
@given(LOANS)
def test_each_share_of_a_level_instalment_is_that_of_numpy_financial(terms: Terms) -> None:
    """Before rounding; 1,000.00 at 12 % in three months: 330.02 + 10.00 first."""
    rows, rate = schedule.exact(terms), float(terms.annual_rate / 12)
    count, principal = terms.instalments, float(terms.principal.decimal)

    for number, row in enumerate(rows, start=1):
        share = -numpy_financial.ppmt(rate, number, count, principal)
        profit = -numpy_financial.ipmt(rate, number, count, principal)
        assert math.isclose(row.principal, share, rel_tol=NEAR, abs_tol=NEAR * principal)
        assert math.isclose(row.profit, profit, rel_tol=NEAR, abs_tol=NEAR * principal)


@EXAMPLES
@given(LOANS)
def test_the_rounded_table_keeps_within_a_unit_a_period_of_the_exact_one(terms: Terms) -> None:
    rounded, exact = schedule.columns(terms), schedule.exact(terms)
    unit = Decimal(1).scaleb(-terms.principal.exponent)
    growth = (1 + terms.annual_rate / 12) ** terms.instalments

    for at, row in enumerate(exact):
        slack = unit * (at + 1) * growth
        assert abs(rounded.profit[at] * unit - row.profit) <= slack
