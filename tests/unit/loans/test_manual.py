"""What may be booked by hand: the accounts, the lines, and what must be left."""

from datetime import date

import pytest

from services.loans.domain import chart, manual
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FundExhausted
from services.loans.domain.journal import JournalEntry
from services.loans.domain.manual import (
    BelowFloor,
    EquityNotAlone,
    ManualAccountForbidden,
    ManualFundForbidden,
    ManualMovesMoneyOnly,
    OwnDebtExceeded,
    Standing,
)
from services.loans.domain.own_chart import ChartLine, Mapped, OwnChart
from shared import ids
from shared.ids import FundId
from shared.money import CurrencyMismatch, Money

FUND = FundId(ids.new())


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


def _line(
    number: str, account_class: chart.AccountClass, *codes: str, own: bool = False
) -> ChartLine:
    accounts = [code.partition(":") for code in codes]
    return ChartLine(
        number=number,
        name_ar="",
        name_fr="",
        name_en="",
        account_class=account_class,
        accounts=tuple(
            Mapped(code=code, fund_kind=FundKind(kind) if kind else None)
            for code, _, kind in accounts
        ),
        is_own=own,
    )


OWN = OwnChart(
    lines=(
        _line("101", chart.AccountClass.ASSET, "cash", "bank:waqf"),
        _line("102", chart.AccountClass.ASSET, "bank", "wallet"),
        _line("12", chart.AccountClass.ASSET, "loans"),
        _line("52", chart.AccountClass.EXPENSE, own=True),
        _line("9", chart.AccountClass.ASSET),
    )
)


def entry(*lines: tuple[str, str], kind: FundKind = FundKind.DONATION) -> JournalEntry:
    return manual.entry_of(
        [(code, jod(text)) for code, text in lines],
        fund_id=FUND,
        fund_code="GIFTS",
        fund_kind=kind,
        currency="JOD",
        occurred_on=date(2026, 3, 1),
    )


def standing(**changes: Money) -> Standing:
    free = changes.get("free", jod("1000.000"))
    return Standing(
        fund_code="GIFTS",
        held={"cash": changes.get("cash", jod("1000.000")), "bank": jod("0.000")}
        | {code: -owed for code, owed in changes.items() if code.startswith("own_")},
        free=free,
        net_assets=changes.get("net_assets", free),
        floor=changes.get("floor", jod("0.000")),
    )


@pytest.mark.parametrize("code", [account.code for account in chart.CHART])
def test_of_our_accounts_only_money_is_for_entries_by_hand(code: str) -> None:
    if code in chart.MONEY:
        assert manual.account_of(code, own=OWN, fund_kind=FundKind.WAQF) == code
        return
    with pytest.raises(ManualAccountForbidden) as caught:
        manual.account_of(code, own=OWN, fund_kind=FundKind.WAQF)
    assert caught.value.reason == manual.reason_of(code) != manual.UNKNOWN


def test_a_number_is_an_own_account_or_the_only_money_under_it() -> None:
    def code(number: str, kind: FundKind = FundKind.DONATION) -> str:
        return manual.account_of(number, own=OWN, fund_kind=kind)

    assert code("52") == "own_expense_52"
    assert code("101") == "cash"
    for number, kind in (
        ("101", FundKind.WAQF),  # cash and bank
        ("102", FundKind.DONATION),  # bank and wallet
        ("12", FundKind.DONATION),
        ("9", FundKind.DONATION),
        ("77", FundKind.DONATION),
    ):
        with pytest.raises(ManualAccountForbidden):
            code(number, kind)
    with pytest.raises(ManualAccountForbidden):
        manual.account_of("52", own=None, fund_kind=FundKind.DONATION)


