"""The `rafid` command: a module per group of commands."""

import sys


def main() -> None:
    """Run the command; what is refused is told in one sentence, without a traceback."""
    from services.cli.commands import app  # noqa: PLC0415 - a module of it may be wanted alone
    from shared.errors import RafidError  # noqa: PLC0415

    try:
        app()
    except RafidError as error:
        sys.stderr.write(f"{error.title()}: {error}\n")
        sys.exit(1)
