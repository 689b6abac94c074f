"""What do the routes of scoring get: the actor's database, the moment, the books of loans?"""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from shared.auth import SignedIn
from shared.clients.review_books import ReviewBooks
from shared.clock import Clock
from shared.db import Database, TenantDb


def tenant_db(request: Request, actor: SignedIn) -> TenantDb:
    """Return the database bound to the actor's institution."""
    database: Database = request.app.state.database
    return TenantDb(database, actor.institution_id)


def now(request: Request) -> datetime:
    """Return this moment, by the service's clock."""
    clock: Clock = request.app.state.clock
    return clock.now()


def books_of(request: Request) -> ReviewBooks | None:
    """Return what gives books of loans; None where scoring has no secret to ask with."""
    books: ReviewBooks | None = request.app.state.books
    return books


Books = Annotated[ReviewBooks | None, Depends(books_of)]
Db = Annotated[TenantDb, Depends(tenant_db)]
Now = Annotated[datetime, Depends(now)]
