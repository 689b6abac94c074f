"""Who asks for money out of what is held, and does another person pay it?

A withdrawal, and a share of a profit that is declared, are asked for by one and booked by another,
before the request expires or is withdrawn. What a rate earns is a sum that nobody chooses, so it
needs no request.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.domain import holdings
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.holdings import Asked, HoldingKind, Purpose
from services.loans.holdings import queries
from services.loans.holdings.refusals import (
    HeldRequestExpired,
    HeldRequestMet,
    HeldRequestOther,
    HeldRequestUnknown,
    HeldRequestWithdrawn,
    NotAskedByAnother,
)
from services.loans.holdings.tables import HoldingRequestEndRow, HoldingRequestRow
from shared import ids
from shared.auth import Actor
from shared.ids import ContractId
from shared.money import CurrencyMismatch, Money


async def ask(
    session: AsyncSession, contract_id: UUID, kind: HoldingKind, asked: Asked, *, actor: Actor
) -> HoldingRequestRow:
    """Ask for a withdrawal, or tell the profit that is declared, from `asked.on`; nothing moves.

    Raises ContractUnknown, NothingAgreedToHold, AmountNotPositive, CurrencyMismatch.
    """
    row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
    amount = asked.amount
    if amount.currency != row.currency:
        raise CurrencyMismatch(left=row.currency, right=amount.currency)
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)
    terms = contract_queries.terms_of(row)
    holdings.require_agreed(terms, purpose=asked.purpose, contract_id=ContractId(row.contract_id))
    request = HoldingRequestRow(
        institution_id=row.institution_id,
        request_id=ids.new(),
        contract_id=row.contract_id,
        kind=kind.value,
        purpose=asked.purpose.value,
        currency=amount.currency,
        amount_minor=amount.minor,
        channel=asked.channel.value if kind is HoldingKind.WITHDRAWAL else None,
        evidence=asked.evidence,
        expires_on=asked.on + timedelta(days=holdings.REQUEST_DAYS),
        actor_id=actor.id,
    )
    session.add(request)
    await session.flush()
    return request


async def end(
    session: AsyncSession, contract_id: UUID, request_id: UUID, *, actor: Actor
) -> HoldingRequestRow:
    """Withdraw a request that was not met: whoever asked, or whoever would have met it.

    Raises ContractUnknown, HeldRequestUnknown, HeldRequestMet, HeldRequestWithdrawn.
    """
    row = await contract_queries.contract(
        session, contract_id, branch_ids=actor.branch_ids, lock=True
    )
    request = await _open(session, ContractId(row.contract_id), request_id)
    session.add(
        HoldingRequestEndRow(
            institution_id=row.institution_id, request_id=request_id, actor_id=actor.id
        )
    )
    await session.flush()
    return request


async def require(
    session: AsyncSession,
    contract_id: ContractId,
    kind: HoldingKind,
    asked: Asked,
    *,
    request_id: UUID | None,
    actor: Actor,
    today: date,
) -> None:
    """Refuse what no other person asked for, just so, on a locked contract.

    Raises NotAskedByAnother, HeldRequestUnknown, HeldRequestMet, HeldRequestWithdrawn,
    HeldRequestOther, HeldRequestExpired.
    """
    by_one = NotAskedByAnother(contract_id=contract_id, amount=asked.amount)
    if request_id is None:
        raise by_one
    request = await _open(session, contract_id, request_id)
    if request.actor_id == actor.id:
        raise by_one
    if not _is_met_by(request, kind, asked):
        raise HeldRequestOther(
            request_id=request_id,
            asked_kind=HoldingKind(request.kind),
            amount=Money(request.amount_minor, request.currency),
        )
    if today >= request.expires_on:
        raise HeldRequestExpired(request_id=request_id, expires_on=request.expires_on)


async def _open(
    session: AsyncSession, contract_id: ContractId, request_id: UUID
) -> HoldingRequestRow:
    """Return a request on a locked contract that was neither met nor withdrawn."""
    request = await queries.find_request(session, request_id)
    if request is None or request.contract_id != contract_id:
        raise HeldRequestUnknown(request_id=request_id, contract_id=contract_id)
    met = await queries.find_met(session, request_id)
    if met is not None:
        raise HeldRequestMet(request_id=request_id, holding_id=met)
    if await queries.is_withdrawn(session, request_id):
        raise HeldRequestWithdrawn(request_id=request_id)
    return request


def _is_met_by(request: HoldingRequestRow, kind: HoldingKind, asked: Asked) -> bool:
    channel = asked.channel.value if kind is HoldingKind.WITHDRAWAL else None
    return (
        request.kind == kind
        and Purpose(request.purpose) is asked.purpose
        and Money(request.amount_minor, request.currency) == asked.amount
        and request.channel == channel
    )
