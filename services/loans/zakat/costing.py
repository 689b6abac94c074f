"""How is the work on zakat paid, how long does zakat lie, and when may it be invested?"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import days
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.domain.zakat import ageing, costs, entries, holding, rules
from services.loans.domain.zakat.ageing import Layer, Limits
from services.loans.domain.zakat.collecting import NotZakatFund
from services.loans.domain.zakat.costs import CostPurpose, Room
from services.loans.domain.zakat.grants import ZakatMakerDecides
from services.loans.domain.zakat.holding import Checks
from services.loans.domain.zakat.rules import Period
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import sparing
from services.loans.funds.tables import FundRow
from services.loans.institutions import operations as institutions
from services.loans.ledger import operations as ledger
from services.loans.rulebook import queries as rulebook_queries
from services.loans.zakat import purse, queries
from services.loans.zakat.queries import Cost, Investment
from services.loans.zakat.tables import (
    CostPaymentRow,
    CostRow,
    InvestmentApprovalRow,
    InvestmentRow,
)
from services.loans.zakat_payers import queries as payer_queries
from services.loans.zakat_payers.commands import as_json, used
from shared import feed, ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money
from shared.quiet_events import ZakatCostPaid
from shared.rulebook import Fact


class ZakatDone(RafidError):
    """It is paid or approved already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{reference} is paid or approved already."
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """A cost of zakat work that is entered."""

    fund_id: UUID
    amount: Money
    purpose: CostPurpose
    what: str
    appointment: str | None
    work_record: str | None
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """An investment of zakat that is proposed, with what was shown of its three checks."""

    fund_id: UUID
    amount: Money
    what: str
    checks: Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """What zakat work may still cost in a fund on a day, and the rules that say so."""

    room: Room
    since: date
    facts: tuple[Fact, Fact]

    @property
    def source(self) -> str:
        """Who says how much it may cost."""
        return self.facts[0].source.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """What is in hand by age, and how many urgent cases wait for it."""

    in_hand: Money
    layers: tuple[Layer, ...]
    urgent_waiting: int
    facts: tuple[Fact, Fact]


async def age(session: AsyncSession, fund_id: UUID, *, on: date) -> Aged:
    """How long the zakat of a fund has lain, as of a day. Raises FundNotFound, NotZakatFund."""
    fund = await fund_queries.fund_by_id(session, fund_id)
    if fund.kind != FundKind.ZAKAT.value:
        raise NotZakatFund(fund_code=fund.code, fund_kind=fund.kind)
    book = await rulebook_queries.book(session, on=on)
    most, warnings = (rules.fact(book, topic, on=on) for topic in ("hold_days", "hold_warnings"))
    notice, warning, urgent = (int(days_) for days_ in warnings.text.split())
    limits = Limits(notice=notice, warning=warning, urgent=urgent, most=rules.days(most))
    collected = await payer_queries.collected(session, fund_id, on=on)
    held = Money(await queries.in_hand(session, fund_id, on=on), fund.currency)
    return Aged(
        in_hand=held,
        layers=ageing.layers(
            [one.receipt for one in collected], in_hand=held, on=on, limits=limits
        ),
        urgent_waiting=await queries.urgent_waiting(session, on=on),
        facts=(most, warnings),
    )


