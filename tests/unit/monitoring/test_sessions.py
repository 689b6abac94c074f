"""Signed cookies: what they hold, when they end, and that no other key or use opens them."""

from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from services.monitoring.dashboards.sessions import Sessions, SignIn
from shared.auth import Actor, Role
from shared.ids import DonorId, InstitutionId, new

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def sessions() -> Sessions:
    return Sessions("s" * 40)


@pytest.fixture
def donor() -> Actor:
    return Actor(
        id=new(),
        institution_id=InstitutionId(new()),
        roles=frozenset({Role.DONOR}),
        donor_id=DonorId(new()),
    )


def test_a_session_gives_back_who_signed_in_without_any_branch(
    sessions: Sessions, donor: Actor
) -> None:
    cookie = sessions.write_session(donor, now=NOW, lifetime=HOUR)
    found = sessions.read_session(cookie, now=NOW)
    assert found is not None
    assert (found.id, found.institution_id) == (donor.id, donor.institution_id)
    assert (found.roles, found.donor_id) == (donor.roles, donor.donor_id)
    assert found.branch_ids == frozenset()


def test_a_session_ends_with_its_lifetime(sessions: Sessions, donor: Actor) -> None:
    cookie = sessions.write_session(donor, now=NOW, lifetime=HOUR)
    assert sessions.read_session(cookie, now=NOW + HOUR - timedelta(seconds=1)) is not None
    assert sessions.read_session(cookie, now=NOW + HOUR) is None


def test_no_session_is_longer_than_eight_hours(sessions: Sessions, donor: Actor) -> None:
    cookie = sessions.write_session(donor, now=NOW, lifetime=timedelta(days=30))
    assert sessions.read_session(cookie, now=NOW + timedelta(hours=8)) is None


def test_another_secret_opens_nothing(sessions: Sessions, donor: Actor) -> None:
    cookie = sessions.write_session(donor, now=NOW, lifetime=HOUR)
    assert Sessions("t" * 40).read_session(cookie, now=NOW) is None


def test_a_changed_letter_opens_nothing(sessions: Sessions, donor: Actor) -> None:
    head, body, signature = sessions.write_session(donor, now=NOW, lifetime=HOUR).split(".")
    other = "A" if body[10] != "A" else "B"
    changed = f"{head}.{body[:10]}{other}{body[11:]}.{signature}"
    assert sessions.read_session(changed, now=NOW) is None


def test_a_cookie_signed_by_the_secret_s_own_letters_opens_nothing(sessions: Sessions) -> None:
    """The key is made of the secret, and is not the secret."""
    claims = {"use": "session", "exp": int((NOW + HOUR).timestamp()), "roles": ["administrator"]}
    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("s" * 40))
    assert sessions.read_session(forged, now=NOW) is None


def test_a_sign_in_is_read_back_and_is_no_session(sessions: Sessions) -> None:
    begun = SignIn.begin(language="ar", path="/monitoring/v1/donor")
    cookie = sessions.write_sign_in(begun, now=NOW)
    assert sessions.read_sign_in(cookie, now=NOW) == begun
    assert sessions.read_session(cookie, now=NOW) is None
    assert sessions.read_sign_in(cookie, now=NOW + timedelta(minutes=10)) is None


def test_a_session_is_no_sign_in(sessions: Sessions, donor: Actor) -> None:
    cookie = sessions.write_session(donor, now=NOW, lifetime=HOUR)
    assert sessions.read_sign_in(cookie, now=NOW) is None


def test_the_challenge_is_the_one_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    begun = SignIn(
        state="s",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        language="en",
        path="/",
    )
    assert begun.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_sign_in_has_words_of_its_own() -> None:
    words = {SignIn.begin(language="en", path="/").verifier for _ in range(20)}
    assert len(words) == 20
    assert all(43 <= len(word) <= 128 for word in words)
