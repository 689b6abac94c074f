"""Two institutions with one book: what a file takes from the first, the second must hold alike."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.cli import portfolios
from services.loans.applications.intake import importer
from services.loans.domain.chart import FundKind
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.domain.product import Product
from services.loans.domain.terms import is_sharia_bound
from services.loans.funds import operations as funds
from services.loans.institutions.names import Names
from services.loans.products import queries as products
from services.loans.proof import operations as proof
from services.loans.repayments.batch import RepaymentBook
from services.loans.servicing.coursing import CourseBook
from services.loans.takeover import outgoing, sheets
from services.loans.takeover.desk import Taken
from services.loans.takeover.outgoing import Outgoing
from shared import ids
from shared.clock import FixedClock
from shared.db import TenantDb
from shared.ids import InstitutionId, ProductId
from tests import rulings
from tests.chained import chain
from tests.integration.loans.scene import ACTOR, Scene, jod
from tests.integration.loans.signing import offer

SINCE = date(2025, 1, 1)
NAMES = Names(ar="صندوق", fr="Fonds", en="Fund")
# By contract: all that can be compared of two books whose ids differ.
POSITION = """
    select p.status, p.disbursed_minor, p.written_off_minor, p.outstanding_principal_minor,
      p.paid_principal_minor, p.paid_profit_minor, p.paid_fee_minor, p.paid_penalty_minor,
      p.surplus_minor, p.oldest_open_due_on, p.renegotiated_on, c.status as contract_status,
      c.servicing, c.principal_minor, c.signed_on, c.terms, b.name_ar
    from position p join contract c using (institution_id, contract_id)
    join borrower b on b.institution_id = c.institution_id and b.borrower_id = c.borrower_id
    where p.contract_id = :c
"""
SCHEDULE = """
    select i.due_on, i.principal_minor, i.profit_minor, i.fee_minor, i.penalty_minor
    from instalment i join position p using (institution_id, contract_id, generation)
    where i.contract_id = :c order by i.number
"""
REPAID = """
    select received_on, amount_minor, channel, principal_minor, profit_minor, fee_minor,
      surplus_minor, reversal_reason, reverses_repayment_id is not null
    from repayment where contract_id = :c order by recorded_at, repayment_id
"""
ORDERED = """
    select o.kind, o.reason, o.effective_on, o.members - 'repayment_id' - 'borrower_id'
      - 'new_contract_id' - 'order_id', e.place, e.generation, e.received_minor, e.moved_minor,
      e.written_off_minor, e.forgiven_minor, e.recovered_minor
    from order_effect e join contract_order o using (institution_id, order_id)
    where e.contract_id = :c order by e.place
"""
STOOD = """
    select distinct on (valid_from) valid_from, status, disbursed_minor, paid_minor,
      written_off_minor, outstanding_principal_minor, oldest_open_due_on
    from position_history where contract_id = :c order by valid_from, version desc
"""
HELD = """
    select purpose, kind, amount_minor, moved_on, channel, evidence from holding
    where contract_id = :c order by recorded_at, holding_id
"""
BOOKED = """
    select a.code, sum(l.amount_minor) from journal_entry e
    join journal_line l using (institution_id, entry_id)
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where e.contract_id = :c group by a.code having sum(l.amount_minor) <> 0 order by a.code
"""
CASH = """
    select a.code, sum(l.amount_minor) from journal_line l
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where a.code in ('cash', 'wallet', 'bank')
    group by a.code having sum(l.amount_minor) <> 0 order by a.code
"""
SEEN = (POSITION, SCHEDULE, REPAID, ORDERED, STOOD, HELD, BOOKED)
NAMED = """
    select coalesce(g.external_reference, i.code || ':' || c.reference), c.contract_id
    from contract c join institution i using (institution_id)
    left join contract_origin g using (institution_id, contract_id)
