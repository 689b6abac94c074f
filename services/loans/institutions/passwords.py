"""How are passwords and secrets made, kept and compared? Random, hashed by argon2, beside the loop.

A hash takes some 50 ms of a processor and 64 MiB, so few run at once and few may wait.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar, TypeVarTuple

from pwdlib import PasswordHash

from shared.errors import Kind, RafidError

AT_ONCE = 2
WAITING_AT_MOST = 64
MAX_SECRET = 256

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are read as another
_GROUPS, _GROUP = 5, 4

Given = TypeVarTuple("Given")
Made = TypeVar("Made")

_hasher = PasswordHash.recommended()
_workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
_waiting: set[object] = set()


class SignInBusy(RafidError):
    """Too many sign-ins at this moment"""

    kind = Kind.UNAVAILABLE
    service = "loans"
    detail = "Send the request again in a moment."


def new_password() -> str:
    """Make a password that can be read out: five groups of four letters, 99 bits."""
    letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP)]
    groups = ["".join(letters[i : i + _GROUP]) for i in range(0, len(letters), _GROUP)]
    return "-".join(groups)


def new_secret() -> str:
    """Make a secret for a program: 256 bits."""
    return secrets.token_urlsafe(32)


async def hashed(secret: str) -> str:
    """Hash a password or secret. Raises SignInBusy when too many wait."""
    return await _beside_the_loop(_hasher.hash, secret)


async def is_right(secret: str, kept: str | None) -> bool:
    """Compare a secret with its hash; without a hash the same work is done, for nothing.

    So an answer does not tell by its time whether a login exists. Raises SignInBusy.
    """
    return await _beside_the_loop(_verify, secret, kept)


async def _beside_the_loop(work: Callable[[*Given], Made], *given: *Given) -> Made:
    if len(_waiting) >= WAITING_AT_MOST:
        raise SignInBusy
    ticket = object()
    _waiting.add(ticket)
    try:
        return await asyncio.get_running_loop().run_in_executor(_workers, work, *given)
    finally:
        _waiting.discard(ticket)


def _verify(secret: str, kept: str | None) -> bool:
    is_same = _hasher.verify(secret[:MAX_SECRET], kept or _nobodys_hash())
    return is_same and kept is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
