"""Does a payer of zakat get a paper to take along, in their language and by both calendars?"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.loans.funds import returning
from services.loans.papers import zakat_receipts, zakat_router
from services.loans.papers.documents import seal_of
from services.loans.papers.printing import Printer
from services.loans.papers.zakat_receipts import ZakatReceiptOut
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from shared.texts import Language
from tests.bodies import Json, amount
from tests.integration.loans import zakat_scene
from tests.integration.loans.zakat_scene import ZAKAT, Alms, problem
from tests.office import TODAY

pytestmark = pytest.mark.requirement("A8.6")
TITLES: dict[Language, str] = {"ar": "إيصال زكاة", "fr": "Reçu de zakat", "en": "Receipt of zakat"}
MARKS = str.maketrans("", "", "\u2066\u2068\u2069\u200b")


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as found:
        found.office.app.include_router(zakat_router.router)
        found.office.app.state.printer = Printer()
        yield found


async def given(alms: Alms, **changes: Any) -> tuple[str, str]:
    fund_id = await alms.fund()
    return fund_id, await alms.collects(fund_id, "1025.500", **changes)


async def read(alms: Alms, receipt_id: str) -> Json:
    answer = await alms.manager.get(f"{ZAKAT}/collections/{receipt_id}/receipt")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def lines(told: Json, language: Language) -> str:
    """All that the paper says, without the marks that keep its words apart."""
    sheet = zakat_receipts.zakat_receipt(ZakatReceiptOut.model_validate(told), language=language)
    facts = [str(one) for one in sheet.facts]
    return "\n".join([sheet.title, *sheet.paragraphs, *facts, *sheet.notes]).translate(MARKS)


async def test_a_receipt_says_who_gave_what_when_by_both_calendars(alms: Alms) -> None:
    known = (await alms.manager.post(f"{ZAKAT}/payers", {"name": "Salim al-Amiri"})).json()
    _, receipt_id = await given(alms, payer_id=known["payer_id"], intention="zakat of trade")
    told = await read(alms, receipt_id)
    assert (told["payer"], told["payer_reference"]) == ("Salim al-Amiri", known["reference"])
    assert (told["amount"], told["taken_back_on"]) == (amount("1025.500"), None)
    assert told["received"] == {"gregorian": TODAY.isoformat(), "hijri": "1447-10-13"}
    assert told["sha256"] == seal_of(ZakatReceiptOut.model_validate(told))
    for language, title in TITLES.items():
        said = lines(told, language)
        assert said.startswith(title)
        for part in ("Salim al-Amiri", "1447", TODAY.isoformat(), "zakat of trade"):
            assert part in said, (language, part)
    assert "1 025,500 JOD" in lines(told, "fr").replace("\xa0", " ")


async def test_a_receipt_is_printed_alike_in_three_languages(alms: Alms) -> None:
    _, receipt_id = await given(alms)
    printed = set()
    for language in TITLES:
        path = f"{ZAKAT}/collections/{receipt_id}/receipt"
        first, second = [
            await alms.manager.get(path, format="pdf", lang=language) for _ in range(2)
        ]
        assert first.headers["content-type"] == "application/pdf"
        assert first.content.startswith(b"%PDF")
        assert first.content == second.content
        printed.add(first.content)
    assert len(printed) == len(TITLES)


async def test_a_payer_who_is_not_named_stays_so(alms: Alms) -> None:
    _, receipt_id = await given(alms)
    told = await read(alms, receipt_id)
    assert (told["payer"], told["payer_reference"]) == (None, None)
    assert "a payer who is not named" in lines(told, "en")


@pytest.mark.rule("Z-13")
async def test_what_was_given_back_is_a_receipt_no_more(alms: Alms) -> None:
    fund_id, receipt_id = await given(alms)
    before = await read(alms, receipt_id)
    async with alms.office.database.begin(alms.office.institution_id) as session:
        await returning.reverse_receipt(
            session,
            fund_id=FundId(UUID(fund_id)),
            receipt_id=UUID(receipt_id),
            on=TODAY,
            actor_id=alms.second.actor.id,
        )
    after = await read(alms, receipt_id)
    assert "no receipt" not in lines(before, "en")
    assert "this paper is no receipt" in lines(after, "en")
    assert after["sha256"] != before["sha256"]


async def test_only_who_manages_or_audits_funds_reads_a_payers_receipt(alms: Alms) -> None:
    _, receipt_id = await given(alms)
    path = f"{ZAKAT}/collections/{receipt_id}/receipt"
    assert (await alms.officer.get(path)).status_code == 403
    assert (await alms.office.caller(Role.AUDITOR).get(path)).status_code == 200
    unknown = await alms.manager.get(f"{ZAKAT}/collections/{ids.new()}/receipt")
    assert (unknown.status_code, problem(unknown)) == (404, "zakat-record-unknown")
