"""How is zakat given: entered by one, paid by another, handed over, accepted for good?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries as borrower_queries
from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain import days, journal
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.domain.lawful import Book
from services.loans.domain.zakat import eligibility, entries, grants, records, rules
from services.loans.domain.zakat.classes import NEEDY, OWNING, ZakatClass
from services.loans.domain.zakat.collecting import NotZakatFund
from services.loans.domain.zakat.eligibility import Eligibility
from services.loans.domain.zakat.grants import Asked, OutsideReason, PaidTo, ZakatMakerDecides
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import FundRow
from services.loans.institutions import operations as institutions
from services.loans.ledger import operations as ledger
from services.loans.rulebook import queries as rulebook_queries
from services.loans.zakat import purse, queries, receiving, stipulated
from services.loans.zakat.queries import Case, Grant
from services.loans.zakat.tables import (
    GrantHandoverRow,
    GrantPaymentRow,
    GrantReversalRow,
    GrantRow,
)
from services.loans.zakat_payers import queries as payer_queries
from services.loans.zakat_payers.commands import as_json, used
from shared import feed, ids, periods, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import BorrowerId, EntryId, FundId
from shared.money import Money
from shared.quiet_events import ZakatGrantAccepted, ZakatGrantPaid, ZakatGrantReversed
from shared.rulebook import Fact


class GrantStateRefused(RafidError):
    """The grant is not where this could be done"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The grant {reference} is {state}."
    reference: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """A grant that is entered; goods are named, at what they cost."""

    fund_id: UUID
    eligibility_id: UUID
    asked: Asked
    purpose: str
    goods: str | None
    channel: Channel


