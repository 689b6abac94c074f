"""How does a description in OpenAPI read for whoever makes a client from it?

Operations are named by their functions, which differ; schemas by their classes, with the name of
the slice before it where two slices have a class of one name.
"""

import re
from collections import Counter
from typing import Any

from fastapi.routing import APIRoute

REFERENCE = "#/components/schemas/"
_PAGE = re.compile(r"^shared__schemas__PageOut_(\w+?)___\d+$")
_MARKS = re.compile(r"[^A-Za-z0-9]")
_GENERIC = re.compile(r"^(\w+?)_Annotated_(\w+?)__.*$")


def operation_id(route: APIRoute) -> str:
    """Name an operation by its function."""
    return route.name


def readable(description: dict[str, Any]) -> dict[str, Any]:
    """Give the description with short names of schemas; raises ValueError if two would be alike."""
    schemas = description.get("components", {}).get("schemas", {})
    names = {key: _short(key, schemas[key]) for key in schemas}
    spelled = Counter(_MARKS.sub("", name).lower() for name in names.values())
    if alike := sorted(name for name, count in spelled.items() if count > 1):
        raise ValueError(f"several schemas would be called {', '.join(alike)}")
    renamed: dict[str, Any] = _renamed(description, names)
    renamed["components"]["schemas"] = {
        names[key]: {**form, "title": names[key]}
        for key, form in renamed["components"]["schemas"].items()
    }
    return renamed


def _short(key: str, form: dict[str, Any]) -> str:
    if _PAGE.match(key):
        item = form["properties"]["items"]["items"]["$ref"].removeprefix(REFERENCE)
        return f"PageOut_{_short(item, {})}_"
    if generic := _GENERIC.match(key):
        return f"{generic[1]}_Bounded{generic[2].capitalize()}_"
    *path, name = key.split("__")
    if not path:
        return key
    places = [place for place in path[2:] or path[1:] if place not in {"schemas", "domain"}]
    return "".join(word.capitalize() for place in places for word in place.split("_")) + name


def _renamed(told: Any, names: dict[str, str]) -> Any:
    if isinstance(told, dict):
        return {key: _renamed(value, names) for key, value in told.items()}
    if isinstance(told, list):
        return [_renamed(value, names) for value in told]
    if isinstance(told, str) and told.startswith(REFERENCE):
        key = told.removeprefix(REFERENCE)
        return REFERENCE + names.get(key, key)
    return told
