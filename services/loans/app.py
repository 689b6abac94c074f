"""How is loans put together? Database, issuer, routes, and what runs beside them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import httpx
from fastapi import FastAPI
from starlette.datastructures import State

from services.loans import subscriptions
from services.loans.accounting import router as accounting
from services.loans.accounting import statements
from services.loans.agreements import movements as agreement_movements
from services.loans.agreements import router as agreements
from services.loans.applications import assessing
from services.loans.applications import router as applications
from services.loans.applications.assessing import Asking
from services.loans.approvals import router as approvals
from services.loans.bank_statements import router as bank_statements
from services.loans.bank_statements.schemas import FILE_BODY_BYTES
from services.loans.borrowers import router as borrowers
from services.loans.borrowing import router as borrowing
from services.loans.bureau import router as bureau
from services.loans.clauses import router as clauses
from services.loans.closing import router as closing
from services.loans.closing import timing as closing_days
from services.loans.cofinancing import router as cofinancing
from services.loans.collections import router as collections
from services.loans.compliance import router as compliance
from services.loans.contracts import previews
from services.loans.contracts import router as contracts
from services.loans.deals import router as deals
from services.loans.deps import Days
from services.loans.disbursements import router as disbursements
from services.loans.eligibility import router as eligibility
from services.loans.exposure import router as exposure
from services.loans.financing_files import router as financing_files
from services.loans.fund_accounts import router as fund_accounts
from services.loans.funds import router as funds
from services.loans.gsma import refusals as gsma_refusals
from services.loans.gsma import router as gsma
from services.loans.gsma.credentials import Programs
from services.loans.gsma.desk import BillDesk
from services.loans.guarantees import router as guarantees
from services.loans.guarantees import serving as guarantee_serving
from services.loans.holdings import router as holdings
from services.loans.identity import page as sign_in
from services.loans.identity import router as identity
from services.loans.identity.issuer import Issuer
from services.loans.institutions import router as institutions
from services.loans.ledger import router as ledger
from services.loans.ledger.queries import EVENTS, JOURNAL
from services.loans.lineage import operations as lineages
from services.loans.lineage import router as lineage
from services.loans.papers import router as papers
from services.loans.papers import zakat_router as zakat_receipts
from services.loans.papers.printing import Printer
from services.loans.payments import router as payments
from services.loans.payments.desk import PaymentDesk
from services.loans.portfolio import router as portfolio
from services.loans.products import router as products
from services.loans.reconciliation import router as reconciliation
from services.loans.reconciliation import timing as reconciliation_days
from services.loans.repayments import router as repayments
from services.loans.repayments.batch import RepaymentBook
from services.loans.review_book import router as review_book
from services.loans.rulebook import router as rulebook
from services.loans.rulings import router as rulings
from services.loans.servicing import router as servicing
from services.loans.servicing.coursing import CourseBook
from services.loans.settings import LoansSettings
from services.loans.sharia_reports import router as sharia_reports
from services.loans.subsidies import router as subsidies
from services.loans.waiting_list import router as waiting_list
from services.loans.waqf import router as waqf
from services.loans.warnings import router as warnings
from services.loans.warnings import timing as warning_months
from services.loans.warnings.timing import Rhythm
from services.loans.webhooks import router as webhooks
from services.loans.webhooks.delivering import Courier
from services.loans.zakat import pool as zakat_pool
from services.loans.zakat import router as zakat
from services.loans.zakat_payers import router as zakat_payers
from shared import feed_router, web
from shared.auth import TokenVerifier
from shared.background import Background, for_each
from shared.batching import Batcher
from shared.clients.scoring import HttpScoringClient, ScoringClient
from shared.clients.scoring_runs import HttpScoringRuns
from shared.clients.tokens import ServiceTokens
from shared.clock import Clock, SystemClock
from shared.db import Database, TenantDb
from shared.feed import Sequencer
from shared.ids import InstitutionId
from shared.jwks import FetchedKeys
from shared.outgoing import Outgoing

PREFIX = "/loans/v1"
CLIENT_ID = "loans"
POLL_SECONDS = 2.0
LINES_SECONDS = 10.0
LINES_PART, LINES_PAUSE_SECONDS = 500, 0.1
"""Few at a time and a rest after them: whoever pays meanwhile does not wait for the lines."""
FEED_SECONDS = 3.0
WEBHOOK_SECONDS = 1.0
DAYS_SECONDS = 60.0
MONTHS_SECONDS = 600.0
STATEMENTS_SECONDS = 300.0

ROUTERS = (
    repayments.router,  # the hot one first: routes are tried in this order
    ledger.router,
    institutions.router,
    rulebook.router,
    rulings.router,
    compliance.router,
    sharia_reports.router,
    funds.router,
    clauses.router,
    eligibility.router,
    zakat_payers.router,
    waqf.router,
    zakat.router,
    zakat_pool.router,
    zakat_receipts.router,
    products.router,
    borrowers.router,
    bureau.router,
    applications.router,
    waiting_list.router,
    cofinancing.router,
    exposure.router,
    approvals.router,
    contracts.router,
    previews.router,
    holdings.router,
    deals.router,
    payments.router,
    disbursements.router,
    financing_files.router,
    guarantees.router,
    servicing.router,
    subsidies.router,
    portfolio.router,
    review_book.router,
    agreements.router,
    agreement_movements.router,
    borrowing.router,
    lineage.router,
    fund_accounts.router,
    papers.router,
    collections.router,
    warnings.router,
    closing.router,
    accounting.router,
    statements.router,
    bank_statements.router,
    reconciliation.router,
    webhooks.router,
    gsma.router,
)


def create_app(
    settings: LoansSettings,
    *,
    http: httpx.AsyncClient | None = None,
    clock: Clock | None = None,
    scoring: ScoringClient | None = None,
) -> FastAPI:
    """Make the application; `http` reaches scoring and, where it is a stranger, the issuer."""
    clock = clock or SystemClock()
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
    caller = http or httpx.AsyncClient(base_url=str(settings.scoring_url))
    sequencer = Sequencer(database, chains=(EVENTS, JOURNAL))
    days = Days(database, clock)
    book = RepaymentBook(database, servicing=CourseBook(database))
    tokens = _tokens(settings, caller)
    asked = scoring or HttpScoringClient(caller, tokens=tokens)
    hearing = subscriptions.hear_scoring(database, HttpScoringRuns(caller, tokens=tokens))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if http is None:
                stack.push_async_callback(caller.aclose)
            stack.push_async_callback(database.close)
            desk = await _payment_desk(app, settings, stack)
            await _courier(app, settings, stack)
            _serve_bills(app.state, desk)
            background = await stack.enter_async_context(Background())
            _start(background, app.state, desk=desk, hears=scoring is None)
            yield

    issuer = Issuer.of(settings, clock=clock) if settings.embedded_issuer else None
    verifier = issuer.verifier() if issuer else _strangers(settings, caller, clock)
    app = web.create_base_app(
        "Rafid loans",
        prefix=PREFIX,
        verifier=verifier,
        lifespan=lifespan,
        body_limit=settings.body_limit_bytes,
        larger_bodies={bank_statements.FILES_PATH: FILE_BODY_BYTES},
        dialects={f"{gsma.PREFIX}/": gsma_refusals.dialect(clock)},
    )
    app.state.database = database
    app.state.sequencer = sequencer
    app.state.clock = clock
    app.state.days = days
    app.state.issuer = issuer
    app.state.repayment_book = book
    app.state.repayments = Batcher(book.receive)
    app.state.scoring = asked
    app.state.rhythm = Rhythm(
        from_day=settings.warn_from_day, per_officer=settings.warn_per_officer
    )
    app.state.ask_funds = guarantee_serving.ask_funds
    app.state.hearing = hearing
    app.state.printer = Printer()
    _add_routes(app, with_issuer=issuer is not None)
    return app


def _add_routes(app: FastAPI, *, with_issuer: bool) -> None:
    signing_in = (identity.router, sign_in.router) if with_issuer else ()
    for router in (*ROUTERS, *signing_in):
        app.include_router(router)
    app.include_router(feed_router.feed_router(prefix=PREFIX, source="loans"))


def _serve_bills(state: State, desk: PaymentDesk) -> None:
    """Open the desk of mobile-money providers, and know their programs by their secrets."""
    state.bills = BillDesk(desk, days=state.days, outgoing=state.outgoing)
    state.programs = Programs(state.database, clock=state.clock)


def _start(background: Background, state: State, *, desk: PaymentDesk, hears: bool) -> None:
    """Start what runs beside the requests; who brings an own client of scoring hears by itself."""
    background.start("sequencer of loans", state.sequencer.run)
    background.start("pending payments", desk.poll_everywhere, every=POLL_SECONDS)
    for name, work, every in (
        ("waiting assessments", assess_waiting, POLL_SECONDS),
        ("lines of funds", tell_lines, LINES_SECONDS),
        ("days to close", close_days, DAYS_SECONDS),
        ("months to grade", warn_months, MONTHS_SECONDS),
        ("statements to reconcile", reconcile, STATEMENTS_SECONDS),
        ("bill payments", pay_bills, POLL_SECONDS),
        ("webhooks", call_integrators, WEBHOOK_SECONDS),
    ):
        background.start(name, partial(work, state), every=every)
    if hears:
        background.start("feed of scoring", partial(hear, state), every=FEED_SECONDS)


async def assess_waiting(state: State) -> None:
    """Have assessed what waits for it in every institution (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        db = TenantDb(state.database, institution_id)
        today = await state.days.today(institution_id)
        asking = Asking(scoring=state.scoring, funds=state.ask_funds)
        await assessing.assess_waiting(db, asking, at=state.clock.now(), on=today)

    await for_each("waiting assessments", await state.sequencer.institutions(), of_one)


async def tell_lines(state: State) -> None:
    """Follow the units of every fund through what was booked since (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        db = TenantDb(state.database, institution_id)
        await lineages.catch_up(db, part=LINES_PART, pause=LINES_PAUSE_SECONDS)

    await for_each("lines of funds", await state.sequencer.institutions(), of_one)


async def close_days(state: State) -> None:
    """Close the day of every institution whose hour has come (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        db = TenantDb(state.database, institution_id)
        await closing_days.close_where_due(db, now=state.clock.now())

    await for_each("days to close", await state.sequencer.institutions(), of_one)


async def pay_bills(state: State) -> None:
    """Finish bill payments that were left, and call back whom it is time to (a timer calls it)."""
    institution_ids = await state.sequencer.institutions()
    await for_each("bill payments", institution_ids, state.bills.catch_up)


async def hear(state: State) -> None:
    """Hear what scoring told of every institution (a timer calls it)."""
    await state.hearing.catch_up_with(await state.sequencer.institutions())


async def warn_months(state: State) -> None:
    """Grade the running loans of the month before, where its day has come (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        today = await state.days.today(institution_id)
        db = TenantDb(state.database, institution_id)
        await warning_months.warn_where_due(
            db, state.scoring, state.rhythm, clock=state.clock, today=today
        )

    await for_each("months to grade", await state.sequencer.institutions(), of_one)


async def reconcile(state: State) -> None:
    """Hold what came in of statements against the books (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        today = await state.days.today(institution_id)
        db = TenantDb(state.database, institution_id)
        await reconciliation_days.reconcile_all(
            db, state.payments, institution_id, at=state.clock.now(), today=today
        )

    await for_each("statements to reconcile", await state.sequencer.institutions(), of_one)


async def _payment_desk(
    app: FastAPI, settings: LoansSettings, stack: AsyncExitStack
) -> PaymentDesk:
    """Open the payment desk; its sandbox wallet calls back to our own routes."""
    ourselves = await stack.enter_async_context(
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://loans")
    )
    desk = subscriptions.open_desk(
        app.state.database,
        folder=settings.data_folder,
        http=ourselves,
        clock=app.state.clock,
        days=app.state.days,
        with_sandbox=settings.sandbox_wallet,
    )
    subscriptions.subscribe(desk, book=app.state.repayment_book, days=app.state.days)
    app.state.payments = desk
    return desk


async def _courier(app: FastAPI, settings: LoansSettings, stack: AsyncExitStack) -> None:
    """Open what calls integrators; what is being told when it ends is told again."""
    state = app.state
    state.outgoing = Outgoing(trusted=settings.trusted_hosts)
    stack.push_async_callback(state.outgoing.close)
    state.courier = Courier(
        state.database, outgoing=state.outgoing, sealer=state.payments.sealer, clock=state.clock
    )
    stack.push_async_callback(state.courier.close)


async def call_integrators(state: State) -> None:
    """Tell every endpoint of integrators what is new and what is due (a timer calls it)."""
    await state.courier.deliver_everywhere(await state.sequencer.institutions())


def _strangers(settings: LoansSettings, http: httpx.AsyncClient, clock: Clock) -> TokenVerifier:
    """Verify tokens of another OpenID issuer."""
    url = str(settings.jwks_url) if settings.jwks_url else None
    keys = FetchedKeys(http, issuer=settings.issuer_url, url=url, clock=clock)
    return TokenVerifier.of(settings, keys, clock=clock)


def _tokens(settings: LoansSettings, http: httpx.AsyncClient) -> ServiceTokens:
    return ServiceTokens(
        http,
        token_url=f"{settings.issuer_url}/token",
        client_id=CLIENT_ID,
        client_secret=settings.loans_client_secret.get_secret_value(),
    )
