"""How is a step of a deal taken: guarded, booked, and with what it does to the contract?"""

from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.deals import effects, queries
from services.loans.deals.commands import Proposed
from services.loans.deals.effects import Decided
from services.loans.deals.queries import History
from services.loans.deals.tables import DealDocumentRow, DealStepRow
from services.loans.domain import chart
from services.loans.domain import deal as deals
from services.loans.domain.claiming import Ask
from services.loans.domain.deal import Deal, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.lifecycle import ContractStatus, TransitionRefused
from services.loans.domain.modes import MODES
from services.loans.funds import keeping, sparing
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tags import queries as tags
from services.loans.ledger import operations as ledger
from services.loans.products import queries as products
from shared import ids
from shared.auth import Actor, Role
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, EntryId, FundId
from shared.money import Money

OPEN = (ContractStatus.SIGNED, ContractStatus.ACTIVE)


class StepMovesMoney(RafidError):
    """Who may move the money of a fund takes this step"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The step {step} moves money: a funds manager takes it."
    step: str


class MakerMovesMoney(RafidError):
    """Nobody moves money on papers of their own making"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever signed the contract or recorded its papers cannot take the step {step}."
    step: str


class StepByAnother(RafidError):
    """Another than who recorded the papers takes this step"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The step {step} is taken by a funds manager who recorded none of the papers."
    step: str


async def take_step(
    session: AsyncSession, contract_id: UUID, proposed: Proposed, *, actor: Actor
) -> DealStepRow:
    """Take one step of a contract's deal: nothing is written unless all of it may be.

    The contract is locked, then its fund. Raises ContractUnknown, SupplierUnknown, what
    `domain.deal.follow` raises, StepMovesMoney, MakerMovesMoney, FundRestricted, FundExhausted,
    ClaimRefused, PeriodClosed.
    """
    contract = await contract_queries.contract(
        session, contract_id, branch_ids=actor.branch_ids, lock=True
    )
    steps = await queries.history(session, contract_id)
    fund_id = FundId(contract.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    deal, _ = await queries.deal(session, contract, fund=funds.accounts_of(fund), steps=steps)
    step = await _step(session, proposed, deal=deal)
    mode = MODES[deal.terms.mode_of_finance]
    if not deals.ended(mode.STEPS, taken=deal.taken):
        require_open(contract, code=step.code)
    row, entry = deals.follow(mode, step, deal=deal)
    require_may_take(row, contract=contract, steps=steps, code=step.code, actor=actor, deal=deal)
    decided = Decided(
        contract=contract,
        deal=deal,
        step=step,
        row=row,
        stage=deals.stage(mode.STEPS, taken=(*deal.taken, step)),
        entry=entry,
        change=mode.change(step, deal=deal),
        drawn=_to_draw(entry, deal=deal, steps=steps),
        step_id=ids.new(),
        entry_id=EntryId(ids.new()),
    )
    await _claim(session, decided, actor=actor)
    if entry is not None:
        posting = ledger.Posting(
            entry=entry,
            actor_id=actor.id,
            source_id=decided.step_id,
            entry_id=decided.entry_id,
        )
        await ledger.post_all(session, [posting])
    written = await _write(session, decided, proposed, number=len(steps.rows) + 1, actor=actor)
    await effects.affect(session, decided, actor=actor)
    return written


def require_may_take(
    row: Step, *, contract: ContractRow, steps: History, code: str, actor: Actor, deal: Deal
) -> None:
    """Refuse a step that moves money or needs another to whoever prepared it, or may do neither.

    Raises StepMovesMoney, StepByAnother, MakerMovesMoney.
    """
    if not (row.moves_money or row.by_another):
        return
    if Role.FUNDS_MANAGER not in actor.roles:
        raise StepMovesMoney(step=code) if row.moves_money else StepByAnother(step=code)
    table = MODES[deal.terms.mode_of_finance].STEPS
    moving = {one.code for one in table if one.moves_money or one.by_another}
    makers = {one.actor_id for one in steps.standing if one.code not in moving}
    if actor.id in makers | {contract.actor_id}:
        raise MakerMovesMoney(step=code) if row.moves_money else StepByAnother(step=code)


def require_open(contract: ContractRow, *, code: str) -> None:
    """Refuse steps on a contract that is over. Raises TransitionRefused."""
    if contract.status not in OPEN:
        raise TransitionRefused(state=contract.status, event=code, allowed=())


async def _step(session: AsyncSession, proposed: Proposed, *, deal: Deal) -> Taken:
    party = None
    if proposed.supplier_id is not None:
        party = await queries.party(session, proposed.supplier_id, borrower_id=deal.borrower_id)
    return Taken(
        code=proposed.code,
        on=proposed.on,
        documents={kind: paper.digest for kind, paper in proposed.papers.items()},
        amounts=proposed.amounts,
        figures=proposed.figures,
        days=proposed.days,
        party=party,
        channel=proposed.channel,
    )


def _to_draw(entry: JournalEntry | None, *, deal: Deal, steps: History) -> Money:
    """What of the money going out the fund had committed to this contract."""
    if entry is None:
        return deal.zero
    out = -sum((entry.amount_of(code) for code in chart.MONEY), deal.zero)
    committed = deal.terms.principal.minor - sum(row.drawn_minor for row in steps.standing)
    return max(deal.zero, min(out, Money(committed, deal.currency)))


async def _claim(session: AsyncSession, decided: Decided, *, actor: Actor) -> None:
    """Draw what was committed; what goes out beyond it must be free or held for the client."""
    upkeep = decided.moved("upkeep")
    if upkeep.is_positive:
        fund_id = FundId(decided.contract.fund_id)
        await keeping.require_corpus(session, fund_id, leaving=upkeep)
    out = -decided.moved(*chart.MONEY)
    held = max(decided.moved("client_deposit"), decided.deal.zero)
    beyond = out - decided.drawn - held
    ask = await _ask(session, decided)
    if beyond.is_positive:
        fund_id = ask.fund_id
        rows = await fund_queries.locked_funds(session, [fund_id])
        tag = await tags.tag_of(session, decided.contract.contract_id, fund_id=fund_id)
        await sparing.require_free(session, rows[fund_id], beyond, tag=tag)
    if decided.drawn.is_positive:
        await funds.draw_all(session, [ask], on=decided.step.on, actor_id=actor.id)


async def _ask(session: AsyncSession, decided: Decided) -> Ask:
    contract = decided.contract
    version = (contract.product_id, contract.product_version)
    offered = (await products.products_of(session, {version}))[version]
    return Ask(
        fund_id=FundId(contract.fund_id),
        application_id=ApplicationId(contract.application_id),
        amount=decided.drawn,
        mode=offered.mode_of_finance,
        bears_fee=offered.bears_fee,
        fund_kinds=offered.fund_kinds,
        ruling_id=offered.ruling_id,
    )


async def _write(
    session: AsyncSession, decided: Decided, proposed: Proposed, *, number: int, actor: Actor
) -> DealStepRow:
    contract, step = decided.contract, decided.step
    row = DealStepRow(
        institution_id=contract.institution_id,
        step_id=decided.step_id,
        contract_id=contract.contract_id,
        number=number,
        code=step.code,
        stage=decided.stage,
        taken_on=step.on,
        channel=step.channel.value,
        currency=contract.currency,
        amounts={
            name: amount.minor for name, amount in {**step.amounts, **decided.change.kept}.items()
        },
        figures={name: f"{figure:f}" for name, figure in step.figures.items()},
        days={name: day.isoformat() for name, day in step.days.items()},
        supplier_id=proposed.supplier_id,
        entry_id=None if decided.entry is None else decided.entry_id,
        handed_minor=decided.handed.minor,
        drawn_minor=decided.drawn.minor,
        settled_minor=decided.settled.minor,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    papers = [
        {
            "institution_id": contract.institution_id,
            "step_id": decided.step_id,
            "kind": kind,
            "digest": paper.digest,
            "reference": paper.reference,
        }
        for kind, paper in sorted(proposed.papers.items())
    ]
    if papers:
        await session.execute(insert(DealDocumentRow), papers)
    return row
