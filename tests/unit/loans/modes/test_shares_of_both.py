"""What does each pay of an asset owned together, and what is left of our share once units go?"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.loans.domain import trading
from services.loans.domain.deal import Deal
from services.loans.domain.modes import diminishing_musharaka as shrinking
from services.loans.domain.modes import ijara
from services.loans.domain.terms import ChargeMethod, Frequency
from tests.deals import SIGNED, booked, mad, make_deal, make_terms, refuse, walk
from tests.unit.loans.modes.test_leases import leased, shared, units

Steps = tuple[tuple[str, dict[str, Any]], ...]
PAID: Steps = (
    ("partner", {"amounts": {"client_share": "20000.00"}}),
    ("purchase", {"amounts": {"invoice": "100000.00"}}),
)
TERMS = make_terms(
    "diminishing_musharaka",
    "80000.00",
    instalments=8,
    frequency=Frequency.QUARTERLY,
    first_due_on=date(2026, 4, 15),
)


def after(*steps: tuple[str, dict[str, Any]]) -> Deal:
    """80,000.00 of 100,000.00 are to be ours, in forty units of 2,000.00."""
    return walk(make_deal(TERMS), *steps)[0]


def test_both_pay_their_shares_and_ours_alone_is_ours() -> None:
    assert booked(after(), "partner", **PAID[0][1]) == {
        "cash": "20000.00",
        "client_deposit": "-20000.00",
    }
    assert booked(after(PAID[0]), "purchase", **PAID[1][1]) == {
        "goods": "80000.00",
        "client_deposit": "20000.00",
        "cash": "-100000.00",
    }


def test_once_leased_our_share_is_lent_and_no_longer_goods() -> None:
    ready = after(*PAID, ("possess", {}))
    lease = {"amounts": {"unit_price": "2000.00"}, "figures": {"units": "40"}}

    assert booked(ready, "lease", **lease) == {"loans": "80000.00", "goods": "-80000.00"}


@pytest.mark.parametrize("units_named", ["39", "41"])
def test_units_make_up_our_share(units_named: str) -> None:
    ready = after(*PAID, ("possess", {}))
    lease = {"amounts": {"unit_price": "2000.00"}, "figures": {"units": units_named}}

    refused = refuse(ready, "lease", trading.AmountDiffers, **lease)

    assert (refused.member, refused.expected) == ("units", mad("80000.00"))
    assert refused.given == mad("2000.00") * int(units_named)


def test_the_supplier_is_paid_what_both_pay() -> None:
    refused = refuse(
        after(PAID[0]), "purchase", trading.AmountDiffers, amounts={"invoice": "99999.99"}
    )

    assert (refused.member, refused.given, refused.expected) == (
        "invoice",
        mad("99999.99"),
        mad("100000.00"),
    )


def test_units_that_were_sold_are_not_sold_again() -> None:
    """Thirty of forty are sold: ten are left, of 20,000.00."""
    deal, _ = walk(shared("82400.00"), ("buy_units", units("30")))

    refused = refuse(deal, "buy_units", trading.AmountBeyond, **units("11"))

    assert (refused.given, refused.most) == (mad("22000.00"), mad("20000.00"))
    rest, _ = walk(deal, ("buy_units", units("10")))
    assert [one.amounts["price"] for one in rest.of("buy_units")] == [
        mad("60000.00"),
        mad("20000.00"),
    ]
    assert sum(one.principal.minor for one in rest.instalments) == 8_000_000


def test_rent_on_anything_but_what_is_left_is_no_shrinking_share() -> None:
    flat = replace(TERMS, charge_method=ChargeMethod.FLAT)

    with pytest.raises(trading.TermsNotOfMode) as refused:
        shrinking.check_terms(flat)

    assert (refused.value.mode, refused.value.member, refused.value.value) == (
        "diminishing_musharaka",
        "charge_method",
        "flat",
    )


def test_days_that_are_none_of_a_lease_are_refused_with_both() -> None:
    start, end = SIGNED - timedelta(days=1), SIGNED + timedelta(days=1)
    days = {"from_on": start.isoformat(), "until_on": end.isoformat()}
    names = next(one for one in ijara.STEPS if one.code == "out_of_use").days

    refused = refuse(
        leased(),
        "out_of_use",
        ijara.DaysNotOfLease,
        days=dict(zip(names, days.values(), strict=True)),
        on=end,
    )

    assert (refused.start, refused.end) == (start, end)
