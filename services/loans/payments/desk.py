"""Who hands payments to their rails, listens, and asks again until the end is definite?

No transaction is open while a rail is spoken to: what shall happen is committed first, what was
said is kept first, and only then has its effect.
"""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from services.loans.deps import Days
from services.loans.domain.paying import Direction, News, PaymentStatus
from services.loans.payments import operations, queries
from services.loans.payments.sealing import Sealer
from services.loans.payments.tables import PaymentRow
from services.loans.rails.protocol import Message, Order, Rail, RailUnavailable
from shared import logs
from shared.clock import Clock
from shared.db import Database
from shared.errors import RafidError
from shared.ids import InstitutionId, PaymentId
from shared.money import Money

_log = logs.logger(__name__)

Booking = Callable[[InstitutionId, PaymentRow], Awaitable[None]]
"""Books a completed payment and marks it booked; done twice it books once."""

ASKED_AT_ONCE = 100
NOWHERE = InstitutionId(UUID(int=0))


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

    async def poll_pending(self, institution_id: InstitutionId) -> int:
        """Ask what became of payments without a definite end; return how many were asked for.

        A payment the rail never heard of is handed over again under the same id: a crash
        between commit and hand-over loses nothing, and no rail moves one id twice.
        """
        async with self.database.read(institution_id) as session:
            waiting = await queries.waiting(session, at=self.clock.now(), limit=ASKED_AT_ONCE)
        for payment_id in waiting:
            try:
                await self._ask(institution_id, PaymentId(payment_id))
            except RafidError as error:
                _log.warning("a payment waits", payment_id=str(payment_id), why=error.slug())
        return len(waiting)

    async def poll_everywhere(self) -> None:
        """Ask for what is pending in every institution (a timer calls it)."""
        async with self.database.read(NOWHERE) as session:
            institution_ids = await queries.institution_ids(session)
        for institution_id in institution_ids:
            await self.poll_pending(institution_id)

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
