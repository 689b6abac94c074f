"""Who takes requests to pay bills: keeps them, decides, has them booked, and tells their senders?

The message is kept before anything is made of it, and everything after is done again until it is
done: by the request itself, and by a timer where a process ended in between.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import orjson
from fastapi.exceptions import RequestValidationError

from services.loans.biller import messages, operations, queries, refusals
from services.loans.biller.deciding import Target
from services.loans.biller.headers import Heads
from services.loans.biller.refusals import DuplicateRequest
from services.loans.biller.tables import BillRequestRow
from services.loans.deps import Days
from services.loans.payments.desk import PaymentDesk
from shared import ids, logs, problems
from shared.auth import Actor
from shared.errors import RafidError
from shared.ids import InstitutionId, PaymentId
from shared.outgoing import Answer, Outgoing
from shared.problems import Problem
from shared.texts import Language

_log = logs.logger(__name__)

ANSWERED_WITHIN: Final = 1.5
"""Seconds in which a request is decided, else it is answered as pending and decided after."""

LEFT_AFTER: Final = timedelta(seconds=5)
"""A request without an end for so long has lost its process; before, it is being worked on."""

REFUSED: Final = (RafidError, RequestValidationError)
AT_ONCE: Final = 50
CALLED_AT_ONCE: Final = 10


class BillDesk:
    """Takes bill payments for all institutions of one database."""

    def __init__(self, payments: PaymentDesk, *, days: Days, outgoing: Outgoing) -> None:
        self._payments = payments
        self._database = payments.database
        self._sealer = payments.sealer
        self._clock = payments.clock
        self._days = days
        self._outgoing = outgoing
        self._going_on: dict[UUID, asyncio.Task[object]] = {}

    async def take(
        self, actor: Actor, target: Target, body: bytes, *, heads: Heads, language: Language
    ) -> UUID:
        """Keep a request, then decide it; give our id of it.

        One that takes too long goes on after the answer: the request is pending until then. Raises
        DuplicateRequest, and what refuses the payment; then nothing but the message is kept.
        """
        institution_id = actor.institution_id
        request_id = await self._keep(actor, target, body, heads=heads)
        deciding = asyncio.create_task(self._accept(institution_id, request_id))
        done, _ = await asyncio.wait({deciding}, timeout=ANSWERED_WITHIN)
        if not done:
            _log.warning("a bill payment is decided later", request_id=str(request_id))
            self._going_on[request_id] = deciding
            return request_id
        try:
            deciding.result()
        except REFUSED as refused:
            problem = _problem(refused, language=language)
            await self._end(institution_id, request_id, problem, told_at_once=True)
            raise
        return request_id

    async def _keep(self, actor: Actor, target: Target, body: bytes, *, heads: Heads) -> UUID:
        institution_id, request_id = actor.institution_id, ids.new()
        url = heads.callback_url
        sealed = None if url is None else self._sealer.seal(institution_id, url.encode())
        async with self._database.begin(institution_id) as session:
            is_new = await operations.keep_request(
                session,
                request_id=request_id,
                actor=actor,
                correlation_id=heads.correlation_id,
                reference=messages.reference_in(body),
                message_sealed=self._sealer.seal(institution_id, operations.message(target, body)),
                callback_sealed=sealed,
            )
        if not is_new:
            raise DuplicateRequest
        return request_id

    async def _accept(self, institution_id: InstitutionId, request_id: UUID) -> None:
        today = await self._days.today(institution_id)
        async with self._database.begin(institution_id) as session:
            await operations.accept(session, request_id, today=today, sealer=self._sealer)

    async def _end(
        self,
        institution_id: InstitutionId,
        request_id: UUID,
        problem: Problem,
        *,
        told_at_once: bool,
    ) -> None:
        now = self._clock.now()
        error = refusals.error_object(problem, at=now)
        async with self._database.begin(institution_id) as session:
            await operations.end_unaccepted(
                session, request_id, error=error, at=now, told_at_once=told_at_once
            )

    async def finish(self, institution_id: InstitutionId, request_id: UUID) -> BillRequestRow:
        """Have an accepted payment taken and booked, and end its request; done twice it is once."""
        row = await self.read(institution_id, request_id)
        if row.status == "pending" and row.payment_id is not None:
            await self._payments.send(institution_id, PaymentId(row.payment_id))
        async with self._database.begin(institution_id) as session:
            return await operations.settle(session, request_id, at=self._clock.now())

    async def read(self, institution_id: InstitutionId, request_id: UUID) -> BillRequestRow:
        """Give a request as it is now."""
        async with self._database.read(institution_id) as session:
            row = await queries.request(session, request_id)
        if row is None:
            raise LookupError(f"the request {request_id} is lost")
        return row

    async def finish_soon(self, institution_id: InstitutionId, request_id: UUID) -> BillRequestRow:
        """Finish a request for who waits, or give it as it is where that takes too long."""
        if request_id not in self._going_on:
            finishing = asyncio.create_task(self.finish(institution_id, request_id))
            done, _ = await asyncio.wait({finishing}, timeout=ANSWERED_WITHIN)
            if done:
                return finishing.result()
            self._going_on[request_id] = finishing
        return await self.read(institution_id, request_id)

    async def finish_and_tell(self, institution_id: InstitutionId, request_id: UUID) -> None:
        """Do what is left of a request after its answer."""
        if (going_on := self._going_on.pop(request_id, None)) is not None:
            try:
                await going_on
            except REFUSED as refused:
                problem = _problem(refused, language="en")
                await self._end(institution_id, request_id, problem, told_at_once=False)
        await self.finish(institution_id, request_id)
        await self.tell(institution_id, request_id)

    async def tell(self, institution_id: InstitutionId, request_id: UUID) -> None:
        """Call a sender back, if it is to be called back now and nobody else does so."""
        now = self._clock.now()
        async with self._database.begin(institution_id) as session:
            if not await operations.take_callback(session, request_id, at=now):
                return
            row = await queries.request(session, request_id)
        if row is None or row.callback_sealed is None:
            return
        heard = await self._call(institution_id, row)
        async with self._database.begin(institution_id) as session:
            await operations.note_callback(
                session,
                request_id,
                answer=heard.fault or str(heard.status),
                delivered=heard.is_taken,
                at=self._clock.now(),
            )

    async def _call(self, institution_id: InstitutionId, row: BillRequestRow) -> Answer:
        """Put the end of a request to the address that its sender gave, under its sender's id."""
        url = self._sealer.opened(institution_id, row.callback_sealed or b"").decode()
        body = orjson.dumps(await self.outcome(institution_id, row))
        headers = {
            "Content-Type": "application/json",
            "X-Date": messages.instant(self._clock.now()),
            "X-Content-Hash": hashlib.sha256(body).hexdigest(),
        }
        if row.correlation_id is not None:
            headers["X-CorrelationID"] = str(row.correlation_id)
        return await self._outgoing.call("PUT", url, body=body, headers=headers)

    async def outcome(self, institution_id: InstitutionId, row: BillRequestRow) -> messages.Json:
        """Write what became of a request: the payment, or the bare error object."""
        if row.error is not None:
            return row.error
        (written,) = await self.written(institution_id, [row])
        return written

    async def written(
        self, institution_id: InstitutionId, rows: Sequence[BillRequestRow]
    ) -> list[messages.Json]:
        """Write payments with where each stands."""
        payment_ids = [row.payment_id for row in rows if row.payment_id is not None]
        async with self._database.read(institution_id) as session:
            statuses = await queries.payment_statuses(session, payment_ids)
        return [
            messages.bill_payment(
                row,
                operations.message_of(row, self._sealer)[1],
                status=_told(row, statuses.get(row.payment_id or row.request_id, "")),
            )
            for row in rows
        ]

    async def catch_up(self, institution_id: InstitutionId) -> None:
        """Do what processes that ended left undone, and tell whom it is time to tell."""
        before = ids.first_of(ids.new(), before=LEFT_AFTER)
        async with self._database.read(institution_id) as session:
            left = await queries.open_requests(session, before=before, limit=AT_ONCE)
        for request_id in left:
            try:
                await self._go_on(institution_id, request_id)
            except Exception as error:  # noqa: BLE001 - no request may starve the others
                _log.error("a bill payment waits", request_id=str(request_id), exc_info=error)
        async with self._database.read(institution_id) as session:
            waiting = await queries.waiting_callbacks(
                session, at=self._clock.now(), limit=CALLED_AT_ONCE
            )
        await asyncio.gather(*(self.tell(institution_id, one) for one in waiting))

    async def _go_on(self, institution_id: InstitutionId, request_id: UUID) -> None:
        try:
            await self._accept(institution_id, request_id)
        except REFUSED as refused:
            problem = _problem(refused, language="en")
            await self._end(institution_id, request_id, problem, told_at_once=False)
        await self.finish(institution_id, request_id)


def _problem(refused: RafidError | RequestValidationError, *, language: Language) -> Problem:
    if isinstance(refused, RafidError):
        return problems.of_error(refused, language=language)
    return problems.of_faults(refused.errors(), language=language)


def _told(row: BillRequestRow, status: str) -> str:
    """Give the word for where a payment stands: what has come is complete once it is booked."""
    return status if status == "reversed" else row.status
