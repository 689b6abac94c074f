"""Applications approved for a fund, written into their tables for tests of what comes after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from services.loans.applications.tables import ApplicationAssessmentRow, ApplicationRow
from services.loans.borrowers.tables import BorrowerRow
from services.loans.contracts import operations as contracts
from services.loans.contracts.operations import Signing
from services.loans.contracts.tables import ContractRow
from services.loans.domain.chart import FundKind
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.price import Price
from services.loans.domain.product import Limits, Product
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, is_sharia_bound
from services.loans.funds import operations as funds
from services.loans.institutions.names import Names
from services.loans.products import operations as products
from shared import ids
from shared.auth import Actor, Role
from shared.ids import ApplicationId, FundId, ProductId
from shared.money import Money
from tests import rulings
from tests.integration.loans import entitling
from tests.integration.loans.scene import ACTOR, NOON, TODAY, Scene, ask, jod

DECISION = text("""
    insert into decision (institution_id, decision_id, application_id, round, level, outcome,
      reasons, recommended, assessment_id, fund_id, currency, amount_minor, term_months,
      grace_months, annual_rate, actor_id, decided_at)
    values (:i, :d, :a, 1, 1, 'approve', '{sound}', 'approve', :s, :f, 'JOD', :amount, :term,
      0, :rate, :actor, :at)
