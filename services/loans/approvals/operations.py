"""How is an application decided, and how does it come to its money?

The order of locks is application, then fund: both within by id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import operations as applications
from services.loans.applications import queries as application_queries
from services.loans.applications.operations import Change
from services.loans.applications.tables import ApplicationRow
from services.loans.approvals import queries
from services.loans.approvals.authority import (
    AuthorityEmpty,
    end_authority_level,
    set_authority_level,
)
from services.loans.approvals.queries import Decided
from services.loans.approvals.tables import DecisionRow
from services.loans.cofinancing import asking
from services.loans.domain import deciding, waqf_ladder
from services.loans.domain import lawful as ceilings
from services.loans.domain.application import Reason
from services.loans.domain.authority import Outcome
from services.loans.domain.claiming import Ask
from services.loans.domain.deciding import EVENTS, File, Judged, Offer, Proposal
from services.loans.domain.exposure import Exposures
from services.loans.domain.funding import FundExhausted
from services.loans.domain.lawful import Book, Used
from services.loans.domain.lifecycle import ApplicationEvent, ApplicationStatus
from services.loans.domain.product import Product
from services.loans.exposure import operations as exposure
from services.loans.rulebook import operations as rulebook_uses
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.events import ApplicationDecided, ApplicationReturned
from shared.ids import ApplicationId

__all__ = [
    "RULES_ID",
    "AuthorityEmpty",
    "Decided",
    "NotWaitingForFunds",
    "decide",
    "end_authority_level",
    "record_decisions",
    "reserve_waiting",
    "set_authority_level",
]

# The service that executes a product's rules where the product says so; it needs authority like
# anybody else: a level of approval for the role `service`.
RULES_ID = uuid5(NAMESPACE_URL, "rafid:loans:rules")


class NotWaitingForFunds(RafidError):
    """The application does not wait for money"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The application's state is {state}."
    state: ApplicationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lawful:
    """A decision that no rule refuses, before the fund is asked."""

    row: ApplicationRow
    file: File
    assessment_id: UUID
    proposal: Proposal
    judged: Judged
    facts: tuple[Used, ...]


async def decide(
    session: AsyncSession, proposal: Proposal, *, at: datetime, on: date, actor: Actor
) -> Decided:
    """Decide on one application; raises what `record_decisions` gives back in its place."""
    (outcome,) = await record_decisions(session, [proposal], at=at, on=on, actor=actor)
    if isinstance(outcome, RafidError):
        raise outcome
    return outcome


async def record_decisions(
    session: AsyncSession,
    proposals: Sequence[Proposal],
    *,
    at: datetime,
    on: date,
    actor: Actor,
) -> list[Decided | RafidError]:
    """Decide on many applications, each for itself; a refusal stands in its decision's place.

    The last approval reserves the fund's money; where there is not enough, the application is
    approved and waits for funds, with the reason. Refusals are those of `deciding.judge`, of
    `lawful.check_loan`, `GroupOwesTooMuch` and `FundRestricted`. Raises `ApplicationNotFound`,
    `FundNotFound` for the whole.
    """
    outcomes: dict[int, Decided | RafidError] = {}
    lawful = await _judge(session, proposals, on=on, actor=actor, outcomes=outcomes)
    exhausted = await _ask_funds(session, lawful, on=on, actor=actor, outcomes=outcomes)
    standing = {place: one for place, one in lawful.items() if place not in outcomes}
    decisions = await _write(session, list(standing.values()), at=at, actor=actor)
    await _move(session, standing, exhausted=exhausted, at=at, actor=actor)
    await feed.publish_all(
        session,
        [
            told
            for one, decision in zip(standing.values(), decisions, strict=True)
            if (told := _told(one, decision=decision)) is not None
        ],
    )
    kept = [
        (decision.decision_id, one.facts)
        for one, decision in zip(standing.values(), decisions, strict=True)
    ]
    await rulebook_uses.record_uses(session, "decision", kept)
    for (place, one), decision in zip(standing.items(), decisions, strict=True):
        outcomes[place] = Decided(decision=decision, application=one.row, facts=one.facts)
    return [outcomes[place] for place in range(len(proposals))]


