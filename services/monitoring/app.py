"""How is monitoring put together? Database, clients, routers, sequencer and the feed's reader."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.monitoring import subscriptions
from services.monitoring.dashboards import pages, sign_in
from services.monitoring.dashboards import router as dashboards
from services.monitoring.dashboards.sessions import Sessions
from services.monitoring.portfolio import router as portfolio
from services.monitoring.projects import router as projects
from services.monitoring.settings import MonitoringSettings
from services.monitoring.subscriptions import Consumer
from shared.auth import TokenVerifier
from shared.background import Background
from shared.clients.loans import HttpLoansClient, LoansClient
from shared.clients.scoring_runs import HttpScoringRuns
from shared.clients.tokens import ServiceTokens
from shared.clock import Clock, SystemClock
from shared.db import Database
from shared.feed import Sequencer
from shared.feed_router import feed_router
from shared.jwks import FetchedKeys, KeySource
from shared.web import RafidApp, create_base_app

PREFIX = "/monitoring/v1"
WEEK_SECONDS = 604_800
FEED_SECONDS = 3.0


class CachedFiles(StaticFiles):
    """The pages' own files: a browser may keep them for a week."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file and how long it may be kept."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = f"public, max-age={WEEK_SECONDS}"
        return response


def create_app(
    settings: MonitoringSettings,
    *,
    http: httpx.AsyncClient | None = None,
    keys: KeySource | None = None,
    clock: Clock | None = None,
    loans: LoansClient | None = None,
) -> RafidApp:
    """Make the application; `http` reaches loans and the issuer (in one process, by memory).

    `app.state.consumer.wake()` makes it read the feed at once.
    """
    clock = clock or SystemClock()
    caller = http or httpx.AsyncClient(base_url=str(settings.loans_url))
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
    sequencer = Sequencer(database)
    client = loans or HttpLoansClient(caller, tokens=_tokens(settings, caller))
    consumer = Consumer(database, client, poll_seconds=settings.poll_seconds)
    opinions = http or httpx.AsyncClient(base_url=str(settings.scoring_url))
    hearing = subscriptions.hear_scoring(
        database, HttpScoringRuns(opinions, tokens=_tokens(settings, caller))
    )

    async def hear() -> None:
        await hearing.catch_up_with(await sequencer.institutions())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001 - its name is fixed
        async with Background() as background:
            background.start("sequencer of monitoring", sequencer.run)
            background.start("reader of the loans feed", consumer.run)
            if loans is None:  # who brings an own client hears by itself
                background.start("feed of scoring", hear, every=FEED_SECONDS)
            yield
        await database.close()
        if http is None:
            await caller.aclose()
            await opinions.aclose()

    app = create_base_app(
        "Rafid monitoring",
        prefix=PREFIX,
        verifier=_verifier(settings, keys=keys, http=caller, clock=clock),
        lifespan=lifespan,
        body_limit=settings.body_limit_bytes,
    )
    app.state.settings, app.state.clock = settings, clock
    app.state.database, app.state.sequencer = database, sequencer
    app.state.http, app.state.loans, app.state.consumer = caller, client, consumer
    app.state.hearing = hearing
    app.state.sessions = Sessions(settings.session_secret.get_secret_value())
    for router in (projects.router, portfolio.router, sign_in.router, dashboards.router):
        app.include_router(router)
    app.include_router(feed_router(prefix=PREFIX, source="monitoring"))
    app.mount(f"{PREFIX}/static", CachedFiles(directory=pages.STATIC), name="static")
    return app


def _tokens(settings: MonitoringSettings, http: httpx.AsyncClient) -> ServiceTokens:
    return ServiceTokens(
        http,
        token_url=settings.token_address,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
    )


def _verifier(
    settings: MonitoringSettings,
    *,
    keys: KeySource | None,
    http: httpx.AsyncClient,
    clock: Clock,
) -> TokenVerifier:
    url = str(settings.jwks_url) if settings.jwks_url else None
    source = keys or FetchedKeys(http, issuer=settings.issuer_url, url=url, clock=clock)
    return TokenVerifier.of(settings, source, clock=clock)
