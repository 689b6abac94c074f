"""Which funds come on a menu, and which legal cap binds it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import rate_caps
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import OWN_TERMS, Refusal
from services.loans.domain.lawful import Book, Standing
from services.loans.domain.rate_caps import SOURCE_MAX
from services.loans.domain.serving import SERVING_MAX, FundAnswer, Serving
from shared.errors import Sentence
from shared.ids import FundId
from shared.rulebook import Fact
from tests.builders import an_id, money
from tests.integration.loans import own_facts

ON = date(2026, 4, 1)
REFUSAL = Refusal(rule="sex", reason=Sentence("for women"), source=OWN_TERMS)


def a_fund(code: str, free: str, *refusals: Refusal) -> FundAnswer:
    return FundAnswer(
        fund_id=FundId(an_id(code)),
        code=code,
        kind=FundKind.WAQF,
        free=money(free),
        refusals=refusals,
    )


def codes(*funds: FundAnswer, asked: str = "1000.000") -> list[str]:
    return [one.code for one in Serving(funds=funds).on_menu(money(asked))]


def test_those_with_the_whole_amount_come_first() -> None:
    small, large, middle = (
        a_fund("S", "300.000"), a_fund("L", "1200.000"), a_fund("M", "900.000"),
    )  # fmt: skip
    assert codes(small, large, middle) == ["L", "M", "S"]


def test_who_refuses_or_has_nothing_is_not_on_the_menu() -> None:
    refusing, empty = a_fund("R", "5000.000", REFUSAL), a_fund("E", "0.000")
    overdrawn = a_fund("O", "-1.000")
    assert not refusing.may_serve
    assert codes(refusing, empty, overdrawn, a_fund("A", "0.001")) == ["A"]


def test_twelve_funds_are_on_a_menu_at_most() -> None:
    many = [a_fund(f"F{number:02}", f"{1000 + number}.000") for number in range(30)]
    assert codes(*many) == [f"F{number:02}" for number in range(29, 29 - SERVING_MAX, -1)]


def a_cap(value: Any, name: str = "own", **members: Any) -> Fact:
    return own_facts.fact("rate_cap", value, **{"id": name, "unit": "effective"} | members)


def cap(*facts: Fact, told: dict[str, Any] | None = None, on: date = ON) -> rate_caps.Cap:
    book = Book(country="JO", overrides=facts)
    return rate_caps.rate_cap(book, unit="effective", told=told or {}, on=on)


def test_a_cap_in_force_binds_with_its_source_and_day() -> None:
    found = cap(a_cap("0.18", **{"from": "2025-06-01"}))

    assert found.rate == Decimal("0.18")
    assert found.source == "Ruling 7 of the board; since 2025-06-01"
    assert [used.standing for used in found.used] == [Standing.IN_FORCE]


def test_an_article_is_named_and_a_long_title_cut() -> None:
    source = {"title": "Law " * 100, "article": "14", "date": "2025-01-01"}
    found = cap(a_cap("0.18", source=source, **{"from": "2025-06-01"}))
    assert found.source is not None
    assert len(found.source) == SOURCE_MAX
    assert found.source.endswith("; since 2025-06-01")
    short = cap(a_cap("0.18", source=source | {"title": "Law 5"}))
    assert short.source == "Law 5, article 14"


BANKS, OTHERS = (
    a_cap("0.12", "banks", conditions={"area": "rural"}),
    a_cap("0.18", "others", conditions={"area": "urban"}),
)


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        ({"area": "rural"}, "0.12"),
        ({"area": "urban"}, "0.18"),
        ({"area": "else"}, None),
        ({}, None),
    ],
)
def test_only_what_holds_however_the_untold_turns_out_binds(
    told: dict[str, Any], rate: str | None
) -> None:
    found = cap(BANKS, OTHERS, told=told)

    assert found.rate == (None if rate is None else Decimal(rate))
    if not told:
        assert {used.standing for used in found.used} == {Standing.POSSIBLE}


def test_with_a_cap_for_all_the_highest_that_could_hold_binds() -> None:
    assert cap(BANKS, a_cap("0.20", "all")).rate == Decimal("0.20")
    assert cap(BANKS, a_cap("0.20", "all"), told={"area": "rural"}).rate == Decimal("0.12")


def test_a_past_figure_and_one_that_nobody_gave_cap_nothing() -> None:
    past = cap(a_cap("0.18", **{"from": "2025-01-01", "until": "2026-01-01", "past": "warn"}))
    assert (past.rate, past.source) == (None, None)
    assert [used.standing for used in past.used] == [Standing.PAST]
    published = {"rule": "published", "every_months": 6, "by": "Central bank"}
    given = cap(a_cap(published))
    assert given.rate is None
    assert [used.standing for used in given.used] == [Standing.NOT_GIVEN]


def test_where_the_law_says_nothing_nothing_binds() -> None:
    assert cap().used == ()
    assert cap().rate is None
