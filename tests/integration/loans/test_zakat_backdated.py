"""No earlier day, no other name and no other purse is a way round a rule of zakat."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import insert

from services.loans.funds import returning
from services.loans.institutions.tables import StaffRow
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import bodies
from tests.bodies import Json, amount
from tests.integration.loans import zakat_scene
from tests.integration.loans.zakat_scene import ZAKAT, Alms, later, problem
from tests.office import TODAY


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as found:
        yield found


async def takes_back(alms: Alms, fund_id: str, receipt_id: str) -> None:
    async with alms.office.database.begin(alms.office.institution_id) as session:
        await returning.reverse_receipt(
            session,
            fund_id=FundId(UUID(fund_id)),
            receipt_id=UUID(receipt_id),
            on=TODAY,
            actor_id=alms.second.actor.id,
        )


async def tie(alms: Alms, case: str, relation: str, **whose: str) -> None:
    borrower_id = (await alms.officer.get(f"{ZAKAT}/cases/{case}")).json()["borrower_id"]
    body = {"borrower_id": borrower_id, "relation": relation, **whose}
    answer = await alms.officer.post(f"{ZAKAT}/ties", body)
    assert answer.status_code == 201, answer.text


async def payer(alms: Alms, name: str = "Salim") -> Json:
    found: Json = (await alms.manager.post(f"{ZAKAT}/payers", {"name": name})).json()
    return found


@pytest.mark.rule("Z-8")
async def test_what_was_taken_back_since_carries_no_cost_dated_before(alms: Alms) -> None:
    """8,000 came and went back: of the 800 that stayed an eighth is 100, on every day."""
    fund_id = await alms.fund()
    await alms.collects(fund_id, "800.000", on=later(-9))
    wrong = await alms.collects(fund_id, "8000.000", on=later(-9))
    await takes_back(alms, fund_id, wrong)

    day = later(-5).isoformat()
    above = await alms.pay_cost(await alms.cost(fund_id, "100.001"), paid_on=day)
    assert (above.status_code, problem(above)) == (422, "amil-cap-exceeded")
    assert above.json()["collected"] == amount("800.000")
    within = await alms.pay_cost(await alms.cost(fund_id, "100.000"), paid_on=day)
    assert within.status_code == 201, within.text


@pytest.mark.rule("Z-8")
async def test_the_costs_of_one_hijri_year_take_nothing_of_the_year_before(alms: Alms) -> None:
    """1447 began on 26 June 2025: each year has its own eighth, whichever is paid first."""
    fund_id = await alms.fund()
    await alms.collects(fund_id, "800.000", on=date(2025, 6, 1))
    await alms.collects(fund_id, "800.000", on=date(2025, 6, 26))
    assert (await alms.pay_cost(await alms.cost(fund_id, "100.000"))).status_code == 201

    last_day = "2025-06-25"
    late = await alms.pay_cost(await alms.cost(fund_id, "100.000"), paid_on=last_day)
    assert late.status_code == 201, late.text
    more = await alms.pay_cost(await alms.cost(fund_id, "0.001"), paid_on=last_day)
    assert problem(more) == "amil-cap-exceeded"


async def test_only_a_fund_of_zakat_has_a_cap_on_zakat_work(alms: Alms) -> None:
    waqf = await alms.fund("WAQF", "waqf")
    refused = await alms.officer.get(f"{ZAKAT}/funds/{waqf}/cap")
    assert (refused.status_code, problem(refused)) == (422, "not-zakat-fund")


@pytest.mark.rule("Z-12")
async def test_no_earlier_day_is_chosen_to_be_rid_of_a_payer(alms: Alms) -> None:
    """What was entered before the payer's money came is paid after it, dated before it."""
    fund_id, known = await alms.fund(), await payer(alms)
    await alms.collects(fund_id, "100.000", on=later(-3))
    wife, other = [await alms.entitled(await alms.person()) for _ in range(2)]
    await tie(alms, wife, "wife", payer_id=known["payer_id"])
    entered = [
        (await alms.enter(fund_id, case, "50.000")).json()["grant_id"] for case in (wife, other)
    ]
    alms.on(later(2))
    await alms.collects(fund_id, "500.000", payer_id=known["payer_id"])

    before = TODAY.isoformat()
    refused = await alms.pay(entered[0], paid_on=before)
    assert problem(refused) == "payers-kin"
    assert (await alms.pay(entered[1], paid_on=before)).status_code == 201


