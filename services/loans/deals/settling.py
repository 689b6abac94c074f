"""What settles a contract before its time, and how is it settled once that is paid?

The client pays what the quote says, as any repayment; then the profit that falls away is taken off
the instalments, and the contract is paid. A quote alone changes nothing.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import positions
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.restating import Restated
from services.loans.contracts.tables import ContractRow
from services.loans.deals import queries, telling
from services.loans.deals.queries import History
from services.loans.domain import deal as deals
from services.loans.domain import rebate, reshaping
from services.loans.domain.deal import Deal, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.rebate import Settlement, Sold
from services.loans.domain.schedule import Instalment
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.ledger.queries import Moment
from shared import feed, ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.events import ContractCorrected
from shared.feed import Told
from shared.ids import FundId
from shared.money import Money


class NotYetSettled(RafidError):
    """The contract is not settled yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "{still} is still to be paid to settle {reference} on {on}: receive it first."
    still: Money
    reference: str
    on: date


class NothingToSettle(RafidError):
    """Nothing is left to settle"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state}; only a running one is settled early."
    reference: str
    state: str


class RebateByOne(RafidError):
    """A rebate of good will is given by two"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{granted} is given up on {reference} by an order of kind payoff that names it as granted"
        " and that another approves."
    )
    granted: Money
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What settles a contract on a day, and what of it is still to be paid."""

    settlement: Settlement
    still: Money
    contract: ContractRow
    deal: Deal


async def quote(
    session: AsyncSession,
    contract_id: UUID,
    *,
    on: date,
    granted: Money | None = None,
    actor: Actor,
    lock: bool = False,
) -> Quoted:
    """Tell what settles a contract on a day, by the law of the country and the mode.

    `granted` is a voluntary rebate. Raises ContractUnknown, NothingToSettle, NothingIsDue,
    RebateTooLarge.
    """
    contract = await contract_queries.contract(
        session, contract_id, branch_ids=actor.branch_ids, lock=lock
    )
    if contract.status != ContractStatus.ACTIVE:
        raise NothingToSettle(reference=contract.reference, state=contract.status)
    fund_id = FundId(contract.fund_id)
    fund = await fund_queries.fund_by_id(session, fund_id)
    if lock:
        await contract_queries.locked_position(session, contract_id)
    deal, head = await queries.deal(
        session, contract, fund=funds.accounts_of(fund), steps=History(rows=(), documents={})
    )
    mode = MODES[deal.terms.mode_of_finance]
    currency = deal.currency
    whole = Sold(
        cost=Money.total((one.principal for one in deal.instalments), currency),
        since=deal.terms.disbursed_on,
        instalments=deal.instalments,
    )
    money = 0 if head is None else head.paid_principal_minor + head.paid_profit_minor
    others = 0 if head is None else head.paid_fee_minor + head.paid_penalty_minor
    surplus = 0 if head is None else head.surplus_minor
    country = await fund_queries.country(session)
    settlement = mode.settlement(
        whole,
        paid=Money(money, currency),
        on=on,
        policy=rebate.policy_of(
            country, on=on, own=mode.REBATE, product=deal.terms.early_settlement
        ),
        granted=granted,
    )
    paid = Money(money + others, currency)
    reshaped = _reshaped(deal, settlement)
    owed = Money.total((one.total for one in reshaped), currency)
    still = max(owed - paid - Money(surplus, currency), Money.zero(currency))
    return Quoted(settlement=settlement, still=still, contract=contract, deal=deal)


async def settle(
    session: AsyncSession,
    contract_id: UUID,
    *,
    on: date,
    granted: Money | None = None,
    actor: Actor,
) -> Quoted:
    """Let the profit to come fall away once what settles the contract was received, by that day.

    What the law, the product or the mode lets fall away needs nobody's leave; a rebate `granted`
    of good will is given up by an order of two. Raises what `quote` raises, RebateByOne and
    NotYetSettled.
    """
    quoted = await quote(session, contract_id, on=on, granted=granted, actor=actor, lock=True)
    contract, deal = quoted.contract, quoted.deal
    if granted is not None and granted.is_positive:
        raise RebateByOne(granted=granted, reference=contract.reference)
    dues = _reshaped(deal, quoted.settlement)
    still = max(quoted.still, await _unpaid_by(session, contract, dues, on=on))
    if still.is_positive:
        raise NotYetSettled(still=still, reference=contract.reference, on=on)
    order_id = ids.new()
    event_id = ids.new()
    restated = await positions.replace_instalments(
        session,
        contract=contract,
        instalments=dues,
        effective_on=on,
        order_id=order_id,
        event_id=event_id,
    )
    entry = _entry(quoted, restated)
    if entry is not None:
        await books.post(session, entry, actor_id=actor.id, source_id=order_id)
    event = _corrected(quoted, dues, order_id=order_id, restated=restated)
    await feed.publish_all(session, [Told(event, contract.contract_id, event_id)])
    return quoted


async def _unpaid_by(
    session: AsyncSession, contract: ContractRow, dues: tuple[Instalment, ...], *, on: date
) -> Money:
    """What of these instalments had not been paid by the end of a day."""
    moment = Moment(as_of=on, known_at=None, is_now=False)
    stood = await contract_queries.stood(session, contract.contract_id, moment=moment)
    paid = Money(0 if stood is None else stood.paid, contract.currency)
    return Money.total((one.total for one in dues), contract.currency) - paid


def _reshaped(deal: Deal, settlement: Settlement) -> tuple[Instalment, ...]:
    return reshaping.settled(deal.instalments, rebate=settlement.rebate, on=settlement.on)


def _entry(quoted: Quoted, restated: Restated) -> JournalEntry | None:
    """What the settlement moves in the books: the parts paid, and the profit deferred no more.

    Profit was taken as it was paid; money that was to be profit of later instalments is principal
    now: Dr profit, Cr loans.
    """
    deal, moved = quoted.deal, restated.difference
    mode = MODES[deal.terms.mode_of_finance]
    agreed = Money.total((one.profit for one in deal.instalments), deal.currency)
    deferred = agreed - deal.paid_profit if mode.DEFERS_PROFIT else deal.zero
    step = Taken(code="early_settlement", on=quoted.settlement.on)
    minor = {
        "loans": -moved.principal,
        "profit_income": -moved.profit,
        "fee_income": -moved.fee,
        "surplus": -moved.surplus,
        "deferred_profit": deferred.minor,
        "profit_receivable": -deferred.minor,
    }
    amounts = {code: Money(amount, deal.currency) for code, amount in minor.items()}
    return deals.booked(step, deal=deal, moved=amounts)


def _corrected(
    quoted: Quoted,
    dues: tuple[Instalment, ...],
    *,
    order_id: UUID,
    restated: Restated,
) -> ContractCorrected:
    moved = restated.difference
    contract = quoted.contract
    return ContractCorrected(
        contract_id=contract.contract_id,
        order_id=order_id,
        reverses_order_id=None,
        kind="early_settlement",
        reason=quoted.settlement.policy.rule.value,
        fund_id=contract.fund_id,
        currency=contract.currency,
        effective_on=quoted.settlement.on,
        status=contract.status,
        is_settled=True,
        borrower_id=contract.borrower_id,
        channel="",
        dues=tuple(telling.due_told(one) for one in dues),
        principal_minor=moved.principal,
        profit_minor=moved.profit,
        fee_minor=moved.fee,
        penalty_minor=moved.penalty,
        surplus_minor=moved.surplus,
        moved_minor=0,
        forgiven_minor=0,
        written_off_minor=0,
        recovered_minor=0,
    )