def test_an_entry_says_what_money_went_for() -> None:
    rent = entry(("own_expense_52", "300.000"), ("bank", "-300.000"))

    assert rent.amount_of("bank") == jod("-300.000")
    with pytest.raises(ManualMovesMoneyOnly):
        entry(("bank", "1.000"), ("cash", "-1.000"))
    with pytest.raises(ManualFundForbidden):
        entry(("own_expense_52", "1.000"), ("cash", "-1.000"), kind=FundKind.ZAKAT)
    with pytest.raises(CurrencyMismatch):
        manual.entry_of(
            [("own_expense_52", Money(1, "USD")), ("cash", Money(-1, "USD"))],
            fund_id=FUND,
            fund_code="GIFTS",
            fund_kind=FundKind.DONATION,
            currency="JOD",
            occurred_on=date(2026, 3, 1),
        )


def test_equity_moves_to_equity_only() -> None:
    assert entry(("own_equity_38", "5.000"), ("own_equity_39", "-5.000"))
    both = (("own_equity_38", "5.000"), ("own_equity_39", "-5.000"))
    assert entry(*both, ("own_expense_52", "1.000"), ("cash", "-1.000"))
    with pytest.raises(EquityNotAlone) as caught:
        entry(("cash", "5.000"), ("own_equity_39", "-5.000"))
    assert caught.value.difference == jod("-5.000")


def test_the_last_fils_that_is_free_may_go_and_not_one_more() -> None:
    held = standing(free=jod("100.000"))

    manual.require_covered(
        entry(("own_expense_52", "100.000"), ("cash", "-100.000")), standing=held
    )
    with pytest.raises(FundExhausted) as caught:
        manual.require_covered(
            entry(("own_expense_52", "100.001"), ("cash", "-100.001")), standing=held
        )
    assert caught.value.available == jod("100.000")


def test_an_account_pays_only_what_it_holds() -> None:
    with pytest.raises(FundExhausted) as caught:
        manual.require_covered(
            entry(("own_expense_52", "1.000"), ("bank", "-1.000")), standing=standing()
        )
    assert caught.value.available == jod("0.000")


def test_what_comes_in_is_never_refused_for_want_of_money() -> None:
    poor = standing(free=jod("-50.000"), net_assets=jod("-50.000"), floor=jod("10.000"))
    come = entry(("cash", "20.000"), ("own_income_45", "-20.000"))

    manual.require_covered(come, standing=poor)


def test_what_is_owed_for_work_counts_like_money_that_left() -> None:
    owed = entry(("own_expense_52", "70.000"), ("own_liability_23", "-70.000"))
    paid = entry(("own_liability_23", "70.000"), ("cash", "-70.000"))

    with pytest.raises(FundExhausted):
        manual.require_covered(owed, standing=standing(free=jod("69.999")))
    manual.require_covered(
        paid, standing=standing(free=jod("0.000"), own_liability_23=jod("70.000"))
    )


def test_no_more_is_taken_off_a_debt_than_is_owed() -> None:
    paid = entry(("own_liability_23", "70.000"), ("cash", "-70.000"))

    for owed in ("69.999", "0.000", "-1.000"):
        with pytest.raises(OwnDebtExceeded) as caught:
            manual.require_covered(paid, standing=standing(own_liability_23=jod(owed)))
        assert (caught.value.requested, caught.value.account) == (jod("70.000"), "own_liability_23")
    with pytest.raises(OwnDebtExceeded):  # another debt is no cover
        manual.require_covered(paid, standing=standing(own_liability_24=jod("70.000")))
    manual.require_covered(paid, standing=standing(own_liability_23=jod("70.000")))


def test_a_corpus_stays_above_its_floor() -> None:
    rent = entry(("own_expense_52", "100.000"), ("cash", "-100.000"))

    manual.require_covered(
        rent, standing=standing(net_assets=jod("1000.000"), floor=jod("900.000"))
    )
    with pytest.raises(BelowFloor) as caught:
        manual.require_covered(
            rent, standing=standing(net_assets=jod("999.999"), floor=jod("900.000"))
        )
    assert caught.value.after == jod("899.999")
