"""Do stops that hold for one hold for many who come at once? Each over a connection of its own.

Tag, currency, the free money whichever way it leaves, subsidies, and claims of every step. The
others stand with their nouns: balance, corpus, amil cap, per person, least share, guarantee.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.funding import ClaimKind
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.domain.lineage import Policy
from services.loans.funds import freeing, returning, tagging
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tagging import Binding
from services.loans.funds.tags import queries as tags
from services.loans.proof import operations as proof
from services.loans.subsidies.router import router as subsidies_router
from shared import ids
from shared.db import Database
from shared.errors import RafidError
from shared.ids import ApplicationId, ContractId, FundId, InstitutionId
from shared.money import Money
from tests.builders import make_loan, money
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, keyed
from tests.integration.loans.resting import resting
from tests.integration.loans.scene import ACTOR, TODAY, Scene, ask, jod, reserve
from tests.integration.loans.test_lineage_policies import given, opened
from tests.integration.loans.test_subsidies import agreed

Doing = Callable[[Any], Awaitable[object]]
__all__ = ["resting"]
pytestmark = pytest.mark.usefixtures("resting")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def at_once(scene: Scene, *deeds: Doing) -> Counter[str]:
    """Do each in a transaction of its own, none before all are open; say how they ended."""
    ready = asyncio.Barrier(len(deeds))

    async def outcome(doing: Doing) -> str:
        try:
            async with scene.database.begin(scene.institution_id) as session:
                await ready.wait()
                await doing(session)
        except RafidError as error:
            return error.slug()
        return "done"

    return Counter(await asyncio.gather(*map(outcome, deeds)))


async def committed(scene: Scene, asked: Ask) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, asked)
        await funds.commit_all(session, [asked], on=TODAY, actor_id=ACTOR)


async def require_whole(scene: Scene, fund_id: FundId) -> None:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        standing = (await fund_queries.standings(session, [fund_id]))[fund_id]
        assert not standing.available.is_negative
        assert [one.rule async for one in proof.prove(session) if not one.holds] == []


async def test_contracts_bound_to_a_tag_at_once_never_spend_it_twice(scene: Scene) -> None:
    """900 given for women, 160 asked six times: five are bound, the sixth takes nothing else."""
    fund_id = await opened(scene, Policy.TAG, kind=FundKind.DONATION)
    async with scene.database.begin(scene.institution_id) as session:
        for amount, tag in (("900.000", "women"), ("500.000", None)):
            await given(session, fund_id, amount, tag=tag)

    async def sign(session: Any) -> None:
        asked = ask(fund_id, "160.000")
        await reserve(session, asked)
        await funds.commit_all(session, [asked], on=TODAY, actor_id=ACTOR)
        binding = Binding(
            contract_id=ContractId(ids.new()),
            application_id=asked.application_id,
            amount=asked.amount,
            tag="women",
        )
        await tagging.bind(session, fund_id, [binding], actor_id=ACTOR)

    found = await at_once(scene, *[sign] * 6)

    assert found == {"done": 5, "tag-exhausted": 1}
    async with scene.database.read(scene.institution_id) as session:
        row = await fund_queries.fund_by_id(session, fund_id)
        free = {one.tag: one.available for one in await tags.standings(session, row)}
    assert free == {None: jod("500.000"), "women": jod("100.000")}


async def test_another_currency_is_refused_among_those_who_take_the_last_money(
    scene: Scene,
) -> None:
    fund_id = await scene.fund(FundKind.DONATION, receives="100.000")
    foreign = Money.parse("10.00", "USD")

    async def claim(session: Any) -> None:
        await reserve(session, ask(fund_id, "40.000"))

    async def claim_foreign(session: Any) -> None:
        asked = Ask(
            fund_id=fund_id,
            application_id=ApplicationId(ids.new()),
            amount=foreign,
            mode=ask(fund_id).mode,
            bears_fee=False,
            fund_kinds=ask(fund_id).fund_kinds,
        )
        await reserve(session, asked)

    async def receive_foreign(session: Any) -> None:
        await funds.receive(
            session,
            fund_id=fund_id,
            donor_id=None,
            amount=foreign,
            received_on=TODAY,
            channel=Channel.CASH,
            nature=ReceiptNature.DONATION_OPEN,
            actor_id=ACTOR,
        )

    found = await at_once(scene, *[claim] * 3, *[claim_foreign, receive_foreign] * 2)

    stops = {"fund-exhausted": 1, "fund-restricted": 2, "currency-mismatch": 2}
    assert found == {"done": 2, **stops}
    currencies = "select count(distinct currency) from journal_line where fund_id = :f"
    assert await scene.scalar(currencies, f=fund_id) == 1
    assert await scene.scalar("select count(*) from receipt where fund_id = :f", f=fund_id) == 1
    assert await scene.scalar("select count(*) from fund_claim where fund_id = :f", f=fund_id) == 2
    await require_whole(scene, fund_id)


async def test_free_money_leaves_once_whether_lent_or_given_back(scene: Scene) -> None:
    """Of 60 and 40 received, 60 is asked thrice and given back once: one of the four is done."""
    fund_id = await scene.fund(FundKind.DONATION, receives="0.000")
    receipt_id = await scene.receive(fund_id, "60.000")
    await scene.receive(fund_id, "40.000")

    async def claim(session: Any) -> None:
        await reserve(session, ask(fund_id, "60.000"))

    async def give_back(session: Any) -> None:
        await returning.reverse_receipt(
            session, fund_id=fund_id, receipt_id=receipt_id, on=TODAY, actor_id=ACTOR
        )

    found = await at_once(scene, claim, claim, claim, give_back)

    assert found == {"done": 1, "fund-exhausted": 3}
    await require_whole(scene, fund_id)


@pytest.mark.parametrize("step", [ClaimKind.COMMIT, ClaimKind.DRAW, ClaimKind.UNCOMMIT])
async def test_one_claim_is_used_up_once_however_many_use_it(scene: Scene, step: ClaimKind) -> None:
    fund_id = await scene.fund(FundKind.DONATION, receives="100.000")
    asked = ask(fund_id, "100.000")
    if step is ClaimKind.COMMIT:
        async with scene.database.begin(scene.institution_id) as session:
            await reserve(session, asked)
    else:
        await committed(scene, asked)

    async def use(session: Any) -> None:
        if step is ClaimKind.UNCOMMIT:
            await funds.claim_once(session, asked.move(step), actor_id=ACTOR)
            return
        doing = funds.commit_all if step is ClaimKind.COMMIT else funds.draw_all
        await doing(session, [asked], on=TODAY, actor_id=ACTOR)

    found = await at_once(scene, *[use] * 5)

    assert found == {"done": 1, "claim-refused": 4}
    taken = "select count(*) from fund_claim where fund_id = :f and kind = :k"
    assert await scene.scalar(taken, f=fund_id, k=step.value) == 1
    await require_whole(scene, fund_id)


async def test_what_is_freed_and_drawn_at_once_is_freed_or_drawn(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.DONATION, receives="100.000")
    asked = ask(fund_id, "100.000")
    await committed(scene, asked)

    async def draw(session: Any) -> None:
        await funds.draw_all(session, [asked], on=TODAY, actor_id=ACTOR)

    async def free(session: Any) -> None:
        await freeing.free_committed(session, asked.application_id, actor_id=ACTOR)

    async def claim(session: Any) -> None:
        await reserve(session, ask(fund_id, "100.000"))

    await at_once(scene, *[draw, free, claim] * 2)

    used = "select count(*) from fund_claim where fund_id = :f and kind in ('draw', 'uncommit')"
    assert await scene.scalar(used, f=fund_id) == 1
    await require_whole(scene, fund_id)


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        at.office.app.include_router(subsidies_router)
        yield at


async def test_subsidies_paid_at_once_never_overdraw_the_fund_that_pays(desk: Desk) -> None:
    """Four contracts are owed the same part of their price; the budget pays for two of them."""
    lending = await desk.scene.fund(FundKind.COMMERCIAL)
    terms = make_loan(principal=money("1200.000"))
    contracts = [await desk.lent_from(lending, terms, kind=FundKind.COMMERCIAL) for _ in range(5)]
    rich = await desk.scene.fund(FundKind.STATE, receives="500.000")
    path = await agreed(desk, contracts.pop(), rich)
    paid = await keyed(desk.manager, f"{path}/payments", {})
    each = sum(money(one["amount"]["amount"]).minor for one in paid.json()["payments"])
    held = Money(each * 2 + each // 2, "JOD")
    poor = await desk.scene.fund(FundKind.STATE, receives=str(held))
    paths = [await agreed(desk, contract_id, poor) for contract_id in contracts]

    answers = await asyncio.gather(*(keyed(desk.manager, f"{path}/payments", {}) for path in paths))

    assert sorted(one.status_code for one in answers) == [201, 201, 422, 422]
    assert {one.json()["type"].rpartition("/")[2] for one in answers if one.status_code == 422} == {
        "fund-exhausted"
    }
    assert await desk.faults() == {}
