"""A decision holds only where every rule does: state, offer, level, person, reason."""

from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import deciding
from services.loans.domain.amortisation import Amortisation, AmortisationKind
from services.loans.domain.authority import (
    AuthorityLevel,
    Decision,
    DuplicateApproval,
    MakerIsChecker,
    NoAuthorityLevel,
    Outcome,
    RoleLacksAuthority,
)
from services.loans.domain.deciding import (
    File,
    LevelMoved,
    MenuLineFollowsMonths,
    MenuLineUnknown,
    Offer,
    OfferAboveAsked,
    OfferDiffers,
    OfferMissing,
    OfferNotAsked,
    OffMenuReasonMissing,
    OverrideReasonMissing,
    Proposal,
)
from services.loans.domain.lifecycle import ApplicationStatus, TransitionRefused
from services.loans.domain.product import Asked, OutsideProduct, Recommendation
from shared.ids import FundId
from tests.builders import an_id, money
from tests.unit.loans.test_product import make_product

FUND, OTHER = FundId(an_id("fund")), FundId(an_id("other fund"))
MAKER, FIRST, SECOND = an_id("maker"), an_id("first"), an_id("second")
LEVELS = tuple(
    AuthorityLevel(level=number, role="approver", max_amount=money(limit))
    for number, limit in ((1, "1000.000"), (2, "5000.000"))
)


def asked(amount: str = "1000.000", rate: str | None = "0.18", months: int = 12) -> Asked:
    return Asked(
        amount=money(amount),
        term_months=months,
        grace_months=0,
        annual_rate=None if rate is None else Decimal(rate),
    )


def make_file(**changes: Any) -> File:
    members: dict[str, Any] = {
        "application_id": an_id("application"),
        "status": ApplicationStatus.ASSESSED,
        "product": make_product(),
        "asked": asked("3000.000", rate=None),
        "recommended": Recommendation.APPROVE,
        "menu": {1: asked("3000.000"), 2: asked("900.000")},
        "maker_ids": {MAKER},
        "decisions": (),
        "offer": None,
        "levels": LEVELS,
    }
    return File(**members | changes)


def proposal(**changes: Any) -> Proposal:
    members: dict[str, Any] = {
        "application_id": an_id("application"),
        "outcome": Outcome.APPROVE,
        "reasons": ("sound",),
        "fund_id": FUND,
        "menu_line": 1,
    }
    return Proposal(**members | changes)


def judge(file: File, said: Proposal, actor_id: Any = FIRST, role: str = "approver") -> Any:
    return deciding.judge(file, proposal=said, actor_id=actor_id, roles={role})


STANDING = {
    "offer": Offer(fund_id=FUND, asked=asked("3000.000")),
    "decisions": (Decision(level=1, outcome=Outcome.APPROVE, actor_id=FIRST),),
}


def test_the_first_level_of_two_does_not_close() -> None:
    judged = judge(make_file(), proposal())
    assert (judged.level, judged.is_final) == (1, False)
    assert judged.offer == Offer(fund_id=FUND, asked=asked("3000.000"))


def test_the_last_level_closes_with_the_offer_that_stands() -> None:
    for said in (proposal(), proposal(fund_id=None, menu_line=None), proposal(menu_line=None)):
        judged = judge(make_file(**STANDING), said, SECOND)
        assert (judged.level, judged.is_final, judged.offer) == (2, True, STANDING["offer"])


def test_a_smaller_offer_needs_one_level() -> None:
    judged = judge(make_file(), proposal(menu_line=2))
    assert (judged.level, judged.is_final) == (1, True)


def test_terms_without_a_rate_are_at_the_usual_one() -> None:
    said = proposal(menu_line=None, terms=asked("900.000", rate=None))
    assert judge(make_file(), said).offer.asked == asked("900.000", rate="0.18")


