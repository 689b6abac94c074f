"""What does a contract without a debt answer when it is asked what is due?

Partners share what was made and lost; a seller of goods to come owes goods. No money is due from
the client on a date, so none can be late, repaid by instalments or settled early.
"""

from collections.abc import Sequence
from datetime import date

from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import FundAccounts
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.domain.rebate import RebatePolicy, Settlement, Sold
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import Money
from shared.rulebook import Fact


class NothingIsDue(RafidError):
    """Nothing is due on this contract"""

    kind = Kind.RULE
    service = "loans"
    detail = "This contract owes no instalments; its steps record what comes back."


def schedule(terms: Terms, *, overrides: Sequence[Fact] = ()) -> tuple[Instalment, ...]:
    """No instalments: nothing is due from an expected profit."""
    del terms, overrides
    return ()


def disclose(terms: Terms, *, instalments: Sequence[Instalment]) -> Disclosure:
    """No cost is fixed beforehand: the rate is 0 and the client is shown shares instead."""
    del instalments
    none = Money.zero(terms.currency)
    fees = Money.total((fee.charge(terms.principal) for fee in terms.fees), terms.currency)
    return Disclosure(
        paid_out=terms.principal,
        total_due=none,
        total_profit=none,
        total_fees=fees,
        total_cost=fees,
        effective_annual_rate=terms.annual_rate,
        annual_percentage_rate=terms.annual_rate,
        nominal_annual_rate=terms.annual_rate,
        total_insurance=none,
        total_savings=none,
    )


def repayment_entry(
    allocation: Allocation,
    *,
    fund: FundAccounts,
    received_on: date,
    contract_id: ContractId,
    channel: Channel = Channel.CASH,
) -> JournalEntry:
    """There is nothing to repay. Raises `NothingIsDue`."""
    del allocation, fund, received_on, contract_id, channel
    raise NothingIsDue


def settlement(
    sold: Sold, *, paid: Money, on: date, policy: RebatePolicy, granted: Money | None = None
) -> Settlement:
    """There is nothing to settle early. Raises `NothingIsDue`."""
    del sold, paid, on, policy, granted
    raise NothingIsDue
