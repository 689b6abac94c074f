"""How does a schema come to be? Roles, walls and the numbered scripts of a service."""

import importlib
import re
import secrets
from pathlib import Path

import asyncpg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import Connection, pool, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

SERVICES = ("loans", "scoring", "monitoring")
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
TENANT = "nullif(current_setting('rafid.institution_id', true), '')::uuid"


def script(sql: str) -> None:
    """Run several statements of a migration inside its transaction."""
    connection = op.get_bind()
    connection.exec_driver_sql("select 1")  # makes the driver open the transaction
    adapted = connection.connection.dbapi_connection
    if adapted is None:
        raise RuntimeError("the migration has lost its connection")
    adapted.run_async(lambda raw: raw.execute(sql))


def protect(table: str, *, grants: str) -> None:
    """Wall a table by institution and grant the service's role what it may do, nothing else.

    `grants` is the list of a GRANT: "select, insert" for an append-only table.
    """
    script(f"""
        alter table {table} enable row level security;
        alter table {table} force row level security;
        create policy institution_wall on {table}
          using (institution_id = {TENANT}) with check (institution_id = {TENANT});
    """)
    grant(table, grants=grants)


def grant(table: str, *, grants: str) -> None:
    """Grant the service's application role rights on a table that has no wall (@reference)."""
    script(f"grant {grants} on {table} to rafid_{_schema()}")


def define(function_sql: str, *, signature: str, callable_by_service: bool = True) -> None:
    """Create an SQL function that runs with its owner's rights and a fixed search path.

    `signature` is `name(type, …)` as in GRANT. The text must not set a search path itself.
    """
    schema = _schema()
    script(function_sql)
    script(f"""
        alter function {signature} security definer;
        alter function {signature} set search_path = {schema}, pg_temp;
        revoke all on function {signature} from public;
    """)
    if callable_by_service:
        script(f"grant execute on function {signature} to rafid_{schema}")


def _schema() -> str:
    schema = op.get_bind().exec_driver_sql("select current_schema()").scalar_one()
    return str(schema)


FOUNDATION_TABLES = {
    "idempotency_key": "select, insert, update (status, answer)",
    "event": "select, insert",
    "event_pending": "select, insert, delete",
    "feed_entry": "select, insert",
    "feed_cursor": "select, insert, update",
    "lease": "select, insert, update",
}


FOUNDATION = f"""
create table tenant (
  institution_id uuid primary key,
  since timestamptz not null default clock_timestamp()
);
comment on table tenant is '@reference the institutions this schema holds rows of';
create table idempotency_key (
  institution_id uuid not null,
  actor_id uuid not null,
  key text not null check (length(key) between 1 and 255),
  request_hash bytea not null,
  status smallint,
  answer bytea,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, actor_id, key)
);
create table event (
  institution_id uuid not null,
  event_id uuid not null,
  type text not null,
  subject_id uuid not null,
  data jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, event_id)
);
create table event_pending (
  institution_id uuid not null,
  event_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, event_id)
);
create table feed_entry (
  institution_id uuid not null,
  number bigint not null check (number > 0),
  event_id uuid not null,
  numbered_at timestamptz not null,
  hash bytea not null,
  primary key (institution_id, number),
  unique (institution_id, event_id)
);
create table feed_cursor (
  institution_id uuid not null,
  source text not null,
  number bigint not null,
  known_at timestamptz,
  primary key (institution_id, source)
);
create table lease (
  institution_id uuid not null,
  name text not null,
  holder uuid not null,
  until timestamptz not null,
  primary key (institution_id, name)
);
create function tenant_of_transaction() returns uuid language sql stable
  return {TENANT};
"""


def lay_foundation() -> None:
    """Create the tables that every service's schema has: repetition, events, feed, leases."""
    script(FOUNDATION)
    grant("tenant", grants="select, insert")
    for table, grants in FOUNDATION_TABLES.items():
        protect(table, grants=grants)
    define(ENTER_TENANT, signature="enter_tenant(uuid)")
    define(KEPT_ANSWERS, signature="kept_answers(uuid, uuid[], text[])")


