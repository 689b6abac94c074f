"""The books refuse what does not balance, what is closed, and any writer but their function."""

from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.ledger import operations, queries
from services.loans.ledger.queries import JOURNAL, Cut
from shared import feed, ids
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import FundId, InstitutionId
from shared.money import Money

DAY = date(2026, 3, 1)
ACTOR = ids.new()


async def open_fund(database: Database, institution_id: InstitutionId) -> FundId:
    fund_id = FundId(ids.new())
    async with database.begin(institution_id) as session:
        await session.execute(
            text("insert into tenant (institution_id) values (:id) on conflict do nothing"),
            {"id": institution_id},
        )
        await operations.open_accounts(session, fund_id=fund_id, kind=FundKind.WAQF, currency="JOD")
    return fund_id


def receipt(fund_id: FundId, minor: int = 1_000, occurred_on: date = DAY) -> JournalEntry:
    amount = Money(minor, "JOD")
    return JournalEntry(
        kind=EntryKind.RECEIPT,
        occurred_on=occurred_on,
        lines=(
            Line(account_code="cash", fund_id=fund_id, amount=amount),
            Line(account_code="fund_balance", fund_id=fund_id, amount=-amount),
        ),
    )


async def post(database: Database, institution_id: InstitutionId, entry: JournalEntry) -> UUID:
    async with database.begin(institution_id) as session:
        return await operations.post(session, entry, actor_id=ACTOR, source_id=ids.new())


