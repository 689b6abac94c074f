"""Papers over the routes: as JSON and PDF, within reach, recorded, and checked by a stranger."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from services.loans.contracts.router import router as contracts
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.ledger.queries import JOURNAL
from services.loans.papers.printing import Printer
from services.loans.papers.router import router
from services.loans.repayments import router as repayments
from services.loans.repayments.batch import RepaymentBook
from shared import feed, ids
from shared.batching import Batcher
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import BranchId, ContractId, InstitutionId
from tests.integration.loans.scene import TODAY, OpenVerifier, Scene, client_of, keyed
from tests.integration.loans.signing import officer, signed

LOANS = "/loans/v1"
PDF = "application/pdf"


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


def client(scene: Scene, roles: str = "officer", *, verifier: OpenVerifier | None = None) -> Any:
    book = RepaymentBook(scene.database)
    return client_of(
        scene,
        repayments.router,
        contracts,
        router,
        roles=roles,
        verifier=verifier,
        repayment_book=book,
        repayments=Batcher(book.receive),
        printer=Printer(),
    )


@pytest.fixture
async def http(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client(scene) as opened:
        opened.event_hooks["request"].append(under_a_key)
        yield opened


async def under_a_key(request: httpx.Request) -> None:
    """Every request has a key of its own unless it names one."""
    request.headers.setdefault("Idempotency-Key", ids.new().hex)


@pytest.fixture
async def row(scene: Scene) -> ContractRow:
    """1,000 JOD of qard in twelve instalments, paid out today."""
    contract = await signed(scene, await scene.fund())
    async with scene.database.begin(scene.institution_id) as session:
        payout = Payout(contract_id=ContractId(contract.contract_id), disbursed_on=TODAY)
        await disbursements.disburse_contracts(session, [payout], actor=officer(scene))
    return contract


async def pay(http: httpx.AsyncClient, row: ContractRow, amount: str) -> dict[str, Any]:
    body = {"amount": {"amount": amount, "currency": "JOD"}}
    path = f"{LOANS}/contracts/{row.contract_id}/repayments"
    answer = await http.post(path, json=body, headers=keyed())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def of(row: ContractRow, what: str) -> str:
    return f"{LOANS}/contracts/{row.contract_id}/{what}"


async def test_a_statement_closes_with_what_the_contract_says(
    http: httpx.AsyncClient, row: ContractRow
) -> None:
    await pay(http, row, "100.000")
    answer = await http.get(of(row, "statement"))
    assert answer.status_code == 200, answer.text
    paper = answer.json()
    state = (await http.get(f"{LOANS}/contracts/{row.contract_id}")).json()["state"]
    assert paper["closing"]["outstanding_principal"] == state["outstanding_principal"]
    assert [line["movement"] for line in paper["lines"]] == ["disbursement", "repayment"]
    assert paper["lines"][1]["parts"]["principal"]["amount"] == "100.000"
    assert paper["opening"]["outstanding_principal"]["amount"] == "0.000"
    assert paper["last_on"] == {"gregorian": "2026-03-01", "hijri": "1447-09-12"}
    assert len(paper["open_dues"]) == 11


async def test_a_statement_as_known_is_the_same_for_ever_to_the_byte(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow
) -> None:
    sequencer = Sequencer(scene.database, chains=(feed.EVENTS, JOURNAL))
    await pay(http, row, "100.000")
    await sequencer.number(scene.institution_id)
    known = str(await scene.scalar("select max(numbered_at) from journal_link"))
    asked = {"known_at": known.replace(" ", "T"), "format": "pdf", "lang": "ar"}
    first = await http.get(of(row, "statement"), params=asked)
    assert first.status_code == 200, first.text
    await pay(http, row, "50.000")
    await sequencer.number(scene.institution_id)
    again = await http.get(of(row, "statement"), params=asked)
    now = await http.get(of(row, "statement"), params=asked | {"known_at": "2026-12-31T00:00:00Z"})
    assert first.content == again.content
    assert now.content != first.content


async def test_the_same_paper_is_json_or_pdf_as_asked(
    http: httpx.AsyncClient, row: ContractRow
) -> None:
    path = of(row, "payment-schedule")
    as_json = await http.get(path)
    by_name = await http.get(path, params={"format": "pdf", "lang": "fr"})
    by_header = await http.get(path, headers={"Accept": PDF, "Accept-Language": "fr"})
    assert as_json.headers["content-type"] == "application/json"
    assert by_name.headers["content-type"] == by_header.headers["content-type"] == PDF
    assert by_name.headers["content-language"] == "fr"
    assert f"{row.reference}-schedule.pdf" in by_name.headers["content-disposition"]
    assert by_name.content == by_header.content
    assert (await http.get(path, params={"format": "docx"})).status_code == 422
    forced = await http.get(path, params={"format": "json"}, headers={"Accept": PDF})
    assert forced.json() == as_json.json()
    of_a_day = (await http.get(path, params={"as_of": "2026-02-01"})).json()
    assert of_a_day["as_of"] == {"gregorian": "2026-02-01", "hijri": "1447-08-13"}
    assert of_a_day["sha256"] != as_json.json()["sha256"]
    to_come = await http.get(path, params={"as_of": "2027-01-01"})
    assert to_come.json()["type"] == "/problems/loans/day-not-yet"


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"last_on": "2026-03-02"}, "/problems/loans/day-not-yet"),
        ({"first_on": "2026-03-02"}, "/problems/shared/period-reversed"),
    ],
)
async def test_days_that_cannot_be_are_refused(
    http: httpx.AsyncClient, row: ContractRow, asked: dict[str, str], problem: str
) -> None:
    answer = await http.get(of(row, "statement"), params=asked)
    assert (answer.status_code, answer.json()["type"]) == (422, problem)


async def test_a_receipt_says_what_the_money_paid_and_that_it_was_taken_back(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow
) -> None:
    paid = await pay(http, row, "83.333")
    path = f"{LOANS}/repayments/{paid['repayment_id']}/receipt"
    receipt = (await http.get(path)).json()
    assert receipt["repayment"]["principal"]["amount"] == "83.333"
    assert receipt["standing"]["outstanding_principal"]["amount"] == "916.667"
    assert receipt["reversed_by"] is None
    async with client(scene, "funds_manager") as manager:
        reversal = await manager.post(
            f"{LOANS}/repayments/{paid['repayment_id']}/reversal",
            json={"reason": "duplicate"},
            headers=keyed(),
        )
    after = (await http.get(path)).json()
    assert after["reversed_by"] == reversal.json()["repayment_id"]
    assert after["sha256"] != receipt["sha256"]
    undone = f"{LOANS}/repayments/{reversal.json()['repayment_id']}/receipt"
    assert (await http.get(undone)).status_code == 404


async def test_a_certificate_is_numbered_kept_and_printed_again(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow
) -> None:
    await pay(http, row, "100.000")
    issued = await http.post(of(row, "certificates"), json={"kind": "balance"})
    assert issued.status_code == 201, issued.text
    body = issued.json()
    assert body["number"] == "CT-2026-000001"
    await pay(http, row, "100.000")
    again = await http.get(of(row, f"certificates/{body['number']}"))
    assert again.json() == body
    assert again.json()["standing"]["outstanding_principal"]["amount"] == "900.000"
    listed = (await http.get(of(row, "certificates"))).json()["items"]
    assert [(item["number"], item["sha256"]) for item in listed] == [
        (body["number"], body["sha256"])
    ]
    printed = [
        await http.get(of(row, f"certificates/{body['number']}"), params={"format": "pdf"})
        for _ in range(2)
    ]
    assert printed[0].content == printed[1].content
    assert printed[0].headers["content-type"] == PDF
    kept = str(await scene.scalar("select content::text from certificate"))
    assert "أحمد" not in kept


async def test_settlement_is_certified_when_nothing_is_owed_and_not_before(
    http: httpx.AsyncClient, row: ContractRow
) -> None:
    body = {"kind": "settlement"}
    await pay(http, row, "999.999")
    refused = await http.post(of(row, "certificates"), json=body)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/still-owed"
    assert refused.json()["owed"] == {"amount": "0.001", "currency": "JOD"}
    await pay(http, row, "0.001")
    issued = await http.post(of(row, "certificates"), json=body)
    assert issued.status_code == 201, issued.text
    assert issued.json()["number"] == "CT-2026-000001"  # the refused one took no number
    assert issued.json()["standing"]["is_closed"] is True


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"kind": "paid_in_year"}, "/problems/loans/year-missing"),
        ({"kind": "balance", "year": 2026}, "/problems/loans/year-missing"),
        (
            {"kind": "paid_in_year", "year": 2026, "as_of": "2026-01-01"},
            "/problems/loans/year-missing",
        ),
        ({"kind": "paid_in_year", "year": 2027}, "/problems/loans/year-not-over"),
        ({"kind": "paid_in_year", "year": 2025}, "/problems/loans/nothing-lent"),
        ({"kind": "balance", "as_of": "2026-03-02"}, "/problems/loans/day-not-yet"),
        ({"kind": "balance", "as_of": "2026-02-28"}, "/problems/loans/nothing-lent"),
        ({"kind": "praise"}, "/problems/invalid-request"),
    ],
)
async def test_a_certificate_that_cannot_be_is_refused_by_name(
    scene: Scene,
    http: httpx.AsyncClient,
    row: ContractRow,
    body: dict[str, object],
    problem: str,
) -> None:
    answer = await http.post(of(row, "certificates"), json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, problem)
    assert await scene.scalar("select count(*) from certificate") == 0


async def test_what_was_paid_in_a_year_is_certified(
    http: httpx.AsyncClient, row: ContractRow
) -> None:
    await pay(http, row, "120.000")
    answer = await http.post(of(row, "certificates"), json={"kind": "paid_in_year", "year": 2026})
    body = answer.json()
    assert body["paid"]["principal"]["amount"] == "120.000"
    assert body["first_on"]["gregorian"] == "2026-01-01"
    assert body["standing"]["on"]["gregorian"] == TODAY.isoformat()


async def test_anybody_may_check_a_certificate_who_holds_it_and_nobody_else(
    http: httpx.AsyncClient, row: ContractRow
) -> None:
    issued = (await http.post(of(row, "certificates"), json={"kind": "balance"})).json()
    stranger = http
    stranger.headers.pop("authorization")
    path = f"{LOANS}/papers/{issued['number']}"
    asked = {"institution": issued["head"]["institution_code"], "sha256": issued["sha256"]}
    found = await stranger.get(path, params=asked)
    assert found.status_code == 200, found.text
    assert found.json() == {"as_issued": True, "certificate": issued}
    wrong: list[tuple[str, dict[str, str]]] = [
        (path, asked | {"sha256": "0" * 64}),
        (path, asked | {"institution": "nobody"}),
        (f"{LOANS}/papers/CT-2026-000999", asked),
    ]
    refusals = [await stranger.get(address, params=params) for address, params in wrong]
    assert {answer.status_code for answer in refusals} == {404}
    assert {answer.json()["title"] for answer in refusals} == {"No such certificate was issued"}
    assert (await stranger.get(path, params=asked | {"sha256": "'; drop"})).status_code == 422


async def test_a_changed_name_shows_and_is_not_told(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow, admin_url: str
) -> None:
    issued = (await http.post(of(row, "certificates"), json={"kind": "balance"})).json()
    admin = await asyncpg.connect(admin_url)
    change = "update loans.borrower set name_ar = 'غيره' where borrower_id = $1"
    await admin.execute(change, row.borrower_id)
    await admin.close()
    async with client(scene, "auditor") as auditor:
        found = (await auditor.get(of(row, f"certificates/{issued['number']}"))).json()
    assert found["head"]["borrower"]["name_ar"] is None
    assert found["sha256"] == issued["sha256"]
    assert found["standing"] == issued["standing"]


async def test_whoever_may_not_read_about_people_gets_no_name_and_leaves_no_record(
    scene: Scene, row: ContractRow
) -> None:
    async with client(scene, "funds_manager") as manager:
        paper = (await manager.get(of(row, "statement"))).json()
    assert paper["head"]["borrower"]["name_ar"] is None
    assert paper["head"]["borrower"]["reference"].startswith("BR-")
    assert await scene.scalar("select count(*) from access_record") == 0
    async with client(scene, "auditor") as auditor:
        seen = (await auditor.get(of(row, "statement"))).json()
    assert seen["head"]["borrower"]["name_ar"] == "أحمد"
    assert seen["sha256"] != paper["sha256"]
    found = await scene.scalar(
        "select purpose from access_record where borrower_id = :b", b=row.borrower_id
    )
    assert found == "paper"


@pytest.mark.parametrize(
    "what", ["statement", "payment-schedule", "certificates", "certificates/CT-2026-000001"]
)
async def test_papers_of_another_branch_are_not_there(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow, what: str
) -> None:
    await http.post(of(row, "certificates"), json={"kind": "balance"})
    paid = await pay(http, row, "10.000")
    verifier = OpenVerifier(scene.institution_id)
    verifier.branch_ids = frozenset({BranchId(ids.new())})
    async with client(scene, verifier=verifier) as elsewhere:
        assert (await elsewhere.get(of(row, what))).status_code == 404
        receipt = f"{LOANS}/repayments/{paid['repayment_id']}/receipt"
        assert (await elsewhere.get(receipt)).status_code == 404
        issue = await elsewhere.post(
            of(row, "certificates"), json={"kind": "balance"}, headers=keyed()
        )
        assert issue.status_code == 404


async def test_a_certificate_asked_for_twice_is_issued_once(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow
) -> None:
    clicks = [{"Idempotency-Key": "double-click"}] * 2
    first, again = [
        await http.post(of(row, "certificates"), json={"kind": "balance"}, headers=click)
        for click in clicks
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["head"]["borrower"]["name_ar"] is not None
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await scene.scalar("select count(*) from certificate") == 1
    kept = await scene.scalar("select convert_from(answer, 'UTF8') from idempotency_key")
    assert isinstance(kept, str)
    assert first.json()["head"]["borrower"]["name_ar"] not in kept
    other = await http.post(
        of(row, "certificates"), json={"kind": "paid_in_year", "year": 2026}, headers=clicks[0]
    )
    assert other.json()["type"].endswith("/idempotency-key-reused")


async def test_a_certificate_is_read_under_its_own_contract_only(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow
) -> None:
    issued = (await http.post(of(row, "certificates"), json={"kind": "balance"})).json()
    other = await signed(scene, await scene.fund())
    answer = await http.get(of(other, f"certificates/{issued['number']}"))
    assert answer.json()["type"] == "/problems/loans/certificate-unknown"


async def test_papers_of_things_that_are_not_there(http: httpx.AsyncClient) -> None:
    for path in (
        f"{LOANS}/contracts/{ids.new()}/statement",
        f"{LOANS}/contracts/{ids.new()}/payment-schedule",
        f"{LOANS}/repayments/{ids.new()}/receipt",
    ):
        assert (await http.get(path)).status_code == 404


async def test_a_certificate_cannot_be_changed_by_the_application(
    scene: Scene, http: httpx.AsyncClient, row: ContractRow
) -> None:
    await http.post(of(row, "certificates"), json={"kind": "balance"})
    for statement in ("update certificate set number = 'X'", "delete from certificate"):
        with pytest.raises(Exception, match="permission denied"):
            async with scene.database.begin(scene.institution_id) as session:
                await session.execute(text(statement))
