"""Files and functions stay small enough to be read, and are named by what they are."""

import ast
import re

import pytest

from tests.house.source import BOXES, PROJECT, Module, modules

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
BANNED_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "managers"}
BANNED_NAMES = {"base_service"}
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
BOXES_WITH_README = ("services/loans", "services/scoring", "services/monitoring", "shared")


def faults_of(module: Module) -> list[str]:
    """What is too large, unnamed or badly named in a module."""
    return [
        *(f"{module.path}: {fault}" for fault in _sizes(module)),
        *(f"{module.path}: {fault}" for fault in _names(module)),
        *([] if _opens_with_a_sentence(module) else [f"{module.path}: no opening sentence"]),
    ]


def _sizes(module: Module) -> list[str]:
    faults = []
    if (lines := len(module.text.splitlines())) > FILE_LINES_MAX:
        faults.append(f"{lines} lines, {FILE_LINES_MAX} is the most")
    for function in module.functions():
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            faults.append(f"{function.name} has {lines} lines, {FUNCTION_LINES_MAX} is the most")
    return faults


def _names(module: Module) -> list[str]:
    defined = (node.name for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))
    return [f"{name} says nothing" for name in (*module.parts, *defined) if _is_banned(name)]


def _is_banned(name: str) -> bool:
    words = {word.lower() for word in WORD.findall(name)}
    return bool(words & BANNED_WORDS) or name in BANNED_NAMES


def _opens_with_a_sentence(module: Module) -> bool:
    if module.name == "__init__" and not module.text.strip():
        return True
    return bool((ast.get_docstring(module.tree) or "").strip())


@pytest.mark.parametrize("box", BOXES)
def test_every_file_and_function_is_small_and_well_named(box: str) -> None:
    looked_at = [module for module in modules() if module.parts[0] == box]

    assert looked_at
    assert [fault for module in looked_at for fault in faults_of(module)] == []


@pytest.mark.parametrize("box", BOXES_WITH_README)
def test_every_box_says_what_it_is(box: str) -> None:
    readme = PROJECT / box / "README.md"

    assert readme.exists(), f"{box} has no README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) >= 10


def test_the_check_finds_what_it_is_meant_to_find() -> None:
    long_function = "def f() -> None:\n" + "    pass\n" * FUNCTION_LINES_MAX
    bad = Module("services/loans/loan_utils.py", long_function + "class FundManager: ...\n" * 400)

    faults = " ".join(faults_of(bad))

    assert "461 lines" in faults
    assert "f has 61 lines" in faults
    assert "loan_utils says nothing" in faults
    assert "FundManager says nothing" in faults
    assert "no opening sentence" in faults


def test_the_check_lets_pass_what_is_right() -> None:
    good = Module(
        "services/loans/funds/queries.py", '"""Which funds?"""\n\n\ndef management(): ...\n'
    )

    assert faults_of(good) == []
