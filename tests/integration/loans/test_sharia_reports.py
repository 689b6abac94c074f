"""Reports shaped after AAOIFI FAS 28, 37 and 39 say what the ledger says, on any day, as known."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from services.loans.domain.chart import AccountClass, FundAccounts, FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.ledger import operations as ledger
from services.loans.ledger.queries import Cut, trial_balance
from services.loans.papers.documents import seal_of_members
from services.loans.papers.printing import Printer
from services.loans.sharia_reports.router import router
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import chained, rulings
from tests.integration.loans import dealing, zakat_scene
from tests.integration.loans.dealing import SIGNED, Table
from tests.integration.loans.scene import ACTOR, Scene, jod
from tests.integration.loans.zakat_scene import Alms
from tests.office import TODAY, Caller, Office

REPORTS = "/loans/v1/sharia/reports"
WAQF: dict[str, Any] = {"kind": FundKind.WAQF, "fund_kinds": frozenset({FundKind.WAQF})}
Json = dict[str, Any]


def reading(office: Office) -> Caller:
    office.app.include_router(router)
    office.app.state.printer = Printer()
    return office.caller(Role.AUDITOR)


@pytest.fixture
async def table(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Table]:
    async with dealing.opened(loans_db, institution_id) as opened:
        yield opened


@pytest.fixture
async def alms(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Alms]:
    async with zakat_scene.opened(loans_db, institution_id) as opened:
        yield opened


async def read(auditor: Caller, name: str, **query: str) -> Json:
    answer = await auditor.get(f"{REPORTS}/{name}", **query)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    sealed = told.pop("sha256")
    assert sealed == seal_of_members(told), "whoever reads it can check the seal"
    return told


def lines(fund: Json, section: str) -> dict[str, str]:
    found = next(one for one in fund["sections"] if one["code"] == section)
    return {line["code"]: line["amount"]["amount"] for line in found["lines"]}


async def booked(scene: Scene, fund_id: object, **cut: Any) -> dict[str, int]:
    """What the ledger says of a fund's accounts, debit positive."""
    async with scene.database.read(scene.institution_id) as session:
        rows = await trial_balance(session, cut=Cut(**cut))
    return {
        row.code: row.debit_minor - row.credit_minor
        for row in rows
        if str(row.fund_id) == str(fund_id)
    }


def minor(text: str) -> int:
    return int(text.replace(".", ""))


async def sell(table: Table, contract_id: str) -> None:
    await table.take(
        contract_id,
        ("promise", {}),
        ("purchase", {"amounts": {"invoice": "1000.000"}}),
        ("possess", {}),
        ("sell", {"amounts": {"cost": "1000.000", "mark_up": "120.000"}}),
    )


async def test_murabaha_shows_receivables_less_deferred_profit_by_period(table: Table) -> None:
    auditor = reading(table.office)
    fund_id = await table.scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)
    sold, bought, ours = [await table.deal("murabaha", fund_id=fund_id, **WAQF) for _ in range(3)]
    await sell(table, sold)
    goods = {"amounts": {"invoice": "1000.000"}}
    start: tuple[tuple[str, Json], ...] = (("promise", {}), ("purchase", goods))
    await table.take(bought, *start)
    await table.take(ours, *start, ("possess", {"on": date(2026, 2, 1)}))
    await table.paid(sold, "93.333", on=date(2026, 2, 15))
    await table.paid(sold, "93.333", on=date(2026, 3, 15))

    told = await read(auditor, "murabaha", since="2026-02-01", as_of="2026-02-28")
    assert told["standard"] == "AAOIFI FAS 28"
    assert "not audited" in told["shaped_after"]
    (fund,) = told["funds"]
    assert lines(fund, "receivables") == {
        "cost_owed": "916.667",
        "profit_owed": "110.000",
        "less_deferred_profit": "-110.000",
        "less_allowance": "0.000",
        "receivables_net": "916.667",
    }
    assert lines(fund, "deferred_profit") == {
        "opening": "120.000", "came": "0.000", "left": "-10.000", "closing": "110.000",
    }  # fmt: skip
    assert lines(fund, "inventory")["closing"] == "2000.000"
    assert lines(fund, "income") == {"profit_recognised": "10.000", "late_to_charity": "0.000"}
    assert fund["possession"] == {
        "bought": 0, "taken": 1, "sold": 0, "not_yet_ours": 1, "ours_unsold": 1,
    }  # fmt: skip
    first = (await read(auditor, "murabaha", as_of=str(SIGNED)))["funds"][0]["possession"]
    assert first == {"bought": 3, "taken": 1, "sold": 1, "not_yet_ours": 2, "ours_unsold": 0}


