"""What else must be so for an order, beyond the contract itself, and what is done with it?

A charge-back needs its repayment, a transfer a borrower of the same group, a refinancing the new
contract that pays the old one off, a top-up one that leaves fresh money besides.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain import drawn, trading
from services.loans.domain.collecting import RepaymentUnknown
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.servicing import effects, late_fees, of_zakat, payoff
from services.loans.domain.servicing.deciding import Decided
from services.loans.domain.servicing.late_fees import LateFee
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderMemberWrong
from services.loans.domain.undue import NothingIsDue
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning
from services.loans.repayments import queries as repayments
from services.loans.servicing import applying, held, queries
from services.loans.servicing.queries import File
from services.loans.servicing.tables import ContractOrderRow
from shared.auth import Actor
from shared.errors import Kind, RafidError, Sentence
from shared.ids import ContractId, FundId, RepaymentId
from shared.money import Money

PAYS_OUT = frozenset({OrderKind.REFUND, OrderKind.CHARGE_BACK})
BY_NEW_CONTRACT = frozenset({OrderKind.REFINANCE, OrderKind.TOP_UP})
# What is lent at one fund's expense.
OF_ONE_FUND = frozenset({OrderKind.TOP_UP})
# What may be ordered where no money is owed: a partnership, a crop, goods to come.
WITHOUT_DEBT = frozenset({OrderKind.TRANSFER, OrderKind.CLOSE, OrderKind.REOPEN})


class NotOfTheGroup(RafidError):
    """The borrowers do not belong together"""

    kind = Kind.RULE
    service = "loans"
    detail = "The borrower {borrower_id} is in no group with the one who holds the contract."
    borrower_id: UUID


class AgreedAnewByDeal(RafidError):
    """The contract's deal has agreed its instalments anew"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "A step or settlement of {reference} changed its instalments; give a new order."
    reference: str


class CannotRefinance(RafidError):
    """The new contract cannot settle the old one"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state} or belongs to another borrower or currency."
    reference: str
    state: str


class NothingFresh(RafidError):
    """The new contract brings no fresh money"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{reference} pays out {paid_out}, and {settles} of it settles the old contract: a top-up"
        " leaves something to hand out; otherwise refinance."
    )
    reference: str
    paid_out: Money
    settles: Money


class AnotherFundTopsUp(RafidError):
    """A top-up is of the same fund"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} is of another fund than {fund_id}, which lent the old: refinance it."
    reference: str
    fund_id: FundId


class OrderNotForSeveralFunds(RafidError):
    """The order is not for a contract of several funds"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Several funds finance {reference}, and an order of kind {order_kind} cannot tell whose"
        " money it moves. Take the payment back, or write off, or settle it by a new contract."
    )
    reference: str
    order_kind: OrderKind


