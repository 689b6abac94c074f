"""What is held, what must stay, what savings earn: worked numbers and what is refused."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import holdings, schedule
from services.loans.domain.chart import AccountNotInChart, FundAccounts, FundKind
from services.loans.domain.drawing import Drawing
from services.loans.domain.holdings import (
    ContributionBeyond,
    HoldingKind,
    HoldingTooLow,
    Moved,
    NothingAgreedToHold,
    Purpose,
)
from services.loans.domain.journal import Channel
from services.loans.domain.savings import Savings, SavingsBearNoInterest
from shared import ids
from shared.ids import ContractId, FundId
from shared.money import Money
from tests.builders import make_loan, make_qard

CONTRACT = ContractId(ids.new())
SAVED = Savings(upfront_percent=Decimal(10), each_percent=Decimal(1))


def move(amount: int, on: date, kind: HoldingKind = HoldingKind.DEPOSIT) -> Moved:
    return Moved(purpose=Purpose.SAVINGS, kind=kind, amount=amount, on=on)


def accounts(kind: FundKind = FundKind.WAQF) -> FundAccounts:
    return FundAccounts(fund_id=FundId(ids.new()), kind=kind, currency="JOD")


def test_a_balance_is_the_sum_of_its_own_purpose_alone() -> None:
    moves = [
        move(100, date(2026, 1, 1)),
        move(-30, date(2026, 1, 2)),
        Moved(
            purpose=Purpose.CONTRIBUTION,
            kind=HoldingKind.DEPOSIT,
            amount=7,
            on=date(2026, 1, 1),
        ),
    ]
    assert holdings.balance(moves, purpose=Purpose.SAVINGS) == 70
    assert holdings.balance(moves, purpose=Purpose.CONTRIBUTION) == 7


def test_savings_are_asked_at_once_and_with_each_instalment_but_not_with_a_down_payment() -> None:
    terms = make_qard(savings=SAVED, drawing=Drawing(down_payment_percent=Decimal(10)))
    dues = schedule.schedule(terms)
    assert dues[0].due_on == terms.disbursed_on
    tenth = terms.principal.times(Decimal("0.1"), rounding="half_even")
    hundredth = terms.principal.times(Decimal("0.01"), rounding="half_even")

    def asked(on: date) -> Money:
        days = {terms.disbursed_on}
        return holdings.savings_due(terms, instalments=dues, paid_out_on=days, on=on)

    assert asked(terms.disbursed_on) == tenth
    assert asked(dues[2].due_on) == tenth + 2 * hundredth
    assert asked(date(2999, 1, 1)) == tenth + terms.instalments * hundredth


def test_nothing_is_held_that_the_terms_do_not_ask_for() -> None:
    plain = make_qard()
    for purpose in Purpose:
        with pytest.raises(NothingAgreedToHold):
            holdings.require_agreed(plain, purpose=purpose, contract_id=CONTRACT)
    saved = make_qard(savings=SAVED, drawing=Drawing(down_payment_percent=Decimal(10)))
    for purpose in Purpose:
        holdings.require_agreed(saved, purpose=purpose, contract_id=CONTRACT)


def test_what_must_stay_is_not_free() -> None:
    held, stay = Money(150, "JOD"), Money(120, "JOD")
    purpose = Purpose.SAVINGS
    holdings.require_free(Money(30, "JOD"), held=held, must_stay=stay, purpose=purpose)
    with pytest.raises(HoldingTooLow) as refused:
        holdings.require_free(Money(31, "JOD"), held=held, must_stay=stay, purpose=purpose)
    assert refused.value.available == Money(30, "JOD")
    with pytest.raises(HoldingTooLow) as refused:
        holdings.require_free(Money(1, "JOD"), held=stay, must_stay=held, purpose=purpose)
    assert refused.value.available == Money(0, "JOD")


def test_no_more_is_contributed_than_is_asked() -> None:
    holdings.require_missing(Money(5, "JOD"), missing=Money(5, "JOD"))
    with pytest.raises(ContributionBeyond):
        holdings.require_missing(Money(6, "JOD"), missing=Money(5, "JOD"))


def test_savings_earn_for_each_day_by_what_was_held_at_its_end() -> None:
    start = date(2026, 1, 1)
    rate = Decimal("0.05")
    moves = [move(100_000, start)]
    through = date(2026, 3, 14)  # 73 days with the first
    assert holdings.earned(moves, annual_rate=rate, through=through) == 1_000
    credited = [*moves, move(1_000, through, HoldingKind.EARNING)]
    assert holdings.earned(credited, annual_rate=rate, through=through) == 0
    later = date(2026, 5, 26)  # 73 days more, on 101,000
    assert holdings.earned(credited, annual_rate=rate, through=later) == 1_010
    half = [*moves, move(-50_000, date(2026, 1, 11))]
    assert holdings.earned(half, annual_rate=rate, through=date(2026, 1, 20)) == 205
    assert holdings.earned([], annual_rate=rate, through=later) == 0
    assert holdings.earned(moves, annual_rate=rate, through=date(2025, 12, 31)) == 0


def test_the_savers_part_of_a_declared_profit_is_rounded_down() -> None:
    declared = Money(12_505, "JOD")
    assert holdings.shared_profit(declared, percent=Decimal(40)) == Money(5_002, "JOD")
    assert holdings.shared_profit(declared, percent=Decimal("33.33")) == Money(4_167, "JOD")


def test_the_entries_move_cash_and_what_is_held_and_no_income() -> None:
    on, fund, amount = date(2026, 3, 1), accounts(), Money(100, "JOD")
    put_in = holdings.moved_entry(
        amount,
        purpose=Purpose.SAVINGS,
        fund=fund,
        moved_on=on,
        contract_id=CONTRACT,
        channel=Channel.WALLET,
    )
    assert [(line.account_code, line.amount.minor) for line in put_in.lines] == [
        ("wallet", 100),
        ("savings", -100),
    ]


def test_a_fund_without_profit_pays_none_to_savers() -> None:
    on, amount = date(2026, 3, 1), Money(100, "JOD")
    entry = holdings.earning_entry(
        amount, fund=accounts(FundKind.DONATION), earned_on=on, contract_id=CONTRACT
    )
    assert entry.amount_of("savings_cost") == amount
    for kind in (FundKind.WAQF, FundKind.ZAKAT):
        with pytest.raises(AccountNotInChart):
            holdings.earning_entry(amount, fund=accounts(kind), earned_on=on, contract_id=CONTRACT)


def test_savings_bear_interest_on_a_conventional_loan_alone() -> None:
    bearing = Savings(upfront_percent=Decimal(10), annual_rate=Decimal("0.03"))
    assert make_loan(savings=bearing).savings.annual_rate == Decimal("0.03")
    with pytest.raises(SavingsBearNoInterest):
        make_qard(savings=bearing)
