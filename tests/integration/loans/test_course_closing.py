"""Days are closed over contracts whose profit every payment counts anew, and the books hold."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from services.loans.closing import queries, running
from services.loans.closing.queries import Cut
from services.loans.servicing import queries as courses
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


async def test_what_is_past_due_earns_on_in_the_close_as_in_the_payoff(desk: Desk) -> None:
    """1,200.000 at 12 % by 30/360, nothing paid: a day earns on all that is outstanding."""
    books = await closing_scene.books(desk.scene, [loan(), loan()])
    await books.give(ACCRUING)
    late, kept = (str(one.contract_id) for one in books.lent)
    await paid(desk, kept, "106.619", "2026-02-15")

    for day in (date(2026, 3, 15), date(2026, 4, 15)):
        await books.close(day)
        owed = await payoff(desk, late, day), await payoff(desk, kept, day)
        assert (await books.balances())["profit_accrued"] == sum(owed)
        found = await running.look_at(books.db, day=day, today=FAR)
        assert dict(found.figures) == await by_the_domain(books, day)
        async with books.db() as session:
            row, part = await running.part_of(session, books.lent[0].contract_id, day=day)
        assert (row.servicing, part.earned) == ("course", owed[0])
    assert await payoff(desk, late, date(2026, 4, 15)) == 36_000, "three months on 1,200.000"
    await assert_sound(books.scene)


async def test_only_late_contracts_of_such_products_are_looked_at_one_by_one(desk: Desk) -> None:
    books = await closing_scene.books(desk.scene, [loan(), loan()])
    await books.give(ACCRUING)
    await paid(desk, str(books.lent[1].contract_id), "106.619", "2026-02-15")
    day = date(2026, 3, 1)
    await books.close(day)

    async with books.db() as session:
        policies = await running.policies_of(session, day=day)
        cut = Cut(day=day, rules=running.rules(policies), after=running.FIRST, upto=running.LAST)
        products = await courses.products_counted_anew(session)
        named = [row.without_window for row in await queries.sums(session, cut, anew=products)]

    assert [one for one in named if one] == [books.lent[0].contract_id]


async def payoff(desk: Desk, contract_id: str, day: date) -> int:
    """The profit that settles the contract on a day, in minor units."""
    path = f"/loans/v1/contracts/{contract_id}/payoff"
    told = (await desk.maker.get(path, on=str(day))).json()
    return int(told["profit"]["amount"].replace(".", ""))
