"""Files that come in twice at once, torn, changed meanwhile, or with names nobody expects."""

import asyncio
from typing import Any

import pytest

from services.cli import portfolios
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.repayments.batch import RepaymentBook
from services.loans.takeover import sheets
from shared import ids
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.scene import NOON, Scene
from tests.integration.loans.takeovers import (
    FIRST,
    PEOPLE,
    SECOND,
    WHOLE,
    House,
    found,
    moved,
    person,
    sound,
    total,
    written,
)

OWED = "select sum(outstanding_principal_minor) from position"


@pytest.fixture
async def house(loans_db: Database, institution_id: InstitutionId) -> House:
    return await found(Scene(database=loans_db, institution_id=institution_id))


class Torn(RepaymentBook):
    """A book whose process dies after its first repayment."""

    async def receive(self, institution_id: InstitutionId, commands: Any) -> Any:
        await super().receive(institution_id, commands[:1])
        raise ConnectionError


async def tear(house: House) -> None:
    with pytest.raises(ConnectionError):
        await portfolios.import_content(
            house.db, Torn(house.scene.database), written(WHOLE), clock=FixedClock(NOON)
        )


async def test_what_was_torn_is_not_finished_by_a_file_that_says_something_else(
    house: House,
) -> None:
    await tear(house)
    late = moved("OLD-1", 6, "repayment", "2026-01-02", "100.000")
    changed = [FIRST[0] | {"outstanding": "800.000"}, *FIRST[1:], late]
    again = await house.take(
        written([*PEOPLE, *changed, *SECOND, total(2, "2200.000", "1800.000")])
    )

    assert [one.error.slug() for one in again.refused] == ["contract-changed"]
    assert await house.scene.scalar("select count(*) from repayment where amount_minor=100000") == 0
    assert (await house.take(written(WHOLE))).refused == []
    assert await house.scene.scalar(OWED) == 1_900_000
    await sound(house)


async def test_one_file_taken_in_by_two_at_once_comes_in_once(house: House) -> None:
    both = await asyncio.gather(
        house.take(written(WHOLE)), house.take(written(WHOLE)), return_exceptions=True
    )
    assert any(not isinstance(one, BaseException) for one in both)
    assert (await house.take(written(WHOLE))).refused == []
    assert await house.count("contract") == await house.count("borrower") == 2
    assert await house.scene.scalar(OWED) == 1_900_000
    await sound(house)


async def test_a_portfolio_torn_twice_is_whole_at_the_third_time(house: House) -> None:
    await tear(house)
    await tear(house)
    assert await house.count("repayment") == 1
    assert (await house.take(written(WHOLE))).refused == []
    assert await house.count("repayment") == 5
    await sound(house)


HOSTILE = [
    '=HYPERLINK("http://example.invalid";"يوسف")',
    "\u202eيوسف المراكشي",
    "#let x = 1; $ *قوي* `كود`",
    "<b>يوسف</b> & <script>",
    "'; drop table borrower; --",
    "يوسف\u200f \u2066المراكشي\u2069",
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_comes_in_as_a_name_or_is_refused_by_name(
    house: House, loans_db: Database, name: str
) -> None:
    rows = [
        person("p1", name_ar=name),
        PEOPLE[1],
        *FIRST,
        *SECOND,
        total(2, "2200.000", "1900.000"),
    ]
    taken = await house.take(written(rows))
    if taken.refused:
        assert [one.line.number for one in taken.refused] == [4]
        return
    went = await house.give()
    assert not any(
        cell.startswith(("=", "+", "-", "@")) for cell in went.decode("utf-8-sig").split(",")
    )
    other = await found(Scene(database=loans_db, institution_id=InstitutionId(ids.new())))
    assert (await other.take(went)).refused == []
    assert await other.give() == went


async def test_a_workbook_and_a_csv_of_one_portfolio_are_one_portfolio(house: House) -> None:
    await house.take(
        sheets.xlsx_of(COLUMNS, [[one.get(name, "") for name in COLUMNS] for one in WHOLE])
    )
    again = await house.take(written(WHOLE))
    assert (again.taken, again.known, again.refused) == (0, 2, [])
    semicolons = written(WHOLE).replace(b",", b";")
    again = await house.take(semicolons)
    assert (again.taken, again.known, again.refused) == (0, 2, [])
    in_arabic = written(WHOLE).decode("utf-8-sig").encode("cp1256")
    again = await house.take(in_arabic)
    assert (again.taken, again.known, again.refused) == (0, 2, [])
