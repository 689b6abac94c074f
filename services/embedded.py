"""How do the three services live in one process? One address, one database server, one client.

Each service keeps its own engine, role and schema; they ask each other over HTTP as ever, only
that the HTTP goes through memory. What works here works in three processes.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import AnyHttpUrl, SecretStr
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from services.loans import app as loans
from services.loans.settings import LoansSettings
from services.monitoring import app as monitoring
from services.monitoring.settings import MonitoringSettings
from services.scoring import app as scoring
from services.scoring.settings import ScoringSettings
from shared.clock import Clock, SystemClock
from shared.migrations import SERVICES


class Rafid:
    """The three services behind one ASGI application."""

    def __init__(
        self,
        *,
        folder: Path,
        urls: Mapping[str, str],
        kept: Mapping[str, str],
        public_url: str,
        clock: Clock | None = None,
        log_level: str = "warning",
    ) -> None:
        clock = clock or SystemClock()
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self, raise_app_exceptions=False),
            base_url=public_url,
        )
        common: dict[str, object] = {
            "issuer": AnyHttpUrl(f"{public_url}/loans/v1"),
            "log_level": log_level,
        }
        self.loans: FastAPI = loans.create_app(
            LoansSettings(
                database_url=SecretStr(urls["loans"]),
                data_folder=folder,
                public_url=AnyHttpUrl(public_url),
                loans_client_secret=SecretStr(kept["loans_client_secret"]),
                scoring_client_secret=SecretStr(kept["scoring_client_secret"]),
                monitoring_client_secret=SecretStr(kept["monitoring_client_secret"]),
                sandbox_wallet=True,
                **common,  # type: ignore[arg-type] # by name
            ),
            http=self.http,
            clock=clock,
        )
        self.scoring: FastAPI = scoring.create_app(
            ScoringSettings(
                database_url=SecretStr(urls["scoring"]),
                client_secret=SecretStr(kept["scoring_client_secret"]),
                loans_url=AnyHttpUrl(public_url),
                **common,  # type: ignore[arg-type] # by name
            ),
            http=self.http,
            clock=clock,
        )
        self.monitoring: FastAPI = monitoring.create_app(
            MonitoringSettings(
                database_url=SecretStr(urls["monitoring"]),
                client_secret=SecretStr(kept["monitoring_client_secret"]),
                session_secret=SecretStr(kept["session_secret"]),
                public_url=AnyHttpUrl(public_url),
                loans_url=AnyHttpUrl(public_url),
                scoring_url=AnyHttpUrl(public_url),
                **common,  # type: ignore[arg-type] # by name
            ),
            http=self.http,
            clock=clock,
        )
        services = (self.loans, self.scoring, self.monitoring)
        self._apps = dict(zip(SERVICES, services, strict=True))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the service that its path names."""
        if scope["type"] != "http":
            return
        service = scope["path"].split("/", 2)[1]
        app = self._apps.get(service)
        if app is None and scope["path"] == "/":
            await RedirectResponse("/monitoring/v1/")(scope, receive, send)
            return
        await (app or self.loans)(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Rafid"]:
        """Enter the services' lifespans in the order in which they need each other."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.http.aclose)
            for app in self._apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield self
