"""What moves beside the loan with a payout: held money, and the sums paid as they fall now?"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow, GenerationRow
from services.loans.deals import telling
from services.loans.disbursements.parts import Part
from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain import drawn
from services.loans.domain.allocation import Portions
from services.loans.domain.holdings import HoldingKind, Purpose, require_free
from services.loans.domain.terms import is_sharia_bound
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.holdings import operations as holdings
from services.loans.holdings.held import Held
from services.loans.ledger import operations as ledger
from shared import feed, ids
from shared.events import ContractCorrected
from shared.ids import ContractId, EntryId
from shared.money import Money

KIND, REASON = "drawing", "agreement"


async def restated(session: AsyncSession, contract: ContractRow) -> GenerationRow:
    """Give the generation that a payout has just made of a locked contract's instalments."""
    head = await contract_queries.locked_position(session, contract.contract_id)
    key = (contract.institution_id, contract.contract_id, head.generation)
    row = await session.get(GenerationRow, key)
    if row is None:
        raise LookupError(f"the contract {contract.reference} has no generation {head.generation}")
    return row


async def follow(
    session: AsyncSession,
    row: DisbursementRow,
    *,
    contract: ContractRow,
    part: Part,
    restated: GenerationRow | None,
) -> None:
    """Book and tell what a payout moved beside the loan: savings kept back, a contribution."""
    if part.saved.minor:
        saved = holdings.record(
            contract,
            purpose=Purpose.SAVINGS,
            kind=HoldingKind.KEPT_BACK,
            amount=part.saved,
            on=row.disbursed_on,
            entry_id=EntryId(row.entry_id),
            actor_id=row.actor_id,
            disbursement_id=row.disbursement_id,
        )
        await holdings.keep(session, saved, fund_id=contract.fund_id)
    if restated is None:
        return
    entry_id = await book(session, row, contract=contract, restated=restated)
    if part.applied.minor and entry_id is not None:
        used = holdings.record(
            contract,
            purpose=Purpose.CONTRIBUTION,
            kind=HoldingKind.APPLIED,
            amount=-part.applied,
            on=row.disbursed_on,
            entry_id=entry_id,
            actor_id=row.actor_id,
            disbursement_id=row.disbursement_id,
        )
        await holdings.keep(session, used, fund_id=contract.fund_id)
    await tell(session, row, contract=contract, restated=restated)


def applied_with(held: Held, paid: DisbursementRow) -> Money:
    """Give the contribution that paid on a payout."""
    minor = -sum(
        row.amount_minor
        for row in held.rows
        if row.disbursement_id == paid.disbursement_id and row.kind == HoldingKind.APPLIED
    )
    return Money(minor, paid.currency)


async def follow_back(session: AsyncSession, back: DisbursementRow, *, held: Held) -> None:
    """Book and tell what moves with a payout taken back: held money is as it was before it.

    Raises HoldingTooLow where savings kept back of it were taken out since.
    """
    contract, entry_id = held.contract, None
    restated_now = None
    if back.generation is not None:
        restated_now = await restated(session, contract)
        entry_id = await book(session, back, contract=contract, restated=restated_now)
    for row in held.rows:
        if row.disbursement_id != back.reverses_disbursement_id:
            continue
        purpose, amount = Purpose(row.purpose), Money(row.amount_minor, row.currency)
        if amount.is_positive:
            zero = Money.zero(row.currency)
            require_free(amount, held=held.balance(purpose), must_stay=zero, purpose=purpose)
        undone = holdings.record(
            contract,
            purpose=purpose,
            kind=HoldingKind.REVERSAL,
            amount=-amount,
            on=back.disbursed_on,
            entry_id=EntryId(back.entry_id)
            if amount.is_positive
            else entry_id or EntryId(row.entry_id),
            actor_id=back.actor_id,
            disbursement_id=back.disbursement_id,
        )
        undone.reverses_holding_id = row.holding_id
        await holdings.keep(session, undone, fund_id=contract.fund_id)
    if restated_now is not None:
        await tell(session, back, contract=contract, restated=restated_now)


async def book(
    session: AsyncSession,
    row: DisbursementRow,
    *,
    contract: ContractRow,
    restated: GenerationRow,
) -> EntryId | None:
    """Book what new instalments moved between the sums paid; None where they moved nothing."""
    terms = contract_queries.terms_of(contract)
    fund = funds.accounts_of(await fund_queries.fund_by_id(session, contract.fund_id))
    entry = drawn.restated_entry(
        portions_of(restated),
        fund=fund,
        restated_on=row.disbursed_on,
        contract_id=ContractId(contract.contract_id),
        sharia_bound=is_sharia_bound(terms.mode_of_finance),
    )
    if entry is None:
        return None
    entry_id = EntryId(ids.new())
    posting = ledger.Posting(
        entry=entry, actor_id=row.actor_id, source_id=row.disbursement_id, entry_id=entry_id
    )
    await books.post_all(session, [posting])
    return entry_id


async def tell(
    session: AsyncSession, row: DisbursementRow, *, contract: ContractRow, restated: GenerationRow
) -> None:
    """Tell the instalments that hold now, and what moved between the sums paid."""
    found = await contract_queries.instalments(
        session, [contract.contract_id], currency=contract.currency
    )
    dues = found[contract.contract_id]
    moved = portions_of(restated)
    head = await contract_queries.locked_position(session, contract.contract_id)
    event = ContractCorrected(
        contract_id=contract.contract_id,
        order_id=row.disbursement_id,
        reverses_order_id=row.reverses_disbursement_id,
        kind=KIND,
        reason=REASON,
        fund_id=contract.fund_id,
        currency=contract.currency,
        effective_on=row.disbursed_on,
        status=contract.status,
        is_settled=head.status == "closed",
        borrower_id=contract.borrower_id,
        channel=Purpose.CONTRIBUTION.value,
        dues=tuple(telling.due_told(due) for due in dues),
        principal_minor=moved.principal,
        profit_minor=moved.profit,
        fee_minor=moved.fee,
        penalty_minor=moved.penalty,
        surplus_minor=moved.surplus,
        moved_minor=moved.total,
        forgiven_minor=0,
        written_off_minor=0,
        recovered_minor=0,
    )
    await feed.publish(session, event, subject_id=contract.contract_id)


def portions_of(restated: GenerationRow) -> Portions:
    """Give what a generation moved between the sums paid."""
    return Portions(
        restated.principal_minor,
        restated.profit_minor,
        restated.fee_minor,
        restated.penalty_minor,
        restated.surplus_minor,
    )
