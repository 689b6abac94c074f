"""What does an application tell of the conditions of ceilings and caps?"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from shared import rulebook
from shared.rulebook import Condition, forms

TOLD_BY_REQUEST: Final = forms.ASKED - {"cycle", "institution_type", "meets_norms", "part"}
"""What an application may tell; the rest an institution says of itself."""


def told(
    *,
    purpose: str = "",
    sector: str = "",
    region: str = "",
    cycle: int | None = None,
    characteristics: Mapping[str, str | bool | None],
) -> dict[str, Condition]:
    """What an application tells of the conditions of ceilings and caps.

    Purpose, sector and region are a person's words: they count where a fact knows them ("Water"
    is "water"). `cycle` is 1 for a first loan. A characteristic of a condition's name says it
    outright, whatever it says.
    """
    found: dict[str, Condition] = {} if cycle is None else {"cycle": cycle}
    for name, words in (("purpose", purpose), ("sector", sector), ("region", region)):
        known = _vocabulary()[name].get(_plain(words))
        if known is not None:
            found[name] = known
    for name in TOLD_BY_REQUEST & characteristics.keys():
        said = characteristics[name]
        if isinstance(said, str) and said:
            found[name] = _vocabulary()[name].get(_plain(said), said)
    return found


def _plain(words: str) -> str:
    return words.strip().casefold().replace(" ", "_").replace("-", "_")


@cache
def _vocabulary() -> Mapping[str, Mapping[str, Condition]]:
    """The values that ceilings and caps know of each condition, by how a person may write them."""
    words: dict[str, dict[str, Condition]] = {name: {} for name in forms.ASKED}
    for fact in rulebook.FACTS:
        for name in fact.conditions.keys() & words.keys():
            words[name] |= {_plain(str(value)): value for value in fact.conditions[name]}
    return words
