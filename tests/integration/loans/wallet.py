"""A payment desk with the sandbox wallet behind it, and a client that speaks to the routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import orjson

from services.loans import subscriptions
from services.loans.contracts.router import router as contracts_router
from services.loans.deps import Days
from services.loans.disbursements.router import router as disbursements_router
from services.loans.ledger.queries import balances
from services.loans.payments.desk import PaymentDesk
from services.loans.payments.router import router as payments_router
from services.loans.payments.sealing import Sealer
from services.loans.rails.protocol import Rail
from services.loans.rails.sandbox import SandboxWallet
from services.loans.repayments.batch import RepaymentBook
from shared.clock import FixedClock
from shared.ids import FundId
from tests.integration.loans.scene import NOON, TODAY, Scene, client_of, keyed

SECRET = b"a secret of the sandbox, 32 bytes"
PHONE = "+9627900000"


@dataclass(frozen=True, kw_only=True)
class Wallet:
    """The desk, the wallet behind it, and a client who may do everything with payments."""

    scene: Scene
    client: httpx.AsyncClient
    desk: PaymentDesk
    sandbox: SandboxWallet
    clock: FixedClock
    days: Days

    def subscribe(self) -> None:
        """Have what arrives booked."""
        book = RepaymentBook(self.scene.database)
        subscriptions.subscribe(self.desk, book=book, days=self.days)

    async def pay_out(self, contract_id: object, *, phone: str) -> httpx.Response:
        """Ask for a loan to be paid to a phone, and wait until the wallet has called back."""
        body = {"channel": "wallet", "phone": phone}
        path = f"/loans/v1/contracts/{contract_id}/disbursements"
        answer = await self.client.post(path, json=body, headers=keyed())
        await self.sandbox.settle()
        return answer

    async def collect(self, contract_id: object, amount: str, *, phone: str) -> httpx.Response:
        """Ask a phone for a repayment, and wait until the wallet has called back."""
        body = {"amount": {"amount": amount, "currency": "JOD"}, "phone": phone}
        path = f"/loans/v1/contracts/{contract_id}/collections"
        answer = await self.client.post(path, json=body, headers=keyed())
        await self.sandbox.settle()
        return answer

    async def read(self, payment_id: object) -> dict[str, Any]:
        """Read a payment with its steps."""
        answer = await self.client.get(f"/loans/v1/payments/{payment_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def poll(self) -> int:
        """Let time pass and ask for what is pending."""
        self.clock.advance(timedelta(hours=2))
        asked = await self.desk.poll_pending(self.scene.institution_id)
        await self.sandbox.settle()
        return asked


@asynccontextmanager
async def wallet_of(scene: Scene) -> AsyncIterator[Wallet]:
    clock = FixedClock(NOON)
    days = Days(scene.database, clock)
    rails: dict[str, Rail] = {}
    desk = PaymentDesk(scene.database, rails=rails, sealer=Sealer(SECRET), clock=clock, days=days)
    routers = (contracts_router, disbursements_router, payments_router)
    async with client_of(
        scene, *routers, roles="funds_manager+officer", payments=desk, clock=clock
    ) as client:
        sandbox = SandboxWallet(scene.database, http=client, secret=SECRET, clock=clock)
        rails[sandbox.name] = sandbox
        wallet = Wallet(
            scene=scene, client=client, desk=desk, sandbox=sandbox, clock=clock, days=days
        )
        wallet.subscribe()
        yield wallet
        await sandbox.settle()


async def booked(scene: Scene, fund_id: FundId) -> tuple[str, str]:
    """What the fund's wallet and loans accounts hold."""
    async with scene.database.read(scene.institution_id) as session:
        found = await balances(session, fund_id)
    return str(found["wallet"]), str(found["loans"])


def outcomes(payment: dict[str, Any]) -> list[tuple[str, str]]:
    """What was told of a payment, and what it did."""
    return [(step["told"], step["outcome"]) for step in payment["steps"]]


def callback(scene: Scene, payment_id: object, **changes: str) -> bytes:
    """What the wallet says of 1,000 JOD that have arrived, unless told otherwise."""
    members = {
        "message_id": "M-1",
        "institution_id": str(scene.institution_id),
        "payment_id": str(payment_id),
        "status": "completed",
        "amount": "1000.000",
        "currency": "JOD",
        "provider_reference": "SBX-1",
        "reason_code": None,
        "occurred_on": TODAY.isoformat(),
    }
    return orjson.dumps(members | changes)
