"""How does an application change its state, and get its assessment?

All operations take many at once: the desk sends one, the importer and the demonstration thousands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from sqlalchemy import insert, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries, submitting
from services.loans.applications.opinion_bodies import kept_fund
from services.loans.applications.requesting import Composed
from services.loans.applications.submitting import (
    ApplicationKnown,
    submit_application,
    submit_applications,
)
from services.loans.applications.tables import (
    ApplicationAssessmentRow,
    ApplicationHistoryRow,
    ApplicationRequestRow,
    ApplicationRow,
)
from services.loans.domain import application as domain
from services.loans.domain import lifecycle
from services.loans.domain.application import Reason, Request
from services.loans.domain.lifecycle import ApplicationEvent, ApplicationStatus
from services.loans.funds import operations as funds
from services.loans.products import queries as products
from shared import feed, tenancy
from shared.auth import Actor
from shared.clients.scoring import AssessmentOut, ScoringRefused, ScoringUnavailable
from shared.events import ApplicationAssessed, ApplicationReturned, ApplicationWithdrawn
from shared.ids import ApplicationId, ProductId

__all__ = [
    "ASSESSOR_ID",
    "ApplicationKnown",
    "Change",
    "advance",
    "keep_requests",
    "mark_signed",
    "postpone",
    "record_assessments",
    "resubmit",
    "return_application",
    "return_refused",
    "submit_application",
    "submit_applications",
    "withdraw",
]

# Who stands in the history where no person acted.
ASSESSOR_ID = uuid5(NAMESPACE_URL, "rafid:loans:assessor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one application, who did it and why.

    `reason` is a person's words for the history; `stands_because` a refusal that lasts.
    """

    row: ApplicationRow
    event: ApplicationEvent
    actor_id: UUID
    reason: str | None = None
    stands_because: Reason | None = None


# One statement moves them all; a version that moved in spite of the lock would be a bug.
ADVANCE = text("""
    update application a
    set status = c.status, reason = cast(c.reason as jsonb), version = c.version,
      status_since = case when a.status = c.status then a.status_since else :at end
    from unnest(cast(:ids as uuid[]), cast(:statuses as text[]), cast(:reasons as text[]),
                cast(:versions as integer[])) as c(application_id, status, reason, version)
    where a.institution_id = :institution_id and a.application_id = c.application_id
      and a.version = c.version - 1
""")


async def advance(session: AsyncSession, changes: Sequence[Change], *, at: datetime) -> None:
    """Move locked applications through the state machine, each with its row of history.

    All or none: raises `TransitionRefused` before anything is written. The rows given are
    brought up to date.
    """
    if not changes:
        return
    followed = [
        lifecycle.next_application_status(ApplicationStatus(change.row.status), event=change.event)
        for change in changes
    ]
    reasons = [change.stands_because for change in changes]
    values = {
        "institution_id": tenancy.institution_of(session),
        "ids": [change.row.application_id for change in changes],
        "statuses": [status.value for status in followed],
        "reasons": [reason and orjson.dumps(reason.to_json()).decode() for reason in reasons],
        "versions": [change.row.version + 1 for change in changes],
        "at": at,
    }
    await session.execute(ADVANCE, values)
    history = []
    for change, status, reason in zip(changes, followed, reasons, strict=True):
        row = change.row
        if row in session:
            session.expunge(row)  # written above, by a statement that the session does not know
        row.status_since = row.status_since if row.status == status else at
        row.status, row.version = status.value, row.version + 1
        row.reason = dict(reason.to_json()) if reason else None
        history.append(
            submitting.history(
                row,
                event=change.event.value,
                reason=change.reason,
                actor_id=change.actor_id,
                at=at,
            )
        )
    await session.execute(insert(ApplicationHistoryRow), history)


