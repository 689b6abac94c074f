"""From the sheet that an officer takes along to the certificate that a stranger checks."""

import httpx

from tests.bodies import amount
from tests.e2e import journey, people
from tests.e2e.house import House
from tests.e2e.people import Caller

LOANS = "/loans/v1"


async def test_a_loan_is_collected_by_sheets_and_settled_on_paper(house: House) -> None:
    office = await journey.open_office(house)
    signed = await journey.active_contract(office)
    contract, dues = signed["contract"], signed["instalments"]
    contract_id, officer = contract["contract_id"], office.officer
    sheet = await officer.get(f"{LOANS}/collection-sheets", on=dues[0]["due_on"])
    (line,) = sheet["lines"]
    assert (line["contract_id"], line["due_today"]) == (contract_id, dues[0]["total"])
    brought = {
        "total": line["to_collect"],
        "lines": [{"contract_id": contract_id, "amount": line["to_collect"]}],
    }
    received = await officer.post(f"{LOANS}/collection-sheets", brought)
    assert [one["outcome"] for one in received["lines"]] == ["received"]
    refused = await officer.try_post(
        f"{LOANS}/collection-sheets", brought | {"total": amount("1.000")}
    )
    assert refused.json()["type"] == "/problems/loans/totals-differ"
    await prints_in_every_language(officer, contract_id)
    early = await officer.try_post(
        f"{LOANS}/contracts/{contract_id}/certificates", {"kind": "settlement"}
    )
    assert early.json()["type"] == "/problems/loans/still-owed"
    for due in dues[1:]:
        await journey.repay(office, contract_id, due["total"]["amount"])
    statement = await officer.get(f"{LOANS}/contracts/{contract_id}/statement")
    assert statement["closing"]["is_closed"] is True
    assert len(statement["lines"]) == len(dues) + 1
    issued = await officer.post(
        f"{LOANS}/contracts/{contract_id}/certificates", {"kind": "settlement"}
    )
    async with house.client("loans") as stranger:
        await a_stranger_checks(stranger, issued)
    next_sheet = await officer.get(f"{LOANS}/collection-sheets", on=dues[-1]["due_on"])
    assert next_sheet["lines"] == []


async def prints_in_every_language(officer: Caller, contract_id: str) -> None:
    """Each paper is a PDF of its language; the same question gives the same bytes."""
    for what in ("statement", "payment-schedule"):
        path = f"{LOANS}/contracts/{contract_id}/{what}"
        printed = {}
        for language in ("ar", "fr", "en"):
            answers = [await officer.try_get(path, format="pdf", lang=language) for _ in range(2)]
            assert answers[0].headers["content-type"] == "application/pdf"
            assert answers[0].content == answers[1].content
            printed[language] = answers[0].content
        assert len(set(printed.values())) == 3


async def a_stranger_checks(stranger: httpx.AsyncClient, issued: people.Json) -> None:
    """Who holds the paper finds it true; who has but its number finds nothing."""
    path = f"{LOANS}/papers/{issued['number']}"
    asked = {"institution": issued["head"]["institution_code"], "sha256": issued["sha256"]}
    found = await stranger.get(path, params=asked)
    assert found.json() == {"as_issued": True, "certificate": issued}
    guessed = await stranger.get(path, params=asked | {"sha256": "f" * 64})
    assert guessed.status_code == 404
