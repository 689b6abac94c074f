"""The catalogue of problems in `shared/PROBLEMS.md` is current, and no address stands for two."""

from collections import Counter

from services.cli import catalogues
from shared.problems import PLAIN
from tests.house.source import PROJECT


def test_the_catalogue_of_problems_is_current() -> None:
    page = (PROJECT / "shared" / "PROBLEMS.md").read_text(encoding="utf-8")

    assert page == catalogues.catalogue(), "run `rafid problems`"


def test_every_error_has_an_address_of_its_own() -> None:
    addresses = Counter(error.type_uri() for error in catalogues.every_error())

    assert len(addresses) > 20
    assert [address for address, count in addresses.items() if count > 1] == []


def test_the_catalogue_gives_the_status_that_is_answered() -> None:
    page = catalogues.catalogue()

    for address, status in (
        ("shared/token-missing", 401),
        ("shared/role-missing", 403),
        ("loans/contract-unknown", 404),
        ("loans/fund-restricted", 422),
        ("loans/contract-busy", 503),
    ):
        assert f"`/problems/{address}`\n\n{status} ·" in page


def test_the_catalogue_names_every_problem_in_three_languages() -> None:
    page = catalogues.catalogue()
    problems = len(catalogues.every_error()) + len(PLAIN)

    assert [page.count(f"\n- {language}: **") for language in ("en", "fr", "ar")] == [problems] * 3
    assert page.count("\n## `/problems/") == problems
