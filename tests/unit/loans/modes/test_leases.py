"""Which rents hold when leased goods fail, are lost, or are bought, and what is owed back?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import allocation, rents, trading
from services.loans.domain import deal as deals
from services.loans.domain.deal import Change, Deal, Ending
from services.loans.domain.modes import MODES, ijara
from services.loans.domain.modes import diminishing_musharaka as shrinking
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Frequency
from shared.money import Money
from shared.periods import Period
from tests.deals import SIGNED, lawful, mad, make_deal, make_terms, moved, walk

Steps = tuple[tuple[str, dict[str, Any]], ...]
# Twelve rents of 230.00, 200.00 of each the wear of goods that cost 2,400.00.
TERMS = make_terms("ijara", "2400.00", annual_rate=Decimal("0.15"))
LEASED: Steps = (
    ("promise", {}),
    ("purchase", {"amounts": {"invoice": "2400.00"}}),
    ("possess", {}),
    ("lease", {}),
)


def leased(paid: str = "0.00") -> Deal:
    """A lease on which so much rent was paid."""
    deal, _ = walk(make_deal(TERMS), *LEASED)
    return paying(deal, paid)


def paying(deal: Deal, paid: str) -> Deal:
    """The deal once so much in all was paid on its instalments."""
    parts = allocation.waterfall(
        mad(paid).minor,
        instalments=[
            (one.principal.minor, one.profit.minor, one.fee.minor, one.penalty_minor)
            for one in deal.instalments
        ],
        order=allocation.order_of(deal.terms.allocation_order),
    )
    principal = Money.total((one.principal for one in deal.instalments), "MAD")
    return replace(
        deal,
        paid=mad(paid),
        owed=principal - Money(parts.principal, "MAD"),
        paid_profit=Money(parts.profit, "MAD"),
    )


def decide(deal: Deal, code: str, **members: Any) -> tuple[Change, dict[str, str]]:
    """What a step changes and books."""
    step = lawful(deal, code, **members)
    mode = MODES[deal.terms.mode_of_finance]
    _, entry = deals.follow(mode, step, deal=deal)
    return mode.change(step, deal=deal), {} if entry is None else moved(entry)


def totals(dues: tuple[Instalment, ...] | None) -> list[str]:
    return [str(one.total) for one in dues or ()]


def out(start: date, end: date) -> dict[str, Any]:
    return {"on": end, "days": {"from_day": start.isoformat(), "until_day": end.isoformat()}}


MARCH = (date(2026, 2, 15), date(2026, 3, 1))


def test_rents_of_unusable_days_are_not_owed_and_their_cost_is_our_loss() -> None:
    change, books = decide(leased(), "out_of_use", **out(*MARCH))

    assert totals(change.instalments) == ["230.00", "115.00", *["230.00"] * 10], "14 days of 28"
    assert change.instalments is not None
    assert change.instalments[1].principal == mad("100.00")
    assert books == {"capital_loss": "100.00", "loans": "-100.00"}
    assert change.kept == {}


def test_rent_paid_for_unusable_days_is_owed_back_whole() -> None:
    deal = leased("460.00")
    change, books = decide(deal, "out_of_use", **out(*MARCH))

    assert change.instalments is None, "what is settled stays as it was paid"
    assert change.kept == {"back": mad("115.00")}
    assert books == {
        "capital_loss": "100.00",
        "profit_income": "15.00",
        "client_deposit": "-115.00",
    }
    after, _ = walk(deal, ("out_of_use", out(*MARCH)))
    with pytest.raises(trading.AmountBeyond):
        walk(after, ("pay_back", {"amounts": {"amount": "115.01"}}))
    assert walk(after, ("pay_back", {"amounts": {"amount": "115.00"}}))


def test_of_a_rent_half_paid_the_open_half_falls_away_first() -> None:
    change, books = decide(leased("300.00"), "out_of_use", **out(*MARCH))

    assert totals(change.instalments)[1] == "130.00", "of 115.00 the rent was paid: 15.00 go back"
    assert change.kept == {"back": mad("15.00")}
    assert books == {
        "capital_loss": "100.00",
        "loans": "-100.00",
        "profit_income": "15.00",
        "client_deposit": "-15.00",
    }


def test_days_between_a_stop_and_a_repair_are_taken_off_once() -> None:
    stopped, _ = walk(leased(), ("stop_use", {"on": MARCH[0]}))
    part, _ = walk(stopped, ("out_of_use", out(MARCH[0], date(2026, 2, 22))))
    assert totals(part.instalments)[1] == "172.50"
    repaired, entries = walk(part, ("resume_use", {"on": MARCH[1]}))

    assert totals(repaired.instalments)[1] == "115.00"
    assert moved(entries[0]) == {"capital_loss": "50.00", "loans": "-50.00"}
    assert [span.end - span.start for span in ijara.unusable(repaired)] == [timedelta(days=7)] * 2


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (SIGNED - timedelta(days=1), date(2026, 2, 1)),
        (date(2026, 2, 1), date(2026, 2, 1)),
        (date(2026, 2, 20), date(2026, 3, 10)),
    ],
    ids=["before the lease", "no day", "a day twice"],
)
def test_days_outside_the_lease_or_taken_off_before_are_refused(start: date, end: date) -> None:
    deal, _ = walk(leased(), ("out_of_use", out(*MARCH)))
    with pytest.raises(ijara.DaysNotOfLease):
        walk(deal, ("out_of_use", out(start, end) | {"on": date(2026, 3, 10)}))


def test_days_to_come_are_refused() -> None:
    with pytest.raises(ijara.DaysNotOfLease):
        walk(leased(), ("out_of_use", out(*MARCH) | {"on": date(2026, 2, 28)}))


def test_a_loss_ends_rent_from_its_day_and_what_was_used_stays_due() -> None:
    change, books = decide(leased("230.00"), "lose", on=date(2026, 3, 29))

    assert totals(change.instalments) == ["230.00", "230.00", "103.87", *["0.00"] * 9]
    assert books == {"capital_loss": "1909.68", "loans": "-1909.68"}


def test_rent_above_fair_rent_is_given_back_once_ownership_cannot_follow() -> None:
    deal = leased("460.00")
    lost_on = deal.instalments[1].due_on
    right = {"fair_rent": "220.00", "rent_back": "20.00"}
    _, books = decide(deal, "lose", on=lost_on, amounts=right)

    assert books == {
        "capital_loss": "2000.00",
        "loans": "-2000.00",
        "profit_income": "20.00",
        "client_deposit": "-20.00",
    }
    with pytest.raises(trading.AmountDiffers):
        walk(deal, ("lose", {"on": lost_on, "amounts": right | {"rent_back": "19.99"}}))


def test_rent_paid_for_days_after_the_loss_is_given_back() -> None:
    change, books = decide(leased("460.00"), "lose", on=date(2026, 2, 15))
    assert change.kept == {"back": mad("230.00")}
    assert books == {
        "capital_loss": "2200.00",
        "loans": "-2000.00",
        "profit_income": "30.00",
        "client_deposit": "-230.00",
    }


def test_days_out_of_use_before_a_loss_are_not_taken_off_twice() -> None:
    stopped, _ = walk(leased(), ("stop_use", {"on": MARCH[0]}))
    change, _ = decide(stopped, "lose", on=MARCH[1])
    assert totals(change.instalments) == ["230.00", *["0.00"] * 11]


def test_by_fault_the_value_of_the_goods_is_owed_and_no_later_rent() -> None:
    deal, on = leased("230.00"), date(2026, 2, 15)
    for value, claim, books in (
        ("2000.00", "2000.00", {"capital_loss": "200.00", "loans": "-200.00"}),
        ("2200.00", "2200.00", {}),
        ("2300.00", "2300.00", {}),
    ):
        change, booked = decide(deal, "lose_by_fault", on=on, amounts={"market_value": value})
        assert booked == books
        assert totals(change.instalments) == ["230.00", claim, *["0.00"] * 11]
    assert change.instalments is not None
    assert change.instalments[1].profit == mad("100.00"), "what they are worth beyond their cost"


def test_goods_that_come_back_end_the_rents_and_are_ours_again() -> None:
    _, books = decide(leased("230.00"), "return_goods", on=date(2026, 2, 15))
    assert books == {"goods": "2200.00", "loans": "-2200.00"}


def test_goods_lost_before_the_lease_are_the_lessor_s() -> None:
    deal, _ = walk(make_deal(TERMS), *LEASED[:-1])
    change, books = decide(deal, "lose")
    assert (change, books) == (
        deals.UNCHANGED,
        {"capital_loss": "2400.00", "goods": "-2400.00"},
    )
    (row,) = [step for step in ijara.STEPS if step.code == "lose" and "possessed" in step.after]
    assert row.ends is Ending.CANCELLED


def test_cover_makes_up_for_the_loss_and_for_no_more() -> None:
    lost, _ = walk(leased(), ("lose", {"on": date(2026, 2, 15)}))
    assert decide(lost, "cover", amounts={"amount": "2200.00"})[1] == {
        "cash": "2200.00",
        "capital_loss": "-2200.00",
    }
    with pytest.raises(trading.AmountBeyond):
        walk(lost, ("cover", {"amounts": {"amount": "2400.01"}}))


def test_ownership_passes_when_all_rent_is_paid() -> None:
    owing = leased("2000.00")
    with pytest.raises(trading.NotYetAllPaid):
        walk(owing, ("transfer", {}))
    paid, entries = walk(leased("2760.00"), ("transfer", {}))
    assert entries == []
    assert deals.stage(ijara.STEPS, taken=paid.taken) == "transferred"


@settings(max_examples=80, deadline=None)
@given(paid=st.integers(0, 276000), first=st.integers(0, 300), days=st.integers(1, 120))
def test_days_out_of_use_move_no_payment_and_lose_nothing(paid: int, first: int, days: int) -> None:
    deal = paying(leased(), str(Money(paid, "MAD")))
    span = Period(SIGNED + timedelta(days=first), SIGNED + timedelta(days=first + days))
    found = ijara.cut(lawful(deal, "out_of_use", **out(span.start, span.end)), deal=deal)
    order = deal.terms.allocation_order

    def paid_parts(dues: tuple[Instalment, ...]) -> tuple[int, int]:
        parts = [(one.principal.minor, one.profit.minor, 0, 0) for one in dues]
        portions = allocation.waterfall(paid, instalments=parts, order=allocation.order_of(order))
        return portions.principal, portions.profit

    assert paid_parts(found.instalments) == paid_parts(deal.instalments)
    before = sum(one.total.minor for one in deal.instalments)
    after = sum(one.total.minor for one in found.instalments)
    assert before - after == (found.cost + found.rent).minor
    assert all(min(one.principal.minor, one.profit.minor) >= 0 for one in found.instalments)
    assert not found.cost_back.is_negative
    assert not found.rent_back.is_negative


# A share of 80,000 in eight quarters at 3 % a quarter, 40 units of 2,000; the client's is 20,000.


def shared(paid: str = "0.00") -> Deal:
    terms = make_terms(
        "diminishing_musharaka",
        "80000.00",
        instalments=8,
        frequency=Frequency.QUARTERLY,
        first_due_on=date(2026, 4, 15),
    )
    deal, _ = walk(
        make_deal(terms),
        ("partner", {"amounts": {"client_share": "20000.00"}}),
        ("purchase", {"amounts": {"invoice": "100000.00"}}),
        ("possess", {}),
        ("lease", {"amounts": {"unit_price": "2000.00"}, "figures": {"units": "40"}}),
    )
    return paying(deal, paid)


FIRST_DUE = date(2026, 4, 15)


def units(number: str, on: date = FIRST_DUE) -> dict[str, Any]:
    return {"figures": {"units": number}, "on": on}


def profits(dues: tuple[Instalment, ...] | None) -> list[str]:
    return [str(one.profit) for one in dues or ()]


def test_units_of_the_plan_change_nothing() -> None:
    change, books = decide(shared("12400.00"), "buy_units", **units("5"))
    assert (change.instalments, books) == (None, {})
    assert change.kept == {"price": mad("10000.00")}


def test_more_units_lower_every_later_rent_and_end_the_purchases_sooner() -> None:
    change, books = decide(shared("22400.00"), "buy_units", **units("10"))

    assert profits(change.instalments) == [
        "2400.00",
        "0.00",
        "1800.00",
        "1500.00",
        "1200.00",
        "900.00",
        "600.00",
        "300.00",
    ]
    assert [str(one.principal) for one in change.instalments or ()] == ["10000.00"] * 8
    assert books == {}


def test_units_bought_within_a_period_lower_its_rent_from_their_day() -> None:
    on = date(2026, 5, 15)
    change, _ = decide(shared("22400.00"), "buy_units", **units("10", on))
    assert profits(change.instalments)[2] == "1898.90", "30 of 91 days at 2,100, 61 at 1,800"


def test_units_beyond_the_plan_are_paid_before_they_are_bought() -> None:
    with pytest.raises(trading.AmountBeyond) as told:
        walk(shared("22399.99"), ("buy_units", units("10")))
    assert (told.value.given, told.value.most) == (mad("10000.00"), mad("9999.99"))
    with pytest.raises(trading.AmountBeyond):
        walk(shared("85000.00"), ("buy_units", units("41")))


def test_all_units_at_once_leave_no_rent() -> None:
    change, _ = decide(shared("82400.00"), "buy_units", **units("40"))
    assert profits(change.instalments) == ["2400.00", "0.00"]
    assert sum(one.principal.minor for one in change.instalments or ()) == 8_000_000


def test_damage_falls_by_the_shares_of_its_day_and_lowers_later_rents() -> None:
    deal = shared("24500.00")
    change, books = decide(deal, "damage", on=date(2026, 7, 15), amounts={"damage": "30000.00"})
    assert books == {"capital_loss": "18000.00", "loans": "-18000.00"}, "60,000 of 100,000 ours"
    assert profits(change.instalments)[:3] == ["2400.00", "2100.00", "1260.00"]


def test_a_second_damage_is_shared_by_what_the_asset_is_still_worth() -> None:
    deal, _ = walk(shared("24500.00"), ("damage", {"amounts": {"damage": "50000.00"}}))
    halved = paying(deal, "24500.00")
    assert shrinking.worth(halved) == mad("50000.00")
    assert shrinking.unit_price(halved) == mad("1000.00")
    _, books = decide(halved, "damage", amounts={"damage": "10000.00"})
    assert books["capital_loss"] == str((halved.owed * 1).times(Decimal("0.2")))
    with pytest.raises(trading.AmountBeyond):
        walk(halved, ("damage", {"amounts": {"damage": "50000.01"}}))


def test_after_the_loss_of_all_only_rent_for_days_before_is_owed() -> None:
    change, books = decide(shared(), "lose", on=date(2026, 4, 15))
    assert books == {"capital_loss": "80000.00", "loans": "-80000.00"}
    assert totals(change.instalments) == ["2400.00", *["0.00"] * 7]


def test_a_share_is_transferred_once_all_is_bought() -> None:
    with pytest.raises(trading.NotYetAllPaid):
        walk(shared(), ("transfer", {}))
    assert walk(replace(shared(), owed=mad("0.00")), ("transfer", {}))[1] == []


@settings(max_examples=60, deadline=None)
@given(paid=st.integers(0, 9_080_000), part=st.integers(0, 100), day=st.integers(0, 700))
def test_a_damage_of_any_size_takes_itself_off_the_principal_and_moves_no_payment(
    paid: int, part: int, day: int
) -> None:
    deal = paying(shared(), str(Money(paid, "MAD")))
    lease = rents.Lease(
        instalments=deal.instalments,
        paid=deal.paid,
        since=SIGNED,
        order=deal.terms.allocation_order,
        agreed={},
    )
    loss = Money(deal.owed.minor * part // 100, "MAD")
    found = rents.after_damage(lease, loss=loss, on=SIGNED + timedelta(days=day))
    still = allocation.dues_at(found, paid=deal.paid, order=deal.terms.allocation_order)

    assert Money.total((one.principal for one in still), "MAD") == deal.owed - loss
    assert all(min(one.principal.minor, one.profit.minor) >= 0 for one in found)