async def enter_cost(session: AsyncSession, spending: Spending, *, on: date, actor: Actor) -> Cost:
    """Enter a cost of zakat work that another person will pay.

    Raises FundNotFound, NotZakatFund, CurrencyMismatch, AppointmentMissing.
    """
    fund = await _zakat_fund(session, spending.fund_id, amount=spending.amount)
    costs.require_appointed(
        spending.purpose, appointment=spending.appointment, record=spending.work_record
    )
    row = CostRow(
        institution_id=fund.institution_id,
        cost_id=ids.new(),
        reference=await institutions.next_reference(session, kind="ZC", year=on.year),
        fund_id=fund.fund_id,
        currency=spending.amount.currency,
        amount_minor=spending.amount.minor,
        purpose=spending.purpose.value,
        what=spending.what,
        appointment=spending.appointment,
        work_record=spending.work_record,
        channel=spending.channel.value,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return Cost(row=row)


async def cap_of(session: AsyncSession, fund: FundRow, *, on: date) -> Cap:
    """What zakat work may cost on a day: a share of what was collected to it, less what it cost.

    Costs dated later in the same span count too, and what was taken back since counts as never
    collected, so that no day ever shows more than its share. Raises NotZakatFund.
    """
    if fund.kind != FundKind.ZAKAT.value:
        raise NotZakatFund(fund_code=fund.code, fund_kind=fund.kind)
    book = await rulebook_queries.book(session, on=on)
    share = rules.amil_cap(book, on=on)
    period = rules.fact(book, "amil_period", on=on)
    since = costs.since(Period(period.text), on=on)
    until = costs.until(Period(period.text), on=on)
    collected = await payer_queries.collected(
        session, fund.fund_id, on=on, since=since, for_good=True
    )
    booked = await queries.booked_costs(session, fund.fund_id, since=since, until=until)
    room = Room(
        collected=Money.total((one.receipt.amount for one in collected), fund.currency),
        booked=Money(booked, fund.currency),
        share=rules.number(share),
    )
    return Cap(room=room, since=since, facts=(share, period))


async def pay_cost(
    session: AsyncSession, cost_id: UUID, *, on: date, today: date, actor: Actor
) -> Cost:
    """Pay a cost that another person entered: Dr costs of zakat work, Cr cash.

    The fund is locked and the cap is counted on what was collected to that day. Raises DayNotYet,
    ZakatRecordUnknown, ZakatDone, ZakatMakerDecides, AmilCapExceeded, FundExhausted, PeriodClosed.
    """
    days.require_come(on, member="paid_on", today=today)
    found = await queries.cost(session, cost_id)
    fund_id = FundId(found.row.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    if await queries.is_cost_paid(session, cost_id):
        raise ZakatDone(reference=found.row.reference)
    if found.row.actor_id == actor.id:
        raise ZakatMakerDecides(reference=found.row.reference)
    amount = Money(found.row.amount_minor, found.row.currency)
    cap = await cap_of(session, fund, on=on)
    cap.room.require(amount, source=cap.source)
    channel = Channel(found.row.channel)
    await purse.require_money(session, fund, amount, channel)
    entry = entries.amil_cost(amount, fund=funds.accounts_of(fund), paid_on=on, channel=channel)
    entry_id = await ledger.post(session, entry, actor_id=actor.id, source_id=cost_id)
    row = CostPaymentRow(
        institution_id=fund.institution_id,
        cost_id=cost_id,
        paid_on=on,
        collected_minor=cap.room.collected.minor,
        booked_minor=cap.room.booked.minor,
        limit_minor=cap.room.limit.minor,
        share=cap.room.share,
        facts=as_json(used(list(cap.facts))),
        entry_id=entry_id,
        proposer_id=found.row.actor_id,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    event = ZakatCostPaid(
        cost_id=cost_id,
        fund_id=fund_id,
        purpose=found.row.purpose,
        amount_minor=amount.minor,
        currency=amount.currency,
        paid_on=on,
        collected_minor=cap.room.collected.minor,
        limit_minor=cap.room.limit.minor,
    )
    await feed.publish(session, event, subject_id=fund_id)
    return Cost(row=found.row, payment=row)


async def propose_investment(
    session: AsyncSession, placing: Placing, *, on: date, actor: Actor
) -> Investment:
    """Propose to invest zakat; refused while the ruling is off, cases wait or a check is missing.

    Raises FundNotFound, NotZakatFund, CurrencyMismatch, ZakatInvestmentOff, UrgentCasesWait,
    InvestmentUnchecked.
    """
    fund = await _zakat_fund(session, placing.fund_id, amount=placing.amount)
    await _investable(session, placing.checks, on=on)
    row = InvestmentRow(
        institution_id=fund.institution_id,
        investment_id=ids.new(),
        reference=await institutions.next_reference(session, kind="ZI", year=on.year),
        fund_id=fund.fund_id,
        currency=placing.amount.currency,
        amount_minor=placing.amount.minor,
        what=placing.what,
        needs_met=placing.checks.needs_met,
        safeguards=placing.checks.safeguards,
        end_ownership=placing.checks.end_ownership,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return Investment(row=row)


async def approve_investment(
    session: AsyncSession, investment_id: UUID, *, on: date, actor: Actor
) -> Investment:
    """Approve an investment that another person proposed; everything is asked anew.

    It is a permission and moves no money: a fund of zakat has no account for investments.

    Raises ZakatRecordUnknown, ZakatDone, ZakatMakerDecides, FundExhausted, and what
    `propose_investment` raises.
    """
    found = await queries.investment(session, investment_id)
    fund_id = FundId(found.row.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    if await queries.is_investment_approved(session, investment_id):
        raise ZakatDone(reference=found.row.reference)
    if found.row.actor_id == actor.id:
        raise ZakatMakerDecides(reference=found.row.reference)
    checks = Checks(
        needs_met=found.row.needs_met,
        safeguards=found.row.safeguards,
        end_ownership=found.row.end_ownership,
    )
    policy = await _investable(session, checks, on=on)
    amount = Money(found.row.amount_minor, found.row.currency)
    await sparing.require_free(session, fund, amount)
    row = InvestmentApprovalRow(
        institution_id=fund.institution_id,
        investment_id=investment_id,
        approved_on=on,
        facts=as_json(used([policy])),
        proposer_id=found.row.actor_id,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return Investment(row=found.row, approval=row)


async def _investable(session: AsyncSession, checks: Checks, *, on: date) -> Fact:
    book = await rulebook_queries.book(session, on=on)
    policy = rules.fact(book, "investment", on=on)
    holding.require_investable(
        policy.text,
        source=policy.source.title,
        waiting=await queries.urgent_waiting(session, on=on),
        checks=checks,
    )
    return policy


async def _zakat_fund(session: AsyncSession, fund_id: UUID, *, amount: Money) -> FundRow:
    fund = await fund_queries.fund_by_id(session, fund_id)
    if fund.kind != FundKind.ZAKAT.value:
        raise NotZakatFund(fund_code=fund.code, fund_kind=fund.kind)
    purse.require_positive(amount)
    _ = amount + Money.zero(fund.currency)  # another currency raises CurrencyMismatch
    return fund
