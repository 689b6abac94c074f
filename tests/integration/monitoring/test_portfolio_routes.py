"""What the API answers about the portfolio and a fund's use, and to whom."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from shared.ids import InstitutionId, new
from tests.integration.monitoring import house as houses
from tests.integration.monitoring.house import House

PORTFOLIO = "/monitoring/v1/portfolio"


@pytest.fixture
async def house(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> AsyncIterator[House]:
    async with houses.opened(database_urls["monitoring"], institution_id) as opened:
        loans = opened.loans
        loans.opens_branch()
        loans.opens_fund()
        loans.receives(5_000_000)
        for sector, paid in (("trade", 400_000), ("crafts", 0)):
            contract = loans.signs(minor=1_000_000, sector=sector)
            loans.pays_out(contract, 1_000_000)
            loans.pays_back(contract, paid, on=date(2026, 5, 10))
        await opened.consume()
        yield opened


async def test_the_portfolio_is_cut_by_sector(house: House) -> None:
    answer = await house.get(PORTFOLIO, house.token("auditor"), as_of="2026-05-15", by="sector")
    body = answer.json()
    assert [group["group"] for group in body["groups"]] == ["crafts", "trade"]
    crafts, trade = body["groups"]
    assert crafts["outstanding"] == {"amount": "1000.000", "currency": "JOD"}
    assert crafts["par90"] == {
        "contracts": 1,
        "outstanding": {"amount": "1000.000", "currency": "JOD"},
        "ratio": "1.000000",
    }
    assert trade["par1"]["contracts"] == 0
    assert trade["outstanding"]["amount"] == "600.000"
    [whole] = body["whole"]
    assert whole["par90"]["ratio"] == "0.625000"
    assert body["definition"] == "par-cgap-2003.v1"


async def test_the_answer_states_the_dates_it_used(house: House) -> None:
    asked = {"as_of": "2026-05-15", "known_at": "2199-01-01T00:00:00Z"}
    body = (await house.get(PORTFOLIO, house.token("auditor"), **asked)).json()
    assert body["as_of"] == "2026-05-15"
    assert body["known_at"] == house.loans.at.isoformat().replace("+00:00", "Z")
    assert body["sequence"] == len(house.loans.told)


async def test_the_stated_dates_give_the_same_answer_after_more_is_known(house: House) -> None:
    token = house.token("auditor")
    first = (await house.get(PORTFOLIO, token, as_of="2026-05-15")).json()
    contract = house.loans.signs(minor=2_000_000)
    house.loans.pays_out(contract, 2_000_000)
    await house.consume()
    asked = {"as_of": first["as_of"], "known_at": first["known_at"]}
    assert (await house.get(PORTFOLIO, token, **asked)).json() == first
    assert (await house.get(PORTFOLIO, token, as_of="2026-05-15")).json() != first


async def test_an_officer_sees_the_portfolio_of_the_own_branches(house: House) -> None:
    own = house.token("officer", branches=[str(house.loans.branch_id)])
    other = house.token("officer", branches=[str(new())])
    assert (await house.get(PORTFOLIO, own)).json()["whole"][0]["contracts"] == 2
    assert (await house.get(PORTFOLIO, other)).json()["whole"] == []


async def test_a_fund_s_use_closes_on_the_wire(house: House) -> None:
    path = f"/monitoring/v1/funds/{house.loans.fund_id}/utilisation"
    body = (await house.get(path, house.token("funds_manager"), as_of="2026-05-15")).json()
    amounts = {
        name: body[name]["amount"]
        for name in ("received", "committed", "disbursed", "returned", "at_hand", "outstanding")
    }
    assert amounts == {
        "received": "5000.000",
        "committed": "0.000",
        "disbursed": "2000.000",
        "returned": "400.000",
        "at_hand": "3400.000",
        "outstanding": "1600.000",
    }


@pytest.mark.parametrize("query", [{"by": "borrower"}, {"as_of": "yesterday"}, {"known_at": "1"}])
async def test_a_question_that_is_not_understood_is_refused(
    house: House, query: dict[str, str]
) -> None:
    answer = await house.get(PORTFOLIO, house.token("auditor"), **query)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"


async def test_projects_are_listed_with_their_stages(house: House) -> None:
    body = (await house.get("/monitoring/v1/projects", house.token("officer"), limit=1)).json()
    [project] = body["items"]
    assert project["financed"] == {"amount": "1000.000", "currency": "JOD"}
    assert [stage["stage"] for stage in project["stages"]] == ["financed", "repaying"]
    rest = await house.get("/monitoring/v1/projects", house.token("officer"), after=body["next"])
    assert len(rest.json()["items"]) == 1
