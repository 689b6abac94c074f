"""Which of a fund's money is a contract lent from, where the fund keeps it apart by tag?

A receipt's tag says what it was given for. A contract takes the tag that is named when it is
signed, else its purpose where the fund was given money for it, else it takes open money; never
more than the money with that tag has free. What it repays goes back to its tag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import funding
from services.loans.domain.lineage import PLACES, Place, Policy
from services.loans.funds import queries
from services.loans.funds.tables import ContractTagRow, FundRow
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, ContractId, FundId
from shared.money import Money

OPEN = "open"
"""How money without a tag is called in what is said."""

AT_HAND = [code for code, place in PLACES.items() if place is Place.HAND]

# What each tag has at hand: all that came for its receipts and contracts, and all that left; what
# is committed and not drawn. The money at hand of every account of the fund, whatever its code.
BY_TAG = text("""
    with tags as (
      select distinct tag from receipt
      where institution_id = :institution_id and fund_id = :fund_id and tag is not null
      union
      select tag from contract_tag where institution_id = :institution_id and fund_id = :fund_id
    ), entries as (
      select e.entry_id, coalesce(r.tag, c.tag) as tag
      from journal_entry e
      left join receipt r on r.institution_id = e.institution_id and r.receipt_id = e.source_id
      left join contract_tag c on c.institution_id = e.institution_id
        and c.contract_id = e.contract_id and c.fund_id = :fund_id
      where e.institution_id = :institution_id
    ), held as (
      select e.tag, sum(l.amount_minor)::bigint as minor
      from account a
      join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
      join entries e on e.entry_id = l.entry_id
      where a.institution_id = :institution_id and a.fund_id = :fund_id
        and (a.code = any(:at_hand) or (starts_with(a.code, 'own_') and a.class = 'liability'))
      group by e.tag
    ), promised as (
      select c.tag, sum(case k.kind when 'commit' then amount_minor when 'uncommit' then
        -amount_minor when 'draw' then -amount_minor when 'undraw' then amount_minor else 0 end
        )::bigint as minor
      from fund_claim k
      left join contract_tag c on c.institution_id = k.institution_id
        and c.application_id = k.application_id and c.fund_id = k.fund_id
      where k.institution_id = :institution_id and k.fund_id = :fund_id
      group by c.tag
    )
    select t.tag, coalesce(h.minor, 0) as held_minor, coalesce(p.minor, 0) as committed_minor
    from (select tag from tags union all select null) t
    left join held h on h.tag is not distinct from t.tag
    left join promised p on p.tag is not distinct from t.tag
    order by t.tag nulls first
""")


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
class TagStanding:
    """What money with a tag (None: open money) is at hand, and what of it is committed."""

    tag: str | None
    at_hand: Money
    committed: Money

    @property
    def available(self) -> Money:
        """What is not committed. 500 at hand, 200 committed and not drawn: 300."""
        nothing = Money.zero(self.at_hand.currency)
        return funding.available(self.at_hand, reserved=nothing, committed=self.committed)


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


async def standings(session: AsyncSession, fund: FundRow) -> list[TagStanding]:
    """Return what stands under each tag of a fund, open money first."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund.fund_id,
        "at_hand": AT_HAND,
    }
    return [
        TagStanding(
            tag=row.tag,
            at_hand=Money(row.held_minor, fund.currency),
            committed=Money(row.committed_minor, fund.currency),
        )
        for row in await session.execute(BY_TAG, values)
    ]


async def require_free(
    session: AsyncSession, fund: FundRow, *, tag: str | None, amount: Money
) -> None:
    """Raise TagExhausted unless a tag of the locked fund has the amount free."""
    if Policy(fund.lineage_policy) is not Policy.TAG:
        return
    free = {one.tag: one.available for one in await standings(session, fund)}
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
    known = await standings(session, fund)
    tags = {one.tag for one in known}
    # All of them are committed by now, as open money: no tag of theirs is written yet.
    asked = sum((one.amount.minor for one in bindings), 0)
    free = {one.tag: one.available.minor + (0 if one.tag else asked) for one in known}
    for binding in bindings:
        tag = binding.tag or (binding.purpose if binding.purpose in tags else None)
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
