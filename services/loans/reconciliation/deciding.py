"""What does a second person's yes do about lines and movements of a real account?"""

import hashlib
from datetime import date
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import by_hand
from services.loans.accounting import queries as accounting
from services.loans.domain import suspense
from services.loans.domain.authority import Outcome as Decision
from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.journal import Channel
from services.loans.domain.matching import Level, Outcome
from services.loans.domain.reconciling import Asked, ProposalKind
from services.loans.ledger import operations as ledger
from services.loans.reconciliation import operations, proposing, queries
from services.loans.reconciliation.proposing import Matter
from services.loans.reconciliation.tables import (
    ReconciliationDecisionRow,
    ReconciliationProposalRow,
    SuspenseEndRow,
    SuspenseItemRow,
)
from services.loans.repayments.batch import Answer, RepaymentBook
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import Money


class ProposalMakerDecides(RafidError):
    """Nobody decides on a proposal of their own"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever made the proposal {proposal_id} cannot decide on it."
    proposal_id: UUID


class MatterDecided(RafidError):
    """The proposal was decided already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Somebody has decided on the proposal {proposal_id} before: {outcome}."
    proposal_id: UUID
    outcome: Decision


class SuspenseMoveUnfinished(RafidError):
    """The money is on its way to a contract"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Its repayment by the proposal {proposal_id} is booked: approve that one to finish it."
    proposal_id: UUID


async def decide(
    session: AsyncSession,
    proposal_id: UUID,
    *,
    decision: Decision,
    book: RepaymentBook,
    today: date,
    actor: Actor,
) -> ReconciliationDecisionRow:
    """Do or reject what another proposed, in the account's turn: of two at once one finds it done.

    A repayment is booked by its own operation under the proposal's key, and the rest after it in
    this transaction: if the process ends in between, approving again finishes the same one. Raises
    ProposalUnknown, MatterDecided, ProposalMakerDecides, and what `propose` raises.
    """
    row = await queries.proposal(session, proposal_id)
    plan = await operations.take_turn(session, row.money_account_id)
    before = await queries.find_decision(session, proposal_id)
    if before is not None:
        raise MatterDecided(proposal_id=proposal_id, outcome=Decision(before.outcome))
    if row.actor_id == actor.id:
        raise ProposalMakerDecides(proposal_id=proposal_id)
    decided = ReconciliationDecisionRow(
        institution_id=row.institution_id,
        proposal_id=proposal_id,
        outcome=decision.value,
        proposer_id=row.actor_id,
        actor_id=actor.id,
    )
    asked = Asked(
        kind=ProposalKind(row.kind),
        reason=row.reason,
        lines=row.lines,
        ours=row.ours,
        contract_id=row.contract_id,
    )
    matter = await proposing.matter_of(session, plan, asked)
    await _require_finished(session, row, matter, decision=decision)
    if row.manual_id is not None:
        await by_hand.decide(session, row.manual_id, outcome=decision, actor=actor)
    if decision is Decision.APPROVE:
        await proposing.require(session, asked, matter)
    session.add(decided)
    await session.flush()
    if decision is Decision.APPROVE:
        await _do(session, row, matter, book=book, today=today, actor=actor)
        await matter.bench.keep(session)
    return decided


async def _require_finished(
    session: AsyncSession,
    row: ReconciliationProposalRow,
    matter: Matter,
    *,
    decision: Decision,
) -> None:
    """Refuse anything else about money whose repayment is booked already."""
    for item in matter.held:
        booked = await queries.find_unfinished(session, item.line_id)
        finishes = booked == row.proposal_id and decision is Decision.APPROVE
        if booked is not None and not finishes:
            raise SuspenseMoveUnfinished(proposal_id=booked)


async def _do(
    session: AsyncSession,
    row: ReconciliationProposalRow,
    matter: Matter,
    *,
    book: RepaymentBook,
    today: date,
    actor: Actor,
) -> None:
    bench = matter.bench
    match ProposalKind(row.kind):
        case ProposalKind.MATCH:
            _say_matched(row, matter)
            for item in matter.held:
                await _release(session, item, row, matter=matter, today=today, actor=actor)
        case ProposalKind.HOLD:
            (line,) = matter.lines
            bench.say(line, Outcome.THEIRS_ONLY, proposal_id=row.proposal_id)
            await operations.hold(session, [line], plan=bench.plan, today=today, actor_id=actor.id)
        case ProposalKind.REPAY:
            (item,) = matter.held
            repayment_id = await _repay(session, item, row, book=book, today=today)
            await _release(
                session,
                item,
                row,
                matter=matter,
                today=today,
                actor=actor,
                repayment_id=repayment_id,
            )
            _say_done(row, matter)
            await _settle_orphan(session, row, matter, repayment_id=repayment_id)
        case ProposalKind.RETURN:
            (item,) = matter.held
            await _release(session, item, row, matter=matter, today=today, actor=actor)
            _say_done(row, matter)
        case ProposalKind.NOT_PAID:
            _say_done(row, matter)
        case ProposalKind.FEE:
            pass  # the next run finds the entry booked, and joins it with its line


def _say_matched(row: ReconciliationProposalRow, matter: Matter) -> None:
    match_id = ids.new()
    for one in (*matter.lines, *matter.ours):
        matter.bench.say(
            one,
            Outcome.MATCHED,
            is_settled=True,
            match_id=match_id,
            level=Level.PERSON,
            proposal_id=row.proposal_id,
        )


def _say_done(row: ReconciliationProposalRow, matter: Matter) -> None:
    """Settle what is open under the outcome that it has."""
    for one in (*matter.lines, *matter.ours):
        if one.outcome is not None:
            matter.bench.say(one, one.outcome, is_settled=True, proposal_id=row.proposal_id)


async def _settle_orphan(
    session: AsyncSession,
    row: ReconciliationProposalRow,
    matter: Matter,
    *,
    repayment_id: UUID,
) -> None:
    """Settle what a run has said of the repayment, if its process ended before this was done."""
    entry_id = await queries.entry_of(session, repayment_id)
    account_id = matter.account.money_account_id
    for judged in await queries.judgements(session, account_id, subject_ids=[entry_id]):
        matter.bench.say(
            proposing.subject_of(judged),
            Outcome(judged.outcome),
            is_settled=True,
            proposal_id=row.proposal_id,
        )


async def _repay(
    session: AsyncSession,
    item: SuspenseItemRow,
    row: ReconciliationProposalRow,
    *,
    book: RepaymentBook,
    today: date,
) -> UUID:
    """Have the money received by its contract, on the day it came; once, whatever happens."""
    account = await accounting.money_account(session, item.money_account_id)
    key = f"suspense {row.proposal_id}"  # no caller's key holds a space: none can take ours
    command = ReceiveRepayment(
        contract_id=ContractId(row.contract_id or UUID(int=0)),
        amount=Money(item.amount_minor, item.currency),
        received_on=min(item.arrived_on, today),
        today=today,
        channel=Channel(account.channel),
        actor_id=row.actor_id,
        key=key,
        request_hash=hashlib.sha256(key.encode()).digest(),
    )
    (outcome,) = await book.receive(tenancy.institution_of(session), [command])
    if not isinstance(outcome, Answer):
        raise outcome
    return UUID(orjson.loads(outcome.body)["repayment_id"])


async def _release(
    session: AsyncSession,
    item: SuspenseItemRow,
    row: ReconciliationProposalRow,
    *,
    matter: Matter,
    today: date,
    actor: Actor,
    repayment_id: UUID | None = None,
) -> None:
    """Take money out of suspense; what a repayment has taken up leaves on the day it came."""
    moved_on = max(item.arrived_on, await operations.first_open(session))
    if row.kind == ProposalKind.RETURN:
        moved_on = today
    entry = suspense.release_entry(
        Money(item.amount_minor, item.currency),
        fund=await operations.accounts_of(session, item.fund_id),
        moved_on=moved_on,
        channel=Channel(matter.account.channel),
    )
    entry_id = await ledger.post(session, entry, actor_id=actor.id, source_id=row.proposal_id)
    session.add(
        SuspenseEndRow(
            institution_id=item.institution_id,
            line_id=item.line_id,
            proposal_id=row.proposal_id,
            entry_id=entry_id,
            repayment_id=repayment_id,
            ended_on=today,
        )
    )
    await session.flush()
