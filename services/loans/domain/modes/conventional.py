"""How does a loan at interest run, fall due and stand in the books?"""

from services.loans.domain import journal, lifecycle
from services.loans.domain import schedule as schedules

TRANSITIONS = lifecycle.CONTRACT_TRANSITIONS

schedule = schedules.schedule
repayment_entry = journal.repayment_entry

__all__ = ["TRANSITIONS", "repayment_entry", "schedule"]
