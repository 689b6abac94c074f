"""What do loans do that few ever come to: goods owed, or instalments that nothing weighs?"""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.loans.domain import replay, schedule
from services.loans.domain.amortisation import Amortisation, AmortisationKind
from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.chart import FundKind
from services.loans.domain.course.from_terms import plan_of
from services.loans.domain.schedule import Instalment
from services.loans.domain.signing import SigningFile
from services.loans.domain.terms import ChargeMethod
from shared.ids import ApplicationId, BranchId, FundId, ProductId
from tests.builders import an_id, make_loan, money
from tests.unit.loans.test_replay import PAID_OUT, state


def test_goods_owed_are_late_by_days_and_by_no_money() -> None:
    owed = state(PAID_OUT, as_of="2026-04-01")

    found = replay.in_goods(owed)

    assert owed.arrears.principal.is_positive
    assert found.arrears.days_past_due == owed.arrears.days_past_due == 45
    assert found.arrears.total.is_zero
    assert (found.open_dues, found.next_due) == ((), None)
    assert found.outstanding_principal == owed.outstanding_principal


def parts(dues: tuple[Instalment, ...]) -> list[tuple[int, int]]:
    return [(due.principal.minor, due.profit.minor) for due in dues]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (ChargeMethod.FLAT, [(0, 0), (0, 0), (100_000, 3_000)]),
        (ChargeMethod.DECLINING_BALANCE, [(0, 1_000), (0, 0), (100_000, 2_000)]),
    ],
)
def test_where_no_instalment_after_the_grace_weighs_anything_the_last_pays_all(
    method: ChargeMethod, expected: list[tuple[int, int]]
) -> None:
    seasons = Amortisation(kind=AmortisationKind.SEASONAL, weights=(1, 0, 0))
    terms = make_loan(instalments=3, principal_grace=1, charge_method=method, amortisation=seasons)

    assert parts(schedule.schedule(terms)) == expected


def test_a_level_at_which_a_weighed_instalment_falls_short_of_its_profit_is_too_low() -> None:
    """Two months of 7.5 % on 1,000.00 wait for the second instalment, which weighs 1 of 6."""
    seasons = Amortisation(kind=AmortisationKind.SEASONAL, weights=(0, 1, 5))
    terms = make_loan(
        instalments=12,
        charge_method=ChargeMethod.DECLINING_BALANCE,
        annual_rate=Decimal("0.9"),
        amortisation=seasons,
    )

    found = parts(schedule.schedule(terms))

    assert found[:3] == [(0, 0), (0, 15_000), (67_500, 7_500)]
    assert sum(principal for principal, _ in found) == 100_000


def test_the_plan_of_a_signed_contract_has_the_instalments_that_were_signed() -> None:
    anew = Charging(recalculation=Recalculation.ON_PAYMENT)
    terms = make_loan(instalments=3, charging=anew)
    computed = schedule.schedule(terms)
    signed = (replace(computed[0], profit=computed[0].profit * 2), *computed[1:])

    assert plan_of(terms, signed=signed).agreed[0].profit == 2 * computed[0].profit.minor
    assert plan_of(terms).agreed[0].profit == computed[0].profit.minor


def test_a_file_that_is_signed_tells_of_its_loan_as_the_one_after_the_earlier_ones() -> None:
    file = SigningFile(
        application_id=ApplicationId(an_id("application")),
        borrower_id=an_id("borrower"),
        branch_id=BranchId(an_id("branch")),
        product_id=ProductId(an_id("product")),
        product_version=1,
        sector="trade",
        fund_id=FundId(an_id("fund")),
        fund_kind=FundKind.COMMERCIAL,
        amount=money("1000.00"),
        term_months=12,
        grace_months=0,
        annual_rate=Decimal("0.12"),
        borrower_kind="person",
        region="el oued",
        sex=None,
        born_on=None,
        purpose="Raw materials",
        characteristics={"scheme": "angem"},
        earlier_contracts=2,
    )

    assert file.told == {
        "sector": "trade",
        "purpose": "raw_materials",
        "region": "El Oued",
        "cycle": 3,
        "scheme": "angem",
    }
