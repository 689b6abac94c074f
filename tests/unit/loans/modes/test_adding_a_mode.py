"""Is a mode of finance one file, and does the page that shows how tell the truth?"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.loans.domain.modes import MODES

PROJECT = Path(__file__).parents[4]
PAGE = PROJECT / "services/loans/README.md"
WALK = """
from datetime import date
from decimal import Decimal

from services.loans.domain.terms import ChargeMethod, ModeOfFinance

mode = ModeOfFinance("tawliya")

from services.loans.domain import deal as deals
from services.loans.domain.modes import MODES
from services.loans.products.schemas import ProductIn
from tests import bodies
from tests.deals import make_deal, make_terms, moved, walk

terms = make_terms(
    "tawliya", "1200.00", charge_method=ChargeMethod.NONE, annual_rate=Decimal(0)
)
MODES[mode].check_terms(terms)
deal, entries = walk(
    make_deal(terms), ("purchase", {"amounts": {"invoice": "1200.00"}}), ("sell", {})
)
assert deals.stage(MODES[mode].STEPS, taken=deal.taken) == "sold"
assert [str(due.total) for due in deal.instalments] == ["100.00"] * 12
assert moved(entries[-1]) == {"loans": "1200.00", "goods": "-1200.00"}
body = bodies.qard(code="SALE", mode_of_finance="tawliya")
offered = ProductIn.model_validate(body)
assert offered.mode_of_finance is mode
assert "tawliya" in ProductIn.model_json_schema()["$defs"]["ModeOfFinance"]["enum"]
print("walked")
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house, to build on."""
    for folder in ("services", "shared", "tests"):
        shutil.copytree(
            PROJECT / folder,
            tmp_path / folder,
            ignore=shutil.ignore_patterns("__pycache__", "golden", "e2e", "integration", "*.ttf"),
        )
    return tmp_path


def run(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter on our own text
        [sys.executable, "-c", WALK],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_file_is_a_new_mode_and_nothing_else_is_touched(house: Path) -> None:
    before = run(house)
    assert "'tawliya' is not a valid ModeOfFinance" in before.stderr

    (module,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (house / "services/loans/domain/modes/tawliya.py").write_text(module, encoding="utf-8")
    after = run(house)
    assert after.stdout == "walked\n", after.stderr


def test_the_page_names_every_mode_and_every_step() -> None:
    page = PAGE.read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    unsaid = [
        f"{mode}: {step.code}"
        for mode, module in MODES.items()
        for step in module.STEPS
        if not any(f"`{mode}`" in line and step.code in line for line in lines)
    ]

    assert [mode for mode in MODES if f"`{mode}`" not in page] == []
    assert unsaid == []
