"""Which accounts does an event of the business debit and credit?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from services.loans.domain import chart, journal, modes
from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import AccountClass, AccountNotInChart, FundKind
from services.loans.domain.journal import (
    Channel,
    EmptyEntry,
    EntryAcrossFunds,
    EntryKind,
    JournalEntry,
    Line,
    UnbalancedEntry,
)
from services.loans.domain.terms import ModeOfFinance, QardBearsNoProfit
from shared.ids import EntryId, FundId
from shared.money import CurrencyMismatch, Money
from tests.builders import CONTRACT, an_id, make_fund_accounts, money

ON = date(2026, 3, 1)
COMMERCIAL = make_fund_accounts(FundKind.COMMERCIAL)
WAQF = make_fund_accounts(FundKind.WAQF)
ZAKAT = make_fund_accounts(FundKind.ZAKAT)
AMOUNT = money("100.000", "TND")


def moved(entry: JournalEntry) -> dict[str, str]:
    return {line.account_code: str(line.amount) for line in entry.lines}


def make_allocation(
    principal: str = "0",
    profit: str = "0",
    fee: str = "0",
    surplus: str = "0",
    penalty: str = "0",
) -> Allocation:
    return Allocation(
        principal=money(principal, "TND"),
        profit=money(profit, "TND"),
        fee=money(fee, "TND"),
        penalty=money(penalty, "TND"),
        surplus=money(surplus, "TND"),
    )


def repay(allocated: Allocation, *, fund: chart.FundAccounts = COMMERCIAL) -> JournalEntry:
    return journal.repayment_entry(allocated, fund=fund, received_on=ON, contract_id=CONTRACT)


@pytest.mark.parametrize(
    ("fund", "sharia_bound", "account"),
    [
        (COMMERCIAL, False, "penalty_income"),
        (COMMERCIAL, True, "charity"),
        (WAQF, False, "charity"),
        (ZAKAT, False, "charity"),
    ],
)
def test_a_late_amount_is_income_only_where_neither_fund_nor_contract_is_bound(
    fund: chart.FundAccounts, *, sharia_bound: bool, account: str
) -> None:
    entry = journal.repayment_entry(
        make_allocation(principal="90.000", penalty="10.000"),
        fund=fund,
        received_on=ON,
        contract_id=CONTRACT,
        sharia_bound=sharia_bound,
    )

    assert moved(entry) == {"cash": "100.000", "loans": "-90.000", account: "-10.000"}


def test_a_gift_raises_the_fund_balance() -> None:
    entry = journal.receipt_entry(AMOUNT, fund=WAQF, received_on=ON)

    assert moved(entry) == {"cash": "100.000", "fund_balance": "-100.000"}
    assert entry.contract_id is None


def test_money_lent_to_a_commercial_fund_is_owed() -> None:
    entry = journal.receipt_entry(AMOUNT, fund=COMMERCIAL, received_on=ON, channel=Channel.WALLET)

    assert moved(entry) == {"wallet": "100.000", "lender_payable": "-100.000"}


def test_a_disbursement_turns_cash_into_a_loan() -> None:
    entry = journal.disbursement_entry(AMOUNT, fund=WAQF, disbursed_on=ON, contract_id=CONTRACT)

    assert moved(entry) == {"loans": "100.000", "cash": "-100.000"}
    assert entry.contract_id == CONTRACT


def test_a_fee_kept_back_stays_in_the_fund() -> None:
    entry = journal.disbursement_entry(
        AMOUNT, fund=WAQF, disbursed_on=ON, contract_id=CONTRACT, fee=money("2.000", "TND")
    )

    assert moved(entry) == {"loans": "100.000", "cash": "-98.000", "fee_income": "-2.000"}


def test_a_repayment_is_booked_component_by_component() -> None:
    entry = repay(make_allocation(principal="90", profit="6", fee="3", surplus="1"))

    assert moved(entry) == {
        "cash": "100.000",
        "loans": "-90.000",
        "profit_income": "-6.000",
        "fee_income": "-3.000",
        "surplus": "-1.000",
    }


def test_components_of_nothing_leave_no_line() -> None:
    assert set(moved(repay(make_allocation(principal="90"), fund=ZAKAT))) == {"cash", "loans"}


def test_a_repayment_reversed_in_part_books_the_opposite() -> None:
    entry = repay(-make_allocation(principal="90", profit="6"))

    assert moved(entry) == {"cash": "-96.000", "loans": "90.000", "profit_income": "6.000"}


def test_profit_cannot_be_posted_to_a_fund_that_lends_by_qard() -> None:
    with pytest.raises(AccountNotInChart) as refusal:
        repay(make_allocation(principal="90", profit="0.001"), fund=ZAKAT)

    assert refusal.value.account_code == "profit_income"


def test_a_fee_cannot_be_taken_by_zakat() -> None:
    with pytest.raises(AccountNotInChart):
        journal.fee_entry(AMOUNT, fund=ZAKAT, received_on=ON, contract_id=CONTRACT)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (
            lambda: journal.fee_entry(AMOUNT, fund=WAQF, received_on=ON, contract_id=CONTRACT),
            {"cash": "100.000", "fee_income": "-100.000"},
        ),
        (
            lambda: journal.surplus_refund_entry(
                AMOUNT, fund=WAQF, refunded_on=ON, contract_id=CONTRACT
            ),
            {"surplus": "100.000", "cash": "-100.000"},
        ),
        (
            lambda: journal.write_off_entry(
                AMOUNT, fund=WAQF, written_off_on=ON, contract_id=CONTRACT
            ),
            {"write_off": "100.000", "loans": "-100.000"},
        ),
        (
            lambda: journal.transfer_entry(
                AMOUNT, fund=WAQF, moved_on=ON, source=Channel.CASH, target=Channel.WALLET
            ),
            {"wallet": "100.000", "cash": "-100.000"},
        ),
    ],
)
def test_every_other_event_moves_two_accounts(
    build: Callable[[], JournalEntry], expected: dict[str, str]
) -> None:
    assert moved(build()) == expected


def test_a_reversal_is_the_opposite_line_by_line() -> None:
    entry = repay(make_allocation(principal="90", profit="10"))
    entry_id = EntryId(an_id("entry"))

    opposite = journal.reversal_entry(entry, entry_id=entry_id, reversed_on=ON)

    assert opposite.kind is EntryKind.REVERSAL
    assert opposite.reverses_entry_id == entry_id
    assert opposite.contract_id == CONTRACT
    assert set(journal.balances([entry, opposite]).values()) == {0}


def test_what_an_entry_moves_on_an_account_is_told() -> None:
    entry = repay(make_allocation(principal="90"))

    assert entry.amount_of("loans") == money("-90", "TND")
    assert entry.amount_of("surplus") == Money.zero("TND")


def test_an_entry_of_nothing_is_refused() -> None:
    with pytest.raises(EmptyEntry):
        repay(make_allocation())


def test_money_of_another_currency_does_not_enter_a_fund() -> None:
    with pytest.raises(CurrencyMismatch):
        journal.receipt_entry(money("1.00", "USD"), fund=WAQF, received_on=ON)


def make_line(fund: str, amount: Money) -> Line:
    return Line(account_code="cash", fund_id=FundId(an_id(fund)), amount=amount)


@pytest.mark.parametrize(
    "lines",
    [
        (make_line("a", AMOUNT),),
        (make_line("a", AMOUNT), make_line("a", money("-100.00", "USD"))),
    ],
)
def test_an_entry_must_balance_in_every_currency(lines: tuple[Line, ...]) -> None:
    with pytest.raises(UnbalancedEntry):
        JournalEntry(kind=EntryKind.RECEIPT, occurred_on=ON, lines=lines)


@pytest.mark.rule("Z-1")
def test_an_entry_stays_in_one_fund_however_it_balances() -> None:
    balanced = (make_line("a", AMOUNT), make_line("a", -AMOUNT))
    across = (make_line("a", AMOUNT), make_line("b", -AMOUNT))

    assert JournalEntry(kind=EntryKind.TRANSFER, occurred_on=ON, lines=balanced)
    for lines in (across, balanced + tuple(make_line("b", line.amount) for line in balanced)):
        with pytest.raises(EntryAcrossFunds):
            JournalEntry(kind=EntryKind.TRANSFER, occurred_on=ON, lines=lines)


def test_every_kind_of_fund_can_hold_money_and_all_but_a_guarantee_lend_it() -> None:
    for kind in FundKind:
        codes = {account.code for account in chart.accounts_of(kind)}
        assert {*chart.MONEY, "write_off"} <= codes
        assert ({"loans", "surplus", "charity"} <= codes) is (kind is not FundKind.GUARANTEE)
        assert len(codes & {"fund_balance", "lender_payable"}) == 1


def test_only_funds_that_may_earn_have_an_account_for_profit() -> None:
    earning = {
        kind
        for kind in FundKind
        if "profit_income" in {account.code for account in chart.accounts_of(kind)}
    }

    assert earning == set(FundKind) - {FundKind.ZAKAT, FundKind.GUARANTEE}


def test_every_account_has_a_class_and_three_names() -> None:
    for account in chart.CHART:
        assert isinstance(account.account_class, AccountClass)
        assert all((account.name_en, account.name_fr, account.name_ar))


def test_each_mode_books_its_repayment() -> None:
    allocated = make_allocation(principal="90")
    for mode in modes.MODES.values():
        if not mode.IS_DEBT:
            continue
        entry = mode.repayment_entry(allocated, fund=WAQF, received_on=ON, contract_id=CONTRACT)
        assert entry == repay(allocated, fund=WAQF)


def test_a_qard_never_books_profit_even_in_a_fund_that_could() -> None:
    with pytest.raises(QardBearsNoProfit) as refused:
        modes.MODES[ModeOfFinance.QARD].repayment_entry(
            replace(make_allocation(principal="90"), profit=money("1", "TND")),
            fund=COMMERCIAL,
            received_on=ON,
            contract_id=CONTRACT,
        )
    assert refused.value.charge_method == str(money("1", "TND"))
