"""Is a contract a leg of a file, to be signed and paid out with the other legs alone?"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId

UNPAID = text("""
    select g.application_id, f.file_id, f.reference from financing_leg g
    join financing_file f on f.institution_id = g.institution_id and f.file_id = g.file_id
    where g.institution_id = :institution_id and f.status <> 'paid_out'
      and g.application_id = any(cast(:application_ids as uuid[]))
""")


class LegGoesWithItsFile(RafidError):
    """The contract is a leg of a financing file"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "This is a leg of the file {reference}: it is signed and paid out with the others."
    reference: str
    file_id: UUID


async def require_joined(session: AsyncSession, files: Mapping[ApplicationId, UUID | None]) -> None:
    """Refuse a leg that is not moved with its file; files by application.

    Once a file is paid out its legs are contracts like any other. Raises LegGoesWithItsFile.
    """
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": list(files),
    }
    for row in await session.execute(UNPAID, values):
        if files[row.application_id] != row.file_id:
            raise LegGoesWithItsFile(reference=row.reference, file_id=row.file_id)
