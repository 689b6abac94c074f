"""The routes of loans that are only tried out: on any terms, alone or in a list."""

from datetime import date

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.preview_schemas import (
    RefusalOut,
    TermsIn,
    WhatIfIn,
    WhatIfOut,
    WhatIfsIn,
    WhatIfsOut,
)
from services.loans.contracts.router import MayRead
from services.loans.contracts.schemas import AgreementOut, PreviewIn
from services.loans.deps import Db, Today
from services.loans.domain import agreement
from services.loans.domain.agreement import Agreement
from services.loans.domain.product import Asked
from services.loans.funds.queries import country as country_of
from services.loans.products import queries as products
from shared import problems
from shared.errors import RafidError
from shared.ids import ProductId
from shared.texts import Language
from shared.web import AskedLanguage

router = APIRouter(prefix="/loans/v1/contracts/previews", tags=["contracts"])


@router.post("/terms")
async def preview_terms(body: TermsIn, db: Db, _actor: MayRead, today: Today) -> AgreementOut:
    """Try out a loan on terms that no product need offer; nothing is stored."""
    async with db() as session:
        country = await country_of(session)
    terms = body.terms(today=today, country=country)
    return AgreementOut.of(agreement.of_terms(terms, country=country))


@router.post("/batch")
async def preview_batch(
    body: WhatIfsIn, db: Db, _actor: MayRead, today: Today, language: AskedLanguage
) -> WhatIfsOut:
    """Try out several loans side by side; one that cannot be says why and stops no other."""
    async with db() as session:
        country = await country_of(session)
        answers = [
            await _tried(session, item, today=today, country=country, language=language)
            for item in body.items
        ]
    return WhatIfsOut(items=answers)


async def _tried(
    session: AsyncSession, item: WhatIfIn, *, today: date, country: str, language: Language
) -> WhatIfOut:
    try:
        agreed = await _agreed(session, item, today=today, country=country)
    except RafidError as refused:
        problem = problems.of_error(refused, language=language)
        return WhatIfOut(
            refusal=RefusalOut(type=problem.type, title=problem.title, detail=problem.detail)
        )
    return WhatIfOut(agreement=AgreementOut.of(agreed))


async def _agreed(session: AsyncSession, item: WhatIfIn, *, today: date, country: str) -> Agreement:
    if item.of_product is not None:
        return await _of_product(session, item.of_product, today=today, country=country)
    if item.on_terms is None:
        raise ValueError("a loan is tried out of a product or on terms")
    terms = item.on_terms.terms(today=today, country=country)
    return agreement.of_terms(terms, country=country)


async def _of_product(
    session: AsyncSession, asked: PreviewIn, *, today: date, country: str
) -> Agreement:
    offered = await products.product(
        session, ProductId(asked.product_id), version=asked.product_version
    )
    return agreement.agree(
        offered,
        asked=Asked(
            amount=asked.amount.money(),
            term_months=asked.term_months,
            grace_months=asked.grace_months,
            annual_rate=asked.annual_rate,
        ),
        on=asked.signed_on or today,
        first_due_on=asked.first_due_on,
        country=country,
    )
