"""Do the instalments of contracts that fold their course stand as the course says, folded anew?"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow, PositionRow
from services.loans.domain import allocation
from services.loans.domain.proved import Broken
from services.loans.domain.servicing import course_rows
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.life import PaidOut
from services.loans.domain.servicing.rows import Row, Rows
from services.loans.lives import queries as lives
from services.loans.repayments import queries as repayments

PAGE = 200


async def first_broken(session: AsyncSession) -> tuple[int, Broken | None]:
    """Fold every such contract again; return how many fit, and the first that does not."""
    after, count = UUID(int=0), 0
    while rows := await repayments.folding(session, served=lives.COURSE, after=after, limit=PAGE):
        for row, head in rows:
            why = await _why_broken(session, row, head)
            if why is not None:
                return count, Broken(row=str(row.contract_id), why=why)
            count += 1
        after = rows[-1][0].contract_id
    return count, None


async def _why_broken(session: AsyncSession, row: ContractRow, head: PositionRow) -> str | None:
    life = await lives.life_of(session, row)
    if not any(isinstance(one, PaidOut) for one in life.entered):
        return None
    kept = await contract_queries.instalments(session, [row.contract_id], currency=row.currency)
    held = tuple(
        Row(due.due_on, due.principal.minor, due.profit.minor, due.fee.minor, due.penalty_minor)
        for due in kept[row.contract_id]
    )
    paid = (
        head.paid_principal_minor,
        head.paid_profit_minor,
        head.paid_fee_minor,
        head.paid_penalty_minor,
        head.surplus_minor,
    )
    order = allocation.order_of(life.terms.allocation_order)
    folded = course_rows.rows_of(life.course())
    parts = [one.parts for one in folded]
    expected = tuple(allocation.waterfall(sum(paid), instalments=parts, order=order))
    if expected != paid:
        return f"its course pays {expected}, booked is {paid}"
    ours, theirs = (_open(one, paid=sum(paid), order=order) for one in (folded, held))
    return None if ours == theirs else f"its course leaves open {ours}, its instalments {theirs}"


def _open(rows: Rows, *, paid: int, order: allocation.Order) -> Rows:
    return arithmetic.compact(arithmetic.split(rows, paid=paid, order=order)[1])
