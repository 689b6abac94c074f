"""Where is it asked which funds may finance whom, and what of a fund is left in each place?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.loans.clauses import queries as clause_queries
from services.loans.deps import Db, Today
from services.loans.domain import envelope
from services.loans.eligibility import operations, queries
from services.loans.eligibility.schemas import ChecksIn, ChecksOut, EnvelopeOut
from services.loans.funds import queries as fund_queries
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.web import NamedLanguage

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
    language: NamedLanguage,
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
    return ChecksOut.of(asks, answers, names=names, on=on, language=language)


@router.get("/{fund_id}/envelope")
async def read_envelope(fund_id: UUID, db: Db, _actor: MayAsk, today: Today) -> EnvelopeOut:
    """Read what was allotted, reserved, committed, paid, and is left, in all and by place."""
    known = FundId(fund_id)
    async with db(snapshot=True) as session:
        row = await fund_queries.fund_by_id(session, fund_id)
        standing = (await fund_queries.standings(session, [known], on=today))[known]
        received = await queries.received(session, row)
        places = envelope.places(
            await queries.held_by_place(session, known),
            regions=await clause_queries.regions(session),
            clauses=(await clause_queries.in_force(session, [known], on=today)).get(known, []),
            received=received,
        )
    left = standing.counted_on - standing.reserved - standing.committed
    return EnvelopeOut.of(places, fund_id=fund_id, on=today, allotted=received, left=left)
