"""What does a step of a deal do to its contract: is it owed now, less, agreed anew, or over?"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import agreeing_anew, cancelling, positions
from services.loans.contracts import operations as contracts
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.operations import Entered
from services.loans.contracts.positions import PaidOut
from services.loans.contracts.restating import Restated
from services.loans.contracts.tables import ContractRow
from services.loans.deals import telling
from services.loans.domain import chart
from services.loans.domain import deal as deals
from services.loans.domain.allocation import Portions
from services.loans.domain.deal import Change, Deal, Ending, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.lifecycle import CancelReason, ContractEvent, ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.positions import Standing
from services.loans.ledger import operations as ledger
from shared import feed
from shared.auth import Actor
from shared.feed import Told
from shared.ids import EntryId
from shared.money import Money

NOTHING = Portions(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A step that may be taken, with all that is written for it."""

    contract: ContractRow
    deal: Deal
    step: Taken
    row: Step
    stage: str
    entry: JournalEntry | None
    change: Change
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
    def settled(self) -> Money:
        """What came back in goods, at what they stood for."""
        return self.change.settled or self.deal.zero

    @property
    def handed(self) -> Money:
        """What becomes owed, in money or in goods; negative where it falls away."""
        return self.moved("loans", "goods_due") + self.settled

    @property
    def reached(self) -> Money:
        """What reached the client: goods that are a debt now, or money that is to work."""
        if MODES[self.deal.terms.mode_of_finance].IS_DEBT:
            return max(self.moved("loans"), self.deal.zero)
        return self.handed + self.at_work if self.drawn.is_positive else self.deal.zero

    @property
    def at_work(self) -> Money:
        """How much more stands in a share that owes nothing on a day."""
        return self.deal.zero if self.change.result is None else self.change.result.at_work


async def affect(session: AsyncSession, decided: Decided, *, actor: Actor) -> None:
    """Let the contract follow: goods handed over are owed, lost ones are not, shares end."""
    contract, step = decided.contract, decided.step
    cash = decided.moved(*chart.MONEY)
    mode = decided.deal.terms.mode_of_finance.value
    event = telling.taken(
        contract, step, step_id=decided.step_id, stage=decided.stage, mode=mode, cash=cash
    )
    told = [Told(event, contract.contract_id)]
    if decided.reached.is_positive:
        reached = telling.handed_over(
            contract, step, step_id=decided.step_id, amount=decided.reached
        )
        told.append(Told(reached, contract.contract_id))
    entered = Entered(contract=contract, on=step.on, event_id=told[-1].event_id)
    moved = await _restate(session, decided, event_id=told[0].event_id, actor=actor)
    await _begin(session, decided, entered=entered, actor=actor)
    is_over = await _end(session, decided, entered=entered, actor=actor)
    changed = telling.changed(
        contract,
        step,
        step_id=decided.step_id,
        stage=decided.stage,
        at_work=decided.handed + decided.at_work - decided.settled - decided.reached,
        moved=moved,
        result=decided.change.result,
        dues=decided.change.instalments,
        is_settled=is_over,
    )
    if changed is not None:
        told.append(Told(changed, contract.contract_id))
    await feed.publish_all(session, told)


async def _restate(
    session: AsyncSession, decided: Decided, *, event_id: UUID, actor: Actor
) -> Portions:
    """Let the contract have other instalments; gives what that moved between the parts paid."""
    change, contract = decided.change, decided.contract
    if change.terms is not None:
        await agreeing_anew.agree_anew(
            session,
            contract,
            terms=change.terms,
            instalments=change.instalments or (),
            country=decided.deal.country,
            source_id=decided.step_id,
            actor_id=actor.id,
        )
    if change.instalments is None:
        return NOTHING
    restated = await positions.replace_instalments(
        session,
        contract=contract,
        instalments=change.instalments,
        effective_on=decided.step.on,
        order_id=decided.step_id,
        event_id=event_id,
        status=Standing.RENEGOTIATED if change.anew else None,
        moved=decided.settled.minor,
    )
    await book_difference(
        session,
        restated,
        step=decided.step,
        deal=decided.deal,
        source_id=decided.step_id,
        settled=decided.settled.minor,
        actor=actor,
    )
    return restated.difference


async def book_difference(
    session: AsyncSession,
    restated: Restated,
    *,
    step: Taken,
    deal: Deal,
    source_id: UUID,
    settled: int,
    actor: Actor,
) -> None:
    """Book what other instalments moved between the parts paid: Dr profit, Cr loans.

    What was `settled` in goods, in minor units, the step has booked itself.
    """
    moved = restated.difference
    minor = {
        "loans": settled - moved.principal,
        "profit_income": -moved.profit,
        "fee_income": -moved.fee,
        "surplus": -moved.surplus,
    }
    amounts = {code: Money(amount, deal.currency) for code, amount in minor.items()}
    entry = deals.booked(step, deal=deal, moved=amounts)
    if entry is not None:
        await ledger.post(session, entry, actor_id=actor.id, source_id=source_id)


async def _begin(
    session: AsyncSession, decided: Decided, *, entered: Entered, actor: Actor
) -> None:
    """Let what is handed over be outstanding, and a contract run whose goods or money arrived."""
    contract = decided.contract
    starts = decided.reached.is_positive and contract.status == ContractStatus.SIGNED
    is_plain = decided.change.instalments is None and decided.moved("loans").is_positive
    if starts and is_plain and entered.event_id is not None:
        paid_out = PaidOut(contract=contract, on=entered.on, event_id=entered.event_id)
        await contracts.pay_out(session, [paid_out], actor_id=actor.id)
        return
    if decided.handed.minor:
        await positions.restate(
            session,
            contract=contract,
            on=entered.on,
            event_id=entered.event_id,
            disbursed=decided.handed.minor,
        )
    if starts:
        await contracts.enter(session, [entered], event=ContractEvent.DISBURSE, actor_id=actor.id)


async def _end(session: AsyncSession, decided: Decided, *, entered: Entered, actor: Actor) -> bool:
    """End the contract where the step does; one of which something is still owed goes on.

    Gives whether it is paid and closed by that.
    """
    contract, ends = decided.contract, decided.row.ends
    head = await contract_queries.locked_position(session, contract.contract_id)
    is_owed = head.oldest_open_due_on is not None and head.status != Standing.SIGNED
    if ends is Ending.CANCELLED:
        await cancelling.end_unsold(
            session, entered, reason=CancelReason.DEAL_ENDED, actor_id=actor.id
        )
        return False
    if ends is Ending.CLOSED and contract.status == ContractStatus.ACTIVE and not is_owed:
        await contracts.enter(session, [entered], event=ContractEvent.SETTLE, actor_id=actor.id)
        return True
    return False
