"""The portfolio for any two dates: what was told is added up, and an answer never changes."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.monitoring.domain import portfolio_quality
from services.monitoring.portfolio import queries
from services.monitoring.portfolio.books import queries as books
from services.monitoring.portfolio.queries import Moment
from services.monitoring.subscriptions import Consumer
from shared.db import Database
from shared.events import CorrectedDue
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests.integration.monitoring.feed_of_loans import FeedOfLoans, consume

JULY = date(2026, 7, 1)


@pytest.fixture
def loans(institution_id: InstitutionId) -> FeedOfLoans:
    told = FeedOfLoans(institution_id)
    told.opens_branch()
    told.opens_fund()
    told.receives(5_000)
    return told


def jod(minor: int) -> Money:
    return Money(minor, "JOD")


async def at_risk(
    database: Database, loans: FeedOfLoans, at: Moment
) -> tuple[Money, dict[str, str]]:
    async with database.read(loans.institution_id) as session:
        positions = await queries.positions(session, at)
    found = portfolio_quality.quality(positions, currency="JOD")
    return found.outstanding, {name: str(risk.ratio) for name, risk in found.at_risk.items()}


async def moment(database: Database, loans: FeedOfLoans, *, as_of: date = JULY) -> Moment:
    async with database.read(loans.institution_id) as session:
        return await queries.moment(session, as_of=as_of, known_at=None)


async def test_lateness_follows_from_what_was_agreed_and_paid(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    on_time, late = loans.signs(), loans.signs()
    for contract in (on_time, late):
        loans.pays_out(contract)
    loans.pays_back(on_time, 500, on=date(2026, 6, 10))
    loans.pays_back(late, 250, on=date(2026, 4, 10))
    await consume(monitoring_db, loans)
    outstanding, ratios = await at_risk(monitoring_db, loans, await moment(monitoring_db, loans))
    assert outstanding == jod(500 + 750)
    # 250 fill two instalments and half of the third, due on 10 April: 82 days before 1 July.
    assert ratios == {
        "par1": "0.600000",
        "par30": "0.600000",
        "par60": "0.600000",
        "par90": "0.000000",
    }


async def test_a_repayment_that_changes_the_instalments_is_followed(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    paid_on = date(2026, 2, 10)
    days = [paid_on, *(date(2026, month, 10) for month in range(3, 10))]
    parts = [300, *([100] * 7)]
    dues = tuple(
        CorrectedDue(
            number=number,
            due_on=day,
            principal_minor=part,
            profit_minor=0,
            fee_minor=0,
            penalty_minor=0,
        )
        for number, (day, part) in enumerate(zip(days, parts, strict=True), start=1)
    )
    loans.pays_back(contract, 300, on=paid_on, dues=dues)
    await consume(monitoring_db, loans)
    outstanding, ratios = await at_risk(monitoring_db, loans, await moment(monitoring_db, loans))
    assert outstanding == jod(700)
    # What was paid ahead is a row of its own: 10 March is open, 113 days before 1 July.
    assert ratios["par90"] == "1.000000"


async def test_the_same_two_dates_answer_the_same_after_a_later_backdated_repayment(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    loans.pays_back(contract, 100, on=date(2026, 2, 10))
    await consume(monitoring_db, loans)
    before = await moment(monitoring_db, loans)
    first_answer = await at_risk(monitoring_db, loans, before)
    loans.pays_back(contract, 400, on=date(2026, 3, 10))
    await consume(monitoring_db, loans)
    assert await at_risk(monitoring_db, loans, before) == first_answer
    after = await moment(monitoring_db, loans)
    assert after.known_at is not None
    assert before.known_at is not None
    assert after.known_at > before.known_at
    assert (await at_risk(monitoring_db, loans, after))[0] == jod(500)
    assert first_answer[0] == jod(900)


async def test_a_reversal_undoes_a_repayment_from_its_value_date_on(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    loans.pays_back(contract, 300, on=date(2026, 4, 10))
    await consume(monitoring_db, loans)
    before = await moment(monitoring_db, loans)
    loans.takes_back(contract, 300, on=date(2026, 4, 10))
    await consume(monitoring_db, loans)
    assert (await at_risk(monitoring_db, loans, before))[0] == jod(700)
    now = await moment(monitoring_db, loans)
    assert (await at_risk(monitoring_db, loans, now))[0] == jod(1_000)


async def test_value_dates_after_the_day_asked_do_not_count(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    loans.pays_back(contract, 600, on=date(2026, 6, 30))
    await consume(monitoring_db, loans)
    june = await moment(monitoring_db, loans, as_of=date(2026, 6, 29))
    assert (await at_risk(monitoring_db, loans, june))[0] == jod(1_000)
    signed = await moment(monitoring_db, loans, as_of=date(2026, 1, 9))
    assert (await at_risk(monitoring_db, loans, signed))[0] == jod(0)


async def test_a_known_at_beyond_the_horizon_is_answered_for_the_horizon(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    await consume(monitoring_db, loans)
    far = loans.at + timedelta(days=30)
    async with monitoring_db.read(loans.institution_id) as session:
        used = await queries.moment(session, as_of=JULY, known_at=far)
    assert used.known_at == loans.at
    assert used.sequence == 3


async def test_the_horizon_stops_before_an_instant_that_is_half_read(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    """Events numbered together share an instant: half of them must not answer for it."""
    contract = loans.signs()
    signed_at = loans.at
    loans.pays_out(contract, 500)
    loans.pays_out(contract, 500, after_hours=0)
    consumer = Consumer(monitoring_db, loans, poll_seconds=1, batch=5)
    horizons = []
    for _ in range(2):
        await consumer.read_once(loans.institution_id)
        async with monitoring_db.read(loans.institution_id) as session:
            horizons.append((await queries.horizon(session)).known_at)
    assert horizons == [signed_at, loans.at]


async def test_the_fund_s_figures_close(monitoring_db: Database, loans: FeedOfLoans) -> None:
    first, second = loans.signs(minor=4_000), loans.signs(minor=3_000)
    loans.pays_out(first, 4_000)
    loans.pays_back(first, 2_000, on=date(2026, 5, 1))
    loans.pays_out(second, 2_500, on=date(2026, 6, 1))
    loans.claims(9_000, kind="reserve")
    loans.claims(4_000, kind="commit")
    loans.claims(3_000, kind="commit")
    loans.claims(6_500, kind="draw")
    loans.claims(300, kind="uncommit")
    await consume(monitoring_db, loans)
    fund_id = FundId(loans.fund_id)
    async with monitoring_db.read(loans.institution_id) as session:
        at = await queries.moment(session, as_of=JULY, known_at=None)
        used = (await books.utilisations(session, at, fund_ids=[fund_id]))[fund_id]
    assert used.received + used.returned == used.disbursed + used.at_hand
    assert (used.at_hand, used.lent_again) == (jod(500), jod(1_500))
    assert used.committed == jod(7_000 - 300 - 6_500)
    assert used.outstanding == jod(4_500)


async def test_a_cancelled_contract_is_no_longer_promised(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    loans.claims(4_000, kind="commit")
    loans.claims(1_000, kind="commit")
    loans.claims(4_000, kind="uncommit")
    await consume(monitoring_db, loans)
    fund_id = FundId(loans.fund_id)
    async with monitoring_db.read(loans.institution_id) as session:
        at = await queries.moment(session, as_of=JULY, known_at=None)
        used = (await books.utilisations(session, at, fund_ids=[fund_id]))[fund_id]
    assert (used.committed, used.disbursed) == (jod(1_000), jod(0))


async def test_a_fee_kept_back_at_disbursement_has_returned_and_pays_no_instalment(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract, fee_kept=20)
    await consume(monitoring_db, loans)
    fund_id = FundId(loans.fund_id)
    async with monitoring_db.read(loans.institution_id) as session:
        at = await queries.moment(session, as_of=JULY, known_at=None)
        used = (await books.utilisations(session, at, fund_ids=[fund_id]))[fund_id]
    assert (used.disbursed, used.returned, used.income) == (jod(1_000), jod(20), jod(20))
    assert used.at_hand == jod(5_000 - 1_000 + 20)
    assert (await at_risk(monitoring_db, loans, at))[0] == jod(1_000)


async def test_reading_the_feed_again_from_its_beginning_changes_nothing(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    loans.pays_back(contract, 300, on=date(2026, 4, 10))
    await consume(monitoring_db, loans)
    at = await moment(monitoring_db, loans)
    once = await at_risk(monitoring_db, loans, at)
    async with monitoring_db.begin(loans.institution_id) as session:
        await session.execute(text("update feed_cursor set number = 0"))
    await consume(monitoring_db, loans)
    assert await at_risk(monitoring_db, loans, at) == once
    async with monitoring_db.read(loans.institution_id) as session:
        movements = await session.scalar(text("select count(*) from contract_movement"))
        projects = await session.scalar(text("select count(*) from project"))
        stages = await session.scalar(text("select count(*) from project_stage"))
    assert (movements, projects, stages) == (2, 1, 2)


async def test_the_portfolio_over_months_is_the_portfolio_of_each_month(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    for start in (date(2026, 1, 10), date(2026, 3, 5)):
        contract = loans.signs(on=start)
        loans.pays_out(contract, on=start)
        loans.pays_back(contract, 130, on=date(2026, 4, 2))
        loans.takes_back(contract, 30, on=date(2026, 4, 2))
    await consume(monitoring_db, loans)
    ends = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    async with monitoring_db.read(loans.institution_id) as session:
        at = await queries.moment(session, as_of=ends[-1], known_at=None)
        fund_id = FundId(loans.fund_id)
        together = await queries.positions_over(session, at, ends=ends, fund_id=fund_id)
        for end in ends:
            alone = Moment(as_of=end, known_at=at.known_at, sequence=at.sequence)
            expected = await queries.positions(session, alone)
            assert sorted(together[end], key=str) == sorted(expected, key=str)


async def test_another_institution_sees_none_of_it(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    await consume(monitoring_db, loans)
    stranger = InstitutionId(uuid4())
    async with monitoring_db.read(stranger) as session:
        at = await queries.moment(session, as_of=JULY, known_at=loans.at)
        assert at.known_at is None
        assert await queries.positions(session, at) == []
        assert await queries.funds(session) == []
