"""Who allowed it and owes something is written to once, by day; nobody else, and never twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.domain.reminding import Letter, ReminderChannel, ReminderPolicy, Wish
from services.loans.payments.sealing import Sealer
from services.loans.reminders import operations, planning, queries, sending
from services.loans.reminders.messengers import (
    AddressTurnedDown,
    FolderMessenger,
    MailMessenger,
    Messenger,
    NotHandedOver,
)
from services.loans.reminders.sending import Post
from shared import ids
from shared.auth import Actor, Role
from shared.clock import zone
from shared.db import Database, TenantDb
from shared.ids import BorrowerId, InstitutionId
from shared.schemas import Page
from tests.builders import make_qard, money
from tests.integration.loans.scene import Scene
from tests.integration.loans.standing import lend

FIRST_DUE = date(2026, 2, 15)
NOON = datetime(2026, 2, 13, 9, tzinfo=UTC)  # in Amman
EVERY_DAY = ReminderPolicy(
    before_days=3,
    after_days=2,
    quiet_from=time(20),
    quiet_until=time(8),
)
PERSON = """
    insert into borrower (institution_id, borrower_id, reference, kind, branch_id, name_ar,
      name_latin, name_sort, region, actor_id)
    values (:i, :b, :reference, 'person', :branch, 'سعاد', 'Souad', 'souad', 'amman', :b)
"""
PHONE = "insert into borrower_phone (institution_id, borrower_id, number) values (:i, :b, :phone)"
CONSENT = """
    insert into consent (institution_id, consent_id, borrower_id, purpose, granted, effective_on,
      actor_id)
    values (:i, gen_random_uuid(), :b, 'contact', :granted, :on, :b)
