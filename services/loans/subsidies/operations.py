"""How does one fund pay a part of the price of another fund's loan?

The contract is locked first, then the subsidy, then the fund that pays. What is paid is a repayment
of the contract: the borrower owes so much less. Both entries have the repayment as their source.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import queries as contracts
from services.loans.contracts.tables import ContractRow
from services.loans.domain import journal, subsidising
from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.funding import FundExhausted
from services.loans.domain.journal import Channel
from services.loans.domain.subsidising import Due, Subsidy
from services.loans.funds import keeping, restricting, returning, tagging
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import FundRow
from services.loans.ledger import operations as ledger
from services.loans.servicing import coursing
from services.loans.subsidies import queries
from services.loans.subsidies.tables import SubsidyPaymentRow, SubsidyRow
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId, FundId
from shared.money import CurrencyMismatch, Money


class SubsidyNotInState(RafidError):
    """The subsidy's state does not allow this"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The subsidy {subsidy_id} is {state}; this needs one that is {needed}."
    subsidy_id: UUID
    state: str
    needed: str


class SubsidyMakerDecides(RafidError):
    """Nobody decides on a subsidy of their own proposing"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The subsidy {subsidy_id} was proposed or stopped by the same person."
    subsidy_id: UUID


class ConditionNotAgreed(RafidError):
    """The subsidy has no such condition"""

    kind = Kind.RULE
    service = "loans"
    detail = "The subsidy rests on {conditions}, not on {condition}."
    condition: str
    conditions: tuple[str, ...]


class NothingDueToSubsidise(RafidError):
    """Nothing is to be paid on the subsidy"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "By {on} nothing has fallen due that the subsidy {subsidy_id} has not paid."
    subsidy_id: UUID
    on: date


class SubsidyOfOwnFund(RafidError):
    """A fund does not subsidise its own loan"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_code} finances {reference} itself: another fund is to subsidise it."
    fund_code: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A subsidy to be agreed: which fund pays how much of which contract's price."""

    contract_id: UUID
    fund_id: UUID
    subsidy: Subsidy
    conditions: tuple[str, ...]


async def propose(session: AsyncSession, proposal: Proposal, *, actor: Actor) -> SubsidyRow:
    """Propose a subsidy; it pays once another person approved it.

    Raises ContractUnknown, FundNotFound, AccountNotInChart for a fund that subsidises nothing,
    NothingToSubsidise, SubsidiesBeyondPrice, CurrencyMismatch.
    """
    contract = await contracts.contract(session, proposal.contract_id, branch_ids=actor.branch_ids)
    fund = await fund_queries.fund_by_id(session, proposal.fund_id)
    funds.accounts_of(fund).account("subsidy_expense")
    agreed = proposal.subsidy
    for currency in (
        fund.currency,
        contract.currency if agreed.cap is None else agreed.cap.currency,
    ):
        if currency != contract.currency:
            raise CurrencyMismatch(left=contract.currency, right=currency)
    rate = contracts.terms_of(contract).annual_rate
    subsidising.check(agreed, annual_rate=rate, reference=contract.reference)
    row = SubsidyRow(
        institution_id=contract.institution_id,
        subsidy_id=ids.new(),
        contract_id=contract.contract_id,
        fund_id=fund.fund_id,
        currency=contract.currency,
        measure=agreed.measure.value,
        part=agreed.part,
        cap_minor=None if agreed.cap is None else agreed.cap.minor,
        starts_on=agreed.starts_on,
        ends_on=agreed.ends_on,
        conditions=list(proposal.conditions),
        actor_id=actor.id,
    )
    await _require_within_price(session, row, contract)
    session.add(row)
    await session.flush()
    return row


async def approve(session: AsyncSession, subsidy_id: UUID, *, on: date, actor: Actor) -> SubsidyRow:
    """Approve a subsidy that another proposed.

    The contract is locked first, so that two are approved one after the other. Raises
    SubsidyUnknown, SubsidyNotInState, SubsidyMakerDecides, FundClosed, SubsidyOfOwnFund,
    SubsidiesBeyondPrice.
    """
    known = await queries.subsidy(session, subsidy_id)
    contract = await contracts.contract(session, known.contract_id, lock=True)
    row = await _in_state(session, subsidy_id, needed="proposed")
    if row.actor_id == actor.id:
        raise SubsidyMakerDecides(subsidy_id=subsidy_id)
    await payer(session, row)
    await _require_within_price(session, row, contract)
    row.approved_by, row.approved_on = actor.id, on
    await session.flush()
    return row


async def lose_condition(
    session: AsyncSession, subsidy_id: UUID, *, condition: str, on: date, actor: Actor
) -> SubsidyRow:
    """Stop a subsidy from the day a condition was lost; it is to be reviewed.

    Raises SubsidyNotInState, ConditionNotAgreed.
    """
    row = await _in_state(session, subsidy_id, needed="in_force")
    if condition not in row.conditions:
        raise ConditionNotAgreed(condition=condition, conditions=tuple(row.conditions))
    row.lost_condition, row.lost_on, row.lost_by = condition, on, actor.id
    await session.flush()
    return row


async def restore(session: AsyncSession, subsidy_id: UUID, *, actor: Actor) -> SubsidyRow:
    """Let a subsidy hold again after its review, by another than who proposed or stopped it.

    Raises SubsidyNotInState, SubsidyMakerDecides.
    """
    row = await _in_state(session, subsidy_id, needed="under_review")
    if actor.id in {row.actor_id, row.lost_by}:
        raise SubsidyMakerDecides(subsidy_id=subsidy_id)
    row.lost_condition = row.lost_on = row.lost_by = None
    await session.flush()
    return row


