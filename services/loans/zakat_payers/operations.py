"""How are payers and prices recorded, and how does zakat come into a fund?"""

from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import days
from services.loans.domain.chart import FundKind
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.lawful import Used
from services.loans.domain.zakat import collecting, nisab, rules
from services.loans.domain.zakat.collecting import NotZakatFund, Origin
from services.loans.domain.zakat.nisab import Price
from services.loans.domain.zakat.rules import Base, Metal
from services.loans.domain.zakat.ties import Relation
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.institutions import operations as institutions
from services.loans.rulebook import queries as rulebook_queries
from services.loans.zakat_payers import queries
from services.loans.zakat_payers.commands import Assessed, Collecting, as_json, used
from services.loans.zakat_payers.tables import (
    CollectionRow,
    PayerConsentRow,
    PayerRow,
    PriceRow,
    TieRow,
)
from shared import ids, rulebook, tenancy
from shared.money import Money


async def record_price(
    session: AsyncSession, price: Price, *, today: date, actor_id: UUID
) -> PriceRow:
    """Record what a gram of a metal cost on a day; a later entry of that day takes its place.

    Raises DayNotYet.
    """
    days.require_come(price.priced_on, member="priced_on", today=today)
    row = PriceRow(
        institution_id=tenancy.institution_of(session),
        price_id=ids.new(),
        metal=price.metal.value,
        currency=price.currency,
        per_gram=price.per_gram,
        priced_on=price.priced_on,
        source=price.source,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def register_payer(
    session: AsyncSession, name: str, *, today: date, actor_id: UUID
) -> PayerRow:
    """Register who pays zakat and is known by name."""
    row = PayerRow(
        institution_id=tenancy.institution_of(session),
        payer_id=ids.new(),
        reference=await institutions.next_reference(session, kind="ZP", year=today.year),
        name=name,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def assess(
    session: AsyncSession, wealth: Money, *, base: Base, held_since: date, on: date
) -> Assessed:
    """Compute what is owed on wealth, by the prices and rules of the institution on a day.

    Raises NoRule, MetalPriceMissing, MetalPriceStale.
    """
    book = await rulebook_queries.book(session, on=on)
    rate = rules.fact(book, "rate", on=on, base=base.value)
    facts = [rate]
    price, least = None, None
    if base not in nisab.CROPS:
        basis = rules.fact(book, "nisab_basis", on=on)
        metal = Metal(basis.text)
        weight = rules.fact(book, "nisab_weight", on=on, metal=metal.value)
        age = rules.fact(book, "price_days", on=on)
        known = await queries.prices(session, metal=metal, currency=wealth.currency, on=on)
        price = nisab.price_on(
            known, metal=metal, currency=wealth.currency, on=on, most_days=rules.days(age)
        )
        least = nisab.nisab(price, grams=rules.number(weight))
        facts += [basis, weight, age]
    due = nisab.due(
        wealth, base=base, rate=rules.number(rate), least=least, held_since=held_since, on=on
    )
    return Assessed(due=due, price=price, facts=used(facts))


async def collect(session: AsyncSession, told: Collecting, *, actor_id: UUID) -> CollectionRow:
    """Book zakat that was paid, and keep its payer's word; what is zakat stays zakat.

    Raises FundNotFound, NotZakatFund, ZakatRecordUnknown, CollectionNotLicensed,
    CompanyLevyNotZakat, NoRule, and what receiving money raises.
    """
    fund = await fund_queries.fund_by_id(session, told.fund_id)
    if fund.kind != FundKind.ZAKAT.value:
        raise NotZakatFund(fund_code=fund.code, fund_kind=fund.kind)
    if told.payer_id is not None:
        await queries.payer(session, told.payer_id)
    facts = await _lawful(session, told)
    receipt = await funds.receive(
        session,
        fund_id=told.fund_id,
        donor_id=None,
        amount=told.amount,
        received_on=told.received_on,
        channel=told.channel,
        nature=ReceiptNature.ZAKAT,
        actor_id=actor_id,
    )
    year = told.received_on.year
    row = CollectionRow(
        institution_id=receipt.institution_id,
        receipt_id=receipt.receipt_id,
        reference=await institutions.next_reference(session, kind="ZR", year=year),
        fund_id=told.fund_id,
        payer_id=told.payer_id,
        region=told.region,
        intention=told.intention,
        origin=told.origin.value,
        facts=as_json(facts),
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def record_consent(
    session: AsyncSession, receipt_id: UUID, *, given_on: date, evidence: str, actor_id: UUID
) -> None:
    """Keep that a payer agrees to have zakat back; a second word changes nothing.

    Raises ZakatRecordUnknown.
    """
    await queries.collection(session, receipt_id)
    await session.execute(
        upsert(PayerConsentRow)
        .values(
            institution_id=tenancy.institution_of(session),
            receipt_id=receipt_id,
            given_on=given_on,
            evidence=evidence,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
    )


async def declare_tie(
    session: AsyncSession,
    *,
    borrower_id: UUID,
    relation: Relation,
    payer_id: UUID | None,
    staff_id: UUID | None,
    actor_id: UUID,
) -> TieRow:
    """Keep that a receiver is kin of a payer or of staff, or is one. Raises ZakatRecordUnknown."""
    if payer_id is not None:
        await queries.payer(session, payer_id)
    row = TieRow(
        institution_id=tenancy.institution_of(session),
        tie_id=ids.new(),
        borrower_id=borrower_id,
        payer_id=payer_id,
        staff_id=staff_id,
        relation=relation.value,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def _lawful(session: AsyncSession, told: Collecting) -> tuple[Used, ...]:
    """Refuse a levy that is no zakat; give the rules on collecting that hold there."""
    on = told.received_on
    book = await rulebook_queries.book(session, on=on)
    facts = rulebook.find_all(
        "zakat_collection", country=book.country, on=on, overrides=book.overrides
    )
    own = [one for one in facts if one.is_own]
    facts = own or facts
    for one in facts:
        collecting.require_licensed(one.text, country=book.country, source=one.source.title)
    if told.origin is Origin.COMPANY_LEVY:
        levy = rulebook.find(
            "company_levy_is_zakat", country=book.country, on=on, overrides=book.overrides
        )
        collecting.require_zakat(
            told.origin, answer=levy.text, country=book.country, source=levy.source.title
        )
        facts.append(levy)
    return used(facts)
