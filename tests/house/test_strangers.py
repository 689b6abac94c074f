"""`services` and `shared` are ours: no installed package may own a module of these names."""

from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import services
import shared
from tests.house.source import PROJECT

OWN = {"services", "shared"}


def strangers(owners: Mapping[str, Sequence[str]]) -> list[str]:
    """Installed distributions, other than ours, that bring a top-level module of our names."""
    return sorted(
        f"{owner} owns {name}" for name in OWN for owner in owners.get(name, []) if owner != "rafid"
    )


def test_no_installed_package_owns_our_names() -> None:
    assert strangers(packages_distributions()) == []


def test_our_names_are_the_folders_of_this_project() -> None:
    for package in (services, shared):
        assert Path(package.__path__[0]).parent == PROJECT


def test_the_check_finds_a_stranger() -> None:
    owners = {"shared": ["some-wheel"], "services": ["rafid"], "numpy": ["numpy"]}

    assert strangers(owners) == ["some-wheel owns shared"]
