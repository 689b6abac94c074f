"""How is the whole life of a contract from a file lived again, movement by movement?

In one transaction, in the order in which it was recorded: each movement by the operation that
books it in every other life, so that all it made then it makes again. What does not come out as
the file states is refused, and nothing of it stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import cancelling
from services.loans.contracts import operations as contracts
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements import taking_over as payouts
from services.loans.disbursements.operations import Payout
from services.loans.domain import portfolio_orders, taking_over, whole_life
from services.loans.domain.amortisation import Advance
from services.loans.domain.claiming import Move
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.funding import ClaimKind
from services.loans.domain.holdings import Asked as AskedToHold
from services.loans.domain.holdings import HoldingKind, Purpose
from services.loans.domain.journal import Channel
from services.loans.domain.lifecycle import CancelReason
from services.loans.domain.portfolio_orders import Named
from services.loans.domain.portfolio_records import ContractRecord, MovedKind, MovedRecord
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.whole_life import FaultyMovementError
from services.loans.funds import expecting
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.holdings import operations as holdings
from services.loans.holdings import queries as holding_queries
from services.loans.ledger import operations as ledger
from services.loans.servicing import coursing
from services.loans.servicing import taking_over as orders
from services.loans.takeover import operations, queries, standing
from services.loans.takeover.operations import Fitting, Known, Run
from shared.auth import Actor
from shared.errors import RafidError
from shared.ids import ApplicationId, ContractId, FundId, RepaymentId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and by whom a file is taken in, in which country."""

    on: date
    at: datetime
    country: str
    actor: Actor


@dataclass(slots=True, kw_only=True)
class _Life:
    session: AsyncSession
    contract_id: ContractId
    fitting: Fitting
    moment: Moment
    claims: bool
    borrowers: Mapping[str, UUID]
    contracts: Mapping[str, UUID]
    ids: dict[int, UUID] = field(default_factory=dict)

    @property
    def record(self) -> ContractRecord:
        return self.fitting.record

    @property
    def actor_id(self) -> UUID:
        return self.moment.actor.id

    async def row(self) -> ContractRow:
        return await contract_queries.contract(self.session, self.contract_id, lock=True)

    def cause(self, one: MovedRecord) -> MovedRecord:
        return next(two for two in self.record.moved if two.number == one.reverses)


async def relive(
    session: AsyncSession,
    one: Fitting,
    *,
    run: Run,
    moment: Moment,
    known: Mapping[str, Known],
    others: Mapping[str, UUID] = MappingProxyType({}),
) -> None:
    """Write a contract, live its life again, and compare where it stands with what is stated.

    `known` are its borrowers by the names of the file, `others` the contracts that its orders
    name. Raises `FaultyMovementError` from what a movement was refused by, `OutstandingDiffers`,
    `StandingDiffers`, and what a fund refuses that still has to pay it out.
    """
    signer = known[one.record.borrower_key]
    item = operations.agreed_of(one, signer)
    await operations.remember_run(session, run, actor_id=moment.actor.id)
    agreed = [item]
    await contracts.write_agreed(session, agreed, country=moment.country, actor_id=moment.actor.id)
    origin = operations.origin_of(session, one.record, item.contract_id, run=run, known=signer)
    origin.completed_at = moment.at
    session.add(origin)
    life = _Life(
        session=session,
        contract_id=item.contract_id,
        fitting=one,
        moment=moment,
        claims=whole_life.claims(one.record, one.agreement.terms),
        borrowers={name: each.borrower_id for name, each in known.items()},
        contracts=others,
    )
    await _claim(life, ClaimKind.RESERVE, one.agreement.terms.principal)
    await _claim(life, ClaimKind.COMMIT, one.agreement.terms.principal)
    for moved in one.record.moved:
        try:
            await _move(life, moved)
        except RafidError as error:
            raise FaultyMovementError(moved.number) from error
    await _open(life)
    await standing.require(session, item.contract_id, one.record)
    await _require_payable(life)


async def _claim(life: _Life, kind: ClaimKind, amount: Money) -> None:
    """Let the fund keep money for a contract of which some is, or may again be, to be paid out."""
    if life.claims:
        row = await life.row()
        move = Move(
            fund_id=FundId(row.fund_id),
            application_id=ApplicationId(row.application_id),
            kind=kind,
            amount=amount,
        )
        await funds.claim_once(life.session, move, actor_id=life.actor_id)


async def _move(life: _Life, one: MovedRecord) -> None:
    match one.kind:
        case MovedKind.DISBURSEMENT:
            await _pay_out(life, one)
        case MovedKind.REPAYMENT:
            await _receive(life, one)
        case MovedKind.REVERSAL:
            await _take_back(life, one)
        case MovedKind.CANCELLATION:
            await cancelling.cancel_contract(
                life.session,
                life.contract_id,
                reason=CancelReason(one.reason),
                on=one.on,
                actor=life.moment.actor,
            )
        case MovedKind.DEPOSIT | MovedKind.WITHDRAWAL | MovedKind.EARNING:
            await _hold(life, one)
        case _:
            await _order(life, one)


