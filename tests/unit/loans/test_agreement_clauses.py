"""A clause of an agreement is kept as it was signed, and refused where no law could bear it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import agreement_clauses
from services.loans.domain.agreement_clauses import AgreedClause, SignedClauseUnlawful
from services.loans.domain.chart import FundKind
from services.loans.domain.lawful import Book
from services.loans.domain.terms import ModeOfFinance
from tests.unit.loans.test_lawful import book, own

ON = date(2026, 11, 22)
CAPPED = book(own("rate_cap", "0.12", "nominal"))


def clause(**members: Any) -> AgreedClause:
    return AgreedClause(article="4.2", text="The money is lent as said here.", **members)


def check(asked: AgreedClause, *, kind: FundKind = FundKind.ZAKAT, law: Book = CAPPED) -> None:
    agreement_clauses.require_lawful(asked, fund_kind=kind, book=law, on=ON)


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ({}, (None, None)),
        ({"finances": ModeOfFinance.QARD}, ("qard", None)),
        ({"annual_rate_at_least": Decimal("0.180")}, (None, "0.180")),
        (
            {"finances": ModeOfFinance("murabaha"), "annual_rate_at_least": Decimal(0)},
            ("murabaha", "0"),
        ),
    ],
)
def test_a_clause_comes_back_as_it_was_kept(
    members: dict[str, Any], kept: tuple[str | None, str | None]
) -> None:
    asked = clause(**members)
    told = asked.to_json()
    assert (told["finances"], told["annual_rate_at_least"]) == kept
    assert AgreedClause.from_json(told) == asked


def test_a_clause_kept_without_words_has_empty_ones() -> None:
    found = AgreedClause.from_json(
        {"article": None, "text": None, "finances": None, "annual_rate_at_least": None}
    )
    assert (found.article, found.text) == ("", "")


def test_a_clause_that_asks_nothing_is_checked_by_nobody() -> None:
    check(clause())


def test_a_mode_that_the_fund_never_finances_is_refused_by_the_rulebooks_source() -> None:
    with pytest.raises(SignedClauseUnlawful) as caught:
        check(clause(finances=ModeOfFinance.CONVENTIONAL))
    assert (caught.value.article, caught.value.country) == ("4.2", "JO")
    assert caught.value.reason == "a fund of this kind never finances this mode"
    assert caught.value.source
    check(clause(finances=ModeOfFinance.CONVENTIONAL), kind=FundKind.COMMERCIAL)


def test_a_mode_that_needs_a_ruling_is_let_pass() -> None:
    check(clause(finances=ModeOfFinance.QARD))


def test_a_least_rate_above_the_cap_is_refused_and_the_cap_itself_is_not() -> None:
    check(clause(annual_rate_at_least=Decimal("0.12")))
    with pytest.raises(SignedClauseUnlawful) as caught:
        check(clause(annual_rate_at_least=Decimal("0.120001")))
    assert caught.value.reason == "the least rate lies above the cap of the country"
    assert caught.value.source == "a law of the test"


def test_a_cap_that_depends_on_what_nobody_told_refuses_nothing() -> None:
    may_hold = own("rate_cap", "0.12", "nominal", conditions={"institution_type": ("bank",)})
    check(clause(annual_rate_at_least=Decimal("0.5")), law=book(may_hold))
    with pytest.raises(SignedClauseUnlawful):
        check(
            clause(annual_rate_at_least=Decimal("0.5")),
            law=book(may_hold, institution_type="bank"),
        )
