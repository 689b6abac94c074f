"""The donor page's seal agrees for every kind of fund, whatever was booked and taken back."""

from datetime import date
from random import Random
from typing import Any

import pytest

from services.loans.domain import journal
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.lineage import Policy
from services.loans.ledger import operations as ledger
from services.monitoring.domain.headings import Heading
from services.monitoring.portfolio import queries
from services.monitoring.portfolio.books import queries as books
from shared import ids
from shared.db import Database
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests.integration.loans import ordering
from tests.integration.loans import test_figures_identity as movements
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod
from tests.integration.loans.test_cofinancing import lent, two_funds
from tests.integration.loans.test_lineage_policies import opened
from tests.integration.loans.test_random_histories import History
from tests.integration.monitoring.sealing import DAY, TwoBooks

STEPS = 18
RENT = "own_expense_522"


@pytest.fixture
def two(loans_db: Database, monitoring_db: Database, institution_id: InstitutionId) -> TwoBooks:
    return TwoBooks(institution_id=institution_id, loans=loans_db, monitoring=monitoring_db)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.mark.parametrize(
    ("kind", "entries", "told"),
    [
        (FundKind.ZAKAT, movements.of_zakat, {"granted": "600.000", "amil": "40.000"}),
        (
            FundKind.WAQF,
            movements.of_waqf,
            {"trustee": "10.000", "upkeep": "7.000", "granted": "60.000", "received": "999.000"},
        ),
        (FundKind.COMMERCIAL, movements.of_commerce, {"received": "800.000", "borrowing": "6.000"}),
        (
            FundKind.DONATION,
            movements.of_donation,
            {"subsidies_paid": "25.000", "other_costs": "12.000"},
        ),
    ],
)
async def test_each_movement_of_a_fund_is_followed_and_so_is_its_undoing(
    two: TwoBooks, scene: Scene, kind: FundKind, entries: Any, told: dict[str, str]
) -> None:
    fund_id = await scene.fund(kind, receives="1000.000")
    accounts = FundAccounts(fund_id=fund_id, kind=kind, currency="JOD")
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.open_own_accounts(session, {RENT}, fund_id=fund_id, currency="JOD")
    booked = []
    for entry in entries(accounts):
        async with scene.database.begin(scene.institution_id) as session:
            entry_id = await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())
        booked.append((entry, entry_id))
        assert await two.unequal(fund_id) == [], entry.kind
    used = await two.used(fund_id)
    assert {name: str(used.balances[Heading(name)]) for name in told} == told

    for entry, entry_id in reversed(booked):
        undone = journal.reversal_entry(entry, entry_id=entry_id, reversed_on=TODAY)
        async with scene.database.begin(scene.institution_id) as session:
            await ledger.post(session, undone, actor_id=ACTOR, source_id=ids.new())
    assert await two.unequal(fund_id) == []
    used = await two.used(fund_id)
    assert (used.disbursed, used.returned, used.given_back) == (jod("0.000"),) * 3
    assert used.at_hand == jod("1000.000")


async def test_an_entry_that_was_not_told_is_seen(two: TwoBooks, scene: Scene) -> None:
    """The seal is no mirror: where the feed leaves something out, it differs."""
    fund_id = await scene.fund(FundKind.ZAKAT, receives="1000.000")
    accounts = FundAccounts(fund_id=fund_id, kind=FundKind.ZAKAT, currency="JOD")
    assert await two.unequal(fund_id) == []
    for entry in movements.of_zakat(accounts):
        async with scene.database.begin(scene.institution_id) as session:
            await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())
    whole = two.events

    async def without_the_last(institution_id: InstitutionId, *, after: int, limit: int) -> Any:
        page = await whole(institution_id, after=after, limit=limit)
        kept = tuple(
            one for one in page.events if one.data.get("booked", {}).get("kind") != "grant"
        )
        return page.model_copy(update={"events": kept})

    two.events = without_the_last  # type: ignore[method-assign]
    unequal = {row.name for row in await two.unequal(fund_id)}
    assert unequal == {"disbursed", "at_hand", "granted"}


