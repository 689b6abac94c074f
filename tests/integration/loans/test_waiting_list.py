"""The waiting list tells what waits for money, and what each fund says of it, as a run takes it."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from services.loans.waiting_list import router as waiting_list
from shared import ids
from shared.auth import Role
from shared.clients.assignment_runs import WaitingListOut
from shared.db import Database
from shared.ids import BranchId, InstitutionId
from tests import bodies, office
from tests.bodies import amount
from tests.integration.loans import desks
from tests.integration.loans.desks import approval, decide, open_fund
from tests.office import Caller, Office

LIST = "/loans/v1/waiting-list"


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with desks.opened(loans_db, institution_id, waiting_list.router) as opened:
        yield opened


@pytest.fixture
def manager(desk: Office) -> Caller:
    return desk.caller(Role.FUNDS_MANAGER)


async def clause(desk: Office, fund: str, kind: str, rule: dict[str, Any]) -> str:
    body = bodies.WORDS | {"kind": kind, "rule": rule}
    made = await desk.caller(Role.FUNDS_MANAGER).post(f"/loans/v1/funds/{fund}/clauses", body)
    assert made.status_code == 201, made.text
    clause_id = str(made.json()["clause_id"])
    path = f"/loans/v1/clauses/{clause_id}/approval"
    approved = await desk.caller(Role.ADMINISTRATOR).post(path, {})
    assert approved.status_code == 201, approved.text
    return clause_id


async def apply(desk: Office, *, sex: str = "female", **changes: Any) -> str:
    person = bodies.person(
        desk.branch,
        name={"latin": "".join(secrets.choice("abcdefghiklmnoprstuw") for _ in range(12))},
        sex=sex,
        documents=[{"type": "national_id", "number": ids.new().hex[-12:]}],
    )
    body = bodies.application(borrower=person) | changes
    answer = await desk.caller(Role.OFFICER).post("/loans/v1/applications", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["application_id"])


async def read(caller: Caller, **query: Any) -> WaitingListOut:
    answer = await caller.get(LIST, **query)
    assert answer.status_code == 200, answer.text
    return WaitingListOut.model_validate_json(answer.content)


async def test_an_application_waits_with_its_risk_and_every_fund_says_whether_it_may(
    desk: Office, manager: Caller
) -> None:
    waqf = await open_fund(desk)
    lenders = await open_fund(desk, kind=FundKind.COMMERCIAL)
    application_id = await apply(desk, characteristics={"jobs": "2", "rural": True})

    found = await read(manager)

    (one,) = found.applications
    assert str(one.application_id) == application_id
    assert (one.amount.amount, one.sector) == ("1000.000", "handicraft")
    assert (str(one.default_chance), one.loss_given_default is not None) == ("0.08", True)
    assert set(one.traits) >= {"women", "rural"}
    assert [int(one.social["women"]), int(one.social["jobs"])] == [1, 2]
    assert [str(fund) for fund in one.eligible] == [waqf]
    ((refusing, code),) = one.reasons.items()
    assert str(refusing) == lenders
    words = found.words[code]
    assert len({words.ar, words.fr, words.en}) == 3
    assert {str(fund.fund_id): fund.budget.amount for fund in found.funds} == {
        waqf: "10000.000",
        lenders: "10000.000",
    }


async def test_what_a_fund_asks_of_all_together_refuses_nobody_alone(
    desk: Office, manager: Caller
) -> None:
    fund = await open_fund(desk, kind=FundKind.DONATION)
    await clause(desk, fund, "least_share", {"share": "0.4", "of": "women"})
    await clause(desk, fund, "most_share", {"share": "0.5", "of": "sector"})
    await apply(desk, sex="male")

    found = await read(manager)

    (told,) = found.funds
    assert {name: str(share) for name, share in told.shares.items()} == {"women": "0.4"}
    assert str(told.sector_share_max) == "0.5"
    assert [str(one) for one in found.applications[0].eligible] == [fund]


async def test_what_a_fund_gave_before_is_told_as_its_clauses_count_it(
    desk: Office, manager: Caller
) -> None:
    """2,000 were promised to two women and 1,000 to a man, before the three who wait."""
    fund = await open_fund(desk, kind=FundKind.DONATION)
    for sex in ("female", "male", "female"):
        application_id = await apply(desk, sex=sex)
        answer = await decide(desk.caller(Role.APPROVER), application_id, approval(fund))
        assert answer.json()["status"] == "approved", answer.text
    await clause(desk, fund, "least_share", {"share": "0.4", "of": "women"})
    await clause(desk, fund, "most_share", {"share": "0.5", "of": "sector"})
    other = await open_fund(desk)
    await apply(desk, sex="male")

    told = {str(one.fund_id): one for one in (await read(manager)).funds}

    women, sector = (told[fund].given[by] for by in ("women", "sector"))
    assert (women.total.amount, women.of["women"].amount) == ("3000.000", "2000.000")
    assert sector.total.amount == "3000.000"
    assert {code: money.amount for code, money in sector.of.items()} == {"handicraft": "3000.000"}
    assert told[other].given == {}


async def test_a_clause_that_refuses_one_alone_is_named_in_three_languages(
    desk: Office, manager: Caller
) -> None:
    fund = await open_fund(desk, kind=FundKind.DONATION)
    await clause(desk, fund, "sex", {"values": ["female"]})
    for sex in ("male", "male", "female"):
        await apply(desk, sex=sex)

    found = await read(manager)

    assert sorted(len(one.eligible) for one in found.applications) == [0, 0, 1]
    codes = {code for one in found.applications for code in one.reasons.values()}
    assert codes == set(found.words)
    assert len(codes) == 1


async def test_money_with_a_day_is_told_as_what_is_due_by_it(desk: Office, manager: Caller) -> None:
    fund = await open_fund(desk, kind=FundKind.DONATION, holds="700.000")
    await clause(desk, fund, "spend_within", {"most": 90})

    (told,) = (await read(manager)).funds

    (lot,) = told.lots
    assert (lot.amount.amount, (lot.spend_by - office.TODAY).days) == ("700.000", 90)


async def test_parts_of_the_list_are_the_whole_once(desk: Office, manager: Caller) -> None:
    await open_fund(desk)
    wanted = {await apply(desk) for _ in range(5)}

    seen, after = [], None
    while True:
        part = await read(manager, limit=2, **({} if after is None else {"after": after}))
        seen += [str(one.application_id) for one in part.applications]
        assert len(part.funds) == 1
        after = part.next
        if after is None:
            break

    assert (len(seen), set(seen)) == (5, wanted)


async def test_what_is_decided_or_in_another_currency_does_not_wait(
    desk: Office, manager: Caller
) -> None:
    fund = await open_fund(desk)
    decided, waits = [await apply(desk) for _ in range(2)]
    answer = await decide(desk.caller(Role.APPROVER), decided, approval(fund))
    assert answer.json()["status"] == "approved", answer.text

    found = await read(manager)

    assert [str(one.application_id) for one in found.applications] == [waits]
    assert found.funds[0].budget.amount == "9000.000"
    other = await read(manager, currency="USD")
    assert (other.currency, other.funds, other.applications) == ("USD", [], [])


async def test_whoever_sees_some_branches_reads_of_those_alone(desk: Office) -> None:
    await open_fund(desk)
    await apply(desk)

    elsewhere = desk.caller(Role.FUNDS_MANAGER, branches=[BranchId(ids.new())])

    assert (await read(elsewhere)).applications == []
    assert (await desk.caller(Role.OFFICER).get(LIST)).status_code == 403


async def test_an_approved_application_without_money_still_waits(
    desk: Office, manager: Caller
) -> None:
    fund = await open_fund(desk, holds="100.000")
    application_id = await apply(desk)
    answer = await decide(desk.caller(Role.APPROVER), application_id, approval(fund))
    assert answer.json()["status"] == "waiting_for_funds", answer.text

    (one,) = (await read(manager)).applications

    assert (str(one.application_id), amount("1000.000")["amount"]) == (
        application_id,
        one.amount.amount,
    )