async def _judge(
    session: AsyncSession,
    proposals: Sequence[Proposal],
    *,
    on: date,
    actor: Actor,
    outcomes: dict[int, Decided | RafidError],
) -> dict[int, _Lawful]:
    wanted = [proposal.application_id for proposal in proposals]
    locked = await application_queries.locked_applications(session, wanted, actor=_reach(actor))
    files = await queries.files(session, list(locked.values()))
    books = await queries.books(session, wanted, on=on)
    sources = await asking.sources_of(session, wanted)
    asking_ids = {row.borrower_id for row in locked.values()}
    exposures = await exposure.locked_exposures(session, asking_ids, on=on)
    lawful: dict[int, _Lawful] = {}
    for place, proposal in enumerate(proposals):
        file, assessment_id = files[proposal.application_id]
        shared = sources.get(ApplicationId(proposal.application_id))
        file = replace(file, maker_ids={*file.maker_ids, *asking.makers(shared)})
        try:
            judged = deciding.judge(
                file, proposal=proposal, actor_id=actor.id, roles={*map(str, actor.roles)}
            )
            asking.require_lead(shared, None if judged.offer is None else judged.offer.fund_id)
            facts = _below_ceilings(judged, book=books.get(proposal.application_id), on=on)
            _within_exposure(judged, locked[proposal.application_id].borrower_id, exposures)
        except RafidError as error:
            outcomes[place] = error
            continue
        if assessment_id is None:
            raise LookupError(f"application {proposal.application_id} has no assessment")
        lawful[place] = _Lawful(
            row=locked[proposal.application_id],
            file=file,
            assessment_id=assessment_id,
            proposal=proposal,
            judged=judged,
            facts=facts,
        )
    return lawful


def _below_ceilings(judged: Judged, *, book: Book | None, on: date) -> tuple[Used, ...]:
    if judged.offer is None or book is None:
        return ()
    asked = judged.offer.asked
    return ceilings.check_loan(
        book, asked.amount, term_months=asked.term_months, on=on, strict=True
    )


def _within_exposure(judged: Judged, borrower_id: UUID, exposures: Exposures) -> None:
    """Hold an approval to what connected borrowers may owe; the last one counts for the next."""
    if judged.offer is None:
        return
    amount = judged.offer.asked.amount
    exposures.of(borrower_id, currency=amount.currency).require_room(amount)
    if judged.is_final:
        exposures.grant(borrower_id, amount)


def _reach(actor: Actor) -> Actor | None:
    """The service that executes rules is bound to no branch and brought nothing of its own."""
    return None if actor.id == RULES_ID else actor


async def _ask_funds(
    session: AsyncSession,
    lawful: Mapping[int, _Lawful],
    *,
    on: date,
    actor: Actor,
    outcomes: dict[int, Decided | RafidError],
) -> dict[int, FundExhausted]:
    """Reserve for closing approvals, ask for the others whether the fund may; tell the empty."""
    asks = {
        place: _ask(one.row, product=one.file.product, offer=one.judged.offer, on=on)
        for place, one in lawful.items()
        if one.judged.offer is not None
    }
    closing = [place for place in asks if lawful[place].judged.is_final]
    exhausted: dict[int, FundExhausted] = {}
    for place in asks.keys() - set(closing):
        try:
            await asking.require_allowed(session, asks[place], on=on)
        except RafidError as error:
            outcomes[place] = error
    if closing:
        refusals = await asking.reserve_all(
            session, [asks[place] for place in closing], on=on, actor_id=actor.id
        )
        for place, refusal in zip(closing, refusals, strict=True):
            if isinstance(refusal, FundExhausted):
                exhausted[place] = refusal
            elif refusal is not None:
                outcomes[place] = refusal
    return exhausted


def _ask(row: ApplicationRow, *, product: Product, offer: Offer, on: date) -> Ask:
    return Ask(
        fund_id=offer.fund_id,
        application_id=ApplicationId(row.application_id),
        amount=offer.asked.amount,
        mode=product.mode_of_finance,
        bears_fee=product.bears_fee,
        fund_kinds=product.fund_kinds,
        keeps_savings=product.savings.is_asked,
        dues=waqf_ladder.expected_dues(
            offer.asked.amount,
            on=on,
            term_months=offer.asked.term_months,
            grace_months=offer.asked.grace_months,
        ),
        ruling_id=product.ruling_id,
    )


