"""Which addresses serve programs that want tokens, and services that verify them?"""

import base64
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Request, Response

from services.loans.deps import database_of
from services.loans.identity import operations, sign_in
from services.loans.identity.issuer import Issuer
from services.loans.identity.schemas import (
    ConfigurationOut,
    KeyOut,
    KeySetOut,
    OAuthErrorOut,
    TokenOut,
)
from services.loans.institutions import queries as institutions
from services.loans.institutions.passwords import MAX_SECRET, SignInBusy
from shared.ids import StaffId
from shared.jwks import DISCOVERY
from shared.web import PROBLEM_RESPONSES

router = APIRouter(tags=["identity"])

MAX_PARAMETER = 2_048
KEYS_ARE_FRESH_FOR_SECONDS = 300
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

Parameter = Annotated[str | None, Form(max_length=MAX_PARAMETER)]

# 400 is written by us as OAuth wants it, and by the doorway as a problem for a broken body.
_ERROR_CONTENT = {
    "application/json": {"schema": {"$ref": "#/components/schemas/OAuthErrorOut"}},
    **PROBLEM_RESPONSES["4XX"]["content"],
}


class _Refused(Exception):
    """A token is not given; becomes an answer at the end of the route."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.body = OAuthErrorOut.model_validate({"error": error, "error_description": description})
        self.status = status


@dataclass(frozen=True, slots=True)
class _Credentials:
    client_id: str
    secret: str | None


def issuer_of(request: Request) -> Issuer:
    """Give the service's issuer."""
    issuer: Issuer = request.app.state.issuer
    return issuer


@router.post(
    "/loans/v1/token",
    response_model=TokenOut,
    response_model_exclude_none=True,
    responses={
        400: {"model": OAuthErrorOut, "description": "No token.", "content": _ERROR_CONTENT},
        401: {"model": OAuthErrorOut, "description": "Not who it says.", "content": _ERROR_CONTENT},
        503: {"model": OAuthErrorOut, "description": "Later.", "content": _ERROR_CONTENT},
    },
)
async def give_token(
    *,
    request: Request,
    grant_type: Parameter = None,
    client_id: Parameter = None,
    client_secret: Parameter = None,
    code: Parameter = None,
    redirect_uri: Parameter = None,
    code_verifier: Parameter = None,
) -> Response:
    """Give a token to a program for its secret, or to a page for the code of a person."""
    try:
        claimed = _credentials(request, client_id=client_id, secret=client_secret)
        match grant_type:
            case "client_credentials":
                answer = await _for_secret(request, claimed)
            case "authorization_code":
                answer = await _for_code(
                    request, claimed, code=code, redirect_uri=redirect_uri, verifier=code_verifier
                )
            case _:
                answer = _unsupported(grant_type)
    except _Refused as refused:
        headers = {"WWW-Authenticate": 'Basic realm="rafid"'} if refused.status == 401 else None  # noqa: PLR2004 - not signed in
        return _json(refused.body.model_dump_json(), status=refused.status, headers=headers)
    except SignInBusy:
        busy = OAuthErrorOut(error="temporarily_unavailable", error_description="ask again")
        return _json(busy.model_dump_json(), status=503, headers={"Retry-After": "2"})
    return _json(answer.model_dump_json(exclude_none=True))


@router.get("/loans/v1/jwks")
async def show_keys(request: Request, response: Response) -> KeySetOut:
    """Give the public keys with which tokens are verified."""
    response.headers["Cache-Control"] = f"public, max-age={KEYS_ARE_FRESH_FOR_SECONDS}"
    described = issuer_of(request).key_set().as_dict(private=False)
    return KeySetOut(keys=[KeyOut.model_validate(key) for key in described["keys"]])


@router.get(f"/loans/v1{DISCOVERY}")
async def show_configuration(request: Request, response: Response) -> ConfigurationOut:
    """Tell where the issuer's addresses are."""
    response.headers["Cache-Control"] = f"public, max-age={KEYS_ARE_FRESH_FOR_SECONDS}"
    url = issuer_of(request).url
    return ConfigurationOut(
        issuer=url,
        authorization_endpoint=f"{url}/authorize",
        token_endpoint=f"{url}/token",
        jwks_uri=f"{url}/jwks",
    )


def _unsupported(grant_type: str | None) -> TokenOut:
    if grant_type is None:
        raise _Refused("invalid_request", "grant_type is missing")
    raise _Refused("unsupported_grant_type", "use client_credentials or authorization_code")


async def _for_secret(request: Request, claimed: _Credentials) -> TokenOut:
    issuer = issuer_of(request)
    wrong = _Refused("invalid_client", "client id or secret is not right", status=401)
    if claimed.secret is None or len(claimed.secret) > MAX_SECRET:
        raise wrong
    if issuer.is_service(claimed.client_id, claimed.secret):
        token = issuer.service_token(claimed.client_id)
    else:
        row = await sign_in.program(
            database_of(request), client_id=claimed.client_id, secret=claimed.secret
        )
        if row is None:
            raise wrong
        token = issuer.client_token(row, client_id=claimed.client_id)
    return TokenOut(access_token=token, expires_in=issuer.lifetime_seconds)


async def _for_code(
    request: Request,
    claimed: _Credentials,
    *,
    code: str | None,
    redirect_uri: str | None,
    verifier: str | None,
) -> TokenOut:
    issuer, database = issuer_of(request), database_of(request)
    if claimed.client_id not in issuer.redirects:
        raise _Refused("invalid_client", "no such public client", status=401)
    if not code or not redirect_uri or not VERIFIER.fullmatch(verifier or ""):
        raise _Refused("invalid_request", "code, redirect_uri and code_verifier are needed")
    wrong = _Refused("invalid_grant", "the code is not valid, or was made for another request")
    read = operations.read_code(code)
    if read is None:
        raise wrong
    institution_id, secret = read
    now = issuer.clock.now()
    async with database.begin(institution_id) as session:
        burnt = await operations.burn_code(session, secret, at=now)
    if burnt is None or not operations.fits(
        burnt,
        client_id=claimed.client_id,
        redirect_uri=redirect_uri,
        verifier=verifier or "",
        at=now,
    ):
        raise wrong
    async with database.read(institution_id) as session:
        person = await institutions.staff_member(session, StaffId(burnt.staff_id))
    if person.deactivated_at is not None:
        raise wrong
    id_token = None
    if "openid" in burnt.scope.split():
        id_token = issuer.id_token(person, client_id=claimed.client_id, nonce=burnt.nonce)
    return TokenOut(
        access_token=issuer.staff_token(person, client_id=claimed.client_id),
        expires_in=issuer.lifetime_seconds,
        id_token=id_token,
    )


def _credentials(request: Request, *, client_id: str | None, secret: str | None) -> _Credentials:
    """Read who asks: HTTP Basic or the form, never both (RFC 6749, section 2.3)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        if secret is not None:
            raise _Refused("invalid_request", "credentials stand in the header or in the form")
        try:
            name, _, word = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:  # not base64, not UTF-8, or signs that no header has
            raise _Refused("invalid_client", "the header is not valid", status=401) from None
        return _Credentials(unquote_plus(name), unquote_plus(word))
    if not client_id:
        raise _Refused("invalid_client", "client_id is missing", status=401)
    return _Credentials(client_id, secret)


def _json(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, headers=headers, media_type="application/json")
