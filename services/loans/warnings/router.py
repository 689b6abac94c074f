"""Which loans should officers look after this month, and what is known of every running loan?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.loans.borrowers import operations as borrowers
from services.loans.deps import Db, Scoring, Today
from services.loans.domain import days
from services.loans.domain.borrower import AccessPurpose
from services.loans.institutions import queries as institutions
from services.loans.warnings import queries
from services.loans.warnings.schemas import FactsOut, MonthOut, WarnedOut, WarningsOut, told_of
from shared.auth import Actor, Role, require
from shared.clients.warnings import GradeName
from shared.schemas import Day, write_cursor
from shared.web import NamedLanguage, PageQuery

router = APIRouter(prefix="/loans/v1/warnings", tags=["warnings"])

MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR)]
MayGather = Annotated[Actor, require(Role.SERVICE, Role.AUDITOR)]


@router.get("/facts")
async def read_warning_facts(
    db: Db, page: PageQuery, actor: MayGather, today: Today, as_of: Day
) -> FactsOut:
    """Read what was known on a day of every loan that ran on it, as it is told to scoring.

    Nothing that was booked or taken back later changes the answer.
    """
    days.require_come(as_of, member="as_of", today=today)
    async with db(snapshot=True) as session:
        zone = (await institutions.institution(session)).timezone
        rows = await queries.running(session, as_of=as_of, after=page.after, limit=page.limit + 1)
        kept, following = page.cut(rows, key=lambda loan: loan.contract_id)
        if actor.branch_ids is not None:
            kept = [loan for loan in kept if loan.branch_id in actor.branch_ids]
        known = await queries.known(session, kept, as_of=as_of, zone=zone)
    told = {item.running.contract_id: told_of(item) for item in known}
    return FactsOut(
        as_of=as_of,
        loans=[loan for loan in told.values() if loan is not None],
        untold=[contract_id for contract_id, loan in told.items() if loan is None],
        next=following,
    )


@router.get("")
async def read_warnings(
    db: Db,
    scoring: Scoring,
    page: PageQuery,
    actor: MayRead,
    language: NamedLanguage,
    month: Day | None = None,
    grade: Annotated[GradeName | None, Query()] = None,
    branch_id: UUID | None = None,
    officer_id: UUID | None = None,
) -> WarningsOut:
    """List the loans to look after, the worst first, with the reasons in the reader's language.

    Of the newest month graded, or of one named by any of its days; without `grade` the red and
    the amber ones. With `officer_id` a part of the list may be short: go on after `next`.
    """
    async with db() as session:
        wanted = await queries.newest_month(session) if month is None else month.replace(day=1)
        parts = [] if wanted is None else await queries.parts(session, wanted)
    if not parts:
        return WarningsOut(month=None, items=[])
    seen = actor.branch_ids
    asked: dict[str, str | list[str] | None] = {
        "month": parts[0].month.isoformat(),
        "grade": grade,
        "alerts": "all" if grade == "green" else "only",
        "branch": None if branch_id is None else str(branch_id),
        "within": None if seen is None else sorted(map(str, seen)) or [str(UUID(int=0))],
        "limit": str(page.limit),
        "after": None if page.after is None else write_cursor(page.after),
    }
    found = await scoring.warnings(asked, institution_id=db.institution_id, language=language)
    async with db.begin() as session:
        ids = [item.loan_id for item in found.items]
        named = await queries.named(session, ids, branch_ids=seen)
        items = [
            WarnedOut.of(item, named[item.loan_id])
            for item in found.items
            if item.loan_id in named and officer_id in {None, named[item.loan_id].officer_id}
        ]
        shown = [item.borrower.borrower_id for item in items]
        await borrowers.record_access(session, shown, purpose=AccessPurpose.CONTACT, actor=actor)
    return WarningsOut(month=MonthOut.of(parts), items=items, next=found.next)
