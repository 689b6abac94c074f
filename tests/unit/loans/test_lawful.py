"""What is above a ceiling or a cap is refused by its source; what depends is asked for."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import agreement, lawful, offering, telling
from services.loans.domain.charging import Charging, RateKind
from services.loans.domain.contradictions import RateAboveCap
from services.loans.domain.dating import Dating
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.lawful import Book, Standing
from services.loans.domain.product import Asked, Limits
from services.loans.domain.terms import Frequency, Terms
from services.loans.domain.unlawful import (
    ChargesAboveCap,
    FigureNotGiven,
    LoanAboveCeiling,
    RateAboveLaw,
    RuleDependsOn,
    RulePast,
    TermAboveCeiling,
)
from shared.errors import JsonValue
from shared.money import Money
from shared.rulebook import Condition, Fact, Source
from shared.rulebook.facts import WhenPast
from tests.builders import make_loan, money
from tests.integration.loans.signing import loan

TODAY = date(2026, 11, 22)


def own(topic: str, value: JsonValue, unit: str, **members: Any) -> Fact:
    whole: dict[str, Any] = {
        "id": f"own-{topic}",
        "topic": topic,
        "value": value,
        "unit": unit,
        "country": "JO",
        "source": Source(title="a law of the test", dated="2026-01-05"),
        "confidence": "medium",
        "needs_check": True,
    }
    return Fact(**whole | members)


def book(*facts: Fact, country: str = "JO", **told: Condition) -> Book:
    return Book(country=country, overrides=facts, told=told)


def mad(amount: str) -> Money:
    return Money.parse(amount, "MAD")


def held(law: Book, amount: str, *, strict: bool = True, on: date = TODAY) -> dict[str, Standing]:
    used = lawful.check_amount(law, mad(amount), on=on, strict=strict)
    return {one.fact.id: one.standing for one in used}


def priced(law: Book, terms: Terms, *, strict: bool = True) -> list[tuple[str, Standing]]:
    cost = agreement.of_terms(terms, country="XX").disclosure
    used = lawful.check_price(law, terms, cost, strict=strict)
    return [(one.fact.id, one.standing) for one in used]


def test_a_loan_above_the_ceiling_is_refused_with_its_source_and_the_one_at_it_is_not() -> None:
    law = book(country="MA", institution_type="association", purpose="water")

    assert held(law, "100000.00") == {"ceiling-MA-housing": Standing.IN_FORCE}
    with pytest.raises(LoanAboveCeiling) as refused:
        held(law, "100000.01")
    told = refused.value
    assert (told.amount, told.ceiling) == (mad("100000.01"), mad("100000.00"))
    assert told.source.startswith("Morocco, decree of 7 August 2019")
    assert (told.dated, told.confidence, told.needs_check) == ("2019-08-07", "high", False)


def test_below_every_ceiling_nobody_is_asked_and_between_them_a_decision_is() -> None:
    law = book(country="MA")

    assert set(held(law, "40000.00").values()) == {Standing.POSSIBLE}
    assert held(law, "60000.00", strict=False)
    with pytest.raises(RuleDependsOn) as asked:
        held(law, "60000.00")
    assert {"institution_type", "purpose", "client_status"} <= set(asked.value.missing)
    assert any("7 August 2019" in source for source in asked.value.sources)


def test_only_what_matters_is_asked_for() -> None:
    law = book(country="MA", institution_type="association", purpose="activity")

    with pytest.raises(RuleDependsOn) as asked:
        held(law, "60000.00")
    assert asked.value.missing == ("client_status",)
    assert held(law.knowing({"client_status": "farmer"}), "60000.00")
    with pytest.raises(LoanAboveCeiling):
        held(law.knowing({"client_status": "employee"}), "60000.00")


def test_above_every_ceiling_it_is_refused_whatever_is_not_told() -> None:
    law = book(country="MA", institution_type="association", purpose="activity")

    with pytest.raises(LoanAboveCeiling) as refused:
        held(law, "150000.01", strict=False)
    assert refused.value.ceiling == mad("150000.00")


def test_a_ceiling_in_another_currency_is_named_and_not_compared() -> None:
    used = lawful.check_amount(
        book(country="EG"), Money.parse("1000000.00", "USD"), on=TODAY, strict=True
    )

    assert [(one.fact.id, one.standing) for one in used] == [
        ("ceiling-EG-2026", Standing.OTHER_CURRENCY)
    ]


def test_the_ceiling_is_that_of_the_day() -> None:
    law = book(country="EG")

    def lend(on: date) -> None:
        lawful.check_amount(law, Money.parse("280000.00", "EGP"), on=on, strict=True)

    lend(date(2026, 1, 1))
    with pytest.raises(LoanAboveCeiling):
        lend(date(2025, 12, 31))


def test_a_term_above_its_ceiling_is_refused() -> None:
    law = book(country="BH")

    assert lawful.check_term(law, 36, on=TODAY, strict=True)[0].fact.id == "term-BH"
    with pytest.raises(TermAboveCeiling) as refused:
        lawful.check_term(law, 37, on=TODAY, strict=True)
    assert (refused.value.term_months, refused.value.ceiling) == (37, 36)


def test_an_institutions_own_fact_comes_before_the_houses() -> None:
    board = own("loan_ceiling", "300000", "EGP", country="EG", is_own=True)
    law = book(board, country="EG")

    used = lawful.check_amount(law, Money.parse("300000.00", "EGP"), on=TODAY, strict=True)

    assert used[0].fact is board
    assert used[0].to_json()["own"] is True


@pytest.mark.parametrize(
    ("unit", "at", "below"), [("nominal", "0.12", "0.1199"), ("effective", "0.1269", "0.126")]
)
def test_a_rate_above_its_cap_is_refused_and_at_it_permitted(
    unit: str, at: str, below: str
) -> None:
    terms = make_loan(instalments=12)

    assert ("own-rate_cap", Standing.IN_FORCE) in priced(book(own("rate_cap", at, unit)), terms)
    with pytest.raises(RateAboveLaw) as refused:
        priced(book(own("rate_cap", below, unit)), terms)
    assert isinstance(refused.value, RateAboveCap)
    assert (refused.value.fact, refused.value.dated) == ("a law of the test", "2026-01-05")
    assert (refused.value.confidence, refused.value.needs_check) == ("medium", True)


def with_fee(amount: str) -> Terms:
    fee = Fee(code="file", kind=FeeKind.FLAT, when=FeeWhen.AT_DISBURSEMENT, amount=money(amount))
    return replace(make_loan(principal=money("1000.000"), instalments=12), fees=(fee,))


@pytest.mark.parametrize(("value", "unit"), [("0.01", "share"), ("10", "JOD")])
def test_fees_are_capped_by_share_and_by_amount(value: str, unit: str) -> None:
    law = book(own("fee_cap", value, unit))

    assert ("own-fee_cap", Standing.IN_FORCE) in priced(law, with_fee("10.000"))
    with pytest.raises(ChargesAboveCap) as refused:
        priced(law, with_fee("10.001"))
    assert (refused.value.charged, refused.value.most) == (money("10.001"), money("10.000"))


def test_without_fees_no_fee_cap_is_asked_about() -> None:
    assert priced(book(own("fee_cap", "0", "share")), make_loan(instalments=12)) == []


def test_the_whole_cost_may_be_capped() -> None:
    terms = make_loan(principal=money("1000.000"), instalments=12)
    cost = agreement.of_terms(terms, country="XX").disclosure.total_cost

    assert priced(book(own("cost_cap", "0.1", "share")), terms)
    with pytest.raises(ChargesAboveCap) as refused:
        priced(book(own("cost_cap", "0.05", "share")), terms)
    assert (refused.value.charged, refused.value.most) == (cost, money("50.000"))


def test_short_term_credit_in_the_emirates_bears_no_interest() -> None:
    law = book(country="AE", scheme="short_term_credit")

    with pytest.raises(RateAboveLaw) as refused:
        lawful.check_rate(law, Decimal("0.01"), on=TODAY, strict=True)
    assert "C 3/2023" in refused.value.fact
    assert lawful.check_rate(law, Decimal(0), on=TODAY, strict=True)


def test_interest_is_refused_in_sanaa_and_asked_about_in_yemen() -> None:
    def rate(country: str, *, strict: bool = True) -> None:
        law = book(country=country, mode_of_finance="conventional")
        lawful.check_rate(law, Decimal("0.1"), on=TODAY, strict=strict)

    rate("YE-ADEN")
    rate("YE", strict=False)
    with pytest.raises(RateAboveLaw):
        rate("YE-SANAA", strict=False)
    with pytest.raises(RuleDependsOn) as asked:
        rate("YE")
    assert asked.value.missing == ("part",)


@pytest.mark.parametrize("past", ["warn", "refuse"])
def test_a_fact_past_its_period_warns_or_refuses_as_it_says(past: WhenPast) -> None:
    ended = own("rate_cap", "0.05", "nominal", in_force_until=date(2026, 7, 1), when_past=past)
    law = book(ended)

    def rate(on: date = TODAY) -> list[Standing]:
        used = lawful.check_rate(law, Decimal("0.04"), on=on, strict=False)
        return [one.standing for one in used]

    assert rate(date(2026, 6, 30)) == [Standing.IN_FORCE]
    if past == "warn":
        assert rate() == [Standing.PAST]
    else:
        with pytest.raises(RulePast) as refused:
            rate()
        assert (refused.value.fact_id, refused.value.until) == (ended.id, date(2026, 7, 1))


@pytest.mark.parametrize("past", ["warn", "refuse"])
def test_a_published_figure_that_was_not_given_warns_or_refuses(past: WhenPast) -> None:
    law = book(own("rate_cap", {"rule": "published"}, "nominal", when_past=past))

    if past == "warn":
        used = lawful.check_rate(law, Decimal("0.9"), on=TODAY, strict=True)
        assert [one.standing for one in used] == [Standing.NOT_GIVEN]
    else:
        with pytest.raises(FigureNotGiven):
            lawful.check_rate(law, Decimal("0.1"), on=TODAY, strict=True)


def test_a_rule_that_may_be_past_and_would_refuse_is_asked_about() -> None:
    ended = own(
        "rate_cap",
        "0.05",
        "nominal",
        in_force_until=date(2026, 7, 1),
        when_past="refuse",
        conditions={"purpose": frozenset({"housing"})},
    )

    with pytest.raises(RuleDependsOn):
        lawful.check_rate(book(ended), Decimal("0.01"), on=TODAY, strict=True)
    assert lawful.check_rate(book(ended), Decimal("0.01"), on=TODAY, strict=False)
    assert not lawful.check_rate(
        book(ended, purpose="trade"), Decimal("0.01"), on=TODAY, strict=True
    )


def test_what_an_institution_says_of_itself_stays() -> None:
    law = book(institution_type="association").knowing(
        {"institution_type": "bank", "purpose": "water"}
    )

    assert law.told == {"institution_type": "association", "purpose": "water"}


def test_the_first_loan_may_have_a_ceiling_of_its_own() -> None:
    first = own("loan_ceiling", "500", "JOD", conditions={"cycle": frozenset({1, 2})}, is_own=True)

    def lend(cycle: int) -> None:
        law = book(first).knowing(telling.told(cycle=cycle, characteristics={}))
        lawful.check_amount(law, money("600.000"), on=TODAY, strict=True)

    lend(3)
    with pytest.raises(LoanAboveCeiling):
        lend(2)


def test_the_duty_to_disclose_is_told_with_the_agreement() -> None:
    terms = make_loan(instalments=12)

    whole = agreement.of_terms(terms, country="AE", book=book(country="AE"))

    duties = [one.fact for one in whole.facts if one.fact.topic == "disclosure"]
    assert [fact.source.article for fact in duties] == ["2.1.3.2"]


def product(most: str, **changes: Any) -> Any:
    rates = Limits(least=Decimal("0.05"), usual=Decimal("0.1"), most=Decimal(most))
    return replace(loan(), annual_rate=rates, **changes)


def test_a_product_is_offered_only_if_its_dearest_loan_is_lawful() -> None:
    law = book(own("rate_cap", "0.2", "effective"))

    facts = offering.check(product("0.18"), book=law, on=TODAY)
    with pytest.raises(RateAboveLaw):
        offering.check(product("0.19"), book=law, on=TODAY)

    assert [(one.fact.id, one.standing) for one in facts] == [("own-rate_cap", Standing.IN_FORCE)]


def test_a_fee_weighs_most_on_the_smallest_loan() -> None:
    fee = Fee(code="file", kind=FeeKind.FLAT, when=FeeWhen.AT_DISBURSEMENT, amount=money("5.000"))
    law = book(own("fee_cap", "0.05", "share"))

    offering.check(product("0.18", fees=(fee,)), book=law, on=TODAY)
    dearer = replace(fee, amount=money("5.001"))
    with pytest.raises(ChargesAboveCap):
        offering.check(product("0.18", fees=(dearer,)), book=law, on=TODAY)


def test_what_depends_on_the_borrower_refuses_no_product() -> None:
    narrow = own("rate_cap", "0.01", "nominal", conditions={"purpose": frozenset({"housing"})})

    facts = offering.check(product("0.18"), book=book(narrow), on=TODAY)

    assert [one.standing for one in facts] == [Standing.POSSIBLE]
    assert offering.check(product("0.18"), book=book(country="EG"), on=TODAY) == ()


def test_signing_asks_and_a_preview_does_not() -> None:
    narrow = own("rate_cap", "0.01", "nominal", conditions={"purpose": frozenset({"housing"})})
    asked = Asked(amount=money("1000.000"), term_months=12, grace_months=0)

    def agree(*, strict: bool) -> agreement.Agreement:
        return agreement.agree(
            product("0.18"),
            asked=asked,
            on=TODAY,
            first_due_on=None,
            country="JO",
            book=book(narrow),
            strict=strict,
        )

    assert [one.standing for one in agree(strict=False).facts] == [Standing.POSSIBLE]
    with pytest.raises(RuleDependsOn):
        agree(strict=True)


@pytest.mark.parametrize(
    ("changes", "effective"),
    [
        ({}, "0.126825"),
        ({"frequency": Frequency.QUARTERLY}, "0.125509"),
        ({"frequency": Frequency.YEARLY}, "0.12"),
        ({"dating": Dating(every=2)}, "0.126162"),
        ({"day_count": "act/365"}, "0.12"),
        ({"frequency": Frequency.WEEKLY}, "0.12"),
        ({"charging": Charging(rate_kind=RateKind.EFFECTIVE)}, "0.12"),
    ],
)
def test_a_rate_by_the_month_is_compounded_over_the_year(
    changes: dict[str, Any], effective: str
) -> None:
    terms = make_loan(instalments=12, **changes)

    assert lawful.compounded(terms, Decimal("0.12")) == Decimal(effective)


def test_a_loan_is_held_against_amount_and_term() -> None:
    bhd = Money.parse("7000.000", "BHD")

    used = lawful.check_loan(book(country="BH"), bhd, term_months=36, on=TODAY, strict=True)

    assert [one.fact.id for one in used] == ["ceiling-BH", "term-BH"]


def test_a_corner_that_cannot_be_scheduled_is_left_to_whoever_asks_for_it() -> None:
    fee = Fee(code="all", kind=FeeKind.FLAT, when=FeeWhen.AT_DISBURSEMENT, amount=money("100.000"))
    offered = product("0.18", fees=(fee,))  # of the smallest loan nothing is paid out

    assert offering.check(offered, book=book(own("rate_cap", "0.18", "nominal")), on=TODAY)
    with pytest.raises(RateAboveLaw):
        offering.check(offered, book=book(own("rate_cap", "0.17", "nominal")), on=TODAY)
