"""If one thing were other than it was told, what would move, and by how much?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.scoring.domain.documents import DocumentMalformed
from shared.errors import Kind, RafidError, Sentence


class MonthsTold(RafidError):
    """An ordinary month moves nothing where the months were told one by one"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The months of this file were told one by one: its ordinary {member} is not read."
    member: str


LINE = (
    "amount",
    "annual_rate",
    "term_months",
    "grace_months",
    "instalment",
    "total_cost",
    "effective_annual_rate",
    "debt_service_share",
    "subsidy",
    "product_id",
    "fund_id",
    "frequency",
)
CARRIED = ("capacity", "binding", "debt_service_share", "cover", "stressed_cover")
PLAIN = ("points", "grade", "advice", "pd", "feasible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One figure of the opinion before and after."""

    figure: str
    before: Any
    after: Any


def with_change(inputs: Mapping[str, Any], *, member: str, value: Any) -> dict[str, Any]:
    """Return the inputs with one member other; `household/sales` names a member of a part.

    Worked: {"household": {"sales": a}} with household/sales b: {"household": {"sales": b}}. A
    part that was not told cannot have a member: raises DocumentMalformed. Of a file with a season
    the ordinary month is not read: raises MonthsTold.
    """
    part, _, name = member.rpartition("/")
    if part == "household" and inputs.get("season") is not None:
        raise MonthsTold(member=name)
    if not part:
        return {**inputs, name: value}
    kept = inputs.get(part)
    if not isinstance(kept, Mapping):
        raise DocumentMalformed(path=f"/{part}", expected=Sentence("an object"))
    return {**inputs, part: {**kept, name: value}}


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Moved, ...]:
    """Return what differs of the score, the capacity, the price and the best line.

    A line that is not there has no figures. Worked: 74 points before and after, capacity 100 and
    120: one, affordability/capacity.
    """
    pairs: list[tuple[str, Any, Any]] = [(name, before[name], after[name]) for name in PLAIN]
    pairs += [
        (f"affordability/{name}", before["affordability"][name], after["affordability"][name])
        for name in CARRIED
    ]
    price = before["break_even"]["annual_rate"], after["break_even"]["annual_rate"]
    pairs.append(("break_even/annual_rate", *price))
    first, second = ((found["menu"] or [{}])[0] for found in (before, after))
    pairs += [(f"best/{name}", first.get(name), second.get(name)) for name in LINE]
    return tuple(
        Moved(figure=name, before=was, after=now) for name, was, now in pairs if was != now
    )
