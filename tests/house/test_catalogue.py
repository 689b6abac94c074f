"""The migrated database: distributable, walled by institution, and owned by nobody who logs in."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.migrations import SERVICES
from tests.house import catalogue
from tests.providers import TestServer

SCHEMAS = list(SERVICES)
PERSONAL = re.compile(r"name|phone|document|note|reason|text")


@pytest.fixture
async def connection(admin_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


@pytest.fixture
async def bad_schema(connection: asyncpg.Connection) -> AsyncIterator[str]:
    """A schema with one fault of every kind, gone after the test."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(BAD_SCHEMA)
    yield "bad"
    await transaction.rollback()


BAD_SCHEMA = """
create schema bad;
grant usage on schema bad to public;
set local search_path = bad;
create table person (person_id serial primary key, weight float8);
create table loan (institution_id uuid not null, loan_id int generated always as identity,
  person_id int references person, code text unique, primary key (loan_id, institution_id));
create table free (institution_id uuid not null);
create index ix_free on free ((1));
alter table free enable row level security;
create policy all_are_welcome on free using (true);
grant select on free to rafid_scoring;
create function shout() returns trigger language plpgsql security definer as
  $$ begin perform pg_notify('a', 'b'); return new; end $$;
create trigger shouting after insert on loan for each row execute function shout();
create table span (institution_id uuid primary key, during int4range,
  exclude using gist (during with &&));
create function pay(p_institution uuid) returns void language sql security definer as
  $$ select pg_advisory_lock(1) $$;
"""


async def test_every_table_could_be_distributed_by_institution(
    connection: asyncpg.Connection,
) -> None:
    assert await catalogue.faults(connection, catalogue.DISTRIBUTABLE, SCHEMAS) == []


async def test_every_table_is_walled_and_no_role_of_ours_can_go_past(
    connection: asyncpg.Connection,
) -> None:
    assert await catalogue.faults(connection, catalogue.WALLS, SCHEMAS) == []


async def test_functions_belong_to_an_owner_without_login_and_have_a_fixed_search_path(
    connection: asyncpg.Connection,
) -> None:
    assert await catalogue.faults(connection, catalogue.FUNCTIONS, SCHEMAS) == []


async def test_the_application_may_not_write_the_journal(connection: asyncpg.Connection) -> None:
    granted = await connection.fetch(catalogue.JOURNAL, ["journal_entry", "journal_line"])

    assert [tuple(row) for row in granted] == [
        ("journal_entry", "SELECT"),
        ("journal_line", "SELECT"),
    ]


async def test_the_journal_refuses_the_application_in_practice(
    database_urls: dict[str, str],
) -> None:
    connection = await asyncpg.connect(database_urls["loans"])
    try:
        for statement in (
            "insert into journal_line default values",
            "update journal_line set amount_minor = 1",
            "delete from journal_entry",
            "truncate journal_line",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SCHEMAS)
async def test_a_role_outside_of_any_institution_sees_no_row_and_owns_nothing(
    service: str, database_urls: dict[str, str], connection: asyncpg.Connection
) -> None:
    owned = await connection.fetchval(
        "select count(*) from pg_class where relowner = $1::regrole", f"rafid_{service}"
    )
    tables = await connection.fetch(
        "select table_name from information_schema.role_table_grants"
        " where grantee = $1 and privilege_type = 'SELECT'"
        " and table_name not in (select relname from pg_class"
        "  where obj_description(oid, 'pg_class') like '@reference%')",
        f"rafid_{service}",
    )
    assert owned == 0
    assert tables
    own = await asyncpg.connect(database_urls[service])
    try:
        for (table,) in tables:
            assert await own.fetchval(f'select count(*) from "{table}"') == 0, table
    finally:
        await own.close()


async def test_events_and_journal_have_no_column_for_anything_personal(
    connection: asyncpg.Connection,
) -> None:
    rows = await connection.fetch(
        "select table_name || '.' || column_name from information_schema.columns"
        " where table_schema = 'loans'"
        " and (table_name like 'journal%' or table_name in ('event', 'feed_entry'))"
    )

    assert rows
    assert [name for (name,) in rows if PERSONAL.search(name.partition(".")[2])] == []


async def test_the_check_of_distribution_finds_every_kind_of_fault(
    connection: asyncpg.Connection, bad_schema: str
) -> None:
    found = await catalogue.faults(connection, catalogue.DISTRIBUTABLE, [bad_schema])

    assert {fault for fault, *_ in found} == {
        "calls pg_advisory_lock",
        "calls pg_notify",
        "draws from a sequence",
        "foreign key without institution_id",
        "has a trigger",
        "has an exclusion constraint",
        "has no institution_id",
        "has no primary key",
        "holds a float or money column",
        "identity is not bigint",
        "index does not begin with institution_id",
        "unique without institution_id",
    }


async def test_the_check_of_walls_finds_every_kind_of_fault(
    connection: asyncpg.Connection, bad_schema: str
) -> None:
    found = await catalogue.faults(connection, catalogue.WALLS, [bad_schema])

    assert {fault for fault, *_ in found} == {
        "a policy that opens the wall",
        "another service may read it",
        "no row-level security",
        "no wall by institution",
        "owned by a role that logs in",
        "public may use the schema",
    }


async def test_the_check_of_functions_finds_every_kind_of_fault(
    connection: asyncpg.Connection, bad_schema: str
) -> None:
    found = await catalogue.faults(connection, catalogue.FUNCTIONS, [bad_schema])

    assert {fault for fault, *_ in found} == {
        "everybody may call it",
        "owner may log in",
        "search path is not fixed",
        "works for an institution and does not refuse another",
    }


def test_the_database_was_migrated_as_a_whole(test_server: TestServer) -> None:
    assert set(test_server.urls) == set(SERVICES)
