"""The demonstration numbers every account there is, and a rent is booked by two persons."""

from datetime import date

from services.demonstration import bookkeeping, founding, queries
from services.demonstration import institution as plan
from services.loans.accounting import queries as accounting
from services.loans.domain import chart, giving
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from services.loans.ledger import queries as ledger
from shared import ids
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from shared.schemas import Page

TODAY = date(2026, 4, 1)


async def founded(database: Database, institution_id: InstitutionId, *, gives: bool) -> TenantDb:
    db = TenantDb(database, institution_id)
    await founding.found(db, contracts=8, since=TODAY, code=f"d{institution_id.hex[-12:]}")
    if gives:
        async with db.begin() as session:
            found = await queries.founded(session)
            await funds.receive(
                session,
                fund_id=found.funds[bookkeeping.FUND],
                donor_id=None,
                amount=plan.jod(1_000),
                received_on=TODAY,
                channel=Channel.CASH,
                nature=giving.NATURES[FundKind.COMMERCIAL][0],
                actor_id=ids.new(),
            )
    return db


def test_every_account_of_every_kind_of_fund_has_a_number() -> None:
    every = [(one.code, kind) for one in chart.CHART for kind in one.fund_kinds]

    bookkeeping.own_chart().require_whole(every)


async def test_a_rent_is_proposed_by_one_and_booked_by_another_once(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    db = await founded(loans_db, institution_id, gives=True)

    await bookkeeping.keep(db, on=TODAY)
    await bookkeeping.keep(db, on=TODAY)

    async with db() as session:
        fund_id = (await queries.founded(session)).funds[bookkeeping.FUND]
        balances = await ledger.balances(session, fund_id)
        (found,) = await accounting.all_by_hand(session, fund_id=None, page=Page())
        (account,) = await accounting.money_accounts(session, cut=ledger.Cut(as_of=TODAY))
    assert balances["cash"] == plan.jod(975)
    assert found.decision is not None
    assert found.decision.actor_id != found.row.actor_id
    assert account.minors == [975_000]


async def test_where_all_is_lent_the_rent_waits(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    db = await founded(loans_db, institution_id, gives=False)

    await bookkeeping.keep(db, on=TODAY)

    async with db() as session:
        assert await accounting.all_by_hand(session, fund_id=None, page=Page()) == []
        assert await accounting.numbering(session) is not None
