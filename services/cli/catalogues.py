"""`rafid problems`, `openapi`, `asyncapi`: what can be refused, what asked, what is told."""

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated

import orjson
import typer
from joserfc.jwk import ECKey
from pydantic import SecretStr

import services
import shared
from services.cli.running import Service
from services.loans import app as loans
from services.loans.settings import LoansSettings
from services.monitoring import app as monitoring
from services.monitoring.settings import MonitoringSettings
from services.scoring import app as scoring
from services.scoring.settings import ScoringSettings
from shared import asyncapi as events
from shared import texts
from shared.errors import RafidError
from shared.problems import PLAIN, status_of
from shared.texts import Language

LANGUAGES: tuple[Language, ...] = ("en", "fr", "ar")
HEAD = """# What can be refused

Every refusal is a problem (RFC 9457): `type` is the address below, `title` and `detail` come in
Arabic, French or English as `Accept-Language` asks. Made by `rafid problems`; do not edit.
"""


def every_error() -> list[type[RafidError]]:
    """Return every error of the house, ordered by address; imports every module."""
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and not module.name.endswith(".env"):
                importlib.import_module(module.name)
    return RafidError.all()


def catalogue() -> str:
    """Write the page of all problems."""
    lines = [HEAD]
    for error in every_error():
        lines.append(f"## `{error.type_uri()}`\n")
        lines.append(f"{status_of(error)} · `{error.__module__}.{error.__name__}`\n")
        lines += _in_words(error.title(), error.detail, service=error.service)
    lines.append("# Problems of the request or the machine itself\n")
    for status, (name, title, detail) in sorted(PLAIN.items()):
        lines += [f"## `/problems/{name}`\n", f"{status} · `shared.problems`\n"]
        lines += _in_words(title, detail, service="shared")
    return "\n".join(lines)


def _in_words(title: str, detail: str, *, service: str) -> list[str]:
    lines = []
    for language in LANGUAGES:
        say = texts.sayer(service, language=language)
        lines.append(f"- {language}: **{say(title)}.** {say(detail)}")
    return [*lines, ""]


def problems(
    path: Annotated[Path, typer.Argument(help="Where to write the page.")] = Path(
        "shared/PROBLEMS.md"
    ),
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is current.")] = False,
) -> None:
    """Write the catalogue of problems."""
    page = catalogue()
    if check:
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            typer.echo(f"{path} is not current: run `rafid problems`.", err=True)
            raise typer.Exit(1)
        return
    path.write_text(page, encoding="utf-8")


def described(service: Service) -> dict[str, object]:
    """Describe a service's routes without starting anything."""
    nothing = SecretStr("x" * 40)
    address = SecretStr("postgresql://nobody@localhost/none")
    match service:
        case Service.LOANS:
            app = loans.create_app(
                LoansSettings(
                    database_url=address,
                    data_folder=Path(),
                    signing_key=SecretStr(_throwaway_key()),
                    loans_client_secret=nothing,
                    scoring_client_secret=nothing,
                    monitoring_client_secret=nothing,
                )
            )
        case Service.SCORING:
            app = scoring.create_app(ScoringSettings(database_url=address))
        case Service.MONITORING:
            app = monitoring.create_app(
                MonitoringSettings(
                    database_url=address, client_secret=nothing, session_secret=nothing
                )
            )
    return app.openapi()


def _throwaway_key() -> str:
    """Make a key that signs nothing, so that the issuer is described and no file is written."""
    return ECKey.generate_key("P-256").as_pem(private=True).decode()


def openapi(service: Annotated[Service, typer.Argument(help="Which service to describe.")]) -> None:
    """Print a service's OpenAPI description as JSON."""
    typer.echo(orjson.dumps(described(service), option=orjson.OPT_INDENT_2).decode())


def asyncapi(
    service: Annotated[Service, typer.Argument(help="Which service to describe.")],
) -> None:
    """Print as JSON what a service tells: its feed and its webhooks, by AsyncAPI."""
    told = events.document(service.value)
    typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
