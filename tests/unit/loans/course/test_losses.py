"""What do charge-off, write-off, charges and refunds of profit make of a course?"""

from collections.abc import Callable
from decimal import Decimal

import pytest

from services.loans.domain.course.events import (
    ChargeAdded,
    ChargedOff,
    ChargeWaived,
    Paid,
    WrittenOff,
)
from services.loans.domain.course.fold import CourseStatus
from services.loans.domain.course.plan import (
    Charge,
    ChargeBasis,
    ChargeOff,
    ChargeWhen,
    PaymentKind,
    Plan,
)
from services.loans.domain.course.results import TransactionKind
from tests.courses import START, course_of, day, fee, following_days, make_plan, out, paid, shares

REFUNDS = frozenset({PaymentKind.MERCHANT_REFUND, PaymentKind.PAYOUT_REFUND})


def lost(on: str) -> ChargedOff:
    return ChargedOff(key="lost", on=day(on))


def each(basis: ChargeBasis, value: str, *, is_penalty: bool = False) -> ChargeAdded:
    charge = Charge(
        code="each",
        when=ChargeWhen.EACH_INSTALMENT,
        basis=basis,
        value=Decimal(value),
        is_penalty=is_penalty,
    )
    return ChargeAdded(key="each", on=START, charge=charge)


def test_a_charge_off_as_agreed_leaves_the_instalments() -> None:
    course = course_of(make_plan(), out(), lost("03-15"), as_of="03-15")

    assert shares(course) == shares(course_of(make_plan(), out()))
    assert course.transactions[-1].amount == 10_205
    assert course.status is CourseStatus.ACTIVE


def test_after_a_charge_off_nothing_is_recalculated() -> None:
    charged_off = course_of(following_days(), out(), lost("01-15"), as_of="06-15")

    assert shares(charged_off) == shares(course_of(following_days(), out()))


@pytest.mark.parametrize("build", [make_plan, following_days])
def test_a_charge_off_may_end_the_profit(build: Callable[..., Plan]) -> None:
    plan = build(charge_off=ChargeOff.NO_FURTHER_PROFIT)

    course = course_of(plan, out(), paid(1701, "02-01"), lost("02-15"), as_of="02-15")

    assert [profit for _, profit in shares(course)][2:] == [0, 0, 0, 0]
    assert shares(course)[1][1] == 24  # 14 of 29 days of 0.4875
    assert sum(principal for principal, _ in shares(course)) == 10_000


@pytest.mark.parametrize("build", [make_plan, following_days])
def test_a_charge_off_may_make_all_due(build: Callable[..., Plan]) -> None:
    plan = build(charge_off=ChargeOff.ALL_DUE)

    course = course_of(
        plan, out(), paid(1701, "02-01"), fee("50", "05-10"), lost("02-15"), as_of="02-15"
    )

    assert course.rows[2].due_on == day("02-15")
    assert (course.rows[2].principal, course.rows[2].profit) == (8357, 24)
    assert (course.rows[-1].due_on, course.rows[-1].fee) == (day("05-10"), 50)


# 39 of profit in the 31 days of March, 15 of them gone by: 19; counted on the 83.58 that are
# owed, 83.58 x 7 % / 12 x 15 / 31 = 24.
@pytest.mark.parametrize(("build", "earned"), [(make_plan, 19), (following_days, 24)])
def test_a_charge_off_in_a_period_leaves_the_profit_of_the_days_gone_by(
    build: Callable[..., Plan], earned: int
) -> None:
    events = (out(), paid(1_700, "02-01"), lost("03-16"))
    ended = course_of(build(charge_off=ChargeOff.NO_FURTHER_PROFIT), *events, as_of="03-16")
    called = course_of(build(charge_off=ChargeOff.ALL_DUE), *events, as_of="03-16")
    moved = ended.transactions[-1]

    assert [profit for _, profit in shares(ended)] == [58, 49, earned, 0, 0, 0]
    assert [profit for _, profit in shares(called)] == [58, 49, earned]
    assert sum(one for one, _ in shares(ended)) == sum(one for one, _ in shares(called)) == 10_000
    assert [row.principal_paid for row in called.rows] == [0, 1_642, 0, 0]
    assert (moved.key, moved.kind, moved.on) == ("lost", TransactionKind.CHARGE_OFF, day("03-16"))
    assert (moved.amount, moved.principal, moved.profit) == (
        8_358 + 49 + earned,
        8_358,
        49 + earned,
    )


@pytest.mark.parametrize("build", [make_plan, following_days])
def test_a_write_off_gives_up_what_is_open_of_every_instalment(build: Callable[..., Plan]) -> None:
    gone = WrittenOff(key="gone", on=day("03-16"))
    course = course_of(
        build(), out(), fee("30", "02-10"), paid(1_700, "02-01"), gone, as_of="03-16"
    )
    moved = course.transactions[-1]

    assert (moved.key, moved.kind, moved.on) == ("gone", TransactionKind.WRITE_OFF, day("03-16"))
    assert (moved.principal, moved.fee) == (8_358, 30)
    assert moved.amount == sum(row.written_off for row in course.rows)
    assert [row.written_off for row in course.rows[1:4]] == [1, 1_652 + 49 + 30, 1_701]
    assert all(row.due == row.paid + row.written_off for row in course.rows[1:])


