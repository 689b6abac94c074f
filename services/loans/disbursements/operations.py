"""How does a loan reach its borrower: in cash at once, over a wallet when the money arrived?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import asking, books, joining
from services.loans.contracts import operations as contracts
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.positions import PaidOut
from services.loans.contracts.tables import ContractRow, GenerationRow
from services.loans.disbursements import parts, payable, queries, restating
from services.loans.disbursements.parts import Drawing, Part
from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain import journal
from services.loans.domain.chart import FundAccounts
from services.loans.domain.claiming import Ask
from services.loans.domain.collecting import ContractUnknown
from services.loans.domain.journal import Channel
from services.loans.domain.paying import Direction
from services.loans.domain.product import Product
from services.loans.domain.terms import Terms
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from services.loans.payments import operations as payments
from services.loans.payments import queries as payment_queries
from services.loans.payments.tables import PaymentRow
from services.loans.products import queries as products
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.events import DisbursementCompleted
from shared.ids import (
    ApplicationId,
    ContractId,
    DisbursementId,
    EntryId,
    FundId,
    PaymentId,
)
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A contract to be paid out, on a day, through an account of its fund.

    Without an amount it is the loan, or its next tranche as agreed; a `tranche` named by its
    number is paid out only while it is the next. A leg of a financing file names its file.
    """

    contract_id: ContractId
    disbursed_on: date
    channel: Channel = Channel.CASH
    payment_id: UUID | None = None
    amount: Money | None = None
    tranche: int | None = None
    file_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paid:
    """A payout with everything that is written for it."""

    payout: Payout
    contract: ContractRow
    terms: Terms
    part: Part
    ask: Ask
    fund: FundAccounts
    disbursement_id: DisbursementId
    entry_id: EntryId
    event_id: UUID


async def disburse_contracts(
    session: AsyncSession, payouts: Sequence[Payout], *, actor: Actor
) -> list[DisbursementRow]:
    """Pay signed contracts out at once: their funds' rules are checked again, then all is booked.

    All or none, loans paid out whole in a handful of statements; over a bank what the account
    holds. Raises ContractUnknown, AlreadyPaidOut, PaymentUnderWay, NoDayToPayOut, FundRestricted,
    FundExhausted, ClaimRefused, PeriodClosed, and what `parts.asked` raises.
    """
    if not payouts:
        return []
    rows = await _payable(session, payouts, actor=actor)
    drawn_now = await _parts(session, payouts, rows=rows)
    asks = of_parts(await asks_of(session, list(rows.values())), drawn_now)
    for day in sorted({payout.disbursed_on for payout in payouts}):
        of_day = [asks[one.contract_id] for one in payouts if one.disbursed_on == day]
        parts = await asking.spread_draws(session, of_day, principals=_principals(rows))
        await funds.draw_all(session, parts, on=day, actor_id=actor.id)
    booked = await book(
        session, payouts, rows=rows, drawn_now=drawn_now, asks=asks, actor_id=actor.id
    )
    for payout in payouts:
        if payout.channel is Channel.BANK:
            row = rows[payout.contract_id]
            for fund_id in await books.funds_of(session, row.contract_id, lead=row.fund_id):
                await returning.require_not_overdrawn(session, fund_id, payout.channel)
    return booked


async def request_disbursement(
    session: AsyncSession,
    contract_id: ContractId,
    *,
    payment_id: PaymentId,
    rail: str,
    phone_sealed: bytes,
    on: date,
    actor: Actor,
    amount: Money | None = None,
    tranche: int | None = None,
    file_id: UUID | None = None,
) -> PaymentRow:
    """Let a payment to the borrower set out; nothing is booked before it has arrived.

    The borrower gets the loan, or its next tranche, less what is kept back. Raises what
    `disburse_contracts` raises, before any money is on its way.
    """
    payout = Payout(
        contract_id=contract_id, disbursed_on=on, amount=amount, tranche=tranche, file_id=file_id
    )
    rows = await _payable(session, [payout], actor=actor)
    drawn_now = await _parts(session, [payout], rows=rows)
    asks = of_parts(await asks_of(session, list(rows.values())), drawn_now)
    of_each = await asking.spread_draws(session, [asks[contract_id]], principals=_principals(rows))
    await fund_queries.locked_funds(session, [one.fund_id for one in of_each])
    for one in of_each:
        await funds.require_payable(session, one, on=on)
    part = drawn_now[contract_id]
    return await payments.request_payment(
        session,
        payment_id=payment_id,
        direction=Direction.OUTBOUND,
        rail=rail,
        contract_id=contract_id,
        amount=part.paid,
        gross=part.gross,
        phone_sealed=phone_sealed,
        actor_id=actor.id,
    )


