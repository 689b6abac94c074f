"""Instalments below their profit: what joins the principal is owed as profit and paid first."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import capitalised, schedule
from services.loans.domain.amortisation import (
    Advance,
    Amortisation,
    AmortisationKind,
    ProfitJoinsPrincipal,
    Shortfall,
)
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.servicing import payoff
from services.loans.domain.servicing.orders import OrderKind
from services.loans.domain.servicing.refusals import NotSpreadAnew
from services.loans.domain.servicing.rows import Row
from services.loans.domain.servicing.shape import Shape, Standing
from services.loans.domain.terms import Terms
from tests.builders import make_loan, make_qard, money
from tests.unit.loans.servicing.standings import BORROWER, decide, order, stand


def growing(instalment: str = "8.00", **changes: Any) -> Terms:
    """1,000.00 at 12 %: 10.00 of profit in the first month, and an instalment below it."""
    fixed = Amortisation(
        kind=AmortisationKind.FIXED_INSTALMENT,
        instalment=money(instalment, "USD"),
        shortfall=Shortfall.CAPITALISE,
    )
    return make_loan(amortisation=fixed, **changes)


def served(terms: Terms) -> list[tuple[int, int]]:
    dues = capitalised.served(terms, schedule.schedule(terms))
    return [(due.principal.minor, due.profit.minor) for due in dues]


def served_standing(**changes: Any) -> Standing:
    terms = growing()
    rows = tuple(
        Row(due.due_on, due.principal.minor, due.profit.minor)
        for due in capitalised.served(terms, schedule.schedule(terms))
    )
    return stand(terms, **{"shape": Shape(rows=rows, borrower_id=BORROWER), **changes})


def test_what_joins_the_principal_is_paid_as_profit_before_any_principal() -> None:
    # The plan is -200 + 1,000, then -202 + 1,002, then 100,402 + 1,004.
    assert served(growing()) == [(0, 800), (0, 800), (100_000, 1_406)]


def test_the_principal_is_paid_back_only_after_what_joined_it() -> None:
    weights = Amortisation(
        kind=AmortisationKind.SEASONAL, weights=(1, 100, 100), shortfall=Shortfall.CAPITALISE
    )
    terms = make_loan(amortisation=weights)
    plan = schedule.schedule(terms)
    joined = -plan[0].principal.minor
    assert joined > 0
    first, second, _ = served(terms)
    assert first == (0, plan[0].total.minor)
    assert second == (plan[1].principal.minor - joined, plan[1].profit.minor + joined)


@given(
    instalment=st.integers(1, 40_000),
    rate=st.decimals("0.01", "3", places=2),
    instalments=st.integers(2, 30),
)
def test_the_same_is_paid_on_the_same_days_and_nothing_is_negative(
    instalment: int, rate: Decimal, instalments: int
) -> None:
    amount = f"{instalment / 100:.2f}"
    terms = growing(amount, annual_rate=rate, instalments=instalments)
    plan = schedule.schedule(terms)
    paid = capitalised.served(terms, plan)
    assert [due.total for due in paid] == [due.total for due in plan]
    assert [due.due_on for due in paid] == [due.due_on for due in plan]
    assert sum(due.principal.minor for due in paid) == terms.principal.minor
    if min(due.total.minor for due in plan) >= 0:
        assert min(due.principal.minor for due in paid) >= 0
        assert min(due.profit.minor for due in paid) >= 0


def test_other_terms_are_served_as_they_were_planned() -> None:
    terms = make_loan()
    assert capitalised.served(terms, schedule.schedule(terms)) == schedule.schedule(terms)


def test_settling_early_pays_the_profit_that_joined_the_principal() -> None:
    standing = served_standing(received=800)  # the first instalment, of 10.00 of profit
    quote = payoff.quote(standing, on=date(2026, 3, 1))
    running = 1_002 * 14 // 28  # 14 of the 28 days from 15 February
    assert (quote.principal, quote.profit) == (100_000, 200 + running)
    at_due = payoff.quote(standing, on=date(2026, 2, 15))
    assert (at_due.principal, at_due.profit) == (100_000, 200)
    last = payoff.quote(served_standing(received=1_600), on=date(2026, 4, 15))
    assert last.total == 101_406


def test_profit_that_was_waived_is_not_asked_for_when_settling() -> None:
    standing = served_standing(received=800)
    rows = tuple(row._replace(profit=min(row.profit, 800)) for row in standing.shape.rows[:1])
    waived = served_standing(
        received=800,
        shape=Shape(rows=(*rows, Row(date(2026, 4, 15), 100_000, 50)), borrower_id=BORROWER),
    )
    assert payoff.quote(waived, on=date(2026, 3, 1)).profit == 50


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (OrderKind.PAYMENT_HOLIDAY, {"periods": 1}),
        (OrderKind.RATE_CHANGE, {"annual_rate": Decimal("0.10")}),
        (OrderKind.ADVANCE, {"effect": Advance.REDUCE}),
        (OrderKind.PROFIT_PAUSE, {"until_on": date(2026, 4, 1)}),
    ],
)
def test_no_order_spreads_such_instalments_anew(kind: OrderKind, members: dict[str, Any]) -> None:
    with pytest.raises(NotSpreadAnew):
        decide(served_standing(), order(kind, **members))


def test_no_debt_grows_by_unpaid_profit_under_sharia() -> None:
    joins = Amortisation(shortfall=Shortfall.CAPITALISE)
    with pytest.raises(ProfitJoinsPrincipal):
        make_qard(amortisation=joins)


def test_profit_joins_no_principal_that_is_still_drawn() -> None:
    with pytest.raises(TermsInvalid):
        capitalised.require_one_payout(growing())
    capitalised.require_one_payout(make_loan())
