"""A debt to ourselves is never paid by setting it off, and never more than our books say."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.loans.domain.chart import FundKind
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.bodies import amount
from tests.builders import make_qard
from tests.integration.loans import own_facts, standing, zakat_scene
from tests.integration.loans.scene import Scene, jod
from tests.integration.loans.test_zakat_grants import debt, debtor
from tests.integration.loans.zakat_scene import Alms, problem
from tests.office import TODAY


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as found:
        yield found


@pytest.fixture
async def fund_id(alms: Alms) -> str:
    """A fund with 10,000.000 collected in Amman."""
    found = await alms.fund()
    await alms.collects(found, "10000.000")
    return found


async def owing(alms: Alms, borrower_id: str, sum_: str, *, on: date = date(2025, 1, 5)) -> str:
    """A loan of ours to the person, whole due a month after the day it was signed on."""
    office = alms.office
    scene = Scene(
        database=office.database, institution_id=office.institution_id, branch_id=office.branch
    )
    lender = await scene.fund(FundKind.WAQF)
    terms = make_qard(
        principal=jod(sum_),
        instalments=1,
        disbursed_on=on,
        first_due_on=on + timedelta(days=30),
    )
    lent = (await standing.lend(scene, lender, [terms], borrower_id=UUID(borrower_id)))[0]
    return str(lent.contract_id)


@pytest.mark.rule("Z-15")
async def test_our_own_loan_is_never_set_off(alms: Alms, fund_id: str) -> None:
    person = await alms.person()
    case = await debtor(alms, person)
    contract_id = await owing(alms, person, "500.000")
    owed = debt(contract_id=contract_id, amount=amount("500.000"))
    owed_to_us = {"zakat_class": "gharimin", "debt": owed}

    set_off = await alms.enter(fund_id, case, "500.000", paid_to="creditor", **owed_to_us)
    assert problem(set_off) == "self-set-off"
    given = await alms.enter(fund_id, case, "500.000", paid_to="recipient", **owed_to_us)
    assert given.status_code == 201, given.text

    await alms.give_fact(own_facts.fact("zakat_self_set_off", "allowed", unit="policy"))
    ruled = await alms.enter(fund_id, case, "500.000", paid_to="creditor", **owed_to_us)
    assert ruled.status_code == 201, ruled.text


@pytest.mark.rule("Z-15")
async def test_a_debt_to_us_is_of_the_receiver_and_as_large_as_our_books_say(
    alms: Alms, fund_id: str
) -> None:
    person, another = [await alms.person() for _ in range(2)]
    case = await debtor(alms, person)
    theirs, foreign = [await owing(alms, one, "500.000") for one in (person, another)]
    made_for_it = await owing(alms, person, "500.000", on=TODAY)

    async def enter(contract_id: str, sum_: str) -> str:
        owed = debt(contract_id=contract_id, amount=amount(sum_))
        members = {"zakat_class": "gharimin", "debt": owed, "paid_to": "recipient"}
        answer = await alms.enter(fund_id, case, "10.000", **members)
        return "entered" if answer.status_code == 201 else problem(answer)

    assert await enter(str(ids.new()), "10.000") == "debt-not-owed"
    assert await enter(foreign, "500.000") == "debt-not-owed"
    assert await enter(theirs, "500.001") == "debt-not-owed"
    assert await enter(made_for_it, "10.000") == "debt-not-owed", "nothing of it is due yet"
    assert await enter(theirs, "500.000") == "entered"
