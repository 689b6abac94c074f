"""A desk at which applications are taken in and decided, over an application of four slices."""

from collections.abc import AsyncIterator

import pytest

from services.loans.applications import router as applications
from services.loans.approvals import router as approvals
from services.loans.borrowers import router as borrowers
from services.loans.products import router as products
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.integration.loans import desks
from tests.office import Caller, Office

ROUTERS = (products.router, borrowers.router, applications.router, approvals.router)
POLICY = {"approve_points_from": 60, "reject_points_below": 30, "automatic": True}


@pytest.fixture
def scoring() -> FakeScoring:
    return FakeScoring()


@pytest.fixture
async def desk(
    loans_db: Database, institution_id: InstitutionId, scoring: FakeScoring
) -> AsyncIterator[Office]:
    """Two products, and two levels of approval: up to 2,000 and up to 5,000 JOD."""
    async with office.opened(loans_db, institution_id, *ROUTERS) as opened:
        opened.app.state.scoring = scoring
        admin = opened.caller(Role.ADMINISTRATOR)
        for body in (bodies.qard(policy=POLICY), bodies.loan()):
            assert (await admin.post("/loans/v1/products", body)).status_code == 201
        await desks.level(opened, 1, "2000.000")
        await desks.level(opened, 2, "5000.000")
        yield opened


@pytest.fixture
def officer(desk: Office) -> Caller:
    return desk.caller(Role.OFFICER)
