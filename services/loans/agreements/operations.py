"""How is something pledged to a fund, agreed between two persons of ours and a giver, and told?"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import proposals, queries
from services.loans.agreements.drafts import Draft
from services.loans.agreements.queries import Agreed
from services.loans.agreements.tables import (
    AgreementConditionRow,
    AgreementInstalmentRow,
    AgreementRow,
    ExchangeRateRow,
    PledgeRow,
)
from services.loans.domain import agreement_clauses, agreement_dues, days, giving
from services.loans.domain.agreement_clauses import AgreedClause
from services.loans.domain.agreement_dues import Instalment
from services.loans.domain.agreement_exchange import Rate
from services.loans.domain.authority import Outcome
from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import AmountNotPositive
from services.loans.funds import expecting
from services.loans.funds import queries as funds
from services.loans.funds.operations import DonorNotLinked
from services.loans.funds.tables import FundRow
from services.loans.institutions import operations as institutions
from services.loans.rulebook import queries as rulebook
from shared import feed, ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import CurrencyMismatch, Money
from shared.quiet_events import AgreementSigned, InstalmentFellDue, PledgeMade


class PledgeNotOpen(RafidError):
    """The pledge cannot become an agreement"""

    kind = Kind.RULE
    service = "loans"
    detail = "The pledge {pledge_id} is of another giver or fund, withdrawn, or not there."
    pledge_id: UUID


class AgreementTaken(RafidError):
    """The giver has an agreement of this reference"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "An agreement of this giver has the reference {reference}."
    reference: str


class LenderOfAnotherKind(RafidError):
    """Only a commercial fund owes its money to lenders"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_code} ({fund_kind}) owes nobody its money: no lender lends to it."
    fund_code: str
    fund_kind: FundKind


class DueNotCounted(RafidError):
    """What is due under this agreement cannot be counted on"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Only instalments in the fund's own currency ({currency}), firm for some days, may be"
        " reserved against."
    )
    currency: str


