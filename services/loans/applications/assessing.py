"""How does an application come to its assessment, and what if scoring does not answer?

Three steps, because no transaction stays open across HTTP: read in one, ask, write in another.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog

from services.loans.applications import operations, queries
from services.loans.applications.queries import AssessmentFile
from services.loans.domain import application as domain
from services.loans.domain.borrower import BorrowerKind
from services.loans.domain.chart import FundKind
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Product
from services.loans.domain.terms import ChargeMethod
from shared.clients.scoring import (
    BATCH_MAX,
    AssessmentOut,
    AssessmentRequest,
    FundPrice,
    HardFacts,
    Household,
    ProductLimits,
    ScoringClient,
    ScoringRefused,
    ScoringUnavailable,
)
from shared.db import TenantDb
from shared.ids import ApplicationId
from shared.money import Money
from shared.schemas import MoneyBody

# A submitted application older than this lost its answer on the way: the process ended.
LOST_AFTER = timedelta(seconds=30)

_log = structlog.get_logger()


async def assess(
    db: TenantDb,
    scoring: ScoringClient,
    application_ids: Sequence[ApplicationId],
    *,
    at: datetime,
    on: date,
) -> int:
    """Have applications assessed, 500 at a time; return how many were.

    Where scoring does not answer they wait in a visible state. An application that scoring
    refuses goes back for correction with the reason: asking again would not help.
    """
    done = 0
    for start in range(0, len(application_ids), BATCH_MAX):
        part = application_ids[start : start + BATCH_MAX]
        async with db() as session:
            files = await queries.assessment_files(session, part)
        requests = [request_of(file, on=on) for file in files]
        try:
            answers = await scoring.assess_many(requests, institution_id=db.institution_id)
        except ScoringUnavailable as error:
            async with db.begin() as session:
                await operations.postpone(session, part, because=error, at=at)
            break
        except ScoringRefused:
            answers = await _one_by_one(db, scoring, requests, at=at)
        async with db.begin() as session:
            await operations.record_assessments(session, answers, at=at)
        done += len(answers)
    return done


async def assess_waiting(
    db: TenantDb, scoring: ScoringClient, *, at: datetime, on: date, limit: int = BATCH_MAX
) -> int:
    """Have assessed what waits for it, and what lost its answer; return how many were."""
    async with db() as session:
        waiting = await queries.ids_in(
            session, [ApplicationStatus.WAITING_FOR_ASSESSMENT], until=at, limit=limit
        )
        lost = await queries.ids_in(
            session, [ApplicationStatus.SUBMITTED], until=at - LOST_AFTER, limit=limit
        )
    done = await assess(db, scoring, [*waiting, *lost], at=at, on=on)
    if waiting or lost:
        _log.info("assessed what waited", waiting=len(waiting), lost=len(lost), assessed=done)
    return done


async def _one_by_one(
    db: TenantDb, scoring: ScoringClient, requests: Sequence[AssessmentRequest], *, at: datetime
) -> list[AssessmentOut]:
    answers = []
    for request in requests:
        application_id = ApplicationId(request.application_id)
        try:
            answers.append(await scoring.assess(request, institution_id=db.institution_id))
        except ScoringRefused as error:
            async with db.begin() as session:
                await operations.return_refused(session, application_id, because=error, at=at)
        except ScoringUnavailable as error:
            async with db.begin() as session:
                await operations.postpone(session, [application_id], because=error, at=at)
    return answers


def request_of(file: AssessmentFile, *, on: date) -> AssessmentRequest:
    """What is asked of scoring: ids, codes and numbers, neither name nor age nor sex."""
    row, product, borrower = file.row, file.product, file.borrower

    def money(minor: int) -> MoneyBody:
        return MoneyBody.of(Money(minor, row.currency))

    return AssessmentRequest(
        assessment_id=queries.assessment_id_of(row.application_id, round_=row.round),
        application_id=row.application_id,
        branch_id=row.branch_id,
        product=_limits(product),
        amount=money(row.amount_minor),
        term_months=row.term_months,
        grace_months=row.grace_months,
        household=Household(
            other_income=money(row.other_income_minor),
            sales=money(row.sales_minor),
            business_costs=money(row.business_costs_minor),
            household_costs=money(row.household_costs_minor),
            debt_service=money(row.debt_service_minor),
        ),
        characteristics=row.characteristics,
        hard_facts=HardFacts(
            of_legal_age=domain.is_of_age(
                BorrowerKind(borrower.kind),
                born_on=borrower.born_on,
                least_years=product.least_age_years,
                on=on,
            ),
            identity_proven=file.is_proven,
            activity_permitted=row.activity_permitted,
            in_default_now=row.in_default_now,
        ),
        price=FundPrice(
            cost_of_funds=product.price.cost_of_funds,
            operating_cost=MoneyBody.of(product.price.operating_cost),
            operating_cost_monthly=MoneyBody.of(product.price.operating_cost_monthly),
            loss_given_default=product.price.loss_given_default,
            margin_share=product.price.margin_share,
            subsidy_available=_subsidy(product),
        ),
    )


def _subsidy(product: Product) -> MoneyBody | None:
    """What a fund may bear of the price: lenders' money bears nothing, other money all of it."""
    if product.fund_kinds == {FundKind.COMMERCIAL}:
        return MoneyBody.of(Money.zero(product.amount.least.currency))
    return None


def _limits(product: Product) -> ProductLimits:
    return ProductLimits(
        product_id=product.product_id,
        version=product.version,
        # Scoring knows loans with a price and loans without; a sale or a lease has one.
        mode_of_finance="qard" if product.charge_method is ChargeMethod.NONE else "conventional",
        charge_method=product.charge_method.value,
        amount_min=MoneyBody.of(product.amount.least),
        amount_max=MoneyBody.of(product.amount.most),
        term_months_min=product.term_months.least,
        term_months_max=product.term_months.most,
        annual_rate_min=product.annual_rate.least,
        annual_rate_default=product.annual_rate.usual,
        annual_rate_max=product.annual_rate.most,
        annual_rate_step=product.price.annual_rate_step,
        grace_months_max=product.grace_months.most,
    )
