"""What does the institution offer, now and in any earlier version?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import freezing
from services.loans.domain.amortisation import Amortisation
from services.loans.domain.charging import Charging
from services.loans.domain.chart import FundKind
from services.loans.domain.dating import Dating
from services.loans.domain.drawing import Drawing
from services.loans.domain.early import EarlySettlement
from services.loans.domain.fees import Fee
from services.loans.domain.opinion import OpinionRules
from services.loans.domain.price import Price
from services.loans.domain.product import Limits, Policy, Product
from services.loans.domain.rulings import Ruling
from services.loans.domain.savings import Savings
from services.loans.domain.terms import (
    ChargeMethod,
    Component,
    Frequency,
    ModeOfFinance,
    ResidueRule,
)
from services.loans.products.tables import ProductRow, ProductVersionRow
from services.loans.rulings import queries as rulings
from shared import tenancy
from shared.calendar import MovingRule
from shared.errors import Kind, RafidError
from shared.ids import ProductId
from shared.money import Money, Rounding
from shared.periods import DayCount, MonthEndRule
from shared.schemas import Page


class ProductNotFound(RafidError):
    """There is no such product"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No product is known as {product}."
    product: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version of a product with its names, as it is shown."""

    product: Product
    row: ProductVersionRow


def _versions() -> Select[str, ProductVersionRow]:
    return select(ProductRow.code, ProductVersionRow).join(
        ProductRow,
        (ProductRow.institution_id == ProductVersionRow.institution_id)
        & (ProductRow.product_id == ProductVersionRow.product_id),
    )


def _newest(session: AsyncSession) -> Select[str, ProductVersionRow]:
    return (
        _versions()
        .where(ProductVersionRow.institution_id == tenancy.institution_of(session))
        .ext(distinct_on(ProductVersionRow.product_id))
        .order_by(ProductVersionRow.product_id, ProductVersionRow.version.desc())
    )


async def listed_product(
    session: AsyncSession, product_id: ProductId, *, version: int | None = None
) -> Listed:
    """One version of a product, the newest unless named. Raises `ProductNotFound`."""
    query = _newest(session).where(ProductVersionRow.product_id == product_id)
    if version is not None:
        query = query.where(ProductVersionRow.version == version)
    found = (await session.execute(query)).first()
    if found is None:
        raise ProductNotFound(product=str(product_id))
    return Listed(product=product_of(found[1], code=found[0]), row=found[1])


async def product(
    session: AsyncSession, product_id: ProductId, *, version: int | None = None
) -> Product:
    """One version of a product as the domain knows it. Raises `ProductNotFound`."""
    return (await listed_product(session, product_id, version=version)).product


async def product_by_code(session: AsyncSession, code: str) -> Product:
    """The newest version of the product of this code. Raises `ProductNotFound`."""
    found = (await session.execute(_newest(session).where(ProductRow.code == code))).first()
    if found is None:
        raise ProductNotFound(product=code)
    return product_of(found[1], code=found[0])


async def newest_products(session: AsyncSession, *, page: Page) -> list[Listed]:
    """The newest version of each product, one more than the page holds."""
    query = _newest(session).limit(page.limit + 1)
    if page.after is not None:
        query = query.where(ProductVersionRow.product_id > page.after)
    rows = (await session.execute(query)).all()
    return [Listed(product=product_of(row, code=code), row=row) for code, row in rows]


async def products_of(
    session: AsyncSession, versions: Collection[tuple[UUID, int]]
) -> dict[tuple[UUID, int], Product]:
    """Several versions at once, by product and version."""
    query = _versions().where(
        ProductVersionRow.institution_id == tenancy.institution_of(session),
        tuple_(ProductVersionRow.product_id, ProductVersionRow.version).in_(set(versions)),
    )
    rows = (await session.execute(query)).all()
    return {(row.product_id, row.version): product_of(row, code=code) for code, row in rows}


async def ruling_of(
    session: AsyncSession, version: tuple[UUID, int], *, known_at: datetime | None = None
) -> Ruling | None:
    """The ruling that a version was opened under, as the register knows it, or None."""
    query = select(ProductVersionRow.ruling_id).where(
        ProductVersionRow.institution_id == tenancy.institution_of(session),
        ProductVersionRow.product_id == version[0],
        ProductVersionRow.version == version[1],
    )
    ruling_id = (await session.execute(query)).scalar()
    if ruling_id is None:
        return None
    return (await rulings.register(session, known_at=known_at)).get(ruling_id)


async def version_after(session: AsyncSession, product_id: ProductId, review_id: UUID) -> int:
    """The number of the version that a review of rates opened; 0 where there is none."""
    query = select(ProductVersionRow.version).where(
        ProductVersionRow.institution_id == tenancy.institution_of(session),
        ProductVersionRow.product_id == product_id,
        ProductVersionRow.review_id == review_id,
    )
    return (await session.execute(query)).scalar() or 0


async def versions_after_reviews(session: AsyncSession, product_id: ProductId) -> dict[UUID, int]:
    """The versions of a product that reviews of rates opened, by review."""
    query = select(ProductVersionRow.review_id, ProductVersionRow.version).where(
        ProductVersionRow.institution_id == tenancy.institution_of(session),
        ProductVersionRow.product_id == product_id,
        ProductVersionRow.review_id.is_not(None),
    )
    rows = (await session.execute(query)).all()
    return {review_id: version for review_id, version in rows if review_id is not None}


async def newest_version(session: AsyncSession, product_id: ProductId) -> int:
    """The number of the newest version; 0 where there is none."""
    query = select(func.max(ProductVersionRow.version)).where(
        ProductVersionRow.institution_id == tenancy.institution_of(session),
        ProductVersionRow.product_id == product_id,
    )
    return (await session.execute(query)).scalar() or 0


def product_of(row: ProductVersionRow, *, code: str) -> Product:
    """A row as the domain knows it."""
    amounts = (row.min_amount_minor, row.default_amount_minor, row.max_amount_minor)
    least, usual, most = (Money(minor, row.currency) for minor in amounts)
    return Product(
        product_id=ProductId(row.product_id),
        version=row.version,
        code=code,
        mode_of_finance=ModeOfFinance(row.mode_of_finance),
        charge_method=ChargeMethod(row.charge_method),
        amount=Limits(least=least, usual=usual, most=most),
        term_months=Limits(
            least=row.min_term_months, usual=row.default_term_months, most=row.max_term_months
        ),
        annual_rate=Limits(
            least=row.min_annual_rate, usual=row.default_annual_rate, most=row.max_annual_rate
        ),
        grace_months=Limits(
            least=row.min_grace_months, usual=row.default_grace_months, most=row.max_grace_months
        ),
        frequency=Frequency(row.frequency),
        fund_kinds=frozenset(map(FundKind, row.fund_kinds)),
        fees=tuple(Fee.from_json(fee, currency=row.currency) for fee in row.fees),
        allocation_order=tuple(map(Component, row.allocation_order)),
        residue_rule=ResidueRule(row.residue_rule),
        moving_rule=cast("MovingRule", row.moving_rule),
        rounding=cast("Rounding", row.rounding),
        day_count=cast("DayCount", row.day_count),
        month_end_rule=cast("MonthEndRule", row.month_end_rule),
        amortisation=freezing.from_json(Amortisation, row.amortisation, currency=row.currency),
        charging=freezing.from_json(Charging, row.charging, currency=row.currency),
        dating=freezing.from_json(Dating, row.dating, currency=row.currency),
        drawing=freezing.from_json(Drawing, row.drawing, currency=row.currency),
        savings=freezing.from_json(Savings, row.savings, currency=row.currency),
        early_settlement=freezing.from_json(
            EarlySettlement, row.early_settlement, currency=row.currency
        ),
        price=Price.from_json(row.price, currency=row.currency),
        opinion=freezing.from_json(OpinionRules, row.opinion, currency=row.currency),
        policy=Policy(
            approve_points_from=row.approve_points_from,
            reject_points_below=row.reject_points_below,
            is_automatic=row.automatic_decision,
        ),
        least_age_years=row.least_age_years,
        is_offered=row.offered,
        ruling_id=row.ruling_id,
    )