async def make_pledge(
    session: AsyncSession,
    *,
    fund_id: FundId,
    donor_id: UUID,
    amount: Money,
    pledged_on: date,
    expires_on: date | None,
    evidence: str,
    actor: Actor,
    today: date,
) -> PledgeRow:
    """Keep a promise: no money comes of it, and nothing may rest on it.

    Raises FundNotFound, DonorNotLinked, AmountNotPositive, DayNotYet.
    """
    days.require_come(pledged_on, member="pledged_on", today=today)
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)
    fund = await _fund_of(session, fund_id, donor_id=donor_id)
    reference = await institutions.next_reference(session, kind="PL", year=today.year)
    row = PledgeRow(
        institution_id=fund.institution_id,
        pledge_id=ids.new(),
        reference=reference,
        fund_id=fund_id,
        donor_id=donor_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        pledged_on=pledged_on,
        expires_on=expires_on,
        evidence=evidence,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    event = PledgeMade(
        fund_id=fund_id,
        donor_id=donor_id,
        pledge_id=row.pledge_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        pledged_on=pledged_on,
    )
    await feed.publish(session, event, subject_id=fund_id)
    return row


async def withdraw_pledge(session: AsyncSession, pledge_id: UUID, *, on: date) -> PledgeRow:
    """End a promise that was not kept. Raises PledgeNotOpen."""
    row = await queries.pledge(session, pledge_id, lock=True)
    if row is None or row.withdrawn_on is not None or on < row.pledged_on:
        raise PledgeNotOpen(pledge_id=pledge_id)
    row.withdrawn_on = on
    await session.flush()
    return row


async def propose(session: AsyncSession, draft: Draft, *, actor: Actor, today: date) -> Agreed:
    """Enter what was signed; it holds once another person has approved it.

    Raises FundNotFound, DonorNotLinked, ReceiptNatureForeign, LenderOfAnotherKind, DueNotCounted,
    CommitmentNotWhole, CommitmentOutOfOrder, SignedClauseUnlawful, PledgeNotOpen, AgreementTaken.
    """
    days.require_come(draft.signed_on, member="signed_on", today=today)
    fund = await _fund_of(session, draft.fund_id, donor_id=draft.donor_id)
    await _require_sound(session, draft, fund=fund, on=today)
    row = AgreementRow(
        institution_id=fund.institution_id,
        agreement_id=await proposals.propose(session, "agreement", actor=actor),
        reference=draft.reference,
        fund_id=draft.fund_id,
        fund_currency=fund.currency,
        donor_id=draft.donor_id,
        party=draft.party,
        nature=draft.nature.value,
        currency=draft.total.currency,
        total_minor=draft.total.minor,
        signed_on=draft.signed_on,
        pledge_id=draft.pledge_id,
        late_after_days=draft.late_after_days,
        counts_when_due=draft.counts_when_due,
        firm_days=draft.firm_days,
        offer=draft.offer,
        available_until=draft.available_until,
        clauses=[one.to_json() for one in draft.clauses],
        documents=[dict(one) for one in draft.documents],
        actor_id=actor.id,
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as taken:
        raise AgreementTaken(reference=draft.reference) from taken
    await _lay(session, draft, row=row)
    return Agreed(row=row, decision=None)


async def decide(
    session: AsyncSession, agreement_id: UUID, *, outcome: Outcome, actor: Actor, today: date
) -> Agreed:
    """Approve or reject an agreement that another person entered; approved, it is told.

    Raises AgreementNotFound, ProposerDecides, ProposalDecided, and what the law of that day
    refuses.
    """
    row = (await queries.agreement(session, agreement_id, lock=True)).row
    approved = await proposals.decide(
        session, agreement_id, kind="agreement", outcome=outcome, actor=actor
    )
    if approved:
        fund = await funds.fund_by_id(session, row.fund_id)
        for clause in row.clauses:
            book = await rulebook.book(session, on=today)
            agreement_clauses.require_lawful(
                AgreedClause.from_json(clause), fund_kind=FundKind(fund.kind), book=book, on=today
            )
        event = AgreementSigned(
            fund_id=row.fund_id,
            donor_id=row.donor_id,
            agreement_id=agreement_id,
            party=row.party,
            total_minor=row.total_minor,
            currency=row.currency,
            signed_on=row.signed_on,
        )
        await feed.publish(session, event, subject_id=row.fund_id)
        for one in (await queries.instalments(session, [agreement_id])).get(agreement_id, []):
            if one.is_unconditional:
                await fall_due(session, row, one, actor_id=actor.id)
    return await queries.agreement(session, agreement_id)


async def fall_due(
    session: AsyncSession, row: AgreementRow, one: Instalment, *, actor_id: UUID
) -> None:
    """Tell that nothing but its day stands before an instalment, and count it where agreed."""
    event = InstalmentFellDue(
        fund_id=row.fund_id,
        agreement_id=row.agreement_id,
        number=one.planned.number,
        due_on=one.planned.due_on,
        amount_minor=one.open.minor,
        currency=row.currency,
    )
    await feed.publish(session, event, subject_id=row.fund_id)
    await count(session, row, one, amount=one.open, actor_id=actor_id)


async def count(
    session: AsyncSession, row: AgreementRow, one: Instalment, *, amount: Money, actor_id: UUID
) -> None:
    """Add to what may be reserved against an instalment, or take away, where it is agreed so."""
    if row.counts_when_due and amount.minor:
        await expecting.expect(
            session,
            fund_id=FundId(row.fund_id),
            source_id=row.agreement_id,
            number=one.planned.number,
            amount=amount,
            from_on=one.planned.due_on,
            until_on=one.planned.due_on + timedelta(days=row.firm_days),
            actor_id=actor_id,
        )


async def enter_rate(
    session: AsyncSession, rate: Rate, *, actor: Actor, today: date
) -> ExchangeRateRow:
    """Keep what a currency is worth on a day, by a source. Raises DayNotYet."""
    days.require_come(rate.on, member="on", today=today)
    row = ExchangeRateRow(
        institution_id=actor.institution_id,
        rate_id=ids.new(),
        base=rate.base,
        quote=rate.quote,
        rated_on=rate.on,
        rate=rate.rate,
        source=rate.source,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def _fund_of(session: AsyncSession, fund_id: FundId, *, donor_id: UUID) -> FundRow:
    fund = await funds.fund_by_id(session, fund_id)
    if not await funds.is_linked(session, fund_id=fund_id, donor_id=donor_id):
        raise DonorNotLinked(fund_code=fund.code)
    return fund


async def _require_sound(session: AsyncSession, draft: Draft, *, fund: FundRow, on: date) -> None:
    kind = FundKind(fund.kind)
    giving.require_nature(
        draft.nature, fund_code=fund.code, fund_kind=kind, received_on=draft.signed_on
    )
    if draft.party == "lender":
        if kind is not FundKind.COMMERCIAL:
            raise LenderOfAnotherKind(fund_code=fund.code, fund_kind=kind)
        if draft.total.currency != fund.currency:
            raise CurrencyMismatch(left=fund.currency, right=draft.total.currency)
    else:
        agreement_dues.check(draft.planned, total=draft.total, signed_on=draft.signed_on)
    counted = draft.party != "lender" and draft.firm_days > 0
    if draft.counts_when_due and not (counted and draft.total.currency == fund.currency):
        raise DueNotCounted(currency=fund.currency)
    book = await rulebook.book(session, on=on)
    for clause in draft.clauses:
        agreement_clauses.require_lawful(clause, fund_kind=kind, book=book, on=on)
    if draft.pledge_id is not None:
        await _require_pledge(session, draft.pledge_id, draft=draft)


async def _require_pledge(session: AsyncSession, pledge_id: UUID, *, draft: Draft) -> None:
    pledged = await queries.pledge(session, pledge_id)
    fits = pledged is not None and (pledged.fund_id, pledged.donor_id, pledged.withdrawn_on) == (
        draft.fund_id,
        draft.donor_id,
        None,
    )
    if not fits:
        raise PledgeNotOpen(pledge_id=pledge_id)


async def _lay(session: AsyncSession, draft: Draft, *, row: AgreementRow) -> None:
    key = {"institution_id": row.institution_id, "agreement_id": row.agreement_id}
    planned = [
        {
            **key,
            "number": one.number,
            "due_on": one.due_on,
            "amount_minor": one.amount.minor,
            "currency": one.amount.currency,
        }
        for one in draft.planned
    ]
    conditions = [
        {
            **key,
            "instalment": number,
            "number": one.number,
            "measure": one.measure.value,
            "code": one.code,
            "comparison": one.comparison.value,
            "threshold": one.threshold,
            "clause": clause,
        }
        for number, one, clause in draft.conditions
    ]
    await _insert(session, AgreementInstalmentRow, planned)
    await _insert(session, AgreementConditionRow, conditions)


async def _insert(
    session: AsyncSession,
    table: type[AgreementInstalmentRow | AgreementConditionRow],
    rows: Sequence[dict[str, Any]],
) -> None:
    if rows:
        await session.execute(insert(table), list(rows))
