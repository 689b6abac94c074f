"""Our files against a bank that is not ours: `mock-bank`, a process of its own on loopback."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from services.loans.bank_files import camt, orders
from services.loans.bank_files.orders import Verdict
from services.loans.domain.account_statement import (
    Side,
    Statement,
    Told,
    keys_of,
    require_continuity,
    require_sum,
)
from services.loans.domain.transfers import BankParty, Transfer, TransferOrder
from shared.errors import RafidError
from shared.money import Money

OURS = "NL41MOCK0000000001"
OPEN = "NL14MOCK0000000002"
CLOSED = "NL84MOCK0000000003"
WAIT_SECONDS = 20


class Bank:
    """The bank's own interface, and its levers."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def pay(self, *transfers: Transfer, message_id: str = "RAFID-1") -> None:
        order = TransferOrder(
            message_id=message_id,
            made_at=datetime(2026, 9, 30, 9, tzinfo=UTC),
            pay_on=date(2026, 9, 30),
            debtor=BankParty(name="Rizq Waqf", account=OURS, is_iban=True, bic="MOCKNL2A"),
            transfers=transfers,
        )
        written = orders.written(order, version="09", takes_any_letters=True)
        self._http.post("/payments", content=written)

    def set(self, account: str, **members: Any) -> None:
        answer = self._http.patch(f"/_mock/accounts/{account}", json=members)
        assert answer.is_success, answer.text

    def receive(self, **members: Any) -> None:
        answer = self._http.post("/_mock/credits", json={"account": "ACME", **members})
        assert answer.is_success, answer.text

    def move_on(self, days: int) -> None:
        assert self._http.post(f"/_mock/advance?days={days}").is_success

    def post_box(self, kind: str) -> list[bytes]:
        answer = self._http.get("/_mock/mailbox", params={"type": kind})
        letters = [
            one["body"].encode() for one in json.loads(answer.text) if one["account"] == "ACME"
        ]
        return [letter for letter in letters if kind.encode() in letter]


def statements(bank: Bank) -> list[Statement]:
    return [one for letter in bank.post_box("camt.053") for one in camt.read(letter)]


def fils(reference: str, amount: str, *, to: str = OPEN, name: str = "ليلى حداد") -> Transfer:
    creditor = BankParty(name=name, account=to, is_iban=True, bic="MOCKNL2A")
    return Transfer(reference=reference, amount=Money.parse(amount, "JOD"), creditor=creditor)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_mock/health").is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "mockbank", "--port", str(port), "-q"]
    with subprocess.Popen([*command, "--clock", "2026-09-30T09:00"]) as process:  # noqa: S603
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + WAIT_SECONDS
        while not is_up(url):
            assert time.monotonic() < until, "the bank did not open"
            time.sleep(0.05)
        yield url
        process.terminate()


@pytest.fixture
def bank(address: str) -> Iterator[Bank]:
    with httpx.Client(base_url=address) as http:
        assert http.post("/_mock/reset").is_success
        found = Bank(http)
        found.set("ACME", currency="JOD", balance=1_000_000)
        yield found


def test_dinars_and_an_arabic_name_go_out_and_are_seen_on_the_statement(bank: Bank) -> None:
    bank.pay(fils("E-1", "200.125"), fils("E-2", "100.125", to=CLOSED))
    (report,) = map(orders.read_status, bank.post_box("pain.002"))
    assert (report.order_id, report.verdict) == ("RAFID-1", Verdict.PARTLY)
    assert [(one.reference, one.verdict, one.reason_code) for one in report.payments] == [
        ("E-1", Verdict.ACCEPTED, None),
        ("E-2", Verdict.REFUSED, "AC04"),
    ]
    bank.move_on(3)
    told = statements(bank)
    for one in told:
        require_sum(one)
    for earlier, later in pairwise(told):
        require_continuity(earlier, later)
    entries = [entry for one in told for entry in one.entries]
    assert [(entry.side, str(entry.amount)) for entry in entries] == [(Side.OUT, "200.125")]
    assert [part.own_reference for part in entries[0].parts] == ["E-1"]
    assert entries[0].parts[0].counterparty == "ليلى حداد"


def test_a_notice_names_the_entry_that_the_statement_names(bank: Bank) -> None:
    bank.pay(fils("E-1", "200.125"))
    bank.move_on(3)
    notices = [one for letter in bank.post_box("camt.054") for one in camt.read(letter)]
    assert {one.told for one in notices} == {Told.NOTICE}
    noticed = {key for one in notices for key in keys_of(one.account, one.entries)}
    booked = {key for one in statements(bank) for key in keys_of(one.account, one.entries)}
    assert noticed
    assert noticed == booked


def test_a_file_sent_twice_is_refused_as_a_whole(bank: Bank) -> None:
    for _ in range(2):
        bank.pay(fils("E-1", "200.125"))
    first, second = map(orders.read_status, bank.post_box("pain.002"))
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.REFUSED)
    assert (second.reason_code, second.payments) == ("DUPL", ())


def test_money_that_comes_back_late_names_its_payment(bank: Bank) -> None:
    bank.set("ACME", behaviour="return-later", parameters={"days": 2, "reason": "AC04"})
    bank.pay(fils("E-1", "200.125"))
    bank.move_on(10)
    returned = [one for letter in bank.post_box("pacs.004") for one in orders.read_returns(letter)]
    assert [(one.reference, str(one.amount)) for one in returned] == [("E-1", "200.125")]
    told = statements(bank)
    assert told[-1].closing == Money.parse("1000", "JOD")
    assert [(entry.side, str(entry.amount)) for one in told for entry in one.entries] == [
        (Side.OUT, "200.125"),
        (Side.IN, "200.125"),
    ]


def test_a_bank_that_is_silent_says_nothing_of_the_order(bank: Bank) -> None:
    bank.set("ACME", behaviour="silent")
    bank.pay(fils("E-1", "200.125"))
    assert bank.post_box("pain.002") == []


def test_an_entry_that_the_bank_left_out_is_missed_by_the_sum(bank: Bank) -> None:
    bank.set("ACME", behaviour="statement-gap")
    bank.pay(fils("E-1", "200.125"))
    bank.move_on(3)

    def adds(one: Statement) -> bool:
        try:
            require_sum(one)
        except RafidError:
            return False
        return True

    assert not all(adds(one) for one in statements(bank))


def test_what_a_borrower_pays_in_arrives_with_its_reference(bank: Bank) -> None:
    bank.receive(amount=12_345, currency="JOD", debtor={"name": "سعاد"}, reference="LOAN 7")
    bank.move_on(3)
    entries = [entry for one in statements(bank) for entry in one.entries]
    assert [(entry.side, str(entry.amount)) for entry in entries] == [(Side.IN, "12.345")]
    (part,) = entries[0].parts
    assert "LOAN 7" in (part.own_reference, part.text)
    assert part.counterparty == "سعاد"
