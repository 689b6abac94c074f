"""When is a message to an integrator tried again, and how is it signed?

By Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

DELAYS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After each attempt that failed: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 hours."""
LONGEST_DELAY: Final = timedelta(hours=24)
LARGEST_JITTER: Final = 0.1
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
GONE: Final = 410


class MessageState(StrEnum):
    """Where a message stands; a dead one is sent again only when a person asks for it."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class DisabledFor(StrEnum):
    """Why an endpoint is told nothing: a person's word, its own (410), or three days' silence."""

    PERSON = "person"
    GONE = "gone"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """What an endpoint is opened with; without `after` it is told what happens from now on."""

    address: str
    types: Collection[str] = ()
    description: str = ""
    after: int | None = None


def next_try(
    attempts: int, *, at: datetime, jitter: float, retry_after: timedelta | None = None
) -> datetime | None:
    """Give when a message is tried again after `attempts` that failed, the last one at `at`.

    None after ten: three days and some hours. `jitter` in [0, 0.1] lengthens the delay, so that
    those which failed together do not come back together; `retry_after`, the other side's own
    wish, may lengthen it to 24 hours. Worked: the first at noon with a jitter of 0.1 is tried
    again at 12:00:05.5; where 60 seconds were wished, at 12:01:00.
    """
    if attempts > len(DELAYS):
        return None
    delay = DELAYS[attempts - 1] * (1 + min(max(jitter, 0.0), LARGEST_JITTER))
    wished = min(retry_after or timedelta(0), LONGEST_DELAY)
    return at + max(delay, wished)


def written_secret(secret: bytes) -> str:
    """Write a secret as its receiver keeps it: "whsec_" and base64."""
    return PREFIX + base64.b64encode(secret).decode("ascii")


def headers(
    body: bytes, *, message_id: str, at: datetime, secrets: Sequence[bytes]
) -> dict[str, str]:
    """Give the headers of an attempt: the message's id, the attempt's time, a signature a secret.

    HMAC-SHA256 over `id.timestamp.body`, where the time is in whole seconds since 1970. Worked:
    `{"test": 2432232314}` as msg_p5jXN8AQM9LWM0D4loKWxJek at 1614265330 under
    whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is signed
    v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= (the specification's own vector).
    """
    seconds = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), seconds.encode(), body])
    digests = [hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(digest).decode('ascii')}" for digest in digests
        ),
    }
