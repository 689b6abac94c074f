"""Contracts with a long life: so many repayments, one a day, as borrowers pay in small parts."""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import httpx

from services.cli.benchmarks.ground import PRINCIPAL
from services.cli.benchmarks.repayments import Ground
from services.loans.domain import authority
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.journal import Channel
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason, WaivedPart
from services.loans.repayments.batch import Answer, Outcome, RepaymentBook
from services.loans.servicing import operations as orders
from shared import ids
from shared.auth import Actor, Role
from shared.db import Database
from shared.ids import ContractId, RepaymentId
from shared.money import Money

AT_ONCE = 50
DAYS_BEFORE = 2_430
"""So long ago the contracts were paid out: longer than the longest life has days."""


async def live(
    book: RepaymentBook, ground: Ground, contract_id: ContractId, *, movements: int
) -> list[RepaymentId]:
    """Pay on a contract so often, a day after another; return the repayments."""
    paid: list[RepaymentId] = []
    amount = Money(PRINCIPAL.minor // (2 * movements), ground.currency)
    for start in range(0, movements, AT_ONCE):
        days = range(start, min(start + AT_ONCE, movements))
        commands = [
            _command(ground, contract_id, amount, ground.today + timedelta(days=day + 1))
            for day in days
        ]
        paid += [repayment_of(one) for one in await book.receive(ground.institution_id, commands)]
    return paid


async def pay_late_booked(
    book: RepaymentBook, ground: Ground, contract_id: ContractId, *, on: date
) -> tuple[float, RepaymentId]:
    """Book a payment found long afterwards; return the seconds and the repayment."""
    command = _command(ground, contract_id, Money(PRINCIPAL.minor // 24, ground.currency), on)
    started = time.perf_counter()
    (outcome,) = await book.receive(ground.institution_id, [command])
    return time.perf_counter() - started, repayment_of(outcome)


async def take_back(book: RepaymentBook, ground: Ground, repayment_id: RepaymentId) -> float:
    """Take a payment of long ago back; return the seconds."""
    command = ReverseRepayment(
        repayment_id=repayment_id,
        reason="wrong_contract",
        actor_id=ground.actor_id,
        key=str(ids.new()),
        request_hash=b"bench",
    )
    started = time.perf_counter()
    await book.reverse(ground.institution_id, command)
    return time.perf_counter() - started


async def order_late(
    database: Database, ground: Ground, contract_id: ContractId, *, on: date
) -> float:
    """Give an order dated long ago and approve it; return the seconds of both."""
    maker, checker = (
        Actor(id=actor_id, institution_id=ground.institution_id, roles=frozenset({role}))
        for actor_id, role in ((ground.actor_id, Role.OFFICER), (ids.new(), Role.APPROVER))
    )
    asked = Asked(
        kind=OrderKind.CHARGE,
        effective_on=on,
        reason=OrderReason.LATE_PAYMENT,
        part=WaivedPart.PENALTY,
        amount_minor=1_000,
        due_on=on + timedelta(days=1),
    )
    today = on + timedelta(days=DAYS_BEFORE)
    started = time.perf_counter()
    async with database.begin(ground.institution_id) as session:
        given = await orders.propose(session, contract_id, asked, actor=maker, today=today)
        order_id = given.row.order_id
        await orders.decide_on(
            session, order_id, outcome=authority.Outcome.APPROVE, actor=checker, today=today
        )
    return time.perf_counter() - started


def repayment_of(outcome: Outcome) -> RepaymentId:
    """Give the repayment of an answer; a refusal is raised."""
    if not isinstance(outcome, Answer):
        raise outcome
    members = httpx.Response(201, content=outcome.body).json()
    return RepaymentId(UUID(members["repayment_id"]))


async def read(
    http: httpx.AsyncClient, contract_id: ContractId, *, headers: dict[str, str]
) -> float:
    """Read a contract, its schedule and the first page of its movements; return the seconds."""
    path = f"/loans/v1/contracts/{contract_id}"
    started = time.perf_counter()
    for part in ("", "/schedule", "/repayments"):
        (await http.get(path + part, headers=headers)).raise_for_status()
    return time.perf_counter() - started


def at_share(seconds: Sequence[float], share: float) -> float:
    """Give the figure that a share of the runs stays below."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _command(ground: Ground, contract_id: ContractId, amount: Money, on: date) -> ReceiveRepayment:
    return ReceiveRepayment(
        contract_id=contract_id,
        amount=amount,
        received_on=on,
        today=on,
        channel=Channel.CASH,
        actor_id=ground.actor_id,
        key=str(ids.new()),
        request_hash=b"bench",
    )
