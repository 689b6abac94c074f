"""Do schedules computed by other systems come out of ours, to the minor unit?"""

from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import schedule
from services.loans.domain.schedule import Instalment
from tests.golden.schedules import oracle_cases
from tests.golden.schedules.oracle_cases import Case

# A day at the turn of a year stands in the year it belongs to (ISDA 2006, section 4.16(b)); the
# source counts 31 December to 1 January in the new year, which moves a minor unit.
KNOWN_DEVIATIONS = {"fineract-emi-unit-32": Decimal("0.05")}
EXPECTED_IN_SCOPE = 120

needs_oracles = pytest.mark.skipif(
    not oracle_cases.FOLDER.is_dir(),
    reason="the folder of schedules computed by others is not beside this project",
)


def in_scope() -> list[Case]:
    found = []
    for raw in oracle_cases.raw_cases():
        try:
            found.append(oracle_cases.read(raw))
        except oracle_cases.OutOfScope:
            continue
    return found


def tolerance_of(case: Case, mine: Instalment) -> Decimal:
    """None, but for sources that print without rounding: ours rounds, its last takes the rest."""
    if case.name in KNOWN_DEVIATIONS:
        return KNOWN_DEVIATIONS[case.name]
    if not case.is_unrounded:
        return Decimal(0)
    units = case.terms.instalments if mine.number == case.terms.instalments else 2
    return units * Decimal(10) ** -mine.principal.exponent


def differences(case: Case) -> list[str]:
    instalments = schedule.schedule(case.terms)
    found = []
    for row in case.rows:
        mine = instalments[int(row["nr"]) - 1]
        for column, amount in (("principal", mine.principal), ("interest", mine.profit)):
            theirs: Any = row.get(column)
            if theirs is None:
                continue
            if abs(Decimal(theirs) - amount.decimal) > tolerance_of(case, mine):
                found.append(f"{mine.number} {column}: theirs {theirs}, ours {amount}")
        if case.is_dated and row["due_date"] != mine.due_on.isoformat():
            found.append(f"{mine.number} due: theirs {row['due_date']}, ours {mine.due_on}")
    return found


@needs_oracles
def test_no_schedule_in_scope_differs_from_the_one_computed_elsewhere() -> None:
    wrong = {case.name: found for case in in_scope() if (found := differences(case))}

    assert wrong == {}


@needs_oracles
def test_enough_schedules_are_in_scope_to_mean_something() -> None:
    assert len(in_scope()) >= EXPECTED_IN_SCOPE


@needs_oracles
def test_a_known_deviation_still_deviates() -> None:
    cases = {case.name: case for case in in_scope()}

    for name in KNOWN_DEVIATIONS:
        instalments = schedule.schedule(cases[name].terms)
        rows = cases[name].rows
        assert any(
            Decimal(row["interest"]) != mine.profit.decimal
            for row, mine in zip(rows, instalments, strict=True)
        )


@needs_oracles
def test_every_case_left_out_names_the_feature_that_is_missing() -> None:
    reasons = set()
    for raw in oracle_cases.raw_cases():
        try:
            oracle_cases.read(raw)
        except oracle_cases.OutOfScope as reason:
            reasons.add(str(reason))

    assert all(reasons)
