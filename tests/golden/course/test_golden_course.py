"""Do the courses we keep as examples still come out, each as its source gives it?"""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.loans.domain.course import events, fold
from services.loans.domain.course.events import Event, OpenProfit
from services.loans.domain.course.plan import (
    Advance,
    Allocation,
    AllocationRule,
    Charge,
    ChargeBasis,
    ChargeOff,
    ChargeWhen,
    CountedOver,
    DayRules,
    DownPayment,
    MonthLength,
    PaymentKind,
    Plan,
    Recalculation,
    Unit,
    YearLength,
    in_standing_order,
)
from services.loans.domain.terms import ChargeMethod, Component

FILES = sorted(Path(__file__).parent.glob("*.json"))
REFUNDS = frozenset({PaymentKind.MERCHANT_REFUND, PaymentKind.PAYOUT_REFUND})


def rule_of(stated: dict[str, Any]) -> AllocationRule:
    parts = tuple(Component(name) for name in stated["order"])
    return AllocationRule(order=in_standing_order(parts), advance=Advance(stated["advance"]))


def plan_of(stated: dict[str, Any]) -> Plan:
    credited = stated.get("credits")
    percent = stated.get("down_payment")
    return Plan(
        principal=stated["principal"],
        annual_rate=Decimal(stated["annual_rate"]),
        instalments=stated["instalments"],
        every=stated["every"],
        unit=Unit(stated["unit"]),
        starts_on=date.fromisoformat(stated["starts_on"]),
        signed_on=date.fromisoformat(stated["starts_on"]),
        charge_method=ChargeMethod(stated["charge_method"]),
        day_rules=DayRules(
            year=YearLength(stated["year"]),
            month=MonthLength(stated["month"]),
            over=CountedOver(stated["over"]),
            partial_periods=stated["partial_periods"],
        ),
        instalment_multiple=stated["multiple"],
        recalculation=Recalculation() if stated["recalculates"] else None,
        charge_off=ChargeOff(stated["charge_off"]),
        down_payment=DownPayment(percent=Decimal(percent), automatic=stated["automatic"])
        if percent
        else None,
        profit_refunded_on=REFUNDS if stated.get("refunds_profit") else frozenset(),
        allocation=Allocation(
            rule=rule_of(stated),
            by_kind={
                PaymentKind(kind): rule_of(rule) for kind, rule in stated.get("by_kind", {}).items()
            },
            credits=tuple(Component(name) for name in credited) if credited else None,
        ),
    )


def charge_of(stated: dict[str, Any]) -> Charge:
    return Charge(
        code=stated["code"],
        when=ChargeWhen(stated["when"]),
        basis=ChargeBasis(stated["basis"]),
        value=Decimal(stated["value"]),
        is_penalty=stated["is_penalty"],
        due_on=date.fromisoformat(stated["due_on"]) if stated["due_on"] else None,
    )


def as_it_is(value: Any) -> Any:
    return value


def event_of(stated: dict[str, Any]) -> Event:
    kind: type[Event] = getattr(events, stated["event"])
    read: dict[str, Callable[[Any], Any]] = {
        "Decimal": Decimal,
        "PaymentKind": PaymentKind,
        "OpenProfit": OpenProfit,
        "Unit": Unit,
        "Charge": charge_of,
    }
    members = {}
    for member in fields(kind):
        if member.name in stated:
            name = str(getattr(member.type, "__name__", member.type)).removesuffix(" | None")
            is_day = member.name in {"on", "entered_on", "until", "starts_on", "due_on"}
            convert = date.fromisoformat if is_day else read.get(name, as_it_is)
            members[member.name] = convert(stated[member.name])
    return kind(**members)


def test_there_are_enough_examples() -> None:
    assert len(FILES) >= 12


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_course_comes_out_as_its_source_gives_it(path: Path) -> None:
    case: dict[str, Any] = json.loads(path.read_text("utf-8"))
    happened = [event_of(event) for event in case["events"]]

    course = fold.course(plan_of(case["plan"]), happened, as_of=date.fromisoformat(case["as_of"]))

    ours = []
    for row in course.rows:
        if row.number is not None:
            cells = [getattr(row, column) for column in case["columns"]]
            ours.append([cell.isoformat() if isinstance(cell, date) else cell for cell in cells])
    assert ours == case["rows"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_course_names_its_source(path: Path) -> None:
    source = json.loads(path.read_text("utf-8"))["source"]

    assert {"project", "licence", "commit", "path", "scenario"} <= source.keys()
