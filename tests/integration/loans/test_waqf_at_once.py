"""Do two payments at once, each within the rule, never break it together? With real connections."""

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any

import pytest

from services.loans.funds import queries as fund_queries
from services.loans.waqf.queries import Proposed
from shared.db import Database
from shared.errors import RafidError
from shared.ids import InstitutionId
from tests.integration.loans import endowing
from tests.integration.loans.endowing import INVESTED, Waqf
from tests.integration.loans.resting import resting
from tests.integration.loans.scene import Scene, ask, jod, reserve

__all__ = ["resting"]
pytestmark = pytest.mark.usefixtures("resting")

JUNE = date(2027, 6, 30)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def outcome(deed: Coroutine[Any, Any, object]) -> str:
    try:
        await deed
    except RafidError as error:
        return error.slug()
    return "done"


async def at_once(waqf: Waqf, waiting: list[Proposed]) -> list[str]:
    """Approve orders at once, each over a connection of its own."""
    return sorted(await asyncio.gather(*(outcome(waqf.decide(one)) for one in waiting)))


@pytest.mark.rule("W-1")
async def test_two_payments_of_upkeep_never_break_the_corpus_together(scene: Scene) -> None:
    waqf = await endowing.founded(scene, INVESTED, receives="1000.000")
    await waqf.earn("100.000")
    waiting = [await waqf.propose("upkeep", "60.000") for _ in range(6)]
    assert await at_once(waqf, waiting) == ["corpus-below-floor"] * 5 + ["done"]
    books = await waqf.books()
    assert (books.net_assets, books.deficit) == (jod("1040.000"), jod("0.000"))


@pytest.mark.rule("W-5")
async def test_the_yield_is_distributed_once_however_many_approve_at_once(scene: Scene) -> None:
    waqf = await endowing.founded(scene, INVESTED, receives="1000.000")
    await waqf.earn("100.000")
    waiting = [await waqf.propose("distribution", "30.000", purpose="education") for _ in range(5)]
    assert await at_once(waqf, waiting) == ["done"] * 2 + ["yield-not-realised"] * 3
    books = await waqf.books()
    assert (books.granted, books.net_assets) == (jod("60.000"), jod("1040.000"))


async def test_one_order_approved_twice_at_once_is_booked_once(scene: Scene) -> None:
    waqf = await endowing.founded(scene, INVESTED, receives="1000.000")
    await waqf.earn("100.000")
    one = await waqf.propose("distribution", "10.000", purpose="education")
    assert await at_once(waqf, [one, one, one]) == ["done"] + ["waqf-order-decided"] * 2
    assert (await waqf.books()).granted == jod("10.000")


@pytest.mark.rule("W-6")
async def test_the_trustee_s_fee_is_paid_once_at_once(scene: Scene) -> None:
    waqf = await endowing.founded(scene, INVESTED, receives="1000.000")
    await waqf.earn("100.000")
    waiting = [await waqf.propose("nazir_fee", "6.000") for _ in range(3)]
    assert await at_once(waqf, waiting) == ["done"] + ["nazir-fee-above-cap"] * 2
    assert (await waqf.books()).nazir_paid == jod("6.000")


@pytest.mark.rule("W-8")
async def test_an_endowment_goes_back_once_however_often_it_is_ordered(scene: Scene) -> None:
    waqf = await endowing.founded(scene, receives="1000.000")
    receipt_id = await waqf.endow_for_a_time("100.000", until=JUNE)
    waiting = [await waqf.propose("return", receipt_id=receipt_id, on=JUNE) for _ in range(3)]
    assert await at_once(waqf, waiting) == ["done"] + ["not-temporary"] * 2
    assert (await waqf.books()).net_assets == jod("1000.000")


async def test_a_loan_and_a_return_never_take_the_same_money(scene: Scene) -> None:
    waqf = await endowing.founded(scene, receives="100.000")
    receipt_id = await waqf.endow_for_a_time("100.000", until=JUNE)
    back = await waqf.propose("return", receipt_id=receipt_id, on=JUNE)

    async def claim(amount: str) -> None:
        async with scene.database.begin(scene.institution_id) as session:
            await reserve(session, ask(waqf.fund_id, amount))

    asked = [outcome(waqf.decide(back)), outcome(claim("60.000")), outcome(claim("60.000"))]
    done = (await asyncio.gather(*asked)).count("done")
    async with scene.database.read(scene.institution_id) as session:
        standing = (await fund_queries.standings(session, [waqf.fund_id]))[waqf.fund_id]
    assert done <= 2
    assert not standing.available.is_negative
    assert (await waqf.books()).deficit == jod("0.000")


@pytest.mark.rule("W-8")
async def test_two_long_loans_at_once_never_outlast_what_stays(scene: Scene) -> None:
    waqf = await endowing.founded(scene, receives="200.000")
    await waqf.endow_for_a_time("100.000", until=JUNE)

    async def claim() -> None:
        async with scene.database.begin(scene.institution_id) as session:
            await reserve(session, ask(waqf.fund_id, "120.000"))

    found = sorted(await asyncio.gather(*(outcome(claim()) for _ in range(4))))
    assert found == ["done"] + ["fund-restricted"] * 3
