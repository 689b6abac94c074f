"""How does everything run in one process? A PostgreSQL of our own, then the services on top."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.postgres_server import PRODUCT_SETTINGS, PostgresServer, ServerAddress
from shared import migrations

DATABASE = "rafid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """Where the services find their data: each its own role and schema, in one database."""

    server: ServerAddress
    urls: Mapping[str, str]  # of the application roles, by service

    @property
    def admin_url(self) -> str:
        """The administrator's address of the database; for migrations and proofs only."""
        return self.server.url(DATABASE)


@asynccontextmanager
async def start_postgres(
    data_dir: Path, *, settings: Mapping[str, str] = PRODUCT_SETTINGS
) -> AsyncIterator[Databases]:
    """Start the server of a data folder, bring its schemas up to date, stop it at the end.

    The application roles get new random passwords at each start: they live in memory only.
    Raises what `PostgresServer.start` raises.
    """
    server = PostgresServer(data_dir)
    starting = asyncio.create_task(asyncio.to_thread(server.start, settings))
    try:
        address = await asyncio.shield(starting)
        urls = await migrations.prepare_roles(address.url(), database=DATABASE)
        for service in migrations.SERVICES:
            await migrations.upgrade(address.url(DATABASE), service)
        yield Databases(server=address, urls=urls)
    finally:
        await asyncio.wait([starting])  # what Ctrl-C interrupts must be whole before it is undone
        await asyncio.to_thread(server.stop)
