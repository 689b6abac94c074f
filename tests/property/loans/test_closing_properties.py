"""Whatever is agreed and paid: what a close books adds up, day by day and at once."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import accrual, day_close, provisioning, schedule
from services.loans.domain.accrual import Recognition
from services.loans.domain.chart import FundKind
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.domain.day_close import Agreed, Shown, Stock
from services.loans.domain.provisioning import PARTS, LossAssumptions, Scenario
from services.loans.domain.terms import Terms
from tests.builders import make_fund_accounts
from tests.property.loans.strategies import lawful_terms

AMOUNTS = st.integers(0, 10**12)
STOCKS = st.builds(Stock, receivable=AMOUNTS, unearned=AMOUNTS, allowance=AMOUNTS)
HAZARDS = st.decimals(0, "0.3", places=4)
SHARES = st.decimals(0, 1, places=4)
TODAY = date(2026, 6, 11)
ACCRUING = st.sampled_from([Recognition.SCHEDULED, Recognition.STRAIGHT_LINE])


def one(hazard: Decimal) -> tuple[Scenario, ...]:
    return (Scenario(weight=Decimal(1), monthly_hazard=hazard),)


@given(terms=lawful_terms(), recognition=ACCRUING, steps=st.lists(st.integers(0, 90), max_size=8))
def test_profit_earned_in_parts_is_profit_earned_at_once_and_never_falls(
    terms: Terms, recognition: Recognition, steps: list[int]
) -> None:
    instalments = schedule.schedule(terms)
    days = [terms.disbursed_on]
    for step in steps:
        days.append(days[-1] + timedelta(days=step))

    def earned(start: date, end: date) -> int:
        return accrual.profit_earned(
            terms,
            instalments=instalments,
            start=start,
            end=end,
            recognition=recognition,
        ).minor

    parts = [earned(start, end) for start, end in pairwise(days)]
    assert min(parts, default=0) >= 0
    assert sum(parts) == earned(days[0], days[-1])
    whole = sum(due.profit.minor for due in instalments)
    assert earned(terms.disbursed_on, instalments[-1].due_on) == whole
    assert earned(terms.disbursed_on, instalments[-1].due_on + timedelta(days=999)) == whole


@given(stocks=st.lists(STOCKS, min_size=1, max_size=6))
def test_entries_step_by_step_book_what_one_step_books(stocks: list[Stock]) -> None:
    fund = make_fund_accounts(FundKind.COMMERCIAL, "JOD")

    def booked(path: list[Stock]) -> dict[str, int]:
        sums: dict[str, int] = {}
        for before, after in pairwise(path):
            for entry in day_close.entries(before, after, fund=fund, on=TODAY):
                for line in entry.lines:
                    minor = sums.get(line.account_code, 0) + line.amount.minor
                    sums[line.account_code] = minor
        return {code: minor for code, minor in sums.items() if minor}

    path = [Stock(), *stocks]
    last = stocks[-1]
    assert booked(path) == booked([Stock(), last])
    assert booked([*path, Stock()]) == {}
    shown = booked(path)
    assert shown.get("profit_accrued", 0) == last.receivable
    assert shown.get("profit_unearned", 0) == -last.unearned
    assert shown.get("loss_allowance", 0) == -last.allowance
    assert sum(shown.values()) == 0


@given(
    terms=lawful_terms(),
    recognition=ACCRUING,
    hazards=st.tuples(HAZARDS, HAZARDS),
    loss=SHARES,
    days=st.integers(0, 1_500),
    late=st.one_of(st.none(), st.integers(0, 400)),
    received=st.integers(0, 10**9),
)
def test_a_part_keeps_within_what_is_owed(
    *,
    terms: Terms,
    recognition: Recognition,
    hazards: tuple[Decimal, Decimal],
    loss: Decimal,
    days: int,
    late: int | None,
    received: int,
) -> None:
    day = terms.disbursed_on + timedelta(days=days)
    low, high = sorted(hazards)
    policy = ClosingPolicy(
        recognition=recognition,
        loss=LossAssumptions(
            performing=one(low),
            underperforming=one(high),
            loss_given_default=loss,
        ),
    )
    outstanding = terms.principal.minor
    standing = day_close.standing(
        Agreed(
            mode_of_finance=terms.mode_of_finance.value,
            disbursed_on=terms.disbursed_on,
            effective_rate=terms.annual_rate,
            instalments=schedule.schedule(terms),
        ),
        policy=policy,
        on=day,
        shown=Shown(
            outstanding=outstanding,
            received=received,
            oldest_open_due_on=None if late is None else day - timedelta(days=late),
            renegotiated_on=None,
        ),
    )
    part = day_close.part(standing, policy=policy, on=day)

    assert 0 <= standing.loss_year <= PARTS
    assert 0 <= standing.loss_life <= PARTS
    assert 0 <= part.expected_loss <= outstanding
    assert part.stock.allowance == max(part.expected_loss, part.minimum)
    assert 0 in (part.stock.receivable, part.stock.unearned)
    if terms.mode_of_finance.value not in accrual.NEVER_ACCRUES:
        shown = part.stock.receivable - part.stock.unearned + part.suspended
        assert received + shown == part.earned
    else:
        assert part.stock == Stock(allowance=part.stock.allowance)


@given(
    principals=st.lists(
        st.tuples(st.integers(1, 600), st.integers(0, 10**12)), min_size=1, max_size=60
    ),
    hazard=HAZARDS,
    loss=SHARES,
    rate=st.decimals(0, 1, places=4),
)
def test_a_loss_of_a_year_is_never_above_the_loss_of_a_life_or_of_default(
    principals: list[tuple[int, int]], hazard: Decimal, loss: Decimal, rate: Decimal
) -> None:
    assumed = LossAssumptions(
        performing=one(hazard),
        underperforming=one(hazard),
        loss_given_default=loss,
    )
    shares = provisioning.shares(assumed.performing, loss=assumed, effective_rate=rate)
    year = provisioning.loss_rate(principals, shares=shares, horizon=12)
    life = provisioning.loss_rate(principals, shares=shares)

    assert 0 <= year <= life <= provisioning.parts_of(assumed.loss_given_default)
