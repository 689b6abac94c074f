"""Another program of accounts sums the exported journal to the same trial balance."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import orjson
import pytest
from beancount import loader
from beancount.core.data import Open, Transaction

from services.cli import journal_texts, journals
from services.cli.journal_texts import Format
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import JOURNAL, Cut
from shared import feed
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import InstitutionId
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import ACCRUING, Books
from tests.integration.loans.scene import Scene


@pytest.fixture
async def life(loans_db: Database, institution_id: InstitutionId) -> Books:
    """Loans paid, paid twice and taken back, closed before and after, late and paid off."""
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    await books.pay(0, "340.022", date(2026, 2, 15))
    twice = await books.pay(0, "340.022", date(2026, 2, 15))
    await books.pay(1, "70.000", date(2026, 2, 20))
    await books.close(date(2026, 2, 28))
    await books.take_back(twice)
    await books.close(date(2026, 3, 1))
    await books.pay(2, "700.000", date(2026, 3, 2))
    await books.close(date(2026, 4, 10))
    await Sequencer(loans_db, chains=(feed.EVENTS, JOURNAL)).number(institution_id)
    return books


async def exported(books: Books, written: Format) -> str:
    return "".join([text async for text in journals.entries_of(books.db, written=written)])


async def ours(books: Books) -> dict[str, Decimal]:
    """Our trial balance: what is on each account, debits positive."""
    async with books.db() as session:
        rows = await ledger.trial_balance(session, cut=Cut())
    return {
        journal_texts.name_of(row): Decimal(row.debit_minor - row.credit_minor).scaleb(-3)
        for row in rows
    }


async def test_beancount_finds_no_fault_and_the_same_trial_balance(life: Books) -> None:
    entries, errors, _ = loader.load_string(await exported(life, Format.BEANCOUNT))

    assert errors == []
    theirs: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                assert posting.units is not None
                assert posting.units.currency == "JOD"
                theirs[posting.account] += posting.units.number or Decimal(0)
    balances = await ours(life)
    assert {name: theirs[name] for name in balances} == balances
    assert set(theirs) <= set(balances)
    assert sum(theirs.values()) == 0
    moved = {name.rpartition(":")[2] for name, amount in theirs.items() if amount}
    assert {"Loans", "Cash", "Profit-accrued", "Loss-allowance", "Surplus"} <= moved


async def test_every_account_is_opened_and_every_entry_is_there_once(life: Books) -> None:
    entries, _, _ = loader.load_string(await exported(life, Format.BEANCOUNT))

    opened = {entry.account for entry in entries if isinstance(entry, Open)}
    told = [entry.narration for entry in entries if isinstance(entry, Transaction)]
    assert opened == set(await ours(life))
    assert (
        len(told) == len(set(told)) == await life.scene.scalar("select count(*) from journal_entry")
    )


async def test_beancount_would_have_found_a_fault(life: Books) -> None:
    head, _, tail = (await exported(life, Format.BEANCOUNT)).rpartition(".")
    broken = f"{head}1.{tail}"  # ten times the last amount and one

    _, errors, _ = loader.load_string(broken)

    assert any("does not balance" in error.message for error in errors)


async def test_lines_of_json_hold_the_same_sums_and_name_what_is_reversed(life: Books) -> None:
    told = [orjson.loads(line) for line in (await exported(life, Format.JSON)).splitlines()]

    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in told:
        for line in entry["lines"]:
            sums[line["account"]] += Decimal(line["amount"]["amount"])
    balances = {name.rpartition(":")[2]: amount for name, amount in (await ours(life)).items()}
    assert {code.replace("_", "-").capitalize(): sum_ for code, sum_ in sums.items() if sum_} == {
        code: amount for code, amount in balances.items() if amount
    }
    assert [entry["number"] for entry in told] == list(range(1, len(told) + 1))
    reversals = [entry for entry in told if entry["reverses_entry_id"]]
    assert [entry["kind"] for entry in reversals] == ["reversal"]
    assert reversals[0]["reverses_entry_id"] in {entry["entry_id"] for entry in told}
