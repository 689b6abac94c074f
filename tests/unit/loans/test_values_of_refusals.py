"""Do refusals about held money, tranches, goods and rents carry the very values that refused?"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import drawn, goods_debt, holdings, rents
from services.loans.domain.allocation import Portions
from services.loans.domain.chart import FundKind
from services.loans.domain.deal import Step, Taken
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.holdings import HoldingKind, Moved, Purpose
from services.loans.domain.journal import Channel, EntryKind
from services.loans.domain.rents import Lease
from services.loans.domain.savings import Savings
from services.loans.domain.schedule import Instalment
from shared.errors import RafidError
from shared.money import Money
from tests.builders import CONTRACT, make_fund_accounts, make_loan, money
from tests.deals import mad, make_deal, make_terms

START, SECOND, ON = date(2026, 1, 15), date(2026, 2, 20), date(2026, 3, 1)
REFERENCE = "LN-2026-000001"
FUND = make_fund_accounts(FundKind.COMMERCIAL, "USD")


def usd(amount: str) -> Money:
    return money(amount, "USD")


def told(refused: Callable[[], object]) -> tuple[str, dict[str, object]]:
    """The name of a refusal, and the values in it."""
    with pytest.raises(RafidError) as found:
        refused()
    error = found.value
    return type(error).__name__, {
        name: getattr(error, name) for name in type(error).__annotations__
    }


TWO = make_loan(drawing=Drawing(tranches=(Tranche(on=SECOND, amount=usd("400.00")),)))
NEXT = drawn.following(TWO, drawn=[Tranche(on=START, amount=usd("600.00"))], reference=REFERENCE)


def test_a_tranche_that_cannot_be_drawn_is_refused_with_what_could_be() -> None:
    assert told(lambda: drawn.require_next(3, following=NEXT, reference=REFERENCE)) == (
        "TrancheNotNext",
        {"reference": REFERENCE, "asked": 3, "following": 2},
    )
    assert told(lambda: drawn.require_amount(usd("1.00"), following=NEXT)) == (
        "TrancheAmountWrong",
        {"amount": usd("1.00"), "least": usd("400.00"), "most": usd("400.00")},
    )
    assert told(lambda: drawn.require_day(ON, following=NEXT)) == (
        "TrancheDayWrong",
        {"tranche": 2, "first_on": SECOND, "last_on": SECOND, "asked_on": ON},
    )


def test_the_first_payment_is_less_fees_and_savings() -> None:
    """600.00 of 1,000.00; 10.00 of fees and 10.0125 %, rounded up, are kept back."""
    fee = Fee(
        code="file",
        kind=FeeKind.FLAT,
        when=FeeWhen.AT_DISBURSEMENT,
        amount=usd("10.00"),
        documented_cost=usd("10.00"),
    )
    saved = Savings(upfront_percent=Decimal("10.0125"))
    terms = make_loan(drawing=TWO.drawing, fees=(fee,), savings=saved, rounding="up")

    assert drawn.first_paid(terms) == usd("489.87")


def test_of_a_loan_drawn_in_part_each_payout_asks_its_down_payment() -> None:
    """Paid out on the last day that the first due date leaves."""
    last = date(2026, 2, 14)
    terms = make_loan(drawing=Drawing(down_payment_percent=Decimal(10)))

    made = drawn.terms_of(terms, drawn=[Tranche(on=last, amount=usd("600.00"))])

    assert made.drawing == Drawing(down_payment_percent=Decimal(10))
    assert made.disbursed_on == last


def test_every_account_that_a_tranche_moves_is_of_its_fund() -> None:
    entry = drawn.restated_entry(
        Portions(50, 2, 4, 3, -59),
        fund=FUND,
        restated_on=ON,
        contract_id=CONTRACT,
        sharia_bound=False,
    )

    assert entry is not None
    assert {line.fund_id for line in entry.lines} == {FUND.fund_id}
    assert {line.account_code: line.amount.minor for line in entry.lines} == {
        "loans": -50,
        "profit_income": -2,
        "fee_income": -4,
        "penalty_income": -3,
        "surplus": 59,
    }


def test_two_instalments_of_one_day_are_one_amount_of_principal() -> None:
    def due(number: int, on: date, minor: int) -> Instalment:
        none = Money(0, "USD")
        return Instalment(
            number=number, due_on=on, principal=Money(minor, "USD"), profit=none, fee=none
        )

    plan = [due(1, START, 100), due(2, SECOND, 50)]

    assert not drawn.is_spread_anew([due(1, START, 60), due(2, START, 40), plan[1]], plan=plan)
    assert drawn.is_spread_anew([due(1, START, 60), due(2, START, 41), plan[1]], plan=plan)


def test_held_money_is_refused_with_what_is_held_and_free() -> None:
    held, stay, asked = usd("1.50"), usd("1.20"), usd("0.31")
    savings = Purpose.SAVINGS

    assert told(
        lambda: holdings.require_free(asked, held=held, must_stay=stay, purpose=savings)
    ) == (
        "HoldingTooLow",
        {"purpose": savings, "asked": asked, "available": usd("0.30"), "held": held},
    )
    assert told(lambda: holdings.require_missing(held, missing=stay)) == (
        "ContributionBeyond",
        {"asked": held, "missing": stay},
    )
    assert told(
        lambda: holdings.require_agreed(make_loan(), purpose=savings, contract_id=CONTRACT)
    ) == ("NothingAgreedToHold", {"purpose": savings, "contract_id": CONTRACT})


def test_entries_of_held_money_are_of_their_day_contract_and_fund() -> None:
    moved = holdings.moved_entry(
        usd("1.00"),
        purpose=Purpose.SAVINGS,
        fund=FUND,
        moved_on=ON,
        contract_id=CONTRACT,
        channel=Channel.CASH,
    )
    earned = holdings.earning_entry(usd("1.00"), fund=FUND, earned_on=ON, contract_id=CONTRACT)

    for entry in (moved, earned):
        assert (entry.kind, entry.occurred_on) == (EntryKind.HOLDING, ON)
        assert entry.contract_id == CONTRACT
        assert {line.fund_id for line in entry.lines} == {FUND.fund_id}


@pytest.mark.parametrize(("rounding", "asked"), [("up", "10.02"), ("down", "10.00")])
def test_savings_are_rounded_as_the_terms_say(rounding: Any, asked: str) -> None:
    """0.5005 % of 1,000.00 at once and as much with the one instalment that fell due."""
    saved = Savings(upfront_percent=Decimal("0.5005"), each_percent=Decimal("0.5005"))
    terms = make_loan(savings=saved, rounding=rounding)
    due = Instalment(
        number=1, due_on=ON, principal=usd("1.00"), profit=usd("0.00"), fee=usd("0.00")
    )

    assert holdings.savings_due(terms, instalments=[due], paid_out_on=(), on=ON) == usd(asked)


def test_savings_that_move_twice_on_a_day_earn_on_both() -> None:
    """36,499 units for a day at 365 % are 364 and a part: a unit more on either side tells."""
    moves = [
        Moved(purpose=Purpose.SAVINGS, kind=HoldingKind.DEPOSIT, amount=amount, on=ON)
        for amount in (36_000, 499)
    ]

    assert holdings.earned(moves, annual_rate=Decimal("3.65"), through=ON) == 364
    assert holdings.earned(moves[:1], annual_rate=Decimal("3.65"), through=ON) == 360
    assert holdings.earned([], annual_rate=Decimal(365), through=ON) == 0


def test_the_steps_of_goods_that_are_owed_ask_for_their_papers() -> None:
    after = ("paid", "short")

    assert goods_debt.steps(*after) == (
        Step(
            code="appraise",
            after=after,
            documents=("valuation_report",),
            amounts=("market_value",),
        ),
        Step(code="revalue", after=after, documents=("valuation_decision",), by_another=True),
        Step(code="extend", after=after, documents=("agreement",), days=("deliver_by",)),
    )


def test_goods_handed_over_before_they_are_agreed_are_refused_with_both_days() -> None:
    early = Taken(code="specify", on=ON, days={"deliver_by": SECOND})

    assert told(lambda: goods_debt.require_delivery_day(early)) == (
        "HandedOverLate",
        {"step": "specify", "on": ON, "first_due_on": SECOND},
    )


def rent(number: int, on: date, cost: str, profit: str) -> Instalment:
    return Instalment(
        number=number, due_on=on, principal=usd(cost), profit=usd(profit), fee=usd("0.00")
    )


def test_rents_are_numbered_from_one_in_the_order_of_their_days() -> None:
    found = rents.numbered([rent(7, ON, "1", "0"), rent(7, START, "2", "0")])

    assert [(one.number, one.due_on) for one in found] == [(1, START), (2, ON)]


def test_more_of_a_share_bought_lowers_later_rents_by_their_own_rates() -> None:
    """300.00 ours in three parts, rents of 9, 6 and 3 (3 %); 100.00 bought on the first due date.

    200.00, then 100.00, are ours at the beginning of the later periods, less the part bought.
    """
    days = (START, date(2026, 2, 15), date(2026, 3, 15), date(2026, 4, 15))
    costs = (("100", "9"), ("100", "6"), ("100", "3"))
    lease = Lease(
        instalments=[
            rent(number, on, *parts)
            for number, (on, parts) in enumerate(zip(days[1:], costs, strict=True), start=1)
        ],
        paid=usd("0.00"),
        since=START,
        order=make_loan().allocation_order,
        agreed={},
    )

    found = rents.after_purchase(lease, bought=usd("50.00"), on=days[1], rates={})

    assert [(one.number, one.principal, one.profit) for one in found] == [
        (1, usd("100.00"), usd("9.00")),
        (2, usd("50.00"), usd("0.00")),
        (3, usd("100.00"), usd("4.50")),
        (4, usd("50.00"), usd("1.50")),
    ]
    assert {(one.fee, one.penalty_minor) for one in found} == {(usd("0.00"), 0)}


def test_goods_that_are_owed_stand_as_one_due_without_profit() -> None:
    deal = make_deal(make_terms("salam", "400000.00"))

    assert goods_debt.stands(deal, mad("5.00"), due_on=ON) == (
        Instalment(number=1, due_on=ON, principal=mad("5.00"), profit=mad("0.00"), fee=mad("0.00")),
    )


def test_rents_of_goods_whose_cost_is_paid_stay_when_a_part_is_lost() -> None:
    lease = Lease(
        instalments=[rent(1, ON, "0", "9")],
        paid=usd("0.00"),
        since=START,
        order=make_loan().allocation_order,
        agreed={},
    )

    (left,) = rents.after_damage(lease, loss=usd("5.00"), on=START)

    assert (left.principal, left.profit) == (usd("0.00"), usd("9.00"))
