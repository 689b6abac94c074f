"""The GSMA's own compliance cases for a biller, run as they are written.

A case is steps with a request, the answer's rules, and perhaps a call back to the sender. Those of
a payment provider are not ours; each is told by its name. Where the cases are not beside the
project there is nothing to run.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from services.loans.biller.router import PREFIX
from shared.clock import SystemClock
from tests.e2e import gsma
from tests.e2e.gsma import Scene
from tests.e2e.house import until

Json = dict[str, Any]
CALLED_BACK = "{X-Callback-URL}"
NOT_OURS = "a payment provider serves it, not a biller"
NOT_SERVED: Mapping[str, str] = {
    "bill-payments/Make_a_Bill_Payment_with_Callback_-_failure.yml": (
        "asks for insufficientFunds, which a biller never finds"
    ),
    "general/Retrieve_a_missing_API_response_-_failure.yml": (
        "asks 401 of an id that names nothing, where the standard's text says 404"
    ),
    "general/Retrieve_a_missing_API_response_-_success.yml": (
        "asks for a transaction of its own name"
    ),
}
PASSED = {
    "bill-payments/Make_a_Bill_Payment_with_Callback_-_success.yml",
    "bill-payments/Make_a_Bill_Payment_with_Polling_-_success.yml",
    "bill-payments/Retrieval_of_Bill_Payments_-_success.yml",
    "bill-payments/Retrieval_of_Bills_-_failure.yml",
    "bill-payments/Retrieval_of_Bills_-_success.yml",
    "general/Check_for_Service_Availability.yml",
}

pytestmark = pytest.mark.skipif(
    not gsma.CASES.exists(), reason="the GSMA's compliance cases are not beside the project"
)


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("house")
    with gsma.scene(database_urls, folder) as opened:
        yield opened


def cases() -> dict[str, Json]:
    """Every case by folder and file."""
    return {
        f"{path.parent.name}/{path.name}": yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(gsma.CASES.glob("*/*.y*ml"))
    }


def faults(rules: Any, value: Any) -> list[str]:
    """The rules that a value breaks; they are written as Laravel writes them."""
    found = []
    for rule in rules if isinstance(rules, list) else rules.split("|"):
        name, _, wanted = rule.partition(":")
        match name:
            case "required":
                holds = value not in (None, "", [])
            case "in":
                holds = str(value) in wanted.split(",")
            case "regex":
                holds = value is None or re.search(wanted.strip("/"), str(value)) is not None
            case "array":
                holds = isinstance(value, list | dict)
            case "max":
                holds = len(value) <= int(wanted)
            case "min":
                holds = len(value) >= int(wanted)
            case _:
                raise ValueError(f"the rule {rule} is not known")
        found += [] if holds else [f"{rule}: {value!r}"]
    return found


def checked(scripts: list[Json] | None, said: Json) -> list[str]:
    """What is wrong with an answer or a call, by the rules of a step."""
    return [
        f"{script['name']}: {fault}"
        for script in scripts or []
        for where, rules in script["rules"].items()
        for fault in faults(rules, sought(where, said))
    ]


def sought(where: str, said: Json) -> Any:
    """What a rule is about: `status`, `body.currency`, or all of a list (`body.*`)."""
    first, _, rest = where.partition(".")
    value = said[first]
    return value if rest in {"", "*"} else value.get(rest)


class Run:
    """One case on its way: what was sent and answered so far."""

    def __init__(self, scene: Scene, environment: Mapping[str, str]) -> None:
        self.scene = scene
        self.known: Json = {
            "env": environment,
            "steps": {},
            "mapped_urls": {"mmap": {"sp": scene.receiver.address}},
            "uuidv4": lambda: str(uuid.uuid4()),
            "new_date_iso8601": lambda: SystemClock().now().isoformat(),
        }

    def filled(self, written: Any) -> Any:
        """What is written, with its templates filled in."""
        if isinstance(written, dict):
            return {name: self.filled(value) for name, value in written.items()}
        if isinstance(written, str):
            return jinja2.Template(written, autoescape=False).render(self.known)
        return written

    async def step(self, number: int, step: Json) -> list[str]:
        if step["path"] == CALLED_BACK:
            return await self._called_back(step)
        request = self.filled(step["request"])
        headers = {**self.scene.provider.headers(), **request["headers"]}
        for name in [name for name in headers if name.lower() == "x-client-id"]:
            headers[name] = self.scene.provider.client_id
        wanted = {**step, "repeat": None}

        async def ask() -> Json:
            answer = await self.scene.provider.http.request(
                request["method"],
                f"{PREFIX}{request['uri']}",
                json=request.get("body"),
                headers=headers,
            )
            return {"status": answer.status_code, "body": answer.json()}

        answered = await ask()
        if step.get("repeat"):

            async def is_over() -> bool:
                answered.update(await ask())
                return bool(answered["body"]["status"] != "pending")

            await until(is_over, named=step["path"])
        self.known["steps"][number] = {"request": request, "response": answered}
        return checked(wanted.get("test_response_scripts"), answered)

    async def _called_back(self, step: Json) -> list[str]:
        sent = self.known["steps"][1]["request"]["headers"]["X-CorrelationID"]

        def came() -> list[Json]:
            return [
                got.told
                for got in self.scene.receiver.got
                if got.headers.get("x-correlationid") == sent and got.method == "PUT"
            ]

        async def is_told() -> bool:
            return bool(came())

        await until(is_told, named="the callback")
        rules = [
            {**script, "rules": self.filled(script["rules"])}
            for script in step["test_request_scripts"]
        ]
        return checked(rules, {"body": came()[0]})


def test_the_cases_of_a_biller_pass_and_the_others_are_named(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    async def walk() -> dict[str, list[str]]:
        reference, _ = await scene.contract()
        account = {"IDENTIFIER": reference, "BILL_REFERENCE": f"{reference}.1.1", "CURRENCY": "JOD"}
        await scene.provider.pay(f"/bills/{reference}.1.1", "1")
        found: dict[str, list[str]] = {}
        for name, case in cases().items():
            ours = name.startswith(("bill-payments/", "general/"))
            if not ours or name in NOT_SERVED:
                continue
            run = Run(scene, {} if "failure" in name else account)
            found[name] = [
                fault
                for number, step in enumerate(case["test_steps"], start=1)
                for fault in await run.step(number, step)
            ]
        return found

    found = scene.call(walk)
    with capsys.disabled():
        for name in cases():
            wrong = found.get(name)
            told = "passed" if wrong == [] else wrong or NOT_SERVED.get(name, NOT_OURS)
            print(f"\n{name}: {told}", end="")  # noqa: T201 - the table is what is asked for
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert found.keys() == PASSED


def test_the_rules_find_what_they_are_meant_to_find() -> None:
    assert faults("required|in:202", 400) == ["in:202: 400"]
    assert faults("required", "") == ["required: ''"]
    assert faults(["required", "array", "min:1"], []) == ["required: []", "min:1: []"]
    assert faults("regex:/^5([.][0-9]{0,4})?$/", "6.00") != []
    assert faults("regex:/^5([.][0-9]{0,4})?$/", "5.300") == []
