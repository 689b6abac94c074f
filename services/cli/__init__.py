"""The `rafid` command: a module per group of commands."""

import sys

from services.cli.commands import app
from shared import logs
from shared.errors import RafidError


def main() -> None:
    """Run the command; what is refused is told in one sentence, without a traceback."""
    logs.configure(level="warning", form="console")  # else a bug is told with every variable
    try:
        app()
    except RafidError as error:
        sys.stderr.write(f"{error.title()}: {error}\n")
        sys.exit(1)
