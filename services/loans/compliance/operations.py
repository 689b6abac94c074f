"""How is a breach of the Sharia logged, and what does its board decide of it?"""

from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.compliance import queries
from services.loans.compliance.commands import Found
from services.loans.compliance.queries import Case
from services.loans.compliance.tables import (
    CaseDecisionRow,
    CaseRow,
)
from services.loans.contracts import queries as contracts
from services.loans.domain import days
from services.loans.funds import queries as funds
from services.loans.funds.tables import FundRow
from services.loans.institutions import operations as institutions
from services.loans.rulings import queries as rulings
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId, FundId
from shared.money import CurrencyMismatch, Money

Outcome = Literal["approved", "rejected"]


class CaseOfAnotherFund(RafidError):
    """The contract is of another fund"""

    kind = Kind.RULE
    service = "loans"
    detail = "The contract {contract_id} is financed by another fund than {fund_id}."
    contract_id: UUID
    fund_id: UUID


class CaseStepUnknown(RafidError):
    """The contract has no such step"""

    kind = Kind.RULE
    service = "loans"
    detail = "The contract {contract_id} has no step {step_id}."
    step_id: UUID
    contract_id: UUID


class CaseDaysInvalid(RafidError):
    """A case is found after it happened and decided after it was found"""

    kind = Kind.RULE
    service = "loans"
    detail = "{later} cannot lie before {earlier}."
    later: date
    earlier: date


class CaseDecided(RafidError):
    """The board has decided the case already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The case {reference} is decided already."
    reference: str


class PurifyWithoutBreach(RafidError):
    """Without a breach nothing is purified"""

    kind = Kind.RULE
    service = "loans"
    detail = "The case {reference} is no breach; {amount} cannot be purified for it."
    reference: str
    amount: Money


async def log_case(session: AsyncSession, found: Found, *, today: date, actor: Actor) -> Case:
    """Enter a case into the log.

    Raises DayNotYet, CaseDaysInvalid, FundNotFound, CurrencyMismatch, ContractUnknown,
    CaseOfAnotherFund, CaseStepUnknown.
    """
    days.require_come(found.found_on, member="found_on", today=today)
    if found.found_on < found.occurred_on:
        raise CaseDaysInvalid(later=found.found_on, earlier=found.occurred_on)
    fund = await funds.fund_by_id(session, found.fund_id)
    require_currency(fund, found.amount)
    if found.contract_id is not None:
        await _require_of_fund(session, found, contract_id=ContractId(found.contract_id))
    row = CaseRow(
        institution_id=fund.institution_id,
        case_id=ids.new(),
        reference=await institutions.next_reference(session, kind="NC", year=today.year),
        event=found.event,
        description=found.description,
        root_cause=found.root_cause,
        found_by=found.found_by,
        occurred_on=found.occurred_on,
        found_on=found.found_on,
        fund_id=found.fund_id,
        contract_id=found.contract_id,
        step_id=found.step_id,
        currency=found.amount.currency,
        amount_minor=found.amount.minor,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return await queries.case(session, row.case_id)


async def decide_case(
    session: AsyncSession,
    case_id: UUID,
    *,
    board_id: UUID,
    is_breach: bool,
    purify: Money,
    remedy: str,
    decided_on: date,
    document_sha256: str,
    today: date,
    actor: Actor,
) -> Case:
    """Enter what a board decided of a case: whether it is a breach, and how much is tainted.

    Raises CaseUnknown, BoardUnknown, CaseDecided, CaseDaysInvalid, DayNotYet, CurrencyMismatch,
    PurifyWithoutBreach.
    """
    days.require_come(decided_on, member="decided_on", today=today)
    found = await queries.case(session, case_id)
    fund = (await funds.locked_funds(session, [FundId(found.row.fund_id)]))[
        FundId(found.row.fund_id)
    ]
    board = await rulings.board(session, board_id)
    require_currency(fund, purify)
    if decided_on < found.row.found_on:
        raise CaseDaysInvalid(later=decided_on, earlier=found.row.found_on)
    if not is_breach and not purify.is_zero:
        raise PurifyWithoutBreach(reference=found.row.reference, amount=purify)
    written = await session.execute(
        insert(CaseDecisionRow)
        .values(
            institution_id=fund.institution_id,
            case_id=case_id,
            board_id=board.board_id,
            is_breach=is_breach,
            purify_minor=purify.minor,
            currency=purify.currency,
            remedy=remedy,
            decided_on=decided_on,
            document_sha256=document_sha256,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing(index_elements=["institution_id", "case_id"])
        .returning(CaseDecisionRow.case_id)
    )
    if written.scalar() is None:
        raise CaseDecided(reference=found.row.reference)
    return await queries.case(session, case_id)


async def _require_of_fund(session: AsyncSession, found: Found, *, contract_id: ContractId) -> None:
    contract = await contracts.contract(session, contract_id)
    if contract.fund_id != found.fund_id:
        raise CaseOfAnotherFund(contract_id=contract_id, fund_id=found.fund_id)
    step_id = found.step_id
    if step_id is not None and not await queries.is_step_of(
        session, step_id, contract_id=contract_id
    ):
        raise CaseStepUnknown(step_id=step_id, contract_id=contract_id)


def require_currency(fund: FundRow, amount: Money) -> None:
    """Refuse an amount in another currency than the fund's. Raises CurrencyMismatch."""
    if amount.currency != fund.currency:
        raise CurrencyMismatch(left=fund.currency, right=amount.currency)
