"""Yearly rates computed by public systems, where their cases lie beside the project."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from shared import rates
from shared.money import Money
from shared.rates import Flow

CASES = Path(__file__).parents[4] / "shared" / "oracles" / "apr"

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="../shared/oracles/apr is not beside the project"
)


def cases(form: str) -> list[Any]:
    """The cases of a form, each named by its file."""
    read = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json")))
    return [pytest.param(case, id=case["id"]) for case in read if case["format"] == form]


def flows_of(case: dict[str, Any]) -> Iterator[Flow]:
    """The flows of a case with the times that it states itself."""
    first = case["advances"][0].get("date")
    for sign, name in ((1, "advances"), (-1, "payments")):
        for entry in case[name]:
            regular = entry.get("repeat", {"count": 1})
            for number in range(regular["count"]):
                compounded, simple = times(entry, case=case, first=first)
                months, weeks = regular.get("every_months", 0), regular.get("every_weeks", 0)
                later = Fraction(months * number, 12) + Fraction(weeks * number, 52)
                yield Flow(
                    amount=sign * Decimal(entry["amount"]),
                    compounded=decimal(compounded + later),
                    simple=decimal(simple),
                )


def times(
    entry: dict[str, Any], *, case: dict[str, Any], first: str | None
) -> tuple[Fraction, Fraction]:
    """When an amount moves: in whole units with compound interest, and the rest."""
    if "unit_periods" in entry:
        return Fraction(entry["unit_periods"]), Fraction(entry["fraction"])
    if "t" in entry:
        t = entry["t"]
        years = Fraction(t.get("months", 0), 12) + Fraction(t.get("weeks", 0), 52)
        return years + Fraction(t.get("days", 0)) / Fraction(
            str(t.get("year_days", 365))
        ), Fraction()
    if case["convention"] == "US_ACTUARIAL":  # one payment, the unit is the term
        return Fraction(int(entry["date"] != first)), Fraction()
    basis = Fraction("365.25") if case["convention"].endswith("_25") else Fraction(365)
    return days_between(str(first), entry["date"]) / basis, Fraction()


def days_between(first: str, last: str) -> Fraction:
    """Real days between two dates in text."""
    return Fraction((date.fromisoformat(last) - date.fromisoformat(first)).days)


def decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / number.denominator


def is_yearly(case: dict[str, Any]) -> bool:
    """Whether the unit is the year and its rest is left to us to count."""
    return bool(case.get("unit_period", {}).get("unit") == "year")


@pytest.mark.parametrize(
    "case", [case for case in cases("apr-case/1") if is_yearly(case.values[0])]
)
def test_the_rate_by_years_is_that_of_the_source(case: dict[str, Any]) -> None:
    flows = [
        (date.fromisoformat(entry["date"]), Money.parse(entry["amount"], "USD") * sign)
        for sign, name in ((1, "advances"), (-1, "payments"))
        for entry in case[name]
    ]

    found = rates.effective_annual_rate(flows, convention="us", unit="year") * 100

    assert abs(found - Decimal(case["expected"]["apr_percent"])) <= Decimal(case["tolerance"])


@pytest.mark.parametrize(
    "case", [case for case in cases("apr-case/1") if not is_yearly(case.values[0])]
)
def test_the_rate_is_that_of_the_source(case: dict[str, Any]) -> None:
    per_year = Fraction(str(case.get("unit_period", {}).get("per_year", 1)))

    found = rates.solve(flows_of(case)) * decimal(per_year) * 100

    assert abs(found - Decimal(case["expected"]["apr_percent"])) <= Decimal(case["tolerance"])


@pytest.mark.parametrize(
    "case", [case for case in cases("annuity-case/1") if case.values[0]["function"] == "irr"]
)
def test_the_internal_rate_is_that_of_the_source(case: dict[str, Any]) -> None:
    found = rates.irr([Decimal(str(amount)) for amount in case["inputs"]["cash_flows"]])

    assert abs(found - Decimal(case["expected"])) <= Decimal(case["tolerance"])


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in cases("annuity-case/1")
        if case.values[0]["function"] == "pmt"
        and case.values[0]["inputs"]["fv"] == 0
        and case.values[0]["inputs"]["payments_at"] == "end"
    ],
)
def test_the_equal_instalment_is_that_of_the_source(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = rates.annuity_instalment(
        Decimal(inputs["pv"]),
        rate_per_period=decimal(Fraction(inputs["rate"])),
        count=inputs["nper"],
    )

    assert abs(found + Decimal(case["expected"])) <= Decimal(case["tolerance"])
