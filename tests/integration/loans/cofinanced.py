"""Contracts that several funds finance together, written up to their signature."""

from collections.abc import Sequence

from sqlalchemy import insert

from services.loans.cofinancing import asking
from services.loans.cofinancing.tables import FundingSourceRow
from services.loans.contracts.tables import ContractRow
from services.loans.domain.claiming import Refused
from services.loans.domain.product import Product
from shared import ids
from shared.ids import ApplicationId, FundId
from shared.money import Money
from tests.integration.loans.scene import ACTOR, TODAY, Scene, ask
from tests.integration.loans.signing import Approval, approve, offer, qard, sign

Share = tuple[FundId, int, int]
"""A fund, its rank, and its part."""


async def approved(
    scene: Scene, shares: Sequence[Share], *, product: Product, amount: str, **changes: object
) -> tuple[ApplicationId, Refused | None]:
    """An approved application with its funds, and why it found no money if it found none."""
    money = Money.parse(amount, "JOD")
    approval = Approval(product=product, fund_id=shares[0][0], amount=money, **changes)  # type: ignore[arg-type]
    (application_id,) = await approve(scene, [approval], reserved=False)
    wanted = ask(shares[0][0], amount, application_id=application_id, mode=product.mode_of_finance)
    async with scene.database.begin(scene.institution_id) as session:
        rows = [
            {
                "institution_id": scene.institution_id,
                "application_id": application_id,
                "fund_id": fund_id,
                "place": place,
                "rank": rank,
                "part": part,
                "income_part": part,
                "actor_id": ids.new(),
            }
            for place, (fund_id, rank, part) in enumerate(shares, start=1)
        ]
        await session.execute(insert(FundingSourceRow), rows)
        (refusal,) = await asking.reserve_all(session, [wanted], on=TODAY, actor_id=ACTOR)
    return application_id, refusal


async def shared_contract(
    scene: Scene,
    shares: Sequence[Share],
    *,
    product: Product | None = None,
    amount: str = "1000.000",
    **changes: object,
) -> ContractRow:
    """One signed contract of several funds: 1,000 JOD of qard in 12 months, unless told."""
    offered = await offer(scene, product or qard())
    application_id, refusal = await approved(
        scene, shares, product=offered, amount=amount, **changes
    )
    assert refusal is None, refusal
    (row,) = await sign(scene, [application_id])
    return row
