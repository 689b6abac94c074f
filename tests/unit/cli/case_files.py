"""Made-up cases of the two formats, small enough to be reckoned by hand."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

COLUMNS = [
    *("nr", "days", "due_date", "paid_date", "balance", "principal", "interest", "fees"),
    *("penalties", "due", "paid", "paid_in_advance", "paid_late", "outstanding"),
]
MOVEMENT_COLUMNS = [
    *("transaction_date", "transaction_type", "amount", "principal", "interest", "fees"),
    *("penalties", "loan_balance"),
]
DISBURSEMENT_ROW: list[Any] = [
    *(None, None, "2024-01-01", None, "300.00", None, None, "0.00"),
    *(None, "0.00", "0.00", None, None, None),
]


def instalment(nr: int, days: int, due: str, balance: str, paid_on: str | None = None) -> list[Any]:
    """A row of 100.00 principal without interest, unpaid or paid on its day or later."""
    paid = "100.00" if paid_on else "0.00"
    late = "100.00" if paid_on and paid_on > due else "0.00"
    early = "100.00" if paid_on and paid_on < due else "0.00"
    left = "0.00" if paid_on else "100.00"
    amounts = ["100.00", "0.00", "0.00", "0.00", "100.00", paid, early, late, left]
    return [nr, days, due, paid_on, balance, *amounts]


def rows(paid_on: str | None = None) -> list[list[Any]]:
    """The table of the course case, its first instalment paid or not."""
    return [
        DISBURSEMENT_ROW,
        instalment(1, 31, "2024-02-01", "200.00", paid_on),
        instalment(2, 29, "2024-03-01", "100.00"),
        instalment(3, 31, "2024-04-01", "0.00"),
    ]


def totals(*, paid: str = "0.00", outstanding: str = "300.00") -> dict[str, str]:
    """The sums of the table."""
    return {
        "principal": "300.00",
        "interest": "0.00",
        "fees": "0.00",
        "penalties": "0.00",
        "due": "300.00",
        "paid": paid,
        "paid_in_advance": "0.00",
        "paid_late": "0.00",
        "outstanding": outstanding,
    }


COURSE: dict[str, Any] = {
    "id": "course",
    "format": "schedule-case/1",
    "tier": 2,
    "source": {"project": "made up"},
    "tags": ["zero-interest", "repayment"],
    "verified": True,
    "inputs": {
        "schedule_engine": "PROGRESSIVE",
        "currency": {"code": "EUR", "decimal_places": 2, "in_multiples_of": None},
        "principal": "300.00",
        "interest": {
            "nominal_rate_percent": "0",
            "rate_basis": "PER_YEAR",
            "method": "DECLINING_BALANCE",
            "calculation_period": "DAILY",
            "days_in_year": "360",
            "days_in_month": "30",
        },
        "amortization": "EQUAL_INSTALLMENTS",
        "number_of_installments": 3,
        "repayment_frequency": {"every": 1, "unit": "MONTHS"},
        "submitted_on": "2024-01-01",
        "expected_disbursement_date": "2024-01-01",
        "rounding": {"mode": "HALF_EVEN", "installment_in_multiples_of": None},
        "interest_recalculation": None,
    },
    "events": [
        {"seq": 1, "kind": "set_business_date", "date": "2024-01-01"},
        {"seq": 2, "kind": "disburse", "date": "2024-01-01", "amount": "300.00"},
        {"seq": 3, "kind": "set_business_date", "date": "2024-02-01"},
        {"seq": 4, "kind": "repayment", "date": "2024-02-01", "amount": "100.00"},
    ],
    "schedule_columns": COLUMNS,
    "transaction_columns": MOVEMENT_COLUMNS,
    "checkpoints": [
        {"after_event": 2, "check": "full", "rows": rows(), "totals": totals()},
        {
            "after_event": 4,
            "check": "full",
            "rows": rows("2024-02-01"),
            "totals": totals(paid="100.00", outstanding="200.00"),
            "transactions": [
                ["2024-01-01", "Disbursement", "300.00", *["0.00"] * 4, "300.00"],
                ["2024-02-01", "Repayment", "100.00", "100.00", *["0.00"] * 3, "200.00"],
                ["2024-02-01", "Accrual", "9.99", "0.00", "9.99", *["0.00"] * 3],
            ],
            "loan_status": "ACTIVE",
            "total_outstanding": "200.00",
        },
    ],
}

PERIODIC: dict[str, Any] = {
    "id": "periodic",
    "format": "schedule-case/1",
    "tier": 1,
    "source": {"project": "made up"},
    "tags": ["period-based"],
    "verified": True,
    "inputs": {
        "period_based": True,
        "principal": "1000.00",
        "interest": {
            "nominal_rate_percent": "12",
            "rate_basis": "PER_YEAR",
            "method": "DECLINING_BALANCE",
            "periodic_rate": "rate/12",
        },
        "amortization": "EQUAL_INSTALLMENTS",
        "number_of_installments": 3,
        "repayment_frequency": {"every": 1, "unit": "MONTHS"},
    },
    "events": [],
    "schedule_columns": ["nr", "principal", "interest", "due", "balance"],
    "checkpoints": [
        {
            "after_event": 0,
            "check": "amounts",
            "rows": [
                [1, "330.02", "10.00", "340.02", "669.98"],
                [2, "333.32", "6.70", "340.02", "336.66"],
                [3, "336.66", "3.37", "340.03", "0.00"],
            ],
            "totals": {"interest": "20.07", "due": "1020.07", "number_of_installments": 3},
        }
    ],
}

# Directive 98/7/EC, Annex III, first example: 1,000 lent, 1,200 repaid 18 months later.
RATE: dict[str, Any] = {
    "id": "rate",
    "format": "apr-case/1",
    "source": {"project": "Directive 98/7/EC"},
    "tags": ["single-payment"],
    "convention": "EU_EFFECTIVE",
    "advances": [{"amount": "1000", "t": {"months": 0}}],
    "payments": [{"amount": "1200", "t": {"months": 18}}],
    "expected": {"apr_percent": "12.92", "apr_percent_one_decimal": "12.9"},
    "tolerance": "0.005",
}

# The annuity of 2,000 at 10 %/12 over 24 months, as numpy-financial documents it.
ANNUITY: dict[str, Any] = {
    "id": "annuity",
    "format": "annuity-case/1",
    "source": {"project": "numpy-financial"},
    "tags": ["annuity-function"],
    "function": "ipmt",
    "inputs": {"rate": "0.1/12", "per": 1, "nper": 24, "pv": 2000, "fv": 0, "payments_at": "end"},
    "expected": "-16.66666667",
    "tolerance": "1e-07",
}


def changed(case: dict[str, Any], *path: str | int, to: object) -> dict[str, Any]:
    """The same case with another value at a place in it."""
    twin = deepcopy(case)
    place: Any = twin
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return twin


def write(folder: Path, *cases: dict[str, Any]) -> Path:
    """A folder with a file for each case, named by its place and id."""
    for at, case in enumerate(cases):
        path = folder / f"{at}-{case.get('id', 'none')}.json"
        path.write_text(json.dumps(case), encoding="utf-8")
    return folder
