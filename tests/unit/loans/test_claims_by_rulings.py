"""A product whose ruling does not cover it is refused the money of any fund."""

from dataclasses import replace

from services.loans.domain import claiming, ruled
from tests.unit.loans.test_claiming import FUND, a_purse, an_ask
from tests.unit.loans.test_ruled import register
from tests.unit.loans.test_rulings import ruling


def test_what_a_products_ruling_lacks_is_a_reason_of_the_fund() -> None:
    lending = ruling()
    purse = replace(a_purse("1000")[FUND], register=register(lending))
    assert claiming.of_kind(purse, ask=an_ask("5")) == []
    (found,) = claiming.of_kind(purse, ask=an_ask("5", ruling_id=lending.ruling_id))
    assert (found.rule, found.reason) == ("product-ruling", ruled.PRODUCT_UNCOVERED)
