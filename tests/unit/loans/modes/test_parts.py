"""Do amounts that come in parts sum to what was agreed, and to no more?"""

from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import deal as deals
from services.loans.domain import trading
from services.loans.domain.deal import Deal, Result
from services.loans.domain.modes import murabaha, muzaraa
from shared.money import Money
from tests.deals import lawful, mad, make_deal, make_terms, walk

SHARES = {"figures": {"land_share": "0.4", "inputs_share": "0.2", "work_share": "0.4"}}


def crop(*steps: tuple[str, dict[str, Any]]) -> Deal:
    """Inputs of 900.00 for a fifth of the harvest."""
    return walk(make_deal(make_terms("muzaraa", "900.00")), ("agree", SHARES), *steps)[0]


def supply(amount: str) -> tuple[str, dict[str, Any]]:
    return "supply", {"amounts": {"amount": amount}}


def sale(quantity: str, price: str) -> tuple[str, dict[str, Any]]:
    return "sell", {"figures": {"quantity": quantity}, "amounts": {"price": price}}


def harvested(*sales: tuple[str, dict[str, Any]]) -> Deal:
    """3,000 kg, of which 600 are ours."""
    harvest = ("harvest", {"figures": {"harvest": "3000"}})
    return crop(supply("500.00"), supply("400.00"), ("log_work", {}), harvest, *sales)


def result(deal: Deal, step: tuple[str, dict[str, Any]]) -> list[str]:
    """At work, principal back, profit and what is declared, after one more step."""
    found = muzaraa.change(lawful(deal, step[0], **step[1]), deal=deal).result
    assert isinstance(found, Result)
    return [str(part) for part in (found.at_work, found.principal, found.profit, found.declared)]


def test_inputs_given_in_parts_are_no_more_than_agreed() -> None:
    deal = crop(supply("500.00"))
    with pytest.raises(trading.AmountBeyond) as refused:
        walk(deal, supply("400.01"))
    assert refused.value.most == mad("400.00")
    assert result(deal, supply("400.00")) == ["400.00", "0.00", "0.00", "0.00"]


def test_a_crop_sold_in_parts_brings_back_what_each_has_cost() -> None:
    """450.00 stand in each half: sold for 600.00 they bring 150.00, for 300.00 they lose it."""
    whole = harvested()
    assert result(whole, sale("300", "600.00")) == ["-450.00", "450.00", "150.00", "150.00"]
    half = harvested(sale("300", "600.00"))
    assert result(half, sale("300", "300.00")) == ["-450.00", "300.00", "0.00", "-150.00"]
    assert muzaraa.change(lawful(whole, "close"), deal=whole) is deals.UNCHANGED


def test_thirds_of_a_crop_cost_together_what_all_of_it_cost() -> None:
    third = sale("200", "1.00")
    parts = [harvested(*[third] * count) for count in range(3)]
    costs = [result(deal, third)[0] for deal in parts]
    assert Money.total(map(mad, costs), "MAD") == mad("-900.00")


def test_no_more_of_a_crop_is_sold_than_is_ours_and_nothing_is_left_at_the_end() -> None:
    nearly = harvested(sale("599", "600.00"))
    for code, members in (sale("2", "1.00"), ("close", {})):
        with pytest.raises(trading.QuantityBeyond) as refused:
            walk(nearly, (code, members))
        given = Decimal(2 if code == "sell" else 0)
        found = (refused.value.step, refused.value.given, refused.value.most)
        assert found == (code, given, Decimal(1))
    closed, _ = walk(nearly, sale("1", "1.00"), ("close", {}))
    assert deals.stage(muzaraa.STEPS, taken=closed.taken) == "closed"


def test_a_failed_crop_loses_all_that_was_given() -> None:
    deal = crop(supply("500.00"), supply("100.00"))
    assert result(deal, ("fail", {})) == ["-600.00", "0.00", "0.00", "-600.00"]


def test_a_deposit_that_goes_back_in_parts_goes_back_once() -> None:
    deal, _ = walk(
        make_deal(make_terms("murabaha")),
        ("promise", {}),
        ("deposit", {"amounts": {"amount": "500.00"}}),
        ("withdraw", {}),
        ("pay_back", {"amounts": {"amount": "300.00"}}),
    )
    assert murabaha.held(deal) == mad("200.00")
    with pytest.raises(trading.AmountBeyond) as refused:
        walk(deal, ("pay_back", {"amounts": {"amount": "200.01"}}))
    assert refused.value.most == mad("200.00")
    back, _ = walk(deal, ("pay_back", {"amounts": {"amount": "200.00"}}))
    assert murabaha.held(back) == mad("0.00")
