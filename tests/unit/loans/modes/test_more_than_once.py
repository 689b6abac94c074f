"""What is there for a step when part of it was taken before, and what does a refusal name?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import goods_debt, trading
from services.loans.domain.deal import Deal
from services.loans.domain.modes import MODES, ijara, murabaha, muzaraa, qard, salam
from services.loans.domain.modes.ijara import DaysNotOfLease
from services.loans.domain.modes.salam import GoodsStillOwed, PricePaidLate
from services.loans.domain.terms import ChargeMethod, QardBearsNoProfit
from tests.deals import (
    SIGNED,
    booked,
    lawful,
    mad,
    make_deal,
    make_terms,
    refuse,
    took,
    walk,
)
from tests.unit.loans.test_due_dates import WEEKEND, closed

RUNS = SIGNED + timedelta(days=5)
HARVEST = SIGNED + timedelta(days=90)
STAGE = {"amounts": {"amount": "9000.00"}}


def begun(mode: str, principal: str, *steps: tuple[str, dict[str, Any]]) -> Deal:
    return walk(make_deal(make_terms(mode, principal)), *steps)[0]


def works(*steps: tuple[str, dict[str, Any]]) -> Deal:
    order = {
        "amounts": {"price": "18000.00"},
        "figures": {"penalty_weekly": "0.01", "penalty_most": "0.10"},
    }
    return begun("istisna", "20500.00", ("order", {}), ("commission", order), *steps)


def leased() -> Deal:
    goods = {"amounts": {"invoice": "2400.00"}}
    return begun(
        "ijara", "2400.00", ("promise", {}), ("purchase", goods), ("possess", {}), ("lease", {})
    )


def test_rent_owed_back_is_less_by_what_was_paid_back_before() -> None:
    cut = took("out_of_use", amounts={"back": "57.50"})
    deal = make_deal(make_terms("ijara"), cut, took("pay_back", amounts={"amount": "50.00"}))

    assert ijara.held(deal) == mad("7.50")


def test_rent_paid_back_leaves_the_cash_and_what_is_owed() -> None:
    cut = took("out_of_use", amounts={"back": "57.50"})
    deal = replace(leased(), taken=(*leased().taken, cut))

    assert booked(deal, "pay_back", amounts={"amount": "50.00"}) == {
        "client_deposit": "50.00",
        "cash": "-50.00",
    }


def test_goods_that_run_again_bear_rent_until_they_are_lost() -> None:
    mended = walk(leased(), ("stop_use", {"on": RUNS}), ("resume_use", {"on": RUNS}))[0]
    lost = {"on": RUNS + timedelta(days=40)}

    assert (
        walk(mended, ("lose", lost))[0].instalments == walk(leased(), ("lose", lost))[0].instalments
    )


def test_cover_paid_in_parts_is_no_more_than_the_goods_cost() -> None:
    part = {"amounts": {"amount": "2000.00"}}
    covered = walk(leased(), ("lose", {}), ("cover", part))[0]

    refused = refuse(covered, "cover", trading.AmountBeyond, amounts={"amount": "400.01"})

    assert refused.most == mad("400.00")


def test_days_that_are_not_of_the_lease_are_named_with_their_step() -> None:
    before = {"from_day": "2026-01-14", "until_day": "2026-01-20"}
    first = {"from_day": "2026-01-15", "until_day": "2026-01-20"}

    refused = refuse(leased(), "out_of_use", DaysNotOfLease, on=date(2026, 1, 20), days=before)

    assert (refused.step, refused.start, refused.end) == (
        "out_of_use",
        date(2026, 1, 14),
        date(2026, 1, 20),
    )
    assert walk(leased(), ("out_of_use", {"on": date(2026, 1, 20), "days": first}))


def test_a_lease_of_goods_that_cost_something_else_names_the_cost() -> None:
    dearer = {"amounts": {"invoice": "2500.00"}}
    deal = begun("ijara", "2400.00", ("promise", {}), ("purchase", dearer), ("possess", {}))

    refused = refuse(deal, "lease", trading.AmountDiffers)

    assert (refused.member, refused.given) == ("cost", mad("2500.00"))


def test_a_value_from_before_a_stage_was_paid_is_not_booked() -> None:
    worth = {"amounts": {"market_value": "7000.00"}}
    deal = works(("pay_stage", STAGE), ("appraise", worth), ("pay_stage", STAGE))

    refuse(deal, "revalue", goods_debt.NothingAppraised)


def test_work_that_rises_again_makes_good_the_loss_and_is_no_profit() -> None:
    lower = works(
        ("pay_stage", STAGE),
        ("appraise", {"amounts": {"market_value": "7000.00"}}),
        ("revalue", {}),
    )
    better = walk(lower, ("appraise", {"amounts": {"market_value": "8500.00"}}))[0]

    assert booked(better, "revalue") == {"goods_due": "1500.00", "capital_loss": "-1500.00"}


def test_work_agreed_for_later_is_the_same_debt_on_another_day() -> None:
    deal = works(("pay_stage", STAGE))
    later = HARVEST + timedelta(days=10)

    agreed, _ = walk(deal, ("extend", {"days": {"deliver_by": later.isoformat()}}))

    assert [(one.due_on, one.total) for one in agreed.instalments] == [(later, mad("9000.00"))]


def test_a_stage_is_paid_in_cash_and_an_abandoned_work_leaves_the_order() -> None:
    assert booked(works(), "pay_stage", **STAGE) == {"goods_due": "9000.00", "cash": "-9000.00"}
    left = works(("pay_stage", STAGE), ("abandon", {}))
    assert left.instalments == make_deal(make_terms("istisna", "20500.00")).instalments


def test_work_is_not_delivered_before_its_price_is_paid() -> None:
    refused = refuse(works(("pay_stage", STAGE)), "deliver", trading.NotYetAllPaid)

    assert (refused.step, refused.owed) == ("deliver", mad("9000.00"))


def test_leased_goods_are_bought_before_they_are_lent() -> None:
    deal = begun("ijara", "2400.00", ("promise", {}))

    assert booked(deal, "purchase", amounts={"invoice": "2400.00"}) == {
        "goods": "2400.00",
        "cash": "-2400.00",
    }


def test_rent_that_a_loss_gives_back_is_named() -> None:
    lost = {"fair_rent": "20.00", "rent_back": "999.99"}

    refused = refuse(
        leased(), "lose", trading.AmountDiffers, on=SIGNED + timedelta(days=40), amounts=lost
    )

    assert refused.member == "rent_back"


@pytest.mark.parametrize("mode", ["qard", "diminishing_musharaka", "murabaha", "ijara"])
def test_days_an_institution_is_closed_move_the_dues_of_every_mode(mode: str) -> None:
    free = {"annual_rate": Decimal(0), "charge_method": ChargeMethod.NONE}
    members: dict[str, Any] = free if mode == "qard" else {}
    terms = make_terms(mode, "2400.00", country="XX", moving_rule="next", **members)

    dues = MODES[terms.mode_of_finance].schedule(terms, overrides=(WEEKEND, closed("2026-02-15")))

    assert [one.due_on for one in dues[:2]] == [date(2026, 2, 16), date(2026, 3, 15)]


def test_a_crop_sold_in_parts_costs_all_its_inputs_once() -> None:
    shares = {"figures": {"land_share": "0.4", "inputs_share": "0.2", "work_share": "0.4"}}
    deal = begun(
        "muzaraa",
        "1000.00",
        ("agree", shares),
        ("supply", {"amounts": {"amount": "1000.00"}}),
        ("harvest", {"figures": {"harvest": "1000"}}),
    )
    ours = muzaraa.our_harvest(deal)

    third: dict[str, Any] = {
        "figures": {"quantity": str(ours / 3)},
        "amounts": {"price": "500.00"},
    }
    cost = []
    for _ in range(3):
        result = muzaraa.change(lawful(deal, "sell", **third), deal=deal).result
        assert result is not None
        cost.append(-result.at_work)
        deal, _entries = walk(deal, ("sell", third))

    assert cost == [mad("333.33"), mad("333.34"), mad("333.33")]


def test_a_discount_before_the_sale_lowers_the_cost_and_is_held_for_nobody() -> None:
    less = took("discount", amounts={"amount": "100.00"})
    deposit = took("deposit", amounts={"amount": "500.00"})
    terms = make_terms("murabaha")

    assert murabaha.held(make_deal(terms, deposit, less)) == mad("500.00")
    assert murabaha.held(make_deal(terms, deposit, less, took("sell"))) == mad("500.00")
    assert murabaha.held(make_deal(terms, deposit, took("sell"), less)) == mad("600.00")


def test_an_offer_is_accepted_before_its_first_instalment_is_due() -> None:
    deal = begun(
        "murabaha",
        "20500.00",
        ("promise", {}),
        ("purchase", {"amounts": {"invoice": "21000.00"}}),
        ("possess", {}),
        ("offer_anew", {"amounts": {"cost": "21000.00", "mark_up": "2520.00"}}),
    )

    refused = refuse(deal, "accept", trading.HandedOverLate, on=date(2026, 2, 16))

    assert refused.step == "accept"


def test_a_deal_that_ends_with_goods_names_what_is_owed_and_what_is_in_store() -> None:
    deal = begun(
        "salam",
        "400000.00",
        ("specify", {"figures": {"quantity": "20"}}),
        ("pay_price", {"amounts": {"price": "400000.00"}}),
        ("deliver", {"figures": {"quantity": "16"}}),
    )

    refused = refuse(deal, "close", GoodsStillOwed)
    assert (refused.owed, refused.held) == (4, 16)

    back = {"figures": {"quantity": "4"}, "amounts": {"price_back": "79999.99"}}
    assert refuse(deal, "call_off", trading.AmountDiffers, **back).member == "price_back"


def test_goods_sold_in_parts_cost_their_parts() -> None:
    sacks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("specify", {"figures": {"quantity": "20"}}),
        ("pay_price", {"amounts": {"price": "400000.00"}}),
        ("deliver", {"figures": {"quantity": "20"}}),
    )
    half = {"figures": {"quantity": "10"}, "amounts": {"price": "250000.00"}}
    deal = begun("salam", "400000.00", *sacks)

    for _ in range(2):
        result = salam.change(lawful(deal, "sell", **half), deal=deal).result
        assert result is not None
        assert (result.profit, result.principal) == (mad("50000.00"), mad("0.00"))
        assert result.at_work == mad("0.00")
        refused = refuse(deal, "close", GoodsStillOwed)
        assert refused.owed == 0
        deal, _entries = walk(deal, ("sell", half))
    assert walk(deal, ("close", {}))


def test_a_price_that_is_late_or_another_is_named_with_what_was_agreed() -> None:
    deal = begun("salam", "400000.00", ("specify", {"figures": {"quantity": "20"}}))
    price = {"amounts": {"price": "400000.00"}}

    refused = refuse(deal, "pay_price", trading.AmountDiffers, amounts={"price": "400000.01"})
    late = refuse(deal, "pay_price", PricePaidLate, on=SIGNED + timedelta(days=4), **price)

    assert refused.member == "price"
    assert (late.agreed_on, late.paid_on, late.days) == (SIGNED, SIGNED + timedelta(days=4), 3)


def test_what_is_left_of_goods_to_come_is_due_on_the_day_agreed() -> None:
    deal = begun(
        "salam",
        "400000.00",
        ("specify", {"figures": {"quantity": "20"}}),
        ("pay_price", {"amounts": {"price": "400000.00"}}),
        ("appraise", {"amounts": {"market_value": "300000.00"}}),
        ("revalue", {}),
    )

    assert [(one.due_on, one.total) for one in deal.instalments] == [(HARVEST, mad("300000.00"))]


def test_terms_of_another_mode_are_no_qard_and_are_named() -> None:
    with pytest.raises(QardBearsNoProfit) as refused:
        qard.check_terms(make_terms("murabaha"))

    assert (refused.value.annual_rate, refused.value.charge_method) == ("0.12", "flat")
