"""The sign-in page: three languages, no script, known pages, one browser, few guesses."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.loans.identity import forms, operations, page
from shared import texts
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import doorway
from tests.integration.loans.doorway import Browser, Scene, back


@pytest.fixture
async def scene(
    loans_db: Database, institution_id: InstitutionId, tmp_path: Path
) -> AsyncIterator[Scene]:
    async with doorway.opened(loans_db, institution_id, tmp_path) as opened:
        yield opened


def says(answer: httpx.Response, sentence: str, language: texts.Language = "en") -> bool:
    said = texts.translate(sentence, language=language, service="loans")
    return said.replace("'", "&#39;") in answer.text


async def test_the_page_speaks_the_language_asked_for(scene: Scene) -> None:
    browser = Browser(scene)
    languages: tuple[texts.Language, ...] = ("ar", "fr", "en")
    for language in languages:
        by_parameter = await browser.visit(ui_locales=f"{language} en")
        by_header = await browser.http.get(
            "/loans/v1/authorize", params=browser.wish, headers={"Accept-Language": language}
        )
        for answer in (by_parameter, by_header):
            direction = "rtl" if language == "ar" else "ltr"
            assert answer.status_code == 200
            assert f'<html lang="{language}" dir="{direction}">' in answer.text
            assert says(answer, "Sign in to Rafid", language)
            others = set(re.findall(r'hreflang="(..)"', answer.text))
            assert others == {"ar", "fr", "en"} - {language}


async def test_the_page_runs_no_script_and_stands_in_no_frame(scene: Scene) -> None:
    answer = await Browser(scene).visit()
    policy = answer.headers["content-security-policy"]

    assert "<script" not in answer.text
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://rafid.example" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert f"path={forms.PATH}" in cookie


async def test_a_page_that_is_not_known_is_never_sent_to(scene: Scene) -> None:
    browser = Browser(scene)
    for changes in (
        {"client_id": None},
        {"client_id": "stranger"},
        {"redirect_uri": None},
        {"redirect_uri": "https://stranger.example/monitoring/v1/callback"},
        {"redirect_uri": f"{doorway.CALLBACK}/"},
        {"redirect_uri": f"{doorway.CALLBACK}?next=stranger"},
        {"redirect_uri": doorway.CALLBACK.upper()},
        {"redirect_uri": "javascript:alert(1)"},
    ):
        answer = await browser.visit(**changes)
        assert answer.status_code == 400, changes
        assert "location" not in answer.headers
        assert "stranger" not in answer.text
        assert "<form" not in answer.text


async def test_a_known_page_is_told_what_is_wrong_with_its_request(scene: Scene) -> None:
    browser = Browser(scene)
    for changes, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ):
        carried = back(await browser.visit(**changes))
        assert carried["error"] == error, changes
        assert carried["state"] == "where I was"
        assert "code" not in carried


async def test_what_is_typed_and_asked_is_written_as_text(scene: Scene) -> None:
    browser = Browser(scene)
    shown = await browser.visit(state='"><script>alert(1)</script>')
    answer = await browser.submit(shown, '"><script>alert(2)</script>', "wrong")

    assert answer.status_code == 403
    for written in (shown, answer):
        assert "<script" not in written.text


async def test_a_wrong_login_and_a_wrong_password_look_alike(scene: Scene) -> None:
    login = scene.founded.login
    browser = Browser(scene)
    pages = []
    for name in (login, f"nobody@{scene.code}", "nobody@nowhere", "nobody", "", "@", "ش@ش"):
        answer = await browser.submit(await browser.visit(), name, "wrong")
        assert answer.status_code == 403, name
        assert says(answer, "Login or password is not right")
        pages.append(re.sub(r'value="[^"]*"', "", answer.text))

    assert len(set(pages)) == 1


async def test_the_form_can_be_filled_again_after_a_mistake(scene: Scene) -> None:
    browser = Browser(scene)
    mistaken = await browser.submit(await browser.visit(), scene.founded.login, "wrong")
    answer = await browser.submit(mistaken, scene.founded.login, scene.founded.password)

    assert back(answer)["code"]


async def test_who_left_cannot_sign_in(scene: Scene) -> None:
    made = await scene.new_staff("bilal", "officer")
    path = f"/loans/v1/staff/{made['staff']['staff_id']}/deactivate"
    await scene.http.post(path, headers=scene.administrator())
    browser = Browser(scene)

    answer = await browser.submit(await browser.visit(), made["staff"]["login"], made["password"])

    assert answer.status_code == 403


async def test_a_reset_password_replaces_the_old(scene: Scene) -> None:
    made = await scene.new_staff("amina", "officer")
    path = f"/loans/v1/staff/{made['staff']['staff_id']}/password"
    reset = await scene.http.post(path, headers=scene.administrator())
    browser, login = Browser(scene), made["staff"]["login"]

    old = await browser.submit(await browser.visit(), login, made["password"])
    new = await browser.submit(await browser.visit(), login, reset.json()["password"])

    assert old.status_code == 403
    assert back(new)["code"]


async def test_a_form_made_for_another_browser_is_refused(scene: Scene) -> None:
    """Else a stranger signs a victim in as somebody else, or guesses through the victim."""
    stranger, victim = Browser(scene), Browser(scene)
    shown = await stranger.visit()
    await victim.visit()
    login, password = scene.founded.login, scene.founded.password

    with_other_cookie = await victim.submit(shown, login, password)
    without_cookie = await Browser(scene).submit(shown, login, password)

    assert with_other_cookie.status_code == without_cookie.status_code == 400
    assert says(without_cookie, page.WRONG_FORM)


async def test_a_changed_or_old_form_is_refused(scene: Scene) -> None:
    browser = Browser(scene)
    shown = await browser.visit()
    login, password = scene.founded.login, scene.founded.password
    for wish in ("", "x", "AAAA", "ش", "A" * 400):
        form = {"wish": wish, "login": login, "password": password}
        answer = await browser.http.post("/loans/v1/authorize", data=form)
        assert answer.status_code == 400, wish

    scene.clock.advance(timedelta(seconds=forms.FORM_LIFETIME_SECONDS + 1))
    assert (await browser.submit(shown, login, password)).status_code == 400


async def test_of_thirty_guesses_at_once_ten_are_looked_at(scene: Scene) -> None:
    browser = Browser(scene)
    shown = await browser.visit()
    login = scene.founded.login
    guesses = 30

    answers = await asyncio.gather(
        *(browser.submit(shown, login, f"guess {number}") for number in range(guesses))
    )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(403) == operations.ATTEMPTS_AT_MOST
    assert statuses.count(429) == guesses - operations.ATTEMPTS_AT_MOST

    right = await browser.submit(shown, login, scene.founded.password)
    assert right.status_code == 429, "the right password does not help before the time is over"
    other = await scene.new_staff("amina", "officer")
    apart = await browser.submit(shown, other["staff"]["login"], other["password"])
    assert back(apart)["code"], "nobody else is kept out"

    scene.clock.advance(operations.ATTEMPTS_WITHIN + timedelta(seconds=1))
    later = Browser(scene)
    assert await later.code_for(login, scene.founded.password)


async def test_the_right_password_forgets_what_was_tried(scene: Scene) -> None:
    browser, login = Browser(scene), scene.founded.login
    for _ in range(2):
        shown = await browser.visit()
        for _ in range(operations.ATTEMPTS_AT_MOST - 1):
            answer = await browser.submit(shown, login, "wrong")
            assert answer.status_code == 403
        assert back(await browser.submit(shown, login, scene.founded.password))["code"]
