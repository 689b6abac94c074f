"""A statement tells the contract's own story: opening plus every line is closing, to the unit."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import replay, schedule, statement
from services.loans.domain.replay import Movement, MovementKind
from services.loans.domain.statement import NothingLent, StatementTooLong, StillOwed
from services.loans.papers.documents import DayOut
from shared.money import Money
from shared.periods import PeriodReversed
from tests.builders import NOON, an_id, make_qard, money
from tests.unit.loans.papers import samples
from tests.unit.loans.papers.samples import FIRST, MOVEMENTS, PAID_OUT, SECOND, THIRD, UNDONE, told

QARD = make_qard(principal=money("1200.00", "USD"), instalments=12)


def qard_paid(name: str, amount: str, on: str) -> Movement:
    return replace(samples.paid(name, "1", on), amount=money(amount, "USD"))


def test_the_worked_number_of_the_docstring() -> None:
    lent = replace(PAID_OUT, amount=money("1200.00", "USD"), effective_on=date(2026, 1, 15))
    found = told(
        "2026-04-01", "2026-04-30", lent, qard_paid("a", "150.00", "2026-04-10"), terms=QARD
    )

    assert found.opening.outstanding_principal == money("1200.00", "USD")
    assert [line.parts.principal for line in found.lines] == [money("150.00", "USD")]
    assert found.closing.outstanding_principal == money("1050.00", "USD")


def test_each_line_tells_what_it_paid_and_what_is_owed_after_it() -> None:
    found = told()

    assert [line.movement for line in found.lines] == [PAID_OUT, FIRST, SECOND, UNDONE, THIRD]
    balances = [str(line.balance) for line in found.lines]
    assert balances == ["1200.000", "1105.381", "976.533", "1105.381", "1016.435"]
    assert [str(line.parts.profit) for line in found.lines] == [
        "0.000",
        "12.000",
        "21.152",
        "-21.152",
        "11.054",
    ]


def test_a_reversal_takes_back_exactly_what_it_reverses() -> None:
    _, _, second, undone, _ = told().lines

    assert undone.parts == -second.parts
    assert (second.movement, undone.movement) == (SECOND, UNDONE)


def test_the_last_day_is_in_the_period_and_the_day_after_is_not() -> None:
    assert [line.movement for line in told("2026-01-15", "2026-02-15").lines] == [PAID_OUT, FIRST]
    assert [line.movement for line in told("2026-02-16", "2026-03-19").lines] == []


def test_a_period_without_movements_still_shows_what_fell_due_in_it() -> None:
    found = told("2026-02-16", "2026-03-19")

    assert found.opening.outstanding_principal == found.closing.outstanding_principal
    assert found.opening.arrears.total.is_zero
    assert str(found.closing.arrears.total) == "106.619"
    assert found.paid.total.is_zero


def test_what_was_paid_in_the_period_has_reversals_taken_off() -> None:
    assert str(told("2026-03-01", "2026-03-31").paid.total) == "0.000"
    assert str(told("2026-01-01", "2026-12-31").paid.total) == "206.619"


def test_a_statement_as_known_earlier_does_not_know_the_reversal() -> None:
    before = told(known_at=UNDONE.known_at - timedelta(days=1))
    after = told(known_at=UNDONE.known_at)

    assert [line.movement for line in before.lines] == [PAID_OUT, FIRST, SECOND, THIRD]
    assert str(before.closing.outstanding_principal) != str(after.closing.outstanding_principal)


def test_a_backdated_payment_is_told_on_its_value_date() -> None:
    late = samples.paid("late", "50.000", "2026-02-10", known_at=NOON + timedelta(days=200))
    found = told("2026-01-15", "2026-04-10", *MOVEMENTS, late)

    assert found.lines[1].movement == late
    assert str(found.lines[1].parts.profit) == "12.000"


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(PeriodReversed):
        told("2026-04-10", "2026-04-08")


def test_a_statement_without_end_is_refused_with_the_figures() -> None:
    many = [
        samples.paid(f"n{number}", "0.001", "2026-02-01")
        for number in range(statement.LINES_MAX + 1)
    ]
    with pytest.raises(StatementTooLong) as refused:
        told("2026-02-01", "2026-02-28", PAID_OUT, *many)

    assert refused.value.lines == statement.LINES_MAX + 1
    assert len(told("2026-03-01", "2026-03-31", PAID_OUT, *many).lines) == 0


def test_a_contract_with_one_minor_unit_open_is_not_settled() -> None:
    whole = Money.total((due.total for due in schedule.schedule(samples.TERMS)), "JOD")
    nearly = replace(FIRST, amount=whole - Money(1, "JOD"))
    state = told("2026-01-15", "2026-12-31", PAID_OUT, nearly).closing
    with pytest.raises(StillOwed) as refused:
        statement.require_settled(state, reference="LN")

    assert refused.value.owed == Money(1, "JOD")
    settled = told("2026-01-15", "2026-12-31", PAID_OUT, replace(FIRST, amount=whole)).closing
    statement.require_settled(settled, reference="LN")


def test_nothing_is_certified_of_a_loan_that_was_never_paid_out() -> None:
    state = told("2026-01-01", "2026-01-14").closing
    with pytest.raises(NothingLent):
        statement.require_settled(state, reference="LN")
    with pytest.raises(NothingLent):
        statement.require_lent(state, reference="LN")


@settings(max_examples=40, deadline=None)
@given(
    amounts=st.lists(st.integers(1, 400_000), min_size=1, max_size=6),
    days=st.lists(st.integers(1, 500), min_size=6, max_size=6),
    cut=st.integers(0, 500),
    length=st.integers(1, 400),
)
def test_opening_plus_all_lines_is_closing(
    amounts: list[int], days: list[int], cut: int, length: int
) -> None:
    start = PAID_OUT.effective_on
    movements = [PAID_OUT] + [
        samples.paid(f"p{number}", "1", (start + timedelta(days=day)).isoformat())
        for number, day in enumerate(days[: len(amounts)])
    ]
    movements[1:] = [
        replace(one, amount=Money(minor, "JOD"), movement_id=an_id(f"{minor}{number}"))
        for number, (one, minor) in enumerate(zip(movements[1:], amounts, strict=True))
    ]
    first = start + timedelta(days=cut)
    found = told(first.isoformat(), (first + timedelta(days=length)).isoformat(), *movements)
    opening, closing = found.opening.paid, found.closing.paid
    for part in ("principal", "profit", "fee", "surplus"):
        moved = sum(getattr(line.parts, part).minor for line in found.lines)
        assert getattr(opening, part).minor + moved == getattr(closing, part).minor
    whole = replay.replay(
        samples.TERMS,
        instalments=schedule.schedule(samples.TERMS),
        movements=movements,
        as_of=first + timedelta(days=length),
        known_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert found.closing == whole


def test_a_change_of_the_agreement_is_a_line_of_its_own() -> None:
    span = samples.period("2026-02-01", "2026-03-10")
    movements = (PAID_OUT, FIRST)
    changed = date(2026, 3, 1)
    stood = samples.stood(
        movements, span, terms=samples.TERMS, known_at=datetime(2030, 1, 1, tzinfo=UTC)
    )
    before = stood[date(2026, 3, 10)]
    free = tuple(
        replace(due, principal=due.principal + due.profit, profit=money("0"))
        for due in before.instalments
    )
    after = replace(before, instalments=free)
    found = statement.statement(
        samples.TERMS,
        stood=stood | {changed: after, date(2026, 3, 10): after},
        movements=movements,
        period=span,
        known_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert [line.movement for line in found.lines] == [FIRST, None]
    assert (found.lines[1].on, str(found.lines[1].parts.profit)) == (changed, "-12.000")
    assert str(found.lines[1].parts.principal) == "12.000"
    assert found.closing.outstanding_principal == found.lines[1].balance


def test_principal_that_was_given_up_is_a_line_without_parts() -> None:
    span = samples.period("2026-02-01", "2026-03-10")
    stood = samples.stood(
        (PAID_OUT, FIRST), span, terms=samples.TERMS, known_at=datetime(2030, 1, 1, tzinfo=UTC)
    )
    last = stood[date(2026, 3, 10)]
    given_up = replace(last, sums=replace(last.sums, given_up_minor=5_381))
    found = statement.statement(
        samples.TERMS,
        stood=stood | {date(2026, 3, 10): given_up},
        movements=(PAID_OUT, FIRST),
        period=span,
        known_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert found.lines[1].parts.total.is_zero
    assert str(found.lines[1].balance) == "1100.000"


def test_a_surplus_that_was_paid_back_is_a_line_of_its_own() -> None:
    much = samples.paid("much", "1300.000", "2026-02-01")
    back = samples.paid("back", "20.577", "2026-03-01", kind=MovementKind.SURPLUS_REFUND)
    found = told("2026-02-01", "2026-03-31", PAID_OUT, much, back)

    assert [str(line.parts.surplus) for line in found.lines] == ["20.577", "-20.577"]
    assert found.closing.surplus.is_zero
    assert [line.movement for line in found.lines] == [much, back]


def test_a_reversal_of_what_is_not_known_counts_as_of_money_paid_back() -> None:
    undone = replace(UNDONE, reverses=an_id("elsewhere"))
    span = samples.period("2026-03-01", "2026-03-31")
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    stood = samples.stood((PAID_OUT, FIRST, SECOND), span, terms=samples.TERMS, known_at=moment)
    found = statement.statement(
        samples.TERMS,
        stood=stood,
        movements=(PAID_OUT, FIRST, SECOND, undone),
        period=span,
        known_at=moment,
    )
    assert [line.movement for line in found.lines] == [SECOND, undone, None]
    assert found.lines[1].parts == -found.lines[2].parts


def test_capital_that_is_out_without_a_schedule_is_not_settled() -> None:
    state = told("2026-01-15", "2026-02-01", PAID_OUT).closing
    without = replace(state, open_dues=(), is_closed=True)
    with pytest.raises(StillOwed) as refused:
        statement.require_settled(without, reference="LN")

    assert refused.value.owed == PAID_OUT.amount


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2026-04-01", "2026-04-30", "2026-04-01", "2026-05-01"),
        ("2026-04-30", "2026-04-30", "2026-04-30", "2026-05-01"),
        ("1900-01-01", "2026-04-30", "1900-01-02", "2026-05-01"),
        ("1900-01-02", "1900-01-02", "1900-01-02", "1900-01-03"),
    ],
)
def test_a_statement_holds_both_its_days_and_has_an_eve(
    first: str, last: str, start: str, end: str
) -> None:
    found = statement.span(date.fromisoformat(first), last_on=date.fromisoformat(last))
    assert (found.start.isoformat(), found.end.isoformat()) == (start, end)
    assert DayOut.of(statement.days_of(found, changes=[])[0]).gregorian < found.start


def test_a_statement_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(PeriodReversed):
        statement.span(date(2026, 4, 30), last_on=date(2026, 4, 28))
