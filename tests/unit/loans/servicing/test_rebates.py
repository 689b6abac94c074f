"""What of a price agreed for good falls away in a payoff: by law, product and mode?"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.loans.domain import rebate
from services.loans.domain.early import EarlySettlement, RebateRule, Spread
from services.loans.domain.modes import MODES
from services.loans.domain.rebate import RebateTooLarge
from services.loans.domain.servicing import deciding, payoff
from services.loans.domain.servicing.orders import OrderKind, OrderMemberWrong
from services.loans.domain.servicing.rebates import NothingToGrant
from services.loans.domain.servicing.shape import Standing
from services.loans.domain.terms import ChargeMethod
from tests.builders import make_loan
from tests.unit.loans.servicing.standings import decide, order, stand

SIXTH = date(2026, 7, 15)
# 1,000.00 at 12 % flat in twelve months: instalments of 93.33, 120.00 profit in all.
FLAT: dict[str, Any] = {
    "charge_method": ChargeMethod.FLAT,
    "instalments": 12,
    "disbursed_on": date(2026, 1, 15),
    "first_due_on": date(2026, 2, 15),
}


def flat(said: EarlySettlement, *, country: str = "", months: int = 6) -> Standing:
    """A flat loan whose first instalments are paid, in a country."""
    terms = make_loan(**FLAT, early_settlement=said)
    mode = MODES[terms.mode_of_finance]
    standing = stand(terms)
    paid = sum(row.total for row in standing.shape.rows[:months])
    return replace(
        stand(terms, received=paid),
        country=country,
        rebate=mode.REBATE,
        settlement=mode.settlement,
    )


@pytest.mark.parametrize(
    ("said", "given_up"),
    [
        (EarlySettlement(), 3344),
        (EarlySettlement(rule=RebateRule.CLAUSE), 3344),
        (EarlySettlement(rule=RebateRule.CLAUSE, spread=Spread.SUM_OF_DIGITS), 3231),
        (EarlySettlement(rule=RebateRule.CLAUSE, spread=Spread.STRAIGHT_LINE), 6000),
        (EarlySettlement(rule=RebateRule.FULL), 0),
        (EarlySettlement(rule=RebateRule.VOLUNTARY), 0),
        (EarlySettlement(rule=RebateRule.NEXT_MONTHS, count=6), 0),
    ],
    ids=["mode", "clause", "rule of 78", "straight line", "full", "voluntary", "six months more"],
)
def test_the_product_says_what_falls_away(said: EarlySettlement, given_up: int) -> None:
    quote = payoff.quote(flat(said), on=SIXTH)
    assert (quote.profit_given_up, quote.total) == (given_up, 56_002 - given_up)


def test_the_law_of_the_country_comes_before_the_product() -> None:
    full = EarlySettlement(rule=RebateRule.FULL)
    assert payoff.quote(flat(full, country="JO"), on=SIXTH).profit_given_up > 3000
    assert payoff.quote(flat(full, country="SA"), on=SIXTH).profit_given_up > 0
    assert payoff.quote(flat(full, country="EG"), on=SIXTH).profit_given_up == 0


def test_no_more_falls_away_than_is_to_come() -> None:
    late = flat(EarlySettlement(), months=0)
    quote = payoff.quote(late, on=date(2027, 1, 14))
    to_come = late.shape.rows[-1].profit
    assert 0 <= quote.profit_given_up <= to_come
    assert payoff.quote(late, on=date(2027, 2, 1)).profit_given_up == 0


def test_a_payoff_takes_in_what_was_quoted_and_nothing_is_owed() -> None:
    on = date(2026, 3, 15)
    standing = flat(EarlySettlement(), months=2)
    decided = decide(standing, order(OrderKind.PAYOFF, on))
    assert decided.difference.moved == payoff.quote(standing, on=on).total
    assert decided.after.owed == 0


VOLUNTARY = EarlySettlement(rule=RebateRule.VOLUNTARY)


def test_what_is_granted_falls_away_where_the_rule_leaves_it_to_the_creditor() -> None:
    standing = flat(VOLUNTARY)
    quote = payoff.quote(standing, on=SIXTH, granted=1_000)
    assert (quote.profit_given_up, quote.total) == (1_000, 55_002)
    decided = decide(standing, order(OrderKind.PAYOFF, SIXTH, granted_minor=1_000), today=SIXTH)
    assert (decided.difference.moved, decided.after.owed) == (55_002, 0)
    weighed = deciding.weight(decided, asked=order(OrderKind.PAYOFF, SIXTH, granted_minor=1_000))
    assert weighed == 56_002, "what is given up weighs with what is paid"


def test_no_more_is_granted_than_is_not_earned() -> None:
    most = 3_344
    assert payoff.quote(flat(VOLUNTARY), on=SIXTH, granted=most).profit_given_up == most
    with pytest.raises(RebateTooLarge) as refused:
        payoff.quote(flat(VOLUNTARY), on=SIXTH, granted=most + 1)
    assert refused.value.most.minor == most


@pytest.mark.parametrize(
    "standing",
    [
        flat(EarlySettlement(rule=RebateRule.CLAUSE)),
        flat(EarlySettlement(rule=RebateRule.FULL)),
        flat(VOLUNTARY, country="JO"),
        flat(VOLUNTARY, country="SA"),
        stand(),
        replace(flat(VOLUNTARY), settlement=rebate.by_table),
        replace(flat(VOLUNTARY), settlement=None),
    ],
    ids=["clause", "full", "Jordan", "Saudi Arabia", "declining", "lease", "no settlement"],
)
def test_nothing_is_granted_beside_what_a_rule_says(standing: Standing) -> None:
    payoff.quote(standing, on=SIXTH)
    with pytest.raises(NothingToGrant) as refused:
        payoff.quote(standing, on=SIXTH, granted=1)
    assert (refused.value.on, refused.value.granted.minor) == (SIXTH, 1)


@pytest.mark.parametrize("granted", [0, -1])
def test_a_grant_is_an_amount(granted: int) -> None:
    with pytest.raises(OrderMemberWrong, match="granted_minor"):
        order(OrderKind.PAYOFF, SIXTH, granted_minor=granted)
    with pytest.raises(OrderMemberWrong, match="granted_minor"):
        order(OrderKind.CLOSE, SIXTH, granted_minor=5)
