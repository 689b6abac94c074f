"""Are two movements of one day what one of both amounts is?"""

from dataclasses import replace

import pytest

from services.loans.domain.course.events import ChargedBack, CreditRefunded, Event, Waived
from services.loans.domain.course.fold import Course
from services.loans.domain.course.plan import Allocation, InstalmentRule, PaymentKind, Plan
from services.loans.domain.course.results import Row
from services.loans.domain.terms import ChargeMethod, Component
from tests.courses import course_of, day, fee, following_days, make_plan, out, paid

CREDITS = Allocation(
    credits=(Component.PROFIT, Component.FEE, Component.PENALTY, Component.PRINCIPAL)
)
PLANS = {
    "as agreed": make_plan(),
    "by days": following_days(),
    "by days, in order of credits": following_days(allocation=CREDITS),
    "flat": make_plan(charge_method=ChargeMethod.FLAT),
    "level": make_plan(instalment_rule=InstalmentRule.FIXED_LEVEL),
    "level by days": following_days(instalment_rule=InstalmentRule.FIXED_LEVEL),
}
FIRST = (out(), paid(1701, "02-01"))


def back(amount: int, on: str = "02-10", key: str = "back") -> ChargedBack:
    return ChargedBack(key=key, on=day(on), of="paid 02-01", amount=amount)


def waived(amount: int, key: str = "waived") -> Waived:
    return Waived(key=key, on=day("02-10"), part=Component.PROFIT, amount=amount)


def refund(amount: int, key: str = "refund") -> CreditRefunded:
    return CreditRefunded(key=key, on=day("02-10"), amount=amount)


def told(course: Course) -> tuple[tuple[Row, ...], int, int, tuple[int, ...]]:
    """All of a course but how many movements it had."""
    moved = [one for one in course.transactions if one.on == day("02-10")]
    parts = ("principal", "profit", "fee", "penalty", "surplus")
    sums = tuple(sum(getattr(one, part) for one in moved) for part in parts)
    return course.rows, course.outstanding, course.overpaid, sums


CASES: dict[str, tuple[tuple[Event, ...], tuple[Event, ...]]] = {
    "paid": (
        (*FIRST, paid(300, "02-10", "a"), paid(450, "02-10", "b")),
        (*FIRST, paid(750, "02-10", "a")),
    ),
    "paid far ahead": (
        (*FIRST, paid(3000, "02-10", "a"), paid(2001, "02-10", "b")),
        (*FIRST, paid(5001, "02-10", "a")),
    ),
    "claimed back": ((*FIRST, back(300), back(450, key="again")), (*FIRST, back(750))),
    "claimed back on a due date": (
        (*FIRST, back(300, "03-01"), back(450, "03-01", "again")),
        (*FIRST, back(750, "03-01")),
    ),
    "paid after two were claimed back": (
        (*FIRST, back(300), back(450, key="again"), paid(900, "02-20")),
        (*FIRST, back(750), paid(900, "02-20")),
    ),
    "profit given up": ((*FIRST, waived(10), waived(15, "again")), (*FIRST, waived(25))),
    "paid out": ((out(4000), out(6000, key="more")), (out(),)),
    "too much paid back": (
        (*FIRST, paid(9000, "02-05"), refund(20), refund(15, "again")),
        (*FIRST, paid(9000, "02-05"), refund(35)),
    ),
    "refunded": (
        (
            *FIRST,
            paid(300, "02-10", "a", PaymentKind.MERCHANT_REFUND),
            paid(450, "02-10", "b", PaymentKind.MERCHANT_REFUND),
        ),
        (*FIRST, paid(750, "02-10", "a", PaymentKind.MERCHANT_REFUND)),
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_two_movements_of_a_day_are_one_of_both_amounts(plan: Plan, case: str) -> None:
    two, one = CASES[case]
    as_of = "04-15"

    found = told(course_of(plan, *two, as_of=as_of))

    rows = [row for row in found[0] if row.number is not None]
    once = told(course_of(plan, *one, as_of=as_of))
    assert rows == [row for row in once[0] if row.number is not None]
    assert found[1:] == once[1:]


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_no_more_is_given_up_than_is_open(plan: Plan) -> None:
    charge = fee("50", "02-20")
    given_up = replace(waived(10_000), part=Component.FEE)

    course = course_of(plan, *FIRST, charge, given_up, as_of="02-10")

    assert course.transactions[-1].amount == course.transactions[-1].fee == 50
    assert course.overpaid == 0
    assert sum(row.outstanding for row in course.rows) == sum(
        row.outstanding for row in course_of(plan, *FIRST, as_of="02-10").rows
    )
