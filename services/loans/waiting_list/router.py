"""Where is it read what waits for money, and what each fund says of it?"""

from typing import Annotated

from fastapi import APIRouter, Query

from services.loans.deps import Db, Today
from services.loans.institutions import queries as institutions
from services.loans.waiting_list import gathering
from shared.auth import Actor, Role, require
from shared.clients.assignment_runs import WaitingListOut
from shared.web import PageQuery

router = APIRouter(tags=["applications"])

MayRead = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.SERVICE)]
Currency = Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")]


@router.get("/loans/v1/waiting-list")
async def read_waiting_list(
    db: Db, page: PageQuery, actor: MayRead, today: Today, currency: Currency = None
) -> WaitingListOut:
    """Read what waits for money today, as a run of the assignment takes it, in parts.

    Of every open fund in the currency (the institution's own unless named): its free money, what
    its clauses ask of all it finances together, and the money that is due by a day. Of each
    application: amount, risk, social measures, and whether each fund may finance it, or why not.
    Nothing is reserved by it.
    """
    async with db(snapshot=True) as session:
        wanted = currency or (await institutions.institution(session)).currency
        found = await gathering.gather(session, currency=wanted, page=page, on=today, actor=actor)
    _, following = page.cut(found.rows, key=lambda row: row.application_id)
    return WaitingListOut(
        as_of=today,
        currency=wanted,
        funds=found.funds,
        applications=found.applications,
        words=found.words,
        next=following,
    )
