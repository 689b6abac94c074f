"""Which contract and bill does a request mean, and may it be paid? What it changes, at once."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.biller import queries
from services.loans.biller.messages import BillPaymentIn
from services.loans.biller.queries import Account, BillUnknown, LoanAccountUnknown, Sought
from services.loans.contracts import queries as contracts
from services.loans.contracts.tables import PositionRow
from services.loans.domain import account_identifiers, bills
from services.loans.domain.account_identifiers import Identifier
from services.loans.domain.bills import Bill, BillName, Due
from services.loans.domain.borrower import PhoneNotValid, phone_number
from services.loans.domain.collecting import (
    AmountNotPositive,
    ContractIsClosed,
    ContractNotPaidOut,
    ContractWrittenOff,
)
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.undue import NothingIsDue
from services.loans.institutions import queries as institutions
from shared.auth import Actor
from shared.ids import ContractId
from shared.money import CurrencyMismatch, Money

OURS: Final = frozenset({"organisationid", "serviceprovider"})
KNOWN: Final = frozenset({"accountid", "consumerno", "msisdn"})
LATE_NEWS: Final = timedelta(days=7)
"""How long ago its sender may say that a payment was made, for it to count from that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path says is paid: an account, a bill, or a bill of an account."""

    account: str | None
    bill: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What a contract has to pay: its bills on a day, newest first, and all that is open."""

    bills: list[Bill]
    whole: Money

    def due(self) -> Money:
        """What is due of all bills together."""
        return Money.total((bill.amount for bill in self.bills), self.whole.currency)


async def account_of(session: AsyncSession, text: str, *, actor: Actor) -> Account:
    """Find the one account that identifiers name; of several the one that is running.

    We know a contract by its reference (`accountid`), by its borrower's reference (`consumerno`)
    or telephone (`msisdn`), and ourselves by our code. Raises LoanAccountUnknown.
    """
    identifiers = account_identifiers.read(text) or ()
    unknown = LoanAccountUnknown(kinds=tuple(one.kind for one in identifiers))
    sought = await _sought(session, identifiers, actor=actor)
    if sought is None:
        raise unknown
    found = await queries.accounts(session, sought)
    running = [one for one in found if one.status == ContractStatus.ACTIVE]
    if len(running or found) != 1:
        raise unknown
    return (running or found)[0]


async def _sought(
    session: AsyncSession, identifiers: tuple[Identifier, ...], *, actor: Actor
) -> Sought | None:
    """Give by what an account is sought; None where an identifier is not ours or contradicts."""
    named: dict[str, str] = {}
    institution = await institutions.institution(session)
    for one in identifiers:
        value = one.value
        if one.kind in OURS and value == institution.code:
            continue
        if one.kind == "msisdn":
            try:
                value = phone_number(value, country=institution.country)
            except PhoneNotValid:
                return None
        if one.kind not in KNOWN or named.setdefault(one.kind, value) != value:
            return None
    if not named:
        return None
    return Sought(
        account=named.get("accountid"),
        consumer=named.get("consumerno"),
        phone=named.get("msisdn"),
        branch_ids=actor.branch_ids,
    )


async def named_by_bill(session: AsyncSession, reference: str, *, actor: Actor) -> Account:
    """Find the account that has a bill; raises BillUnknown."""
    name = bills.read_name(reference)
    sought = Sought(account=name.contract_reference if name else "", branch_ids=actor.branch_ids)
    found = await queries.accounts(session, sought) if name else []
    if len(found) != 1:
        raise BillUnknown(bill_reference=reference[:256])
    return found[0]


async def target_account(session: AsyncSession, target: Target, *, actor: Actor) -> Account:
    """Find the account that is paid; raises LoanAccountUnknown, BillUnknown."""
    if target.account is not None:
        return await account_of(session, target.account, actor=actor)
    return await named_by_bill(session, target.bill or "", actor=actor)


async def open_on(session: AsyncSession, account: Account, *, today: date, coming: int = 0) -> Open:
    """Read the bills of an account on a day, with `coming` minor units as if they were paid."""
    position = await contracts.position(session, account.contract_id)
    none = Money.zero(account.currency)
    if position is None or account.status not in {ContractStatus.ACTIVE, ContractStatus.CLOSED}:
        return Open(bills=[], whole=none)
    held = await contracts.instalments(session, [account.contract_id], currency=account.currency)
    dues = [
        Due(
            number=one.number,
            due_on=one.due_on,
            minor=one.principal.minor + one.profit.minor + one.fee.minor + one.penalty_minor,
        )
        for one in held[account.contract_id]
    ]
    paid = Money(_paid(position) + coming, account.currency)
    found = bills.issued(
        dues,
        name=BillName(
            contract_reference=account.reference, generation=position.generation, number=1
        ),
        agreed_on=position.generation_from or account.signed_on,
        today=today,
        paid=paid,
    )
    owed = Money(sum(due.minor for due in dues), account.currency)
    return Open(bills=found, whole=max(owed - paid, none))


def _paid(position: PositionRow) -> int:
    return (
        position.paid_principal_minor
        + position.paid_profit_minor
        + position.paid_fee_minor
        + position.paid_penalty_minor
        + position.surplus_minor
    )


def find_bill(found: Open, reference: str) -> Bill:
    """Give the bill of a reference; raises BillUnknown."""
    named = (bill for bill in found.bills if bill.reference == reference)
    bill = next(named, None)
    if bill is None:
        raise BillUnknown(bill_reference=reference[:256])
    return bill


async def require_payable(
    session: AsyncSession,
    account: Account,
    asked: BillPaymentIn,
    *,
    bill_reference: str | None,
    today: date,
) -> Money:
    """Give the amount of a payment that may be taken; the contract is locked until the end.

    What other payments on their way will pay counts as paid. Raises what refuses it.
    """
    amount = asked.amount()
    row = await contracts.contract(session, account.contract_id, lock=True)
    require_running(replace(account, status=row.status), amount=amount)
    if not MODES[contracts.terms_of(row).mode_of_finance].IS_DEBT:
        raise NothingIsDue
    if amount.currency != account.currency:
        raise CurrencyMismatch(left=account.currency, right=amount.currency)
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)
    coming = await queries.on_the_way(session, account.contract_id)
    found = await open_on(session, account, today=today, coming=coming)
    most, due = found.whole, found.due()
    if bill_reference is not None:
        most = due = find_bill(found, bill_reference).amount
    in_full = asked.payment_type == "fullpayment"
    bills.require_payable(amount, most=most, due=due, in_full=in_full)
    return amount


def require_running(account: Account, *, amount: Money) -> None:
    """Refuse what comes for a contract that is not running.

    Raises ContractIsClosed, ContractWrittenOff, ContractNotPaidOut.
    """
    contract_id = ContractId(account.contract_id)
    if account.status == ContractStatus.CLOSED:
        raise ContractIsClosed(contract_id=contract_id, amount=amount)
    if account.status == ContractStatus.WRITTEN_OFF:
        raise ContractWrittenOff(contract_id=contract_id)
    if account.status != ContractStatus.ACTIVE:
        raise ContractNotPaidOut(contract_id=contract_id, state=account.status)


async def paid_on(session: AsyncSession, said: datetime | None, *, today: date) -> date:
    """Give the day from which a payment counts: when its sender says it was made, if lately."""
    if said is None:
        return today
    zone = (await institutions.institution(session)).timezone
    day = said.astimezone(ZoneInfo(zone)).date()
    return day if today - LATE_NEWS <= day <= today else today


def midnight(day: date, *, zone: str) -> datetime:
    """Give the instant at which a day begins where the institution works."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
