"""Which facility would answer for a loan that is about to be assessed, and for how much of it?

What `applications` asks before it asks scoring: what the funds say, and beside it the guarantee.
Nothing is covered by it: somebody covers the contract once it is signed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import guaranteeing
from services.loans.domain.guaranteeing import CoverAboveCap, Covered, CoverRefused, Facility
from services.loans.domain.serving import GuaranteeAnswer, Serving
from services.loans.eligibility import queries as eligibility
from services.loans.eligibility import serving
from services.loans.guarantees import queries
from services.loans.products import queries as products
from shared.ids import ApplicationId
from shared.money import Money


async def ask_funds(
    session: AsyncSession, application_ids: Sequence[ApplicationId], *, on: date
) -> Mapping[UUID, Serving]:
    """Give what funds say of each application, and the facility that would cover most of it."""
    found = await serving.ask_funds(session, application_ids, on=on)
    facilities = await queries.open_facilities(session, on=on)
    if not facilities:
        return found
    rows = [row for row, _ in await eligibility.applicants(session, application_ids)]
    versions = {(row.product_id, row.product_version) for row in rows}
    offered = await products.products_of(session, versions)
    guaranteed = {
        row.application_id: best_of(
            facilities,
            Covered(
                reference=str(row.application_id),
                principal=Money(row.amount_minor, row.currency),
                product_id=row.product_id,
                mode=offered[row.product_id, row.product_version].mode_of_finance,
                on=on,
            ),
        )
        for row in rows
    }
    return {key: replace(one, guarantee=guaranteed.get(key)) for key, one in found.items()}


def best_of(facilities: Sequence[tuple[Facility, Money]], loan: Covered) -> GuaranteeAnswer | None:
    """Return the facility that would cover most of a loan, the cheapest of equals, or None.

    Each stands with what it covers already. Worked: 50 % and 70 % are open and neither is used up:
    70 %.
    """
    answers = []
    for facility, used in facilities:
        try:
            cover = guaranteeing.cover(facility, loan, used=used)
        except (CoverRefused, CoverAboveCap):
            continue
        answers.append(GuaranteeAnswer(code=facility.code, share=facility.covered, fee=cover.fee))
    return min(answers, key=lambda one: (-one.share, one.fee.minor, one.code), default=None)