@pytest.mark.parametrize("outcome", [Outcome.REJECT, Outcome.RETURN])
def test_a_refusal_closes_at_any_level_and_offers_nothing(outcome: Outcome) -> None:
    said = proposal(outcome=outcome, fund_id=None, menu_line=None)
    for file, actor in ((make_file(), FIRST), (make_file(**STANDING), SECOND)):
        judged = judge(file, said, actor)
        assert (judged.is_final, judged.offer) == (True, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"menu_line": None}, OfferMissing),
        ({"fund_id": None}, OfferMissing),
        ({"menu_line": 3}, MenuLineUnknown),
        ({"menu_line": None, "terms": asked("3000.001")}, OfferAboveAsked),
        ({"menu_line": None, "terms": asked("900.000", months=25)}, OutsideProduct),
        ({"menu_line": None, "terms": asked("900.000", rate="0.25")}, OutsideProduct),
        (
            {
                "menu_line": None,
                "terms": Asked(amount=money("1.00", "USD"), term_months=12, grace_months=0),
            },
            OutsideProduct,
        ),
        ({"outcome": Outcome.REJECT, "menu_line": None}, OfferNotAsked),
        ({"outcome": Outcome.RETURN, "fund_id": None}, OfferNotAsked),
        ({"level": 2}, LevelMoved),
    ],
)
def test_a_proposal_that_breaks_a_rule_is_refused(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        judge(make_file(), proposal(**changes))


@pytest.mark.parametrize("changes", [{"fund_id": OTHER}, {"menu_line": 2}])
def test_the_second_level_cannot_offer_something_else(changes: dict[str, Any]) -> None:
    with pytest.raises(OfferDiffers) as caught:
        judge(make_file(**STANDING), proposal(**changes), SECOND)
    assert caught.value.level == 1


@pytest.mark.parametrize(
    ("file", "actor", "role", "error"),
    [
        (make_file(), MAKER, "approver", MakerIsChecker),
        (make_file(), FIRST, "service", RoleLacksAuthority),
        (make_file(**STANDING), FIRST, "approver", DuplicateApproval),
        (make_file(levels=LEVELS[:1]), FIRST, "approver", NoAuthorityLevel),
        (make_file(status=ApplicationStatus.SUBMITTED), FIRST, "approver", TransitionRefused),
        (make_file(status=ApplicationStatus.APPROVED), FIRST, "approver", TransitionRefused),
    ],
)
def test_the_wrong_person_or_moment_is_refused(
    file: File, actor: Any, role: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        judge(file, proposal(), actor, role)


def test_an_approval_against_the_rules_carries_its_own_reason() -> None:
    file = make_file(recommended=Recommendation.REJECT)
    with pytest.raises(OverrideReasonMissing):
        judge(file, proposal())
    assert judge(file, proposal(override_reason="guaranteed")).level == 1
    assert judge(file, proposal(outcome=Outcome.REJECT, fund_id=None, menu_line=None)).is_final


@pytest.mark.parametrize("said", [asked("900.000", months=11), asked("899.999")])
def test_terms_that_the_menu_does_not_have_carry_their_own_reason(said: Asked) -> None:
    off_menu = proposal(menu_line=None, terms=said)
    with pytest.raises(OffMenuReasonMissing) as caught:
        judge(make_file(), off_menu)
    assert (caught.value.amount, caught.value.term_months) == (said.amount, said.term_months)
    explained = proposal(menu_line=None, terms=said, override_reason="guaranteed")
    assert judge(make_file(), explained).offer.asked == said


def test_a_line_that_follows_the_months_is_not_lent_in_equal_instalments() -> None:
    file = make_file(following={2})
    with pytest.raises(MenuLineFollowsMonths) as caught:
        judge(file, proposal(menu_line=2))
    assert caught.value.line == 2
    assert judge(file, proposal(menu_line=1)).level == 1
    with pytest.raises(OffMenuReasonMissing):
        judge(file, proposal(menu_line=None, terms=asked("900.000")))
    by_season = Amortisation(kind=AmortisationKind.SEASONAL, weights=(0, 1))
    product = make_product(amortisation=by_season)
    said = judge(make_file(following={2}, product=product), proposal(menu_line=2))
    assert said.offer.asked == asked("900.000")
