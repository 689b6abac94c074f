"""Books of the first release come through every later migration whole."""

import json
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.loans.domain.chart import FundKind, accounts_of
from shared import ids, migrations
from shared.migrations import SERVICES
from tests.providers import TestServer

LAST_OF_FIRST_RELEASE = "0010"
CODES_OF_FIRST_RELEASE = ("cash", "wallet", "loans", "surplus", "charity", "write_off")
SIGNED_ON = date(2026, 1, 10)


@pytest.fixture
async def old_books(test_server: TestServer) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to a database that stands at the first release."""
    name = f"{test_server.template}_upgrade_{ids.new().hex[-8:]}"
    passwords = {service: make_url(url).password or "" for service, url in test_server.urls.items()}
    admin_url = test_server.admin_url
    await migrations.prepare_roles(admin_url, database=name, passwords=passwords)
    at = test_server.admin_url_of(name)
    await migrations.upgrade(at, "loans", revision=LAST_OF_FIRST_RELEASE)
    connection = await asyncpg.connect(at, server_settings={"search_path": "loans"})
    try:
        yield connection
    finally:
        await connection.close()
        server = await asyncpg.connect(admin_url)
        await server.execute(f'drop database "{name}" with (force)')
        await server.close()


async def insert(connection: asyncpg.Connection, table: str, **members: object) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(members) + 1))
    await connection.execute(
        f"insert into {table} ({', '.join(members)}) values ({places})", *members.values()
    )


class OldBooks:
    """An institution as the first release wrote it: funds, one loan paid out, two repayments."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.institution_id = ids.new()
        self.contract_id = ids.new()
        self.funds: dict[FundKind, UUID] = {
            kind: ids.new() for kind in FundKind if kind is not FundKind.GUARANTEE
        }

    async def write(self) -> None:
        for kind, fund_id in self.funds.items():
            await self._add(
                "fund",
                fund_id=fund_id,
                code=kind.value,
                kind=kind.value,
                currency="JOD",
                name_ar="صندوق",
                name_fr="Fonds",
                name_en="Fund",
                actor_id=ids.new(),
            )
            for code in CODES_OF_FIRST_RELEASE:
                await self._add(
                    "account",
                    account_id=ids.new(),
                    fund_id=fund_id,
                    code=code,
                    **{"class": "asset"},
                    currency="JOD",
                )
        await self._sign()
        for number, due_on in enumerate((date(2026, 2, 10), date(2026, 3, 10)), start=1):
            await self._add(
                "instalment",
                contract_id=self.contract_id,
                number=number,
                due_on=due_on,
                principal_minor=500,
                profit_minor=0,
                fee_minor=10,
            )
        await self._pay_out()
        await self._repay(600, on=date(2026, 2, 20), principal=580, fee=20)
        await self._repay(100, on=date(2026, 1, 20), principal=100, fee=0)

    async def _add(self, table: str, **members: object) -> None:
        await insert(self._connection, table, institution_id=self.institution_id, **members)

    async def _entry(self, on: date) -> UUID:
        entry_id = ids.new()
        await self._add(
            "journal_entry",
            entry_id=entry_id,
            kind="repayment",
            occurred_on=on,
            source_id=ids.new(),
            actor_id=ids.new(),
        )
        return entry_id

    async def _sign(self) -> None:
        await self._add(
            "contract",
            contract_id=self.contract_id,
            reference="LN-2026-000001",
            application_id=ids.new(),
            borrower_id=ids.new(),
            branch_id=ids.new(),
            product_id=ids.new(),
            product_version=1,
            fund_id=self.funds[FundKind.WAQF],
            currency="JOD",
            principal_minor=1000,
            terms=json.dumps({"allocation_order": ["fee", "profit", "principal"]}),
            signed_on=SIGNED_ON,
            status="active",
            effective_annual_rate=0,
            total_cost_minor=20,
            actor_id=ids.new(),
        )
        await self._add(
            "position",
            contract_id=self.contract_id,
            version=4,
            disbursed_minor=1000,
            paid_principal_minor=680,
            paid_fee_minor=20,
        )

    async def _pay_out(self) -> None:
        await self._add(
            "disbursement",
            disbursement_id=ids.new(),
            contract_id=self.contract_id,
            currency="JOD",
            amount_minor=1000,
            disbursed_on=SIGNED_ON,
            channel="cash",
            entry_id=await self._entry(SIGNED_ON),
            actor_id=ids.new(),
        )

    async def _repay(self, amount: int, *, on: date, principal: int, fee: int) -> None:
        await self._add(
            "repayment",
            repayment_id=ids.new(),
            contract_id=self.contract_id,
            entry_id=await self._entry(on),
            amount_minor=amount,
            currency="JOD",
            received_on=on,
            channel="cash",
            principal_minor=principal,
            profit_minor=0,
            fee_minor=fee,
            surplus_minor=0,
            actor_id=ids.new(),
        )


@pytest.fixture
async def upgraded(test_server: TestServer, old_books: asyncpg.Connection) -> OldBooks:
    assert set(SERVICES) == set(test_server.urls)
    books = OldBooks(old_books)
    await books.write()
    name = await old_books.fetchval("select current_database()")
    await migrations.upgrade(test_server.admin_url_of(name), "loans")
    return books


async def test_an_old_contract_has_a_position_that_knows_what_is_open(
    upgraded: OldBooks, old_books: asyncpg.Connection
) -> None:
    position = await old_books.fetchrow("select * from position")
    assert position is not None
    assert position["fund_id"] == upgraded.funds[FundKind.WAQF]
    assert position["outstanding_principal_minor"] == 1000 - 680
    assert position["oldest_open_due_on"] == date(2026, 3, 10)
    assert (position["status"], position["generation"]) == ("active", 1)


async def test_old_movements_are_remembered_as_they_were_booked(
    upgraded: OldBooks, old_books: asyncpg.Connection
) -> None:
    rows = await old_books.fetch(
        "select valid_from, version, paid_minor from position_history"
        " where contract_id = $1 order by version, valid_from",
        upgraded.contract_id,
    )
    assert [(row["valid_from"], row["paid_minor"]) for row in rows] == [
        (SIGNED_ON, 0),
        (date(2026, 2, 20), 600),
        (date(2026, 1, 20), 100),  # entered later, dated earlier: both days stand anew
        (date(2026, 2, 20), 700),
    ]


async def test_old_funds_have_the_accounts_of_new_ones(
    upgraded: OldBooks, old_books: asyncpg.Connection
) -> None:
    for kind, fund_id in upgraded.funds.items():
        rows = await old_books.fetch("select code from account where fund_id = $1", fund_id)
        codes = [row["code"] for row in rows]
        gained = {account.code for account in accounts_of(kind)} - {
            "fund_balance",
            "lender_payable",
            "fee_income",
        }
        if kind is not FundKind.WAQF:  # the others had it from the first
            gained -= {"profit_income"}
        assert sorted(codes) == sorted(gained)


async def test_the_walls_stand_again_after_the_upgrade(
    upgraded: OldBooks, old_books: asyncpg.Connection
) -> None:
    assert upgraded.institution_id
    open_tables = await old_books.fetch(
        "select relname from pg_class where relnamespace = 'loans'::regnamespace"
        " and relkind = 'r' and relrowsecurity and not relforcerowsecurity"
    )
    assert open_tables == []
