"""The services at whose doors requirements are shown, each over its own database."""

from collections.abc import AsyncIterator

import pytest

from shared.ids import InstitutionId
from tests.integration.scoring import desk
from tests.integration.scoring.desk import Desk


@pytest.fixture
async def scoring(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> AsyncIterator[Desk]:
    """The real scoring application, spoken to over HTTP."""
    async with desk.opened(database_urls["scoring"], institution_id) as opened:
        yield opened
