"""One loan that lives through everything, over its routes, and is proved after every step."""

from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import insert, text

from services.loans.borrowers.tables import BorrowerMemberRow
from services.loans.closing import operations as closing
from services.loans.closing import running
from services.loans.contracts.tables import ContractRow
from services.loans.domain.chart import FundKind
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.product import Limits, Product
from services.loans.domain.savings import Savings
from services.loans.domain.terms import ChargeMethod
from services.loans.ledger import operations as ledger
from shared import ids
from shared.db import TenantDb
from shared.errors import RafidError
from shared.ids import FundId, ProductId
from tests import rulings
from tests.integration.loans import scene, signing
from tests.integration.loans.closing_scene import ACCRUING
from tests.integration.loans.course_loans import ANEW
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.scene import ACTOR, TODAY

PAID_OUT_ON = TODAY
RATE = Decimal("0.18")
THOUSANDS = Limits(
    least=scene.jod("1000.000"), usual=scene.jod("1000.000"), most=scene.jod("5000.000")
)
IN_TWO = Drawing(
    tranches=(Tranche(on=PAID_OUT_ON + timedelta(days=20), amount=scene.jod("400.000")),)
)
SAVING = Savings(upfront_percent=Decimal(10))
KINDS: Mapping[str, tuple[FundKind, Product, Decimal]] = {
    "qard from zakat": (FundKind.ZAKAT, signing.qard(), Decimal(0)),
    "declining balance": (FundKind.COMMERCIAL, signing.loan(), RATE),
    "flat": (FundKind.COMMERCIAL, signing.loan(charge_method=ChargeMethod.FLAT), RATE),
    "on real days": (FundKind.COMMERCIAL, signing.loan(charging=ANEW), RATE),
    "drawn in two": (
        FundKind.COMMERCIAL,
        signing.loan(amount=THOUSANDS, drawing=IN_TWO, savings=SAVING),
        RATE,
    ),
}
Seen = tuple[dict[str, Any], dict[str, int]]


