"""What is asked for, and where does it stand?"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.advice import queries as advice
from services.loans.advice.tables import ApplicationProposalRow
from services.loans.applications.tables import (
    ApplicationAssessmentRow,
    ApplicationHistoryRow,
    ApplicationRequestRow,
    ApplicationRow,
)
from services.loans.borrowers import queries as borrowers
from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain.application import Entered
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Product, Recommendation
from services.loans.products import queries as products
from shared import tenancy
from shared.auth import Actor, Role
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId
from shared.schemas import Page

STAFF = frozenset({Role.OFFICER, Role.APPROVER, Role.AUDITOR})


class ApplicationNotFound(RafidError):
    """There is no such application"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No application {application_id} is within reach."
    application_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFilter:
    """Which applications a list shows; None asks nothing."""

    status: ApplicationStatus | None = None
    branch_id: UUID | None = None
    product_id: UUID | None = None
    borrower_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFile:
    """Everything about one application."""

    row: ApplicationRow
    product: Product
    borrower: BorrowerRow
    history: Sequence[ApplicationHistoryRow]
    assessment: ApplicationAssessmentRow | None
    request: ApplicationRequestRow | None
    decisions: Sequence[Row[Any]]
    proposal: ApplicationProposalRow | None = None


def within_reach(actor: Actor) -> list[ColumnElement[bool]]:
    """The conditions that keep an actor to its branches, and a program to what it brought."""
    own = actor.roles.isdisjoint(STAFF)
    conditions = borrowers.in_reach(ApplicationRow.branch_id, actor=actor)
    return [*conditions, ApplicationRow.officer_id == actor.id] if own else conditions


async def application(
    session: AsyncSession, application_id: ApplicationId, *, actor: Actor
) -> ApplicationRow:
    """One application within the actor's reach. Raises `ApplicationNotFound`."""
    query = select(ApplicationRow).where(
        ApplicationRow.institution_id == tenancy.institution_of(session),
        ApplicationRow.application_id == application_id,
        *within_reach(actor),
    )
    row = (await session.execute(query)).scalar()
    if row is None:
        raise ApplicationNotFound(application_id=application_id)
    return row


