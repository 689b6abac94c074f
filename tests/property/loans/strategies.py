"""What lawful terms and payments may look like."""

from datetime import date, timedelta
from decimal import Decimal
from typing import get_args

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from services.loans.domain import due_dates, schedule
from services.loans.domain.amortisation import ROUNDINGS
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.schedule import InstalmentsTooSmall
from services.loans.domain.terms import (
    ChargeMethod,
    Component,
    Frequency,
    ModeOfFinance,
    ResidueRule,
    Terms,
)
from shared.money import Money
from shared.periods import DayCount, MonthEndRule

WHEN = (FeeWhen.AT_DISBURSEMENT, FeeWhen.FIRST_INSTALMENT, FeeWhen.EACH_INSTALMENT)
TWICE = Frequency.TWICE_A_MONTH
LONG = (Frequency.HALF_YEARLY, Frequency.YEARLY)
SLOW = (Frequency.QUARTERLY, *LONG)
CURRENCIES = ("JOD", "SAR", "YER", "MRU")
DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2028, 12, 31))
RATES = st.decimals(min_value=Decimal(0), max_value=Decimal("0.6"), places=4)


@st.composite
def _fees(draw: DrawFn, currency: str) -> tuple[Fee, ...]:
    count = draw(st.integers(0, 3))
    fees = []
    for number in range(count):
        amount = Money(draw(st.integers(1, 5_000)), currency)
        fees.append(
            Fee(
                code=f"fee {number}",
                kind=FeeKind.FLAT,
                when=draw(st.sampled_from(WHEN)),
                amount=amount,
                documented_cost=amount,
            )
        )
    return tuple(fees)


@st.composite
def lawful_terms(draw: DrawFn) -> Terms:
    """Terms of every mode, method, frequency and day count that can be paid back.

    Left out is the rare loan of which a long period bears more profit than an equal instalment.
    """
    mode = draw(st.sampled_from((ModeOfFinance.QARD, ModeOfFinance.CONVENTIONAL)))
    is_qard = mode is ModeOfFinance.QARD
    method = ChargeMethod.NONE if is_qard else draw(st.sampled_from(list(ChargeMethod)[1:]))
    currency = draw(st.sampled_from(CURRENCIES))
    frequency = draw(st.sampled_from([one for one in Frequency if one is not TWICE]))
    count = draw(st.integers(1, 10 if frequency in LONG else 60))
    disbursed_on = draw(DAYS)
    regular = due_dates.first_due_on(disbursed_on, frequency=frequency)
    residue_rules = [rule for rule in ResidueRule if rule is not ResidueRule.LARGEST_REMAINDER]
    if method is not ChargeMethod.DECLINING_BALANCE:
        residue_rules = list(ResidueRule)
    moves = draw(st.booleans())
    terms = Terms(
        mode_of_finance=mode,
        charge_method=method,
        principal=Money(draw(st.integers(100_000, 50_000_000)), currency),
        annual_rate=Decimal(0) if is_qard else draw(RATES.filter(lambda rate: rate > 0)),
        instalments=count,
        frequency=frequency,
        disbursed_on=disbursed_on,
        first_due_on=regular + timedelta(days=draw(st.sampled_from((0, 0, 1, 9, 40)))),
        principal_grace=0 if is_qard else draw(st.integers(0, min(count - 1, 6))),
        fees=draw(_fees(currency)),
        rounding=draw(st.sampled_from(sorted(ROUNDINGS))),
        residue_rule=draw(st.sampled_from(residue_rules)),
        day_count=draw(st.sampled_from(get_args(DayCount))),
        month_end_rule=draw(st.sampled_from(get_args(MonthEndRule))),
        moving_rule=draw(st.sampled_from(("next", "previous", "modified_following", "extend")))
        if moves
        else "none",
        country=draw(st.sampled_from(("MA", "JO", "TN", "EG"))) if moves else "",
        allocation_order=tuple(draw(st.permutations(list(Component)))),
    )
    try:
        schedule.schedule(terms)
    except InstalmentsTooSmall:
        assume(terms.first_due_on <= regular and frequency not in SLOW)
        raise
    return terms


def instalment_parts() -> SearchStrategy[list[tuple[int, int, int, int]]]:
    """Components of instalments in minor units, some of them nothing."""
    part = st.integers(0, 1_000)
    return st.lists(st.tuples(part, part, part, part), min_size=1, max_size=12)
