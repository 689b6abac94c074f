"""How far has each application of a made history come, and what was booked of it?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.lifecycle import ApplicationStatus, ContractStatus
from shared import tenancy
from shared.ids import ApplicationId, BorrowerId, ContractId, FundId, StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an application stands; what it became when it was signed."""

    application_id: ApplicationId
    status: ApplicationStatus
    contract_id: ContractId | None
    contract_status: ContractStatus | None


STANDINGS = text("""
    select a.external_id, a.application_id, a.status, c.contract_id, c.status as contract_status
    from application a
    left join contract c
      on c.institution_id = a.institution_id and c.application_id = a.application_id
    where a.institution_id = :institution_id and a.external_id = any(:external_ids)
""")


async def standings(session: AsyncSession, external_ids: Collection[str]) -> dict[str, Standing]:
    """Return where applications stand, by the name they came with; those unknown are absent."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "external_ids": list(external_ids),
    }
    return {
        row.external_id: Standing(
            application_id=ApplicationId(row.application_id),
            status=ApplicationStatus(row.status),
            contract_id=row.contract_id and ContractId(row.contract_id),
            contract_status=row.contract_status and ContractStatus(row.contract_status),
        )
        for row in await session.execute(STANDINGS, values)
    }


BORROWERS = text("""
    select external_id, borrower_id from borrower
    where institution_id = :institution_id and external_id = any(:external_ids)
""")


async def borrower_ids(
    session: AsyncSession, external_ids: Collection[str]
) -> dict[str, BorrowerId]:
    """Return the borrowers that are registered, by the name they came with."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "external_ids": list(external_ids),
    }
    rows = await session.execute(BORROWERS, values)
    return {row.external_id: BorrowerId(row.borrower_id) for row in rows}


RECEIPTS = text("""
    select f.code, r.received_on from receipt r
    join fund f on f.institution_id = r.institution_id and f.fund_id = r.fund_id
    where r.institution_id = :institution_id
""")


async def booked_receipts(session: AsyncSession) -> set[tuple[str, date]]:
    """Return the fund and day of every receipt that is booked."""
    rows = await session.execute(RECEIPTS, {"institution_id": tenancy.institution_of(session)})
    return {(row.code, row.received_on) for row in rows}


FOUNDED = text("select 1 from institution where institution_id = :institution_id")


async def is_founded(session: AsyncSession) -> bool:
    """Whether the transaction's institution exists."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(FOUNDED, values)).first() is not None


DEED = text("select 1 from waqf_order where institution_id = :institution_id and kind = 'deed'")


async def has_deed(session: AsyncSession) -> bool:
    """Whether a waqf of the institution has its deed, or one is proposed."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(DEED, values)).first() is not None


FIRST_BORROWER = text("""
    select w.borrower_id from borrower w
    join branch b on b.institution_id = w.institution_id and b.branch_id = w.branch_id
    where w.institution_id = :institution_id and w.kind = 'person' and b.code = :branch
    order by w.borrower_id limit 1
""")


async def first_borrower(session: AsyncSession, *, branch: str) -> BorrowerId | None:
    """Return the person who was registered first in a branch; None before there is one."""
    values = {"institution_id": tenancy.institution_of(session), "branch": branch}
    found: BorrowerId | None = (await session.execute(FIRST_BORROWER, values)).scalar()
    return found


CODES = {
    "branch": text("select code, branch_id from branch where institution_id = :institution_id"),
    "fund": text("select code, fund_id from fund where institution_id = :institution_id"),
    "donor": text("select code, donor_id from donor where institution_id = :institution_id"),
    "product": text("select code, product_id from product where institution_id = :institution_id"),
    "staff": text("select login, staff_id from staff where institution_id = :institution_id"),
}


async def ids_by_code(session: AsyncSession, noun: str) -> dict[str, UUID]:
    """Return the ids of the branches, funds, donors, products or staff by code or login."""
    values = {"institution_id": tenancy.institution_of(session)}
    rows = await session.execute(CODES[noun], values)
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """The ids of an institution's parts, by the codes a made history calls them."""

    branches: dict[str, UUID]
    funds: dict[str, FundId]
    donors: dict[str, UUID]
    products: dict[str, UUID]
    staff: dict[str, StaffId]


async def founded(session: AsyncSession) -> Founded:
    """Return what the institution consists of."""
    found = {noun: await ids_by_code(session, noun) for noun in CODES}
    return Founded(
        branches=found["branch"],
        funds={code: FundId(fund_id) for code, fund_id in found["fund"].items()},
        donors=found["donor"],
        products=found["product"],
        staff={login: StaffId(staff_id) for login, staff_id in found["staff"].items()},
    )


TOLD = text("""
    select
      (select count(*) from event_pending where institution_id = :institution_id) as waiting,
      coalesce((select number from feed_entry where institution_id = :institution_id
        order by number desc limit 1), 0) as head
""")


async def told(session: AsyncSession) -> tuple[int, int]:
    """Return how many events wait for their number, and the newest number."""
    row = (await session.execute(TOLD, {"institution_id": tenancy.institution_of(session)})).one()
    return row.waiting, row.head
