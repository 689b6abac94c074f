"""How does a loan reach its borrower: in cash at once, over a wallet when the money arrived?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations as contracts
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.positions import PaidOut
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import queries
from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain import journal, schedule
from services.loans.domain.chart import FundAccounts
from services.loans.domain.claiming import Ask
from services.loans.domain.collecting import ContractUnknown
from services.loans.domain.journal import Channel
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.paying import Direction
from services.loans.domain.product import Product
from services.loans.domain.terms import Terms
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from services.loans.payments import operations as payments
from services.loans.payments.tables import PaymentRow
from services.loans.products import queries as products
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
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


class AlreadyPaidOut(RafidError):
    """The loan has been paid out, or will not be"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state}; only a signed one is paid out, once."
    reference: str
    state: str


class PaymentUnderWay(RafidError):
    """A payment of this loan is on its way"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The payment {payment_id} for {reference} has no definite end yet; nothing is sent."
    reference: str
    payment_id: UUID


class CashNotToClient(RafidError):
    """Cash is not paid to the client in this mode"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The contract {reference} is in the mode {mode}: its steps pay the supplier or hand over"
        " the capital."
    )
    reference: str
    mode: str


class NoDayToPayOut(RafidError):
    """The loan cannot be paid out on this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{disbursed_on} is before signature ({signed_on}) or not before the first due date."
    disbursed_on: date
    signed_on: date


class TakenBackLater(RafidError):
    """The loan was taken back after this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{disbursed_on} is before {taken_back_on}, when the earlier payout was taken back."
    disbursed_on: date
    taken_back_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A contract to be paid out, on a day, through an account of its fund."""

    contract_id: ContractId
    disbursed_on: date
    channel: Channel = Channel.CASH
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paid:
    """A payout with everything that is written for it."""

    payout: Payout
    contract: ContractRow
    terms: Terms
    ask: Ask
    fund: FundAccounts
    disbursement_id: DisbursementId
    entry_id: EntryId

    @property
    def fee_kept(self) -> Money:
        return schedule.fees_at_disbursement(self.terms)


async def disburse_contracts(
    session: AsyncSession, payouts: Sequence[Payout], *, actor: Actor
) -> list[DisbursementRow]:
    """Pay signed contracts out in cash: their funds' rules are checked again, then all is booked.

    All or none, in a handful of statements. Raises ContractUnknown, AlreadyPaidOut,
    PaymentUnderWay, NoDayToPayOut, FundRestricted, ClaimRefused, PeriodClosed.
    """
    if not payouts:
        return []
    rows = await _payable(session, payouts, actor=actor)
    asks = await asks_of(session, list(rows.values()))
    for day in sorted({payout.disbursed_on for payout in payouts}):
        of_day = [asks[one.contract_id] for one in payouts if one.disbursed_on == day]
        await funds.draw_all(session, of_day, on=day, actor_id=actor.id)
    return await _book(session, payouts, rows=rows, asks=asks, actor_id=actor.id)


async def request_disbursement(
    session: AsyncSession,
    contract_id: ContractId,
    *,
    payment_id: PaymentId,
    rail: str,
    phone_sealed: bytes,
    on: date,
    actor: Actor,
) -> PaymentRow:
    """Let a payment to the borrower set out; nothing is booked before it has arrived.

    The borrower gets the loan less a fee kept back. Raises what `disburse_contracts` raises,
    before any money is on its way.
    """
    payout = Payout(contract_id=contract_id, disbursed_on=on)
    rows = await _payable(session, [payout], actor=actor)
    asks = await asks_of(session, list(rows.values()))
    await funds.require_allowed(session, asks[contract_id], on=on)
    terms = contract_queries.terms_of(rows[contract_id])
    return await payments.request_payment(
        session,
        payment_id=payment_id,
        direction=Direction.OUTBOUND,
        rail=rail,
        contract_id=contract_id,
        amount=terms.principal - schedule.fees_at_disbursement(terms),
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
    asks = await asks_of(session, [row])
    await funds.draw_paid(session, [asks[contract_id]], actor_id=actor_id)
    (disbursed,) = await _book(
        session, [payout], rows={contract_id: row}, asks=asks, actor_id=actor_id
    )
    return disbursed


async def take_over(
    session: AsyncSession, payouts: Sequence[Payout], *, actor_id: UUID
) -> list[DisbursementRow]:
    """Book loans that another lender's system paid out: nothing is drawn on, no rule refuses.

    Raises ContractUnknown, TransitionRefused, PeriodClosed.
    """
    rows = await contract_queries.locked_contracts(session, [one.contract_id for one in payouts])
    asks = await asks_of(session, list(rows.values()))
    return await _book(session, payouts, rows=rows, asks=asks, actor_id=actor_id)


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
    )


async def _payable(
    session: AsyncSession, payouts: Sequence[Payout], *, actor: Actor
) -> dict[ContractId, ContractRow]:
    contract_ids = [payout.contract_id for payout in payouts]
    rows = await contract_queries.locked_contracts(session, contract_ids)
    under_way = await queries.payments_under_way(session, contract_ids)
    taken_back = await queries.taken_back_on(session, contract_ids)
    for payout in payouts:
        row = rows[payout.contract_id]
        if actor.branch_ids is not None and row.branch_id not in actor.branch_ids:
            raise ContractUnknown(contract_id=payout.contract_id)
        if row.status != ContractStatus.SIGNED:
            raise AlreadyPaidOut(reference=row.reference, state=row.status)
        if payout.contract_id in under_way:
            raise PaymentUnderWay(reference=row.reference, payment_id=under_way[payout.contract_id])
        terms = contract_queries.terms_of(row)
        if not MODES[terms.mode_of_finance].PAYS_CLIENT:
            mode = terms.mode_of_finance.value
            raise CashNotToClient(reference=row.reference, mode=mode)
        if not row.signed_on <= payout.disbursed_on < terms.first_due_on:
            raise NoDayToPayOut(disbursed_on=payout.disbursed_on, signed_on=row.signed_on)
        since = taken_back.get(payout.contract_id)
        if since is not None and payout.disbursed_on < since:
            raise TakenBackLater(disbursed_on=payout.disbursed_on, taken_back_on=since)
    return rows


async def _book(
    session: AsyncSession,
    payouts: Sequence[Payout],
    *,
    rows: Mapping[ContractId, ContractRow],
    asks: Mapping[ContractId, Ask],
    actor_id: UUID,
) -> list[DisbursementRow]:
    locked = await fund_queries.locked_funds(session, [ask.fund_id for ask in asks.values()])
    accounts = {fund_id: funds.accounts_of(row) for fund_id, row in locked.items()}
    paid = [
        _Paid(
            payout=payout,
            contract=rows[payout.contract_id],
            terms=contract_queries.terms_of(rows[payout.contract_id]),
            ask=asks[payout.contract_id],
            fund=accounts[asks[payout.contract_id].fund_id],
            disbursement_id=DisbursementId(ids.new()),
            entry_id=EntryId(ids.new()),
        )
        for payout in payouts
    ]
    await ledger.post_all(session, [_posting(item, actor_id=actor_id) for item in paid])
    values = [_values(session, item, actor_id=actor_id) for item in paid]
    written = await session.scalars(insert(DisbursementRow).returning(DisbursementRow), values)
    by_contract = {row.contract_id: row for row in written}
    told = [feed.Told(_told(item), item.payout.contract_id) for item in paid]
    await contracts.pay_out(
        session,
        [
            PaidOut(contract=item.contract, on=item.payout.disbursed_on, event_id=one.event_id)
            for item, one in zip(paid, told, strict=True)
        ],
        actor_id=actor_id,
    )
    await feed.publish_all(session, told)
    return [by_contract[payout.contract_id] for payout in payouts]


def _posting(item: _Paid, *, actor_id: UUID) -> ledger.Posting:
    entry = journal.disbursement_entry(
        item.terms.principal,
        fund=item.fund,
        disbursed_on=item.payout.disbursed_on,
        contract_id=item.payout.contract_id,
        channel=item.payout.channel,
        fee=item.fee_kept,
    )
    return ledger.Posting(
        entry=entry, actor_id=actor_id, source_id=item.disbursement_id, entry_id=item.entry_id
    )


def _values(session: AsyncSession, item: _Paid, *, actor_id: UUID) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "disbursement_id": item.disbursement_id,
        "contract_id": item.payout.contract_id,
        "currency": item.terms.currency,
        "amount_minor": item.terms.principal.minor,
        "fee_kept_minor": item.fee_kept.minor,
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
        amount_minor=item.terms.principal.minor,
        fee_kept_minor=item.fee_kept.minor,
        currency=item.terms.currency,
        disbursed_on=item.payout.disbursed_on,
        channel=item.payout.channel.value,
    )
