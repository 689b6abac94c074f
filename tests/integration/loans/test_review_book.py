"""A book for a review is written by the database, byte by byte as it was row by row before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, text

from services.loans.applications.tables import ApplicationAssessmentRow, ApplicationRow
from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain.dating import Dating
from services.loans.domain.terms import ChargeMethod, Frequency, Terms
from services.loans.ledger.queries import Moment
from services.loans.products.tables import ProductRow
from services.loans.review_book import operations, queries
from services.loans.review_book.queries import Wanted
from services.scoring.domain.simulation import reading
from shared import ids
from shared.clients import review_books
from shared.clients.review_books import FIGURES, SEGMENTS
from shared.db import Database, TenantDb
from shared.ids import ContractId, InstitutionId
from tests.builders import make_loan
from tests.integration.loans import signing
from tests.integration.loans.ordering import qard
from tests.integration.loans.scene import ACTOR, NOON, Scene, jod
from tests.integration.loans.standing import lend

KNOWN = datetime(2026, 11, 23, tzinfo=UTC)
DAY = date(2026, 3, 1)
AWKWARD = ('a "quoted"', "back\\slash", "tab\there", "bell\x07 \x1f", "عمّان", "😀", "", "x" * 90)
# How a row was read before its line was written by the database: values, told one by one.
BEFORE = """
  select count(*) as count, round(sum(principal) / count(*) / :unit, 6) as principal,
    min(annual_rate) as annual_rate, term, least(grace, term - 1) as grace,
    min(fee_share) as fee_share, round(sum(pd * principal) / sum(principal), 6) as pd,
    round(sum(income) / count(*) / :unit, 6) as income,
    round(sum(debts) / count(*) / :unit, 6) as debts, sum(bad) as bad, {labels}
  from loans group by {labels}, {cell}, term, grace
  order by {labels}, {cell}, term, grace
