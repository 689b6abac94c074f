"""What do the steps of modes do that few contracts ever take?"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.loans.domain import deal as deals
from services.loans.domain import goods_debt, trading
from services.loans.domain.deal import Deal
from services.loans.domain.modes import MODES, conventional, qard
from services.loans.domain.modes import diminishing_musharaka as shrinking
from services.loans.domain.terms import Frequency
from tests.deals import booked, lawful, mad, make_deal, make_terms, refuse, took, walk

QUARTERS: dict[str, Any] = {
    "frequency": Frequency.QUARTERLY,
    "instalments": 8,
    "first_due_on": date(2026, 4, 15),
}
BOUGHT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("partner", {"amounts": {"client_share": "20000.00"}}),
    ("purchase", {"amounts": {"invoice": "100000.00"}}),
)
LEASED: tuple[tuple[str, dict[str, Any]], ...] = (
    *BOUGHT,
    ("possess", {}),
    ("lease", {"amounts": {"unit_price": "2000.00"}, "figures": {"units": "40"}}),
)


def shared(*steps: tuple[str, dict[str, Any]]) -> Deal:
    """80,000 of 100,000 are ours, in eight quarters."""
    terms = make_terms("diminishing_musharaka", "80000.00", **QUARTERS)
    deal, _ = walk(make_deal(terms), *steps)
    return replace(deal, owed=mad("80000.00"))


def test_what_an_insurer_pays_makes_the_loss_smaller_up_to_our_share() -> None:
    deal = shared(*LEASED, ("lose", {}))
    half: dict[str, Any] = {"amounts": {"amount": "50000.00"}}

    assert booked(deal, "cover", **half) == {"cash": "50000.00", "capital_loss": "-50000.00"}
    covered, _ = walk(deal, ("cover", half))
    refused = refuse(covered, "cover", trading.AmountBeyond, amounts={"amount": "30000.01"})
    assert refused.most == mad("30000.00")


def test_goods_lost_before_the_lease_are_a_loss_of_what_we_paid_and_of_no_rent() -> None:
    deal = shared(*BOUGHT)

    assert booked(deal, "lose") == {"capital_loss": "80000.00", "goods": "-80000.00"}
    assert shrinking.change(lawful(deal, "lose"), deal=deal) is deals.UNCHANGED


@pytest.mark.parametrize("module", [conventional, qard])
def test_steps_of_a_loan_change_nothing(module: Any) -> None:
    deal = make_deal(make_terms("conventional"))

    assert module.change(took("deliver"), deal=deal) is deals.UNCHANGED


@pytest.mark.parametrize(
    ("days", "member"),
    [
        ({}, "deliver_by"),
        ({"deliver_by": "2026-04-15", "harvest": "2026-04-01"}, "harvest"),
    ],
)
def test_a_step_has_each_day_that_it_wants_and_no_other(days: dict[str, str], member: str) -> None:
    deal = make_deal(make_terms("salam"))

    step = lawful(deal, "specify", figures={"quantity": "20"}, days=days)
    with pytest.raises(deals.StepUnclear) as refused:
        deals.follow(MODES[deal.terms.mode_of_finance], step, deal=deal)

    assert refused.value.member == member


def test_goods_that_were_not_paid_for_are_not_owed_later() -> None:
    deal = make_deal(make_terms("salam", "400000.00"), instalments=())
    later = took("extend", days={"deliver_by": "2026-09-01"})

    assert goods_debt.extended(later, deal=deal) is deals.UNCHANGED
