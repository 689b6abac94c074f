"""The journal in other formats: an independent reading of each gives our trial balance."""

import asyncio
import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from beancount import loader
from beancount.core.data import Transaction
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from services.cli import journals
from services.cli.commands import app
from services.cli.journal_texts import Chosen, Format
from services.loans.accounting import operations as accounting
from services.loans.domain import own_chart
from services.loans.domain.chart import FundKind
from services.loans.domain.intake import Line
from services.loans.funds import operations as funds
from services.loans.institutions.names import Names
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import Cut
from shared.db import Database, TenantDb
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests import chained
from tests.integration.loans.bookkeeping import CHART
from tests.integration.loans.scene import ACTOR, Scene

Sums = dict[tuple[str, str], Decimal]
HEAD = re.compile(r"(\d{4}-\d{2}-\d{2}) \* \((\d+)\) ([a-z_]+)  ; entry:([0-9a-f-]{36})")
POSTING = re.compile(r"    ([a-z]+:F[0-9A-F]{32}:[a-z]\S*)  (-?\d+\.\d+) ([A-Z]{3})")
DECLARED = re.compile(r"account (\S+)(?:  ; number:(\S+))?")


def read_hledger(text: str) -> Iterator[tuple[date, list[tuple[str, Decimal, str]]]]:
    """A small reader of hledger's journal format, which knows nothing of ours.

    Format: hledger.org, "Journal format": directives at the margin; a transaction is a line that
    begins with its date, and postings indented below it, account and amount two spaces apart.
    Refuses an account that was not declared and a transaction that does not balance.
    """
    declared: set[str] = set()
    for block in text.split("\n\n"):
        lines = [line for line in block.strip("\n").split("\n") if line]
        if lines and not HEAD.fullmatch(lines[0]):
            for line in lines:
                found = DECLARED.fullmatch(line)
                assert found or re.fullmatch(r"commodity 1\.0+ [A-Z]{3}", line), line
                declared |= {found[1]} if found else set()
            continue
        head = HEAD.fullmatch(lines[0]) if lines else None
        if head is None:
            continue
        postings = []
        for line in lines[1:]:
            posting = POSTING.fullmatch(line)
            assert posting, line
            assert posting[1] in declared, posting[1]
            postings.append((posting[1], Decimal(posting[2]), posting[3]))
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for _, amount, currency in postings:
            sums[currency] += amount
        assert set(sums.values()) == {Decimal(0)}, lines
        yield date.fromisoformat(head[1]), postings


def by_account(text: str) -> Sums:
    """What hledger would print as its balance: by fund and account."""
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for _, postings in read_hledger(text):
        for account, amount, _ in postings:
            _, fund, code = account.split(":")
            sums[fund, code] += amount
    return {key: amount for key, amount in sums.items() if amount}


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    """Two funds, three receipts in two months, numbered; a chart; a code that is a formula."""
    made = await Scene(database=loans_db, institution_id=institution_id).found()
    one = await made.fund(FundKind.DONATION, receives="0.000")
    other = await made.fund(FundKind.WAQF, receives="0.000")
    await made.receive(one, "1000.000", on=date(2026, 1, 31))
    await made.receive(other, "70.005", on=date(2026, 2, 1))
    await made.receive(one, "0.250", on=date(2026, 2, 28))
    await chained.chain(loans_db, institution_id)
    return made


def db_of(scene: Scene) -> TenantDb:
    return TenantDb(scene.database, scene.institution_id)


async def number(scene: Scene) -> None:
    lines = [
        Line(
            number=place,
            text="",
            row={
                "number": one["number"],
                "name_ar": one["name_ar"],
                "name_fr": one["name_fr"],
                "name_en": one["name_en"],
                "class": one["account_class"],
                "accounts": " ".join(one.get("accounts", ())),
            },
        )
        for place, one in enumerate(CHART)
    ]
    own = own_chart.read(own_chart.COLUMNS, lines)
    async with db_of(scene).begin() as session:
        await accounting.number_accounts(session, own, digest=bytes(32), actor_id=ACTOR)


async def text_of(scene: Scene, form: Format, chosen: Chosen | None = None) -> str:
    pieces = journals.entries_of(db_of(scene), written=form, chosen=chosen)
    return "".join([piece async for piece in pieces])


