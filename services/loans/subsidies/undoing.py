"""How is a payment taken back that a subsidy should not have made?

By another person than who made it: the contract is as if the money had never come, and the fund
that paid has it again. The money must still be with the funds behind the loan.
"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import queries as contracts
from services.loans.contracts.tables import ContractRow
from services.loans.domain import journal
from services.loans.domain.collecting import ReverseRepayment
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning
from services.loans.ledger import operations as ledger
from services.loans.servicing import coursing
from services.loans.subsidies import queries
from services.loans.subsidies.operations import SubsidyMakerDecides
from services.loans.subsidies.tables import SubsidyPaymentRow, SubsidyRow
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId, EntryId, FundId, RepaymentId
from shared.money import Money


class SubsidyPaymentNotStanding(RafidError):
    """The subsidy has no such payment that stands"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The subsidy {subsidy_id} has no payment {number}, or it was taken back."
    subsidy_id: UUID
    number: int


async def take_back(
    session: AsyncSession, subsidy_id: UUID, number: int, *, reason: str, on: date, actor: Actor
) -> SubsidyRow:
    """Take a payment of a subsidy back, on the contract and in the fund that paid.

    Raises SubsidyUnknown, ContractUnknown, SubsidyPaymentNotStanding, SubsidyMakerDecides,
    FundExhausted, ContractWrittenOff, ContractIsClosed, PeriodClosed.
    """
    known = await queries.subsidy(session, subsidy_id)
    contract = await contracts.contract(
        session, known.contract_id, branch_ids=actor.branch_ids, lock=True
    )
    row = await queries.subsidy(session, subsidy_id, lock=True)
    payments = await queries.payments(session, subsidy_id)
    undone = {one.reverses_payment_id for one in payments}
    paid = next((one for one in payments if one.number == number), None)
    if paid is None or paid.amount_minor < 0 or paid.payment_id in undone:
        raise SubsidyPaymentNotStanding(subsidy_id=subsidy_id, number=number)
    if paid.actor_id == actor.id:
        raise SubsidyMakerDecides(subsidy_id=subsidy_id)
    behind = await books.funds_of(session, row.contract_id, lead=contract.fund_id)
    await fund_queries.locked_funds(session, [*behind, FundId(row.fund_id)])
    command = ReverseRepayment(
        repayment_id=RepaymentId(paid.repayment_id), reason=reason, actor_id=actor.id
    )
    repayment_id = await coursing.reverse_within(session, command)
    for fund_id in behind:
        await returning.require_not_overdrawn(session, fund_id, Channel.CASH)
    entry_id = await _give_back(
        session, paid, contract, repayment_id, fund_id=row.fund_id, actor_id=actor.id
    )
    session.add(
        SubsidyPaymentRow(
            institution_id=row.institution_id,
            payment_id=ids.new(),
            subsidy_id=subsidy_id,
            number=payments[-1].number + 1,
            due_on=paid.due_on,
            currency=paid.currency,
            amount_minor=-paid.amount_minor,
            paid_on=on,
            repayment_id=repayment_id,
            entry_id=entry_id,
            reverses_payment_id=paid.payment_id,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return row


async def _give_back(
    session: AsyncSession,
    paid: SubsidyPaymentRow,
    contract: ContractRow,
    repayment_id: UUID,
    *,
    fund_id: UUID,
    actor_id: UUID,
) -> EntryId:
    fund = await fund_queries.fund_by_id(session, fund_id)
    entry = journal.subsidy_entry(
        Money(paid.amount_minor, paid.currency),
        fund=funds.accounts_of(fund),
        paid_on=paid.paid_on,
        contract_id=ContractId(contract.contract_id),
    )
    opposite = journal.reversal_entry(
        entry, entry_id=EntryId(paid.entry_id), reversed_on=paid.paid_on
    )
    return await ledger.post(session, opposite, actor_id=actor_id, source_id=repayment_id)
