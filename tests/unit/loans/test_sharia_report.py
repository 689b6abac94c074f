"""Figures shaped after AAOIFI FAS 28, 37 and 39 are sums of accounts, and add up by themselves."""

from dataclasses import replace

import pytest

from services.loans.domain import sharia_report
from services.loans.domain.chart import AccountClass
from services.loans.domain.sharia_report import Moved, Section
from shared.money import Money

ASSET, LIABILITY = AccountClass.ASSET, AccountClass.LIABILITY
EQUITY, INCOME, EXPENSE = AccountClass.EQUITY, AccountClass.INCOME, AccountClass.EXPENSE


def jod(minor: int) -> Money:
    return Money(minor, "JOD")


def moved(
    code: str,
    account_class: AccountClass,
    *,
    opening: int = 0,
    debits: int = 0,
    credited: int = 0,
    mode: str | None = None,
    zakat_class: str | None = None,
) -> Moved:
    return Moved(
        code=code,
        account_class=account_class,
        kind="any",
        mode=mode,
        zakat_class=zakat_class,
        opening=jod(opening),
        debits=jod(debits),
        credits=jod(credited),
    )


def figures(sections: tuple[Section, ...], code: str) -> dict[str, int]:
    found = next(one for one in sections if one.code == code)
    return {line.code: line.amount.minor for line in found.lines}


def test_a_move_closes_with_what_it_opened_and_its_net() -> None:
    one = moved("cash", ASSET, opening=100, debits=30, credited=45)
    assert (one.net, one.closing) == (jod(-15), jod(85))


SOLD = (
    moved("loans", ASSET, debits=1000, credited=100, mode="murabaha"),
    moved("loans", ASSET, opening=50, debits=7, mode="qard"),
    moved("profit_receivable", ASSET, debits=120, credited=10, mode="murabaha"),
    moved("deferred_profit", LIABILITY, opening=-20, debits=30, credited=120, mode="murabaha"),
    moved("loss_allowance", ASSET, credited=9, mode="murabaha"),
    moved("profit_income", INCOME, credited=30, mode="murabaha"),
    moved("profit_income", INCOME, credited=500, mode="ijara"),
    moved("charity", LIABILITY, credited=4, mode="murabaha"),
    moved("goods", ASSET, opening=200, debits=1000, credited=1100, mode="murabaha"),
    moved("goods", ASSET, debits=300, mode="ijara"),
)


def test_murabaha_shows_receivables_less_what_is_deferred_and_allowed_for() -> None:
    told = sharia_report.murabaha(SOLD, currency="JOD")
    assert figures(told, "receivables") == {
        "cost_owed": 900,
        "profit_owed": 110,
        "less_deferred_profit": -110,
        "less_allowance": -9,
        "receivables_net": 891,
    }
    assert figures(told, "income") == {"profit_recognised": 30, "late_to_charity": 4}


def test_goods_come_by_debit_and_deferred_profit_by_credit() -> None:
    told = sharia_report.murabaha(SOLD, currency="JOD")
    assert figures(told, "inventory") == {
        "opening": 200, "came": 1000, "left": -1100, "closing": 100,
    }  # fmt: skip
    assert figures(told, "deferred_profit") == {
        "opening": 20, "came": 120, "left": -30, "closing": 110,
    }  # fmt: skip


def test_each_account_of_murabaha_ends_in_what_the_ledger_has() -> None:
    told = sharia_report.murabaha(SOLD, currency="JOD")
    here = {one.code: tuple(line.amount.minor for line in one.lines) for one in told[4:]}
    assert here == {
        "account_loans": (900, 57, 957),
        "account_profit_receivable": (110, 0, 110),
        "account_deferred_profit": (-110, 0, -110),
        "account_goods": (100, 300, 400),
        "account_profit_income": (-30, -500, -530),
    }
    assert told[4].line("elsewhere") == jod(57)
    with pytest.raises(StopIteration):
        told[4].line("nowhere")


