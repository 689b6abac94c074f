"""How do applications come in: one from the desk, thousands from a file?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries
from services.loans.applications.tables import ApplicationHistoryRow, ApplicationRow
from services.loans.borrowers import operations as borrowers
from services.loans.borrowers import queries as borrower_queries
from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain import freezing, lawful, telling
from services.loans.domain.application import ConsentMissing, Request, Submission
from services.loans.domain.borrower import Consent, ConsentPurpose, NewBorrower
from services.loans.domain.lawful import Book, Used
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.institutions import operations as institutions
from services.loans.rulebook import operations as rulebook_uses
from services.loans.rulebook import queries as rulebook
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.events import ApplicationSubmitted

Outcome = ApplicationRow | RafidError
Values = dict[str, object]


class ApplicationKnown(RafidError):
    """The application has come in already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The name {external_id} belongs to the application {application_id}."
    external_id: str
    application_id: UUID | None


async def submit_application(
    session: AsyncSession, submission: Submission, *, at: datetime, on: date, actor: Actor
) -> ApplicationRow:
    """Take in one application; raises what `submit_applications` gives back in its place."""
    (outcome,) = await submit_applications(session, [submission], at=at, on=on, actor=actor)
    if isinstance(outcome, RafidError):
        raise outcome
    return outcome


async def submit_applications(
    session: AsyncSession,
    submissions: Sequence[Submission],
    *,
    at: datetime,
    on: date,
    actor: Actor,
) -> list[Outcome]:
    """Take in many applications, each for itself; a refusal stands in its application's place.

    A borrower told with an application is registered, but only if the application fits the
    product. Refusals: `ProductNotOffered`, `OutsideProduct`, `ApplicationKnown`, `ConsentMissing`,
    `BorrowerNotFound`, `LoanAboveCeiling`, `TermAboveCeiling` and those of the registration.
    """
    outcomes: dict[int, Outcome] = {}
    await _refuse_unfit(session, submissions, outcomes=outcomes)
    people = await _people(session, submissions, outcomes=outcomes, on=on, actor=actor)
    await _refuse_without_consent(session, people, outcomes=outcomes, on=on)
    facts = await _refuse_above_ceilings(session, submissions, people, outcomes=outcomes, on=on)
    accepted = [place for place in range(len(submissions)) if place not in outcomes]
    references = await institutions.next_references(
        session, kind="AP", year=on.year, count=len(accepted)
    ) if accepted else ()  # fmt: skip
    values = [
        _values(submissions[place], borrower=people[place], reference=reference, at=at, actor=actor)
        for place, reference in zip(accepted, references, strict=True)
    ]
    written = await _insert(session, values)
    rows = [row for row in written if isinstance(row, ApplicationRow)]
    outcomes.update(zip(accepted, written, strict=True))
    await write_history(session, rows, event="submit", actor_id=actor.id, at=at)
    taken = [
        (row.application_id, facts.get(place, ()))
        for place, row in zip(accepted, written, strict=True)
        if isinstance(row, ApplicationRow)
    ]
    await rulebook_uses.record_uses(session, "application", taken)
    await feed.publish_all(session, [told_submitted(row) for row in rows])
    return [outcomes[place] for place in range(len(submissions))]


async def _refuse_unfit(
    session: AsyncSession, submissions: Sequence[Submission], *, outcomes: dict[int, Outcome]
) -> None:
    names = [one.external_id for one in submissions if one.external_id is not None]
    known = await queries.applications_by_external_id(session, names) if names else {}
    twice: dict[str, UUID | None] = dict(known)
    for place, submission in enumerate(submissions):
        name = submission.external_id
        try:
            submission.request.check(submission.product)
        except RafidError as error:
            outcomes[place] = error
            continue
        if name is not None and name in twice:
            outcomes[place] = ApplicationKnown(external_id=name, application_id=twice[name])
        elif name is not None:
            twice[name] = None


async def _people(
    session: AsyncSession,
    submissions: Sequence[Submission],
    *,
    outcomes: dict[int, Outcome],
    on: date,
    actor: Actor,
) -> dict[int, BorrowerRow]:
    """The borrower of each application that is not refused yet, registered if told with it."""
    fit = [place for place in range(len(submissions)) if place not in outcomes]
    told = {place: submissions[place].borrower for place in fit}
    new = {place: one for place, one in told.items() if isinstance(one, NewBorrower)}
    known = {place: one for place, one in told.items() if not isinstance(one, NewBorrower)}
    found = await borrower_queries.borrowers_by_id(session, known.values(), actor=actor)
    people: dict[int, BorrowerRow] = {}
    for place, borrower_id in known.items():
        if borrower_id in found:
            people[place] = found[borrower_id]
        else:
            outcomes[place] = borrower_queries.BorrowerNotFound(borrower_id=borrower_id)
    for place, one in list(new.items()):
        if not any(_allows(consent, on=on) for consent in one.consents):
            outcomes[place] = ConsentMissing(purpose=ConsentPurpose.CREDIT_DECISION.value)
            del new[place]
    if new:
        registered = await borrowers.register_borrowers(
            session, list(new.values()), on=on, actor=actor
        )
        for place, outcome in zip(new, registered, strict=True):
            if isinstance(outcome, RafidError):
                outcomes[place] = outcome
            else:
                people[place] = outcome
    return people


def _allows(consent: Consent, *, on: date) -> bool:
    is_asked = consent.purpose is ConsentPurpose.CREDIT_DECISION
    return is_asked and consent.is_granted and consent.effective_on <= on


