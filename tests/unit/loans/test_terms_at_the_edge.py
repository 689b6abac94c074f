"""Terms that end beyond the calendar, and contradictions, are told as a person would say them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.contracts.schemas import told_rate
from services.loans.domain import contradictions, due_dates, schedule
from services.loans.domain.amortisation import Amortisation, AmortisationKind
from services.loans.domain.charging import Charging, RateChange
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.dating import CalendarKind, Dating, Season
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.terms import Frequency, Terms
from shared.errors import RafidError
from shared.periods import MAX_DAY, MIN_DAY
from tests.builders import make_loan, make_qard, money

SEASON = Season(calendar=CalendarKind.HIJRI, first=(9, 1), last=(9, 30), weight=0)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "none"),
        ((), "none"),
        ((1, 15), "1, 15"),
        ("ramadan", "ramadan"),
        (money("1.500"), "1.500"),
        (Decimal("0.180"), "0.180"),
        (date(2026, 3, 1), "2026-03-01"),
        (Frequency.DAILY, "daily"),
        (Dating(), "as usual"),
        (Dating(days=(1, 15)), "days 1, 15"),
        (Dating(calendar=CalendarKind.HIJRI, every=2), "every 2, calendar hijri"),
        (SEASON, "calendar hijri, first 9, 1, last 9, 30, weight 0"),
        (
            (RateChange(on=date(2026, 5, 1), annual_rate=Decimal("0.5")),),
            "on 2026-05-01, annual_rate 0.5",
        ),
        (
            Drawing(tranches=(Tranche(on=date(2026, 2, 1), amount=money("7")),)),
            "tranches on 2026-02-01, amount 7.000",
        ),
        (Amortisation(kind=AmortisationKind.BULLET), "kind bullet"),
    ],
)
def test_a_value_is_told_without_a_word_of_the_program(value: object, told: str) -> None:
    assert contradictions.shown(value) == told


@pytest.mark.parametrize(
    "changed",
    [
        lambda: {"dating": Dating(days=(1, 15))},
        lambda: {"dating": Dating(seasons=(replace(SEASON, first=(1, 1), last=(12, 30)),))},
        lambda: {
            "charging": Charging(rate_changes=(RateChange(on=MIN_DAY, annual_rate=Decimal(1)),) * 2)
        },
        lambda: {"drawing": Drawing(tranches=(Tranche(on=date(2040, 2, 1), amount=money("1")),))},
        lambda: {"amortisation": Amortisation(kind=AmortisationKind.SEASONAL, weights=(0,) * 12)},
    ],
)
def test_no_refusal_of_terms_shows_a_value_of_the_program(
    changed: Callable[[], dict[str, Any]],
) -> None:
    with pytest.raises(RafidError) as refused:
        schedule.schedule(replace(make_loan(instalments=12), **changed()))
    for sign in ("(", "=", "<", "Decimal", "datetime", "None"):
        assert sign not in str(refused.value), str(refused.value)


LAST = MAX_DAY - timedelta(days=31)


@pytest.mark.parametrize("frequency", [Frequency.MONTHLY, Frequency.YEARLY, Frequency.DAILY])
@pytest.mark.parametrize("seasons", [(), (SEASON,)])
@pytest.mark.parametrize("moving_rule", ["none", "next"])
def test_nothing_falls_due_after_the_last_day_that_may_be_named(
    frequency: Frequency, seasons: tuple[Season, ...], moving_rule: Any
) -> None:
    terms = make_qard(
        disbursed_on=MAX_DAY - timedelta(days=1),
        first_due_on=MAX_DAY,
        frequency=frequency,
        dating=Dating(seasons=seasons),
        moving_rule=moving_rule,
        country="JO" if moving_rule != "none" else "",
    )
    with pytest.raises(TermsInvalid) as refused:
        schedule.schedule(terms)
    assert refused.value.member == "instalments"


def until(last: date) -> Terms:
    return make_qard(
        disbursed_on=last - timedelta(days=2),
        first_due_on=last - timedelta(days=1),
        instalments=2,
        frequency=Frequency.DAILY,
    )


def test_the_very_last_day_is_one() -> None:
    assert due_dates.spans(until(LAST))[-1].end == LAST
    assert schedule.schedule(until(LAST))[-1].due_on == LAST
    with pytest.raises(TermsInvalid):
        due_dates.spans(until(LAST + timedelta(days=1)))


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        ("-0.0000000001", "0.000000"),
        ("-0", "0.000000"),
        ("0.1956184999", "0.195618"),
        ("-0.25", "-0.250000"),
        ("1440.7748351", "1440.774835"),
    ],
)
def test_a_rate_of_nothing_has_no_sign(rate: str, told: str) -> None:
    assert str(told_rate(Decimal(rate))) == told
