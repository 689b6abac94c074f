"""Institutions that can take a portfolio over, and the rows of a file that fits them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from services.cli import portfolios
from services.loans.applications.intake import importer
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.journal import Channel
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.funds import operations as funds
from services.loans.institutions.names import Names
from services.loans.products import queries as products
from services.loans.proof import operations as proof
from services.loans.repayments.batch import Answer, RepaymentBook
from services.loans.takeover import outgoing, sheets
from services.loans.takeover.desk import Taken
from shared.clock import FixedClock
from shared.db import TenantDb
from shared.ids import ContractId, FundId, RepaymentId
from tests.chained import chain
from tests.integration.loans.scene import ACTOR, NOON, TODAY, Scene, jod
from tests.integration.loans.signing import Approval, approve, loan, offer, officer, qard, sign

Cells = dict[str, str]
NAMES = Names(ar="صندوق", fr="Fonds", en="Fund")


@dataclass(frozen=True, kw_only=True)
class House:
    """An institution that can take a portfolio: a fund of two kinds, a product of each."""

    scene: Scene
    waqf: FundId
    bank: FundId

    @property
    def db(self) -> TenantDb:
        return TenantDb(self.scene.database, self.scene.institution_id)

    @property
    def book(self) -> RepaymentBook:
        return RepaymentBook(self.scene.database)

    async def take(self, content: bytes, **options: Any) -> Taken:
        taken, _ = await portfolios.import_content(
            self.db, self.book, content, clock=FixedClock(NOON), **options
        )
        return taken

    async def give(self) -> bytes:
        out = await outgoing.portfolio(self.db, actor=importer(self.scene.institution_id))
        return sheets.csv_of(COLUMNS, out.rows)

    async def count(self, table: str) -> object:
        return await self.scene.scalar(f"select count(*) from {table}")


async def found(scene: Scene) -> House:
    await scene.found()
    made = {}
    for code, kind in (("WAQF", FundKind.WAQF), ("BANK", FundKind.COMMERCIAL)):
        async with scene.database.begin(scene.institution_id) as session:
            row = await funds.create_fund(
                session,
                code=code,
                kind=kind,
                names=NAMES,
                floor=jod("0"),
                lending_ruling=None,
                on=TODAY,
                actor_id=ACTOR,
            )
        made[code] = FundId(row.fund_id)
        await scene.receive(made[code], "9000.000")
    await offer(scene, qard(code="QARD"))
    await offer(scene, loan(code="LOAN"))
    return House(scene=scene, waqf=made["WAQF"], bank=made["BANK"])


def person(key: str, **changes: str) -> Cells:
    return {
        "record": "borrower",
        "borrower": key,
        "kind": "person",
        "name_ar": "يوسف المراكشي",
        "born_on": "1990-05-17",
        "region": "amman",
        "branch": "B1",
    } | changes


def contract(reference: str, borrower: str, outstanding: str, **changes: str) -> Cells:
    return {
        "record": "contract",
        "reference": reference,
        "borrower": borrower,
        "branch": "B1",
        "product": "QARD",
        "fund": "WAQF",
        "sector": "crafts",
        "currency": "JOD",
        "signed_on": "2025-10-01",
        "term_months": "12",
        "principal": "1200.000",
        "outstanding": outstanding,
    } | changes


def moved(reference: str, number: int, kind: str, on: str, amount: str, **changes: str) -> Cells:
    return {
        "record": "movement",
        "reference": reference,
        "number": str(number),
        "kind": kind,
        "on": on,
        "amount": amount,
    } | changes


def total(count: int, principal: str, outstanding: str) -> Cells:
    return {
        "record": "total",
        "currency": "JOD",
        "number": str(count),
        "principal": principal,
        "outstanding": outstanding,
    }


def written(cells: Sequence[Cells]) -> bytes:
    return sheets.csv_of(COLUMNS, [[one.get(name, "") for name in COLUMNS] for one in cells])


PEOPLE = [person("p1"), person("p2", name_ar="زينب العلوي", born_on="1981-01-02")]
FIRST = [
    contract("OLD-1", "p1", "900.000"),
    moved("OLD-1", 1, "disbursement", "2025-10-01", "1200.000"),
    moved("OLD-1", 2, "repayment", "2025-11-03", "200.000"),
    moved("OLD-1", 3, "repayment", "2025-12-03", "100.000", channel="wallet"),
    moved("OLD-1", 4, "repayment", "2025-12-03", "50.000"),
    moved("OLD-1", 5, "reversal", "2025-12-03", "50.000", reverses="4"),
]
SECOND = [
    contract(
        "OLD-2",
        "p2",
        "1000.000",
        product="LOAN",
        fund="BANK",
        principal="1000.000",
        annual_rate="0.18",
    ),
    moved("OLD-2", 1, "disbursement", "2025-10-02", "1000.000"),
    moved("OLD-2", 2, "repayment", "2025-11-02", "10.000"),
]
WHOLE = [*PEOPLE, *FIRST, *SECOND, total(2, "2200.000", "1900.000")]


async def sound(house: House) -> None:
    """Nothing that `rafid verify` looks at is broken."""
    scene = house.scene
    await chain(scene.database, scene.institution_id)
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        broken = [one.rule async for one in proof.prove(session) if not one.holds]
    assert broken == []


async def lend(house: House, admin_url: str) -> None:
    """Three loans of our own, with payments, one taken back, one dated back."""
    scene = house.scene
    kept = {row: await _product(scene, row) for row in ("QARD", "LOAN")}
    approvals = [
        Approval(product=kept["QARD"], fund_id=house.waqf),
        Approval(product=kept["QARD"], fund_id=house.waqf, amount=jod("700.000")),
        Approval(
            product=kept["LOAN"], fund_id=house.bank, annual_rate=kept["LOAN"].annual_rate.usual
        ),
    ]
    rows = await sign(scene, await approve(scene, approvals))
    admin = await asyncpg.connect(admin_url)
    for number, row in enumerate(rows):
        await admin.execute(
            "update loans.borrower set name_ar = $2, born_on = $3 where borrower_id = $1",
            row.borrower_id,
            f"=اسم {'بتث'[number]}",
            date(1970 + number * 7, 1 + number, 3),
        )
    await admin.close()
    async with scene.database.begin(scene.institution_id) as session:
        payouts = [
            Payout(contract_id=ContractId(row.contract_id), disbursed_on=TODAY) for row in rows
        ]
        await disbursements.disburse_contracts(session, payouts, actor=officer(scene))
    await _repay(house, rows)
    found = await scene.scalar(
        "select repayment_id from repayment where amount_minor = 40000 order by 1 limit 1"
    )
    await house.book.reverse(
        scene.institution_id,
        ReverseRepayment(
            repayment_id=RepaymentId(found),  # type: ignore[arg-type]
            reason="duplicate",
            actor_id=ACTOR,
            key="undo",
            request_hash=b"y",
        ),
    )


async def _product(scene: Scene, code: str) -> Any:
    async with scene.database.read(scene.institution_id) as session:
        return await products.product_by_code(session, code)


async def _repay(house: House, rows: Sequence[ContractRow]) -> None:
    commands = [
        ReceiveRepayment(
            contract_id=ContractId(row.contract_id),
            amount=jod(amount),
            received_on=date.fromisoformat(on),
            today=date(2026, 3, 31),
            channel=channel,
            actor_id=ACTOR,
            key=f"k{number}",
            request_hash=b"x",
        )
        for number, (row, amount, on, channel) in enumerate(
            [
                (rows[0], "100.000", "2026-03-01", Channel.CASH),
                (rows[0], "40.000", "2026-03-01", Channel.WALLET),
                (rows[2], "91.680", "2026-03-01", Channel.CASH),
                (rows[1], "700.000", "2026-03-01", Channel.CASH),
                (rows[0], "40.000", "2026-03-01", Channel.WALLET),
            ]
        )
    ]
    outcomes = await house.book.receive(house.scene.institution_id, commands)
    answers = [one.body for one in outcomes if isinstance(one, Answer)]
    assert len(answers) == len(commands)
