"""Whatever happens to a fund in whatever order, its books prove themselves after every step.

Receipts, reservations, commitments, payouts, repayments, what takes each of them back, write-offs
and recoveries come as dice say; what is refused must be what a plain count says cannot be.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.funding import FundExhausted, FundRestricted
from services.loans.domain.journal import Channel
from services.loans.domain.lineage import Place, Policy
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import tagging
from services.loans.funds.tagging import Binding, TagExhausted
from services.loans.lineage import queries as lines
from services.loans.lineage import reading
from services.loans.proof import operations as proof
from services.loans.repayments.batch import Answer, RepaymentBook
from shared import ids
from shared.db import Database
from shared.ids import ContractId, FundId, InstitutionId, RepaymentId
from shared.money import Money
from tests.integration.loans import ordering
from tests.integration.loans.days import taking_back
from tests.integration.loans.following import qard, take_back
from tests.integration.loans.ordering import Desk, cash
from tests.integration.loans.scene import ACTOR, TODAY, Scene, ask
from tests.integration.loans.standing import lend
from tests.integration.loans.test_lineage_policies import Calendar, given, opened

STEPS, WHOLE_EVERY = 24, 6
"""Lines and accounts are proved after each step, every rule after so many."""
SEEDS = {
    policy: int(os.environ.get("RAFID_TEST_SEED", usual))
    for policy, usual in ((Policy.FIFO, 5), (Policy.PRO_RATA, 8), (Policy.TAG, 21))
}
Calendars = Callable[[Scene], Calendar]
LEAST_WAYS = 7
"""Of ten things that may happen, so many must have."""
TAGS = (None, "women", "wells")
"""Of a fund that goes by tag; the others have open money alone."""


@dataclass
class History:
    """One fund, what happened to it so far by a plain count in minor units, and the dice."""

    desk: Desk
    fund_id: FundId
    policy: Policy
    kind: FundKind
    dice: Random
    held: dict[str | None, int] = field(default_factory=lambda: dict.fromkeys(TAGS, 0))
    claimed: int = 0
    receipts: list[tuple[UUID, str | None, int]] = field(default_factory=list)
    owed: dict[ContractId, int] = field(default_factory=dict)
    tags: dict[ContractId, str | None] = field(default_factory=dict)
    repaid: list[tuple[RepaymentId, ContractId, int]] = field(default_factory=list)
    lost: dict[ContractId, int] = field(default_factory=dict)
    given_up: dict[ContractId, tuple[Any, int]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def scene(self) -> Scene:
        return self.desk.scene

    @property
    def free(self) -> int:
        return sum(self.held.values()) - self.claimed

    @property
    def is_below_floor(self) -> bool:
        """Whether a waqf has lost some of what it was endowed with."""
        if self.kind is not FundKind.WAQF:
            return False
        owned = sum(self.held.values()) + sum(self.owed.values())
        return owned < sum(amount for _, _, amount in self.receipts)

    def amount(self, most: int) -> int:
        return self.dice.randint(1, max(most, 1))

    def tag(self) -> str | None:
        return self.dice.choice(TAGS) if self.policy is Policy.TAG else None

    async def step(self) -> None:
        """Let one thing happen, or be refused."""
        doing = [self.receive, self.receive, self.lend, self.lend, self.repay, self.repay]
        doing += [self.give_back, self.undo, self.write_off, self.recover, self.promise]
        doing += [self.lend, self.repay, self.correct]
        await self.dice.choice(doing)()

    async def receive(self) -> None:
        tag, amount = self.tag(), self.amount(900_000)
        async with self.scene.database.begin(self.scene.institution_id) as session:
            receipt_id = await given(session, self.fund_id, written(amount), tag=tag)
        self.receipts.append((receipt_id, tag, amount))
        self.done["receive"] += 1
        self.held[tag] += amount

    async def lend(self) -> None:
        """Reserve, commit, bind to a tag and pay out: all of it, or nothing."""
        tag, amount, contract_id = self.tag(), self.amount(600_000), ContractId(ids.new())
        asked = ask(self.fund_id, written(amount))
        try:
            async with self.scene.database.begin(self.scene.institution_id) as session:
                await funds.reserve(session, asked, on=TODAY, actor_id=ACTOR)
                await funds.commit_all(session, [asked], on=TODAY, actor_id=ACTOR)
                binding = Binding(
                    contract_id=contract_id,
                    application_id=asked.application_id,
                    amount=asked.amount,
                    tag=tag,
                )
                await tagging.bind(session, self.fund_id, [binding], actor_id=ACTOR)
                await funds.draw_all(session, [asked], on=TODAY, actor_id=ACTOR)
        except FundRestricted as refusal:
            rule = refusal.rule
            self.done[rule] += 1
            assert self.is_below_floor, rule
            return
        except (FundExhausted, TagExhausted) as refusal:
            is_whole = isinstance(refusal, FundExhausted)
            assert amount > (self.free if is_whole else self.free_of(tag))
            self.done["exhausted"] += 1
            return
        assert amount <= min(self.free, self.free_of(tag))
        assert not self.is_below_floor
        terms = [qard(written(amount))]
        await lend(self.scene, self.fund_id, terms, kind=self.kind, contract_id=contract_id)
        self.done["lend"] += 1
        self.owed[contract_id] = amount
        self.tags[contract_id] = tag
        self.held[tag] -= amount

    def free_of(self, tag: str | None) -> int:
        """What a plain count finds free of a tag's money; promises rest on open money."""
        return self.held[tag] - (0 if tag else self.claimed)

    async def promise(self) -> None:
        """Commit money to an application and pay nothing out."""
        asked = ask(self.fund_id, written(self.amount(150_000)))
        try:
            async with self.scene.database.begin(self.scene.institution_id) as session:
                await funds.reserve(session, asked, on=TODAY, actor_id=ACTOR)
                await funds.commit_all(session, [asked], on=TODAY, actor_id=ACTOR)
        except FundRestricted:
            assert self.is_below_floor
            return
        except FundExhausted:
            assert asked.amount.minor > self.free
            return
        self.claimed += asked.amount.minor
        self.done["promise"] += 1

    async def repay(self) -> None:
        owing = [one for one, minor in self.owed.items() if minor > 0 and one not in self.lost]
        if not owing:
            return
        contract_id = self.dice.choice(owing)
        amount = self.amount(self.owed[contract_id])
        command = ReceiveRepayment(
            contract_id=contract_id,
            amount=Money(amount, "JOD"),
            received_on=TODAY,
            today=TODAY,
            channel=Channel.CASH,
            actor_id=ACTOR,
        )
        book = RepaymentBook(self.scene.database)
        (answer,) = await book.receive(self.scene.institution_id, [command])
        assert isinstance(answer, Answer)
        repayment_id = RepaymentId(UUID(orjson.loads(answer.body)["repayment_id"]))
        self.owed[contract_id] -= amount
        self.held[self.tags[contract_id]] += amount
        self.repaid.append((repayment_id, contract_id, amount))
        self.done["repay"] += 1

    async def undo(self) -> None:
        """Take a repayment back: its money has gone, whatever became of it."""
        able = [
            one
            for one in self.repaid
            if one[1] not in self.lost and one[2] <= min(self.free, self.free_of(self.tags[one[1]]))
        ]
        if not able:
            return
        one = self.dice.choice(able)
        self.repaid.remove(one)
        self.done["undo"] += 1
        book = RepaymentBook(self.scene.database)
        await book.reverse(self.scene.institution_id, taking_back(one[0]))
        self.owed[one[1]] += one[2]
        self.held[self.tags[one[1]]] -= one[2]

    async def give_back(self) -> None:
        """Take a receipt back that was booked in error, if what it brought is free."""
        if not self.receipts:
            return
        one = self.dice.choice(self.receipts)
        receipt_id, tag, amount = one
        try:
            await take_back(self.scene, self.fund_id, receipt_id)
        except (FundExhausted, TagExhausted):
            assert amount > min(self.free, self.free_of(tag))
            return
        assert amount <= min(self.free, self.free_of(tag))
        self.receipts.remove(one)
        self.done["give_back"] += 1
        self.held[tag] -= amount

    async def write_off(self) -> None:
        owing = [one for one, minor in self.owed.items() if minor > 0 and one not in self.lost]
        if not owing:
            return
        contract_id = self.dice.choice(owing)
        order = await self.desk.done(str(contract_id), "write_off")
        amount = self.owed[contract_id]
        self.owed[contract_id] = 0
        self.lost[contract_id] = amount
        self.given_up[contract_id] = (order, amount)
        self.done["write_off"] += 1

    async def correct(self) -> None:
        """Take a write-off back, of which nothing was recovered."""
        whole = [one for one, (_, amount) in self.given_up.items() if self.lost[one] == amount]
        if not whole:
            return
        contract_id = self.dice.choice(whole)
        order, amount = self.given_up.pop(contract_id)
        await self.desk.undone(order)
        del self.lost[contract_id]
        self.owed[contract_id] = amount
        self.done["correct"] += 1

    async def recover(self) -> None:
        lost = [one for one, minor in self.lost.items() if minor > 0]
        if not lost:
            return
        contract_id = self.dice.choice(lost)
        amount = self.amount(self.lost[contract_id])
        await self.desk.done(str(contract_id), "recovery", amount=cash(written(amount)))
        self.lost[contract_id] -= amount
        self.held[self.tags[contract_id]] += amount
        self.done["recover"] += 1

    async def require_proved(self, *, is_whole: bool) -> None:
        """The rules hold, and each receipt and place has what a plain count says."""
        async with self.scene.database.read(self.scene.institution_id, snapshot=True) as session:
            for finding in (await proof.prove_lines(session), await proof.prove_accounts(session)):
                assert finding.holds, f"{finding.rule}: {finding.row} {finding.why}"
            if is_whole:
                async for finding in proof.prove(session):
                    assert finding.holds, f"{finding.rule}: {finding.row} {finding.why}"
            totals = await lines.totals(session, self.fund_id)
            now = reading.Asked(told=await lines.told(session), through=lines.EVER)
            tags = await reading.by_tag(session, self.fund_id, now, invested=0)
            fund = await fund_queries.fund_by_id(session, self.fund_id)
            kept: dict[Place, int] = {}
            for receipt_id, _, amount in self.receipts:
                found = await reading.of_receipt(session, fund, receipt_id, ask=now, after=None)
                assert sum(found.places.values()) == sum(found.parts.values()) == amount
                for place, units in found.places.items():
                    kept[place] = kept.get(place, 0) + units
        stands = {place: count.came - count.left for place, count in totals.items()}
        assert stands[Place.HAND] == sum(self.held.values()) == sum(tags.values())
        assert stands[Place.CONTRACT] == sum(self.owed.values())
        assert stands[Place.LOST] == sum(self.lost.values())
        if self.policy is Policy.TAG:
            assert {tag: tags.get(tag, 0) for tag in TAGS} == self.held
        if self.policy is not Policy.PRO_RATA:
            assert {place: units for place, units in stands.items() if units > 0} == kept


