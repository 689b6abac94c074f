"""How does the same request have one effect and one answer?"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import Header, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tenancy
from shared.db import TenantDb
from shared.errors import Kind, RafidError

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


@dataclass(frozen=True, kw_only=True, eq=False)
class IdempotencyKeyReused(RafidError):
    """The idempotency key was used for another request

    A key belongs to one request for good: send another key with another body.
    """

    kind: ClassVar[Kind] = Kind.RULE
    service: ClassVar[str] = "shared"
    detail: ClassVar[str] = "The key {key} already stands for another request."
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
    request: Request,
    *,
    work: Callable[[AsyncSession], Awaitable[BaseModel]],
    status: int = 201,
) -> Response:
    """Do `work` in one transaction with the key and its answer; a repetition gets that answer.

    A concurrent repetition waits for the first to commit. Work that raises leaves no trace: the
    key stays free. Raises IdempotencyKeyReused for the same key with another request.
    """
    async with db.begin() as session:
        values = {
            "institution_id": tenancy.institution_of(session),
            "actor_id": request.actor_id,
            "key": request.key,
        }
        if not (await session.execute(TAKE, {**values, "hash": request.hash})).scalar():
            kept = (await session.execute(FIND, values)).one()
            if kept.request_hash != request.hash:
                raise IdempotencyKeyReused(key=request.key)
            return _json(kept.answer, kept.status, repeated=True)
        answer = (await work(session)).model_dump_json().encode()
        await session.execute(KEEP, {**values, "status": status, "answer": answer})
    return _json(answer, status, repeated=False)


def _json(answer: bytes, status: int, *, repeated: bool) -> Response:
    headers = {"Idempotent-Replayed": "true"} if repeated else None
    return Response(answer, status, headers=headers, media_type="application/json")
