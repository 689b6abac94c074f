"""A file of applications comes in once, however often and however broken it is sent."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli import imports, intake_files
from services.cli.importing import NoFundFits
from services.cli.imports import Report, Wish
from services.loans.domain import intake
from services.loans.domain.chart import FundKind
from services.loans.domain.mapping import ColumnMissing, FieldRules, MappingUnclear
from services.loans.institutions.queries import branches
from services.loans.products.queries import ProductNotFound
from shared.auth import Role
from shared.db import TenantDb
from shared.ids import BranchId
from shared.schemas import Page
from tests import bodies
from tests.fakes import FakeScoring
from tests.integration.loans.desks import level, open_fund
from tests.office import Office

RULES: dict[str, Any] = {
    "amount": {"column": "amount"},
    "term_months": {"column": "months"},
    "purpose": {"constant": "trade"},
    "sector": {"constant": "trade"},
    "household.other_income": {"column": "income"},
    "household.sales": {"constant": "0"},
    "household.business_costs": {"constant": "0"},
    "household.household_costs": {"constant": "0"},
    "household.debt_service": {"constant": "0"},
    "characteristics.housing": {"column": "housing", "codes": {"own": "own", "rent": "rented"}},
    "borrower.kind": {"constant": "person"},
    "borrower.name.ar": {"column": "name"},
    "borrower.region": {"constant": "amman"},
    "borrower.born_on": {"years_before": "age"},
    "borrower.consents.0.purpose": {"constant": "credit_decision"},
    "borrower.consents.0.effective_on": {"years_before": 0},
    "product_code": {"column": "kind", "codes": {"q": "QARD", "l": "LOAN"}},
}
HEADER = "name,age,amount,months,income,housing,kind\n"
GOOD = HEADER + "".join(
    f"مقترض {number},{25 + number},1000,12,900,own,{'q' if number % 2 else 'l'}\n"
    for number in range(10)
)


async def send(desk: Office, content: str | bytes, scoring: FakeScoring, **changes: Any) -> Report:
    """Send a file as the command line does."""
    rules = RULES | changes.pop("rules", {})
    wish: dict[str, Any] = {
        "product_code": "QARD",
        "branch_code": "one",
        "fund_codes": (),
        "signs": False,
        "pays": False,
        "language": "en",
    }
    data = content if isinstance(content, bytes) else content.encode()
    return await imports.import_file(
        TenantDb(desk.database, desk.institution_id),
        scoring,
        intake.read(data),
        FieldRules.of({"fields": rules}),
        Wish(**wish | changes),
        clock=desk.clock,
    )


def summary(report: Report) -> tuple[int, int, int]:
    return report.taken.taken, report.taken.known, len(report.taken.refused)


def reasons(report: Report) -> dict[int, str]:
    return {one.line.number: one.error.slug() for one in report.taken.refused}


async def test_a_file_comes_in_and_the_same_file_again_has_no_effect(
    desk: Office, scoring: FakeScoring
) -> None:
    first = await send(desk, GOOD, scoring)
    assert (summary(first), first.assessed) == ((10, 0, 0), 10)
    assert first.counts == {"assessed": 10}
    again = await send(desk, GOOD, scoring)
    assert (summary(again), again.assessed, again.counts) == ((0, 10, 0), 0, {"assessed": 10})
    assert len(scoring.asked) == 10


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1256"])
async def test_names_survive_the_encoding_of_the_file(
    desk: Office, scoring: FakeScoring, encoding: str
) -> None:
    assert summary(await send(desk, GOOD.encode(encoding), scoring)) == (10, 0, 0)
    auditor = desk.caller(Role.AUDITOR)
    found = await auditor.get("/loans/v1/borrowers", purpose="audit", name="مقترض 3")
    assert len(found.json()["items"]) == 1


async def test_each_broken_line_is_refused_with_its_reason_and_the_others_come_in(
    desk: Office, scoring: FakeScoring
) -> None:
    bad = (
        "مقترض 20,30,1000.1234,12,900,own,q\n"  # 12: too many decimals
        "مقترض 21,30,1000,12,900,castle,q\n"  # 13: a value without translation
        "مقترض 22,30,1000,12,900,own\n"  # 14: a field is missing
        "nonsense in the middle\n"  # 15
        "مقترض 23,30,1000,twelve,900,own,q\n"  # 16
        "مقترض 24,30,50,12,900,own,q\n"  # 17: less than the product lends
        "مقترض 25,30,١٠٠٠٫٥,١٢,900,own,q\n"  # 18: good, in Arabic digits
        "مقترض 0,25,1000,12,900,own,l\n"  # 19: the same as line 2
        "مقترض 0,25,1100,12,900,own,l\n"  # 20: the same person as line 2
        "مقترض 26,300,1000,12,900,own,q\n"  # 21: born three centuries ago
        "مقترض 27,30,-1000,12,900,own,q\n"  # 22
        ",30,1000,12,900,own,q\n"  # 23: no name
        "مقترض 28,30,1000,12,900,own,z\n"  # 24: no such product
    )
    report = await send(desk, GOOD + bad, scoring)
    assert reasons(report) == {
        12: "line-invalid",
        13: "value-unknown",
        14: "line-broken",
        15: "line-broken",
        16: "not-a-number",
        17: "outside-product",
        19: "line-repeated",
        20: "possible-duplicate",
        21: "line-invalid",
        22: "outside-product",
        23: "name-missing",
        24: "value-unknown",
    }
    assert report.counts == {"assessed": 11}
    # What was refused is refused again, and what came in stays as it is.
    again = await send(desk, GOOD + bad, scoring)
    assert (reasons(again), again.counts) == (reasons(report), report.counts)


async def test_a_run_broken_off_is_taken_up_where_it_stopped(
    desk: Office, scoring: FakeScoring
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    scoring.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        await send(desk, GOOD, scoring)
    scoring.meanwhile = None
    report = await send(desk, GOOD, scoring)
    assert (summary(report), report.assessed, report.counts) == ((0, 10, 0), 10, {"assessed": 10})


async def test_without_scoring_a_file_waits_and_comes_on_at_the_next_run(
    desk: Office, scoring: FakeScoring
) -> None:
    scoring.answers = False
    report = await send(desk, GOOD, scoring)
    assert report.counts == {"waiting_for_assessment": 10}
    scoring.answers = True
    assert (await send(desk, GOOD, scoring)).counts == {"assessed": 10}


async def test_a_file_is_decided_signed_and_paid_until_the_money_ends(
    desk: Office, scoring: FakeScoring
) -> None:
    await open_fund(desk, holds="3500.000", code="WAQF")
    await open_fund(desk, kind=FundKind.COMMERCIAL, holds="100000.000", code="BANK")
    listed = (await desk.caller(Role.AUDITOR).get("/loans/v1/products")).json()["items"]
    qard = next(one["product_id"] for one in listed if one["code"] == "QARD")
    await level(desk, 1, "5000.000", role="service", product_id=qard)
    wish = {"fund_codes": ("BANK", "WAQF"), "signs": True, "pays": True}
    report = await send(desk, GOOD, scoring, **wish)
    # The loan product has no automatic rules: its applications are left to people.
    assert report.counts == {"assessed": 5, "signed": 3, "waiting_for_funds": 2}
    assert (report.signed, report.paid) == (3, 3)
    again = await send(desk, GOOD, scoring, **wish)
    assert (again.counts, again.signed, again.paid) == (report.counts, 0, 0)


async def test_a_fund_of_another_kind_is_not_taken(desk: Office, scoring: FakeScoring) -> None:
    await open_fund(desk, kind=FundKind.COMMERCIAL, code="BANK")
    with pytest.raises(NoFundFits):
        await send(desk, GOOD, scoring, fund_codes=("BANK", "NONE"))


async def test_what_is_wrong_with_the_whole_file_is_said_before_the_first_line(
    desk: Office, scoring: FakeScoring
) -> None:
    with pytest.raises(ColumnMissing):
        await send(desk, GOOD, scoring, rules={"sector": {"column": "trade"}})
    with pytest.raises(ProductNotFound):
        await send(desk, GOOD, scoring, product_code="NONE")
    officer = desk.caller(Role.OFFICER)
    assert (await officer.get("/loans/v1/applications")).json()["items"] == []


async def test_an_unknown_branch_costs_the_line(desk: Office, scoring: FakeScoring) -> None:
    rules = {"branch": {"column": "housing", "codes": {"own": "two", "rent": "nowhere"}}}
    content = GOOD + "مقترض 30,30,1000,12,900,rent,q\n"
    report = await send(desk, content, scoring, rules=rules)
    assert reasons(report) == {12: "branch-code-unknown"}
    async with desk.database.read(desk.institution_id) as session:
        found = {row.code: row.branch_id for row in await branches(session, page=Page(limit=9))}
    officer = desk.caller(Role.OFFICER, branches=[BranchId(found["two"])])
    assert len((await officer.get("/loans/v1/applications")).json()["items"]) == 10


async def test_refused_lines_are_written_beside_the_file_in_the_language_asked_for(
    desk: Office, scoring: FakeScoring, tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    content = GOOD + "مقترض 24,30,50,12,900,own,q\n=MOON()\n"
    report = await send(desk, content, scoring)
    intake_files.write_quarantine(path, report.taken.refused, language="ar")
    text = (tmp_path / "file.quarantine.csv").read_text("utf-8-sig")
    kept = list(csv.DictReader(text.splitlines()))
    assert [(row["line"], row["problem"]) for row in kept] == [
        ("12", "outside-product"),
        ("13", "line-broken"),
    ]
    assert kept[0]["text"] == "مقترض 24,30,50,12,900,own,q"
    assert "المنتج" in kept[0]["reason"]
    assert kept[1]["text"] == "'=MOON()", "what a stranger wrote is no formula"
    intake_files.write_quarantine(path, (), language="ar")
    assert not os.listdir(tmp_path)  # noqa: PTH208 - a test may wait


def test_a_mapping_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    for content in (b"a: [", b"\xff\xfe", b"- 1", b"!!python/object/apply:os.system ['true']"):
        path.write_bytes(content)
        with pytest.raises(MappingUnclear):
            intake_files.read_rules(path)


def test_the_mapping_of_the_german_file_is_understood() -> None:
    path = Path(imports.__file__).parents[1] / "loans/applications/mappings/german_credit.yaml"
    rules = FieldRules.of(yaml.safe_load(path.read_text("utf-8")))
    row = dict.fromkeys((column for rule in rules.fields.values()
                         for column in [rule.get("column")] if column), "1")  # fmt: skip
    assert {"credit_amount", "duration_in_month", "housing"} <= row.keys()
    assert bodies.application().keys() >= {"amount", "term_months", "purpose", "sector"}
