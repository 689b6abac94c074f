"""Who gains and who loses in a partnership, a trust, a forward purchase and a shared crop?"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import sharing, trading, venture
from services.loans.domain.deal import Deal
from services.loans.domain.modes import muzaraa, salam
from tests.deals import SIGNED, mad, make_deal, make_terms, moved, walk

Steps = tuple[tuple[str, dict[str, Any]], ...]


def amounts(**given: str) -> dict[str, Any]:
    return {"amounts": given}


def deal_of(mode: str, principal: str, *steps: tuple[str, dict[str, Any]]) -> Deal:
    return walk(make_deal(make_terms(mode, principal)), *steps)[0]


def booked(deal: Deal, code: str, **members: Any) -> dict[str, str]:
    _, entries = walk(deal, (code, members))
    return moved(entries[0]) if entries else {}


def refuse(deal: Deal, code: str, error: type[Exception], **members: Any) -> None:
    with pytest.raises(error):
        walk(deal, (code, members))


TOGETHER = amounts(capital="12000.00", partner_capital="18000.00")
PARTNERS: Steps = (("contribute", TOGETHER | {"figures": {"profit_ratio": "0.40"}}),)
TRUST: Steps = (
    ("contribute", amounts(capital="10000.00") | {"figures": {"profit_ratio": "0.60"}}),
)


def partnership(*steps: tuple[str, dict[str, Any]]) -> Deal:
    return deal_of("musharaka", "12000.00", *PARTNERS, *steps)


def trust(*steps: tuple[str, dict[str, Any]]) -> Deal:
    return deal_of("mudaraba", "10000.00", *TRUST, *steps)


def test_capital_is_handed_over_as_agreed() -> None:
    _, entries = walk(make_deal(make_terms("mudaraba", "10000.00")), *TRUST)
    assert moved(entries[0]) == {"partnerships": "10000.00", "cash": "-10000.00"}
    deal = make_deal(make_terms("mudaraba", "10000.00"))
    for capital, ratio, error in (
        ("9999.99", "0.60", trading.AmountDiffers),
        ("10000.00", "1.01", sharing.SharesNotWhole),
    ):
        wrong = amounts(capital=capital) | {"figures": {"profit_ratio": ratio}}
        refuse(deal, "contribute", error, **wrong)


def test_we_do_not_work_and_take_no_more_than_our_share_of_the_capital() -> None:
    greedy = TOGETHER | {"figures": {"profit_ratio": "0.41"}}
    deal = make_deal(make_terms("musharaka", "12000.00"))
    refuse(deal, "contribute", sharing.RatioAboveCapital, **greedy)
    assert venture.share_of_capital(partnership()) == Decimal("0.4")


def test_declared_profit_is_shared_by_ratio_and_a_loss_by_capital() -> None:
    assert booked(partnership(), "declare_profit", **amounts(profit="6000.00")) == {
        "partnerships": "2400.00",
        "profit_income": "-2400.00",
    }
    assert booked(partnership(), "declare_loss", **amounts(loss="5000.00")) == {
        "capital_loss": "2000.00",
        "partnerships": "-2000.00",
    }
    assert (
        booked(trust(), "declare_profit", **amounts(profit="3000.00"))["partnerships"] == "1800.00"
    )


def test_a_worker_without_fault_owes_nothing_and_the_capital_that_is_left_returns() -> None:
    deal = trust(("declare_loss", amounts(loss="2000.00")), ("liquidate", {}))
    assert venture.value(deal) == mad("8000.00")
    refuse(deal, "return_capital", trading.AmountBeyond, **amounts(amount="8000.01"))
    refuse(deal, "close", trading.NotYetAllPaid)
    done = walk(deal, ("return_capital", amounts(amount="8000.00")), ("close", {}))
    assert moved(done[1][0]) == {"cash": "8000.00", "partnerships": "-8000.00"}


def test_proven_fault_makes_the_loss_owed_and_no_lost_profit() -> None:
    deal = trust(("declare_loss", amounts(loss="2000.00")))
    refuse(deal, "prove_fault", trading.AmountBeyond, **amounts(loss="2000.01"))
    proven, entries = walk(deal, ("prove_fault", amounts(loss="2000.00")))
    assert moved(entries[0]) == {"partnerships": "2000.00", "capital_loss": "-2000.00"}
    assert venture.value(proven) == mad("10000.00")
    refuse(proven, "prove_fault", trading.AmountBeyond, **amounts(loss="0.01"))


def test_what_is_taken_out_on_the_way_is_profit_alone() -> None:
    deal = trust(("declare_profit", amounts(profit="3000.00")))
    refuse(deal, "distribute", trading.AmountBeyond, **amounts(amount="1800.01"))
    taken = walk(deal, ("distribute", amounts(amount="1000.00")))[0]
    assert venture.profit_left(taken) == mad("800.00")
    worse = walk(taken, ("declare_loss", amounts(loss="900.00")))[0]
    assert venture.profit_left(worse) == mad("0.00"), "a loss uses up the profit left first"
    assert venture.value(worse) == mad("9900.00")


def test_small_profits_declared_one_by_one_sum_to_the_whole() -> None:
    deal = trust(*[("declare_profit", amounts(profit="0.01"))] * 5)
    assert venture.our_profit(deal) == mad("0.03")
    assert sum(
        Decimal(moved(entry)["partnerships"])
        for entry in walk(trust(), *[("declare_profit", amounts(profit="0.01"))] * 5)[1]
    ) == Decimal("0.03")


def test_no_more_is_lost_than_there_was() -> None:
    refuse(trust(), "declare_loss", trading.AmountBeyond, **amounts(loss="10000.01"))
    assert venture.value(trust(("declare_loss", amounts(loss="10000.00")))).is_zero


@pytest.mark.parametrize(
    "fractions", [("0.5", "0.4"), ("0.5", "0.6"), ("1.2", "-0.2")], ids=["less", "more", "negative"]
)
def test_shares_make_the_whole(fractions: tuple[str, str]) -> None:
    with pytest.raises(sharing.SharesNotWhole):
        sharing.profit_shares(mad("1.00"), ratios=[Decimal(part) for part in fractions])


def test_an_agent_below_the_target_keeps_nothing_more() -> None:
    none = sharing.incentive(mad("5000.00"), expected=Decimal("0.04"), actual=Decimal("0.03"))
    assert none.is_zero


# Salam: 20 sacks for 400,000.


def sacks(number: str) -> dict[str, Any]:
    return {"figures": {"quantity": number}}


def forward(*steps: tuple[str, dict[str, Any]]) -> Deal:
    paid: Steps = (("specify", sacks("20")), ("pay_price", amounts(price="400000.00")))
    return deal_of("salam", "400000.00", *paid, *steps)


def test_the_whole_price_is_paid_at_the_contract() -> None:
    deal = deal_of("salam", "400000.00", ("specify", sacks("20")))
    assert booked(deal, "pay_price", **amounts(price="400000.00")) == {
        "goods_due": "400000.00",
        "cash": "-400000.00",
    }
    refuse(deal, "pay_price", trading.AmountDiffers, **amounts(price="399999.99"))
    third, fourth = SIGNED + timedelta(days=3), SIGNED + timedelta(days=4)
    assert booked(deal, "pay_price", on=third, **amounts(price="400000.00"))
    refuse(deal, "pay_price", salam.PricePaidLate, on=fourth, **amounts(price="400000.00"))


def test_goods_are_sold_after_they_are_received_and_no_more_than_were() -> None:
    deal = forward(("deliver", sacks("16")))
    assert [salam.owed(deal), salam.in_store(deal)] == [4, 16]
    sale = sacks("16") | amounts(price="384000.00")
    assert booked(deal, "sell", **sale) == {
        "cash": "384000.00",
        "goods": "-320000.00",
        "profit_income": "-64000.00",
    }
    refuse(deal, "sell", trading.QuantityBeyond, **sacks("17") | amounts(price="400000.00"))
    refuse(forward(), "sell", trading.QuantityBeyond, **sacks("1") | amounts(price="1.00"))
    refuse(deal, "deliver", trading.QuantityBeyond, **sacks("5"))
    loss = booked(deal, "sell", **sacks("16") | amounts(price="300000.00"))
    assert loss["capital_loss"] == "20000.00"


def test_what_is_called_off_gives_the_price_back_and_no_more() -> None:
    deal = forward(("deliver", sacks("16")))
    back = sacks("4") | amounts(price_back="80000.00")
    assert booked(deal, "call_off", **back) == {"cash": "80000.00", "goods_due": "-80000.00"}
    refuse(deal, "call_off", trading.AmountDiffers, **sacks("4") | amounts(price_back="80000.01"))
    refuse(deal, "close", salam.GoodsStillOwed)
    ended = walk(
        deal, ("call_off", back), ("sell", sacks("16") | amounts(price="384000.00")), ("close", {})
    )[0]
    assert [salam.owed(ended), salam.in_store(ended)] == [0, 0]


def test_a_substitute_is_worth_no_more_than_what_was_owed() -> None:
    values = amounts(market_value="80000.00", market_value_given="80000.00")
    assert booked(forward(), "substitute", **sacks("4") | values) == {
        "goods": "80000.00",
        "goods_due": "-80000.00",
    }
    values["amounts"]["market_value_given"] = "80000.01"
    refuse(forward(), "substitute", trading.AmountBeyond, **sacks("4") | values)


def test_thirds_of_a_price_sum_to_the_price() -> None:
    deal = deal_of(
        "salam", "100.00", ("specify", sacks("3")), ("pay_price", amounts(price="100.00"))
    )
    _, entries = walk(deal, *[("deliver", sacks("1"))] * 3)
    assert [moved(entry)["goods"] for entry in entries] == ["33.33", "33.34", "33.33"]


# Muzara'a: land 40 %, inputs 20 %, work 40 %.

SHARES = {"figures": {"land_share": "0.4", "inputs_share": "0.2", "work_share": "0.4"}}


def crop(*steps: tuple[str, dict[str, Any]]) -> Deal:
    return deal_of("muzaraa", "900.00", ("agree", SHARES), *steps)


def test_inputs_are_capital_in_the_crop_and_no_more_than_agreed() -> None:
    assert booked(crop(), "supply", **amounts(amount="900.00")) == {
        "partnerships": "900.00",
        "cash": "-900.00",
    }
    refuse(crop(), "supply", trading.AmountBeyond, **amounts(amount="900.01"))
    unfair = {"figures": SHARES["figures"] | {"work_share": "0.5"}}
    refuse(make_deal(make_terms("muzaraa", "900.00")), "agree", sharing.SharesNotWhole, **unfair)


def test_our_fraction_of_the_harvest_is_sold() -> None:
    deal = crop(
        ("supply", amounts(amount="900.00")),
        ("log_work", {}),
        ("harvest", {"figures": {"harvest": "3000"}}),
    )
    assert muzaraa.our_harvest(deal) == 600
    half = walk(deal, ("sell", sacks("300") | amounts(price="600.00")))
    assert moved(half[1][0]) == {
        "cash": "600.00",
        "partnerships": "-450.00",
        "profit_income": "-150.00",
    }
    refuse(half[0], "sell", trading.QuantityBeyond, **sacks("301") | amounts(price="600.00"))
    refuse(half[0], "close", trading.QuantityBeyond)
    rest = walk(half[0], ("sell", sacks("300") | amounts(price="400.00")), ("close", {}))
    assert moved(rest[1][0])["capital_loss"] == "50.00"


def test_if_the_crop_fails_each_loses_what_he_gave() -> None:
    deal = crop(("supply", amounts(amount="500.00")))
    assert booked(deal, "fail") == {"capital_loss": "500.00", "partnerships": "-500.00"}