async def locked_applications(
    session: AsyncSession, application_ids: Collection[UUID], *, actor: Actor | None = None
) -> dict[UUID, ApplicationRow]:
    """Lock applications in the order of their ids and read them as they are now.

    With an actor those out of its reach count as absent. Raises `ApplicationNotFound`.
    """
    query = (
        select(ApplicationRow)
        .where(
            ApplicationRow.institution_id == tenancy.institution_of(session),
            ApplicationRow.application_id.in_(set(application_ids)),
            *([] if actor is None else within_reach(actor)),
        )
        .order_by(ApplicationRow.application_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    rows = {row.application_id: row for row in (await session.execute(query)).scalars()}
    for application_id in application_ids:
        if application_id not in rows:
            raise ApplicationNotFound(application_id=application_id)
    return rows


async def applications(
    session: AsyncSession, *, actor: Actor, wanted: ApplicationFilter, page: Page
) -> list[ApplicationRow]:
    """Applications within reach in the order they came, one more than the page holds."""
    conditions = within_reach(actor)
    for column, value in (
        (ApplicationRow.status, wanted.status and wanted.status.value),
        (ApplicationRow.branch_id, wanted.branch_id),
        (ApplicationRow.product_id, wanted.product_id),
        (ApplicationRow.borrower_id, wanted.borrower_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if page.after is not None:
        conditions.append(ApplicationRow.application_id > page.after)
    query = (
        select(ApplicationRow)
        .where(ApplicationRow.institution_id == tenancy.institution_of(session), *conditions)
        .order_by(ApplicationRow.application_id)
        .limit(page.limit + 1)
    )
    return list((await session.execute(query)).scalars())


async def applications_by_external_id(
    session: AsyncSession, external_ids: Collection[str]
) -> dict[str, UUID]:
    """The applications that came from outside under these names."""
    query = select(ApplicationRow.external_id, ApplicationRow.application_id).where(
        ApplicationRow.institution_id == tenancy.institution_of(session),
        ApplicationRow.external_id.in_(set(external_ids)),
    )
    rows = (await session.execute(query)).all()
    return {name: application_id for name, application_id in rows if name is not None}


async def ids_in(
    session: AsyncSession,
    statuses: Collection[ApplicationStatus],
    *,
    until: datetime,
    limit: int,
    product_id: UUID | None = None,
) -> list[ApplicationId]:
    """Applications that stand in a status since `until` or longer, the longest first."""
    query = (
        select(ApplicationRow.application_id)
        .where(
            ApplicationRow.institution_id == tenancy.institution_of(session),
            ApplicationRow.status.in_([status.value for status in statuses]),
            ApplicationRow.status_since <= until,
        )
        .order_by(ApplicationRow.status_since, ApplicationRow.application_id)
        .limit(limit)
    )
    if product_id is not None:
        query = query.where(ApplicationRow.product_id == product_id)
    return [ApplicationId(found) for found in (await session.execute(query)).scalars()]


async def makers_of(
    session: AsyncSession, application_ids: Collection[UUID]
) -> dict[UUID, frozenset[UUID]]:
    """Who submitted or corrected each application, in any round."""
    query = select(ApplicationHistoryRow.application_id, ApplicationHistoryRow.actor_id).where(
        ApplicationHistoryRow.institution_id == tenancy.institution_of(session),
        ApplicationHistoryRow.application_id.in_(set(application_ids)),
        ApplicationHistoryRow.event.in_(("submit", "resubmit")),
    )
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for application_id, actor_id in await session.execute(query):
        found[application_id].add(actor_id)
    return {application_id: frozenset(makers) for application_id, makers in found.items()}


async def assessments_of(
    session: AsyncSession, rows: Collection[ApplicationRow]
) -> dict[UUID, ApplicationAssessmentRow]:
    """The assessment of each application's present round, by application."""
    query = select(ApplicationAssessmentRow).where(
        ApplicationAssessmentRow.institution_id == tenancy.institution_of(session),
        ApplicationAssessmentRow.application_id.in_({row.application_id for row in rows}),
    )
    rounds = {row.application_id: row.round for row in rows}
    return {
        found.application_id: found
        for found in (await session.execute(query)).scalars()
        if found.round == rounds[found.application_id]
    }


async def requests_of(
    session: AsyncSession, rows: Collection[ApplicationRow]
) -> dict[UUID, ApplicationRequestRow]:
    """What scoring is asked about each application's present round, by application."""
    rounds = {assessment_id_of(row.application_id, round_=row.round) for row in rows}
    query = select(ApplicationRequestRow).where(
        ApplicationRequestRow.institution_id == tenancy.institution_of(session),
        ApplicationRequestRow.assessment_id.in_(rounds),
    )
    return {found.application_id: found for found in (await session.execute(query)).scalars()}


# A later slice's table: read here so that the file is one answer.
DECISIONS = text("""
    select decision_id, round, level, outcome, reasons, override_reason, recommended, fund_id,
      currency, amount_minor, term_months, grace_months, annual_rate, actor_id, decided_at
    from decision
    where institution_id = :institution_id and application_id = :application_id
    order by round, level, decision_id
""")


async def application_file(
    session: AsyncSession, application_id: ApplicationId, *, actor: Actor
) -> ApplicationFile:
    """Everything about one application within reach. Raises `ApplicationNotFound`."""
    row = await application(session, application_id, actor=actor)
    version = (row.product_id, row.product_version)
    history = (
        select(ApplicationHistoryRow)
        .where(
            ApplicationHistoryRow.institution_id == row.institution_id,
            ApplicationHistoryRow.application_id == application_id,
        )
        .order_by(ApplicationHistoryRow.version)
    )
    key = {"institution_id": row.institution_id, "application_id": application_id}
    people = await borrowers_of(session, [row])
    return ApplicationFile(
        row=row,
        product=(await products.products_of(session, [version]))[version],
        borrower=people[row.borrower_id],
        history=(await session.execute(history)).scalars().all(),
        assessment=(await assessments_of(session, [row])).get(application_id),
        request=(await requests_of(session, [row])).get(application_id),
        decisions=(await session.execute(DECISIONS, key)).all(),
        proposal=await advice.proposal(session, application_id),
    )


def recommended(
    assessment: ApplicationAssessmentRow | None, *, product: Product
) -> Recommendation | None:
    """What the product's rules make of an assessment; None before there is one."""
    if assessment is None:
        return None
    return product.policy.recommend(
        points=assessment.points,
        is_declined=assessment.answer["advice"] == "decline",
        is_feasible=assessment.answer["best"] is not None,
    )


def entered(history: Sequence[ApplicationHistoryRow]) -> tuple[Entered, ...]:
    """The history as the domain knows it."""
    return tuple(
        Entered(status=ApplicationStatus(row.status), at=row.happened_at, actor_id=row.actor_id)
        for row in history
    )


def assessment_id_of(application_id: UUID, *, round_: int) -> UUID:
    """The name of the assessment of one round: asked twice, scoring answers once."""
    return uuid5(application_id, f"assessment of round {round_}")


async def borrowers_of(
    session: AsyncSession, rows: Collection[ApplicationRow]
) -> dict[UUID, BorrowerRow]:
    """The borrowers of applications, by id."""
    query = select(BorrowerRow).where(
        BorrowerRow.institution_id == tenancy.institution_of(session),
        BorrowerRow.borrower_id.in_({row.borrower_id for row in rows}),
    )
    return {row.borrower_id: row for row in (await session.execute(query)).scalars()}


async def ids_of_file(
    session: AsyncSession,
    external_ids: Sequence[str],
    *,
    statuses: Collection[ApplicationStatus],
    product_id: UUID | None = None,
) -> list[ApplicationId]:
    """The applications that came by a file and stand in one of some statuses, as they came."""
    of_product = [] if product_id is None else [ApplicationRow.product_id == product_id]
    query = (
        select(ApplicationRow.application_id)
        .where(
            ApplicationRow.institution_id == tenancy.institution_of(session),
            _named(external_ids),
            ApplicationRow.status.in_([status.value for status in statuses]),
            *of_product,
        )
        .order_by(ApplicationRow.application_id)
    )
    return [ApplicationId(found) for found in (await session.execute(query)).scalars()]


async def versions_of_file(
    session: AsyncSession, external_ids: Sequence[str]
) -> set[tuple[UUID, int]]:
    """The versions of products that the applications of a file are for."""
    query = (
        select(ApplicationRow.product_id, ApplicationRow.product_version)
        .where(
            ApplicationRow.institution_id == tenancy.institution_of(session),
            _named(external_ids),
        )
        .distinct()
    )
    return {(product_id, version) for product_id, version in await session.execute(query)}


async def counts_of_file(
    session: AsyncSession, external_ids: Sequence[str]
) -> dict[ApplicationStatus, int]:
    """How many applications of a file stand in each status."""
    query = (
        select(ApplicationRow.status, func.count())
        .where(
            ApplicationRow.institution_id == tenancy.institution_of(session),
            _named(external_ids),
        )
        .group_by(ApplicationRow.status)
    )
    counted = (await session.execute(query)).all()
    return {ApplicationStatus(status): number for status, number in counted}


def _named(external_ids: Sequence[str]) -> ColumnElement[bool]:
    """One parameter for all the names: a file has more lines than a statement parameters."""
    names = bindparam("names", list(external_ids), type_=ARRAY(TEXT), unique=True)
    return ApplicationRow.external_id == func.any(names)
