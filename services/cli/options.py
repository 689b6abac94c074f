"""Which options do several commands share?"""

from pathlib import Path
from typing import Annotated

import typer

HOST = "127.0.0.1"
PORT = 8000

Folder = Annotated[
    Path | None,
    typer.Option("--data", help="The folder that keeps everything; ./rafid-data if not named."),
]
Port = Annotated[int, typer.Option(help="The port to answer on; the next free one if taken.")]
Institution = Annotated[str | None, typer.Option(help="Its code, if there are several.")]
LoansAddress = Annotated[
    str | None,
    typer.Option(
        envvar="RAFID_LOANS_DATABASE_URL",
        help="The loans role's address of a server that runs; without it a data folder.",
    ),
]
