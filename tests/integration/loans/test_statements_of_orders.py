"""Whatever an order does to a contract, its statement closes with what the contract says."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.statement import Statement
from services.loans.papers import drafting
from services.loans.papers.documents import LineOut, StandingOut
from shared.db import Database
from shared.ids import InstitutionId
from shared.periods import Period
from tests.builders import make_loan, money
from tests.integration.loans import ordering
from tests.integration.loans.ordering import PAID_OUT_ON, TODAY, Desk, cash

LOAN = make_loan(principal=money("1000.000"), instalments=12)
PARTS = ("principal", "profit", "fee", "penalty", "surplus")


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def told(desk: Desk, contract_id: str, *, first_on: date = PAID_OUT_ON) -> Statement:
    span = Period(first_on, TODAY + timedelta(days=1))
    async with desk.scene.database.read(desk.scene.institution_id, snapshot=True) as session:
        figures = await drafting.figures(session, UUID(contract_id), known_at=None, today=TODAY)
        return await drafting.told(session, figures, period=span)


@pytest.mark.parametrize(
    ("kind", "members", "fund", "repaid"),
    [
        ("waiver", {"part": "profit"}, FundKind.COMMERCIAL, None),
        ("write_off", {}, FundKind.WAQF, "150.000"),
        ("forgiveness", {"amount": cash("200.000")}, FundKind.ZAKAT, "100.000"),
        (
            "reschedule",
            {"instalments": 20, "first_due_on": "2026-05-01"},
            FundKind.WAQF,
            "150.000",
        ),
        ("rate_change", {"annual_rate": "0.06"}, FundKind.COMMERCIAL, None),
        ("refund", {"amount": cash("30.000")}, FundKind.WAQF, "1230.000"),
        ("payoff", {"channel": "wallet"}, FundKind.WAQF, "100.000"),
        ("close", {}, FundKind.WAQF, "1200.000"),
    ],
)
async def test_a_statement_tells_what_an_order_did(
    desk: Desk, kind: str, members: dict[str, Any], fund: FundKind, repaid: str | None
) -> None:
    contract_id = await desk.lent(LOAN if fund is FundKind.COMMERCIAL else None, kind=fund)
    if repaid:
        assert (await desk.repay(contract_id, repaid, received_on="2026-02-15")).is_success
    before = await told(desk, contract_id)
    await desk.done(contract_id, kind, **members)
    found = await told(desk, contract_id)
    read = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}")).json()["state"]
    closing = StandingOut.of(found.closing).model_dump(mode="json")
    assert closing["outstanding_principal"] == read["outstanding_principal"]
    assert closing["paid"] == read["paid"]
    assert closing["arrears"] == read["arrears"]
    for part in PARTS:
        moved = sum(getattr(line.parts, part).minor for line in found.lines)
        opening, end = (getattr(one.paid, part).minor for one in (found.opening, found.closing))
        assert opening + moved == end
    assert found.lines[-1].balance == found.closing.outstanding_principal
    changed = before.closing.outstanding_principal != found.closing.outstanding_principal
    assert (len(found.lines) > len(before.lines)) >= changed
    assert [LineOut.of(line).movement for line in found.lines][: len(before.lines)] == [
        LineOut.of(line).movement for line in before.lines
    ]


async def test_a_statement_of_days_before_an_order_does_not_know_of_it(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "150.000", received_on="2026-02-15")
    before = await told(desk, contract_id)
    await desk.done(contract_id, "reschedule", instalments=20, first_due_on="2026-05-01")
    after = await told(desk, contract_id, first_on=TODAY)
    assert after.opening.outstanding_principal == before.closing.outstanding_principal
    assert after.opening.open_dues == before.closing.open_dues
    assert after.closing.open_dues != before.closing.open_dues
