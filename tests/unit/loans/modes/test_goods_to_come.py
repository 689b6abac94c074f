"""At what do goods to come stand, who may value them lower, and what is late of them?"""

from datetime import date, timedelta
from typing import Any

import pytest

from services.loans.domain import deal as deals
from services.loans.domain import goods_debt, trading
from services.loans.domain.deal import Deal, Ending
from services.loans.domain.goods_debt import ValuationRule
from services.loans.domain.modes import MODES, istisna, salam
from shared import rulebook
from tests.deals import SIGNED, lawful, mad, make_deal, make_terms, moved, walk

HARVEST = SIGNED + timedelta(days=90)
Steps = tuple[tuple[str, dict[str, Any]], ...]
PAID: Steps = (
    ("specify", {"figures": {"quantity": "20"}}),
    ("pay_price", {"amounts": {"price": "400000.00"}}),
)


def sacks(number: str, **amounts: str) -> dict[str, Any]:
    return {"figures": {"quantity": number}, "amounts": amounts}


def forward(*steps: tuple[str, dict[str, Any]]) -> Deal:
    return walk(make_deal(make_terms("salam", "400000.00")), *PAID, *steps)[0]


def booked(deal: Deal, code: str, **members: Any) -> dict[str, str]:
    _, entries = walk(deal, (code, members))
    return moved(entries[0]) if entries else {}


def change_of(deal: Deal, code: str, **members: Any) -> deals.Change:
    step = lawful(deal, code, **members)
    return MODES[deal.terms.mode_of_finance].change(step, deal=deal)


def worth(value: str) -> Steps:
    return (("appraise", {"amounts": {"market_value": value}}), ("revalue", {}))


def test_goods_to_come_are_one_due_on_the_day_of_delivery() -> None:
    (due,) = forward().instalments
    assert (due.due_on, due.total, due.profit) == (HARVEST, mad("400000.00"), mad("0.00"))


def test_a_delivery_settles_its_part_of_the_debt_and_moves_no_money() -> None:
    change = change_of(forward(), "deliver", **sacks("16"))
    assert change.settled == mad("320000.00")
    assert change.instalments == forward().instalments
    assert booked(forward(), "deliver", **sacks("16")) == {
        "goods_due": "-320000.00",
        "goods": "320000.00",
    }


def test_goods_worth_less_than_they_cost_stand_at_what_they_are_worth() -> None:
    deal = forward(
        ("deliver", sacks("16")), ("appraise", {"amounts": {"market_value": "72000.00"}})
    )
    assert booked(deal, "revalue") == {"goods_due": "-8000.00", "capital_loss": "8000.00"}
    lower = walk(deal, ("revalue", {}))[0]
    assert salam.stock(lower).owed_at == mad("72000.00")
    assert lower.instalments[0].principal == mad("392000.00")


def test_goods_never_stand_above_what_they_cost_and_rise_again_up_to_it() -> None:
    deal = forward(*worth("300000.00"))
    assert (
        booked(forward(("appraise", {"amounts": {"market_value": "500000.00"}})), "revalue") == {}
    )
    better = walk(deal, ("appraise", {"amounts": {"market_value": "500000.00"}}))[0]
    assert booked(better, "revalue") == {"goods_due": "100000.00", "capital_loss": "-100000.00"}


def test_goods_valued_lower_are_delivered_called_off_and_sold_from_there() -> None:
    deal = forward(*worth("300000.00"))
    assert booked(deal, "deliver", **sacks("16"))["goods"] == "240000.00"
    assert booked(deal, "call_off", **sacks("4", price_back="80000.00")) == {
        "cash": "80000.00",
        "goods_due": "-60000.00",
        "capital_loss": "-20000.00",
    }
    store, _ = walk(deal, ("deliver", sacks("20")))
    assert booked(store, "sell", **sacks("20", price="480000.00")) == {
        "cash": "480000.00",
        "goods": "-300000.00",
        "profit_income": "-180000.00",
    }


def test_a_value_is_recorded_before_it_is_booked_and_booked_once() -> None:
    for deal in (
        forward(),
        forward(*worth("300000.00")),
        forward(("appraise", {"amounts": {"market_value": "300000.00"}}), ("deliver", sacks("1"))),
    ):
        with pytest.raises(goods_debt.NothingAppraised):
            walk(deal, ("revalue", {}))


def test_another_person_books_the_value() -> None:
    rows = {step.code: step for step in salam.STEPS}
    assert rows["revalue"].by_another
    assert not rows["appraise"].by_another
    assert not rows["revalue"].moves_money


def test_where_goods_stand_at_cost_no_value_is_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    (fact,) = rulebook.facts_of("goods_valuation")
    assert goods_debt.rule_of("YE", on=SIGNED) == (ValuationRule.LOWER, fact.source.title)
    monkeypatch.setattr(goods_debt, "rule_of", lambda *_, **__: (ValuationRule.COST, "its board"))
    with pytest.raises(goods_debt.ValuedAtCost, match="its board"):
        walk(forward(), ("appraise", {"amounts": {"market_value": "300000.00"}}))


