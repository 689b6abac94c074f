"""`/monitoring/v1/` and `/monitoring/v1/donor`: the pages, for people who signed in."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from services.monitoring.dashboards import pages, queries, sign_in, view
from services.monitoring.dashboards.report import Cut, DonorReport, FundLine, Seal
from services.monitoring.dashboards.sign_in import DONOR, HOME, MAY_SEE_PAGES, Lang, language_for
from services.monitoring.dashboards.writer import Writer
from services.monitoring.deps import ClockOf, Db, Loans
from services.monitoring.portfolio import queries as portfolio
from services.monitoring.portfolio.router import FundNotFound, limited_to, local_day
from shared import logs
from shared.auth import Actor, require
from shared.clients.loans import FundFigures, LoansClient
from shared.errors import RafidError
from shared.ids import FundId
from shared.web import PROBLEM_RESPONSES

router = APIRouter(prefix="/monitoring/v1", tags=["pages"], default_response_class=HTMLResponse)

# Everything a page loads is ours; nothing inline, no script at all.
POLICY = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
NOTICES = {
    "failed": "Signing in did not work. Try again.",
    "role": "Your role has no page here yet: it is for donors, trustees and auditors.",
}

_log = logs.logger(__name__)


async def by_cookie(request: Request, clock: ClockOf, lang: Lang = None) -> None:
    """Let a session's cookie stand for a token; whoever has neither is sent to sign in."""
    if "authorization" in request.headers:
        return
    viewer = sign_in.viewer_of(request, clock)
    if viewer is None:
        asked = urlencode({"lang": language_for(request, lang)})
        raise HTTPException(303, headers={"Location": f"/monitoring/v1/login?{asked}"})
    request.scope["rafid.actor"] = viewer


Viewer = Annotated[Actor, require(*sorted(MAY_SEE_PAGES))]


@router.get("/")
async def show_home(
    request: Request,
    clock: ClockOf,
    lang: Lang = None,
    notice: Annotated[str | None, Query(max_length=16)] = None,
) -> HTMLResponse:
    """Greet, offer the languages, and show the way in."""
    writer = Writer(language=language_for(request, lang))
    signed_in = sign_in.viewer_of(request, clock) is not None
    way = DONOR if signed_in else "/monitoring/v1/login"
    page = {
        **view.frame(writer, path=HOME, signed_in=signed_in),
        "notice": writer.text(NOTICES[notice]) if notice in NOTICES else None,
        "enter_href": f"{way}?lang={writer.language}",
    }
    return _html(pages.render("landing.html", page, writer=writer))


@router.get(
    "/donor",
    dependencies=[Depends(by_cookie)],
    responses={303: {"description": "Sign in first."}, **PROBLEM_RESPONSES},
)
async def show_donor_page(
    request: Request,
    db: Db,
    clock: ClockOf,
    loans: Loans,
    actor: Viewer,
    lang: Lang = None,
    fund: UUID | None = None,
) -> HTMLResponse:
    """Show a donor what their money did; a fund's totals are compared with the ledger's."""
    unchecked = Seal(checked_at=clock.now(), rows=())
    async with db(snapshot=True) as session:
        day = await local_day(session, clock)
        at = await portfolio.moment(session, as_of=day, known_at=None)
        read = await portfolio.horizon(session)
        house = await queries.institution(session)
        known = await queries.visible_funds(session, at, donor_id=limited_to(actor))
        chosen = next((k for k in known if fund in (None, k[0].fund_id)), None)
        if fund is not None and chosen is None:
            raise FundNotFound(fund_id=fund)
        report = totals = None
        if chosen is not None:
            report = await queries.fund_report(
                session, at, fund=chosen[0], used=chosen[1], seal=unchecked
            )
            totals = await queries.totals(session, at, fund_id=chosen[0].fund_id)
    if report is not None and totals is not None:
        ledger = await _ledger(loans, actor, at=at, fund_id=report.fund.fund_id)
        seal = queries.compare(totals, ledger=ledger, checked_at=clock.now())
        report = replace(report, seal=seal)
    told = DonorReport(
        institution=house,
        cut=Cut(as_of=day, known_at=at.known_at, sequence=read.number, head=read.head),
        funds=[FundLine(fund=f, received=u.received, at_hand=u.at_hand) for f, u in known],
        chosen=report,
    )
    writer = Writer(
        language=language_for(request, lang), country=house.country, timezone=house.timezone
    )
    path = f"{DONOR}?fund={fund}" if fund else DONOR
    return _html(
        pages.render("donor.html", view.donor_page(told, writer=writer, path=path), writer=writer)
    )


async def _ledger(
    loans: LoansClient, actor: Actor, *, at: portfolio.Moment, fund_id: FundId
) -> FundFigures | None:
    """The ledger's own totals at the page's cut-off; None when it could not be asked."""
    if at.known_at is None:
        return None
    try:
        return await loans.fund_figures(actor.institution_id, fund_id=fund_id, known_at=at.known_at)
    except RafidError as error:
        _log.warning("the seal could not be checked", error=repr(error))
        return None


def _html(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})
