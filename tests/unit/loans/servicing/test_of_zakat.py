"""Who borrowed zakat and cannot pay is forgiven: nothing is charged, nothing stays owed."""

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.servicing import of_zakat
from services.loans.domain.servicing.of_zakat import OrderNotForZakat
from services.loans.domain.servicing.orders import OrderKind

NEVER = ("charge", "rate_change", "set_off", "write_off", "charge_off")


@pytest.mark.rule("Z-7")
@pytest.mark.parametrize("kind", NEVER)
def test_zakat_is_neither_charged_nor_written_off(kind: str) -> None:
    with pytest.raises(OrderNotForZakat) as refused:
        of_zakat.require_lawful(OrderKind(kind), fund_kind=FundKind.ZAKAT)
    assert refused.value.order_kind == kind
    of_zakat.require_lawful(OrderKind(kind), fund_kind=FundKind.WAQF)


@pytest.mark.parametrize("kind", sorted(set(OrderKind) - {OrderKind(one) for one in NEVER}))
def test_every_other_order_is_for_zakat_too(kind: OrderKind) -> None:
    of_zakat.require_lawful(kind, fund_kind=FundKind.ZAKAT)
