"""How is a person counted to a class of zakat: asked, proposed, decided, ended?"""

from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries as borrower_queries
from services.loans.domain import days
from services.loans.domain.lawful import Book
from services.loans.domain.zakat import eligibility, records, rules
from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.eligibility import Circumstances, Proposal
from services.loans.domain.zakat.grants import ZakatMakerDecides
from services.loans.institutions import operations as institutions
from services.loans.rulebook import queries as rulebook_queries
from services.loans.zakat import queries, receiving
from services.loans.zakat.commands import Decision, Opening
from services.loans.zakat.queries import Case
from services.loans.zakat.tables import (
    EligibilityDecisionRow,
    EligibilityEndRow,
    EligibilityRow,
)
from services.loans.zakat_payers.commands import as_json, used
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import BorrowerId
from shared.money import Money
from shared.quiet_events import ZakatClassDecided
from shared.rulebook import Fact


class ZakatCaseDecided(RafidError):
    """The case is decided already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The case {reference} is {outcome} already; open another."
    reference: str
    outcome: str


class ZakatCaseNotInForce(RafidError):
    """The case holds no decision that could end"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "On {on} no decision of the case {reference} is in force."
    reference: str
    on: date


async def open_case(session: AsyncSession, opening: Opening, *, actor: Actor) -> Case:
    """Open a case: the system proposes a class with its reasons, a person will decide.

    Raises BorrowerNotFound, DayNotYet, NoRule (no sufficiency line of the region is recorded).
    """
    borrower = await borrower_queries.borrower(
        session, BorrowerId(opening.borrower_id), actor=actor
    )
    for one in opening.shown:
        days.require_come(one.seen_on, member="seen_on", today=opening.asked_on)
    book = await rulebook_queries.book(session, on=opening.asked_on)
    proposal, facts = propose(book, opening.told, region=borrower.region, on=opening.asked_on)
    year = opening.asked_on.year
    row = EligibilityRow(
        institution_id=tenancy.institution_of(session),
        eligibility_id=ids.new(),
        reference=await institutions.next_reference(session, kind="ZE", year=year),
        borrower_id=opening.borrower_id,
        asked_on=opening.asked_on,
        currency=opening.told.income.currency,
        told=records.of_circumstances(opening.told),
        proposal=records.of_proposal(proposal),
        shown=[records.of_shown(one) for one in opening.shown],
        facts=as_json(used(facts)),
        is_urgent=opening.is_urgent,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return Case(row=row)


def propose(
    book: Book, told: Circumstances, *, region: str, on: date
) -> tuple[Proposal, list[Fact]]:
    """What the rules of the institution propose, and the rules themselves. Raises NoRule."""
    line = rules.sufficiency(book, region=region, currency=told.income.currency, on=on)
    months = rules.fact(book, "sufficiency_months", on=on)
    poorest = rules.fact(book, "poorest_share", on=on)
    order = rules.fact(book, "class_order", on=on)
    proposal = eligibility.propose(
        told,
        line=line,
        months=rules.days(months),
        poor_below=Fraction(rules.number(poorest)).as_integer_ratio(),
        worse_first=ZakatClass(order.text),
    )
    return proposal, [line.fact, months, poorest, order]


async def decide_case(
    session: AsyncSession, eligibility_id: UUID, decision: Decision, *, on: date, actor: Actor
) -> Case:
    """Decide on a case that another person opened; an approval expires.

    Raises ZakatRecordUnknown, ZakatCaseDecided, ZakatMakerDecides, TiedToReceiver, and what
    `eligibility` raises of evidence, authority, need and reasons.
    """
    case = await queries.locked_case(session, eligibility_id)
    if case.decision is not None:
        raise ZakatCaseDecided(reference=case.row.reference, outcome=case.decision.outcome)
    if case.row.actor_id == actor.id:
        raise ZakatMakerDecides(reference=case.row.reference)
    await receiving.require_no_kin(session, case.row.borrower_id, actor_id=actor.id)
    book = await rulebook_queries.book(session, on=on)
    lasts = rules.fact(book, "eligibility_days", on=on)
    religion = rules.fact(book, "receiver_religion", on=on)
    limit = None
    if decision.zakat_class is not None:
        limit = _approved(case, decision, decision.zakat_class, on=on, most_days=rules.days(lasts))
    row = EligibilityDecisionRow(
        institution_id=case.row.institution_id,
        eligibility_id=eligibility_id,
        outcome="rejected" if limit is None else "approved",
        zakat_class=decision.zakat_class and decision.zakat_class.value,
        limit_minor=None if limit is None else limit.minor,
        reasons=decision.reasons,
        authority=decision.authority,
        facts=as_json(used([lasts, religion])),
        decided_on=on,
        expires_on=None if limit is None else eligibility.expires(on, days=rules.days(lasts)),
        proposer_id=case.row.actor_id,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    event = ZakatClassDecided(
        eligibility_id=eligibility_id,
        borrower_id=case.row.borrower_id,
        outcome=row.outcome,
        zakat_class=row.zakat_class,
        decided_on=on,
        expires_on=row.expires_on,
    )
    await feed.publish(session, event, subject_id=case.row.borrower_id)
    return Case(row=case.row, decision=row)


async def end_case(
    session: AsyncSession, eligibility_id: UUID, *, reason: str, on: date, actor: Actor
) -> Case:
    """End a decision before it expires; what was given stays given.

    Raises ZakatRecordUnknown, ZakatCaseNotInForce.
    """
    case = await queries.locked_case(session, eligibility_id)
    held = case.eligibility
    if held is None or not held.is_in_force(on):
        raise ZakatCaseNotInForce(reference=case.row.reference, on=on)
    row = EligibilityEndRow(
        institution_id=case.row.institution_id,
        eligibility_id=eligibility_id,
        ended_on=on,
        reason=reason,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return Case(row=case.row, decision=case.decision, end=row)


def _approved(
    case: Case, decision: Decision, zakat_class: ZakatClass, *, on: date, most_days: int
) -> Money:
    """The amount up to which an approval grants; raises where it may not be approved."""
    shown = [records.shown(one) for one in case.row.shown]
    eligibility.require_shown(zakat_class, shown, on=on, most_days=most_days)
    told = records.circumstances(case.row.told)
    if decision.limit is not None:
        _ = decision.limit + told.income  # another currency raises CurrencyMismatch
    return eligibility.decided_limit(
        records.proposal(case.row.proposal),
        zakat_class,
        given=decision.limit,
        reasons=decision.reasons,
        authority=decision.authority,
        has=told.income + told.aid,
    )
