"""What a message does to a payment: every status meets every piece of news."""

from dataclasses import replace
from datetime import date

import pytest

from services.loans.domain import paying
from services.loans.domain.paying import News, Outcome, PaymentStatus, Told
from shared.ids import PaymentId
from tests.builders import an_id, money

AMOUNT = money("10.000")
TOLD = Told(
    payment_id=PaymentId(an_id("payment")),
    news=News.COMPLETED,
    message_id="M-1",
    occurred_on=date(2026, 3, 1),
    amount=AMOUNT,
)
# Rows: the status before. Columns: pending, unknown, accepted, completed, failed, reversed.
# m moved, r repeated, i ignored, d difference.
TABLE = {
    PaymentStatus.REQUESTED: "iimmmd",
    PaymentStatus.ACCEPTED: "iirmmd",
    PaymentStatus.COMPLETED: "iiirdm",
    PaymentStatus.FAILED: "iiidrd",
    PaymentStatus.REVERSED: "iiiiir",
}
OUTCOMES = {outcome.value[0]: outcome for outcome in Outcome}


@pytest.mark.parametrize("status", PaymentStatus)
@pytest.mark.parametrize("news", News)
def test_each_status_and_each_piece_of_news(status: PaymentStatus, news: News) -> None:
    heard = paying.hear(status, amount=AMOUNT, told=replace(TOLD, news=news))
    assert heard.outcome is OUTCOMES[TABLE[status][list(News).index(news)]]
    moved_to = status if heard.outcome is not Outcome.MOVED else PaymentStatus(news.value)
    assert heard.status is moved_to


@pytest.mark.parametrize("status", PaymentStatus)
@pytest.mark.parametrize("news", News)
def test_another_amount_is_always_a_difference_and_moves_nothing(
    status: PaymentStatus, news: News
) -> None:
    told = replace(TOLD, news=news, amount=money("10.001"))
    heard = paying.hear(status, amount=AMOUNT, told=told)
    assert (heard.outcome, heard.status) == (Outcome.DIFFERENCE, status)


def test_a_message_without_an_amount_is_taken_at_its_word() -> None:
    told = replace(TOLD, amount=None)
    heard = paying.hear(PaymentStatus.ACCEPTED, amount=AMOUNT, told=told)
    assert heard.status is PaymentStatus.COMPLETED


def test_a_reversal_of_what_is_booked_waits_for_a_person() -> None:
    told = replace(TOLD, news=News.REVERSED)
    heard = paying.hear(PaymentStatus.COMPLETED, amount=AMOUNT, told=told, is_booked=True)
    assert (heard.outcome, heard.status) == (Outcome.DIFFERENCE, PaymentStatus.COMPLETED)
