"""How is loans put together? Database, issuer, routes, and what runs beside them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from fastapi import FastAPI
from starlette.datastructures import State

from services.loans import subscriptions, timers
from services.loans.accounting import router as accounting
from services.loans.accounting import statements
from services.loans.agreements import movements as agreement_movements
from services.loans.agreements import router as agreements
from services.loans.applications import router as applications
from services.loans.approvals import router as approvals
from services.loans.bank_statements import router as bank_statements
from services.loans.bank_statements.schemas import FILE_BODY_BYTES
from services.loans.biller import refusals as biller_refusals
from services.loans.biller import router as biller
from services.loans.biller.credentials import Programs
from services.loans.biller.desk import BillDesk
from services.loans.borrowers import router as borrowers
from services.loans.borrowing import router as borrowing
from services.loans.bureau import router as bureau
from services.loans.clauses import router as clauses
from services.loans.closing import router as closing
from services.loans.cofinancing import router as cofinancing
from services.loans.collections import router as collections
from services.loans.compliance import router as compliance
from services.loans.contracts import previews
from services.loans.contracts import router as contracts
from services.loans.deals import router as deals
from services.loans.deps import Days
from services.loans.disbursements import router as disbursements
from services.loans.domain.reminding import ReminderChannel
from services.loans.eligibility import router as eligibility
from services.loans.exposure import router as exposure
from services.loans.financing_files import router as financing_files
from services.loans.fund_accounts import router as fund_accounts
from services.loans.funds import router as funds
from services.loans.guarantees import router as guarantees
from services.loans.guarantees import serving as guarantee_serving
from services.loans.holdings import router as holdings
from services.loans.identity import page as sign_in
from services.loans.identity import router as identity
from services.loans.identity.issuer import Issuer
from services.loans.institutions import router as institutions
from services.loans.ledger import router as ledger
from services.loans.ledger.queries import EVENTS, JOURNAL
from services.loans.lineage import router as lineage
from services.loans.papers import router as papers
from services.loans.papers import zakat_router as zakat_receipts
from services.loans.papers.printing import Printer
from services.loans.payments import router as payments
from services.loans.payments.desk import PaymentDesk
from services.loans.portfolio import router as portfolio
from services.loans.products import router as products
from services.loans.reconciliation import proof_router as account_proofs
from services.loans.reconciliation import router as reconciliation
from services.loans.reminders import router as reminders
from services.loans.reminders import sending as reminding
from services.loans.reminders.messengers import FolderMessenger, MailMessenger, Messenger
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
from services.loans.warnings.timing import Rhythm
from services.loans.webhooks import router as webhooks
from services.loans.webhooks.delivering import Courier
from services.loans.zakat import pool as zakat_pool
from services.loans.zakat import router as zakat
from services.loans.zakat_payers import router as zakat_payers
from shared import feed_router, web
from shared.auth import TokenVerifier
from shared.background import Background
from shared.batching import Batcher
from shared.clients.scoring import HttpScoringClient, ScoringClient
from shared.clients.scoring_runs import HttpScoringRuns
from shared.clients.tokens import ServiceTokens
from shared.clock import Clock, SystemClock
from shared.db import Database
from shared.feed import Sequencer
from shared.jwks import FetchedKeys
from shared.outgoing import Outgoing

PREFIX = "/loans/v1"
CLIENT_ID = "loans"

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
    account_proofs.router,
    webhooks.router,
    reminders.router,
    biller.router,
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
            app.state.post = _post(settings, app.state)
            _serve_bills(app.state, desk)
            background = await stack.enter_async_context(Background())
            timers.start(background, app.state, desk=desk, hears=scoring is None)
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
        dialects={f"{biller.PREFIX}/": biller_refusals.dialect(clock)},
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


def _post(settings: LoansSettings, state: State) -> reminding.Post:
    """Open the ways by which this installation writes to borrowers."""
    messengers: dict[ReminderChannel, Messenger] = {}
    if settings.sms_folder is not None:
        messengers[ReminderChannel.SMS] = FolderMessenger(settings.sms_folder)
    if settings.smtp_url is not None:
        url = settings.smtp_url.get_secret_value()
        messengers[ReminderChannel.EMAIL] = MailMessenger(url, sender=settings.smtp_sender)
    return reminding.Post(messengers=messengers, sealer=state.payments.sealer)


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
