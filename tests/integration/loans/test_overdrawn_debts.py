"""A debt that more was taken off than was owed is no money to lend."""

import pytest

from services.loans.domain import journal, purifying
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.funds import queries as funds
from services.loans.funds.tags import queries as tags
from services.loans.ledger import operations as ledger
from services.loans.zakat import queries as zakat
from shared import ids
from shared.db import Database
from shared.ids import EntryId, FundId, InstitutionId
from tests.integration.loans import endowing
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod

LATE = jod("50.000")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def post(scene: Scene, entry: JournalEntry) -> EntryId:
    async with scene.database.begin(scene.institution_id) as session:
        return await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())


async def overdraw(scene: Scene, fund_id: FundId, kind: FundKind) -> None:
    """A late amount of 50 is paid, given to charity, and then its payment is taken back."""
    accounts = FundAccounts(fund_id=fund_id, kind=kind, currency="JOD")
    late = JournalEntry(
        kind=EntryKind.REPAYMENT,
        occurred_on=TODAY,
        lines=(
            Line(account_code="cash", fund_id=fund_id, amount=LATE),
            Line(account_code="charity", fund_id=fund_id, amount=-LATE),
        ),
    )
    entry_id = await post(scene, late)
    given = purifying.payment_entry(LATE, fund=accounts, channel=Channel.CASH, booked_on=TODAY)
    await post(scene, given)
    await post(scene, journal.reversal_entry(late, entry_id=entry_id, reversed_on=TODAY))


@pytest.mark.parametrize("kind", [FundKind.DONATION, FundKind.ZAKAT, FundKind.WAQF])
async def test_charity_paid_out_and_then_not_received_makes_no_free_money(
    scene: Scene, kind: FundKind
) -> None:
    fund_id = await scene.fund(kind, receives="300.000")
    await overdraw(scene, fund_id, kind)

    left = jod("250.000")  # that is what lies there, and nobody has promised the other 50
    async with scene.database.read(scene.institution_id) as session:
        standing = (await funds.standings(session, [fund_id]))[fund_id]
        (open_money,) = await tags.standings(session, await funds.fund_by_id(session, fund_id))
        in_hand = await zakat.in_hand(session, fund_id, on=TODAY)
    assert (standing.cash, standing.net_assets) == (left, left)
    assert open_money.at_hand == left
    assert in_hand == left.minor


async def test_one_debt_overdrawn_leaves_another_as_large_as_it_is(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.DONATION, receives="300.000")
    await overdraw(scene, fund_id, FundKind.DONATION)
    surplus = JournalEntry(
        kind=EntryKind.REPAYMENT,
        occurred_on=TODAY,
        lines=(
            Line(account_code="cash", fund_id=fund_id, amount=jod("30.000")),
            Line(account_code="surplus", fund_id=fund_id, amount=jod("-30.000")),
        ),
    )
    await post(scene, surplus)

    async with scene.database.read(scene.institution_id) as session:
        standing = (await funds.standings(session, [fund_id]))[fund_id]
        (open_money,) = await tags.standings(session, await funds.fund_by_id(session, fund_id))
    assert (standing.cash, open_money.at_hand) == (jod("250.000"), jod("250.000"))


async def test_a_corpus_counts_no_overdrawn_debt_as_its_own(scene: Scene) -> None:
    waqf = await endowing.founded(scene, receives="300.000")
    await overdraw(scene, waqf.fund_id, FundKind.WAQF)

    assert (await waqf.books()).net_assets == jod("250.000")