# Which of these keys were used before, and what was answered?
KEPT_ANSWERS = """
create function kept_answers(p_institution uuid, p_actors uuid[], p_keys text[])
returns table (actor_id uuid, key text, request_hash bytea, answer bytea)
language plpgsql stable as $$
begin
  perform enter_tenant(p_institution);
  return query
  select k.actor_id, k.key, k.request_hash, k.answer
  from unnest(p_actors, p_keys) as a(actor_id, key)
  join idempotency_key k on k.institution_id = p_institution
    and k.actor_id = a.actor_id and k.key = a.key;
end $$
"""

# A function that works for an institution enters it first: within a transaction of another
# institution it refuses, outside of any it binds the transaction, in the same round trip.
ENTER_TENANT = """
create function enter_tenant(p_institution uuid) returns void language plpgsql as $$
begin
  if tenant_of_transaction() is null then
    perform set_config('rafid.institution_id', p_institution::text, true);
  elsif tenant_of_transaction() <> p_institution then
    raise exception 'institution % is not the transaction''s', p_institution
      using errcode = '42501';
  end if;
end $$
"""


PREPARING = 0x7261666964
"""The advisory lock under which the server's roles are written."""


async def prepare_roles(
    admin_url: str, *, database: str, passwords: dict[str, str] | None = None
) -> dict[str, str]:
    """Create database, schemas and roles; return the application roles' URLs by service.

    Each schema has an owner without login, and an application role that owns nothing. A
    service without a given password gets a random one: its role's older password ends.
    """
    url = make_url(admin_url).set(drivername="postgresql")
    admin = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        # Roles belong to the whole server: two databases prepared at once would meet in them.
        await admin.execute("select pg_advisory_lock($1)", PREPARING)
        if not await admin.fetchval("select 1 from pg_database where datname = $1", database):
            await admin.execute(f'create database "{database}"')
        return await _prepare_services(url.set(database=database), passwords or {})
    finally:
        await admin.close()


async def _prepare_services(target: URL, passwords: dict[str, str]) -> dict[str, str]:
    urls: dict[str, str] = {}
    connection = await asyncpg.connect(target.render_as_string(hide_password=False))
    try:
        async with connection.transaction():
            for service in SERVICES:
                password = passwords.get(service) or secrets.token_urlsafe(24)
                await _prepare_service(connection, service, password, str(target.database))
                role_url = target.set(username=f"rafid_{service}", password=password)
                urls[service] = role_url.render_as_string(hide_password=False)
    finally:
        await connection.close()
    return urls


async def _prepare_service(
    connection: asyncpg.Connection, service: str, password: str, database: str
) -> None:
    owner, role = f"rafid_{service}_owner", f"rafid_{service}"
    for name, login in ((owner, "nologin"), (role, "login")):
        if not await connection.fetchval("select 1 from pg_roles where rolname = $1", name):
            await connection.execute(f"create role {name} {login} nobypassrls nosuperuser")
    quoted = await connection.fetchval("select quote_literal($1::text)", password)
    await connection.execute(f"""
        alter role {role} password {quoted};
        alter role {role} set search_path = {service};
        grant connect on database "{database}" to {role};
        create schema if not exists {service} authorization {owner};
        grant usage on schema {service} to {role};
        revoke all on schema public from public;
    """)


def _config(service: str) -> Config:
    package = importlib.import_module(f"services.{service}")
    config = Config()
    config.set_main_option("script_location", f"{Path(package.__path__[0])}/migrations")
    config.set_main_option("path_separator", "os")
    return config


async def upgrade(admin_url: str, service: str, *, revision: str = "head") -> None:
    """Run a service's migrations as its owner role; `admin_url` names the database."""
    if service not in SERVICES:
        raise ValueError(f"no service is called {service}")
    engine = create_async_engine(
        make_url(admin_url).set(drivername="postgresql+asyncpg"), poolclass=pool.NullPool
    )

    def run(connection: Connection) -> None:
        connection.execute(text(f"set role rafid_{service}_owner"))
        connection.execute(text(f"set search_path = {service}"))
        connection.commit()
        config = _config(service)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def run_environment(context: EnvironmentContext) -> None:
    """What every service's env.py does: run on the connection that `upgrade` opened."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
