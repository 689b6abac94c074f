"""What do a sale at cost plus, a lease, a shrinking share and a work to order book and refuse?"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.loans.domain import deal as deals
from services.loans.domain import trading
from services.loans.domain.allocation import Allocation, Portions
from services.loans.domain.chart import FundKind
from services.loans.domain.deal import Deal, Taken
from services.loans.domain.modes import MODES, ijara, istisna, murabaha
from services.loans.domain.modes import diminishing_musharaka as shrinking
from shared.money import Money
from shared.periods import Period
from tests.builders import CONTRACT, make_fund_accounts
from tests.deals import (
    BOUGHT,
    INVOICE,
    SALE,
    SIGNED,
    booked,
    deal_of,
    lawful,
    mad,
    make_deal,
    make_terms,
    moved,
    refuse,
    walk,
)


def test_a_sale_runs_from_the_promise_to_the_debt() -> None:
    deal, entries = walk(deal_of("murabaha"), *BOUGHT, ("sell", SALE), ("deliver", {}))

    assert [moved(entry) for entry in entries] == [
        {"goods": "20500.00", "cash": "-20500.00"},
        {
            "loans": "20500.00",
            "profit_receivable": "2460.00",
            "goods": "-20500.00",
            "deferred_profit": "-2460.00",
        },
    ]
    assert deals.stage(murabaha.STEPS, taken=deal.taken) == "delivered"


@pytest.mark.parametrize(
    ("amounts", "member"),
    [
        ({"cost": "20000.00", "mark_up": "2460.00"}, "cost"),
        ({"cost": "20500.01", "mark_up": "2460.00"}, "cost"),
        ({"cost": "20500.00", "mark_up": "2460.01"}, "mark_up"),
        ({"cost": "20500.00", "mark_up": "2459.99"}, "mark_up"),
    ],
)
def test_the_price_is_the_true_cost_and_the_agreed_mark_up(
    amounts: dict[str, str], member: str
) -> None:
    deal, _ = walk(deal_of("murabaha"), *BOUGHT)
    assert refuse(deal, "sell", trading.AmountDiffers, amounts=amounts).member == member


def test_a_discount_before_the_sale_lowers_the_cost_that_is_sold() -> None:
    deal, _ = walk(deal_of("murabaha"), *BOUGHT)
    assert booked(deal, "discount", amounts={"amount": "100.00"}) == {
        "cash": "100.00",
        "goods": "-100.00",
    }
    cheaper, _ = walk(deal, ("discount", {"amounts": {"amount": "100.00"}}))
    assert trading.cost(cheaper) == mad("20400.00")
    refuse(cheaper, "sell", trading.AmountDiffers, **SALE)
    refuse(deal, "discount", trading.AmountBeyond, amounts={"amount": "20500.01"})


def test_a_discount_after_the_sale_is_the_client_s() -> None:
    deal, _ = walk(deal_of("murabaha"), *BOUGHT, ("sell", SALE))
    late, entries = walk(deal, ("discount", {"amounts": {"amount": "100.00"}}))

    assert moved(entries[0]) == {"cash": "100.00", "client_deposit": "-100.00"}
    assert trading.cost(late) == mad("20500.00")
    assert murabaha.held(late) == mad("100.00")
    refuse(late, "pay_back", trading.AmountBeyond, amounts={"amount": "100.01"})
    assert booked(late, "pay_back", amounts={"amount": "100.00"}) == {
        "client_deposit": "100.00",
        "cash": "-100.00",
    }


def test_a_deposit_is_held_for_the_client_and_becomes_the_down_payment() -> None:
    deal, entries = walk(
        deal_of("murabaha", principal="18000.00"),
        ("promise", {}),
        ("deposit", {"amounts": {"amount": "3000.00"}}),
        ("purchase", INVOICE),
        ("possess", {}),
    )
    assert moved(entries[0]) == {"cash": "3000.00", "client_deposit": "-3000.00"}
    price = {"cost": "20500.00", "mark_up": "2160.00", "down_payment": "2500.00"}
    sold, entries = walk(deal, ("sell", {"amounts": price}))
    assert moved(entries[0]) == {
        "loans": "18000.00",
        "client_deposit": "2500.00",
        "profit_receivable": "2160.00",
        "goods": "-20500.00",
        "deferred_profit": "-2160.00",
    }
    assert murabaha.held(sold) == mad("500.00")
    for down_payment, error in (
        ("3000.01", trading.AmountBeyond),
        ("2499.99", trading.AmountDiffers),
    ):
        refuse(deal, "sell", error, amounts=price | {"down_payment": down_payment})


def test_goods_lost_before_the_sale_are_the_seller_s_loss() -> None:
    deal, _ = walk(deal_of("murabaha"), *BOUGHT)
    assert booked(deal, "lose") == {"capital_loss": "20500.00", "goods": "-20500.00"}


def test_a_client_who_withdraws_has_the_deposit_back() -> None:
    deal, _ = walk(
        deal_of("murabaha"),
        ("promise", {}),
        ("deposit", {"amounts": {"amount": "300.00"}}),
        ("withdraw", {}),
    )
    refuse(deal, "pay_back", trading.AmountBeyond, amounts={"amount": "300.01"})
    assert booked(deal, "pay_back", amounts={"amount": "300.00"})["cash"] == "-300.00"


def test_an_agent_buys_only_by_exception_and_the_supplier_is_paid() -> None:
    deal, entries = walk(
        deal_of("murabaha"), ("promise", {}), ("appoint_agent", {}), ("purchase_by_agent", INVOICE)
    )
    assert moved(entries[0]) == {"goods": "20500.00", "cash": "-20500.00"}
    assert trading.cost(deal) == mad("20500.00")


def test_a_repayment_of_a_sale_defers_its_profit_no_more() -> None:
    none = mad("0.00")
    paid = Allocation.of(murabaha_portions(principal=170833, profit=20500), "MAD")
    entry = murabaha.repayment_entry(
        paid,
        fund=make_fund_accounts(FundKind.COMMERCIAL, "MAD"),
        received_on=SIGNED,
        contract_id=CONTRACT,
    )
    assert moved(entry) == {
        "cash": "1913.33",
        "loans": "-1708.33",
        "profit_income": "-205.00",
        "deferred_profit": "205.00",
        "profit_receivable": "-205.00",
    }
    assert Money.total((line.amount for line in entry.lines), "MAD") == none


def murabaha_portions(**given: int) -> Portions:
    return Portions(**dict.fromkeys(Portions._fields, 0) | given)


LEASED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("promise", {}),
    ("purchase", {"amounts": {"invoice": "20500.00"}}),
    ("possess", {}),
    ("lease", {}),
)


def test_a_lease_begins_with_the_goods_and_keeps_them_an_asset() -> None:
    _, entries = walk(deal_of("ijara"), *LEASED)
    assert moved(entries[-1]) == {"loans": "20500.00", "goods": "-20500.00"}
    cheap, _ = walk(
        deal_of("ijara"),
        ("promise", {}),
        ("purchase", {"amounts": {"invoice": "20499.99"}}),
        ("possess", {}),
    )
    refuse(cheap, "lease", trading.AmountDiffers)


def test_major_upkeep_falls_on_the_lessor() -> None:
    deal, _ = walk(deal_of("ijara"), *LEASED, ("stop_use", {}))
    upkeep = booked(deal, "upkeep", amounts={"amount": "250.00"})
    assert upkeep == {"upkeep": "250.00", "cash": "-250.00"}


def test_ownership_passes_when_all_rent_is_paid() -> None:
    deal, _ = walk(deal_of("ijara"), *LEASED)
    owing = replace(deal, owed=mad("0.01"))
    assert refuse(owing, "transfer", trading.NotYetAllPaid).owed == mad("0.01")
    paid, entries = walk(deal, ("transfer", {}))
    assert entries == []
    assert deals.stage(ijara.STEPS, taken=paid.taken) == "transferred"


def test_rent_is_owed_for_days_of_use_alone() -> None:
    dues = make_deal(make_terms("ijara")).instalments
    six_days = Period(date(2026, 1, 20), date(2026, 1, 26))
    before, after = Period(date(2025, 1, 1), SIGNED), Period(dues[-1].due_on, date(2030, 1, 1))
    rents = ijara.rents_due(dues, since=SIGNED, unusable=[six_days, before, after])
    assert rents[0] == mad("1543.01"), "25 of 31 days of 1,913.33"
    assert rents[1:] == tuple(one.total for one in dues[1:])


def test_units_make_up_the_share_and_the_price_is_what_both_brought() -> None:
    deal, _ = walk(
        deal_of("diminishing_musharaka", principal="80000.00"),
        ("partner", {"amounts": {"client_share": "20000.00"}}),
    )
    refuse(deal, "purchase", trading.AmountDiffers, amounts={"invoice": "99999.99"})
    bought, _ = walk(deal, ("purchase", {"amounts": {"invoice": "100000.00"}}), ("possess", {}))
    units = {"amounts": {"unit_price": "2000.00"}, "figures": {"units": "39"}}
    refuse(bought, "lease", trading.AmountDiffers, **units)


def test_rent_falls_at_once_when_more_units_are_bought() -> None:
    rate = make_terms("diminishing_musharaka").annual_rate / 4
    after = shrinking.rent_after(mad("70000.00"), bought=mad("10000.00"), rate_per_period=rate)
    assert after == mad("1800.00")


ORDER = {
    "amounts": {"price": "20500.00"},
    "figures": {"penalty_weekly": "0.01", "penalty_most": "0.10"},
}


def ordered() -> Deal:
    return walk(deal_of("istisna"), ("order", {}), ("commission", ORDER))[0]


def test_a_maker_is_paid_by_stages_and_no_more_than_agreed() -> None:
    deal, _ = walk(ordered(), ("pay_stage", {"amounts": {"amount": "10000.00"}}))
    assert istisna.payable(deal) == mad("10500.00")
    refuse(deal, "pay_stage", trading.AmountBeyond, amounts={"amount": "10500.01"})
    assert refuse(deal, "deliver", trading.NotYetAllPaid).owed == mad("10500.00")
    assert booked(deal, "abandon") == {"capital_loss": "10000.00", "goods_due": "-10000.00"}


def test_a_late_maker_gets_less_and_the_difference_is_not_the_client_s_debt() -> None:
    late, _ = walk(ordered(), ("delay", {"figures": {"weeks": "2"}}))
    assert istisna.payable(late) == mad("20090.00")
    paid, _ = walk(late, ("pay_stage", {"amounts": {"amount": "20090.00"}}))
    assert booked(paid, "deliver") == {
        "loans": "20500.00",
        "profit_receivable": "2460.00",
        "goods_due": "-20090.00",
        "deferred_profit": "-2460.00",
        "profit_income": "-410.00",
    }
    done, _ = walk(paid, ("deliver", {}), ("repair", {}))
    assert deals.stage(istisna.STEPS, taken=done.taken) == "delivered"


def test_a_work_that_costs_more_than_the_client_owes_is_refused_beforehand() -> None:
    deal, _ = walk(deal_of("istisna"), ("order", {}))
    dear = ORDER | {"amounts": {"price": "20500.01"}}
    refuse(deal, "commission", trading.AmountBeyond, **dear)


def test_every_entry_of_every_step_is_on_the_contract_and_its_day() -> None:
    on = date(2026, 1, 20)
    deal, _ = walk(deal_of("murabaha"), ("promise", {}))
    step: Taken = lawful(deal, "purchase", on=on, **INVOICE)
    _, entry = deals.follow(MODES[deal.terms.mode_of_finance], step, deal=deal)
    assert entry is not None
    assert (entry.occurred_on, entry.contract_id) == (on, deal.contract_id)


@pytest.mark.parametrize(
    ("mode", "steps", "code", "members"),
    [
        ("murabaha", BOUGHT, "sell", SALE),
        ("ijara", LEASED[:-1], "lease", {}),
    ],
)
def test_goods_are_handed_over_before_anything_is_due_on_them(
    mode: str, steps: tuple[tuple[str, dict[str, Any]], ...], code: str, members: dict[str, Any]
) -> None:
    deal, _ = walk(deal_of(mode), *steps)
    due_on = deal.instalments[0].due_on
    late = refuse(deal, code, trading.HandedOverLate, on=due_on, **members)
    assert late.first_due_on == due_on
    assert walk(deal, (code, members | {"on": due_on - timedelta(days=1)}))


def test_a_work_is_delivered_before_anything_is_due_on_it() -> None:
    paid, _ = walk(ordered(), ("pay_stage", {"amounts": {"amount": "20500.00"}}))
    refuse(paid, "deliver", trading.HandedOverLate, on=paid.instalments[0].due_on)


# The goods cost 21,000.00 in place of the 20,500.00 that were agreed.