@dataclass(kw_only=True)
class Life:
    """A contract of 1,000 JOD over twelve months, and all that was done to it."""

    desk: Desk
    fund_id: FundId
    product: Product
    rate: Decimal
    row: ContractRow
    other: ContractRow
    steps: Counter[str] = field(default_factory=Counter)
    repayments: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    refusal: str = ""
    newest: str | None = None
    before: Seen | None = None
    """How everything stood before the newest step, which `newest` names if it can be undone."""

    @property
    def contract_id(self) -> str:
        return str(self.row.contract_id)

    @property
    def today(self) -> date:
        return self.desk.office.clock.today("Asia/Amman")

    @property
    def db(self) -> TenantDb:
        return TenantDb(self.desk.scene.database, self.desk.scene.institution_id)

    async def pay_out(self) -> bool:
        return await self._pay_out("pay_out", self.row)

    async def _pay_out(self, name: str, row: ContractRow) -> bool:
        path = f"/loans/v1/contracts/{row.contract_id}/disbursements"
        body = {"disbursed_on": self.today.isoformat()}
        return await self._asked(name, keyed(self.desk.manager, path, body)) is not None

    async def repay(self, minor: int, *, days_ago: int = 0, channel: str = "cash") -> bool:
        """Money comes in, today or valued on an earlier day."""
        on = self.today - timedelta(days=days_ago)
        members = {"received_on": on.isoformat(), "channel": channel}
        sent = self.desk.repay(self.contract_id, written(minor), **members)
        answer = await self._asked("repay_backdated" if days_ago else "repay", sent)
        if answer is not None:
            self.repayments.append(answer["repayment_id"])
            self.newest = self.repayments[-1]
        return answer is not None

    async def take_money_back(self, place: int = -1) -> bool:
        """A repayment is reversed; if nothing came after it, all is as it was before."""
        if not self.repayments:
            return False
        repayment_id = self.repayments[place % len(self.repayments)]
        path = f"/loans/v1/repayments/{repayment_id}/reversal"
        sent = keyed(self.desk.manager, path, {"reason": "duplicate"})
        return await self._taken_back("take_money_back", sent, repayment_id)

    async def order(self, kind: str, **members: Any) -> bool:
        """An order is given and approved by another."""
        found = {name: told(name, value) for name, value in members.items()}
        answer = await self._asked(kind, self._approved(self._given(kind, found)))
        if answer is not None:
            self.orders.append(answer["order_id"])
            self.newest = self.orders[-1]
        return answer is not None

    async def _given(self, kind: str, members: dict[str, object]) -> httpx.Response:
        return await self.desk.give(self.contract_id, kind, **members)

    async def _approved(self, giving: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
        given = await giving
        if given.status_code == 201 and given.json()["state"] == "proposed":
            return await self.desk.approve(given.json())
        return given

    async def take_order_back(self, place: int = -1) -> bool:
        """An order is reversed; if nothing came after it, all is as it was before."""
        if not self.orders:
            return False
        order_id = self.orders[place % len(self.orders)]
        path = f"/loans/v1/orders/{order_id}/reversal"
        sent = self._approved(keyed(self.desk.maker, path, {"reason": "error"}))
        return await self._taken_back("take_order_back", sent, order_id)

    async def charge_back(self, minor: int, place: int = -1) -> bool:
        if not self.repayments:
            return False
        named = self.repayments[place % len(self.repayments)]
        return await self.order("charge_back", amount=minor, repayment_id=named)

    async def transfer(self) -> bool:
        """The other member of the group takes the contract over."""
        return await self.order("transfer", borrower_id=str(self.other.borrower_id))

    async def refinance(self, kind: str = "refinance") -> bool:
        """A larger contract of the same borrower pays this one off; it stays if that is undone."""
        product = await signing.offer(
            self.desk.scene, replace(anew(self.product), drawing=Drawing(), savings=Savings())
        )
        approval = signing.Approval(
            product=product,
            fund_id=self.fund_id,
            amount=scene.jod("1500.000"),
            annual_rate=self.rate,
        )
        approved = await signing.approve(self.desk.scene, [approval])
        (new,) = await signing.sign(self.desk.scene, approved, on=self.today)
        async with self.db.begin() as session:
            await session.execute(
                text("update contract set borrower_id = :b where contract_id = :c"),
                {"b": self.row.borrower_id, "c": new.contract_id},
            )
        if not await self.order(kind, new_contract_id=str(new.contract_id)):
            return False
        assert self.before is not None
        position, balances = self.before
        lent = {"loans": new.principal_minor, "cash": -new.principal_minor}
        self.before = (
            position,
            balances
            | {account: balances.get(account, 0) + minor for account, minor in lent.items()},
        )
        return True

    async def wait(self, days: int) -> None:
        self.desk.office.clock.advance(timedelta(days=days))
        self.newest = None

    async def close_day(self) -> bool:
        """Yesterday is closed: profit accrued, stages, what is set aside for losses."""
        day = self.today - timedelta(days=1)
        closes = running.close_day(self.db, day=day, today=self.today, actor_id=ACTOR)
        return await self._closed("close_day", closes)

    async def close_books(self, *, days_ago: int) -> bool:
        """The books are closed through a day: nothing is booked on it any more."""
        return await self._closed("close_books", self._close_books(days_ago))

    async def _close_books(self, days_ago: int) -> None:
        through = self.today - timedelta(days=days_ago)
        async with self.db.begin() as session:
            await ledger.close_books(session, through=through, today=self.today, actor_id=ACTOR)

    async def _closed(self, name: str, closes: Coroutine[Any, Any, object]) -> bool:
        refused = False
        try:
            await closes
        except RafidError:
            refused = True
        self.newest = None
        self.steps[f"{name} refused" if refused else name] += 1
        await self._proved()
        return not refused

    async def _taken_back(
        self, name: str, sending: Coroutine[Any, Any, httpx.Response], which: str
    ) -> bool:
        before = self.before if self.newest == which else None
        if await self._asked(name, sending) is None:
            return False
        self.newest = None
        if before is not None:
            assert await self._seen() == before, f"{name} restores every balance"
        return True

    async def _asked(
        self, name: str, sending: Coroutine[Any, Any, httpx.Response]
    ) -> dict[str, Any] | None:
        """What was answered to a step; None where it was refused, and then nothing changed."""
        before = await self._seen()
        answer = await sending
        is_done = answer.status_code == 201
        self.steps[name if is_done else f"{name} refused"] += 1
        await self._proved()
        if is_done:
            self.before = before
            return dict(answer.json())
        assert answer.status_code in {409, 422}, answer.text
        self.refusal = answer.json()["type"].removeprefix("/problems/loans/")
        assert await self._seen() == before, f"{name}, refused, changes nothing"
        return None

    async def _seen(self) -> Seen:
        """How the contract stands, and the accounts of its fund."""
        position = await self.desk.position(self.contract_id)
        return position, await self.desk.balances(self.contract_id)

    async def _proved(self) -> None:
        """Every rule of `rafid verify` holds, and what is read is answered."""
        assert await self.desk.faults() == {}
        path = f"/loans/v1/contracts/{self.contract_id}"
        for page in ("", "/schedule", "/orders"):
            answer = await self.desk.maker.get(path + page)
            assert answer.status_code == 200, (page, answer.text)


async def born(desk: Desk, kind: str) -> Life:
    """Sign the contract, and another of a borrower in the same group; rules of closing are given.

    The clock stands at the day on which contracts are signed.
    """
    fund_kind, product, rate = KINDS[kind]
    ruling = rulings.EVERYTHING if fund_kind is FundKind.ZAKAT else None
    fund_id = await desk.scene.fund(fund_kind, receives="100000.000", lending_ruling=ruling)
    desk.office.clock.move_to(datetime.combine(PAID_OUT_ON, datetime.min.time(), UTC))
    row, other = [
        await signing.signed(desk.scene, fund_id, product=anew(product), annual_rate=rate)
        for _ in range(2)
    ]
    life = Life(desk=desk, fund_id=fund_id, product=product, rate=rate, row=row, other=other)
    async with life.db.begin() as session:
        await session.execute(
            insert(BorrowerMemberRow).values(
                institution_id=desk.scene.institution_id,
                borrower_id=row.borrower_id,
                member_borrower_id=other.borrower_id,
                leads=False,
            )
        )
        await closing.give_policy(
            session, ACCRUING, fund_id=None, starts_on=date.min, actor_id=ACTOR
        )
    return life


def anew(product: Product) -> Product:
    """The same product under another number: each life founds its own institution."""
    number = ids.new()
    return replace(product, product_id=ProductId(number), code=f"P{number.hex[-10:]}")


def written(minor: int) -> str:
    return f"{Decimal(minor) / 1000:.3f}"


def told(name: str, value: Any) -> object:
    """A member of an order as it is written: amounts are minor units, days are ISO."""
    if name == "amount":
        return cash(written(value))
    return value.isoformat() if isinstance(value, date) else value
