"""How do people come in? By the issuer's page, with an authorization code and PKCE (RFC 7636)."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from services.monitoring.dashboards.sessions import (
    LONGEST_SESSION,
    SESSION_COOKIE,
    SIGN_IN_COOKIE,
    SIGN_IN_LASTS,
    Sessions,
    SignIn,
)
from services.monitoring.deps import ClockOf, Settings
from services.monitoring.portfolio.router import SEES_EVERY_FUND
from services.monitoring.settings import MonitoringSettings
from shared import logs, texts
from shared.auth import Actor, Role, TokenVerifier
from shared.clients.tokens import TokenAnswer
from shared.errors import RafidError
from shared.texts import LANGUAGES, Language

router = APIRouter(prefix="/monitoring/v1", tags=["pages"])

HOME = "/monitoring/v1/"
DONOR = "/monitoring/v1/donor"
MAY_SEE_PAGES = SEES_EVERY_FUND | {Role.DONOR}
LONGEST = 2_048

Lang = Annotated[str | None, Query(max_length=8, description="ar, fr or en")]
Short = Annotated[str | None, Query(max_length=LONGEST)]
AWAY: dict[int | str, dict[str, object]] = {303: {"description": "On to another page."}}

_log = logs.logger(__name__)


def language_for(request: Request, asked: str | None) -> Language:
    """The page's language: as asked, else as the browser wishes, else Arabic."""
    if asked in LANGUAGES:
        return texts.pick_language(asked)
    return texts.pick_language(request.headers.get("accept-language"), default="ar")


def sessions_of(request: Request) -> Sessions:
    """What signs and reads our cookies."""
    sessions: Sessions = request.app.state.sessions
    return sessions


def viewer_of(request: Request, clock: ClockOf) -> Actor | None:
    """Who is signed in here; None for nobody."""
    cookie = request.cookies.get(SESSION_COOKIE)
    return sessions_of(request).read_session(cookie, now=clock.now()) if cookie else None


@router.get("/login", status_code=303, response_class=RedirectResponse, responses=AWAY)
async def sign_in(
    request: Request, clock: ClockOf, settings: Settings, lang: Lang = None
) -> Response:
    """Send the browser to the issuer's page."""
    language = language_for(request, lang)
    begun = SignIn.begin(language=language, path=DONOR)
    query = urlencode(
        {
            "response_type": "code",
            "client_id": settings.page_client_id,
            "redirect_uri": settings.callback_address,
            "scope": "openid",
            "state": begun.state,
            "code_challenge": begun.challenge,
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
    )
    response = RedirectResponse(f"{settings.authorize_address}?{query}", 303)
    cookie = sessions_of(request).write_sign_in(begun, now=clock.now())
    _keep(response, SIGN_IN_COOKIE, cookie, lasts=SIGN_IN_LASTS, settings=settings)
    return response


@router.get("/callback", status_code=303, response_class=RedirectResponse, responses=AWAY)
async def come_back(
    request: Request,
    clock: ClockOf,
    settings: Settings,
    code: Short = None,
    state: Short = None,
) -> Response:
    """Turn the issuer's code into a session, if it answers what this browser asked."""
    sessions = sessions_of(request)
    begun = sessions.read_sign_in(request.cookies.get(SIGN_IN_COOKIE, ""), now=clock.now())
    if begun is None or code is None or state != begun.state:
        return _home(begun.language if begun else language_for(request, None), notice="failed")
    try:
        token = await _token(request.app.state.http, settings, code=code, begun=begun)
        verifier: TokenVerifier = request.app.state.verifier
        actor = await verifier.verify(token.access_token)
    except (RafidError, httpx.HTTPError, ValidationError) as error:
        _log.warning("a sign-in failed", error=repr(error))
        return _home(begun.language, notice="failed")
    if MAY_SEE_PAGES.isdisjoint(actor.roles):
        return _home(begun.language, notice="role")
    lifetime = min(timedelta(seconds=token.expires_in), LONGEST_SESSION)
    response = RedirectResponse(f"{begun.path}?lang={begun.language}", 303)
    cookie = sessions.write_session(actor, now=clock.now(), lifetime=lifetime)
    _keep(response, SESSION_COOKIE, cookie, lasts=lifetime, settings=settings)
    response.delete_cookie(SIGN_IN_COOKIE, path=HOME)
    return response


@router.post("/logout", status_code=303, response_class=RedirectResponse, responses=AWAY)
async def sign_out(request: Request) -> Response:
    """Forget who was signed in. Other sites cannot do it: the cookie does not come with them."""
    response = _home(language_for(request, None), notice=None)
    if SESSION_COOKIE in request.cookies:
        response.delete_cookie(SESSION_COOKIE, path=HOME)
    return response


async def _token(
    http: httpx.AsyncClient, settings: MonitoringSettings, *, code: str, begun: SignIn
) -> TokenAnswer:
    answer = await http.post(
        settings.token_address,
        data={
            "grant_type": "authorization_code",
            "client_id": settings.page_client_id,
            "redirect_uri": settings.callback_address,
            "code": code,
            "code_verifier": begun.verifier,
        },
    )
    answer.raise_for_status()
    return TokenAnswer.model_validate_json(answer.content)


def _home(language: Language, *, notice: str | None) -> RedirectResponse:
    said = f"&notice={notice}" if notice else ""
    return RedirectResponse(f"{HOME}?lang={language}{said}", 303)


def _keep(
    response: Response, name: str, value: str, *, lasts: timedelta, settings: MonitoringSettings
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path=HOME,
        secure=settings.is_tls,
        httponly=True,
        samesite="lax",
    )
