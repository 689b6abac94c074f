"""How is an address called that somebody outside has given, without being led astray?

The name is resolved here, each of its addresses must be one of the open internet, and the call
goes to the address that was looked at: a name that leads elsewhere a moment later changes nothing.
"""

import asyncio
import ipaddress
import re
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from shared.errors import RafidError, Sentence

TIMEOUT_SECONDS: Final = 15.0
LONGEST: Final = 2_000
PORT_MAX: Final = 65_535
SECONDS: Final = re.compile(r"[0-9]{1,6}")
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
UNREACHED, TOO_SLOW, LED_INSIDE = "unreached", "too_slow", "led_inside"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(RafidError):
    """This address is not called"""

    detail = "{address}: {fault}."
    address: str
    fault: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call: a status, or why there is none; `took_ms` in milliseconds."""

    took_ms: int
    status: int | None = None
    fault: str | None = None
    retry_after: int | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the other side took the message: 200 to 299, no redirection."""
        return self.status is not None and httpx.codes.is_success(self.status)


class Outgoing:
    """Calls addresses that others gave; `trusted` are "host:port" that may be near and in clear.

    Redirections are not followed, and nothing of the environment (proxies) is listened to.
    """

    def __init__(
        self, *, trusted: Collection[str] = (), timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._trusted = frozenset(trusted)
        self._timeout = timeout_seconds
        # No connection is used twice: one made for a name must not carry another's messages.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(timeout=timeout_seconds, limits=limits, trust_env=False)

    async def close(self) -> None:
        """Close what is open."""
        await self._http.aclose()

    def require_callable(self, address: str) -> None:
        """Raise AddressRefused for an address that is never called, whatever its name leads to."""
        url = _read(address)
        if self._is_trusted(url):
            return
        if url.scheme != "https":
            raise AddressRefused(address=address, fault=Sentence("it does not begin with https"))
        near = _literal(url.host)
        if near is not None and not _is_open(near):
            raise AddressRefused(address=address, fault=Sentence("it leads into a private network"))

    async def call(
        self, method: str, address: str, *, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Send a body and tell what came of it; what is answered beside the status is not read."""
        self.require_callable(address)
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                request = await self._request(method, httpx.URL(address), body, headers)
                if request is None:
                    return Answer(took_ms=_since(started), fault=LED_INSIDE)
                answer = await self._http.send(request, stream=True)
                await answer.aclose()
        except (TimeoutError, httpx.TimeoutException):
            return Answer(took_ms=_since(started), fault=TOO_SLOW)
        except (httpx.HTTPError, OSError, UnicodeError):
            return Answer(took_ms=_since(started), fault=UNREACHED)
        waits = SECONDS.fullmatch(answer.headers.get("retry-after", ""))
        return Answer(
            took_ms=_since(started),
            status=answer.status_code,
            retry_after=int(waits[0]) if waits else None,
        )

    async def _request(
        self, method: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]
    ) -> httpx.Request | None:
        """Make the request to the address that was looked at; None if one lies inside."""
        named = {**headers, "host": url.netloc.decode("ascii")}
        if self._is_trusted(url):
            return self._http.build_request(method, url, content=body, headers=named)
        loop = asyncio.get_running_loop()
        port = url.port or 443
        host = url.raw_host.decode("ascii")
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
        if not addresses or not all(map(_is_open, addresses)):
            return None
        return self._http.build_request(
            method,
            url.copy_with(host=str(addresses[0])),
            content=body,
            headers=named,
            extensions={"sni_hostname": host},
        )

    def _is_trusted(self, url: httpx.URL) -> bool:
        port = url.port or (443 if url.scheme == "https" else 80)
        return f"{url.host}:{port}" in self._trusted


def _read(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as error:
        fault = Sentence("it cannot be read")
        raise AddressRefused(address=address[:LONGEST], fault=fault) from error
    if (
        url.scheme not in {"https", "http"}
        or not url.host
        or (url.port or 0) > PORT_MAX
        or len(address) > LONGEST
    ):
        raise AddressRefused(address=address[:LONGEST], fault=Sentence("it cannot be read"))
    if url.userinfo or url.fragment:
        fault = Sentence("it holds a name, a password or a fragment")
        raise AddressRefused(address=url.host, fault=fault)
    return url


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_open(address: Address) -> bool:
    """Whether an address, and one of version 4 that it holds, is one of the open internet."""
    if isinstance(address, ipaddress.IPv6Address):
        held = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64:
            held.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if not all(_is_open(one) for one in held if one is not None):
            return False
    return address.is_global and not address.is_multicast


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1_000)
