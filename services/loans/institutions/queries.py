"""What is known of institutions, branches, staff and programs?"""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.institutions.tables import (
    BranchRow,
    ClientRow,
    InstitutionCodeRow,
    InstitutionRow,
    StaffRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import BranchId, ClientId, InstitutionId, StaffId
from shared.schemas import Page

Row = TypeVar("Row", BranchRow, StaffRow, ClientRow)


class UnknownInstitution(RafidError):
    """There is no such institution"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The institution of the token is not known here."


class UnknownBranch(RafidError):
    """There is no such branch"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No branch of the institution has the id {branch_id}."
    branch_id: UUID


class UnknownStaff(RafidError):
    """There is no such person on the staff"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "Nobody of the institution has the id {staff_id}."
    staff_id: UUID


class UnknownClient(RafidError):
    """There is no such program"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No program of the institution has the id {client_id}."
    client_id: UUID


async def institution(session: AsyncSession) -> InstitutionRow:
    """Give the transaction's institution. Raises UnknownInstitution."""
    found = await session.get(InstitutionRow, tenancy.institution_of(session))
    if found is None:
        raise UnknownInstitution
    return found


async def find_institution_id(session: AsyncSession, *, code: str) -> InstitutionId | None:
    """Give the institution that a code names; asked before anybody is signed in."""
    query = select(InstitutionCodeRow.institution_id).where(InstitutionCodeRow.code == code)
    found = (await session.execute(query)).scalar_one_or_none()
    return None if found is None else InstitutionId(found)


async def directory(session: AsyncSession, *, page: Page) -> list[InstitutionCodeRow]:
    """Give ids and codes of all institutions, one more than the page holds."""
    query = select(InstitutionCodeRow).order_by(InstitutionCodeRow.institution_id)
    if page.after is not None:
        query = query.where(InstitutionCodeRow.institution_id > page.after)
    return list((await session.scalars(query.limit(page.limit + 1))).all())


async def branch(session: AsyncSession, branch_id: BranchId, *, lock: bool = False) -> BranchRow:
    """Give one branch. Raises UnknownBranch."""
    key = (tenancy.institution_of(session), branch_id)
    found = await session.get(BranchRow, key, with_for_update=lock)
    if found is None:
        raise UnknownBranch(branch_id=branch_id)
    return found


async def branches(session: AsyncSession, *, page: Page) -> list[BranchRow]:
    """Give the institution's branches by id, one more than the page holds."""
    query = _of_institution(session, BranchRow).order_by(BranchRow.branch_id)
    if page.after is not None:
        query = query.where(BranchRow.branch_id > page.after)
    return list((await session.scalars(query.limit(page.limit + 1))).all())


async def branch_ids_among(session: AsyncSession, wanted: list[UUID]) -> set[UUID]:
    """Give those of the wanted ids that are branches of the institution."""
    query = select(BranchRow.branch_id).where(
        BranchRow.institution_id == tenancy.institution_of(session),
        BranchRow.branch_id.in_(wanted),
    )
    return set((await session.scalars(query)).all())


async def staff_member(session: AsyncSession, staff_id: StaffId, *, lock: bool = False) -> StaffRow:
    """Give one person of the staff. Raises UnknownStaff."""
    key = (tenancy.institution_of(session), staff_id)
    found = await session.get(StaffRow, key, with_for_update=lock)
    if found is None:
        raise UnknownStaff(staff_id=staff_id)
    return found


async def find_staff_by_login(session: AsyncSession, login: str) -> StaffRow | None:
    """Give the person who signs in with a login, whether still active or not."""
    query = _of_institution(session, StaffRow).where(StaffRow.login == login)
    return (await session.scalars(query)).one_or_none()


async def staff(session: AsyncSession, *, page: Page) -> list[StaffRow]:
    """Give the staff by id, one more than the page holds."""
    query = _of_institution(session, StaffRow).order_by(StaffRow.staff_id)
    if page.after is not None:
        query = query.where(StaffRow.staff_id > page.after)
    return list((await session.scalars(query.limit(page.limit + 1))).all())


async def locked_administrators(session: AsyncSession) -> list[StaffRow]:
    """Give the active administrators, locked in the order of their ids."""
    query = _of_institution(session, StaffRow).where(
        StaffRow.roles.contains(["administrator"]), StaffRow.deactivated_at.is_(None)
    )
    rows = await session.scalars(query.order_by(StaffRow.staff_id).with_for_update())
    return list(rows.all())


async def client(session: AsyncSession, client_id: ClientId, *, lock: bool = False) -> ClientRow:
    """Give one program. Raises UnknownClient."""
    key = (tenancy.institution_of(session), client_id)
    found = await session.get(ClientRow, key, with_for_update=lock)
    if found is None:
        raise UnknownClient(client_id=client_id)
    return found


async def find_client_by_name(session: AsyncSession, name: str) -> ClientRow | None:
    """Give the program of a name, whether still active or not."""
    query = _of_institution(session, ClientRow).where(ClientRow.name == name)
    return (await session.scalars(query)).one_or_none()


async def clients(session: AsyncSession, *, page: Page) -> list[ClientRow]:
    """Give the programs by id, one more than the page holds."""
    query = _of_institution(session, ClientRow).order_by(ClientRow.client_id)
    if page.after is not None:
        query = query.where(ClientRow.client_id > page.after)
    return list((await session.scalars(query.limit(page.limit + 1))).all())


def _of_institution(session: AsyncSession, row: type[Row]) -> Select[Row]:
    """Name the institution in each query: the wall would do, a distributed database needs it."""
    return select(row).where(row.institution_id == tenancy.institution_of(session))
