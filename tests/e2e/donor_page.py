"""What a reader sees on the donor page: its language, its seal, its figures in minor units."""

import re
from dataclasses import dataclass

from tests.e2e.people import Json

FIGURE = re.compile(
    r'<div class="figure (?P<key>[a-z-]+)">.*?<p class="value"><bdi>(?P<value>.*?)</bdi>', re.DOTALL
)
COMPARED = re.compile(
    r'<th scope="row">[^<]+</th><td class="number"><bdi>([^<]+)</bdi></td>'
    r'<td class="number"><bdi>([^<]+)</bdi></td>'
)
LEDGER = {
    "received": "received_minor",
    "disbursed": "disbursed_minor",
    "returned": "returned_minor",
    "at-hand": "cash_minor",
    "outstanding": "outstanding_principal_minor",
}


@dataclass(frozen=True)
class DonorPage:
    """The page as text."""

    html: str

    @property
    def language(self) -> str:
        return _one(r'<html[^>]* lang="(\w+)"', self.html)

    @property
    def direction(self) -> str:
        return _one(r'<html[^>]* dir="(\w+)"', self.html)

    @property
    def seal(self) -> str:
        """The state of the comparison with the ledger: agrees, differs or unchecked."""
        return _one(r'<section class="seal (\w+)"', self.html)

    @property
    def figures(self) -> dict[str, int]:
        """The amounts as printed, their separators taken out: 1,200.500 JOD is 1200500."""
        return {
            found["key"]: minor(found["value"])
            for found in FIGURE.finditer(self.html)
            if found["key"] != "contracts"
        }

    @property
    def compared(self) -> list[tuple[int, int]]:
        """The rows of the seal: the page's total and the ledger's."""
        return [(minor(ours), minor(theirs)) for ours, theirs in COMPARED.findall(self.html)]


def totals(ledger: Json) -> dict[str, int]:
    """The ledger's totals under the names that the page gives its figures."""
    return {key: ledger[member] for key, member in LEDGER.items()}


def minor(printed: str) -> int:
    """Read a printed amount; its tags and separators say nothing."""
    return int("".join(sign for sign in re.sub(r"<[^>]+>", "", printed) if sign.isdecimal()))


def _one(pattern: str, html: str) -> str:
    found = re.search(pattern, html)
    assert found, f"{pattern} is not on the page"
    return found[1]
