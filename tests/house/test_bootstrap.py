"""The script behind both make targets: what it asks for, what it translates, what it remembers."""

import ast
import importlib.util
import re
import stat
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.source import PROJECT

SCRIPT = PROJECT / "deploy" / "bootstrap.py"


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    """The script as a module; its functions only, for it is not run as a program."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_can_read_the_script_as_far_as_the_message() -> None:
    text = SCRIPT.read_text(encoding="utf-8")

    ast.parse(text, feature_version=(3, 7))
    assert "from __future__ import annotations" in text


def test_the_script_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_python_that_is_too_old_is_told_what_to_install(bootstrap: ModuleType) -> None:
    with pytest.raises(SystemExit) as refused:
        bootstrap.use_new_enough_python(["all"], oldest=(99, 0), newer=("python99",))

    assert "needs Python 3.11 or newer" in str(refused.value)
    assert "python3-venv" in str(refused.value)


def test_a_python_that_is_new_enough_goes_on(bootstrap: ModuleType) -> None:
    assert bootstrap.use_new_enough_python(["all"]) is None


def test_a_python_without_venv_is_told_what_to_install(bootstrap: ModuleType) -> None:
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        bootstrap.make_environment(uv=None, modules=("venv", "no_such_module"))


def test_an_unknown_group_is_refused(bootstrap: ModuleType) -> None:
    assert bootstrap.main(["everything"]) == 2


def test_pip_s_configuration_is_translated_for_uv(bootstrap: ModuleType) -> None:
    listed = (
        ":env:.index-url='https://index.example/simple'\n"
        "global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'\n"
        "global.index-url='https://old.example/simple'\n"
        "global.disable-pip-version-check='1'\n"
    )

    assert bootstrap.for_uv(listed) == {
        "UV_DEFAULT_INDEX": "https://index.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
    }


def test_pip_s_own_list_can_be_read(bootstrap: ModuleType) -> None:
    assert set(bootstrap.for_uv(bootstrap.pip_configuration())) <= set(
        bootstrap.UV_VARIABLES.values()
    )


def test_an_environment_is_complete_by_the_stamp_of_the_same_versions_only(
    bootstrap: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    stamp = bootstrap.stamp("test", environment=tmp_path)

    stamp.write_text(bootstrap.fingerprint("test"))
    assert bootstrap.is_complete("test", environment=tmp_path)
    assert bootstrap.is_complete("all", environment=tmp_path)  # what proves it can also run it
    stamp.write_text("made of other versions")
    assert not bootstrap.is_complete("test", environment=tmp_path)


def test_the_fingerprint_follows_the_locked_versions(bootstrap: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("numpy==2.4.6")
    before = bootstrap.fingerprint("all", requirements=tmp_path)

    (tmp_path / "all.txt").write_text("numpy==2.4.7")

    assert bootstrap.fingerprint("all", requirements=tmp_path) != before


def test_what_runs_rafid_is_locked_to_the_same_versions_as_what_proves_it() -> None:
    def versions(group: str) -> set[str]:
        text = (PROJECT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
        assert "://" not in text  # no address of an index, only names, versions and hashes
        return set(re.findall(r"^[a-z0-9._-]+==[^ ]+", text, re.MULTILINE))

    assert versions("all")
    assert versions("all") - versions("test") == set()


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = PROJECT / ".ci" / "run"
    commands = [
        line
        for line in script.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]

    assert commands == ["exec make test"]
    assert script.stat().st_mode & stat.S_IXUSR
