"""How is the last step of a deal taken back, when it was a mistake?

By its opposite: an entry that names the first, the fund's commitment standing again, the
instalments that held before it, and a row that names the step. Goods that were handed over are a
debt by then, and come back by other ways.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations as contracts
from services.loans.contracts import positions
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.operations import Entered
from services.loans.contracts.tables import ContractRow
from services.loans.deals import effects, operations, queries, telling
from services.loans.deals.queries import History
from services.loans.deals.tables import DealStepRow
from services.loans.domain import chart, journal
from services.loans.domain import deal as deals
from services.loans.domain.allocation import Portions
from services.loans.domain.claiming import Move
from services.loans.domain.deal import Deal, Result, Step, Taken
from services.loans.domain.funding import ClaimKind
from services.loans.domain.journal import JournalEntry
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.schedule import Instalment
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.ledger import operations as ledger
from shared import feed, ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.feed import Told
from shared.ids import ApplicationId, EntryId, FundId
from shared.money import Money


class StepStands(RafidError):
    """Only the last step is taken back, and none that handed goods over"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The step {step_id} stands; the last that can be taken back is: {last}."
    step_id: UUID
    last: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A step that is taken back: its row, what it booked, the deal before it, its opposite."""

    row: DealStepRow
    step: Taken
    booked: JournalEntry | None
    deal: Deal
    back: DealStepRow
    result: Result | None

    def moved(self, *accounts: str) -> Money:
        """What the step had moved on accounts, debit positive."""
        if self.booked is None:
            return self.deal.zero
        return sum((self.booked.amount_of(code) for code in accounts), self.deal.zero)


async def take_back(
    session: AsyncSession, contract_id: UUID, step_id: UUID, *, on: date, actor: Actor
) -> DealStepRow:
    """Take the last step of a contract's deal back.

    The contract is locked, then its fund. Raises ContractUnknown, StepStands, TransitionRefused,
    StepMovesMoney, StepByAnother, MakerMovesMoney, ClaimRefused, PeriodClosed.
    """
    contract = await contract_queries.contract(
        session, contract_id, branch_ids=actor.branch_ids, lock=True
    )
    steps = await queries.history(session, contract_id)
    row = _last(steps, step_id=step_id)
    fund_id = FundId(contract.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    before = History(
        rows=[one for one in steps.rows if one.step_id != step_id], documents=steps.documents
    )
    deal, _ = await queries.deal(session, contract, fund=funds.accounts_of(fund), steps=before)
    stage = deals.stage(MODES[deal.terms.mode_of_finance].STEPS, taken=deal.taken)
    taken_row = _row(deal, row, stage=stage)
    if taken_row.ends is None or contract.status != ContractStatus.CLOSED:
        operations.require_open(contract, code=row.code)
    operations.require_may_take(
        taken_row, contract=contract, steps=before, code=row.code, actor=actor, deal=deal
    )
    undone = Undone(
        row=row,
        step=steps.taken()[-1],
        booked=await queries.booked(session, row),
        deal=deal,
        back=_opposite(contract, row, steps=steps, stage=stage, on=on, actor_id=actor.id),
        result=_result(steps.taken()[-1], deal=deal),
    )
    if undone.moved("loans").is_positive:
        raise StepStands(step_id=step_id, last=None)
    await _book_back(session, undone)
    session.add(undone.back)
    await session.flush()
    await _undo(session, contract, undone, before=before, actor=actor)
    return undone.back


async def _undo(
    session: AsyncSession,
    contract: ContractRow,
    undone: Undone,
    *,
    before: History,
    actor: Actor,
) -> None:
    """Let the contract stand as before the step, and tell it."""
    back = undone.back
    step = replace(undone.step, on=back.taken_on)
    event = telling.taken(
        contract,
        step,
        step_id=back.step_id,
        stage=back.stage,
        mode=undone.deal.terms.mode_of_finance.value,
        cash=-undone.moved(*chart.MONEY),
    )
    told = [Told(event, contract.contract_id)]
    entered = Entered(contract=contract, on=back.taken_on, event_id=told[0].event_id)
    if contract.status == ContractStatus.CLOSED:
        await contracts.enter(session, [entered], event=ContractEvent.REOPEN, actor_id=actor.id)
    dues, moved = await _agree_back(
        session, contract, undone, event_id=told[0].event_id, actor=actor
    )
    if back.handed_minor:
        await positions.restate(
            session,
            contract=contract,
            on=back.taken_on,
            event_id=told[0].event_id,
            disbursed=back.handed_minor,
        )
    await _restore(session, entered, undone.row, before=before, actor=actor)
    at_work = undone.deal.zero if undone.result is None else -undone.result.at_work
    changed = telling.changed(
        contract,
        step,
        step_id=back.step_id,
        stage=back.stage,
        at_work=at_work + Money(back.handed_minor - back.settled_minor, back.currency),
        moved=moved,
        result=None if undone.result is None else _negative(undone.result),
        dues=dues,
        is_settled=False,
        reverses_step_id=undone.row.step_id,
    )
    if changed is not None:
        told.append(Told(changed, contract.contract_id))
    await feed.publish_all(session, told)


async def _agree_back(
    session: AsyncSession, contract: ContractRow, undone: Undone, *, event_id: UUID, actor: Actor
) -> tuple[tuple[Instalment, ...] | None, Portions]:
    """Let the instalments hold again that held before the step, if it agreed others.

    Raises StepStands where an order has agreed yet others since, or the terms were agreed anew.
    """
    back = undone.back
    generation = await queries.generation_of(session, undone.row)
    if generation is None:
        return None, effects.NOTHING
    head = await contract_queries.locked_position(session, contract.contract_id)
    if head.generation != generation or _is_anew(undone):
        raise StepStands(step_id=undone.row.step_id, last=None)
    dues = await queries.instalments_of(session, undone.row, generation=generation - 1)
    if not dues:
        # A contract that owed nothing owes one instalment of nothing again.
        none = undone.deal.zero
        due_on = back.taken_on
        dues = (Instalment(number=1, due_on=due_on, principal=none, profit=none, fee=none),)
    restated = await positions.replace_instalments(
        session,
        contract=contract,
        instalments=dues,
        effective_on=back.taken_on,
        order_id=back.step_id,
        event_id=event_id,
        moved=back.settled_minor,
    )
    await effects.book_difference(
        session,
        restated,
        step=replace(undone.step, on=back.taken_on),
        deal=undone.deal,
        source_id=back.step_id,
        settled=back.settled_minor,
        actor=actor,
    )
    return dues, restated.difference


def _is_anew(undone: Undone) -> bool:
    """Whether the step had the terms of the contract agreed anew: those stand."""
    mode = MODES[undone.deal.terms.mode_of_finance]
    return mode.change(undone.step, deal=undone.deal).terms is not None


def _result(step: Taken, *, deal: Deal) -> Result | None:
    """What the step made of money at work, where no instalment is owed."""
    mode = MODES[deal.terms.mode_of_finance]
    return None if mode.IS_DEBT else mode.change(step, deal=deal).result


def _negative(result: Result) -> Result:
    return Result(
        at_work=-result.at_work,
        principal=-result.principal,
        profit=-result.profit,
        declared=-result.declared,
    )


def _opposite(
    contract: ContractRow,
    undone: DealStepRow,
    *,
    steps: History,
    stage: str,
    on: date,
    actor_id: UUID,
) -> DealStepRow:
    """The row that takes a step back: all that it drew is given back, on no earlier day."""
    return DealStepRow(
        institution_id=contract.institution_id,
        step_id=ids.new(),
        contract_id=contract.contract_id,
        number=len(steps.rows) + 1,
        code=undone.code,
        stage=stage,
        taken_on=max(on, undone.taken_on),
        channel=undone.channel,
        currency=contract.currency,
        amounts=undone.amounts,
        figures=undone.figures,
        days=undone.days,
        supplier_id=undone.supplier_id,
        entry_id=None if undone.entry_id is None else ids.new(),
        handed_minor=-undone.handed_minor,
        drawn_minor=-undone.drawn_minor,
        settled_minor=-undone.settled_minor,
        reverses_step_id=undone.step_id,
        actor_id=actor_id,
    )


def _last(steps: History, *, step_id: UUID) -> DealStepRow:
    last = steps.standing[-1] if steps.standing else None
    if last is None or last.step_id != step_id:
        raise StepStands(step_id=step_id, last=None if last is None else last.code)
    return last


def _row(deal: Deal, undone: DealStepRow, *, stage: str) -> Step:
    steps = MODES[deal.terms.mode_of_finance].STEPS
    return next(step for step in steps if step.code == undone.code and stage in step.after)


async def _book_back(session: AsyncSession, undone: Undone) -> None:
    """Post the opposite of what the step booked."""
    back = undone.back
    if undone.booked is None or undone.row.entry_id is None or back.entry_id is None:
        return
    opposite = journal.reversal_entry(
        undone.booked, entry_id=EntryId(undone.row.entry_id), reversed_on=back.taken_on
    )
    posting = ledger.Posting(
        entry=opposite,
        actor_id=back.actor_id,
        source_id=back.step_id,
        entry_id=EntryId(back.entry_id),
    )
    await ledger.post_all(session, [posting])


async def _restore(
    session: AsyncSession,
    entered: Entered,
    undone: DealStepRow,
    *,
    before: History,
    actor: Actor,
) -> None:
    """Let the fund's commitment stand again, and a contract that had begun be signed again."""
    if not undone.drawn_minor:
        return
    contract = entered.contract
    move = Move(
        fund_id=FundId(contract.fund_id),
        application_id=ApplicationId(contract.application_id),
        kind=ClaimKind.UNDRAW,
        amount=Money(undone.drawn_minor, contract.currency),
    )
    await funds.claim_once(session, move, actor_id=actor.id)
    begun = any(row.drawn_minor for row in before.standing)
    if contract.status == ContractStatus.ACTIVE and not begun:
        await contracts.enter(
            session, [entered], event=ContractEvent.REVERSE_DISBURSEMENT, actor_id=actor.id
        )