async def test_what_is_posted_moves_the_balances(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    fund_id = await open_fund(loans_db, institution_id)
    await post(loans_db, institution_id, receipt(fund_id, 1_250))
    async with loans_db.read(institution_id) as session:
        balances = await queries.balances(session, fund_id)
        lines = await queries.trial_balance(session, cut=Cut())
    assert balances["cash"] == Money(1_250, "JOD")
    assert balances["fund_balance"] == Money(-1_250, "JOD")
    assert sum(line.debit_minor - line.credit_minor for line in lines) == 0


async def post_raw(
    database: Database, institution_id: InstitutionId, *, amounts: list[int], fund_id: FundId
) -> None:
    """Call the posting function with lines that the domain would never build."""
    async with database.read(institution_id) as session:
        accounts = await queries.accounts_of(session, [fund_id])
    keys = [accounts[fund_id, "cash"], accounts[fund_id, "fund_balance"]][: len(amounts)]
    pool = await database.pool()
    await pool.execute(
        "select post_entries($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)",
        institution_id,
        [ACTOR],
        [ids.new()],
        ["receipt"],
        [DAY],
        [ids.new()],
        [None],
        [None],
        [1] * len(amounts),
        list(range(1, len(amounts) + 1)),
        [key.account_id for key in keys],
        [fund_id] * len(amounts),
        ["JOD"] * len(amounts),
        amounts,
    )


@pytest.mark.parametrize("amounts", [[100, -99], [100], []])
async def test_the_database_itself_refuses_an_entry_that_does_not_balance(
    loans_db: Database, institution_id: InstitutionId, amounts: list[int]
) -> None:
    fund_id = await open_fund(loans_db, institution_id)
    with pytest.raises(asyncpg.PostgresError) as caught:
        await post_raw(loans_db, institution_id, amounts=amounts, fund_id=fund_id)
    assert caught.value.sqlstate == "RF003"
    async with loans_db.read(institution_id) as session:
        assert await session.scalar(text("select count(*) from journal_entry")) == 0


@pytest.mark.rule("Z-1")
@pytest.mark.parametrize("amounts", [(500, -500), (500, -500, 300, -300)])
async def test_no_entry_lies_in_two_funds_even_if_it_is_whole_in_each(
    loans_db: Database, institution_id: InstitutionId, amounts: tuple[int, ...]
) -> None:
    one = await open_fund(loans_db, institution_id)
    other = await open_fund(loans_db, institution_id)
    async with loans_db.read(institution_id) as session:
        accounts = await queries.accounts_of(session, [one, other])
    funds = [one, other] if len(amounts) == 2 else [one, one, other, other]
    codes = ["cash", "cash"] if len(amounts) == 2 else ["cash", "loans"] * 2
    pool = await loans_db.pool()
    with pytest.raises(asyncpg.PostgresError) as caught:
        await pool.execute(
            "select post_entries($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)",
            institution_id,
            [ACTOR],
            [ids.new()],
            ["transfer"],
            [DAY],
            [ids.new()],
            [None],
            [None],
            [1] * len(amounts),
            list(range(1, len(amounts) + 1)),
            [accounts[key].account_id for key in zip(funds, codes, strict=True)],
            funds,
            ["JOD"] * len(amounts),
            list(amounts),
        )
    assert caught.value.sqlstate == "RF004"


@pytest.mark.parametrize(
    "statement",
    [
        (
            "insert into journal_entry (institution_id, entry_id, kind, occurred_on, source_id,"
            " actor_id) values (:id, :id, 'receipt', '2026-01-01', :id, :id)"
        ),
        "update journal_entry set kind = 'other'",
        "delete from journal_entry",
        (
            "insert into journal_line (institution_id, entry_id, line_no, account_id, fund_id,"
            " currency, amount_minor) values (:id, :id, 1, :id, :id, 'JOD', 5)"
        ),
        "update journal_line set amount_minor = 1",
        "delete from journal_line",
        "update journal_link set hash = ''",
        "delete from journal_link",
        "update event set type = 'other'",
        "delete from event",
        "delete from feed_entry",
        "update repayment set amount_minor = 1",
        "alter table journal_entry disable row level security",
        "set role rafid_loans_owner",
    ],
)
async def test_the_application_cannot_write_the_journal_but_through_its_function(
    loans_db: Database, institution_id: InstitutionId, statement: str
) -> None:
    with pytest.raises(Exception, match=r"permission denied|must be owner") as caught:
        async with loans_db.begin(institution_id) as session:
            await session.execute(text(statement), {"id": institution_id})
    assert getattr(caught.value, "orig", None) is not None


async def test_a_function_called_for_another_institution_refuses(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    fund_id = await open_fund(loans_db, institution_id)
    other = InstitutionId(ids.new())
    with pytest.raises(Exception, match="is not the transaction's"):
        async with loans_db.begin(other) as session:
            await session.execute(
                text("select * from repayment_contexts(:id, array[]::uuid[])"),
                {"id": institution_id},
            )
    async with loans_db.read(other) as session:
        assert await queries.balances(session, fund_id) == {}


async def test_nothing_is_posted_on_a_closed_day_and_the_next_is_open(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    fund_id = await open_fund(loans_db, institution_id)
    async with loans_db.begin(institution_id) as session:
        await operations.close_books(session, through=DAY, today=date(2026, 4, 1), actor_id=ACTOR)
    with pytest.raises(operations.PeriodClosed):
        await post(loans_db, institution_id, receipt(fund_id))
    await post(loans_db, institution_id, receipt(fund_id, occurred_on=date(2026, 3, 2)))
    with pytest.raises(operations.ClosingNotForward):
        async with loans_db.begin(institution_id) as session:
            await operations.close_books(
                session, through=DAY, today=date(2026, 4, 1), actor_id=ACTOR
            )
    with pytest.raises(operations.DayNotOver):
        async with loans_db.begin(institution_id) as session:
            await operations.close_books(
                session, through=date(2026, 4, 1), today=date(2026, 4, 1), actor_id=ACTOR
            )


async def test_known_at_sees_what_was_chained_by_then(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    fund_id = await open_fund(loans_db, institution_id)
    sequencer = Sequencer(loans_db, chains=(feed.EVENTS, JOURNAL))
    await post(loans_db, institution_id, receipt(fund_id, 100))
    await sequencer.number(institution_id)
    async with loans_db.read(institution_id) as session:
        before = await queries.horizon(session)
    assert before is not None
    await post(loans_db, institution_id, receipt(fund_id, 11, occurred_on=date(2026, 1, 1)))
    await sequencer.number(institution_id)
    async with loans_db.read(institution_id) as session:
        then = await queries.trial_balance(session, cut=Cut(known_at=before.numbered_at))
        now = await queries.trial_balance(session, cut=Cut(as_of=DAY))
        early = await queries.trial_balance(session, cut=Cut(as_of=date(2026, 2, 1)))
    assert max(line.debit_minor for line in then) == 100
    assert max(line.debit_minor for line in now) == 111
    assert max(line.debit_minor for line in early) == 11


async def test_an_instant_to_come_is_answered_for_the_newest_link_for_ever(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    fund_id = await open_fund(loans_db, institution_id)
    sequencer = Sequencer(loans_db, chains=(feed.EVENTS, JOURNAL))
    far = datetime(2100, 1, 1, tzinfo=UTC)
    async with loans_db.read(institution_id) as session:
        nothing = await queries.cut_of(session, as_of=None, known_at=far)
    await post(loans_db, institution_id, receipt(fund_id, 100))
    await sequencer.number(institution_id)
    async with loans_db.read(institution_id) as session:
        first = await queries.cut_of(session, as_of=None, known_at=far)
    await post(loans_db, institution_id, receipt(fund_id, 11))
    await sequencer.number(institution_id)
    debits = []
    async with loans_db.read(institution_id) as session:
        for cut in (nothing, first):
            lines = await queries.trial_balance(session, cut=cut)
            debits.append(max(line.debit_minor for line in lines))
    assert debits == [0, 100]
