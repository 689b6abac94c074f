"""How is a payout booked that happened in another lender's system?"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations, parts
from services.loans.disbursements.operations import Payout
from services.loans.disbursements.tables import DisbursementRow
from shared.money import Money


async def take_over(
    session: AsyncSession, payouts: Sequence[Payout], *, actor_id: UUID
) -> list[DisbursementRow]:
    """Book loans that another lender's system paid out: nothing is drawn on, no rule refuses.

    Raises ContractUnknown, TransitionRefused, PeriodClosed.
    """
    rows = await contract_queries.locked_contracts(session, [one.contract_id for one in payouts])
    asks = await operations.asks_of(session, list(rows.values()))
    drawn_now = {one: parts.whole(contract_queries.terms_of(row)) for one, row in rows.items()}
    return await operations.book(
        session, payouts, rows=rows, drawn_now=drawn_now, asks=asks, actor_id=actor_id
    )


async def take_over_part(
    session: AsyncSession, row: ContractRow, payout: Payout, *, saved: Money, actor_id: UUID
) -> DisbursementRow:
    """Book what another lender's system paid out on a locked contract: all of it, or a tranche.

    `saved` of it was kept back as savings. Raises what `parts.told` raises, TransitionRefused,
    PeriodClosed.
    """
    terms = contract_queries.terms_of(row)
    gross = payout.amount or terms.principal
    part = await parts.told(
        session, row, terms=terms, on=payout.disbursed_on, gross=gross, saved=saved
    )
    rows, drawn_now = {payout.contract_id: row}, {payout.contract_id: part}
    asks = operations.of_parts(await operations.asks_of(session, [row]), drawn_now)
    (booked,) = await operations.book(
        session, [payout], rows=rows, drawn_now=drawn_now, asks=asks, actor_id=actor_id
    )
    return booked
