"""An application is in one currency, below zero in nothing, and its clocks lose no minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import application
from services.loans.domain.application import (
    ApplicationMoved,
    Entered,
    Reason,
    Request,
)
from services.loans.domain.borrower import BorrowerKind
from services.loans.domain.household import Household, HouseholdNegative
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Asked, OutsideProduct, ProductNotOffered
from shared.money import CurrencyMismatch
from tests.builders import an_id, money
from tests.unit.loans.test_product import make_product

EIGHT = datetime(2026, 4, 1, 8, tzinfo=UTC)
DAY = date(2026, 4, 1)


def make_household(**changes: Any) -> Household:
    members = dict.fromkeys(
        ("other_income", "sales", "business_costs", "household_costs", "debt_service"),
        money("10.000"),
    )
    return Household(**members | changes)


def make_request(**changes: Any) -> Request:
    members: dict[str, Any] = {
        "asked": Asked(amount=money("1000.000"), term_months=12, grace_months=0),
        "own_contribution": money("0.000"),
        "purpose": "x",
        "sector": "trade",
        "household": make_household(),
    }
    return Request(**members | changes)


@pytest.mark.parametrize(
    "member", ["other_income", "sales", "business_costs", "household_costs", "debt_service"]
)
def test_no_figure_of_a_household_is_below_zero(member: str) -> None:
    with pytest.raises(HouseholdNegative) as caught:
        make_household(**{member: money("-0.001")})
    assert caught.value.member == member


def test_a_contribution_below_zero_is_refused() -> None:
    with pytest.raises(HouseholdNegative):
        make_request(own_contribution=money("-1.000"))


@pytest.mark.parametrize(
    "changes",
    [
        {"own_contribution": money("1.00", "USD")},
        {"household": make_household(debt_service=money("1.00", "USD"))},
    ],
)
def test_an_application_is_in_one_currency(changes: dict[str, Any]) -> None:
    with pytest.raises(CurrencyMismatch):
        make_request(**changes)


def test_a_request_is_checked_against_the_product_and_its_offer() -> None:
    make_request().check(make_product())
    with pytest.raises(OutsideProduct):
        make_request(asked=Asked(amount=money("9000.000"), term_months=12, grace_months=0)).check(
            make_product()
        )
    with pytest.raises(ProductNotOffered):
        make_request().check(make_product(is_offered=False))


def entered(*path: tuple[ApplicationStatus, int]) -> list[Entered]:
    return [
        Entered(status=status, at=EIGHT + timedelta(minutes=minute), actor_id=an_id("actor"))
        for status, minute in path
    ]


def test_the_clocks_of_the_steps() -> None:
    submitted, assessed = ApplicationStatus.SUBMITTED, ApplicationStatus.ASSESSED
    history = entered(
        (submitted, 0), (assessed, 5), (assessed, 30), (ApplicationStatus.APPROVED, 65)
    )
    found = application.steps(history, now=EIGHT + timedelta(minutes=125))
    assert [(step.status, step.lasted.seconds // 60) for step in found] == [
        (submitted, 5),
        (assessed, 60),
        (ApplicationStatus.APPROVED, 60),
    ]
    assert found[-1].until is None


def test_no_history_has_no_steps() -> None:
    assert application.steps([], now=EIGHT) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(ApplicationStatus), st.integers(0, 10_000)),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 5_000),
)
def test_the_steps_add_up_to_the_whole_time(
    path: list[tuple[ApplicationStatus, int]], more: int
) -> None:
    history = entered(*sorted(path, key=lambda step: step[1]))
    now = history[-1].at + timedelta(minutes=more)
    found = application.steps(history, now=now)
    total = sum((step.lasted for step in found), timedelta())
    assert total == now - history[0].at
    assert all(one.until == other.since for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("kind", "born_on", "expected"),
    [
        (BorrowerKind.PERSON, date(2008, 4, 1), True),
        (BorrowerKind.PERSON, date(2008, 4, 2), False),
        (BorrowerKind.PERSON, None, False),
        (BorrowerKind.PRODUCTIVE_FAMILY, None, False),
        (BorrowerKind.SOLIDARITY_GROUP, None, True),
        (BorrowerKind.MICRO_ENTERPRISE, None, True),
    ],
)
def test_only_natural_persons_have_an_age(
    kind: BorrowerKind,
    born_on: date | None,
    expected: bool,  # noqa: FBT001 - a case of the table
) -> None:
    assert application.is_of_age(kind, born_on=born_on, least_years=18, on=DAY) is expected


def test_a_version_is_asked_only_where_it_is_said() -> None:
    application.check_version(3, expected=None)
    application.check_version(3, expected=3)
    with pytest.raises(ApplicationMoved):
        application.check_version(3, expected=2)


def test_a_refusal_is_kept_as_type_and_texts() -> None:
    error = HouseholdNegative(member="sales", amount=money("-1.000"))
    assert Reason.of(error).to_json() == {
        "type": "/problems/loans/household-negative",
        "texts": {"member": "sales", "amount": error.texts()["amount"]},
    }
