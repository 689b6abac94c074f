"""What became of a fund's money, and that its figures close whatever was booked."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import chart
from services.loans.domain.accounts import AccountClass
from services.monitoring.domain import headings, utilisation
from services.monitoring.domain.headings import Heading
from services.monitoring.domain.utilisation import Booked, Utilisation
from shared.money import Money
from tests.unit.monitoring.conftest import booked, jod

SIDES = (*headings.SOURCES, *headings.USES, *headings.PLACES, Heading.OWED)
GIVEN = booked("receipt", cash=1_000, fund_balance=-1_000)


def fund(*entries: Sequence[Booked], promised: int = 0) -> Utilisation:
    lines = [line for entry in entries for line in entry]
    return utilisation.of(lines, promised=promised, currency="JOD")


def lent(minor: int) -> list[Booked]:
    return booked("disbursement", loans=minor, cash=-minor)


def test_what_was_given_and_returned_is_paid_out_or_at_hand() -> None:
    back = booked("repayment", cash=400, loans=-390, profit_income=-10)
    figures = fund(GIVEN, lent(1_250), back)
    assert (figures.at_hand, figures.lent_again) == (jod(150), jod(250))
    assert figures.received + figures.returned == figures.disbursed + figures.at_hand
    assert (figures.outstanding, figures.income) == (jod(860), jod(10))
    assert figures.gap.is_zero


def test_nothing_is_lent_again_while_gifts_cover_what_was_lent() -> None:
    assert fund(GIVEN, lent(1_000)).lent_again.is_zero
    assert fund(GIVEN, lent(400), booked("repayment", cash=300, loans=-300)).lent_again.is_zero


def test_a_grant_is_paid_out_and_no_loan() -> None:
    figures = fund(GIVEN, lent(400), booked("grant", grants=50, cash=-50))
    assert (figures.disbursed, figures.lent, figures.spent) == (jod(450), jod(400), jod(50))
    assert (figures.balances[Heading.GRANTED], figures.at_hand) == (jod(50), jod(550))


def test_borrowed_money_that_goes_back_is_told_apart_from_its_cost() -> None:
    borrowed = booked("receipt", cash=1_000, lender_payable=-1_000)
    paid = booked("borrowing", lender_payable=200, borrowing_cost=6, cash=-206)
    figures = fund(borrowed, paid)
    assert (figures.received, figures.given_back) == (jod(1_000), jod(200))
    assert figures.balances[Heading.RECEIVED] == jod(800)
    assert figures.balances[Heading.BORROWING] == jod(6)


def test_a_fee_kept_back_has_come_back_and_lowers_no_loan() -> None:
    figures = fund(GIVEN, booked("disbursement", loans=400, cash=-380, fee_income=-20))
    assert (figures.disbursed, figures.returned, figures.income) == (jod(400), jod(20), jod(20))
    assert (figures.outstanding, figures.under_way) == (jod(400), jod(0))


def test_goods_are_under_way_until_they_are_handed_over() -> None:
    bought = booked("deal", goods=500, cash=-500)
    assert (fund(GIVEN, bought).under_way, fund(GIVEN, bought).disbursed) == (jod(500), jod(0))
    sold = booked("deal", loans=500, goods=-500, profit_receivable=60, deferred_profit=-60)
    figures = fund(GIVEN, bought, sold)
    assert (figures.under_way, figures.lent, figures.outstanding) == (jod(0), jod(500), jod(500))
    assert figures.balances[Heading.PROFIT].is_zero, "a margin agreed is not paid"


def test_a_handover_taken_back_is_lent_no_more() -> None:
    undone = Booked(kind="deal", account="loans", account_class="asset", debits=-500, credits=0)
    back = Booked(kind="deal", account="goods", account_class="asset", debits=0, credits=-500)
    bought = booked("deal", goods=500, cash=-500)
    figures = fund(GIVEN, bought, booked("deal", loans=500, goods=-500), [undone, back])
    assert (figures.lent, figures.under_way) == (jod(0), jod(500))


def test_a_loan_written_off_is_lost_and_did_not_come_back() -> None:
    figures = fund(GIVEN, lent(400), booked("write_off", write_off=300, loans=-300))
    assert (figures.outstanding, figures.principal) == (jod(100), jod(0))
    assert (figures.given_up, figures.balances[Heading.LOST]) == (jod(300), jod(300))
    later = fund(
        GIVEN,
        lent(400),
        booked("write_off", write_off=300, loans=-300),
        booked("recovery", cash=70, recovery=-70),
    )
    assert (later.balances[Heading.RECOVERED], later.returned) == (jod(70), jod(70))


def test_what_was_paid_too_much_is_at_hand_and_owed() -> None:
    figures = fund(GIVEN, lent(100), booked("repayment", cash=130, loans=-100, surplus=-30))
    assert (figures.surplus, figures.at_hand) == (jod(30), jod(1_030))
    assert figures.balances[Heading.OWED] == jod(30)
    assert figures.gap.is_zero


def test_savings_are_the_borrower_s_until_they_pay_a_due() -> None:
    kept = booked("holding", cash=80, savings=-80)
    assert fund(GIVEN, kept).at_hand == jod(1_000)
    paid = booked("repayment", savings=80, loans=-80)
    assert fund(GIVEN, lent(100), kept, paid).at_hand == jod(980)


def test_promises_are_told_as_they_are() -> None:
    assert fund(GIVEN, promised=300).committed == jod(300)


def test_every_account_of_the_books_has_its_heading() -> None:
    known = set(headings._OF_CODE)
    assert {account.code for account in chart.CHART} <= known
    assert sorted(SIDES) == sorted(Heading), "each heading is on exactly one side"


@pytest.mark.parametrize("account_class", list(AccountClass))
def test_an_own_account_goes_by_the_class_that_it_says(account_class: AccountClass) -> None:
    own = headings.heading_of(f"own_{account_class.value}_6100")
    assert own is headings.heading_of("unheard_of", account_class=account_class.value)


AMOUNTS = st.integers(-(10**12), 10**12)
KINDS = st.sampled_from(
    [
        *("receipt", "opening", "disbursement", "repayment", "fee", "surplus_refund", "write_off"),
        *("deal", "accrual", "provision", "recovery", "forgiveness", "correction", "holding"),
        *("grant", "amil_cost", "yield", "nazir_fee", "upkeep", "reserve", "corpus_return"),
        *("subsidy", "guarantee", "borrowing", "exchange", "manual", "purification", "charity"),
    ]
)
CODES = st.sampled_from([account.code for account in chart.CHART])


@st.composite
def entries(draw: Any) -> list[Booked]:
    """Any balanced entry of any kind on any accounts, whether the books would allow it or not."""
    codes = draw(st.lists(CODES, min_size=2, max_size=4, unique=True))
    amounts = [draw(AMOUNTS) for _ in codes[1:]]
    return booked(draw(KINDS), **dict(zip(codes, [-sum(amounts), *amounts], strict=True)))


@given(st.lists(entries(), max_size=8))
def test_whatever_is_booked_the_story_explains_it_to_the_last_unit(
    several: list[list[Booked]],
) -> None:
    figures = fund(*several)
    assert figures.gap.is_zero
    sides = figures.disbursed + figures.under_way + figures.at_hand
    assert figures.received + figures.returned == sides
    trial: dict[str, int] = {}
    for line in (line for entry in several for line in entry):
        trial[line.account] = trial.get(line.account, 0) + line.net
    assert utilisation.headings_of(trial, currency="JOD") == figures.balances


def test_a_fund_that_nothing_happened_to_has_a_story_of_nothing() -> None:
    assert all(money == Money.zero("JOD") for money in fund().balances.values())
