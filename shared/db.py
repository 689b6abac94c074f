"""How does a service reach its database? One engine for the plain path, one pool for the hot."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from shared import tenancy
from shared.ids import InstitutionId

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _prepare(connection: Any) -> None:
    """Read and write jsonb as Python values on the hot path."""
    await connection.set_type_codec(
        "jsonb", encoder=_dumps, decoder=orjson.loads, schema="pg_catalog"
    )


class Database:
    """One service's database: transactions bound to an institution, and a pool for hot paths.

    The role in the URL owns nothing; its search path is its service's schema.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url: URL = make_url(url).set(drivername="postgresql+asyncpg")
        self.pool_size = pool_size
        self.engine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,  # an error is logged with its statement, never with a person
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._pool: asyncpg.Pool | None = None
        self._pool_opening = asyncio.Lock()
        self._listeners: list[Callable[[InstitutionId], None]] = []

    def on_commit(self, listener: Callable[[InstitutionId], None]) -> None:
        """Call `listener` after each commit; it may only wake somebody, never fail or wait."""
        self._listeners.append(listener)

    def committed(self, institution_id: InstitutionId) -> None:
        """Say that something of this institution was committed (hot paths call it themselves)."""
        for listener in self._listeners:
            listener(institution_id)

    @asynccontextmanager
    async def begin(self, institution_id: InstitutionId) -> AsyncIterator[AsyncSession]:
        """Open a write transaction of one institution; commits on exit, rolls back on error."""
        async with self._sessions() as session, session.begin():
            await tenancy.enter(session, institution_id)
            yield session
        self.committed(institution_id)

    @asynccontextmanager
    async def read(
        self, institution_id: InstitutionId, *, snapshot: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """Open a read-only transaction of one institution.

        With `snapshot` all its queries see one moment (repeatable read).
        """
        async with self._sessions() as session, session.begin():
            if snapshot:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            await tenancy.enter(session, institution_id, read_only=True)
            yield session

    async def pool(self) -> asyncpg.Pool:
        """Return the raw pool of the hot paths; made on first use."""
        async with self._pool_opening:
            if self._pool is None:
                dsn = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
                self._pool = await asyncpg.create_pool(
                    dsn, min_size=1, max_size=self.pool_size, init=_prepare
                )
        return self._pool

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
        await self.engine.dispose()


@dataclass(frozen=True, slots=True)
class TenantDb:
    """A database bound to the institution of one actor: what a route gets."""

    database: Database
    institution_id: InstitutionId

    def begin(self) -> Any:
        """Open a write transaction (see `Database.begin`)."""
        return self.database.begin(self.institution_id)

    def __call__(self, *, snapshot: bool = False) -> Any:
        """Open a read-only transaction (see `Database.read`)."""
        return self.database.read(self.institution_id, snapshot=snapshot)