async def complete_disbursement(
    session: AsyncSession,
    *,
    contract_id: ContractId,
    payment_id: UUID,
    completed_on: date,
    actor_id: UUID,
) -> DisbursementRow:
    """Book a loan whose payment has arrived; a second time gives what was booked the first.

    The money has left: no rule refuses it now. A day whose books are closed is booked on the
    first open one.
    """
    row = (await contract_queries.locked_contracts(session, [contract_id]))[contract_id]
    booked = await queries.find_by_payment(session, payment_id)
    if booked is not None:
        return booked
    closed_through = await ledger_queries.closed_through(session)
    open_from = date.min if closed_through is None else closed_through + timedelta(days=1)
    payout = Payout(
        contract_id=contract_id,
        disbursed_on=max(completed_on, open_from),
        channel=Channel.WALLET,
        payment_id=payment_id,
    )
    payment = await payment_queries.find_payment(session, payment_id)
    if payment is None:
        raise LookupError(f"the payment {payment_id} is booked and is not there")
    terms = contract_queries.terms_of(row)
    part = await parts.arrived(session, row, terms=terms, on=payout.disbursed_on, payment=payment)
    asks = of_parts(await asks_of(session, [row]), {contract_id: part})
    drawn_of = await asking.spread_draws(
        session, [asks[contract_id]], principals=_principals({contract_id: row})
    )
    await funds.draw_paid(session, drawn_of, actor_id=actor_id)
    (disbursed,) = await book(
        session,
        [payout],
        rows={contract_id: row},
        drawn_now={contract_id: part},
        asks=asks,
        actor_id=actor_id,
    )
    return disbursed


async def asks_of(session: AsyncSession, rows: Sequence[ContractRow]) -> dict[ContractId, Ask]:
    """Give what contracts ask of their funds, by contract."""
    offered = await products.products_of(
        session, {(row.product_id, row.product_version) for row in rows}
    )
    return {
        ContractId(row.contract_id): _ask(row, offered=offered[row.product_id, row.product_version])
        for row in rows
    }


def _ask(row: ContractRow, *, offered: Product) -> Ask:
    return Ask(
        fund_id=FundId(row.fund_id),
        application_id=ApplicationId(row.application_id),
        amount=Money(row.principal_minor, row.currency),
        mode=offered.mode_of_finance,
        bears_fee=offered.bears_fee,
        fund_kinds=offered.fund_kinds,
        keeps_savings=offered.savings.is_asked,
        ruling_id=offered.ruling_id,
    )


def _principals(rows: Mapping[ContractId, ContractRow]) -> dict[UUID, int]:
    return {row.application_id: row.principal_minor for row in rows.values()}


async def _payable(
    session: AsyncSession, payouts: Sequence[Payout], *, actor: Actor
) -> dict[ContractId, ContractRow]:
    contract_ids = [payout.contract_id for payout in payouts]
    rows = await contract_queries.locked_contracts(session, contract_ids)
    under_way = await queries.payments_under_way(session, contract_ids)
    taken_back = await queries.taken_back_on(session, contract_ids)
    files = {ApplicationId(rows[one.contract_id].application_id): one.file_id for one in payouts}
    await joining.require_joined(session, files)
    for payout in payouts:
        row = rows[payout.contract_id]
        if actor.branch_ids is not None and row.branch_id not in actor.branch_ids:
            raise ContractUnknown(contract_id=payout.contract_id)
        payable.require(
            row,
            on=payout.disbursed_on,
            under_way=under_way.get(payout.contract_id),
            taken_back_on=taken_back.get(payout.contract_id),
        )
    return rows


async def _parts(
    session: AsyncSession, payouts: Sequence[Payout], *, rows: Mapping[ContractId, ContractRow]
) -> dict[ContractId, Part]:
    return {
        payout.contract_id: await parts.asked(
            session,
            rows[payout.contract_id],
            terms=contract_queries.terms_of(rows[payout.contract_id]),
            drawing=Drawing(on=payout.disbursed_on, amount=payout.amount, tranche=payout.tranche),
        )
        for payout in payouts
    }


