"""Who pays zakat, what stands collected, and what did a metal cost?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import duplicates
from services.loans.domain.zakat.ageing import Received
from services.loans.domain.zakat.nisab import Price
from services.loans.domain.zakat.rules import Metal
from services.loans.domain.zakat.ties import Relation, Tie
from services.loans.funds.tables import ReceiptRow
from services.loans.zakat_payers.tables import CollectionRow, PayerConsentRow, PayerRow, PriceRow
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.schemas import Page


class ZakatRecordUnknown(RafidError):
    """There is no such record of zakat"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No {record} of zakat has the id {record_id}."
    record: str
    record_id: UUID


async def prices(session: AsyncSession, *, metal: Metal, currency: str, on: date) -> list[Price]:
    """The last price of a metal up to a day, if there is one; the later entry of one day counts."""
    statement = (
        select(PriceRow)
        .where(
            PriceRow.institution_id == tenancy.institution_of(session),
            PriceRow.metal == metal.value,
            PriceRow.currency == currency,
            PriceRow.priced_on <= on,
        )
        .order_by(PriceRow.priced_on.desc(), PriceRow.price_id.desc())
        .limit(1)
    )
    return [
        Price(
            metal=metal,
            per_gram=row.per_gram,
            currency=row.currency,
            priced_on=row.priced_on,
            source=row.source,
        )
        for row in await session.scalars(statement)
    ]


async def payer(session: AsyncSession, payer_id: UUID) -> PayerRow:
    """A payer; raises ZakatRecordUnknown."""
    row = await session.get(PayerRow, (tenancy.institution_of(session), payer_id))
    if row is None:
        raise ZakatRecordUnknown(record="payer", record_id=payer_id)
    return row


async def collection(
    session: AsyncSession, receipt_id: UUID
) -> tuple[CollectionRow, ReceiptRow, PayerRow | None]:
    """A receipt of zakat with what is known of it; raises ZakatRecordUnknown."""
    statement = (
        select(CollectionRow, ReceiptRow, PayerRow)
        .join(
            ReceiptRow,
            (ReceiptRow.institution_id == CollectionRow.institution_id)
            & (ReceiptRow.receipt_id == CollectionRow.receipt_id),
        )
        .outerjoin(
            PayerRow,
            (PayerRow.institution_id == CollectionRow.institution_id)
            & (PayerRow.payer_id == CollectionRow.payer_id),
        )
        .where(
            CollectionRow.institution_id == tenancy.institution_of(session),
            CollectionRow.receipt_id == receipt_id,
        )
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise ZakatRecordUnknown(record="receipt", record_id=receipt_id)
    return row[0], row[1], row[2]


TIES = text("""
    select t.relation, t.payer_id, p.reference as payer, t.staff_id
    from zakat_tie t
    left join zakat_payer p on p.institution_id = t.institution_id and p.payer_id = t.payer_id
    where t.institution_id = :institution_id
      and (t.borrower_id = :borrower_id or t.borrower_id in (select m.member_borrower_id
        from borrower_member m where m.institution_id = :institution_id
          and m.borrower_id = :borrower_id))
      and (t.payer_id is null or t.payer_id = any(:payer_ids))
    order by t.tie_id
""")


async def ties(
    session: AsyncSession, borrower_id: UUID, *, payer_ids: Collection[UUID]
) -> list[Tie]:
    """Whose kin a receiver, or one of that household, is, of staff and of these payers."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "borrower_id": borrower_id,
        "payer_ids": list(payer_ids),
    }
    return [
        Tie(
            relation=Relation(row.relation),
            payer=row.payer,
            payer_id=row.payer_id,
            staff_id=row.staff_id,
        )
        for row in await session.execute(TIES, values)
    ]


NAMES = text("""
    select p.payer_id as person_id, p.name from zakat_payer p
    where p.institution_id = :institution_id and p.payer_id = any(:payer_ids)
    union all
    select s.staff_id, s.name from staff s
    where s.institution_id = :institution_id and s.deactivated_at is null
      and s.roles <> array['donor']
""")
NAME_KEYS = text("""
    select n.name_key from borrower_name n
    where n.institution_id = :institution_id
      and (n.borrower_id = :borrower_id or n.borrower_id in (select m.member_borrower_id
        from borrower_member m where m.institution_id = :institution_id
          and m.borrower_id = :borrower_id))
""")


async def namesakes(
    session: AsyncSession, borrower_id: UUID, *, payer_ids: Collection[UUID]
) -> set[UUID]:
    """Which of these payers, and of staff, bear the name of a receiver or of the household."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "borrower_id": borrower_id,
        "payer_ids": list(payer_ids),
    }
    keys = set((await session.execute(NAME_KEYS, values)).scalars())
    return {
        row.person_id
        for row in await session.execute(NAMES, values)
        if duplicates.name_key(row.name) in keys
    }


async def payers(session: AsyncSession, *, page: Page) -> list[PayerRow]:
    """A page of payers by id, one more than fits."""
    statement = select(PayerRow).where(PayerRow.institution_id == tenancy.institution_of(session))
    if page.after is not None:
        statement = statement.where(PayerRow.payer_id > page.after)
    return list(await session.scalars(statement.order_by(PayerRow.payer_id).limit(page.limit + 1)))


# A receipt that was taken back by a day never counts from then on; for good, by whatever day.
RECEIPTS = text("""
    select r.receipt_id, r.received_on, r.amount_minor, r.currency, c.payer_id, c.region
    from receipt r
    left join zakat_collection c
      on c.institution_id = r.institution_id and c.receipt_id = r.receipt_id
    where r.institution_id = :institution_id and r.fund_id = :fund_id and r.amount_minor > 0
      and r.received_on between :since and :on
      and not exists (
        select from receipt b
        where b.institution_id = r.institution_id and b.reverses_receipt_id = r.receipt_id
          and (b.received_on <= :on or :for_good))
    order by r.received_on, r.receipt_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A standing receipt with its payer and place, where they are known."""

    receipt: Received
    payer_id: UUID | None
    region: str | None


async def collected(
    session: AsyncSession,
    fund_id: UUID,
    *,
    on: date,
    since: date = date.min,
    for_good: bool = False,
) -> Sequence[Collected]:
    """The receipts of a fund that stand on a day, the oldest first.

    `for_good`: without what was taken back later, as far as is known.
    """
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "since": since,
        "on": on,
        "for_good": for_good,
    }
    return [
        Collected(
            receipt=Received(
                receipt_id=row.receipt_id,
                received_on=row.received_on,
                amount=Money(row.amount_minor, row.currency),
            ),
            payer_id=row.payer_id,
            region=row.region,
        )
        for row in await session.execute(RECEIPTS, values)
    ]


async def consent_state(session: AsyncSession, receipt_id: UUID) -> tuple[bool, bool]:
    """Whether the payer of a receipt is known, and whether they agreed to its return."""
    key = (tenancy.institution_of(session), receipt_id)
    found = await session.get(CollectionRow, key)
    known = found is not None and found.payer_id is not None
    return known, await session.get(PayerConsentRow, key) is not None
