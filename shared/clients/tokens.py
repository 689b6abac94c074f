"""How does one of our services prove who it is? By a token that is kept until it ends."""

import asyncio
import time
from typing import ClassVar, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Kind, RafidError

EARLY_SECONDS = 30


class TokenUnavailable(RafidError):
    """No token was to be had

    The caller tries again later; nothing was sent to the other service.
    """

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    service: ClassVar[str] = "shared"
    detail: ClassVar[str] = "The token issuer did not give a token: {reason}."
    reason: str


class TokenAnswer(BaseModel):
    """The answer of a token endpoint (RFC 6749, section 5.1)."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    access_token: str
    expires_in: int = 300


class TokenSource(Protocol):
    """Where a client's token comes from: `ServiceTokens` in life."""

    async def token(self) -> str:
        """Give a good token. Raises TokenUnavailable."""
        ...

    def forget(self) -> None:
        """Drop the token given last: it was refused."""
        ...


class ServiceTokens:
    """Fetches and keeps the token of one service client (RFC 6749, section 4.4)."""

    def __init__(
        self, http: httpx.AsyncClient, *, token_url: str, client_id: str, client_secret: str
    ) -> None:
        self._http = http
        self._token_url = token_url
        self._auth = (client_id, client_secret)
        self._token = ""
        self._good_until = 0.0
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """Return a token with at least half a minute left; raises TokenUnavailable."""
        async with self._lock:
            if time.monotonic() >= self._good_until:
                answer = await self._fetch()
                self._token = answer.access_token
                self._good_until = time.monotonic() + max(answer.expires_in - EARLY_SECONDS, 1)
            return self._token

    def forget(self) -> None:
        """Drop the kept token: the other service refused it."""
        self._good_until = 0.0

    async def _fetch(self) -> TokenAnswer:
        try:
            response = await self._http.post(
                self._token_url, data={"grant_type": "client_credentials"}, auth=self._auth
            )
            response.raise_for_status()
            return TokenAnswer.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise TokenUnavailable(reason=type(error).__name__) from error
