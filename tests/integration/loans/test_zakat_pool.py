"""What zakat work costs, how long zakat lies, and when it is invested."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import httpx
import pytest

from shared import ids
from shared.auth import Role
from shared.calendar import hijri
from shared.db import Database
from shared.ids import InstitutionId
from tests.bodies import Json, amount
from tests.integration.loans import own_facts, zakat_scene
from tests.integration.loans.resting import resting
from tests.integration.loans.scene import keyed
from tests.integration.loans.zakat_scene import PAPER, ZAKAT, Alms, later, problem
from tests.office import TODAY

__all__ = ["resting"]


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as found:
        yield found


@pytest.fixture
async def fund_id(alms: Alms) -> str:
    return await alms.fund()


async def cap(alms: Alms, fund_id: str, **query: str) -> Json:
    answer = await alms.officer.get(f"{ZAKAT}/funds/{fund_id}/cap", **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def ageing(alms: Alms, fund_id: str, **query: str) -> Json:
    answer = await alms.officer.get(f"{ZAKAT}/funds/{fund_id}/ageing", **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.mark.rule("Z-8")
@pytest.mark.requirement("A8.2")
async def test_of_2000_asked_1800_pass_below_an_eighth_of_400000(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with zakat_scene.opened(loans_db, institution_id, country="DZ", currency="TND") as alms:
        fund_id = await alms.fund()
        await alms.collects(fund_id, "400000.000")
        assert (await alms.pay_cost(await alms.cost(fund_id, "48200.000"))).status_code == 201

        asked = await alms.pay_cost(await alms.cost(fund_id, "2000.000"))
        assert (asked.status_code, problem(asked)) == (422, "amil-cap-exceeded")
        told = asked.json()
        assert told["passes"] == amount("1800.000", "TND")
        assert told["limit"] == amount("50000.000", "TND")
        assert "1800.000 TND" in told["detail"]
        assert await alms.balance(fund_id, "amil_costs") == "48200.000"

        passed = await alms.pay_cost(await alms.cost(fund_id, "1800.000"))
        assert passed.status_code == 201, passed.text
        assert passed.json()["collected"] == amount("400000.000", "TND")
        assert await alms.balance(fund_id, "amil_costs") == "50000.000"
        last = await alms.pay_cost(await alms.cost(fund_id, "0.001"))
        assert last.json()["passes"] == amount("0.000", "TND")


@pytest.mark.rule("Z-8")
async def test_the_cap_is_on_what_came_by_the_day_and_in_the_hijri_year(
    alms: Alms, fund_id: str
) -> None:
    """1447 began on 26 June 2025: what came the day before counts no more."""
    await alms.collects(fund_id, "8000.000", on=date(2025, 6, 25))
    await alms.collects(fund_id, "800.000", on=date(2025, 6, 26))
    await alms.collects(fund_id, "80.000", on=TODAY)

    found = await cap(alms, fund_id)
    assert found["since"] == {"gregorian": "2025-06-26", "hijri": "1447-01-01"}
    assert (found["passes"], found["share"]) == (amount("110.000"), "0.125")
    assert found["facts"][0]["source"]["title"]
    early = await cap(alms, fund_id, on=later(-1).isoformat())
    assert early["passes"] == amount("100.000")

    dated_back = await alms.pay_cost(
        await alms.cost(fund_id, "110.000"), paid_on=later(-1).isoformat()
    )
    assert problem(dated_back) == "amil-cap-exceeded"
    assert (await alms.pay_cost(await alms.cost(fund_id, "110.000"))).status_code == 201
    assert (await cap(alms, fund_id))["passes"] == amount("0.000")


async def test_an_institution_s_lower_cap_holds_and_a_higher_does_not(
    alms: Alms, fund_id: str
) -> None:
    await alms.collects(fund_id, "1000.000")
    await alms.give_fact(own_facts.fact("zakat_amil_cap", "0.20", unit="share"))
    assert (await cap(alms, fund_id))["limit"] == amount("125.000")

    await alms.give_fact(own_facts.fact("zakat_amil_cap", "0.05", unit="share"))
    found = await cap(alms, fund_id)
    assert (found["limit"], found["facts"][0]["own"]) == (amount("50.000"), True)
    refused = await alms.pay_cost(await alms.cost(fund_id, "50.001"))
    assert refused.json()["source"] == "Ruling 7 of the board"


async def test_wages_name_appointment_and_work_and_two_people_pay(alms: Alms, fund_id: str) -> None:
    await alms.collects(fund_id, "1000.000")
    wages: Json = {
        "fund_id": fund_id,
        "amount": amount("100.000"),
        "purpose": "wages",
        "what": "collector, March",
    }
    bare = await alms.manager.post(f"{ZAKAT}/costs", wages, **keyed())
    assert problem(bare) == "appointment-missing"
    named = wages | {"appointment": "Ministry, decision 7", "work_record": PAPER}
    entered = await alms.manager.post(f"{ZAKAT}/costs", named, **keyed())
    path = f"{ZAKAT}/costs/{entered.json()['cost_id']}/payment"

    own = await alms.manager.post(path, {}, **keyed())
    assert (own.status_code, problem(own)) == (403, "zakat-maker-decides")
    paid = await alms.second.post(path, {}, **keyed())
    assert (paid.json()["state"], paid.json()["limit"]) == ("paid", amount("125.000"))
    again = await alms.second.post(path, {}, **keyed())
    assert (again.status_code, problem(again)) == (409, "zakat-done")
    bonus = wages | {"purpose": "loan_volume_bonus"}
    assert (await alms.manager.post(f"{ZAKAT}/costs", bonus, **keyed())).status_code == 422


async def test_a_cost_is_of_zakat_that_is_there(alms: Alms, fund_id: str) -> None:
    waqf = await alms.fund("WAQF", "waqf")
    body = {
        "fund_id": waqf,
        "amount": amount("1.000"),
        "purpose": "keeping",
        "what": "safe",
    }
    assert problem(await alms.manager.post(f"{ZAKAT}/costs", body, **keyed())) == "not-zakat-fund"
    foreign = body | {"fund_id": fund_id, "amount": amount("1.00", "MAD")}
    refused = await alms.manager.post(f"{ZAKAT}/costs", foreign, **keyed())
    assert problem(refused) == "currency-mismatch"
    assert problem(await alms.pay_cost(str(ids.new()))) == "zakat-record-unknown"

    await alms.collects(fund_id, "1000.000")
    in_wallet = await alms.cost(fund_id, "1.000", channel="wallet")
    assert problem(await alms.pay_cost(in_wallet)) == "fund-exhausted"


@pytest.mark.usefixtures("resting")
async def test_twenty_costs_at_once_never_pass_the_cap(alms: Alms, fund_id: str) -> None:
    """125.000 may be spent of 1,000.000: of twenty costs of 10.000 in hand at once, twelve pass."""
    await alms.collects(fund_id, "1000.000")
    entered = [await alms.cost(fund_id, "10.000") for _ in range(20)]

    answers = await asyncio.gather(*(alms.pay_cost(one) for one in entered))

    passed = [one for one in answers if one.status_code == 201]
    refused = {problem(one) for one in answers if one.status_code != 201}
    assert (len(passed), refused) == (12, {"amil-cap-exceeded"})
    assert await alms.balance(fund_id, "amil_costs") == "120.000"


@pytest.mark.requirement("A8.6")
async def test_zakat_ages_by_receipt_in_both_calendars(alms: Alms, fund_id: str) -> None:
    for days, text in ((400, "100.000"), (300, "200.000"), (200, "300.000"), (5, "400.000")):
        await alms.collects(fund_id, text, on=TODAY - timedelta(days=days))
    case = await alms.entitled(await alms.person())
    await alms.gives(fund_id, case, "50.000")

    found = await ageing(alms, fund_id)

    assert found["in_hand"] == amount("950.000")
    assert [one["open"]["amount"] for one in found["layers"]] == [
        "50.000",
        "200.000",
        "300.000",
        "400.000",
    ]
    assert [one["level"] for one in found["layers"]] == [
        "past_limit",
        "warning",
        "notice",
        "fresh",
    ]
    sums = {one["level"]: one["open"]["amount"] for one in found["levels"]}
    assert sums["urgent"] == "0.000"
    assert sums["past_limit"] == "50.000"
    newest = found["layers"][-1]
    received = TODAY - timedelta(days=5)
    assert newest["distribute_by"]["gregorian"] == (received + timedelta(days=354)).isoformat()
    assert newest["received"]["hijri"] == hijri(received).to_text()
    then, next_year = newest["received"]["hijri"], newest["lunar_year_ends"]["hijri"]
    assert (int(next_year[:4]), next_year[4:]) == (int(then[:4]) + 1, then[4:])


async def test_the_age_of_an_earlier_day_is_that_of_its_books(alms: Alms, fund_id: str) -> None:
    await alms.collects(fund_id, "100.000", on=TODAY - timedelta(days=10))
    await alms.collects(fund_id, "100.000")
    case = await alms.entitled(await alms.person())
    await alms.gives(fund_id, case, "100.000")

    before = await ageing(alms, fund_id, on=later(-1).isoformat())
    now = await ageing(alms, fund_id)

    assert [one["age_days"] for one in before["layers"]] == [9]
    assert [one["age_days"] for one in now["layers"]] == [0]
    assert (await ageing(alms, fund_id, on=later(-11).isoformat()))["layers"] == []


async def test_an_institution_s_own_warnings_hold(alms: Alms, fund_id: str) -> None:
    await alms.collects(fund_id, "100.000", on=TODAY - timedelta(days=40))
    own = own_facts.fact("zakat_hold_warnings", "10 20 30", unit="days")
    await alms.give_fact(own)

    (layer,) = (await ageing(alms, fund_id))["layers"]
    assert layer["level"] == "urgent"
    waqf = await alms.fund("WAQF", "waqf")
    answer = await alms.officer.get(f"{ZAKAT}/funds/{waqf}/ageing")
    assert problem(answer) == "not-zakat-fund"


async def invest(alms: Alms, fund_id: str, **changes: object) -> httpx.Response:
    body: Json = {
        "fund_id": fund_id,
        "amount": amount("500.000"),
        "what": "workshop",
        "needs_met": "list of 30 March",
        "safeguards": "insured",
        "end_ownership": "deed 7",
    }
    return await alms.manager.post(f"{ZAKAT}/investments", body | changes)


@pytest.mark.rule("Z-9")
@pytest.mark.rule("Z-10")
async def test_zakat_is_invested_after_urgent_needs_and_three_checks(
    alms: Alms, fund_id: str
) -> None:
    await alms.collects(fund_id, "1000.000")
    assert problem(await invest(alms, fund_id)) == "zakat-investment-off"
    own = own_facts.fact("zakat_investment", "allowed_with_checks", unit="policy")
    await alms.give_fact(own)

    case = await alms.case(await alms.person(), is_urgent=True)
    waiting = await invest(alms, fund_id)
    assert (problem(waiting), waiting.json()["waiting"]) == ("urgent-cases-wait", 1)
    assert (await ageing(alms, fund_id))["urgent_waiting"] == 1
    await alms.decide(case, "fuqara")
    assert problem(await invest(alms, fund_id)) == "urgent-cases-wait"
    await alms.gives(fund_id, case, "100.000")

    for missing in ("needs_met", "safeguards", "end_ownership"):
        refused = await invest(alms, fund_id, **{missing: " "})
        assert (problem(refused), len(refused.json()["missing"])) == ("investment-unchecked", 1)
    proposed = await invest(alms, fund_id)
    assert proposed.status_code == 201, proposed.text
    path = f"{ZAKAT}/investments/{proposed.json()['investment_id']}/approval"
    assert problem(await alms.manager.post(path, {})) == "zakat-maker-decides"
    approved = await alms.approver.post(path, {})
    assert (approved.status_code, approved.json()["state"]) == (201, "approved")
    assert problem(await alms.second.post(path, {})) == "zakat-done"
    assert approved.json()["moves_money"] is False
    assert await alms.balance(fund_id, "cash") == "900.000", "it is a permission, and books nothing"


async def test_a_case_that_turns_urgent_stops_an_investment_on_its_way(
    alms: Alms, fund_id: str
) -> None:
    await alms.collects(fund_id, "1000.000")
    own = own_facts.fact("zakat_investment", "allowed_with_checks", unit="policy")
    await alms.give_fact(own)
    proposed = await invest(alms, fund_id)
    too_much = await invest(alms, fund_id, amount=amount("1000.001"))
    path = f"{ZAKAT}/investments/{too_much.json()['investment_id']}/approval"
    assert problem(await alms.second.post(path, {})) == "fund-exhausted"

    case = await alms.case(await alms.person(), is_urgent=True)
    path = f"{ZAKAT}/investments/{proposed.json()['investment_id']}/approval"
    assert problem(await alms.second.post(path, {})) == "urgent-cases-wait"
    await alms.decide(case, None, reasons="moved away")
    assert (await alms.second.post(path, {})).status_code == 201


async def test_an_auditor_reads_and_changes_nothing(alms: Alms, fund_id: str) -> None:
    auditor = alms.office.caller(Role.AUDITOR)
    assert (await auditor.get(f"{ZAKAT}/funds/{fund_id}/cap")).status_code == 200
    assert (await auditor.get(f"{ZAKAT}/funds/{fund_id}/ageing")).status_code == 200
    for path in ("costs", "grants", "collections", "investments", "cases", "prices"):
        assert (await auditor.post(f"{ZAKAT}/{path}", {}, **keyed())).status_code == 403, path
