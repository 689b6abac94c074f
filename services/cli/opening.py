"""Which databases does a command read, and whose institution's rows in them?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services import data_folder
from services.cli.options import Folder, LoansAddress
from services.loans.institutions import queries as institutions
from services.loans.institutions.tables import InstitutionRow
from shared.db import Database, TenantDb
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId


class InstitutionCodeUnknown(RafidError):
    """The institution is not named"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "Name one of these with --institution: {codes}."
    codes: tuple[str, ...]


@asynccontextmanager
async def databases(folder: Folder, url: LoansAddress) -> AsyncIterator[dict[str, Database]]:
    """Open the services' databases: those of a data folder, or that of a loans role's URL."""
    if url is not None:
        opened = {"loans": Database(url)}
        try:
            yield opened
        finally:
            await opened["loans"].close()
        return
    async with data_folder.start_postgres(data_folder.chosen(folder)) as found:
        opened = {service: Database(address) for service, address in found.urls.items()}
        try:
            yield opened
        finally:
            for database in opened.values():
                await database.close()


async def tenants(database: Database) -> list[InstitutionId]:
    """Return the institutions that a schema holds rows of."""
    pool = await database.pool()
    rows = await pool.fetch("select institution_id from tenant order by institution_id")
    return [InstitutionId(row["institution_id"]) for row in rows]


async def asked(database: Database, *, code: str | None) -> list[InstitutionRow]:
    """Give the institution that a code names, or all of them. Raises `InstitutionCodeUnknown`.

    `database` is that of loans, which alone knows an institution's code.
    """
    pool = await database.pool()
    known = {
        row["code"]: InstitutionId(row["institution_id"])
        for row in await pool.fetch("select code, institution_id from institution_code order by 2")
    }
    if code is not None and code not in known:
        raise InstitutionCodeUnknown(codes=tuple(sorted(known)))
    found = []
    for institution_id in known.values() if code is None else [known[code]]:
        async with database.read(institution_id) as session:
            found.append(await institutions.institution(session))
    return found


async def tenant(database: Database, *, code: str | None) -> TenantDb:
    """The database bound to the institution named, or to the only one there is."""
    found = await asked(database, code=code)
    if len(found) != 1:
        raise InstitutionCodeUnknown(codes=tuple(sorted(row.code for row in found)))
    return TenantDb(database, InstitutionId(found[0].institution_id))
