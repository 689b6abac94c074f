"""`rafid verify` finds an agreement, a promise or a lender's balance that does not fit."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.loans.borrowing.queries import PROOFS
from services.loans.proof import operations as proofs
from services.loans.proof import queries as proof
from shared.db import Database
from shared.ids import InstitutionId
from tests import agreements, chained
from tests.agreements import PAPER, Givers, due
from tests.bodies import amount

SUMS, RECEIVED, RECEIPTS, FIRM, LENDERS = PROOFS


@pytest.fixture
async def givers(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id) as opened:
        yield opened


@pytest.fixture
async def lender(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id, kind="commercial") as opened:
        yield opened


async def broken(givers: Givers) -> set[str]:
    opened = givers.opened
    async with opened.database.read(opened.institution_id) as session:
        return {rule for rule in PROOFS if await proof.broken(session, rule) is not None}


async def assert_sound(givers: Givers) -> None:
    """Let every rule of `rafid verify` look at the books, lineage and all."""
    opened = givers.opened
    await chained.chain(opened.database, opened.institution_id)
    async with opened.database.read(opened.institution_id, snapshot=True) as session:
        found = {
            one.rule: (one.row, one.why) async for one in proofs.prove(session) if not one.holds
        }
    assert found == {}


async def spoil(admin_url: str, givers: Givers, change: str) -> None:
    """Change rows behind the walls, as nobody should be able to."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute("set search_path = loans")
    changed = await connection.execute(
        f"{change} where institution_id = $1", givers.opened.institution_id
    )
    await connection.close()
    assert changed in {"UPDATE 1", "UPDATE 2"}


async def test_agreements_that_fit_are_proved_after_every_kind_of_movement(givers: Givers) -> None:
    path = f"/agreements/{await givers.signed(counted(givers))}"
    first = await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("400.000")})
    await givers.made(f"{path}/movements/{first['move_id']}/reversal", {}, by=givers.checker)
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("300.000")})
    cancellation = {"amount": givers.money("100.000"), "evidence": PAPER}
    await givers.changed(f"{path}/instalments/1/cancellation", cancellation)
    later = {**cancellation, "due_on": "2026-09-01"}
    await givers.changed(f"{path}/instalments/1/postponement", later)
    rate = {"base": "USD", "quote": "JOD", "on": "2026-04-01", "rate": "0.709", "source": "CBJ"}
    await givers.made("/exchange-rates", rate)
    dollars = givers.agreement(due("2026-03-01", "100.00", "USD"), total="1.000")
    abroad = await givers.signed({**dollars, "total": amount("100.00", "USD")})
    moved = await givers.made(
        f"/agreements/{abroad}/instalments/1/exchanges",
        {"paid": amount("100.00", "USD"), "credited": amount("70.800")},
    )
    assert await broken(givers) == set()
    back = f"/agreements/{abroad}/movements/{moved['move_id']}/reversal"
    await givers.made(back, {}, by=givers.checker)
    await assert_sound(givers)


async def test_lenders_that_fit_are_proved_after_every_kind_of_movement(lender: Givers) -> None:
    agreement_id = await lender.signed(lender.facility(total="5000.000"))
    draw_id = await lender.borrowed(agreement_id, "1200.000", on="2026-02-01", first="2026-03-01")
    paid = await lender.paid(draw_id, "200.000", on="2026-03-01")
    other = await lender.borrowed(agreement_id, "500.000", on="2026-02-01", first="2026-03-01")
    await lender.made(f"/draw-downs/{other}/reversal", {}, by=lender.checker)
    assert await broken(lender) == set()
    await assert_sound(lender)
    await lender.made(f"/lender-payments/{paid['payment_id']}/reversal", {})
    await assert_sound(lender)


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        (SUMS, "update agreement_instalment set amount_minor = amount_minor + 1"),
        (RECEIVED, "update agreement_move set amount_minor = 1000001"),
        (RECEIPTS, "update agreement_move set fund_minor = fund_minor + 1"),
        (FIRM, "update fund_expectation set amount_minor = amount_minor + 1"),
    ],
)
async def test_what_was_changed_behind_the_books_is_found(
    admin_url: str, givers: Givers, rule: str, sql: str
) -> None:
    path = f"/agreements/{await givers.signed(counted(givers))}"
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("400.000")})
    await spoil(admin_url, givers, sql)
    assert rule in await broken(givers)


async def test_a_lenders_balance_that_was_changed_is_found(admin_url: str, lender: Givers) -> None:
    agreement_id = await lender.signed(lender.facility(total="5000.000"))
    draw_id = await lender.borrowed(agreement_id, "1200.000", on="2026-02-01", first="2026-03-01")
    await lender.paid(draw_id, "200.000", on="2026-03-01")
    await spoil(admin_url, lender, "update lender_booking set principal_minor = 1")
    assert await broken(lender) == {LENDERS}


def counted(givers: Givers) -> dict[str, object]:
    return givers.agreement(
        due("2026-04-01", "1000.000"), total="1000.000", counts_when_due=True, firm_days=30
    )
