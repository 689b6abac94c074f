"""The sums of a close are the sums of what the domain says of each contract, to the minor unit.

Contracts, payments and renegotiations are drawn at random from a seed; the close reads windows and
sums in SQL, the domain reads instalments and counts in Python.
"""

import contextlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import asyncpg
import pytest
from sqlalchemy import text

from services.loans.closing import queries, running
from services.loans.closing.queries import Cut
from services.loans.closing.running import Manner, Pace
from services.loans.domain import day_close, schedule
from services.loans.domain.accrual import Recognition
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.domain.day_close import Figure, Place
from services.loans.domain.provisioning import LossAssumptions, Scenario
from services.loans.domain.staging import StagingRule
from services.loans.domain.terms import ChargeMethod, Frequency, Terms
from shared.db import Database
from shared.errors import RafidError
from shared.ids import FundId, InstitutionId, ProductId
from shared.money import Money
from tests.builders import make_loan, make_qard
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import ACCRUING, FAR, SIGNED, Books, after
from tests.integration.loans.scene import Scene

DAYS = (0, 1, 30, 31, 59, 60, 75, 89, 90, 91, 150, 365, 800)
FREQUENCIES = (Frequency.WEEKLY, Frequency.BIWEEKLY, Frequency.MONTHLY, Frequency.QUARTERLY)
RENEGOTIATE = text("""
    update position set renegotiated_on = :day
    where institution_id = :institution_id and contract_id = any(:contract_ids)
""")


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Draws contracts from a seed."""

    random: Random

    def terms(self) -> Terms:
        """Any method, frequency, rate and length, with a first due date of any day."""
        random = self.random
        if random.random() < 0.15:
            return make_qard(
                principal=Money(random.randint(10_000, 9_999_999), "JOD"), disbursed_on=SIGNED
            )
        frequency = random.choice(FREQUENCIES)
        return make_loan(
            principal=Money(random.randint(50_000, 99_999_999), "JOD"),
            annual_rate=Decimal(random.randint(1, 4_000)) / 10_000,
            instalments=random.randint(1, 36),
            frequency=frequency,
            charge_method=random.choice([ChargeMethod.FLAT, ChargeMethod.DECLINING_BALANCE]),
            disbursed_on=SIGNED,
            first_due_on=SIGNED + timedelta(days=random.choice([1, 7, 30, 31, 45, 91])),
        )

    def many(self, count: int) -> list[Terms]:
        """So many that can be paid back."""
        found: list[Terms] = []
        while len(found) < count:
            with contextlib.suppress(RafidError):
                terms = self.terms()
                schedule.schedule(terms)
                found.append(terms)
        return found


def policy(random: Random, recognition: Recognition) -> ClosingPolicy:
    return ClosingPolicy(
        recognition=recognition,
        non_accrual_after_days=random.choice([0, 30, 90]),
        staging=StagingRule(cure_dues=random.choice([0, 1, 3])),
        bucket_days=random.choice([(1, 31, 61, 91), (1,), (), (5, 95)]),
        loss=LossAssumptions(
            performing=(Scenario(weight=Decimal(1), monthly_hazard=Decimal("0.007")),),
            underperforming=(
                Scenario(weight=Decimal("0.3"), monthly_hazard=Decimal("0.02")),
                Scenario(weight=Decimal("0.7"), monthly_hazard=Decimal("0.11")),
            ),
            loss_given_default=Decimal("0.613"),
        ),
    )


async def by_the_domain(books: Books, day: date) -> dict[Place, Figure]:
    """The figures of a day, contract by contract from the instalments."""
    figures: defaultdict[Place, Figure] = defaultdict(Figure)
    async with books.db() as session:
        contract_ids = [lent.contract_id for lent in books.lent]
        rows = await queries.one_by_one(session, day=day, contract_ids=contract_ids)
        policies = await running.policies_of(session, day=day)
        for row, part in await running.parts(session, rows, day=day, policies=policies):
            place = Place(
                fund_id=FundId(row.fund_id),
                product_id=ProductId(row.product_id),
                currency=row.currency,
                bucket_from=part.bucket_from,
                stage=part.stage,
                is_restructured=part.is_restructured,
            )
            figures[place] += day_close.figure(part, outstanding=row.outstanding)
    return dict(figures)


async def without_window(books: Books, day: date) -> int:
    """How many contracts a close would have to look at one by one."""
    async with books.db() as session:
        policies = await running.policies_of(session, day=day)
        cut = Cut(day=day, rules=running.rules(policies), after=running.FIRST, upto=running.LAST)
        found = await queries.sums(session, cut, anew=[])
        return sum(row.without_window is not None for row in found)


async def draw_payments(books: Books, random: Random) -> None:
    for number in random.sample(range(len(books.lent)), len(books.lent) // 2):
        principal = books.lent[number].terms.principal.minor
        for _ in range(random.randint(1, 3)):
            amount = Money(random.randint(1, principal), "JOD")
            await books.pay(number, str(amount), after(random.choice(DAYS)))


@pytest.mark.parametrize("recognition", Recognition)
@pytest.mark.parametrize("seed", [1, 20_260_101])
async def test_sums_by_windows_are_the_sums_of_the_domain(
    loans_db: Database, institution_id: InstitutionId, seed: int, recognition: Recognition
) -> None:
    random = Random(f"{seed} {recognition}")  # noqa: S311 - a book of chance that comes again
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, Draw(random=random).many(40))
    await books.give(policy(random, recognition))
    await draw_payments(books, random)
    anew = random.sample([lent.contract_id for lent in books.lent], 8)
    async with books.db.begin() as session:
        values = {"institution_id": institution_id, "contract_ids": anew, "day": after(45)}
        await session.execute(RENEGOTIATE, values)

    for number in DAYS:
        day = after(number)
        found = await running.look_at(books.db, day=day, today=FAR)
        assert dict(found.figures) == await by_the_domain(books, day), day
        assert await without_window(books, day) == 0, "the close has not used its windows"


async def test_a_contract_without_a_window_is_looked_at_by_itself(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    day = after(40)
    async with books.db() as session:
        policies = await running.policies_of(session, day=day)
    assert await without_window(books, day) == 4

    found = await running.sum_up(
        books.db, day=day, policies=policies, manner=Manner(), pace=Pace(0.0)
    )

    assert dict(found.figures) == await by_the_domain(books, day)


async def test_windows_follow_other_rules_and_other_days_back_and_forth(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, closing_scene.mixed())
    for recognition, number in (
        (Recognition.SCHEDULED, 200),
        (Recognition.STRAIGHT_LINE, 40),
        (Recognition.SCHEDULED, 100),
        (Recognition.CASH, 100),
    ):
        await books.give(ClosingPolicy(recognition=recognition, loss=ACCRUING.loss))
        found = await running.look_at(books.db, day=after(number), today=FAR)
        assert dict(found.figures) == await by_the_domain(books, after(number))


async def test_a_contract_on_which_nothing_is_due_is_closed_like_any_other(
    loans_db: Database, institution_id: InstitutionId, admin_url: str
) -> None:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    connection = await asyncpg.connect(admin_url)
    await connection.execute(
        "delete from loans.instalment where contract_id = $1", books.lent[0].contract_id
    )
    await connection.close()

    for _ in range(2):
        row = await books.close(after(40))
        assert row.contracts == 4
    assert closing_scene.of_close(await books.balances()) == await books.expected(after(40))
