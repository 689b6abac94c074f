"""Every movement leaves a position for its day, and none is ever changed."""

from dataclasses import dataclass, field
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.loans.contracts import positions as contract_positions
from services.loans.contracts import queries as contracts
from services.loans.domain import schedule
from services.loans.domain.collecting import (
    CourseNotServed,
    ReceiveRepayment,
    ReverseRepayment,
)
from services.loans.domain.positions import Standing
from services.loans.repayments.batch import Answer, RepaymentBook
from shared import ids
from shared.db import Database
from shared.errors import RafidError
from shared.ids import ContractId, InstitutionId
from tests.integration.loans.days import (
    a_contract,
    anew,
    assert_proved,
    command,
    history,
    pay,
    rescheduled,
    rows,
    taking_back,
)
from tests.integration.loans.scene import TODAY, Scene


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def test_each_movement_leaves_a_position_for_its_day(scene: Scene) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("150.000", date(2025, 12, 1)))
    await pay(scene, one, ("450.000", date(2026, 1, 15)))

    assert await history(scene, one) == [
        ("2025-11-01", 0, 600_000, "2025-12-01", "active"),
        ("2025-12-01", 150_000, 450_000, "2026-01-01", "active"),
        ("2026-01-15", 600_000, 0, None, "closed"),
    ]
    await assert_proved(scene)


async def test_a_payment_dated_back_is_appended_for_its_day_and_every_later_one(
    scene: Scene,
) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("100.000", date(2025, 12, 1)), ("100.000", date(2026, 1, 1)))
    before = await rows(scene, "select * from position_history order by valid_from, version")
    await pay(scene, one, ("30.000", date(2025, 12, 10)))
    after = await rows(scene, "select * from position_history order by valid_from, version")

    assert [row for row in after if row in before] == before
    assert len(after) == len(before) + 2
    assert await history(scene, one) == [
        ("2025-11-01", 0, 600_000, "2025-12-01", "active"),
        ("2025-12-01", 100_000, 500_000, "2026-01-01", "active"),
        ("2025-12-10", 130_000, 470_000, "2026-01-01", "active"),
        ("2026-01-01", 230_000, 370_000, "2026-02-01", "active"),
    ]
    await assert_proved(scene)


async def test_payments_of_one_batch_may_come_in_any_order(scene: Scene) -> None:
    one = await a_contract(scene)
    days = (date(2026, 2, 1), date(2025, 12, 1), date(2026, 1, 1), date(2025, 12, 1))
    await pay(scene, one, *(("50.000", day) for day in days))

    assert [(day, paid) for day, paid, *_ in await history(scene, one)] == [
        ("2025-11-01", 0),
        ("2025-12-01", 100_000),
        ("2026-01-01", 150_000),
        ("2026-02-01", 200_000),
    ]
    assert await scene.scalar("select moved_on from position") == date(2026, 2, 1)
    await assert_proved(scene)


async def test_a_reversal_restores_every_day_since_and_opens_a_closed_contract(
    scene: Scene,
) -> None:
    one = await a_contract(scene)
    (first,) = await pay(scene, one, ("100.000", date(2025, 12, 1)))
    await pay(scene, one, ("500.000", date(2026, 1, 1)))
    assert (await history(scene, one))[-1][-1] == "closed"
    await RepaymentBook(scene.database).reverse(scene.institution_id, taking_back(first))

    assert await history(scene, one) == [
        ("2025-11-01", 0, 600_000, "2025-12-01", "active"),
        ("2025-12-01", 0, 600_000, "2025-12-01", "active"),
        ("2026-01-01", 500_000, 100_000, "2026-05-01", "active"),
    ]
    await assert_proved(scene)


async def test_the_newest_position_is_kept_beside_the_sums(scene: Scene) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("250.000", TODAY), ("10.000", date(2025, 12, 24)))
    async with scene.database.read(scene.institution_id) as session:
        head = await contracts.position(session, one.contract_id)
    assert head is not None
    assert (head.outstanding_principal_minor, head.oldest_open_due_on) == (
        340_000,
        date(2026, 2, 1),
    )
    assert (head.moved_on, head.status, head.version) == (TODAY, "active", 4)
    assert (head.branch_id, head.fund_id) == (scene.branch_id, one.fund_id)


