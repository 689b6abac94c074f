"""May this fund pay for this loan, and is the money there?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.loans.domain import fund_rules, funding
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import (
    ClaimKind,
    ClaimRefused,
    Claims,
    FinancingRule,
    Fund,
    FundExhausted,
    FundRestricted,
    Refusal,
    Verdict,
)
from services.loans.domain.terms import ModeOfFinance
from shared.ids import FundId
from tests.builders import an_id, money

AMOUNT = money("500", "TND")
ALLOWED = FinancingRule(verdict=Verdict.ALLOWED, source="the deed")
WITH_RULING = FinancingRule(verdict=Verdict.WITH_RULING, source="a fatwa")
FORBIDDEN = FinancingRule(
    verdict=Verdict.FORBIDDEN, source="a resolution", in_force_from=date(1985, 12, 28)
)


def make_fund(**changes: Any) -> Fund:
    members: dict[str, Any] = {
        "fund_id": FundId(an_id("fund")),
        "code": "WAQF-1",
        "kind": FundKind.WAQF,
        "currency": "TND",
        "floor": money("10000", "TND"),
    }
    return Fund(**members | changes)


def check(**changes: Any) -> list[Refusal]:
    members: dict[str, Any] = {
        "mode": ModeOfFinance.QARD,
        "amount": AMOUNT,
        "bears_fee": False,
        "product_fund_kinds": set(FundKind),
        "rule": ALLOWED,
        "net_assets": money("10000", "TND"),
        "sources": fund_rules.sources(),
    }
    fund = changes.pop("fund", make_fund())
    return funding.check(fund, **members | changes)


def names(refusals: Sequence[Refusal]) -> list[str]:
    return [refusal.rule for refusal in refusals]


def test_a_waqf_with_its_corpus_whole_lends_by_qard() -> None:
    assert check() == []


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("fund-open", {"fund": make_fund(is_open=False)}),
        ("fund-currency", {"amount": money("500.00", "USD")}),
        ("product-fund-kinds", {"product_fund_kinds": {FundKind.ZAKAT}}),
        ("waqf-qard", {"rule": FORBIDDEN}),
        ("waqf-qard", {"rule": WITH_RULING}),
        ("waqf-conventional", {"rule": FORBIDDEN, "mode": ModeOfFinance.CONVENTIONAL}),
        ("zakat-free-of-charge", {"fund": make_fund(kind=FundKind.ZAKAT), "bears_fee": True}),
        ("corpus-floor", {"net_assets": money("9999.999", "TND")}),
    ],
)
def test_each_rule_is_refused_by_name_with_its_source(rule: str, changes: dict[str, Any]) -> None:
    refusals = check(**changes)

    assert names(refusals) == [rule]
    assert refusals[0].source


def test_a_registered_ruling_opens_what_needs_one() -> None:
    ruled = make_fund(kind=FundKind.ZAKAT, has_lending_ruling=True)

    assert check(fund=ruled, rule=WITH_RULING) == []
    assert names(check(fund=ruled, rule=FORBIDDEN)) == ["zakat-qard"]


def test_a_waqf_may_take_its_documented_cost() -> None:
    assert check(bears_fee=True) == []


@pytest.mark.parametrize("on", [date(1999, 1, 1), date(2004, 3, 11), date(2026, 11, 22)])
def test_the_rulebook_says_who_keeps_a_corpus_whole_and_zakat_free_on_any_day(on: date) -> None:
    said = fund_rules.sources(on=on, country="JO")
    assert said.of("corpus-floor") == (
        "OIC Fiqh Academy, resolution 140 (15/6), Muscat",
        date(2004, 3, 11),
    )
    assert said.of("zakat-free-of-charge") == (
        "Qur'an 9:60; Dar al-Ifta of Egypt, fatwa 2533 (24 October 2013)",
        None,
    )
    (refused,) = check(sources=said, net_assets=money("1", "TND"))
    assert (refused.source, refused.in_force_from) == said.of("corpus-floor")


def test_every_reason_is_told_at_once() -> None:
    refusals = check(fund=make_fund(is_open=False), rule=FORBIDDEN, net_assets=money("1", "TND"))

    assert names(refusals) == ["fund-open", "waqf-qard", "corpus-floor"]


def test_a_refusal_tells_rule_source_and_date_to_people_and_programs() -> None:
    fund = make_fund()
    refusals = check(rule=FORBIDDEN)

    with pytest.raises(FundRestricted) as raised:
        funding.require_allowed(fund, refusals=refusals)

    assert str(raised.value) == (
        "The fund WAQF-1 may not finance this: a fund of this kind never finances this mode."
        " Rule: waqf-qard; source: a resolution; in force from: 1985-12-28."
    )
    assert raised.value.fields() == {
        "fund_code": "WAQF-1",
        "rule": "waqf-qard",
        "reason": "a fund of this kind never finances this mode",
        "source": "a resolution",
        "in_force_from": "1985-12-28",
        "refusals": [
            {
                "rule": "waqf-qard",
                "reason": "a fund of this kind never finances this mode",
                "source": "a resolution",
                "in_force_from": "1985-12-28",
            }
        ],
    }


def test_a_rule_without_a_date_names_its_source_alone() -> None:
    refusal = check(rule=WITH_RULING)[0]

    assert check(rule=FORBIDDEN)[0].to_text().endswith("(a resolution, 1985-12-28)")
    assert refusal.to_text().endswith("(a fatwa)")
    assert refusal.to_json() == {
        "rule": "waqf-qard",
        "reason": refusal.reason,
        "source": "a fatwa",
        "in_force_from": None,
    }


def test_nothing_is_raised_where_nothing_is_refused() -> None:
    funding.require_allowed(make_fund(), refusals=[])


def test_free_is_what_is_neither_reserved_nor_committed() -> None:
    free = funding.available(
        money("10000", "TND"), reserved=money("2000", "TND"), committed=money("3000", "TND")
    )

    assert free == money("5000", "TND")


def test_a_fund_gives_its_last_unit_and_no_more() -> None:
    holding = {
        "cash": money("1000", "TND"),
        "reserved": money("300", "TND"),
        "committed": money("200", "TND"),
    }

    funding.require_available(make_fund(), requested=AMOUNT, **holding)
    with pytest.raises(FundExhausted) as refusal:
        funding.require_available(make_fund(), requested=money("500.001", "TND"), **holding)
    assert refusal.value.available == AMOUNT


def claims(reserved: str, committed: str, drawn: str) -> Claims:
    return Claims(
        reserved=money(reserved, "TND"),
        committed=money(committed, "TND"),
        drawn=money(drawn, "TND"),
    )


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (("0", "0", "0"), ClaimKind.RESERVE, ("500", "0", "0")),
        (("700", "0", "0"), ClaimKind.RELEASE, ("200", "0", "0")),
        (("500", "0", "0"), ClaimKind.COMMIT, ("0", "500", "0")),
        (("0", "700", "0"), ClaimKind.UNCOMMIT, ("0", "200", "0")),
        (("0", "500", "100"), ClaimKind.DRAW, ("0", "0", "600")),
    ],
)
def test_a_claim_moves_money_one_step(
    before: tuple[str, str, str], kind: ClaimKind, after: tuple[str, str, str]
) -> None:
    assert funding.claim(claims(*before), kind=kind, amount=AMOUNT) == claims(*after)


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (("499", "900", "0"), ClaimKind.RELEASE),
        (("499", "900", "0"), ClaimKind.COMMIT),
        (("900", "499", "0"), ClaimKind.UNCOMMIT),
        (("900", "499", "0"), ClaimKind.DRAW),
    ],
)
def test_a_claim_never_takes_more_than_is_held(
    before: tuple[str, str, str], kind: ClaimKind
) -> None:
    with pytest.raises(ClaimRefused) as refusal:
        funding.claim(claims(*before), kind=kind, amount=AMOUNT)

    assert refusal.value.claim is kind


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_a_claim_of_nothing_is_refused(amount: str) -> None:
    with pytest.raises(ClaimRefused):
        funding.claim(Claims.none("TND"), kind=ClaimKind.RESERVE, amount=money(amount, "TND"))
