"""Where are products offered and read?"""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.loans.advice import queries as advice
from services.loans.deps import Db, Scoring, Today
from services.loans.domain.terms import is_sharia_bound
from services.loans.products import operations, queries
from services.loans.products.following import AdoptedReviewOut
from services.loans.products.schemas import (
    FollowIn,
    OfferedOut,
    ProductIn,
    ProductOut,
    ProductVersionIn,
)
from services.loans.products.term_bodies import SeasonTemplateOut
from shared import ids
from shared.auth import Actor, Role, require
from shared.ids import ProductId
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(tags=["products"])

MayOffer = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayRead = Annotated[
    Actor,
    require(
        Role.OFFICER,
        Role.APPROVER,
        Role.FUNDS_MANAGER,
        Role.AUDITOR,
        Role.INTEGRATOR,
        Role.ADMINISTRATOR,
    ),
]
Version = Annotated[int, Path(ge=1, le=1_000_000)]


@router.post("/loans/v1/products", status_code=201)
async def create_product(body: ProductIn, db: Db, actor: MayOffer, today: Today) -> OfferedOut:
    """Offer a new product."""
    product = body.product(product_id=ProductId(ids.new()), version=1, code=body.code)
    async with db.begin() as session:
        product = await operations.under(session, product, named=body.ruling)
        facts = await operations.require_lawful(session, product, on=today)
        listed = await operations.create_product(
            session, product, names=body.name.names(), on=today, actor=actor, facts=facts
        )
    return OfferedOut.of_offer(listed, facts=facts)


@router.post("/loans/v1/products/{product_id}/versions", status_code=201)
async def add_version(
    product_id: UUID, body: ProductVersionIn, db: Db, actor: MayOffer, today: Today
) -> OfferedOut:
    """Let a new version of a product follow; applications already taken keep theirs.

    Where it names no ruling it rests on that of the version before, if that is still in force.
    """
    async with db.begin() as session:
        before = await queries.product(session, ProductId(product_id))
        product = body.product(
            product_id=before.product_id, version=before.version + 1, code=before.code
        )
        if is_sharia_bound(product.mode_of_finance):
            product = replace(product, ruling_id=before.ruling_id)
        product = await operations.under(session, product, named=body.ruling)
        facts = await operations.require_lawful(session, product, on=today)
        listed = await operations.add_version(
            session, product, names=body.name.names(), on=today, actor=actor, facts=facts
        )
    return OfferedOut.of_offer(listed, facts=facts)


@router.post("/loans/v1/products/{product_id}/versions/from-review", status_code=201)
async def follow_review(
    product_id: UUID, body: FollowIn, db: Db, actor: MayOffer, today: Today, scoring: Scoring
) -> OfferedOut:
    """Open the version that an adopted review of rates asks for, once; it is found lawful anew.

    The policy's rules change the limits of the version before. What limits cannot say (a rule for
    a part of the borrowers, a fee) is refused: a person opens that version by hand.
    """
    review = await scoring.rate_review(body.review_id, institution_id=actor.institution_id)
    async with db.begin() as session:
        listed, facts = await operations.follow_review(
            session, ProductId(product_id), review, on=today, actor=actor
        )
    return OfferedOut.of_offer(listed, facts=facts)


@router.get("/loans/v1/products/{product_id}/reviews")
async def list_adopted_reviews(product_id: UUID, db: Db, _actor: MayRead) -> list[AdoptedReviewOut]:
    """List the adopted reviews of rates that may change a product, the newest first.

    One without a version waits for an administrator to open it; nothing changes by itself.
    """
    async with db() as session:
        code = (await queries.product(session, ProductId(product_id))).code
        rows = await advice.adopted_for(session, code)
        opened = await queries.versions_after_reviews(session, ProductId(product_id))
    return [AdoptedReviewOut.of(row, version=opened.get(row.review_id)) for row in rows]


@router.get("/loans/v1/products")
async def list_products(db: Db, page: PageQuery, _actor: MayRead) -> PageOut[ProductOut]:
    """List the newest version of every product."""
    async with db() as session:
        found = await queries.newest_products(session, page=page)
    items, following = page.cut(found, key=lambda listed: listed.product.product_id)
    return PageOut(items=[ProductOut.of(listed) for listed in items], next=following)


@router.get("/loans/v1/season-templates")
async def list_season_templates(_actor: MayRead) -> list[SeasonTemplateOut]:
    """List the seasons that a product may name: Ramadan, the feasts, harvests."""
    return SeasonTemplateOut.all()


@router.get("/loans/v1/products/{product_id}")
async def read_product(product_id: UUID, db: Db, _actor: MayRead) -> ProductOut:
    """Read the newest version of a product."""
    async with db() as session:
        return ProductOut.of(await queries.listed_product(session, ProductId(product_id)))


@router.get("/loans/v1/products/{product_id}/versions/{version}")
async def read_version(
    product_id: UUID,
    version: Version,
    db: Db,
    _actor: MayRead,
) -> ProductOut:
    """Read a version of a product as it was offered."""
    async with db() as session:
        found = await queries.listed_product(session, ProductId(product_id), version=version)
    return ProductOut.of(found)