async def test_each_figure_of_murabaha_agrees_with_the_ledger_on_any_day(table: Table) -> None:
    auditor = reading(table.office)
    fund_id = await table.scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)
    await sell(table, contract_id := await table.deal("murabaha", fund_id=fund_id, **WAQF))
    lease = await table.deal("ijara", fund_id=fund_id, **WAQF)
    await table.take(
        lease, ("promise", {}), ("purchase", {"amounts": {"invoice": "1000.000"}}), ("possess", {})
    )
    await table.paid(contract_id, "93.333", on=date(2026, 2, 15))

    for day in ("2026-01-14", "2026-01-15", "2026-02-14", "2026-02-15", "2026-04-01"):
        (fund,) = (await read(auditor, "murabaha", as_of=day))["funds"] or [None]
        if fund is None:
            assert day == "2026-01-14"
            continue
        books = await booked(table.scene, fund_id, as_of=date.fromisoformat(day))
        for section in fund["sections"]:
            if section["code"].startswith("account_"):
                code = section["code"].removeprefix("account_")
                parts = lines(fund, section["code"])
                assert minor(parts["in_the_ledger"]) == books[code], (day, code)
                both = minor(parts["in_this_report"]) + minor(parts["elsewhere"])
                assert both == books[code], (day, code)
    goods = lines(fund, "account_goods")
    assert (goods["in_this_report"], goods["elsewhere"]) == ("0.000", "1000.000")


async def test_what_was_booked_later_is_not_in_a_report_of_before(table: Table) -> None:
    auditor = reading(table.office)
    fund_id = await table.scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)
    await sell(table, contract_id := await table.deal("murabaha", fund_id=fund_id, **WAQF))
    await chained.chain(table.scene.database, table.scene.institution_id)
    before = await table.scene.scalar("select max(numbered_at) from journal_link")
    known = str(before).replace(" ", "T")
    first = await read(auditor, "murabaha", as_of="2026-03-01", known_at=known)

    await table.paid(contract_id, "93.333", on=date(2026, 2, 15))
    await chained.chain(table.scene.database, table.scene.institution_id)

    assert await read(auditor, "murabaha", as_of="2026-03-01", known_at=known) == first
    now = await read(auditor, "murabaha", as_of="2026-03-01")
    assert lines(first["funds"][0], "receivables")["cost_owed"] == "1000.000"
    assert lines(now["funds"][0], "receivables")["cost_owed"] == "916.667"


async def move(scene: Scene, fund_id: FundId, on: date, **moved: str) -> None:
    """Book an entry of a waqf on a day, debit positive."""
    fund = FundAccounts(fund_id=fund_id, kind=FundKind.WAQF, currency="JOD")
    found = tuple(
        Line(account_code=fund.account(code), fund_id=fund_id, amount=jod(sum_))
        for code, sum_ in moved.items()
    )
    entry = JournalEntry(kind=EntryKind.YIELD, occurred_on=on, lines=found)
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())


@pytest.mark.requirement("A8.8")
async def test_the_waqf_keeps_corpus_yield_and_what_goes_back_apart(table: Table) -> None:
    auditor = reading(table.office)
    scene = table.scene
    fund_id = await scene.fund(FundKind.WAQF, receives="1000.000")
    await move(scene, fund_id, date(2026, 3, 2), cash="400.000", temporary_corpus="-400.000")
    await move(scene, fund_id, date(2026, 3, 5), cash="60.000", investment_income="-60.000")
    await move(scene, fund_id, date(2026, 3, 6), upkeep="8.000", cash="-8.000")
    await move(scene, fund_id, date(2026, 3, 7), nazir_fee="5.200", cash="-5.200")
    await move(scene, fund_id, date(2026, 3, 8), yield_shared="5.200", loss_reserve="-5.200")
    await move(scene, fund_id, date(2026, 3, 9), grants="30.000", cash="-30.000")
    await move(scene, fund_id, date(2026, 3, 9), cash="7.000", charity="-7.000")

    told = await read(auditor, "waqf", since="2026-03-02", as_of="2026-03-31")
    (fund,) = told["funds"]
    assert told["standard"] == "AAOIFI FAS 37"
    assert lines(fund, "permanent_corpus") == {
        "opening": "1000.000", "came": "0.000", "left": "0.000", "closing": "1000.000",
    }  # fmt: skip
    assert lines(fund, "temporary_corpus")["closing"] == "400.000"
    assert lines(fund, "yield") == {
        "account_investment_income": "60.000",
        "account_upkeep": "-8.000",
        "yield_net": "52.000",
        "nazir_share": "-5.200",
        "distributed": "-30.000",
        "yield_kept": "16.800",
    }
    assert lines(fund, "reserve")["closing"] == "5.200"
    assert lines(fund, "net_assets") == {
        "account_cash": "1423.800",
        "assets": "1423.800",
        "liabilities": "-7.000",
        "returnable_corpus": "-400.000",
        "net_assets": "1016.800",
        "of_it_corpus": "1000.000",
        "of_it_yield_and_reserve": "16.800",
    }


