"""What is in hand is of the newest receipts, ages, and is neither invested nor lent lightly."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.loans.domain.zakat import ageing, holding
from services.loans.domain.zakat.ageing import Layer, Level, Limits, Received
from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.holding import (
    Checks,
    InvestmentUnchecked,
    Receiver,
    UrgentCasesWait,
    ZakatInvestmentOff,
)
from shared.calendar import hijri
from shared.money import Money

TODAY = date(2026, 3, 1)
LIMITS = Limits(notice=180, warning=270, urgent=330, most=354)
SHOWN = Checks(needs_met="list of 4 March", safeguards="insured", end_ownership="deed 7")


def received(days_ago: int, minor: int, number: int = 1) -> Received:
    return Received(
        receipt_id=UUID(int=number),
        received_on=TODAY - timedelta(days=days_ago),
        amount=Money(minor, "JOD"),
    )


def layers(*receipts: Received, in_hand: int) -> tuple[Layer, ...]:
    return ageing.layers(receipts, in_hand=Money(in_hand, "JOD"), on=TODAY, limits=LIMITS)


def open_minor(found: tuple[Layer, ...]) -> list[int]:
    return [one.open.minor for one in found]


@pytest.mark.rule("Z-9")
@pytest.mark.parametrize(
    ("age", "level"),
    [
        (0, Level.FRESH),
        (179, Level.FRESH),
        (180, Level.NOTICE),
        (269, Level.NOTICE),
        (270, Level.WARNING),
        (329, Level.WARNING),
        (330, Level.URGENT),
        (354, Level.URGENT),
        (355, Level.PAST_LIMIT),
    ],
)
def test_levels_begin_at_180_270_and_330_days_and_end_after_354(age: int, level: Level) -> None:
    assert LIMITS.level(age) is level
    (layer,) = layers(received(age, 100), in_hand=100)
    assert (layer.level, layer.age_days) == (level, age)


def test_what_goes_out_is_of_the_oldest_receipt() -> None:
    found = layers(received(90, 100, 1), received(30, 200, 2), in_hand=150)

    assert [one.receipt.receipt_id.int for one in found] == [2]
    assert open_minor(found) == [150]


def test_a_receipt_may_be_given_in_part() -> None:
    found = layers(received(90, 100, 1), received(30, 200, 2), in_hand=250)

    assert [one.receipt.receipt_id.int for one in found] == [1, 2]
    assert open_minor(found) == [50, 200]


def test_of_one_day_the_receipt_booked_first_goes_first() -> None:
    found = layers(received(30, 100, 2), received(30, 100, 1), in_hand=120)

    assert [(one.receipt.receipt_id.int, one.open.minor) for one in found] == [(1, 20), (2, 100)]


def test_nothing_in_hand_has_no_age() -> None:
    assert layers(received(400, 100), in_hand=0) == ()
    assert layers(received(400, 100), in_hand=-5) == ()


def test_sums_by_level_are_the_money_in_hand() -> None:
    found = layers(received(400, 10, 1), received(300, 20, 2), received(5, 30, 3), in_hand=60)
    sums = {level: ageing.total(found, level=level, currency="JOD").minor for level in Level}

    assert sums == {
        Level.FRESH: 30,
        Level.NOTICE: 0,
        Level.WARNING: 20,
        Level.URGENT: 0,
        Level.PAST_LIMIT: 10,
    }


def test_both_calendars_say_by_when_it_is_given() -> None:
    (layer,) = layers(received(0, 100), in_hand=100)

    assert layer.distribute_by == TODAY + timedelta(days=354)
    end = hijri(layer.lunar_year_ends_on)
    assert (end.year, end.month, end.day) == (1448, 9, 12)


def invest(policy: str = "allowed_with_checks", waiting: int = 0, checks: Checks = SHOWN) -> None:
    holding.require_investable(policy, source="a ruling", waiting=waiting, checks=checks)


def test_investing_is_off_until_a_ruling_allows_it() -> None:
    with pytest.raises(ZakatInvestmentOff):
        invest("off")
    invest()


@pytest.mark.rule("Z-9")
def test_nothing_is_invested_while_an_urgent_case_waits() -> None:
    with pytest.raises(UrgentCasesWait) as refused:
        invest(waiting=1)
    assert refused.value.waiting == 1
    invest(waiting=0)


@pytest.mark.rule("Z-10")
@pytest.mark.parametrize("left_out", ["needs_met", "safeguards", "end_ownership"])
def test_an_investment_has_all_three_checks(left_out: str) -> None:
    invest()
    shown = {
        name: "" if name == left_out else getattr(SHOWN, name)
        for name in ("needs_met", "safeguards", "end_ownership")
    }
    with pytest.raises(InvestmentUnchecked) as refused:
        invest(checks=Checks(**shown))
    assert len(refused.value.missing) == 1


@pytest.mark.rule("Z-5")
@pytest.mark.parametrize("zakat_class", ZakatClass)
def test_zakat_is_lent_to_the_poor_and_needy_alone(zakat_class: ZakatClass) -> None:
    receiver = Receiver(classes=frozenset({zakat_class}))
    found = [one.rule for one in holding.lending_refusals(receiver, keeps_savings=False)]

    needy = zakat_class in {ZakatClass.FUQARA, ZakatClass.MASAKIN}
    assert found == ([] if needy else ["zakat-lending-class"])


@pytest.mark.rule("Z-5")
def test_a_loan_from_zakat_has_no_security_and_no_guarantor() -> None:
    poor = frozenset({ZakatClass.FUQARA, ZakatClass.IBN_SABIL})

    def rules(receiver: Receiver | None, *, keeps_savings: bool = False) -> list[str]:
        found = holding.lending_refusals(receiver, keeps_savings=keeps_savings)
        assert all(one.source and one.in_force_from for one in found)
        return [one.rule for one in found]

    assert rules(Receiver(classes=poor)) == []
    assert rules(Receiver(classes=poor), keeps_savings=True) == ["zakat-lending-security"]
    assert rules(Receiver(classes=poor, has_guarantor=True)) == ["zakat-lending-guarantor"]
    assert rules(None) == ["zakat-lending-class"]