async def ours(scene: Scene, *, cut: Cut | None = None, fund_id: FundId | None = None) -> Sums:
    async with db_of(scene)() as session:
        rows = await ledger.trial_balance(session, cut=cut or Cut(), fund_id=fund_id)
    found = {
        (f"F{row.fund_id.hex.upper()}", row.code): Decimal(
            row.debit_minor - row.credit_minor
        ).scaleb(-3)
        for row in rows
    }
    return {key: amount for key, amount in found.items() if amount}


async def test_hledger_text_sums_to_our_trial_balance(scene: Scene) -> None:
    text = await text_of(scene, Format.HLEDGER)

    assert by_account(text) == await ours(scene)
    assert len(list(read_hledger(text))) == 3
    assert "commodity 1.000 JOD\n" in text


async def test_the_small_reader_would_have_found_a_fault(scene: Scene) -> None:
    text = await text_of(scene, Format.HLEDGER)

    with pytest.raises(AssertionError):
        by_account(text.replace(" 1000.000 JOD", " 1000.001 JOD", 1))
    with pytest.raises(AssertionError):
        by_account(text.replace("account assets", "account elsewhere"))


async def test_hledger_and_beancount_agree_over_days_and_one_fund(scene: Scene) -> None:
    fund_id = FundId(await _first_fund(scene))
    february = Chosen(starts_on=date(2026, 2, 1), until=date(2026, 2, 28))
    of_one = Chosen(fund_id=fund_id)

    for chosen in (february, of_one, Chosen()):
        told = by_account(await text_of(scene, Format.HLEDGER, chosen))
        entries, errors, _ = loader.load_string(await text_of(scene, Format.BEANCOUNT, chosen))
        assert errors == []
        theirs: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for entry in entries:
            if isinstance(entry, Transaction):
                for posting in entry.postings:
                    assert posting.units is not None
                    _, fund, code = posting.account.split(":")
                    theirs[fund, code.lower().replace("-", "_")] += posting.units.number or 0
        assert told == dict(theirs)
    assert by_account(await text_of(scene, Format.HLEDGER, of_one)) == await ours(
        scene, fund_id=fund_id
    )
    until = Chosen(until=date(2026, 2, 1))
    assert by_account(await text_of(scene, Format.HLEDGER, until)) == await ours(
        scene, cut=Cut(as_of=date(2026, 2, 1))
    )


async def test_csv_and_xlsx_hold_every_line_with_its_number(scene: Scene) -> None:
    await number(scene)
    rows = list(csv.DictReader(io.StringIO((await text_of(scene, Format.CSV))[1:])))
    content, count = await journals.workbook_of(db_of(scene), chosen=Chosen())
    grid = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()

    assert count == len(rows) == 6
    assert [list(row.values()) for row in rows] == [list(map(str, row)) for row in grid[1:]]
    debits = sum(Decimal(row["debit"] or 0) for row in rows)
    assert debits == sum(Decimal(row["credit"] or 0) for row in rows) == Decimal("1070.255")
    assert {(row["account"], row["account_number"]) for row in rows} == {
        ("cash", "101"),
        ("cash", "104"),  # that of a waqf
        ("fund_balance", "31"),
    }


async def test_the_numbers_of_the_chart_stand_in_both_texts(scene: Scene) -> None:
    await number(scene)

    hledger = await text_of(scene, Format.HLEDGER)
    entries, errors, _ = loader.load_string(await text_of(scene, Format.BEANCOUNT))

    assert by_account(hledger) == await ours(scene)
    numbers = {found[2] for found in DECLARED.finditer(hledger) if found[2]}
    assert numbers >= {"101", "104", "31"}
    assert errors == []
    assert {"101", "104"} <= {entry.meta.get("number") for entry in entries}