async def keep_requests(session: AsyncSession, composed: Sequence[Composed], *, on: date) -> None:
    """Keep what is about to be asked; what was kept before for a round stays as it is."""
    values = [
        {
            "institution_id": tenancy.institution_of(session),
            "assessment_id": one.request.assessment_id,
            "application_id": one.row.application_id,
            "round": one.row.round,
            "asked_on": on,
            "body": one.request.model_dump_json(),
            "funds": [kept_fund(fund) for fund in one.serving.funds],
            "facts": [fact.to_json() for fact in one.facts],
        }
        for one in composed
    ]
    await session.execute(postgresql.insert(ApplicationRequestRow).on_conflict_do_nothing(), values)


async def record_assessments(
    session: AsyncSession, answers: Sequence[AssessmentOut], *, at: datetime
) -> list[ApplicationRow]:
    """Keep scoring's answers and move their applications on; return those that moved.

    An answer that comes too late (the application was withdrawn or corrected meanwhile) or a
    second time changes nothing.
    """
    if not answers:
        return []
    locked = await queries.locked_applications(
        session, [answer.application_id for answer in answers]
    )
    wanted = [
        (locked[answer.application_id], answer)
        for answer in answers
        if _is_awaited(locked[answer.application_id], answer=answer)
    ]
    if not wanted:
        return []
    values = [_assessment_values(row, answer=answer) for row, answer in wanted]
    statement = postgresql.insert(ApplicationAssessmentRow).on_conflict_do_nothing()
    await session.execute(statement, values)
    changes = [
        Change(row=row, event=ApplicationEvent.ASSESS, actor_id=ASSESSOR_ID) for row, _ in wanted
    ]
    await advance(session, changes, at=at)
    await feed.publish_all(session, [_told_assessed(answer) for _, answer in wanted])
    return [row for row, _ in wanted]


def _is_awaited(row: ApplicationRow, *, answer: AssessmentOut) -> bool:
    waits = row.status in (ApplicationStatus.SUBMITTED, ApplicationStatus.WAITING_FOR_ASSESSMENT)
    asked = queries.assessment_id_of(row.application_id, round_=row.round)
    return waits and answer.assessment_id == asked


def _assessment_values(row: ApplicationRow, *, answer: AssessmentOut) -> dict[str, object]:
    return {
        "institution_id": row.institution_id,
        "assessment_id": answer.assessment_id,
        "application_id": row.application_id,
        "round": row.round,
        "points": answer.points,
        "grade": answer.grade,
        "answer": answer.model_dump(mode="json"),
        "assessed_at": answer.assessed_at,
    }


def _told_assessed(answer: AssessmentOut) -> feed.Told:
    event = ApplicationAssessed(
        application_id=answer.application_id,
        assessment_id=answer.assessment_id,
        points=answer.points,
        grade=answer.grade,
    )
    return feed.Told(event, answer.application_id)


async def postpone(
    session: AsyncSession,
    application_ids: Sequence[ApplicationId],
    *,
    because: ScoringUnavailable,
    at: datetime,
) -> None:
    """Let submitted applications wait for scoring, visibly; those that wait already just wait."""
    locked = await queries.locked_applications(session, application_ids)
    changes = [
        Change(
            row=row,
            event=ApplicationEvent.POSTPONE,
            actor_id=ASSESSOR_ID,
            stands_because=Reason.of(because),
        )
        for row in locked.values()
        if row.status == ApplicationStatus.SUBMITTED
    ]
    await advance(session, changes, at=at)


async def return_refused(
    session: AsyncSession,
    application_id: ApplicationId,
    *,
    because: ScoringRefused,
    at: datetime,
) -> None:
    """Give an application back that scoring refuses: what was sent has to change."""
    row = (await queries.locked_applications(session, [application_id]))[application_id]
    change = Change(
        row=row,
        event=ApplicationEvent.RETURN,
        actor_id=ASSESSOR_ID,
        stands_because=Reason.of(because),
    )
    await _give_back(session, change, at=at)


