"""Integrators are told everything once or more, in order, signed, and nobody else is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.loans.domain.webhook import NewEndpoint
from services.loans.payments.sealing import Sealer
from services.loans.webhooks import delivering, operations, queries
from services.loans.webhooks.delivering import CLAIM, SENT_AT_ONCE, Courier
from shared import feed, feed_reading, ids
from shared.auth import Actor, Role
from shared.clock import FixedClock, SystemClock
from shared.db import Database, TenantDb
from shared.events import ApplicationWithdrawn
from shared.feed import Sequencer
from shared.ids import InstitutionId
from shared.outgoing import Outgoing
from shared.quiet_events import WebhookEndpointDisabled
from tests.integration.loans.scene import Scene
from tests.receiving import Received, Receiver, receiving

WITHDRAWN = ApplicationWithdrawn.type
BUSY = "503 Service Unavailable"


@dataclass(kw_only=True)
class Post:
    """An institution, its courier, and the address of an integrator."""

    scene: Scene
    receiver: Receiver
    clock: FixedClock
    outgoing: Outgoing
    actor: Actor
    sealer: Sealer = field(default_factory=lambda: Sealer(b"k" * 32))

    @property
    def db(self) -> TenantDb:
        return TenantDb(self.scene.database, self.scene.institution_id)

    def courier(self) -> Courier:
        return Courier(
            self.scene.database, outgoing=self.outgoing, sealer=self.sealer, clock=self.clock
        )

    async def opened(self, *types: str, after: int | None = None) -> tuple[UUID, str]:
        new = NewEndpoint(address=self.receiver.address, types=types, after=after)
        async with self.db.begin() as session:
            row, secret = await operations.open_endpoint(
                session, new, sealer=self.sealer, actor=self.actor
            )
            return row.endpoint_id, secret

    async def tell(self, *subjects: UUID) -> None:
        """Tell a fact of each subject, one after another, and number them."""
        for subject_id in subjects:
            async with self.db.begin() as session:
                event = ApplicationWithdrawn(application_id=subject_id)
                await feed.publish(session, event, subject_id=subject_id)
        sequencer = Sequencer(self.scene.database)
        sequencer.holder = self.actor.id
        while await sequencer.number(self.scene.institution_id):
            pass

    async def deliver(self, endpoint_id: UUID, *, later: timedelta = timedelta(0)) -> None:
        self.clock.advance(later)
        await self.courier().deliver(self.db, endpoint_id)

    async def again(self, endpoint_id: UUID, numbers: Sequence[int] | None = None) -> int:
        async with self.db.begin() as session:
            return await operations.send_again(
                session, endpoint_id, numbers=numbers, actor=self.actor, at=self.clock.now()
            )

    def sequences(self, subject_id: UUID | None = None) -> list[int]:
        return [
            received.told["sequence"]
            for received in self.receiver.got
            if subject_id is None or received.told["subject"] == str(subject_id)
        ]

    async def states(self, endpoint_id: UUID) -> Counter[str]:
        async with self.db() as session:
            found = await queries.messages(session, endpoint_id, state=None, after=0, limit=500)
        return Counter(row.state for row in found)


@asynccontextmanager
async def _post(database: Database, institution_id: InstitutionId) -> AsyncIterator[Post]:
    scene = await Scene(database=database, institution_id=institution_id).found()
    async with receiving() as receiver:
        outgoing = Outgoing(trusted=[receiver.host])
        actor = Actor(
            id=ids.new(), institution_id=institution_id, roles=frozenset({Role.INTEGRATOR})
        )
        yield Post(
            scene=scene,
            receiver=receiver,
            clock=FixedClock(SystemClock().now()),
            outgoing=outgoing,
            actor=actor,
        )
        await outgoing.close()


@pytest.fixture
async def post(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Post]:
    async with _post(loans_db, institution_id) as post:
        yield post


def refusing(subject_id: UUID, status: str, *, times: int) -> Callable[[Received], str]:
    """Answer so for a subject, so many times; everything else is taken."""
    statuses = iter([status] * times)

    def answer(received: Received) -> str:
        of_it = received.told["subject"] == str(subject_id)
        return next(statuses, "200 OK") if of_it else "204 No Content"

    return answer


async def test_what_happens_is_told_as_it_stands_in_the_feed(post: Post) -> None:
    await post.tell(ids.new())
    endpoint_id, secret = await post.opened()
    one, other = ids.new(), ids.new()
    await post.tell(one, other, one)

    await post.deliver(endpoint_id)

    async with post.db() as session:
        page = await feed_reading.read(session, after=1, limit=10, source="loans")
    told = [received.verified(secret) for received in post.receiver.got]
    assert sorted(told, key=lambda envelope: envelope["sequence"]) == page["events"]
    first = post.receiver.got[0]
    assert (first.method, first.path) == ("POST", "/hooks")
    assert first.headers["content-type"] == "application/cloudevents+json"
    assert first.headers["webhook-id"] == first.told["id"]
    assert await post.states(endpoint_id) == {"delivered": 3}
    await post.deliver(endpoint_id)
    assert len(post.receiver.got) == 3


async def test_a_secret_of_another_endpoint_proves_nothing(post: Post) -> None:
    endpoint_id, _ = await post.opened()
    _, foreign = await post.opened()
    await post.tell(ids.new())
    await post.deliver(endpoint_id)
    with pytest.raises(Exception, match="No matching signature"):
        post.receiver.got[0].verified(foreign)


async def test_the_history_is_told_where_it_is_asked_for(post: Post) -> None:
    await post.tell(*(ids.new() for _ in range(5)))
    all_of_it, _ = await post.opened(after=0)
    none_of_it, _ = await post.opened(after=10**9)
    await post.deliver(all_of_it)
    await post.deliver(none_of_it)
    assert post.sequences() == [1, 2, 3, 4, 5]


async def test_only_what_was_asked_for_is_told(post: Post) -> None:
    endpoint_id, _ = await post.opened("loans.payment-failed.v1")
    await post.tell(ids.new())
    await post.deliver(endpoint_id)
    assert post.receiver.got == []
    async with post.db() as session:
        assert (await queries.endpoint(session, endpoint_id)).reached == 1


async def test_a_subject_is_told_in_order_and_others_do_not_wait_for_it(post: Post) -> None:
    endpoint_id, _ = await post.opened()
    slow, quick = ids.new(), ids.new()
    post.receiver.answer = refusing(slow, "500 Oh", times=2)
    await post.tell(slow, slow, quick, slow, quick)

    await post.deliver(endpoint_id)
    assert (post.sequences(slow), post.sequences(quick)) == ([1], [3, 5])
    await post.deliver(endpoint_id, later=timedelta(seconds=4))
    assert len(post.receiver.got) == 3
    await post.deliver(endpoint_id, later=timedelta(seconds=2))
    await post.deliver(endpoint_id, later=timedelta(minutes=6))

    of_slow = [
        one.told["sequence"] for one in post.receiver.got if one.told["subject"] == str(slow)
    ]
    assert of_slow == [1, 1, 1, 2, 4]
    tries = [one.headers["webhook-id"] for one in post.receiver.got[:1] + post.receiver.got[3:5]]
    assert len(set(tries)) == 1
    times = {one.headers["webhook-timestamp"] for one in post.receiver.got}
    assert len(times) >= 3
    assert await post.states(endpoint_id) == {"delivered": 5}


async def test_who_is_busy_is_left_alone_as_long_as_he_asks(post: Post) -> None:
    endpoint_id, _ = await post.opened()
    await post.tell(*(ids.new() for _ in range(SENT_AT_ONCE * 3)))
    post.receiver.answer = lambda _received: f"{BUSY}\r\nretry-after: 600"
    await post.deliver(endpoint_id)
    assert len(post.receiver.got) == SENT_AT_ONCE
    post.receiver.answer = lambda _received: "200 OK"
    await post.deliver(endpoint_id, later=timedelta(seconds=590))
    assert len(post.receiver.got) == SENT_AT_ONCE * 3
    await post.deliver(endpoint_id, later=timedelta(seconds=11))
    assert await post.states(endpoint_id) == {"delivered": SENT_AT_ONCE * 3}


async def test_after_three_days_of_silence_nothing_more_is_sent_and_the_feed_says_so(
    post: Post,
) -> None:
    endpoint_id, _ = await post.opened()
    subject = ids.new()
    await post.tell(subject, subject)
    post.receiver.answer = lambda _received: "500 Oh"
    for _ in range(12):
        await post.deliver(endpoint_id, later=timedelta(hours=27))

    assert post.sequences() == [1] * 10
    assert await post.states(endpoint_id) == {"dead": 1, "waiting": 1}
    async with post.db() as session:
        row = await queries.endpoint(session, endpoint_id)
        tried = await queries.attempts(session, endpoint_id, 1)
    assert row.disabled_for == "silent"
    assert [(one.attempt, one.http_status) for one in tried] == [(n, 500) for n in range(1, 11)]
    told = await post.scene.scalar(
        f"select data->>'reason' from event where type = '{WebhookEndpointDisabled.type}'"
    )
    assert told == "silent"


async def test_a_dead_message_leaves_its_subject_to_the_next_and_can_be_sent_again(
    post: Post,
) -> None:
    endpoint_id, _ = await post.opened()
    subject, other = ids.new(), ids.new()
    await post.tell(subject, subject)
    post.receiver.answer = lambda received: "500 Oh" if received.told["sequence"] == 1 else "200 OK"
    for _ in range(10):
        await post.tell(other)  # the endpoint lives: it is not given up
        await post.deliver(endpoint_id, later=timedelta(hours=27))
    await post.deliver(endpoint_id)
    assert await post.states(endpoint_id) == {"dead": 1, "delivered": 11}

    post.receiver.got.clear()
    post.receiver.answer = lambda _received: "200 OK"
    assert await post.again(endpoint_id) == 1
    await post.deliver(endpoint_id)
    assert post.sequences() == [1]
    assert await post.states(endpoint_id) == {"delivered": 12}
    assert await post.again(endpoint_id) == 0
    assert await post.again(endpoint_id, [2, 1]) == 2
    await post.deliver(endpoint_id)
    assert post.sequences() == [1, 1, 2]


async def test_who_says_that_it_is_gone_is_told_nothing_until_it_is_back(post: Post) -> None:
    endpoint_id, _ = await post.opened()
    await post.tell(ids.new())
    post.receiver.answer = lambda _received: "410 Gone"
    await post.deliver(endpoint_id)
    await post.tell(ids.new())
    await post.deliver(endpoint_id, later=timedelta(days=1))
    assert len(post.receiver.got) == 1

    async with post.db.begin() as session:
        row = await queries.endpoint(session, endpoint_id, is_locked=True)
        assert row.disabled_for == "gone"
        await operations.enable(session, row)
    post.receiver.answer = lambda _received: "200 OK"
    await post.deliver(endpoint_id)
    assert (await post.states(endpoint_id))["waiting"] == 0
    assert {1, 2} <= set(post.sequences())


async def test_two_secrets_sign_until_the_old_one_retires(post: Post) -> None:
    endpoint_id, old = await post.opened()
    async with post.db.begin() as session:
        _, new = await operations.rotate_secret(
            session,
            endpoint_id,
            overlap=timedelta(hours=1),
            sealer=post.sealer,
            actor=post.actor,
            at=post.clock.now(),
        )
    await post.tell(ids.new())
    await post.deliver(endpoint_id)
    assert post.receiver.got[0].verified(old) == post.receiver.got[0].verified(new)

    post.clock.move_to(SystemClock().now() + timedelta(hours=1, seconds=2))
    await post.tell(ids.new())
    await post.deliver(endpoint_id)
    signatures = post.receiver.got[1].headers["webhook-signature"].split(" ")
    assert len(signatures) == 1
    assert old not in await _kept(post)
    assert new not in await _kept(post)


async def _kept(post: Post) -> str:
    found = await post.scene.scalar(
        "select string_agg(secret_sealed::text, ' ') from webhook_secret"
    )
    return str(found)


async def test_couriers_side_by_side_bring_each_message_once(post: Post) -> None:
    endpoint_id, _ = await post.opened()
    subjects = [ids.new() for _ in range(20)]
    await post.tell(*subjects, *subjects)
    couriers = [post.courier() for _ in range(4)]
    await asyncio.gather(*(courier.deliver(post.db, endpoint_id) for courier in couriers))
    while (await post.states(endpoint_id))["waiting"]:
        await post.deliver(endpoint_id)

    sequences = Counter(post.sequences())
    assert sequences == dict.fromkeys(range(1, 41), 1)
    for subject in map(str, subjects):
        of_it = [
            one.told["sequence"] for one in post.receiver.got if one.told["subject"] == subject
        ]
        assert of_it == sorted(of_it)


async def test_what_was_sent_and_not_noted_is_sent_again_under_its_id(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id, _ = await post.opened()
    await post.tell(ids.new())

    async def killed(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(delivering, "_note", killed)
        with pytest.raises(KeyboardInterrupt):
            await post.deliver(endpoint_id)
    await post.deliver(endpoint_id, later=CLAIM - timedelta(seconds=1))
    assert len(post.receiver.got) == 1
    await post.deliver(endpoint_id, later=timedelta(seconds=2))
    assert len(post.receiver.got) == 2
    assert len({one.headers["webhook-id"] for one in post.receiver.got}) == 1
    assert await post.states(endpoint_id) == {"delivered": 1}


async def test_each_endpoint_goes_at_its_own_pace(post: Post) -> None:
    async with receiving() as stuck:
        stuck.answer = lambda _received: BUSY
        near = Outgoing(trusted=[post.receiver.host, stuck.host])
        post.outgoing = near
        quick, _ = await post.opened()
        async with post.db.begin() as session:
            await session.execute(
                text("update webhook_endpoint set reached = 0 where endpoint_id = :id"),
                {"id": quick},
            )
            new = NewEndpoint(address=stuck.address, after=0)
            slow, _ = await operations.open_endpoint(
                session, new, sealer=post.sealer, actor=post.actor
            )
        await post.tell(*(ids.new() for _ in range(3)))
        courier = post.courier()
        await courier.deliver_everywhere([post.scene.institution_id])
        await asyncio.gather(*courier._running.values())
        await near.close()
    assert await post.states(quick) == {"delivered": 3}
    assert await post.states(slow.endpoint_id) == {"waiting": 3}