""")
THOUSAND = Money(1_000_000, "JOD")
COST = Fee(
    code="file",
    kind=FeeKind.FLAT,
    when=FeeWhen.AT_DISBURSEMENT,
    amount=jod("10.000"),
    documented_cost=jod("10.000"),
)


def officer(scene: Scene) -> Actor:
    return Actor(id=ACTOR, institution_id=scene.institution_id, roles=frozenset({Role.OFFICER}))


def qard(**changes: Any) -> Product:
    """100 to 5,000 JOD without profit, from any fund, in 6 to 24 months."""
    members: dict[str, Any] = {
        "product_id": ProductId(ids.new()),
        "version": 1,
        "code": f"Q{ids.new().hex[-8:]}",
        "mode_of_finance": ModeOfFinance.QARD,
        "charge_method": ChargeMethod.NONE,
        "amount": Limits(least=jod("100.000"), usual=jod("1000.000"), most=jod("5000.000")),
        "term_months": Limits(least=6, usual=12, most=24),
        "annual_rate": Limits(least=Decimal(0), usual=Decimal(0), most=Decimal(0)),
        "grace_months": Limits(least=0, usual=0, most=3),
        "frequency": Frequency.MONTHLY,
        "fund_kinds": frozenset(FundKind),
        "price": Price(
            cost_of_funds=Decimal(0),
            operating_cost=jod("20.000"),
            operating_cost_monthly=jod("1.000"),
        ),
    }
    return Product(**members | changes)


def loan(**changes: Any) -> Product:
    """The same at 10 to 24 % on the declining balance, from commercial money."""
    members: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance.CONVENTIONAL,
        "charge_method": ChargeMethod.DECLINING_BALANCE,
        "annual_rate": Limits(least=Decimal("0.10"), usual=Decimal("0.18"), most=Decimal("0.24")),
        "fund_kinds": frozenset({FundKind.COMMERCIAL}),
    }
    return qard(**members | changes)


@dataclass(frozen=True, kw_only=True)
class Approval:
    """What was approved."""

    product: Product
    fund_id: FundId
    amount: Money = THOUSAND
    term_months: int = 12
    annual_rate: Decimal = Decimal(0)
    borrower_id: UUID | None = None


async def offer(
    scene: Scene, product: Product, *, ruling: str | None = rulings.EVERYTHING, on: date = TODAY
) -> Product:
    """Open a product, one of a Sharia-bound mode under a ruling."""
    async with scene.database.begin(scene.institution_id) as session:
        if is_sharia_bound(product.mode_of_finance):
            product = await products.under(session, product, named=ruling)
        await products.create_product(
            session,
            product,
            names=Names(ar="قرض", fr="Prêt", en="Loan"),
            on=on,
            actor=officer(scene),
        )
    return product


async def approve(
    scene: Scene, approvals: Sequence[Approval], *, reserved: bool = True
) -> list[ApplicationId]:
    """Write approved applications, each with its borrower, decision and reservation."""
    application_ids = [ApplicationId(ids.new()) for _ in approvals]
    pairs = list(zip(application_ids, approvals, strict=True))
    common = {"institution_id": scene.institution_id}
    async with scene.database.begin(scene.institution_id) as session:
        for application_id, approval in pairs:
            if approval.borrower_id is None:
                await session.execute(insert(BorrowerRow), _borrower(scene, application_id))
            if await entitling.is_of_zakat(session, approval.fund_id):
                await entitling.entitle(session, application_id)
            values = _application(scene, application_id, approval)
            await session.execute(insert(ApplicationRow), values)
            assessment_id = ids.new()
            await session.execute(
                insert(ApplicationAssessmentRow),
                common
                | {
                    "assessment_id": assessment_id,
                    "application_id": application_id,
                    "round": 1,
                    "points": 600,
                    "grade": "A",
                    "answer": {},
                    "assessed_at": NOON,
                },
            )
            decision = {
                "i": scene.institution_id,
                "d": ids.new(),
                "a": application_id,
                "s": assessment_id,
                "f": approval.fund_id,
                "amount": approval.amount.minor,
                "term": approval.term_months,
                "rate": approval.annual_rate,
                "actor": ACTOR,
                "at": NOON,
            }
            await session.execute(DECISION, decision)
        if reserved:
            asks = [
                ask(
                    approval.fund_id,
                    str(approval.amount),
                    application_id=application_id,
                    mode=approval.product.mode_of_finance,
                )
                for application_id, approval in pairs
            ]
            refusals = await funds.reserve_all(session, asks, on=TODAY, actor_id=ACTOR)
            assert not any(refusals), refusals
    return application_ids


async def sign(
    scene: Scene, application_ids: Sequence[ApplicationId], *, on: date = TODAY
) -> list[ContractRow]:
    signings = [Signing(application_id=one, signed_on=on) for one in application_ids]
    async with scene.database.begin(scene.institution_id) as session:
        return await contracts.sign_contracts(session, signings, actor=officer(scene), at=NOON)


async def signed(scene: Scene, fund_id: FundId, **changes: Any) -> ContractRow:
    """One signed contract of 1,000 JOD of qard in 12 months, unless told otherwise."""
    product = await offer(scene, changes.pop("product", None) or qard())
    approval = Approval(product=product, fund_id=fund_id, **changes)
    (row,) = await sign(scene, await approve(scene, [approval]))
    return row


def _borrower(scene: Scene, application_id: ApplicationId) -> dict[str, object]:
    return {
        "institution_id": scene.institution_id,
        "borrower_id": application_id,
        "reference": f"BR-{application_id.hex}",
        "kind": "person",
        "branch_id": scene.branch_id,
        "name_ar": "أحمد",
        "name_sort": "أحمد",
        "sex": "female",
        "born_on": date(2000, 1, 1),
        "region": "amman",
        "actor_id": ACTOR,
    }


def _application(
    scene: Scene, application_id: ApplicationId, approval: Approval
) -> dict[str, object]:
    no_money = ("own_contribution", "other_income", "sales", "business_costs", "household_costs")
    return {f"{name}_minor": 0 for name in (*no_money, "debt_service")} | {
        "institution_id": scene.institution_id,
        "application_id": application_id,
        "reference": f"AP-{application_id.hex}",
        "borrower_id": approval.borrower_id or application_id,
        "branch_id": scene.branch_id,
        "product_id": approval.product.product_id,
        "product_version": 1,
        "currency": approval.amount.currency,
        "amount_minor": approval.amount.minor,
        "term_months": approval.term_months,
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
