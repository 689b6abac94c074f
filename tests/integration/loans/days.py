"""A contract whose days are told one by one: lent, paid on, agreed anew, proved."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text

from services.loans.contracts import positions as contract_positions
from services.loans.contracts import queries as contracts
from services.loans.contracts.restating import Restated
from services.loans.domain.collecting import (
    ReceiveRepayment,
    ReverseRepayment,
)
from services.loans.domain.journal import Channel
from services.loans.domain.positions import Standing
from services.loans.domain.schedule import Instalment
from services.loans.proof import operations as proof
from services.loans.repayments.batch import Answer, RepaymentBook
from shared import ids
from shared.ids import RepaymentId
from tests.builders import make_qard, money
from tests.integration.loans.scene import ACTOR, TODAY, Scene
from tests.integration.loans.standing import Lent, lend

SIGNED = date(2025, 11, 1)
RULE = "a contract's positions are what its movements make of them"


async def a_contract(scene: Scene) -> Lent:
    """600 lent on 1 November in six parts of 100, due on the first of each month."""
    fund_id = await scene.fund()
    terms = make_qard(
        principal=money("600.000"),
        instalments=6,
        disbursed_on=SIGNED,
        first_due_on=date(2025, 12, 1),
    )
    return (await lend(scene, fund_id, [terms]))[0]


def command(one: Lent, amount: str, on: date) -> ReceiveRepayment:
    return ReceiveRepayment(
        contract_id=one.contract_id,
        amount=money(amount),
        received_on=on,
        today=TODAY,
        channel=Channel.CASH,
        actor_id=ACTOR,
    )


async def pay(scene: Scene, one: Lent, *payments: tuple[str, date]) -> list[RepaymentId]:
    """Pay at once, in one batch; return the repayments."""
    book = RepaymentBook(scene.database)
    commands = [command(one, amount, on) for amount, on in payments]
    answers = await book.receive(scene.institution_id, commands)
    assert all(isinstance(answer, Answer) for answer in answers)
    newest = await rows(
        scene,
        "select repayment_id from repayment where contract_id = :c order by repayment_id desc",
        c=one.contract_id,
    )
    return [row.repayment_id for row in newest[: len(payments)]][::-1]


def taking_back(repayment_id: RepaymentId) -> ReverseRepayment:
    return ReverseRepayment(
        repayment_id=repayment_id,
        reason="duplicate",
        actor_id=ACTOR,
        key=str(ids.new()),
        request_hash=b"",
    )


async def rows(scene: Scene, statement: str, **values: object) -> Sequence[Any]:
    async with scene.database.read(scene.institution_id) as session:
        return (await session.execute(text(statement), values)).all()


async def history(scene: Scene, one: Lent) -> list[tuple[Any, ...]]:
    """The newest row of each day: day, paid, outstanding, oldest open due, status."""
    found = await rows(
        scene,
        "select distinct on (valid_from) valid_from, paid_minor, outstanding_principal_minor,"
        " oldest_open_due_on, status from position_history where contract_id = :c"
        " order by valid_from, version desc",
        c=one.contract_id,
    )
    return [
        (row[0].isoformat(), row[1], row[2], row[3].isoformat() if row[3] else None, row[4])
        for row in found
    ]


async def assert_proved(scene: Scene) -> None:
    assert await broken(scene) is None


async def broken(scene: Scene) -> str | None:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        async for finding in proof.prove(session):
            if finding.rule == RULE:
                return finding.why
    raise AssertionError("the rule was not proved")


def anew(*parts: tuple[str, date], penalty: int = 0) -> list[Instalment]:
    return [
        Instalment(
            number=number,
            due_on=due_on,
            principal=money(amount),
            profit=money("0.000"),
            fee=money("0.000"),
            penalty_minor=penalty,
        )
        for number, (amount, due_on) in enumerate(parts, start=1)
    ]


async def rescheduled(scene: Scene, one: Lent, parts: list[Instalment], on: date) -> Restated:
    async with scene.database.begin(scene.institution_id) as session:
        locked = await contracts.locked_contracts(session, [one.contract_id])
        return await contract_positions.replace_instalments(
            session,
            contract=locked[one.contract_id],
            instalments=parts,
            effective_on=on,
            status=Standing.RENEGOTIATED,
        )
