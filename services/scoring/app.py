"""The scoring service, put together: database, verifier, routes, and the sequencer behind them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import httpx
from fastapi import FastAPI
from starlette.datastructures import State

from services.scoring.assessments import router as assessments
from services.scoring.assessments.book import BATCH_MAX, FLUSHERS_MAX, AssessmentBook
from services.scoring.assignments import router as assignments
from services.scoring.explanations import router as explanations
from services.scoring.fairness import router as fairness
from services.scoring.grids import router as grids
from services.scoring.models import router as models
from services.scoring.offers import router as offers
from services.scoring.outcomes import router as outcomes
from services.scoring.reviews import observing
from services.scoring.reviews import router as reviews
from services.scoring.reviews.schemas import REVIEW_BODY_BYTES
from services.scoring.settings import ScoringSettings
from services.scoring.warnings import router as warnings
from services.scoring.watching import router as watching
from shared import feed_router, logs, web
from shared.auth import TokenVerifier
from shared.background import Background, for_each
from shared.batching import Batcher
from shared.clients.review_books import HttpReviewBooks, ReviewBooks
from shared.clients.tokens import ServiceTokens
from shared.clock import Clock, SystemClock
from shared.db import Database, TenantDb
from shared.errors import Kind, RafidError
from shared.feed import Sequencer
from shared.ids import InstitutionId
from shared.jwks import FetchedKeys, KeySource

PREFIX = "/scoring/v1"
MARKS_SECONDS = 600.0
WARNINGS_BODY_BYTES = 32 * 1_048_576  # 5,000 loans at some 6 kB
BATCH_BODY_BYTES = 8 * 1_048_576  # 500 applications at some 4 kB, and room to spare
RUN_BODY_BYTES = 64 * 1_048_576  # 50,000 applications with a word for each of many funds

_log = logs.logger(__name__)

ROUTERS = (
    models.router,
    assessments.router,
    offers.router,
    warnings.router,
    assignments.router,
    explanations.router,
    outcomes.router,
    fairness.router,
    watching.router,
    grids.router,
    reviews.router,
)


def create_app(
    settings: ScoringSettings,
    *,
    http: httpx.AsyncClient | None = None,
    keys: KeySource | None = None,
    clock: Clock | None = None,
    books: ReviewBooks | None = None,
) -> FastAPI:
    """Make the application; `http` reaches loans, and the issuer unless its `keys` are given.

    The database is opened by the first request or the lifespan, whichever comes first, and
    closed at the end of the lifespan.
    """
    clock = clock or SystemClock()
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
    sequencer = Sequencer(database)
    caller = http or httpx.AsyncClient(base_url=str(settings.loans_url))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if http is None:
                stack.push_async_callback(caller.aclose)
            stack.push_async_callback(database.close)
            background = await stack.enter_async_context(Background())
            background.start("sequencer of scoring", sequencer.run)
            holding = partial(hold_reviews, app.state, months=settings.observe_months)
            background.start("reviews to hold", holding, every=MARKS_SECONDS)
            yield

    app = web.create_base_app(
        "Rafid scoring",
        prefix=PREFIX,
        verifier=TokenVerifier.of(settings, keys or _fetched(settings, caller, clock), clock=clock),
        lifespan=lifespan,
        body_limit=settings.body_limit_bytes,
        larger_bodies={
            assessments.BATCH_PATH: BATCH_BODY_BYTES,
            warnings.BATCH_PATH: WARNINGS_BODY_BYTES,
            assignments.RUNS_PATH: RUN_BODY_BYTES,
            reviews.REVIEWS_PATH: REVIEW_BODY_BYTES,
        },
    )
    app.state.database = database
    app.state.sequencer = sequencer
    app.state.clock = clock
    app.state.assessments = Batcher(
        AssessmentBook(database).assess, batch_max=BATCH_MAX, flushers_max=FLUSHERS_MAX
    )
    app.state.printer = explanations.Printer()
    app.state.books = books or _books(settings, caller)
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(feed_router.feed_router(prefix=PREFIX, source="scoring"))
    return app


async def hold_reviews(state: State, *, months: int) -> None:
    """Hold adopted reviews against what loans signed since, at their marks (a timer calls it).

    Where loans does not answer nobody is waited for: the next round asks again.
    """
    is_away = months == 0 or state.books is None

    async def of_one(institution_id: InstitutionId) -> None:
        nonlocal is_away
        if is_away:
            return
        db = TenantDb(state.database, institution_id)
        try:
            await observing.hold_where_due(db, state.books, months=months, now=state.clock.now())
        except RafidError as error:
            if error.kind is not Kind.UNAVAILABLE:
                raise
            is_away = True
            _log.warning("reviews wait to be held to the facts", error=repr(error))

    if not is_away:
        await for_each("reviews to hold", await state.sequencer.institutions(), of_one)


def _books(settings: ScoringSettings, http: httpx.AsyncClient) -> ReviewBooks | None:
    if settings.client_secret is None:
        return None
    tokens = ServiceTokens(
        http,
        token_url=settings.token_address,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
    )
    return HttpReviewBooks(http, tokens=tokens)


def _fetched(settings: ScoringSettings, http: httpx.AsyncClient, clock: Clock) -> KeySource:
    url = str(settings.jwks_url) if settings.jwks_url else None
    return FetchedKeys(http, issuer=settings.issuer_url, url=url, clock=clock)
