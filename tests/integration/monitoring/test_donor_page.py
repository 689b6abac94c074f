"""A donor sees their own funds and no other; the page's figures are the books', or it says so."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared.clients.loans import FundFigures
from shared.ids import FundId, InstitutionId, new
from tests.integration.monitoring import house as houses
from tests.integration.monitoring.feed_of_loans import MORNING
from tests.integration.monitoring.house import DONOR, HOME, House

AMINA, BASIM = new(), new()


@pytest.fixture
async def house(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> AsyncIterator[House]:
    async with houses.opened(database_urls["monitoring"], institution_id) as opened:
        yield opened


@pytest.fixture
async def other_fund(house: House) -> UUID:
    """Amina's fund has lent money and got some back; Basim's has only received."""
    loans = house.loans
    loans.opens_branch()
    loans.opens_fund(code="AMINA")
    loans.links(AMINA)
    loans.receives(10_000_000)
    for n in range(12):
        contract = loans.signs(minor=1_000_000, on=date(2026, 1, 10 + n))
        loans.pays_out(contract, 1_000_000, on=date(2026, 1, 10 + n))
        loans.pays_back(contract, 250_000, on=date(2026, 4, 1))
    fund_id = loans.opens_fund(fund_id=new(), code="BASIM", kind="zakat")
    loans.links(BASIM, fund_id=fund_id)
    loans.receives(7_777_000, fund_id=fund_id)
    await house.consume()
    return fund_id


def ledger_of(house: House, **changes: int) -> FundFigures:
    minor: dict[str, Any] = {
        "received_minor": 10_000_000,
        "disbursed_minor": 12_000_000,
        "returned_minor": 3_000_000,
        "cash_minor": 1_000_000,
        "outstanding_principal_minor": 9_000_000,
        **changes,
    }
    fund_id = FundId(house.loans.fund_id)
    return FundFigures(fund_id=fund_id, currency="JOD", known_at=MORNING, sequence=1, **minor)


@pytest.mark.usefixtures("other_fund")
async def test_a_donor_sees_their_own_fund_with_its_figures(house: House) -> None:
    house.loans.figures = ledger_of(house)
    await house.sign_in("donor", donor_id=AMINA)
    page = (await house.browser.get(DONOR, params={"lang": "en"})).text
    assert "Waqf AMINA" in page
    assert '<section class="seal agrees"' in page
    for figure in ("10,000<small>.000", "12,000<small>.000", "3,000<small>.000", "2,000<small>"):
        assert figure in page
    assert "BASIM" not in page
    assert "7,777" not in page


async def test_a_donor_reaches_no_fund_of_another_by_any_address(
    house: House, other_fund: UUID
) -> None:
    token = house.token("donor", donor=str(AMINA))
    page = await house.get(DONOR, token, fund=other_fund)
    used = await house.get(f"/monitoring/v1/funds/{other_fund}/utilisation", token)
    unknown = await house.get(f"/monitoring/v1/funds/{new()}/utilisation", token)
    assert (page.status_code, used.status_code, unknown.status_code) == (404, 404, 404)
    assert used.json()["type"] == unknown.json()["type"] == "/problems/monitoring/fund-not-found"
    assert (await house.get("/monitoring/v1/portfolio", token)).status_code == 403
    assert (await house.get("/monitoring/v1/projects", token)).status_code == 403


@pytest.mark.usefixtures("other_fund")
async def test_a_donor_without_a_donor_id_sees_no_fund(house: House) -> None:
    page = await house.get(DONOR, house.token("donor"), lang="en")
    assert page.status_code == 200
    assert "No fund is linked to you yet" in page.text


@pytest.mark.usefixtures("other_fund")
async def test_a_donor_of_another_institution_sees_nothing_here(house: House) -> None:
    token = house.token("donor", donor=str(AMINA), institution=str(new()))
    page = await house.get(DONOR, token, lang="en")
    assert "AMINA" not in page.text


async def test_an_auditor_sees_every_fund_of_the_institution(
    house: House, other_fund: UUID
) -> None:
    token = house.token("auditor")
    assert "Waqf BASIM" in (await house.get(DONOR, token, lang="en")).text
    chosen = await house.get(DONOR, token, lang="en", fund=other_fund)
    assert "7,777<small>.000" in chosen.text


@pytest.mark.usefixtures("other_fund")
async def test_one_unit_of_difference_is_said_in_red(house: House) -> None:
    house.loans.figures = ledger_of(house, cash_minor=1_000_001)
    page = await house.get(DONOR, house.token("donor", donor=str(AMINA)), lang="en")
    assert '<section class="seal differs"' in page.text
    assert "1,000.001" in page.text


@pytest.mark.usefixtures("other_fund")
async def test_a_silent_ledger_leaves_the_seal_open_and_the_page_readable(house: House) -> None:
    house.loans.is_down = True
    page = await house.get(DONOR, house.token("donor", donor=str(AMINA)), lang="en")
    assert page.status_code == 200
    assert '<section class="seal unchecked"' in page.text


@pytest.mark.usefixtures("other_fund")
async def test_the_page_allows_nothing_from_elsewhere_and_is_not_kept(house: House) -> None:
    page = await house.get(DONOR, house.token("auditor"))
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("other_fund")
async def test_arabic_is_what_a_reader_gets_who_asks_for_nothing(house: House) -> None:
    token = house.token("auditor")
    house.browser.headers.pop("accept-language", None)
    assert '<html lang="ar" dir="rtl">' in (await house.get(DONOR, token)).text
    asked = await house.browser.get(
        DONOR,
        headers={"Authorization": f"Bearer {token}", "Accept-Language": "fr-TN, en;q=0.5"},
    )
    assert '<html lang="fr" dir="ltr">' in asked.text


async def test_before_anything_is_loaded_the_page_says_so(house: House) -> None:
    page = await house.get(DONOR, house.token("donor", donor=str(AMINA)), lang="en")
    assert page.status_code == 200
    assert "Nothing has been loaded from the books yet" in page.text


async def test_the_pages_own_files_are_served_and_may_be_kept(house: House) -> None:
    style = await house.browser.get("/monitoring/v1/static/page.css")
    font = await house.browser.get(
        "/monitoring/v1/static/vendor/noto-naskh-arabic-arabic-400-normal.woff2"
    )
    assert style.headers["content-type"].startswith("text/css")
    assert font.status_code == 200
    assert "max-age" in font.headers["cache-control"]
    assert (await house.browser.get("/monitoring/v1/static/../app.py")).status_code == 404


async def test_the_home_page_is_open_to_everybody(house: House) -> None:
    home = await house.browser.get(HOME, params={"lang": "en"})
    assert home.status_code == 200
    assert "/monitoring/v1/login?lang=en" in home.text
