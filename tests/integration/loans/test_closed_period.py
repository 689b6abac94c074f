"""Nothing is booked on a day whose books are closed, whichever way it comes."""

from collections.abc import Awaitable, Callable
from datetime import date

import asyncpg
import pytest

from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.funds import operations as funds
from services.loans.ledger import operations as ledger
from services.loans.ledger.operations import PeriodClosed, Posting
from shared import ids
from shared.db import Database
from shared.ids import EntryId, FundId, InstitutionId
from tests.builders import money
from tests.integration.loans.scene import ACTOR, Scene

CLOSED_THROUGH, TODAY = date(2026, 2, 28), date(2026, 3, 5)
ENTRIES = "select count(*) from journal_entry where kind <> 'receipt'"


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def fund_id(scene: Scene) -> FundId:
    """A fund that received its money before the books were closed."""
    fund_id = await scene.fund(FundKind.DONATION)
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.close_books(session, through=CLOSED_THROUGH, today=TODAY, actor_id=ACTOR)
    return fund_id


def entry(kind: EntryKind, fund_id: FundId, *, on: date) -> JournalEntry:
    accounts = FundAccounts(fund_id=fund_id, kind=FundKind.DONATION, currency="JOD")
    lines = tuple(
        Line(account_code=accounts.account(code), fund_id=fund_id, amount=amount)
        for code, amount in (("cash", money("1.000")), ("wallet", money("-1.000")))
    )
    return JournalEntry(kind=kind, occurred_on=on, lines=lines)


@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("on", [CLOSED_THROUGH, date(2025, 1, 1)])
async def test_no_kind_of_entry_gets_into_a_closed_day(
    scene: Scene, fund_id: FundId, kind: EntryKind, on: date
) -> None:
    with pytest.raises(PeriodClosed) as refused:
        async with scene.database.begin(scene.institution_id) as session:
            await ledger.post(
                session, entry(kind, fund_id, on=on), actor_id=ACTOR, source_id=ids.new()
            )

    assert refused.value.occurred_on == on
    assert await scene.scalar(ENTRIES) == 0


async def test_the_first_open_day_takes_an_entry(scene: Scene, fund_id: FundId) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.post(
            session,
            entry(EntryKind.ACCRUAL, fund_id, on=date(2026, 3, 1)),
            actor_id=ACTOR,
            source_id=ids.new(),
        )

    assert await scene.scalar(ENTRIES) == 1


async def test_one_closed_day_among_open_ones_keeps_all_of_them_out(
    scene: Scene, fund_id: FundId
) -> None:
    days = (date(2026, 3, 1), CLOSED_THROUGH, date(2026, 3, 2))
    with pytest.raises(PeriodClosed) as refused:
        async with scene.database.begin(scene.institution_id) as session:
            await ledger.post_all(
                session,
                [
                    Posting(
                        entry=entry(EntryKind.PROVISION, fund_id, on=day),
                        actor_id=ACTOR,
                        source_id=ids.new(),
                        entry_id=EntryId(ids.new()),
                    )
                    for day in days
                ],
            )

    assert refused.value.occurred_on == CLOSED_THROUGH
    assert await scene.scalar(ENTRIES) == 0


async def receives(scene: Scene, fund_id: FundId, on: date) -> None:
    await scene.receive(fund_id, "5.000", on=on)


async def moves(scene: Scene, fund_id: FundId, on: date) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        await funds.receive(
            session,
            fund_id=fund_id,
            donor_id=None,
            amount=money("5.000"),
            received_on=on,
            channel=Channel.WALLET,
            nature=ReceiptNature.DONATION_OPEN,
            actor_id=ACTOR,
        )


@pytest.mark.parametrize("way", [receives, moves])
async def test_money_for_a_fund_is_not_received_on_a_closed_day(
    scene: Scene, fund_id: FundId, way: Callable[[Scene, FundId, date], Awaitable[None]]
) -> None:
    counted = await scene.scalar("select count(*) from receipt")

    with pytest.raises(PeriodClosed):
        await way(scene, fund_id, CLOSED_THROUGH)

    assert await scene.scalar("select count(*) from receipt") == counted
    await way(scene, fund_id, date(2026, 3, 1))
    assert await scene.scalar("select count(*) from receipt") == int(str(counted)) + 1


async def test_every_way_of_booking_leads_through_the_one_gate(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        writers = await connection.fetch(
            "select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where n.nspname = 'loans' and prosrc ~* 'insert\\s+into\\s+journal_(entry|line)'"
        )
        granted = await connection.fetch(
            "select table_name, privilege_type from information_schema.role_table_grants"
            " where grantee = 'rafid_loans' and table_schema = 'loans'"
            " and table_name in ('journal_entry', 'journal_line') and privilege_type <> 'SELECT'"
        )
    finally:
        await connection.close()

    assert [row["proname"] for row in writers] == ["post_entries"]
    assert granted == []
