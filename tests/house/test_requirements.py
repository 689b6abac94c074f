"""Each requirement of the catalogue is shown by one test over HTTP, and by one alone.

Other tests may bear its marker too; those under `FOLDERS` are the ones a reader is led to.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator

from tests.house.source import PROJECT

TESTS = PROJECT / "tests"
FOLDERS = ("e2e", "contract")
CATALOGUE = json.loads((TESTS / "requirements.json").read_text(encoding="utf-8"))
ID = re.compile(r"[AOFCS][0-9]{1,2}\.[0-9]{1,2}")
OWNERS = {"loans", "scoring", "monitoring", "shared"}


def marked(source: str) -> Iterator[str]:
    """The ids of requirements that the tests of a module are marked with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if (
                    isinstance(decorator, ast.Call)
                    and ast.unparse(decorator.func) == "pytest.mark.requirement"
                    and node.name.startswith("test_")
                ):
                    yield ast.literal_eval(decorator.args[0])


def shown() -> Counter[str]:
    """How many tests over HTTP show each requirement."""
    return Counter(
        id_
        for folder in FOLDERS
        for path in sorted((TESTS / folder).rglob("test_*.py"))
        for id_ in marked(path.read_text(encoding="utf-8"))
    )


def test_the_catalogue_is_in_order() -> None:
    ids = [one["id"] for one in CATALOGUE]
    assert len(ids) == len(set(ids)), "an id stands once"
    assert all(ID.fullmatch(one) for one in ids)
    for one in CATALOGUE:
        assert one.keys() == {"id", "owner", "wording"}
        assert one["owner"] in OWNERS
        assert one["wording"].endswith(".")


def test_each_requirement_of_the_catalogue_has_exactly_one_test_over_http() -> None:
    found = shown()
    assert {one["id"]: found[one["id"]] for one in CATALOGUE if found[one["id"]] != 1} == {}


def test_no_test_over_http_shows_what_is_not_in_the_catalogue() -> None:
    assert shown().keys() - {one["id"] for one in CATALOGUE} == set()


def test_a_marker_is_found_where_it_stands() -> None:
    source = """
import pytest

@pytest.mark.requirement("A1.1")
@pytest.mark.requirement("A1.2")
async def test_both() -> None: ...

@pytest.mark.requirement("A1.3")
def helper() -> None: ...
"""
    assert sorted(marked(source)) == ["A1.1", "A1.2"]
