"""Books that close their days: loans of several kinds, payments, and what the close has booked."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from services.loans.closing import operations as closing
from services.loans.closing import running
from services.loans.closing.running import Manner, NothingOutstanding
from services.loans.closing.tables import DayCloseRow
from services.loans.domain.accrual import Recognition
from services.loans.domain.chart import FundKind
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.day_close import Part
from services.loans.domain.journal import Channel
from services.loans.domain.provisioning import LossAssumptions, Scenario
from services.loans.domain.terms import ChargeMethod, Terms
from services.loans.ledger.queries import JOURNAL
from services.loans.proof import operations as proof
from services.loans.proof.queries import RULES
from services.loans.repayments.batch import Answer, RepaymentBook
from shared import feed, ids
from shared.db import TenantDb
from shared.feed import Sequencer
from shared.ids import FundId, RepaymentId
from tests.builders import make_loan, make_qard, money
from tests.integration.loans.scene import ACTOR, Scene
from tests.integration.loans.standing import Lent, lend

SIGNED = date(2026, 1, 15)
FAR = date(2030, 1, 1)
ONE = (Scenario(weight=Decimal(1), monthly_hazard=Decimal("0.01")),)
ACCRUING = ClosingPolicy(
    recognition=Recognition.SCHEDULED,
    minimums=tuple(map(Decimal, ("0.01", "0.05", "0.2", "0.5", "1"))),
    loss=LossAssumptions(performing=ONE, underperforming=ONE, loss_given_default=Decimal("0.6")),
)
CODES = (
    "profit_accrued",
    "profit_unearned",
    "profit_income",
    "loss_allowance",
    "provision_expense",
)
BALANCES = """
    select coalesce(sum(l.amount_minor), 0)::bigint from journal_line l
    join account a using (institution_id, account_id)
    join journal_entry e using (institution_id, entry_id)
    where a.code = :code and a.fund_id = :fund_id and e.occurred_on <= :day
"""


@dataclass(frozen=True, kw_only=True)
class Books:
    """A commercial fund whose contracts are closed day by day."""

    scene: Scene
    fund_id: FundId
    lent: tuple[Lent, ...]

    @property
    def db(self) -> TenantDb:
        return TenantDb(self.scene.database, self.scene.institution_id)

    async def close(self, day: date, **manner: Any) -> DayCloseRow:
        return await running.close_day(
            self.db, day=day, today=FAR, actor_id=ACTOR, manner=Manner(**manner)
        )

    async def give(
        self, policy: ClosingPolicy, *, starts_on: date = date.min, own: bool = False
    ) -> None:
        async with self.db.begin() as session:
            await closing.give_policy(
                session,
                policy,
                fund_id=self.fund_id if own else None,
                starts_on=starts_on,
                actor_id=ACTOR,
            )

    async def pay(self, number: int, amount: str, on: date) -> RepaymentId:
        lent = self.lent[number]
        command = ReceiveRepayment(
            contract_id=lent.contract_id,
            amount=money(amount),
            received_on=on,
            channel=Channel.CASH,
            actor_id=ACTOR,
            today=FAR,
        )
        book = RepaymentBook(self.scene.database)
        (answer,) = await book.receive(self.scene.institution_id, [command])
        assert isinstance(answer, Answer), answer
        return RepaymentId(UUID(orjson.loads(answer.body)["repayment_id"]))

    async def take_back(self, repayment_id: RepaymentId) -> None:
        command = ReverseRepayment(
            repayment_id=repayment_id,
            reason="duplicate",
            actor_id=ACTOR,
            key=str(ids.new()),
            request_hash=b"",
        )
        await RepaymentBook(self.scene.database).reverse(self.scene.institution_id, command)

    async def balances(self, day: date = FAR) -> dict[str, int]:
        """What the journal says of the accounts of a close, up to a day; debits are positive."""
        found = {
            code: await self.scene.scalar(BALANCES, code=code, fund_id=self.fund_id, day=day)
            for code in CODES
        }
        return {code: int(str(minor)) for code, minor in found.items() if minor}

    async def parts(self, day: date) -> list[Part]:
        """What each contract adds, one by one, by the domain alone."""
        parts = []
        async with self.db() as session:
            for lent in self.lent:
                with contextlib.suppress(NothingOutstanding):
                    parts.append((await running.part_of(session, lent.contract_id, day=day))[1])
        return parts

    async def expected(self, day: date) -> dict[str, int]:
        """What the journal should say after a close: the sums of the parts."""
        parts = await self.parts(day)
        found = {
            "profit_accrued": sum(one.stock.receivable for one in parts),
            "profit_unearned": -sum(one.stock.unearned for one in parts),
            "loss_allowance": -sum(one.stock.allowance for one in parts),
        }
        return {code: minor for code, minor in found.items() if minor}


def of_close(balances: dict[str, int]) -> dict[str, int]:
    """The accounts that only a close moves."""
    return {
        code: minor
        for code, minor in balances.items()
        if code in {"profit_accrued", "profit_unearned", "loss_allowance"}
    }


async def books(
    scene: Scene, terms: Sequence[Terms], *, kind: FundKind = FundKind.COMMERCIAL
) -> Books:
    """A fund whose loans of these terms are paid out on the day they were agreed for."""
    fund_id = await scene.fund(kind, receives="1000000.000")
    lent = await lend(scene, fund_id, terms, kind=kind) if terms else []
    return Books(scene=scene, fund_id=fund_id, lent=tuple(lent))


def mixed() -> list[Terms]:
    """A declining balance, a flat charge over a year, a qard, a loan with grace."""
    return [
        make_loan(principal=money("1000.000")),
        make_loan(principal=money("777.777"), charge_method=ChargeMethod.FLAT, instalments=12),
        make_qard(principal=money("600.000"), disbursed_on=SIGNED, first_due_on=date(2026, 2, 15)),
        make_loan(principal=money("1234.567"), instalments=24, principal_grace=3),
    ]


async def assert_sound(scene: Scene) -> None:
    """Prove all but the rule about disbursements, which have no rows in this scene."""
    await Sequencer(scene.database, chains=(feed.EVENTS, JOURNAL)).number(scene.institution_id)
    rules = [rule for rule in RULES if not rule.startswith("what a contract was paid out")]
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        broken = {
            finding.rule: (finding.row, finding.why)
            async for finding in proof.prove(session, rules=rules)
            if not finding.holds
        }
    assert broken == {}


def after(days: int) -> date:
    return SIGNED + timedelta(days=days)
