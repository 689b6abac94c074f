"""A book of loans on every kind of terms, each with a life that chance made up, always the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert

from services.loans.borrowers.tables import BorrowerRow
from services.loans.contracts import cancelling
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.amortisation import Advance, Amortisation, AmortisationKind
from services.loans.domain.authority import Outcome
from services.loans.domain.charging import (
    ChargeBasis,
    Charging,
    OddPeriodRule,
    RateChange,
    RateKind,
    Recalculation,
)
from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.dating import CalendarKind, Dating, Season
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.holdings import Asked as AskedToHold
from services.loans.domain.holdings import Purpose
from services.loans.domain.journal import Channel
from services.loans.domain.lifecycle import CancelReason
from services.loans.domain.product import Limits, Product
from services.loans.domain.savings import Savings
from services.loans.domain.servicing.orders import RULES, Asked, OrderKind, OrderReason, WaivedPart
from services.loans.domain.terms import ChargeMethod, Frequency
from services.loans.holdings import operations as holdings
from services.loans.repayments.batch import Answer, RepaymentBook
from services.loans.servicing import operations as servicing
from services.loans.servicing.coursing import CourseBook
from shared import ids
from shared.auth import Actor, Role
from shared.errors import RafidError
from shared.ids import ContractId, FundId, RepaymentId
from tests.integration.loans.ordering import level
from tests.integration.loans.scene import Scene, jod
from tests.integration.loans.signing import Approval, approve, loan, offer, sign

SIGNED = date(2026, 1, 15)
END = datetime(2026, 12, 31, 12, tzinfo=UTC)
STEPS = 7
ONE = Limits(least=jod("1000.000"), usual=jod("1000.000"), most=jod("1000.000"))
YEAR = Limits(least=12, usual=12, most=12)
RATE = Decimal("0.12")


def fee(when: FeeWhen) -> tuple[Fee, ...]:
    return (Fee(code="file", kind=FeeKind.FLAT, when=when, amount=jod("5.000")),)


def spread(kind: AmortisationKind, **members: Any) -> dict[str, Any]:
    return {"amortisation": Amortisation(kind=kind, **members)}


A = AmortisationKind
TRANCHES = (Tranche(on=date(2026, 2, 20), amount=jod("400.000")),)
TERMS: Mapping[str, dict[str, Any]] = {
    "usual": {},
    "flat": {"charge_method": ChargeMethod.FLAT},
    "equal principal": spread(A.EQUAL_PRINCIPAL),
    "bullet": spread(A.BULLET),
    "balloon": spread(A.EQUAL_INSTALMENTS, balloon_percent=Decimal(20)),
    "graduated": spread(A.GRADUATED, growth=Decimal("-0.03")),
    "seasonal": spread(A.SEASONAL, weights=(0, 0, 1)),
    "fixed": spread(A.FIXED_INSTALMENT, instalment=jod("95.000")),
    "rounded": spread(A.EQUAL_INSTALMENTS, multiple=jod("1.000")),
    "shorter": spread(A.EQUAL_INSTALMENTS, advance=Advance.SHORTEN),
    "smaller": spread(A.EQUAL_INSTALMENTS, advance=Advance.REDUCE),
    "weekly": {"frequency": Frequency.WEEKLY},
    "twice a month": {"frequency": Frequency.TWICE_A_MONTH, "dating": Dating(days=(1, 15))},
    "quarterly": {"frequency": Frequency.QUARTERLY},
    "every six weeks": {"frequency": Frequency.WEEKLY, "dating": Dating(every=6)},
    "hijri": {"dating": Dating(calendar=CalendarKind.HIJRI)},
    "no harvest": {
        "dating": Dating(
            seasons=(Season(calendar=CalendarKind.GREGORIAN, first=(3, 1), last=(4, 30), weight=0),)
        )
    },
    "by days": {"day_count": "act/365", "charging": Charging(basis=ChargeBasis.PER_DAY)},
    "effective": {"charging": Charging(rate_kind=RateKind.EFFECTIVE)},
    "eased": {"charging": Charging(profit_free=1, profit_grace=2, odd_period=OddPeriodRule.WHOLE)},
    "moratorium": {"charging": Charging(moratorium=2)},
    "dearer later": {
        "charging": Charging(
            rate_changes=(RateChange(on=date(2026, 6, 15), annual_rate=Decimal("0.15")),)
        )
    },
    "fee at once": {"fees": fee(FeeWhen.AT_DISBURSEMENT)},
    "fee each time": {"fees": fee(FeeWhen.EACH_INSTALMENT)},
    "fee when late": {"fees": fee(FeeWhen.OVERDUE)},
    "in two": {"drawing": Drawing(tranches=TRANCHES, late_days=300)},
    "with a down payment": {"drawing": Drawing(down_payment_percent=Decimal(10))},
    "down payment first": {
        "drawing": Drawing(down_payment_percent=Decimal(10), down_payment_first=True)
    },
    "saved at once": {"savings": Savings(upfront_percent=Decimal(10))},
    "saved each time": {"savings": Savings(each=jod("5.000"), annual_rate=Decimal("0.02"))},
    "on real days": {"charging": Charging(recalculation=Recalculation.ON_PAYMENT)},
}
KINDS: Mapping[OrderKind, dict[str, Any]] = {
    OrderKind.WAIVER: {"part": WaivedPart.PROFIT, "amount_minor": 1_000},
    OrderKind.CHARGE: {"part": WaivedPart.FEE, "amount_minor": 2_000},
    OrderKind.PAYMENT_HOLIDAY: {"periods": 1},
    OrderKind.RESCHEDULE: {"instalments": 9},
    OrderKind.RESTRUCTURE: {"instalments": 15, "annual_rate": Decimal("0.10")},
    OrderKind.RATE_CHANGE: {"annual_rate": Decimal("0.08")},
    OrderKind.PROFIT_PAUSE: {},
    OrderKind.RE_AGE: {"instalments": 8},
    OrderKind.RE_AMORTISE: {},
    OrderKind.ADVANCE: {"effect": Advance.SHORTEN},
    OrderKind.CHARGE_OFF: {},
    OrderKind.WRITE_OFF: {},
    OrderKind.RECOVERY: {"amount_minor": 20_000, "channel": Channel.WALLET},
    OrderKind.PAYOFF: {"granted_minor": 100},
    OrderKind.REFUND: {"amount_minor": 1_000},
    OrderKind.SET_OFF: {"amount_minor": 3_000},
    OrderKind.END_DRAWING: {},
    OrderKind.CLOSE: {},
    OrderKind.REOPEN: {},
}
DAYS_AHEAD = {"first_due_on": 35, "until_on": 20}


class NothingDoneError(Exception):
    """There was nothing to be done."""


@dataclass(kw_only=True)
class Loan:
    """A contract under way, and what was done to it."""

    scene: Scene
    row: ContractRow
    chance: Random
    today: date
    done: list[str] = field(default_factory=list)
    repayments: list[UUID] = field(default_factory=list)
    orders: list[UUID] = field(default_factory=list)

    @property
    def contract_id(self) -> ContractId:
        return ContractId(self.row.contract_id)

    def actor(self, *roles: Role) -> Actor:
        return Actor(id=ids.new(), institution_id=self.scene.institution_id, roles=frozenset(roles))

    @property
    def book(self) -> RepaymentBook:
        return RepaymentBook(self.scene.database, servicing=CourseBook(self.scene.database))

    async def live(self) -> None:
        """Paid out, and then whatever chance asks for; what is refused is no part of it."""
        await self.tried("deposit", self.deposit())
        await self.tried("pay_out", self.pay_out())
        for _ in range(STEPS):
            self.today += timedelta(days=self.chance.randint(1, 40))
            if self.chance.random() < 0.45:
                await self.tried("repay", self.repay())
            elif self.chance.random() < 0.15:
                await self.tried("take_back", self.take_back())
            elif self.chance.random() < 0.25:
                await self.tried("undo", self.undo())
            elif self.chance.random() < 0.2:
                await self.tried("pay_out", self.pay_out())
            else:
                kind = self.chance.choice(list(KINDS))
                await self.tried(kind.value, self.order(kind))

    async def tried(self, name: str, doing: Any) -> None:
        try:
            await doing
        except (RafidError, NothingDoneError):
            return
        self.done.append(name)

    async def deposit(self) -> None:
        terms = self.row.terms
        purpose = Purpose.CONTRIBUTION if terms.get("drawing") else Purpose.SAVINGS
        asked = AskedToHold(purpose=purpose, amount=jod("100.000"), on=self.today)
        async with self.scene.database.begin(self.scene.institution_id) as session:
            await holdings.deposit(
                session,
                self.contract_id,
                asked,
                actor=self.actor(Role.OFFICER),
                today=self.today,
            )

    async def pay_out(self) -> None:
        payout = Payout(contract_id=self.contract_id, disbursed_on=self.today)
        async with self.scene.database.begin(self.scene.institution_id) as session:
            await disbursements.disburse_contracts(
                session, [payout], actor=self.actor(Role.FUNDS_MANAGER)
            )

    async def repay(self) -> None:
        chance = self.chance
        command = ReceiveRepayment(
            contract_id=self.contract_id,
            amount=jod(f"{chance.randint(1, 300)}.{chance.randint(0, 999):03}"),
            received_on=max(SIGNED, self.today - timedelta(days=chance.choice([0, 0, 0, 6, 30]))),
            today=self.today,
            channel=chance.choice([Channel.CASH, Channel.WALLET]),
            actor_id=ids.new(),
            key=str(ids.new()),
            request_hash=b"x",
            effect=chance.choice([None, None, None, Advance.SHORTEN]),
        )
        (outcome,) = await self.book.receive(self.scene.institution_id, [command])
        if not isinstance(outcome, Answer):
            raise outcome
        self.repayments.append(UUID(orjson.loads(outcome.body)["repayment_id"]))

    async def take_back(self) -> None:
        if not self.repayments:
            raise NothingDoneError
        await self.book.reverse(
            self.scene.institution_id,
            ReverseRepayment(
                repayment_id=RepaymentId(self.chance.choice(self.repayments)),
                reason="wrong_amount",
                actor_id=ids.new(),
                key=str(ids.new()),
                request_hash=b"x",
            ),
        )

    async def order(self, kind: OrderKind) -> None:
        members = dict(KINDS[kind])
        for name in DAYS_AHEAD.keys() & set(RULES[kind].needs):
            members[name] = self.today + timedelta(days=DAYS_AHEAD[name])
        asked = Asked(kind=kind, effective_on=self.today, reason=OrderReason.AGREEMENT, **members)
        async with self.scene.database.begin(self.scene.institution_id) as session:
            given = await servicing.propose(
                session,
                self.contract_id,
                asked,
                actor=self.actor(Role.OFFICER),
                today=self.today,
            )
        await self.approved(given)

    async def undo(self) -> None:
        if not self.orders:
            raise NothingDoneError
        async with self.scene.database.begin(self.scene.institution_id) as session:
            given = await servicing.propose_reversal(
                session,
                self.chance.choice(self.orders[-2:]),
                reason=OrderReason.ERROR,
                effective_on=self.today,
                actor=self.actor(Role.OFFICER),
                today=self.today,
            )
        await self.approved(given)

    async def approved(self, given: Any) -> None:
        if given.state.state == "proposed":
            async with self.scene.database.begin(self.scene.institution_id) as session:
                await servicing.decide_on(
                    session,
                    given.row.order_id,
                    outcome=Outcome.APPROVE,
                    actor=self.actor(Role.APPROVER),
                    today=self.today,
                )
        self.orders.append(given.row.order_id)

    async def cancel(self) -> None:
        async with self.scene.database.begin(self.scene.institution_id) as session:
            await cancelling.cancel_contract(
                session,
                self.contract_id,
                reason=CancelReason.NOT_COLLECTED,
                on=self.today,
                actor=self.actor(Role.OFFICER),
            )


async def signed(scene: Scene, names: Sequence[str], fund_id: FundId, seed: int) -> list[Loan]:
    """A contract on each kind of terms, signed, of borrowers who are told apart."""
    made = []
    for number, name in enumerate(names):
        product = await offer(scene, product_of(name))
        borrower_id = await a_borrower(scene, number)
        approval = Approval(
            product=product, fund_id=fund_id, annual_rate=RATE, borrower_id=borrower_id
        )
        chance = Random(f"{name} {seed}")  # noqa: S311 - the same life for ever
        (row,) = await sign(scene, await approve(scene, [approval]), on=SIGNED)
        made.append(Loan(scene=scene, row=row, chance=chance, today=SIGNED))
    return made


def product_of(name: str) -> Product:
    number = ids.new()
    members = {"amount": ONE, "term_months": YEAR, **TERMS[name]}
    members["grace_months"] = Limits(least=0, usual=0, most=0)
    return loan(code=f"P{number.hex[-10:]}", **members)


async def a_borrower(scene: Scene, number: int) -> UUID:
    """A borrower unlike every other."""
    borrower_id = ids.new()
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(
            insert(BorrowerRow).values(
                institution_id=scene.institution_id,
                borrower_id=borrower_id,
                reference=f"BR-{borrower_id.hex}",
                kind="person",
                branch_id=scene.branch_id,
                name_ar=f"=اسم {chr(ord('ا') + number)}",
                name_sort="اسم",
                sex="female",
                born_on=date(1950, 1, 1) + timedelta(days=97 * number),
                region="amman",
                actor_id=ids.new(),
            )
        )
    return borrower_id


async def made(scene: Scene, names: Sequence[str], *, seed: int = 1) -> list[Loan]:
    """Loans on these terms that lived, one that was cancelled and one still to be paid out."""
    await level(scene, "50000.000", at=1)
    fund_id = await scene.fund(FundKind.COMMERCIAL, receives="90000.000")
    lived = await signed(scene, names, fund_id, seed)
    for one in lived[:-2]:
        await one.live()
    await lived[-2].cancel()
    return lived
