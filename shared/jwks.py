"""With which public keys does the issuer sign? Given, or fetched from any OpenID issuer."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared import logs
from shared.clock import Clock
from shared.errors import Kind, RafidError

DISCOVERY = "/.well-known/openid-configuration"
ASK_AGAIN_AFTER = timedelta(seconds=30)
ASK_AGAIN_WITHOUT_KEYS = timedelta(seconds=1)
FRESH_FOR = timedelta(hours=1)

_log = logs.logger(__name__)


class IssuerUnavailable(RafidError):
    """The issuer of tokens does not answer"""

    kind = Kind.UNAVAILABLE
    detail = "The keys of {issuer} cannot be read now; send the request again later."
    issuer: str


class KeySource(Protocol):
    """Where public keys come from."""

    async def key_set(self, *, kid: str | None) -> KeySet:
        """Give the issuer's keys, hoping that one has this id. Raises IssuerUnavailable."""


class GivenKeys:
    """Keys that are at hand: the issuer's own, or a test's; `current` is asked each time."""

    def __init__(self, current: Callable[[], KeySet]) -> None:
        self._current = current

    async def key_set(self, *, kid: str | None) -> KeySet:  # noqa: ARG002 - the protocol's
        """Give the keys."""
        return self._current()


class FetchedKeys:
    """Keys read from the issuer over HTTP and kept; an unknown id makes it ask again, seldom.

    Without `url` the address is looked up in the issuer's OpenID configuration. Keys that were
    once read serve on while the issuer does not answer.
    """

    def __init__(
        self, client: httpx.AsyncClient, *, issuer: str, url: str | None, clock: Clock
    ) -> None:
        self._client = client
        self._issuer = issuer
        self._url = url
        self._clock = clock
        self._keys: KeySet | None = None
        self._asked_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def key_set(self, *, kid: str | None) -> KeySet:
        """Give the issuer's keys; fetched when unknown, old, or without the wanted id.

        While they are asked for, those who want a key that is known do not wait.
        """
        others_ask = self._lock.locked() and self._knows(kid)
        if not others_ask and self._is_worth_asking(kid):
            async with self._lock:
                if self._is_worth_asking(kid):
                    await self._fetch()
        if self._keys is None:
            raise IssuerUnavailable(issuer=self._issuer)
        return self._keys

    def _knows(self, kid: str | None) -> bool:
        keys = self._keys or ()
        return self._keys is not None and (kid is None or any(key.kid == kid for key in keys))

    def _is_worth_asking(self, kid: str | None) -> bool:
        if self._asked_at is None:
            return True
        age = self._clock.now() - self._asked_at
        if self._keys is None:
            return age > ASK_AGAIN_WITHOUT_KEYS
        return age > (FRESH_FOR if self._knows(kid) else ASK_AGAIN_AFTER)

    async def _fetch(self) -> None:
        try:
            url = self._url or await self._discover()
            answer = await self._client.get(url, timeout=5)
            self._keys = KeySet.import_key_set(answer.raise_for_status().json())
            self._url = url
        except (httpx.HTTPError, httpx.InvalidURL, JoseError, ValueError, KeyError, TypeError) as e:
            _log.warning("keys of the issuer cannot be read", issuer=self._issuer, error=repr(e))
        finally:
            self._asked_at = self._clock.now()

    async def _discover(self) -> str:
        answer = await self._client.get(self._issuer + DISCOVERY, timeout=5)
        found = answer.raise_for_status().json()
        if found["issuer"] != self._issuer:
            raise ValueError(f"the configuration names another issuer: {found['issuer']}")
        return str(found["jwks_uri"])