async def test_each_fund_of_one_contract_is_followed_by_its_own_share(
    two: TwoBooks, loans_db: Database, institution_id: InstitutionId
) -> None:
    async with ordering.opened(loans_db, institution_id) as desk:
        desk.office.app.state.payments = None
        first, second = await two_funds(desk)
        contract_id = await lent(desk, first, second)
        assert await two.unequal(first, second) == []
        assert await out_of(two, first, second) == ["600.000", "400.000"]
        paid = await desk.repay(contract_id, "700.000")
        assert paid.status_code == 201, paid.text
        assert await two.unequal(first, second) == []
        assert await out_of(two, first, second) == ["0.000", "300.000"]
        for fund_id, back in ((first, "600.000"), (second, "100.000")):
            used = await two.used(fund_id)
            assert (used.principal, used.committed) == (jod(back), jod("0.000"))
            assert await paid_by_month(two, fund_id) == [(jod(back).minor, 1)]
        await desk.done(contract_id, "write_off")
        assert await two.unequal(first, second) == []
        lost = [(await two.used(one)).balances[Heading.LOST] for one in (first, second)]
        assert [str(money) for money in lost] == ["0.000", "300.000"]


async def out_of(two: TwoBooks, *fund_ids: FundId) -> list[str]:
    """What each fund has out by the positions of the portfolio, which agree with its books."""
    at = await two.moment()
    found = []
    for fund_id in fund_ids:
        async with two.monitoring.read(two.institution_id) as session:
            alone = await queries.positions(session, at, fund_ids=[fund_id])
            together = await queries.positions(session, at)
            over = await queries.positions_over(session, at, ends=[DAY], fund_id=fund_id)
            contracts = await queries.contracts_of_fund(session, at, fund_id=fund_id)
        assert over[DAY] == alone
        assert [one for one in together if one.fund_id == fund_id] == alone
        assert contracts == 1, "it is a contract of each of its funds"
        out = Money.total((one.outstanding for one in alone), "JOD")
        assert out == (await two.used(fund_id)).outstanding
        found.append(str(out))
    return found


async def paid_by_month(two: TwoBooks, fund_id: FundId) -> list[tuple[int, int]]:
    at = await two.moment(as_of=date(2030, 1, 1))
    async with two.monitoring.read(two.institution_id) as session:
        months = await books.repayments_by_month(session, at, fund_id=fund_id)
    return [(month.amount_minor, month.contracts) for month in months]


@pytest.mark.parametrize(
    "of", [(3, Policy.FIFO, FundKind.WAQF), (14, Policy.TAG, FundKind.DONATION)], ids=str
)
async def test_after_any_history_the_books_agree_and_a_rebuild_gives_the_same(
    two: TwoBooks,
    loans_db: Database,
    institution_id: InstitutionId,
    admin_url: str,
    of: tuple[int, Policy, FundKind],
) -> None:
    seed, policy, kind = of
    async with ordering.opened(loans_db, institution_id) as desk:
        fund_id = await opened(desk.scene, policy, kind=kind)
        dice = Random(seed)  # noqa: S311 - a history that comes again, no secret
        history = History(desk=desk, fund_id=fund_id, policy=policy, kind=kind, dice=dice)
        await history.receive()
        for step in range(STEPS):
            await history.step()
            if step % 3 == 2:
                assert await two.unequal(fund_id) == [], history.done
        assert await two.unequal(fund_id) == [], history.done
    assert len(history.done) >= 5, history.done
    before, positions = await two.used(fund_id), await everything(two)
    await two.forget(admin_url)
    await two.read_on(batch=7)
    assert await two.used(fund_id) == before
    assert await everything(two) == positions
    assert await two.unequal(fund_id) == []


async def everything(two: TwoBooks) -> list[str]:
    at = await two.moment()
    async with two.monitoring.read(two.institution_id) as session:
        return sorted(str(one) for one in await queries.positions(session, at))
