"""Who has the secret gets a token of its own institution, once for each code, and nobody else."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from services.loans.identity import keys, operations
from services.loans.identity.issuer import Issuer
from shared import ids
from shared.auth import NOWHERE, Role, TokenRefused, TokenVerifier
from shared.db import Database
from shared.ids import InstitutionId
from shared.jwks import FetchedKeys
from tests.integration.loans import doorway
from tests.integration.loans.doorway import Browser, Scene, back

BY_SECRET = {"grant_type": "client_credentials"}


@pytest.fixture
async def scene(
    loans_db: Database, institution_id: InstitutionId, tmp_path: Path
) -> AsyncIterator[Scene]:
    async with doorway.opened(loans_db, institution_id, tmp_path) as opened:
        yield opened


def error_of(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["error"])


async def test_a_program_gets_a_token_of_its_roles_for_its_secret(scene: Scene) -> None:
    made = await scene.new_client("integrator", "officer")
    auth = (made["client"]["client_id"], made["client_secret"])

    by_header = await scene.token(BY_SECRET, auth=auth)
    by_form = await scene.token(BY_SECRET | {"client_id": auth[0], "client_secret": auth[1]})

    for answer in (by_header, by_form):
        assert answer.status_code == 200, answer.text
        token = answer.json()
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
        actor = await scene.issuer.verifier().verify(token["access_token"])
        assert actor.institution_id == scene.institution_id
        assert actor.roles == {Role.INTEGRATOR, Role.OFFICER}
        assert str(actor.id) == made["client"]["id"]


async def test_a_wrong_program_or_secret_gets_nothing(scene: Scene) -> None:
    made = await scene.new_client("integrator")
    client_id, secret = made["client"]["client_id"], made["client_secret"]
    code, _, name = client_id.partition(".")
    wrong = [
        *((client_id, guess) for guess in ("wrong", "x" * 300, doorway.SECRETS["scoring"])),
        *((nobody, secret) for nobody in (f"{code}.nobody", f"nowhere.{name}", code, name)),
        *((strange, secret) for strange in ("monitoring", f"{code}.' or true --", "ش.ش")),
    ]
    for claimed, word in wrong:
        answer = await scene.token(BY_SECRET | {"client_id": claimed, "client_secret": word})
        assert error_of(answer, 401) == "invalid_client", claimed
        assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_program_that_left_gets_nothing(scene: Scene) -> None:
    made = await scene.new_client("integrator")
    path = f"/loans/v1/clients/{made['client']['id']}/deactivate"
    await scene.http.post(path, headers=scene.administrator())

    auth = (made["client"]["client_id"], made["client_secret"])
    assert error_of(await scene.token(BY_SECRET, auth=auth), 401)


async def test_our_own_services_get_a_token_for_every_institution(scene: Scene) -> None:
    answer = await scene.token(BY_SECRET, auth=("monitoring", doorway.SECRETS["monitoring"]))
    actor = await scene.issuer.verifier().verify(
        answer.json()["access_token"], institution=str(scene.institution_id)
    )

    assert actor.roles == {Role.SERVICE}
    assert actor.institution_id == scene.institution_id


async def test_a_request_for_a_token_that_is_not_whole_says_why(scene: Scene) -> None:
    for form, error in (
        ({}, "invalid_client"),
        ({"client_id": "monitoring"}, "invalid_request"),
        ({"client_id": "monitoring", "grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "monitoring", "grant_type": "authorization_code"}, "invalid_request"),
        ({"client_id": "monitoring", "grant_type": "client_credentials"}, "invalid_client"),
        ({"client_id": "stranger", "grant_type": "authorization_code"}, "invalid_client"),
    ):
        status = 401 if error == "invalid_client" else 400
        assert error_of(await scene.token(form), status) == error, form


async def test_a_broken_header_is_no_credential(scene: Scene) -> None:
    for header in (
        b"Basic",
        b"Basic !",
        b"Basic /////w==",
        b"Basic bm9jb2xvbg==",
        b"Basic \xd8\x9f",
    ):
        answer = await scene.http.post(
            "/loans/v1/token", data=BY_SECRET, headers={b"Authorization": header}
        )
        assert error_of(answer, 401) == "invalid_client", header


async def test_credentials_stand_in_one_place(scene: Scene) -> None:
    answer = await scene.token(BY_SECRET | {"client_secret": "another"}, auth=("a.b", "c"))

    assert error_of(answer) == "invalid_request"


async def test_a_person_signs_in_with_a_code_and_its_verifier(scene: Scene) -> None:
    branch = await scene.http.post(
        "/loans/v1/branches",
        json={"code": "a", "names": {"ar": "أ", "fr": "A", "en": "A"}, "region": "amman"},
        headers=scene.administrator(),
    )
    made = await scene.new_staff("amina", "officer", branch_ids=[branch.json()["branch_id"]])
    browser = Browser(scene)
    answer = await browser.submit(await browser.visit(), f" Amina@{scene.code} ", made["password"])
    carried = back(answer)

    token = await scene.token(browser.redemption(carried["code"]))

    assert carried["state"] == "where I was"
    assert carried["iss"] == scene.issuer.url
    actor = await scene.issuer.verifier().verify(token.json()["access_token"])
    assert str(actor.id) == made["staff"]["staff_id"]
    assert actor.roles == {Role.OFFICER}
    assert [str(each) for each in actor.branch_ids or ()] == [branch.json()["branch_id"]]
    told = jwt.decode(token.json()["id_token"], scene.issuer.key_set()).claims
    assert (told["aud"], told["nonce"], told["name"]) == ("monitoring", "once", "amina")


async def test_a_donor_s_token_names_the_donor(scene: Scene) -> None:
    donor = str(ids.new())
    made = await scene.new_staff("waqf-house", "donor", donor_id=donor)
    browser = Browser(scene)
    code = await browser.code_for(made["staff"]["login"], made["password"])

    token = await scene.token(browser.redemption(code))

    actor = await scene.issuer.verifier().verify(token.json()["access_token"])
    assert str(actor.donor_id) == donor


async def test_of_twenty_that_redeem_a_code_at_once_one_gets_a_token(scene: Scene) -> None:
    browser = Browser(scene)
    code = await browser.code_for(scene.founded.login, scene.founded.password)

    answers = await asyncio.gather(*(scene.token(browser.redemption(code)) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    refused = [answer for answer in answers if answer.status_code == 400]
    assert {error_of(answer) for answer in refused} == {"invalid_grant"}


async def test_a_code_that_is_tried_by_another_is_spent(scene: Scene) -> None:
    known = {**scene.issuer.redirects, "another-page": (doorway.CALLBACK,)}
    scene.app.state.issuer = replace(scene.issuer, redirects=known)
    browser = Browser(scene)
    for changes in (
        {"code_verifier": secrets.token_urlsafe(48)},
        {"redirect_uri": doorway.CALLBACK + "/"},
        {"client_id": "another-page"},
    ):
        code = await browser.code_for(scene.founded.login, scene.founded.password)
        stolen = await scene.token(browser.redemption(code) | changes)
        own = await scene.token(browser.redemption(code))

        assert error_of(stolen) == "invalid_grant", changes
        assert error_of(own) == "invalid_grant", changes


async def test_a_code_lives_a_minute(scene: Scene) -> None:
    browser = Browser(scene)
    code = await browser.code_for(scene.founded.login, scene.founded.password)
    scene.clock.advance(operations.CODE_LIFETIME)

    assert error_of(await scene.token(browser.redemption(code))) == "invalid_grant"


async def test_what_is_no_code_is_refused(scene: Scene) -> None:
    for code in ("x", "ش", "A" * 64, "A" * 63, "A" * 2_000, "=" * 64, "\x7f", "\x00"):
        answer = await scene.token(Browser(scene).redemption(code))
        assert error_of(answer) == "invalid_grant", code


async def test_who_left_between_page_and_token_gets_nothing(scene: Scene) -> None:
    made = await scene.new_staff("bilal", "officer")
    browser = Browser(scene)
    code = await browser.code_for(made["staff"]["login"], made["password"])
    path = f"/loans/v1/staff/{made['staff']['staff_id']}/deactivate"
    await scene.http.post(path, headers=scene.administrator())

    assert error_of(await scene.token(browser.redemption(code))) == "invalid_grant"


async def test_a_code_stands_in_no_table_in_clear(scene: Scene) -> None:
    code = await Browser(scene).code_for(scene.founded.login, scene.founded.password)
    read = operations.read_code(code)
    assert read is not None
    another = bytes([*read[1][:-1], read[1][-1] ^ 1])
    async with scene.database.begin(scene.institution_id) as session:
        assert await operations.burn_code(session, another, at=scene.clock.now()) is None
        burnt = await operations.burn_code(session, read[1], at=scene.clock.now())

    assert burnt is not None
    assert burnt.code_hash != read[1]


async def test_an_expired_token_and_one_of_another_key_are_refused(
    scene: Scene, tmp_path: Path
) -> None:
    administrator = scene.administrator()
    path = "/loans/v1/institution"
    assert (await scene.http.get(path, headers=administrator)).status_code == 200

    stranger = Issuer.of(
        doorway.settings(tmp_path / "stranger", str(scene.database.url)), clock=scene.clock
    )
    forged = stranger.staff_token(scene.founded.administrator, client_id="monitoring")
    answer = await scene.http.get(path, headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/shared/token-refused")

    scene.clock.advance(timedelta(seconds=scene.issuer.lifetime_seconds + 31))
    answer = await scene.http.get(path, headers=administrator)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/shared/token-expired")


async def test_an_id_token_opens_nothing(scene: Scene) -> None:
    told = scene.issuer.id_token(scene.founded.administrator, client_id="monitoring", nonce=None)
    with pytest.raises(TokenRefused):
        await scene.issuer.verifier().verify(told)


async def test_a_stranger_finds_keys_by_the_configuration_and_verifies(scene: Scene) -> None:
    found = (await scene.http.get("/loans/v1/.well-known/openid-configuration")).json()
    assert found["issuer"] == scene.issuer.url
    assert found["code_challenge_methods_supported"] == ["S256"]
    jwks = (await scene.http.get("/loans/v1/jwks")).json()
    assert not {"d", "k", "p", "q"} & set(jwks["keys"][0]), "no private half"

    verifier = TokenVerifier(
        FetchedKeys(scene.http, issuer=scene.issuer.url, url=None, clock=scene.clock),
        issuer=scene.issuer.url,
        audience="rafid",
        clock=scene.clock,
    )
    token = scene.issuer.staff_token(scene.founded.administrator, client_id="monitoring")
    assert (await verifier.verify(token)).roles == {Role.ADMINISTRATOR}


async def test_codes_and_attempts_are_walled(scene: Scene) -> None:
    await Browser(scene).code_for(scene.founded.login, scene.founded.password)
    browser = Browser(scene)
    await browser.submit(await browser.visit(), scene.founded.login, "wrong")

    for table in ("authorization_code", "sign_in_attempt"):
        counts: list[Any] = []
        for institution_id in (scene.institution_id, InstitutionId(ids.new()), NOWHERE):
            async with scene.database.read(institution_id) as session:
                query = doorway.count_of(table)
                counts.append((await session.execute(query)).scalar_one())
        assert counts == [1, 0, 0], table


def test_the_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first, second = keys.signing_key(folder=folder), keys.signing_key(folder=folder)
    file = folder / keys.FILE_NAME

    assert first.kid == second.kid
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [keys.FILE_NAME]


def test_the_operator_s_own_key_is_taken_and_no_other_kind(tmp_path: Path) -> None:
    given = ECKey.generate_key("P-256").as_pem(private=True).decode()
    public = ECKey.generate_key("P-256").as_pem(private=False).decode()
    other = ECKey.generate_key("P-384").as_pem(private=True).decode()

    assert keys.signing_key(folder=tmp_path, given=given).is_private
    assert list(tmp_path.iterdir()) == []
    for wrong in (public, other, "not a key"):
        with pytest.raises(ValueError, match=r".*"):
            keys.signing_key(folder=tmp_path, given=wrong)