async def _write(
    session: AsyncSession, lawful: Sequence[_Lawful], *, at: datetime, actor: Actor
) -> list[DecisionRow]:
    if not lawful:
        return []
    values = [_values(session, one, at=at, actor=actor) for one in lawful]
    written = await session.execute(insert(DecisionRow).returning(DecisionRow), values)
    rows = {row.application_id: row for row in written.scalars()}
    return [rows[one.row.application_id] for one in lawful]


def _values(
    session: AsyncSession, one: _Lawful, *, at: datetime, actor: Actor
) -> dict[str, object]:
    offer = one.judged.offer
    return {
        "institution_id": tenancy.institution_of(session),
        "decision_id": ids.new(),
        "application_id": one.row.application_id,
        "round": one.row.round,
        "level": one.judged.level,
        "outcome": one.proposal.outcome.value,
        "reasons": list(one.proposal.reasons),
        "override_reason": one.proposal.override_reason,
        "recommended": one.file.recommended.value,
        "assessment_id": one.assessment_id,
        "fund_id": offer and offer.fund_id,
        "currency": offer and offer.asked.amount.currency,
        "amount_minor": offer and offer.asked.amount.minor,
        "term_months": offer and offer.asked.term_months,
        "grace_months": offer and offer.asked.grace_months,
        "annual_rate": offer and offer.asked.annual_rate,
        "actor_id": actor.id,
        "decided_at": at,
    }


async def _move(
    session: AsyncSession,
    standing: Mapping[int, _Lawful],
    *,
    exhausted: Mapping[int, FundExhausted],
    at: datetime,
    actor: Actor,
) -> None:
    decided = [
        Change(row=one.row, event=EVENTS[one.proposal.outcome], actor_id=actor.id)
        for one in standing.values()
        if one.judged.is_final
    ]
    await applications.advance(session, decided, at=at)
    waiting = [
        Change(
            row=standing[place].row,
            event=ApplicationEvent.RESERVE_FAILED,
            actor_id=actor.id,
            stands_because=Reason.of(refusal),
        )
        for place, refusal in exhausted.items()
    ]
    await applications.advance(session, waiting, at=at)


def _told(one: _Lawful, *, decision: DecisionRow) -> feed.Told | None:
    application_id = one.row.application_id
    if not one.judged.is_final:
        return None
    if one.proposal.outcome is Outcome.RETURN:
        return feed.Told(ApplicationReturned(application_id=application_id), application_id)
    event = ApplicationDecided(
        application_id=application_id,
        decision_id=decision.decision_id,
        outcome="approved" if one.proposal.outcome is Outcome.APPROVE else "rejected",
    )
    return feed.Told(event, application_id)


async def reserve_waiting(
    session: AsyncSession,
    application_ids: Sequence[ApplicationId],
    *,
    at: datetime,
    on: date,
    actor: Actor,
) -> list[ApplicationRow]:
    """Try again to reserve money for approved applications that wait for it, in this order.

    Those that find money are approved, the others wait on, with the reason as it is now. Raises
    `ApplicationNotFound`, `NotWaitingForFunds`, `FundRestricted`.
    """
    locked = await application_queries.locked_applications(
        session, application_ids, actor=_reach(actor)
    )
    rows = [locked[application_id] for application_id in application_ids]
    files = await queries.files(session, rows)
    asks = []
    for row in rows:
        file, _ = files[row.application_id]
        if file.status is not ApplicationStatus.WAITING_FOR_FUNDS or file.offer is None:
            raise NotWaitingForFunds(state=file.status)
        asks.append(_ask(row, product=file.product, offer=file.offer, on=on))
    refusals = await asking.reserve_all(session, asks, on=on, actor_id=actor.id) if asks else []
    changes = []
    for row, refusal in zip(rows, refusals, strict=True):
        if refusal is not None and not isinstance(refusal, FundExhausted):
            raise refusal
        event = ApplicationEvent.RESERVE_FAILED if refusal else ApplicationEvent.RESERVE
        because = Reason.of(refusal) if refusal else None
        changes.append(Change(row=row, event=event, actor_id=actor.id, stands_because=because))
    await applications.advance(session, changes, at=at)
    return rows
