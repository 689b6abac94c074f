"""What does a decision rest on, and who may take it?"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as applications
from services.loans.applications.tables import ApplicationAssessmentRow, ApplicationRow
from services.loans.approvals.tables import AuthorityLevelRow, DecisionRow
from services.loans.domain import lawful, telling
from services.loans.domain.authority import AuthorityLevel, Decision, Outcome
from services.loans.domain.deciding import File, Offer
from services.loans.domain.lawful import Book, Used
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Asked, Recommendation
from services.loans.products import queries as products
from services.loans.rulebook import queries as rulebook
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, FundId, ProductId
from shared.money import Money
from shared.schemas import Page


class AuthorityLevelNotFound(RafidError):
    """There is no such level of approval"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No level of approval has the id {authority_level_id}."
    authority_level_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision, where the application stands after it, and the facts it rests on."""

    decision: DecisionRow
    application: ApplicationRow
    facts: tuple[Used, ...] = ()


async def authority_levels(session: AsyncSession) -> list[AuthorityLevel]:
    """The levels in force, as the domain knows them."""
    query = (
        select(AuthorityLevelRow)
        .where(
            AuthorityLevelRow.institution_id == tenancy.institution_of(session),
            AuthorityLevelRow.in_force,
        )
        .order_by(AuthorityLevelRow.level, AuthorityLevelRow.authority_level_id)
    )
    return [
        AuthorityLevel(
            level=row.level,
            role=row.role,
            max_amount=Money(row.max_amount_minor, row.currency),
            product_id=None if row.product_id is None else ProductId(row.product_id),
            fund_id=None if row.fund_id is None else FundId(row.fund_id),
        )
        for row in (await session.execute(query)).scalars()
    ]


async def listed_authority_levels(session: AsyncSession, *, page: Page) -> list[AuthorityLevelRow]:
    """Every level there is or was, one more than the page holds."""
    query = (
        select(AuthorityLevelRow)
        .where(AuthorityLevelRow.institution_id == tenancy.institution_of(session))
        .order_by(AuthorityLevelRow.authority_level_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        query = query.where(AuthorityLevelRow.authority_level_id > page.after)
    return list((await session.execute(query)).scalars())


async def authority_level(session: AsyncSession, authority_level_id: UUID) -> AuthorityLevelRow:
    """One level, locked. Raises `AuthorityLevelNotFound`."""
    key = (tenancy.institution_of(session), authority_level_id)
    row = await session.get(AuthorityLevelRow, key, with_for_update=True)
    if row is None:
        raise AuthorityLevelNotFound(authority_level_id=authority_level_id)
    return row


async def decisions_of(
    session: AsyncSession, rows: Collection[ApplicationRow]
) -> dict[UUID, list[DecisionRow]]:
    """The decisions of each application's present round, by level."""
    rounds = {row.application_id: row.round for row in rows}
    query = (
        select(DecisionRow)
        .where(
            DecisionRow.institution_id == tenancy.institution_of(session),
            DecisionRow.application_id.in_(rounds),
        )
        .order_by(DecisionRow.level)
    )
    found: defaultdict[UUID, list[DecisionRow]] = defaultdict(list)
    for row in (await session.execute(query)).scalars():
        if row.round == rounds[row.application_id]:
            found[row.application_id].append(row)
    return found


TOLD = text("""
    select a.application_id, a.purpose, a.sector, a.characteristics, b.region,
      (select count(*) from contract c where c.institution_id = a.institution_id
        and c.borrower_id = a.borrower_id and c.status <> 'cancelled') as earlier_contracts
    from application a
    join borrower b on b.institution_id = a.institution_id and b.borrower_id = a.borrower_id
    where a.institution_id = :institution_id and a.application_id = any(:application_ids)
""")


async def books(
    session: AsyncSession, application_ids: Collection[UUID], *, on: date
) -> dict[UUID, Book]:
    """The rulebook as it is read for each application; nothing where it has no ceilings."""
    book = await rulebook.book(session, on=on)
    if not lawful.speaks(book, *lawful.CEILINGS):
        return {}
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": list(application_ids),
    }
    return {
        row.application_id: book.knowing(
            telling.told(
                purpose=row.purpose,
                sector=row.sector,
                region=row.region,
                cycle=row.earlier_contracts + 1,
                characteristics=row.characteristics,
            )
        )
        for row in await session.execute(TOLD, values)
    }


