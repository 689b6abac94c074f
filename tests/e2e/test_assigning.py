"""From the waiting list over a run that another person approves, to the application and donors."""

from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from services import data_folder
from services.cli import assigning
from services.cli.reaching import Reached
from services.embedded import Rafid
from shared.clients.assignment_runs import ProposedRun, WaitingListOut, WeightsIn
from shared.clients.tokens import ServiceTokens
from shared.db import Database
from shared.ids import InstitutionId
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import SITE, House, until
from tests.e2e.journey import Office
from tests.e2e.people import Caller, Json

WEIGHTS = WeightsIn.model_validate({"social": {"women": "1", "jobs": "0.5"}})
RUNS = "/scoring/v1/assignment-runs"
KEPT = {
    "loans": "select count(*) from application_proposal where institution_id = :institution_id",
    "monitoring": "select count(*) from fund_worth where institution_id = :institution_id",
}


def reached(house: House, folder: Path) -> Reached:
    """The services as loans itself reaches them, which is how the command asks."""
    http = house.client()
    secret = data_folder.open_secrets(folder)["loans_client_secret"]
    token_url = f"{SITE}/loans/v1/token"
    tokens = ServiceTokens(http, token_url=token_url, client_id="loans", client_secret=secret)
    return Reached(loans=http, scoring=http, tokens=tokens)


async def proposed(
    house: House, office: Office, folder: Path
) -> tuple[WaitingListOut, ProposedRun]:
    """What `rafid assign --propose` does."""
    services = reached(house, folder)
    institution_id = await services.institution(office.institution.code)
    assert institution_id == office.institution.id
    waiting = await assigning.gathered(services, institution_id, currency=None)
    return waiting, await assigning.proposed(services, institution_id, waiting, WEIGHTS)


async def read_file(office: Office, application_id: str) -> Json:
    return await office.officer.get(f"/loans/v1/applications/{application_id}")


async def kept(house: House, office: Office) -> dict[str, Any]:
    """How many rows each service keeps of what scoring told."""
    assert house.rafid is not None
    found = {}
    for service, query in KEPT.items():
        database: Database = getattr(house.rafid, service).state.database
        values = {"institution_id": office.institution.id}
        async with database.read(office.institution.id) as session:
            found[service] = (await session.execute(text(query), values)).scalar_one()
    return found


async def heard_again(rafid: Rafid, institution_id: InstitutionId) -> None:
    """Let both services read scoring's feed from its beginning."""
    for app in (rafid.loans, rafid.monitoring):
        async with app.state.database.begin(institution_id) as session:
            again = "update feed_cursor set number = 0 where source = 'scoring'"
            await session.execute(text(again))
        await app.state.hearing.catch_up(institution_id)


async def test_what_waits_is_assigned_approved_seen_in_loans_and_on_the_donor_page(
    house: House, tmp_path: Path
) -> None:
    office = await journey.open_office(house)
    asked = [
        await journey.apply(office, amount=amount("2000.000"), term_months=24) for _ in range(10)
    ]
    assert {one["status"] for one in asked} == {"assessed"}

    waiting, run = await proposed(house, office, tmp_path)

    assert {str(one.application_id) for one in waiting.applications} == {
        one["application_id"] for one in asked
    }
    (fund,) = waiting.funds
    assert (str(fund.fund_id), fund.budget.amount) == (office.fund_id, journey.RECEIVED)
    assert all(one.eligible == [fund.fund_id] for one in waiting.applications)
    assert all(one.default_chance is not None for one in waiting.applications)
    assert all("women" in one.traits for one in waiting.applications)
    assert (run.applications, run.financed, run.status) == (10, 5, "proposed")
    again = await proposed(house, office, tmp_path)
    assert again[1].run_id == run.run_id

    opinions = Caller(house.client("scoring"), office.approver.token)
    await opinions.post(f"{RUNS}/{run.run_id}/approve", {"note": "محضر 7"})
    newest = asked[0]["application_id"]

    async def is_heard() -> bool:
        return "proposal" in await read_file(office, newest)

    await until(is_heard, named="loans hearing the approved run")
    files = [await read_file(office, one["application_id"]) for one in asked]
    assert {one["proposal"]["run_id"] for one in files} == {str(run.run_id)}
    proposals = [one["proposal"]["fund_id"] for one in files]
    assert sorted(map(str, proposals)) == sorted([office.fund_id] * 5 + ["None"] * 5)
    assert {one["status"] for one in files} == {"assessed"}

    browser = await office.institution.donor_browser(office.donor_id)

    async def is_shown() -> bool:
        page = await browser.get("/monitoring/v1/donor", params={"lang": "en"})
        return str(run.run_id) in page.text

    await until(is_shown, named="the donor page showing the approved run")
    await _is_told(browser)
    before = await kept(house, office)
    assert before == {"loans": 10, "monitoring": 1}
    assert house.rafid is not None
    await heard_again(house.rafid, office.institution.id)
    assert await kept(house, office) == before

    chosen = next(one for one in files if one["proposal"]["fund_id"] == office.fund_id)
    decided = await journey.approve(office, chosen, fund_id=chosen["proposal"]["fund_id"])
    assert decided["status"] == "approved"


async def _is_told(browser: httpx.AsyncClient) -> None:
    """The figure stands on the page in every language."""
    shown = {  # a woman is one point for 2,000: half a point for a thousand
        "ar": ("ماذا ستموّل وحدة نقدية إضافية؟", "0.50"),
        "fr": ("Ce que financerait une unité de plus", "0,50"),
        "en": ("What one more unit would finance", "0.50"),
    }
    for language, (title, points) in shown.items():
        page = (await browser.get("/monitoring/v1/donor", params={"lang": language})).text
        assert title in page
        assert f'<bdi class="big">{points}</bdi>' in page


async def test_one_to_four_that_lack_money_are_not_told_on_the_donor_page(
    house: House, tmp_path: Path
) -> None:
    office = await journey.open_office(house)
    for _ in range(7):
        await journey.apply(office, amount=amount("2000.000"), term_months=24)
    _, run = await proposed(house, office, tmp_path)
    opinions = Caller(house.client("scoring"), office.approver.token)
    approved = await opinions.post(f"{RUNS}/{run.run_id}/approve", {})
    (fund,) = approved["funds"]
    assert (fund["financed"], float(fund["one_more"])) == (5, 0.0005)

    browser = await office.institution.donor_browser(office.donor_id)

    async def is_shown() -> bool:
        return str(run.run_id) in (await browser.get("/monitoring/v1/donor?lang=en")).text

    await until(is_shown, named="the donor page showing the approved run")
    page = (await browser.get("/monitoring/v1/donor?lang=en")).text
    assert "it would tell about fewer than five applications" in page
    assert "0.50</bdi>" not in page
    assert "<bdi>fewer than five</bdi>" in page