ENDOWED = (
    moved("cash", ASSET, opening=1000, debits=467, credited=43),
    moved("wallet", ASSET, debits=5, credited=5),
    moved("fund_balance", EQUITY, opening=-1000),
    moved("temporary_corpus", LIABILITY, credited=400),
    moved("charity", LIABILITY, credited=7),
    moved("investment_income", INCOME, credited=60),
    moved("fee_income", INCOME, debits=2, credited=2),
    moved("upkeep", EXPENSE, debits=8),
    moved("nazir_fee", EXPENSE, debits=5),
    moved("grants", EXPENSE, debits=30),
    moved("yield_shared", EQUITY, debits=6),
    moved("loss_reserve", EQUITY, credited=6),
)


def test_a_waqf_keeps_corpus_yield_and_what_goes_back_apart() -> None:
    told = sharia_report.waqf(ENDOWED, currency="JOD")
    corpora = [figures(told, name) for name in ("permanent_corpus", "temporary_corpus", "reserve")]
    assert [(one["opening"], one["came"], one["closing"]) for one in corpora] == [
        (1000, 0, 1000),
        (0, 400, 400),
        (0, 6, 6),
    ]
    assert figures(told, "yield") == {
        "account_investment_income": 60,
        "account_upkeep": -8,
        "yield_net": 52,
        "nazir_share": -5,
        "distributed": -30,
        "yield_kept": 17,
    }, "an account that did not move in the period is left out"


def test_net_assets_of_a_waqf_are_what_is_owned_less_what_is_owed_and_goes_back() -> None:
    told = sharia_report.waqf(ENDOWED, currency="JOD")
    assert figures(told, "net_assets") == {
        "account_cash": 1424,
        "assets": 1424,
        "liabilities": -7,
        "returnable_corpus": -400,
        "net_assets": 1017,
        "of_it_corpus": 1000,
        "of_it_yield_and_reserve": 17,
    }, "an account that holds nothing is left out"


ALMS = (
    moved("fund_balance", EQUITY, opening=-100, credited=4000),
    moved("investment_income", INCOME, credited=20),
    moved("grants", EXPENSE, debits=500, zakat_class="fuqara"),
    moved("grants", EXPENSE, debits=300, credited=50, zakat_class="masakin"),
    moved("amil_costs", EXPENSE, debits=90),
    moved("provision_expense", EXPENSE, debits=10),
    moved("cash", ASSET, opening=100, debits=4020, credited=1240),
    moved("bank", ASSET, debits=400),
    moved("loans", ASSET, debits=10, credited=10),
    moved("loss_allowance", ASSET, credited=10),
    moved("client_deposit", LIABILITY, credited=100),
)


def test_zakat_opens_and_receives_and_uses_what_is_left_and_held() -> None:
    told = sharia_report.zakah(ALMS, currency="JOD")
    assert figures(told, "sources") == {
        "undistributed_before": 100, "zakat_received": 4000, "other_sources": 20, "sources": 4120,
    }  # fmt: skip
    uses = figures(told, "uses")
    assert {name: minor for name, minor in uses.items() if minor} == {
        "to_fuqara": 500,
        "to_masakin": 250,
        "given": 750,
        "amil_costs": 90,
        "account_provision_expense": 10,
        "uses": 850,
    }
    assert "to_no_class" not in uses
    assert len([name for name in uses if name.startswith("to_")]) == 8, "each class is named"
    assert figures(told, "undistributed") == {
        "undistributed": 3270,
        "held": 3280,
        "lent_and_else": -10,
        "liabilities": -100,
        "held_and_lent_less_owed": 3170,
    }


def test_what_was_given_to_no_class_is_told_where_there_is_any() -> None:
    lost = replace(ALMS[2], zakat_class=None, debits=jod(1))
    assert figures(sharia_report.zakah((*ALMS, lost), currency="JOD"), "uses")["to_no_class"] == 1


def test_a_fund_without_moves_is_told_in_noughts() -> None:
    for report in (sharia_report.murabaha, sharia_report.waqf, sharia_report.zakah):
        sections = report((), currency="JOD")
        assert {line.amount for one in sections for line in one.lines} == {jod(0)}
