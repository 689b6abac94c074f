"""The catalogue of problems in `shared/PROBLEMS.md` is current, and no address stands for two."""

from collections import Counter

from services.cli import catalogues
from tests.house.source import PROJECT


def test_the_catalogue_of_problems_is_current() -> None:
    page = (PROJECT / "shared" / "PROBLEMS.md").read_text(encoding="utf-8")

    assert page == catalogues.catalogue(), "run `rafid problems`"


def test_every_error_has_an_address_of_its_own() -> None:
    addresses = Counter(error.type_uri() for error in catalogues.every_error())

    assert len(addresses) > 20
    assert [address for address, count in addresses.items() if count > 1] == []
