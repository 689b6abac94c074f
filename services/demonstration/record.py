"""How far has the demonstration come? A small file in the data folder remembers it.

It is written before what it announces and after what it confirms; a month that broke off in
between is done again, which changes nothing that was done.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from shared import ids
from shared.ids import InstitutionId

FILE: Final = "demonstration.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Which history is made for which institution, and how many of its months are booked."""

    institution_id: InstitutionId
    seed: int
    contracts: int
    today: date
    months_done: int = 0
    is_complete: bool = False

    @classmethod
    def of(cls, folder: Path, *, seed: int, contracts: int, today: date) -> Self:
        """The record of a folder; a new one is begun, and kept, where there is none.

        What was begun with another seed, number or day is gone on with as it was begun.
        """
        path = folder / FILE
        if not path.exists():
            fresh = cls(
                institution_id=InstitutionId(ids.new()),
                seed=seed,
                contracts=contracts,
                today=today,
            )
            fresh.keep(folder)
            return fresh
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            institution_id=InstitutionId(UUID(kept["institution_id"])),
            seed=kept["seed"],
            contracts=kept["contracts"],
            today=date.fromisoformat(kept["today"]),
            months_done=kept["months_done"],
            is_complete=kept["is_complete"],
        )

    def keep(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        kept = {
            "institution_id": str(self.institution_id),
            "seed": self.seed,
            "contracts": self.contracts,
            "today": self.today.isoformat(),
            "months_done": self.months_done,
            "is_complete": self.is_complete,
        }
        fresh = folder / f"{FILE}.new"
        fresh.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        fresh.replace(folder / FILE)

    def after(self, months: int, *, of: int) -> "Record":
        """The record when so many months of the whole are booked."""
        return replace(self, months_done=months, is_complete=months >= of)
