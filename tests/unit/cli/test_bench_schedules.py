"""The bench of schedules measures what it says, on the same loans each time."""

from typer.testing import CliRunner

from services.cli.benchmarks import schedules
from services.cli.commands import app
from services.loans.domain import schedule


def test_the_loans_of_a_count_are_always_the_same() -> None:
    assert schedules.loans(3, instalments=12) == schedules.loans(3, instalments=12)
    assert len({loan.principal for loan in schedules.loans(50, instalments=12)}) > 40


def test_every_loan_of_the_bench_has_an_exact_schedule() -> None:
    for loan in schedules.loans(20, instalments=60, day_count="act/act"):
        assert sum(schedule.columns(loan).principal) == loan.principal.minor


def test_each_way_is_measured_as_often_as_asked() -> None:
    measured = schedules.measure(schedules.loans(2, instalments=6), alternations=3)

    assert sorted(measured) == ["a", "b", "c"]
    for figures in measured.values():
        assert len(figures.seconds) == len(figures.microseconds) == 3
        assert figures.instalments == 12
        assert min(figures.microseconds) > 0


def test_the_command_prints_each_day_count_and_what_was_asked() -> None:
    told = CliRunner().invoke(app, ["bench", "schedules", "--count", "2", "--alternations", "1"])

    assert told.exit_code == 0, told.output
    for words in ("30/360", "act/365", "act/act", "asked: (b)"):
        assert words in told.output
