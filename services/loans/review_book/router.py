"""Where is the book of a review of rates and terms read, as of a day?"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from services.loans.deps import Db, Now, Today
from services.loans.domain import days
from services.loans.institutions import queries as institutions
from services.loans.ledger import queries as ledger
from services.loans.review_book import operations, queries
from services.loans.review_book.queries import Wanted
from shared.auth import Actor, Role, require
from shared.clients.review_books import MEDIA_TYPE, PATH, BookAsked

router = APIRouter(tags=["portfolio"])

MayRead = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR, Role.SERVICE)]
LINES: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


@router.get(PATH, response_class=StreamingResponse, responses=LINES)
async def read_review_book(
    asked: Annotated[BookAsked, Query()], db: Db, actor: MayRead, today: Today, now: Now
) -> StreamingResponse:
    """Read what was lent at which terms, as the contracts stood on a day, for a review of rates.

    Lines of JSON: a head, a row a loan (over 50,000 contracts: a row a cell of loans alike, with
    their `count`), a foot with the sums and the SHA-256 of the rows. No row names anybody. The
    same `as_of` and `known_at` give the same rows; a borrower's region is that of registration.
    """
    days.require_come(asked.as_of, member="as_of", today=today)
    async with db() as session:
        currency = (await institutions.institution(session)).currency
        moment = await ledger.moment_of(
            session, as_of=asked.as_of, known_at=asked.known_at or now, today=today
        )
        youth = await queries.youth(session, on=moment.as_of)
    known_at = moment.known_at or now
    wanted = Wanted(
        moment=moment,
        currency=currency,
        by=tuple(asked.by),
        since=asked.since,
        branch_ids=actor.branch_ids,
        youth=youth,
    )
    return StreamingResponse(operations.lines(db, wanted, known_at=known_at), media_type=MEDIA_TYPE)