"""


async def give(scene: Scene) -> Outgoing:
    """What goes out of an institution."""
    db = TenantDb(scene.database, scene.institution_id)
    return await outgoing.portfolio(db, actor=importer(scene.institution_id))


def csv_of(out: Outgoing) -> bytes:
    return sheets.csv_of(COLUMNS, out.rows)


def xlsx_of(out: Outgoing) -> bytes:
    return sheets.xlsx_of(COLUMNS, out.rows)


async def take(scene: Scene, content: bytes, *, at: datetime, **options: Any) -> Taken:
    """A file comes in at an instant."""
    book = RepaymentBook(scene.database, servicing=CourseBook(scene.database))
    taken, _ = await portfolios.import_content(
        TenantDb(scene.database, scene.institution_id),
        book,
        content,
        clock=FixedClock(at),
        **options,
    )
    return taken


async def twin_of(scene: Scene) -> Scene:
    """Another institution with the branches, funds and products of one, and nothing lent."""
    twin = Scene(database=scene.database, institution_id=InstitutionId(ids.new()))
    await twin.found()
    branches = await rows(scene, "select code, region from branch where code <> 'B1'")
    async with twin.database.begin(twin.institution_id) as session:
        for code, region in branches:
            await session.execute(
                text(
                    "insert into branch (institution_id, branch_id, code, name_ar, name_fr,"
                    " name_en, region) values (:i, :b, :code, 'ف', 'b', 'b', :region)"
                ),
                {"i": twin.institution_id, "b": ids.new(), "code": code, "region": region},
            )
        for code, kind in await rows(scene, "select code, kind from fund"):
            await funds.create_fund(
                session,
                code=code,
                kind=FundKind(kind),
                names=NAMES,
                floor=jod("0"),
                lending_ruling=rulings.EVERYTHING if kind == "zakat" else None,
                on=SINCE,
                actor_id=ACTOR,
            )
    for product in await products_of(scene):
        named = rulings.EVERYTHING if is_sharia_bound(product.mode_of_finance) else None
        await offer(twin, replace(product, product_id=ProductId(ids.new())), ruling=named)
    return twin


async def fill(scene: Scene, amount: str) -> None:
    """Every fund of an institution receives an amount."""
    for (fund_id,) in await rows(scene, "select fund_id from fund"):
        await scene.receive(fund_id, amount)


async def products_of(scene: Scene) -> list[Product]:
    codes = await rows(scene, "select code from product order by product_id")
    async with scene.database.read(scene.institution_id) as session:
        return [await products.product_by_code(session, code) for (code,) in codes]


async def rows(scene: Scene, statement: str, **values: object) -> list[Any]:
    async with scene.database.read(scene.institution_id) as session:
        return [tuple(row) for row in await session.execute(text(statement), values)]


async def book_of(scene: Scene) -> dict[str, list[Any]]:
    """All contracts of an institution by the names they have elsewhere."""
    named: list[tuple[str, UUID]] = await rows(scene, NAMED)
    return {
        name: [await rows(scene, statement, c=contract_id) for statement in SEEN]
        for name, contract_id in named
    }


async def sound(scene: Scene) -> None:
    """Nothing that `rafid verify` looks at is broken."""
    await chain(scene.database, scene.institution_id)
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        broken = [
            (one.rule, one.row, one.why) async for one in proof.prove(session) if not one.holds
        ]
    assert broken == [], broken


async def carried(scene: Scene, content: bytes, *, at: datetime) -> Scene:
    """A file comes into a twin: whole, sound, with its cash as before."""
    twin = await twin_of(scene)
    await fill(twin, "100000.000")
    cash = await rows(twin, CASH)
    taken = await take(twin, content, at=at)
    refused = [f"{one.line.number}: {one.error!r}" for one in taken.refused]
    assert refused == [], refused
    assert await rows(twin, CASH) == cash
    await sound(twin)
    return twin


async def require_alike(one: Scene, other: Scene) -> None:
    """Two institutions hold the same book; else the first rows that differ are told."""
    first, second = await book_of(one), await book_of(other)
    assert sorted(first) == sorted(second)
    for name, parts in first.items():
        for statement, here, there in zip(SEEN, parts, second[name], strict=True):
            differ = [pair for pair in zip(here, there, strict=False) if pair[0] != pair[1]]
            assert not differ, (name, statement, differ[0])
            assert len(here) == len(there), (name, statement)
