"""What is owed once more after a charge-back, and what a credit paid back leaves?"""

from services.loans.domain.course.events import ChargedBack, CreditRefunded
from services.loans.domain.course.fold import CourseStatus
from services.loans.domain.course.plan import Allocation
from services.loans.domain.terms import Component
from tests.courses import course_of, day, fee, following_days, make_plan, out, paid, shares

MONTHS = ("02-01", "03-01", "04-01", "05-01", "06-01")
CREDITS = (Component.PROFIT, Component.FEE, Component.PENALTY, Component.PRINCIPAL)


def back(amount: int, on: str, of: str = "paid 02-01", key: str = "back") -> ChargedBack:
    return ChargedBack(key=key, on=day(on), of=of, amount=amount)


def test_without_an_order_of_credits_all_of_it_is_principal_of_the_next_instalment() -> None:
    course = course_of(make_plan(), out(), paid(1701, "02-01"), back(1701, "02-10"), as_of="02-10")

    assert course.rows[2].principal == 1652 + 1701
    assert course.rows[2].balance == 8357 - 1652
    assert course.transactions[-1].balance == 8357 + 1701


def test_on_the_last_due_date_it_belongs_to_the_last_instalment() -> None:
    course = course_of(make_plan(), out(), paid(1701, "02-01"), back(500, "07-01"), as_of="07-01")

    assert course.rows[6].principal == 1690 + 500


def test_after_the_last_due_date_it_is_a_further_instalment_that_moves_with_the_next() -> None:
    course = course_of(
        make_plan(),
        out(),
        paid(10_205, "02-01"),
        back(100, "08-01"),
        back(50, "08-20", key="again"),
        as_of="08-20",
    )

    assert (course.rows[-1].due_on, course.rows[-1].principal) == (day("08-20"), 150)
    assert course.status is CourseStatus.ACTIVE


def test_with_an_order_of_credits_it_is_what_the_payment_had_paid() -> None:
    plan = make_plan(allocation=Allocation(credits=CREDITS))
    events = (out(), fee("100", "01-20"), paid(1801, "02-01"))

    course = course_of(
        plan, *events, back(120, "02-10"), back(60, "02-20", key="again"), as_of="02-20"
    )

    first, second = course.transactions[-2:]
    assert (first.principal, first.profit, first.fee) == (0, 58, 62)
    assert (second.principal, second.profit, second.fee) == (22, 0, 38)
    assert (course.rows[2].profit, course.rows[2].fee) == (49 + 58, 100)


def test_where_profit_follows_the_days_it_bears_profit_from_its_day() -> None:
    course = course_of(
        following_days(),
        out(),
        paid(1701, "02-01"),
        paid(1701, "03-01"),
        back(1701, "03-15", of="paid 03-01"),
        as_of="03-15",
    )

    assert shares(course)[2] == (3357, 45)
    assert course.rows[3].balance == 5049
    assert sum(row.principal for row in course.rows) == 11_701


def test_with_days_and_an_order_profit_and_fees_are_owed_once_more() -> None:
    plan = following_days(allocation=Allocation(credits=CREDITS))
    events = (out(), fee("100", "01-20"), paid(1801, "02-01"))

    course = course_of(plan, *events, back(1801, "02-10"), as_of="02-10")

    moved = course.transactions[-1]
    assert (moved.principal, moved.profit, moved.fee) == (1643, 58, 100)
    assert course.rows[2].fee == 100
    assert course.rows[2].profit > 49 + 58
    assert course.rows[2].principal == 1652 + 1643 - (course.rows[2].profit - 49 - 58)


def test_after_the_last_due_date_nothing_more_is_earned_on_it() -> None:
    course = course_of(
        following_days(), out(), paid(10_026, "01-15"), back(300, "08-10", of="paid 01-15"),
        as_of="08-20",
    )  # fmt: skip

    assert (course.rows[-1].principal, course.rows[-1].profit) == (300, 0)


def test_what_was_overpaid_pays_a_charge_back_at_once() -> None:
    course = course_of(
        make_plan(), out(), paid(10_305, "01-15"), back(150, "01-20", of="paid 01-15"),
        as_of="01-20",
    )  # fmt: skip

    assert (course.overpaid, course.outstanding) == (0, 50)
    assert course.transactions[-1].surplus == 100


def test_where_profit_follows_the_days_what_was_overpaid_pays_it_too() -> None:
    plan = following_days(allocation=Allocation(credits=CREDITS))

    course = course_of(
        plan, out(), paid(10_126, "01-15"), back(150, "01-20", of="paid 01-15"), as_of="01-20"
    )

    assert course.overpaid == 0
    assert course.outstanding == 50


def test_a_credit_within_what_was_overpaid_changes_no_instalment() -> None:
    refund = CreditRefunded(key="refund", on=day("01-20"), amount=100)

    for plan in (make_plan(), following_days()):
        course = course_of(plan, out(), paid(10_305, "01-15"), refund, as_of="01-20")

        assert course.outstanding == 0
        assert course.transactions[-1].surplus == 100


def test_a_credit_beyond_what_was_overpaid_is_owed_as_principal() -> None:
    refund = CreditRefunded(key="refund", on=day("01-20"), amount=150)

    course = course_of(make_plan(), out(), paid(10_305, "01-15"), refund, as_of="01-20")

    assert (course.outstanding, course.overpaid) == (50, 0)
    assert (course.transactions[-1].principal, course.transactions[-1].surplus) == (50, 100)


def test_a_credit_beyond_what_was_overpaid_bears_profit_where_days_do() -> None:
    refund = CreditRefunded(key="refund", on=day("01-20"), amount=150)

    course = course_of(following_days(), out(), paid(10_126, "01-15"), refund, as_of="01-20")

    assert course.overpaid == 0
    assert 50 <= course.outstanding <= 52
