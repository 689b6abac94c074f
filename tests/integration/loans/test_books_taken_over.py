"""Does a book on every kind of terms stand elsewhere as it stood at home, by CSV and by XLSX?"""

from collections import Counter

import pytest

from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import made_books, twins
from tests.integration.loans.made_books import END, TERMS
from tests.integration.loans.scene import Scene

NAMES = (*TERMS, "usual", "in two")


@pytest.mark.parametrize("seed", [1])
async def test_a_book_on_every_kind_of_terms_stands_elsewhere_as_at_home(
    loans_db: Database, seed: int
) -> None:
    scene = Scene(database=loans_db, institution_id=InstitutionId(ids.new()))
    await scene.found()
    loans = await made_books.made(scene, NAMES, seed=seed)
    done = Counter(name for one in loans for name in one.done)
    out = await twins.give(scene)
    assert out.left_out == {}
    twin = await twins.carried(scene, twins.csv_of(out), at=END)
    await twins.require_alike(twin, scene)
    assert twins.csv_of(await twins.give(twin)) == twins.csv_of(out)
