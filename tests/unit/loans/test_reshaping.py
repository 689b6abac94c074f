"""Do the instalments of a settled contract say what is owed now, and no more?"""

from dataclasses import replace
from datetime import date

from services.loans.domain import reshaping
from services.loans.domain.modes import MODES
from services.loans.domain.terms import ModeOfFinance
from tests.deals import mad, make_terms

DUES = MODES[ModeOfFinance("murabaha")].schedule(make_terms("murabaha", "1200.00"))
ON = date(2026, 5, 1)


def test_a_rebate_takes_off_profit_alone_and_all_is_due_at_once() -> None:
    dues = (replace(DUES[0], fee=mad("3.00"), penalty_minor=50), *DUES[1:])
    (one,) = reshaping.settled(dues, rebate=mad("45.00"), on=ON)
    assert (one.number, one.due_on) == (1, ON)
    assert [one.principal, one.profit, one.fee] == [mad("1200.00"), mad("99.00"), mad("3.00")]
    assert one.penalty == mad("0.50")