async def test_a_new_generation_holds_from_its_day_and_the_old_one_before_it(
    scene: Scene,
) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("100.000", date(2025, 12, 1)), ("40.000", TODAY))
    later = anew(("100.000", date(2025, 12, 1)), ("500.000", date(2026, 6, 1)))
    restated = await rescheduled(scene, one, later, date(2026, 2, 1))

    assert restated.generation == 2
    assert not any(restated.difference)
    assert await history(scene, one) == [
        ("2025-11-01", 0, 600_000, "2025-12-01", "active"),
        ("2025-12-01", 100_000, 500_000, "2026-01-01", "active"),
        ("2026-02-01", 100_000, 500_000, "2026-06-01", "renegotiated"),
        ("2026-03-01", 140_000, 460_000, "2026-06-01", "renegotiated"),
    ]
    async with scene.database.read(scene.institution_id) as session:
        found = {
            day: await contracts.instalments(session, [one.contract_id], currency="JOD", as_of=day)
            for day in (date(2026, 1, 31), date(2026, 2, 1))
        }
        now = await contracts.instalments(session, [one.contract_id], currency="JOD")
    assert found[date(2026, 1, 31)][one.contract_id] == schedule.schedule(one.terms)
    assert found[date(2026, 2, 1)] == now == {one.contract_id: tuple(later)}
    await assert_proved(scene)


async def test_money_that_comes_after_a_new_agreement_pours_over_it(scene: Scene) -> None:
    one = await a_contract(scene)
    parts = anew(("300.000", date(2026, 2, 15)), ("300.000", date(2026, 6, 1)), penalty=5_000)
    await rescheduled(scene, one, parts, date(2026, 2, 1))
    await pay(scene, one, ("302.000", TODAY))

    (paid,) = await rows(scene, "select * from repayment")
    assert (paid.principal_minor, paid.penalty_minor) == (300_000, 2_000)
    assert (await history(scene, one))[-1] == (
        "2026-03-01",
        302_000,
        300_000,
        "2026-02-15",
        "renegotiated",
    )
    assert (
        await scene.scalar(
            "select sum(amount_minor) from journal_line l join account a"
            " using (institution_id, account_id) where a.code = 'charity'"
        )
        == -2_000
    )
    await pay(scene, one, ("308.000", TODAY))
    assert (await history(scene, one))[-1][-1] == "closed"
    await assert_proved(scene)


async def test_a_new_generation_moves_what_was_paid_and_says_the_difference(
    scene: Scene,
) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("100.000", TODAY))
    parts = anew(("90.000", date(2025, 12, 1)), ("510.000", date(2026, 6, 1)), penalty=10_000)
    restated = await rescheduled(scene, one, parts, TODAY)

    assert restated.difference == (-10_000, 0, 0, 10_000, 0)
    assert restated.head.outstanding == 510_000
    await assert_proved(scene)


@dataclass
class Course:
    """Stands for the part that folds whole courses; remembers what it was handed."""

    handed: list[object] = field(default_factory=list)
    refusal: RafidError | None = None

    async def receive(self, _: InstitutionId, asked: ReceiveRepayment) -> Answer:
        return self._take(asked)

    async def reverse(self, _: InstitutionId, asked: ReverseRepayment) -> Answer:
        return self._take(asked)

    def _take(self, asked: object) -> Answer:
        self.handed.append(asked)
        if self.refusal:
            raise self.refusal
        return Answer(b"{}")