class ForgivenBeyondOwnPart(RafidError):
    """Zakat forgives no more than what is owed to it"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{asked} of {reference} cannot be forgiven: {owed} of it is owed to zakat, the rest to the"
        " other funds behind it, which forgive nothing."
    )
    reference: str
    asked: Money
    owed: Money


async def completed(session: AsyncSession, file: File, asked: Asked) -> Asked:
    """Give an order with what follows from its cause.

    Money goes back the way it came, and a fee agreed for a late instalment is what the agreement
    makes of it. Raises OrderMemberWrong, LateFeeNotAgreed, NotPaidLate, LateFeeAsked.
    """
    if asked.fee_code is not None and asked.late_due_on is not None:
        return await _late_fee(session, file, asked, code=asked.fee_code, due_on=asked.late_due_on)
    if asked.kind is not OrderKind.CHARGE_BACK or asked.channel or asked.repayment_id is None:
        return asked
    found = await repayments.chargeable(
        session, file.contract.contract_id, repayment_id=asked.repayment_id
    )
    return asked if found is None else replace(asked, channel=found.channel)


async def _late_fee(
    session: AsyncSession, file: File, asked: Asked, *, code: str, due_on: date
) -> Asked:
    if asked.amount_minor is not None:
        taken = (*asked.rule.needs, *asked.rule.may_have)
        raise OrderMemberWrong(order_kind=asked.kind, member="amount_minor", taken=taken)
    paid_by = await queries.paid_by(session, file.contract.contract_id, days=[due_on])
    minor = late_fees.amount(
        file.standing,
        LateFee(code=code, due_on=due_on, amount=0),
        history=file.history,
        paid_by=paid_by,
        on=asked.effective_on,
    )
    return replace(asked, amount_minor=minor)


async def require_held(session: AsyncSession, file: File, asked: Asked, decided: Decided) -> None:
    """Refuse to pay out what the accounts do not hold, and to forgive what is another fund's.

    What is taken back of an order is not refused: its money never came, or is with the fund. The
    funds that pay are locked. Raises FundExhausted, ForgivenBeyondOwnPart,
    OrderNotForSeveralFunds.
    """
    await held.require(session, file, asked, decided)
    if asked.kind is OrderKind.FORGIVENESS:
        await _require_own(session, file, asked, decided)
    if asked.kind not in PAYS_OUT or decided.entry is None:
        return
    paying = await books.paying(session, decided.entry, asked.paid_through)
    funds = await fund_queries.locked_funds(session, list(paying))
    for fund_id, amount in paying.items():
        await returning.require_held(session, funds[fund_id], amount, asked.paid_through)


async def _require_own(session: AsyncSession, file: File, asked: Asked, decided: Decided) -> None:
    """Let zakat forgive what is its own alone, where other funds stand behind the contract too."""
    contract = file.contract
    part = await books.own_part(session, contract.contract_id)
    if part is None:
        return
    if not part.is_alone:
        raise OrderNotForSeveralFunds(reference=contract.reference, order_kind=asked.kind)
    forgiven = file.standing.money(decided.difference.forgiven)
    if forgiven > part.owed:
        raise ForgivenBeyondOwnPart(reference=contract.reference, asked=forgiven, owed=part.owed)


async def check(session: AsyncSession, file: File, asked: Asked) -> date:
    """Check what an order rests on; give the first day it may count from.

    An order is taken back by what the others make of the first instalments; where a deal has
    made others, nothing is taken back. Raises RepaymentUnknown, BeyondWhatIsThere, NotOfTheGroup,
    CannotRefinance, AgreedAnewByDeal, OrderNotForSeveralFunds, OrderNotForZakat.
    """
    of_zakat.require_lawful(asked.kind, fund_kind=file.standing.fund.kind)
    mode = MODES[file.standing.terms.mode_of_finance]
    if not mode.IS_DEBT and asked.kind not in WITHOUT_DEBT:
        raise NothingIsDue
    contract = file.contract
    if asked.kind in OF_ONE_FUND and await books.is_shared(session, contract.contract_id):
        raise OrderNotForSeveralFunds(reference=contract.reference, order_kind=asked.kind)
    first = applying.earliest(file)
    by_fold = file.standing.life is not None
    if asked.kind is OrderKind.REVERSAL and not by_fold and file.is_agreed_by_deal:
        raise AgreedAnewByDeal(reference=file.contract.reference)
    if asked.kind is OrderKind.CHARGE_BACK and asked.repayment_id is not None:
        return max(first, await _repaid_on(session, file, asked, asked.repayment_id))
    if asked.kind is OrderKind.TRANSFER and asked.borrower_id is not None:
        holder = file.contract.borrower_id
        if not await queries.are_together(session, holder, other=asked.borrower_id):
            raise NotOfTheGroup(borrower_id=asked.borrower_id)
    if asked.kind in BY_NEW_CONTRACT and asked.new_contract_id is not None:
        await _refinancing(session, file, asked, asked.new_contract_id)
    return first


async def bring_about(
    session: AsyncSession, row: ContractOrderRow, *, asked: Asked, actor: Actor
) -> None:
    """Do first what an order in force rests on: a new contract is paid out to settle the old.

    Both were locked before anything was read, in the order of their ids (`operations.locked`).
    """
    if asked.kind not in BY_NEW_CONTRACT or asked.new_contract_id is None:
        return
    payout = Payout(contract_id=ContractId(asked.new_contract_id), disbursed_on=row.effective_on)
    await disbursements.disburse_contracts(session, [payout], actor=actor)


async def _repaid_on(session: AsyncSession, file: File, asked: Asked, repayment_id: UUID) -> date:
    found = await repayments.chargeable(
        session, file.contract.contract_id, repayment_id=repayment_id
    )
    if found is None:
        raise RepaymentUnknown(repayment_id=RepaymentId(repayment_id))
    effects.require(
        file.standing,
        effects.amount(asked),
        available=found.available_minor,
        what=Sentence("left of the repayment"),
    )
    return found.received_on


async def _require_no_growth(
    session: AsyncSession, file: File, new: ContractRow, *, settles: Money
) -> None:
    """Refuse to roll a debt that follows the Sharia into one that bears profit on it.

    A qard may take its place: what is owed stays what it was. Raises DebtCannotGrow.
    """
    if not file.standing.sharia_bound:
        return
    dues = await contract_queries.instalments(session, [new.contract_id], currency=new.currency)
    profit = Money.total((due.profit for due in dues[new.contract_id]), new.currency)
    trading.check_change(file.standing.terms, before=settles, after=settles + profit)


async def _refinancing(
    session: AsyncSession, file: File, asked: Asked, new_contract_id: UUID
) -> ContractRow:
    new = await contract_queries.contract(session, new_contract_id)
    old = file.contract
    fits = new.borrower_id == old.borrower_id and new.currency == old.currency
    if new.status != ContractStatus.SIGNED or not fits:
        raise CannotRefinance(reference=new.reference, state=new.status)
    terms = contract_queries.terms_of(new)
    quote = payoff.quote(file.standing, on=asked.effective_on)
    await _require_no_growth(session, file, new, settles=file.standing.money(quote.total))
    paid_out = drawn.first_paid(terms)
    if asked.kind is OrderKind.TOP_UP:
        if new.fund_id != old.fund_id:
            raise AnotherFundTopsUp(reference=new.reference, fund_id=FundId(old.fund_id))
        if paid_out.minor <= quote.total:
            settles = file.standing.money(quote.total)
            raise NothingFresh(reference=new.reference, paid_out=paid_out, settles=settles)
    effects.require(
        file.standing,
        quote.total,
        available=paid_out.minor,
        what=Sentence("paid out under the new contract"),
    )
    return new
