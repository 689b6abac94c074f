"""Does a book on every kind of terms stand elsewhere as it stood at home, by CSV and by XLSX?"""

from collections import Counter
from typing import Any

import pytest

from services.loans.takeover import lives
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import made_books, twins
from tests.integration.loans.made_books import END, TERMS
from tests.integration.loans.scene import Scene

NAMES = (*TERMS, "usual", "in two")
KILLED_AFTER = 12


async def test_a_book_on_every_kind_of_terms_stands_elsewhere_as_at_home(
    loans_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed half-way and begun again; by the other format it is known already."""
    scene = Scene(database=loans_db, institution_id=InstitutionId(ids.new()))
    await scene.found()
    done = Counter(name for one in await made_books.made(scene, NAMES) for name in one.done)
    assert {"repay", "pay_out", "undo", "take_back", "deposit", "write_off"} <= done.keys()
    out = await twins.give(scene)
    assert (out.contracts, out.left_out) == (len(NAMES), {})
    twin = await twins.twin_of(scene)
    await twins.fill(twin, "100000.000")
    cash = await twins.rows(twin, twins.CASH)
    with monkeypatch.context() as patched:
        patched.setattr(lives, "_take_one", torn(KILLED_AFTER))
        with pytest.raises(ConnectionError):
            await twins.take(twin, twins.csv_of(out), at=END)

    taken = await twins.take(twin, twins.csv_of(out), at=END)

    assert [str(one.error) for one in taken.refused] == []
    assert taken.known >= KILLED_AFTER
    assert taken.known + taken.taken == len(NAMES)
    assert await twins.rows(twin, twins.CASH) == cash
    await twins.require_alike(twin, scene)
    await twins.sound(twin)
    again = await twins.take(twin, twins.xlsx_of(out), at=END)
    assert (again.known, again.taken, again.refused) == (len(NAMES), 0, [])
    assert (await twins.give(twin)).rows == out.rows


def torn(after: int) -> Any:
    """What takes one contract in, until the process dies."""
    whole, count = lives._take_one, 0

    async def take_one(*given: Any, **named: Any) -> None:
        nonlocal count
        if count == after:
            raise ConnectionError
        count += 1
        await whole(*given, **named)

    return take_one
