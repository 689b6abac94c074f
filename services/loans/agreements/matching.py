"""What is written when money comes to stand for an instalment, or stands for it no more?"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import operations, queries
from services.loans.agreements.tables import AgreementMoveRow, AgreementRow
from services.loans.domain.agreement_dues import Instalment
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.funds import expecting
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import ReceiptRow
from shared import feed, ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money
from shared.quiet_events import InstalmentReceived


class ReceiptOfAnother(RafidError):
    """The receipt is not of this agreement"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The receipt {receipt_id} is of another giver, was given as another thing, or was taken"
        " back."
    )
    receipt_id: UUID


async def locked(session: AsyncSession, agreement_id: UUID) -> AgreementRow:
    """Lock an agreement in force, then its fund."""
    row = await queries.in_force(session, agreement_id)
    await fund_queries.locked_funds(session, [FundId(row.fund_id)])
    return row


async def receipt(
    session: AsyncSession,
    row: AgreementRow,
    *,
    amount: Money,
    received_on: date,
    channel: Channel,
    actor: Actor,
) -> ReceiptRow:
    """Receive money of an agreement into its fund, as what it was agreed to be given."""
    return await funds.receive(
        session,
        fund_id=row.fund_id,
        donor_id=row.donor_id,
        amount=amount,
        received_on=received_on,
        channel=channel,
        nature=ReceiptNature(row.nature),
        actor_id=actor.id,
    )


def key(row: AgreementRow, one: Instalment, *, actor: Actor) -> dict[str, object]:
    """Give what every movement of an instalment says."""
    return {
        "institution_id": row.institution_id,
        "move_id": ids.new(),
        "agreement_id": row.agreement_id,
        "number": one.planned.number,
        "actor_id": actor.id,
    }


async def write(
    session: AsyncSession,
    row: AgreementRow,
    one: Instalment,
    *,
    move: AgreementMoveRow,
    received_on: date,
) -> AgreementMoveRow:
    """Add a movement, bind its receipt, count it off what is due, and tell it."""
    if move.receipt_id is None:
        raise LookupError("a movement of money names its receipt")
    if move.kind == "match":
        await _bind(session, row, move.receipt_id)
    session.add(move)
    await session.flush()
    came = Money(move.amount_minor, move.currency)
    await operations.count(session, row, one, amount=-came, actor_id=move.actor_id)
    event = InstalmentReceived(
        fund_id=row.fund_id,
        agreement_id=row.agreement_id,
        number=move.number,
        receipt_id=move.receipt_id,
        amount_minor=move.amount_minor,
        currency=move.currency,
        received_on=received_on,
    )
    await feed.publish(session, event, subject_id=row.fund_id)
    return move


async def _bind(session: AsyncSession, row: AgreementRow, receipt_id: UUID) -> None:
    """Let the receipt rest on the agreement alone."""
    mine = row.agreement_id
    if await expecting.bind(session, receipt_id, by=mine):
        return
    if not await expecting.bind(session, receipt_id, by=mine, instead_of=mine):
        raise ReceiptOfAnother(receipt_id=receipt_id)
