"""How does a benevolent loan (qard hasan) run, fall due and stand in the books?

Source: AAOIFI Sharia Standard 19 (Qard): the borrower owes the like of what was lent; a fee covers
documented actual cost and nothing more. Settled any day by the principal that is left.
"""

from collections.abc import Sequence
from datetime import date

from services.loans.domain import deal, disclosure, journal, lifecycle, rebate
from services.loans.domain import schedule as schedules
from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import FundAccounts
from services.loans.domain.deal import Step
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ModeOfFinance, QardBearsNoProfit, Terms
from shared.errors import Sentence
from shared.ids import ContractId
from shared.rulebook import Fact

SUMMARY = Sentence(
    "A benevolent loan (qard hasan): you pay back what you were lent, without profit."
)
IS_DEBT = True
PAYS_CLIENT = True
LATE_ACCOUNT = "charity"
DEFERS_PROFIT = False
REBATE = None
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS
STEPS: Sequence[Step] = ()

check = deal.forbids_nothing
entry = deal.books_nothing
change = deal.changes_nothing
disclose = disclosure.disclose
settlement = rebate.quote


def check_terms(terms: Terms) -> None:
    """Refuse terms of another mode; the rules of a qard hold in every `Terms` of this one.

    Raises `QardBearsNoProfit`.
    """
    if terms.mode_of_finance is not ModeOfFinance.QARD:
        raise QardBearsNoProfit(
            annual_rate=str(terms.annual_rate), charge_method=terms.charge_method.value
        )


def schedule(terms: Terms, *, overrides: Sequence[Fact] = ()) -> tuple[Instalment, ...]:
    """Equal parts of the principal, floored; the last takes the residue.

    3,000.000 TND in 12 is 250.000 each; 1,000.000 JOD in 7 is six of 142.857 and one of 142.858.
    Raises `QardBearsNoProfit` for terms of another mode.
    """
    check_terms(terms)
    return schedules.schedule(terms, overrides=overrides)


def repayment_entry(
    allocation: Allocation,
    *,
    fund: FundAccounts,
    received_on: date,
    contract_id: ContractId,
    channel: journal.Channel = journal.Channel.CASH,
) -> journal.JournalEntry:
    """Dr cash, Cr loans; a portion of profit cannot be and raises `QardBearsNoProfit`."""
    if allocation.profit.minor:
        raise QardBearsNoProfit(annual_rate="0", charge_method=str(allocation.profit))
    return journal.repayment_entry(
        allocation, fund=fund, received_on=received_on, contract_id=contract_id, channel=channel
    )
