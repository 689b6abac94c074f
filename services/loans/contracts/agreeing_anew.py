"""How is a signed contract agreed anew, before anything was sold or paid out on it?

Its terms are frozen again and the ones before are kept, by a function of the database that refuses
it for any contract that is more than signed: nobody else may change what was agreed.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import cancelling
from services.loans.contracts.tables import ContractRow
from services.loans.domain import agreement
from services.loans.domain.lifecycle import ContractStatus, TransitionRefused
from services.loans.domain.product import OutsideProduct
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from services.loans.products import queries as products

RATE_PLACES = Decimal("0.000001")
AGREE_ANEW = "agree_anew"
AGREE = text("""
    select agree_anew(:institution_id, :contract_id, :source_id, cast(:terms as jsonb),
      :principal, :rate, :cost, :actor_id)
""")


async def agree_anew(
    session: AsyncSession,
    contract: ContractRow,
    *,
    terms: Terms,
    instalments: Sequence[Instalment],
    country: str,
    source_id: UUID,
    actor_id: UUID,
) -> None:
    """Freeze a locked, signed contract on other terms of its product; its fund has the rest back.

    Raises TransitionRefused, OutsideProduct, RateAboveCap.
    """
    if contract.status != ContractStatus.SIGNED:
        raise TransitionRefused(state=contract.status, event=AGREE_ANEW, allowed=())
    version = (contract.product_id, contract.product_version)
    offered = (await products.products_of(session, {version}))[version]
    limits = offered.amount
    if not limits.hold(terms.principal):
        raise OutsideProduct(
            member="amount",
            value=str(terms.principal),
            product_code=offered.code,
            least=str(limits.least),
            most=str(limits.most),
        )
    agreed = agreement.of_terms(terms, country=country)
    if tuple(agreed.instalments) != tuple(instalments):
        raise ArithmeticError(f"contract {contract.reference}: other instalments than were offered")
    await session.flush()
    await session.execute(
        AGREE,
        {
            "institution_id": contract.institution_id,
            "contract_id": contract.contract_id,
            "source_id": source_id,
            "terms": json.dumps(terms.to_json()),
            "principal": terms.principal.minor,
            "rate": agreed.disclosure.effective_annual_rate.quantize(RATE_PLACES),
            "cost": agreed.disclosure.total_cost.minor,
            "actor_id": actor_id,
        },
    )
    await session.refresh(contract)
    await cancelling.free_commitment(session, contract, actor_id=actor_id)
