"""May a waqf invest where a ruling allows it, and does its yield stand in its books?"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from services.loans.domain import chart
from services.loans.domain.chart import AccountNotInChart, FundAccounts, FundKind
from services.loans.domain.funding import FundRestricted
from shared import ids
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import rulings
from tests.integration.loans import dealing
from tests.integration.loans.dealing import Table

WAQF: dict[str, Any] = {"kind": FundKind.WAQF, "fund_kinds": frozenset({FundKind.WAQF})}


@pytest.fixture
async def table(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Table]:
    async with dealing.opened(loans_db, institution_id) as opened:
        yield opened


async def waqf(table: Table) -> FundId:
    """An invested waqf whose deed and a ruling allow it."""
    return await table.scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)


async def test_profit_of_a_sale_is_yield_of_the_waqf_as_it_is_paid(table: Table) -> None:
    contract_id = await table.deal("murabaha", fund_id=await waqf(table), **WAQF)
    await table.take(
        contract_id,
        ("promise", {}),
        ("purchase", {"amounts": {"invoice": "1000.000"}}),
        ("possess", {}),
        ("sell", {"amounts": {"cost": "1000.000", "mark_up": "120.000"}}),
    )
    assert "profit_income" not in await table.balances(contract_id), "nothing is made yet"
    await table.paid(contract_id, "93.333", on=date(2026, 2, 15))
    books = await table.balances(contract_id)
    assert (books["profit_income"], books["deferred_profit"]) == (-10_000, -110_000)
    assert await table.faults() == {}


async def test_a_partner_s_profit_is_yield_once_declared_and_a_loss_lowers_the_corpus(
    table: Table,
) -> None:
    contract_id = await table.deal("mudaraba", fund_id=await waqf(table), **WAQF)
    await table.take(
        contract_id,
        ("contribute", {"amounts": {"capital": "1000.000"}, "figures": {"profit_ratio": "0.6"}}),
        ("declare_profit", {"amounts": {"profit": "300.000"}}),
        ("distribute", {"amounts": {"amount": "180.000"}}),
        ("declare_loss", {"amounts": {"loss": "50.000"}}),
    )
    books = await table.balances(contract_id)
    assert (books["profit_income"], books["capital_loss"]) == (-180_000, 50_000)
    assert books["partnerships"] == 950_000
    assert await table.faults() == {}


async def test_without_a_ruling_a_waqf_invests_in_nothing(table: Table) -> None:
    fund_id = await table.scene.fund(FundKind.WAQF)
    with pytest.raises((FundRestricted, AssertionError), match="ruling"):
        await table.deal("mudaraba", fund_id=fund_id, **WAQF)


def test_a_waqf_has_profit_and_no_income_from_lateness_and_zakat_has_neither() -> None:
    codes = {account.code for account in chart.accounts_of(FundKind.WAQF)}
    assert {"profit_income", "profit_accrued", "profit_unearned", "charity"} <= codes
    assert not {"penalty_income", "savings_cost"} & codes
    zakat = FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.ZAKAT, currency="JOD")
    with pytest.raises(AccountNotInChart):
        zakat.account("profit_income")
