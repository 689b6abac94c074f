"""Which applications and funds are asked about?"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as applications
from services.loans.applications.queries import ApplicationNotFound
from services.loans.applications.tables import ApplicationRow
from services.loans.borrowers import queries as borrowers
from services.loans.domain.envelope import Held
from services.loans.domain.regions import plain
from services.loans.funds.queries import FundNotFound
from services.loans.funds.tables import FundRow
from shared import tenancy
from shared.auth import Actor, Role
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money

FUNDS_MAX = 200


class TooManyFunds(RafidError):
    """Too many funds to ask at once"""

    kind = Kind.RULE
    service = "loans"
    detail = "The institution has more than {most} open funds; name those to ask."
    most: int


HELD = text("""
    select b.region,
      sum(case k.kind when 'reserve' then k.amount_minor when 'release' then -k.amount_minor
        when 'commit' then -k.amount_minor else 0 end)::bigint as reserved_minor,
      sum(case k.kind when 'commit' then k.amount_minor when 'uncommit' then -k.amount_minor
        when 'draw' then -k.amount_minor when 'undraw' then k.amount_minor else 0 end)::bigint
        as committed_minor,
      sum(case k.kind when 'draw' then k.amount_minor when 'undraw' then -k.amount_minor
        else 0 end)::bigint as paid_minor
    from fund_claim k
    left join application a
      on a.institution_id = k.institution_id and a.application_id = k.application_id
    left join borrower b on b.institution_id = a.institution_id and b.borrower_id = a.borrower_id
    where k.institution_id = :institution_id and k.fund_id = :fund_id
    group by b.region
""")
RECEIVED = text("""
    select coalesce(sum(amount_minor), 0)::bigint from receipt
    where institution_id = :institution_id and fund_id = :fund_id
""")


async def held_by_place(session: AsyncSession, fund_id: FundId) -> dict[str | None, Held]:
    """Give what the applications of each region hold of a fund, by its plain code."""
    values = {"institution_id": tenancy.institution_of(session), "fund_id": fund_id}
    found: dict[str | None, Held] = {}
    for row in await session.execute(HELD, values):
        region = plain(row.region or "") or None
        held = Held(reserved=row.reserved_minor, committed=row.committed_minor, paid=row.paid_minor)
        found[region] = found.get(region, Held()) + held
    return found


async def received(session: AsyncSession, fund: FundRow) -> Money:
    """Give what a fund has received, less what was taken back."""
    values = {"institution_id": tenancy.institution_of(session), "fund_id": fund.fund_id}
    return Money(await session.scalar(RECEIVED, values) or 0, fund.currency)


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
