"""What did a proof of the books find?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first row that does not fit, and why."""

    row: str
    why: str
