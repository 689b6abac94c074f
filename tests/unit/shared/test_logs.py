"""What the operator reads names the request and hides what is secret."""

import subprocess
import sys
from typing import Any

import pytest

from shared import logs


@pytest.fixture
def during_a_request() -> Any:
    token = logs.request_id.set("request-1")
    yield
    logs.request_id.reset(token)


@pytest.mark.usefixtures("during_a_request")
def test_a_line_names_its_request() -> None:
    assert logs.add_request_id(None, "info", {"event": "paid"})["request_id"] == "request-1"
    kept = logs.add_request_id(None, "info", {"event": "paid", "request_id": "its own"})
    assert kept["request_id"] == "its own"


def test_a_line_outside_a_request_names_none() -> None:
    assert logs.add_request_id(None, "info", {"event": "started"}) == {"event": "started"}


@pytest.mark.parametrize(
    "name", ["password", "client_secret", "access_token", "Authorization", "set-cookie"]
)
def test_what_is_named_as_a_secret_is_hidden(name: str) -> None:
    line = logs.hide_secrets(None, "info", {"event": "signed in", name: "hunter2"})

    assert "hunter2" not in str(line)
    assert line["event"] == "signed in"


BUG = """
import sys
{start}
from shared import logs

def fails():
    token = "hunter2"
    raise RuntimeError("broken")

try:
    fails()
except RuntimeError as error:
    logs.logger("test").error("bug", exc_info=error, access_token="hunter2")
"""
COMMAND = """
from services import cli
sys.argv = ["rafid", "--help"]
try:
    cli.main()
except SystemExit:
    pass
"""


@pytest.mark.parametrize(
    "start",
    [
        "from shared import logs; logs.configure()",
        'from shared import logs; logs.configure(form="console")',
        COMMAND,
    ],
)
def test_a_bug_is_told_without_the_variables_that_held_secrets(start: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", BUG.format(start=start)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "broken" in done.stderr
    assert "fails" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
