"""The issuer's keys are asked for seldom, found when they change, and kept while it is away."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from joserfc.jwk import ECKey, KeySet

from shared.jwks import DISCOVERY, FetchedKeys, IssuerUnavailable
from tests.tokens import ISSUER, Signer


class IssuerOnTheNet:
    """An issuer behind HTTP that counts how often it is asked, and can be away or wrong."""

    def __init__(self) -> None:
        self.signer = Signer()
        self.more: list[ECKey] = []
        self.away = False
        self.garbage: object = None
        self.called_itself = ISSUER
        self.asked: list[str] = []
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        await asyncio.sleep(0)
        if self.away:
            raise httpx.ConnectError("nobody there")
        if request.url.path.endswith(DISCOVERY):
            found = {"issuer": self.called_itself, "jwks_uri": f"{ISSUER}/keys"}
            return httpx.Response(200, json=found)
        if self.garbage is not None:
            return httpx.Response(200, json=self.garbage)
        keys = KeySet([self.signer.key, *self.more])
        return httpx.Response(200, json=keys.as_dict(private=False))

    def keys(self, *, url: str | None = None) -> FetchedKeys:
        return FetchedKeys(self.client, issuer=ISSUER, url=url, clock=self.signer.clock)

    @property
    def kid(self) -> str | None:
        return self.signer.key.kid


async def test_the_address_of_the_keys_is_looked_up_once() -> None:
    issuer = IssuerOnTheNet()
    keys = issuer.keys()
    for _ in range(3):
        found = await keys.key_set(kid=issuer.kid)

    assert [key.kid for key in found] == [issuer.kid]
    assert issuer.asked == [f"/loans/v1{DISCOVERY}", "/loans/v1/keys"]


async def test_a_configuration_that_names_another_issuer_is_not_believed() -> None:
    issuer = IssuerOnTheNet()
    issuer.called_itself = "https://stranger.example"

    with pytest.raises(IssuerUnavailable):
        await issuer.keys().key_set(kid=issuer.kid)


async def test_fifty_requests_at_the_start_ask_once() -> None:
    issuer = IssuerOnTheNet()
    keys = issuer.keys(url=f"{ISSUER}/keys")
    await asyncio.gather(*(keys.key_set(kid=issuer.kid) for _ in range(50)))

    assert len(issuer.asked) == 1


async def test_a_new_key_is_found_but_unknown_names_do_not_flood_the_issuer() -> None:
    issuer = IssuerOnTheNet()
    keys = issuer.keys(url=f"{ISSUER}/keys")
    await keys.key_set(kid=issuer.kid)
    added = ECKey.generate_key("P-256", auto_kid=True)
    issuer.more.append(added)

    for _ in range(20):
        await keys.key_set(kid=added.kid)
    assert len(issuer.asked) == 1, "asked a moment ago"

    issuer.signer.clock.advance(timedelta(seconds=31))
    found = await keys.key_set(kid=added.kid)
    assert added.kid in [key.kid for key in found]

    for number in range(20):
        await keys.key_set(kid=f"made up {number}")
    assert len(issuer.asked) == 2


async def test_keys_are_read_again_each_hour_so_that_a_withdrawn_one_ends() -> None:
    issuer = IssuerOnTheNet()
    keys = issuer.keys(url=f"{ISSUER}/keys")
    await keys.key_set(kid=issuer.kid)

    issuer.signer.clock.advance(timedelta(minutes=59))
    await keys.key_set(kid=issuer.kid)
    assert len(issuer.asked) == 1
    issuer.signer.clock.advance(timedelta(minutes=2))
    await keys.key_set(kid=issuer.kid)
    assert len(issuer.asked) == 2


async def test_known_keys_serve_on_while_the_issuer_is_away() -> None:
    issuer = IssuerOnTheNet()
    keys = issuer.keys(url=f"{ISSUER}/keys")
    await keys.key_set(kid=issuer.kid)
    issuer.away = True
    issuer.signer.clock.advance(timedelta(hours=2))

    found = await keys.key_set(kid=issuer.kid)

    assert [key.kid for key in found] == [issuer.kid]


async def test_without_any_key_the_issuer_is_unavailable_and_asked_once_a_second() -> None:
    issuer = IssuerOnTheNet()
    issuer.away = True
    keys = issuer.keys(url=f"{ISSUER}/keys")
    for _ in range(10):
        with pytest.raises(IssuerUnavailable):
            await keys.key_set(kid="any")
    assert len(issuer.asked) == 1

    issuer.away = False
    issuer.signer.clock.advance(timedelta(seconds=2))
    assert await keys.key_set(kid=issuer.kid)


@pytest.mark.parametrize("garbage", [[], {}, {"keys": 7}, {"keys": []}, {"keys": [{}]}, "keys"])
async def test_an_answer_that_holds_no_keys_is_no_answer(garbage: object) -> None:
    issuer = IssuerOnTheNet()
    issuer.garbage = garbage

    with pytest.raises(IssuerUnavailable):
        await issuer.keys(url=f"{ISSUER}/keys").key_set(kid="any")
