"""How is the last step of a deal taken back, when it was a mistake?

By its opposite: an entry that names the first, the fund's commitment standing again, and a row
that names the step. Goods that were handed over are a debt by then, and come back by other ways.
"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations as contracts
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.deals import operations, queries
from services.loans.deals.queries import History
from services.loans.deals.tables import DealStepRow
from services.loans.domain import deal as deals
from services.loans.domain import journal
from services.loans.domain.claiming import Move
from services.loans.domain.deal import Deal, Step
from services.loans.domain.funding import ClaimKind
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.modes import MODES
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.ledger import operations as ledger
from shared import feed, ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.events import DealStepTaken
from shared.ids import ApplicationId, EntryId, FundId
from shared.money import Money


class StepStands(RafidError):
    """Only the last step is taken back, and none that handed goods over"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The step {step_id} stands; the last that can be taken back is: {last}."
    step_id: UUID
    last: str | None


async def take_back(
    session: AsyncSession, contract_id: UUID, step_id: UUID, *, on: date, actor: Actor
) -> DealStepRow:
    """Take the last step of a contract's deal back.

    The contract is locked, then its fund. Raises ContractUnknown, StepStands, TransitionRefused,
    StepMovesMoney, MakerMovesMoney, ClaimRefused, PeriodClosed.
    """
    contract = await contract_queries.contract(
        session, contract_id, branch_ids=actor.branch_ids, lock=True
    )
    steps = await queries.history(session, contract_id)
    undone = _last(steps, step_id=step_id)
    operations.require_open(contract, code=undone.code)
    fund_id = FundId(contract.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    before = History(
        rows=[row for row in steps.rows if row.step_id != step_id], documents=steps.documents
    )
    deal, _ = await queries.deal(session, contract, fund=funds.accounts_of(fund), steps=before)
    stage = deals.stage(MODES[deal.terms.mode_of_finance].STEPS, taken=deal.taken)
    operations.require_may_take(
        _row(deal, undone, stage=stage),
        contract=contract,
        steps=before,
        code=undone.code,
        actor=actor,
        deal=deal,
    )
    back = _opposite(contract, undone, steps=steps, stage=stage, on=on, actor_id=actor.id)
    cash = await _book_back(session, undone, back, deal=deal, taken=steps)
    session.add(back)
    await session.flush()
    await _restore(session, contract, undone, before=before, actor=actor)
    event = _taken(back, contract=contract, deal=deal, cash_minor=cash)
    await feed.publish(session, event, subject_id=contract.contract_id)
    return back


def _taken(
    back: DealStepRow, *, contract: ContractRow, deal: Deal, cash_minor: int
) -> DealStepTaken:
    return DealStepTaken(
        contract_id=contract.contract_id,
        step_id=back.step_id,
        fund_id=contract.fund_id,
        mode_of_finance=deal.terms.mode_of_finance.value,
        step=back.code,
        stage=back.stage,
        taken_on=back.taken_on,
        cash_minor=cash_minor,
        currency=contract.currency,
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
        supplier_id=undone.supplier_id,
        entry_id=None if undone.entry_id is None else ids.new(),
        handed_minor=0,
        drawn_minor=-undone.drawn_minor,
        reverses_step_id=undone.step_id,
        actor_id=actor_id,
    )


def _last(steps: History, *, step_id: UUID) -> DealStepRow:
    last = steps.standing[-1] if steps.standing else None
    can_go = last is not None and last.handed_minor == 0
    if last is None or not can_go or last.step_id != step_id:
        raise StepStands(step_id=step_id, last=last.code if last is not None and can_go else None)
    return last


def _row(deal: Deal, undone: DealStepRow, *, stage: str) -> Step:
    steps = MODES[deal.terms.mode_of_finance].STEPS
    return next(step for step in steps if step.code == undone.code and stage in step.after)


async def _book_back(
    session: AsyncSession, undone: DealStepRow, back: DealStepRow, *, deal: Deal, taken: History
) -> int:
    """Post the opposite of what the step booked; gives what it moves in the fund's cash."""
    entry = MODES[deal.terms.mode_of_finance].entry(taken.taken()[-1], deal=deal)
    if entry is None or undone.entry_id is None or back.entry_id is None:
        return 0
    opposite = journal.reversal_entry(
        entry, entry_id=EntryId(undone.entry_id), reversed_on=back.taken_on
    )
    posting = ledger.Posting(
        entry=opposite,
        actor_id=back.actor_id,
        source_id=back.step_id,
        entry_id=EntryId(back.entry_id),
    )
    await ledger.post_all(session, [posting])
    return (opposite.amount_of("cash") + opposite.amount_of("wallet")).minor


async def _restore(
    session: AsyncSession,
    contract: ContractRow,
    undone: DealStepRow,
    *,
    before: History,
    actor: Actor,
) -> None:
    """Let the fund's commitment stand again, and a contract that had begun be signed again."""
    if not undone.drawn_minor:
        return
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
            session, [contract], event=ContractEvent.REVERSE_DISBURSEMENT, actor_id=actor.id
        )
