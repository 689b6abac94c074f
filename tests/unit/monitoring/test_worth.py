"""What the donor page says of one more unit, and what it keeps to itself."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from services.monitoring.dashboards.report import Worth
from services.monitoring.dashboards.worth import worth
from services.monitoring.dashboards.writer import Writer
from shared import ids
from shared.money import Money
from shared.texts import LANGUAGES, Language

FOUND = Worth(
    run_id=ids.new(),
    as_of=date(2026, 11, 22),
    approved_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    budget=Money.parse("10000.000", "JOD"),
    amount=Money.parse("9800.000", "JOD"),
    financed=12,
    short=7,
    one_more=Decimal("0.002934"),
)


def told(found: Worth | None = FOUND, *, language: Language = "en") -> dict[str, Any]:
    shown = worth(found, writer=Writer(language=language, country="JO", timezone="Asia/Amman"))
    assert shown is not None
    return cast("dict[str, Any]", shown)


def values(found: Worth) -> list[str]:
    return [row["value"] for row in told(found)["rows"]]


def test_a_fund_that_no_run_spoke_of_says_nothing() -> None:
    assert worth(None, writer=Writer(language="en")) is None


def test_points_are_told_for_a_thousand_units_with_run_and_days() -> None:
    shown = told()

    assert shown["points"] == "2.93"
    assert shown["thousand"] == "points for 1,000 more Jordanian dinars"
    assert shown["run"] == str(FOUND.run_id)
    assert shown["as_of"] == "22 November 2026"
    assert "12:30" in shown["approved_at"]
    assert [row["value"] for row in shown["rows"]] == ["10,000.000", "9,800.000", "12", "7"]


@pytest.mark.parametrize("short", [0, 1, 4])
def test_a_rate_that_rests_on_few_is_not_shown(short: int) -> None:
    assert told(replace(FOUND, short=short))["points"] is None


@pytest.mark.parametrize("few", [1, 4])
def test_neither_the_number_of_a_few_nor_their_sum_is_shown(few: int) -> None:
    assert values(replace(FOUND, financed=few))[1:3] == ["fewer than five"] * 2
    assert values(replace(FOUND, short=few))[3] == "fewer than five"


def test_five_are_shown() -> None:
    assert values(replace(FOUND, financed=5, short=5))[2:] == ["5", "5"]
    assert told(replace(FOUND, short=5))["points"] == "2.93"


def test_nothing_more_is_said_as_nothing() -> None:
    shown = told(replace(FOUND, one_more=Decimal(0), short=0))

    assert (shown["is_nothing"], shown["points"]) == (True, None)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_word_is_said_in_the_readers_language(language: Language) -> None:
    english, other = told(), told(language=language)

    assert other["thousand"] != english["thousand"]
    for ours, theirs in zip(english["rows"], other["rows"], strict=True):
        assert ours["name"] != theirs["name"]