def test_nothing_open_is_not_charged_off() -> None:
    course = course_of(make_plan(), out(), paid(10_205, "01-15"), lost("02-15"), as_of="02-15")

    assert len(course.transactions) == 2


def test_what_is_written_off_is_owed_no_more_and_closes_the_contract() -> None:
    event = WrittenOff(key="gone", on=day("03-01"))

    course = course_of(make_plan(), out(), paid(1701, "02-01"), event, as_of="03-01")

    assert course.status is CourseStatus.WRITTEN_OFF
    assert course.outstanding == 0
    assert sum(row.written_off for row in course.rows) == 10_205 - 1701
    assert course.transactions[-1].principal == 8357


def test_what_is_written_off_where_profit_follows_the_days_is_all_that_is_open() -> None:
    event = WrittenOff(key="gone", on=day("03-01"))

    course = course_of(following_days(), out(), event, as_of="03-01")

    assert course.outstanding == 0
    assert course.transactions[-1].principal == 10_000


def test_a_charge_stands_with_the_instalment_whose_days_hold_it() -> None:
    course = course_of(make_plan(), out(), fee("100", "02-01"), fee("70", "02-02", is_penalty=True))

    assert [(row.fee, row.penalty) for row in course.rows[1:3]] == [(100, 0), (0, 70)]


def test_a_charge_on_the_first_day_belongs_to_the_first_instalment() -> None:
    assert course_of(make_plan(), out(), fee("10", "01-01")).rows[1].fee == 10


def test_charges_after_the_last_due_date_share_one_further_instalment() -> None:
    course = course_of(make_plan(), out(), fee("100", "08-01"), fee("50", "08-15"))

    assert (course.rows[-1].due_on, course.rows[-1].fee) == (day("08-15"), 150)
    assert course.rows[-1].number == 7


@pytest.mark.parametrize(
    ("basis", "value", "expected"),
    [
        (ChargeBasis.FLAT, "1000", 1000),
        (ChargeBasis.OF_PRINCIPAL, "1", 16),
        (ChargeBasis.OF_PROFIT, "5", 3),
        (ChargeBasis.OF_PRINCIPAL_AND_PROFIT, "1", 17),
    ],
)
def test_a_charge_of_every_instalment_is_counted_on_each(
    basis: ChargeBasis, value: str, expected: int
) -> None:
    row = course_of(make_plan(), out(), each(basis, value)).rows[1]

    assert (row.fee, row.penalty) == (expected, 0)


def test_a_penalty_of_every_instalment_is_a_penalty() -> None:
    course = course_of(make_plan(), out(), each(ChargeBasis.FLAT, "30", is_penalty=True))

    assert [row.penalty for row in course.rows[1:]] == [30] * 6


def test_a_percentage_of_the_whole_loan_stands_on_its_date() -> None:
    added = fee("2", "02-20", basis=ChargeBasis.OF_PRINCIPAL)

    assert course_of(make_plan(), out(), added).rows[2].fee == 200


def test_what_is_open_of_a_charge_is_waived() -> None:
    waiver = ChargeWaived(key="waiver", on=day("02-10"), charge="fee 01-20")

    course = course_of(
        make_plan(), out(), fee("100", "01-20"), paid(40, "01-20"), waiver, as_of="02-10"
    )

    row = course.rows[1]
    assert (row.fee, row.fee_paid, row.waived) == (100, 40, 60)
    assert course.transactions[-1].amount == 60


def test_a_charge_that_is_not_there_cannot_be_waived() -> None:
    waiver = ChargeWaived(key="waiver", on=day("02-10"), charge="nothing")

    assert course_of(make_plan(), out(), waiver, as_of="02-10").transactions[-1].key == "out"


def refund(amount: int, on: str, *, refunds_profit: bool | None = None) -> Paid:
    return Paid(
        key=f"refund {on}",
        on=day(on),
        amount=amount,
        kind=PaymentKind.MERCHANT_REFUND,
        refunds_profit=refunds_profit,
    )


def test_a_refund_of_everything_gives_all_its_profit_back() -> None:
    plan = following_days(profit_refunded_on=REFUNDS)

    course = course_of(plan, out(), refund(10_000, "01-16"), as_of="01-16")

    assert [moved.kind.value for moved in course.transactions][1:] == [
        "merchant_refund",
        "profit_refund",
    ]
    assert course.transactions[-1].amount == 28
    assert course.status is CourseStatus.PAID_OFF


def test_a_second_refund_gives_back_what_it_alone_would_have_saved() -> None:
    plan = following_days(profit_refunded_on=REFUNDS)

    course = course_of(plan, out(), refund(5000, "01-16"), refund(2500, "01-20"), as_of="01-20")

    amounts = [moved.amount for moved in course.transactions if moved.kind.value == "profit_refund"]
    assert amounts == [14, 9]


def test_a_refund_may_be_entered_without_its_profit() -> None:
    plan = following_days(profit_refunded_on=REFUNDS)

    course = course_of(plan, out(), refund(5000, "01-16", refunds_profit=False), as_of="01-16")

    assert len(course.transactions) == 2


def test_profit_that_was_agreed_as_a_whole_is_not_given_back() -> None:
    plan = make_plan(profit_refunded_on=REFUNDS)

    course = course_of(plan, out(), refund(5000, "01-16", refunds_profit=True), as_of="01-16")

    assert [moved.amount for moved in course.transactions] == [10_000, 5000]
