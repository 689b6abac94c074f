"""The demonstration institution as data: every role is there, and its products are lawful."""

from datetime import date

import pytest

from services.demonstration import institution as plan
from services.demonstration.institution import OFFERS, Offer
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import financing_rule
from services.loans.domain.funding import Verdict
from shared.auth import Role
from shared.currencies import EXPONENTS

TODAY = date(2026, 3, 17)


def test_the_currency_shows_three_decimals() -> None:
    assert EXPONENTS[plan.CURRENCY] == 3


def test_three_branches_share_the_business() -> None:
    assert len(plan.BRANCHES) == 3
    assert sum(branch.share for branch in plan.BRANCHES) == pytest.approx(1)


def test_every_role_a_person_can_have_is_there() -> None:
    held = {role for post in plan.STAFF for role in post.roles} | {Role.ADMINISTRATOR}

    assert held == set(Role) - {Role.SERVICE, Role.INTEGRATOR}


def test_every_branch_has_its_officer() -> None:
    scopes = [post.branch for post in plan.STAFF if Role.OFFICER in post.roles]

    assert scopes == [branch.code for branch in plan.BRANCHES]


def test_two_donors_sign_in_and_each_sees_other_funds() -> None:
    donors = [post.donor for post in plan.STAFF if Role.DONOR in post.roles]
    seen = [{fund.code for fund in plan.FUNDS if fund.donor == donor} for donor in donors]

    assert len(donors) == 2
    assert all(seen)
    assert not seen[0] & seen[1]


def test_nobody_of_the_staff_makes_and_decides() -> None:
    for post in plan.STAFF:
        assert not {Role.OFFICER, Role.APPROVER} <= post.roles


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.product.code)
def test_a_product_is_offered_from_funds_that_may_finance_it_without_a_ruling(
    offer: Offer,
) -> None:
    for code in offer.funds:
        kind = plan.FUND_BY_CODE[code].kind
        rule = financing_rule(
            kind, mode=offer.product.mode_of_finance, country=plan.COUNTRY, on=TODAY
        )
        assert rule.verdict is Verdict.ALLOWED
        assert kind in offer.product.fund_kinds


def test_no_product_is_offered_from_zakat() -> None:
    assert all(FundKind.ZAKAT not in offer.product.fund_kinds for offer in OFFERS)


def test_the_levels_of_approval_reach_every_amount() -> None:
    highest = max(amount for _, amount in plan.AUTHORITY)

    assert all(offer.product.amount.most <= highest for offer in OFFERS)
    assert any(offer.product.amount.most > plan.AUTHORITY[0][1] for offer in OFFERS)


def test_products_differ_in_code_and_all_are_asked_for() -> None:
    assert len({offer.product.code for offer in OFFERS}) == len(OFFERS)
    assert sum(offer.weight for offer in OFFERS) == pytest.approx(1)
