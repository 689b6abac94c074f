"""Guarantees and subsidies move two accounts each, on the side of whoever they are booked with."""

from datetime import date

import pytest

from services.loans.domain import journal
from services.loans.domain.chart import AccountNotInChart, FundKind
from services.loans.domain.journal import Channel, EntryKind, JournalEntry
from shared.money import Money
from tests.builders import CONTRACT, make_fund_accounts, money

ON = date(2026, 3, 1)
AMOUNT = money("100.000", "TND")
LENDER = make_fund_accounts(FundKind.COMMERCIAL)
GUARANTOR = make_fund_accounts(FundKind.GUARANTEE)
STATE = make_fund_accounts(FundKind.STATE)
WAQF = make_fund_accounts(FundKind.WAQF)


def moved(entry: JournalEntry) -> dict[str, str]:
    assert (entry.occurred_on, entry.contract_id) == (ON, CONTRACT)
    return {line.account_code: str(line.amount) for line in entry.lines}


def guarantee(amount: Money, *, is_guarantor: bool) -> JournalEntry:
    return journal.guarantee_entry(
        amount,
        fund=GUARANTOR if is_guarantor else LENDER,
        moved_on=ON,
        contract_id=CONTRACT,
        channel=Channel.BANK,
        is_guarantor=is_guarantor,
    )


def fee(*, is_guarantor: bool, on_waqf: bool = False) -> JournalEntry:
    fund = GUARANTOR if is_guarantor else LENDER
    return journal.guarantee_fee_entry(
        AMOUNT,
        fund=WAQF if on_waqf else fund,
        paid_on=ON,
        contract_id=CONTRACT,
        channel=Channel.WALLET,
        is_guarantor=is_guarantor,
    )


def test_a_guarantee_comes_in_with_the_lender_and_goes_out_with_the_guarantor() -> None:
    assert moved(guarantee(AMOUNT, is_guarantor=False)) == {
        "bank": "100.000",
        "guarantee_received": "-100.000",
    }
    assert moved(guarantee(AMOUNT, is_guarantor=True)) == {
        "guarantee_claims": "100.000",
        "bank": "-100.000",
    }


@pytest.mark.parametrize("is_guarantor", [True, False])
def test_what_goes_back_to_a_guarantor_is_the_opposite(*, is_guarantor: bool) -> None:
    there = guarantee(AMOUNT, is_guarantor=is_guarantor)
    back = guarantee(-AMOUNT, is_guarantor=is_guarantor)
    assert there.kind is back.kind is EntryKind.GUARANTEE
    assert set(journal.balances([there, back]).values()) == {0}


def test_the_fee_of_a_guarantee_is_a_cost_here_and_an_income_there() -> None:
    assert moved(fee(is_guarantor=False)) == {"guarantee_cost": "100.000", "wallet": "-100.000"}
    assert moved(fee(is_guarantor=True)) == {"wallet": "100.000", "guarantee_fees": "-100.000"}


def test_no_waqf_pays_a_fee_for_a_guarantee() -> None:
    with pytest.raises(AccountNotInChart):
        fee(is_guarantor=False, on_waqf=True)


def test_a_subsidy_is_what_the_paying_fund_spends() -> None:
    plain = journal.subsidy_entry(AMOUNT, fund=STATE, paid_on=ON, contract_id=CONTRACT)
    assert plain.kind is EntryKind.SUBSIDY
    assert moved(plain) == {"subsidy_expense": "100.000", "cash": "-100.000"}
    with pytest.raises(AccountNotInChart):
        journal.subsidy_entry(AMOUNT, fund=WAQF, paid_on=ON, contract_id=CONTRACT)
