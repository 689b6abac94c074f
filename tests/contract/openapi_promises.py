"""What a description promises to its callers, and which promises a newer description breaks.

`python -m tests.contract.openapi_promises` writes down the promises of this version, at every
release; before the first they may still change. Afterwards a promise ends only with its prefix
(`/loans/v1`).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.cli.catalogues import described
from services.cli.running import Service

FOLDER = Path(__file__).parent / "openapi"
METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 6

Json = dict[str, Any]
Promises = dict[str, dict[str, list[str]]]


def promises_of(description: Mapping[str, Any]) -> Promises:
    """What each operation demands, takes and answers, as lists of members and parameters."""
    return {
        f"{method.upper()} {path}": _of_operation(operation, description)
        for path, methods in sorted(description["paths"].items())
        for method, operation in sorted(methods.items())
        if method in METHODS
    }


def broken(kept: Promises, *, now: Promises) -> list[str]:
    """Which promises are not kept any more, as sentences."""
    faults = [f"{name} is gone" for name in kept.keys() - now.keys()]
    for name in kept.keys() & now.keys():
        then, today = kept[name], now[name]
        faults += [f"{name} demands {it}" for it in _more("demands", then=then, now=today)]
        faults += [f"{name} takes no {it}" for it in _more("takes", then=today, now=then)]
        faults += [f"{name} answers no {it}" for it in _more("answers", then=today, now=then)]
    return sorted(faults)


def load(service: Service) -> Promises:
    """The promises that are kept for a service."""
    kept: Promises = json.loads((FOLDER / f"{service}.json").read_text(encoding="utf-8"))
    return kept


def _more(what: str, *, then: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> set[str]:
    return set(now[what]) - set(then[what])


def _of_operation(operation: Json, whole: Mapping[str, Any]) -> dict[str, list[str]]:
    parameters = operation.get("parameters", [])
    named = {f"{it['in']}:{it['name']}": it.get("required", False) for it in parameters}
    asked = dict(_members(_content(operation.get("requestBody", {})), whole))
    answered: dict[str, bool] = {}
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answered |= {f"{status}{name}": True for name, _ in _members(_content(answer), whole)}
    everything = named | asked
    return {
        "demands": sorted(name for name, is_required in everything.items() if is_required),
        "takes": sorted(everything),
        "answers": sorted(answered),
    }


def _content(described_body: Json) -> Json:
    contents = list(described_body.get("content", {}).values())
    schema: Json = contents[0].get("schema", {}) if contents else {}
    return schema


def _members(
    schema: Json, whole: Mapping[str, Any], *, at: str = "", demanded: bool = True, depth: int = 0
) -> Iterator[tuple[str, bool]]:
    """Walk the members of a schema: pointer, and whether a caller must send it."""
    if depth > DEEPEST:
        return
    if "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _members(choice, whole, at=at, demanded=demanded, depth=depth + 1)
    if "items" in schema:
        yield from _members(schema["items"], whole, at=f"{at}/*", demanded=False, depth=depth + 1)
    required = set(schema.get("required", ()))
    for name, member in schema.get("properties", {}).items():
        is_demanded = demanded and name in required
        yield f"{at}/{name}", is_demanded
        yield from _members(member, whole, at=f"{at}/{name}", demanded=is_demanded, depth=depth + 1)


def main() -> None:
    """Write down what this version promises."""
    FOLDER.mkdir(exist_ok=True)
    for service in Service:
        text = json.dumps(promises_of(described(service)), indent=1, ensure_ascii=False)
        (FOLDER / f"{service}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
