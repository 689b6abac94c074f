"""An agreed fee for a late instalment is found by the agreement, asked once, and taken back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.charging import Charging
from services.loans.domain.chart import FundKind
from services.loans.domain.fees import Fee, FeeBase, FeeKind, FeeWhen
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.course_loans import loan, paid
from tests.integration.loans.ordering import Desk, cash

LATE = Fee(
    code="late",
    kind=FeeKind.PERCENT,
    when=FeeWhen.OVERDUE,
    percent=Decimal(2),
    of=FeeBase.PRINCIPAL_AND_PROFIT,
)
FEBRUARY = {"part": "penalty", "fee_code": "late", "late_due_on": "2026-02-15"}


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def lent(desk: Desk, charging: Charging | None = None) -> str:
    terms = loan(fees=(LATE,))
    terms = replace(terms, charging=charging or terms.charging)
    return await desk.lent(terms, kind=FundKind.COMMERCIAL)


async def told(desk: Desk, contract_id: str, on: str) -> list[tuple[str, str]]:
    path = f"/loans/v1/contracts/{contract_id}/late-fees"
    answer = await desk.maker.get(path, on=on)
    assert answer.status_code == 200, answer.text
    return [(one["late_due_on"], one["amount"]["amount"]) for one in answer.json()["items"]]


async def refusal(desk: Desk, contract_id: str, **members: Any) -> str:
    before = await desk.counts()
    refused = await desk.give(contract_id, "charge", **{**FEBRUARY, **members})
    assert await desk.counts() == before
    return str(refused.json()["type"]).rsplit("/", 1)[-1]


@pytest.mark.parametrize("charging", [None, Charging()], ids=["counted anew", "as agreed"])
async def test_a_late_instalment_is_asked_its_fee_once_and_never_a_sum_of_ones_own(
    desk: Desk, charging: Charging | None
) -> None:
    """Instalments of 106.619; the first is paid four days late, the second on its day."""
    contract_id = await lent(desk, charging)
    await paid(desk, contract_id, "106.619", "2026-02-19")
    await paid(desk, contract_id, "106.619", "2026-03-15")
    before = await desk.position(contract_id), await desk.balances(contract_id)
    assert await told(desk, contract_id, "2026-02-15") == []
    assert await told(desk, contract_id, "2026-04-01") == [("2026-02-15", "2.132")]
    assert await refusal(desk, contract_id, late_due_on="2026-03-15") == "not-paid-late"
    assert await refusal(desk, contract_id, late_due_on="2026-02-16") == "not-paid-late"
    assert await refusal(desk, contract_id, fee_code="visit") == "late-fee-not-agreed"
    assert await refusal(desk, contract_id, amount=cash("9.000")) == "order-member-wrong"
    given = await desk.done(contract_id, "charge", **FEBRUARY)
    assert given["members"]["amount_minor"] == 2_132
    assert await told(desk, contract_id, "2026-04-01") == []
    assert await refusal(desk, contract_id) == "late-fee-asked"
    assert await desk.faults() == {}
    await desk.undone(given)
    assert (await desk.position(contract_id), await desk.balances(contract_id)) == before
    assert await told(desk, contract_id, "2026-04-01") == [("2026-02-15", "2.132")]
    assert await desk.faults() == {}


async def test_a_payment_dated_back_to_its_day_was_not_late(desk: Desk) -> None:
    contract_id = await lent(desk)
    assert len(await told(desk, contract_id, "2026-03-01")) == 1
    await paid(desk, contract_id, "106.619", "2026-02-15")
    assert await told(desk, contract_id, "2026-03-01") == []
    assert await refusal(desk, contract_id) == "not-paid-late"


async def penalty(desk: Desk, contract_id: str) -> Decimal:
    told = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}/schedule")).json()
    return sum((Decimal(one["penalty"]["amount"]) for one in told["instalments"]), Decimal(0))


async def test_a_sum_of_ones_own_is_charged_by_two(desk: Desk) -> None:
    contract_id = await lent(desk)
    owed = await penalty(desk, contract_id)
    free = {"part": "penalty", "amount": cash("5.000"), "due_on": "2026-02-15"}

    given = (await desk.give(contract_id, "charge", **free)).json()

    assert given["state"] == "proposed"
    assert await penalty(desk, contract_id) == owed
    own = await desk.approve(given, by=desk.maker)
    assert own.status_code == 403, own.text
    assert (await desk.approve(given)).json()["state"] == "in_force"
    assert await penalty(desk, contract_id) == owed + Decimal(5)
    agreed = await desk.give(contract_id, "charge", **FEBRUARY)
    assert agreed.json()["state"] == "in_force", "what the terms agreed is nobody's to choose"