async def _pay_out(life: _Life, one: MovedRecord) -> None:
    saved = Money.parse(one.details.get("saved", "0"), one.amount.currency)
    payout = Payout(
        contract_id=life.contract_id,
        disbursed_on=one.on,
        channel=one.channel,
        amount=one.amount,
    )
    await payouts.take_over_part(
        life.session, await life.row(), payout, saved=saved, actor_id=life.actor_id
    )
    await _claim(life, ClaimKind.DRAW, one.amount)


async def _receive(life: _Life, one: MovedRecord) -> None:
    """Receive money; an order that it gave with itself, the next movement, tells its effect."""
    advance = _advance_of(life.record, one)
    effect = Advance.NEXT_DUES
    if advance is not None:
        effect = Advance(advance.details["effect"])
    repayment_id = await coursing.receive_within(
        life.session,
        ReceiveRepayment(
            contract_id=life.contract_id,
            amount=one.amount,
            received_on=one.on,
            today=life.moment.on,
            channel=one.channel,
            actor_id=life.actor_id,
            effect=effect,
        ),
    )
    life.ids[one.number] = repayment_id


def _advance_of(record: ContractRecord, one: MovedRecord) -> MovedRecord | None:
    named = str(one.number)
    return next(
        (
            two
            for two in record.moved
            if two.kind is OrderKind.ADVANCE
            and two.number == one.number + 1
            and two.details.get(portfolio_orders.REPAYMENT) == named
        ),
        None,
    )


async def _order(life: _Life, one: MovedRecord) -> None:
    before = {two.number: two for two in life.record.moved}.get(one.number - 1)
    if before is not None and _advance_of(life.record, before) is one:
        life.ids[one.number] = await queries.advanced_by(
            life.session, life.contract_id, repayment_id=life.ids[before.number]
        )
        return
    repaid = {
        two.number: life.ids[two.number]
        for two in life.record.moved
        if two.kind is MovedKind.REPAYMENT and two.number in life.ids
    }
    named = Named(repayments=repaid, borrowers=life.borrowers, contracts=life.contracts)
    await _give(life, one, portfolio_orders.asked_of(one, named=named))


async def _give(life: _Life, one: MovedRecord, asked: Asked) -> None:
    life.ids[one.number] = await orders.take_over(
        life.session,
        await life.row(),
        asked,
        booked_on=one.booked_on or one.on,
        actor_id=life.actor_id,
    )


async def _take_back(life: _Life, one: MovedRecord) -> None:
    cause = life.cause(one)
    undone = life.ids[cause.number]
    if cause.kind is MovedKind.REPAYMENT:
        command = ReverseRepayment(
            repayment_id=RepaymentId(undone),
            reason=one.reason or "not_received",
            actor_id=life.actor_id,
        )
        await coursing.reverse_within(life.session, command)
    elif isinstance(cause.kind, OrderKind):
        asked = Asked(
            kind=OrderKind.REVERSAL,
            effective_on=one.on,
            reason=OrderReason(one.reason or OrderReason.ERROR),
            order_id=undone,
        )
        await _give(life, one, asked)
    else:
        row = await holding_queries.holding(life.session, undone)
        held = await holdings.held_for(life.session, await life.row())
        await holdings.take_back(
            life.session,
            held,
            row,
            reason=one.reason or "duplicate",
            actor_id=life.actor_id,
        )


async def _hold(life: _Life, one: MovedRecord) -> None:
    asked = AskedToHold(
        purpose=Purpose(one.details.get("purpose", Purpose.SAVINGS)),
        amount=one.amount,
        on=one.on,
        channel=one.channel,
        evidence=one.details.get("evidence"),
    )
    kind = HoldingKind(one.kind.value)
    row = await holdings.take_over(
        life.session, await life.row(), kind, asked, actor_id=life.actor_id
    )
    life.ids[one.number] = row.holding_id


async def _open(life: _Life) -> None:
    """Give the fund the money that moved in the contract's past, so that its cash is as before."""
    codes = [channel.value for channel in Channel]
    moved = await queries.moved_money(life.session, life.contract_id, codes=codes)
    if not any(moved.values()):
        return
    entry = taking_over.opening_entry(
        replace(funds.accounts_of(life.fitting.fund), currency=life.record.principal.currency),
        {channel: moved.get(channel.value, 0) for channel in Channel},
        on=min(one.on for one in life.record.moved),
    )
    if entry is not None:
        await ledger.post(life.session, entry, actor_id=life.actor_id, source_id=life.contract_id)


async def _require_payable(life: _Life) -> None:
    """Refuse a contract whose fund could not pay what is still to be paid out of it.

    Raises FundRestricted, FundExhausted, ClaimsRestOnDue.
    """
    if not life.claims:
        return
    row = await life.row()
    claims = await fund_queries.claims_of(life.session, [ApplicationId(row.application_id)])
    for held in claims.values():
        if held.committed.is_positive:
            asks = await disbursements.asks_of(life.session, [row])
            ask = replace(asks[life.contract_id], amount=held.committed)
            await funds.require_payable(life.session, ask, on=life.moment.on)
            await expecting.require_no_claims(life.session, ask.fund_id, on=life.moment.on)
