"""The benches of scoring run what they say, on few rows, and print what was asked."""

import pytest
from typer.testing import CliRunner

from services.cli.benchmarks import scoring
from services.cli.commands import app
from services.scoring.domain import scorecard
from services.scoring.domain.assignment.problem import broken
from services.scoring.domain.simulation import book as books


def test_the_book_of_a_bench_is_sound_and_always_the_same() -> None:
    one, other = scoring.a_book(500), scoring.a_book(500)

    books.checked(one)
    assert (one.principal == other.principal).all()
    assert (one.pd == other.pd).all()


def test_the_run_of_a_bench_is_solved_without_breaking_a_rule() -> None:
    problem = scoring.a_run(60, funds=3)
    _, solution, served = scoring.assign(problem)

    assert broken(problem, solution.chosen) == []
    assert served == len(solution.chosen) > 0


def test_the_card_of_a_bench_gives_the_points_that_it_gives_one_by_one() -> None:
    card = scoring.a_card(2)

    assert scorecard.score(card, values={"figure_0": "5.5", "figure_1": "0"}).points == 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["review", "--count", "2000", "--policies", "2", "--alternations", "1"], "ipmt"),
        (["assign", "--applications", "50", "--funds", "2", "--alternations", "1"], "gap"),
        (["cards", "--rows", "100", "--alternations", "1"], "asked: 0.5 s"),
    ],
)
def test_each_command_prints_its_figures(arguments: list[str], words: str) -> None:
    told = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["bench", *arguments])

    assert told.exit_code == 0, told.output
    assert words in told.output
    assert "asked" in told.output
