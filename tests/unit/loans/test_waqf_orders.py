"""What may two persons have a waqf do, and which accounts does it move?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import waqf, waqf_books, waqf_entries, waqf_orders
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import Channel, EntryKind, JournalEntry
from services.loans.domain.waqf_books import Accounts
from services.loans.domain.waqf_deed import WaqfUse
from services.loans.domain.waqf_orders import (
    Asset,
    Authority,
    Conflict,
    Endowed,
    WaqfOrder,
    WaqfOrderKind,
)
from shared import ids
from shared.errors import RafidError
from shared.ids import ContractId, FundId
from shared.money import CurrencyMismatch, Money
from tests.unit.loans.test_waqf_corpus import books, deed, mad

ON = date(2026, 11, 1)
JUDGE = Authority(name="Ministry of Awqaf", reference="12/2026", decided_on=date(2026, 10, 1))
HOUSE = Asset(kind="real property", description="a house of two floors")
FUND = FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.WAQF, currency="MAD")


def order(kind: str, amount: str = "0", **members: Any) -> WaqfOrder:
    return WaqfOrder(kind=WaqfOrderKind(kind), on=ON, amount=mad(amount), **members)


def refusal(asked: WaqfOrder, **given: Any) -> str | None:
    held: dict[str, Any] = {"deed": deed(), "books": books(), "fund_code": "W"} | given
    try:
        waqf_orders.require_possible(asked, **held)
    except RafidError as error:
        return error.slug()
    return None


@pytest.mark.parametrize(
    ("kind", "most", "beyond", "slug", "members"),
    [
        ("distribution", "48000", "48000.01", "yield-not-realised", {"purpose": "education"}),
        ("nazir_fee", "6000", "6000.01", "nazir-fee-above-cap", {}),
        ("reserve", "54000", "54000.01", "yield-not-realised", {}),
        ("growth", "48000", "48000.01", "yield-not-realised", {"benefit": "a roof"}),
        ("upkeep", "60000", "60000.01", "corpus-below-floor", {}),
    ],
)
def test_each_kind_keeps_to_its_rule_to_the_minor_unit(
    kind: str, most: str, beyond: str, slug: str, members: dict[str, str]
) -> None:
    assert refusal(order(kind, most, **members)) is None
    assert refusal(order(kind, beyond, **members)) == slug


@pytest.mark.rule("W-1")
def test_a_fee_is_not_paid_out_of_a_corpus_in_deficit() -> None:
    lost = books(net_assets=mad("1001000"), lost=mad("59000"))
    assert refusal(order("nazir_fee", "1000"), books=lost) is None
    assert refusal(order("nazir_fee", "1000.01"), books=lost) == "corpus-below-floor"


@pytest.mark.rule("W-8")
def test_no_more_becomes_property_than_what_is_endowed_for_good() -> None:
    """Of 1,000,000 for good and 5,000 added 900,000 are property: 105,000 more while money goes
    back on a day; property comes back on none that is known.
    """
    found = books(
        added=mad("5000"),
        investments=mad("900000"),
        temporary=mad("100000"),
        net_assets=mad("1165000"),
    )
    assert refusal(order("invest", "105000"), books=found) is None
    beyond = order("invest", "105000.01")
    assert refusal(beyond, books=found) == "property-beyond-return"
    assert refusal(beyond, books=replace(found, temporary=mad("0"))) is None


@pytest.mark.rule("W-3")
def test_yield_is_spent_for_what_the_founder_named() -> None:
    assert refusal(order("distribution", "1", purpose="education")) is None
    assert refusal(order("distribution", "1", purpose="roads")) == "purpose-not-in-deed"
    assert refusal(order("distribution", "1")) == "purpose-not-in-deed"


def test_without_a_deed_nothing_is_spent_and_upkeep_still_keeps_the_corpus() -> None:
    assert refusal(order("distribution", "1", purpose="education"), deed=None) == (
        "waqf-deed-missing"
    )
    assert refusal(order("upkeep", "60000"), deed=None) is None
    assert refusal(order("upkeep", "60000.01"), deed=None) == "corpus-below-floor"


@pytest.mark.rule("W-2")
def test_a_waqf_to_be_lent_buys_no_property() -> None:
    lent = deed(use=WaqfUse.LENT)
    assert refusal(order("invest", "1", asset=HOUSE), deed=lent) == "waqf-use-other"
    assert refusal(order("invest", "1", asset=HOUSE)) is None


@pytest.mark.rule("W-9")
@pytest.mark.requirement("A8.4")
@pytest.mark.parametrize(
    ("received", "authority", "slug"),
    [
        ("100000", JUDGE, None),
        ("100000.01", JUDGE, None),
        ("99999.99", JUDGE, "exchange-below-value"),
        ("100000", None, "authority-missing"),
        ("100000", replace(JUDGE, decided_on=date(2026, 11, 2)), "authority-missing"),
    ],
    ids=["equal", "more", "less", "nobody decided", "decided afterwards"],
)
def test_property_is_exchanged_by_the_authority_for_no_less_than_its_value(
    received: str, authority: Authority | None, slug: str | None
) -> None:
    asked = order(
        "exchange",
        received,
        asset_id=ids.new(),
        appraised=mad("100000"),
        authority=authority,
    )
    assert refusal(asked) == slug


@pytest.mark.rule("W-10")
@pytest.mark.parametrize(
    "change",
    [
        {"purposes": ("education", "roads")},
        {"use": WaqfUse.LENT},
        {"permits_temporary": True},
    ],
)
def test_what_a_waqf_was_founded_for_changes_by_the_authority_alone(
    change: dict[str, Any],
) -> None:
    """Morocco, code of awqaf, art. 53: to the nearest like purpose."""
    before, after = deed(), deed(**change)
    waqf_orders.require_deed(after, before=before, authority=JUDGE, on=ON)
    for said in (None, replace(JUDGE, decided_on=date(2026, 11, 2))):
        with pytest.raises(waqf_orders.AuthorityMissing):
            waqf_orders.require_deed(after, before=before, authority=said, on=ON)


def test_a_first_deed_and_a_plainer_one_need_no_authority() -> None:
    waqf_orders.require_deed(deed(), before=None, authority=None, on=ON)
    waqf_orders.require_deed(
        deed(reserve_share=Decimal("0.2")), before=deed(), authority=None, on=ON
    )


@pytest.mark.rule("W-6")
def test_who_has_an_interest_is_paid_by_the_judge_s_or_the_board_s_decision_only() -> None:
    party, nazir = ids.new(), ids.new()
    register = [Conflict(party_id=party, interest="brother of the trustee")]
    asked = order("upkeep", "10", party_id=party)
    assert refusal(asked, conflicts=register) == "conflict-of-interest"
    assert refusal(replace(asked, authority=JUDGE), conflicts=register) is None
    assert refusal(replace(asked, party_id=ids.new()), conflicts=register) is None
    own = order("upkeep", "10", party_id=nazir)
    assert refusal(own, deed=deed(nazir_id=nazir)) == "conflict-of-interest"
    fee = order("nazir_fee", "10", party_id=nazir)
    assert refusal(fee, deed=deed(nazir_id=nazir)) is None, "the fee is the trustee's by deed"


@pytest.mark.rule("W-6")
def test_the_trustee_does_not_decide_on_the_trustee_s_own_fee_nor_a_payee_on_the_payment() -> None:
    nazir = ids.new()
    fee = order("nazir_fee", "10")
    with pytest.raises(waqf_orders.ConflictOfInterest):
        waqf_orders.require_disinterested(nazir, order=fee, deed=deed(nazir_id=nazir))
    waqf_orders.require_disinterested(ids.new(), order=fee, deed=deed(nazir_id=nazir))
    waqf_orders.require_disinterested(nazir, order=order("upkeep"), deed=deed(nazir_id=nazir))
    with pytest.raises(waqf_orders.ConflictOfInterest):
        waqf_orders.require_disinterested(nazir, order=order("upkeep", party_id=nazir), deed=None)


@pytest.mark.rule("W-8")
def test_what_was_endowed_for_a_time_goes_back_on_its_day_and_not_before() -> None:
    """OIC Fiqh Academy, resolution 181 (7/19); AAOIFI Sharia Standard 60."""
    receipt = Endowed(receipt_id=ids.new(), amount=mad("100000"), returnable_on=date(2027, 6, 30))
    given: dict[str, Any] = {"receipt_id": receipt.receipt_id}
    back = waqf_orders.require_return(receipt, on=date(2027, 6, 30), **given)
    assert back.amount == mad("100000"), "the same amount"
    with pytest.raises(waqf_orders.ReturnNotDue):
        waqf_orders.require_return(receipt, on=date(2027, 6, 29), **given)
    with pytest.raises(waqf_orders.NotTemporary):
        waqf_orders.require_return(None, on=date(2027, 6, 30), **given)


def moved(entry: JournalEntry | None) -> dict[str, str]:
    assert entry is not None
    return {line.account_code: str(line.amount) for line in entry.lines}


@pytest.mark.parametrize(
    ("kind", "booked", "entry_kind"),
    [
        ("invest", {"investments": "9.00", "bank": "-9.00"}, EntryKind.TRANSFER),
        ("upkeep", {"upkeep": "9.00", "bank": "-9.00"}, EntryKind.UPKEEP),
        ("distribution", {"grants": "9.00", "bank": "-9.00"}, EntryKind.GRANT),
        ("nazir_fee", {"nazir_fee": "9.00", "bank": "-9.00"}, EntryKind.NAZIR_FEE),
        ("reserve", {"yield_shared": "9.00", "loss_reserve": "-9.00"}, EntryKind.RESERVE),
        ("growth", {"yield_shared": "9.00", "corpus_addition": "-9.00"}, EntryKind.RESERVE),
        ("return", {"temporary_corpus": "9.00", "bank": "-9.00"}, EntryKind.CORPUS_RETURN),
    ],
)
def test_what_each_order_books(kind: str, booked: dict[str, str], entry_kind: EntryKind) -> None:
    entry = waqf_entries.order_entry(order(kind, "9", channel=Channel.BANK), fund=FUND)
    assert moved(entry) == booked
    assert entry is not None
    assert (entry.kind, entry.occurred_on) == (entry_kind, ON)


def test_a_gain_on_exchanged_property_stays_corpus_and_a_loss_is_one() -> None:
    sold = order("exchange", "100", asset_id=ids.new())
    assert moved(waqf_entries.order_entry(sold, fund=FUND, cost=mad("90"))) == {
        "cash": "100.00",
        "investments": "-90.00",
        "exchange_gain": "-10.00",
    }
    assert moved(waqf_entries.order_entry(sold, fund=FUND, cost=mad("130")))["exchange_loss"] == (
        "30.00"
    )
    swapped = replace(sold, asset=HOUSE)
    assert waqf_entries.order_entry(swapped, fund=FUND, cost=mad("90")) is None
    assert waqf_entries.order_entry(order("deed"), fund=FUND) is None


def test_incomes_and_covers_in_the_books() -> None:
    given: dict[str, Any] = {"fund": FUND, "on": ON}
    assert moved(waqf_entries.yield_entry(mad("5"), channel=Channel.CASH, **given)) == {
        "cash": "5.00",
        "investment_income": "-5.00",
    }
    assert moved(waqf_entries.tabarru_entry(mad("5"), channel=Channel.CASH, **given)) == {
        "cash": "5.00",
        "tabarru": "-5.00",
    }
    contract_id = ContractId(ids.new())
    entry = waqf_entries.cover_entry(
        tabarru=mad("3"), reserve=mad("2"), contract_id=contract_id, **given
    )
    assert moved(entry) == {
        "tabarru": "3.00",
        "tabarru_cover": "-3.00",
        "loss_reserve": "2.00",
        "reserve_used": "-2.00",
    }
    assert entry.contract_id == contract_id
    with pytest.raises(CurrencyMismatch):
        waqf_entries.yield_entry(Money(1, "JOD"), channel=Channel.CASH, **given)


def read(balances: dict[str, int], **given: Any) -> waqf.Books:
    plain: dict[str, Any] = {"currency": "MAD", "stated": mad("0"), "has_corpus": True}
    return waqf_books.books_of(Accounts(balances=balances, **(plain | given)))


@pytest.mark.rule("W-5")
@pytest.mark.parametrize(
    ("balances", "given", "realised"),
    [
        ({"profit_income": -60_000}, {}, 60_000),
        ({"profit_income": -60_000, "profit_accrued": 5_000}, {}, 55_000),
        ({"profit_income": -60_000, "profit_unearned": -5_000}, {}, 60_000),
        (
            {"profit_income": -60_000, "profit_receivable": 9_000, "deferred_profit": -7_000},
            {},
            58_000,
        ),
        (
            {"profit_income": -60_000, "profit_receivable": 7_000, "deferred_profit": -9_000},
            {},
            60_000,
        ),
        ({"profit_income": -60_000}, {"unbanked": 18_000}, 42_000),
        ({"profit_income": -60_000}, {"unbanked": -1}, 60_000),
        ({"investment_income": -4_000, "subsidy_income": -1_000}, {}, 5_000),
        ({"exchange_gain": -9_000, "fee_income": -3_000, "recovery": -1_000}, {}, 0),
    ],
    ids=[
        "paid",
        "accrued is not realised",
        "paid ahead is not income",
        "a sale counted before it was paid",
        "a sale whose profit is deferred",
        "declared by a venture and not paid out",
        "a venture that paid out more than it declared",
        "yield of investments and of another fund",
        "gains of the corpus, fees for cost and recoveries are no yield",
    ],
)
def test_yield_is_realised_when_its_money_came(
    balances: dict[str, int], given: dict[str, int], realised: int
) -> None:
    assert read(balances, **given).realised == Money(realised, "MAD")


def test_the_books_of_a_corpus_are_read_from_its_accounts() -> None:
    found = read(
        {
            "fund_balance": -100_000,
            "corpus_addition": -2_000,
            "temporary_corpus": -30_000,
            "cash": 41_000,
            "bank": 9_000,
            "loans": 80_000,
            "investments": 20_000,
            "tabarru": -4_000,
            "savings": -1_000,
            "yield_shared": 5_000,
            "loss_reserve": -2_500,
            "reserve_used": -500,
            "upkeep": 700,
            "own_expense_5210": 300,
            "own_liability_2": -100,
            "fee_income": -400,
            "exchange_loss": 60,
            "tabarru_cover": -90,
        },
        lost=1_000,
    )

    def minor(amount: Money) -> int:
        return amount.minor

    assert minor(found.floor) == 132_000
    assert minor(found.net_assets) == 41_000 + 9_000 + 80_000 + 20_000 - 5_100
    assert minor(found.lent) == 80_000
    assert (minor(found.reserved), minor(found.reserve)) == (3_000, 2_500)
    assert (minor(found.cost), minor(found.lost)) == (600, 1_060)
    assert (minor(found.tabarru), minor(found.unborne)) == (4_000, 1_060 - 90 - 500)


def test_a_fund_without_a_corpus_keeps_what_was_stated_and_no_more() -> None:
    found = read({"fund_balance": -100_000}, has_corpus=False, stated=mad("10"))
    assert (found.endowed, found.floor) == (mad("0"), mad("10"))
