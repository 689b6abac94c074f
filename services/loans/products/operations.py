"""How does a product come to be, and how does a new version follow?"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import fees, freezing, offering
from services.loans.domain.lawful import Used
from services.loans.domain.product import Product
from services.loans.domain.revising import Change, Rule, revised
from services.loans.domain.rulings import Question, Topic
from services.loans.domain.terms import is_sharia_bound
from services.loans.institutions.names import Names
from services.loans.products import queries
from services.loans.products.queries import Listed
from services.loans.products.tables import ProductRow, ProductVersionRow
from services.loans.rulebook import operations as rulebook_uses
from services.loans.rulebook import queries as rulebook
from services.loans.rulings import queries as rulings
from shared import tenancy
from shared.auth import Actor
from shared.clients.rate_reviews import ChangeOut, RateReviewOut
from shared.errors import Kind, RafidError
from shared.ids import ProductId


class ProductCodeTaken(RafidError):
    """A product of this code exists"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The code {code} belongs to another product; add a version to it instead."
    code: str


class ReviewNotAdopted(RafidError):
    """The review of rates is not adopted"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The review {review_id} is {state}; a product follows an adopted one."
    review_id: UUID
    state: str


class ReviewFollowedAlready(RafidError):
    """The product follows this review of rates already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Version {version} was opened from the review {review_id}."
    review_id: UUID
    version: int


