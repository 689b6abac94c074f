"""Do the forms of a schedule (values, columns, unrounded) tell the same loan?"""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.loans.domain import due_dates, plain, schedule, spreading
from services.loans.domain.amortisation import (
    Amortisation,
    AmortisationKind,
    RoundedWhen,
    Shortfall,
)
from services.loans.domain.fees import Fee, FeeKind, FeePurpose, FeeWhen
from shared.periods import DayCount
from tests.builders import make_loan, money


def test_the_table_without_rounding_has_the_annuity_to_many_places() -> None:
    rows = schedule.exact(make_loan())

    totals = {round(row.principal + row.profit, 20) for row in rows}
    assert totals == {Decimal("340.02211148146925844032")}  # 10303.01 / 30.301
    assert sum(row.principal for row in rows) == pytest.approx(1_000)
    assert [(row.number, row.due_on.month, row.fee) for row in rows] == [
        (1, 2, Decimal(0)),
        (2, 3, Decimal(0)),
        (3, 4, Decimal(0)),
    ]


def test_a_fee_of_the_table_without_rounding_is_in_units_of_the_currency() -> None:
    fee = Fee(
        code="service",
        kind=FeeKind.FLAT,
        when=FeeWhen.EACH_INSTALMENT,
        amount=money("1.25", "USD"),
    )

    rows = schedule.exact(make_loan(fees=(fee,)))

    assert [row.fee for row in rows] == [Decimal("1.25")] * 3


@pytest.mark.parametrize("day_count", ["act/360", "act/364", "act/365", "act/act", "30u/360"])
def test_columns_and_fractions_agree_by_every_day_count(day_count: DayCount) -> None:
    terms = make_loan(day_count=day_count, instalments=18)
    spans = due_dates.spans(terms)

    whole = plain.split(terms, nominal=due_dates.nominal(terms))
    assert spreading.spread(spreading.course_of(terms, spans)) == whole


def test_values_and_columns_tell_the_same() -> None:
    terms = make_loan(instalments=18)
    found, values = schedule.columns(terms), schedule.schedule(terms)

    assert [one.due_on for one in values] == list(found.due_on)
    assert [one.principal.minor for one in values] == list(found.principal)
    assert [one.profit.minor for one in values] == list(found.profit)
    assert {one.fee for one in values} == {money("0.00", "USD")}
    assert values[0] == replace(values[0])


def test_equal_instalments_below_the_profit_carry_it_to_a_level_that_repays() -> None:
    terms = make_loan(
        instalments=6,
        annual_rate=Decimal(1),
        amortisation=Amortisation(
            kind=AmortisationKind.SEASONAL,
            weights=(1, 1, 1, 9, 9, 9),
            shortfall=Shortfall.CARRY,
        ),
    )
    found = schedule.columns(terms)
    totals = [one + other for one, other in zip(found.principal, found.profit, strict=True)]

    assert sum(found.principal) == 100_000
    assert found.principal[0] == 0
    assert totals[0] == totals[1] == totals[2]
    assert totals[5] <= totals[4] == 9 * totals[0]


def test_a_table_rounded_afterwards_may_round_principal_first() -> None:
    table = Amortisation(
        kind=AmortisationKind.EQUAL_PRINCIPAL,
        rounded=RoundedWhen.AFTERWARDS,
        multiple=money("1.00", "USD"),
        shortfall=Shortfall.CAPITALISE,
    )
    found = schedule.columns(make_loan(amortisation=table))

    assert found.principal == [33_333, 33_333, 33_334]
    assert found.profit[:2] == [967, 667]  # 343.33 and 340.00 to whole units


def test_a_fee_some_days_after_the_disbursement_is_frozen_with_its_days() -> None:
    fee = Fee(
        code="visit",
        kind=FeeKind.FLAT,
        when=FeeWhen.ON_DATE,
        amount=money("1.00", "USD"),
        purpose=FeePurpose.INSURANCE,
        days_after=10,
    )

    assert fee.to_json()["days_after"] == 10
    assert fee.to_json()["purpose"] == "insurance"
    assert Fee.from_json(fee.to_json(), currency="USD") == fee
