"""A life with corrections: what orders change is closed from the day on which it holds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from services.loans.closing import queries, running
from services.loans.closing.operations import ClosedMeanwhile, LaterDayClosed
from services.loans.closing.tables import DayCloseRow
from services.loans.domain.staging import Stage
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import closing_scene, ordering
from tests.integration.loans.closing_scene import ACCRUING, FAR, Books, assert_sound, of_close
from tests.integration.loans.ordering import Desk, cash
from tests.integration.loans.test_closing_sums import by_the_domain

BEFORE, ORDERED, LATER = date(2026, 3, 10), ordering.TODAY, date(2026, 5, 20)
ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("reschedule", {"instalments": 9, "first_due_on": "2026-06-01"}),
    ("restructure", {"instalments": 18, "first_due_on": "2026-05-15", "annual_rate": "0.05"}),
    ("rate_change", {"annual_rate": "0.06"}),
    ("payment_holiday", {"periods": 2}),
    ("profit_pause", {"until_on": "2026-05-01"}),
    ("waiver", {"part": "profit", "amount": cash("5.000")}),
    ("write_off", {}),
    ("payoff", {"channel": "cash"}),
]


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def lent(desk: Desk, count: int) -> Books:
    """Loans over a year, the first due paid, closed on a day before anything is ordered."""
    terms = make_loan(principal=money("1000.000"), instalments=12)
    books = await closing_scene.books(desk.scene, [terms] * count)
    await books.give(ACCRUING)
    for number in range(count):
        await books.pay(number, "88.849", date(2026, 2, 15))
    await books.close(BEFORE)
    return books


async def assert_closed_as_the_domain_says(books: Books, day: date) -> None:
    await books.close(day)
    found = await running.look_at(books.db, day=day, today=FAR)
    assert dict(found.figures) == await by_the_domain(books, day)
    assert of_close(await books.balances()) == await books.expected(day)


@pytest.mark.parametrize(("kind", "members"), ORDERS, ids=[one[0] for one in ORDERS])
async def test_what_is_ordered_is_closed_from_its_day_on(
    desk: Desk, kind: str, members: dict[str, Any]
) -> None:
    books = await lent(desk, 2)
    held = await books.balances()

    await desk.done(str(books.lent[0].contract_id), kind, **members)

    again = await books.close(BEFORE)
    assert again.entries == 0, "the day before the order is closed as it was"
    assert of_close(await books.balances()) == of_close(held)
    for day in (ORDERED, LATER, date(2026, 8, 1)):
        await assert_closed_as_the_domain_says(books, day)
    await assert_sound(books.scene)


async def test_a_restructured_contract_is_riskier_until_three_dues_are_met(desk: Desk) -> None:
    books = await lent(desk, 1)
    contract_id = str(books.lent[0].contract_id)
    await desk.done(
        contract_id, "restructure", instalments=12, first_due_on="2026-04-15", annual_rate="0.06"
    )
    due = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/schedule")).json()
    amount = due["instalments"][-2]["total"]["amount"]

    async def stage(day: date) -> tuple[Stage, bool]:
        (part,) = await books.parts(day)
        return part.stage, part.is_restructured

    assert await stage(date(2026, 3, 31)) == (Stage.PERFORMING, False)
    for day in (date(2026, 4, 15), date(2026, 5, 15)):
        await books.pay(0, amount, day)
        assert await stage(day) == (Stage.UNDERPERFORMING, True)
    await books.pay(0, amount, date(2026, 6, 15))
    assert await stage(date(2026, 6, 14)) == (Stage.UNDERPERFORMING, True)
    assert await stage(date(2026, 6, 15)) == (Stage.PERFORMING, False)
    await assert_closed_as_the_domain_says(books, date(2026, 6, 15))


async def test_an_order_taken_back_is_taken_out_of_the_next_close(desk: Desk) -> None:
    books = await lent(desk, 2)
    order = await desk.done(str(books.lent[0].contract_id), "write_off")
    await assert_closed_as_the_domain_says(books, ORDERED)

    await desk.undone(order)

    await assert_closed_as_the_domain_says(books, ORDERED)
    await assert_closed_as_the_domain_says(books, LATER)
    await assert_sound(books.scene)


async def ordered(desk: Desk, contract_id: str, kind: str, members: dict[str, Any]) -> int:
    """Give an order and have it approved; tells how the last of both was answered."""
    given = await desk.give(contract_id, kind, **members)
    if given.status_code != HTTPStatus.CREATED:
        return given.status_code
    return (await desk.approve(given.json())).status_code


async def test_orders_payments_and_closes_at_the_same_moment_count_each_profit_once(
    desk: Desk,
) -> None:
    """Whoever comes first, the closes after them show what the contracts then say, once."""
    books = await lent(desk, len(ORDERS))
    held = await books.balances()
    contracts = [str(one.contract_id) for one in books.lent]

    answers = await asyncio.gather(
        *(ordered(desk, one, *order) for one, order in zip(contracts, ORDERS, strict=True)),
        *(desk.repay(one, "50.000") for one in contracts),
        *(desk.repay(one, "20.000", received_on=str(BEFORE)) for one in contracts),
        *(books.close(day, part=2) for day in (BEFORE, BEFORE, ORDERED, ORDERED)),
        return_exceptions=True,
    )

    for answer in answers:
        if isinstance(answer, httpx.Response):
            assert answer.status_code in (201, 409), answer.text
        else:
            assert isinstance(answer, int | DayCloseRow | ClosedMeanwhile | LaterDayClosed), answer
    assert any(isinstance(one, DayCloseRow) for one in answers)
    assert of_close(held) != {}
    for day in (ORDERED, LATER):
        await assert_closed_as_the_domain_says(books, day)
        assert (await books.close(day)).entries == 0
    await assert_sound(books.scene)


async def test_what_a_close_found_is_told_alike_for_ever(desk: Desk) -> None:
    """A day and a moment have one answer, whatever is ordered, paid and closed afterwards."""
    books = await lent(desk, 3)
    first, *others = (str(one.contract_id) for one in books.lent)
    told: dict[tuple[date, datetime], object] = {}

    async def tell(day: date, moment: datetime) -> object:
        async with books.db() as session:
            row, stocks, figures = await queries.close_of(session, day, known_at=moment)
            return row.run, [
                {name: value for name, value in vars(one).items() if not name.startswith("_")}
                for one in (*stocks, *figures)
            ]

    async def remember(row: DayCloseRow) -> None:
        told[row.day, row.recorded_at] = await tell(row.day, row.recorded_at)

    await remember(await books.close(BEFORE))
    await asyncio.gather(
        ordered(desk, first, "write_off", {}),
        *(desk.repay(one, "30.000", received_on=str(BEFORE)) for one in others),
    )
    await remember(await books.close(BEFORE))
    await desk.repay(others[0], "10.000", received_on=str(BEFORE))
    for day in (ORDERED, LATER):
        await remember(await books.close(day))

    assert len({str(one) for one in told.values()}) == len(told) == 4
    for (day, moment), answer in told.items():
        assert await tell(day, moment) == answer