async def enter_grant(
    session: AsyncSession, entering: Entering, *, on: date, actor: Actor
) -> Grant:
    """Enter a grant that another person will pay; every rule is asked already.

    Raises what `pay_grant` raises, but for the money at hand.
    """
    for amount in (entering.asked.amount, *(one.amount for one in entering.asked.calculation)):
        purse.require_positive(amount)
    case = await queries.locked_case(session, entering.eligibility_id)
    fund = await fund_queries.fund_by_id(session, entering.fund_id)
    lawful = await _lawful(
        session, entering.asked, case=case, fund=fund, days_=(on,), actor=actor, maker=None
    )
    await stipulated.require_met(
        session, fund, entering.asked, lawful.borrower, purpose=entering.purpose, on=on
    )
    row = GrantRow(
        institution_id=tenancy.institution_of(session),
        grant_id=ids.new(),
        reference=await institutions.next_reference(session, kind="ZG", year=on.year),
        fund_id=entering.fund_id,
        borrower_id=case.row.borrower_id,
        eligibility_id=entering.eligibility_id,
        zakat_class=entering.asked.zakat_class.value,
        purpose=entering.purpose,
        form="money" if entering.goods is None else "goods",
        goods=entering.goods,
        currency=entering.asked.amount.currency,
        amount_minor=entering.asked.amount.minor,
        channel=entering.channel.value,
        paid_to=entering.asked.paid_to.value,
        debt=records.of_debt(entering.asked.debt),
        calculation=[item.to_json() for item in entering.asked.calculation],
        outside_reason=entering.asked.outside_reason and entering.asked.outside_reason.value,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return Grant(row=row)


async def pay_grant(
    session: AsyncSession, grant_id: UUID, *, on: date, today: date, actor: Actor
) -> Grant:
    """Pay a grant that another person entered: Dr grants, Cr cash.

    Case and fund are locked and every rule is asked anew; the class must be in force on the day
    named and today, so that no earlier day revives it. Raises DayNotYet, ZakatRecordUnknown,
    GrantStateRefused, ZakatMakerDecides, EligibilityMissing, EligibilityExpired, FundExhausted,
    PeriodClosed, and what `grants` raises of class, size, debt, place, kin and handover.
    """
    days.require_come(on, member="paid_on", today=today)
    found = await queries.grant(session, grant_id)
    case = await queries.locked_case(session, found.row.eligibility_id)
    found = await queries.grant(session, grant_id)
    _require_state(found, "entered")
    if found.row.actor_id == actor.id:
        raise ZakatMakerDecides(reference=found.row.reference)
    fund_id = FundId(found.row.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    asked = asked_of(found.row)
    borrower_id = case.row.borrower_id
    eligibility.require_in_force(case.eligibility, borrower_id=borrower_id, on=today)
    lawful = await _lawful(
        session,
        asked,
        case=case,
        fund=fund,
        days_=(on, today),
        actor=actor,
        maker=found.row.actor_id,
    )
    await stipulated.require_met(
        session, fund, asked, lawful.borrower, purpose=found.row.purpose, on=on
    )
    channel = Channel(found.row.channel)
    await purse.require_money(session, fund, asked.amount, channel)
    entry = entries.grant(asked.amount, fund=funds.accounts_of(fund), paid_on=on, channel=channel)
    entry_id = await ledger.post(session, entry, actor_id=actor.id, source_id=grant_id)
    payment = GrantPaymentRow(
        institution_id=fund.institution_id,
        grant_id=grant_id,
        paid_on=on,
        facts=as_json(used(lawful.facts)),
        entry_id=entry_id,
        proposer_id=found.row.actor_id,
        actor_id=actor.id,
    )
    session.add(payment)
    await session.flush()
    await _tell_paid(session, found.row, region=lawful.borrower.region, on=on)
    return Grant(row=found.row, payment=payment)


async def hand_over(
    session: AsyncSession,
    grant_id: UUID,
    *,
    accepted_by: str,
    evidence: str,
    on: date,
    today: date,
    actor: Actor,
) -> Grant:
    """Record that the receiver accepted what was given: from then on it is the receiver's own.

    Raises DayNotYet, ZakatRecordUnknown, GrantStateRefused.
    """
    days.require_come(on, member="handed_on", today=today)
    found = await _locked(session, grant_id)
    _require_state(found, "paid")
    if found.payment is not None and on < found.payment.paid_on:
        raise GrantStateRefused(reference=found.row.reference, state=state_of(found))
    row = GrantHandoverRow(
        institution_id=found.row.institution_id,
        grant_id=grant_id,
        handed_on=on,
        accepted_by=accepted_by,
        evidence=evidence,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    event = ZakatGrantAccepted(grant_id=grant_id, fund_id=found.row.fund_id, handed_on=on)
    await feed.publish(session, event, subject_id=found.row.fund_id)
    return Grant(row=found.row, payment=found.payment, handover=row)


async def reverse_grant(
    session: AsyncSession, grant_id: UUID, *, reason: str, on: date, today: date, actor: Actor
) -> Grant:
    """Take back a payment that reached nobody; what was accepted is never taken back.

    Raises DayNotYet, ZakatRecordUnknown, OwnershipPassed, GrantStateRefused, ZakatMakerDecides.
    """
    days.require_come(on, member="reversed_on", today=today)
    found = await _locked(session, grant_id)
    if found.handover is not None:
        raise grants.OwnershipPassed(
            reference=found.row.reference, accepted_on=found.handover.handed_on
        )
    _require_state(found, "paid")
    payment = found.payment
    if payment is None or on < payment.paid_on:
        raise GrantStateRefused(reference=found.row.reference, state=state_of(found))
    if payment.actor_id == actor.id:
        raise ZakatMakerDecides(reference=found.row.reference)
    fund = await fund_queries.fund_by_id(session, found.row.fund_id)
    paid = entries.grant(
        found.amount,
        fund=funds.accounts_of(fund),
        paid_on=payment.paid_on,
        channel=Channel(found.row.channel),
    )
    back = journal.reversal_entry(paid, entry_id=EntryId(payment.entry_id), reversed_on=on)
    entry_id = await ledger.post(session, back, actor_id=actor.id, source_id=grant_id)
    row = GrantReversalRow(
        institution_id=fund.institution_id,
        grant_id=grant_id,
        reversed_on=on,
        reason=reason,
        entry_id=entry_id,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    event = ZakatGrantReversed(
        grant_id=grant_id,
        fund_id=fund.fund_id,
        amount_minor=found.amount.minor,
        currency=found.amount.currency,
        reversed_on=on,
    )
    await feed.publish(session, event, subject_id=fund.fund_id)
    return Grant(row=found.row, payment=payment, reversal=row)


def state_of(grant: Grant) -> str:
    """Where a grant is: entered, paid, accepted or reversed."""
    if grant.reversal is not None:
        return "reversed"
    if grant.handover is not None:
        return "accepted"
    return "entered" if grant.payment is None else "paid"


def asked_of(row: GrantRow) -> Asked:
    """A grant as the rules know it."""
    return Asked(
        zakat_class=ZakatClass(row.zakat_class),
        amount=Money(row.amount_minor, row.currency),
        paid_to=PaidTo(row.paid_to),
        calculation=tuple(records.item(one) for one in row.calculation),
        debt=records.debt(row.debt),
        outside_reason=None if row.outside_reason is None else OutsideReason(row.outside_reason),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lawful:
    """What a grant rests on that no rule refuses."""

    held: Eligibility
    borrower: BorrowerRow
    facts: list[Fact]


async def _lawful(
    session: AsyncSession,
    asked: Asked,
    *,
    case: Case,
    fund: FundRow,
    days_: tuple[date, ...],
    actor: Actor,
    maker: UUID | None,
) -> _Lawful:
    """Ask every rule of zakat about one grant, or raise what refuses it.

    Whose zakat it is, and where it came from, is asked of the day it counts from and of the day
    it is entered: no earlier day is chosen to be rid of a payer or of a place.
    """
    on = days_[0]
    if fund.kind != FundKind.ZAKAT.value:
        raise NotZakatFund(fund_code=fund.code, fund_kind=fund.kind)
    borrower_id = case.row.borrower_id
    borrower = await borrower_queries.borrower(session, BorrowerId(borrower_id), actor=actor)
    held = eligibility.require_in_force(case.eligibility, borrower_id=borrower_id, on=on)
    _ = asked.amount + Money.zero(fund.currency)  # another currency raises CurrencyMismatch
    grants.require_class(asked, held=held)
    given = await queries.grants_under(session, held.eligibility_id)
    for one in given:
        if one.handover is None and ZakatClass(one.row.zakat_class) in OWNING:
            raise grants.HandoverOpen(reference=one.row.reference)
    book = await rulebook_queries.book(session, on=on)
    granted = await _granted(session, held, given, book=book, on=on)
    grants.require_size(asked, held=held, granted=granted)
    set_off = rules.fact(book, "self_set_off", on=on)
    grants.require_debt(
        asked,
        asked_on=case.row.asked_on,
        on=on,
        set_off=set_off.text,
        source=set_off.source.title,
    )
    collected = await payer_queries.collected(session, fund.fund_id, on=max(days_))
    areas = {one.region for one in collected if one.region is not None}
    grants.require_local(asked, region=borrower.region, areas=areas)
    await receiving.require_owed(
        session, asked.debt, borrower_id=borrower_id, asked_on=case.row.asked_on, on=on
    )
    excluded = await receiving.require_untied(
        session,
        fund,
        borrower_id,
        days=days_,
        actors={one for one in (actor.id, maker) if one is not None},
        book=book,
    )
    return _Lawful(held=held, borrower=borrower, facts=[set_off, excluded])


async def _granted(
    session: AsyncSession, held: Eligibility, given: Sequence[Grant], *, book: Book, on: date
) -> Money:
    """What counts against a decision's limit.

    For the needy all that the person was given over the span that the need was computed for,
    under whatever decision: a second one gives no second year. Else what the decision gave.
    """
    currency = held.limit.currency
    if held.zakat_class not in NEEDY:
        return Money.total((one.amount for one in given), currency)
    months = rules.days(rules.fact(book, "sufficiency_months", on=on))
    after = periods.add_months(on, -months)
    minors = await queries.given_to(session, held.borrower_id, classes=NEEDY, after=after)
    return Money(sum(minors), currency)


async def _locked(session: AsyncSession, grant_id: UUID) -> Grant:
    found = await queries.grant(session, grant_id)
    await queries.locked_case(session, found.row.eligibility_id)
    return await queries.grant(session, grant_id)


def _require_state(grant: Grant, state: str) -> None:
    if state_of(grant) != state:
        raise GrantStateRefused(reference=grant.row.reference, state=state_of(grant))


async def _tell_paid(session: AsyncSession, row: GrantRow, *, region: str, on: date) -> None:
    event = ZakatGrantPaid(
        grant_id=row.grant_id,
        fund_id=row.fund_id,
        borrower_id=row.borrower_id,
        eligibility_id=row.eligibility_id,
        zakat_class=row.zakat_class,
        form=row.form,
        paid_to=row.paid_to,
        region=region,
        amount_minor=row.amount_minor,
        currency=row.currency,
        paid_on=on,
    )
    await feed.publish(session, event, subject_id=row.fund_id)
