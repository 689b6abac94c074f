"""Which addresses serve institutions, branches, staff and programs?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.loans.deps import Db, Now
from services.loans.institutions import operations, passwords, queries
from services.loans.institutions.schemas import (
    BranchIn,
    BranchOut,
    ClientIn,
    ClientOut,
    DirectoryOut,
    InstitutionOut,
    NewClientOut,
    NewStaffOut,
    StaffIn,
    StaffOut,
)
from shared.auth import Actor, Role, require
from shared.ids import BranchId, ClientId, DonorId, StaffId
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(tags=["institutions"])

Service = Annotated[Actor, require(Role.SERVICE, everywhere=True)]
Anyone = Annotated[Actor, require(*Role)]
Insider = Annotated[Actor, require(*(role for role in Role if role is not Role.DONOR))]
Administrator = Annotated[Actor, require(Role.ADMINISTRATOR)]
Overseer = Annotated[Actor, require(Role.ADMINISTRATOR, Role.AUDITOR)]


# `actor` stands before `db`, which would else ask for the institution's name.
@router.get("/loans/v1/institutions")
async def list_institutions(actor: Service, db: Db, page: PageQuery) -> PageOut[DirectoryOut]:
    """Give every institution's id and code: our own services follow each one's events."""
    async with db() as session:
        rows = await queries.directory(session, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.institution_id)
    return PageOut(items=[DirectoryOut.of(row) for row in kept], next=cursor)


@router.get("/loans/v1/institution")
async def show_institution(actor: Anyone, db: Db) -> InstitutionOut:
    """Give the institution of the token."""
    async with db() as session:
        return InstitutionOut.of(await queries.institution(session))


@router.post("/loans/v1/branches", status_code=201)
async def create_branch(body: BranchIn, actor: Administrator, db: Db) -> BranchOut:
    """Open a branch."""
    async with db.begin() as session:
        row = await operations.create_branch(
            session, code=body.code, names=body.names.names(), region=body.region
        )
        return BranchOut.of(row)


@router.get("/loans/v1/branches")
async def list_branches(actor: Insider, db: Db, page: PageQuery) -> PageOut[BranchOut]:
    """Give the branches, also those that are closed."""
    async with db() as session:
        rows = await queries.branches(session, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.branch_id)
    return PageOut(items=[BranchOut.of(row) for row in kept], next=cursor)


@router.post("/loans/v1/branches/{branch_id}/deactivate")
async def deactivate_branch(branch_id: UUID, actor: Administrator, db: Db, now: Now) -> BranchOut:
    """Close a branch to new business."""
    async with db.begin() as session:
        row = await operations.deactivate_branch(session, BranchId(branch_id), at=now)
        return BranchOut.of(row)


@router.post("/loans/v1/staff", status_code=201)
async def create_staff(body: StaffIn, actor: Administrator, db: Db) -> NewStaffOut:
    """Let a person in; the answer holds the password, once."""
    password = passwords.new_password()
    password_hash = await passwords.hashed(password)
    async with db.begin() as session:
        row = await operations.create_staff(
            session,
            login=body.login,
            name=body.name,
            roles=body.roles,
            branch_ids=None if body.branch_ids is None else [BranchId(i) for i in body.branch_ids],
            donor_id=None if body.donor_id is None else DonorId(body.donor_id),
            password_hash=password_hash,
        )
        code = (await queries.institution(session)).code
    return NewStaffOut(staff=StaffOut.of(row, code=code), password=password)


@router.get("/loans/v1/staff")
async def list_staff(actor: Overseer, db: Db, page: PageQuery) -> PageOut[StaffOut]:
    """Give the staff, also those who left."""
    async with db() as session:
        rows = await queries.staff(session, page=page)
        code = (await queries.institution(session)).code
    kept, cursor = page.cut(rows, key=lambda row: row.staff_id)
    return PageOut(items=[StaffOut.of(row, code=code) for row in kept], next=cursor)


@router.post("/loans/v1/staff/{staff_id}/deactivate")
async def deactivate_staff(staff_id: UUID, actor: Administrator, db: Db, now: Now) -> StaffOut:
    """Let a person in no more."""
    async with db.begin() as session:
        row = await operations.deactivate_staff(session, StaffId(staff_id), at=now)
        return StaffOut.of(row, code=(await queries.institution(session)).code)


@router.post("/loans/v1/staff/{staff_id}/password")
async def reset_password(staff_id: UUID, actor: Administrator, db: Db) -> NewStaffOut:
    """Give a person another password; the answer holds it, once."""
    password = passwords.new_password()
    password_hash = await passwords.hashed(password)
    async with db.begin() as session:
        row = await operations.reset_password(
            session, StaffId(staff_id), password_hash=password_hash
        )
        code = (await queries.institution(session)).code
    return NewStaffOut(staff=StaffOut.of(row, code=code), password=password)


@router.post("/loans/v1/clients", status_code=201)
async def create_client(body: ClientIn, actor: Administrator, db: Db) -> NewClientOut:
    """Let a program in; the answer holds its secret, once."""
    secret = passwords.new_secret()
    secret_hash = await passwords.hashed(secret)
    async with db.begin() as session:
        row = await operations.create_client(
            session,
            name=body.name,
            roles=body.roles,
            branch_ids=None if body.branch_ids is None else [BranchId(i) for i in body.branch_ids],
            secret_hash=secret_hash,
        )
        code = (await queries.institution(session)).code
    return NewClientOut(client=ClientOut.of(row, code=code), client_secret=secret)


@router.get("/loans/v1/clients")
async def list_clients(actor: Overseer, db: Db, page: PageQuery) -> PageOut[ClientOut]:
    """Give the programs, also those that are let in no more."""
    async with db() as session:
        rows = await queries.clients(session, page=page)
        code = (await queries.institution(session)).code
    kept, cursor = page.cut(rows, key=lambda row: row.client_id)
    return PageOut(items=[ClientOut.of(row, code=code) for row in kept], next=cursor)


@router.post("/loans/v1/clients/{client_id}/deactivate")
async def deactivate_client(client_id: UUID, actor: Administrator, db: Db, now: Now) -> ClientOut:
    """Let a program in no more."""
    async with db.begin() as session:
        row = await operations.deactivate_client(session, ClientId(client_id), at=now)
        return ClientOut.of(row, code=(await queries.institution(session)).code)