def of_parts(
    asks: Mapping[ContractId, Ask], drawn_now: Mapping[ContractId, Part]
) -> dict[ContractId, Ask]:
    """Give what payouts ask of their funds: the part that is drawn of each."""
    return {one: replace(ask, amount=drawn_now[one].gross) for one, ask in asks.items()}


async def book(
    session: AsyncSession,
    payouts: Sequence[Payout],
    *,
    rows: Mapping[ContractId, ContractRow],
    drawn_now: Mapping[ContractId, Part],
    asks: Mapping[ContractId, Ask],
    actor_id: UUID,
) -> list[DisbursementRow]:
    """Book payouts of locked contracts: entries, positions, rows, events."""
    locked = await fund_queries.locked_funds(session, [ask.fund_id for ask in asks.values()])
    accounts = {fund_id: funds.accounts_of(row) for fund_id, row in locked.items()}
    paid = [
        _Paid(
            payout=payout,
            contract=rows[payout.contract_id],
            terms=contract_queries.terms_of(rows[payout.contract_id]),
            part=drawn_now[payout.contract_id],
            ask=asks[payout.contract_id],
            fund=accounts[asks[payout.contract_id].fund_id],
            disbursement_id=DisbursementId(ids.new()),
            entry_id=EntryId(ids.new()),
            event_id=ids.new(),
        )
        for payout in payouts
    ]
    await books.post_all(session, [_posting(item, actor_id=actor_id) for item in paid])
    await contracts.pay_out(session, [_moved(item) for item in paid], actor_id=actor_id)
    restated = {
        item.payout.contract_id: await restating.restated(session, item.contract)
        for item in paid
        if item.part.instalments is not None
    }
    values = [_values(session, item, restated=restated, actor_id=actor_id) for item in paid]
    written = await session.scalars(insert(DisbursementRow).returning(DisbursementRow), values)
    by_contract = {row.contract_id: row for row in written}
    await feed.publish_all(
        session, [feed.Told(_told(item), item.payout.contract_id, item.event_id) for item in paid]
    )
    for item in paid:
        await restating.follow(
            session,
            by_contract[item.payout.contract_id],
            contract=item.contract,
            part=item.part,
            restated=restated.get(item.payout.contract_id),
        )
    return [by_contract[payout.contract_id] for payout in payouts]


def _moved(item: _Paid) -> PaidOut:
    return PaidOut(
        contract=item.contract,
        on=item.payout.disbursed_on,
        event_id=item.event_id,
        amount_minor=item.part.gross.minor,
        instalments=item.part.instalments,
        moved=item.part.applied.minor,
    )


def _posting(item: _Paid, *, actor_id: UUID) -> ledger.Posting:
    entry = journal.disbursement_entry(
        item.part.gross,
        fund=item.fund,
        disbursed_on=item.payout.disbursed_on,
        contract_id=item.payout.contract_id,
        channel=item.payout.channel,
        fee=item.part.fee_kept,
        saved=item.part.saved,
    )
    return ledger.Posting(
        entry=entry, actor_id=actor_id, source_id=item.disbursement_id, entry_id=item.entry_id
    )


def _values(
    session: AsyncSession,
    item: _Paid,
    *,
    restated: Mapping[ContractId, GenerationRow],
    actor_id: UUID,
) -> dict[str, object]:
    made = restated.get(item.payout.contract_id)
    return {
        "institution_id": tenancy.institution_of(session),
        "disbursement_id": item.disbursement_id,
        "contract_id": item.payout.contract_id,
        "currency": item.terms.currency,
        "amount_minor": item.part.gross.minor,
        "fee_kept_minor": item.part.fee_kept.minor,
        "saved_minor": item.part.saved.minor,
        "generation": None if made is None else made.generation,
        "disbursed_on": item.payout.disbursed_on,
        "channel": item.payout.channel.value,
        "payment_id": item.payout.payment_id,
        "entry_id": item.entry_id,
        "actor_id": actor_id,
    }


def _told(item: _Paid) -> DisbursementCompleted:
    return DisbursementCompleted(
        contract_id=item.payout.contract_id,
        disbursement_id=item.disbursement_id,
        fund_id=item.ask.fund_id,
        amount_minor=item.part.gross.minor,
        fee_kept_minor=item.part.fee_kept.minor,
        saved_minor=item.part.saved.minor,
        currency=item.terms.currency,
        disbursed_on=item.payout.disbursed_on,
        channel=item.payout.channel.value,
    )
