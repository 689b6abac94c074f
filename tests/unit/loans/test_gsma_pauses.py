"""How long a callback waits, and how an id and an account's name are read."""

from datetime import timedelta
from itertools import pairwise

import pytest

from services.loans.biller import messages, operations
from services.loans.biller.deciding import Target
from services.loans.biller.headers import correlation_id_of


def test_each_pause_is_twice_the_one_before_and_an_hour_at_most() -> None:
    pauses = [operations.pause_after(attempts) for attempts in range(12)]
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert all(later in {2 * one, timedelta(hours=1)} for one, later in pairwise(pauses))
    assert operations.pause_after(10**9) == timedelta(hours=1)
    tries, waited = 0, timedelta()
    while waited < operations.GIVEN_UP_AFTER:
        waited += operations.pause_after(tries)
        tries += 1
    assert 70 < tries < 90, "some eighty tries in three days"


@pytest.mark.parametrize(
    "target",
    [
        Target(account="accountid/1", bill=None),
        Target(account=None, bill="LN.1.1"),
        Target(account="msisdn@+1$accountid@ب", bill="LN.1.1"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"\n\n\n", b'{"amountPaid":"1"}\n'])
def test_what_is_kept_of_a_request_is_what_came(target: Target, body: bytes) -> None:
    account, bill, kept = operations.message(target, body).split(b"\n", 2)
    assert (account.decode() or None, bill.decode() or None) == (target.account, target.bill)
    assert kept == body


@pytest.mark.parametrize(
    ("body", "reference"),
    [
        (b'{"requestingOrganisationTransactionReference":"T-1"}', "T-1"),
        (b'{"requestingOrganisationTransactionReference":""}', None),
        (b'{"requestingOrganisationTransactionReference":1}', None),
        (b'{"requestingOrganisationTransactionReference":"\\u0000"}', None),
        (b'{"requestingOrganisationTransactionReference":"%s"}' % (b"x" * 257), None),
        (b"[]", None),
        (b'"requestingOrganisationTransactionReference"', None),
        (b"{", None),
        (b"\xff", None),
        (b"null", None),
    ],
)
def test_a_reference_is_found_in_any_body_or_none(body: bytes, reference: str | None) -> None:
    assert messages.reference_in(body) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "{0198c0de-0000-7000-8000-000000000000}",
        "0198c0de000070008000000000000000",
        "x" * 36,
    ],
)
def test_what_is_not_written_as_an_id_is_none(text: str) -> None:
    assert correlation_id_of(text) is None


def test_an_id_is_the_same_in_large_and_small_letters() -> None:
    text = "0198c0de-0000-7000-8000-00000000abcd"
    assert correlation_id_of(text) == correlation_id_of(text.upper()) is not None
