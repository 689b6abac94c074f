"""What does one folder keep, so that Rafid runs on it: the database server and the secrets?"""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.postgres_server import PRODUCT_SETTINGS, PostgresServer, ServerAddress
from shared import migrations

DATABASE = "rafid"
SECRETS = (
    "loans_client_secret",
    "scoring_client_secret",
    "monitoring_client_secret",
    "session_secret",
)


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


def open_secrets(folder: Path) -> dict[str, str]:
    """Return the installation's secrets; they are made at random once and kept (mode 0600)."""
    path = folder / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: secrets.token_urlsafe(36) for name in SECRETS if name not in kept}
    if missing:
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({**kept, **missing}, indent=1))
        fresh.replace(path)
    return {**kept, **missing}


def chosen(named: Path | None) -> Path:
    """Return the folder that keeps everything, made if it is not there (secrets are 0600)."""
    folder = named or Path(os.environ.get("RAFID_DATA_FOLDER", "rafid-data"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()
