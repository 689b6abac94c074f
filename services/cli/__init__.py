"""The `rafid` command: a module per group of commands."""

import os
import sys
from collections.abc import Mapping, Sequence

from services.cli.commands import app
from shared import logs, texts
from shared.errors import RafidError
from shared.texts import Language


def main() -> None:
    """Run the command; what is refused is told in one sentence, without a traceback."""
    logs.configure(level="warning", form="console")  # else a bug is told with every variable
    try:
        app()
    except RafidError as error:
        title, detail = texts.render(error, language=spoken(sys.argv, os.environ))
        sys.stderr.write(f"{title}: {detail}\n")
        sys.exit(1)


def spoken(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Choose in which language to refuse: that of `--language`, else that of the terminal.

    Worked: `--language fr` is French whatever `LANG` says; `LANG=ar_JO.UTF-8` alone is Arabic.
    """
    for place, argument in enumerate(arguments):
        if argument.startswith("--language="):
            return texts.pick_language(argument.partition("=")[2])
        if argument == "--language" and place + 1 < len(arguments):
            return texts.pick_language(arguments[place + 1])
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    told = next((environment[name] for name in names if environment.get(name)), "")
    return texts.pick_language(told.partition("_")[0].partition(".")[0])
