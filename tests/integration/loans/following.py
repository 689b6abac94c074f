"""What a test of lineage asks: that money moves, is numbered, told, proved and read."""

from datetime import date
from typing import Any
from uuid import UUID

from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.journal import Channel
from services.loans.funds import returning
from services.loans.ledger.queries import EVENTS, JOURNAL
from services.loans.lineage import operations
from services.loans.lineage import router as lineage
from services.loans.lineage.checks import queries as checks
from services.loans.repayments.batch import Answer, RepaymentBook
from shared.db import TenantDb
from shared.feed import Sequencer
from shared.ids import ContractId, FundId
from tests.builders import make_qard, money
from tests.chained import HOLDER
from tests.integration.loans.scene import ACTOR, TODAY, OpenVerifier, Scene, client_of, jod

DAY = date(2026, 1, 10)


def qard(amount: str) -> Any:
    return make_qard(
        principal=money(amount), instalments=2, disbursed_on=DAY, first_due_on=date(2026, 2, 10)
    )


async def pay(scene: Scene, contract_id: ContractId, amount: str) -> None:
    (answer,) = await RepaymentBook(scene.database).receive(
        scene.institution_id,
        [
            ReceiveRepayment(
                contract_id=contract_id,
                amount=jod(amount),
                received_on=TODAY,
                today=TODAY,
                channel=Channel.CASH,
                actor_id=ACTOR,
            )
        ],
    )
    assert isinstance(answer, Answer)


async def take_back(scene: Scene, fund_id: FundId, receipt_id: UUID) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        await returning.reverse_receipt(
            session, fund_id=fund_id, receipt_id=receipt_id, on=TODAY, actor_id=ACTOR
        )


async def number(scene: Scene) -> None:
    sequencer = Sequencer(scene.database, chains=(EVENTS, JOURNAL))
    sequencer.holder = HOLDER
    assert await sequencer.number(scene.institution_id) > 0


async def tell(scene: Scene) -> int:
    """Let the lines follow what is numbered."""
    return await operations.catch_up(TenantDb(scene.database, scene.institution_id))


async def proved(scene: Scene) -> str | None:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        _, broken = await checks.first_broken(session)
    return broken.why if broken else None


async def read(
    scene: Scene, path: str, *, roles: str = "auditor", verifier: OpenVerifier | None = None
) -> Any:
    async with client_of(scene, lineage.router, roles=roles, verifier=verifier) as http:
        answer = await http.get(f"/loans/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def where(scene: Scene, fund_id: FundId, receipt_id: UUID) -> dict[tuple[str, str], str]:
    told = await read(scene, f"funds/{fund_id}/receipts/{receipt_id}/lineage")
    return {
        (one["place"], one["receipt_id"] or one["contract_id"] or ""): one["amount"]["amount"]
        for one in told["parts"]
    }
