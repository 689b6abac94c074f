"""Does a loan stay whole through a whole life, proved by `rafid verify` after every step?

The steps are in `living`: each proves the books, a refused one changes nothing, and one that is
taken back at once restores every balance. One life goes through all of them; others are made up.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from services.loans.domain.servicing.orders import OrderKind
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import living, ordering
from tests.integration.loans.living import KINDS, Life

T = TypeVar("T")
LIVES = int(os.environ.get("RAFID_TEST_LIVES", "0"))
"""How many lives chance makes up; without it three, always the same ones."""

BY_STEP = frozenset({"charge_back", "transfer", "refinance", "top_up", "reversal"})
"""The kinds of orders that have a step of their own."""

ENDS = frozenset(
    {"payoff", "write_off", "close", "forgiveness", "disbursement_reversal", "end_drawing"}
)


@asynccontextmanager
async def life_of(database: Database, kind: str) -> AsyncIterator[Life]:
    async with ordering.opened(database, InstitutionId(ids.new())) as desk:
        desk.office.app.state.payments = None
        yield await living.born(desk, kind)


async def test_a_loan_lives_through_every_kind_of_step(loans_db: Database) -> None:
    steps: Counter[str] = Counter()
    for kind, ages in {
        "declining balance": (youth, change, trouble, end),
        "qard from zakat": (forgiven,),
        "on real days": (counted_anew,),
        "drawn in two": (drawn,),
    }.items():
        async with life_of(loans_db, kind) as life:
            for age in ages:
                await age(life)
            steps += life.steps
    assert set(OrderKind) - set(steps) == {OrderKind.REVERSAL}, "taken back by steps of their own"


async def forgiven(life: Life) -> None:
    """Zakat pays in the place of its borrower, a part and then all."""
    assert await life.pay_out(), life.refusal
    assert await life.order("forgiveness", amount=50_000), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.order("forgiveness"), life.refusal
    assert await life.order("close"), life.refusal


async def counted_anew(life: Life) -> None:
    """Profit follows the days on which money came, also through orders of such contracts alone."""
    assert await life.pay_out(), life.refusal
    await life.wait(20)
    assert await life.repay(150_000), life.refusal
    assert await life.take_money_back(), life.refusal
    assert await life.repay(40_000, days_ago=9), life.refusal
    await life.wait(60)
    assert await life.close_day()
    assert await life.order("re_amortise"), life.refusal
    assert await life.take_order_back(), life.refusal
    first_due_on = life.today + timedelta(days=30)
    assert await life.order("re_age", instalments=9, first_due_on=first_due_on), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.order("rate_change", annual_rate="0.12"), life.refusal
    assert await life.order("charge_off"), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.order("payoff"), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.close_day()


async def drawn(life: Life) -> None:
    """Drawn in two tranches with savings held, that pay a part; topped up at the end."""
    assert await life.pay_out(), life.refusal
    assert await life.order("end_drawing"), life.refusal
    await life.wait(20)
    assert not await life.pay_out()
    await life.wait(30)
    assert await life.order("set_off", amount=40_000), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.repay(50_000, days_ago=3), life.refusal
    assert await life.close_day()
    assert await life.refinance("top_up"), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.close_day()


async def youth(life: Life) -> None:
    """Paid out, taken back, paid out again; repaid in every way, and repaid in error."""
    assert not await life.repay(1_000)
    assert await life.order("transfer", borrower_id=str(life.other.borrower_id)), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.pay_out(), life.refusal
    assert await life.order("disbursement_reversal"), life.refusal
    assert await life.pay_out(), life.refusal
    await life.wait(35)
    assert await life.repay(91_680), life.refusal
    assert await life.take_money_back(), life.refusal
    assert not await life.take_money_back()
    assert await life.repay(60_000, days_ago=9), life.refusal
    assert await life.repay(30_000, days_ago=20, channel="wallet"), life.refusal
    assert await life.close_day(), life.refusal
    assert await life.charge_back(10_000), life.refusal
    assert await life.take_order_back(), life.refusal
    assert not await life.charge_back(30_001)


async def change(life: Life) -> None:
    """Everything that changes what is due, and what is taken back from under the rest."""
    day = life.today
    assert await life.order("charge", part="fee", amount=2_000), life.refusal
    assert await life.order(
        "charge", part="penalty", amount=2_000, due_on=day + timedelta(days=9)
    ), life.refusal
    assert await life.order("waiver", part="penalty", amount=1_500), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.order("payment_holiday", periods=1), life.refusal
    assert await life.order("rate_change", annual_rate="0.12"), life.refusal
    assert await life.order("profit_pause", until_on=day + timedelta(days=30)), life.refusal
    assert await life.take_order_back(-2), life.refusal
    assert await life.order("reschedule", instalments=9, first_due_on=day + timedelta(days=40)), (
        life.refusal
    )
    assert await life.take_order_back(), life.refusal
    members = {"instalments": 15, "first_due_on": day + timedelta(days=20)}
    assert await life.order("restructure", annual_rate="0.10", **members), life.refusal
    assert await life.repay(300_000), life.refusal
    assert await life.order("advance", effect="shorten"), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.order("advance", effect="reduce"), life.refusal
    assert not await life.order("advance", effect="next_dues")
    assert await life.close_books(days_ago=3), life.refusal
    assert await life.repay(10_000, days_ago=9), life.refusal
    assert await life.close_day(), life.refusal


async def trouble(life: Life) -> None:
    """Late, written off, recovered, restored, settled by another contract, and that undone."""
    await life.wait(200)
    assert await life.close_day(), life.refusal
    assert await life.order("write_off"), life.refusal
    assert await life.order("recovery", amount=100_000), life.refusal
    assert not await life.repay(1_000)
    assert await life.take_order_back(), life.refusal
    assert await life.take_order_back(-2), life.refusal
    assert await life.refinance(), life.refusal
    assert await life.take_order_back(), life.refusal


async def end(life: Life) -> None:
    """Paid off and too much, given back, closed, opened, and taken back to the middle."""
    assert await life.order("payoff"), life.refusal
    assert await life.take_order_back(), life.refusal
    assert await life.repay(2_000_000), life.refusal
    assert not await life.order("close")
    surplus = (await life.desk.position(life.contract_id))["surplus_minor"]
    assert await life.order("refund", amount=surplus), life.refusal
    assert not await life.order("refund", amount=1_000)
    assert await life.order("close"), life.refusal
    assert not await life.repay(1_000)
    assert await life.order("reopen"), life.refusal
    assert await life.take_order_back(), life.refusal
    assert not await life.take_order_back(-3)
    assert await life.take_order_back(-2), life.refusal
    assert await life.take_order_back(-3), life.refusal
    assert await life.close_day(), life.refusal


def orders_of(ahead: st.SearchStrategy[int]) -> Mapping[str, dict[str, st.SearchStrategy[Any]]]:
    """Members that an order of a kind might have, sound or not; days lie so far ahead."""
    amount = st.integers(1, 400_000)
    part = st.sampled_from(["fee", "penalty", "profit"])
    some = st.integers(1, 18)
    return {
        "waiver": {"part": part, "amount": amount},
        "charge": {"part": part, "amount": amount, "due_on": ahead},
        "payment_holiday": {"periods": st.integers(1, 3)},
        "reschedule": {"instalments": some, "first_due_on": ahead, "grace": st.integers(0, 2)},
        "restructure": {
            "instalments": some,
            "first_due_on": ahead,
            "annual_rate": st.sampled_from(["0", "0.10", "0.18"]),
        },
        "re_age": {"instalments": some, "first_due_on": ahead},
        "set_off": {"amount": amount},
        "rate_change": {"annual_rate": st.sampled_from(["0", "0.05", "0.20"])},
        "profit_pause": {"until_on": ahead},
        "advance": {"effect": st.sampled_from(["shorten", "reduce", "next_dues"])},
        "recovery": {"amount": amount},
        "forgiveness": {"amount": amount},
        "refund": {"amount": amount},
    }


class AnyLife(RuleBasedStateMachine):
    """A loan to which anything happens, at any time, in any order."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        super().__init__()
        self.runner, self.url, self.stack = runner, url, AsyncExitStack()
        self.members = orders_of(st.integers(-5, 90))

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(step)

    @initialize(kind=st.sampled_from(sorted(KINDS)))
    def lend(self, kind: str) -> None:
        self.life = self.run(self._lent(kind))

    async def _lent(self, kind: str) -> Life:
        database = Database(self.url, pool_size=4)
        self.stack.push_async_callback(database.close)
        life = await self.stack.enter_async_context(life_of(database, kind))
        assert await life.pay_out(), life.refusal
        return life

    @rule(minor=st.integers(1, 300_000), days_ago=st.sampled_from([0, 0, 0, 4, 25]))
    def repay(self, minor: int, days_ago: int) -> None:
        self.run(self.life.repay(minor, days_ago=days_ago))

    @rule(days=st.integers(1, 60))
    def wait(self, days: int) -> None:
        self.run(self.life.wait(days))

    @rule(data=st.data())
    def order(self, data: st.DataObject) -> None:
        """What ends a contract is asked for seldom, so that lives are long."""
        kinds = [kind for kind in OrderKind if kind not in BY_STEP]
        often = [kind for kind in kinds if kind not in ENDS]
        kind = data.draw(st.sampled_from([*often, *often, *often, *kinds]))
        members = data.draw(st.fixed_dictionaries(self.members.get(kind, {})))
        for name in ("due_on", "first_due_on", "until_on"):
            if name in members:
                members[name] = self.life.today + timedelta(days=members[name])
        self.run(self.life.order(kind, **members))

    @rule(minor=st.integers(1, 300_000), place=st.sampled_from([-1, -1, 0]))
    def charge_back(self, minor: int, place: int) -> None:
        self.run(self.life.charge_back(minor, place))

    @rule(place=st.sampled_from([-1, -1, -1, -2, 0, 1]))
    def take_order_back(self, place: int) -> None:
        self.run(self.life.take_order_back(place))

    @rule(place=st.sampled_from([-1, -1, 0]))
    def take_money_back(self, place: int) -> None:
        self.run(self.life.take_money_back(place))

    @rule(step=st.sampled_from(["transfer", "refinance", "pay_out", "close_day", "close_day"]))
    def do(self, step: str) -> None:
        self.run(getattr(self.life, step)())

    @rule(days_ago=st.integers(10, 60))
    def close_books(self, days_ago: int) -> None:
        self.run(self.life.close_books(days_ago=days_ago))

    def teardown(self) -> None:
        self.run(self.stack.aclose())


BRIEF = settings(max_examples=3, stateful_step_count=25, derandomize=True, phases=[Phase.generate])
LONG = settings(max_examples=max(LIVES, 1), stateful_step_count=50)


def test_any_life_stays_whole(database_urls: dict[str, str]) -> None:
    found = settings(
        LONG if LIVES else BRIEF,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner() as runner:
        machine = cast(
            "type[RuleBasedStateMachine]", partial(AnyLife, runner, database_urls["loans"])
        )
        run_state_machine_as_test(machine, settings=found)
