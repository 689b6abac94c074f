"""No loan is set aside for less than the law of its country asks for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import minimum_provision
from services.loans.domain.minimum_provision import ProvisionBelowMinimum
from shared.rulebook import Fact, Source

BAHRAIN = {"0": "0", "90": "0.1"}


def law(shares: dict[str, str]) -> Fact:
    return Fact(
        id="law",
        topic="minimum_provision",
        value=dict(shares),
        source=Source(title="Rulebook", dated="2014-07"),
        confidence="medium",
        needs_check=True,
    )


def floors(shares: dict[str, str], *bucket_days: int) -> list[str]:
    return [str(one) for one in minimum_provision.floors(law(shares), bucket_days=bucket_days)]


def test_a_bucket_takes_the_share_of_its_days() -> None:
    assert floors(BAHRAIN, 1, 31, 61, 90) == ["0", "0", "0", "0", "0.1"]


def test_a_bucket_that_the_law_parts_takes_the_share_of_its_latest_day() -> None:
    assert floors(BAHRAIN, 1, 31, 61, 91) == ["0", "0", "0", "0.1", "0.1"]
    assert floors(BAHRAIN) == ["0.1"]


@pytest.mark.parametrize(("given_", "days"), [("0.0999", 90), ("0", 90)])
def test_less_than_the_law_is_refused_with_its_source(given_: str, days: int) -> None:
    shares = [Decimal(0), Decimal(0), Decimal(given_)]

    with pytest.raises(ProvisionBelowMinimum) as refused:
        minimum_provision.require(shares, fact=law(BAHRAIN), bucket_days=(1, 90))
    told = refused.value
    assert (told.days, told.given, told.least) == (days, Decimal(given_), Decimal("0.1"))
    assert (told.source, told.dated, told.needs_check) == ("Rulebook", "2014-07", True)


def test_as_much_as_the_law_or_more_is_permitted() -> None:
    for last in ("0.1", "0.5"):
        minimum_provision.require(
            [Decimal(0), Decimal(0), Decimal(last)], fact=law(BAHRAIN), bucket_days=(1, 90)
        )


@given(
    st.dictionaries(st.integers(1, 400), st.integers(0, 100), max_size=5),
    st.lists(st.integers(1, 400), unique=True, max_size=5).map(sorted),
    st.integers(0, 500),
)
def test_on_every_day_a_bucket_has_at_least_the_share_of_that_day(
    shares: dict[int, int], bucket_days: list[int], late: int
) -> None:
    rising = {0: 0} | dict(zip(sorted(shares), sorted(shares.values()), strict=True))
    fact = law({str(day): str(Decimal(share) / 100) for day, share in rising.items()})

    found = minimum_provision.floors(fact, bucket_days=bucket_days)

    place = sum(1 for first in bucket_days if first <= late)
    asked = max(share for day, share in rising.items() if day <= late)
    assert found[place] >= Decimal(asked) / 100
    assert len(found) == len(bucket_days) + 1
