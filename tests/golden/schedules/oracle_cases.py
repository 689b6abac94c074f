"""Which schedules computed by others are within what we offer, and how do they read as terms?"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.loans.domain.due_dates import first_due_on
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, ResidueRule, Terms
from shared.money import Money
from shared.periods import DayCount

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "oracles" / "schedules"

FREQUENCIES = {
    (1, "WEEKS"): Frequency.WEEKLY,
    (7, "DAYS"): Frequency.WEEKLY,
    (2, "WEEKS"): Frequency.BIWEEKLY,
    (14, "DAYS"): Frequency.BIWEEKLY,
    (1, "MONTHS"): Frequency.MONTHLY,
    (3, "MONTHS"): Frequency.QUARTERLY,
}
METHODS = {"FLAT": ChargeMethod.FLAT, "DECLINING_BALANCE": ChargeMethod.DECLINING_BALANCE}
DAY_COUNTS: dict[tuple[str, str], DayCount] = {
    ("30", "360"): "30/360",
    ("ACTUAL", "360"): "act/360",
    ("ACTUAL", "364"): "act/364",
    ("ACTUAL", "365"): "act/365",
    ("ACTUAL", "ACTUAL"): "act/act",
}
PERIODIC_RATES: dict[str, DayCount] = {
    "rate/12": "30/360",
    "rate*7/360": "30/360",
    "rate*7/365": "act/365",
}
ORIGINATION = {"submit", "approve", "set_business_date", "disburse"}
ANY_DAY = "2026-01-01"  # for cases without dates
CURRENCIES = {2: "USD", 3: "JOD"}


class OutOfScope(Exception):
    """The case uses a feature that our terms do not have."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One schedule of another system: our terms for it, and the rows it gives."""

    name: str
    terms: Terms
    rows: list[dict[str, str]]
    is_dated: bool
    is_unrounded: bool


