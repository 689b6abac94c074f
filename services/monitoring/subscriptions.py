"""Which facts does monitoring hear, what does each do, and who reads the feed?"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.deps import Fact
from services.monitoring.domain.lifecycle import ProjectEvent
from services.monitoring.portfolio import bookings
from services.monitoring.portfolio import operations as portfolio
from services.monitoring.portfolio.queries import SOURCE
from services.monitoring.projects import operations as projects
from services.monitoring.projects.operations import Happening
from services.monitoring.worth import operations as worth
from shared import events, logs
from shared.background import woken
from shared.clients.loans import FeedEvent, FeedPage, LoansClient
from shared.clients.scoring_runs import ScoringRuns
from shared.db import Database
from shared.errors import Kind, RafidError
from shared.events import Event
from shared.following import Effect, Follower, Silence
from shared.ids import InstitutionId

BATCH = 500
GATHER_SECONDS = 0.05
DIRECTORY_SECONDS = 5.0
PATIENCE_SECONDS = 30.0

Facts = Sequence[Fact[Any]]
Operation = Callable[[AsyncSession, Facts], Awaitable[None]]

_log = logs.logger(__name__)
_LOCKED_CURSOR = text("select number from feed_cursor where source = :source for update")
_CURSOR = text("select number from feed_cursor where source = :source")


async def _remember_contracts(session: AsyncSession, facts: Facts) -> None:
    await projects.remember_contracts(session, facts)
    await bookings.keep_shares(session, facts)


async def _keep_repayments(session: AsyncSession, facts: Facts) -> None:
    await portfolio.keep_repayments(session, facts)
    await bookings.keep_lines(session, facts)


# What each event adds, in the order in which the operations run within a batch.
HEARD: Mapping[type[Event], Operation] = MappingProxyType(
    {
        events.BranchCreated: portfolio.remember_branches,
        events.FundCreated: portfolio.remember_funds,
        events.DonorLinked: portfolio.link_donors,
        events.FundBooked: bookings.keep_lines,
        events.FundClaimed: bookings.keep_promises,
        events.ContractSigned: _remember_contracts,
        events.DisbursementCompleted: portfolio.keep_disbursements,
        events.RepaymentReceived: _keep_repayments,
        events.RepaymentReversed: _keep_repayments,
        events.ContractCorrected: portfolio.keep_orders,
        events.DealChanged: portfolio.keep_deals,
        events.DisbursementReversed: portfolio.keep_disbursements_reversed,
    }
)
# What moves projects, and the member that says on which day it happened.
MOVES: Mapping[type[Event], tuple[ProjectEvent, str]] = MappingProxyType(
    {
        events.DisbursementCompleted: (ProjectEvent.MONEY_PAID_OUT, "disbursed_on"),
        events.RepaymentReceived: (ProjectEvent.REPAYMENT_RECEIVED, "received_on"),
        events.RepaymentReversed: (ProjectEvent.REPAYMENT_REVERSED, "received_on"),
        events.ContractClosed: (ProjectEvent.CONTRACT_CLOSED, "closed_on"),
    }
)
TYPES: Mapping[str, type[Event]] = MappingProxyType(
    {event.type: event for event in {**HEARD, **MOVES}}
)


async def apply(session: AsyncSession, page: FeedPage) -> None:
    """Give each event of a page to its operations; events that nobody hears pass by."""
    facts: dict[type[Event], list[Fact[Any]]] = {}
    for told in page.events:
        kind = TYPES.get(told.type)
        if kind is not None:
            facts.setdefault(kind, []).append(_fact(told, kind))
    for kind, operation in HEARD.items():
        if kind in facts:
            await operation(session, facts[kind])
    happenings = [
        Happening(
            kind=move,
            contract_id=fact.event.contract_id,
            happened_on=getattr(fact.event, day),
            fact=fact,
        )
        for kind, (move, day) in MOVES.items()
        for fact in facts.get(kind, ())
        if not _took_surplus_alone(fact.event)
    ]
    happenings += [
        Happening(
            kind=_moved_by(fact.event),
            contract_id=fact.event.contract_id,
            happened_on=fact.event.effective_on,
            fact=fact,
        )
        for fact in facts.get(events.ContractCorrected, ())
    ]
    happenings += [
        Happening(
            kind=_dealt(fact.event),
            contract_id=fact.event.contract_id,
            happened_on=fact.event.effective_on,
            fact=fact,
        )
        for fact in facts.get(events.DealChanged, ())
    ]
    if happenings:
        await projects.follow(session, happenings)


def _moved_by(event: events.ContractCorrected) -> ProjectEvent:
    """What an order is in a project's story: the end where nothing is owed any more."""
    return ProjectEvent.CONTRACT_CLOSED if event.is_settled else ProjectEvent.REPAYMENT_REVERSED


