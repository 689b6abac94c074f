"""What is a month's grading measured on? The million, with payments, borrowers and burdens."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg

from services import data_folder
from services.cli.benchmarks import million
from services.cli.benchmarks.million import CURRENCY, EVERY, PART, Million, contract_id
from services.embedded import Rafid
from services.loans.warnings import queries, running
from services.loans.warnings.tables import WarningPartRow
from shared.db import Database, TenantDb

GROUP: Final = 5
"""Every so many loans one stands in a group with the four after it."""
COLUMNS: Final = {
    "repayment": "institution_id repayment_id contract_id entry_id amount_minor currency"
    " received_on channel principal_minor profit_minor fee_minor surplus_minor actor_id",
    "borrower": "institution_id borrower_id reference kind branch_id name_ar name_sort region"
    " sex born_on actor_id",
    "borrower_member": "institution_id borrower_id member_borrower_id leads",
    "application_assessment": "institution_id assessment_id application_id round points grade"
    " answer assessed_at",
}


@dataclass(frozen=True, kw_only=True)
class Repaid(Million):
    """The million with each part that was paid, who borrowed, and what weighs on him."""

    def _repayment(self, number: int) -> str:
        on, own = self.paid_out_on(number), contract_id(number).hex
        late = number % 9
        return "".join(
            f"{self.institution_id.hex}\t{_id(5, number * 100 + part)}\t{own}\t{own}\t{PART}\t"
            f"{CURRENCY}\t{on + timedelta(days=EVERY * part + late)}\tcash\t{PART}\t0\t0\t0"
            f"\t{own}\n"
            for part in range(1, self.parts_paid(number) + 1)
        )

    def _borrower(self, number: int) -> str:
        own = contract_id(number).hex
        head = f"{self.institution_id.hex}\t"
        rest = f"{_id(1, 0)}\tأحمد\tأحمد\tamman\t"
        person = f"{head}{own}\tBR-{number}\tperson\t{rest}female\t2000-01-01\t{own}\n"
        if number % GROUP:
            return person
        group = f"{head}{_id(6, number)}\tGR-{number}\tsolidarity_group\t{rest}\\N\t\\N\t{own}\n"
        return person + group

    def _borrower_member(self, number: int) -> str:
        group = _id(6, number - number % GROUP)
        return f"{self.institution_id.hex}\t{group}\t{contract_id(number).hex}\tf\n"

    def _application_assessment(self, number: int) -> str:
        own = contract_id(number).hex
        answer = f'{{"affordability": {{"debt_service_share": "0.{10 + number % 60}"}}}}'
        return (
            f"{self.institution_id.hex}\t{own}\t{own}\t1\t70\tB\t{answer}\t"
            f"{self.paid_out_on(number)} 00:00:00+00\n"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """How long it took to gather a month's facts alone, and to grade it whole."""

    loans: int
    facts: int
    gathering: float
    whole: float
    alerts: int


async def make(admin_url: str, made: Repaid) -> None:
    """Write the portfolio with all that a grading reads."""
    await million.make(admin_url, made, instalments=True)
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("set search_path = loans; set session_replication_role = replica")
        for table, columns in COLUMNS.items():
            await connection.copy_to_table(
                table, source=million.pieces(made.rows(table)), columns=columns.split()
            )
            await connection.execute(f"vacuum (analyze) {table}")
    finally:
        await connection.close()


async def gather(database: Database, made: Repaid) -> tuple[int, int, float]:
    """Gather the facts of every running loan, and say how many there are and how long it took."""
    db = TenantDb(database, made.institution_id)
    began = time.perf_counter()
    async with db() as session:
        loans = [loan.contract_id for loan in await queries.running(session, as_of=made.today)]
    told = 0
    for start in range(0, len(loans), 2_500):
        facts = await running.facts(db, loans[start : start + 2_500], as_of=made.today)
        told += sum(len(loan.dues) + len(loan.payments) for loan in facts)
    return len(loans), told, time.perf_counter() - began


async def grade(urls: Mapping[str, str], folder: Path, made: Repaid) -> Warned:
    """Grade the month of the portfolio, both services in this process."""
    rafid = Rafid(
        folder=folder,
        urls=urls,
        kept=data_folder.open_secrets(folder),
        public_url="http://127.0.0.1",
    )
    async with rafid.running():
        state = rafid.loans.state
        loans, told, gathering = await gather(state.database, made)
        began = time.perf_counter()
        parts = await running.warn(
            TenantDb(state.database, made.institution_id),
            state.scoring,
            as_of=made.today,
            at=state.clock.now(),
        )
        whole = time.perf_counter() - began
    graded: list[WarningPartRow] = parts or []
    return Warned(
        loans=loans,
        facts=told,
        gathering=gathering,
        whole=whole,
        alerts=sum(part.red + part.amber for part in graded),
    )


def _id(kind: int, number: int) -> str:
    return f"{(kind << 96) + number:032x}"
