"""Which of many processes does what only one should do at a time?"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from shared.db import TenantDb

TAKE = text("""
    insert into lease (institution_id, name, holder, until)
    values (:institution_id, :name, :holder, clock_timestamp()) on conflict do nothing
""")
HOLD = text("""
    select true from lease where institution_id = :institution_id and name = :name
    for update skip locked
""")


@asynccontextmanager
async def held(db: TenantDb, name: str) -> AsyncIterator[bool]:
    """Hold a lease of an institution by its name; say whether it is ours, without waiting for it.

    It is the lock on a row, so it ends with the block, and with the process or its connection
    where that dies. Work inside has transactions of its own.
    """
    values = {"institution_id": db.institution_id, "name": name}
    async with db.begin() as session:
        await session.execute(TAKE, {**values, "holder": uuid.uuid4()})
    async with db.begin() as session:
        yield bool(await session.scalar(HOLD, values))