async def _refuse_without_consent(
    session: AsyncSession,
    people: Mapping[int, BorrowerRow],
    *,
    outcomes: dict[int, Outcome],
    on: date,
) -> None:
    purpose = ConsentPurpose.CREDIT_DECISION.value
    consenting = await borrower_queries.consenting(
        session, {row.borrower_id for row in people.values()}, purpose=purpose, on=on
    )
    for place, row in people.items():
        if row.borrower_id not in consenting:
            outcomes[place] = ConsentMissing(purpose=purpose)


async def _refuse_above_ceilings(
    session: AsyncSession,
    submissions: Sequence[Submission],
    people: Mapping[int, BorrowerRow],
    *,
    outcomes: dict[int, Outcome],
    on: date,
) -> dict[int, tuple[Used, ...]]:
    """Refuse what is above every ceiling that could hold; what depends waits for the decision."""
    book = await rulebook.book(session, on=on)
    if not lawful.speaks(book, *lawful.CEILINGS):
        return {}
    facts = {}
    for place, person in people.items():
        if place not in outcomes:
            request = submissions[place].request
            try:
                facts[place] = above_none(book, request, region=person.region, on=on)
            except RafidError as error:
                outcomes[place] = error
    return facts


async def require_below_ceilings(
    session: AsyncSession, row: ApplicationRow, request: Request, *, on: date, actor: Actor
) -> None:
    """Raise what `lawful.check_loan` raises for an application as corrected."""
    book = await rulebook.book(session, on=on)
    if lawful.speaks(book, *lawful.CEILINGS):
        found = await borrower_queries.borrowers_by_id(session, [row.borrower_id], actor=actor)
        regions = [person.region for person in found.values()]
        used = above_none(book, request, region="".join(regions), on=on)
        await rulebook_uses.record_uses(session, "application", [(row.application_id, used)])


def above_none(book: Book, request: Request, *, region: str, on: date) -> tuple[Used, ...]:
    """The ceilings that a request was held against. Raises what `lawful.check_loan` raises."""
    told = telling.told(
        purpose=request.purpose,
        sector=request.sector,
        region=region,
        characteristics=request.characteristics,
    )
    asked = request.asked
    return lawful.check_loan(
        book.knowing(told), asked.amount, term_months=asked.term_months, on=on, strict=False
    )


def _values(
    submission: Submission, *, borrower: BorrowerRow, reference: str, at: datetime, actor: Actor
) -> Values:
    return asked_values(submission.request) | {
        "application_id": ids.new(),
        "reference": reference,
        "external_id": submission.external_id,
        "borrower_id": borrower.borrower_id,
        "branch_id": borrower.branch_id,
        "product_id": submission.product.product_id,
        "product_version": submission.product.version,
        "status": ApplicationStatus.SUBMITTED.value,
        "round": 1,
        "version": 1,
        "officer_id": actor.id,
        "submitted_at": at,
        "status_since": at,
    }


def asked_values(request: Request) -> Values:
    """The columns that hold what is asked for."""
    household = request.household
    return {
        "currency": request.asked.amount.currency,
        "amount_minor": request.asked.amount.minor,
        "term_months": request.asked.term_months,
        "grace_months": request.asked.grace_months,
        "own_contribution_minor": request.own_contribution.minor,
        "purpose": request.purpose,
        "sector": request.sector,
        "other_income_minor": household.other_income.minor,
        "sales_minor": household.sales.minor,
        "business_costs_minor": household.business_costs.minor,
        "household_costs_minor": household.household_costs.minor,
        "debt_service_minor": household.debt_service.minor,
        "activity_permitted": request.activity_permitted,
        "in_default_now": request.in_default_now,
        "characteristics": dict(request.characteristics),
        "cash_flow": request.cash_flow and freezing.to_json(request.cash_flow),
    }


async def _insert(session: AsyncSession, values: Sequence[Values]) -> list[Outcome]:
    """Write them; one whose outside name was taken this very moment is refused."""
    if not values:
        return []
    tenant = {"institution_id": tenancy.institution_of(session)}
    statement = (
        postgresql.insert(ApplicationRow)
        .on_conflict_do_nothing(index_elements=["institution_id", "external_id"])
        .returning(ApplicationRow)
    )
    written = await session.execute(statement, [tenant | one for one in values])
    rows: dict[object, Outcome] = {row.application_id: row for row in written.scalars()}
    names = [str(one["external_id"]) for one in values if one["application_id"] not in rows]
    taken = await queries.applications_by_external_id(session, names) if names else {}
    return [
        rows.get(one["application_id"])
        or ApplicationKnown(
            external_id=str(one["external_id"]), application_id=taken.get(str(one["external_id"]))
        )
        for one in values
    ]


async def write_history(
    session: AsyncSession,
    rows: Iterable[ApplicationRow],
    *,
    event: str,
    actor_id: UUID,
    at: datetime,
) -> None:
    """Add a row of history for each application as it is now."""
    values = [history(row, event=event, reason=None, actor_id=actor_id, at=at) for row in rows]
    if values:
        await session.execute(insert(ApplicationHistoryRow), values)


def history(
    row: ApplicationRow, *, event: str, reason: str | None, actor_id: UUID, at: datetime
) -> Values:
    """The row of history of one change, after it."""
    return {
        "institution_id": row.institution_id,
        "application_id": row.application_id,
        "version": row.version,
        "round": row.round,
        "event": event,
        "status": row.status,
        "reason": reason,
        "actor_id": actor_id,
        "happened_at": at,
    }


def told_submitted(row: ApplicationRow) -> feed.Told:
    """The event of a submission."""
    event = ApplicationSubmitted(
        application_id=row.application_id,
        borrower_id=row.borrower_id,
        branch_id=row.branch_id,
        product_id=row.product_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        term_months=row.term_months,
        sector=row.sector,
    )
    return feed.Told(event, row.application_id)
