"""How is somebody registered who sells, makes or buys goods?"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deals.tables import SupplierRow
from services.loans.domain import duplicates
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError


class SupplierCodeTaken(RafidError):
    """A supplier of this code exists"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The code {code} belongs to another supplier."
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A supplier to be registered; `phone` in international form."""

    code: str
    name: str
    registration: str | None = None
    phone: str | None = None
    borrower_id: UUID | None = None


async def register_supplier(
    session: AsyncSession, supplier: Registered, *, actor: Actor
) -> SupplierRow:
    """Register who sells, makes or buys goods. Raises SupplierCodeTaken."""
    key = None if supplier.registration is None else duplicates.document_key(supplier.registration)
    statement = (
        insert(SupplierRow)
        .values(
            institution_id=tenancy.institution_of(session),
            supplier_id=ids.new(),
            code=supplier.code,
            name=supplier.name,
            registration_key=key,
            phone=supplier.phone,
            borrower_id=supplier.borrower_id,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing(index_elements=["institution_id", "code"])
        .returning(SupplierRow)
    )
    row = (await session.execute(statement)).scalar()
    if row is None:
        raise SupplierCodeTaken(code=supplier.code)
    return row
