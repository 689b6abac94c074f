"""How is a guarantor paid for its cover: once, by another person than who covered?"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import queries as contracts
from services.loans.domain import cofinancing, journal
from services.loans.domain.journal import Channel
from services.loans.funds import keeping, returning, sparing
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import FundRow
from services.loans.funds.tags import queries as tags
from services.loans.guarantees import queries
from services.loans.guarantees.tables import CoverRow
from services.loans.ledger import operations as ledger
from services.loans.ledger.operations import Posting
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId, EntryId, FundId
from shared.money import Money


class FeeNotDue(RafidError):
    """No fee is to be paid for the cover"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The cover {cover_id} costs {fee}; paid on: {paid_on}."
    cover_id: UUID
    fee: Money
    paid_on: date | None


class CovererPays(RafidError):
    """Whoever covered a contract does not pay for it"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The cover {cover_id} was made by the same person: another one pays its fee."
    cover_id: UUID


async def pay(
    session: AsyncSession, cover_id: UUID, *, on: date, channel: Channel, actor: Actor
) -> CoverRow:
    """Pay a guarantor's fee out of the lending funds, by what each finances.

    Into a guarantee fund of our own where that is the guarantor. Raises CoverUnknown,
    ContractUnknown, FeeNotDue, CovererPays, AccountNotInChart, FundExhausted, TagExhausted,
    CorpusBelowFloor, PeriodClosed.
    """
    known = await queries.cover(session, cover_id)
    contract = await contracts.contract(
        session, known.contract_id, branch_ids=actor.branch_ids, lock=True
    )
    row = await queries.cover(session, cover_id, lock=True)
    fee = Money(row.fee_minor, row.currency)
    if fee.is_zero or row.fee_paid_on is not None:
        raise FeeNotDue(cover_id=cover_id, fee=fee, paid_on=row.fee_paid_on)
    if row.actor_id == actor.id:
        raise CovererPays(cover_id=cover_id)
    facility = await queries.facility(session, row.facility_id)
    weights = await books.financed_by(session, row.contract_id, lead=contract.fund_id)
    parts = cofinancing.parted(fee, weights)
    guarantor = None if facility.fund_id is None else FundId(facility.fund_id)
    locked = await fund_queries.locked_funds(
        session, [*parts, *([] if guarantor is None else [guarantor])]
    )
    for fund_id, part in parts.items():
        await _require_free(session, locked[fund_id], part, contract.contract_id, channel=channel)
    moved = {**parts, **({} if guarantor is None else {guarantor: fee})}
    postings = [
        Posting(
            entry=journal.guarantee_fee_entry(
                part,
                fund=funds.accounts_of(locked[fund_id]),
                paid_on=on,
                contract_id=ContractId(row.contract_id),
                channel=channel,
                is_guarantor=fund_id == guarantor,
            ),
            actor_id=actor.id,
            source_id=cover_id,
            entry_id=EntryId(ids.new()),
        )
        for fund_id, part in moved.items()
    ]
    await ledger.post_all(session, postings)
    row.fee_paid_on, row.fee_paid_by = on, actor.id
    await session.flush()
    return row


async def _require_free(
    session: AsyncSession, fund: FundRow, amount: Money, contract_id: UUID, *, channel: Channel
) -> None:
    """Refuse to pay a fee with what is promised, tagged for another thing, or a corpus."""
    fund_id = FundId(fund.fund_id)
    await returning.require_held(session, fund, amount, channel)
    tag = await tags.tag_of(session, contract_id, fund_id=fund_id)
    await sparing.require_free(session, fund, amount, tag=tag)
    await keeping.require_corpus(session, fund_id, leaving=amount)