async def return_application(
    session: AsyncSession,
    application_id: ApplicationId,
    *,
    reason: str,
    version: int | None,
    at: datetime,
    actor: Actor,
) -> ApplicationRow:
    """Give an application back for correction.

    Raises `ApplicationNotFound`, `ApplicationMoved`, `TransitionRefused`.
    """
    row = await _locked(session, application_id, version=version, actor=actor)
    change = Change(row=row, event=ApplicationEvent.RETURN, actor_id=actor.id, reason=reason)
    await _give_back(session, change, at=at)
    return row


async def resubmit(
    session: AsyncSession,
    application_id: ApplicationId,
    request: Request,
    *,
    version: int | None,
    at: datetime,
    actor: Actor,
) -> ApplicationRow:
    """Take a returned application in again, corrected; a new round begins.

    It keeps the version of the product it was made under. Raises `ApplicationNotFound`,
    `ApplicationMoved`, `TransitionRefused`, `OutsideProduct`, `LoanAboveCeiling`.
    """
    row = await _locked(session, application_id, version=version, actor=actor)
    product = await products.product(
        session, ProductId(row.product_id), version=row.product_version
    )
    product.check(request.asked)
    await submitting.require_below_ceilings(session, row, request, on=at.date(), actor=actor)
    round_ = row.round + 1
    change = Change(row=row, event=ApplicationEvent.RESUBMIT, actor_id=actor.id)
    await _correct(session, row, request=request, round_=round_, actor=actor)
    await advance(session, [change], at=at)
    await feed.publish_all(session, [submitting.told_submitted(row)])
    return row


async def _correct(
    session: AsyncSession, row: ApplicationRow, *, request: Request, round_: int, actor: Actor
) -> None:
    lifecycle.next_application_status(
        ApplicationStatus(row.status), event=ApplicationEvent.RESUBMIT
    )
    values = submitting.asked_values(request) | {"round": round_, "officer_id": actor.id}
    await session.execute(
        update(ApplicationRow)
        .where(
            ApplicationRow.institution_id == row.institution_id,
            ApplicationRow.application_id == row.application_id,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(row)


async def withdraw(
    session: AsyncSession,
    application_id: ApplicationId,
    *,
    reason: str,
    version: int | None,
    at: datetime,
    actor: Actor,
) -> ApplicationRow:
    """Take an application back at the applicant's wish; money kept for it is free again.

    Raises `ApplicationNotFound`, `ApplicationMoved`, `TransitionRefused`.
    """
    row = await _locked(session, application_id, version=version, actor=actor)
    change = Change(row=row, event=ApplicationEvent.WITHDRAW, actor_id=actor.id, reason=reason)
    await advance(session, [change], at=at)
    await funds.release_all(session, [application_id], actor_id=actor.id)
    await feed.publish(
        session, ApplicationWithdrawn(application_id=application_id), subject_id=application_id
    )
    return row


async def mark_signed(
    session: AsyncSession,
    application_ids: Sequence[ApplicationId],
    *,
    actor_id: UUID,
    at: datetime,
) -> None:
    """Note that approved applications have become contracts. Raises `TransitionRefused`."""
    locked = await queries.locked_applications(session, application_ids)
    changes = [
        Change(row=row, event=ApplicationEvent.SIGN, actor_id=actor_id) for row in locked.values()
    ]
    await advance(session, changes, at=at)


async def _locked(
    session: AsyncSession, application_id: ApplicationId, *, version: int | None, actor: Actor
) -> ApplicationRow:
    rows = await queries.locked_applications(session, [application_id], actor=actor)
    row = rows[application_id]
    domain.check_version(row.version, expected=version)
    return row


async def _give_back(session: AsyncSession, change: Change, *, at: datetime) -> None:
    await advance(session, [change], at=at)
    application_id = change.row.application_id
    event = ApplicationReturned(application_id=application_id)
    await feed.publish(session, event, subject_id=application_id)
