"""What if goods cost something else than agreed: is the sale offered anew, refused, let be?"""

from typing import Any

import pytest

from services.loans.domain import deal as deals
from services.loans.domain import trading
from services.loans.domain.deal import Deal
from services.loans.domain.lifecycle import TransitionRefused
from services.loans.domain.modes import murabaha
from shared.money import Money
from tests.deals import BOUGHT, SALE, booked, deal_of, mad, refuse, took, walk

DEARER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("promise", {}),
    ("deposit", {"amounts": {"amount": "500.00"}}),
    ("purchase", {"amounts": {"invoice": "21000.00"}}),
    ("possess", {}),
)
OFFER = {"amounts": {"cost": "21000.00", "mark_up": "2520.00"}}


def not_now(deal: Deal, code: str) -> None:
    with pytest.raises(TransitionRefused):
        deals.follow(murabaha, took(code), deal=deal)


def test_goods_that_cost_something_else_are_sold_once_the_client_accepts_it() -> None:
    deal, _ = walk(deal_of("murabaha"), *DEARER)
    refuse(deal, "sell", trading.AmountDiffers, **OFFER)
    offered, entries = walk(deal, ("offer_anew", OFFER))
    assert entries == []
    assert offered.terms == deal.terms, "an offer binds nobody"
    not_now(offered, "sell")
    accepted, _ = walk(offered, ("accept", {}))
    assert accepted.terms.principal == mad("21000.00")
    assert Money.total((one.total for one in accepted.instalments), "MAD") == mad("23520.00")
    assert booked(accepted, "sell", **OFFER)["loans"] == "21000.00"
    refuse(accepted, "sell", trading.AmountDiffers, **SALE)


@pytest.mark.parametrize(
    ("amounts", "member"),
    [
        ({"cost": "20999.99", "mark_up": "2520.00"}, "cost"),
        ({"cost": "21000.00", "mark_up": "2520.01"}, "mark_up"),
        ({"cost": "21000.00", "mark_up": "2460.00"}, "mark_up"),
    ],
)
def test_an_offer_is_of_the_true_cost_and_the_agreed_rate(
    amounts: dict[str, str], member: str
) -> None:
    deal, _ = walk(deal_of("murabaha"), *DEARER)
    assert refuse(deal, "offer_anew", trading.AmountDiffers, amounts=amounts).member == member


def test_a_down_payment_is_taken_off_the_cost_that_is_offered() -> None:
    deal, _ = walk(deal_of("murabaha"), *DEARER)
    less = {"amounts": {"cost": "21000.00", "mark_up": "2460.00", "down_payment": "500.00"}}
    accepted, _ = walk(deal, ("offer_anew", less), ("accept", {}))
    assert accepted.terms.principal == mad("20500.00")
    sold, _ = walk(accepted, ("sell", less))
    assert murabaha.held(sold).is_zero
    too_much = {"amounts": less["amounts"] | {"down_payment": "500.01"}}
    refuse(deal, "offer_anew", trading.AmountBeyond, **too_much)


def test_after_the_sale_nothing_is_offered_anew() -> None:
    sold, _ = walk(deal_of("murabaha"), *BOUGHT, ("sell", SALE))
    not_now(sold, "offer_anew")
    not_now(sold, "accept")


def test_another_accepts_for_us_than_who_wrote_the_offer() -> None:
    (row,) = [step for step in murabaha.STEPS if step.code == "accept"]
    assert row.by_another
    assert {"promise", "acceptance"} <= set(row.documents)


def test_goods_that_the_client_refuses_are_sold_and_the_deposit_makes_good_the_loss() -> None:
    deal, _ = walk(deal_of("murabaha"), *DEARER, ("offer_anew", OFFER), ("refuse", {}))
    price = {"price": "20800.00", "damage": "200.00"}
    assert booked(deal, "resell", amounts=price) == {
        "cash": "20800.00",
        "client_deposit": "200.00",
        "goods": "-21000.00",
    }
    refuse(deal, "resell", trading.AmountBeyond, amounts=price | {"damage": "200.01"})
    dear = {"price": "20000.00", "damage": "500.00"}
    assert booked(deal, "resell", amounts=dear)["capital_loss"] == "500.00"
    refuse(deal, "resell", trading.AmountBeyond, amounts=dear | {"damage": "500.01"})
    gained = booked(deal, "resell", amounts={"price": "22000.00"})
    assert gained["profit_income"] == "-1000.00"
    sold, _ = walk(deal, ("resell", {"amounts": price}))
    refuse(sold, "pay_back", trading.AmountBeyond, amounts={"amount": "300.01"})


@pytest.mark.parametrize("code", ["lose", "withdraw", "resell"])
def test_a_deal_that_never_came_to_a_sale_ends_its_contract(code: str) -> None:
    rows = [step for step in murabaha.STEPS if step.code == code]
    assert [row.ends for row in rows] == [deals.Ending.CANCELLED]
    assert deals.ended(
        murabaha.STEPS, taken=walk(deal_of("murabaha"), *BOUGHT, ("lose", {}))[0].taken
    )