async def pay(
    session: AsyncSession, subsidy_id: UUID, *, on: date, today: date, actor: Actor
) -> SubsidyRow:
    """Pay what has fallen due by a day beyond what is paid; payments are numbered as they come.

    Raises SubsidyNotInState, PriceNoLongerPaid, NothingDueToSubsidise, ArrearsStopSubsidy,
    FundClosed, SubsidyOfOwnFund, FundExhausted, CorpusBelowFloor, and what a repayment of the
    contract refuses.
    """
    known = await queries.subsidy(session, subsidy_id)
    contract = await contracts.contract(
        session, known.contract_id, branch_ids=actor.branch_ids, lock=True
    )
    row = await queries.subsidy(session, subsidy_id, lock=True)
    state = queries.state_of(row)
    if state == "proposed":
        raise SubsidyNotInState(subsidy_id=subsidy_id, state=state, needed="in_force")
    subsidising.require_running(contract.status, reference=contract.reference)
    dues = await _dues(session, row, contract, on=on)
    if not dues:
        raise NothingDueToSubsidise(subsidy_id=subsidy_id, on=on)
    count = len(await queries.payments(session, subsidy_id))
    for number, due in enumerate(dues, start=count + 1):
        position = await contracts.locked_position(session, contract.contract_id)
        subsidising.require_no_arrears(
            due, conditions=row.conditions, oldest_open_due_on=position.oldest_open_due_on
        )
        await _pay(session, row, replace(due, number=number), on=on, today=today, actor=actor)
    return row


async def _dues(
    session: AsyncSession, row: SubsidyRow, contract: ContractRow, *, on: date
) -> list[Due]:
    found = await contracts.instalments(session, [contract.contract_id], currency=row.currency)
    done = await queries.payments(session, row.subsidy_id)
    return subsidising.dues(
        queries.subsidy_of(row),
        instalments=found[contract.contract_id],
        annual_rate=contracts.terms_of(contract).annual_rate,
        paid=Money(sum(one.amount_minor for one in done), row.currency),
        on=on,
    )


async def _pay(
    session: AsyncSession, row: SubsidyRow, due: Due, *, on: date, today: date, actor: Actor
) -> None:
    """Move the money from fund to fund: Dr subsidy_expense here, a repayment there."""
    fund_id = FundId(row.fund_id)
    fund = await payer(session, row)
    await returning.require_held(session, fund, due.amount, Channel.CASH)
    free = (await fund_queries.standings(session, [fund_id]))[fund_id].available
    if due.amount > free:
        raise FundExhausted(fund_code=fund.code, requested=due.amount, available=free)
    await tagging.require_free(session, fund, tag=None, amount=due.amount)
    await keeping.require_corpus(session, fund_id, leaving=due.amount)
    contract = await contracts.contract(session, row.contract_id)
    await restricting.require_for_contract(
        session,
        fund,
        due.amount,
        application_id=contract.application_id,
        mode=contracts.terms_of(contract).mode_of_finance,
        on=on,
    )
    command = ReceiveRepayment(
        contract_id=ContractId(row.contract_id),
        amount=due.amount,
        received_on=on,
        today=today,
        channel=Channel.CASH,
        actor_id=actor.id,
    )
    repayment_id = await coursing.receive_within(session, command)
    entry = journal.subsidy_entry(
        due.amount,
        fund=funds.accounts_of(fund),
        paid_on=on,
        contract_id=ContractId(row.contract_id),
    )
    entry_id = await ledger.post(session, entry, actor_id=actor.id, source_id=repayment_id)
    session.add(
        SubsidyPaymentRow(
            institution_id=row.institution_id,
            payment_id=ids.new(),
            subsidy_id=row.subsidy_id,
            number=due.number,
            due_on=due.due_on,
            currency=row.currency,
            amount_minor=due.amount.minor,
            paid_on=on,
            repayment_id=repayment_id,
            entry_id=entry_id,
            actor_id=actor.id,
        )
    )
    await session.flush()


async def payer(session: AsyncSession, row: SubsidyRow) -> FundRow:
    """Lock the fund that pays: it is open and none of those that the contract is of.

    Raises FundClosed, SubsidyOfOwnFund.
    """
    contract = await contracts.contract(session, row.contract_id)
    fund_id = FundId(row.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    if fund.status != "open":
        raise funds.FundClosed(fund_code=fund.code)
    if fund_id in await books.funds_of(session, row.contract_id, lead=contract.fund_id):
        raise SubsidyOfOwnFund(fund_code=fund.code, reference=contract.reference)
    return fund


async def _require_within_price(
    session: AsyncSession, row: SubsidyRow, contract: ContractRow
) -> None:
    subsidising.require_within_price(
        queries.subsidy_of(row),
        beside=await queries.beside(session, row),
        annual_rate=contracts.terms_of(contract).annual_rate,
        reference=contract.reference,
    )


async def _in_state(
    session: AsyncSession, subsidy_id: UUID, *, needed: queries.State
) -> SubsidyRow:
    row = await queries.subsidy(session, subsidy_id, lock=True)
    state = queries.state_of(row)
    if state != needed:
        raise SubsidyNotInState(subsidy_id=subsidy_id, state=state, needed=needed)
    return row
