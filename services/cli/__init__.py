"""The `rafid` command: a module per group of commands."""

import sys

from services.cli.commands import app
from shared.errors import RafidError


def main() -> None:
    """Run the command; what is refused is told in one sentence, without a traceback."""
    try:
        app()
    except RafidError as error:
        sys.stderr.write(f"{error.title()}: {error}\n")
        sys.exit(1)
