"""A message is the wallet's if it is signed, whole and recent; a phone says how it behaves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import InvalidToken

from services.loans.payments.sealing import Sealer, kept_secret
from services.loans.rails import sandbox, signatures
from services.loans.rails.protocol import CallbackRefused
from services.loans.rails.sandbox import Behaviour
from shared.ids import InstitutionId
from tests.builders import an_id

SECRET = b"a secret"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = '{"status":"completed","note":"وصل"}'.encode()


def holds(header: str, body: bytes = BODY, now: datetime = NOW, secret: bytes = SECRET) -> bool:
    return signatures.holds(header, body, secret=secret, now=now)


def test_a_signed_message_holds_within_five_minutes() -> None:
    header = signatures.sign(BODY, secret=SECRET, at=NOW)
    assert holds(header)
    assert holds(header, now=NOW + timedelta(minutes=5))
    assert not holds(header, now=NOW + timedelta(minutes=5, seconds=1))
    assert not holds(header, now=NOW - timedelta(minutes=5, seconds=1))


def test_another_body_secret_or_time_does_not_hold() -> None:
    header = signatures.sign(BODY, secret=SECRET, at=NOW)
    assert not holds(header, body=BODY + b" ")
    assert not holds(header, secret=b"another")
    assert not holds(header.replace("t=1", "t=2"))


@pytest.mark.parametrize(
    "header", ["", "t=,v1=", "v1=abc", "t=1", "garbage", "t=١٢٣,v1=x", "t=" + "9" * 400 + ",v1=é"]
)
def test_a_malformed_header_does_not_hold(header: str) -> None:
    assert not holds(header)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"payment_id":1}', b"\xff", b'{"payment_id":"x"}']
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(CallbackRefused):
        sandbox.understood(body)


@pytest.mark.parametrize(
    ("phone", "behaviour"),
    [
        ("+962790000000", Behaviour.PAYS),
        ("+962790000090", Behaviour.FAILS),
        ("+962790000094", Behaviour.PAYS_SILENTLY),
    ],
)
def test_the_end_of_a_phone_says_how_the_wallet_behaves(phone: str, behaviour: Behaviour) -> None:
    assert sandbox.behaviour_of(phone) is behaviour


def test_every_behaviour_can_be_asked_for() -> None:
    assert {*sandbox.BEHAVIOURS.values(), Behaviour.PAYS} == set(Behaviour)


def test_what_is_sealed_for_one_institution_is_closed_to_another() -> None:
    sealer = Sealer(b"k" * 32)
    ours, theirs = InstitutionId(an_id("ours")), InstitutionId(an_id("theirs"))
    sealed = sealer.seal(ours, b"+962790000000")
    assert sealer.opened(ours, sealed) == b"+962790000000"
    assert Sealer(b"k" * 32).opened(ours, sealed) == b"+962790000000"
    with pytest.raises(InvalidToken):
        sealer.opened(theirs, sealed)
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Sealer(b"short")


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = kept_secret(tmp_path / "data", "payments.key")
    assert kept_secret(tmp_path / "data", "payments.key") == first
    assert kept_secret(tmp_path / "data", "sandbox.key") != first
    assert (tmp_path / "data" / "payments.key").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "payments.key",
        "sandbox.key",
    ]
