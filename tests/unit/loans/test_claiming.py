"""Claims are decided one after the other over one purse, and never exceed it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import claiming, fund_rules
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask, Purse, Standing
from services.loans.domain.funding import (
    ClaimKind,
    ClaimRefused,
    Claims,
    FinancingRule,
    Fund,
    FundExhausted,
    FundRestricted,
    Verdict,
)
from services.loans.domain.terms import ModeOfFinance
from shared.ids import ApplicationId, FundId
from shared.money import Money
from tests.builders import an_id, money

FUND = FundId(an_id("fund"))
QARD = ModeOfFinance.QARD


def an_ask(amount: str, name: str = "application", **changes: object) -> Ask:
    members: dict[str, object] = {
        "fund_id": FUND,
        "application_id": ApplicationId(an_id(name)),
        "amount": money(amount),
        "mode": QARD,
        "bears_fee": False,
        "fund_kinds": frozenset(FundKind),
    }
    return Ask(**(members | changes))  # type: ignore[arg-type]


def a_purse(
    cash: str, *, kind: FundKind = FundKind.WAQF, verdict: Verdict = Verdict.ALLOWED
) -> dict[FundId, Purse]:
    fund = Fund(fund_id=FUND, code="W", kind=kind, currency="JOD", floor=money("0.000"))
    standing = Standing(
        cash=money(cash),
        net_assets=money(cash),
        reserved=money("0.000"),
        committed=money("0.000"),
    )
    rules = {mode: FinancingRule(verdict=verdict, source="a ruling") for mode in ModeOfFinance}
    return {FUND: Purse(fund=fund, standing=standing, rules=rules, sources=fund_rules.sources())}


def held(amount: str, name: str = "application") -> dict[tuple[ApplicationId, FundId], Claims]:
    none = Claims.none("JOD")
    claims = Claims(reserved=money(amount), committed=none.committed, drawn=none.drawn)
    return {(ApplicationId(an_id(name)), FUND): claims}


def kinds(moves: Sequence[claiming.Move]) -> list[tuple[str, str]]:
    return [(move.kind.value, str(move.amount)) for move in moves]


def test_what_fits_is_reserved_in_the_order_given() -> None:
    asks = [an_ask(amount, amount) for amount in ("600.000", "500.000", "400.000")]
    moves, outcomes = claiming.reserve(asks, purses=a_purse("1000.000"), held={})
    assert kinds(moves) == [("reserve", "600.000"), ("reserve", "400.000")]
    assert [type(outcome) for outcome in outcomes] == [type(None), FundExhausted, type(None)]


@given(st.lists(st.integers(1, 500), max_size=40), st.integers(0, 5_000))
def test_reservations_never_exceed_the_purse_and_nothing_that_fits_is_refused(
    amounts: list[int], cash: int
) -> None:
    asks = [an_ask(str(Money(minor, "JOD")), str(n)) for n, minor in enumerate(amounts)]
    moves, outcomes = claiming.reserve(asks, purses=a_purse(str(Money(cash, "JOD"))), held={})
    taken = 0
    for minor, outcome in zip(amounts, outcomes, strict=True):
        assert (outcome is None) == (taken + minor <= cash)
        taken += minor if outcome is None else 0
    assert sum(move.amount.minor for move in moves) == taken <= cash


def test_an_application_reserves_once_even_within_one_call() -> None:
    moves, outcomes = claiming.reserve(
        [an_ask("1.000"), an_ask("1.000")], purses=a_purse("9.000"), held={}
    )
    assert len(moves) == 1
    assert isinstance(outcomes[1], ClaimRefused)
    _, (refused,) = claiming.reserve([an_ask("1.000")], purses=a_purse("9.000"), held=held("1.000"))
    assert isinstance(refused, ClaimRefused)


def test_a_forbidden_mode_is_refused_with_the_source_of_the_rule() -> None:
    purses = a_purse("9.000", verdict=Verdict.FORBIDDEN)
    _, (refused,) = claiming.reserve([an_ask("1.000")], purses=purses, held={})
    assert isinstance(refused, FundRestricted)
    assert [refusal.source for refusal in refused.refusals] == ["a ruling"]


def test_a_contract_for_less_releases_the_rest() -> None:
    moves = claiming.commit([an_ask("500.000")], purses=a_purse("0.000"), held=held("600.000"))
    assert kinds(moves) == [("commit", "500.000"), ("release", "100.000")]
    exact = claiming.commit([an_ask("600.000")], purses=a_purse("0.000"), held=held("600.000"))
    assert kinds(exact) == [("commit", "600.000")]


def test_more_than_was_reserved_cannot_be_committed() -> None:
    with pytest.raises(ClaimRefused):
        claiming.commit([an_ask("600.001")], purses=a_purse("0.000"), held=held("600.000"))


def test_a_commitment_is_drawn_once() -> None:
    committed = {
        (ApplicationId(an_id("application")), FUND): Claims(
            reserved=money("0.000"), committed=money("5.000"), drawn=money("0.000")
        )
    }
    assert kinds(claiming.use([an_ask("5.000")], kind=ClaimKind.DRAW, held=committed)) == [
        ("draw", "5.000")
    ]
    with pytest.raises(ClaimRefused):
        claiming.use([an_ask("5.000")] * 2, kind=ClaimKind.DRAW, held=committed)


def test_only_what_is_reserved_is_released() -> None:
    assert kinds(claiming.release(held("3.000"))) == [("release", "3.000")]
    assert claiming.release(held("0.000")) == []


def test_what_is_owed_to_others_is_not_free() -> None:
    standing = Standing(
        cash=money("800.000"),
        net_assets=money("800.000"),
        reserved=money("300.000"),
        committed=money("100.000"),
    )
    assert standing.available == money("400.000")


@pytest.mark.parametrize(
    ("kind", "mode", "country", "verdict"),
    [
        (FundKind.WAQF, QARD, "JO", Verdict.ALLOWED),
        (FundKind.ZAKAT, QARD, "JO", Verdict.WITH_RULING),
        (FundKind.ZAKAT, QARD, "EG", Verdict.FORBIDDEN),
        (FundKind.ZAKAT, ModeOfFinance.CONVENTIONAL, "JO", Verdict.FORBIDDEN),
        (FundKind.COMMERCIAL, ModeOfFinance.CONVENTIONAL, "JO", Verdict.ALLOWED),
    ],
)
def test_the_rulebook_says_what_a_fund_may_finance(
    kind: FundKind, mode: ModeOfFinance, country: str, verdict: Verdict
) -> None:
    rule = claiming.financing_rule(kind, mode=mode, country=country, on=date(2026, 3, 1))
    assert rule.verdict is verdict
    assert rule.source


def test_every_kind_of_fund_and_mode_has_a_line_in_the_rulebook() -> None:
    for kind in FundKind:
        for mode in ModeOfFinance:
            claiming.financing_rule(kind, mode=mode, country="MA", on=date(2026, 3, 1))


def test_an_ask_makes_claims_in_its_own_name() -> None:
    move = an_ask("2.000").move(ClaimKind.RELEASE, amount=money("1.000"))
    assert (move.application_id, move.fund_id) == (UUID(str(an_id("application"))), FUND)
    assert move.amount == money("1.000")
