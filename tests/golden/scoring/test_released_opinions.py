"""Opinions of the engines as they were released are given again, letter by letter."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from services.scoring.domain import assessment
from tests.scoring_cases import expert_card


def kept_by(engine: str) -> list[dict[str, Any]]:
    text = Path(__file__).with_name(f"engine_{engine}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


KEPT, SEASONAL = kept_by("1"), kept_by("2")
EXPERT = expert_card()


def reproduced(row: dict[str, Any], *, engine: str) -> dict[str, Any]:
    """The hash is over the sorted members without spaces, as the engine gave them at release."""
    found: dict[str, Any] = dict(assessment.opinion_of(row["inputs"], card=EXPERT, engine=engine))

    assert (found["feasible"], len(found["rejected"])) == (row["feasible"], row["rejected"])
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == row["sha256"]
    return found


@pytest.mark.parametrize("row", KEPT, ids=[row["sha256"][:8] for row in KEPT])
def test_an_opinion_kept_by_the_first_engine_is_reproduced(row: dict[str, Any]) -> None:
    reproduced(row, engine="1")


@pytest.mark.parametrize("row", SEASONAL, ids=[row["sha256"][:8] for row in SEASONAL])
def test_an_opinion_kept_by_the_second_engine_is_reproduced(row: dict[str, Any]) -> None:
    found = reproduced(row, engine="2")

    assert sum("seasonal" in line for line in found["menu"]) == row["lines"]


def test_the_rows_of_the_second_engine_have_lines_by_season_and_none() -> None:
    lines = [row["lines"] for row in SEASONAL]

    assert min(lines) == 0
    assert max(lines) > 1
    assert any(row["inputs"]["price"].get("hazard_ages") for row in SEASONAL if row["lines"])
    assert {row["inputs"]["amount"]["currency"] for row in SEASONAL if row["lines"]} > {"JOD"}


def test_the_released_rows_try_every_way_to_charge_and_both_ends() -> None:
    methods = {row["inputs"]["product"]["charge_method"] for row in KEPT}

    assert methods == {"declining_balance", "flat", "none"}
    assert any(not row["feasible"] for row in KEPT)
    assert any(not row["rejected"] for row in KEPT)
    assert {row["inputs"]["amount"]["currency"] for row in KEPT} == {"JOD", "USD", "JPY"}