def raw_cases() -> list[dict[str, Any]]:
    """Every case of the folder, in the order of names; none where the folder is absent."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]


def read(raw: dict[str, Any]) -> Case:
    """The case as ours. Raises `OutOfScope` with the feature that we do not have."""
    inputs = raw["inputs"]
    _refuse_foreign_features(inputs)
    checkpoint = _checkpoint_at_origination(raw)
    columns = raw["schedule_columns"]
    rows = [
        dict(zip(columns, row, strict=True)) for row in checkpoint["rows"] if row[0] is not None
    ]
    dated = "due_date" in columns
    paid_out: dict[str, str] = next(
        (event for event in raw["events"] if event["kind"] == "disburse"), {}
    )
    terms = _terms(
        inputs,
        principal=paid_out.get("amount", inputs["principal"]),
        disbursed_on=date.fromisoformat(paid_out.get("date", ANY_DAY)),
        first_due=rows[0]["due_date"] if dated else None,
    )
    return Case(
        name=raw["id"],
        terms=terms,
        rows=rows,
        is_dated=dated,
        is_unrounded=not inputs.get("schedule_engine"),
    )


def _refuse_foreign_features(inputs: dict[str, Any]) -> None:
    grace = inputs.get("grace") or {}
    rounding = inputs.get("rounding") or {}
    multiple = rounding.get("installment_in_multiples_of") or rounding.get("installment")
    interest = inputs.get("interest") or {}
    foreign = {
        "down payment": inputs.get("down_payment"),
        "several tranches": inputs.get("expected_disbursements"),
        "fixed length": inputs.get("fixed_length"),
        "fixed instalment": inputs.get("fixed_installment"),
        "grace on interest": grace.get("interest_payment_periods"),
        "whole grace": grace.get("all_payment_periods"),
        "instalment multiples": multiple,
        "currency multiples": (inputs.get("currency") or {}).get("in_multiples_of"),
        "no interest stated": not interest.get("method"),
        "amortisation": inputs.get("amortization") != "EQUAL_INSTALLMENTS",
        "custom leap strategy": interest.get("days_in_year_custom_strategy"),
        "schedule starts before": inputs.get("schedule_start_date"),
        "month end of another kind": inputs.get("month_end_due_date_strategy"),
        "rate steps": inputs.get("rate_steps"),
        "flat profit by the days of each period": interest.get("method") == "FLAT"
        and interest.get("calculation_period") == "DAILY"
        and Decimal(interest["nominal_rate_percent"]),
    }
    for feature, present in foreign.items():
        if present:
            raise OutOfScope(feature)


def _checkpoint_at_origination(raw: dict[str, Any]) -> dict[str, Any]:
    """The first table after exactly one disbursement and nothing else that moves money."""
    for checkpoint in raw["checkpoints"]:
        heard = [event for event in raw["events"] if event["seq"] <= checkpoint["after_event"]]
        kinds = [event["kind"] for event in heard]
        if set(kinds) - ORIGINATION:
            break
        paid_out = kinds.count("disburse")
        if paid_out == 1 or (paid_out == 0 and not raw["events"]):
            if checkpoint["check"] in {"mismatch", "arithmetic"}:
                break
            _refuse_recalculated(raw, checkpoint)
            return dict(checkpoint)
    raise OutOfScope("no table at origination")


def _refuse_recalculated(raw: dict[str, Any], checkpoint: dict[str, Any]) -> None:
    """Where interest is counted anew, a table seen after a due date holds interest on lateness."""
    late = checkpoint.get("business_date", "")
    if not raw["inputs"].get("interest_recalculation"):
        return
    column = raw["schedule_columns"].index("due_date")
    first = min(row[column] for row in checkpoint["rows"] if row[0] is not None)
    if not late or late > first:
        raise OutOfScope("interest counted anew on what is late")


def _terms(
    inputs: dict[str, Any], *, principal: str, disbursed_on: date, first_due: str | None
) -> Terms:
    interest = inputs["interest"]
    every = inputs["repayment_frequency"]
    frequency = FREQUENCIES.get((every["every"], every["unit"]))
    if frequency is None:
        raise OutOfScope("frequency")
    rate = Decimal(interest["nominal_rate_percent"]) / 100
    rate *= 12 if interest.get("rate_basis") == "PER_MONTH" else 1
    decimals = int((inputs.get("currency") or {}).get("decimal_places", 2))
    if decimals not in CURRENCIES:
        raise OutOfScope("decimals")
    first = first_due_on(disbursed_on, frequency=frequency)
    if first_due:
        first = date.fromisoformat(first_due)
    progressive = inputs.get("schedule_engine") == "PROGRESSIVE"
    return Terms(
        mode_of_finance=ModeOfFinance.CONVENTIONAL,
        charge_method=METHODS[interest["method"]],
        principal=Money.parse(principal, CURRENCIES[decimals]),
        annual_rate=rate,
        instalments=inputs["number_of_installments"],
        frequency=frequency,
        disbursed_on=disbursed_on,
        first_due_on=first,
        principal_grace=(inputs.get("grace") or {}).get("principal_payment_periods", 0),
        residue_rule=ResidueRule.LEVELLED if progressive else ResidueRule.LAST_INSTALMENT,
        day_count=_day_count(inputs),
    )


def _day_count(inputs: dict[str, Any]) -> DayCount:
    interest = inputs["interest"]
    if "periodic_rate" in interest:
        if interest["periodic_rate"] not in PERIODIC_RATES:
            raise OutOfScope("periodic rate")
        return PERIODIC_RATES[interest["periodic_rate"]]
    zero = not Decimal(interest["nominal_rate_percent"])
    if interest["calculation_period"] == "SAME_AS_REPAYMENT_PERIOD" or zero:
        if inputs["repayment_frequency"]["unit"] == "WEEKS" and not zero:
            raise OutOfScope("a week is 1/52 of a year")
        return "30/360"
    if inputs.get("schedule_engine") == "CUMULATIVE":
        raise OutOfScope("annuity by months of 30 days, interest by real days")
    try:
        return DAY_COUNTS[interest["days_in_month"], interest["days_in_year"]]
    except KeyError:
        raise OutOfScope("day count") from None
