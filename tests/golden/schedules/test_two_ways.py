"""Does the plain schedule give the first tables of published courses too, where both can?"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from services.cli.checking import agreed, plans, reading, tables
from services.cli.checking.reading import Malformed, Node, Unsupported
from services.loans.domain import schedule
from services.loans.domain.amortisation import (
    Amortisation,
    AmortisationKind,
    LevelRule,
    Shortfall,
)
from services.loans.domain.charging import ChargeBasis, Charging, FlatRule, LeapRule
from services.loans.domain.course import periods_of_plan
from services.loans.domain.course import plan as course_plan
from services.loans.domain.course.plan import CountedOver, InstalmentRule, MonthLength, Plan, Unit
from services.loans.domain.dating import Dating
from services.loans.domain.terms import (
    ChargeMethod,
    Frequency,
    ModeOfFinance,
    ResidueRule,
    Terms,
)
from shared.money import Money
from shared.periods import DayCount

FOLDER = Path(__file__).parents[4] / "shared" / "oracles" / "schedules"
COMPARED_AT_LEAST = 125

FREQUENCIES = {
    Unit.DAYS: Frequency.DAILY,
    Unit.WEEKS: Frequency.WEEKLY,
    Unit.MONTHS: Frequency.MONTHLY,
    Unit.YEARS: Frequency.YEARLY,
}
DAY_COUNTS: dict[tuple[str, str], DayCount] = {
    ("30", "360"): "30/360",
    ("actual", "360"): "act/360",
    ("actual", "364"): "act/364",
    ("actual", "365"): "act/365",
    ("actual", "actual"): "act/act",
}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the folder of published cases is not beside this project"
)


def is_plain(plan: Plan) -> bool:
    """Whether the plan has nothing that only a course knows."""
    grace = plan.grace
    return not (
        plan.down_payment
        or plan.charges
        or plan.tranches
        or plan.last_due_on
        or plan.regular_from
        or grace.everything
        or plan.currency_multiple > 1
        or plan.rate_is_for_term
        or (plan.recalculation and plan.instalment_rule is InstalmentRule.FIXED_LEVEL)
    )


def leap_rule_of(plan: Plan) -> LeapRule:
    if plan.instalment_rule is InstalmentRule.FIXED_LEVEL:
        return LeapRule.NEVER
    if plan.day_rules.leap is course_plan.LeapRule.FEBRUARY_29_ONLY:
        return LeapRule.FEBRUARY_29_ONLY
    if plan.day_rules.first_day_bears:
        return LeapRule.BY_CALENDAR_YEAR
    return LeapRule.BY_CALENDAR_YEAR_END


def terms_of(plan: Plan, *, paid_out_on: date, principal: int) -> Terms | None:
    """The same agreement as terms, where terms can say it."""
    days = periods_of_plan.periods(plan, paid_out_on=paid_out_on)
    rules, is_level = plan.day_rules, plan.instalment_rule is InstalmentRule.FIXED_LEVEL
    day_count = DAY_COUNTS.get((rules.month.value, rules.year.value))
    by_period = rules.over is CountedOver.PERIODS
    if day_count is None or not is_plain(plan) or days[0][0] != paid_out_on:
        return None
    if by_period and plan.unit is Unit.DAYS:
        return None
    if by_period or rules.month is MonthLength.DAYS_30:
        day_count = "30/360"
    is_flat = plan.charge_method is ChargeMethod.FLAT and plan.annual_rate > 0
    equal_principal = plan.amortisation is course_plan.Amortisation.EQUAL_PRINCIPAL
    return Terms(
        mode_of_finance=ModeOfFinance.CONVENTIONAL,
        charge_method=plan.charge_method if plan.annual_rate else ChargeMethod.NONE,
        principal=Money(principal, agreed.CURRENCY),
        annual_rate=plan.annual_rate,
        instalments=plan.instalments,
        frequency=FREQUENCIES[plan.unit],
        disbursed_on=paid_out_on,
        first_due_on=days[0][1],
        principal_grace=plan.grace.principal if plan.annual_rate else 0,
        residue_rule=ResidueRule.LAST_INSTALMENT
        if is_level or is_flat or not plan.annual_rate
        else ResidueRule.LEVELLED,
        day_count=day_count,
        month_end_rule=plan.month_end_rule,
        amortisation=Amortisation(
            kind=AmortisationKind.EQUAL_PRINCIPAL
            if equal_principal
            else AmortisationKind.EQUAL_INSTALMENTS,
            multiple=Money(plan.instalment_multiple, agreed.CURRENCY)
            if plan.instalment_multiple > 1
            else None,
            level=LevelRule.REGULAR_RATE if is_level else LevelRule.PERIOD_RATES,
            shortfall=Shortfall.CARRY,
        ),
        charging=Charging(
            basis=ChargeBasis.PER_PERIOD if by_period else ChargeBasis.USUAL,
            year_of_days=364,
            leap_rule=leap_rule_of(plan),
            flat=FlatRule.SHARED if is_level else FlatRule.BY_PERIOD,
            profit_free=plan.grace.profit_free,
            profit_grace=plan.grace.profit_payment,
        ),
        dating=Dating(every=plan.every),
    )


def first_tables() -> Iterator[tuple[str, Plan, Node, Node]]:
    """The cases whose first counted table stands after one disbursement and nothing else."""
    for file in reading.case_files(FOLDER):
        case = file.content
        if case is None or case["inputs"].get("schedule_engine") is None:
            continue
        table = next((point for point in case["checkpoints"].items() if point.get("rows")), None)
        if table is None or table.get("check") is None or "principal" not in columns_of(case):
            continue
        if table["check"].text() in {"full", "amounts"}:
            try:
                yield file.name, plans.plan_of(case), case, table
            except (Unsupported, Malformed):
                continue


def columns_of(case: Node) -> tuple[str, ...]:
    return tables.names_of(case, "schedule_columns", needed=("nr",))


def is_seen_late(case: Node, table: Node) -> bool:
    """Whether the table was made after a first due date, so that overdue principal has borne."""
    days = [
        event["date"].day()
        for event in case["events"].items()
        if event["kind"].text() == "set_business_date"
        and event["seq"].whole() <= table["after_event"].whole()
    ]
    columns = columns_of(case)
    rows = [tables.cells_of(row, columns) for row in table["rows"].items()]
    first = min(row["due_date"].day() for row in rows if row["nr"].value is not None)
    return any(day > first for day in days)


def compared(case: Node, plan: Plan, table: Node) -> list[str] | None:
    """Where the plain schedule differs from the table; None where it cannot say the terms."""
    scale = plans.scale_of(case["inputs"])
    moved = [
        event
        for event in case["events"].items()
        if event["seq"].whole() <= table["after_event"].whole()
        and event["kind"].text() not in {"submit", "approve", "set_business_date"}
    ]
    kinds = [event["kind"].text() for event in moved]
    if kinds != ["disburse"] or (plan.recalculation and is_seen_late(case, table)):
        return None
    columns = columns_of(case)
    rows = [tables.cells_of(row, columns) for row in table["rows"].items()]
    rows = [row for row in rows if row["nr"].value is not None]
    paid_out = moved[0]
    terms = terms_of(
        plan, paid_out_on=paid_out["date"].day(), principal=scale.minor(paid_out["amount"])
    )
    if terms is None or len(rows) != plan.instalments:
        return None
    return [
        f"{ours.number}: {row['principal'].value} + {row['interest'].value},"
        f" ours {ours.principal.minor} + {ours.profit.minor}"
        for row, ours in zip(rows, schedule.schedule(terms), strict=True)
        if (scale.minor(row["principal"]), scale.minor(row["interest"]))
        != (ours.principal.minor, ours.profit.minor)
        or row["due_date"].day() != ours.due_on
    ]


def test_the_plain_schedule_gives_the_first_table_of_a_course() -> None:
    found = {name: compared(case, plan, table) for name, plan, case, table in first_tables()}
    results = {name: lines for name, lines in found.items() if lines is not None}

    assert {name: lines[:1] for name, lines in results.items() if lines} == {}
    assert len(results) >= COMPARED_AT_LEAST
