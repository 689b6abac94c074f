"""Contracts as orders find them, for tests of what orders make of them."""

from datetime import date
from typing import Any
from uuid import UUID

from services.loans.domain import allocation, schedule
from services.loans.domain.chart import FundKind
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing import deciding
from services.loans.domain.servicing.deciding import Decided, History, Step
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.servicing.rows import Row, Rows
from services.loans.domain.servicing.shape import Shape, Standing
from services.loans.domain.terms import Terms
from tests.builders import CONTRACT, an_id, make_fund_accounts, make_loan, make_qard, money

BORROWER = an_id("borrower")
PAID_OUT_ON = date(2026, 1, 15)
TODAY = date(2026, 3, 20)


def rows_of(terms: Terms) -> Rows:
    """The instalments of a schedule as the rows of a first generation."""
    return tuple(
        Row(due.due_on, due.principal.minor, due.profit.minor, due.fee.minor)
        for due in schedule.schedule(terms)
    )


def stand(
    terms: Terms | None = None, *, received: int = 0, kind: FundKind | None = None, **changes: Any
) -> Standing:
    """A loan that was paid out, with some repayments."""
    terms = terms or make_loan()
    fund = make_fund_accounts(kind or FundKind.COMMERCIAL, terms.currency)
    members: dict[str, Any] = {
        "contract_id": CONTRACT,
        "terms": terms,
        "fund": fund,
        "order": allocation.order_of(terms.allocation_order),
        "status": ContractStatus.ACTIVE,
        "shape": Shape(rows=rows_of(terms), borrower_id=BORROWER),
        "paid_out": terms.principal.minor,
        "received": received,
        "opened_on": terms.disbursed_on,
        "sharia_bound": False,
    }
    return Standing(**members | changes)


def free(received: int = 0, *, kind: FundKind = FundKind.ZAKAT, **changes: Any) -> Standing:
    """A qard of 1,200.000 TND in twelve of 100.000."""
    terms = make_qard(principal=money("1200.000", "TND"))
    return stand(terms, received=received, kind=kind, **changes)


def order(kind: OrderKind, on: date = TODAY, **members: Any) -> Asked:
    reason = members.pop("reason", OrderReason.AGREEMENT)
    return Asked(kind=kind, effective_on=on, reason=reason, **members)


def history(standing: Standing, *steps: Step) -> History:
    origin = Shape(rows=rows_of(standing.terms), borrower_id=BORROWER)
    return History(origin=origin, steps=steps)


def step(name: str, asked: Asked, received: int = 0) -> Step:
    return Step(order_id=order_id(name), asked=asked, received=received)


def order_id(name: str) -> UUID:
    return an_id(f"order {name}")


def decide(
    standing: Standing,
    asked: Asked,
    *steps: Step,
    today: date = TODAY,
    closed_through: date | None = None,
) -> Decided:
    return deciding.decide(
        standing,
        asked,
        history=history(standing, *steps),
        earliest=PAID_OUT_ON,
        today=today,
        closed_through=closed_through,
    )
