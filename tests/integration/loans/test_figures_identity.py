"""Received and returned are disbursed and in hand, whatever a fund's money was spent on."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Row

from services.loans.domain import agreement_borrowing as borrowing
from services.loans.domain import journal, purifying, waqf_entries
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.domain.waqf_orders import WaqfOrder, WaqfOrderKind
from services.loans.domain.zakat import entries as zakat_entries
from services.loans.funds import queries as funds
from services.loans.ledger import operations as ledger
from services.loans.ledger.queries import Cut
from shared import ids
from shared.db import Database
from shared.ids import ContractId, FundId, InstitutionId
from shared.money import Money
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod

CASH = Channel.CASH


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


def order(kind: str, amount: str, fund: FundAccounts) -> JournalEntry:
    asked = WaqfOrder(kind=WaqfOrderKind(kind), on=TODAY, amount=jod(amount))
    entry = waqf_entries.order_entry(asked, fund=fund, cost=jod("90.000"))
    assert entry is not None
    return entry


def moved(kind: EntryKind, fund: FundAccounts, **lines: str) -> JournalEntry:
    return JournalEntry(
        kind=kind,
        occurred_on=TODAY,
        lines=tuple(
            Line(account_code=code, fund_id=fund.fund_id, amount=jod(text))
            for code, text in lines.items()
        ),
    )


def of_zakat(fund: FundAccounts) -> Sequence[JournalEntry]:
    return (
        zakat_entries.grant(jod("600.000"), fund=fund, paid_on=TODAY),
        zakat_entries.amil_cost(jod("40.000"), fund=fund, paid_on=TODAY),
    )


def of_waqf(fund: FundAccounts) -> Sequence[JournalEntry]:
    return (
        waqf_entries.yield_entry(jod("100.000"), fund=fund, on=TODAY, channel=CASH),
        order("nazir_fee", "10.000", fund),
        order("upkeep", "7.000", fund),
        order("distribution", "60.000", fund),
        order("reserve", "10.000", fund),
        order("invest", "100.000", fund),
        order("exchange", "95.000", fund),
        waqf_entries.tabarru_entry(jod("30.000"), fund=fund, on=TODAY, channel=CASH),
        waqf_entries.cover_entry(
            tabarru=jod("20.000"),
            reserve=jod("5.000"),
            fund=fund,
            on=TODAY,
            contract_id=ContractId(ids.new()),
        ),
        moved(EntryKind.CORPUS_RETURN, fund, temporary_corpus="1.000", cash="-1.000"),
        moved(EntryKind.REPAYMENT, fund, cash="8.000", charity="-8.000"),
        purifying.payment_entry(jod("8.000"), fund=fund, channel=CASH, booked_on=TODAY),
    )


def of_commerce(fund: FundAccounts) -> Sequence[JournalEntry]:
    split = borrowing.Split(principal=jod("200.000"), cost=jod("6.000"))
    return (
        borrowing.entry(split, fund=fund, paid_on=TODAY, channel=CASH),
        moved(EntryKind.EXCHANGE, fund, cash="-0.150", exchange_loss="0.150"),
        moved(EntryKind.GUARANTEE, fund, cash="50.000", guarantee_received="-50.000"),
        moved(EntryKind.TRANSFER, fund, bank="30.000", cash="-30.000"),
    )


def of_donation(fund: FundAccounts) -> Sequence[JournalEntry]:
    manual = moved(EntryKind.MANUAL, fund, cash="-12.000", own_expense_522="12.000")
    return (moved(EntryKind.SUBSIDY, fund, subsidy_expense="25.000", cash="-25.000"), manual)


async def figures(scene: Scene, fund_id: FundId) -> Row[Any]:
    async with scene.database.read(scene.institution_id) as session:
        return await funds.figures(session, fund_id, cut=Cut())


def gap(row: Row[Any]) -> int:
    told: int = row.received_minor + row.returned_minor - row.disbursed_minor - row.cash_minor
    return told


@pytest.mark.parametrize(
    ("kind", "entries", "disbursed", "returned"),
    [
        (FundKind.ZAKAT, of_zakat, "640.000", "0.000"),
        # 10 + 7 + 60 + 100 + 1 + 8 paid; 100 + 95 + 20 + 8 came.
        (FundKind.WAQF, of_waqf, "186.000", "223.000"),
        (FundKind.COMMERCIAL, of_commerce, "206.000", "49.850"),
        (FundKind.DONATION, of_donation, "25.000", "-12.000"),
    ],
)
async def test_what_came_is_what_went_and_what_is_there(
    scene: Scene, kind: FundKind, entries: Any, disbursed: str, returned: str
) -> None:
    fund_id = await scene.fund(kind, receives="1000.000")
    accounts = FundAccounts(fund_id=fund_id, kind=kind, currency="JOD")
    booked = []
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.open_own_accounts(
            session, {"own_expense_522"}, fund_id=fund_id, currency="JOD"
        )
    for entry in entries(accounts):
        async with scene.database.begin(scene.institution_id) as session:
            entry_id = await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())
        booked.append((entry, entry_id))
        assert gap(await figures(scene, fund_id)) == 0, entry.kind
    row = await figures(scene, fund_id)
    assert (row.disbursed_minor, row.returned_minor) == (jod(disbursed).minor, jod(returned).minor)
    assert row.lent_minor == 0, "what was given or paid is no loan"

    for entry, entry_id in reversed(booked):
        undone = journal.reversal_entry(entry, entry_id=entry_id, reversed_on=TODAY)
        async with scene.database.begin(scene.institution_id) as session:
            await ledger.post(session, undone, actor_id=ACTOR, source_id=ids.new())
        assert gap(await figures(scene, fund_id)) == 0, entry.kind
    row = await figures(scene, fund_id)
    assert (row.disbursed_minor, row.returned_minor) == (0, 0)
    assert Money(row.cash_minor, "JOD") == jod("1000.000")
