"""Does a place lie within another: in a region or anywhere below it?"""

from collections.abc import Mapping
from dataclasses import dataclass, field


def plain(words: str) -> str:
    """Words as they are compared: "Anti-Atlas " and "anti atlas" are both "anti_atlas"."""
    return "_".join(words.casefold().replace("-", " ").replace("_", " ").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The tree of regions of an institution: each by its plain code, with the one above it.

    A region is written below one that is there already, so that no region lies below itself.
    """

    above: Mapping[str, str | None] = field(default_factory=dict)

    def knows(self, region: str) -> bool:
        """Whether the region stands in the tree."""
        return region in self.above

    def chain(self, region: str) -> tuple[str, ...]:
        """The region and all above it, itself alone where it is not in the tree.

        Agadir below Souss-Massa below Morocco: agadir, souss_massa, morocco.
        """
        found = [region]
        while (upper := self.above.get(found[-1])) is not None:
            found.append(upper)
        return tuple(found)

    def within(self, region: str, *, other: str) -> bool:
        """Whether a region is another or lies below it."""
        return other in self.chain(region)
