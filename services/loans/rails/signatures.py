"""Is this message from who it says, and recent? HMAC over time and body, as bytes."""

import hashlib
import hmac
from datetime import datetime

TOLERANCE_SECONDS = 300
HEADER = "x-sandbox-signature"


def sign(body: bytes, *, secret: bytes, at: datetime) -> str:
    """Give the header of a message: `t=<unix seconds>,v1=<hex of HMAC-SHA256 of "t.body">`."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(body, secret=secret, seconds=seconds)}"


def holds(header: str, body: bytes, *, secret: bytes, now: datetime) -> bool:
    """Whether the header signs this body and is no more than five minutes away from now."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    stated = parts.get("t", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) <= len("9999999999")):
        return False
    seconds = int(stated)
    expected = _digest(body, secret=secret, seconds=seconds)
    is_signed = hmac.compare_digest(expected.encode(), parts.get("v1", "").encode())
    return is_signed and abs(now.timestamp() - seconds) <= TOLERANCE_SECONDS


def _digest(body: bytes, *, secret: bytes, seconds: int) -> str:
    return hmac.new(secret, str(seconds).encode() + b"." + body, hashlib.sha256).hexdigest()
