"""The routes of loans that are only tried out: on any terms, alone or in a list."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from services.loans.domain.lawful import Book
from services.loans.domain.product import Asked
from services.loans.products import queries as products
from services.loans.rulebook import queries as rulebook
from shared import problems
from shared.errors import RafidError
from shared.ids import ProductId
from shared.rulebook import Fact
from shared.texts import Language
from shared.web import AskedLanguage

router = APIRouter(prefix="/loans/v1/contracts/previews", tags=["contracts"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Law:
    """What a list of loans is held against, each on its own day."""

    country: str
    facts: Sequence[Fact]
    today: date

    def on(self, day: date | None) -> Book:
        return rulebook.as_read(self.country, self.facts, on=day or self.today)


@router.post("/terms")
async def preview_terms(body: TermsIn, db: Db, _actor: MayRead, today: Today) -> AgreementOut:
    """Try out a loan on terms that no product need offer; nothing is stored."""
    async with db() as session:
        book = await rulebook.book(session, on=body.disbursed_on or today)
    terms = body.terms(today=today, country=book.country)
    return AgreementOut.of(agreement.of_terms(terms, country=book.country, book=book))


@router.post("/batch")
async def preview_batch(
    body: WhatIfsIn, db: Db, _actor: MayRead, today: Today, language: AskedLanguage
) -> WhatIfsOut:
    """Try out several loans side by side; one that cannot be says why and stops no other."""
    async with db() as session:
        country, facts = await rulebook.own_facts(session)
        law = _Law(country=country, facts=facts, today=today)
        answers = [await _tried(session, item, law=law, language=language) for item in body.items]
    return WhatIfsOut(items=answers)


async def _tried(
    session: AsyncSession, item: WhatIfIn, *, law: _Law, language: Language
) -> WhatIfOut:
    try:
        agreed = await _agreed(session, item, law=law)
    except RafidError as refused:
        problem = problems.of_error(refused, language=language)
        return WhatIfOut(
            refusal=RefusalOut(type=problem.type, title=problem.title, detail=problem.detail)
        )
    return WhatIfOut(agreement=AgreementOut.of(agreed))


async def _agreed(session: AsyncSession, item: WhatIfIn, *, law: _Law) -> Agreement:
    if item.of_product is not None:
        return await _of_product(session, item.of_product, law=law)
    if item.on_terms is None:
        raise ValueError("a loan is tried out of a product or on terms")
    book = law.on(item.on_terms.disbursed_on)
    terms = item.on_terms.terms(today=law.today, country=book.country)
    return agreement.of_terms(terms, country=book.country, book=book)


async def _of_product(session: AsyncSession, asked: PreviewIn, *, law: _Law) -> Agreement:
    book = law.on(asked.signed_on)
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
        on=asked.signed_on or law.today,
        first_due_on=asked.first_due_on,
        country=book.country,
        book=book,
    )
