"""Which applications and funds are asked about?"""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as applications
from services.loans.applications.queries import ApplicationNotFound
from services.loans.applications.tables import ApplicationRow
from services.loans.borrowers import queries as borrowers
from services.loans.borrowers.tables import BorrowerRow
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
# Later slices' tables: what lenders were promised is read here, their books are their own.
COSTS = text("""
    select g.fund_id,
      round(sum(d.amount_minor * coalesce(l.annual_rate, (r.terms ->> 'annual_rate')::numeric))
        / sum(d.amount_minor), 6) as cost
    from agreement g
    join draw_down d on d.institution_id = g.institution_id and d.agreement_id = g.agreement_id
    join draw_receipt r on r.institution_id = d.institution_id and r.draw_id = d.draw_id
    left join lateral (
      select o.annual_rate from lender_rate o
      join agreement_decision k
        on k.institution_id = o.institution_id and k.proposal_id = o.change_id
      where o.institution_id = d.institution_id and o.draw_id = d.draw_id
        and k.outcome = 'approve' and o.effective_on <= :on
      order by o.effective_on desc limit 1
    ) l on true
    where g.institution_id = :institution_id and g.fund_id = any(:fund_ids)
      and g.currency = g.fund_currency
      and not exists (select from draw_end e
        where e.institution_id = d.institution_id and e.draw_id = d.draw_id)
    group by g.fund_id
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

    A funds manager and our own services ask about all: the answer tells nothing of a person.
    Raises ApplicationNotFound.
    """
    reach = applications.within_reach(actor)
    if not actor.roles.isdisjoint({Role.FUNDS_MANAGER, Role.SERVICE}):
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


async def open_funds(session: AsyncSession) -> dict[FundId, FundRow]:
    """Give the open funds, at most as many as can be asked at once, the oldest first."""
    query = (
        select(FundRow)
        .where(FundRow.institution_id == tenancy.institution_of(session), FundRow.status == "open")
        .order_by(FundRow.fund_id)
        .limit(FUNDS_MAX)
    )
    return {FundId(row.fund_id): row for row in await session.scalars(query)}


async def costs_of_funds(
    session: AsyncSession, fund_ids: Collection[FundId], *, on: date
) -> dict[FundId, Decimal]:
    """Give what lenders of funds are paid a year, weighed by what each lent; else nothing.

    What was drawn 1,000 at 6 % and 3,000 at 10 % costs 9 %.
    """
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_ids": list(fund_ids),
        "on": on,
    }
    rows = await session.execute(COSTS, values)
    return {FundId(row.fund_id): Decimal(f"{row.cost.normalize():f}") for row in rows}


async def applicants(
    session: AsyncSession, application_ids: Collection[UUID]
) -> list[tuple[ApplicationRow, BorrowerRow]]:
    """Give applications with who made them, by id."""
    query = (
        select(ApplicationRow, BorrowerRow)
        .join(
            BorrowerRow,
            (BorrowerRow.institution_id == ApplicationRow.institution_id)
            & (BorrowerRow.borrower_id == ApplicationRow.borrower_id),
        )
        .where(
            ApplicationRow.institution_id == tenancy.institution_of(session),
            ApplicationRow.application_id.in_(set(application_ids)),
        )
        .order_by(ApplicationRow.application_id)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]
