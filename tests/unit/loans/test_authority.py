"""Who may approve how much, and has everyone needed done so?"""

import pytest

from services.loans.domain import authority
from services.loans.domain.authority import (
    AlreadyDecided,
    AuthorityLevel,
    Decision,
    DuplicateApproval,
    MakerIsChecker,
    NoAuthorityLevel,
    Outcome,
    RoleLacksAuthority,
    Weighed,
)
from shared.ids import FundId, ProductId
from tests.builders import an_id, money

PRODUCT, FUND = ProductId(an_id("product")), FundId(an_id("fund"))
OFFICER, BRANCH, HEAD = an_id("officer"), an_id("branch manager"), an_id("head of credit")


def make_level(
    level: int,
    limit: str,
    *,
    role: str = "approver",
    product: ProductId | None = None,
    fund: FundId | None = None,
    currency: str = "TND",
) -> AuthorityLevel:
    return AuthorityLevel(
        level=level,
        role=role,
        max_amount=money(limit, currency),
        product_id=product,
        fund_id=fund,
    )


FIRST, SECOND = make_level(1, "5000"), make_level(2, "20000", role="administrator")
BOTH = (FIRST, SECOND)


def needed(amount: str, *levels: AuthorityLevel) -> tuple[AuthorityLevel, ...]:
    return authority.levels_needed(
        money(amount, "TND"), product_id=PRODUCT, fund_id=FUND, levels=levels or BOTH
    )


def decided(level: int, outcome: Outcome, by: object = BRANCH) -> Decision:
    return Decision(level=level, outcome=outcome, actor_id=by)  # type: ignore[arg-type]


def decide(*decisions: Decision, by: object = BRANCH, role: str = "approver") -> AuthorityLevel:
    return authority.level_to_decide(
        BOTH,
        decisions=decisions,
        actor_id=by,  # type: ignore[arg-type]
        roles={role},
        maker_ids={OFFICER},
    )


def test_a_small_amount_needs_the_first_level_only() -> None:
    assert needed("5000") == (FIRST,)


def test_a_larger_amount_needs_every_level_below_too() -> None:
    assert needed("5000.001") == BOTH
    assert needed("20000", SECOND, FIRST) == BOTH


def test_an_amount_beyond_all_levels_names_the_highest() -> None:
    with pytest.raises(NoAuthorityLevel) as refusal:
        needed("20000.001")

    assert refusal.value.highest == SECOND.max_amount


def test_without_any_level_nothing_can_be_approved() -> None:
    with pytest.raises(NoAuthorityLevel) as refusal:
        needed("1", make_level(1, "5000.00", currency="USD"))

    assert refusal.value.highest is None


def test_the_narrowest_levels_speak_alone() -> None:
    anywhere = make_level(1, "9000")
    of_fund = make_level(1, "8000", fund=FUND)
    of_product = make_level(1, "7000", product=PRODUCT)
    of_both = make_level(1, "6000", product=PRODUCT, fund=FUND)
    other = make_level(1, "1", product=ProductId(an_id("another")))

    assert needed("10", anywhere, other) == (anywhere,)
    assert needed("10", anywhere, of_fund, other) == (of_fund,)
    assert needed("10", anywhere, of_fund, of_product) == (of_product,)
    assert needed("10", anywhere, of_fund, of_product, of_both) == (of_both,)


def weighed(amount: str, *, currency: str = "TND", product: ProductId = PRODUCT) -> Weighed:
    return Weighed(amount=money(amount, currency), product_id=product, fund_id=FUND)


def test_many_small_parts_need_the_levels_of_their_sum() -> None:
    ten = [weighed("800")] * 10
    assert authority.levels_needed_for_all(ten, levels=BOTH) == [BOTH] * 10
    edge = [weighed("2500"), weighed("2500")]
    assert authority.levels_needed_for_all(edge, levels=BOTH) == [(FIRST,)] * 2
    over = [*edge, weighed("0.001")]
    assert authority.levels_needed_for_all(over, levels=BOTH) == [BOTH] * 3
    assert authority.levels_needed_for_all([], levels=BOTH) == []
    with pytest.raises(NoAuthorityLevel) as caught:
        authority.levels_needed_for_all([weighed("15000"), weighed("5000.001")], levels=BOTH)
    assert caught.value.amount == money("20000.001", "TND")


def test_one_currency_is_not_summed_with_another() -> None:
    dinar = make_level(1, "5000", currency="JOD")
    parts = [weighed("4000"), weighed("4000", currency="JOD")]
    needed = authority.levels_needed_for_all(parts, levels=(*BOTH, dinar))
    assert needed == [(FIRST,), (dinar,)]


def test_parts_of_different_products_are_decided_in_step() -> None:
    other = ProductId(an_id("another"))
    strict = make_level(1, "100", role="sharia", product=other)
    head = make_level(3, "20000", role="head", product=other)
    parts = [weighed("3000"), weighed("90", product=other)]
    needed = authority.levels_needed_for_all(parts, levels=(*BOTH, strict, head))
    assert needed == [(FIRST, head), (strict, head)]
    two = authority.levels_needed_for_all([weighed("6000"), parts[1]], levels=(*BOTH, strict, head))
    assert two == [(FIRST, SECOND, head), (strict, SECOND, head)]


def test_the_maker_never_decides() -> None:
    with pytest.raises(MakerIsChecker):
        decide(by=OFFICER)


def test_levels_decide_in_their_order() -> None:
    assert decide() == FIRST
    assert decide(decided(1, Outcome.APPROVE), by=HEAD, role="administrator") == SECOND


def test_nobody_approves_at_two_levels() -> None:
    with pytest.raises(DuplicateApproval) as refusal:
        decide(decided(1, Outcome.APPROVE), role="administrator")

    assert refusal.value.level == 1


def test_after_a_return_the_same_person_may_decide_again() -> None:
    earlier = (decided(1, Outcome.APPROVE), decided(2, Outcome.RETURN, HEAD))

    assert authority.this_round(earlier) == ()
    assert decide(*earlier) == FIRST


def test_a_role_without_the_level_is_refused_and_told_which_decides() -> None:
    with pytest.raises(RoleLacksAuthority) as refusal:
        decide(decided(1, Outcome.APPROVE), by=HEAD)

    assert refusal.value.role == "administrator"


@pytest.mark.parametrize(
    "decisions",
    [
        (decided(1, Outcome.APPROVE), decided(2, Outcome.APPROVE, HEAD)),
        (decided(1, Outcome.REJECT),),
    ],
)
def test_a_decided_application_is_not_decided_again(decisions: tuple[Decision, ...]) -> None:
    with pytest.raises(AlreadyDecided):
        decide(*decisions, by=an_id("someone else"))


def test_an_application_is_approved_when_every_level_has_approved() -> None:
    first = decided(1, Outcome.APPROVE)
    second = decided(2, Outcome.APPROVE, HEAD)

    assert not authority.is_approved(BOTH, decisions=(first,))
    assert authority.is_approved(BOTH, decisions=(first, second))
    assert authority.is_approved((FIRST,), decisions=(first,))
    assert not authority.is_approved(BOTH, decisions=(first, decided(2, Outcome.REJECT, HEAD)))
    assert not authority.is_approved(BOTH, decisions=(first, second, decided(2, Outcome.RETURN)))