@pytest.fixture
async def calendars(admin_url: str) -> AsyncIterator[Calendars]:
    database = Database(admin_url, pool_size=1)
    yield lambda scene: Calendar(scene, database)
    await database.close()


def written(minor: int) -> str:
    return f"{minor // 1000}.{minor % 1000:03}"


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        (Policy.FIFO, FundKind.WAQF),
        (Policy.PRO_RATA, FundKind.DONATION),
        (Policy.TAG, FundKind.DONATION),
    ],
)
async def test_no_history_breaks_the_books(
    loans_db: Database,
    institution_id: InstitutionId,
    calendars: Calendars,
    policy: Policy,
    kind: FundKind,
) -> None:
    async with ordering.opened(loans_db, institution_id) as desk:
        fund_id = await opened(desk.scene, policy, kind=kind)
        dice = Random(SEEDS[policy])  # noqa: S311 - a history that comes again, no secret
        history = History(desk=desk, fund_id=fund_id, policy=policy, kind=kind, dice=dice)
        calendar = calendars(desk.scene)
        for _ in range(2):
            await history.receive()
        for step in range(STEPS):
            await history.step()
            await calendar.end_day(days_ago=STEPS - step)
            await history.require_proved(is_whole=step % WHOLE_EVERY == WHOLE_EVERY - 1)
    assert len(history.done) >= LEAST_WAYS, history.done