async def test_money_of_before_an_agreement_counts_on_its_day_by_what_held_then(
    scene: Scene,
) -> None:
    one = await a_contract(scene)
    (first,) = await pay(scene, one, ("100.000", date(2025, 12, 1)))
    later = anew(("100.000", date(2025, 12, 1)), ("500.000", date(2026, 6, 1)))
    await rescheduled(scene, one, later, date(2026, 2, 1))
    await pay(scene, one, ("120.000", date(2026, 1, 10)))
    expected = [
        ("2025-11-01", 0, 600_000, "2025-12-01", "active"),
        ("2025-12-01", 100_000, 500_000, "2026-01-01", "active"),
        ("2026-01-10", 220_000, 380_000, "2026-02-01", "active"),
        ("2026-02-01", 220_000, 380_000, "2026-06-01", "renegotiated"),
    ]
    assert await history(scene, one) == expected
    await assert_proved(scene)
    await RepaymentBook(scene.database).reverse(scene.institution_id, taking_back(first))
    assert (await history(scene, one))[1:] == [
        ("2025-12-01", 0, 600_000, "2025-12-01", "active"),
        ("2026-01-10", 120_000, 480_000, "2026-01-01", "active"),
        ("2026-02-01", 120_000, 480_000, "2026-06-01", "renegotiated"),
    ]
    await assert_proved(scene)


async def test_money_out_dated_before_an_agreement_follows_what_held_on_each_day(
    scene: Scene,
) -> None:
    one = await a_contract(scene)
    await rescheduled(scene, one, anew(("600.000", date(2026, 6, 1))), date(2026, 2, 1))
    async with scene.database.begin(scene.institution_id) as session:
        locked = await contracts.locked_contracts(session, [one.contract_id])
        await contract_positions.restate(
            session, contract=locked[one.contract_id], on=date(2025, 12, 24), disbursed=-1_000
        )
    found = await rows(
        scene,
        "select valid_from, generation, status, outstanding_principal_minor from position_history"
        " where version = (select max(version) from position_history) order by valid_from",
    )
    assert [(row[0].isoformat(), *row[1:]) for row in found] == [
        ("2025-12-24", 1, "active", 599_000),
        ("2026-02-01", 2, "renegotiated", 599_000),
    ]


async def test_contracts_served_by_their_course_are_never_poured(scene: Scene) -> None:
    one = await a_contract(scene)
    (paid,) = await pay(scene, one, ("100.000", TODAY))
    async with scene.database.begin(scene.institution_id) as session:
        row = (await contracts.locked_contracts(session, [one.contract_id]))[one.contract_id]
        row.servicing = "course"
    nobody = RepaymentBook(scene.database)
    course = Course(refusal=CourseNotServed(contract_id=ContractId(ids.new())))
    somebody = RepaymentBook(scene.database, servicing=course)
    for book in (nobody, somebody):
        (refusal,) = await book.receive(scene.institution_id, [command(one, "1.000", TODAY)])
        assert isinstance(refusal, CourseNotServed)
        with pytest.raises(CourseNotServed):
            await book.reverse(scene.institution_id, taking_back(paid))
    assert len(await rows(scene, "select * from repayment")) == 1


async def test_a_loan_given_up_is_out_of_the_portfolio_and_may_come_back(scene: Scene) -> None:
    one = await a_contract(scene)
    await pay(scene, one, ("100.000", date(2025, 12, 1)))
    for status, amount, expected in (
        (Standing.WRITTEN_OFF, 500_000, (0, "written_off")),
        (Standing.ACTIVE, -500_000, (500_000, "active")),
    ):
        async with scene.database.begin(scene.institution_id) as session:
            locked = await contracts.locked_contracts(session, [one.contract_id])
            await contract_positions.restate(
                session,
                contract=locked[one.contract_id],
                on=date(2026, 2, 1),
                status=status,
                written_off=amount,
            )
        newest = (await history(scene, one))[-1]
        assert (newest[0], newest[2], newest[-1]) == ("2026-02-01", *expected)
        await assert_proved(scene)


async def test_the_service_may_not_change_what_it_wrote(scene: Scene) -> None:
    await a_contract(scene)
    for statement in ("update position_history set paid_minor = 1", "delete from instalment"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with scene.database.begin(scene.institution_id) as session:
                await session.execute(text(statement))
