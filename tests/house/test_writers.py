"""One writer per table, and every SELECT in a `queries.py`."""

import ast
import re
from collections.abc import Iterator, Mapping

from tests.house.source import Module, product

# What only reads or translates; every other module of a slice is `operations`, `batch`, or a part
# of a long `operations`.
READING_MODULES = {"router", "schemas", "queries", "tables"}
WRITES = {"insert", "update", "delete", "pg_insert"}
SQL_WRITE = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from)\s+(?:only\s+)?\"?([a-z_]+)\"?", re.IGNORECASE
)
# A text that reads a table; `from name(…)` calls a function of the schema, which is no table.
SQL_READ = re.compile(
    r"^\s*(?:with|select)\b.*?\bfrom\s+[a-z_]+\b(?!\s*\()", re.IGNORECASE | re.DOTALL
)

Owner = tuple[str, str]


def tables_of(looked_at: list[Module]) -> tuple[dict[str, Owner], dict[Owner, set[str]]]:
    """The owner of each row class, and the table names of each owner."""
    rows: dict[str, Owner] = {}
    names: dict[Owner, set[str]] = {}
    for module in looked_at:
        if module.slice is None or module.name != "tables":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Row"):
                rows[f"{module.slice[0]}.{node.name}"] = module.slice
                names.setdefault(module.slice, set()).update(_table_name(node))
    return rows, names


def _table_name(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if (
            isinstance(statement, ast.Assign)
            and ast.unparse(statement.targets[0]) == "__tablename__"
        ):
            yield ast.literal_eval(statement.value)


def foreign_writes(looked_at: list[Module]) -> list[str]:
    """Rows made or changed anywhere but in their own slice's operations."""
    rows, names = tables_of(looked_at)
    faults = []
    for module in looked_at:
        if module.is_migration or module.parts[0] != "services" or module.parts[1] == "cli":
            continue
        for line, owner, what in _writes(module, rows, names):
            if module.slice != owner or module.name in READING_MODULES:
                faults.append(
                    f"{module.path}:{line}: {what} belongs to {'.'.join(owner)}.operations"
                )
    return faults


def _writes(
    module: Module, rows: Mapping[str, Owner], names: Mapping[Owner, set[str]]
) -> Iterator[tuple[int, Owner, str]]:
    service = module.parts[1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            for name in _written_by(node):
                if (owner := rows.get(f"{service}.{name}")) is not None:
                    yield node.lineno, owner, name
    owner_of = {name: owner for owner, own in names.items() if owner[0] == service for name in own}
    for line, text in module.strings():
        for name in SQL_WRITE.findall(text):
            if name.lower() in owner_of:
                yield line, owner_of[name.lower()], name


def _written_by(call: ast.Call) -> Iterator[str]:
    """The row classes that a call constructs, or names in `insert(FooRow)` and the like."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if called.endswith("Row"):
        yield called
    if called in WRITES and call.args:
        yield ast.unparse(call.args[0]).rpartition(".")[2]


def stray_selects(looked_at: list[Module]) -> list[str]:
    """SELECTs of a slice that stand outside of its `queries.py`."""
    faults = []
    for module in looked_at:
        if module.slice is None or module.name == "queries" or module.slice[1] == "domain":
            continue
        faults += [
            f"{module.path}:{node.lineno}: select()"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"select", "sa.select"}
        ]
        faults += [
            f"{module.path}:{line}: {' '.join(text.split())[:60]}"
            for line, text in module.strings()
            if SQL_READ.search(text) and not SQL_WRITE.search(text)
        ]
    return faults


def test_rows_are_written_by_their_own_slice_only() -> None:
    assert foreign_writes(product()) == []


def test_every_select_is_in_a_queries_module() -> None:
    assert stray_selects(product()) == []


def sample(path: str, text: str) -> Module:
    return Module(f"services/loans/{path}.py", text)


TABLES = sample("funds/tables", 'class FundRow(Base):\n    __tablename__ = "fund"\n')


def test_the_check_finds_a_row_made_by_another_slice() -> None:
    stranger = sample("products/operations", "session.add(FundRow(code='Z'))")

    assert foreign_writes([TABLES, stranger]) == [
        "services/loans/products/operations.py:1: FundRow belongs to loans.funds.operations"
    ]


def test_the_check_finds_a_row_made_outside_the_operations_of_its_slice() -> None:
    router = sample("funds/router", "await session.execute(update(tables.FundRow))")

    assert len(foreign_writes([TABLES, router])) == 1


def test_the_check_finds_a_write_in_plain_sql() -> None:
    stranger = sample("products/operations", 'Q = f"insert  into fund (code) values ({x})"')

    assert len(foreign_writes([TABLES, stranger])) == 1


def test_the_check_lets_the_owner_write() -> None:
    owner = sample("funds/operations", "FundRow(code='Z'); insert(FundRow); Q = 'delete from fund'")

    assert foreign_writes([TABLES, owner]) == []


def test_the_check_finds_a_select_outside_of_queries() -> None:
    assert len(stray_selects([sample("funds/operations", "select(FundRow)")])) == 1
    assert len(stray_selects([sample("funds/router", "Q = 'select code\\n  from fund'")])) == 1
    assert stray_selects([sample("funds/queries", "select(FundRow)")]) == []
    assert stray_selects([sample("funds/batch", "Q = 'select * from post_all($1)'")]) == []
