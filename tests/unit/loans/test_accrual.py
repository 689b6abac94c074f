"""How much profit is earned by a day, and what of it do the books show?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.loans.domain import accrual, schedule
from services.loans.domain.accrual import Accrued, Recognition, Window
from services.loans.domain.terms import ModeOfFinance
from tests.builders import make_loan, make_qard

LOAN = make_loan()
INSTALMENTS = schedule.schedule(LOAN)  # profit 10.00, 6.70, 3.37 due on the 15th
JANUARY = Window(
    starts_on=date(2026, 1, 1), due_on=date(2026, 2, 1), profit=1_000, earned_before=500
)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 12, 1), 500),
        (date(2026, 1, 1), 500),
        (date(2026, 1, 2), 532),
        (date(2026, 1, 11), 823),
        (date(2026, 1, 31), 1_468),
        (date(2026, 2, 1), 1_500),
        (date(2027, 2, 1), 1_500),
    ],
)
def test_a_window_earns_evenly_over_its_days_and_nothing_outside(on: date, expected: int) -> None:
    assert JANUARY.earned(on) == expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(5, 2, 2), (7, 2, 4), (9, 2, 4), (1, 3, 0), (2, 3, 1), (0, 7, 0), (14, 7, 2), (1, 2, 0)],
)
def test_a_half_goes_to_the_even_number(numerator: int, denominator: int, expected: int) -> None:
    assert accrual.half_even(numerator, denominator) == expected
    assert accrual.half_even(numerator, denominator) == round(Decimal(numerator) / denominator)


def test_a_day_lies_in_the_window_of_the_instalment_that_is_next_due() -> None:
    second = INSTALMENTS[1]

    for day in (date(2026, 2, 16), date(2026, 3, 15)):
        found = accrual.window(INSTALMENTS, disbursed_on=LOAN.disbursed_on, on=day)
        assert found == Window(
            starts_on=date(2026, 2, 15),
            due_on=second.due_on,
            profit=second.profit.minor,
            earned_before=INSTALMENTS[0].profit.minor,
        )


def test_the_due_date_itself_ends_its_window_with_all_of_it_earned() -> None:
    found = accrual.window(INSTALMENTS, disbursed_on=LOAN.disbursed_on, on=date(2026, 2, 15))

    assert found.due_on == date(2026, 2, 15)
    assert found.earned(date(2026, 2, 15)) == INSTALMENTS[0].profit.minor


def test_before_disbursement_nothing_and_after_the_end_everything_is_earned() -> None:
    whole = sum(due.profit.minor for due in INSTALMENTS)

    for day, expected in ((date(2025, 1, 1), 0), (date(2030, 1, 1), whole)):
        found = accrual.window(INSTALMENTS, disbursed_on=LOAN.disbursed_on, on=day)
        assert found.earned(day) == expected


def test_what_is_due_on_the_day_of_payment_is_earned_in_the_one_day_before() -> None:
    at_once = (replace(INSTALMENTS[0], due_on=LOAN.disbursed_on),)

    found = accrual.window(at_once, disbursed_on=LOAN.disbursed_on, on=LOAN.disbursed_on)

    assert (found.due_on - found.starts_on).days == 1
    assert found.earned(LOAN.disbursed_on) == 1_000
    assert found.earned(LOAN.disbursed_on - timedelta(days=1)) == 0


def test_a_straight_line_earns_the_same_every_day_and_the_same_in_all() -> None:
    line = accrual.window(
        INSTALMENTS,
        disbursed_on=LOAN.disbursed_on,
        on=date(2026, 2, 1),
        recognition=Recognition.STRAIGHT_LINE,
    )
    days = (INSTALMENTS[-1].due_on - LOAN.disbursed_on).days
    steps = {
        line.earned(LOAN.disbursed_on + timedelta(days=day + 1))
        - line.earned(LOAN.disbursed_on + timedelta(days=day))
        for day in range(days)
    }

    assert line.earned(INSTALMENTS[-1].due_on) == sum(due.profit.minor for due in INSTALMENTS)
    assert max(steps) - min(steps) <= 1


def test_a_straight_line_is_behind_a_declining_balance_on_the_way() -> None:
    day = date(2026, 2, 15)
    span = {"instalments": INSTALMENTS, "start": LOAN.disbursed_on, "end": day}

    straight = accrual.profit_earned(LOAN, recognition=Recognition.STRAIGHT_LINE, **span)  # type: ignore[arg-type]
    scheduled = accrual.profit_earned(LOAN, **span)  # type: ignore[arg-type]

    assert straight < scheduled
    assert scheduled.minor == INSTALMENTS[0].profit.minor


def test_a_qard_earns_nothing_whatever_the_day() -> None:
    terms = make_qard()
    instalments = schedule.schedule(terms)
    earned = accrual.profit_earned(
        terms, instalments=instalments, start=terms.disbursed_on, end=date(2030, 1, 1)
    )

    assert earned.is_zero
    assert ModeOfFinance.QARD.value in accrual.NEVER_ACCRUES
    assert ModeOfFinance.CONVENTIONAL.value not in accrual.NEVER_ACCRUES


@pytest.mark.parametrize(
    ("earned", "received", "is_suspended", "expected"),
    [
        (823, 500, False, Accrued(receivable=323, unearned=0, suspended=0)),
        (823, 500, True, Accrued(receivable=0, unearned=0, suspended=323)),
        (500, 823, False, Accrued(receivable=0, unearned=323, suspended=0)),
        (500, 823, True, Accrued(receivable=0, unearned=323, suspended=0)),
        (500, 500, False, Accrued(receivable=0, unearned=0, suspended=0)),
    ],
)
def test_what_is_earned_and_what_is_paid_make_one_of_three_figures(
    *, earned: int, received: int, is_suspended: bool, expected: Accrued
) -> None:
    assert accrual.accrued(earned=earned, received=received, is_suspended=is_suspended) == expected
