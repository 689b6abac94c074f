"""A portfolio comes in from a file, whole or not at all, with its history and its balances."""

from typing import Any

import pytest
from sqlalchemy import text

from services.cli import portfolios
from services.loans.domain.portfolio_records import ControlTotalDiffers, ControlTotalMissing
from services.loans.ledger.queries import balances
from services.loans.repayments.batch import RepaymentBook
from shared import ids
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.scene import ACTOR, NOON, Scene, jod
from tests.integration.loans.takeovers import (
    FIRST,
    PEOPLE,
    SECOND,
    WHOLE,
    Cells,
    House,
    found,
    moved,
    person,
    sound,
    total,
    written,
)


@pytest.fixture
async def house(loans_db: Database, institution_id: InstitutionId) -> House:
    return await found(Scene(database=loans_db, institution_id=institution_id))


async def test_a_portfolio_comes_in_with_history_and_opening_balances(house: House) -> None:
    taken = await house.take(written(WHOLE))
    assert [str(one.error) for one in taken.refused] == []
    assert (taken.taken, taken.known, taken.moved) == (2, 0, 4)
    scene = house.scene
    owed = await scene.scalar("select sum(outstanding_principal_minor) from position")
    assert owed == 1_900_000
    async with scene.database.read(scene.institution_id) as session:
        waqf, bank = [await balances(session, one) for one in (house.waqf, house.bank)]
    assert (waqf["cash"], waqf["wallet"]) == (jod("9000.000"), jod("0.000"))
    assert (waqf["loans"], waqf["fund_balance"]) == (jod("900.000"), jod("-9900.000"))
    assert (bank["cash"], bank["loans"]) == (jod("9000.000"), jod("1000.000"))
    assert (bank["lender_payable"], bank["profit_income"]) == (jod("-9990.000"), jod("-10.000"))
    assert await scene.scalar("select count(*) from journal_entry where kind = 'opening'") == 2
    assert (
        await scene.scalar("select count(*) from contract_origin where completed_at is not null")
        == 2
    )
    await sound(house)


async def test_the_same_file_again_has_no_effect(house: House) -> None:
    await house.take(written(WHOLE))
    entries = await house.count("journal_entry")
    again = await house.take(written(WHOLE))
    assert (again.taken, again.known, again.refused) == (0, 2, [])
    assert await house.count("journal_entry") == entries


async def test_a_trial_tells_the_same_and_writes_nothing(house: House) -> None:
    entries = await house.count("journal_entry")
    tried = await house.take(written(WHOLE), is_trial=True)
    assert (tried.taken, tried.refused) == (2, [])
    assert await house.count("contract") == 0
    assert await house.count("borrower") == 0
    assert await house.count("import_run") == 0
    assert await house.count("journal_entry") == entries
    assert (await house.take(written(WHOLE))).taken == 2


@pytest.mark.parametrize(
    ("stated", "member"),
    [
        (total(3, "2200.000", "1900.000"), "count"),
        (total(2, "2200.001", "1900.000"), "principal"),
        (total(2, "2200.000", "1899.999"), "outstanding"),
    ],
)
async def test_a_file_that_does_not_add_up_is_refused_whole(
    house: House, stated: Cells, member: str
) -> None:
    with pytest.raises(ControlTotalDiffers) as refused:
        await house.take(written([*WHOLE[:-1], stated]))
    assert refused.value.member == member
    assert await house.count("contract") == await house.count("borrower") == 0


async def test_a_file_without_totals_is_refused_whole(house: House) -> None:
    with pytest.raises(ControlTotalMissing):
        await house.take(written(WHOLE[:-1]))


def with_first(**changes: str) -> list[Cells]:
    return [FIRST[0] | changes, *FIRST[1:]]


@pytest.mark.parametrize(
    ("first", "slug"),
    [
        (with_first(branch="B9"), "code-unknown"),
        (with_first(product="GOLD"), "code-unknown"),
        (with_first(fund="MOON"), "code-unknown"),
        (with_first(product="LOAN", annual_rate="0.18"), "fund-not-for-product"),
        (with_first(borrower="nobody"), "borrower-absent"),
        (with_first(terms="{}"), "terms-unreadable"),
        (with_first(terms="no json"), "terms-unreadable"),
        (with_first(term_months="99"), "outside-product"),
        (FIRST[:1], "not-paid-out-once"),
        ([*FIRST, FIRST[1] | {"number": "9"}], "not-paid-out-once"),
        ([*FIRST, moved("OLD-1", 6, "repayment", "2026-03-02", "1.000")], "movement-out-of-order"),
        ([*FIRST, moved("OLD-1", 6, "repayment", "2025-09-30", "1.000")], "movement-out-of-order"),
        ([*FIRST, moved("OLD-1", 6, "repayment", "2026-01-02", "0.001")], "outstanding-differs"),
        (
            [*FIRST, moved("OLD-1", 6, "reversal", "2026-01-02", "7.000", reverses="3")],
            "reversal-unfounded",
        ),
    ],
)  # fmt: skip
async def test_a_contract_that_does_not_fit_is_refused_alone_and_by_name(
    house: House, first: list[Cells], slug: str
) -> None:
    taken = await house.take(written([*PEOPLE, *first, *SECOND, total(2, "2200.000", "1900.000")]))
    assert [one.error.slug() for one in taken.refused] == [slug]
    assert taken.refused[0].line.number == 4
    assert taken.taken == 1
    assert await house.count("contract") == 1
    await sound(house)


