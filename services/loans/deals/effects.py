"""What does a step of a deal do to its contract: is it owed now, less, or over?"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations as contracts
from services.loans.contracts import positions
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.positions import PaidOut
from services.loans.contracts.tables import ContractRow
from services.loans.domain import reshaping
from services.loans.domain.deal import Deal, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.modes import MODES
from shared import feed
from shared.auth import Actor
from shared.events import DealStepTaken, DisbursementCompleted
from shared.feed import Told
from shared.ids import EntryId
from shared.money import Money

HANDED_OVER = "goods"
CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A step that may be taken, with all that is written for it."""

    contract: ContractRow
    deal: Deal
    step: Taken
    row: Step
    stage: str
    entry: JournalEntry | None
    drawn: Money
    step_id: UUID
    entry_id: EntryId

    def moved(self, *accounts: str) -> Money:
        """What the entry moves on accounts, debit positive."""
        none = self.deal.zero
        if self.entry is None:
            return none
        return sum((self.entry.amount_of(account) for account in accounts), none)

    @property
    def handed(self) -> Money:
        """What becomes the client's debt; negative where a debt falls away with the goods."""
        return self.moved("loans")


async def affect(session: AsyncSession, decided: Decided, *, actor: Actor) -> None:
    """Let the contract follow: goods handed over are owed, lost ones are not, shares end."""
    contract, mode = decided.contract, MODES[decided.deal.terms.mode_of_finance]
    told = [Told(_taken(decided), contract.contract_id)]
    if decided.handed.is_positive:
        told.append(Told(_handed_over(decided), contract.contract_id))
        paid_out = PaidOut(contract=contract, on=decided.step.on, event_id=told[-1].event_id)
        await contracts.pay_out(session, [paid_out], actor_id=actor.id)
    elif decided.handed.is_negative:
        await _lose(session, decided, event_id=told[0].event_id)
    elif not mode.IS_DEBT and decided.drawn.is_positive:
        if contract.status == ContractStatus.SIGNED:
            await contracts.enter(
                session, [contract], event=ContractEvent.DISBURSE, actor_id=actor.id
            )
    elif not mode.IS_DEBT and decided.stage == CLOSED:
        await contracts.enter(session, [contract], event=ContractEvent.SETTLE, actor_id=actor.id)
    await feed.publish_all(session, told)


async def _lose(session: AsyncSession, decided: Decided, *, event_id: UUID) -> None:
    """Take what was lost off the debt: its instalments fall with it."""
    contract, deal, on = decided.contract, decided.deal, decided.step.on
    loss = -decided.handed
    head = await contract_queries.locked_position(session, contract.contract_id)
    paid = Money(
        head.paid_principal_minor
        + head.paid_profit_minor
        + head.paid_fee_minor
        + head.paid_penalty_minor,
        deal.currency,
    )
    smaller = reshaping.after_loss(
        deal.instalments, paid=paid, loss=loss, order=deal.terms.allocation_order
    )
    await positions.restate(
        session, contract=contract, on=on, event_id=event_id, disbursed=-loss.minor
    )
    await positions.replace_instalments(
        session, contract=contract, instalments=smaller, effective_on=on, event_id=event_id
    )


def _taken(decided: Decided) -> DealStepTaken:
    return DealStepTaken(
        contract_id=decided.contract.contract_id,
        step_id=decided.step_id,
        fund_id=decided.contract.fund_id,
        mode_of_finance=decided.deal.terms.mode_of_finance.value,
        step=decided.step.code,
        stage=decided.stage,
        taken_on=decided.step.on,
        cash_minor=decided.moved("cash", "wallet").minor,
        currency=decided.deal.currency,
    )


def _handed_over(decided: Decided) -> DisbursementCompleted:
    return DisbursementCompleted(
        contract_id=decided.contract.contract_id,
        disbursement_id=decided.step_id,
        fund_id=decided.contract.fund_id,
        amount_minor=decided.handed.minor,
        currency=decided.deal.currency,
        disbursed_on=decided.step.on,
        channel=HANDED_OVER,
    )
