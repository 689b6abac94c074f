"""What of a contract is drawn in tranches, and which instalments does that alone make?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.tables import ContractRow
from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain import drawn, schedule
from services.loans.domain.drawing import Tranche
from services.loans.domain.holdings import HoldingKind
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from services.loans.funds import queries as fund_queries
from services.loans.holdings import queries as holdings
from shared.ids import ApplicationId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What is paid out and stands.

    Since when, in how many payouts, with how much of the borrower's own contribution (minor
    units), and how much more may be drawn. `plan` are the instalments that follow from the
    payouts alone; None where the signed ones hold.
    """

    since: date | None = None
    payouts: int = 0
    contributed: int = 0
    undrawn: int = 0
    plan: tuple[Instalment, ...] | None = None


async def of(
    session: AsyncSession, row: ContractRow, *, terms: Terms, rows: Sequence[DisbursementRow]
) -> Drawn:
    """Return what of a contract is drawn, by what was paid out on it and stands."""
    since = rows[0].disbursed_on if rows else None
    if not drawn.in_parts(terms) or not rows:
        return Drawn(since=since, payouts=len(rows))
    standing = {one.disbursement_id for one in rows}
    contributed = -sum(
        one.amount_minor
        for one in await holdings.holdings_of(session, row.contract_id)
        if one.kind == HoldingKind.APPLIED and one.disbursement_id in standing
    )
    paid_out = [
        Tranche(on=one.disbursed_on, amount=Money(one.amount_minor, one.currency)) for one in rows
    ]
    has_plan = any(one.generation is not None for one in rows)
    return Drawn(
        since=since,
        payouts=len(rows),
        contributed=contributed,
        undrawn=await _undrawn(session, row),
        plan=schedule.schedule(drawn.terms_of(terms, drawn=paid_out)) if has_plan else None,
    )


async def _undrawn(session: AsyncSession, row: ContractRow) -> int:
    """What funds have committed and not paid out, in minor units."""
    claims = await fund_queries.claims_of(session, [ApplicationId(row.application_id)])
    return sum(one.committed.minor for one in claims.values())
