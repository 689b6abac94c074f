"""What does every provider of payments do for us?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from services.loans.domain.paying import Direction, Told
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId, PaymentId
from shared.money import Money


class RailUnavailable(RafidError):
    """The provider of payments does not answer

    Nothing is known of the payment now: it stays pending and is asked for again.
    """

    kind = Kind.UNAVAILABLE
    service = "loans"
    detail = "The provider {rail} gave no usable answer."
    rail: str


class RailNotOffered(RafidError):
    """This installation has no such provider of payments"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The provider {rail} is not set up here; pay in cash."
    rail: str


class CallbackRefused(RafidError):
    """The message is not the provider's"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The signature of the message is missing, wrong or too old."


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Money to be moved between the institution and a phone's wallet."""

    institution_id: InstitutionId
    payment_id: PaymentId
    direction: Direction
    amount: Money
    phone: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a provider said: as it came, and as we understand it."""

    institution_id: InstitutionId
    told: Told
    body: bytes


class Rail(Protocol):
    """A provider of payments. An order is known by its payment id: sent twice it moves once."""

    @property
    def name(self) -> str:
        """Give the rail's name, as payments keep it."""

    async def request_transfer(self, order: Order) -> Message:
        """Hand an order over; the answer may be pending. Raises RailUnavailable."""

    async def ask_status(
        self, institution_id: InstitutionId, payment_id: PaymentId, *, on: date
    ) -> Message:
        """Ask what became of an order. Raises RailUnavailable."""

    def read_callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Message:
        """Verify and understand what the provider sends by itself. Raises CallbackRefused."""

    def read_kept(self, body: bytes) -> Message:
        """Understand again a message that was verified when it came. Raises CallbackRefused."""
