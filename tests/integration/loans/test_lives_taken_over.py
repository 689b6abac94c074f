"""Does a contract that lived through anything stand elsewhere as it stood at home?"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from services.loans.contracts import cancelling
from services.loans.domain.lifecycle import CancelReason
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import living, ordering, test_whole_life, twins
from tests.integration.loans.living import Life

Age = Callable[[Life], Awaitable[None]]


@asynccontextmanager
async def life_of(database: Database, kind: str) -> AsyncIterator[Life]:
    async with ordering.opened(database, InstitutionId(ids.new())) as desk:
        desk.office.app.state.payments = None
        yield await living.born(desk, kind)


async def unproved(_: Life) -> None:
    """The steps are proved where they are tested; here it is the end that counts."""


async def told_apart(life: Life, admin_url: str) -> None:
    """Give the borrowers names of their own; and nobody but a group has members."""
    admin = await asyncpg.connect(admin_url)
    found = await admin.fetch(
        "select borrower_id from loans.borrower where institution_id = $1 order by borrower_id",
        life.desk.scene.institution_id,
    )
    for number, row in enumerate(found):
        await admin.execute(
            "update loans.borrower set name_ar = $2, born_on = $3 where borrower_id = $1",
            row["borrower_id"],
            f"اسم {'ابتثجحخد'[number]}",
            date(1970 + number * 3, 1 + number, 3),
        )
    await admin.execute(  # of a contract that `refinance` made for the borrower of another
        "update loans.application a set borrower_id = c.borrower_id from loans.contract c"
        " where c.application_id = a.application_id and c.institution_id = $1"
        " and c.principal_minor = 1500000",
        life.desk.scene.institution_id,
    )
    await admin.execute(
        "delete from loans.borrower_member where institution_id = $1",
        life.desk.scene.institution_id,
    )
    await admin.close()


async def cancelled(life: Life) -> None:
    """The contract of the other borrower is never paid out."""
    async with life.db.begin() as session:
        await cancelling.cancel_contract(
            session,
            life.other.contract_id,
            reason=CancelReason.NOT_COLLECTED,
            on=life.today,
            actor=life.desk.manager.actor,
        )


LIVES: dict[str, tuple[str, tuple[Age, ...]]] = {
    "everything": (
        "declining balance",
        (
            test_whole_life.youth,
            test_whole_life.change,
            test_whole_life.trouble,
            test_whole_life.end,
        ),
    ),
    "zakat": ("qard from zakat", (test_whole_life.forgiven, cancelled)),
    "course": ("on real days", (test_whole_life.counted_anew,)),
    "tranches": ("drawn in two", (test_whole_life.drawn,)),
}


@pytest.mark.parametrize("name", LIVES)
async def test_a_life_is_lived_again(
    loans_db: Database, admin_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(Life, "_proved", unproved)
    kind, ages = LIVES[name]
    async with life_of(loans_db, kind) as life:
        for age in ages:
            await age(life)
        at = datetime.combine(life.today + timedelta(days=1), datetime.min.time(), UTC)
        await told_apart(life, admin_url)
    scene = life.desk.scene
    out = await twins.give(scene)
    assert out.left_out == {}
    twin = await twins.carried(scene, twins.csv_of(out), at=at)
    await twins.require_alike(twin, scene)
    again = await twins.give(twin)
    assert twins.csv_of(again) == twins.csv_of(out)
