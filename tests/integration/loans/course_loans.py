"""Contracts of a desk whose profit every payment counts anew."""

from dataclasses import replace
from datetime import date
from typing import Any

from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.chart import FundKind
from services.loans.domain.terms import Terms
from tests.builders import make_loan, money
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk

ANEW = Charging(recalculation=Recalculation.ON_PAYMENT)


def loan(**changes: Any) -> Terms:
    """1,200.000 at 12 % in 12 months by 30/360, from 15 January 2026: 106.619 a month."""
    terms = make_loan(
        principal=money("1200.000"),
        instalments=12,
        disbursed_on=ordering.PAID_OUT_ON,
        first_due_on=date(2026, 2, 15),
    )
    return replace(terms, charging=ANEW, **changes)


async def lent(desk: Desk, **charging: Any) -> str:
    """The loan lent, with more agreed on how profit is charged."""
    terms = loan()
    terms = replace(terms, charging=replace(terms.charging, **charging))
    return await desk.lent(terms, kind=FundKind.COMMERCIAL)


async def paid(desk: Desk, contract_id: str, amount: str, on: str, **more: Any) -> Any:
    given = await desk.repay(contract_id, amount, received_on=on, **more)
    assert given.status_code == 201, given.text
    return given.json()