@pytest.mark.rule("Z-11")
async def test_no_earlier_day_is_chosen_to_have_zakat_of_no_place(alms: Alms) -> None:
    """A fund that had collected nowhere by a day has collected in Amman since."""
    fund_id = await alms.fund()
    far = await alms.entitled(await alms.person(region="aqaba"))
    near = await alms.entitled(await alms.person())
    entered = [
        (await alms.enter(fund_id, case, "50.000")).json()["grant_id"] for case in (far, near)
    ]
    alms.on(later(2))
    await alms.collects(fund_id, "500.000")

    before = TODAY.isoformat()
    assert problem(await alms.pay(entered[0], paid_on=before)) == "outside-collecting-area"
    assert (await alms.pay(entered[1], paid_on=before)).status_code == 201


@pytest.mark.rule("Z-12")
async def test_nobody_decides_on_the_class_of_their_own(alms: Alms) -> None:
    mother = await alms.case(await alms.person())
    await tie(alms, mother, "ascendant", staff_id=str(alms.approver.actor.id))

    own = await alms.decide(mother, "fuqara")
    assert (own.status_code, problem(own)) == (403, "tied-to-receiver")
    another = alms.office.caller(Role.APPROVER)
    body = {"zakat_class": "fuqara", "reasons": ""}
    decided = await another.post(f"{ZAKAT}/cases/{mother}/decision", body)
    assert decided.status_code == 201, decided.text


@pytest.mark.rule("Z-12")
async def test_who_bears_the_name_of_a_payer_or_of_staff_is_asked_about(alms: Alms) -> None:
    fund_id, known = await alms.fund(), await payer(alms, "Salim al-Amiri")
    await alms.collects(fund_id, "500.000", payer_id=known["payer_id"])
    staff_id = await employed(alms, "Huda Nasser")
    named = [
        await alms.entitled(await person(alms, one)) for one in ("SALIM AL-AMIRI", "Huda Nasser")
    ]
    other = await alms.entitled(await alms.person())

    for case, namesake in zip(named, (known["payer_id"], str(staff_id)), strict=True):
        refused = await alms.enter(fund_id, case, "10.000")
        assert (problem(refused), refused.json()["namesake_id"]) == ("tie-not-declared", namesake)
    assert (await alms.enter(fund_id, other, "10.000")).status_code == 201

    await tie(alms, named[0], "self", payer_id=known["payer_id"])
    assert problem(await alms.enter(fund_id, named[0], "10.000")) == "payers-kin"
    await tie(alms, named[1], "unrelated", staff_id=str(staff_id))
    assert (await alms.enter(fund_id, named[1], "10.000")).status_code == 201


@pytest.mark.rule("Z-12")
async def test_a_family_is_as_tied_as_its_members(alms: Alms) -> None:
    fund_id = await alms.fund()
    await alms.collects(fund_id, "500.000")
    clerk, cousin = [await alms.person() for _ in range(2)]
    clerks = await alms.case(clerk)
    await tie(alms, clerks, "self", staff_id=str(ids.new()))
    families = [await alms.entitled(await family(alms, one)) for one in (clerk, cousin)]

    assert problem(await alms.enter(fund_id, families[0], "10.000")) == "staff-receives"
    assert (await alms.enter(fund_id, families[1], "10.000")).status_code == 201


async def person(alms: Alms, name: str) -> str:
    body = bodies.person(alms.office.branch, name={"latin": name}, documents=[], phones=[])
    answer = await alms.officer.post("/loans/v1/borrowers", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["borrower_id"])


async def family(alms: Alms, member: str) -> str:
    members = [{"borrower_id": member, "leads": True}]
    return await alms.person(kind="productive_family", members=members)


async def employed(alms: Alms, name: str) -> UUID:
    """A member of staff, written into the table."""
    staff_id = ids.new()
    row = {
        "institution_id": alms.office.institution_id,
        "staff_id": staff_id,
        "login": "huda",
        "name": name,
        "roles": ["officer"],
        "password_hash": "none",
    }
    async with alms.office.database.begin(alms.office.institution_id) as session:
        await session.execute(insert(StaffRow), [row])
    return staff_id
