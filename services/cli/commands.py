"""Which commands does `rafid` have, and which function carries each out?

A command's module is read when it is called, and no other: to start all the services takes
seconds that neither `rafid --help` nor a check of figures has a use for.
"""

import importlib
from typing import Any, Final

import typer
from typer.core import TyperCommand

COMMANDS: Final = (
    ("up", "running:up", "Start everything in one process; the data stay in the folder."),
    ("demo", "demo:demo", "Start with a programme that has already been running for a year."),
    ("serve", "running:serve", "Run one service; its settings come from the environment."),
    ("migrate", "migrate:migrate", "Create roles and schemas and run every migration."),
    ("verify", "proving:verify", "Prove the books: every rule, both chains, every sum."),
    ("close-day", "closing:close_day", "Close a day: book profit earned and losses expected."),
    ("train", "training:train", "Learn a scorecard from loans that ended, and prove it."),
    ("train-warning", "warning_cards:train_warning", "Learn which running loans may fall."),
    ("warn", "warning:warn", "Grade the running loans of a month: which may fall, and why."),
    ("impact", "impact:impact", "Estimate what lending changed, beside who was offered none."),
    ("review-rates", "reviewing:review_rates", "Try other rates and terms on a whole book."),
    ("assign", "assigning:assign", "Propose a fund for each application that waits for money."),
    ("replay-scores", "replaying:replay_scores", "Give every kept opinion again, alike or not."),
    ("problems", "catalogues:problems", "Write the catalogue of problems."),
    ("openapi", "catalogues:openapi", "Print a service's OpenAPI description as JSON."),
    ("asyncapi", "catalogues:asyncapi", "Print what a service tells by itself, as AsyncAPI."),
)
IMPORTS: Final = (
    ("applications", "imports:import_applications", "Take applications in from a CSV file."),
    ("portfolio", "portfolios:import_portfolio", "Take a portfolio over from CSV or XLSX."),
    ("bureau", "bureaus:import_bureau", "Take in what a credit bureau's file says of debts."),
    ("chart", "charts:import_chart", "Take an institution's own chart of accounts in."),
)
EXPORTS: Final = (
    ("portfolio", "portfolios:export_portfolio", "Write all contracts with their history."),
    ("journal", "journals:export_journal", "Write the journal's entries in their order."),
)
BENCHES: Final = (
    ("repayments", "bench.repayments:repayments", "Repayments a second, in three ways."),
    ("portfolio", "bench.portfolio:portfolio", "What is at risk in a million contracts."),
    ("commitments", "bench.commitments:commitments", "Claims of many clients on one fund."),
    ("schedules", "bench.schedules:schedules", "Exact schedules beside a loop of floats."),
    ("replay", "bench.life:replay", "The correction of a contract of many movements."),
    ("reads", "bench.life:reads", "Reading contracts of few and many movements."),
    ("close-day", "bench.close_day:close_day", "The close of a million, alone and amid payments."),
    ("lineage", "bench.lineage:lineage", "Where the money of a million receipts is."),
    ("warn", "bench.warn:warn", "A month's early warnings of running loans."),
    ("assess", "bench.assess:assess", "One opinion in process, and many over HTTP."),
    ("review", "bench.scoring:review", "A million loans under other rates and terms."),
    ("assign", "bench.scoring:assign", "Which of 12 funds finances whom of 20,000."),
    ("cards", "bench.scoring:cards", "The points of a million loans at once."),
    ("eligibility", "bench.eligibility:eligibility", "Which of 50 funds may finance whom."),
)
CHECKS: Final = (
    ("apr", "checking.commands:check_apr", "Compare yearly rates and annuity functions."),
    ("schedules", "checking.commands:check_schedules", "Compare schedules, every cell."),
)
GROUPS: Final = (
    ("import", "Take in what another system wrote.", IMPORTS),
    ("export", "Write what another system can take in.", EXPORTS),
    ("bench", "Measure Rafid on this machine; figures are printed, none is kept.", BENCHES),
    ("check", "Compare our figures with those that others published.", CHECKS),
)


def function_of(place: str) -> Any:  # a command's function takes whatever its options are
    """Read the module of a command and give its function: `running:up`."""
    module, name = place.split(":")
    return getattr(importlib.import_module(f"services.cli.{module}"), name)


def called_late(place: str) -> type[TyperCommand]:
    """Give a command that becomes the real one when it is called, or asked for its help."""

    class Late(TyperCommand):
        def make_context(
            self, info_name: str | None, args: list[str], parent: Any = None, **more: Any
        ) -> Any:
            alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
            alone.command(name=self.name)(function_of(place))
            return typer.main.get_command(alone).make_context(info_name, args, parent, **more)

    return Late


def nothing() -> None:
    """Stand for a command until it is called."""


def _with(app: typer.Typer, commands: tuple[tuple[str, str, str], ...]) -> typer.Typer:
    for name, place, told in commands:
        app.command(name, cls=called_late(place), help=told)(nothing)
    return app


app = _with(
    typer.Typer(
        name="rafid",
        help="Small loans that change lives, from application to the donor's page.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    ),
    COMMANDS,
)
for group, purpose, commands in GROUPS:
    app.add_typer(_with(typer.Typer(help=purpose, no_args_is_help=True), commands), name=group)
