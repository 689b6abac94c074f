"""What must scoring know of applications, and what was it asked about them?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries
from services.loans.applications.tables import ApplicationRequestRow, ApplicationRow
from services.loans.borrowers import queries as borrowers
from services.loans.borrowers.tables import BorrowerRow
from services.loans.bureau import queries as bureau
from services.loans.domain import freezing, telling
from services.loans.domain.borrower import ConsentPurpose
from services.loans.domain.cash_flow import CashFlow
from services.loans.domain.household import Household
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Product
from services.loans.products import queries as products
from shared import tenancy
from shared.auth import Actor
from shared.clients.scoring_requests import OtherDebt
from shared.ids import ApplicationId
from shared.money import Money
from shared.rulebook import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentFile:
    """What scoring needs to know of one application."""

    row: ApplicationRow
    product: Product
    borrower: BorrowerRow
    is_proven: bool
    refuses_automation: bool
    debts: Sequence[OtherDebt] = ()

    @property
    def household(self) -> Household:
        """The ordinary month that was told."""
        return household_of(self.row)

    @property
    def cash_flow(self) -> CashFlow | None:
        """What was told beside it."""
        return cash_flow_of(self.row)

    @property
    def told(self) -> dict[str, Condition]:
        """What the application tells of the conditions of ceilings and caps."""
        return telling.told(
            purpose=self.row.purpose,
            sector=self.row.sector,
            region=self.borrower.region,
            characteristics=self.row.characteristics,
        )


def household_of(row: ApplicationRow) -> Household:
    """The ordinary month of an application."""
    return Household(
        other_income=Money(row.other_income_minor, row.currency),
        sales=Money(row.sales_minor, row.currency),
        business_costs=Money(row.business_costs_minor, row.currency),
        household_costs=Money(row.household_costs_minor, row.currency),
        debt_service=Money(row.debt_service_minor, row.currency),
    )


def cash_flow_of(row: ApplicationRow) -> CashFlow | None:
    """What was told beside the ordinary month, if anything was."""
    if row.cash_flow is None:
        return None
    return freezing.from_json(CashFlow, row.cash_flow, currency=row.currency)


async def assessment_files(
    session: AsyncSession, application_ids: Sequence[ApplicationId], *, on: date
) -> list[AssessmentFile]:
    """What scoring needs to know of these applications, as far as they wait for it."""
    waiting = (ApplicationStatus.SUBMITTED.value, ApplicationStatus.WAITING_FOR_ASSESSMENT.value)
    query = (
        select(ApplicationRow)
        .where(
            ApplicationRow.institution_id == tenancy.institution_of(session),
            ApplicationRow.application_id.in_(set(application_ids)),
            ApplicationRow.status.in_(waiting),
        )
        .order_by(ApplicationRow.application_id)
    )
    rows = list((await session.execute(query)).scalars())
    offered = await products.products_of(
        session, {(row.product_id, row.product_version) for row in rows}
    )
    people = await queries.borrowers_of(session, rows)
    proven = await borrowers.documented(session, people.keys())
    purpose = ConsentPurpose.AUTOMATIC_DECISION
    debts = await _debts(session, rows, on=on)
    refusing = await borrowers.refusing(session, people.keys(), purpose=purpose, on=on)
    return [
        AssessmentFile(
            row=row,
            product=offered[row.product_id, row.product_version],
            borrower=people[row.borrower_id],
            is_proven=row.borrower_id in proven,
            refuses_automation=row.borrower_id in refusing,
            debts=debts[row.currency].get(row.borrower_id, ()),
        )
        for row in rows
    ]


async def _debts(
    session: AsyncSession, rows: Sequence[ApplicationRow], *, on: date
) -> dict[str, dict[UUID, list[OtherDebt]]]:
    """What borrowers owe elsewhere, by the currency in which they ask."""
    return {
        currency: await bureau.other_debts(
            session,
            {row.borrower_id for row in rows if row.currency == currency},
            currency=currency,
            on=on,
        )
        for currency in sorted({row.currency for row in rows})
    }


async def all_requests(
    session: AsyncSession, application_id: ApplicationId, *, actor: Actor
) -> list[ApplicationRequestRow]:
    """What scoring was asked about every round. Raises `ApplicationNotFound`."""
    row = await queries.application(session, application_id, actor=actor)
    query = (
        select(ApplicationRequestRow)
        .where(
            ApplicationRequestRow.institution_id == row.institution_id,
            ApplicationRequestRow.application_id == application_id,
        )
        .order_by(ApplicationRequestRow.round)
    )
    return list((await session.execute(query)).scalars())
