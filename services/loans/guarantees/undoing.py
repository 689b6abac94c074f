"""How is a payment of a guarantor, or what was shared with it, taken back?

By another person than who booked it, and only the last that stands: each of its entries is booked
again as its opposite.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import chart, journal
from services.loans.domain.journal import Channel
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning
from services.loans.guarantees import queries
from services.loans.guarantees.tables import ClaimStepRow
from services.loans.ledger import operations as ledger
from services.loans.ledger.operations import Posting
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import EntryId


class TakerUndoes(RafidError):
    """Nobody takes back a step of their own"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The step {number} was taken by the same person: another one takes it back."
    number: int


async def undo(
    session: AsyncSession, row: ClaimStepRow, standing: Sequence[ClaimStepRow], *, actor: Actor
) -> None:
    """Let a claim stand as before its last step that moved money; `row` becomes that step.

    Raises TakerUndoes, FundExhausted where the money is not there, PeriodClosed.
    """
    undone, before = standing[-1], standing[-2]
    if undone.actor_id == actor.id:
        raise TakerUndoes(number=undone.number)
    row.status, row.amount_minor = before.status, before.amount_minor
    row.reverses_step_id = undone.step_id
    booked = await queries.entries_of(session, undone.step_id)
    await fund_queries.locked_funds(session, [one.lines[0].fund_id for one in booked.values()])
    postings = [
        Posting(
            entry=journal.reversal_entry(entry, entry_id=entry_id, reversed_on=row.taken_on),
            actor_id=actor.id,
            source_id=row.step_id,
            entry_id=EntryId(ids.new()),
        )
        for entry_id, entry in booked.items()
    ]
    await ledger.post_all(session, postings)
    for entry in booked.values():
        for line in entry.lines:
            if line.account_code in chart.MONEY:
                channel = Channel(line.account_code)
                await returning.require_not_overdrawn(session, line.fund_id, channel)
