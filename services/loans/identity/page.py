"""Which addresses does a browser visit when a person signs in? (authorization code with PKCE)"""

import re
import secrets
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.loans.deps import database_of
from services.loans.identity import forms, operations, sign_in
from services.loans.identity.issuer import Issuer
from services.loans.identity.operations import Wish
from services.loans.identity.router import MAX_PARAMETER, Parameter, issuer_of
from services.loans.institutions.passwords import MAX_SECRET
from shared import texts
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId, StaffId
from shared.texts import Language
from shared.web import PROBLEM_RESPONSES, AskedLanguage

router = APIRouter(tags=["identity"], default_response_class=HTMLResponse)

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_LOGIN = 128
WRONG_CLIENT = "The page that sent you here is not known. Go back and try again."
WRONG_FORM = "This form is too old or was opened elsewhere. Go back and try again."

Asked = Annotated[str | None, Query(max_length=MAX_PARAMETER)]

_PAGE = {"text/html": {"schema": {"type": "string"}}, **PROBLEM_RESPONSES["4XX"]["content"]}
_PAGES: dict[int | str, dict[str, object]] = {
    code: {"description": text, "content": _PAGE}
    for code, text in {
        200: "The page.",
        400: "The client is not known, or the form is old.",
        403: "Login or password is not right.",
        429: "Too many attempts.",
        503: "Too many sign-ins at this moment.",
    }.items()
}
_PAGES[303] = {"description": "Back to the client, with a code or an error."}


@router.get(forms.PATH, responses=_PAGES)
async def show_page(
    *,
    request: Request,
    asked_language: AskedLanguage,
    response_type: Asked = None,
    client_id: Asked = None,
    redirect_uri: Asked = None,
    code_challenge: Asked = None,
    code_challenge_method: Asked = None,
    scope: Asked = None,
    state: Asked = None,
    nonce: Asked = None,
    ui_locales: Asked = None,
) -> Response:
    """Show the sign-in page, or send the browser back with what is wrong."""
    issuer = issuer_of(request)
    language = _language(ui_locales, asked_language)
    if redirect_uri is None or redirect_uri not in issuer.redirects.get(client_id or "", ()):
        return _page(language, status=400, sentence=WRONG_CLIENT)
    wish = Wish(
        client_id=client_id or "",
        redirect_uri=redirect_uri,
        code_challenge=code_challenge or "",
        scope=scope or "openid",
        state=state,
        nonce=nonce,
    )
    if response_type != "code":
        return _back(issuer, wish, error="unsupported_response_type")
    if code_challenge_method != "S256" or not CHALLENGE.fullmatch(wish.code_challenge):
        return _back(issuer, wish, error="invalid_request")
    browser = secrets.token_urlsafe(32)
    query = [(n, v) for n, v in request.query_params.items() if n != "ui_locales"]
    html = forms.page(
        language=language,
        wish=forms.sealed(wish, issuer=issuer, browser=browser),
        query=query,
    )
    response = _html(html, redirect_uri=redirect_uri)
    response.set_cookie(
        forms.COOKIE,
        browser,
        max_age=forms.FORM_LIFETIME_SECONDS,
        path=forms.PATH,
        secure=issuer.url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
    return response


@router.post(forms.PATH, responses=_PAGES)
async def sign_person_in(
    *,
    request: Request,
    asked_language: AskedLanguage,
    wish: Annotated[str | None, Form(max_length=8 * MAX_PARAMETER)] = None,
    login: Annotated[str, Form(max_length=MAX_LOGIN)] = "",
    password: Annotated[str, Form(max_length=MAX_SECRET)] = "",
    ui_locales: Parameter = None,
) -> Response:
    """Look at login and password; send the browser back with a code, or show what is wrong."""
    issuer, database = issuer_of(request), database_of(request)
    language = _language(ui_locales, asked_language)
    browser = request.cookies.get(forms.COOKIE, "")
    known = forms.opened(wish or "", issuer=issuer, browser=browser)
    if known is None or not browser:
        return _page(language, status=400, sentence=WRONG_FORM)
    try:
        person = await sign_in.person(database, login=login, password=password, clock=issuer.clock)
    except RafidError as error:
        title, detail = texts.render(error, language=language)
        html = forms.page(
            language=language, message=f"{title}. {detail}", wish=wish or "", login=login
        )
        return _html(html, redirect_uri=known.redirect_uri, status=_status(error))
    async with database.begin(InstitutionId(person.institution_id)) as session:
        code = await operations.issue_code(
            session, known, staff_id=StaffId(person.staff_id), at=issuer.clock.now()
        )
    response = _back(issuer, known, code=code)
    response.delete_cookie(forms.COOKIE, path=forms.PATH)
    return response


def _status(error: RafidError) -> int:
    if isinstance(error, sign_in.TooManyAttempts):
        return 429
    return 503 if error.kind is Kind.UNAVAILABLE else 403


def _language(ui_locales: str | None, accepted: Language) -> Language:
    wishes = (ui_locales or "").replace(" ", ",")
    return texts.pick_language(wishes, default=accepted)


def _page(language: Language, *, status: int, sentence: str) -> HTMLResponse:
    message = texts.translate(sentence, language=language, service="loans")
    return _html(forms.page(language=language, message=message), status=status)


def _html(html: str, *, redirect_uri: str | None = None, status: int = 200) -> HTMLResponse:
    policy = forms.policy(redirect_uri=redirect_uri)
    return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})


def _back(issuer: Issuer, wish: Wish, **answer: str) -> RedirectResponse:
    """Send the browser back; `iss` tells who answered (RFC 9207)."""
    if wish.state is not None:
        answer["state"] = wish.state
    query = urlencode({**answer, "iss": issuer.url})
    separator = "&" if "?" in wish.redirect_uri else "?"
    return RedirectResponse(f"{wish.redirect_uri}{separator}{query}", 303)
