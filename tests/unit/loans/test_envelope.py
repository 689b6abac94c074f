"""An envelope is seen in each place with everything below it."""

import pytest

from services.loans.domain import envelope
from services.loans.domain.clauses import ClauseKind
from services.loans.domain.envelope import Held
from shared.money import Money
from tests.clauses import REGIONS, a_clause

pytestmark = pytest.mark.requirement("O9.1")
HELD = {
    "irbid": Held(reserved=100, committed=150, paid=50),
    "north": Held(paid=200),
    "maan": Held(reserved=7),
    "atlantis": Held(paid=3),
    None: Held(committed=1),
}
RECEIVED = Money(10_000, "JOD")


def seen(**changes: object) -> dict[str | None, envelope.Place]:
    members = {"regions": REGIONS, "clauses": [], "received": RECEIVED} | changes
    return {one.region: one for one in envelope.places(HELD, **members)}  # type: ignore[arg-type]


def test_a_place_counts_all_below_it_and_what_nobody_told_stands_alone() -> None:
    found = seen()
    assert {region: one.held.total for region, one in found.items()} == {
        "atlantis": 3,
        "irbid": 300,
        "jordan": 507,
        "maan": 7,
        "north": 500,
        "south": 7,
        None: 1,
    }
    assert found["north"].held == Held(reserved=100, committed=150, paid=250)
    assert (found["irbid"].above, found["jordan"].above) == ("north", None)
    assert [*found] == ["atlantis", "irbid", "jordan", "maan", "north", "south", None]


def test_what_no_place_lies_above_adds_up_to_the_whole() -> None:
    tops = [one.held.total for one in seen().values() if one.above is None]
    assert sum(tops) == sum(one.total for one in HELD.values())


def test_a_clause_that_caps_a_region_allots_it_its_share() -> None:
    tenth = a_clause(ClauseKind.MOST_SHARE, share="0.1", of="region", values=["north"])
    fifth = a_clause(ClauseKind.MOST_SHARE, share="0.2", of="region", values=["north"])
    several = a_clause(ClauseKind.MOST_SHARE, share="0.1", of="region", values=["south", "maan"])
    found = seen(clauses=[fifth, tenth, several])
    assert (found["north"].allotted, found["north"].left) == (
        Money(1_000, "JOD"),
        Money(500, "JOD"),
    )
    assert (found["irbid"].allotted, found["south"].left) == (None, None)
    small = seen(clauses=[tenth], received=Money(100, "JOD"))
    assert small["north"].allotted == Money(51, "JOD")
