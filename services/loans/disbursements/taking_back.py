"""How is a loan taken back that should not have been paid out?"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import asking, books
from services.loans.contracts import operations as contracts
from services.loans.contracts import positions
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.operations import Entered
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import parts, queries, restating
from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain import journal
from services.loans.domain.claiming import Move
from services.loans.domain.funding import ClaimKind
from services.loans.domain.journal import Channel
from services.loans.domain.lifecycle import ContractEvent
from services.loans.domain.positions import Standing
from services.loans.domain.schedule import Instalment
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.holdings import operations as holdings
from services.loans.ledger import operations as ledger
from shared import feed, ids
from shared.errors import Kind, RafidError
from shared.events import DisbursementReversed
from shared.ids import ApplicationId, ContractId, EntryId, FundId
from shared.money import Money


class MoneyIsWithBorrower(RafidError):
    """The money went out over a payment that stands"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{reference} was paid out by the payment {payment_id}: have the payment reversed."
    reference: str
    payment_id: UUID


async def take_back(
    session: AsyncSession, row: ContractRow, *, order_id: UUID, on: date, actor_id: UUID
) -> int | None:
    """Take a locked contract's newest disbursement back by its opposite.

    The fund's commitment stands again, so that as much can be paid out anew or given up. Where it
    was the only one the contract is signed again, with the instalments that were signed. Gives the
    generation of instalments that it made, if it made one. The order that nothing has moved since
    is the caller's to check. Raises MoneyIsWithBorrower, HoldingTooLow, TransitionRefused,
    PeriodClosed.
    """
    standing = await queries.standing_disbursements(session, row.contract_id)
    if not standing:
        raise LookupError(f"the contract {row.contract_id} is active and was not paid out")
    paid, is_only = standing[-1], len(standing) == 1
    if paid.payment_id is not None:
        raise MoneyIsWithBorrower(reference=row.reference, payment_id=paid.payment_id)
    held = await holdings.held_for(session, row)
    await _undraw(session, row, paid=paid, actor_id=actor_id)
    dues = None if paid.generation is None else await _dues(session, row, is_only=is_only)
    back = _opposite(row, paid=paid, on=on, actor_id=actor_id)
    await _post(session, row, paid=paid, back=back)
    told = feed.Told(_told(row, back, order_id=order_id), row.contract_id)
    if is_only:
        entered = Entered(contract=row, on=on, event_id=told.event_id)
        await contracts.enter(
            session, [entered], event=ContractEvent.REVERSE_DISBURSEMENT, actor_id=actor_id
        )
    status = Standing.SIGNED if is_only else None
    applied = restating.applied_with(held, paid)
    if dues is None:
        await positions.restate(
            session,
            contract=row,
            on=on,
            event_id=told.event_id,
            status=status,
            disbursed=back.amount_minor,
        )
    else:
        restated = await positions.replace_instalments(
            session,
            contract=row,
            instalments=dues,
            effective_on=on,
            order_id=order_id,
            event_id=told.event_id,
            status=status,
            moved=-applied.minor,
            disbursed=back.amount_minor,
        )
        back.generation = restated.generation
    session.add(back)
    await session.flush()
    await feed.publish_all(session, [told])
    await restating.follow_back(session, back, held=held)
    return back.generation


async def _dues(
    session: AsyncSession, row: ContractRow, *, is_only: bool
) -> tuple[Instalment, ...]:
    if not is_only:
        return await parts.without_last(session, row, terms=contract_queries.terms_of(row))
    return await queries.signed_instalments(session, row.contract_id, currency=row.currency)


async def _undraw(
    session: AsyncSession, row: ContractRow, *, paid: DisbursementRow, actor_id: UUID
) -> None:
    move = Move(
        fund_id=FundId(row.fund_id),
        application_id=ApplicationId(row.application_id),
        kind=ClaimKind.UNDRAW,
        amount=Money(paid.amount_minor, paid.currency),
    )
    await asking.undraw(session, move, principal=row.principal_minor, actor_id=actor_id)


def _opposite(
    row: ContractRow, *, paid: DisbursementRow, on: date, actor_id: UUID
) -> DisbursementRow:
    return DisbursementRow(
        institution_id=row.institution_id,
        disbursement_id=ids.new(),
        contract_id=row.contract_id,
        currency=paid.currency,
        amount_minor=-paid.amount_minor,
        fee_kept_minor=-paid.fee_kept_minor,
        saved_minor=-paid.saved_minor,
        disbursed_on=on,
        channel=paid.channel,
        payment_id=None,
        reverses_disbursement_id=paid.disbursement_id,
        entry_id=ids.new(),
        actor_id=actor_id,
    )


async def _post(
    session: AsyncSession, row: ContractRow, *, paid: DisbursementRow, back: DisbursementRow
) -> None:
    fund = await fund_queries.fund_by_id(session, row.fund_id)
    entry = journal.disbursement_entry(
        Money(paid.amount_minor, paid.currency),
        fund=funds.accounts_of(fund),
        disbursed_on=paid.disbursed_on,
        contract_id=ContractId(row.contract_id),
        channel=Channel(paid.channel),
        fee=Money(paid.fee_kept_minor, paid.currency),
        saved=Money(paid.saved_minor, paid.currency),
    )
    opposite = journal.reversal_entry(
        entry, entry_id=EntryId(paid.entry_id), reversed_on=back.disbursed_on
    )
    posting = ledger.Posting(
        entry=opposite,
        actor_id=back.actor_id,
        source_id=back.disbursement_id,
        entry_id=EntryId(back.entry_id),
    )
    await books.post_all(session, [posting])


def _told(row: ContractRow, back: DisbursementRow, *, order_id: UUID) -> DisbursementReversed:
    if back.reverses_disbursement_id is None:
        raise ValueError("a disbursement taken back names the one it undoes")
    return DisbursementReversed(
        contract_id=row.contract_id,
        disbursement_id=back.disbursement_id,
        reverses_disbursement_id=back.reverses_disbursement_id,
        order_id=order_id,
        fund_id=row.fund_id,
        amount_minor=back.amount_minor,
        fee_kept_minor=back.fee_kept_minor,
        currency=back.currency,
        disbursed_on=back.disbursed_on,
        channel=back.channel,
    )
