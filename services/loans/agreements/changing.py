"""How does what is open of an instalment come no more, or on another day, by two persons?

One proposes it with the giver's paper, another approves. What comes on another day is a new
instalment that waits for the same results; what was agreed in all never grows.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import matching, operations, proposals, queries
from services.loans.agreements.tables import (
    AgreementChangeRow,
    AgreementConditionRow,
    AgreementInstalmentRow,
    AgreementMoveRow,
    AgreementRow,
)
from services.loans.domain import agreement_dues
from services.loans.domain.agreement_dues import (
    CommitmentOutOfOrder,
    Instalment,
    InstalmentOverMatched,
    Planned,
)
from services.loans.domain.authority import Outcome
from services.loans.funds import expecting
from shared import tenancy
from shared.auth import Actor
from shared.ids import FundId
from shared.money import Money


async def propose(
    session: AsyncSession,
    agreement_id: UUID,
    number: int,
    *,
    amount: Money,
    due_on: date | None,
    evidence: str,
    actor: Actor,
) -> AgreementChangeRow:
    """Propose that so much of an instalment comes on another day, or without one no more.

    Raises AgreementNotInForce, InstalmentNotFound, InstalmentOverMatched, CommitmentOutOfOrder.
    """
    row = await matching.locked(session, agreement_id)
    parts = await _parts(session, row)
    _require_possible(await queries.instalment(session, row, number), amount)
    _require_day(row, due_on=due_on, number=len(parts) + 1)
    change = AgreementChangeRow(
        institution_id=row.institution_id,
        change_id=await proposals.propose(session, "change", actor=actor),
        agreement_id=agreement_id,
        number=number,
        amount_minor=amount.minor,
        currency=amount.currency,
        due_on=due_on,
        evidence=evidence,
        actor_id=actor.id,
    )
    session.add(change)
    await session.flush()
    return change


async def decide(
    session: AsyncSession, change_id: UUID, *, outcome: Outcome, on: date, actor: Actor
) -> AgreementChangeRow:
    """Approve or reject a change that another person proposed; it is decided on what is open now.

    Raises ProposalNotFound, ProposerDecides, ProposalDecided, InstalmentOverMatched,
    CommitmentOutOfOrder, and ClaimsRestOnDue where applications rest on what would not come.
    """
    change = await session.get(AgreementChangeRow, (tenancy.institution_of(session), change_id))
    if change is None:
        raise proposals.ProposalNotFound(proposal_id=change_id)
    row = await matching.locked(session, change.agreement_id)
    approved = await proposals.decide(
        session, change_id, kind="change", outcome=outcome, actor=actor
    )
    if not approved:
        return change
    one = await queries.instalment(session, row, change.number)
    amount = Money(change.amount_minor, change.currency)
    _require_possible(one, amount)
    session.add(
        AgreementMoveRow(
            **matching.key(row, one, actor=actor),
            kind="cancel",
            amount_minor=amount.minor,
            currency=amount.currency,
            fund_minor=0,
            evidence=change.evidence,
        )
    )
    await session.flush()
    if one.is_unconditional:
        await operations.count(session, row, one, amount=-amount, actor_id=actor.id)
    if change.due_on is not None:
        await _lay(session, row, one, amount=amount, due_on=change.due_on, actor=actor)
    if row.counts_when_due:
        await expecting.require_no_claims(session, FundId(row.fund_id), on=on)
    return change


async def _lay(
    session: AsyncSession,
    row: AgreementRow,
    of: Instalment,
    *,
    amount: Money,
    due_on: date,
    actor: Actor,
) -> None:
    """Add the instalment of another day, with the conditions of the one that it comes out of."""
    number = len(await _parts(session, row)) + 1
    _require_day(row, due_on=due_on, number=number)
    key = {"institution_id": row.institution_id, "agreement_id": row.agreement_id}
    values = {
        **key,
        "number": number,
        "due_on": due_on,
        "amount_minor": amount.minor,
        "currency": amount.currency,
    }
    await session.execute(insert(AgreementInstalmentRow), [values])
    conditions = [
        {
            **key,
            "instalment": number,
            "number": one.number,
            "measure": one.measure,
            "code": one.code,
            "comparison": one.comparison,
            "threshold": one.threshold,
            "clause": one.clause,
        }
        for one in await queries.conditions(session, row.agreement_id)
        if one.instalment == of.planned.number
    ]
    if conditions:
        await session.execute(insert(AgreementConditionRow), conditions)
        return
    planned = Planned(number=number, due_on=due_on, amount=amount)
    await operations.fall_due(session, row, Instalment.untouched(planned), actor_id=actor.id)


async def _parts(session: AsyncSession, row: AgreementRow) -> list[Instalment]:
    return (await queries.instalments(session, [row.agreement_id])).get(row.agreement_id, [])


def _require_possible(one: Instalment, amount: Money) -> None:
    if not amount.is_positive or amount > one.open:
        raise InstalmentOverMatched(number=one.planned.number, still_open=one.open, asked=amount)


def _require_day(row: AgreementRow, *, due_on: date | None, number: int) -> None:
    most = agreement_dues.INSTALMENTS_MAX
    if due_on is not None and (due_on < row.signed_on or number > most):
        raise CommitmentOutOfOrder(number=number, earliest=row.signed_on, most=most)
