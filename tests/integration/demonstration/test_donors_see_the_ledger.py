"""Through the whole house: scored by scoring, read by monitoring, and the same as the ledger."""

from pathlib import Path

from services.demonstration import bookkeeping, giving, queries
from services.demonstration import institution as plan
from services.loans.ledger import queries as ledger
from services.monitoring.domain.headings import Heading
from services.monitoring.portfolio import queries as portfolio
from shared.db import Database
from shared.ids import DonorId, InstitutionId
from shared.money import Money
from tests.e2e import house as houses
from tests.e2e.house import until
from tests.integration.demonstration.books import Demonstration
from tests.integration.monitoring.sealing import TwoBooks

CONTRACTS = 25


async def has_read_everything(demonstration: Demonstration, monitoring: Database) -> bool:
    async with demonstration.db() as session:
        waiting, head = await queries.told(session)
    async with monitoring.read(demonstration.institution_id) as session:
        return not waiting and (await portfolio.horizon(session)).number == head


async def test_donors_totals_equal_the_ledgers_and_the_books_are_whole(
    tmp_path: Path, database_urls: dict[str, str], institution_id: InstitutionId
) -> None:
    async with houses.in_one_process(tmp_path, database_urls) as house:
        assert house.rafid is not None
        demonstration = await Demonstration.found(
            house.database, institution_id, contracts=CONTRACTS
        )
        loader = await demonstration.loader(house.rafid.loans.state.scoring)
        await loader.load(after=0, keep=lambda _months: None)
        for _ in range(2):  # a second start finds all of it done
            await bookkeeping.keep(demonstration.db, on=demonstration.history.today)
            await giving.keep(demonstration.db, on=demonstration.history.today)
        monitoring: Database = house.rafid.monitoring.state.database

        async def is_read() -> bool:
            return await has_read_everything(demonstration, monitoring)

        await until(is_read, named="monitoring has read all")
        assert await demonstration.broken() == []
        counts = await demonstration.counts()
        assert counts["contract"] >= CONTRACTS * 0.8  # scoring may advise against a few
        await assert_same_totals(demonstration, monitoring)


async def assert_same_totals(demonstration: Demonstration, monitoring: Database) -> None:
    async with demonstration.db() as session:
        founded = await queries.founded(session)
        booked = {
            fund_id: await ledger.balances(session, fund_id) for fund_id in founded.funds.values()
        }
    two = TwoBooks(
        institution_id=demonstration.institution_id,
        loans=demonstration.database,
        monitoring=monitoring,
    )
    async with monitoring.read(demonstration.institution_id, snapshot=True) as session:
        seen = {
            code: {row.code for row in await portfolio.funds(session, donor_id=DonorId(donor_id))}
            for code, donor_id in founded.donors.items()
        }
    told = {code: await two.used(fund_id) for code, fund_id in founded.funds.items()}
    assert await two.unequal(*founded.funds.values()) == []
    for code, fund_id in founded.funds.items():
        accounts, used = booked[fund_id], told[code]
        given = accounts.get("fund_balance") or accounts["lender_payable"]
        assert used.received == -given, code
        assert used.at_hand == accounts["cash"] + accounts["wallet"], code
        assert used.outstanding == accounts["loans"], code
    assert told["waqf"].lent > Money.zero("JOD")
    assert told["waqf"].balances[Heading.YIELD] == giving.YIELD
    assert told["waqf"].balances[Heading.TRUSTEE] == giving.FEE
    assert (told["zakat"].lent, told["zakat"].spent) == (plan.jod(0), giving.GRANT)
    assert told["commercial"].balances[Heading.OTHER_COSTS] == bookkeeping.RENT_ASKED
    assert seen["waqf-noor"] == {"waqf"}
    assert seen["baraka"] == {"donation", "zakat"}