class ProductVersionMoved(RafidError):
    """Another version was added meanwhile"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Version {version} exists already; read it and send the change again."
    version: int


async def require_lawful(session: AsyncSession, product: Product, *, on: date) -> tuple[Used, ...]:
    """The facts of the rulebook that a product rests on, if it is offered on a day.

    What is offered must be lawful at its dearest; what depends on the borrower is asked for when
    an application is decided. Raises FeesEatLoan and what `lawful` raises.
    """
    fees.require_left(product.fees, least=product.amount.least)
    return offering.check(product, book=await rulebook.book(session, on=on), on=on)


async def under(session: AsyncSession, product: Product, *, named: str | None) -> Product:
    """The product with the ruling that it names, by its reference or id, or as it is.

    Raises RulingUnknown.
    """
    if named is None:
        return product
    return replace(product, ruling_id=(await rulings.by_reference(session, named)).ruling_id)


async def require_ruling(session: AsyncSession, product: Product, *, on: date) -> None:
    """Refuse to open a product of a Sharia-bound mode without a ruling in force that covers it.

    One that is taken from the offer needs none. An institution that is older than the register
    may name none until it says that the register binds it. Raises RulingMissing,
    RulingDoesNotCover, RulingOutOfForce.
    """
    is_bound = is_sharia_bound(product.mode_of_finance)
    if not product.is_offered or not (is_bound or product.ruling_id):
        return
    question = Question(
        topic=Topic.OFFERING,
        place=await rulings.place(session, on=on),
        mode=product.mode_of_finance,
    )
    is_required = is_bound and await rulings.binds(session)
    await rulings.require(
        session, product.ruling_id, question=question, on=on, is_required=is_required
    )


async def create_product(
    session: AsyncSession,
    product: Product,
    *,
    names: Names,
    on: date,
    actor: Actor,
    facts: tuple[Used, ...] = (),
) -> Listed:
    """Offer a new product; its first version is 1.

    `facts` are those it was found lawful by, and are kept (see `require_lawful`). Raises
    `ProductCodeTaken` and what `require_ruling` raises.
    """
    await require_ruling(session, product, on=on)
    written = await session.execute(
        insert(ProductRow)
        .values(
            institution_id=tenancy.institution_of(session),
            product_id=product.product_id,
            code=product.code,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing(index_elements=["institution_id", "code"])
        .returning(ProductRow.product_id)
    )
    if written.scalar() is None:
        raise ProductCodeTaken(code=product.code)
    return await _write_version(session, product, names=names, actor=actor, facts=facts)


async def follow_review(
    session: AsyncSession, product_id: ProductId, review: RateReviewOut, *, on: date, actor: Actor
) -> tuple[Listed, tuple[Used, ...]]:
    """Let a version follow whose limits are those before under an adopted policy, once.

    It keeps names, fees, rules and ruling, and is found lawful anew. Raises `ProductNotFound`,
    ReviewNotAdopted, ReviewFollowedAlready, and what `revised`, `require_lawful` and
    `add_version` raise.
    """
    review_id = review.review.review_id
    before = await queries.listed_product(session, product_id)
    policy = review.adopted()
    if policy is None:
        raise ReviewNotAdopted(review_id=review_id, state=review.review.status)
    opened = await queries.version_after(session, product_id, review_id)
    if opened:
        raise ReviewFollowedAlready(review_id=review_id, version=opened)
    changes = [_change(change) for change in policy.changes]
    product = revised(before.product, policy=policy.name, changes=changes)
    facts = await require_lawful(session, product, on=on)
    names = Names(ar=before.row.name_ar, fr=before.row.name_fr, en=before.row.name_en)
    listed = await add_version(
        session, product, names=names, on=on, actor=actor, facts=facts, review_id=review_id
    )
    return listed, facts


async def add_version(
    session: AsyncSession,
    product: Product,
    *,
    names: Names,
    on: date,
    actor: Actor,
    facts: tuple[Used, ...] = (),
    review_id: UUID | None = None,
) -> Listed:
    """Let a new version follow; applications already taken keep theirs.

    Raises `ProductNotFound`, `ProductVersionMoved` where somebody was faster, and what
    `require_ruling` raises.
    """
    await require_ruling(session, product, on=on)
    newest = await queries.newest_version(session, ProductId(product.product_id))
    if newest == 0:
        raise queries.ProductNotFound(product=str(product.product_id))
    following = replace(product, version=newest + 1)
    return await _write_version(
        session, following, names=names, actor=actor, facts=facts, review_id=review_id
    )


async def _write_version(
    session: AsyncSession,
    product: Product,
    *,
    names: Names,
    actor: Actor,
    facts: tuple[Used, ...],
    review_id: UUID | None = None,
) -> Listed:
    values = _columns(product) | {
        "institution_id": tenancy.institution_of(session),
        "name_ar": names.ar,
        "name_fr": names.fr,
        "name_en": names.en,
        "actor_id": actor.id,
        "review_id": review_id,
    }
    statement = (
        insert(ProductVersionRow)
        .values(**values)
        .on_conflict_do_nothing()  # of the version, or of the review that it follows
        .returning(ProductVersionRow)
    )
    row = (await session.execute(statement)).scalar()
    if row is None:
        raise ProductVersionMoved(version=product.version)
    await rulebook_uses.record_uses(session, "product", [(product.product_id, facts)])
    return Listed(product=product, row=row)


def _change(change: ChangeOut) -> Change:
    given = {
        "annual_rate": change.annual_rate,
        "term": change.term,
        "grace": change.grace,
        "fee_share": change.fee_share,
        "amount": change.amount,
    }
    return Change(
        where=change.where,
        rules={
            name: Rule(
                set_to=rule.set_to, times=rule.times, plus=rule.plus, low=rule.low, high=rule.high
            )
            for name, rule in given.items()
            if rule is not None
        },
        frequency=change.frequency,
    )


def _columns(product: Product) -> dict[str, object]:
    return {
        "product_id": product.product_id,
        "version": product.version,
        "mode_of_finance": product.mode_of_finance.value,
        "charge_method": product.charge_method.value,
        "currency": product.currency,
        "min_amount_minor": product.amount.least.minor,
        "default_amount_minor": product.amount.usual.minor,
        "max_amount_minor": product.amount.most.minor,
        "min_term_months": product.term_months.least,
        "default_term_months": product.term_months.usual,
        "max_term_months": product.term_months.most,
        "min_annual_rate": product.annual_rate.least,
        "default_annual_rate": product.annual_rate.usual,
        "max_annual_rate": product.annual_rate.most,
        "min_grace_months": product.grace_months.least,
        "default_grace_months": product.grace_months.usual,
        "max_grace_months": product.grace_months.most,
        "frequency": product.frequency.value,
        "fees": [fee.to_json() for fee in product.fees],
        "allocation_order": [component.value for component in product.allocation_order],
        "fund_kinds": sorted(kind.value for kind in product.fund_kinds),
        "residue_rule": product.residue_rule.value,
        "moving_rule": product.moving_rule,
        "rounding": product.rounding,
        "day_count": product.day_count,
        "month_end_rule": product.month_end_rule,
        "amortisation": freezing.to_json(product.amortisation),
        "charging": freezing.to_json(product.charging),
        "dating": freezing.to_json(product.dating),
        "drawing": freezing.to_json(product.drawing),
        "savings": freezing.to_json(product.savings),
        "early_settlement": freezing.to_json(product.early_settlement),
        "price": product.price.to_json(),
        "opinion": freezing.to_json(product.opinion),
        "approve_points_from": product.policy.approve_points_from,
        "reject_points_below": product.policy.reject_points_below,
        "automatic_decision": product.policy.is_automatic,
        "least_age_years": product.least_age_years,
        "offered": product.is_offered,
        "ruling_id": product.ruling_id,
    }
