"""Which funds may finance whom, over the wire: clauses written, approved, read and asked about."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies
from tests.integration.loans import desks
from tests.integration.loans.desks import (
    application_of,
    approval,
    decide,
    open_fund,
    problem,
    reserved,
)
from tests.office import Caller, Office

pytestmark = pytest.mark.requirement("A6.2")
CHECKS = "/loans/v1/funds/checks"
REGIONS = "/loans/v1/regions"
Body = dict[str, Any]


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with desks.opened(loans_db, institution_id) as opened:
        yield opened


@pytest.fixture
def maker(desk: Office) -> Caller:
    return desk.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def checker(desk: Office) -> Caller:
    return desk.caller(Role.ADMINISTRATOR)


@pytest.fixture
async def fund(desk: Office) -> str:
    return await open_fund(desk, kind=FundKind.DONATION)


def clause(kind: str, rule: Body | None = None, **changes: Any) -> Body:
    return bodies.WORDS | {"kind": kind, "rule": rule or {}} | changes


async def written(maker: Caller, checker: Caller, fund: str, body: Body) -> Body:
    answer = await maker.post(f"/loans/v1/funds/{fund}/clauses", body)
    assert answer.status_code == 201, answer.text
    approved = await checker.post(f"/loans/v1/clauses/{answer.json()['clause_id']}/approval", {})
    assert approved.status_code == 201, approved.text
    found: Body = approved.json()
    return found


async def check(caller: Caller, body: Body, **headers: str) -> Body:
    answer = await caller.post(CHECKS, body, **headers)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


WOMEN = clause("sex", {"values": ["female"]})
MEN = clause("sex", {"values": ["male"]}, words="للرجال", language="ar")


async def test_a_clause_goes_from_its_writer_to_whoever_approves_it(
    desk: Office, maker: Caller, checker: Caller, fund: str
) -> None:
    path = f"/loans/v1/funds/{fund}/clauses"
    made = (await maker.post(path, WOMEN, Accept_Language="ar")).json()
    assert (made["state"], made["reference"][:8]) == ("proposed", "CL-2026-")
    assert made["rule"] == {"values": ["female"]}
    assert made["asks"].startswith("جنس المقترض")
    own = await maker.post(f"/loans/v1/clauses/{made['clause_id']}/approval", {})
    assert problem(own) == (403, "clause-maker-decides")
    approved = await checker.post(f"/loans/v1/clauses/{made['clause_id']}/approval?lang=fr", {})
    assert approved.json()["asks"] == "le sexe de l'emprunteur : uniquement femme"
    again = await checker.post(f"/loans/v1/clauses/{made['clause_id']}/rejection", {})
    assert problem(again) == (409, "clause-decided")
    listed = (await checker.get(path, on="2026-03-01")).json()["items"]
    assert [one["clause_id"] for one in listed] == [made["clause_id"]]
    assert (await checker.get(path, on="2025-12-31")).json()["items"] == []
    async with desk.database.read(desk.institution_id) as session:
        told = await session.scalar(
            text("select data from event where type = 'loans.clause-approved.v1'")
        )
    assert told["clause_kind"] == "sex"
    assert "femmes" not in str(told)


async def test_a_clause_is_lifted_by_a_paper_and_a_second_person(
    maker: Caller, checker: Caller, fund: str
) -> None:
    made = await written(maker, checker, fund, WOMEN)
    paper = {name: value for name, value in bodies.WORDS.items() if name != "valid_from"}
    lifting = await checker.post(
        f"/loans/v1/clauses/{made['clause_id']}/lifting", paper | {"ends_on": "2026-06-01"}
    )
    assert (lifting.json()["kind"], lifting.json()["asks"]) == ("lifting", None)
    path = f"/loans/v1/funds/{fund}/clauses"
    assert len((await checker.get(path, on="2026-06-01")).json()["items"]) == 1
    await maker.post(f"/loans/v1/clauses/{lifting.json()['clause_id']}/approval", {})
    assert (await checker.get(path, on="2026-06-01")).json()["items"] == []
    (holding,) = (await checker.get(path, on="2026-05-31")).json()["items"]
    assert holding["valid_through"] == "2026-05-31"


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (clause("sex", {"values": ["neither"]}), (422, "clause-malformed")),
        (clause("sex", {"least": 3}), (422, "clause-malformed")),
        (clause("age"), (422, "clause-malformed")),
        (clause("least_share", {"share": "0.5", "of": "sector"}), (422, "clause-malformed")),
        (clause("region", {"values": ["nowhere"]}), (422, "clause-region-unknown")),
        (clause("youth", valid_through="2025-01-01"), (422, "clause-never-holds")),
        (
            clause("most_per_person", {"amount": {"amount": "5.00", "currency": "EUR"}}),
            (422, "clause-malformed"),
        ),
        (clause("mode_of_finance", {"values": ["qard"]}), None),
        (MEN, (409, "clause-contradicts")),
        (clause("kind_of_its_own"), (422, "invalid-request")),
        (clause("sex", {"values": ["female"], "share": "1.5"}), (422, "invalid-request")),
    ],
)
async def test_what_cannot_hold_is_a_named_problem_when_it_is_written(
    maker: Caller,
    checker: Caller,
    fund: str,
    body: Body,
    refused: tuple[int, str] | None,
) -> None:
    await written(maker, checker, fund, WOMEN)
    answer = await maker.post(f"/loans/v1/funds/{fund}/clauses", body)
    assert (problem(answer) if answer.status_code > 299 else None) == refused


async def test_regions_make_a_tree(maker: Caller, checker: Caller) -> None:
    names = {"ar": "الشمال", "fr": "Nord", "en": "North"}
    made = await maker.post(REGIONS, {"code": "North East", "names": names})
    assert made.json() == {"code": "north_east", "above": None, "names": names}
    again = await maker.post(REGIONS, {"code": "north-east", "names": names})
    assert problem(again) == (409, "region-known")
    lost = await maker.post(REGIONS, {"code": "irbid", "above": "south", "names": names})
    assert problem(lost) == (422, "clause-region-unknown")
    assert problem(await maker.post(REGIONS, {"code": "- -", "names": names})) == (
        422,
        "region-malformed",
    )
    assert [one["code"] for one in (await checker.get(REGIONS)).json()] == ["north_east"]


async def test_funds_are_asked_about_applications_and_say_why_in_three_languages(
    desk: Office, maker: Caller, checker: Caller, fund: str
) -> None:
    women, waqf = (
        await open_fund(desk, kind=FundKind.DONATION),
        await open_fund(desk, holds="1.000"),
    )
    await written(maker, checker, fund, MEN)
    made = await written(maker, checker, women, WOMEN)
    await written(maker, checker, women, clause("stipulation", words="Avec soin."))
    application = await application_of(desk)
    found = await check(maker, {"application_ids": [application]})
    (item,) = found["items"]
    assert item["application_id"] == application
    assert set(item["may"]) == {fund, waqf}
    assert item["without_money"] == [waqf]
    assert [one["fund_id"] for one in item["may_not"]] == [women]
    (reason,) = found["reasons"]
    assert item["may_not"][0]["reasons"] == [reason["reason"]]
    assert (reason["clause_id"], reason["is_told"]) == (made["clause_id"], True)
    assert (reason["rule"], reason["in_force_from"]) == (made["reference"], "2026-01-01")
    assert reason["sentence"] == "the borrower's sex can only be: female"
    assert "“Les fonds vont aux femmes.”" in reason["source"]
    assert "Convention 7" in reason["source"]
    assert [one["words"] for one in found["stipulations"]] == ["Avec soin."]
    french = await check(maker, {"application_ids": [application]}, Accept_Language="fr")
    assert french["reasons"][0]["sentence"].startswith("le sexe de l'emprunteur")
    arabic = await maker.post(f"{CHECKS}?lang=ar", {"application_ids": [application]})
    assert arabic.json()["reasons"][0]["sentence"].startswith("جنس المقترض")
    assert await reserved(desk) == 0


async def test_what_is_asked_is_what_an_approval_finds(
    desk: Office, maker: Caller, checker: Caller, fund: str
) -> None:
    await written(maker, checker, fund, WOMEN)
    application = await application_of(desk)
    found = await check(maker, {"application_ids": [application], "fund_ids": [fund]})
    refused = await decide(
        desk.caller(Role.APPROVER), application, approval(fund), key=str(ids.new())
    )
    assert problem(refused) == (422, "fund-restricted")
    body = refused.json()
    (told,) = body["refusals"]
    (reason,) = found["reasons"]
    assert (told["rule"], told["reason"]) == (reason["rule"], reason["sentence"])
    assert (told["source"], told["clause_id"]) == (reason["source"], reason["clause_id"])
    assert reason["source"] in body["detail"]


async def test_cases_are_told_with_the_question_and_what_is_not_told_is_named(
    desk: Office, maker: Caller, checker: Caller, fund: str
) -> None:
    await written(maker, checker, fund, WOMEN)
    product = (await checker.get("/loans/v1/products")).json()["items"][0]["product_id"]
    case = {"product_id": product, "amount": bodies.amount("500.000")}
    cases = [
        case | {"name": "she", "sex": "female"},
        case | {"name": "he", "sex": "male"},
        case | {"name": "who", "own_contribution": bodies.amount("1.000")},
    ]
    found = await check(maker, {"cases": cases})
    assert [(one["name"], one["may"]) for one in found["items"]] == [
        ("she", [fund]),
        ("he", []),
        ("who", []),
    ]
    assert [one["is_told"] for one in found["reasons"]] == [True, False]
    assert found["reasons"][1]["sentence"].startswith("the borrower's sex is not told")
    del desk


async def test_a_question_that_cannot_be_asked_is_refused(maker: Caller, fund: str) -> None:
    nobody = await maker.post(CHECKS, {})
    assert problem(nobody) == (422, "invalid-request")
    unknown = {"application_ids": [str(ids.new())]}
    assert problem(await maker.post(CHECKS, unknown)) == (404, "application-not-found")
    many = {"application_ids": [str(ids.new()) for _ in range(1_001)]}
    assert problem(await maker.post(CHECKS, many)) == (422, "invalid-request")
    case = {"name": "x", "product_id": str(ids.new()), "amount": bodies.amount("5.000")}
    assert problem(await maker.post(CHECKS, {"cases": [case]})) == (404, "product-not-found")
    euros = case | {"own_contribution": {"amount": "5.00", "currency": "EUR"}}
    assert problem(await maker.post(CHECKS, {"cases": [euros]})) == (422, "invalid-request")
    no_fund = {"cases": [case], "fund_ids": [str(ids.new())]}
    assert (await maker.post(CHECKS, no_fund)).status_code == 404
    assert fund


async def test_a_branch_asks_about_its_own_applications_alone(desk: Office, fund: str) -> None:
    application = await application_of(desk)
    elsewhere = desk.caller(Role.OFFICER, branches=[desk.branches[1]])
    answer = await elsewhere.post(CHECKS, {"application_ids": [application]})
    assert problem(answer) == (404, "application-not-found")
    here = desk.caller(Role.OFFICER, branches=[desk.branch])
    assert (await check(here, {"application_ids": [application]}))["items"][0]["may"] == [fund]
