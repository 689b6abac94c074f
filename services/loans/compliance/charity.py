"""How is tainted income moved to charity, and charity paid out to those it is for?

One person proposes and another approves; the approval books it, under the fund's lock.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.compliance import operations, queries
from services.loans.compliance.queries import Case, CharityOrder
from services.loans.compliance.tables import BeneficiaryRow, CharityDecisionRow, CharityOrderRow
from services.loans.domain import days, journal, purifying
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.funds import keeping, sparing
from services.loans.funds import operations as fund_operations
from services.loans.funds import queries as funds
from services.loans.funds.tables import FundRow
from services.loans.institutions import operations as institutions
from services.loans.institutions.names import Names
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId
from shared.money import Money

Outcome = Literal["approved", "rejected"]


class CaseNotTainted(RafidError):
    """No income is tainted by this case"""

    kind = Kind.RULE
    service = "loans"
    detail = "No board decided that income is to be purified for the case {reference}."
    reference: str


class BeneficiaryCodeTaken(RafidError):
    """A beneficiary of this code exists"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The code {code} belongs to another organisation."
    code: str


class CharityOrderDecided(RafidError):
    """Somebody has decided on the order already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {reference} is {outcome} already."
    reference: str
    outcome: str


class CharityMakerDecides(RafidError):
    """Nobody approves what they proposed for charity"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever proposed the order {reference} cannot decide on it."
    reference: str


