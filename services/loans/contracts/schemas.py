"""What do contracts, their schedules and states look like on the wire?"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.contracts.tables import ContractRow
from services.loans.domain.agreement import Agreement
from services.loans.domain.allocation import Allocation
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.lifecycle import CancelReason, ContractStatus
from services.loans.domain.replay import ContractState
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from services.loans.funds.schemas import Tag
from services.loans.ledger.queries import Moment
from services.loans.products.schemas import FeeBody
from services.loans.products.term_bodies import (
    AmortisationBody,
    ChargingBody,
    DatingBody,
    DrawingBody,
    EarlySettlementBody,
    SavingsBody,
)
from services.loans.rulebook.schemas import FactOut
from services.loans.rulebook.tables import FactUseRow
from services.loans.rulings.schemas import RulingOut
from shared import calendar
from shared.money import Money
from shared.schemas import LATER, Body, MoneyBody

PLACES = Decimal("0.000001")


def told_rate(rate: Decimal) -> Decimal:
    """Round a rate as it is told; nothing has no sign, from whichever side it comes."""
    return rate.quantize(PLACES) + 0


class ContractIn(Body):
    """An approved application to sign; without a day it is signed today.

    `tag` names the money it is lent from, in a fund that keeps its money apart by tag.
    """

    application_id: UUID
    fund_id: UUID | None = None
    signed_on: date | None = None
    first_due_on: date | None = None
    tag: Annotated[Tag | None, LATER] = None


class CancellationIn(Body):
    """Why a signed contract is not to be paid out."""

    reason: CancelReason


class PreviewIn(Body):
    """A loan to try out; nothing is stored. Without a version the newest is tried."""

    product_id: UUID
    product_version: Annotated[int, Field(ge=1, le=100_000)] | None = None
    amount: MoneyBody
    term_months: Annotated[int, Field(ge=1, le=600)]
    grace_months: Annotated[int, Field(ge=0, le=600)] = 0
    annual_rate: Annotated[Decimal, Field(ge=0, le=10)] | None = None
    signed_on: date | None = None
    first_due_on: date | None = None


class InstalmentOut(Body):
    """One agreed payment."""

    number: int
    due_on: date
    due_on_hijri: str | None
    principal: MoneyBody
    profit: MoneyBody
    fee: MoneyBody
    penalty: MoneyBody
    total: MoneyBody

    @classmethod
    def of(cls, due: Instalment) -> Self:
        """Write an instalment."""
        return cls(
            number=due.number,
            due_on=due.due_on,
            due_on_hijri=hijri_text(due.due_on),
            principal=MoneyBody.of(due.principal),
            profit=MoneyBody.of(due.profit),
            fee=MoneyBody.of(due.fee),
            penalty=MoneyBody.of(due.penalty),
            total=MoneyBody.of(due.total),
        )


def hijri_text(day: date) -> str | None:
    """Write a day by the Umm al-Qura calendar; None outside its tables."""
    try:
        return calendar.hijri(day).to_text()
    except ValueError:
        return None


class TermsOut(Body):
    """What was agreed; `annual_rate` is a fraction a year."""

    mode_of_finance: str
    charge_method: str
    principal: MoneyBody
    annual_rate: Decimal
    instalments: int
    frequency: str
    principal_grace: int
    disbursed_on: date
    first_due_on: date
    allocation_order: list[str]
    residue_rule: str
    rounding: str
    day_count: str
    month_end_rule: str
    moving_rule: str
    fees: list[FeeBody]
    amortisation: AmortisationBody
    charging: ChargingBody
    dating: DatingBody
    drawing: DrawingBody
    savings: SavingsBody
    early_settlement: EarlySettlementBody

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """Write terms."""
        return cls(
            mode_of_finance=terms.mode_of_finance.value,
            charge_method=terms.charge_method.value,
            principal=MoneyBody.of(terms.principal),
            annual_rate=terms.annual_rate,
            instalments=terms.instalments,
            frequency=terms.frequency.value,
            principal_grace=terms.principal_grace,
            disbursed_on=terms.disbursed_on,
            first_due_on=terms.first_due_on,
            allocation_order=[component.value for component in terms.allocation_order],
            residue_rule=terms.residue_rule.value,
            rounding=terms.rounding,
            day_count=terms.day_count,
            month_end_rule=terms.month_end_rule,
            moving_rule=terms.moving_rule,
            fees=[FeeBody.of(fee) for fee in terms.fees],
            amortisation=AmortisationBody.of(terms.amortisation),
            charging=ChargingBody.of(terms.charging),
            dating=DatingBody.of(terms.dating),
            drawing=DrawingBody.of(terms.drawing),
            savings=SavingsBody.of(terms.savings),
            early_settlement=EarlySettlementBody.of(terms.early_settlement),
        )


class DisclosureOut(Body):
    """What the loan costs: told before signing, and kept.

    The effective rate by Directive 2014/17/EU, the annual percentage rate by Regulation Z, both
    with every fee and saving in them; the nominal rate beside them. Savings are the borrower's own.
    """

    paid_out: MoneyBody
    total_due: MoneyBody
    total_profit: MoneyBody
    total_fees: MoneyBody
    total_cost: MoneyBody
    effective_annual_rate: Decimal
    annual_percentage_rate: Decimal
    nominal_annual_rate: Decimal
    total_insurance: MoneyBody
    total_savings: MoneyBody

    @classmethod
    def of(cls, disclosed: Disclosure) -> Self:
        """Write a disclosure; rates have six places, as one is kept."""
        return cls(
            paid_out=MoneyBody.of(disclosed.paid_out),
            total_due=MoneyBody.of(disclosed.total_due),
            total_profit=MoneyBody.of(disclosed.total_profit),
            total_fees=MoneyBody.of(disclosed.total_fees),
            total_cost=MoneyBody.of(disclosed.total_cost),
            effective_annual_rate=told_rate(disclosed.effective_annual_rate),
            annual_percentage_rate=told_rate(disclosed.annual_percentage_rate),
            nominal_annual_rate=told_rate(disclosed.nominal_annual_rate),
            total_insurance=MoneyBody.of(disclosed.total_insurance),
            total_savings=MoneyBody.of(disclosed.total_savings),
        )


class AgreementOut(Body):
    """Terms, cost and instalments, as they would be signed, with the rules they rest on."""

    terms: TermsOut
    disclosure: DisclosureOut
    instalments: list[InstalmentOut]
    facts: list[FactOut] = []

    @classmethod
    def of(cls, agreed: Agreement) -> Self:
        """Write an agreement."""
        return cls(
            terms=TermsOut.of(agreed.terms),
            disclosure=DisclosureOut.of(agreed.disclosure),
            instalments=[InstalmentOut.of(due) for due in agreed.instalments],
            facts=[FactOut.of(used) for used in agreed.facts],
        )


class ContractOut(Body):
    """A contract as it was signed, with where it stands; `status` is that of the day asked."""

    contract_id: UUID
    reference: str
    application_id: UUID
    borrower_id: UUID
    branch_id: UUID
    product_id: UUID
    product_version: int
    fund_id: UUID
    principal: MoneyBody
    signed_on: date
    status: str
    effective_annual_rate: Decimal
    total_cost: MoneyBody
    terms: TermsOut

    @classmethod
    def of(cls, row: ContractRow, *, status: ContractStatus | None = None) -> Self:
        """Write a contract, as it stands now or with the status of another day."""
        return cls(
            contract_id=row.contract_id,
            reference=row.reference,
            application_id=row.application_id,
            borrower_id=row.borrower_id,
            branch_id=row.branch_id,
            product_id=row.product_id,
            product_version=row.product_version,
            fund_id=row.fund_id,
            principal=MoneyBody.of(Money(row.principal_minor, row.currency)),
            signed_on=row.signed_on,
            status=row.status if status is None else status.value,
            effective_annual_rate=row.effective_annual_rate,
            total_cost=MoneyBody.of(Money(row.total_cost_minor, row.currency)),
            terms=TermsOut.of(Terms.from_json(row.terms)),
        )


class SignedOut(Body):
    """A contract just signed, with its instalments."""

    contract: ContractOut
    instalments: list[InstalmentOut]
    facts: list[FactOut] = []

    @classmethod
    def of(
        cls, row: ContractRow, *, agreed: Sequence[Instalment], uses: Sequence[FactUseRow]
    ) -> Self:
        """Write a signed contract, with the facts of the rulebook it was signed by."""
        instalments = [InstalmentOut.of(due) for due in agreed]
        facts = [FactOut.of_kept(kept) for use in uses for kept in use.facts]
        return cls(contract=ContractOut.of(row), instalments=instalments, facts=facts)


class PaidOut(Body):
    """What was paid, by what it paid for; `surplus` is owed back to the borrower."""

    principal: MoneyBody
    profit: MoneyBody
    fee: MoneyBody
    penalty: MoneyBody
    surplus: MoneyBody

    @classmethod
    def of(cls, paid: Allocation) -> Self:
        """Write what was paid."""
        return cls(
            principal=MoneyBody.of(paid.principal),
            profit=MoneyBody.of(paid.profit),
            fee=MoneyBody.of(paid.fee),
            penalty=MoneyBody.of(paid.penalty),
            surplus=MoneyBody.of(paid.surplus),
        )


class StateOut(Body):
    """A contract on a day, as the books knew it: recomputed from its movements each time.

    `known_at` null: everything that is booked now.
    """

    as_of: date
    known_at: datetime | None
    disbursed: MoneyBody
    outstanding_principal: MoneyBody
    paid: PaidOut
    arrears: MoneyBody
    days_past_due: int
    next_due: InstalmentOut | None
    still_due: MoneyBody
    is_closed: bool

    @classmethod
    def of(cls, state: ContractState, *, known_at: datetime | None) -> Self:
        """Write a state."""
        open_total = Money.total((due.total for due in state.open_dues), state.disbursed.currency)
        return cls(
            as_of=state.as_of,
            known_at=known_at,
            disbursed=MoneyBody.of(state.disbursed),
            outstanding_principal=MoneyBody.of(state.outstanding_principal),
            paid=PaidOut.of(state.paid),
            arrears=MoneyBody.of(state.arrears.total),
            days_past_due=state.arrears.days_past_due,
            next_due=None if state.next_due is None else InstalmentOut.of(state.next_due),
            still_due=MoneyBody.of(open_total),
            is_closed=state.is_closed,
        )


class ContractDetailOut(Body):
    """A contract with its state, and the ruling of its product's version as it stands that day."""

    contract: ContractOut
    state: StateOut
    ruling: RulingOut | None = None


class ScheduleOut(Body):
    """The instalments as agreed on a day, as the books knew it, with their totals.

    `known_at` null: everything that is booked now.
    """

    contract_id: UUID
    as_of: date
    known_at: datetime | None
    instalments: list[InstalmentOut]
    principal: MoneyBody
    profit: MoneyBody
    fee: MoneyBody

    @classmethod
    def of(cls, row: ContractRow, *, agreed: Sequence[Instalment], moment: Moment) -> Self:
        """Write a schedule."""

        def total(amounts: Sequence[Money]) -> MoneyBody:
            return MoneyBody.of(Money.total(amounts, row.currency))

        return cls(
            contract_id=row.contract_id,
            as_of=moment.as_of,
            known_at=moment.known_at,
            instalments=[InstalmentOut.of(due) for due in agreed],
            principal=total([due.principal for due in agreed]),
            profit=total([due.profit for due in agreed]),
            fee=total([due.fee for due in agreed]),
        )
