"""What settles a contract before its time, by each rule and on any day?"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import rebate
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.early import EarlySettlement, RebateRule, Spread
from services.loans.domain.modes import MODES
from services.loans.domain.rebate import RebatePolicy, RebateTooLarge, Sold
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, Terms
from shared.money import Money
from tests.deals import SIGNED, mad, make_terms

TERMS = make_terms("murabaha")
SALE = Sold(
    cost=TERMS.principal,
    since=SIGNED,
    instalments=MODES[ModeOfFinance("murabaha")].schedule(TERMS),
)
NOTHING = Money.zero("MAD")
CLAUSE = RebatePolicy(rule=RebateRule.CLAUSE)
VOLUNTARY = RebatePolicy(rule=RebateRule.VOLUNTARY)
DAYS = st.dates(min_value=SIGNED - timedelta(days=9), max_value=date(2027, 6, 1))


def paid(count: int) -> Money:
    return Money.total((due.total for due in SALE.instalments[:count]), "MAD")


def test_a_voluntary_rebate_is_what_was_granted_and_at_most_what_is_unearned() -> None:
    on = SALE.instalments[5].due_on
    full = rebate.quote(SALE, paid=paid(6), on=on, policy=VOLUNTARY)
    assert (full.to_pay, full.rebate) == (mad("11480.02"), NOTHING)
    most = rebate.quote(SALE, paid=paid(6), on=on, policy=VOLUNTARY, granted=mad("685.53"))
    assert most.to_pay == mad("10794.49")
    with pytest.raises(RebateTooLarge) as told:
        rebate.quote(SALE, paid=paid(6), on=on, policy=VOLUNTARY, granted=mad("685.54"))
    assert told.value.most == mad("685.53")
    with pytest.raises(RebateTooLarge):
        rebate.quote(SALE, paid=paid(6), on=on, policy=VOLUNTARY, granted=mad("-0.01"))


@pytest.mark.parametrize(
    ("country", "rule"),
    [
        ("SA", RebateRule.NEXT_MONTHS),
        ("JO", RebateRule.FIRST_INSTALMENTS),
        ("MA", RebateRule.VOLUNTARY),
        ("", RebateRule.VOLUNTARY),
    ],
)
def test_the_law_of_the_country_comes_first_and_names_its_source(
    country: str, rule: RebateRule
) -> None:
    on = date(2026, 7, 1)
    found = rebate.policy_of(country, on=on)
    assert found.rule is rule
    assert found.source
    own = rebate.policy_of(country, on=on, own=RebateRule.CLAUSE)
    assert own.rule is (RebateRule.CLAUSE if rule is RebateRule.VOLUNTARY else rule)


def test_jordan_before_its_rule_leaves_the_parties_free() -> None:
    assert rebate.policy_of("JO", on=date(2023, 3, 15)).rule is RebateRule.VOLUNTARY
    assert rebate.policy_of("JO", on=date(2023, 3, 16)).rule is RebateRule.FIRST_INSTALMENTS


def test_after_the_sixth_jordan_asks_the_principal_alone() -> None:
    law = rebate.policy_of("JO", on=date(2026, 9, 1))
    on = SALE.instalments[6].due_on + timedelta(days=10)
    found = rebate.quote(SALE, paid=paid(7), on=on, policy=law)
    exact = rebate.quote(SALE, paid=paid(7), on=SALE.instalments[6].due_on, policy=CLAUSE)
    assert found.to_pay == exact.to_pay, "no profit for the ten days"


def test_what_is_late_is_paid_with_the_rest() -> None:
    on = SALE.instalments[5].due_on
    late = rebate.quote(SALE, paid=paid(4), on=on, policy=CLAUSE)
    assert late.to_pay == mad("10794.49") + mad("3826.66")


def test_of_a_running_period_its_days_are_earned() -> None:
    before = SALE.instalments[5].due_on
    earned = [
        rebate.earned(SALE, on=before + timedelta(days=days), spread=Spread.STRAIGHT_LINE)
        for days in (0, 10, 31)
    ]
    assert earned == [mad("1230.00"), mad("1296.13"), mad("1435.00")], "10 days of 31 of 205.00"


def test_nothing_is_earned_before_and_all_after() -> None:
    for spread in Spread:
        assert rebate.earned(SALE, on=SIGNED, spread=spread) == NOTHING
        assert rebate.earned(SALE, on=SIGNED - timedelta(days=3), spread=spread) == NOTHING
        end = SALE.instalments[-1].due_on
        assert rebate.earned(SALE, on=end, spread=spread) == mad("2460.00")
        assert rebate.earned(SALE, on=end + timedelta(days=99), spread=spread) == mad("2460.00")


def test_a_loan_without_profit_is_settled_by_what_is_left() -> None:
    terms = make_terms(
        "qard",
        principal="1200.00",
        charge_method=ChargeMethod.NONE,
        annual_rate=TERMS.annual_rate * 0,
    )
    qard = MODES[ModeOfFinance.QARD]
    loan = Sold(cost=terms.principal, since=SIGNED, instalments=qard.schedule(terms))
    for rule in RebateRule:
        policy = RebatePolicy(rule=rule, count=6)
        found = qard.settlement(loan, paid=mad("300.00"), on=date(2026, 5, 1), policy=policy)
        assert (found.to_pay, found.rebate) == (mad("900.00"), NOTHING)


def test_a_lease_is_ended_at_the_price_of_the_table() -> None:
    ijara = MODES[ModeOfFinance("ijara")]
    on = SALE.instalments[5].due_on
    found = ijara.settlement(SALE, paid=paid(6), on=on, policy=VOLUNTARY)
    principal = Money.total((due.principal for due in SALE.instalments[6:]), "MAD")
    assert found.to_pay == principal
    later = ijara.settlement(SALE, paid=paid(6), on=on + timedelta(days=1), policy=VOLUNTARY)
    assert later.to_pay - principal == mad("6.61"), "a day of 31 of 205.00"
    over = ijara.settlement(SALE, paid=paid(12), on=date(2028, 1, 1), policy=VOLUNTARY)
    assert over.to_pay == NOTHING


@settings(max_examples=40, deadline=None)
@given(day=DAYS, spread=st.sampled_from(Spread))
def test_later_is_never_cheaper_and_never_more_than_the_price(day: date, spread: Spread) -> None:
    policy = replace(CLAUSE, spread=spread)
    today = rebate.quote(SALE, paid=NOTHING, on=day, policy=policy)
    tomorrow = rebate.quote(SALE, paid=NOTHING, on=day + timedelta(days=1), policy=policy)

    assert SALE.cost <= today.to_pay <= tomorrow.to_pay <= SALE.price
    assert today.to_pay + today.rebate == today.remaining


@settings(max_examples=40, deadline=None)
@given(day=DAYS)
def test_the_law_never_takes_more_than_is_owed_nor_less_than_is_earned(day: date) -> None:
    clause = rebate.quote(SALE, paid=NOTHING, on=day, policy=CLAUSE)
    for country in ("SA", "JO"):
        law = rebate.policy_of(country, on=date(2026, 7, 1))
        found = rebate.quote(SALE, paid=NOTHING, on=day, policy=law)
        assert NOTHING <= found.rebate <= SALE.profit
        assert SALE.cost <= found.to_pay <= SALE.price
        if country == "SA":
            assert found.to_pay >= clause.to_pay


def test_saudi_arabia_keeps_the_cost_of_three_months_and_no_more() -> None:
    law = rebate.policy_of(
        "SA", on=date(2026, 7, 1), product=EarlySettlement(spread=Spread.SUM_OF_DIGITS)
    )
    on = SALE.instalments[5].due_on

    found = rebate.quote(SALE, paid=paid(6), on=on, policy=replace(law, spread=Spread.EFFECTIVE))

    assert (law.count, law.spread) == (3, Spread.SUM_OF_DIGITS)
    assert rebate.kept_most(SALE, on=on, policy=law) == mad("486.21")
    assert (found.unearned, found.rebate) == (mad("685.53"), mad("685.53") - mad("486.21"))
    assert (found.on, found.policy.rule) == (on, RebateRule.NEXT_MONTHS)
    assert rebate.policy_of("JO", on=date(2026, 7, 1)).count == 6


def test_a_clause_follows_its_spread_and_a_refusal_names_what_was_asked() -> None:
    on = SALE.instalments[5].due_on
    digits = replace(CLAUSE, spread=Spread.SUM_OF_DIGITS)

    assert rebate.quote(SALE, paid=paid(6), on=on, policy=digits).to_pay == mad("10817.71")
    with pytest.raises(RebateTooLarge) as told:
        rebate.quote(SALE, paid=paid(6), on=on, policy=VOLUNTARY, granted=mad("700.00"))
    assert told.value.asked == mad("700.00")


def test_a_lease_answers_for_its_day_and_tells_what_falls_away() -> None:
    on = SALE.instalments[5].due_on

    found = rebate.by_table(SALE, paid=paid(6), on=on, policy=VOLUNTARY)

    assert (found.on, found.policy) == (on, VOLUNTARY)
    assert found.unearned == found.rebate == mad("1230.00")


def test_the_law_comes_before_the_product_and_the_product_before_its_mode() -> None:
    on, mine = date(2026, 7, 1), EarlySettlement(rule=RebateRule.FULL)
    law = rebate.policy_of("SA", on=on, own=RebateRule.CLAUSE, product=mine)
    assert (law.rule, law.count) == (RebateRule.NEXT_MONTHS, 3)
    free = rebate.policy_of("EG", on=on, own=RebateRule.CLAUSE, product=mine)
    assert (free.rule, free.source) == (RebateRule.FULL, rebate.PRODUCT)
    assert rebate.policy_of("EG", on=on, own=RebateRule.CLAUSE).rule is RebateRule.CLAUSE
    assert rebate.policy_of("EG", on=on, product=EarlySettlement()).rule is RebateRule.VOLUNTARY


def test_a_product_may_count_months_or_instalments_of_its_own() -> None:
    on = SALE.instalments[5].due_on
    three = EarlySettlement(rule=RebateRule.NEXT_MONTHS, count=3)
    found = rebate.quote(
        SALE, paid=paid(6), on=on, policy=rebate.policy_of("EG", on=on, product=three)
    )
    assert found.unearned - found.rebate == mad("486.21")
    whole = EarlySettlement(rule=RebateRule.FULL)
    full = rebate.quote(
        SALE, paid=paid(6), on=on, policy=rebate.policy_of("EG", on=on, product=whole)
    )
    assert (full.rebate, full.to_pay) == (NOTHING, mad("11480.02"))


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (RebateRule.NEXT_MONTHS, 0),
        (RebateRule.FIRST_INSTALMENTS, 25),
        (RebateRule.CLAUSE, 1),
        (None, 1),
    ],
)
def test_a_rule_counts_what_it_counts_and_nothing_else(rule: RebateRule | None, count: int) -> None:
    with pytest.raises(TermsInvalid, match=r"early_settlement\.count"):
        EarlySettlement(rule=rule, count=count)


@pytest.mark.parametrize(
    "said",
    [
        EarlySettlement(),
        EarlySettlement(rule=RebateRule.CLAUSE, spread=Spread.SUM_OF_DIGITS),
        EarlySettlement(rule=RebateRule.NEXT_MONTHS, count=3),
    ],
)
def test_what_a_product_says_is_frozen_into_the_terms_and_comes_back_equal(
    said: EarlySettlement,
) -> None:
    terms = make_terms("murabaha", early_settlement=said)
    assert Terms.from_json(terms.to_json()) == terms
    assert ("early_settlement" in terms.to_json()) is (said != EarlySettlement())
