"""How many claims on one fund a second, when many ask at once, and was it ever overdrawn?

Every client holds a connection of its own and lays its hand on the same fund: it reserves for a new
application, then signs (which commits, and gives back what was reserved too much) or lets go. What
was committed is freed again after a while, so that the fund stays near its limit and many are
refused.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.cli.benchmarks import ground, queries
from services.cli.benchmarks.repayments import Measured
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.funding import ClaimKind, FundExhausted
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.domain.terms import ModeOfFinance
from services.loans.funds import operations as funds
from services.loans.institutions import operations as institutions
from shared import ids
from shared.batching import Batcher
from shared.db import Database
from shared.errors import RafidError
from shared.ids import ApplicationId, FundId, InstitutionId
from shared.money import Money

HELD: Final = Money.parse("10000.000", ground.CURRENCY)
ASKED: Final = Money.parse("100.000", ground.CURRENCY)
SIGNED: Final = Money.parse("75.000", ground.CURRENCY)
LETS_GO: Final = 0.3
KEPT_MOST: Final = 2

Command = tuple[str, ApplicationId]
"""What is done (reserve, commit, release, uncommit) and for which application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The fund that everybody asks, and the day."""

    institution_id: InstitutionId
    fund_id: FundId
    actor_id: UUID
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contended:
    """One run: each command's time, how many were refused for want of money, the most claimed."""

    measured: Measured
    by_command: dict[str, int]
    refused: int
    highest_minor: int
    claims: int

    @property
    def is_overdrawn(self) -> bool:
        """Whether more was ever claimed than the fund held."""
        return self.highest_minor > HELD.minor


@dataclass(slots=True)
class _Tally:
    latencies: list[float] = field(default_factory=list)
    commands: Counter[str] = field(default_factory=Counter)
    refused: int = 0


async def prepare(database: Database, *, today: date) -> Place:
    """Found an institution whose one fund holds 10,000 for clients who ask 100 each."""
    institution_id = InstitutionId(ids.new())
    actor_id = ids.new()
    async with database.begin(institution_id) as session:
        await institutions.create_institution(
            session,
            code=f"bench-{institution_id.hex[-8:]}",
            names=ground.NAMES,
            country="JO",
            currency=ground.CURRENCY,
            timezone=ground.TIMEZONE,
        )
        fund = await funds.create_fund(
            session,
            code="gifts",
            kind=FundKind.DONATION,
            names=ground.NAMES,
            floor=Money.zero(ground.CURRENCY),
            lending_ruling=None,
            on=today,
            actor_id=actor_id,
        )
        await funds.receive(
            session,
            fund_id=fund.fund_id,
            donor_id=None,
            amount=HELD,
            received_on=today - timedelta(days=1),
            channel=Channel.CASH,
            nature=ReceiptNature.DONATION_OPEN,
            actor_id=actor_id,
        )
    return Place(
        institution_id=institution_id,
        fund_id=FundId(fund.fund_id),
        actor_id=actor_id,
        today=today,
    )


async def contend(
    database: Database, place: Place, *, clients: int, seconds: float, is_gathered: bool = False
) -> Contended:
    """Let so many clients claim at once until the time is over, then look for an overdraft."""
    claims = (GatheredClaims if is_gathered else Claims)(database, place)
    await asyncio.gather(*(_warm(database, place) for _ in range(clients)))
    tally = _Tally()
    started = time.perf_counter()
    deadline = started + seconds
    await asyncio.gather(*(_client(claims, tally, deadline=deadline) for _ in range(clients)))
    elapsed = time.perf_counter() - started
    latencies = sorted(tally.latencies)

    def at(share: float) -> float:
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))]

    highest, claims_made = await queries.highest(
        database, institution_id=place.institution_id, fund_id=place.fund_id
    )
    return Contended(
        measured=Measured(
            done=len(latencies), seconds=elapsed, p50=at(0.5), p95=at(0.95), p99=at(0.99)
        ),
        by_command=dict(tally.commands),
        refused=tally.refused,
        highest_minor=highest,
        claims=claims_made,
    )


