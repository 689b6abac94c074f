"""Does our waterfall leave open what other systems leave open after the same payments?

Their own schedule is taken as it stands, so that this is about allocation alone: earliest
instalment first, whatever the order within one, with payments booked in any order.
"""

from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import allocation
from services.loans.domain.allocation import Parts
from tests.golden.schedules import oracle_cases

HEARD = oracle_cases.ORIGINATION | {"repayment", "close_of_business"}
OTHER_FUTURES = ("LAST_INSTALLMENT", "REAMORTIZATION")
THOUSANDTHS = 1000
TABLES_AT_LEAST = 150

needs_oracles = pytest.mark.skipif(
    not oracle_cases.FOLDER.is_dir(),
    reason="the folder of schedules computed by others is not beside this project",
)


def minor(text: str | None) -> int:
    return int(Decimal(text or 0) * THOUSANDTHS)


def allocates_like_us(raw: dict[str, Any]) -> bool:
    allocation_rules = raw["inputs"].get("payment_allocation") or {}
    futures = {rule.get("future_installments") for rule in allocation_rules.get("rules", [])}
    pays_itself = (raw["inputs"].get("down_payment") or {}).get("auto_repayment")
    return (
        not futures & set(OTHER_FUTURES)
        and allocation_rules.get("processing") != "VERTICAL"
        and not pays_itself
        and {"outstanding", "paid"} <= set(raw["schedule_columns"])
    )


def tables_after_repayments(raw: dict[str, Any]) -> list[tuple[int, list[dict[str, str]]]]:
    """The sum repaid and the rows of each table that only payments into one tranche led to."""
    found = []
    for checkpoint in raw["checkpoints"]:
        heard = [event for event in raw["events"] if event["seq"] <= checkpoint["after_event"]]
        kinds = [event["kind"] for event in heard]
        if set(kinds) - HEARD or kinds.count("disburse") > 1:
            break
        if "repayment" in kinds and checkpoint.get("check") in {"full", "amounts"}:
            paid = sum(minor(event["amount"]) for event in heard if event["kind"] == "repayment")
            columns = raw["schedule_columns"]
            rows = [dict(zip(columns, row, strict=True)) for row in checkpoint["rows"]]
            found.append((paid, [row for row in rows if row["nr"] is not None]))
    return found


def parts_of(row: dict[str, str]) -> Parts:
    fees = minor(row.get("fees")) + minor(row.get("penalties"))
    return minor(row["principal"]), minor(row["interest"]), fees, 0


@needs_oracles
def test_what_is_open_of_each_instalment_is_what_others_leave_open() -> None:
    wrong, seen = [], 0
    for raw in filter(allocates_like_us, oracle_cases.raw_cases()):
        for paid, rows in tables_after_repayments(raw):
            seen += 1
            ours = allocation.open_parts(paid, instalments=[parts_of(row) for row in rows])
            theirs = [minor(row["outstanding"]) for row in rows]
            if [sum(parts) for parts in ours] != theirs:
                wrong.append(raw["id"])

    assert wrong == []
    assert seen >= TABLES_AT_LEAST
