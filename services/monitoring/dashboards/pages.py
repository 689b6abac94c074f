"""How does a page become HTML? Templates that escape everything and refuse an unknown name."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.monitoring.dashboards.writer import Printable, Writer

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
TEMPLATES = FOLDER / "templates"


@cache
def environment() -> Environment:
    """The templates' environment: autoescape on, no undefined names."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, page: Mapping[str, Printable], *, writer: Writer) -> str:
    """A page in the reader's language; `_` in a template says a sentence of the catalogue."""
    return environment().get_template(name).render(**page, _=writer.text)
