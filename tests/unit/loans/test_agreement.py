"""An agreement is whole: its instalments pay the loan back, and its cost is what is told."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import agreement
from services.loans.domain.agreement import Agreement
from services.loans.domain.contradictions import DateBeforeDisbursement, RateAboveCap, TermsInvalid
from services.loans.domain.product import Asked, OutsideProduct, Product
from shared.rulebook import Fact, Source
from tests.builders import make_loan, money
from tests.integration.loans.signing import COST, loan, qard

SIGNED = date(2026, 3, 10)


def agree(
    offered: Product, first_due_on: date | None = None, on: date = SIGNED, **changes: object
) -> Agreement:
    members: dict[str, object] = {
        "amount": money("1000.000"),
        "term_months": 12,
        "grace_months": 0,
    }
    asked = Asked(**(members | changes))  # type: ignore[arg-type]
    return agreement.agree(offered, asked=asked, on=on, first_due_on=first_due_on, country="JO")


def test_without_a_wish_the_first_instalment_is_due_after_one_period() -> None:
    agreed = agree(qard())
    assert agreed.instalments[0].due_on == date(2026, 4, 10)
    assert sum(due.principal.minor for due in agreed.instalments) == 1_000_000


@pytest.mark.parametrize("day", [date(2026, 3, 11), date(2026, 4, 25), date(2026, 5, 10)])
def test_the_first_due_date_may_be_wished_for_within_a_period_more(day: date) -> None:
    assert agree(qard(), day).instalments[0].due_on == day


def test_a_first_due_date_on_the_day_of_signing_is_refused() -> None:
    with pytest.raises(DateBeforeDisbursement):
        agree(qard(), date(2026, 3, 10))


def test_a_first_due_date_beyond_one_period_more_is_refused() -> None:
    with pytest.raises(TermsInvalid):
        agree(qard(), date(2026, 5, 11))


def test_the_grace_of_a_loan_without_profit_lies_before_its_first_instalment() -> None:
    agreed = agree(qard(), grace_months=3)
    assert agreed.instalments[0].due_on == date(2026, 7, 10)
    assert len(agreed.instalments) == 9


def test_the_grace_of_a_loan_with_profit_is_instalments_of_profit() -> None:
    agreed = agree(loan(), grace_months=3)
    assert [due.principal.minor > 0 for due in agreed.instalments][:4] == [False] * 3 + [True]
    assert agreed.instalments[0].due_on == date(2026, 4, 10)


def test_a_documented_fee_is_told_as_cost_and_not_as_profit() -> None:
    told = agree(qard(fees=(COST,))).disclosure
    assert (str(told.paid_out), str(told.total_cost)) == ("990.000", "10.000")
    assert told.total_profit.is_zero
    assert told.effective_annual_rate > Decimal("0.018")


def test_terms_outside_the_product_are_refused() -> None:
    with pytest.raises(OutsideProduct):
        agree(qard(), amount=money("99.999"))


def test_a_rate_is_written_without_the_zeroes_of_the_database() -> None:
    agreed = agree(loan(), annual_rate=Decimal("0.180000"))
    assert str(agreed.terms.annual_rate) == "0.18"
    assert str(agree(qard(), annual_rate=Decimal("0.000000")).terms.annual_rate) == "0"


@pytest.mark.parametrize(
    ("born_on", "young"),
    [
        (date(1990, 3, 11), True),
        (date(1990, 3, 10), False),
        (date(2011, 3, 10), True),
        (date(2011, 3, 11), False),
        (None, None),
    ],
)
def test_youth_is_counted_to_the_day(born_on: date | None, young: bool | None) -> None:  # noqa: FBT001
    assert agreement.is_young(born_on, on=SIGNED, country="JO") is young


def cap(value: str, unit: str) -> Fact:
    return Fact(
        id="test cap",
        topic="rate_cap",
        value=value,
        unit=unit,
        country="JO",
        source=Source(title="a law of the test"),
    )


@pytest.mark.parametrize(("value", "unit"), [("0.11", "nominal"), ("0.126", "effective")])
def test_a_rate_above_the_cap_of_the_country_is_refused_by_name(value: str, unit: str) -> None:
    terms = make_loan(instalments=12)

    with pytest.raises(RateAboveCap) as refusal:
        agreement.of_terms(terms, country="JO", overrides=(cap(value, unit),))
    assert (refusal.value.cap, refusal.value.fact) == (Decimal(value), "a law of the test")


def test_a_rate_at_the_cap_is_lawful_and_a_cap_elsewhere_does_not_count() -> None:
    terms = make_loan(instalments=12)
    at_cap = agreement.of_terms(terms, country="JO", overrides=(cap("0.12", "nominal"),))
    elsewhere = agreement.of_terms(terms, country="MA", overrides=(cap("0.01", "nominal"),))

    assert at_cap == elsewhere == agreement.of_terms(terms, country="JO")
