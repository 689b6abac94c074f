"""Where no provider of payments is set up, nothing sets out and nothing is kept."""

from pathlib import Path

import pytest

from services.loans import subscriptions
from services.loans.deps import Days
from services.loans.disbursements.router import router as disbursements
from services.loans.payments.router import router as payments
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.scene import NOON, Scene, client_of, keyed
from tests.integration.loans.signing import signed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("disbursements", {"channel": "wallet", "phone": "+962790000000"}),
        (
            "collections",
            {"amount": {"amount": "1.000", "currency": "JOD"}, "phone": "+962790000000"},
        ),
    ],
)
async def test_without_the_sandbox_no_wallet_is_offered(
    loans_db: Database,
    institution_id: InstitutionId,
    tmp_path: Path,
    path: str,
    body: dict[str, object],
) -> None:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    row = await signed(scene, await scene.fund())
    clock = FixedClock(NOON)
    roles = "officer+funds_manager"
    async with client_of(scene, payments, disbursements, roles=roles) as http:
        desk = subscriptions.open_desk(
            loans_db,
            folder=tmp_path,
            http=http,
            clock=clock,
            days=Days(loans_db, clock),
            with_sandbox=False,
        )
        app = http._transport.app  # type: ignore[attr-defined]
        app.state.payments = desk
        answer = await http.post(
            f"/loans/v1/contracts/{row.contract_id}/{path}", json=body, headers=keyed()
        )
        called = await http.post("/loans/v1/payments/callbacks/sandbox", content=b"{}")
    assert answer.status_code == called.status_code == 409
    assert answer.json()["type"] == "/problems/loans/rail-not-offered"
    assert await scene.scalar("select count(*) from payment") == 0
