"""How is the authority to decide given, and taken back?"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.approvals import queries
from services.loans.approvals.tables import AuthorityLevelRow
from services.loans.funds import queries as fund_queries
from services.loans.products import queries as products
from shared import ids, tenancy
from shared.auth import Actor, Role
from shared.errors import Kind, RafidError
from shared.ids import FundId, ProductId
from shared.money import Money


class AuthorityEmpty(RafidError):
    """An authority reaches an amount above zero"""

    kind = Kind.RULE
    service = "loans"
    detail = "Nothing can be decided up to {max_amount}."
    max_amount: Money


async def set_authority_level(
    session: AsyncSession,
    *,
    product_id: ProductId | None,
    fund_id: FundId | None,
    max_amount: Money,
    level: int,
    role: Role,
    actor: Actor,
) -> AuthorityLevelRow:
    """Give a role the authority to decide up to an amount, for a product, a fund, or all.

    Raises `AuthorityEmpty`, `ProductNotFound`, `FundNotFound`.
    """
    if not max_amount.is_positive:
        raise AuthorityEmpty(max_amount=max_amount)
    if product_id is not None:
        await products.product(session, product_id)
    if fund_id is not None:
        await fund_queries.fund_by_id(session, fund_id)
    row = AuthorityLevelRow(
        institution_id=tenancy.institution_of(session),
        authority_level_id=ids.new(),
        product_id=product_id,
        fund_id=fund_id,
        currency=max_amount.currency,
        max_amount_minor=max_amount.minor,
        level=level,
        role=role.value,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def end_authority_level(session: AsyncSession, authority_level_id: UUID) -> AuthorityLevelRow:
    """Take an authority back; ending it again has no effect. Raises `AuthorityLevelNotFound`."""
    row = await queries.authority_level(session, authority_level_id)
    row.in_force = False
    await session.flush()
    return row
