"""`rafid demo`: a made-up institution with eighteen months of history, to look at and to try."""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from services import data_folder
from services.cli import assigning as proposing
from services.cli import reaching
from services.cli.options import PORT, Folder, Port
from services.cli.running import calm_the_collector, free_port, house, run, web_server
from services.demonstration import (
    assigning,
    bookkeeping,
    founding,
    giving,
    institution,
    loading,
    making,
    queries,
)
from services.demonstration.founding import Credential
from services.demonstration.history import History
from services.demonstration.loading import Loaded
from services.demonstration.record import Record
from services.embedded import Rafid
from services.monitoring.portfolio import queries as portfolio
from shared.clock import Clock
from shared.db import Database, TenantDb
from shared.errors import RafidError

CONTRACTS: Final = 2_000
SEED: Final = 1447
LOOK_SECONDS: Final = 0.5
console = Console()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller of the command wants."""

    contracts: int
    seed: int
    new_passwords: bool


def demo(
    data: Folder = None,
    port: Port = PORT,
    contracts: Annotated[
        int, typer.Option(help="How many contracts.", min=1, max=20_000)
    ] = CONTRACTS,
    seed: Annotated[int, typer.Option(help="The same seed makes the same history.")] = SEED,
    new_passwords: Annotated[
        bool, typer.Option("--new-passwords", help="Make everybody another password, and show it.")
    ] = False,
) -> None:
    """Start everything with a demonstration institution; its history loads behind the pages.

    A second start goes on with what the folder holds.
    """
    folder = data_folder.chosen(data)
    wish = Wish(contracts=contracts, seed=seed, new_passwords=new_passwords)
    run(_demo(folder, wish=wish, port=free_port(port)))


async def _demo(folder: Path, *, wish: Wish, port: int) -> None:
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        with console.status("Starting the database and the services …"):
            rafid = await stack.enter_async_context(house(folder, port=port))
            calm_the_collector()
            server = web_server(rafid, port=port)
            serving = asyncio.create_task(server.serve())
            await asyncio.wait(
                [serving, asyncio.create_task(server.answers.wait())],
                return_when=asyncio.FIRST_COMPLETED,
            )
        seconds = time.perf_counter() - began
        console.print(
            f"Rafid answers at [bold]http://localhost:{port}[/] after {seconds:.1f} s"
            f" (data in {folder})",
            soft_wrap=True,
        )
        showing = asyncio.create_task(_show(rafid, folder, wish=wish, port=port))
        try:
            await serving
        finally:
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await showing


async def _show(rafid: Rafid, folder: Path, *, wish: Wish, port: int) -> None:
    """Found the institution if need be, tell how to sign in, and load; a fault is told, once."""
    try:
        await _found_and_load(rafid, folder, wish=wish, port=port)
    except Exception as error:  # noqa: BLE001 - the edge: the pages stay up whatever happens
        console.print(f"[red]The history stopped loading:[/] {escape(repr(error))}")
        console.print("Start again to go on from there.")
        if not isinstance(error, RafidError):
            console.print_exception()


async def _found_and_load(rafid: Rafid, folder: Path, *, wish: Wish, port: int) -> None:
    clock: Clock = rafid.loans.state.clock
    database: Database = rafid.loans.state.database
    record = Record.of(
        folder,
        seed=wish.seed,
        contracts=wish.contracts,
        today=clock.today(institution.TIMEZONE),
    )
    db = TenantDb(database, record.institution_id)
    credentials = await _credentials(db, record=record, wish=wish, clock=clock)
    if credentials:
        _print_people(credentials)
        url = f"http://localhost:{port}"
        _print_variables(await founding.variables(db, credentials, url=url))
    else:
        console.print(
            "The passwords were shown at the first start;"
            " [bold]rafid demo --new-passwords[/] makes others."
        )
    if (record.seed, record.contracts) != (wish.seed, wish.contracts):
        console.print(
            f"This folder holds {record.contracts:,} contracts of seed {record.seed};"
            " name another folder for another history."
        )
    if record.is_complete:
        console.print(f"The history up to {record.today} is complete.")
    else:
        await _load(rafid, folder, record=record)


async def _credentials(
    db: TenantDb, *, record: Record, wish: Wish, clock: Clock
) -> list[Credential]:
    """Found the institution, or renew the passwords if that is wished; none where neither."""
    if not await founding.is_founded(db):
        return await founding.found(
            db, contracts=record.contracts, since=making.begins_on(record.today)
        )
    if wish.new_passwords:
        return await founding.renew_credentials(db, clock=clock)
    return []


def _print_people(credentials: Sequence[Credential]) -> None:
    table = Table(title="Made at random, shown this once", title_justify="left")
    table.add_column("Role")
    table.add_column("Sign-in", no_wrap=True)
    table.add_column("Password", no_wrap=True)
    for one in credentials:
        if not one.is_program:
            table.add_row(" ".join(one.roles).replace("_", " "), one.login, one.secret)
    console.print(table)


def _print_variables(variables: Mapping[str, str]) -> None:
    console.print("For programs, and for the calls of the README, into your shell:")
    for name, value in variables.items():
        console.print(f"export {name}={value}", soft_wrap=True, highlight=False, markup=False)


async def _load(rafid: Rafid, folder: Path, *, record: Record) -> None:
    began = time.perf_counter()
    history = await asyncio.to_thread(
        making.make, seed=record.seed, today=record.today, contracts=record.contracts
    )
    with _bars() as progress:
        bars = _Bars(progress, history)
        loader = await loading.open_loader(
            rafid.loans.state.database,
            institution_id=record.institution_id,
            history=history,
            scoring=rafid.loans.state.scoring,
            clock=rafid.loans.state.clock,
            tell=bars.show,
        )

        def keep(months: int) -> None:
            record.after(months, of=len(history.months)).keep(folder)

        done = asyncio.Event()
        following = asyncio.create_task(_follow(rafid, record=record, bars=bars, done=done))
        try:
            await loader.load(after=record.months_done, keep=keep)
            done.set()
            await following
        finally:
            following.cancel()
    db = TenantDb(rafid.loans.state.database, record.institution_id)
    await bookkeeping.keep(db, on=record.today)
    await giving.keep(db, on=record.today)
    await _assign(rafid, folder, record=record)
    seconds = time.perf_counter() - began
    console.print(
        f"The history is complete: {history.contracts:,} contracts,"
        f" {history.payments:,} repayments, in {seconds:.0f} s."
    )
    console.print(
        "Zakat is kept apart and given for good: a zakat fund lends under a registered ruling"
        " alone, and this institution has none."
    )


async def _assign(rafid: Rafid, folder: Path, *, record: Record) -> None:
    """Have a fund proposed for whoever waits, as `rafid assign` does, and have it approved."""
    reached = reaching.inside(rafid, folder, client="loans")
    waiting = await proposing.gathered(reached, record.institution_id, currency=None)
    if not waiting.applications:
        return
    run = await proposing.proposed(reached, record.institution_id, waiting, assigning.WEIGHTS)
    async with TenantDb(rafid.loans.state.database, record.institution_id)() as session:
        founded = await queries.founded(session)
    opinions = TenantDb(rafid.scoring.state.database, record.institution_id)
    await assigning.approve(
        opinions, run.run_id, founded=founded, at=rafid.scoring.state.clock.now()
    )
    console.print(
        f"A run of the assignment was approved: {run.financed:,} of {run.applications:,} waiting"
        " applications have a fund proposed.",
        soft_wrap=True,
    )


def _bars() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


class _Bars:
    """What is loaded so far, as bars."""

    def __init__(self, progress: Progress, history: History) -> None:
        self._progress = progress
        self._months = self._bar("Months of history", len(history.months))
        self._contracts = self._bar("Contracts", history.contracts)
        self._payments = self._bar("Repayments", history.payments)
        self._read = self._bar("Told to the donor pages", None)

    def _bar(self, name: str, total: int | None) -> TaskID:
        return self._progress.add_task(name, total=total)

    def show(self, loaded: Loaded) -> None:
        """Show what is booked."""
        self._progress.update(self._months, completed=loaded.months)
        self._progress.update(self._contracts, completed=loaded.contracts)
        self._progress.update(self._payments, completed=loaded.payments)

    def read(self, number: int, *, of: int) -> None:
        """Show how many events monitoring has read."""
        self._progress.update(self._read, completed=number, total=of)


async def _follow(rafid: Rafid, *, record: Record, bars: _Bars, done: asyncio.Event) -> None:
    """Show how far monitoring has read, until it has read all after the history is done."""
    loans: Database = rafid.loans.state.database
    monitoring: Database = rafid.monitoring.state.database
    while True:
        is_last = done.is_set()
        async with loans.read(record.institution_id) as session:
            waiting, head = await queries.told(session)
        async with monitoring.read(record.institution_id) as session:
            number = (await portfolio.horizon(session)).number
        bars.read(number, of=head + waiting)
        if is_last and not waiting and number >= head:
            return
        await asyncio.sleep(LOOK_SECONDS)
