"""What is owed to a lender changes on days that can be, and moves the accounts of its fund."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from services.loans.domain import agreement_borrowing, schedule
from services.loans.domain.agreement_borrowing import (
    Borrowed,
    LenderDayNotPossible,
    MovedUnderPayments,
    Repaid,
    RepaidBeyondOwed,
    Split,
)
from services.loans.domain.agreement_offer import FacilityForm, InterestNotInForm, Offer
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel, EntryKind
from services.loans.domain.terms import Frequency
from shared.ids import EntryId
from shared.money import Money
from tests.builders import an_id, make_fund_accounts

DRAWN, FIRST, SECOND = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SIX = Decimal("0.06")


def mad(text: str) -> Money:
    return Money.parse(text, "MAD")


def borrowed(rate: Decimal = SIX) -> Borrowed:
    """120,000.00 drawn in twelve months: at 6 % the first of 10,327.97 holds 600.00 of interest."""
    offer = Offer(
        form=FacilityForm.CONVENTIONAL if rate else FacilityForm.QARD,
        annual_rate=rate,
        instalments=12,
        frequency=Frequency.MONTHLY,
        early_to_the_day=False,
    )
    terms = offer.terms(mad("120000"), received_on=DRAWN, first_due_on=FIRST)
    return Borrowed(terms=terms, instalments=tuple(schedule.schedule(terms)))


def pay(one: Borrowed, amount: str, on: date) -> Split:
    return agreement_borrowing.repay(one, payment_id=uuid4(), amount=mad(amount), on=on)


def paid(one: Borrowed, amount: str, on: date) -> Borrowed:
    split = pay(one, amount, on)
    new = Repaid(
        payment_id=uuid4(),
        on=on,
        amount=mad(amount).minor,
        principal=split.principal.minor,
        cost=split.cost.minor,
    )
    return replace(one, paid=(*one.paid, new))


def span(act: Callable[[], object]) -> tuple[date, date]:
    """From and until when it would have been possible."""
    with pytest.raises(LenderDayNotPossible) as caught:
        act()
    return caught.value.earliest, caught.value.latest


def test_nothing_is_owed_before_the_money_came() -> None:
    before = date(2025, 12, 31)
    assert span(lambda: agreement_borrowing.owed(borrowed(), on=before)) == (DRAWN, date.max)
    assert agreement_borrowing.owed(borrowed(), on=DRAWN).principal == mad("120000")


def test_what_is_overdue_is_told_since_its_oldest_day() -> None:
    fresh = agreement_borrowing.owed(borrowed(), on=date(2026, 1, 31))
    assert (fresh.due, fresh.overdue_since) == (mad("0"), None)
    late = agreement_borrowing.owed(borrowed(), on=SECOND)
    assert (late.due, late.overdue_since) == (mad("20655.94"), FIRST)


def test_an_instalment_gives_back_principal_and_costs_its_interest() -> None:
    assert pay(borrowed(), "10327.97", FIRST) == Split(principal=mad("9727.97"), cost=mad("600"))


def test_payments_follow_each_other_by_their_days() -> None:
    one = paid(borrowed(), "10327.97", SECOND)
    assert span(lambda: pay(one, "1", FIRST)) == (SECOND, date.max)
    assert span(lambda: pay(borrowed(), "1", date(2025, 12, 31))) == (DRAWN, date.max)
    assert pay(one, "1", SECOND).principal + pay(one, "1", SECOND).cost == mad("1")


def test_no_more_is_repaid_than_is_owed() -> None:
    free = borrowed(Decimal(0))
    assert pay(free, "120000", FIRST).principal == mad("120000")
    with pytest.raises(RepaidBeyondOwed) as caught:
        pay(free, "120000.01", FIRST)
    assert caught.value.owed == mad("120000")


def test_only_the_last_payment_is_taken_back() -> None:
    one = paid(paid(borrowed(), "10327.97", FIRST), "10327.97", SECOND)
    first, last = one.paid
    assert span(lambda: agreement_borrowing.unpay(one, payment_id=first.payment_id)) == (
        SECOND,
        date.max,
    )
    gone = agreement_borrowing.unpay(one, payment_id=last.payment_id)
    assert gone.principal + gone.cost == -mad("10327.97")
    changed = replace(one, rates=((date(2026, 3, 15), Decimal("0.05")),))
    assert span(lambda: agreement_borrowing.unpay(changed, payment_id=last.payment_id)) == (
        date(2026, 3, 15),
        date.max,
    )


@pytest.mark.parametrize(("rate", "new"), [(Decimal(0), SIX), (SIX, Decimal(0)), (SIX, -SIX)])
def test_interest_is_neither_begun_nor_ended_by_a_change_of_rate(
    rate: Decimal, new: Decimal
) -> None:
    with pytest.raises(InterestNotInForm):
        agreement_borrowing.change_rate(borrowed(rate), on=SECOND, annual_rate=new)


def test_a_rate_changes_after_the_last_change_and_before_the_last_instalment() -> None:
    one = borrowed()
    end = one.instalments[-1].due_on
    changed = agreement_borrowing.change_rate(one, on=SECOND, annual_rate=Decimal("0.05"))
    assert changed.rates == ((SECOND, Decimal("0.05")),)
    for held, on, earliest in ((one, DRAWN, DRAWN), (one, end, DRAWN), (changed, SECOND, SECOND)):

        def act(held: Borrowed = held, on: date = on) -> Borrowed:
            return agreement_borrowing.change_rate(held, on=on, annual_rate=SIX)

        assert span(act) == (earliest, end)


def test_a_rate_does_not_change_under_what_was_paid() -> None:
    one = paid(paid(borrowed(), "10327.97", FIRST), "10327.97", SECOND)
    with pytest.raises(MovedUnderPayments):
        agreement_borrowing.change_rate(one, on=FIRST, annual_rate=Decimal("0.12"))


@pytest.mark.parametrize("reverses", [None, EntryId(an_id("entry"))])
def test_money_to_a_lender_moves_what_is_owed_and_what_it_costs(reverses: EntryId | None) -> None:
    split = Split(principal=mad("9727.97"), cost=mad("600"))
    fund = make_fund_accounts(FundKind.COMMERCIAL, "MAD")
    found = agreement_borrowing.entry(
        split, fund=fund, paid_on=FIRST, channel=Channel.BANK, reverses=reverses
    )
    assert {line.account_code: str(line.amount) for line in found.lines} == {
        "lender_payable": "9727.97",
        "borrowing_cost": "600.00",
        "bank": "-10327.97",
    }
    assert found.kind is (EntryKind.BORROWING if reverses is None else EntryKind.REVERSAL)
    assert (found.reverses_entry_id, found.occurred_on) == (reverses, FIRST)


def test_a_loan_without_interest_moves_no_cost() -> None:
    split = Split(principal=mad("100"), cost=mad("0"))
    found = agreement_borrowing.entry(
        split,
        fund=make_fund_accounts(FundKind.COMMERCIAL, "MAD"),
        paid_on=FIRST,
        channel=Channel.BANK,
    )
    assert [line.account_code for line in found.lines] == ["lender_payable", "bank"]
