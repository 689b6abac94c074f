"""What does a close of a day run on: a million loans with profit, and payments meanwhile?"""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import asyncpg

from services.cli.benchmarks import million
from services.cli.benchmarks.million import CURRENCY, EVERY, FUNDS, PART, PARTS, PRINCIPAL, Million
from services.cli.benchmarks.repayments import Ground
from services.loans.closing import operations as closing
from services.loans.domain import chart
from services.loans.domain.accrual import Recognition
from services.loans.domain.chart import FundKind
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.domain.provisioning import LossAssumptions, Scenario
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared import ids
from shared.db import Database
from shared.ids import FundId
from shared.money import Money

PROFIT: Final = 6_000
ANNUAL_RATE: Final = Decimal("0.06")
PAID_ON: Final = 20_000
ACTOR: Final = ids.new()
ONE: Final = (Scenario(weight=Decimal(1), monthly_hazard=Decimal("0.01")),)
POLICY: Final = ClosingPolicy(
    recognition=Recognition.SCHEDULED,
    minimums=tuple(map(Decimal, ("0.01", "0.05", "0.2", "0.5", "1"))),
    loss=LossAssumptions(performing=ONE, underperforming=ONE, loss_given_default=Decimal("0.6")),
)
FUND = """
    insert into fund (institution_id, fund_id, code, kind, currency, name_ar, name_fr, name_en,
      actor_id) values ($1, $2, $3, 'commercial', $4, 'صندوق', 'Fonds', 'Fund', $5)
"""
ACCOUNT = """
    insert into account (institution_id, account_id, fund_id, code, class, currency)
    values ($1, $2, $3, $4, $5, $6)
"""
PROFIT_PAID = """
    update position set paid_profit_minor = paid_principal_minor / $2 * $3
    where institution_id = $1
"""


@dataclass(frozen=True, kw_only=True)
class Profitable(Million):
    """The million, each part of a loan bearing profit."""

    def kept(self, name: str, key: object, make: Callable[[], Any]) -> Any:
        """Give the shared texts of a loan that bears profit."""
        if name == "terms" and isinstance(key, date):
            return super().kept(name, key, lambda: json.dumps(_terms(key).to_json()))
        if name == "dues" and isinstance(key, date):
            return super().kept(
                name, key, lambda: [_due(key, part) for part in range(1, PARTS + 1)]
            )
        return super().kept(name, key, make)


def _due(on: date, part: int) -> str:
    return f"{part}\t{on + timedelta(days=EVERY * part)}\t{PART}\t{PROFIT}\t0\n"


def _terms(on: date) -> Terms:
    return Terms(
        mode_of_finance=ModeOfFinance.CONVENTIONAL,
        charge_method=ChargeMethod.FLAT,
        principal=Money(PRINCIPAL, CURRENCY),
        annual_rate=ANNUAL_RATE,
        instalments=PARTS,
        frequency=Frequency.MONTHLY,
        disbursed_on=on,
        first_due_on=on + timedelta(days=EVERY),
    )


async def prepare(admin_url: str, url: str, made: Profitable) -> Ground:
    """Write the portfolio with its funds, accounts and rules of closing."""
    await million.make(admin_url, made, instalments=True)
    funds = [million.fund_id(number) for number in range(FUNDS)]
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("set search_path = loans")
        await connection.executemany(
            FUND,
            [(made.institution_id, fund, f"F{n}", CURRENCY, ACTOR) for n, fund in enumerate(funds)],
        )
        await connection.executemany(
            ACCOUNT,
            [
                (made.institution_id, ids.new(), fund, one.code, one.account_class.value, CURRENCY)
                for fund in funds
                for one in chart.accounts_of(FundKind.COMMERCIAL)
            ],
        )
        await connection.execute(PROFIT_PAID, made.institution_id, PART, PROFIT)
        await connection.execute("vacuum (analyze) position")
    finally:
        await connection.close()
    database = Database(url)
    try:
        async with database.begin(made.institution_id) as session:
            await closing.give_policy(
                session, POLICY, fund_id=None, starts_on=date(2000, 1, 1), actor_id=ACTOR
            )
    finally:
        await database.close()
    return _ground(made, funds[0])


def _ground(made: Profitable, fund_id: FundId) -> Ground:
    """Pay on contracts spread over the portfolio that owe enough for a long bench."""
    every = max(made.contracts // PAID_ON, 1)
    paid_on = [
        million.contract_id(number)
        for number in range(0, made.contracts, every)
        if made.parts_paid(number) < PARTS - 1
    ]
    return Ground(
        institution_id=made.institution_id,
        fund_id=fund_id,
        cash_account_id=ids.new(),
        loans_account_id=ids.new(),
        actor_id=ACTOR,
        currency=CURRENCY,
        today=made.today,
        contract_ids=tuple(paid_on),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """One run of the command, from when it was ready: how long it took, and what it told."""

    seconds: float
    told: str


READY = """
from services.cli import closing, commands
print(flush=True)
input()
commands.app()
"""
"""Starting Python and reading the program takes seconds that are no part of a close."""


async def ready(url: str, day: date, *, within: float) -> Process:
    """Start `rafid close-day` in a process of its own, as far as before its first step."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        READY,
        "close-day",
        "--day",
        day.isoformat(),
        "--within",
        str(within),
        env={**os.environ, "RAFID_LOANS_DATABASE_URL": url},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is not None:
        await process.stdout.readline()
    return process


async def close(process: Process) -> Closed:
    """Let a process that is ready close its day."""
    started = time.perf_counter()
    output, _ = await process.communicate(b"\n")
    if process.returncode:
        raise RuntimeError(f"close-day ended with {process.returncode}")
    return Closed(seconds=time.perf_counter() - started, told=output.decode().strip())
