"""Debts elsewhere are told and found, kept beside each other, and heard by the assessment."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter

from services.cli import bureaus, intake_files
from services.loans.borrowers import router as borrowers
from services.loans.bureau import queries, router
from services.loans.bureau.operations import Loaded
from services.loans.domain.bureau_file import BureauForm
from services.loans.domain.mapping import ColumnMissing, MappingUnclear
from shared.auth import Role
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from tests import bodies, office
from tests.office import TODAY, Caller, Office

BORROWERS = "/loans/v1/borrowers"
COLUMNS = ("id", "lender", "monthly", "balance", "on")
FORM: dict[str, Any] = {
    "bureau": "Test bureau",
    "valid_days": 30,
    "dates": "%d/%m/%Y",
    "fields": {
        "document_type": {"constant": "national_id"},
        "document_number": {"column": "id"},
        "lender": {"column": "lender"},
        "monthly": {"column": "monthly"},
        "outstanding": {"column": "balance"},
        "currency": {"constant": "JOD"},
        "as_of": {"column": "on"},
    },
}
ALLOWED = [
    {"purpose": "credit_decision", "effective_on": "2026-03-01"},
    {"purpose": "credit_bureau", "effective_on": "2026-03-01"},
]


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with office.opened(loans_db, institution_id, borrowers.router, router.router) as opened:
        yield opened


@pytest.fixture
def officer(desk: Office) -> Caller:
    return desk.caller(Role.OFFICER)


async def borrower(officer: Caller, desk: Office, number: str, **changes: Any) -> str:
    year = 1950 + int(number[-2:])
    body = bodies.person(
        desk.branch,
        born_on=f"{year}-01-01",
        documents=[{"type": "national_id", "number": number}],
        consents=changes.pop("consents", ALLOWED),
    )
    answer = await officer.post(BORROWERS, body | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["borrower_id"])


def debt(lender: str, monthly: str, outstanding: str = "500.000") -> dict[str, Any]:
    return {
        "lender": lender,
        "monthly": bodies.amount(monthly),
        "outstanding": bodies.amount(outstanding),
    }


async def declare(officer: Caller, borrower_id: str, *debts: Any, **changes: Any) -> Any:
    body = {"as_of": TODAY.isoformat(), "debts": list(debts)} | changes
    return await officer.post(f"{BORROWERS}/{borrower_id}/debts", body)


async def read(officer: Caller, borrower_id: str) -> dict[str, Any]:
    answer = await officer.get(
        f"{BORROWERS}/{borrower_id}/debts", purpose="application", currency="JOD"
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def load(desk: Office, *rows: tuple[str, ...], form: Any = FORM) -> Loaded:
    text = "\n".join(";".join(row) for row in (COLUMNS, *rows))
    return await load_bytes(desk, text.encode(), form=form)


async def load_bytes(desk: Office, content: bytes, *, form: Any = FORM) -> Loaded:
    db = TenantDb(desk.database, desk.institution_id)
    return await bureaus.load_content(db, content, BureauForm.of(form), clock=desk.clock)


def refusals(loaded: Loaded) -> list[tuple[int, str]]:
    return [(one.line.number, one.error.slug()) for one in loaded.refused]


async def test_word_and_finding_stand_beside_each_other(desk: Office, officer: Caller) -> None:
    one = await borrower(officer, desk, "900111")
    assert (await declare(officer, one, debt("Bank A", "50.000"))).status_code == 201
    loaded = await load(
        desk,
        ("٩٠٠١١١", "bank a", "60", "500", "01/04/2026"),
        ("900-111", "Bank B", "20", "90.5", "01/04/2026"),
    )
    assert (loaded.reports, loaded.known, loaded.refused) == (1, 0, [])
    found = await read(officer, one)
    assert [item["lender"] for item in found["declared"]["debts"]] == ["Bank A"]
    assert [item["lender"] for item in found["bureau"]["debts"]] == ["bank a", "Bank B"]
    assert found["bureau"]["fresh_until"] == "2026-05-01"
    assert [(item["lender"], item["difference"]) for item in found["differences"]] == [
        ("Bank A", "amounts_differ"),
        ("Bank B", "only_bureau"),
    ]
    assert [(item["source"], item["monthly"]["amount"]) for item in found["counted"]] == [
        ("bureau", "60.000"),
        ("declared", "50.000"),
        ("bureau", "20.000"),
    ]
    records = await desk.caller(Role.AUDITOR).get(f"{BORROWERS}/{one}/access-records")
    assert [item["purpose"] for item in records.json()["items"]] == ["application"]


async def test_the_newest_word_counts_and_none_is_an_answer(desk: Office, officer: Caller) -> None:
    one = await borrower(officer, desk, "900112")
    await declare(officer, one, debt("Bank A", "50.000"))
    await declare(officer, one)
    found = await read(officer, one)
    assert (found["declared"]["debts"], found["counted"]) == ([], [])


async def test_the_same_file_again_has_no_effect(desk: Office, officer: Caller) -> None:
    await borrower(officer, desk, "900113")
    row = ("900113", "Bank A", "60", "500", "01/04/2026")
    first, again = await load(desk, row), await load(desk, row)
    assert (first.reports, first.known) == (1, 0)
    assert (again.reports, again.known) == (0, 1)


async def test_what_may_not_be_kept_goes_into_the_quarantine(desk: Office, officer: Caller) -> None:
    kept = await borrower(officer, desk, "900114")
    silent = await borrower(officer, desk, "900115", consents=ALLOWED[:1])
    broken = await borrower(officer, desk, "900116")
    loaded = await load(
        desk,
        ("900114", "", "", "", "01/04/2026"),
        ("900115", "Bank A", "60", "500", "01/04/2026"),
        ("900116", "Bank A", "60", "500", "01/04/2026"),
        ("900116", "Bank B", "much", "500", "01/04/2026"),
        ("777777", "Bank A", "60", "500", "01/04/2026"),
        ("900114", "Bank A", "60", "500", "02/04/2026"),
    )
    assert refusals(loaded) == [
        (2, "report-incomplete"),
        (3, "bureau-not-allowed"),
        (4, "report-incomplete"),
        (5, "not-a-number"),
        (6, "borrower-not-here"),
        (7, "report-not-yet"),
    ]
    assert loaded.reports == 0
    for one in (kept, silent, broken):
        assert (await read(officer, one))["bureau"] is None


async def test_a_finding_goes_stale_and_a_consent_is_taken_back(
    desk: Office, officer: Caller
) -> None:
    one = await borrower(officer, desk, "900117")
    await load(desk, ("900117", "Bank A", "60", "500", "01/04/2026"))
    db = TenantDb(desk.database, desk.institution_id)

    async def heard(days: int) -> int:
        async with db() as session:
            found = await queries.other_debts(
                session, [UUID(one)], currency="JOD", on=TODAY + timedelta(days=days)
            )
        return len(found.get(UUID(one), []))

    assert [await heard(0), await heard(30), await heard(31)] == [1, 1, 0]
    withdrawal = {"purpose": "credit_bureau", "effective_on": "2026-04-01", "granted": False}
    await officer.post(f"{BORROWERS}/{one}/consents", withdrawal)
    found = await read(officer, one)
    assert (found["counted"], found["bureau"]["silent"]) == ([], "no_consent")
    assert [item["because"] for item in found["left_out"]] == ["no_consent"]


async def test_a_spreadsheet_is_read_like_a_text(desk: Office, officer: Caller) -> None:
    one = await borrower(officer, desk, "900118")
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_row(1, 0, ["900118", "بنك أ", 60.5, 500, "01/04/2026"])
    loaded = await load_bytes(desk, out.getvalue())
    assert (loaded.reports, loaded.refused) == (1, [])
    (item,) = (await read(officer, one))["bureau"]["debts"]
    assert (item["lender"], item["monthly"]["amount"]) == ("بنك أ", "60.500")


async def test_a_file_without_a_named_column_is_refused_whole(desk: Office) -> None:
    with pytest.raises(ColumnMissing):
        await load_bytes(desk, b"id;lender\n900119;Bank A\n")


async def test_a_word_from_tomorrow_or_about_a_stranger_is_refused(
    desk: Office, officer: Caller
) -> None:
    one = await borrower(officer, desk, "900120")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    answer = await declare(officer, one, as_of=tomorrow)
    assert answer.json()["type"] == "/problems/loans/report-not-yet"
    negative = await declare(officer, one, debt("Bank A", "-1.000"))
    assert negative.json()["type"] == "/problems/loans/debt-impossible"
    elsewhere = desk.caller(Role.OFFICER, branches=[desk.branches[1]])
    assert (await declare(elsewhere, one)).status_code == 404
    answer = await elsewhere.get(f"{BORROWERS}/{one}/debts", purpose="application", currency="JOD")
    assert answer.status_code == 404


async def test_the_command_reads_the_form_and_writes_what_it_refused(
    desk: Office, officer: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await borrower(officer, desk, "900121")
    form, file = tmp_path / "form.yaml", tmp_path / "debts.csv"
    form.write_text(json.dumps(FORM), "utf-8")
    rows = ("id;lender;monthly;balance;on", "900121;=1+1;5;50;01/04/2026", "5;A;5;5;01/04/2026")
    file.write_text("\n".join(rows), "utf-8")
    read = bureaus.read_form(form)
    loaded = await load_bytes(desk, file.read_bytes())
    intake_files.write_quarantine(file, loaded.refused, language="fr")
    bureaus.tell(loaded, form=read, file=file)
    said = " ".join(capsys.readouterr().out.split())
    assert "Test bureau: 1 borrowers' debts taken in, 0 known already, 1 lines refused" in said
    kept = (tmp_path / "debts.quarantine.csv").read_text("utf-8-sig")
    assert "3,document-not-valid," in kept
    form.write_text("fields: [", "utf-8")
    with pytest.raises(MappingUnclear):
        bureaus.read_form(form)