"""


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


def wanted(by: Sequence[str] = SEGMENTS[:-1], **changes: Any) -> Wanted:
    plain = Wanted(
        moment=Moment(as_of=DAY, known_at=None, is_now=True),
        currency="JOD",
        by=tuple(by),
        since=None,
        branch_ids=None,
        youth={"youngest": 15, "oldest": 35},
    )
    return replace(plain, **changes)


async def stands(
    scene: Scene,
    terms: Terms,
    *,
    region: str = "amman",
    pd: str | None = "0.05",
    income: str = "400.000",
    debts: str = "0.000",
) -> None:
    """A contract that was applied for, assessed unless `pd` is None, and paid out."""
    person = ids.new()
    fund_id = await scene.fund(receives="50000.000")
    await lend(scene, fund_id, [terms], contract_id=ContractId(person), borrower_id=person)
    asked_for = await signing.offer(scene, signing.qard())
    own = {"institution_id": scene.institution_id}
    async with scene.database.begin(scene.institution_id) as session:
        agreed = (
            await session.execute(
                text("select application_id, product_id from contract where contract_id = :c"),
                {"c": person},
            )
        ).one()
        named = own | {"borrower_id": person, "branch_id": scene.branch_id}
        await session.execute(
            insert(ProductRow),
            own | {"product_id": agreed.product_id, "code": person.hex, "actor_id": ACTOR},
        )
        await session.execute(
            insert(BorrowerRow),
            named
            | {"reference": person.hex, "kind": "person", "name_ar": "ا", "name_sort": "ا"}
            | {"sex": "female", "born_on": date(2000, 1, 1), "region": region, "actor_id": ACTOR},
        )
        await session.execute(
            insert(ApplicationRow),
            named
            | _asked(agreed, income=income, debts=debts)
            | {"product_id": asked_for.product_id},
        )
        answer = {"pd": pd} if pd is not None else {}
        await session.execute(
            insert(ApplicationAssessmentRow),
            own
            | {"assessment_id": ids.new(), "application_id": agreed.application_id, "round": 1}
            | {"points": 600, "grade": "B", "answer": answer, "assessed_at": NOON},
        )


def _asked(agreed: Any, *, income: str, debts: str) -> dict[str, Any]:
    amounts = ("own_contribution", "sales", "business_costs", "household_costs")
    return {f"{name}_minor": 0 for name in amounts} | {
        "other_income_minor": jod(income).minor,
        "debt_service_minor": jod(debts).minor,
        "application_id": agreed.application_id,
        "reference": agreed.application_id.hex,
        "product_version": 1,
        "currency": "JOD",
        "amount_minor": 1_000_000,
        "term_months": 12,
        "grace_months": 0,
        "purpose": "sewing machine",
        "sector": "crafts",
        "activity_permitted": True,
        "in_default_now": False,
        "characteristics": {},
        "status": "approved",
        "officer_id": ACTOR,
        "submitted_at": NOON,
        "status_since": NOON,
    }


async def written(scene: Scene, asked: Wanted) -> list[bytes]:
    db = TenantDb(scene.database, scene.institution_id)
    parts = [part async for part in operations.lines(db, asked, known_at=KNOWN)]
    return b"".join(parts).splitlines(keepends=True)


async def as_before(scene: Scene, asked: Wanted, *, grouped: bool) -> list[bytes]:
    """The rows of a book as they were written before: read as values, told by Python."""
    cell = queries.CELL if grouped else "contract_id"
    book = BEFORE.format(labels=", ".join(asked.by), cell=cell)
    loans = queries.LOANS.replace("least(o.pd,", "least(cast(o.answer ->> 'pd' as numeric),")
    assert loans != queries.LOANS
    parts = (queries._stood(asked.moment), queries.STANDING, queries.FLAT, loans)
    query = f"{', '.join(parts)} {book}"
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        values = await queries._values(session, asked)
        found = await session.execute(
            text(query), {**values, "unit": 1000, "flat": "[]", **asked.youth}
        )
        rows = found.all()
    return [orjson.dumps([_told(cell) for cell in row]) + b"\n" for row in rows]


def _told(cell: object) -> str:
    return f"{cell.normalize():f}" if isinstance(cell, Decimal) else str(cell)


@pytest.mark.parametrize("grouped", [False, True])
async def test_every_byte_is_the_one_that_was_written_before(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, grouped: bool
) -> None:
    monkeypatch.setattr(queries, "GROUPED_FROM", 3 if grouped else 50_000)
    pds = ("0.05", "0.0500", "0", "1", "0.123456789", "1e-3", "0.3", "0.07")
    for region, pd in zip(AWKWARD, pds, strict=True):
        await stands(scene, qard(), region=region or " ", pd=pd, debts="33.333")
    await stands(scene, qard(instalments=7, frequency=Frequency.WEEKLY), region="عمّان")
    await stands(scene, qard("1.001"), region="عمّان", income="0.001")

    head, *rows, foot = await written(scene, wanted())

    assert rows == await as_before(scene, wanted(), grouped=grouped)
    assert orjson.loads(head)["grouped"] is grouped
    assert (orjson.loads(foot)["loans"], orjson.loads(foot)["left_out"]) == (10, 0)
    book = review_books.read([line.decode().rstrip("\n") for line in (head, *rows, foot)])
    assert set(book.figures) == set(FIGURES)
    assert 'a "quoted"' in book.labels["region"]
    assert "x" * 80 in book.labels["region"]


@pytest.mark.parametrize("grouped", [False, True])
async def test_a_book_says_how_often_each_loan_is_paid_where_that_is_asked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, grouped: bool
) -> None:
    """Then terms are of whole instalments: 10 weeks are 120 / 52 months, every second month six."""
    monkeypatch.setattr(queries, "GROUPED_FROM", 1 if grouped else 50_000)
    await stands(scene, qard())
    await stands(scene, qard(instalments=10, frequency=Frequency.WEEKLY))
    await stands(scene, qard(instalments=3, frequency=Frequency.MONTHLY, dating=Dating(every=2)))

    paced = await written(scene, wanted(by=("product", "frequency")))

    book = review_books.read([line.decode().rstrip("\n") for line in paced])
    told = zip(book.labels["frequency"], book.figures["term"], book.figures["grace"], strict=True)
    assert set(told) == {
        ("monthly", "12", "0"), ("weekly", "2.307692", "0"), ("monthly x 2", "6", "0"),
    }  # fmt: skip
    plain = await written(scene, wanted(by=("product",)))
    whole = review_books.read([line.decode().rstrip("\n") for line in plain])
    assert sorted(whole.figures["term"]) == ["12", "2", "6"]
    labels = {name: list(cells) for name, cells in book.labels.items()}
    figures = {name: reading.numbers_of(book.figures[name]) for name in reading.FIGURES}
    read = reading.book_from(figures, labels=labels)
    assert sorted(read.terms.periods) == [3, 10, 12]


async def test_cells_join_what_is_alike_and_lose_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for debts in ("10.000", "10.001", "90.000"):
        await stands(scene, qard(), debts=debts)
    by = wanted(by=("sex",))
    loans = [orjson.loads(line) for line in (await written(scene, by))[1:-1]]
    monkeypatch.setattr(queries, "GROUPED_FROM", 2)

    cells = [orjson.loads(line) for line in (await written(scene, by))[1:-1]]

    assert [row[0] for row in loans] == ["1", "1", "1"]
    assert sorted(row[0] for row in cells) == ["1", "2"]


async def test_who_was_not_assessed_or_told_no_income_is_left_out_and_counted(
    scene: Scene,
) -> None:
    await stands(scene, qard())
    await stands(scene, qard(), pd=None)
    await stands(scene, qard(), income="0.000")
    fund_id = await scene.fund(receives="5000.000")
    await lend(scene, fund_id, [qard()])  # taken over: no application of ours

    foot = orjson.loads((await written(scene, wanted()))[-1])

    assert (foot["rows"], foot["loans"], foot["left_out"]) == (1, 1, 3)


async def test_a_book_of_nobody_counts_whom_it_leaves_out(scene: Scene) -> None:
    fund_id = await scene.fund(receives="5000.000")
    await lend(scene, fund_id, [qard()])

    head, foot = await written(scene, wanted())
    before = await written(scene, wanted(since=date(2027, 1, 1)))

    assert orjson.loads(head)["grouped"] is False
    assert orjson.loads(foot)["left_out"] == 1
    assert (len(before), orjson.loads(before[-1])["left_out"]) == (2, 0)


async def test_the_chance_beside_an_opinion_is_the_one_within_it(scene: Scene) -> None:
    await stands(scene, qard(), pd="0.0375")
    await stands(scene, qard(), pd=None)

    async with scene.database.read(scene.institution_id) as session:
        found = await session.scalars(text("select pd from application_assessment order by pd"))

    assert list(found) == [Decimal("0.0375"), None]


@pytest.mark.parametrize("grouped", [False, True])
async def test_a_flat_rate_is_told_as_one_of_what_is_outstanding(
    scene: Scene, *, grouped: bool
) -> None:
    flat = make_loan(
        principal=jod("1200.000"),
        charge_method=ChargeMethod.FLAT,
        instalments=12,
    )
    await stands(scene, flat)
    await stands(scene, replace(flat, annual_rate=Decimal(0)))
    await stands(scene, replace(flat, charge_method=ChargeMethod.DECLINING_BALANCE))
    async with scene.database.read(scene.institution_id) as session:
        parts = [part async for part in queries.rows(session, wanted(), grouped=grouped)]
    rates = sorted(orjson.loads(row.line)[2] for part in parts for row in part)
    assert rates == ["0", "0.12", "0.214572"]
