"""Each signal says what the facts known by a day say, worked by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.scoring.domain.warning import facts, signals
from services.scoring.domain.warning.facts import (
    Burden,
    Due,
    LoanFacts,
    LoanOfFuture,
    LoanTwiceInMonth,
    Milestone,
    Payment,
    Promise,
    Visit,
    VisitEnd,
)
from shared import ids
from tests.running_loans import AS_OF, loan, plan


def signal(name: str, item: LoanFacts, *, as_of: date = AS_OF) -> Decimal | None:
    return signals.signals_of(signals.known_of(item, as_of=as_of))[name]


def paid(*rows: tuple[date, int]) -> LoanFacts:
    return loan(payments=[Payment(paid_on=day, amount_minor=amount) for day, amount in rows])


@pytest.mark.parametrize(
    ("item", "as_of", "days"),
    [
        (loan(paid=6), AS_OF, 0),
        (loan(paid=5), AS_OF, 30),
        (loan(paid=5), date(2026, 3, 1), 0),
        (loan(paid=5), date(2026, 3, 2), 1),
        (loan(paid=4), AS_OF, 58),
        (loan(paid=0), date(2025, 9, 15), 0),
    ],
)
def test_days_late_count_from_the_oldest_open_instalment(
    item: LoanFacts, as_of: date, days: int
) -> None:
    assert signal("days_late", item, as_of=as_of) == days


def test_a_partly_paid_instalment_is_late_in_full() -> None:
    item = paid((date(2025, 10, 1), 199))

    assert signal("days_late", item, as_of=date(2025, 11, 11)) == 10


def test_the_change_compares_with_three_months_before() -> None:
    # On the 31st of December nothing was late; the instalment of March is 30 days late now.
    assert signal("days_late_change", loan(paid=5)) == 30
    # Paid up after being 30 days late on the 31st of December.
    better = paid((date(2025, 10, 1), 200), (date(2026, 1, 5), 400))
    assert signal("days_late_change", better) == -30


def test_the_worst_of_six_remembers_what_was_paid_since() -> None:
    caught_up = paid((date(2025, 10, 1), 200), (date(2026, 2, 5), 400))

    assert signal("days_late", caught_up) == 0
    assert signal("days_late_worst", caught_up) == 61  # on the 31st of January, since December 1


def test_days_within_tolerance_add_up_and_days_beyond_it_do_not() -> None:
    assert signal("tolerated_days", loan(days=5)) == 30
    assert signal("tolerated_days", loan(days=7)) == 42
    assert signal("tolerated_days", loan(days=8)) == 0


def test_the_first_instalment_is_looked_at_by_itself() -> None:
    item = paid((date(2025, 10, 10), 100), (date(2025, 11, 1), 500))

    assert signal("first_instalment_days_late", item) == 9
    assert signal("first_instalment_days_late", item, as_of=date(2025, 9, 30)) is None


def test_payments_of_a_part_are_counted() -> None:
    item = paid(
        (date(2025, 10, 1), 100),
        (date(2025, 11, 1), 40),
        (date(2025, 11, 9), 60),
        (date(2025, 12, 2), 30),
    )

    assert signal("partial_payments", item) == 2
    ahead = paid((date(2025, 9, 20), 50), (date(2025, 10, 1), 50))
    assert signal("partial_payments", ahead) == 0, "before its day nothing was owed"


@pytest.mark.parametrize(("came", "broken"), [(99, 1), (100, 0), (150, 0)])
def test_a_promise_is_broken_by_less_than_was_promised(came: int, broken: int) -> None:
    promise = Promise(made_on=date(2026, 3, 5), promised_for=date(2026, 3, 12), amount_minor=100)
    item = loan(
        payments=[
            Payment(paid_on=date(2026, 3, 4), amount_minor=500),
            Payment(paid_on=date(2026, 3, 12), amount_minor=came),
        ],
        promises=[promise],
    )

    assert signal("broken_promises", item) == broken
    assert signal("broken_promises", item, as_of=date(2026, 3, 11)) == 0, "not yet due"


@pytest.mark.parametrize(
    ("peaks", "gap"), [((), None), ((3,), 0), ((12,), 3), ((9,), 6), ((10, 5), 2)]
)
def test_the_season_is_the_distance_to_the_nearest_peak(
    peaks: tuple[int, ...], gap: int | None
) -> None:
    assert signal("months_from_peak", loan(peak_months=peaks)) == gap


def test_the_burden_is_the_last_one_found_by_the_day() -> None:
    item = loan(
        burdens=[
            Burden(found_on=date(2026, 4, 1), share=Decimal("0.9")),
            Burden(found_on=date(2025, 9, 1), share=Decimal("0.3")),
            Burden(found_on=date(2026, 1, 9), share=Decimal("0.4")),
        ]
    )

    assert signal("burden", item) == Decimal("0.4")
    assert signal("burden", item, as_of=date(2025, 8, 1)) is None


def test_who_missed_a_visit_is_kept_apart() -> None:
    visits = [
        Visit(ended_on=date(2026, 1, 9), end=VisitEnd.MADE),
        Visit(ended_on=date(2026, 2, 9), end=VisitEnd.NOT_MADE_BY_OFFICER),
        Visit(ended_on=date(2026, 3, 9), end=VisitEnd.NOT_MADE_BY_OFFICER),
        Visit(ended_on=date(2026, 3, 30), end=VisitEnd.MISSED_BY_BORROWER),
        Visit(ended_on=date(2025, 9, 1), end=VisitEnd.MISSED_BY_BORROWER),
    ]
    item = loan(visits=visits)

    assert signal("visits_made", item) == 1
    assert signal("visits_not_made_by_officer", item) == 2
    assert signal("visits_missed_by_borrower", item) == 1, "one is older than half a year"


def test_a_milestone_is_behind_until_it_is_reached() -> None:
    item = loan(
        milestones=[
            Milestone(due_on=date(2026, 1, 1), reached_on=date(2026, 2, 1)),
            Milestone(due_on=date(2026, 2, 1), reached_on=date(2026, 4, 1)),
            Milestone(due_on=date(2026, 3, 31), reached_on=None),
            Milestone(due_on=date(2026, 4, 1), reached_on=None),
        ]
    )

    assert signal("milestones_behind", item) == 2


@pytest.mark.parametrize(
    ("start", "months"), [(date(2026, 3, 31), 0), (date(2026, 2, 28), 1), (date(2025, 4, 1), 11)]
)
def test_months_on_the_book_are_whole(start: date, months: int) -> None:
    assert signal("months_on_book", loan(disbursed_on=start)) == months


def test_a_loan_does_not_count_among_its_own_peers() -> None:
    group, other = ids.new(), ids.new()
    items = [
        loan(paid=5, group_id=group),
        *(loan(group_id=group) for _ in range(3)),
        loan(group_id=other),
        loan(),
    ]
    shares = signals.group_late_shares([signals.known_of(i, as_of=AS_OF) for i in items])

    third = Decimal("0.3333")
    assert [shares[i.loan_id] for i in items] == [0, third, third, third, None, None]


@pytest.mark.parametrize(("paid_count", "has_fallen"), [(6, False), (4, False), (3, True)])
def test_a_loan_has_fallen_once_it_was_sixty_days_late(
    paid_count: int, *, has_fallen: bool
) -> None:
    item = loan(paid=paid_count)

    assert signals.known_of(item, as_of=AS_OF).has_fallen is has_fallen


def test_a_fall_that_was_made_good_stays_a_fall() -> None:
    item = paid((date(2025, 12, 1), 600))  # October's came on its 61st day

    assert signals.known_of(item, as_of=AS_OF).has_fallen


def test_months_before_end_with_their_month() -> None:
    assert signals.months_before(date(2026, 5, 31), 3) == date(2026, 2, 28)
    assert signals.months_before(date(2026, 1, 15), 1) == date(2025, 12, 15)
    assert signals.months_before(date(2026, 1, 15), -12) == date(2027, 1, 15)


def test_loans_that_cannot_be_graded_are_named() -> None:
    twice = loan()
    with pytest.raises(LoanTwiceInMonth) as repeated:
        facts.check_loans([twice, loan(), twice], as_of=AS_OF)
    with pytest.raises(LoanOfFuture):
        facts.check_loans([loan(disbursed_on=date(2026, 4, 1))], as_of=AS_OF)

    assert repeated.value.loan_id == str(twice.loan_id)


def test_every_signal_is_given_for_a_loan_without_facts() -> None:
    bare: dict[str, Any] = signals.signals_of(
        signals.known_of(loan(dues=[Due(due_on=AS_OF, amount_minor=1)]), as_of=AS_OF)
    )

    assert tuple(bare) == signals.SIGNALS
    assert plan()[0].due_on == date(2025, 10, 1)
