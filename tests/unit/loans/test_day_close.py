"""What does one contract add to a close, and what does a close book?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import day_close, provisioning, schedule
from services.loans.domain.accrual import Recognition, Window
from services.loans.domain.chart import AccountNotInChart, FundKind
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.domain.day_close import Agreed, Figure, Part, Shown, Standing, Stock
from services.loans.domain.journal import EntryKind
from services.loans.domain.provisioning import LossAssumptions, Scenario
from services.loans.domain.staging import Stage
from tests.builders import make_fund_accounts, make_loan, money

TODAY = date(2026, 6, 11)
ONE = (Scenario(weight=Decimal(1), monthly_hazard=Decimal("0.01")),)
POLICY = ClosingPolicy(
    recognition=Recognition.SCHEDULED,
    minimums=tuple(map(Decimal, ("0.01", "0.05", "0.2", "0.5", "1"))),
    loss=LossAssumptions(performing=ONE, underperforming=ONE, loss_given_default=Decimal("0.6")),
)


def standing(**changes: Any) -> Standing:
    """1,000.000 outstanding; 823 of profit earned by today, 500 of them paid."""
    members: dict[str, Any] = {
        "mode_of_finance": "conventional",
        "outstanding": 1_000_000,
        "received": 500,
        "oldest_open_due_on": None,
        "renegotiated_on": None,
        "cured_on": None,
        "window": Window(
            starts_on=date(2026, 6, 1),
            due_on=date(2026, 7, 2),
            profit=1_000,
            earned_before=500,
        ),
        "loss_year": 49_347_658,
        "loss_life": 63_244_221,
    }
    return Standing(**members | changes)


def part(policy: ClosingPolicy = POLICY, **changes: Any) -> Part:
    return day_close.part(standing(**changes), policy=policy, on=TODAY)


def late(days: int) -> date:
    return date.fromordinal(TODAY.toordinal() - days)


def test_a_punctual_contract_expects_the_loss_of_a_year() -> None:
    found = part()

    assert (found.bucket_from, found.stage, found.is_restructured) == (0, Stage.PERFORMING, False)
    assert (found.earned, found.expected_loss, found.minimum) == (823, 49_348, 10_000)
    assert found.stock == Stock(receivable=323, unearned=0, allowance=49_348)


def test_a_contract_late_35_days_expects_the_loss_of_its_life_or_the_least_of_its_bucket() -> None:
    found = part(oldest_open_due_on=late(35))

    assert (found.bucket_from, found.stage) == (31, Stage.UNDERPERFORMING)
    assert (found.expected_loss, found.minimum) == (63_244, 200_000)
    assert found.stock == Stock(receivable=323, unearned=0, allowance=200_000)


def test_a_contract_in_default_accrues_no_more_and_loses_what_default_loses() -> None:
    found = part(oldest_open_due_on=late(91))

    assert (found.bucket_from, found.stage) == (91, Stage.IMPAIRED)
    assert (found.expected_loss, found.suspended) == (600_000, 323)
    assert found.stock == Stock(receivable=0, unearned=0, allowance=1_000_000)


def test_accrual_stops_after_the_day_that_the_policy_names() -> None:
    policy = ClosingPolicy(recognition=Recognition.SCHEDULED, non_accrual_after_days=10)

    assert part(policy, oldest_open_due_on=late(10)).stock.receivable == 323
    assert part(policy, oldest_open_due_on=late(11)).stock.receivable == 0


def test_profit_paid_ahead_is_unearned() -> None:
    assert part(received=900).stock == Stock(receivable=0, unearned=77, allowance=49_348)


def test_a_restructured_contract_is_in_the_second_stage_although_punctual() -> None:
    found = part(renegotiated_on=date(2026, 5, 1))

    assert (found.stage, found.is_restructured) == (Stage.UNDERPERFORMING, True)
    assert found.stock.allowance == 63_244


def test_books_on_the_cash_basis_accrue_nothing() -> None:
    found = part(ClosingPolicy())

    assert (found.earned, found.stock) == (0, Stock())


@pytest.mark.parametrize("mode", ["qard", "musharaka", "mudaraba", "muzaraa"])
def test_what_earns_nothing_by_time_accrues_nothing_but_may_be_lost(mode: str) -> None:
    found = part(mode_of_finance=mode)

    assert (found.earned, found.stock) == (0, Stock(allowance=49_348))


def test_goods_that_are_owed_are_not_provided_for_here() -> None:
    assert part(mode_of_finance="salam", oldest_open_due_on=late(400)).stock == Stock()


def test_a_work_to_order_is_provided_for_as_any_other_debt() -> None:
    found = part(mode_of_finance="istisna", oldest_open_due_on=late(400))
    assert found.stock.allowance > 0
    assert found.earned == 0


def test_the_entries_book_the_difference_of_two_stocks() -> None:
    fund = make_fund_accounts(FundKind.COMMERCIAL, "JOD")
    before = Stock(receivable=100, unearned=20, allowance=50)
    after = Stock(receivable=130, unearned=15, allowance=60)

    profit, losses = day_close.entries(before, after, fund=fund, on=TODAY)

    assert (profit.kind, losses.kind) == (EntryKind.ACCRUAL, EntryKind.PROVISION)
    assert profit.occurred_on == losses.occurred_on == TODAY
    booked = {line.account_code: line.amount for line in (*profit.lines, *losses.lines)}
    assert booked == {
        "profit_accrued": money("0.030"),
        "profit_unearned": money("0.005"),
        "profit_income": money("-0.035"),
        "provision_expense": money("0.010"),
        "loss_allowance": money("-0.010"),
    }


def test_equal_stocks_book_nothing_and_the_way_back_undoes_the_way_there() -> None:
    fund = make_fund_accounts(FundKind.COMMERCIAL, "JOD")
    some, more = Stock(receivable=1), Stock(receivable=7, unearned=9, allowance=3)

    assert day_close.entries(some, some, fund=fund, on=TODAY) == ()
    there = day_close.entries(some, more, fund=fund, on=TODAY)
    back = day_close.entries(more, some, fund=fund, on=TODAY)
    for one, other in zip(there, back, strict=True):
        assert [line.amount for line in one.lines] == [-line.amount for line in other.lines]


def test_profit_that_moves_from_one_side_to_the_other_without_income() -> None:
    fund = make_fund_accounts(FundKind.COMMERCIAL, "JOD")
    (only,) = day_close.entries(
        Stock(receivable=5), Stock(receivable=9, unearned=4), fund=fund, on=TODAY
    )

    assert {line.account_code for line in only.lines} == {"profit_accrued", "profit_unearned"}


def test_zakat_can_set_aside_but_never_accrue() -> None:
    fund = make_fund_accounts(FundKind.ZAKAT, "JOD")

    (losses,) = day_close.entries(Stock(), Stock(allowance=5), fund=fund, on=TODAY)
    assert losses.kind is EntryKind.PROVISION
    with pytest.raises(AccountNotInChart):
        day_close.entries(Stock(), Stock(receivable=5), fund=fund, on=TODAY)


def test_stocks_add_up_figure_by_figure() -> None:
    one = Stock(receivable=1, unearned=2, allowance=3)

    assert one + one == Stock(receivable=2, unearned=4, allowance=6)


TERMS = make_loan(instalments=24, annual_rate=Decimal("0.24"))
TWO_A_MONTH = Decimal("0.268242")  # 1.02 ** 12 - 1
AGREED = Agreed(
    mode_of_finance="conventional",
    disbursed_on=TERMS.disbursed_on,
    effective_rate=TWO_A_MONTH,
    instalments=schedule.schedule(TERMS),
)
SHOWN = Shown(outstanding=100_000, received=0, oldest_open_due_on=None, renegotiated_on=None)


def monthly_shares() -> tuple[int, ...]:
    assert POLICY.loss is not None
    return provisioning.shares(ONE, loss=POLICY.loss, effective_rate=TWO_A_MONTH)


def test_the_golden_loan_has_its_golden_rates_on_its_first_day() -> None:
    """1,000.00 over 24 months at 2 % a month: 4.9348 % in a year, 6.3244 % in all.

    The instalments are whole cents and the rate a whole basis point, hence the last digits.
    """
    found = day_close.standing(AGREED, policy=POLICY, on=TERMS.disbursed_on, shown=SHOWN)

    assert abs(found.loss_year - 49_347_658) < 2_500
    assert abs(found.loss_life - 63_244_221) < 2_500
    part = day_close.part(found, policy=POLICY, on=TERMS.disbursed_on)
    assert part.stock == Stock(allowance=4_935)


def test_the_rates_of_a_period_hold_on_each_of_its_days_and_change_with_the_next() -> None:
    def rates(day: date) -> tuple[int, int]:
        found = day_close.standing(AGREED, policy=POLICY, on=day, shown=SHOWN)
        return found.loss_year, found.loss_life

    assert rates(date(2026, 3, 16)) == rates(date(2026, 4, 15)) != rates(date(2026, 4, 16))
    last = AGREED.instalments[-1].due_on
    only = monthly_shares()[1]
    assert rates(last) == rates(date(2040, 1, 1)) == (only, only)


def test_without_assumptions_there_are_no_rates_and_with_grace_there_are_more() -> None:
    none = day_close.standing(AGREED, policy=ClosingPolicy(), on=TODAY, shown=SHOWN)
    assert (none.loss_year, none.loss_life) == (0, 0)

    with_grace = make_loan(instalments=24, annual_rate=Decimal("0.24"), principal_grace=12)
    later = day_close.standing(
        Agreed(
            mode_of_finance="conventional",
            disbursed_on=with_grace.disbursed_on,
            effective_rate=TWO_A_MONTH,
            instalments=schedule.schedule(with_grace),
        ),
        policy=POLICY,
        on=TERMS.disbursed_on,
        shown=SHOWN,
    )
    now = day_close.standing(AGREED, policy=POLICY, on=TERMS.disbursed_on, shown=SHOWN)
    assert later.loss_year > now.loss_year


def test_a_standing_knows_the_day_of_its_cure() -> None:
    shown = Shown(
        outstanding=1, received=0, oldest_open_due_on=None, renegotiated_on=date(2026, 3, 20)
    )

    assert day_close.standing(AGREED, policy=POLICY, on=TODAY, shown=shown).cured_on == date(
        2026, 6, 15
    )


def test_figures_are_sums_of_parts() -> None:
    one, other = part(), part(oldest_open_due_on=late(91))
    both = day_close.figure(one, outstanding=1_000_000) + day_close.figure(other, outstanding=5)

    assert both == Figure(
        contracts=2,
        outstanding=1_000_005,
        earned=2 * 823,
        suspended=323,
        expected_loss=49_348 + 600_000,
        minimum=10_000 + 1_000_000,
        stock=Stock(receivable=323, unearned=0, allowance=49_348 + 1_000_000),
    )


@pytest.mark.parametrize("mode", ["murabaha", "istisna"])
def test_where_a_sale_deferred_the_profit_it_is_taken_out_of_that(mode: str) -> None:
    fund = make_fund_accounts(FundKind.COMMERCIAL, "JOD")

    (only,) = day_close.entries(
        Stock(receivable=100, unearned=20),
        Stock(receivable=130, unearned=15),
        fund=fund,
        on=TODAY,
        mode_of_finance=mode,
    )

    booked = {line.account_code: line.amount for line in only.lines}
    assert booked == {"deferred_profit": money("0.035"), "profit_income": money("-0.035")}


def test_where_nothing_is_due_on_any_day_nothing_is_earned_and_a_year_may_lose_it() -> None:
    agreed = Agreed(
        mode_of_finance="musharaka",
        disbursed_on=TERMS.disbursed_on,
        effective_rate=TWO_A_MONTH,
        instalments=(),
    )
    found = day_close.standing(agreed, policy=POLICY, on=TODAY, shown=SHOWN)

    assert found.window.earned(TODAY) == 0
    year = monthly_shares()[12]
    assert (found.loss_year, found.loss_life) == (year, year)
    assert found.cured_on is None