async def _warm(database: Database, place: Place) -> None:
    """Open a connection and let it know every statement, so that no run is about that."""
    one = ApplicationId(ids.new())
    async with database.begin(place.institution_id) as session:
        await session.execute(text("select pg_sleep(0.2)"))  # until all the others are open
        for command in ("reserve", "commit", "uncommit", "release"):
            await _done(session, place, [(command, one)])


async def _client(claims: "Claims", tally: _Tally, *, deadline: float) -> None:
    signed: list[ApplicationId] = []
    while time.perf_counter() < deadline:
        application_id = ApplicationId(ids.new())
        try:
            await _timed(claims, tally, "reserve", application_id)
        except FundExhausted:
            tally.refused += 1
            if signed:
                await _timed(claims, tally, "uncommit", signed.pop(0))
            continue
        if random.random() < LETS_GO:  # noqa: S311 - any will do
            await _timed(claims, tally, "release", application_id)
            continue
        await _timed(claims, tally, "commit", application_id)
        signed.append(application_id)
        if len(signed) > KEPT_MOST:
            await _timed(claims, tally, "uncommit", signed.pop(0))


async def _timed(claims: "Claims", tally: _Tally, command: str, one: ApplicationId) -> None:
    began = time.perf_counter()
    try:
        await claims.take(command, one)
    finally:
        tally.latencies.append((time.perf_counter() - began) * 1000)
        tally.commands[command] += 1


class Claims:
    """One by one: every command is a transaction of its own, on its client's connection."""

    def __init__(self, database: Database, place: Place) -> None:
        self._database = database
        self._place = place

    async def take(self, command: str, application_id: ApplicationId) -> None:
        """Have one command done. Raises what it is refused with."""
        async with self._database.begin(self._place.institution_id) as session:
            (refusal,) = await _done(session, self._place, [(command, application_id)])
            if refusal is not None:
                raise refusal


class GatheredClaims(Claims):
    """In sets: commands that arrive together share a transaction, as those of a file do."""

    def __init__(self, database: Database, place: Place) -> None:
        super().__init__(database, place)
        self._batcher: Batcher[Command, bool] = Batcher(self._flush, flushers_max=1)

    async def take(self, command: str, application_id: ApplicationId) -> None:
        """Have one command done with its neighbours. Raises what it is refused with."""
        await self._batcher.submit(self._place.institution_id, (command, application_id))

    async def _flush(
        self, institution_id: InstitutionId, commands: Sequence[Command]
    ) -> list[bool | RafidError]:
        async with self._database.begin(institution_id) as session:
            refusals = await _done(session, self._place, commands)
        return [True if refusal is None else refusal for refusal in refusals]


async def _done(
    session: AsyncSession, place: Place, commands: Sequence[Command]
) -> list[RafidError | None]:
    """Do commands in one transaction, what frees money first; give what each was refused with."""
    of: defaultdict[str, list[ApplicationId]] = defaultdict(list)
    for command, application_id in commands:
        of[command].append(application_id)
    if of["release"]:
        await funds.release_all(session, of["release"], actor_id=place.actor_id)
    for application_id in of["uncommit"]:
        move = _ask(place, application_id, SIGNED).move(ClaimKind.UNCOMMIT)
        await funds.claim_once(session, move, actor_id=place.actor_id)
    if of["commit"]:
        signed = [_ask(place, one, SIGNED) for one in of["commit"]]
        await funds.commit_all(session, signed, on=place.today, actor_id=place.actor_id)
    refusals: dict[ApplicationId, RafidError | None] = {}
    if of["reserve"]:
        asks = [_ask(place, one, ASKED) for one in of["reserve"]]
        outcomes = await funds.reserve_all(session, asks, on=place.today, actor_id=place.actor_id)
        refusals = dict(zip(of["reserve"], outcomes, strict=True))
    return [
        refusals.get(application_id) if command == "reserve" else None
        for command, application_id in commands
    ]


def _ask(place: Place, application_id: ApplicationId, amount: Money) -> Ask:
    return Ask(
        fund_id=place.fund_id,
        application_id=application_id,
        amount=amount,
        mode=ModeOfFinance.QARD,
        bears_fee=False,
        fund_kinds=frozenset({FundKind.DONATION}),
    )
