"""`GET …/events?after=`: the ordered feed of a service, and the document that describes it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from shared import asyncapi, feed_reading
from shared.auth import Actor, Role, require
from shared.db import Database

EVENTS_MAX = 1_000


class EventOut(BaseModel):
    """One event: a CloudEvents 1.0 envelope with its number and the time it became known."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    institutionid: str
    sequence: int
    knownat: str
    data: dict[str, Any]


class EventsOut(BaseModel):
    """Events in their order for good; ask again after `next`; `head` is the newest number."""

    events: list[EventOut]
    next: int
    head: int
    known_at: str | None


def feed_router(*, prefix: str, source: str) -> APIRouter:
    """Make the feed's routes; `prefix` as "/loans/v1", `source` as "loans"."""
    router = APIRouter(prefix=prefix, tags=["events"])
    described = asyncapi.document(source)

    @router.get("/asyncapi.json", include_in_schema=False)
    async def read_asyncapi() -> JSONResponse:
        return JSONResponse(described)

    @router.get("/events")
    async def read_events(
        request: Request,
        actor: Annotated[
            Actor, require(Role.SERVICE, Role.INTEGRATOR, Role.AUDITOR, Role.ADMINISTRATOR)
        ],
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=EVENTS_MAX)] = 500,
    ) -> EventsOut:
        """Read the facts of an institution after a number, oldest first."""
        database: Database = request.app.state.database
        async with database.read(actor.institution_id) as session:
            page = await feed_reading.read(session, after=after, limit=limit, source=source)
        return EventsOut.model_validate(page)

    return router
