"""What do the bodies about institutions, branches, staff and programs look like?"""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.loans.institutions.names import Names
from services.loans.institutions.tables import (
    BranchRow,
    ClientRow,
    InstitutionCodeRow,
    InstitutionRow,
    StaffRow,
)
from shared.auth import Role
from shared.schemas import Body

MAX_NAME = 200
MAX_BRANCHES = 1_000


class NamesBody(Body):
    """What a thing is called in the three languages."""

    ar: str = Field(min_length=1, max_length=MAX_NAME)
    fr: str = Field(min_length=1, max_length=MAX_NAME)
    en: str = Field(min_length=1, max_length=MAX_NAME)

    @classmethod
    def of(cls, row: InstitutionRow | BranchRow) -> Self:
        """Read the names of a row."""
        return cls(ar=row.name_ar, fr=row.name_fr, en=row.name_en)

    def names(self) -> Names:
        """Give the names as operations take them."""
        return Names(ar=self.ar, fr=self.fr, en=self.en)


class DirectoryOut(Body):
    """An institution in the directory that our own services read."""

    institution_id: UUID
    code: str

    @classmethod
    def of(cls, row: InstitutionCodeRow) -> Self:
        """Read a row."""
        return cls(institution_id=row.institution_id, code=row.code)


class InstitutionOut(Body):
    """The institution of the token.

    `rulings_bind`: nothing that needs a ruling is done without one of the Sharia register.
    """

    institution_id: UUID
    code: str
    names: NamesBody
    country: str
    currency: str
    timezone: str
    rulings_bind: bool = True

    @classmethod
    def of(cls, row: InstitutionRow) -> Self:
        """Read a row."""
        return cls(
            institution_id=row.institution_id,
            code=row.code,
            names=NamesBody.of(row),
            country=row.country,
            currency=row.currency,
            timezone=row.timezone,
            rulings_bind=row.rulings_bind,
        )


class BranchIn(Body):
    """A branch to open."""

    code: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,30}$", examples=["amman-1"])
    names: NamesBody
    region: str = Field(min_length=1, max_length=MAX_NAME)


class BranchOut(Body):
    """A branch."""

    branch_id: UUID
    code: str
    names: NamesBody
    region: str
    deactivated_at: datetime | None

    @classmethod
    def of(cls, row: BranchRow) -> Self:
        """Read a row."""
        return cls(
            branch_id=row.branch_id,
            code=row.code,
            names=NamesBody.of(row),
            region=row.region,
            deactivated_at=row.deactivated_at,
        )


class StaffIn(Body):
    """A person to let in; without branches the roles hold for all of them."""

    login: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["amina"])
    name: str = Field(min_length=1, max_length=MAX_NAME)
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    branch_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MAX_BRANCHES)
    donor_id: UUID | None = None


class StaffOut(Body):
    """A person on the staff; `login` is what the sign-in page asks for."""

    staff_id: UUID
    login: str
    name: str
    roles: list[Role]
    branch_ids: list[UUID] | None
    donor_id: UUID | None
    deactivated_at: datetime | None

    @classmethod
    def of(cls, row: StaffRow, *, code: str) -> Self:
        """Read a row; `code` is the institution's."""
        return cls(
            staff_id=row.staff_id,
            login=f"{row.login}@{code}",
            name=row.name,
            roles=[Role(role) for role in row.roles],
            branch_ids=row.branch_ids,
            donor_id=row.donor_id,
            deactivated_at=row.deactivated_at,
        )


class NewStaffOut(Body):
    """A person with the password, which is never shown again."""

    staff: StaffOut
    password: str


class ClientIn(Body):
    """A program to let in."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", examples=["core-banking"])
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    branch_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MAX_BRANCHES)


class ClientOut(Body):
    """A program; `client_id` is what the token endpoint asks for."""

    id: UUID
    client_id: str
    roles: list[Role]
    branch_ids: list[UUID] | None
    deactivated_at: datetime | None

    @classmethod
    def of(cls, row: ClientRow, *, code: str) -> Self:
        """Read a row; `code` is the institution's."""
        return cls(
            id=row.client_id,
            client_id=f"{code}.{row.name}",
            roles=[Role(role) for role in row.roles],
            branch_ids=row.branch_ids,
            deactivated_at=row.deactivated_at,
        )


class NewClientOut(Body):
    """A program with its secret, which is never shown again."""

    client: ClientOut
    client_secret: str