async def test_a_fund_whose_code_is_a_formula_starts_nothing(scene: Scene) -> None:
    evil = "=1+1|cmd"
    async with db_of(scene).begin() as session:
        row = await funds.create_fund(
            session,
            code=evil,
            kind=FundKind.DONATION,
            names=Names(ar="ص", fr="F", en="F"),
            floor=Money(0, "JOD"),
            lending_ruling=None,
            on=date(2026, 2, 1),
            actor_id=ACTOR,
        )
    fund_id = FundId(row.fund_id)
    await scene.receive(fund_id, "5.000")
    await chained.chain(scene.database, scene.institution_id)
    chosen = Chosen(fund_id=fund_id)

    rows = list(csv.reader(io.StringIO((await text_of(scene, Format.CSV, chosen))[1:])))
    _, errors, _ = loader.load_string(await text_of(scene, Format.BEANCOUNT, chosen))

    assert [row[5] for row in rows[1:]] == [f"'{evil}"] * 2
    assert errors == []
    assert by_account(await text_of(scene, Format.HLEDGER, chosen)) == await ours(
        scene, fund_id=fund_id
    )


async def typed(url: str, *arguments: str) -> Result:
    runner = CliRunner(env={"RAFID_LOANS_DATABASE_URL": url, "COLUMNS": "300"})
    return await asyncio.to_thread(runner.invoke, app, list(arguments))


async def test_the_ending_of_the_file_says_the_format(
    scene: Scene, database_urls: dict[str, str], tmp_path: Path
) -> None:
    code = f"t{scene.institution_id.hex[-12:]}"
    for name, begins in (
        ("a.hledger", b"commodity"),
        ("a.journal", b"commodity"),
        ("a.beancount", b"1970-01-01 open"),
        ("a.csv", "\ufeffnumber,".encode()),
        ("a.xlsx", b"PK"),
        ("a.jsonl", b'{"number":1'),
    ):
        file = tmp_path / name
        done = await typed(
            database_urls["loans"], "export", "journal", str(file), "--institution", code
        )
        assert done.exit_code == 0, done.output
        assert file.read_bytes().startswith(begins), name


async def test_an_unknown_fund_is_refused(
    scene: Scene, database_urls: dict[str, str], tmp_path: Path
) -> None:
    code = f"t{scene.institution_id.hex[-12:]}"
    refused = await typed(
        database_urls["loans"],
        *("export", "journal", str(tmp_path / "a.csv"), "--institution", code, "--fund", "NONE"),
    )

    assert refused.exit_code != 0
    assert isinstance(refused.exception, journals.FundCodeUnknown)
    assert not (tmp_path / "a.csv").exists()


CSV = """number,name_ar,name_fr,name_en,class,parent,accounts,own
1,أصول,Actif,Assets,asset,,cash bank wallet,
3,ملكية,Fonds,Equity,equity,,fund_balance,
5,إيجار,Loyer,Rent,expense,,,yes
"""


async def test_a_chart_is_imported_tried_and_refused_from_a_file(
    scene: Scene, database_urls: dict[str, str], tmp_path: Path
) -> None:
    named = ("--institution", f"t{scene.institution_id.hex[-12:]}")
    good, bad = tmp_path / "chart.csv", tmp_path / "bad.csv"
    good.write_text(CSV, "utf-8")
    bad.write_text(CSV.replace("Loyer", "=HYPERLINK(1)").replace("expense,,,yes", "cost,,,yes"))
    url = database_urls["loans"]

    trial = await typed(url, "import", "chart", str(good), "--dry-run", *named)
    assert await scene.scalar("select count(*) from chart_version") == 0
    first = await typed(url, "import", "chart", str(good), *named)
    again = await typed(url, "import", "chart", str(good), *named)
    refused = await typed(url, "import", "chart", str(bad), *named)

    assert "would be version 1" in trial.output
    assert "3 numbers, 1 for entries by hand: the chart is version 1" in first.output
    assert "is already version 1" in again.output
    assert await scene.scalar("select count(*) from chart_version") == 1
    assert isinstance(refused.exception, own_chart.ChartRefused)
    kept = (tmp_path / "bad.quarantine.csv").read_text("utf-8-sig")
    assert "4,cell-invalid," in kept
    assert not any(line.startswith(("=", "+", "@")) for line in kept.splitlines())


async def _first_fund(scene: Scene) -> UUID:
    found = await scene.scalar("select fund_id from fund where kind = 'donation'")
    return UUID(str(found))
