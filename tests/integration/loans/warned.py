"""Running loans with a past and a future, gathered for a month's grading."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert

from services.loans.borrowers.tables import BorrowerRow
from services.loans.institutions.tables import StaffRow
from services.loans.warnings import queries, running
from services.loans.warnings.router import router
from services.loans.warnings.tables import WarningPartRow
from shared import ids
from shared.clients.warnings import LoanIn
from shared.db import Database, TenantDb
from shared.ids import BranchId, ContractId, InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk
from tests.integration.loans.scene import ACTOR
from tests.integration.loans.standing import lend

AS_OF: Final = date(2026, 3, 31)
MONTH: Final = date(2026, 3, 1)
LATER: Final = date(2027, 1, 1)
FIRST: Final = "2026-02-15"
SECOND: Final = "2026-03-15"
DUE: Final = "100.000"
Json = dict[str, Any]


@asynccontextmanager
async def opened(database: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    """An office at which money is taken, orders are given and warnings are read."""
    async with ordering.opened(database, institution_id) as desk:
        desk.office.app.include_router(router)
        yield desk


def db_of(desk: Desk) -> TenantDb:
    return TenantDb(desk.scene.database, desk.scene.institution_id)


async def lent(desk: Desk, contracts: list[UUID], *, branch_id: UUID | None = None) -> None:
    """Contracts of 1,200.000 in twelve instalments, each of a borrower with its id."""
    fund_id = await desk.scene.fund(receives="50000.000")
    for contract_id in contracts:
        await registered(desk, contract_id)
        await lend(
            desk.scene,
            fund_id,
            [ordering.qard()],
            contract_id=ContractId(contract_id),
            borrower_id=contract_id,
            branch_id=branch_id,
        )


async def registered(desk: Desk, borrower_id: UUID, *, kind: str = "person") -> None:
    values = {
        "institution_id": desk.scene.institution_id,
        "borrower_id": borrower_id,
        "reference": f"BR-{borrower_id.hex}",
        "kind": kind,
        "branch_id": desk.scene.branch_id,
        "name_ar": "أحمد",
        "name_sort": "أحمد",
        "region": "amman",
        "actor_id": ACTOR,
    }
    if kind == "person":
        values |= {"sex": "female", "born_on": date(2000, 1, 1)}
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await session.execute(insert(BorrowerRow).values(values))


async def paid(desk: Desk, contract_id: UUID, on: str, amount: str = DUE) -> Json:
    answer = await desk.repay(str(contract_id), amount, received_on=on)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def taken_back(desk: Desk, repayment: Json) -> None:
    path = f"/loans/v1/repayments/{repayment['repayment_id']}/reversal"
    answer = await ordering.keyed(desk.manager, path, {"reason": "wrong_amount"})
    assert answer.status_code == 201, answer.text


async def past(desk: Desk, contracts: list[UUID]) -> Json:
    """The first loan pays once and late, the second ten days late, the others all on the first.

    Gives the second's first repayment, for a later day to take back.
    """
    await lent(desk, contracts)
    late, slow, *sound = contracts
    await paid(desk, late, "2026-03-01")
    first = await paid(desk, slow, "2026-02-25")
    await paid(desk, slow, "2026-03-25")
    for contract_id in sound:
        await paid(desk, contract_id, FIRST, "200.000")
    return first


async def gathered(desk: Desk, contracts: list[UUID], as_of: date = AS_OF) -> list[LoanIn]:
    return await running.facts(db_of(desk), contracts, as_of=as_of)


async def known_of(desk: Desk, contract_id: UUID, as_of: date = AS_OF) -> LoanIn:
    (loan,) = await gathered(desk, [contract_id], as_of)
    return loan


async def parts_of(desk: Desk) -> list[WarningPartRow]:
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        return await queries.parts(session, MONTH)


@asynccontextmanager
async def staying(desk: Desk) -> AsyncIterator[Desk]:
    """A desk that is open already, to be entered like another."""
    yield desk


async def staff(
    desk: Desk, login: str, *, branches: list[BranchId] | None, roles: Sequence[str] = ("officer",)
) -> None:
    values = {
        "institution_id": desk.scene.institution_id,
        "staff_id": ids.new(),
        "login": login,
        "name": login,
        "roles": list(roles),
        "branch_ids": branches,
        "password_hash": "none",
    }
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await session.execute(insert(StaffRow).values(values))
