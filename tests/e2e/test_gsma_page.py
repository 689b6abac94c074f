"""The integrator's page keeps its word: its ten lines are run as they stand, over a real port."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.loans.biller.router import PREFIX, router
from tests.e2e import gsma
from tests.e2e.gsma import Scene
from tests.e2e.test_readme import run
from tests.house.source import PROJECT

PAGE = (PROJECT / "services" / "loans" / "biller" / "README.md").read_text(encoding="utf-8")
(LINES,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def scene(database_urls: dict[str, str], tmp_path: Path) -> Iterator[Scene]:
    with gsma.scene(database_urls, tmp_path, on_a_port=True) as opened:
        yield opened


@pytest.mark.skipif(
    shutil.which("curl") is None or not Path("/proc/sys/kernel/random/uuid").exists(),
    reason="curl is not installed here, or nothing makes an id",
)
def test_a_bill_payment_is_taken_in_ten_lines(scene: Scene) -> None:
    reference, contract_id = scene.call(scene.contract)
    shell = {
        "PATH": os.environ["PATH"],
        "RAFID": scene.house.public_url,
        "CLIENT": scene.provider.client_id,
        "SECRET": scene.provider.secret,
        "ACCOUNT": reference,
    }

    told = run(LINES, shell)
    again = run(LINES, shell)

    assert len(LINES.splitlines()) <= 10
    assert '"billPaymentStatus":"completed"' in told
    assert '"errorCode":"duplicateRequest"' in again, "the reference T-1 is one payment"

    async def repaid() -> list[str]:
        return await scene.provider.repaid(contract_id)

    assert scene.call(repaid) == ["12.500"]


def test_the_page_names_every_resource_that_is_served() -> None:
    paths = [str(getattr(route, "path", "")).removeprefix(PREFIX) for route in router.routes]
    resources = {word for path in paths for word in path.split("/") if word and "{" not in word}

    assert len(resources) > 8
    assert [name for name in sorted(resources) if name not in PAGE] == []
