"""A message is signed as the specification says, and tried again for three days."""

import base64
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from services.loans.domain import webhook

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_vector_of_the_specification_comes_out() -> None:
    secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    written = webhook.written_secret(base64.b64decode(secret))
    found = webhook.headers(
        b'{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1_614_265_330.9, UTC),
        secrets=[base64.b64decode(secret)],
    )
    assert written == f"whsec_{secret}"
    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(
    body=st.text(), secrets=st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3)
)
def test_the_library_of_the_specification_signs_alike(body: str, secrets: list[bytes]) -> None:
    sent = webhook.headers(body.encode(), message_id="m", at=AT, secrets=secrets)
    signed = [Webhook(secret).sign("m", AT, body) for secret in secrets]
    assert sent["webhook-signature"].split(" ") == signed


def test_ten_attempts_take_three_days() -> None:
    at, moments = AT, [AT]
    while (following := webhook.next_try(len(moments), at=at, jitter=0.0)) is not None:
        moments.append(at := following)
    waited = [after - before for before, after in pairwise(moments)]
    assert waited == list(webhook.DELAYS)
    assert timedelta(days=3) <= moments[-1] - AT < timedelta(days=3, hours=4)


@pytest.mark.parametrize(
    ("attempts", "jitter", "wish", "expected"),
    [
        (1, 0.1, None, 5.5),
        (1, 9.0, None, 5.5),
        (1, -1.0, None, 5.0),
        (1, 0.0, 60, 60.0),
        (2, 0.0, 60, 300.0),
        (1, 0.0, 999_999, 86_400.0),
        (9, 0.0, None, 86_400.0),
    ],
)
def test_the_other_side_may_ask_for_more_time_and_for_no_more_than_a_day(
    attempts: int, jitter: float, wish: int | None, expected: float
) -> None:
    wished = None if wish is None else timedelta(seconds=wish)
    found = webhook.next_try(attempts, at=AT, jitter=jitter, retry_after=wished)
    assert found == AT + timedelta(seconds=expected)


def test_after_the_tenth_there_is_no_other() -> None:
    assert webhook.next_try(10, at=AT, jitter=0.0, retry_after=timedelta(hours=1)) is None