"""


@dataclass
class Kept:
    """A messenger that keeps what it was given, and fails where it is told to."""

    fails: Exception | None = None
    got: list[tuple[UUID, Letter]] = field(default_factory=list)

    async def send(self, reminder_id: UUID, letter: Letter) -> None:
        if self.fails is not None:
            raise self.fails
        self.got.append((reminder_id, letter))


@dataclass(kw_only=True)
class Desk:
    scene: Scene
    fund_id: Any
    sms: Kept = field(default_factory=Kept)
    mail: Kept = field(default_factory=Kept)
    sealer: Sealer = field(default_factory=lambda: Sealer(b"k" * 32))

    @property
    def db(self) -> TenantDb:
        return TenantDb(self.scene.database, self.scene.institution_id)

    @property
    def actor(self) -> Actor:
        roles = frozenset({Role.OFFICER})
        return Actor(id=ids.new(), institution_id=self.scene.institution_id, roles=roles)

    def post(self, **messengers: Messenger) -> Post:
        ways: dict[str, Messenger] = messengers or {"sms": self.sms, "email": self.mail}
        named = {ReminderChannel(name): messenger for name, messenger in ways.items()}
        return Post(messengers=named, sealer=self.sealer)

    async def rule(self, rule: ReminderPolicy = EVERY_DAY) -> None:
        async with self.db.begin() as session:
            await operations.set_policy(session, rule, language="ar", actor=self.actor)

    async def owing(
        self, *, phone: str | None = "+962791234567", allows: bool | None = True, loans: int = 1
    ) -> UUID:
        borrower_id = ids.new()
        values = {
            "i": self.scene.institution_id,
            "b": borrower_id,
            "reference": f"B{borrower_id.hex[-8:]}",
            "branch": self.scene.branch_id,
            "phone": phone,
            "granted": allows,
            "on": date(2026, 1, 1),
        }
        async with self.db.begin() as session:
            await session.execute(text(PERSON), values)
            if phone is not None:
                await session.execute(text(PHONE), values)
            if allows is not None:
                await session.execute(text(CONSENT), values)
        terms = [make_qard(principal=money("1200.000"))] * loans
        await lend(self.scene, self.fund_id, terms, borrower_id=borrower_id)
        return borrower_id

    async def remind(self, at: datetime = NOON, post: Post | None = None) -> int:
        return await sending.remind(self.db, post or self.post(), now=at)

    async def states(self) -> Counter[str]:
        async with self.db() as session:
            page = Page(limit=500)
            found = await queries.reminders(
                session, day=None, borrower_id=None, page=page, actor=self.actor
            )
        return Counter(row.state for row in found)


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> Desk:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    made = Desk(scene=scene, fund_id=await scene.fund(FundKind.WAQF, receives="50000.000"))
    await made.rule()
    return made


async def test_a_borrower_is_told_once_before_and_once_after_the_due_date(desk: Desk) -> None:
    await desk.owing()
    for day in range(-10, 12):
        for hour in (0, 6, 9, 12):
            await desk.remind(datetime(2026, 2, 15, hour, tzinfo=UTC) + timedelta(days=day))

    (_, before), (_, after) = desk.sms.got
    assert before.address == after.address == "+962791234567"
    assert "100.000 JOD" in before.text
    assert "2026-02-15 (27 شعبان 1447 هـ)" in before.text
    assert "سعاد" in before.text
    assert "تعالوا" in after.text
    assert await desk.states() == {"sent": 2}


async def test_two_loans_due_on_a_day_are_one_message(desk: Desk) -> None:
    await desk.owing(loans=2)
    await desk.remind()
    ((_, letter),) = desk.sms.got
    assert letter.text.count("100.000 JOD") == 2


async def test_without_leave_or_address_nobody_is_told_and_the_day_says_so(desk: Desk) -> None:
    await desk.owing(allows=None)
    await desk.owing(allows=False)
    await desk.owing(phone=None)
    await desk.remind()
    assert desk.sms.got == []
    async with desk.db() as session:
        day = await queries.planned_day(session, NOON.date())
    assert day is not None
    assert (day.planned, day.without_consent, day.without_address) == (0, 2, 1)


async def test_at_night_nobody_is_told(desk: Desk) -> None:
    await desk.owing()
    amman = zone("Asia/Amman")
    for hour, minute in ((20, 0), (23, 59), (0, 0), (7, 59)):
        await desk.remind(datetime(2026, 2, 13, hour, minute, tzinfo=amman))
    assert desk.sms.got == []
    await desk.remind(datetime(2026, 2, 13, 8, tzinfo=amman))
    assert len(desk.sms.got) == 1


async def test_whoever_has_paid_is_not_told(desk: Desk) -> None:
    await desk.owing()
    async with desk.db.begin() as session:
        await session.execute(
            text("update position set paid_principal_minor = 100000, oldest_open_due_on = :next"),
            {"next": date(2026, 3, 15)},
        )
    await desk.remind()
    assert desk.sms.got == []


async def test_part_of_an_instalment_is_named_by_what_is_left(desk: Desk) -> None:
    await desk.owing()
    async with desk.db.begin() as session:
        await session.execute(text("update position set paid_principal_minor = 99999"))
    await desk.remind()
    assert "0.001 JOD" in desk.sms.got[0][1].text


async def test_a_wish_counts_before_the_first_phone(desk: Desk) -> None:
    borrower_id = await desk.owing()
    for wish in (
        Wish(channel=ReminderChannel.SMS, address="0796000001", language="en"),
        Wish(channel=ReminderChannel.EMAIL, address="souad@example.org", language="fr"),
    ):
        async with desk.db.begin() as session:
            await operations.set_contact(
                session,
                wish,
                borrower_id=BorrowerId(borrower_id),
                country="JO",
                sealer=desk.sealer,
                actor=desk.actor,
            )
    await desk.remind()
    ((_, letter),) = desk.mail.got
    assert (desk.sms.got, letter.address) == ([], "souad@example.org")
    assert letter.text.startswith("Souad : 100.000 JOD du prêt ")
    kept = "select string_agg(address_sealed::text, ' ') from reminder_contact"
    assert "souad" not in str(await desk.scene.scalar(kept))


@pytest.mark.parametrize("address", ["souad", "a@b", "a b@c.org", "a@@b.org", "0791", "@x.org"])
async def test_no_address_that_is_none_is_kept(desk: Desk, address: str) -> None:
    borrower_id = await desk.owing()
    wish = Wish(channel=ReminderChannel.EMAIL, address=address, language="fr")
    async with desk.db.begin() as session:
        with pytest.raises(operations.MailAddressInvalid):
            await operations.set_contact(
                session,
                wish,
                borrower_id=BorrowerId(borrower_id),
                country="JO",
                sealer=desk.sealer,
                actor=desk.actor,
            )


async def test_what_did_not_leave_is_tried_again_that_day_and_no_longer(desk: Desk) -> None:
    await desk.owing()
    desk.sms.fails = NotHandedOver()
    await desk.remind()
    assert await desk.states() == {"planned": 1}
    desk.sms.fails = None
    assert await desk.remind(NOON + timedelta(minutes=1)) == 1

    await desk.owing()
    desk.sms.fails = NotHandedOver()
    await desk.remind(NOON + timedelta(days=1))
    desk.sms.fails = None
    await desk.remind(NOON + timedelta(days=2))
    assert await desk.states() == {"sent": 1, "expired": 1}


@pytest.mark.parametrize(
    ("fails", "state"),
    [(AddressTurnedDown(), "refused"), (ConnectionResetError(), "unknown")],
)
async def test_what_may_have_left_and_what_never_will_is_not_sent_again(
    desk: Desk, fails: Exception, state: str
) -> None:
    await desk.owing()
    desk.sms.fails = fails
    await desk.remind()
    desk.sms.fails = None
    await desk.remind(NOON + timedelta(hours=1))
    assert (await desk.states(), desk.sms.got) == ({state: 1}, [])


async def test_whoever_is_killed_while_sending_sends_it_never_again(desk: Desk) -> None:
    await desk.owing()
    desk.sms.fails = asyncio.CancelledError()  # type: ignore[assignment]
    with pytest.raises(asyncio.CancelledError):
        await desk.remind()
    desk.sms.fails = None
    await desk.remind(NOON + timedelta(minutes=4))
    assert await desk.states() == {"sending": 1}
    await desk.remind(NOON + timedelta(minutes=6))
    assert (await desk.states(), desk.sms.got) == ({"unknown": 1}, [])


async def test_two_processes_send_each_message_once(desk: Desk) -> None:
    for number in range(12):
        await desk.owing(phone=f"+9627900000{number:02}")
    await asyncio.gather(*(desk.remind() for _ in range(6)))
    while (await desk.states())["planned"]:
        await desk.remind()
    assert len({letter.address for _, letter in desk.sms.got}) == len(desk.sms.got) == 12


async def test_a_way_that_is_not_set_up_leaves_the_message_waiting(desk: Desk) -> None:
    await desk.owing()
    await desk.remind(post=desk.post(email=desk.mail))
    assert await desk.states() == {"planned": 1}


async def test_a_gateway_finds_each_message_as_a_whole_file(desk: Desk, tmp_path: Path) -> None:
    await desk.owing()
    await desk.remind(post=desk.post(sms=FolderMessenger(tmp_path / "out")))
    (file,) = (tmp_path / "out").iterdir()
    told = json.loads(file.read_text(encoding="utf-8"))
    assert (told["id"], told["to"]) == (file.stem, "+962791234567")
    assert "سعاد" in told["text"]


async def test_a_folder_that_cannot_be_written_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    await desk.owing()
    await desk.remind(post=desk.post(sms=FolderMessenger(tmp_path / "out")))
    assert await desk.states() == {"planned": 1}


class Mailbox:
    """A mail server's other side: keeps what comes, refuses one address."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - its name with aiosmtpd
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address == "nobody@example.org":
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        self.got.append(envelope.content)
        return "250 OK"


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, str]]:
    box, loop = Mailbox(), asyncio.get_running_loop()
    async with await loop.create_server(lambda: SMTP(box), "127.0.0.1", 0) as server:
        yield box, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


