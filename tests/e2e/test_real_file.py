"""A thousand real applications go the whole way, until the money ends (the Statlog German credit
data, Hofmann 1994, UCI, CC BY 4.0, where the file lies beside the project).

`pytest -s tests/e2e/test_real_file.py` prints the report.
"""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from services.cli import imports
from services.cli.imports import Report, Wish
from services.loans.domain import intake
from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.journal import Channel
from services.loans.domain.mapping import FieldRules
from services.loans.lineage import operations as lineage
from services.loans.proof import operations as proof
from services.loans.repayments.batch import Answer, RepaymentBook
from shared import ids
from shared.clock import SystemClock
from shared.db import TenantDb
from shared.ids import ContractId
from shared.money import Money
from tests import bodies
from tests.bodies import amount
from tests.e2e import journey, people
from tests.e2e.house import House, until

PROJECT = Path(__file__).parents[2]
FILE = PROJECT.parent / "shared/datasets/german_credit/data.csv"
MAPPING = PROJECT / "services/loans/applications/mappings/german_credit.yaml"
CARS = {"car (new)", "car (used)", "others"}
"""Purposes that are asked of the commercial product; the rest is asked of the qard."""
WAQF, COMMERCIAL = "400000.000", "500000.000"
POLICY = {"approve_points_from": 45, "reject_points_below": 30, "automatic": True}

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason=f"the German credit data are not beside the project ({FILE.name})"
)

LIMITS: dict[str, Any] = {
    "amount": bodies.limits(amount("100.000"), amount("2000.000"), amount("20000.000")),
    "term_months": bodies.limits(4, 24, 72),
    "policy": POLICY,
}
DUES = text("""
    select c.contract_id, i.due_on, i.principal_minor + i.profit_minor + i.fee_minor as minor
    from contract c join instalment i using (institution_id, contract_id)
    where i.number <= 3 order by c.contract_id, i.number
""")
POINTS = text("""
    select a.external_id, s.points from application a
    join application_assessment s using (institution_id, application_id)
    where a.external_id is not null
""")


def by_rules(product_id: str) -> dict[str, Any]:
    """Let the product's rules decide up to its largest amount."""
    most = LIMITS["amount"]["max"]
    return {"product_id": product_id, "max_amount": most, "level": 1, "role": "service"}


def rules() -> FieldRules:
    """The mapping of the file, with the product chosen by purpose."""
    document = yaml.safe_load(MAPPING.read_text("utf-8"))
    with FILE.open(encoding="utf-8", newline="") as stream:
        purposes = {row["purpose"] for row in csv.DictReader(stream)}
    codes = {purpose: "LOAN" if purpose in CARS else "QARD" for purpose in purposes}
    document["fields"]["product_code"] = {"column": "purpose", "codes": codes}
    return FieldRules.of(document)


async def test_a_thousand_real_applications_go_the_whole_way(house: House) -> None:
    institution = await people.found(house)
    administrator = institution.administrator
    await administrator.post(
        "/loans/v1/branches",
        {"code": "one", "names": journey.BRANCH_NAMES, "region": "amman"},
    )
    for body in (bodies.qard(fund_kinds=["waqf"], **LIMITS), bodies.loan(**LIMITS)):
        product = await administrator.post("/loans/v1/products", body)
        await administrator.post("/loans/v1/authority-levels", by_rules(product["product_id"]))
    manager = await institution.program("funds_manager")
    auditor = await institution.program("auditor")
    opened = [
        await journey.open_fund(manager, receipt=receipt, kind=kind)
        for receipt, kind in ((WAQF, "waqf"), (COMMERCIAL, "commercial"))
    ]
    funds = {fund["fund_id"]: fund for fund in (await auditor.get("/loans/v1/funds"))["items"]}
    db = TenantDb(house.database, institution.id)

    first = await take_in(house, db, tuple(funds[fund_id]["code"] for fund_id, _ in opened))
    assert first.taken.taken == 1_000
    assert first.assessed == 1_000
    assert sum(first.counts.values()) == 1_000
    assert "submitted" not in first.counts
    assert first.signed == first.paid == first.counts["signed"]
    again = await take_in(house, db, tuple(funds[fund_id]["code"] for fund_id, _ in opened))
    assert (again.taken.taken, again.taken.known, again.counts) == (0, 1_000, first.counts)

    posted = await post_three_months(house, db)
    assert posted == 3 * first.signed
    await until_chained(db)
    await lineage.catch_up(db)
    async with db(snapshot=True) as session:
        broken = [one async for one in proof.prove(session) if not one.holds]
    assert broken == []
    report(first, posted, auc=await measured_auc(db))
    balance = await auditor.get("/loans/v1/ledger/trial-balance")
    assert balance["debits"] == balance["credits"]
    for line in balance["lines"]:
        print(line["code"], line["debit"]["amount"], line["credit"]["amount"])  # noqa: T201


async def take_in(house: House, db: TenantDb, fund_codes: tuple[str, ...]) -> Report:
    assert house.rafid is not None
    return await imports.import_file(
        db,
        house.rafid.loans.state.scoring,
        intake.read(FILE.read_bytes()),
        rules(),
        Wish(
            product_code="QARD",
            branch_code="one",
            fund_codes=fund_codes,
            signs=True,
            pays=True,
            language="en",
        ),
        clock=SystemClock(),
    )


async def post_three_months(house: House, db: TenantDb) -> int:
    """Pay the first three instalments of every contract on their due dates, in three batches.

    The dates lie ahead of today: the books are told so by the command's own `today`.
    """
    book = RepaymentBook(house.database)
    async with db() as session:
        dues = (await session.execute(DUES)).all()
    posted = 0
    for start in range(0, len(dues), 250):
        outcomes = await book.receive(
            db.institution_id,
            [
                ReceiveRepayment(
                    contract_id=ContractId(due.contract_id),
                    amount=Money(due.minor, "JOD"),
                    received_on=due.due_on,
                    today=due.due_on,
                    channel=Channel.CASH,
                    actor_id=ids.new(),
                )
                for due in dues[start : start + 250]
            ],
        )
        posted += sum(isinstance(outcome, Answer) for outcome in outcomes)
    assert posted == len(dues)
    return posted


async def until_chained(db: TenantDb) -> None:
    async def nothing_waits() -> bool:
        async with db() as session:
            waiting = await session.scalar(text("select count(*) from journal_pending"))
        return not waiting

    await until(nothing_waits, named="the chain to reach the last entry")


async def measured_auc(db: TenantDb) -> float:
    """How well the points rank the file's outcome: the share of pairs they put in order."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        outcomes = [row["default"] == "1" for row in csv.DictReader(stream)]
    is_bad = dict(zip(intake.read(FILE.read_bytes()).names, outcomes, strict=True))
    async with db() as session:
        points = {row.external_id: row.points for row in await session.execute(POINTS)}
    good = Counter(points[name] for name, bad in is_bad.items() if not bad)
    bad = Counter(points[name] for name, bad in is_bad.items() if bad)
    ordered = sum(
        many * few * (1.0 if high > low else 0.5 if high == low else 0.0)
        for high, many in good.items()
        for low, few in bad.items()
    )
    return ordered / (good.total() * bad.total())


def report(first: Report, posted: int, *, auc: float) -> None:
    print(  # noqa: T201 - the report
        f"\n{first.seconds:.1f} s from the file to paid out; {first.counts};"
        f" left to people: {dict(first.left)}; {posted} repayments; AUC {auc:.4f}"
    )
