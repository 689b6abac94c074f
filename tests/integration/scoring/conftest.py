"""A desk for each test."""

from collections.abc import AsyncIterator

import pytest

from shared.ids import InstitutionId
from tests.integration.scoring import desk
from tests.integration.scoring.desk import Desk


@pytest.fixture
async def scoring(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> AsyncIterator[Desk]:
    async with desk.opened(database_urls["scoring"], institution_id) as opened:
        yield opened
