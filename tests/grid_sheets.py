"""Grids in use and sheets with every answer at its best, for tests to change one thing of."""

import copy
from typing import TYPE_CHECKING, Any

from services.scoring.grids import operations
from shared import ids
from shared.auth import Role

if TYPE_CHECKING:
    from tests.integration.scoring.desk import Desk

Json = dict[str, Any]

GRIDS = "/scoring/v1/grids"
SHEETS = "/scoring/v1/grid-sheets"


def ready(grid_id: str) -> Json:
    """A grid that ships with Rafid."""
    return copy.deepcopy(next(dict(one) for one in operations.ready() if one["grid_id"] == grid_id))


def renamed(grid: Json, name: str, other: str) -> Json:
    """A grid with another id for one criterion."""
    changed = copy.deepcopy(grid)
    for item in changed["criteria"]:
        if item["id"] == name:
            item["id"] = other
    return changed


async def in_use(desk: "Desk", grid: Json) -> None:
    """Register a grid, and have a second person approve it."""
    author, second = desk.caller(Role.ADMINISTRATOR), desk.caller(Role.ADMINISTRATOR)
    registered = await author.post(GRIDS, grid)
    assert registered.status_code == 201, registered.text
    path = f"{GRIDS}/{grid['grid_id']}/{grid['version']}/approval"
    assert (await second.post(path, {})).status_code == 200


def answers(grid: Json, *, without: str = "", **changed: Any) -> list[Json]:
    """The best answer to every criterion with its evidence; `without` names one without it."""
    return [
        {
            "criterion": item["id"],
            "value": changed.get(item["id"], best(item["scale"])),
            "evidence": []
            if item["id"] == without
            else [{"kind": kind, "reference": f"file:{kind}"} for kind in item["evidence"]],
        }
        for item in grid["criteria"]
    ]


def best(scale: Json) -> bool | str:
    """The answer that reaches all of a scale."""
    if scale["kind"] == "yes_no":
        return True
    if scale["kind"] == "number":
        return str(scale["full_at"])
    shares: dict[str, str] = scale["shares"]
    return max(shares, key=lambda name: float(shares[name]))


def sheet(grid: Json, **changes: Any) -> Json:
    """A sheet of one undertaking on the desk's first day."""
    body: Json = {
        "sheet_id": str(ids.new()),
        "grid_id": grid["grid_id"],
        "version": grid["version"],
        "subject_id": str(ids.new()),
        "answered_on": "2026-04-01",
        "answers": answers(grid),
    }
    return body | changes
