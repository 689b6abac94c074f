"""What may one person propose about lines and movements of a real account?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import by_hand
from services.loans.accounting import queries as accounting
from services.loans.accounting.tables import MoneyAccountRow
from services.loans.contracts import queries as contracts
from services.loans.domain.account_statement import Side
from services.loans.domain.matching import Outcome
from services.loans.domain.reconciling import Asked, FeeBooking, ProposalKind
from services.loans.domain.suspense import SuspenseEnded
from services.loans.reconciliation import operations, queries
from services.loans.reconciliation.judging import Bench, Subject
from services.loans.reconciliation.tables import (
    ReconciliationPlanRow,
    ReconciliationProposalRow,
    SuspenseItemRow,
)
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.money import Money


class SubjectNotOpen(RafidError):
    """There is nothing to decide about this"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{subject_id} does not wait for a person on this account, or not for this."
    subject_id: UUID


class MatchDoesNotAdd(RafidError):
    """Lines and movements do not come to the same"""

    kind = Kind.RULE
    service = "loans"
    detail = "The lines come to {theirs} and the movements to {ours}; what differs is booked first."
    theirs: Money
    ours: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a proposal is about as it stands now."""

    account: MoneyAccountRow
    bench: Bench
    lines: Sequence[Subject]
    ours: Sequence[Subject]
    held: Sequence[SuspenseItemRow]


async def propose(
    session: AsyncSession,
    money_account_id: UUID,
    asked: Asked,
    *,
    today: date,
    actor: Actor,
) -> ReconciliationProposalRow:
    """Propose something; it waits for a second person and moves nothing yet.

    Raises NotReconciled, SubjectNotOpen, MatchDoesNotAdd, SuspenseEnded, SuspenseMoveUnfinished,
    SuspenseStandsElsewhere, ContractNotFound, and what an entry by hand is refused for.
    """
    plan = await queries.plan(session, money_account_id)
    matter = await matter_of(session, plan, asked)
    await require(session, asked, matter)
    manual_id = None
    if asked.fee is not None:
        manual_id = await _propose_fee(
            session, asked, asked.fee, matter=matter, today=today, actor=actor
        )
    row = ReconciliationProposalRow(
        institution_id=plan.institution_id,
        proposal_id=ids.new(),
        money_account_id=money_account_id,
        kind=asked.kind.value,
        lines=list(asked.lines),
        ours=list(asked.ours),
        contract_id=asked.contract_id,
        manual_id=manual_id,
        reason=asked.reason,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def _propose_fee(
    session: AsyncSession,
    asked: Asked,
    fee: FeeBooking,
    *,
    matter: Matter,
    today: date,
    actor: Actor,
) -> UUID:
    """Propose the entry by hand that books what a provider kept or charged: Dr cost, Cr bank."""
    (line,) = matter.lines
    await operations.require_placed(session, matter.account, fund_id=fee.fund_id)
    (judged,) = await queries.judgements(
        session, matter.account.money_account_id, subject_ids=[line.subject_id]
    )
    kept = line.amount if judged.fee_minor is None else Money(judged.fee_minor, judged.currency)
    occurred_on = max(min(line.day, today), await operations.first_open(session))
    found = await by_hand.propose(
        session,
        by_hand.Asked(
            lines=[(fee.account, kept), (matter.account.channel, -kept)],
            occurred_on=occurred_on,
            reason=asked.reason,
            digest=fee.digest,
        ),
        fund_id=fee.fund_id,
        today=today,
        actor=actor,
    )
    return found.row.manual_id


def subject_of(row: Row[Any]) -> Subject:
    """Give a line or movement as it was judged last."""
    return Subject(
        subject_id=row.subject_id,
        sort=row.sort,
        day=row.day,
        amount=Money(row.amount_minor, row.currency),
        side=Side(row.side),
        version=row.version,
        outcome=Outcome(row.outcome),
        state=row.state,
        match_id=row.match_id,
    )


async def matter_of(session: AsyncSession, plan: ReconciliationPlanRow, asked: Asked) -> Matter:
    """Give what a proposal is about. Raises SubjectNotOpen for what nothing was said of."""
    account = await accounting.money_account(session, plan.money_account_id)
    wanted = [*asked.lines, *asked.ours]
    rows = await queries.judgements(session, plan.money_account_id, subject_ids=wanted)
    subjects = {row.subject_id: subject_of(row) for row in rows}
    for subject_id in wanted:
        if subject_id not in subjects or wanted.count(subject_id) > 1:
            raise SubjectNotOpen(subject_id=subject_id)
    held = [
        item
        for line_id in asked.lines
        if (item := await queries.find_held(session, line_id)) is not None
    ]
    return Matter(
        account=account,
        bench=Bench(plan=plan, subjects=subjects),
        lines=[subjects[one] for one in asked.lines],
        ours=[subjects[one] for one in asked.ours],
        held=held,
    )


async def require(session: AsyncSession, asked: Asked, matter: Matter) -> None:
    """Refuse what cannot be done about lines and movements as they stand now."""
    for item in matter.held:
        if await queries.find_end(session, item.line_id) is not None:
            raise SuspenseEnded(line_id=item.line_id)
    held = {item.line_id for item in matter.held}
    for one in (*matter.lines, *matter.ours):
        if one.state != "open" or not _fits(asked.kind, one, is_held=one.subject_id in held):
            raise SubjectNotOpen(subject_id=one.subject_id)
    if asked.kind is ProposalKind.MATCH:
        currency = matter.account.currency
        theirs = Money.total((one.signed for one in matter.lines), currency)
        ours = Money.total((one.signed for one in matter.ours), currency)
        if theirs != ours:
            raise MatchDoesNotAdd(theirs=theirs, ours=ours)
    if asked.contract_id is not None:
        contract = await contracts.contract(session, asked.contract_id, branch_ids=None)
        await operations.require_placed(session, matter.account, fund_id=contract.fund_id)


def _fits(kind: ProposalKind, one: Subject, *, is_held: bool) -> bool:
    """Whether something may be done about a line or movement of this sort."""
    match kind:
        case ProposalKind.MATCH:
            return one.match_id is None
        case ProposalKind.HOLD:
            return one.side is Side.IN and one.match_id is None and not is_held
        case ProposalKind.FEE:
            return one.outcome == Outcome.FEE
        case ProposalKind.NOT_PAID:
            return (one.sort, one.outcome) == ("payment", Outcome.OURS_ONLY)
        case _:
            return is_held
