"""How does a command ask the services as one of them: on a data folder, or where they run?"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer

from services import data_folder
from services.cli.opening import InstitutionCodeUnknown
from services.cli.options import Folder
from services.cli.running import free_port, house
from services.embedded import Rafid
from shared.clients.loans import HttpLoansClient
from shared.clients.tokens import ServiceTokens
from shared.ids import InstitutionId

PORT = 8_400
Address = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Where Rafid runs already; its client's secret is then that of the environment.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The services as a client of theirs reaches them."""

    loans: httpx.AsyncClient
    scoring: httpx.AsyncClient
    tokens: ServiceTokens

    async def institution(self, code: str | None) -> InstitutionId:
        """The institution that a code names, or the only one. Raises InstitutionCodeUnknown."""
        found = await HttpLoansClient(self.loans, tokens=self.tokens).institutions()
        named = [entry for entry in found if code in (None, entry.code)]
        if len(named) != 1:
            raise InstitutionCodeUnknown(codes=tuple(sorted(entry.code for entry in found)))
        return InstitutionId(named[0].institution_id)


@asynccontextmanager
async def services(folder: Folder, url: str | None, *, client: str) -> AsyncIterator[Reached]:
    """Reach the services as one of our clients ("loans", "scoring")."""
    if url is not None:
        async with _running(url, client) as reached:
            yield reached
        return
    path: Path = data_folder.chosen(folder)
    async with house(path, port=free_port(PORT)) as rafid:
        yield inside(rafid, path, client=client)


def inside(rafid: Rafid, folder: Path, *, client: str) -> Reached:
    """Reach the services of a house that stands, as one of our clients."""
    secret = data_folder.open_secrets(folder)[f"{client}_client_secret"]
    site = str(rafid.http.base_url).rstrip("/")
    tokens = _tokens(rafid.http, site, client=client, secret=secret)
    return Reached(loans=rafid.http, scoring=rafid.http, tokens=tokens)


@asynccontextmanager
async def _running(url: str, client: str) -> AsyncIterator[Reached]:
    name = f"RAFID_{client.upper()}_CLIENT_SECRET"
    secret = os.environ.get(name)
    if not secret:
        raise typer.BadParameter(f"{name} is not set")
    scoring_url = os.environ.get("RAFID_SCORING_URL", url)
    async with (
        httpx.AsyncClient(base_url=url) as loans,
        httpx.AsyncClient(base_url=scoring_url) as scoring,
    ):
        tokens = _tokens(loans, url.rstrip("/"), client=client, secret=secret)
        yield Reached(loans=loans, scoring=scoring, tokens=tokens)


def _tokens(http: httpx.AsyncClient, site: str, *, client: str, secret: str) -> ServiceTokens:
    issuer = os.environ.get("RAFID_ISSUER", f"{site}/loans/v1")
    return ServiceTokens(http, token_url=f"{issuer}/token", client_id=client, client_secret=secret)
