"""Days are closed over contracts whose profit every payment counts anew, and the books hold."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from services.loans.closing import running
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import closing_scene, ordering
from tests.integration.loans.closing_scene import ACCRUING, FAR, assert_sound, of_close
from tests.integration.loans.course_loans import loan, paid
from tests.integration.loans.ordering import Desk
from tests.integration.loans.test_closing_sums import by_the_domain


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def test_what_was_earned_between_due_dates_is_closed_and_follows_the_payments(
    desk: Desk,
) -> None:
    books = await closing_scene.books(desk.scene, [loan(), loan()])
    await books.give(ACCRUING)
    early, silent = (str(one.contract_id) for one in books.lent)

    await paid(desk, early, "300.000", "2026-02-01")
    await books.close(date(2026, 2, 10))
    accrued = of_close(await books.balances())
    await paid(desk, early, "106.619", "2026-03-15")
    await paid(desk, early, "20.000", "2026-02-20")
    await desk.done(silent, "re_age", instalments=9, first_due_on="2026-05-01")

    for day in (date(2026, 3, 20), ordering.TODAY, date(2026, 5, 20)):
        await books.close(day)
        found = await running.look_at(books.db, day=day, today=FAR)
        assert dict(found.figures) == await by_the_domain(books, day)
        assert of_close(await books.balances()) == await books.expected(day)
    assert accrued["profit_accrued"] > 0
    await assert_sound(books.scene)
