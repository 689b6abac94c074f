"""What changes institutions, branches, staff, programs and the numbers of references?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.institutions import passwords, queries
from services.loans.institutions.names import Names
from services.loans.institutions.queries import UnknownBranch
from services.loans.institutions.tables import (
    BranchRow,
    ClientRow,
    InstitutionCodeRow,
    InstitutionRow,
    ReferenceCounterRow,
    StaffRow,
)
from shared import clock, feed, ids, money, tenancy
from shared.auth import Role
from shared.errors import Kind, RafidError
from shared.events import BranchCreated, InstitutionCreated
from shared.ids import BranchId, ClientId, DonorId, StaffId

ADD_TENANT = text("insert into tenant (institution_id) values (:institution_id)")

BIND = text("""
    update institution set rulings_bind = true where institution_id = :institution_id
""")


class NameTaken(RafidError):
    """The name is already taken"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{name} is already taken; choose another."
    name: str


class RoleNotGiven(RafidError):
    """This role cannot be given"""

    kind = Kind.RULE
    service = "loans"
    detail = "The role {role} belongs to our own services; it cannot be given."
    role: Role


class DonorNotNamed(RafidError):
    """A donor's account names its donor"""

    kind = Kind.RULE
    service = "loans"
    detail = "The role donor needs a donor_id and stands alone; no other role has one."


