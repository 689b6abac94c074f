"""Is a contract a leg of a file, to be signed and paid out with the other legs alone?"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import queries
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId


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
    for row in await queries.unpaid_files(session, list(files)):
        if files[row.application_id] != row.file_id:
            raise LegGoesWithItsFile(reference=row.reference, file_id=row.file_id)