class CharityOrderNotStanding(RafidError):
    """The order on charity cannot be taken back"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Only an approved order is taken back, and once; {reference} is not, or not any more."
    reference: str


async def create_beneficiary(
    session: AsyncSession, *, code: str, names: Names, registration: str, actor: Actor
) -> BeneficiaryRow:
    """Enter an organisation that may be paid. Raises BeneficiaryCodeTaken."""
    row: BeneficiaryRow | None = await session.scalar(
        insert(BeneficiaryRow)
        .values(
            institution_id=tenancy.institution_of(session),
            beneficiary_id=ids.new(),
            code=code,
            name_ar=names.ar,
            name_fr=names.fr,
            name_en=names.en,
            registration=registration,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing(index_elements=["institution_id", "code"])
        .returning(BeneficiaryRow)
    )
    if row is None:
        raise BeneficiaryCodeTaken(code=code)
    return row


async def propose_purification(
    session: AsyncSession,
    case_id: UUID,
    *,
    amount: Money,
    account_code: str,
    today: date,
    actor: Actor,
) -> CharityOrder:
    """Propose to move tainted income of a case to charity.

    Raises CaseUnknown, CaseNotTainted, CurrencyMismatch, PurificationTooLarge.
    """
    found = await queries.case(session, case_id)
    await _require_purifiable(session, found, amount=amount, account_code=account_code)
    row = CharityOrderRow(
        kind="purification",
        fund_id=found.row.fund_id,
        case_id=case_id,
        account_code=account_code,
    )
    return await _propose(session, row, amount=amount, today=today, actor=actor)


async def propose_payment(
    session: AsyncSession,
    fund_id: FundId,
    *,
    amount: Money,
    beneficiary_id: UUID,
    channel: Channel,
    today: date,
    actor: Actor,
) -> CharityOrder:
    """Propose to pay an organisation out of what a fund owes to charity.

    Raises FundNotFound, BeneficiaryUnknown, CurrencyMismatch, CharityExhausted.
    """
    fund = (await funds.locked_funds(session, [fund_id]))[fund_id]
    beneficiary = await queries.beneficiary(session, beneficiary_id)
    await _require_payable(session, fund, amount=amount, channel=channel)
    row = CharityOrderRow(
        kind="payment",
        fund_id=fund_id,
        beneficiary_id=beneficiary.beneficiary_id,
        channel=channel.value,
    )
    return await _propose(session, row, amount=amount, today=today, actor=actor)


async def propose_reversal(
    session: AsyncSession, order_id: UUID, *, today: date, actor: Actor
) -> CharityOrder:
    """Propose to take an approved order back by its opposite.

    Income that was purified becomes income again while charity still holds it; what was paid out
    has come back. Raises CharityOrderUnknown, CharityOrderNotStanding, CharityExhausted.
    """
    found = await queries.order(session, order_id)
    fund_id = FundId(found.row.fund_id)
    fund = (await funds.locked_funds(session, [fund_id]))[fund_id]
    undone = found.row
    await _undoing(session, found, fund=fund, booked_on=today)
    row = CharityOrderRow(
        kind=undone.kind,
        fund_id=undone.fund_id,
        case_id=undone.case_id,
        account_code=undone.account_code,
        beneficiary_id=undone.beneficiary_id,
        channel=undone.channel,
        reverses_order_id=order_id,
    )
    amount = Money(undone.amount_minor, undone.currency)
    return await _propose(session, row, amount=amount, today=today, actor=actor)


async def decide_order(
    session: AsyncSession, order_id: UUID, *, outcome: Outcome, today: date, actor: Actor
) -> CharityOrder:
    """Approve or reject an order; an approval books it on the first open day from today on.

    All that could have changed since is asked again under the fund's lock. Raises
    CharityOrderUnknown, CharityOrderDecided, CharityMakerDecides, PurificationTooLarge,
    CharityExhausted, CorpusBelowFloor, FundExhausted where the money is promised to a contract,
    CharityOrderNotStanding.
    """
    before = await queries.order(session, order_id)
    fund_id = FundId(before.row.fund_id)
    fund = (await funds.locked_funds(session, [fund_id]))[fund_id]
    found = await queries.order(session, order_id)
    row = found.row
    if found.decision is not None:
        raise CharityOrderDecided(reference=row.reference, outcome=found.decision.outcome)
    if row.actor_id == actor.id:
        raise CharityMakerDecides(reference=row.reference)
    entry_id, booked_on = None, None
    if outcome == "approved":
        closed_through = await ledger_queries.closed_through(session)
        booked_on = days.open_day(today, closed_through=closed_through)
        entry = await _entry(session, row, fund=fund, booked_on=booked_on)
        entry_id = await ledger.post(session, entry, actor_id=actor.id, source_id=order_id)
    session.add(
        CharityDecisionRow(
            institution_id=row.institution_id,
            order_id=order_id,
            outcome=outcome,
            entry_id=entry_id,
            booked_on=booked_on,
            reverses_order_id=row.reverses_order_id,
            proposer_id=row.actor_id,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return await queries.order(session, order_id)


async def _entry(
    session: AsyncSession, row: CharityOrderRow, *, fund: FundRow, booked_on: date
) -> JournalEntry:
    if row.reverses_order_id is not None:
        undone = await queries.order(session, row.reverses_order_id)
        return await _undoing(session, undone, fund=fund, booked_on=booked_on)
    amount, accounts = Money(row.amount_minor, row.currency), fund_operations.accounts_of(fund)
    if row.case_id is not None and row.account_code is not None:
        found = await queries.case(session, row.case_id)
        await _require_purifiable(session, found, amount=amount, account_code=row.account_code)
        await _require_free(session, fund, amount=amount)
        return purifying.purification_entry(
            amount, fund=accounts, account_code=row.account_code, booked_on=booked_on
        )
    channel = Channel(str(row.channel))
    await _require_payable(session, fund, amount=amount, channel=channel)
    return purifying.payment_entry(amount, fund=accounts, channel=channel, booked_on=booked_on)


async def _undoing(
    session: AsyncSession, undone: CharityOrder, *, fund: FundRow, booked_on: date
) -> JournalEntry:
    """The opposite of what an order booked, naming its entry."""
    row, decision = undone.row, undone.decision
    is_undone = await queries.is_undone(session, row.order_id)
    if is_undone or row.reverses_order_id or decision is None or decision.entry_id is None:
        raise CharityOrderNotStanding(reference=row.reference)
    amount, accounts = Money(row.amount_minor, row.currency), fund_operations.accounts_of(fund)
    if row.account_code is not None:
        owed = -(await ledger_queries.balances(session, FundId(fund.fund_id)))["charity"]
        purifying.require_held(amount, owed=owed)
        entry = purifying.purification_entry(
            amount, fund=accounts, account_code=row.account_code, booked_on=booked_on
        )
    else:
        channel = Channel(str(row.channel))
        entry = purifying.payment_entry(amount, fund=accounts, channel=channel, booked_on=booked_on)
    return journal.reversal_entry(entry, entry_id=EntryId(decision.entry_id), reversed_on=booked_on)


async def _propose(
    session: AsyncSession, row: CharityOrderRow, *, amount: Money, today: date, actor: Actor
) -> CharityOrder:
    row.institution_id = tenancy.institution_of(session)
    row.order_id = ids.new()
    row.reference = await institutions.next_reference(session, kind="CH", year=today.year)
    row.currency, row.amount_minor = amount.currency, amount.minor
    row.actor_id = actor.id
    session.add(row)
    await session.flush()
    return CharityOrder(row=row, decision=None)


async def _require_purifiable(
    session: AsyncSession, found: Case, *, amount: Money, account_code: str
) -> None:
    fund = await funds.fund_by_id(session, found.row.fund_id)
    operations.require_currency(fund, amount)
    if found.decision is None or not found.decision.purify_minor:
        raise CaseNotTainted(reference=found.row.reference)
    fund_operations.accounts_of(fund).account(account_code)
    tainted = await queries.tainted(session, found, account_code=account_code)
    purifying.require_purifiable(amount, tainted=tainted, account_code=account_code)


async def _require_free(session: AsyncSession, fund: FundRow, *, amount: Money) -> None:
    """What goes to charity is no longer the fund's: neither promised to a contract nor a corpus."""
    await sparing.require_free(session, fund, amount)
    await keeping.require_corpus(session, FundId(fund.fund_id), leaving=amount)


async def _require_payable(
    session: AsyncSession, fund: FundRow, *, amount: Money, channel: Channel
) -> None:
    operations.require_currency(fund, amount)
    booked = await ledger_queries.balances(session, FundId(fund.fund_id))
    purifying.require_payable(
        amount, owed=-booked["charity"], held=booked[channel.value], channel=channel
    )
