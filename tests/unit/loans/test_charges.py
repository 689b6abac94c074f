"""Which fees are kept back, and which fall due with which instalment?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import schedule
from services.loans.domain.amortisation import Amortisation, RoundedWhen, Shortfall
from services.loans.domain.contradictions import DateBeforeDisbursement, TermsInvalid
from services.loans.domain.fees import Fee, FeeBase, FeeKind, FeePurpose, FeeUnclear, FeeWhen
from services.loans.domain.savings import Savings
from tests.builders import make_loan, money


def percent(part: str, **changes: Any) -> Fee:
    """A percentage with each instalment, of the principal."""
    members: dict[str, Any] = {
        "code": "fee",
        "kind": FeeKind.PERCENT,
        "when": FeeWhen.EACH_INSTALMENT,
        "percent": Decimal(part),
    }
    return Fee(**members | changes)


def fees_of(*fees: Fee, **changes: Any) -> list[int]:
    return list(schedule.columns(make_loan(fees=fees, **changes)).fee)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        # 1,000.00 at 12 % in three months costs 20.07 of profit.
        (FeeBase.PRINCIPAL, [1_000] * 3),
        (FeeBase.PROFIT, [20] * 3),
        (FeeBase.PRINCIPAL_AND_PROFIT, [1_020] * 3),
        (FeeBase.OUTSTANDING, [1_000, 670, 337]),
    ],
)
def test_a_percentage_is_taken_of_its_base(base: FeeBase, expected: list[int]) -> None:
    assert fees_of(percent("1", of=base)) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ({"days_after": 0}, [1_000, 0, 0]),
        ({"due_on": date(2026, 2, 15)}, [1_000, 0, 0]),
        ({"due_on": date(2026, 2, 16)}, [0, 1_000, 0]),
        ({"days_after": 89}, [0, 0, 1_000]),
    ],
)
def test_a_fee_on_a_date_falls_due_with_the_period_that_holds_it(
    day: dict[str, Any], expected: list[int]
) -> None:
    assert fees_of(percent("1", when=FeeWhen.ON_DATE, **day)) == expected


def test_a_fee_on_a_day_after_the_last_due_date_is_refused() -> None:
    with pytest.raises(TermsInvalid) as refusal:
        fees_of(percent("1", when=FeeWhen.ON_DATE, due_on=date(2026, 4, 16)))

    assert refusal.value.member == "fees.fee"


def test_a_fee_on_a_day_before_the_disbursement_is_refused_by_name() -> None:
    with pytest.raises(DateBeforeDisbursement):
        fees_of(percent("1", when=FeeWhen.ON_DATE, due_on=date(2026, 1, 14)))


def test_an_overdue_fee_stands_in_no_schedule() -> None:
    assert fees_of(percent("1", when=FeeWhen.OVERDUE)) == [0, 0, 0]


def test_a_percentage_of_the_profit_may_be_kept_back() -> None:
    terms = make_loan(fees=(percent("10", when=FeeWhen.AT_DISBURSEMENT, of=FeeBase.PROFIT),))

    assert schedule.fees_at_disbursement(terms) == money("2.01", "USD")


def test_a_percentage_is_rounded_to_the_unit_of_the_terms() -> None:
    unit = Amortisation(unit=money("0.10", "USD"))

    assert fees_of(percent("0.33"), amortisation=unit) == [330] * 3
    assert fees_of(percent("0.334"), amortisation=unit) == [330] * 3


def test_fees_of_a_table_rounded_afterwards_sum_to_the_rounded_total() -> None:
    table = Amortisation(rounded=RoundedWhen.AFTERWARDS, shortfall=Shortfall.CAPITALISE)
    found = fees_of(
        percent("0.3335"),
        percent("1", code="left", of=FeeBase.OUTSTANDING),
        percent("1", code="first", when=FeeWhen.FIRST_INSTALMENT),
        amortisation=table,
    )

    assert sum(found) == 1_000 + 2_007 + 1_000  # 3 x 3.335 + 1 % of what is left + 10.00


def test_what_a_fee_is_for_is_kept_with_it() -> None:
    fee = percent("1", purpose=FeePurpose.TAKAFUL, when=FeeWhen.ON_DATE, due_on=date(2026, 2, 1))

    assert Fee.from_json(fee.to_json(), currency="USD") == fee
    plain = percent("1").to_json()
    assert not {"of", "purpose", "due_on", "days_after"} & plain.keys()


@pytest.mark.parametrize(
    "changes",
    [
        {"when": FeeWhen.ON_DATE},
        {"when": FeeWhen.ON_DATE, "days_after": -1},
        {"when": FeeWhen.ON_DATE, "days_after": 1, "due_on": date(2026, 2, 1)},
        {"days_after": 1},
        {"of": FeeBase.OUTSTANDING, "when": FeeWhen.FIRST_INSTALMENT},
        {
            "kind": FeeKind.FLAT,
            "percent": None,
            "amount": money("1.00", "USD"),
            "of": FeeBase.PROFIT,
        },
    ],
)
def test_a_fee_that_names_no_clear_day_or_base_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FeeUnclear):
        percent("1", **changes)


def test_savings_are_a_share_of_the_principal_or_an_amount() -> None:
    principal = money("1000.000")
    by_share = Savings(upfront_percent=Decimal(10), each_percent=Decimal(1))

    assert by_share.upfront(principal) == money("100.000")
    assert by_share.with_each(principal) == money("10.000")
    assert Savings(each=money("3.000")).with_each(principal) == money("3.000")
    assert Savings().with_each(principal).is_zero


@pytest.mark.parametrize(
    "changes",
    [
        {"upfront_percent": Decimal(100)},
        {"each": money("0.000")},
        {"each": money("1.000"), "each_percent": Decimal(1)},
        {"each_percent": Decimal(0)},
    ],
)
def test_savings_that_cannot_be_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid):
        Savings(**changes)
