"""Who hands payments to their rails, listens, and asks again until the end is definite?

No transaction is open while a rail is spoken to: what shall happen is committed first, what was
said is kept first, and only then has its effect.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from services.loans.deps import Days
from services.loans.domain.paying import Direction, News, PaymentStatus
from services.loans.payments import operations, queries, stated
from services.loans.payments.sealing import Sealer
from services.loans.payments.tables import PaymentMessageRow, PaymentRow
from services.loans.rails.protocol import Message, Order, Rail, RailNotOffered, RailUnavailable
from shared import ids, logs
from shared.background import for_each
from shared.clock import Clock
from shared.db import Database
from shared.errors import RafidError
from shared.ids import InstitutionId, PaymentId
from shared.money import Money

_log = logs.logger(__name__)

Booking = Callable[[InstitutionId, PaymentRow], Awaitable[None]]
"""Books a completed payment and marks it booked; done twice it books once."""

ASKED_AT_ONCE = 100
UNHEARD_AFTER = timedelta(seconds=5)
"""A message kept for so long without an effect lost its process; before, it is being heard."""

LOOKED_BACK = timedelta(days=1)
"""How old unheard messages are looked for, after the first time that all of them are."""

NOWHERE = InstitutionId(UUID(int=0))


@contextmanager
def _going_on(payment_id: UUID) -> Iterator[None]:
    """Log why a payment cannot go on, and keep none from theirs."""
    try:
        yield
    except RafidError as error:
        _log.warning("a payment waits", payment_id=str(payment_id), why=error.slug())
    except Exception as error:  # noqa: BLE001 - no payment may starve the others
        _log.error("a payment fails", payment_id=str(payment_id), exc_info=error)


class PaymentDesk:
    """Speaks to the rails for all institutions of one database."""

    def __init__(
        self,
        database: Database,
        *,
        rails: Mapping[str, Rail],
        sealer: Sealer,
        clock: Clock,
        days: Days,
    ) -> None:
        self.database = database
        self.rails = rails
        self.sealer = sealer
        self.clock = clock
        self._days = days
        self._bookings: dict[Direction, Booking] = {}
        self._looked_through: set[InstitutionId] = set()

    def require(self, rail: str) -> Rail:
        """Give the rail of a name; raises RailNotOffered where it is not set up."""
        found = self.rails.get(rail)
        if found is None:
            raise RailNotOffered(rail=rail)
        return found

    def on_completed(self, direction: Direction, booking: Booking) -> None:
        """Register who books completed payments of a direction."""
        self._bookings[direction] = booking

    async def send(self, institution_id: InstitutionId, payment_id: PaymentId) -> None:
        """Hand a requested payment to its rail; no answer leaves it pending."""
        row = await self._asked(institution_id, payment_id)
        if row is None or row.status != PaymentStatus.REQUESTED:
            return
        try:
            message = await self.rails[row.rail].request_transfer(await self._order(row))
        except RailUnavailable:
            return
        await self.hear(message, rail=row.rail, kind="answer")

    async def hear(self, message: Message, *, rail: str, kind: str) -> None:
        """Keep a message, let it have its effect, and have the money booked if it arrived."""
        await self.settle(message, await self.keep(message, rail=rail, kind=kind))

    async def keep(self, message: Message, *, rail: str, kind: str) -> UUID:
        """Keep a message as it came; return the id it is kept under."""
        sealed = self.sealer.seal(message.institution_id, message.body)
        async with self.database.begin(message.institution_id) as session:
            return await operations.keep_message(
                session, message.told, rail=rail, kind=kind, body=message.body, sealed=sealed
            )

    async def settle(self, message: Message, message_id: UUID) -> None:
        """Let a kept message have its effect, and have the money booked if it arrived."""
        async with self.database.begin(message.institution_id) as session:
            row = await operations.hear(session, message.told, message_id=message_id)
        if row is not None:
            await self._book(message.institution_id, row)

    async def settle_unheard(self, institution_id: InstitutionId) -> None:
        """Let messages have their effect whose process ended after keeping them.

        In the order they came; what arrived is booked after the last, so that what was taken back
        meanwhile is not. A message that cannot be read holds back the later ones of its payment.
        """
        first = institution_id not in self._looked_through
        after = UUID(int=0) if first else ids.first_of(ids.new(), before=LOOKED_BACK)
        until = ids.first_of(ids.new(), before=UNHEARD_AFTER)
        rows: dict[UUID, PaymentRow] = {}
        stuck: set[UUID | None] = set()
        while batch := await self._unheard(institution_id, after=after, before=until):
            for kept in batch:
                if kept.payment_id in stuck:
                    continue
                try:
                    row = await self._hear_kept(institution_id, kept)
                except Exception as error:  # noqa: BLE001 - no message may starve the others
                    stuck.add(kept.payment_id)
                    _log.error("a message fails", message_id=str(kept.message_id), exc_info=error)
                else:
                    rows.update({} if row is None else {row.payment_id: row})
            after = batch[-1].message_id
        self._looked_through.add(institution_id)
        for row in rows.values():
            with _going_on(row.payment_id):
                await self._book(institution_id, row)

    async def _unheard(
        self, institution_id: InstitutionId, *, after: UUID, before: UUID
    ) -> Sequence[PaymentMessageRow]:
        async with self.database.read(institution_id) as session:
            return await queries.unheard(session, after=after, before=before, limit=ASKED_AT_ONCE)

    async def _hear_kept(
        self, institution_id: InstitutionId, kept: PaymentMessageRow
    ) -> PaymentRow | None:
        body = self.sealer.opened(institution_id, kept.body_sealed)
        is_stated = kept.kind == stated.KIND
        message = stated.understood(body) if is_stated else self.rails[kept.rail].read_kept(body)
        async with self.database.begin(institution_id) as session:
            return await operations.hear(session, message.told, message_id=kept.message_id)

    async def poll_pending(self, institution_id: InstitutionId) -> int:
        """Ask what became of payments without a definite end; return how many were asked for.

        First, what was said and kept but not heard is heard.
        A payment the rail never heard of is handed over again under the same id: a crash
        between commit and hand-over loses nothing, and no rail moves one id twice.
        """
        await self.settle_unheard(institution_id)
        async with self.database.read(institution_id) as session:
            waiting = await queries.waiting(session, at=self.clock.now(), limit=ASKED_AT_ONCE)
        for payment_id in waiting:
            with _going_on(payment_id):
                await self._ask(institution_id, PaymentId(payment_id))
        return len(waiting)

    async def poll_everywhere(self) -> None:
        """Ask for what is pending in every institution (a timer calls it)."""
        async with self.database.read(NOWHERE) as session:
            institution_ids = await queries.institution_ids(session)
        await for_each("pending payments", institution_ids, self.poll_pending)

    async def _ask(self, institution_id: InstitutionId, payment_id: PaymentId) -> None:
        row = await self._asked(institution_id, payment_id)
        if row is None:
            return
        if row.status == PaymentStatus.COMPLETED:
            await self._book(institution_id, row)
            return
        rail = self.rails[row.rail]
        today = await self._days.today(institution_id)
        message = await rail.ask_status(institution_id, payment_id, on=today)
        if message.told.news is News.UNKNOWN:
            message = await rail.request_transfer(await self._order(row))
        await self.hear(message, rail=row.rail, kind="answer")

    async def _asked(
        self, institution_id: InstitutionId, payment_id: PaymentId
    ) -> PaymentRow | None:
        async with self.database.begin(institution_id) as session:
            await operations.note_asked(session, payment_id, at=self.clock.now())
            return await queries.find_payment(session, payment_id)

    async def _order(self, row: PaymentRow) -> Order:
        institution_id = InstitutionId(row.institution_id)
        today = await self._days.today(institution_id)
        return Order(
            institution_id=institution_id,
            payment_id=PaymentId(row.payment_id),
            direction=Direction(row.direction),
            amount=Money(row.amount_minor, row.currency),
            phone=self.sealer.opened(institution_id, row.phone_sealed).decode(),
            on=today,
        )

    async def _book(self, institution_id: InstitutionId, row: PaymentRow) -> None:
        booking = self._bookings.get(Direction(row.direction))
        is_due = row.status == PaymentStatus.COMPLETED and row.booked_at is None
        if booking is not None and is_due:
            await booking(institution_id, row)
