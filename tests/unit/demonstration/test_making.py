"""The made history: the same seed tells the same one, and no money is lent that is not there."""

import functools
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.demonstration import making
from services.demonstration.history import Application, History
from services.demonstration.institution import COUNTRY, FUND_BY_CODE, FUNDS, OFFER_BY_CODE, jod
from services.loans.domain import agreement
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.domain.product import Asked
from shared import calendar

TODAY = date(2026, 3, 17)
SEEDS = (1, 7, 1447)


@functools.cache
def made(seed: int = 1447, *, contracts: int = 300, today: date = TODAY) -> History:
    return making.make(seed=seed, today=today, contracts=contracts)


def applications(history: History) -> Iterator[Application]:
    for month in history.months:
        yield from month.applications


def test_the_same_seed_day_and_number_make_the_same_history() -> None:
    again = making.make(seed=5, today=TODAY, contracts=300)

    assert made(5) == again


def test_another_seed_makes_another_history() -> None:
    assert made(5) != made(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_wanted_number_of_contracts_is_signed(seed: int) -> None:
    assert abs(made(seed).contracts - 300) <= 3


def test_a_large_history_is_made_as_asked() -> None:
    assert abs(made(contracts=2_000).contracts - 2_000) <= 20


@pytest.mark.parametrize("day", [1, 5, 11, 31])
def test_a_history_can_be_made_on_any_day_of_a_month(day: int) -> None:
    history = made(today=date(2026, 1, day))

    assert len(history.months) == making.MONTHS + 1
    assert history.contracts >= 295


def test_the_history_begins_eighteen_months_before_this_month() -> None:
    assert making.begins_on(TODAY) == date(2024, 9, 1)
    assert made().months[0].starts_on == date(2024, 9, 1)
    assert made().months[-1].starts_on == date(2026, 3, 1)


def test_nothing_happens_after_today() -> None:
    for month in made().months:
        days = [receipt.received_on for receipt in month.receipts]
        days += [paid.payment.received_on for paid in month.payments]
        for one in month.applications:
            days += [one.submitted_on, one.signed_on or TODAY, one.disbursed_on or TODAY]
        assert all(day <= TODAY for day in days)


def test_an_application_is_signed_after_it_came_and_paid_out_after_it_was_signed() -> None:
    for one in applications(made()):
        if one.signed_on is not None:
            assert one.submitted_on < one.signed_on
            assert one.fund is not None
        if one.disbursed_on is not None:
            assert one.signed_on is not None
            assert one.signed_on <= one.disbursed_on


def test_contracts_are_signed_and_paid_out_on_working_days() -> None:
    for one in applications(made()):
        for day in (one.signed_on, one.disbursed_on):
            assert day is None or calendar.is_working_day(day, country=COUNTRY)


def test_an_application_asks_for_what_its_product_offers() -> None:
    for one in applications(made()):
        one.request.check(OFFER_BY_CODE[one.offer].product)


def test_a_fund_pays_only_for_products_that_are_offered_from_its_kind() -> None:
    for one in applications(made()):
        if one.fund is not None:
            kind = FUND_BY_CODE[one.fund].kind
            assert kind in OFFER_BY_CODE[one.offer].product.fund_kinds


def test_zakat_receives_and_never_lends() -> None:
    history = made()

    assert any(receipt.fund == "zakat" for month in history.months for receipt in month.receipts)
    assert all(one.fund != "zakat" for one in applications(history))
    assert FUND_BY_CODE["zakat"].kind is FundKind.ZAKAT


def test_every_kind_of_fund_that_lends_receives() -> None:
    received = {receipt.fund for month in made().months for receipt in month.receipts}

    assert received == {fund.code for fund in FUNDS}
    assert {fund.kind for fund in FUNDS} == set(FundKind) - {FundKind.GUARANTEE}


def test_a_fund_receives_once_a_day_so_that_a_receipt_is_known_again() -> None:
    keys = [
        (receipt.fund, receipt.received_on) for month in made().months for receipt in month.receipts
    ]

    assert len(keys) == len(set(keys))


def cash_by_month(history: History) -> Iterator[tuple[str, int]]:
    """The cash of each fund after each month's loans, before its repayments, as it is booked."""
    cash: defaultdict[str, int] = defaultdict(int)
    fund_of: dict[str, str] = {}
    for month in history.months:
        for receipt in month.receipts:
            cash[receipt.fund] += receipt.amount.minor
        for one in month.applications:
            if one.fund is not None:
                fund_of[one.external_id] = one.fund
            if one.fund is not None and one.disbursed_on is not None:
                cash[one.fund] -= one.request.asked.amount.minor
        yield from cash.items()
        for paid in month.payments:
            if paid.payment.channel is Channel.CASH and not paid.payment.is_mistake:
                cash[fund_of[paid.external_id]] += paid.payment.amount.minor


@pytest.mark.parametrize("seed", SEEDS)
def test_no_fund_pays_out_more_cash_than_it_has(seed: int) -> None:
    assert all(minor >= 0 for _, minor in cash_by_month(made(seed)))


def test_what_comes_back_is_lent_again() -> None:
    history = made(contracts=2_000)
    lent: defaultdict[str, int] = defaultdict(int)
    for one in applications(history):
        if one.fund and one.disbursed_on:
            lent[one.fund] += one.request.asked.amount.minor
    received: defaultdict[str, int] = defaultdict(int)
    for month in history.months:
        for receipt in month.receipts:
            received[receipt.fund] += receipt.amount.minor

    assert all(lent[code] > received[code] for code in ("waqf", "donation", "state", "commercial"))


@pytest.mark.parametrize("seed", [1, 1447])
@pytest.mark.parametrize("today", [date(2026, 3, 17), date(2026, 11, 22)])
def test_three_to_eight_percent_of_the_portfolio_are_a_month_late(seed: int, today: date) -> None:
    at_risk, outstanding = portfolio_at_risk(made(seed, contracts=2_000, today=today))

    assert Decimal("0.03") <= Decimal(at_risk) / outstanding <= Decimal("0.08")


def portfolio_at_risk(history: History, *, days: int = 30) -> tuple[int, int]:
    """Principal of contracts later than some days, and all: summed anew, instalment by instalment.

    What is paid fills fee and profit of an instalment before its principal.
    """
    at_risk = outstanding = 0
    for one in applications(history):
        if one.signed_on is None or one.disbursed_on is None:
            continue
        paid = sum(payment.amount.minor for payment in one.payments if not payment.is_mistake)
        open_minor, oldest = 0, None
        for due in making.instalments(
            OFFER_BY_CODE[one.offer], asked=one.request.asked, signed_on=one.signed_on
        ):
            filled = min(paid, due.total.minor)
            paid -= filled
            charges = due.total.minor - due.principal.minor
            open_minor += due.principal.minor - max(filled - charges, 0)
            if filled < due.total.minor and oldest is None:
                oldest = due.due_on
        outstanding += open_minor
        if oldest is not None and history.today - oldest > timedelta(days=days):
            at_risk += open_minor
    return at_risk, outstanding


@pytest.mark.parametrize("code", sorted(OFFER_BY_CODE))
def test_instalments_are_those_that_signing_agrees(code: str) -> None:
    offer, signed_on = OFFER_BY_CODE[code], date(2025, 5, 15)
    limits = offer.product
    asked = Asked(
        amount=limits.amount.usual,
        term_months=12,
        grace_months=1,
        annual_rate=limits.annual_rate.usual,
    )

    agreed = agreement.agree(limits, asked=asked, on=signed_on, first_due_on=None, country=COUNTRY)

    assert making.instalments(offer, asked=asked, signed_on=signed_on) == agreed.instalments


def test_payments_stand_in_the_month_they_came_in_and_in_order() -> None:
    for month in made().months:
        days = [paid.payment.received_on for paid in month.payments]
        assert days == sorted(days)
        assert {day.replace(day=1) for day in days} <= {month.starts_on}


def test_every_payment_of_an_application_is_in_some_month() -> None:
    history = made()

    assert history.payments == sum(len(one.payments) for one in applications(history))


def test_repayments_begin_after_the_money_went_out() -> None:
    for one in applications(made()):
        assert all(
            one.disbursed_on is not None and payment.received_on > one.disbursed_on
            for payment in one.payments
        )


def test_the_last_days_leave_applications_on_the_desk() -> None:
    newest = made(contracts=2_000, today=date(2026, 3, 25)).months[-1].applications
    open_ones = [one for one in newest if one.signed_on is None and one.fund is not None]

    assert any(not one.is_decided for one in open_ones)
    assert all(one.disbursed_on is None and not one.payments for one in open_ones)


def test_many_wait_at_the_end_for_more_than_their_funds_have() -> None:
    """So a run of the assignment has to choose, and one more unit of a fund is worth something."""
    history = made(contracts=2_000)
    queued = [
        one
        for one in history.months[-1].applications
        if not one.is_decided and one.offer == making.QUEUED_FOR
    ]
    offer = OFFER_BY_CODE[making.QUEUED_FOR]
    asked = [one for one in queued if one.request.asked.amount == offer.product.amount.most]

    assert len(asked) == round(making.QUEUE * making.scale(2_000))
    assert {one.fund for one in asked} == {"waqf"}
    assert all(one.signed_on is None and not one.payments for one in queued)


def test_most_applications_are_approved_and_some_are_rejected() -> None:
    history = made(contracts=2_000)
    rejected = sum(one.fund is None for one in applications(history))

    assert 0.05 < rejected / sum(1 for _ in applications(history)) < 0.13


def test_funds_are_as_large_as_the_number_of_contracts_needs() -> None:
    assert making.scale(1_900) == 1
    assert making.scaled(jod(100_000), 0.5) == jod(50_000)
    assert making.scaled(jod(100_000), 0.00016) == jod(20)


def test_zakat_comes_most_in_ramadan() -> None:
    months = made(contracts=2_000).months
    gifts = {
        month.starts_on: receipt.amount
        for month in months
        for receipt in month.receipts
        if receipt.fund == "zakat"
    }

    assert max(gifts, key=lambda day: gifts[day]) in {date(2025, 3, 1), date(2026, 3, 1)}
