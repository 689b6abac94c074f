"""What is told of a payment that was decided: to who paid, and to other services?"""

from datetime import date

from services.loans.domain.collecting import Decided
from services.loans.domain.journal import Channel
from shared.ids import RepaymentId
from shared.money import Money


def answer(decided: Decided, *, repayment_id: RepaymentId, received_on: date) -> dict[str, object]:
    """Tell the payer what became of the money (the members of `RepaymentOut`)."""
    after, portions = decided.after, decided.portions
    currency = after.fund.currency
    outstanding = sum(parts[0] for parts in after.instalments) - after.paid.principal

    nothing = {"amount": str(Money.zero(currency)), "currency": currency}

    def money(minor: int) -> dict[str, str]:
        if not minor:
            return nothing
        return {"amount": str(Money(minor, currency)), "currency": currency}

    return {
        "repayment_id": str(repayment_id),
        "contract_id": str(after.contract_id),
        "amount": money(portions.total),
        "received_on": received_on.isoformat(),
        "principal": money(portions.principal),
        "profit": money(portions.profit),
        "fee": money(portions.fee),
        "penalty": money(portions.penalty),
        "surplus": money(portions.surplus),
        "outstanding_principal": money(outstanding),
        "contract_closed": after.paid.total >= after.owed_minor,
    }


def fact(
    decided: Decided, *, repayment_id: RepaymentId, received_on: date, channel: Channel
) -> dict[str, object]:
    """Tell other services what became of the money (the members of `RepaymentReceived`)."""
    portions = decided.portions
    return {
        "contract_id": str(decided.after.contract_id),
        "repayment_id": str(repayment_id),
        "fund_id": str(decided.after.fund.fund_id),
        "amount_minor": portions.total,
        "currency": decided.after.fund.currency,
        "received_on": received_on.isoformat(),
        "channel": channel.value,
        "principal_minor": portions.principal,
        "profit_minor": portions.profit,
        "fee_minor": portions.fee,
        "penalty_minor": portions.penalty,
        "surplus_minor": portions.surplus,
    }
