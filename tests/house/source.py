"""What the house tests look at: the modules of the project, as text and as syntax trees."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
BOXES = ("services", "shared", "deploy", "tests")


@dataclass(frozen=True)
class Module:
    """A Python file by its path in the project, with `/`."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.removesuffix(".py").split("/"))

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.parts

    @property
    def slice(self) -> tuple[str, str] | None:
        """The service and slice the module belongs to, if it belongs to one."""
        if len(self.parts) == 4 and self.parts[0] == "services" and not self.is_migration:
            return self.parts[1], self.parts[2]
        return None

    @property
    def name(self) -> str:
        return self.parts[-1]

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def strings(self) -> Iterator[tuple[int, str]]:
        """Every text but docstrings with its line; the parts of an f-string are put together."""
        inner: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                inner.add(id(node.value))  # a docstring, or a text under an assignment
            elif isinstance(node, ast.JoinedStr):
                inner.update(id(part) for part in node.values)
                pieces = [
                    part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
                ]
                yield node.lineno, "".join(map(str, pieces))
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in inner
            ):
                yield node.lineno, node.value


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every Python file that is, or is about to be, part of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],  # noqa: S607
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
    )
    names = listed.stdout.split("\n") if listed.returncode == 0 else _walk()
    return tuple(
        Module(name, (PROJECT / name).read_text(encoding="utf-8"))
        for name in sorted(set(names))
        if name.startswith(BOXES) and (PROJECT / name).exists()
    )


def _walk() -> list[str]:
    """The same outside of a clone, where there is no git to ask."""
    return [
        path.relative_to(PROJECT).as_posix()
        for box in BOXES
        for path in (PROJECT / box).rglob("*.py")
    ]


def product() -> list[Module]:
    """The modules that are shipped."""
    return [module for module in modules() if module.parts[0] in {"services", "shared"}]
