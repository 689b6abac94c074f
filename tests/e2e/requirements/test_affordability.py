"""What a household can pay, what a contract brings, and what a guarantee never changes."""

from typing import Any
from uuid import UUID

import pytest

from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.bodies import amount
from tests.integration.loans import zakat_scene
from tests.integration.loans.zakat_scene import ZAKAT
from tests.integration.scoring.desk import ASSESSMENTS, Desk
from tests.scoring_cases import make_request

Json = dict[str, Any]
CHEAP = str(UUID(int=21))


def season(income: str, *, verified: str | None = None, **changes: Any) -> Json:
    """Twelve months alike: what is sold, and what of it is proven."""
    month = make_request()["household"] | {
        "other_income": amount("0.000"),
        "sales": amount(income),
    }
    if verified is not None:
        month["verified_income"] = amount(verified)
    return {"months": [month] * 12, "buffer": amount("0.000")} | changes


def debt(source: str, lender: str, monthly: str) -> Json:
    told = {"source": source, "lender": lender, "monthly": amount(monthly)}
    return told | {"as_of": "2026-03-31"}


async def refused(scoring: Desk, body: Json, problem: str) -> None:
    answer = await scoring.service().post(ASSESSMENTS, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == f"/problems/{problem}"


@pytest.mark.requirement("A7.5")
async def test_all_known_debts_keep_to_a_share_of_the_poorest_proven_month(scoring: Desk) -> None:
    """A third of 900 proven is 300; 150 go to one lender, told and found, and 80 to another."""
    policy = {"lowest_month_share": "0.333333", "debt_service_limit": "0.90"}
    debts = [
        debt("declared", "Bank A", "120.000"),
        debt("bureau", "bank a", "150.000"),
        debt("bureau", "Fund B", "80.000"),
    ]
    months = season("2500.000", verified="900.000")
    body = make_request(season=months, debts=debts, policy=policy)
    found = await scoring.assess(body)
    assert found["affordability"]["binding"] == "lowest_month"
    assert found["affordability"]["capacity"] == amount("69.999")
    assert all(float(line["instalment"]["amount"]) <= 69.999 for line in found["menu"])
    more = [*debts, debt("bureau", "Shop C", "70.000")]
    full = await scoring.assess(make_request(season=months, debts=more, policy=policy))
    assert (full["menu"], full["affordability"]["capacity"]) == ([], amount("0.000"))
    assert {one["code"] for one in full["rejected"]} == {"too_high_instalment"}
    foreign = debts[0] | {"monthly": {"amount": "1.00", "currency": "USD"}}
    await refused(scoring, make_request(debts=[foreign]), "shared/currency-mismatch")


@pytest.mark.requirement("A8.5")
async def test_a_class_is_proposed_with_reasons_and_a_person_decides(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with zakat_scene.opened(loans_db, institution_id) as alms:
        case = await alms.case(await alms.person())
        waiting = (await alms.officer.get(f"{ZAKAT}/cases/{case}")).json()
        assert (waiting["state"], waiting["zakat_class"]) == ("waiting", None)
        assert waiting["proposed"] == ["fuqara"]
        (reason,) = waiting["reasons"]
        assert reason["figures"][:2] == [amount("120.000"), amount("350.000")]
        own = await alms.officer.post(f"{ZAKAT}/cases/{case}/decision", {"zakat_class": "fuqara"})
        assert own.status_code == 403
        assert (await alms.decide(case, "fuqara")).json()["state"] == "approved"
        for trait in ("religion", "origin"):
            body = {
                "borrower_id": await alms.person(),
                "told": zakat_scene.told() | {trait: "x"},
                "shown": zakat_scene.shown(*zakat_scene.NEED),
            }
            answer = await alms.officer.post(f"{ZAKAT}/cases", body)
            assert answer.status_code == 422, "it is neither asked for nor taken"


@pytest.mark.requirement("C6.3")
async def test_a_contract_pays_by_month_late_and_not_all_of_it(scoring: Desk) -> None:
    """500 expected in month 2, two months late and 20 per cent less: month 4 has 400 more."""

    async def left(**receipt: Any) -> list[str]:
        told = season("1500.000")
        if receipt:
            told["receipts"] = [receipt]
        found = await scoring.assess(make_request(season=told))
        months = found["affordability"]["months"]
        return [one["left"]["amount"] for one in months if one["trial"] == "expected"]

    paying = {"month": 2, "amount": amount("500.000"), "proof": "contract:7"}
    without = await left()
    found = await left(**paying, delay_months=2, discount="0.20")
    moved = [place for place in range(12) if found[place] != without[place]]
    assert moved == [3]
    assert float(found[3]) - float(without[3]) == 400
    body = make_request(season=season("1500.000", receipts=[paying | {"discount": "1.2"}]))
    answer = await scoring.service().post(ASSESSMENTS, body)
    assert answer.status_code == 422, "nobody takes off more than all of it"


@pytest.mark.requirement("O1.4")
async def test_a_signed_contract_is_a_source_of_repayment_only_with_its_proof(
    scoring: Desk,
) -> None:
    poor = season("1000.000", buffer=amount("300.000"))
    receipts = [
        {"month": month, "amount": amount("300.000"), "proof": f"subcontract:{month}"}
        for month in range(1, 12)
    ]
    without = await scoring.assess(make_request(season=poor))
    found = await scoring.assess(make_request(season=poor | {"receipts": receipts}))
    assert (without["feasible"], found["feasible"]) == (0, 37)
    unproven = [{name: value for name, value in receipts[0].items() if name != "proof"}]
    answer = await scoring.service().post(
        ASSESSMENTS, make_request(season=poor | {"receipts": unproven})
    )
    assert answer.status_code == 422
    assert [one["pointer"].rsplit("/", 1)[1] for one in answer.json()["errors"]] == ["proof"]


@pytest.mark.requirement("O5.4")
async def test_a_guarantee_makes_a_loss_smaller_and_nothing_easier_to_pay(scoring: Desk) -> None:
    def priced(**changes: Any) -> Json:
        price: Json = make_request()["price"]
        return price | changes

    bare = await scoring.assess(make_request())
    guaranteed = await scoring.assess(make_request(price=priced(guaranteed_share="0.8")))
    assert guaranteed["affordability"] == bare["affordability"]
    assert guaranteed["points"] == bare["points"]
    loss, less = (float(one["break_even"]["parts"]["expected_loss"]) for one in (bare, guaranteed))
    assert 0 < less < loss / 4
    poor = make_request()["household"] | {"sales": amount("0.000"), "other_income": amount("400")}
    secured = make_request(household=poor, price=priced(guaranteed_share="1"))
    found = await scoring.assess(secured)
    assert (found["menu"], found["affordability"]["capacity"]["amount"]) == ([], "0.000")
    over = make_request(price=priced(guaranteed_share="1.1"))
    assert (await scoring.service().post(ASSESSMENTS, over)).status_code == 422
    assert (await scoring.caller(Role.OFFICER).post(ASSESSMENTS, over)).status_code == 403
