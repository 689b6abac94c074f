"""What is told of a step to other services: that it was taken, and what stands with the client?"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.loans.contracts.tables import ContractRow
from services.loans.domain.allocation import Portions
from services.loans.domain.deal import Result, Taken
from services.loans.domain.modes import MODES
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ModeOfFinance
from shared.events import CorrectedDue, DealChanged, DealStepTaken, DisbursementCompleted
from shared.money import Money

HANDED_OVER = "goods"


def taken(
    contract: ContractRow, step: Taken, *, step_id: UUID, stage: str, mode: str, cash: Money
) -> DealStepTaken:
    """Tell a step; `cash` is what it moved in the fund, out negative."""
    return DealStepTaken(
        contract_id=contract.contract_id,
        step_id=step_id,
        fund_id=contract.fund_id,
        mode_of_finance=mode,
        step=step.code,
        stage=stage,
        taken_on=step.on,
        cash_minor=cash.minor,
        currency=contract.currency,
    )


def handed_over(
    contract: ContractRow, step: Taken, *, step_id: UUID, amount: Money
) -> DisbursementCompleted:
    """Tell what reached the client: goods at their cost, or a partner's money."""
    mode = MODES[ModeOfFinance(str(contract.terms["mode_of_finance"]))]
    return DisbursementCompleted(
        contract_id=contract.contract_id,
        disbursement_id=step_id,
        fund_id=contract.fund_id,
        amount_minor=amount.minor,
        currency=contract.currency,
        disbursed_on=step.on,
        channel=HANDED_OVER if mode.IS_DEBT else step.channel.value,
    )


def changed(
    contract: ContractRow,
    step: Taken,
    *,
    step_id: UUID,
    stage: str,
    at_work: Money,
    moved: Portions,
    result: Result | None,
    dues: Sequence[Instalment] | None,
    is_settled: bool,
    on: date | None = None,
    reverses_step_id: UUID | None = None,
) -> DealChanged | None:
    """Tell what a step changed of what stands with the client; None where nothing did."""
    principal = moved.principal + (0 if result is None else result.principal.minor)
    profit = moved.profit + (0 if result is None else result.profit.minor)
    declared = 0 if result is None else result.declared.minor
    quantity = step.figures.get("quantity", step.figures.get("units"))
    if dues is None and not is_settled and not any((at_work.minor, principal, profit, declared)):
        return None
    return DealChanged(
        contract_id=contract.contract_id,
        step_id=step_id,
        reverses_step_id=reverses_step_id,
        fund_id=contract.fund_id,
        mode_of_finance=str(contract.terms["mode_of_finance"]),
        step=step.code,
        stage=stage,
        effective_on=on or step.on,
        currency=contract.currency,
        at_work_minor=at_work.minor,
        principal_minor=principal,
        profit_minor=profit,
        declared_minor=declared,
        quantity=None if quantity is None else f"{quantity:f}",
        dues=None if dues is None else tuple(due_told(one) for one in dues),
        is_settled=is_settled,
    )


def due_told(one: Instalment) -> CorrectedDue:
    """Write an instalment as an event tells it."""
    return CorrectedDue(
        number=one.number,
        due_on=one.due_on,
        principal_minor=one.principal.minor,
        profit_minor=one.profit.minor,
        fee_minor=one.fee.minor,
        penalty_minor=one.penalty_minor,
    )
