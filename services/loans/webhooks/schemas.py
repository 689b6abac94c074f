"""What do endpoints, their messages and attempts look like on the wire?"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.webhook import DisabledFor, MessageState, NewEndpoint
from services.loans.webhooks.tables import (
    WebhookAttemptRow,
    WebhookEndpointRow,
    WebhookMessageRow,
)
from shared.outgoing import Answer
from shared.schemas import Body

HOUR_MAX, MESSAGES_MAX = 168, 500
Number = Annotated[int, Field(ge=1, le=2**62)]


class WebhookEndpointIn(Body):
    """Where to call; without `types` everything is told, without `after` what happens from now."""

    address: Annotated[str, Field(min_length=1, max_length=2_000, examples=["https://a.example/h"])]
    types: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=200)] = []
    description: Annotated[str, Field(max_length=200)] = ""
    after: Annotated[int, Field(ge=0, le=2**62)] | None = None

    def new(self) -> NewEndpoint:
        """Read it."""
        return NewEndpoint(
            address=self.address,
            types=self.types,
            description=self.description,
            after=self.after,
        )


class WebhookEndpointOut(Body):
    """An endpoint: `reached` is the newest number looked at, `waiting` and `dead` its messages."""

    endpoint_id: UUID
    address: str
    types: list[str]
    description: str
    actor_id: UUID
    reached: int
    delivered_at: datetime | None
    disabled_at: datetime | None
    disabled_for: DisabledFor | None
    waiting: int
    dead: int

    @classmethod
    def of(cls, row: WebhookEndpointRow, counts: Mapping[tuple[UUID, str], int]) -> Self:
        """Write a row with what waits at it."""
        return cls(
            endpoint_id=row.endpoint_id,
            address=row.address,
            types=row.types,
            description=row.description,
            actor_id=row.actor_id,
            reached=row.reached,
            delivered_at=row.delivered_at,
            disabled_at=row.disabled_at,
            disabled_for=None if row.disabled_for is None else DisabledFor(row.disabled_for),
            waiting=counts.get((row.endpoint_id, MessageState.WAITING), 0),
            dead=counts.get((row.endpoint_id, MessageState.DEAD), 0),
        )


class WebhookSecretOut(Body):
    """A new secret, shown this once; the messages of the endpoint are signed with it."""

    endpoint_id: UUID
    secret: str


class WebhookRotationIn(Body):
    """How many hours the secrets before go on signing beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=HOUR_MAX)] = 24

    @property
    def overlap(self) -> timedelta:
        """The time that both hold."""
        return timedelta(hours=self.overlap_hours)


class WebhookTestOut(Body):
    """What an endpoint did with a test: its status, or why there was none."""

    is_delivered: bool
    http_status: int | None
    fault: str | None
    took_ms: int

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Write an answer."""
        return cls(
            is_delivered=answer.is_taken,
            http_status=answer.status,
            fault=answer.fault,
            took_ms=answer.took_ms,
        )


class WebhookMessageOut(Body):
    """An event for an endpoint; `number` is its number in the feed."""

    number: int
    event_id: UUID
    subject_id: UUID
    type: str
    state: MessageState
    attempts: int
    due_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: WebhookMessageRow) -> Self:
        """Write a row."""
        return cls(
            number=row.number,
            event_id=row.event_id,
            subject_id=row.subject_id,
            type=row.type,
            state=MessageState(row.state),
            attempts=row.attempts,
            due_at=row.due_at,
            ended_at=row.ended_at,
        )


class WebhookMessagesOut(Body):
    """Messages in the order of their numbers; ask again after `next`, where there is one."""

    items: list[WebhookMessageOut]
    next: int | None


class WebhookAttemptOut(Body):
    """One attempt."""

    attempt: int
    tried_at: datetime
    took_ms: int
    http_status: int | None
    fault: str | None

    @classmethod
    def of(cls, row: WebhookAttemptRow) -> Self:
        """Write a row."""
        return cls(
            attempt=row.attempt,
            tried_at=row.tried_at,
            took_ms=row.took_ms,
            http_status=row.http_status,
            fault=row.fault,
        )


class WebhookMessageDetailOut(Body):
    """A message with its attempts."""

    message: WebhookMessageOut
    attempts: list[WebhookAttemptOut]


class WebhookAgainIn(Body):
    """Which messages to send again; without numbers every dead one."""

    numbers: Annotated[list[Number], Field(min_length=1, max_length=MESSAGES_MAX)] | None = None


class WebhookAgainOut(Body):
    """How many wait to be sent again."""

    waiting_again: int
