"""Which commands does `rafid` have, and which module carries each?"""

import typer

from services.cli import (
    bench,
    catalogues,
    closing,
    demo,
    imports,
    journals,
    migrate,
    portfolios,
    proving,
    running,
)
from services.cli.checking import commands as checking

app = typer.Typer(
    name="rafid",
    help="Small loans that change lives, from application to the donor's page.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("up")(running.up)
app.command("demo")(demo.demo)
app.command("serve")(running.serve)
app.command("migrate")(migrate.migrate)
app.command("verify")(proving.verify)
app.command("close-day")(closing.close_day)
imports.app.command("portfolio")(portfolios.import_portfolio)
app.add_typer(imports.app, name="import")
portfolios.app.command("journal")(journals.export_journal)
app.add_typer(portfolios.app, name="export")
app.add_typer(bench.app, name="bench")
app.add_typer(checking.app, name="check")
app.command("problems")(catalogues.problems)
app.command("openapi")(catalogues.openapi)
