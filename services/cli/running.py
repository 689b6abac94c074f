"""`rafid up` and `rafid serve`: the whole house in one process, or one service of it."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn
import uvloop
from fastapi import FastAPI
from rich.console import Console

from services import data_folder
from services.cli import several
from services.cli.options import HOST, PORT, Folder, Port
from services.embedded import Rafid
from services.loans import app as loans
from services.loans.settings import LoansSettings
from services.monitoring import app as monitoring
from services.monitoring.settings import MonitoringSettings
from services.scoring import app as scoring
from services.scoring.settings import ScoringSettings
from shared import logs

GC_THRESHOLDS = (50_000, 50, 50)

console = Console()


class Service(StrEnum):
    """A deployable."""

    LOANS = "loans"
    SCORING = "scoring"
    MONITORING = "monitoring"


def free_port(wanted: int, *, host: str = HOST) -> int:
    """Return the wanted port, or the next one that is free."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise typer.BadParameter(f"no free port between {wanted} and {wanted + 99}")


@asynccontextmanager
async def house(folder: Path, *, port: int) -> AsyncIterator[Rafid]:
    """Start the database, bring it to the newest schema, and put the three services on it."""
    kept = data_folder.open_secrets(folder)
    async with data_folder.start_postgres(folder) as databases:
        rafid = Rafid(
            folder=folder,
            urls=databases.urls,
            kept=kept,
            public_url=f"http://localhost:{port}",
        )
        async with rafid.running():
            yield rafid


class Server(uvicorn.Server):
    """uvicorn's server, which tells when it answers and leaves the last word to what is around."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, then say so."""
        await super().startup(sockets)
        self.answers.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signal's own
        """End in good order, twice Ctrl-C at once; not raised again: what is around ends too."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def web_server(app: object, *, port: int, host: str = HOST) -> Server:
    """Make the server for an ASGI application whose lifespan is entered elsewhere."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type] # any ASGI application
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    return Server(config)


def calm_the_collector() -> None:
    """Keep what was loaded at start out of every later garbage collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def run(main: Coroutine[None, None, None]) -> None:
    """Run a coroutine to its end on uvloop."""
    uvloop.run(main)


def up(data: Folder = None, port: Port = PORT) -> None:
    """Start everything in one process; the data stay in the folder between starts."""
    folder = data_folder.chosen(data)
    port = free_port(port)

    async def main() -> None:
        async with AsyncExitStack() as stack:
            with console.status("Starting the database and the services …"):
                rafid = await stack.enter_async_context(house(folder, port=port))
            calm_the_collector()
            console.print(f"Rafid answers at [bold]http://localhost:{port}[/]  (data in {folder})")
            await web_server(rafid, port=port).serve()

    run(main())


def serve(
    service: Annotated[Service, typer.Argument(help="Which service to run.")],
    port: Port = PORT,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = HOST,
    processes: Annotated[
        int,
        typer.Option(
            help="How many processes answer; more than one for scoring alone.",
            envvar="RAFID_PROCESSES",
            min=1,
        ),
    ] = 1,
) -> None:
    """Run one service; its settings come from the environment (RAFID_LOANS_DATABASE_URL, …)."""
    if processes == 1:
        _serve(service, host, port, None)
        return
    if service is not Service.SCORING:
        raise typer.BadParameter("only scoring keeps nothing in memory that others would need")
    if several.is_taken(host, port):
        raise typer.BadParameter(f"port {port} is taken")
    raise typer.Exit(several.keep(processes, partial(_serve, service, host, port)))


def _serve(service: Service, host: str, port: int, answers: Event | None) -> None:
    """Run a service in this process; `answers` says that there are others at its port."""
    app = application(service)

    async def main() -> None:
        async with app.router.lifespan_context(app):
            calm_the_collector()
            server = web_server(app, port=port, host=host)
            if answers is None:
                await server.serve()
                return
            said = asyncio.create_task(_say(server.answers, answers))
            await server.serve(sockets=[several.open_port(host, port)])
            said.cancel()

    run(main())


async def _say(here: asyncio.Event, there: Event) -> None:
    await here.wait()
    there.set()


def application(service: Service) -> FastAPI:
    """Make a service's application from the environment, which says too what is logged."""
    settings: LoansSettings | ScoringSettings | MonitoringSettings
    match service:
        case Service.LOANS:
            settings = LoansSettings()  # type: ignore[call-arg] # from environment
            app = loans.create_app(settings)
        case Service.SCORING:
            settings = ScoringSettings()  # type: ignore[call-arg] # so too
            app = scoring.create_app(settings)
        case Service.MONITORING:
            settings = MonitoringSettings()  # type: ignore[call-arg] # so too
            app = monitoring.create_app(settings)
    logs.configure(level=settings.log_level, form=settings.log_format)
    return app
