"""Who may close, what one currency a request has, and what is asked, named or seen only once."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.loans.domain import account_statement, book_periods, screening
from services.loans.domain.account_statement import Entry, Part, Reach, Side
from services.loans.domain.book_periods import TOLD, Check, PeriodMakerCloses, PeriodNotProposed
from services.loans.domain.cash_flow import CashFlow
from services.loans.domain.funding import Refusal
from services.loans.domain.restrictions import Restrictions
from services.loans.domain.servicing.orders import OrderKind, WaivedPart
from services.loans.domain.zakat import rules
from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.grants import DebtNotNamed, PaidTo
from shared.errors import Sentence
from shared.money import CurrencyMismatch, Money
from shared.rulebook import Fact, Source
from tests.builders import money
from tests.clauses import a_case
from tests.unit.loans.servicing import test_late_fees as late
from tests.unit.loans.servicing.standings import history, order, step
from tests.unit.loans.test_application import make_household, make_request
from tests.unit.loans.test_cash_flow import a_contract
from tests.unit.loans.zakat import test_grant_rules as grant

DAY = date(2026, 3, 1)


def test_a_period_is_closed_by_another_than_proposed_it_alone() -> None:
    period = book_periods.named("2026-03")
    maker, other = uuid4(), uuid4()
    book_periods.require_two(period, proposers={maker}, closer=other)
    book_periods.require_two(period, proposers={maker, other}, closer=maker)
    with pytest.raises(PeriodNotProposed):
        book_periods.require_two(period, proposers=(), closer=maker)
    with pytest.raises(PeriodMakerCloses):
        book_periods.require_two(period, proposers=[maker, maker], closer=maker)


def test_what_stands_against_a_close_is_told_with_its_count() -> None:
    assert Check(code="orders", told=TOLD["orders"], found=2).to_text() == (
        "orders wait for a second person (2)"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"own_contribution": Money(0, "TND")},
        {"household": make_household(sales=Money(1, "TND"))},
        {"cash_flow": CashFlow(contracts=(a_contract(amount=Money(1, "TND")),))},
    ],
)
def test_a_request_has_one_currency(changes: dict[str, Any]) -> None:
    assert make_request().cash_flow is None
    with pytest.raises(CurrencyMismatch):
        make_request(**changes)


def test_an_order_that_asks_no_late_fee_is_none_that_was_asked() -> None:
    found = late.standing(late.TWO_PERCENT)
    waived = order(OrderKind.WAIVER, part=WaivedPart.PENALTY, amount_minor=1)
    by_hand = order(OrderKind.CHARGE, part=WaivedPart.PENALTY, amount_minor=1)
    before = history(found, step("waived", waived), step("by hand", by_hand))
    assert late.amount(found, before=before) == 178


def entry(amount: str, **changes: Any) -> Entry:
    members: dict[str, Any] = {
        "number": 1,
        "amount": money(amount),
        "side": Side.IN,
        "reach": Reach.BOOKED,
        "booked_on": DAY,
        "valued_on": DAY,
        "is_reversal": False,
        "provider_reference": None,
        "text": "t",
        "parts": (Part(amount=money(amount), own_reference="R-1"),),
    }
    return Entry(**(members | changes))


def test_an_entry_without_a_providers_reference_is_named_by_its_day_text_and_parts() -> None:
    one = entry("5")
    others = [
        entry("5", booked_on=date(2026, 3, 2)),
        entry("5", text="u"),
        entry("5", parts=(Part(amount=money("5")),)),
        entry("5", parts=()),
        entry("5", provider_reference="B-1"),
    ]
    same = entry("5", number=9, valued_on=date(2026, 3, 2))
    keys = account_statement.keys_of("W1", [one, *others, same])
    assert len(set(keys)) == 7, "two equal payments of a day are two"
    assert account_statement.keys_of("W1", [same]) == keys[:1]
    named = entry("5", provider_reference="B-1", text="u", parts=())
    assert account_statement.keys_of("W1", [named]) == keys[5:6], "a reference names it alone"


def test_cases_that_two_funds_see_alike_are_looked_at_once_and_answered_by_each() -> None:
    words = Sentence("too much")
    refusal = Refusal(rule="amount", reason=words, source=words)

    def fund(most: str) -> Restrictions:
        return Restrictions(
            of_kind=lambda case: [refusal] if case.amount > money(most) else [], sees=size
        )

    def size(case: object) -> str:
        return str(getattr(case, "amount", ""))

    cases = [a_case("100", name="a"), a_case("300", name="b"), a_case("300", name="c")]
    first, second = screening.screen(cases, funds=[fund("200"), fund("50")])
    assert (first.refused, second.refused) == (0b110, 0b111)
    assert (first.why(0), first.why(2)) == ([], [refusal])


def test_only_a_debtors_grant_goes_to_a_creditor() -> None:
    grant.require_debt(grant.asked())
    with pytest.raises(DebtNotNamed) as caught:
        grant.require_debt(grant.asked(paid_to=PaidTo.CREDITOR))
    assert caught.value.zakat_class is ZakatClass.GHARIMIN
    with pytest.raises(DebtNotNamed):
        grant.require_debt(grant.to_creditor(debt=None))


def test_the_days_of_a_rule_are_whole() -> None:
    fact = Fact(id="r", topic="t", value="180", source=Source(title="committee"))
    assert rules.days(fact) == 180
    with pytest.raises(ValueError, match=r"1\.5"):
        rules.days(replace(fact, value="1.5"))
