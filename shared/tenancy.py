"""Whose transaction is this? The institution that every row of a transaction belongs to."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.ids import InstitutionId

SETTING = "rafid.institution_id"

# One statement enters the institution; the second form also makes the transaction read-only.
ENTER = text(f"select set_config('{SETTING}', :institution_id, true)")
ENTER_READ_ONLY = text(
    f"select set_config('{SETTING}', :institution_id, true),"
    " set_config('transaction_read_only', 'on', true)"
)


async def enter(
    session: AsyncSession, institution_id: InstitutionId, *, read_only: bool = False
) -> None:
    """Bind the session's transaction to one institution; row-level security reads the setting."""
    statement = ENTER_READ_ONLY if read_only else ENTER
    await session.execute(statement, {"institution_id": str(institution_id)})
    session.info["institution_id"] = institution_id


def institution_of(session: AsyncSession) -> InstitutionId:
    """The institution the session's transaction was opened for; KeyError if it was not."""
    institution_id: UUID = session.info["institution_id"]
    return InstitutionId(institution_id)
