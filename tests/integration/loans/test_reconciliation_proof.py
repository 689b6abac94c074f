"""`rafid verify` finds suspense and matches that do not fit the books."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.loans.proof import queries as proof
from services.loans.reconciliation.checks.queries import RULES
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import reconciling
from tests.integration.loans.reconciling import Counter, entry, statement

STANDS, ALONE, ADDS = RULES


@pytest.fixture
async def counter(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Counter]:
    """One payment that is matched, and money that nobody explains."""
    async with reconciling.opened(loans_db, institution_id) as opened:
        await opened.plan()
        payment_id = await opened.collect(await opened.contract(), "100.000")
        lines = [entry("100", 1, payment_id.hex, bank="B1"), entry("45", 1, bank="B2")]
        await opened.bring(statement("0", "145", 1, *lines))
        await opened.run()
        yield opened


async def broken(counter: Counter) -> dict[str, str]:
    place = counter.office
    async with place.database.read(place.institution_id) as session:
        found = {rule: await proof.broken(session, rule) for rule in RULES}
    return {rule: row.why for rule, row in found.items() if row is not None}


async def spoil(admin_url: str, counter: Counter, change: str) -> None:
    """Change a row behind the walls, as nobody should be able to."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute("set search_path = loans")
    changed = await connection.execute(change, counter.office.institution_id)
    await connection.close()
    assert changed == "UPDATE 1"


async def test_what_fits_is_proved(counter: Counter) -> None:
    assert await broken(counter) == {}


@pytest.mark.parametrize(
    ("change", "rule", "why"),
    [
        (
            "update suspense_item set amount_minor = 44000 where institution_id = $1",
            STANDS,
            "booked 45000, open items 44000",
        ),
        (
            (
                "update journal_line l set account_id = o.account_id from account a, account o"
                " where l.institution_id = $1 and a.account_id = l.account_id and a.code = 'wallet'"
                " and o.fund_id = a.fund_id and o.code = 'profit_income' and exists (select from"
                " journal_entry e where e.entry_id = l.entry_id and e.kind = 'suspense')"
            ),
            ALONE,
            "with profit_income",
        ),
        (
            (
                "update judgement set amount_minor = 99000 where institution_id = $1"
                " and sort = 'payment'"
            ),
            ADDS,
            "lines 100000, movements 99000, fee 0",
        ),
    ],
)
async def test_a_row_that_does_not_fit_is_found(
    counter: Counter, admin_url: str, change: str, rule: str, why: str
) -> None:
    await spoil(admin_url, counter, change)
    assert await broken(counter) == {rule: why}