@pytest.mark.parametrize(
    "row",
    [
        moved("OLD-1", 6, "repayment", "someday", "1.000"),
        moved("OLD-1", 6, "gift", "2026-01-02", "1.000"),
        moved("OLD-1", 6, "repayment", "2026-01-02", "-1.000"),
        moved("OLD-1", 6, "repayment", "2026-01-02", "1.0001"),
        {"record": "instalment", "reference": "OLD-1", "number": "1"},
    ],
)
async def test_a_row_that_cannot_be_read_is_named_and_its_contract_with_it(
    house: House, row: Cells
) -> None:
    whole = [*PEOPLE, *FIRST, row, *SECOND, total(2, "2200.000", "1900.000")]
    taken = await house.take(written(whole))
    assert [one.line.number for one in taken.refused] == [10, 4]
    assert taken.refused[1].error.slug() == "contract-incomplete"
    assert taken.taken == 1


async def test_a_refused_contract_comes_in_when_the_file_is_put_right(house: House) -> None:
    await house.take(
        written([*PEOPLE, *with_first(fund="MOON"), *SECOND, total(2, "2200.000", "1900.000")])
    )
    again = await house.take(written(WHOLE))
    assert (again.taken, again.known, again.refused) == (1, 1, [])


async def test_a_contract_that_came_before_and_reads_otherwise_now_is_refused(
    house: House,
) -> None:
    await house.take(written(WHOLE))
    more = moved("OLD-1", 6, "repayment", "2026-01-02", "100.000")
    changed = [FIRST[0] | {"outstanding": "800.000"}, *FIRST[1:], more]
    again = await house.take(
        written([*PEOPLE, *changed, *SECOND, total(2, "2200.000", "1800.000")])
    )
    assert [one.error.slug() for one in again.refused] == ["contract-changed"]
    assert await house.scene.scalar("select sum(outstanding_principal_minor) from position") == (
        1_900_000
    )


async def test_a_run_that_was_broken_off_is_finished_by_the_next(house: House) -> None:
    class Torn(RepaymentBook):
        async def receive(self, institution_id: InstitutionId, commands: Any) -> Any:
            await super().receive(institution_id, commands[:1])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await portfolios.import_content(
            house.db, Torn(house.scene.database), written(WHOLE), clock=FixedClock(NOON)
        )
    assert await house.count("repayment") == 1
    again = await house.take(written(WHOLE))
    assert (again.known, again.refused) == (2, [])
    assert await house.scene.scalar("select sum(outstanding_principal_minor) from position") == (
        1_900_000
    )
    await sound(house)


async def test_a_day_whose_books_are_closed_takes_nothing_in(house: House) -> None:
    close = text(
        "insert into closing (institution_id, closing_id, closed_through, actor_id)"
        " values (:i, :c, '2025-10-01', :a)"
    )
    scene = house.scene
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(close, {"i": scene.institution_id, "c": ids.new(), "a": ACTOR})
    taken = await house.take(written(WHOLE))
    assert [one.error.slug() for one in taken.refused] == ["period-closed"]
    assert taken.taken == 1


async def test_a_group_comes_after_its_members(house: House) -> None:
    group = person("g", kind="solidarity_group", name_ar="مجموعة", born_on="", members="p1*;p2;p3")
    third = person("p3", name_ar="سعاد القرشي", born_on="1970-12-31")
    rows = [group, *PEOPLE, third, FIRST[0] | {"borrower": "g"}, *FIRST[1:]]
    taken = await house.take(written([*rows, total(1, "1200.000", "900.000")]))
    assert [str(one.error) for one in taken.refused] == []
    leaders = await house.scene.scalar("select count(*) from borrower_member where leads")
    assert (await house.count("borrower_member"), leaders) == (3, 1)
