"""How does a contract stand, to be told in a file, and does one stand as the file told?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.portfolio_records import CellInvalid, ContractRecord
from services.loans.domain.taking_over import OutstandingDiffers
from services.loans.takeover import queries
from shared.errors import Kind, RafidError
from shared.money import Money

SUMS: Final = (
    *("disbursed", "written_off", "paid_principal", "paid_profit", "paid_fee", "paid_penalty"),
    *("surplus", "agreed_profit", "agreed_fee", "agreed_penalty", "savings", "contribution"),
)
SCHEDULE, OLDEST = "schedule", "oldest_open_due_on"


class StandingDiffers(RafidError):
    """The history does not lead to where the contract is said to stand"""

    kind = Kind.RULE
    service = "loans"
    detail = "Of {reference}, {member} is stated as {stated}; its movements lead to {computed}."
    reference: str
    member: str
    stated: str
    computed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """Where a contract stands: its status, the principal owed, and all that can be compared.

    `members` are amounts of money, the oldest open due day, and the SHA-256 of the instalments
    that are agreed now.
    """

    status: str
    outstanding: Money
    members: Mapping[str, str]


async def stood(session: AsyncSession, contract_ids: Collection[UUID]) -> dict[UUID, Stood]:
    """Give how contracts stand."""
    return {row.contract_id: _stood(row) for row in await queries.stood(session, contract_ids)}


async def require(session: AsyncSession, contract_id: UUID, record: ContractRecord) -> None:
    """Raise `OutstandingDiffers` or `StandingDiffers` unless a contract stands as a file says.

    What the file does not say of it is not compared. Raises `CellInvalid` for what nobody knows.
    """
    found = (await stood(session, [contract_id]))[contract_id]
    if found.outstanding != record.outstanding:
        raise OutstandingDiffers(
            reference=record.reference, stated=record.outstanding, computed=found.outstanding
        )
    computed = {**found.members, "status": found.status}
    for member, stated in {"status": record.status or found.status, **record.details}.items():
        if member not in computed:
            raise CellInvalid(column="details", value=member[:80])
        if stated != computed[member]:
            raise StandingDiffers(
                reference=record.reference,
                member=member,
                stated=stated[:80],
                computed=computed[member],
            )


def _stood(row: Row[Any]) -> Stood:
    sums = {name: str(Money(getattr(row, name), row.currency)) for name in SUMS}
    oldest = "" if row.oldest_open_due_on is None else row.oldest_open_due_on.isoformat()
    return Stood(
        status=row.status,
        outstanding=Money(row.outstanding_principal_minor, row.currency),
        members={**sums, OLDEST: oldest, SCHEDULE: row.schedule},
    )
