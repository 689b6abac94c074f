"""How does a loan at interest run, fall due and stand in the books?"""

from collections.abc import Sequence

from services.loans.domain import deal, disclosure, journal, lifecycle, rebate
from services.loans.domain import schedule as schedules
from services.loans.domain.deal import Step
from services.loans.domain.early import RebateRule
from services.loans.domain.terms import Terms
from shared.errors import Sentence

SUMMARY = Sentence("A loan with profit of {rate} % a year.")
IS_DEBT = True
PAYS_CLIENT = True
LATE_ACCOUNT = "fee_income"
DEFERS_PROFIT = False
REBATE = RebateRule.CLAUSE
TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS
STEPS: Sequence[Step] = ()

check = deal.forbids_nothing
entry = deal.books_nothing
change = deal.changes_nothing
schedule = schedules.schedule
disclose = disclosure.disclose
settlement = rebate.quote
repayment_entry = journal.repayment_entry


def check_terms(terms: Terms) -> None:
    """Every lawful term is open to a loan at interest."""
    del terms
