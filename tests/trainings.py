"""Files of loans that trainings are tried on, and the public ones with what may be read of them."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from services.scoring.domain.scorecard import Direction

Json = dict[str, Any]

DATASETS = Path(__file__).parents[2] / "shared/datasets"
GERMAN = DATASETS / "german_credit/data.csv"
UCI = DATASETS / "uci_credit_card/data.csv"
SBA = DATASETS / "sba_small_business/data.csv"

UP, DOWN, NONE = Direction.UP.value, Direction.DOWN.value, Direction.NONE.value

GERMAN_COLUMNS = {
    "status_of_existing_checking_account": NONE,
    "duration_in_month": DOWN,
    "credit_history": NONE,
    "purpose": NONE,
    "credit_amount": DOWN,
    "savings_account_and_bonds": NONE,
    "present_employment_since": NONE,
    "installment_rate_in_percentage_of_disposable_income": DOWN,
    "other_debtors_or_guarantors": NONE,
    "present_residence_since": UP,
    "property": NONE,
    "other_installment_plans": NONE,
    "housing": NONE,
    "number_of_existing_credits_at_this_bank": DOWN,
    "job": NONE,
    "number_of_people_being_liable_to_provide_maintenance_for": DOWN,
    "telephone": NONE,
}
UCI_COLUMNS = {
    "LIMIT_BAL": UP,
    **{f"PAY_{n}": DOWN for n in (0, 2, 3, 4, 5, 6)},
    **{f"PAY_AMT{n}": UP for n in range(1, 7)},
}
SBA_COLUMNS = {
    **dict.fromkeys(("NoEmp", "GrAppv", "SBA_Appv", "DisbursementGross", "CreateJob"), UP),
    "RetainedJob": DOWN,
    **dict.fromkeys(("State", "NewExist", "UrbanRural", "RevLineCr", "LowDoc"), NONE),
    **dict.fromkeys(("FranchiseCode", "sector"), NONE),
}


def texts(text: str) -> Json:
    return dict.fromkeys(("ar", "fr", "en"), text)


def asked(name: str, direction: str, **changes: Any) -> Json:
    return {
        "id": name.lower(),
        "column": name,
        "group": "all",
        "source": "application",
        "known_at": "application",
        "direction": direction,
        "review": "the tests know where it comes from",
        "label": texts(name),
        "reason": texts(f"{name} costs points"),
        "hint": texts(f"a better {name}"),
    } | changes


def spec_document(columns: Mapping[str, str], *, target: str, **changes: Any) -> Json:
    """A specification that takes every column as it is named, 1 being bad."""
    return {
        "card_id": "learned",
        "version": "1.0.0",
        "target": {"column": target, "bad": "1"},
        "event": "bad by the file",
        "window": "as in the file",
        "statement": texts("Learned in a test"),
        "unknown_reason": texts("Not stated: {label}"),
        "approve_share": "0.7",
        "grades": [
            {"grade": "A", "from": 560, "advice": "offer"},
            {"grade": "B", "from": 0, "advice": "refer"},
        ],
        "points": {"double_every": 20, "points": 600, "odds": "20"},
        "characteristics": [asked(name, way) for name, way in columns.items()],
    } | changes


def columns_of(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = {name: [row[name] for row in rows] for name in rows[0]}
    if "NAICS" in found:
        found["sector"] = [code[:2] for code in found["NAICS"]]
    return found


def made_up(rows: int = 600, *, seed: int = 7) -> dict[str, list[str]]:
    """Loans whose risk falls with `income` and rises with `debts`; `place` b is worse than a."""
    random = np.random.default_rng(seed)
    income, debts = random.uniform(0, 10, rows), random.uniform(0, 10, rows)
    place = random.choice(["a", "b", "c"], rows)
    odds = 0.5 - 0.5 * income + 0.3 * debts + 0.8 * (place == "b")
    bad = random.uniform(size=rows) < 1 / (1 + np.exp(-odds))
    return {
        "income": [f"{value:.2f}" for value in income],
        "debts": [f"{value:.2f}" if value < 9 else "" for value in debts],
        "place": [str(value) for value in place],
        "sex": [str(value) for value in random.choice(["f", "m"], rows)],
        "default": ["1" if value else "0" for value in bad],
    }


MADE_UP_COLUMNS = {"income": UP, "debts": DOWN, "place": NONE}
