"""What stands under each tag of a fund, and what of it is free?"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import funding
from services.loans.domain.lineage import PLACES, Place
from services.loans.funds.tables import FundRow
from shared import tenancy
from shared.ids import FundId
from shared.money import Money

# Lineage leaves the units of what a corpus was turned into where they were; the money has gone.
AT_HAND = [code for code, place in PLACES.items() if place is Place.HAND and code != "investments"]

# What each tag has at hand: all that came for its receipts and contracts, and all that left, what
# was endowed for a time and went back too; what is committed and not drawn. The money at hand of
# every account of the fund, whatever its code; of a debt that more was taken off than was owed,
# open money bears the excess.
BY_TAG = text("""
    with tags as (
      select distinct tag from receipt
      where institution_id = :institution_id and fund_id = :fund_id and tag is not null
      union
      select tag from contract_tag where institution_id = :institution_id and fund_id = :fund_id
    ), entries as (
      select e.entry_id, coalesce(r.tag, c.tag) as tag
      from journal_entry e
      left join waqf_order w on w.institution_id = e.institution_id and w.order_id = e.source_id
      left join receipt r on r.institution_id = e.institution_id
        and r.receipt_id = coalesce(w.receipt_id, e.source_id)
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
    ), overdrawn as (
      select coalesce(sum(greatest(o.minor, 0)), 0)::bigint as minor
      from (
        select sum(l.amount_minor) as minor
        from account a
        join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
        where a.institution_id = :institution_id and a.fund_id = :fund_id
          and a.class = 'liability'
          and (a.code = any(:at_hand) or starts_with(a.code, 'own_'))
        group by a.code
      ) o
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
    select t.tag,
      coalesce(h.minor, 0) - case when t.tag is null then o.minor else 0 end as held_minor,
      coalesce(p.minor, 0) as committed_minor
    from (select tag from tags union all select null) t
    cross join overdrawn o
    left join held h on h.tag is not distinct from t.tag
    left join promised p on p.tag is not distinct from t.tag
    order by t.tag nulls first
""")


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


OF_RECEIPT = text("""
    select tag from receipt where institution_id = :institution_id and receipt_id = :receipt_id
""")


async def tag_of_receipt(session: AsyncSession, receipt_id: UUID) -> str | None:
    """Return what a receipt was given for; None: open money."""
    values = {"institution_id": tenancy.institution_of(session), "receipt_id": receipt_id}
    return (await session.execute(OF_RECEIPT, values)).scalar()


TAG_OF = text("""
    select tag from contract_tag where institution_id = :institution_id
      and contract_id = :contract_id and fund_id = :fund_id
""")


async def tag_of(session: AsyncSession, contract_id: UUID, *, fund_id: FundId) -> str | None:
    """Return which tagged money of a fund a contract is lent from; None: open money."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "fund_id": fund_id,
    }
    return (await session.execute(TAG_OF, values)).scalar()