LETTER = Letter(address="souad@example.org", subject="ما يُستحق", text="سعاد: 100.000 JOD")


async def test_a_mail_server_is_given_the_words_as_they_are(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    reminder_id = ids.new()
    await MailMessenger(url, sender="rafid@example.org").send(reminder_id, LETTER)
    mail = message_from_bytes(box.got[0], policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("souad@example.org", "ما يُستحق")
    assert mail["Message-ID"] == f"<{reminder_id}@example.org>"
    assert mail.get_content().strip() == LETTER.text


async def test_a_mail_server_says_no_or_is_not_there(mailbox: tuple[Mailbox, str]) -> None:
    _, url = mailbox
    nobody = Letter(address="nobody@example.org", subject="x", text="y")
    with pytest.raises(AddressTurnedDown):
        await MailMessenger(url, sender="rafid@example.org").send(ids.new(), nobody)
    with pytest.raises(NotHandedOver):
        await MailMessenger("smtp://127.0.0.1:1", sender="r@example.org").send(ids.new(), LETTER)


@pytest.mark.parametrize("url", ["http://mail.example.org", "smtp://", "mail.example.org"])
def test_what_is_no_mail_server_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="mail server"):
        MailMessenger(url, sender="rafid@example.org")


async def test_a_day_is_planned_once_whoever_is_first(desk: Desk) -> None:
    await desk.owing()
    async with desk.db() as session:
        row = await queries.policy(session)
    assert row is not None

    async def plan() -> bool:
        async with desk.db.begin() as session:
            found = await planning.plan_day(
                session, row, today=NOON.date(), sealer=desk.sealer, at=NOON
            )
        return found is not None

    assert sorted(await asyncio.gather(*(plan() for _ in range(5)))) == [False] * 4 + [True]
    assert await desk.states() == {"planned": 1}
