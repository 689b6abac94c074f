"""What the database refuses is told without what was sent to it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.db import Database
from shared.ids import InstitutionId


async def test_an_error_names_the_statement_and_no_person(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with loans_db.read(institution_id) as session:
            await session.execute(text("select 1 / (0 * length(:name))"), {"name": "Amina Haddad"})
    assert "length" in str(caught.value)
    assert "Amina" not in str(caught.value)
