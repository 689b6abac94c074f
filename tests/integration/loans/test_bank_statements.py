"""Files of banks and wallets: each line once, whatever comes twice, overlaps or is broken."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from services.loans.bank_statements import router as bank_statements
from services.loans.payments.sealing import Sealer
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import office
from tests.bodies import amount
from tests.integration.loans import bookkeeping
from tests.integration.loans.bookkeeping import PATH, Bookkeeping, made
from tests.office import Caller

IBAN = "JO71HBHO0320000032130000000000"
FILES = "/loans/v1/statement-files"
LAYOUT = {"day": "Date", "amount": "Amount", "own_reference": "Ref", "balance": "Balance"}


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Bookkeeping]:
    routers = (*bookkeeping.ROUTERS, bank_statements.router)
    async with office.opened(loans_db, institution_id, *routers) as opened:
        opened.app.state.payments = SimpleNamespace(sealer=Sealer(b"k" * 32))
        yield Bookkeeping.at(opened)


@pytest.fixture
def administrator(books: Bookkeeping) -> Caller:
    return books.office.caller(Role.ADMINISTRATOR)


async def account(books: Bookkeeping, code: str = "HBTF-1", number: str = IBAN) -> str:
    body = {
        "code": code,
        "channel": "bank",
        "provider": "Housing Bank",
        "number": number,
        "currency": "JOD",
        "opened_on": "2026-01-01",
        "fund_ids": [],
    }
    found: str = (await made(books.maker, "/money-accounts", body))["money_account_id"]
    return found


def mt940(
    lines: Sequence[str],
    *,
    opening: str = "100,",
    closing: str = "300,125",
    day: str = "260102",
    number: str = IBAN,
) -> bytes:
    return (
        f":20:S{day}\n:25:{number}\n:28C:1/1\n:60F:C260101JOD{opening}\n"
        + "".join(f":61:{line}\n:86:سداد من سعاد\n" for line in lines)
        + f":62F:C{day}JOD{closing}\n"
    ).encode()


PAID_IN = "2601020102C200,125NTRFLOAN-7//BANK77"


async def bring(
    books: Bookkeeping, account_id: str, content: bytes, *, form: str = "mt940", status: int = 201
) -> dict[str, Any]:
    body = {
        "money_account_id": account_id,
        "format": form,
        "content": base64.b64encode(content).decode(),
    }
    answer = await books.maker.post(FILES, body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def lines(books: Bookkeeping, account_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = await books.auditor.get(
        "/loans/v1/statement-lines", money_account_id=account_id, **query
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_statement_brings_its_lines_and_says_what_is_on_the_account(
    books: Bookkeeping,
) -> None:
    account_id = await account(books)
    told = await bring(books, account_id, mt940([PAID_IN]))
    assert (told["taken"], told["known"], told["faults"]) == (1, 0, [])
    (part,) = told["statements"]
    assert (part["opening"], part["closing"]) == (amount("100.000"), amount("300.125"))
    assert part["finding"] is None
    (line,) = await lines(books, account_id)
    assert (line["side"], line["amount"], line["provider_reference"]) == (
        "in",
        amount("200.125"),
        "BANK77",
    )
    assert line["text"] == "سداد من سعاد"
    assert [one["own_reference"] for one in line["payments"]] == ["LOAN-7"]
    accounts = (await books.auditor.get(f"{PATH}/money-accounts")).json()["items"]
    assert accounts[0]["stated"] == amount("300.125")


async def test_the_same_file_twice_at_once_and_later_is_one_file(books: Bookkeeping) -> None:
    account_id = await account(books)
    content = mt940([PAID_IN])
    body = {
        "money_account_id": account_id,
        "format": "mt940",
        "content": base64.b64encode(content).decode(),
    }
    answers = await asyncio.gather(*(books.maker.post(FILES, body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["file_id"] for answer in answers}) == 1
    again = await bring(books, account_id, content, status=200)
    assert not again["is_new"]
    assert len(await lines(books, account_id)) == 1


async def test_files_that_overlap_bring_each_line_once(books: Bookkeeping) -> None:
    account_id = await account(books)
    more = "2601030103C5,NTRFNONREF//BANK78"
    await bring(books, account_id, mt940([PAID_IN]))
    told = await bring(books, account_id, mt940([PAID_IN, more], closing="305,125", day="260103"))
    assert (told["taken"], told["known"]) == (1, 1)
    assert [line["provider_reference"] for line in await lines(books, account_id)] == [
        "BANK77",
        "BANK78",
    ]
    later = await lines(books, account_id, since="2026-01-03", until="2026-01-03")
    assert [line["provider_reference"] for line in later] == ["BANK78"]


async def test_many_files_that_overlap_at_once_bring_each_line_once(books: Bookkeeping) -> None:
    account_id = await account(books)
    entries = [f"2601020102C{number},NTRFNONREF//B{number}" for number in range(1, 9)]
    files = [
        mt940(entries[start:] + entries[:start], closing="136,", day="260102") for start in range(8)
    ]
    told = await asyncio.gather(*(bring(books, account_id, one) for one in files))
    assert sum(one["taken"] for one in told) == 8
    assert len(await lines(books, account_id)) == 8


async def test_sums_that_do_not_fit_are_kept_and_said(books: Bookkeeping) -> None:
    account_id = await account(books)
    wrong = await bring(books, account_id, mt940([PAID_IN], closing="300,"))
    assert wrong["statements"][0]["finding"] == "does_not_add"
    gap = await bring(books, account_id, mt940([], opening="7,", closing="7,", day="260105"))
    assert gap["statements"][0]["finding"] == "gap_before"
    read = await books.auditor.get(f"{FILES}/{gap['file_id']}")
    assert read.json()["statements"] == gap["statements"]


async def test_another_account_s_statement_changes_nothing(books: Bookkeeping) -> None:
    account_id = await account(books)
    for content in (
        mt940([PAID_IN], number="JO1"),
        mt940([], closing="100,").replace(b"JOD", b"USD"),
    ):
        told = await bring(books, account_id, content, status=422)
        assert told["type"].endswith("/statement-of-other-account")
    assert await lines(books, account_id) == []
    listed = await books.auditor.get(FILES, money_account_id=account_id)
    assert listed.json()["items"] == []


async def test_a_number_written_with_spaces_is_the_same_number(books: Bookkeeping) -> None:
    account_id = await account(books)
    await bring(books, account_id, mt940([PAID_IN], number=f"{IBAN[:4]} {IBAN[4:].lower()}"))
    assert len(await lines(books, account_id)) == 1


async def test_a_broken_line_of_a_table_stops_no_other(
    books: Bookkeeping, administrator: Caller
) -> None:
    account_id = await account(books)
    body = {"money_account_id": account_id, "layout": {**LAYOUT, "encoding": "cp1256"}}
    first = await administrator.post("/loans/v1/statement-layouts", body)
    again = await administrator.post("/loans/v1/statement-layouts", body)
    assert (first.status_code, first.json()["version"], again.json()["version"]) == (201, 1, 1)
    table = (
        "Date,Amount,Ref,Balance\n02/01/2026,٢٠٠٫١٢٥,سعاد,300.125\n?,1,x,1\n03/01/2026,5,,305.125\n"
    )
    digits = table.replace("٢٠٠٫١٢٥", "200.125")
    told = await bring(books, account_id, digits.encode("cp1256"), form="table")
    assert (told["taken"], told["layout_version"]) == (2, 1)
    assert [(fault["number"], fault["code"]) for fault in told["faults"]] == [
        (3, "cell-unreadable")
    ]
    assert told["faults"][0]["text"] == "?,1,x,1"
    found = await lines(books, account_id)
    assert {one["payments"][0]["own_reference"] for one in found} == {"سعاد", None}
    assert {str(one["number"]) for one in found} == {"2", "4"}


async def test_a_table_needs_a_layout_and_one_that_is_possible(
    books: Bookkeeping, administrator: Caller
) -> None:
    account_id = await account(books)
    told = await bring(books, account_id, b"Date,Amount\n", form="table", status=422)
    assert told["type"].endswith("/layout-unknown")
    body = {"money_account_id": account_id, "layout": {"day": "d"}}
    answer = await administrator.post("/loans/v1/statement-layouts", body)
    assert answer.json()["type"].endswith("/layout-contradicts")
    read = await administrator.get(f"/loans/v1/statement-layouts/{account_id}")
    assert read.status_code == 422


async def test_broken_files_are_refused_in_the_reader_s_language(books: Bookkeeping) -> None:
    account_id = await account(books)
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><Document>&b;</Document>'
    for content, form in ((bomb, "camt"), (mt940([PAID_IN])[:90], "mt940"), (b"x", "camt")):
        body = {
            "money_account_id": account_id,
            "format": form,
            "content": base64.b64encode(content).decode(),
        }
        answer = await books.maker.post(FILES, body, Accept_Language="ar")
        assert answer.status_code == 422
        assert answer.json()["title"] == "لا يمكن قراءة ملف المصرف"
    assert (await books.auditor.get(FILES, money_account_id=account_id)).json()["items"] == []


async def test_what_names_people_is_sealed_in_the_database(
    books: Bookkeeping, loans_db: Database, institution_id: InstitutionId
) -> None:
    account_id = await account(books)
    await bring(books, account_id, mt940([PAID_IN]))
    async with loans_db.begin(institution_id) as session:
        for table in ("statement_file", "statement_line"):
            rows = (await session.execute(text(f"select {table}::text from {table}"))).scalars()
            assert all("سعاد" not in row for row in rows)


async def test_another_institution_sees_none_of_it(books: Bookkeeping) -> None:
    account_id = await account(books)
    told = await bring(books, account_id, mt940([PAID_IN]))
    stranger = books.office.caller(Role.AUDITOR, institution_id=InstitutionId(ids.new()))
    assert (await stranger.get(f"{FILES}/{told['file_id']}")).status_code == 404
    found = await stranger.get("/loans/v1/statement-lines", money_account_id=account_id)
    assert found.json()["items"] == []
