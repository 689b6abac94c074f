"""Which of a fund's money is a contract lent from, where the fund keeps it apart by tag?

A receipt's tag says what it was given for. A contract takes the tag that is named when it is
signed, else its purpose where the fund was given money for it, else it takes open money; never
more than the money with that tag has free. What it repays goes back to its tag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.lineage import Policy
from services.loans.funds import queries
from services.loans.funds.tables import ContractTagRow, FundRow
from services.loans.funds.tags import queries as tags
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, ContractId, FundId
from shared.money import Money

OPEN = "open"
"""How money without a tag is called in what is said."""


class TagNotFollowed(RafidError):
    """The fund does not keep its money apart by tag"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_code} follows its money by {policy}; the tag {tag} has no meaning."
    fund_code: str
    policy: Policy
    tag: str


class TagExhausted(RafidError):
    """The fund has not enough free money with this tag"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{requested} was asked of the money of the fund {fund_code} with the tag {tag};"
        " {available} is free."
    )
    fund_code: str
    tag: str
    requested: Money
    available: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A contract that is being signed, with what it asks of a fund and for what."""

    contract_id: ContractId
    application_id: ApplicationId
    amount: Money
    tag: str | None
    purpose: str = ""


def require_followed(fund: FundRow, *, tag: str | None) -> None:
    """Raise TagNotFollowed for a tag in a fund that does not go by tag."""
    policy = Policy(fund.lineage_policy)
    if tag is not None and policy is not Policy.TAG:
        raise TagNotFollowed(fund_code=fund.code, policy=policy, tag=tag)


async def require_free(
    session: AsyncSession, fund: FundRow, *, tag: str | None, amount: Money
) -> None:
    """Raise TagExhausted unless a tag of the locked fund has the amount free."""
    if Policy(fund.lineage_policy) is not Policy.TAG:
        return
    free = {one.tag: one.available for one in await tags.standings(session, fund)}
    available = free.get(tag, Money.zero(fund.currency))
    if amount > available:
        raise TagExhausted(
            fund_code=fund.code, tag=tag or OPEN, requested=amount, available=available
        )


async def bind(
    session: AsyncSession, fund_id: FundId, bindings: Sequence[Binding], *, actor_id: UUID
) -> None:
    """Fix which money contracts are lent from, once the locked fund has committed to them.

    Raises TagNotFollowed, TagExhausted.
    """
    fund = await queries.fund_by_id(session, fund_id)
    for binding in bindings:
        require_followed(fund, tag=binding.tag)
    if Policy(fund.lineage_policy) is not Policy.TAG:
        return
    known = await tags.standings(session, fund)
    names = {one.tag for one in known}
    # All of them are committed by now, as open money: no tag of theirs is written yet.
    asked = sum((one.amount.minor for one in bindings), 0)
    free = {one.tag: one.available.minor + (0 if one.tag else asked) for one in known}
    for binding in bindings:
        tag = binding.tag or (binding.purpose if binding.purpose in names else None)
        left = free.get(tag, 0) - binding.amount.minor
        if left < 0:
            raise TagExhausted(
                fund_code=fund.code,
                tag=tag or OPEN,
                requested=binding.amount,
                available=Money(free.get(tag, 0), fund.currency),
            )
        free[tag] = left
        if tag is not None:
            await session.execute(
                insert(ContractTagRow), [_row(session, fund, binding, tag, actor_id)]
            )


def _row(
    session: AsyncSession, fund: FundRow, binding: Binding, tag: str, actor_id: UUID
) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "contract_id": binding.contract_id,
        "fund_id": FundId(fund.fund_id),
        "application_id": binding.application_id,
        "tag": tag,
        "actor_id": actor_id,
    }
