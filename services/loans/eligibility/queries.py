"""Which applications and funds are asked about?"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as applications
from services.loans.applications.queries import ApplicationNotFound
from services.loans.applications.tables import ApplicationRow
from services.loans.borrowers import queries as borrowers
from services.loans.funds.queries import FundNotFound
from services.loans.funds.tables import FundRow
from shared import tenancy
from shared.auth import Actor, Role
from shared.errors import Kind, RafidError
from shared.ids import FundId

FUNDS_MAX = 200


class TooManyFunds(RafidError):
    """Too many funds to ask at once"""

    kind = Kind.RULE
    service = "loans"
    detail = "The institution has more than {most} open funds; name those to ask."
    most: int


async def asked_applications(
    session: AsyncSession, application_ids: Sequence[UUID], *, actor: Actor
) -> list[ApplicationRow]:
    """Give applications of the actor's branches in the order asked; a program asks about its own.

    A funds manager asks about all: the answer tells nothing of a person. Raises
    ApplicationNotFound.
    """
    reach = applications.within_reach(actor)
    if Role.FUNDS_MANAGER in actor.roles:
        reach = borrowers.in_reach(ApplicationRow.branch_id, actor=actor)
    query = select(ApplicationRow).where(
        ApplicationRow.institution_id == tenancy.institution_of(session),
        ApplicationRow.application_id.in_(set(application_ids)),
        *reach,
    )
    rows = {row.application_id: row for row in (await session.execute(query)).scalars()}
    for application_id in application_ids:
        if application_id not in rows:
            raise ApplicationNotFound(application_id=application_id)
    return [rows[application_id] for application_id in application_ids]


async def asked_funds(
    session: AsyncSession, fund_ids: Collection[UUID] | None
) -> dict[FundId, FundRow]:
    """Give the funds that are named, or all open ones. Raises FundNotFound, TooManyFunds."""
    query = select(FundRow).where(FundRow.institution_id == tenancy.institution_of(session))
    if fund_ids is None:
        query = query.where(FundRow.status == "open")
    else:
        query = query.where(FundRow.fund_id.in_(set(fund_ids)))
    rows = (await session.scalars(query.order_by(FundRow.fund_id).limit(FUNDS_MAX + 1))).all()
    if len(rows) > FUNDS_MAX:
        raise TooManyFunds(most=FUNDS_MAX)
    found = {FundId(row.fund_id): row for row in rows}
    for fund_id in fund_ids or ():
        if fund_id not in found:
            raise FundNotFound(fund_id=fund_id)
    return found
