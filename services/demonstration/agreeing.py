"""Which agreements has the demonstration institution: a gift that rises, and a lender's line?

Both are made up. The gift's later steps wait for results; the line is not drawn.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.demonstration import institution as plan
from services.loans.agreements import operations as agreements
from services.loans.agreements.drafts import Draft
from services.loans.domain.agreement_dues import Planned
from services.loans.domain.agreement_offer import FacilityForm, Offer
from services.loans.domain.agreement_results import Comparison, Condition, Measure
from services.loans.domain.authority import Outcome
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.terms import Frequency
from services.loans.funds import queries as funds
from shared import periods
from shared.auth import Actor
from shared.ids import DonorId, FundId
from shared.schemas import Page

TEXT: Final = "اتفاقية مصطنعة لمؤسسة العرض"
# A made-up agreement has no paper beside its text.
PAPERS: Final = ({"title": TEXT, "sha256": sha256(TEXT.encode()).hexdigest()},)
STEPS: Final = (10_000, 20_000, 40_000)
LINE: Final = 200_000
YEARS_OF_STEPS: Final = 5
SMALL_AT_RISK: Final = "0.05"
MOST_PAID_OUT: Final = "0.8"


async def sign(
    session: AsyncSession,
    *,
    donors: Mapping[str, DonorId],
    since: date,
    maker: Actor,
    checker: Actor,
) -> None:
    """Enter both agreements by one person and approve them by another."""
    rows = await funds.funds(session, page=Page(limit=len(plan.FUNDS)))
    found = {row.code: FundId(row.fund_id) for row in rows}
    for draft in (_gift(found, donors, since=since), _line(found, donors, since=since)):
        entered = await agreements.propose(session, draft, actor=maker, today=since)
        await agreements.decide(
            session,
            entered.row.agreement_id,
            outcome=Outcome.APPROVE,
            actor=checker,
            today=since,
        )


def _gift(found: Mapping[str, FundId], donors: Mapping[str, DonorId], *, since: date) -> Draft:
    """Three steps that rise, a year apart: the later ones wait for what the earlier brought."""
    absorbed = Condition(
        number=1,
        measure=Measure.ABSORPTION,
        comparison=Comparison.AT_LEAST,
        threshold=Decimal(MOST_PAID_OUT),
    )
    sound = Condition(
        number=2,
        measure=Measure.PAR30,
        comparison=Comparison.AT_MOST,
        threshold=Decimal(SMALL_AT_RISK),
    )
    starts_on = periods.add_months(since, 12 * YEARS_OF_STEPS, month_end_rule="clamp")
    planned = tuple(
        Planned(
            number=number,
            due_on=periods.add_months(starts_on, 12 * number, month_end_rule="clamp"),
            amount=plan.jod(amount),
            conditions=0 if number == 1 else 2,
        )
        for number, amount in enumerate(STEPS, start=1)
    )
    clauses = (
        (absorbed, "صُرف للمقترضين أربعة أخماس ما قُبض على الأقل"),
        (sound, "المحفظة المعرضة للخطر لأكثر من 30 يومًا لا تتجاوز 5٪"),
    )
    return _draft(
        "DEMO-GIFT",
        fund_id=found["donation"],
        donor_id=donors["baraka"],
        party="donor",
        nature=ReceiptNature.DONATION_RESTRICTED,
        total=sum(STEPS),
        since=since,
        planned=planned,
        conditions=tuple((number, *clause) for number in (2, 3) for clause in clauses),
    )


def _line(found: Mapping[str, FundId], donors: Mapping[str, DonorId], *, since: date) -> Draft:
    """Money of a lender at 6 % a year, given back over 24 months."""
    offer = Offer(
        form=FacilityForm.CONVENTIONAL,
        annual_rate=Decimal("0.06"),
        instalments=24,
        frequency=Frequency.MONTHLY,
        early_to_the_day=True,
    )
    return _draft(
        "DEMO-LINE",
        fund_id=found["commercial"],
        donor_id=donors["lender"],
        party="lender",
        nature=ReceiptNature.COMMERCIAL,
        total=LINE,
        since=since,
        offer=offer,
    )


def _draft(
    reference: str,
    *,
    fund_id: FundId,
    donor_id: UUID,
    party: str,
    nature: ReceiptNature,
    total: int,
    since: date,
    planned: tuple[Planned, ...] = (),
    conditions: tuple[tuple[int, Condition, str], ...] = (),
    offer: Offer | None = None,
) -> Draft:
    last = periods.add_months(since, 120, month_end_rule="clamp")
    return Draft(
        reference=reference,
        fund_id=fund_id,
        donor_id=donor_id,
        party=party,
        nature=nature,
        total=plan.jod(total),
        signed_on=since,
        planned=planned,
        conditions=conditions,
        clauses=(),
        documents=PAPERS,
        pledge_id=None,
        late_after_days=30,
        counts_when_due=False,
        firm_days=0,
        offer=None if offer is None else offer.to_json(),
        available_until=None if offer is None else last,
    )
