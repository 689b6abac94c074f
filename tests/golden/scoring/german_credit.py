"""The German credit file, read by its mapping and scored by the expert card."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.scoring_cases import Json, amount, conventional_product, make_request

PROJECT = Path(__file__).parents[3]
FILE = PROJECT.parent / "shared/datasets/german_credit/data.csv"
MAPPING = PROJECT / "services/loans/applications/mappings/german_credit.yaml"


@dataclass(frozen=True)
class Line:
    """One line of the file as a request, and whether the loan went bad."""

    request: Json
    is_bad: bool


def mapping() -> Json:
    found: Json = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    return found


def lines() -> Iterator[Line]:
    """Every line as a request for a loan at 18 % on the declining balance."""
    rules = mapping()
    outcome = rules["outcome"]
    with FILE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            fields = {
                name: value_of(rule, row)
                for name, rule in rules["fields"].items()
                if not name.startswith("borrower.")
            }
            yield Line(request_of(fields), is_bad=row[outcome["column"]] == outcome["bad"])


def value_of(rule: Json, row: dict[str, str]) -> Any:
    if "constant" in rule:
        return rule["constant"]
    if "quotient" in rule:
        parts = rule["quotient"]
        share = Decimal(parts["codes"][row[parts["share"]]])
        return Decimal(row[parts["of"]]) / Decimal(row[parts["by"]]) / share
    text = row[rule["column"]]
    found = rule["codes"][text] if "codes" in rule else text
    return None if found is None else f"{rule.get('prefix', '')}{found}"


def request_of(fields: Json) -> Json:
    household = {
        name.partition(".")[2]: amount(f"{Decimal(value):.2f}", "EUR")
        for name, value in fields.items()
        if name.startswith("household.")
    }
    characteristics = {
        name.partition(".")[2]: value
        for name, value in fields.items()
        if name.startswith("characteristics.")
    }
    product = conventional_product(
        amount_min=amount("100.00", "EUR"),
        amount_max=amount("20000.00", "EUR"),
        term_months_min=3,
        term_months_max=72,
    )
    return make_request(
        amount=amount(fields["amount"], "EUR"),
        term_months=int(fields["term_months"]),
        household=household,
        characteristics=characteristics,
        product=product,
        price={
            "cost_of_funds": "0.05",
            "operating_cost": amount("20.00", "EUR"),
            "operating_cost_monthly": amount("1.00", "EUR"),
        },
    )


def auc(scores: Sequence[tuple[int, bool]]) -> Decimal:
    """The chance that a good loan has more points than a bad one, a tie counting half.

    Worked: good 3 and 1, bad 2: of two pairs one is right, so 0.5.
    """
    good = [points for points, is_bad in scores if not is_bad]
    bad = [points for points, is_bad in scores if is_bad]
    wins = sum(2 * (g > b) + (g == b) for g in good for b in bad)
    return Decimal(wins) / (2 * len(good) * len(bad))
