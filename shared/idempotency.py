"""How does the same request have one effect and one answer?"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tenancy
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the caller; the same key and body have one effect, one answer.",
    ),
]


class IdempotencyKeyReused(RafidError):
    """The idempotency key was used for another request

    A key belongs to one request for good: send another key with another body.
    """

    kind = Kind.RULE
    service = "shared"
    detail = "The key {key} already stands for another request."
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What identifies a request: who sent it, its key, and a hash of what it asks."""

    actor_id: UUID
    key: str
    hash: bytes

    @classmethod
    def of(cls, *, actor_id: UUID, key: str, target: str, body: BaseModel | None) -> "Request":
        """Hash the route's target (method and path) with the body as it was understood."""
        content = target.encode() + b"\n" + (body.model_dump_json().encode() if body else b"")
        return cls(actor_id=actor_id, key=key, hash=hashlib.sha256(content).digest())


Key = tuple[UUID, str]
"""Who asked, and the key they chose."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was answered to a key, and the hash of the request that was answered."""

    key: str
    request_hash: bytes
    answer: bytes

    def answer_to(self, request_hash: bytes) -> bytes:
        """Give the answer to the same request; raise IdempotencyKeyReused to another."""
        if request_hash != self.request_hash:
            raise IdempotencyKeyReused(key=self.key)
        return self.answer


async def find_kept(
    connection: Any, institution_id: InstitutionId, keys: Sequence[Key]
) -> dict[Key, Kept]:
    """Find the answers of keys that were used before (hot paths)."""
    rows = await connection.fetch(
        "select * from kept_answers($1, $2, $3)",
        institution_id,
        [actor_id for actor_id, _ in keys],
        [key for _, key in keys],
    )
    return {
        (row["actor_id"], row["key"]): Kept(row["key"], row["request_hash"], row["answer"])
        for row in rows
    }


def without_doubles(keys: Sequence[Key | None]) -> tuple[list[int], dict[int, int]]:
    """Split a batch, by index, into the commands to do and those that repeat one of them."""
    first: dict[Key, int] = {}
    doing: list[int] = []
    doubles: dict[int, int] = {}
    for index, key in enumerate(keys):
        if key is not None and key in first:
            doubles[index] = first[key]
            continue
        if key is not None:
            first[key] = index
        doing.append(index)
    return doing, doubles


TAKE = text("""
    insert into idempotency_key (institution_id, actor_id, key, request_hash)
    values (:institution_id, :actor_id, :key, :hash) on conflict do nothing returning true
""")
FIND = text("""
    select request_hash, status, answer from idempotency_key
    where institution_id = :institution_id and actor_id = :actor_id and key = :key
""")
KEEP = text("""
    update idempotency_key set status = :status, answer = :answer
    where institution_id = :institution_id and actor_id = :actor_id and key = :key
""")


async def run_once(
    db: TenantDb,
    target: str,
    *,
    body: BaseModel | None,
    actor_id: UUID,
    key: str,
    work: Callable[[AsyncSession], Awaitable[BaseModel]],
    status: int = 201,
) -> Response:
    """Do `work` in one transaction with the key and its answer; a repetition gets that answer.

    A concurrent repetition waits for the first to commit. Work that raises leaves no trace: the
    key stays free. Raises IdempotencyKeyReused for the same key with another request, which is
    another `target` or another `body`; both are hashed, so what a route once wrote there stays.
    """
    request = Request.of(actor_id=actor_id, key=key, target=target, body=body)
    async with db.begin() as session:
        values = {
            "institution_id": tenancy.institution_of(session),
            "actor_id": request.actor_id,
            "key": request.key,
        }
        if not (await session.execute(TAKE, {**values, "hash": request.hash})).scalar():
            kept = (await session.execute(FIND, values)).one()
            answer = Kept(request.key, kept.request_hash, kept.answer).answer_to(request.hash)
            return _json(answer, kept.status, repeated=True)
        answer = (await work(session)).model_dump_json().encode()
        await session.execute(KEEP, {**values, "status": status, "answer": answer})
    return _json(answer, status, repeated=False)


def _json(answer: bytes, status: int, *, repeated: bool) -> Response:
    headers = {"Idempotent-Replayed": "true"} if repeated else None
    return Response(answer, status, headers=headers, media_type="application/json")
