"""Shares and caps hold whoever asks at the same time, over real connections."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.clauses import Base, ClauseKind
from services.loans.domain.funding import ClaimKind, FundRestricted
from services.loans.funds import operations as funds
from shared.db import Database
from shared.errors import RafidError
from shared.ids import FundId, InstitutionId
from tests.integration.loans import clausing
from tests.integration.loans.clausing import asked, borrower, write
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod

pytestmark = pytest.mark.requirement("A6.2")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def fund(scene: Scene) -> FundId:
    return await scene.fund(FundKind.DONATION, receives="10000.000")


async def one(scene: Scene, step: Any, ask: Ask, *, on: date = TODAY) -> bool:
    """Whether one claim in a transaction of its own goes through."""
    try:
        async with scene.database.begin(scene.institution_id) as session:
            found = await step(session, [ask], on=on, actor_id=ACTOR)
            for refusal in found or ():
                if refusal is not None:
                    raise refusal
    except RafidError:
        return False
    return True


async def at_once(scene: Scene, step: Any, asks: Sequence[Ask]) -> int:
    """How many of many claims at the same time go through."""
    return sum(await asyncio.gather(*(one(scene, step, ask) for ask in asks)))


async def reserved(scene: Scene, *asks: Ask) -> None:
    for ask in asks:
        assert await one(scene, funds.reserve_all, ask)


async def lent(scene: Scene, *asks: Ask) -> None:
    await reserved(scene, *asks)
    for ask in asks:
        assert await one(scene, funds.commit_all, ask)


async def test_one_person_asking_twelve_times_at_once_gets_no_more_than_the_most(
    scene: Scene, fund: FundId
) -> None:
    await write(scene, fund, ClauseKind.MOST_PER_PERSON, amount="1500.000")
    person = await borrower(scene)
    asks = [await asked(scene, fund, "500.000", borrower_id=person) for _ in range(12)]
    assert await at_once(scene, funds.reserve_all, asks) == 3
    other = await asked(scene, fund, "1500.000")
    assert await one(scene, funds.reserve_all, other)


async def test_signatures_at_once_leave_women_their_half(scene: Scene, fund: FundId) -> None:
    women = [await asked(scene, fund, "300.000") for _ in range(2)]
    await lent(scene, *women)
    men = [await asked(scene, fund, "200.000", sex="male") for _ in range(6)]
    await reserved(scene, *men)
    await write(scene, fund, ClauseKind.LEAST_SHARE, share="0.5", of="women")
    assert await at_once(scene, funds.commit_all, men) == 3
    assert not await one(scene, funds.commit_all, men[-1])


async def test_of_what_was_given_the_first_goes_to_a_woman_of_what_was_received_not(
    scene: Scene, fund: FundId
) -> None:
    strict = await write(scene, fund, ClauseKind.LEAST_SHARE, share="0.5", of="women")
    man = await asked(scene, fund, "5000.000", sex="male")
    assert not await one(scene, funds.reserve_all, man)
    await clausing.lift(scene, strict.row.clause_id, ends_on=TODAY)
    await write(scene, fund, ClauseKind.LEAST_SHARE, share="0.5", of="women", base=Base.RECEIVED)
    too_much = await asked(scene, fund, "5000.001", sex="male")
    assert not await one(scene, funds.reserve_all, too_much)
    assert await one(scene, funds.reserve_all, man)
    assert not await one(scene, funds.reserve_all, await asked(scene, fund, "0.001", sex="male"))
    assert await one(scene, funds.reserve_all, await asked(scene, fund, "5000.000"))


async def test_payments_are_held_to_the_share_as_well(scene: Scene, fund: FundId) -> None:
    woman, man = await asked(scene, fund), await asked(scene, fund, sex="male")
    await lent(scene, woman, man)
    await write(scene, fund, ClauseKind.LEAST_SHARE, share="0.5", of="women")
    async with scene.database.begin(scene.institution_id) as session:
        await funds.claim_once(session, woman.move(ClaimKind.UNCOMMIT), actor_id=ACTOR)
    assert not await one(scene, funds.draw_all, man)
    await lent(scene, await asked(scene, fund))
    assert await one(scene, funds.draw_all, man)


async def test_one_sector_gets_its_share_and_no_more_at_once(scene: Scene, fund: FundId) -> None:
    await write(scene, fund, ClauseKind.MOST_SHARE, share="0.2", of="sector")
    crafts = [await asked(scene, fund, "500.000", sector="Crafts") for _ in range(8)]
    assert await at_once(scene, funds.reserve_all, crafts) == 4
    assert await one(scene, funds.reserve_all, await asked(scene, fund, sector="farming"))


async def test_one_region_and_all_below_it_share_one_cap(scene: Scene, fund: FundId) -> None:
    for code, above in (("jordan", None), ("north", "jordan"), ("irbid", "north")):
        await clausing.region(scene, code, above=above)
    await write(scene, fund, ClauseKind.MOST_SHARE, share="0.1", of="region", values=["north"])
    near = [await asked(scene, fund, "500.000", region=place) for place in ("irbid", "north")]
    await reserved(scene, *near)
    more = await asked(scene, fund, "0.100", region="Irbid")
    assert not await one(scene, funds.reserve_all, more)
    assert await one(scene, funds.reserve_all, await asked(scene, fund, region="aqaba"))


async def test_many_in_one_call_are_counted_one_after_the_other(scene: Scene, fund: FundId) -> None:
    await write(scene, fund, ClauseKind.LEAST_SHARE, share="0.5", of="women")
    sexes = ["male", "female", "male", "male", "female", "male"]
    asks = [await asked(scene, fund, "100.000", sex=sex) for sex in sexes]
    async with scene.database.begin(scene.institution_id) as session:
        found = await funds.reserve_all(session, asks, on=TODAY, actor_id=ACTOR)
    assert [outcome is None for outcome in found] == [False, True, True, False, True, True]
    refused = found[0]
    assert isinstance(refused, FundRestricted)
    assert refused.refusals[0].reason == "50 % of the money at least must go to women"


async def test_what_was_reserved_and_released_counts_no_more(scene: Scene, fund: FundId) -> None:
    await write(scene, fund, ClauseKind.MOST_PER_PERSON, amount="500.000")
    person = await borrower(scene)
    first = await asked(scene, fund, borrower_id=person)
    again = await asked(scene, fund, borrower_id=person)
    await reserved(scene, first)
    assert not await one(scene, funds.reserve_all, again)
    async with scene.database.begin(scene.institution_id) as session:
        await funds.release_all(session, [first.application_id], actor_id=ACTOR)
    assert await one(scene, funds.reserve_all, again)


async def test_what_was_given_before_a_clause_began_does_not_count(
    scene: Scene, fund: FundId
) -> None:
    person = await borrower(scene)
    await lent(scene, await asked(scene, fund, borrower_id=person))
    later = date(2031, 1, 1)
    await write(scene, fund, ClauseKind.MOST_PER_PERSON, amount="500.000", valid_from=later)
    again = await asked(scene, fund, borrower_id=person)
    assert await one(scene, funds.reserve_all, again, on=later)


@pytest.mark.requirement("A6.5")
@pytest.mark.requirement("O9.1")
async def test_signatures_and_approvals_at_once_never_promise_more_than_there_is(
    scene: Scene,
) -> None:
    fund = await scene.fund(FundKind.DONATION, receives="2000.000")
    await write(scene, fund, ClauseKind.SEX, values=["female"])
    asks = [await asked(scene, fund, "300.000") for _ in range(12)]
    assert await at_once(scene, funds.reserve_all, asks) == 6
    kept = [ask for ask in asks if await one(scene, funds.commit_all, ask)]
    assert len(kept) == 6
    assert await at_once(scene, funds.draw_all, [*kept, *kept]) == 6
    told = "select sum(amount_minor) from fund_claim where fund_id = :f and kind = 'draw'"
    assert await scene.scalar(told, f=fund) == jod("1800.000").minor