class LastAdministrator(RafidError):
    """The last administrator stays"""

    kind = Kind.RULE
    service = "loans"
    detail = "Appoint another administrator before this one leaves."


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A new institution and its first administrator; the password is told this once."""

    institution: InstitutionRow
    administrator: StaffRow
    login: str
    password: str


async def create_institution(
    session: AsyncSession,
    *,
    code: str,
    names: Names,
    country: str,
    currency: str,
    timezone: str,
    administrator_login: str = "administrator",
) -> Founded:
    """Found the institution the transaction was opened for, and its first administrator.

    Raises NameTaken for a code in use, UnknownCurrency, UnknownTimeZone.
    """
    money.exponent_of(currency)
    clock.zone(timezone)
    institution_id = tenancy.institution_of(session)
    await _insert_named(session, InstitutionCodeRow, code, code=code)
    row = InstitutionRow(
        institution_id=institution_id,
        code=code,
        name_ar=names.ar,
        name_fr=names.fr,
        name_en=names.en,
        country=country,
        currency=currency,
        timezone=timezone,
    )
    session.add(row)
    await session.execute(ADD_TENANT, {"institution_id": institution_id})
    await session.flush()
    password = passwords.new_password()
    administrator = await create_staff(
        session,
        login=administrator_login,
        name=administrator_login,
        roles={Role.ADMINISTRATOR},
        password_hash=await passwords.hashed(password),
    )
    event = InstitutionCreated(
        code=code,
        country=country,
        currency=currency,
        name_ar=names.ar,
        name_fr=names.fr,
        name_en=names.en,
    )
    await feed.publish(session, event, subject_id=institution_id)
    login = f"{administrator_login}@{code}"
    return Founded(institution=row, administrator=administrator, login=login, password=password)


async def bind_to_rulings(session: AsyncSession) -> InstitutionRow:
    """Let nothing that needs a ruling be done without one of the register; for good."""
    values = {"institution_id": tenancy.institution_of(session)}
    await session.execute(BIND, values)
    row = await queries.institution(session)
    await session.refresh(row)
    return row


async def create_branch(
    session: AsyncSession, *, code: str, names: Names, region: str
) -> BranchRow:
    """Open a branch. Raises NameTaken for a code in use."""
    branch_id = BranchId(ids.new())
    members = {"name_ar": names.ar, "name_fr": names.fr, "name_en": names.en, "region": region}
    await _insert_named(session, BranchRow, code, branch_id=branch_id, code=code, **members)
    event = BranchCreated(branch_id=branch_id, code=code, **members)
    await feed.publish(session, event, subject_id=branch_id)
    return await queries.branch(session, branch_id)


async def deactivate_branch(
    session: AsyncSession, branch_id: BranchId, *, at: datetime
) -> BranchRow:
    """Close a branch to new business; what it lent stays its. Again: no effect."""
    row = await queries.branch(session, branch_id, lock=True)
    row.deactivated_at = row.deactivated_at or at
    await session.flush()
    return row


async def create_staff(
    session: AsyncSession,
    *,
    login: str,
    name: str,
    roles: Collection[Role],
    password_hash: str,
    branch_ids: Collection[BranchId] | None = None,
    donor_id: DonorId | None = None,
) -> StaffRow:
    """Let a person sign in; `branch_ids` None: for every branch.

    Raises NameTaken, UnknownBranch, RoleNotGiven, DonorNotNamed.
    """
    _check_roles(roles, donor_id=donor_id)
    await _check_branches(session, branch_ids)
    staff_id = StaffId(ids.new())
    await _insert_named(
        session,
        StaffRow,
        login,
        staff_id=staff_id,
        login=login,
        name=name,
        roles=sorted(roles),
        branch_ids=None if branch_ids is None else sorted(branch_ids),
        donor_id=donor_id,
        password_hash=password_hash,
    )
    return await queries.staff_member(session, staff_id)


async def deactivate_staff(session: AsyncSession, staff_id: StaffId, *, at: datetime) -> StaffRow:
    """Let a person sign in no more; tokens in use end by themselves. Again: no effect.

    Raises UnknownStaff, LastAdministrator.
    """
    administrators = await queries.locked_administrators(session)
    row = await queries.staff_member(session, staff_id, lock=True)
    if [other.staff_id for other in administrators] == [staff_id]:
        raise LastAdministrator
    row.deactivated_at = row.deactivated_at or at
    await session.flush()
    return row


async def reset_password(
    session: AsyncSession, staff_id: StaffId, *, password_hash: str
) -> StaffRow:
    """Give a person another password. Raises UnknownStaff."""
    row = await queries.staff_member(session, staff_id, lock=True)
    row.password_hash = password_hash
    await session.flush()
    return row


async def create_client(
    session: AsyncSession,
    *,
    name: str,
    roles: Collection[Role],
    secret_hash: str,
    branch_ids: Collection[BranchId] | None = None,
) -> ClientRow:
    """Let a program in. Raises NameTaken, UnknownBranch, RoleNotGiven, DonorNotNamed."""
    _check_roles(roles, donor_id=None)
    await _check_branches(session, branch_ids)
    client_id = ClientId(ids.new())
    await _insert_named(
        session,
        ClientRow,
        name,
        client_id=client_id,
        name=name,
        roles=sorted(roles),
        branch_ids=None if branch_ids is None else sorted(branch_ids),
        secret_hash=secret_hash,
    )
    return await queries.client(session, client_id)


async def deactivate_client(
    session: AsyncSession, client_id: ClientId, *, at: datetime
) -> ClientRow:
    """Let a program in no more; tokens in use end by themselves. Again: no effect."""
    row = await queries.client(session, client_id, lock=True)
    row.deactivated_at = row.deactivated_at or at
    await session.flush()
    return row


async def next_references(
    session: AsyncSession, *, kind: str, year: int, count: int = 1
) -> tuple[str, ...]:
    """Give the next references of a kind in a year: the 123rd "LN" of 2026 is LN-2026-000123.

    Its row is locked until the transaction ends, so a number is neither given twice nor lost.
    """
    row = insert_or(ReferenceCounterRow).values(
        institution_id=tenancy.institution_of(session), kind=kind, year=year, last=count
    )
    counted = row.on_conflict_do_update(
        index_elements=["institution_id", "kind", "year"],
        set_={"last": ReferenceCounterRow.last + count},
    ).returning(ReferenceCounterRow.last)
    last = (await session.execute(counted)).scalar_one()
    return tuple(f"{kind}-{year}-{number:06d}" for number in range(last - count + 1, last + 1))


async def next_reference(session: AsyncSession, *, kind: str, year: int) -> str:
    """Give one reference (see `next_references`)."""
    return (await next_references(session, kind=kind, year=year))[0]


async def _insert_named(
    session: AsyncSession,
    table: type[InstitutionCodeRow | BranchRow | StaffRow | ClientRow],
    called: str,
    **values: object,
) -> None:
    """Insert a row unless its name is taken; a failed statement would end the transaction."""
    values["institution_id"] = tenancy.institution_of(session)
    statement = insert_or(table).values(values).on_conflict_do_nothing().returning(text("1"))
    if (await session.execute(statement)).first() is None:
        raise NameTaken(name=called)


def _check_roles(roles: Collection[Role], *, donor_id: DonorId | None) -> None:
    if Role.SERVICE in roles:
        raise RoleNotGiven(role=Role.SERVICE)
    if (Role.DONOR in roles) != (donor_id is not None) or (donor_id and len(set(roles)) > 1):
        raise DonorNotNamed


async def _check_branches(session: AsyncSession, branch_ids: Collection[BranchId] | None) -> None:
    wanted: list[UUID] = list(branch_ids or ())
    known = await queries.branch_ids_among(session, wanted)
    for branch_id in wanted:
        if branch_id not in known:
            raise UnknownBranch(branch_id=branch_id)