async def test_net_assets_of_a_waqf_agree_with_the_ledger_on_any_day(table: Table) -> None:
    auditor = reading(table.office)
    fund_id = await table.scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)
    await sell(table, contract_id := await table.deal("murabaha", fund_id=fund_id, **WAQF))
    await table.paid(contract_id, "93.333", on=date(2026, 2, 15))

    for day in ("2026-01-15", "2026-02-15", "2026-04-01"):
        as_of = date.fromisoformat(day)
        (fund,) = (await read(auditor, "waqf", as_of=day))["funds"]
        found = lines(fund, "net_assets")
        async with table.scene.database.read(table.scene.institution_id) as session:
            rows = await trial_balance(session, cut=Cut(as_of=as_of), fund_id=fund_id)
        by_class = dict.fromkeys(AccountClass, 0)
        for row in rows:
            by_class[AccountClass(row.account_class)] += row.debit_minor - row.credit_minor
        assert minor(found["assets"]) == by_class[AccountClass.ASSET]
        assert minor(found["net_assets"]) == (
            by_class[AccountClass.ASSET] + by_class[AccountClass.LIABILITY]
        )
        both = minor(found["of_it_corpus"]) + minor(found["of_it_yield_and_reserve"])
        assert minor(found["net_assets"]) == both


@pytest.mark.requirement("A8.8")
async def test_zakat_is_told_by_source_and_class_and_what_is_left_is_held(alms: Alms) -> None:
    auditor = reading(alms.office)
    fund_id = await alms.fund()
    await alms.collects(fund_id, "4000.000", on=date(2026, 3, 1))
    await alms.gives(fund_id, await alms.entitled(await alms.person()), "500.000")
    masakin = await alms.entitled(await alms.person(), "masakin", reasons="seen at home")
    await alms.gives(fund_id, masakin, "250.000", zakat_class="masakin")
    assert (await alms.pay_cost(await alms.cost(fund_id, "100.000"))).status_code == 201

    told = await read(auditor, "zakah", since="2026-01-01", as_of=str(TODAY))
    (fund,) = told["funds"]

    assert told["standard"] == "AAOIFI FAS 39"
    assert lines(fund, "sources") == {
        "undistributed_before": "0.000",
        "zakat_received": "4000.000",
        "other_sources": "0.000",
        "sources": "4000.000",
    }
    uses = lines(fund, "uses")
    assert (uses["to_fuqara"], uses["to_masakin"], uses["to_gharimin"]) == (
        "500.000", "250.000", "0.000",
    )  # fmt: skip
    assert (uses["given"], uses["amil_costs"], uses["uses"]) == ("750.000", "100.000", "850.000")
    assert "to_no_class" not in uses
    assert lines(fund, "undistributed") == {
        "undistributed": "3150.000",
        "held": "3150.000",
        "lent_and_else": "0.000",
        "liabilities": "0.000",
        "held_and_lent_less_owed": "3150.000",
    }
    later = (await read(auditor, "zakah", since="2026-04-02", as_of="2026-04-30"))["funds"][0]
    assert lines(later, "sources")["undistributed_before"] == "3150.000"
    assert lines(later, "uses")["uses"] == "0.000"
    (early,) = (await read(auditor, "zakah", as_of="2026-03-31"))["funds"]
    assert lines(early, "undistributed")["undistributed"] == "4000.000"


async def test_a_report_is_a_paper_in_each_language(table: Table) -> None:
    auditor = reading(table.office)
    await table.scene.fund(FundKind.WAQF)
    await sell(table, await table.deal("murabaha"))

    for language in ("ar", "fr", "en"):
        for name in ("murabaha", "waqf", "zakah"):
            query = {"format": "pdf", "lang": language, "since": "2026-01-01"}
            paper = await auditor.get(f"{REPORTS}/{name}", **query)
            assert paper.status_code == 200, paper.text
            assert paper.content.startswith(b"%PDF")
            assert paper.headers["content-language"] == language


async def test_who_sees_no_books_sees_no_report(table: Table) -> None:
    reading(table.office)
    officer = table.office.caller(Role.OFFICER)

    assert (await officer.get(f"{REPORTS}/waqf")).status_code == 403