def _dealt(event: events.DealChanged) -> ProjectEvent:
    """What a step of a deal is in a project's story: its end, something back, or owed again."""
    if event.is_settled:
        return ProjectEvent.CONTRACT_CLOSED
    came = event.principal_minor + event.profit_minor > 0
    return ProjectEvent.REPAYMENT_RECEIVED if came else ProjectEvent.REPAYMENT_REVERSED


def _took_surplus_alone(event: Event) -> bool:
    """Whether a reversal took back only what was paid too much: the contract stays paid."""
    if not isinstance(event, events.RepaymentReversed):
        return False
    return event.surplus_minor == event.amount_minor


def _fact(told: FeedEvent, kind: type[Event]) -> Fact[Any]:
    return Fact(
        event=kind.model_validate(told.data),
        event_id=told.id,
        sequence=told.sequence,
        told_at=told.time,
        known_at=told.knownat,
    )


def hear_scoring(database: Database, runs: ScoringRuns) -> Follower:
    """Follow scoring: what one more unit in each fund is worth."""

    async def hear(_: InstitutionId, told: Sequence[FeedEvent]) -> Effect:
        return partial(worth.keep_worth, told=told)

    return Follower(database=database, source="scoring", feed=runs, hear=hear)


def complete_until(page: FeedPage, *, limit: int) -> datetime | None:
    """The newest instant of which a page leaves nothing out; None when it does not tell one.

    Events numbered together share an instant and appear together, so only a full page may end
    in the middle of them: then the instant before its last is the one that is complete.
    """
    if not page.events:
        return None
    last = page.events[-1].knownat
    if len(page.events) < limit or page.next >= page.head:
        return last
    return max((e.knownat for e in page.events if e.knownat < last), default=None)


class Consumer:
    """Reads the feed of every institution, for ever; a fault costs time, never an event."""

    def __init__(
        self, database: Database, loans: LoansClient, *, poll_seconds: float, batch: int = BATCH
    ) -> None:
        self._database = database
        self._loans = loans
        self._poll_seconds = poll_seconds
        self._batch = batch
        self._wake = asyncio.Event()
        self._institutions: tuple[InstitutionId, ...] = ()
        self._looked_at = float("-inf")
        self._silence = Silence()

    def wake(self, institution_id: InstitutionId | None = None) -> None:
        """Read soon: something was told. An institution not known yet is looked up at once."""
        if institution_id is not None and institution_id not in self._institutions:
            self._looked_at = float("-inf")
        self._wake.set()

    async def run(self) -> None:
        """Read for ever; wait longer and longer while loans or the database does not answer."""
        patience = self._poll_seconds
        while True:
            if await self._round():
                patience = self._poll_seconds
            else:
                patience = min(patience * 2, PATIENCE_SECONDS)
            await woken(self._wake, within=patience)
            await asyncio.sleep(GATHER_SECONDS)  # what is told together is read together

    async def _round(self) -> bool:
        """Catch up with every institution once; False when any of it failed."""
        well = await self._guarded(self.look_up())
        for institution_id in self._institutions:
            well = await self._guarded(self.catch_up(institution_id)) and well
        if well:
            self._silence.came(SOURCE)
        return well

    async def _guarded(self, work: Awaitable[None]) -> bool:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the edge of this loop: it must not die
            if isinstance(error, RafidError) and error.kind is Kind.UNAVAILABLE:
                self._silence.went(SOURCE, error)
            else:
                _log.warning("the feed of loans waits", error=repr(error))
            return False
        return True

    async def look_up(self) -> None:
        """Read the directory now and then; ask an institution not met before for its names."""
        if time.monotonic() - self._looked_at < DIRECTORY_SECONDS:
            return
        listed = await self._loans.institutions()
        for entry in listed:
            institution_id = InstitutionId(entry.institution_id)
            if institution_id in self._institutions:
                continue
            described = await self._loans.institution(institution_id)
            async with self._database.begin(institution_id) as session:
                await portfolio.remember_institution(session, described)
            self._institutions = (*self._institutions, institution_id)
        self._looked_at = time.monotonic()

    async def catch_up(self, institution_id: InstitutionId) -> None:
        """Read an institution's feed to its end, a batch a transaction."""
        while (page := await self.read_once(institution_id)).events and page.next < page.head:
            pass

    async def read_once(self, institution_id: InstitutionId) -> FeedPage:
        """Read one batch and apply it with the cursor; another reader's batch is left alone."""
        async with self._database.read(institution_id) as session:
            after = (await session.execute(_CURSOR, {"source": SOURCE})).scalar() or 0
        page = await self._loans.events(institution_id, after=after, limit=self._batch)
        if not page.events:
            return page
        async with self._database.begin(institution_id) as session:
            locked = (await session.execute(_LOCKED_CURSOR, {"source": SOURCE})).scalar()
            if (locked or 0) != after:
                return page
            await apply(session, page)
            await portfolio.advance(
                session,
                number=page.next,
                complete_until=complete_until(page, limit=self._batch),
                head=page.head,
            )
        return page