def test_delivery_agreed_for_later_moves_the_due_and_counts_as_agreed_anew() -> None:
    later = HARVEST + timedelta(days=30)
    change = change_of(forward(), "extend", days={"deliver_by": later.isoformat()})
    assert change.anew
    assert change.instalments is not None
    assert change.instalments[0].due_on == later
    for wrong in (HARVEST, SIGNED):
        with pytest.raises(goods_debt.DeliveryNotLater):
            walk(forward(), ("extend", {"days": {"deliver_by": wrong.isoformat()}}))


def test_goods_are_not_agreed_for_a_day_that_has_come() -> None:
    deal = make_deal(make_terms("salam", "400000.00"))
    with pytest.raises(trading.HandedOverLate):
        walk(deal, ("specify", PAID[0][1] | {"days": {"deliver_by": SIGNED.isoformat()}}))


def test_a_sale_tells_its_margin_and_a_loss_is_no_profit() -> None:
    store = forward(("deliver", sacks("20")))
    sold = change_of(store, "sell", **sacks("20", price="480000.00")).result
    lost = change_of(store, "sell", **sacks("20", price="390000.00")).result
    assert sold is not None
    assert lost is not None
    assert (sold.profit, sold.declared) == (mad("80000.00"), mad("80000.00"))
    assert (lost.profit, lost.declared) == (mad("0.00"), mad("-10000.00"))


# Istisna: a maker works for 18,000.00 at 1 % a week, the client owes 20,500.00 and 2,460.00.

ORDER = {
    "amounts": {"price": "18000.00"},
    "figures": {"penalty_weekly": "0.01", "penalty_most": "0.10"},
}
STAGE = {"amounts": {"amount": "9000.00"}}


def works(*steps: tuple[str, dict[str, Any]]) -> Deal:
    first: Steps = (("order", {}), ("commission", ORDER))
    return walk(make_deal(make_terms("istisna")), *first, *steps)[0]


def test_stages_paid_are_one_debt_in_goods_until_delivery_brings_the_client_s() -> None:
    deal = works(("pay_stage", STAGE), ("pay_stage", STAGE))
    (due,) = deal.instalments
    assert (due.due_on, due.total) == (HARVEST, mad("18000.00"))
    assert booked(deal, "deliver") == {
        "goods_due": "-18000.00",
        "loans": "20500.00",
        "profit_receivable": "2460.00",
        "deferred_profit": "-2460.00",
        "profit_income": "-2500.00",
    }
    done, _ = walk(deal, ("deliver", {}))
    assert done.instalments == make_deal(make_terms("istisna")).instalments


def test_a_maker_who_abandons_leaves_the_client_s_order_as_it_was() -> None:
    left = works(("pay_stage", STAGE), ("abandon", {}))
    assert deals.stage(istisna.STEPS, taken=left.taken) == "ordered"
    again, _ = walk(left, ("commission", ORDER))
    assert istisna.payable(again) == mad("18000.00"), "the second maker's contract is its own"
    (row,) = [step for step in istisna.STEPS if step.code == "release"]
    assert (row.after, row.ends) == (("ordered",), Ending.CANCELLED)


def test_a_late_maker_s_penalty_touches_no_instalment_of_the_client() -> None:
    late = works(("delay", {"figures": {"weeks": "2"}}), ("pay_stage", STAGE))
    assert istisna.payable(late) == mad("8640.00")
    whole = walk(late, ("pay_stage", {"amounts": {"amount": "8640.00"}}), ("deliver", {}))[0]
    assert whole.instalments == make_deal(make_terms("istisna")).instalments


def test_work_worth_less_than_was_paid_stands_at_what_it_is_worth() -> None:
    deal = works(("pay_stage", STAGE), ("appraise", {"amounts": {"market_value": "7000.00"}}))
    assert booked(deal, "revalue") == {"goods_due": "-2000.00", "capital_loss": "2000.00"}
    lower = walk(deal, ("revalue", {}), ("pay_stage", STAGE))[0]
    assert lower.instalments[0].total == mad("16000.00")
    assert booked(lower, "abandon") == {"goods_due": "-16000.00", "capital_loss": "16000.00"}


def test_a_day_of_delivery_lies_after_the_commission() -> None:
    deal = walk(make_deal(make_terms("istisna")), ("order", {}))[0]
    with pytest.raises(trading.HandedOverLate):
        walk(deal, ("commission", ORDER | {"days": {"deliver_by": date(2026, 1, 15).isoformat()}}))


def test_what_is_extended_before_a_stage_is_paid_changes_no_due() -> None:
    later = {"days": {"deliver_by": (HARVEST + timedelta(days=10)).isoformat()}}
    assert change_of(works(), "extend", **later) == deals.UNCHANGED
    paid = works(("extend", later), ("pay_stage", STAGE))
    assert paid.instalments[0].due_on == HARVEST + timedelta(days=10)
