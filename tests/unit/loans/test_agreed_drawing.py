"""What is drawn in parts, or grows, is signed only where it can be served."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import agreement
from services.loans.domain.agreement import Agreement
from services.loans.domain.amortisation import (
    Amortisation,
    AmortisationKind,
    ProfitJoinsPrincipal,
    Shortfall,
)
from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.product import Asked, Limits, Product
from services.loans.domain.schedule import RepaidTooEarly
from services.loans.domain.terms import ChargeMethod, ModeOfFinance
from services.loans.domain.trading import TermsNotOfMode
from tests.builders import money
from tests.integration.loans.signing import loan, qard

LATER = Drawing(tranches=(Tranche(on=date(2026, 5, 20), amount=money("400.000")),))
ABOVE = Limits(least=money("1000.000"), usual=money("1000.000"), most=money("5000.000"))
BELOW_PROFIT = Amortisation(
    kind=AmortisationKind.FIXED_INSTALMENT,
    instalment=money("8.000"),
    shortfall=Shortfall.CAPITALISE,
)


def agree(offered: Product) -> Agreement:
    asked = Asked(amount=money("1000.000"), term_months=12, grace_months=0)
    day = date(2026, 3, 10)
    return agreement.agree(offered, asked=asked, on=day, first_due_on=None, country="JO")


def test_tranches_are_signed_with_the_plan_of_all_of_them() -> None:
    agreed = agree(loan(amount=ABOVE, drawing=LATER))
    assert sum(due.principal.minor for due in agreed.instalments) == 1_000_000


def test_tranches_whose_first_alone_cannot_be_served_are_not_signed() -> None:
    large = Amortisation(kind=AmortisationKind.FIXED_INSTALMENT, instalment=money("90.000"))
    assert agree(loan(amount=ABOVE, amortisation=large)).instalments[-1].principal.is_positive
    with pytest.raises(RepaidTooEarly):
        agree(loan(amount=ABOVE, amortisation=large, drawing=LATER))


@pytest.mark.parametrize(
    "drawing",
    [LATER, Drawing(down_payment_percent=Decimal(10), down_payment_first=True)],
)
def test_a_mode_that_pays_the_supplier_draws_nothing_in_parts(drawing: Drawing) -> None:
    sale: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance("murabaha"),
        "charge_method": ChargeMethod.FLAT,
        "annual_rate": Limits(least=Decimal("0.1"), usual=Decimal("0.1"), most=Decimal("0.1")),
    }
    if drawing.tranches:
        sale["charge_method"] = ChargeMethod.DECLINING_BALANCE
    with pytest.raises(TermsNotOfMode):
        agree(qard(amount=ABOVE, drawing=drawing, **sale))
    whole = agree(qard(amount=ABOVE, drawing=Drawing(), **sale))
    assert sum(due.principal.minor for due in whole.instalments) == 1_000_000


def test_where_payments_count_profit_anew_each_tranche_can_be_the_last_drawn() -> None:
    anew = Charging(recalculation=Recalculation.ON_PAYMENT)
    agreed = agree(loan(amount=ABOVE, drawing=LATER, charging=anew))
    assert sum(due.principal.minor for due in agreed.instalments) == 1_000_000


def test_a_loan_that_grows_is_signed_without_a_negative_instalment() -> None:
    agreed = agree(loan(amortisation=BELOW_PROFIT))
    assert min(due.principal.minor for due in agreed.instalments) == 0
    assert sum(due.principal.minor for due in agreed.instalments) == 1_000_000
    assert {due.total for due in agreed.instalments[:-1]} == {money("8.000")}


def test_a_loan_that_grows_is_neither_drawn_in_tranches_nor_lent_under_sharia() -> None:
    with pytest.raises(TermsInvalid) as refused:
        agree(loan(amount=ABOVE, amortisation=BELOW_PROFIT, drawing=LATER))
    assert refused.value.member == "amortisation.shortfall"
    with pytest.raises(ProfitJoinsPrincipal):
        qard(amortisation=BELOW_PROFIT)
