"""What `tables.py` says is what the migrations made: columns, types, nullability, keys."""

import importlib
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from shared.migrations import FOUNDATION_TABLES, SERVICES
from tests.house.catalogue import TOOLS
from tests.house.source import product

# Tables of the kernel are reached by its own SQL and have no row classes.
KERNEL = {"tenant", *FOUNDATION_TABLES, *TOOLS}

COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull
from pg_attribute a join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
"""
KEYS = """
select c.relname, array_agg(a.attname::text order by k.place)
from pg_index i join pg_class c on c.oid = i.indrelid
  join pg_namespace n on n.oid = c.relnamespace,
  unnest(i.indkey::int2[]) with ordinality k(number, place)
  join pg_attribute a on a.attnum = k.number
where i.indisprimary and n.nspname = $1 and a.attrelid = c.oid and k.place <= i.indnkeyatts
group by c.relname
"""
# The dialect's words for a type → the catalogue's.
SPELLINGS = {
    "timestamp with time zone": "timestamp with time zone",
    "char": "character",
    "varchar": "character varying",
    "float": "double precision",
    "decimal": "numeric",
}

Shape = dict[str, dict[str, tuple[str, bool]]]


def declared(metadata: sa.MetaData) -> Shape:
    """Columns with type and nullability by table, as the row classes declare them."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {
        table.name: {
            column.name: (_spelling(column.type.compile(dialect)), bool(column.nullable))
            for column in table.columns
        }
        for table in metadata.tables.values()
    }


def _spelling(text: str) -> str:
    text = text.lower().replace(", ", ",")
    array = text.endswith("[]")
    name, bracket, rest = text.removesuffix("[]").partition("(")
    return SPELLINGS.get(name, name) + bracket + rest + ("[]" if array else "")


async def migrated(connection: asyncpg.Connection, service: str) -> Shape:
    """The same, as the database has it."""
    tables: Shape = {}
    for table, column, type_name, nullable in await connection.fetch(COLUMNS, service):
        tables.setdefault(table, {})[column] = (type_name, nullable)
    return tables


def differences(said: Shape, made: Shape) -> list[str]:
    """Every point in which the two shapes differ, kernel tables left out."""
    found = [f"{table}: no row class" for table in sorted(made.keys() - said.keys() - KERNEL)]
    for table, columns in sorted(said.items()):
        if table not in made:
            found.append(f"{table}: no such table")
            continue
        for column in sorted(columns.keys() | made[table].keys()):
            ours, theirs = columns.get(column), made[table].get(column)
            if ours != theirs:
                found.append(f"{table}.{column}: declared {ours}, migrated {theirs}")
    return found


def metadata_of(service: str) -> sa.MetaData:
    """The metadata of a service with all its row classes loaded."""
    for module in product():
        if module.parts[:2] == ("services", service) and module.name == "tables":
            importlib.import_module(".".join(module.parts))
    base = importlib.import_module(f"services.{service}.base").Base
    metadata: sa.MetaData = base.metadata
    return metadata


@pytest.fixture
async def connection(admin_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_row_classes_declare_what_the_migrations_made(
    connection: asyncpg.Connection, service: str
) -> None:
    assert differences(declared(metadata_of(service)), await migrated(connection, service)) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_primary_keys_have_the_same_columns_in_the_same_order(
    connection: asyncpg.Connection, service: str
) -> None:
    made = {table: list(columns) for table, columns in await connection.fetch(KEYS, service)}
    said = {
        table.name: [column.name for column in table.primary_key.columns]
        for table in metadata_of(service).tables.values()
    }

    assert said == {table: made.get(table) for table in said}


def test_the_check_finds_each_kind_of_difference() -> None:
    said = {"loan": {"code": ("text", False), "gone": ("text", False)}, "dream": {}}
    made = {"loan": {"code": ("text", True), "new": ("bigint", False)}, "lease": {}, "fund": {}}

    assert differences(said, made) == [
        "fund: no row class",
        "dream: no such table",
        "loan.code: declared ('text', False), migrated ('text', True)",
        "loan.gone: declared ('text', False), migrated None",
        "loan.new: declared None, migrated ('bigint', False)",
    ]


def test_types_are_compared_in_the_catalogue_s_words() -> None:
    table = sa.Table(
        "loan",
        sa.MetaData(),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("rate", sa.Numeric(9, 6)),
        sa.Column("codes", postgresql.ARRAY(sa.Text)),
        sa.Column("signed_at", postgresql.TIMESTAMP(timezone=True)),
    )

    assert declared(table.metadata)["loan"] == {
        "currency": ("character(3)", False),
        "rate": ("numeric(9,6)", True),
        "codes": ("text[]", True),
        "signed_at": ("timestamp with time zone", True),
    }
