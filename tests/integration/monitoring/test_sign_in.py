"""People come in by the issuer's page; what is not exactly their own sign-in leads nowhere."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from services.monitoring.dashboards.sessions import SESSION_COOKIE, SIGN_IN_COOKIE
from shared.ids import InstitutionId, new
from tests.integration.monitoring import house as houses
from tests.integration.monitoring.house import DONOR, HOME, House


@pytest.fixture
async def house(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> AsyncIterator[House]:
    async with houses.opened(database_urls["monitoring"], institution_id) as opened:
        yield opened


async def test_the_browser_is_sent_to_the_issuer_with_a_challenge(house: House) -> None:
    away = await house.browser.get("/monitoring/v1/login", params={"lang": "fr"})
    url = httpx.URL(away.headers["location"])
    assert away.status_code == 303
    assert str(url).startswith("https://issuer.example/loans/v1/authorize?")
    assert url.params["response_type"] == "code"
    assert url.params["client_id"] == "monitoring"
    assert url.params["redirect_uri"] == "http://rafid.example/monitoring/v1/callback"
    assert url.params["code_challenge_method"] == "S256"
    assert url.params["ui_locales"] == "fr"


async def test_the_code_is_exchanged_with_the_verifier_of_the_challenge(house: House) -> None:
    house.next_token = house.token("auditor")
    away = await house.browser.get("/monitoring/v1/login")
    asked = httpx.URL(away.headers["location"]).params
    await house.browser.get(
        "/monitoring/v1/callback", params={"code": "good", "state": asked["state"]}
    )
    [form] = house.exchanged
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert form["redirect_uri"] == asked["redirect_uri"]


async def test_who_signed_in_sees_the_page_and_who_signed_out_does_not(house: House) -> None:
    back = await house.sign_in("donor", donor_id=new())
    assert back.headers["location"] == "/monitoring/v1/donor?lang=en"
    assert (await house.browser.get(DONOR)).status_code == 200
    gone = await house.browser.post("/monitoring/v1/logout")
    assert gone.status_code == 303
    again = await house.browser.get(DONOR)
    assert again.status_code == 303
    assert again.headers["location"].startswith("/monitoring/v1/login")


async def test_the_session_s_cookie_is_out_of_reach_of_scripts_and_other_sites(
    house: House,
) -> None:
    back = await house.sign_in("donor", donor_id=new())
    [cookie] = [c for c in back.headers.get_list("set-cookie") if c.startswith(SESSION_COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/monitoring/v1/" in cookie
    assert house.next_token not in cookie


@pytest.mark.parametrize("query", [{}, {"code": "good"}, {"code": "good", "state": "another"}])
async def test_an_answer_to_another_question_signs_nobody_in(
    house: House, query: dict[str, str]
) -> None:
    await house.browser.get("/monitoring/v1/login")
    back = await house.browser.get("/monitoring/v1/callback", params=query)
    assert back.headers["location"].startswith(f"{HOME}?lang=")
    assert back.headers["location"].endswith("notice=failed")
    assert house.exchanged == []
    assert (await house.browser.get(DONOR)).status_code == 303


async def test_a_code_that_the_issuer_refuses_signs_nobody_in(house: House) -> None:
    away = await house.browser.get("/monitoring/v1/login")
    state = httpx.URL(away.headers["location"]).params["state"]
    back = await house.browser.get(
        "/monitoring/v1/callback", params={"code": "wrong", "state": state}
    )
    assert back.headers["location"].endswith("notice=failed")


async def test_a_sign_in_that_takes_too_long_starts_again(house: House) -> None:
    away = await house.browser.get("/monitoring/v1/login")
    state = httpx.URL(away.headers["location"]).params["state"]
    house.signer.clock.advance(timedelta(minutes=11))
    back = await house.browser.get(
        "/monitoring/v1/callback", params={"code": "good", "state": state}
    )
    assert back.headers["location"].endswith("notice=failed")


async def test_an_officer_is_told_that_the_page_is_not_for_that_role(house: House) -> None:
    back = await house.sign_in("officer")
    assert back.headers["location"].endswith("notice=role")
    home = await house.browser.get(back.headers["location"])
    assert "Your role has no page here yet" in home.text
    assert (await house.browser.get(DONOR)).status_code == 303


async def test_a_session_ends_with_the_token_it_was_made_from(house: House) -> None:
    await house.sign_in("auditor")
    house.signer.clock.advance(timedelta(seconds=599))
    assert (await house.browser.get(DONOR)).status_code == 200
    house.signer.clock.advance(timedelta(seconds=2))
    assert (await house.browser.get(DONOR)).status_code == 303


@pytest.mark.parametrize("cookie", ["", "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_made_up_cookie_is_nobody(house: House, cookie: str) -> None:
    house.browser.cookies.set(SESSION_COOKIE, cookie, path=HOME)
    assert (await house.browser.get(DONOR)).status_code == 303


async def test_a_cookie_of_a_sign_in_is_no_session(house: House) -> None:
    """Both are signed by the same key: each says what it is for."""
    await house.browser.get("/monitoring/v1/login")
    sign_in = house.browser.cookies.get(SIGN_IN_COOKIE)
    assert sign_in
    house.browser.cookies.set(SESSION_COOKIE, sign_in, path=HOME)
    assert (await house.browser.get(DONOR)).status_code == 303


async def test_another_site_cannot_sign_anybody_out(house: House) -> None:
    """The session does not come with its request; the answer must leave it alone."""
    house.browser.cookies.clear()
    answer = await house.browser.post("/monitoring/v1/logout")
    assert answer.headers.get_list("set-cookie") == []
