"""A wallet to try everything against: it keeps its books, calls back, and misbehaves on demand.

The last two digits of the phone say how it behaves (see `BEHAVIOURS`); any other phone pays and
calls back. It remembers its orders in a table, so that a restart forgets nothing.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import httpx
import orjson
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.paying import News, Told
from services.loans.rails import queries, signatures
from services.loans.rails.protocol import CallbackRefused, Message, Order
from services.loans.rails.tables import SandboxTransferRow
from shared import ids
from shared.clock import Clock
from shared.db import Database
from shared.errors import RafidError
from shared.ids import InstitutionId, PaymentId
from shared.money import Money

CALLBACK_PATH: Final = "/loans/v1/payments/callbacks/sandbox"


class Behaviour(StrEnum):
    """How the wallet treats an order."""

    PAYS = "pays"
    FAILS = "fails"
    STAYS_PENDING = "stays_pending"
    CALLS_TWICE = "calls_twice"
    CALLS_FIRST = "calls_first"
    PAYS_SILENTLY = "pays_silently"
    CONTRADICTS = "contradicts"
    ANOTHER_AMOUNT = "another_amount"


BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    "90": Behaviour.FAILS,
    "91": Behaviour.STAYS_PENDING,
    "92": Behaviour.CALLS_TWICE,
    "93": Behaviour.CALLS_FIRST,
    "94": Behaviour.PAYS_SILENTLY,
    "95": Behaviour.CONTRADICTS,
    "96": Behaviour.ANOTHER_AMOUNT,
}


def behaviour_of(phone: str) -> Behaviour:
    """Give the behaviour that a phone asks for: +962790000090 fails."""
    return BEHAVIOURS.get(phone[-2:], Behaviour.PAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One order in the wallet's books."""

    institution_id: InstitutionId
    payment_id: PaymentId
    amount: Money
    behaviour: Behaviour
    news: News
    provider_reference: str
    reason_code: str | None
    occurred_on: date


class SandboxWallet:
    """A stateful wallet behind the protocol `Rail`; `http` reaches our own callback address.

    Callbacks go out by themselves after the answer; `settle` waits until all have gone.
    """

    name = "sandbox"

    def __init__(
        self, database: Database, *, http: httpx.AsyncClient, secret: bytes, clock: Clock
    ) -> None:
        self._database = database
        self._http = http
        self._secret = secret
        self._clock = clock
        self._calling: set[asyncio.Task[None]] = set()

    async def request_transfer(self, order: Order) -> Message:
        """Take an order, or say what became of one that came before."""
        behaviour = behaviour_of(order.phone)
        async with self._database.begin(order.institution_id) as session:
            line, is_new = await _keep(session, order, behaviour=behaviour)
        if not is_new:
            return _message(line, line.news)
        if behaviour is Behaviour.CALLS_FIRST:
            await self._call(line, line.news)
        else:
            task = asyncio.create_task(self._call_back(line))
            self._calling.add(task)
            task.add_done_callback(self._calling.discard)
        return _message(line, News.ACCEPTED)

    async def ask_status(
        self, institution_id: InstitutionId, payment_id: PaymentId, *, on: date
    ) -> Message:
        """Say what the books say of an order."""
        async with self._database.read(institution_id) as session:
            row = await queries.find_transfer(session, payment_id)
        if row is not None:
            line = _line(row)
            return _message(line, line.news)
        told = Told(
            payment_id=payment_id,
            news=News.UNKNOWN,
            message_id=f"{payment_id}-unknown",
            occurred_on=on,
        )
        return Message(institution_id=institution_id, told=told, body=b"{}")

    def read_callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Message:
        """Verify the signature over the bytes that came, then read them."""
        header = headers.get(signatures.HEADER, "")
        if not signatures.holds(header, body, secret=self._secret, now=now):
            raise CallbackRefused
        return understood(body)

    def read_kept(self, body: bytes) -> Message:
        """Read again what was taken for ours when it came."""
        return understood(body)

    async def settle(self) -> None:
        """Wait until every callback on its way has been delivered or given up."""
        while self._calling:
            await asyncio.gather(*self._calling, return_exceptions=True)

    async def _call_back(self, line: _Line) -> None:
        match line.behaviour:
            case Behaviour.STAYS_PENDING | Behaviour.PAYS_SILENTLY:
                return
            case Behaviour.CALLS_TWICE:
                await self._call(line, line.news)
                await self._call(line, line.news)
            case Behaviour.CONTRADICTS:
                await self._call(line, News.COMPLETED)
                await self._call(line, News.FAILED)
            case Behaviour.ANOTHER_AMOUNT:
                await self._call(line, line.news, amount=line.amount * 2)
            case _:
                await self._call(line, line.news)

    async def _call(self, line: _Line, news: News, *, amount: Money | None = None) -> None:
        """Call back once; who does not listen is asked for by its own poll."""
        body = _written(line, news, amount=amount or line.amount)
        header = signatures.sign(body, secret=self._secret, at=self._clock.now())
        headers = {signatures.HEADER: header, "content-type": "application/json"}
        try:
            await self._http.post(CALLBACK_PATH, content=body, headers=headers)
        except (httpx.HTTPError, RafidError):
            return


