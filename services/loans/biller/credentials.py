"""Which program is asking? Every credential that a request carries has to be right.

A token of our own issuer (`Authorization: Bearer`), or the program's id and secret by HTTP Basic,
or as `X-Client-Id` and `X-API-Key`; a token may come together with the two headers.
"""

import base64
import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta

from fastapi import Request

from services.loans.identity import sign_in
from services.loans.institutions import queries as institutions
from services.loans.institutions.passwords import MAX_SECRET
from services.loans.institutions.tables import ClientRow
from shared.auth import Actor, Role, TokenRefused
from shared.clock import Clock
from shared.db import Database
from shared.ids import BranchId, ClientId, InstitutionId

REMEMBERED_FOR = timedelta(seconds=60)
REMEMBERED = 1_000


class Programs:
    """Knows programs by id and secret; a right pair is remembered for a minute.

    Comparing a secret costs 50 ms of a processor, so it is not done with each request.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[datetime, Actor]] = OrderedDict()

    async def by_secret(self, client_id: str, secret: str) -> Actor:
        """Give the program of an id and secret. Raises TokenRefused, SignInBusy."""
        if len(secret) > MAX_SECRET:
            raise TokenRefused(reason="credentials")
        now = self._clock.now()
        pair = hashlib.sha256(f"{client_id}\n{secret}".encode()).digest()
        known = self._known.get(pair)
        if known is not None and now < known[0]:
            return known[1]
        row = await sign_in.program(self._database, client_id=client_id, secret=secret)
        if row is None:
            raise TokenRefused(reason="credentials")
        self._known[pair] = (now + REMEMBERED_FOR, _actor(row))
        self._known.move_to_end(pair)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return self._known[pair][1]

    async def require_same(self, actor: Actor, *, client_id: str, secret: str | None) -> None:
        """Refuse headers that name another program than the token. Raises TokenRefused."""
        async with self._database.read(actor.institution_id) as session:
            code = (await institutions.institution(session)).code
            try:
                row = await institutions.client(session, ClientId(actor.id))
            except institutions.UnknownClient:
                raise TokenRefused(reason="credentials") from None
        named = f"{code}.{row.name}"
        if client_id not in {str(actor.id), named}:
            raise TokenRefused(reason="credentials")
        if secret is not None:
            await self.by_secret(named, secret)


def _actor(row: ClientRow) -> Actor:
    branches = row.branch_ids
    return Actor(
        id=row.client_id,
        institution_id=InstitutionId(row.institution_id),
        roles=frozenset(Role(role) for role in row.roles),
        branch_ids=None if branches is None else frozenset(map(BranchId, branches)),
    )


async def identified(request: Request) -> None:
    """Let a program in by its secret; who brings a token is let in by that."""
    programs: Programs = request.app.state.programs
    client_id = request.headers.get("x-client-id")
    secret = request.headers.get("x-api-key")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        named, word = _basic(encoded)
        request.scope["rafid.actor"] = await programs.by_secret(named, word)
    elif not scheme and client_id is not None and secret is not None:
        request.scope["rafid.actor"] = await programs.by_secret(client_id, secret)


def _basic(encoded: str) -> tuple[str, str]:
    try:
        named, _, word = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise TokenRefused(reason="malformed") from None
    return named, word


async def require_consistent(request: Request, actor: Actor) -> None:
    """Refuse the headers of another program beside a credential. Raises TokenRefused."""
    client_id = request.headers.get("x-client-id")
    secret = request.headers.get("x-api-key")
    by_header = not request.headers.get("authorization")
    if by_header or (client_id is None and secret is None):
        return
    programs: Programs = request.app.state.programs
    await programs.require_same(actor, client_id=client_id or str(actor.id), secret=secret)
