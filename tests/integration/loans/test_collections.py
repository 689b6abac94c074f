"""A sheet goes out with what is open, and comes back with money: each line once, all or none."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert

from services.loans.borrowers.tables import BorrowerMemberRow, BorrowerRow
from services.loans.collections.router import router
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.papers.printing import Printer
from services.loans.repayments.batch import RepaymentBook
from shared import ids
from shared.db import Database
from shared.ids import BranchId, ContractId, InstitutionId
from tests.integration.loans.scene import (
    ACTOR,
    TODAY,
    OpenVerifier,
    Scene,
    client_of,
    jod,
    keyed,
)
from tests.integration.loans.signing import officer, signed

SHEETS = "/loans/v1/collection-sheets"
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Json = dict[str, Any]


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


def client(scene: Scene, roles: str = "officer", *, verifier: OpenVerifier | None = None) -> Any:
    return client_of(
        scene,
        router,
        roles=roles,
        verifier=verifier,
        repayment_book=RepaymentBook(scene.database),
        printer=Printer(),
    )


@pytest.fixture
async def http(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client(scene) as opened:
        yield opened


@pytest.fixture
async def rows(scene: Scene) -> list[ContractRow]:
    """Three contracts of 1,200 JOD in twelve, paid out on 1 March; 100 are due each month."""
    fund_id = await scene.fund()
    lent = [await signed(scene, fund_id, amount=jod("1200.000")) for _ in range(3)]
    async with scene.database.begin(scene.institution_id) as session:
        payouts = [
            Payout(contract_id=ContractId(row.contract_id), disbursed_on=TODAY) for row in lent
        ]
        await disbursements.disburse_contracts(session, payouts, actor=officer(scene))
    return lent


def sheet(lines: list[tuple[ContractRow | None, str]], total: str, **members: Any) -> Json:
    return {
        "total": {"amount": total, "currency": "JOD"},
        "lines": [
            {
                "contract_id": str(ids.new() if row is None else row.contract_id),
                "amount": {"amount": amount, "currency": "JOD"},
            }
            for row, amount in lines
        ],
        **members,
    }


async def ask(http: httpx.AsyncClient, on: date, **query: Any) -> Json:
    answer = await http.get(SHEETS, params={"on": on.isoformat(), **query})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def repayments(scene: Scene) -> object:
    return await scene.scalar("select count(*) from repayment")


async def test_a_sheet_lists_what_is_due_and_late_with_its_sums(
    http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    assert (await ask(http, date(2026, 3, 31)))["lines"] == []
    april = await ask(http, APRIL)
    assert {line["reference"] for line in april["lines"]} == {row.reference for row in rows}
    assert {line["due_today"]["amount"] for line in april["lines"]} == {"100.000"}
    assert {line["days_late"] for line in april["lines"]} == {0}
    may = await ask(http, MAY)
    assert {line["to_collect"]["amount"] for line in may["lines"]} == {"200.000"}
    assert {line["days_late"] for line in may["lines"]} == {30}
    assert may["totals"] == [
        {
            "late": {"amount": "300.000", "currency": "JOD"},
            "due_today": {"amount": "300.000", "currency": "JOD"},
            "to_collect": {"amount": "600.000", "currency": "JOD"},
        }
    ]
    assert may["on"] == {"gregorian": "2026-05-01", "hijri": "1447-11-14"}


async def test_a_sheet_brought_back_is_received_line_by_line(
    http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    body = sheet([(rows[0], "100.000"), (rows[1], "150.000")], "250.000")
    answer = await http.post(SHEETS, json=body, headers=keyed())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [line["outcome"] for line in found["lines"]] == ["received", "received"]
    assert found["received"]["amount"] == "250.000"
    assert found["lines"][0]["repayment"]["principal"]["amount"] == "100.000"
    left = {
        line["reference"]: line["to_collect"]["amount"] for line in (await ask(http, MAY))["lines"]
    }
    assert left == {
        rows[0].reference: "100.000",
        rows[1].reference: "50.000",
        rows[2].reference: "200.000",
    }


async def test_a_sheet_that_is_not_its_cash_is_refused_whole(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    body = sheet([(rows[0], "100.000"), (rows[1], "150.000")], "250.001")
    answer = await http.post(SHEETS, json=body, headers=keyed())
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/loans/totals-differ")
    assert answer.json()["counted"]["amount"] == "250.000"
    twice = sheet([(rows[0], "1.000"), (rows[0], "1.000")], "2.000")
    refused = await http.post(SHEETS, json=twice, headers=keyed())
    assert refused.json()["type"] == "/problems/loans/line-twice"
    assert await repayments(scene) == 0


async def test_a_line_that_cannot_be_received_is_refused_alone_and_says_why(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    unpaid = await signed(scene, await scene.fund())
    body = sheet(
        [(rows[0], "100.000"), (None, "10.000"), (unpaid, "20.000"), (rows[1], "0.000")],
        "130.000",
    )
    answer = await http.post(SHEETS, json=body, headers=keyed() | {"Accept-Language": "fr"})
    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert [line["outcome"] for line in found["lines"]] == ["received", *["refused"] * 3]
    assert [line["problem"]["type"] for line in found["lines"][1:]] == [
        "/problems/loans/contract-unknown",
        "/problems/loans/contract-not-paid-out",
        "/problems/loans/amount-not-positive",
    ]
    assert found["lines"][1]["problem"]["title"] != "There is no such contract here"
    assert (found["received"]["amount"], found["refused"]["amount"]) == ("100.000", "30.000")
    assert await repayments(scene) == 1


async def test_the_same_sheet_again_receives_nothing_twice(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    key = keyed()
    body = sheet([(rows[0], "100.000"), (rows[1], "150.000")], "250.000")
    first = (await http.post(SHEETS, json=body, headers=key)).json()
    again = (await http.post(SHEETS, json=body, headers=key)).json()
    assert [line["outcome"] for line in again["lines"]] == ["repeated", "repeated"]
    assert [line["repayment"] for line in again["lines"]] == [
        line["repayment"] for line in first["lines"]
    ]
    assert again["received"] == first["received"]
    more = sheet([(rows[0], "100.000"), (rows[1], "150.000"), (rows[2], "5.000")], "255.000")
    third = (await http.post(SHEETS, json=more, headers=key)).json()
    assert [line["outcome"] for line in third["lines"]] == ["repeated", "repeated", "received"]
    assert await repayments(scene) == 3


async def test_another_amount_under_the_same_key_is_refused_for_that_line(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    key = keyed()
    await http.post(SHEETS, json=sheet([(rows[0], "100.000")], "100.000"), headers=key)
    changed = sheet([(rows[0], "90.000"), (rows[1], "10.000")], "100.000")
    found = (await http.post(SHEETS, json=changed, headers=key)).json()
    assert [line["outcome"] for line in found["lines"]] == ["refused", "received"]
    assert found["lines"][0]["problem"]["type"] == "/problems/shared/idempotency-key-reused"
    assert found["lines"][0]["problem"]["key"] == key["Idempotency-Key"]
    assert await repayments(scene) == 2


async def test_a_line_below_zero_receives_nothing_of_the_whole_sheet(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    body = sheet([(rows[0], "100.000"), (rows[1], "-50.000")], "50.000")
    answer = await http.post(SHEETS, json=body, headers=keyed())
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "/problems/loans/amount-not-positive",
    )
    assert await repayments(scene) == 0


async def test_a_very_long_key_is_as_good_as_a_short_one(
    http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    body = sheet([(rows[0], "1.000")], "1.000")
    keys = [{"Idempotency-Key": "k" * 254 + end} for end in "ab"]
    for key in keys:
        found = (await http.post(SHEETS, json=body, headers=key)).json()
        assert found["lines"][0]["outcome"] == "received"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            sheet([(None, "1.000")], "1.000", received_on="2026-03-02"),
            "/problems/loans/day-not-yet",
        ),
        (sheet([], "0.000"), "/problems/invalid-request"),
        (sheet([(None, "1.0001")], "1.000"), "/problems/invalid-request"),
        (sheet([(None, "1.000")] * 1_001, "1001.000"), "/problems/invalid-request"),
    ],
)
async def test_a_sheet_that_cannot_be_is_refused(
    http: httpx.AsyncClient, body: Json, problem: str
) -> None:
    answer = await http.post(SHEETS, json=body, headers=keyed())
    assert (answer.status_code, answer.json()["type"]) == (422, problem)
    assert (await http.post(SHEETS, json=body)).status_code == 422  # without a key


async def test_a_sheet_is_cut_to_a_group_an_officer_a_branch_and_to_what_one_sees(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    group_id = ids.new()
    common = {"institution_id": scene.institution_id, "borrower_id": group_id}
    group = {
        "reference": "BR-G",
        "kind": "solidarity_group",
        "branch_id": scene.branch_id,
        "name_ar": "مجموعة",
        "name_sort": "مجموعة",
        "region": "amman",
        "actor_id": ACTOR,
    }
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(insert(BorrowerRow), common | group)
        member = {"member_borrower_id": rows[1].borrower_id, "leads": True}
        await session.execute(insert(BorrowerMemberRow), common | member)
    of_group = await ask(http, APRIL, group_id=group_id)
    assert [line["reference"] for line in of_group["lines"]] == [rows[1].reference]
    assert of_group["lines"][0]["group_id"] == str(group_id)
    assert len((await ask(http, APRIL, officer_id=ACTOR))["lines"]) == 3
    assert (await ask(http, APRIL, officer_id=ids.new()))["lines"] == []
    assert len((await ask(http, APRIL, branch_id=scene.branch_id))["lines"]) == 3
    verifier = OpenVerifier(scene.institution_id)
    verifier.branch_ids = frozenset({BranchId(ids.new())})
    async with client(scene, verifier=verifier) as elsewhere:
        assert (await ask(elsewhere, APRIL))["lines"] == []
        answer = await elsewhere.post(
            SHEETS, json=sheet([(rows[0], "1.000")], "1.000"), headers=keyed()
        )
        assert answer.json()["lines"][0]["problem"]["type"] == "/problems/loans/contract-unknown"


async def test_a_sheet_is_printed_and_written_for_a_spreadsheet(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    query = {"on": APRIL.isoformat(), "lang": "ar", "branch_id": str(scene.branch_id)}
    pdf = await http.get(SHEETS, params=query | {"format": "pdf"})
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.content == (await http.get(SHEETS, params=query | {"format": "pdf"})).content
    by_header = await http.get(SHEETS, params=query, headers={"Accept": XLSX})
    assert by_header.headers["content-type"] == XLSX
    table = CalamineWorkbook.from_filelike(io.BytesIO(by_header.content)).get_sheet_by_index(0)
    lines = table.to_python()
    assert lines[0][0] == "عقد القرض"
    assert {line[0] for line in lines[1:]} == {row.reference for row in rows}
    assert {line[6] for line in lines[1:]} == {"100.000"}
    with zipfile.ZipFile(io.BytesIO(by_header.content)) as parts:
        assert 'rightToLeft="1"' in parts.read("xl/worksheets/sheet1.xml").decode()


async def test_who_is_on_a_sheet_is_recorded_as_read_about(
    scene: Scene, http: httpx.AsyncClient, rows: list[ContractRow]
) -> None:
    await ask(http, date(2026, 3, 31))
    assert await scene.scalar("select count(*) from access_record") == 0
    await ask(http, APRIL)
    assert await scene.scalar(
        "select count(*) from access_record where purpose = 'contact'"
    ) == len(rows)