def understood(body: bytes) -> Message:
    """Read a message of the wallet; raises CallbackRefused where it is not one."""
    try:
        members = orjson.loads(body)
        told = Told(
            payment_id=PaymentId(UUID(members["payment_id"])),
            news=News(members["status"]),
            message_id=str(members["message_id"])[:100],
            occurred_on=date.fromisoformat(members["occurred_on"]),
            amount=Money.parse(members["amount"], members["currency"]),
            provider_reference=members["provider_reference"],
            reason_code=members["reason_code"],
        )
        institution_id = InstitutionId(UUID(members["institution_id"]))
    except (ValueError, KeyError, TypeError, AttributeError, RafidError):
        raise CallbackRefused from None
    return Message(institution_id=institution_id, told=told, body=body)


def _written(line: _Line, news: News, *, amount: Money) -> bytes:
    return orjson.dumps(
        {
            "message_id": f"{line.provider_reference}-{news}",
            "institution_id": str(line.institution_id),
            "payment_id": str(line.payment_id),
            "status": news.value,
            "amount": str(amount),
            "currency": amount.currency,
            "provider_reference": line.provider_reference,
            "reason_code": line.reason_code if news is News.FAILED else None,
            "occurred_on": line.occurred_on.isoformat(),
        }
    )


def _message(line: _Line, news: News) -> Message:
    return understood(_written(line, news, amount=line.amount))


async def _keep(session: AsyncSession, order: Order, *, behaviour: Behaviour) -> tuple[_Line, bool]:
    fails, pends = behaviour is Behaviour.FAILS, behaviour is Behaviour.STAYS_PENDING
    end = News.FAILED if fails else News.ACCEPTED if pends else News.COMPLETED
    inserted = await session.scalar(
        insert(SandboxTransferRow)
        .values(
            institution_id=order.institution_id,
            payment_id=order.payment_id,
            currency=order.amount.currency,
            amount_minor=order.amount.minor,
            behaviour=behaviour.value,
            status=end.value,
            provider_reference=f"SBX-{ids.new().hex[-12:].upper()}",
            reason_code="wallet_refused" if fails else None,
            occurred_on=order.on,
        )
        .on_conflict_do_nothing()
        .returning(SandboxTransferRow)
    )
    row = inserted or await queries.find_transfer(session, order.payment_id)
    if row is None:
        raise LookupError(f"the sandbox wallet has lost {order.payment_id}")
    return _line(row), inserted is not None


def _line(row: SandboxTransferRow) -> _Line:
    return _Line(
        institution_id=InstitutionId(row.institution_id),
        payment_id=PaymentId(row.payment_id),
        amount=Money(row.amount_minor, row.currency),
        behaviour=Behaviour(row.behaviour),
        news=News(row.status),
        provider_reference=row.provider_reference,
        reason_code=row.reason_code,
        occurred_on=row.occurred_on,
    )