async def files(
    session: AsyncSession, rows: Sequence[ApplicationRow]
) -> dict[UUID, tuple[File, UUID | None]]:
    """What decisions on locked applications rest on, with the id of the assessment."""
    versions = {(row.product_id, row.product_version) for row in rows}
    offered = await products.products_of(session, versions)
    assessed = await applications.assessments_of(session, rows)
    makers = await applications.makers_of(session, [row.application_id for row in rows])
    decided = await decisions_of(session, rows)
    levels = await authority_levels(session)
    found: dict[UUID, tuple[File, UUID | None]] = {}
    for row in rows:
        product = offered[row.product_id, row.product_version]
        assessment = assessed.get(row.application_id)
        earlier = decided.get(row.application_id, [])
        file = File(
            application_id=row.application_id,
            status=ApplicationStatus(row.status),
            product=product,
            asked=Asked(
                amount=Money(row.amount_minor, row.currency),
                term_months=row.term_months,
                grace_months=row.grace_months,
            ),
            recommended=applications.recommended(assessment, product=product)
            or Recommendation.REFER,
            menu=menu_of(assessment),
            following=following_of(assessment),
            maker_ids=makers.get(row.application_id, frozenset()),
            decisions=[
                Decision(level=one.level, outcome=Outcome(one.outcome), actor_id=one.actor_id)
                for one in earlier
            ],
            offer=next((offer for one in earlier if (offer := offer_of(one))), None),
            levels=levels,
        )
        found[row.application_id] = file, None if assessment is None else assessment.assessment_id
    return found


def menu_of(assessment: ApplicationAssessmentRow | None) -> dict[int, Asked]:
    """The lines of an assessment's menu."""
    lines: list[dict[str, Any]] = [] if assessment is None else assessment.answer["menu"]
    return {line["line"]: _asked(line) for line in lines}


def following_of(assessment: ApplicationAssessmentRow | None) -> frozenset[int]:
    """The lines of an assessment's menu whose instalments follow the months."""
    lines: list[dict[str, Any]] = [] if assessment is None else assessment.answer["menu"]
    return frozenset(line["line"] for line in lines if line.get("seasonal"))


def best_line(assessment: ApplicationAssessmentRow, *, fund_id: FundId) -> int | None:
    """The best line that this fund's money may pay; None where it stands on no line.

    A line that names no fund is on the product's own price, and any fund may pay it. One whose
    instalments follow the months is for people.
    """
    for line in assessment.answer["menu"]:
        if line.get("fund_id") in (None, str(fund_id)) and not line.get("seasonal"):
            return int(line["line"])
    return None


def offer_of(row: DecisionRow) -> Offer | None:
    """The offer of a decision, if it carries one."""
    if (
        row.fund_id is None
        or row.amount_minor is None
        or row.currency is None
        or row.term_months is None
        or row.grace_months is None
    ):
        return None
    return Offer(
        fund_id=FundId(row.fund_id),
        asked=Asked(
            amount=Money(row.amount_minor, row.currency),
            term_months=row.term_months,
            grace_months=row.grace_months,
            annual_rate=row.annual_rate,
        ),
    )


def _asked(line: dict[str, Any]) -> Asked:
    amount = line["amount"]
    return Asked(
        amount=Money.parse(amount["amount"], amount["currency"]),
        term_months=line["term_months"],
        grace_months=line["grace_months"],
        annual_rate=Decimal(line["annual_rate"]),
    )


DECIDED_ON = text("""
    select (max(d.decided_at) at time zone i.timezone)::date
    from application a
    join institution i on i.institution_id = a.institution_id
    join decision d on d.institution_id = a.institution_id
      and d.application_id = a.application_id and d.round = a.round
    where a.institution_id = :institution_id and a.application_id = :application_id
    group by i.timezone
""")


async def decided_on(session: AsyncSession, application_id: ApplicationId) -> date | None:
    """Return the institution's day of an application's last decision, or None before one."""
    values = {"institution_id": tenancy.institution_of(session), "application_id": application_id}
    found: date | None = await session.scalar(DECIDED_ON, values)
    return found
