"""Which orders are not for a loan from zakat, whose borrower is forgiven and never pursued?"""

from typing import Final

from services.loans.domain.chart import FundKind
from services.loans.domain.servicing.orders import OrderKind
from shared.errors import Kind, RafidError

NEVER: Final = frozenset(
    {
        OrderKind.CHARGE,
        OrderKind.RATE_CHANGE,
        OrderKind.SET_OFF,
        OrderKind.WRITE_OFF,
        OrderKind.CHARGE_OFF,
    }
)
"""Charges, rates, savings taken for a debt, and giving up in the books what stays owed."""


class OrderNotForZakat(RafidError):
    """A loan from zakat is neither charged nor pursued"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The contract is financed by zakat: an order of kind {order_kind} is not for it. Who cannot"
        " pay is forgiven (order forgiveness); nothing is added, and nothing stays owed."
    )
    order_kind: OrderKind


def require_lawful(kind: OrderKind, *, fund_kind: FundKind) -> None:
    """Raise `OrderNotForZakat` for an order that charges or pursues who borrowed zakat.

    Whoever cannot pay a qard from zakat is excused, and the only end is forgiveness (Ali
    al-Qaradaghi, fatwa of 28 November 2021).
    """
    if fund_kind is FundKind.ZAKAT and kind in NEVER:
        raise OrderNotForZakat(order_kind=kind)
