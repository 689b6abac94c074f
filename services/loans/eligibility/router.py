"""Where is it asked which funds may finance whom?"""

from typing import Annotated

from fastapi import APIRouter, Query

from services.loans.deps import Db, Today
from services.loans.eligibility import operations
from services.loans.eligibility.schemas import ChecksIn, ChecksOut
from shared.auth import Actor, Role, require
from shared.texts import Language
from shared.web import AskedLanguage

router = APIRouter(prefix="/loans/v1/funds", tags=["clauses"])

MayAsk = Annotated[
    Actor, require(*(role for role in Role if role not in {Role.DONOR, Role.SERVICE}))
]


@router.post("/checks")
async def check_funds(
    body: ChecksIn,
    db: Db,
    actor: MayAsk,
    today: Today,
    asked: AskedLanguage,
    lang: Annotated[Language | None, Query()] = None,
) -> ChecksOut:
    """Ask which funds may finance these cases, which not, and why; nothing is changed.

    Each case for itself, by the rules of the fund's kind, the rulings and the clauses in force
    that day, and by what was given so far.
    """
    on = body.on or today
    told = [case.told(on=on) for case in body.cases]
    async with db(snapshot=True) as session:
        asks, answers = await operations.check(
            session, body.application_ids, told, fund_ids=body.fund_ids, on=on, actor=actor
        )
    names = [case.name for case in body.cases]
    return ChecksOut.of(asks, answers, names=names, on=on, language=lang or asked)
