"""Clauses of a fund for tests: written by one person, approved by another; and who asks."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from services.loans.applications.tables import ApplicationRow
from services.loans.borrowers.tables import BorrowerRow
from services.loans.clauses import operations, queries
from services.loans.clauses.operations import Draft
from services.loans.clauses.queries import Written
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.clauses import ClauseKind, Quoted, Rule, Whose
from services.loans.domain.product import Product
from services.loans.domain.terms import ModeOfFinance
from services.loans.institutions.names import Names
from shared import ids
from shared.auth import Actor, Role
from shared.ids import ApplicationId, FundId, InstitutionId
from tests.integration.loans import signing
from tests.integration.loans.scene import ACTOR, NOON, TODAY, Scene, jod

START = date(2026, 1, 1)
WORDS = Quoted(
    text="يصرف هذا المال على النساء",
    language="ar",
    source="Grant agreement 7",
    dated_on=date(2025, 12, 1),
    whose=Whose.DONOR,
)
OFFERED: dict[InstitutionId, Product] = {}
NAMES = Names(ar="منطقة", fr="Région", en="Region")


def person(scene: Scene) -> Actor:
    return Actor(
        id=ids.new(), institution_id=scene.institution_id, roles=frozenset({Role.FUNDS_MANAGER})
    )


def draft(fund_id: UUID, kind: ClauseKind, **changes: Any) -> Draft:
    """A clause that holds from January on; what is no member of it is one of its rule."""
    known = set(Draft.__dataclass_fields__)
    members = {one: value for one, value in changes.items() if one in known}
    rule = {one: value for one, value in changes.items() if one not in known}
    if "values" in rule:
        rule["values"] = frozenset(rule["values"])
    if "share" in rule:
        rule["share"] = Decimal(rule["share"])
    if isinstance(rule.get("amount"), str):
        rule["amount"] = jod(rule["amount"])
    usual: dict[str, Any] = {"fund_id": fund_id, "kind": kind, "quoted": WORDS, "valid_from": START}
    return Draft(**(usual | members), rule=Rule(**rule))


async def propose(scene: Scene, made: Draft) -> Written:
    async with scene.database.begin(scene.institution_id) as session:
        return await operations.propose(session, made, on=TODAY, actor=person(scene))


async def write(scene: Scene, fund_id: UUID, kind: ClauseKind, **changes: Any) -> Written:
    """A clause in force: written by one person, approved by another."""
    written = await propose(scene, draft(fund_id, kind, **changes))
    return await decide(scene, written.row.clause_id)


async def decide(scene: Scene, clause_id: UUID, *, outcome: Any = "approved") -> Written:
    async with scene.database.begin(scene.institution_id) as session:
        return await operations.decide(
            session, clause_id, outcome=outcome, on=TODAY, actor=person(scene)
        )


async def lift(scene: Scene, clause_id: UUID, *, ends_on: date) -> Written:
    async with scene.database.begin(scene.institution_id) as session:
        made = await operations.lift(
            session, clause_id, quoted=WORDS, ends_on=ends_on, on=TODAY, actor=person(scene)
        )
    return await decide(scene, made.row.clause_id)


async def region(scene: Scene, code: str, *, above: str | None = None) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        await operations.enter_region(
            session, code=code, above=above, names=NAMES, actor=person(scene)
        )


async def standing(scene: Scene, fund_id: FundId, *, on: date = TODAY) -> list[str]:
    async with scene.database.read(scene.institution_id) as session:
        found = await queries.in_force(session, [fund_id], on=on)
    return [clause.kind.value for clause in found.get(fund_id, [])]


async def borrower(scene: Scene, **changes: Any) -> UUID:
    """A woman of 26 in Amman, unless told otherwise."""
    borrower_id = ids.new()
    values = {
        "institution_id": scene.institution_id,
        "borrower_id": borrower_id,
        "reference": f"BR-{borrower_id.hex}",
        "kind": "person",
        "branch_id": scene.branch_id,
        "name_ar": "أحمد",
        "name_sort": "أحمد",
        "sex": "female",
        "born_on": date(2000, 1, 1),
        "region": "amman",
        "actor_id": ACTOR,
    }
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(insert(BorrowerRow), values | changes)
    return borrower_id


async def product(scene: Scene) -> Product:
    """The qard that everybody of an institution asks for, opened once."""
    if scene.institution_id not in OFFERED:
        OFFERED[scene.institution_id] = await signing.offer(scene, signing.qard())
    return OFFERED[scene.institution_id]


async def asked(scene: Scene, fund_id: FundId, amount: str = "500.000", **changes: Any) -> Ask:
    """An application and what it asks of a fund; members of its borrower may be told as well."""
    own = {one: changes.pop(one) for one in ("sex", "born_on", "region") if one in changes}
    offered = await product(scene)
    borrower_id = changes.pop("borrower_id", None) or await borrower(scene, **own)
    application_id = ApplicationId(ids.new())
    money = ("own_contribution", "other_income", "sales", "business_costs", "household_costs")
    values: dict[str, Any] = {f"{name}_minor": 0 for name in (*money, "debt_service")} | {
        "institution_id": scene.institution_id,
        "application_id": application_id,
        "reference": f"AP-{application_id.hex}",
        "borrower_id": borrower_id,
        "branch_id": scene.branch_id,
        "product_id": offered.product_id,
        "product_version": 1,
        "currency": "JOD",
        "amount_minor": jod(amount).minor,
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
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(insert(ApplicationRow), values | changes)
    return Ask(
        fund_id=fund_id,
        application_id=application_id,
        amount=jod(amount),
        mode=ModeOfFinance.QARD,
        bears_fee=False,
        fund_kinds=frozenset(FundKind),
        ruling_id=offered.ruling_id,
    )
