"""A day is closed once, twice, late or after a failure: the books say the same."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.loans.closing.operations import LaterDayClosed
from services.loans.domain.accrual import Recognition
from services.loans.domain.chart import FundKind
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.ledger import operations as ledger
from services.loans.ledger.operations import DayNotOver, PeriodClosed
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_loan, make_qard, money
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import (
    ACCRUING,
    FAR,
    SIGNED,
    after,
    assert_sound,
    of_close,
)
from tests.integration.loans.scene import ACTOR, Scene


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def test_a_close_books_what_is_earned_and_not_paid_and_what_is_set_aside(
    scene: Scene,
) -> None:
    books = await closing_scene.books(scene, [make_loan(principal=money("1000.000"))])
    await books.give(ACCRUING)

    row = await books.close(date(2026, 1, 25))

    assert (row.run, row.contracts, row.entries) == (1, 1, 2)
    # 10.000 over the 31 days to 15 February: ten of them. The loss of a year: three principals.
    (part,) = await books.parts(date(2026, 1, 25))
    assert await books.balances() == {
        "profit_accrued": 3_226,
        "profit_income": -3_226,
        "loss_allowance": -part.stock.allowance,
        "provision_expense": part.stock.allowance,
    }
    assert part.stock.allowance == max(part.expected_loss, 10_000) > 10_000
    await assert_sound(scene)


async def test_books_on_the_cash_basis_stay_as_they_are(scene: Scene) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())

    row = await books.close(date(2026, 3, 1))

    assert (row.contracts, row.entries) == (4, 0)
    assert await books.balances() == {}


async def test_a_day_closed_again_books_nothing_and_then_only_what_changed(scene: Scene) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    day = date(2026, 2, 20)
    await books.close(day)
    before = await books.balances()

    again = await books.close(day)
    assert (again.run, again.entries) == (2, 0)
    assert await books.balances() == before

    await books.pay(0, "340.000", date(2026, 2, 16))  # known only now, and it was in time
    late = await books.close(day)
    assert late.entries == 2
    assert of_close(await books.balances()) == await books.expected(day) != of_close(before)
    await assert_sound(scene)


async def test_day_by_day_books_what_one_close_over_the_gap_books(scene: Scene) -> None:
    daily = await closing_scene.books(scene, closing_scene.mixed())
    at_once = await closing_scene.books(scene, closing_scene.mixed())
    await daily.give(ACCRUING)
    for books in (daily, at_once):
        await books.pay(1, "80.000", date(2026, 2, 14))
        await books.pay(3, "50.000", date(2026, 3, 1))
    only = ClosingPolicy()
    await at_once.give(only, own=True)
    for number in range(60):
        await daily.close(after(number))
    assert of_close(await at_once.balances()) == {}
    await at_once.give(ACCRUING, own=True)
    await at_once.close(after(60))

    assert of_close(await at_once.balances()) == of_close(await daily.balances()) != {}
    assert of_close(await daily.balances()) == await daily.expected(after(60))
    await assert_sound(scene)


@pytest.mark.parametrize("recognition", [Recognition.SCHEDULED, Recognition.STRAIGHT_LINE])
async def test_the_parts_of_the_contracts_are_the_books_on_every_kind_of_day(
    scene: Scene, recognition: Recognition
) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(
        ClosingPolicy(
            recognition=recognition,
            non_accrual_after_days=50,
            minimums=ACCRUING.minimums,
            loss=ACCRUING.loss,
        )
    )
    await books.pay(1, "75.000", date(2026, 2, 20))
    for day in (14, 16, 31, 32, 45, 59, 62, 82, 90, 91, 122, 200, 700, 1_200):
        await books.close(after(day), part=3)
        assert of_close(await books.balances()) == await books.expected(after(day)), day
    await assert_sound(scene)


async def test_a_payment_of_the_next_day_does_not_change_the_close_of_this_one(
    scene: Scene,
) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    day = date(2026, 4, 20)
    await books.close(day)
    before = await books.balances()

    for number in range(4):
        await books.pay(number, "200.000", day + timedelta(days=1))

    assert (await books.close(day)).entries == 0
    assert of_close(await books.balances(day)) == of_close(before)
    await books.close(day + timedelta(days=1))
    assert of_close(await books.balances()) == await books.expected(day + timedelta(days=1))


async def test_profit_of_a_contract_too_late_is_taken_out_and_comes_back_with_payment(
    scene: Scene,
) -> None:
    books = await closing_scene.books(scene, [make_loan(principal=money("1000.000"))])
    await books.give(ACCRUING)
    due = date(2026, 2, 15)

    await books.close(due + timedelta(days=90))
    assert (await books.balances())["profit_accrued"] == 20_067
    await books.close(due + timedelta(days=91))
    assert "profit_accrued" not in await books.balances()
    assert (await books.balances())["loss_allowance"] == -1_000_000

    await books.pay(0, "340.022", due + timedelta(days=92))
    await books.close(due + timedelta(days=92))
    balances = await books.balances()
    assert balances["profit_accrued"] == 10_067
    assert balances["profit_income"] == -20_067
    await assert_sound(scene)


async def test_a_contract_paid_off_leaves_nothing_behind(scene: Scene) -> None:
    books = await closing_scene.books(scene, [make_loan(principal=money("1000.000"))])
    await books.give(ACCRUING)
    await books.close(date(2026, 2, 1))
    await books.pay(0, "1020.067", date(2026, 2, 10))

    await books.close(date(2026, 2, 10))

    assert await books.balances() == {"profit_income": -20_067}


async def test_profit_paid_ahead_is_owed_until_it_is_earned(scene: Scene) -> None:
    books = await closing_scene.books(scene, [make_loan(principal=money("1000.000"))])
    await books.give(ACCRUING)
    await books.pay(0, "340.022", date(2026, 1, 25))

    await books.close(date(2026, 1, 25))
    assert of_close(await books.balances())["profit_unearned"] == -6_774
    await books.close(date(2026, 2, 15))
    assert "profit_unearned" not in await books.balances()
    assert (await books.balances())["profit_income"] == -10_000


async def test_a_payment_taken_back_is_taken_out_of_the_next_close(scene: Scene) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    repayment = await books.pay(1, "150.000", date(2026, 2, 10))
    await books.close(date(2026, 4, 1))

    await books.take_back(repayment)
    await books.close(date(2026, 4, 2))

    assert of_close(await books.balances()) == await books.expected(date(2026, 4, 2))
    await assert_sound(scene)


async def test_rules_hold_from_their_day_and_a_funds_own_come_first(scene: Scene) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    other = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING, starts_on=date(2026, 3, 1), own=True)

    await books.close(date(2026, 2, 28))
    assert await books.balances() == {}
    await books.close(date(2026, 3, 1))
    assert of_close(await books.balances()) == await books.expected(date(2026, 3, 1)) != {}
    assert await other.balances() == {}


async def test_a_waqf_sets_aside_for_its_qard_and_accrues_nothing(scene: Scene) -> None:
    terms = [make_qard(principal=money("600.000"), disbursed_on=SIGNED)]
    books = await closing_scene.books(scene, terms, kind=FundKind.WAQF)
    await books.give(ACCRUING)

    await books.close(date(2026, 4, 1))

    assert await books.balances() == {"loss_allowance": -120_000, "provision_expense": 120_000}


async def test_a_day_that_is_not_over_is_not_closed(scene: Scene) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())

    with pytest.raises(DayNotOver):
        await books.close(FAR)


async def test_a_day_before_the_last_one_closed_is_refused(scene: Scene) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.close(date(2026, 3, 1))

    with pytest.raises(LaterDayClosed) as refused:
        await books.close(date(2026, 2, 28))

    assert refused.value.closed == date(2026, 3, 1)


async def test_a_day_in_a_closed_period_is_refused_and_the_next_one_books_it_all(
    scene: Scene,
) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    async with books.db.begin() as session:
        await ledger.close_books(session, through=date(2026, 3, 1), today=FAR, actor_id=ACTOR)

    with pytest.raises(PeriodClosed):
        await books.close(date(2026, 3, 1))
    await books.close(date(2026, 3, 2))

    assert of_close(await books.balances()) == await books.expected(date(2026, 3, 2)) != {}


async def test_an_institution_without_contracts_closes_its_days_too(scene: Scene) -> None:
    books = await closing_scene.books(scene, [])

    row = await books.close(date(2026, 3, 1))

    assert (row.contracts, row.entries) == (0, 0)


async def test_what_is_not_yet_lent_on_the_day_is_not_in_it(scene: Scene) -> None:
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)

    assert (await books.close(SIGNED - timedelta(days=1))).contracts == 0
    assert (await books.close(SIGNED)).contracts == 4
    assert Decimal((await books.balances())["loss_allowance"]) < 0
