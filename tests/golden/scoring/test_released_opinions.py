"""Opinions of engine 1 as it was released are given again, letter by letter."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from services.scoring.domain import assessment
from tests.scoring_cases import expert_card

KEPT: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("engine_1.jsonl").read_text(encoding="utf-8").splitlines()
]
EXPERT = expert_card()


@pytest.mark.parametrize("row", KEPT, ids=[row["sha256"][:8] for row in KEPT])
def test_an_opinion_kept_by_the_first_engine_is_reproduced(row: dict[str, Any]) -> None:
    """The hash is over the sorted members without spaces, as engine 1 gave them at release."""
    found: dict[str, Any] = dict(assessment.opinion_of(row["inputs"], card=EXPERT, engine="1"))

    assert (found["feasible"], len(found["rejected"])) == (row["feasible"], row["rejected"])
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == row["sha256"]


def test_the_released_rows_try_every_way_to_charge_and_both_ends() -> None:
    methods = {row["inputs"]["product"]["charge_method"] for row in KEPT}

    assert methods == {"declining_balance", "flat", "none"}
    assert any(not row["feasible"] for row in KEPT)
    assert any(not row["rejected"] for row in KEPT)
    assert {row["inputs"]["amount"]["currency"] for row in KEPT} == {"JOD", "USD", "JPY"}
