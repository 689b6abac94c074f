"""How fast are repayments posted, beside the best that the same database does by hand?

Three ways write the same rows to the same tables: (a) one prepared call per repayment to a
hand-written function, (b) the operation in process, (c) the HTTP API. They alternate within one
run on one server, so that their ratios hold when the machine's speed drifts.
"""

import asyncio
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.journal import Channel
from services.loans.repayments.batch import RepaymentBook
from shared import ids
from shared.batching import Batcher
from shared.db import Database
from shared.ids import ContractId, InstitutionId
from shared.money import Money

MINOR = 100
CONNECTIONS = (4, 8, 16)
CLIENTS = 64
LOAD = "load.mjs"
ANSWER_BYTES = 420
"""As long as an answer of the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the bench runs on: contracts that are paid out and owe far more than it pays."""

    institution_id: InstitutionId
    fund_id: UUID
    cash_account_id: UUID
    loans_account_id: UUID
    actor_id: UUID
    currency: str
    today: date
    contract_ids: tuple[ContractId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: how many were done in how long, and how long each took in milliseconds."""

    done: int
    seconds: float
    p50: float
    p95: float
    p99: float
    errors: int = 0
    load_share: float | None = None
    note: str = ""

    @property
    def rate(self) -> float:
        """Repayments a second."""
        return self.done / self.seconds


def median(runs: Sequence[Measured], figure: Callable[[Measured], float]) -> float:
    """Return the median of a figure over the runs."""
    return statistics.median(figure(run) for run in runs)


async def _drive(workers: int, seconds: float, one: Callable[[int], Awaitable[None]]) -> Measured:
    """Let `workers` tasks call `one` again and again until the time is over."""
    latencies: list[float] = []
    started = time.perf_counter()
    deadline = started + seconds

    async def work(number: int) -> None:
        while (began := time.perf_counter()) < deadline:
            await one(number)
            latencies.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(work(number) for number in range(workers)))
    elapsed = time.perf_counter() - started
    latencies.sort()

    def at(share: float) -> float:
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))]

    return Measured(done=len(latencies), seconds=elapsed, p50=at(0.5), p95=at(0.95), p99=at(0.99))


async def install_baseline(admin_url: str) -> None:
    """Create the baseline's function in the bench's own database."""
    sql = (resources.files("services.cli.benchmarks") / "baseline.sql").read_text()
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("set role rafid_loans_owner; set search_path = loans")
        await connection.execute(sql)
        await connection.execute("grant execute on function bench_repayment to rafid_loans")
    finally:
        await connection.close()


async def baseline(url: str, ground: Ground, *, connections: int, seconds: float) -> Measured:
    """(a): one prepared call per repayment on so many connections; nothing is decided."""
    async with AsyncExitStack() as stack:
        prepared: list[Any] = []
        for _ in range(connections):
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            call = "select bench_repayment(" + ",".join(f"${n}" for n in range(1, 17)) + ")"
            prepared.append(await connection.prepare(call))
        answer, request_hash = secrets.token_bytes(ANSWER_BYTES), secrets.token_bytes(32)

        async def one(number: int) -> None:
            contract_id, repayment_id = random.choice(ground.contract_ids), ids.new()  # noqa: S311 - any will do
            entry_id = ids.new()
            await prepared[number].fetchval(
                ground.institution_id,
                contract_id,
                ground.fund_id,
                ground.cash_account_id,
                ground.loans_account_id,
                ground.actor_id,
                str(repayment_id),
                request_hash,
                answer,
                MINOR,
                ground.currency,
                ground.today,
                repayment_id,
                entry_id,
                ids.new(),
                orjson.dumps(_fact(ground, contract_id, repayment_id, entry_id)).decode(),
            )

        return await _drive(connections, seconds, one)


def _fact(
    ground: Ground, contract_id: UUID, repayment_id: UUID, entry_id: UUID
) -> dict[str, object]:
    """Write by hand what the operation tells: the payment, and the entry that booked it."""
    return {
        "contract_id": str(contract_id),
        "repayment_id": str(repayment_id),
        "fund_id": str(ground.fund_id),
        "amount_minor": MINOR,
        "currency": ground.currency,
        "received_on": ground.today.isoformat(),
        "channel": "cash",
        "principal_minor": MINOR,
        "profit_minor": 0,
        "fee_minor": 0,
        "penalty_minor": 0,
        "surplus_minor": 0,
        "booked": {
            "entry_id": str(entry_id),
            "fund_id": str(ground.fund_id),
            "kind": "repayment",
            "is_reversal": False,
            "occurred_on": ground.today.isoformat(),
            "contract_id": str(contract_id),
            "currency": ground.currency,
            "lines": [
                {"account": "cash", "account_class": "asset", "amount_minor": MINOR},
                {"account": "loans", "account_class": "asset", "amount_minor": -MINOR},
            ],
        },
    }


async def operation(url: str, ground: Ground, *, seconds: float) -> Measured:
    """(b): the operation in process, as the route calls it."""
    database = Database(url)
    try:
        batcher = Batcher(RepaymentBook(database).receive)

        async def one(_: int) -> None:
            await batcher.submit(
                ground.institution_id,
                ReceiveRepayment(
                    contract_id=random.choice(ground.contract_ids),  # noqa: S311 - any will do
                    amount=Money(MINOR, ground.currency),
                    received_on=ground.today,
                    today=ground.today,
                    channel=Channel.CASH,
                    actor_id=ground.actor_id,
                    key=str(ids.new()),
                    request_hash=b"bench",
                ),
            )

        return await _drive(CLIENTS, seconds, one)
    finally:
        await database.close()


async def http(node: str, ground: Ground, *, port: int, token: str, seconds: float) -> Measured:
    """(c): the HTTP API under 64 connections, driven by a program of its own."""
    plan = {
        "host": "127.0.0.1",
        "port": port,
        "token": token,
        "connections": CLIENTS,
        "seconds": seconds,
        "contracts": [str(contract_id) for contract_id in ground.contract_ids],
        "amount": str(Money(MINOR, ground.currency)),
        "currency": ground.currency,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps(plan))
        script = resources.files("services.cli.benchmarks") / LOAD
        process = await asyncio.create_subprocess_exec(
            node, str(script), str(path), stdout=asyncio.subprocess.PIPE, stderr=sys.stderr
        )
        output, _ = await process.communicate()
    found = json.loads(output)
    bad = {status: count for status, count in found["statuses"].items() if status != "201"}
    return Measured(
        done=found["requests"],
        seconds=found["seconds"],
        p50=found["p50"],
        p95=found["p95"],
        p99=found["p99"],
        errors=sum(bad.values()),
        load_share=found["cpu_share"],
        note=" ".join(found["samples"]) if bad else "",
    )
