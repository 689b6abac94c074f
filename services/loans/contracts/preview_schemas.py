"""What does a loan that is only tried out look like on the wire, alone and in a list?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.loans.contracts.schemas import AgreementOut, PreviewIn
from services.loans.domain import due_dates
from services.loans.domain.terms import (
    ALLOCATION_ORDER,
    INSTALMENTS_MAX,
    ChargeMethod,
    Component,
    Frequency,
    ModeOfFinance,
    ResidueRule,
    Terms,
)
from services.loans.products.schemas import FeeBody
from services.loans.products.term_bodies import (
    AmortisationBody,
    ChargingBody,
    DatingBody,
    DrawingBody,
    EarlySettlementBody,
    Rate,
    SavingsBody,
)
from shared.calendar import MovingRule
from shared.money import Rounding
from shared.periods import DayCount, MonthEndRule
from shared.schemas import Body, MoneyBody

LISTED_MAX = 50
LISTED_INSTALMENTS_MAX = 3_000


class TermsIn(Body):
    """Terms of any kind, of a product or not; without days they start today."""

    mode_of_finance: ModeOfFinance
    charge_method: ChargeMethod
    principal: MoneyBody
    annual_rate: Rate = Decimal(0)
    instalments: Annotated[int, Field(ge=1, le=INSTALMENTS_MAX)]
    frequency: Frequency = Frequency.MONTHLY
    disbursed_on: date | None = None
    first_due_on: date | None = None
    principal_grace: Annotated[int, Field(ge=0, le=INSTALMENTS_MAX)] = 0
    fees: Annotated[tuple[FeeBody, ...], Field(max_length=10)] = ()
    rounding: Rounding = "half_even"
    residue_rule: ResidueRule = ResidueRule.LAST_INSTALMENT
    day_count: DayCount = "30/360"
    month_end_rule: MonthEndRule = "clamp"
    moving_rule: MovingRule = "none"
    allocation_order: tuple[Component, ...] = ALLOCATION_ORDER
    amortisation: AmortisationBody = AmortisationBody()
    charging: ChargingBody = ChargingBody()
    dating: DatingBody = DatingBody()
    drawing: DrawingBody = DrawingBody()
    savings: SavingsBody = SavingsBody()
    early_settlement: EarlySettlementBody = EarlySettlementBody()

    def terms(self, *, today: date, country: str) -> Terms:
        """Give the terms as the domain knows them; raises what `Terms` raises.

        Without a first due date it lies one step after the first period starts.
        """
        disbursed_on = self.disbursed_on or today
        terms = Terms(
            mode_of_finance=self.mode_of_finance,
            charge_method=self.charge_method,
            principal=self.principal.money(),
            annual_rate=self.annual_rate,
            instalments=self.instalments,
            frequency=self.frequency,
            disbursed_on=disbursed_on,
            first_due_on=self.first_due_on or disbursed_on + timedelta(days=1),
            principal_grace=self.principal_grace,
            fees=tuple(fee.fee() for fee in self.fees),
            rounding=self.rounding,
            residue_rule=self.residue_rule,
            day_count=self.day_count,
            month_end_rule=self.month_end_rule,
            moving_rule=self.moving_rule,
            country=country if self.moving_rule != "none" else "",
            allocation_order=self.allocation_order,
            amortisation=self.amortisation.value(),
            charging=self.charging.value(),
            dating=self.dating.value(),
            drawing=self.drawing.value(),
            savings=self.savings.value(),
            early_settlement=self.early_settlement.value(),
        )
        if self.first_due_on is not None:
            return terms
        return replace(terms, first_due_on=due_dates.usual_first(terms))


class WhatIfIn(Body):
    """One loan to try out: of a product, or on terms of its own."""

    of_product: PreviewIn | None = None
    on_terms: TermsIn | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.of_product is None) is (self.on_terms is None):
            raise ValueError("either of_product or on_terms")
        return self


class WhatIfsIn(Body):
    """Loans to try out together, of a few thousand instalments in all."""

    items: Annotated[list[WhatIfIn], Field(min_length=1, max_length=LISTED_MAX)]

    @model_validator(mode="after")
    def _is_computed_soon(self) -> Self:
        asked = sum(item.on_terms.instalments for item in self.items if item.on_terms)
        if asked > LISTED_INSTALMENTS_MAX:
            raise ValueError(f"at most {LISTED_INSTALMENTS_MAX} instalments in one list")
        return self


class RefusalOut(Body):
    """Why a loan of the list cannot be: type, title and sentence of the problem."""

    type: str
    title: str
    detail: str


class WhatIfOut(Body):
    """What would be signed, or why nothing can be."""

    agreement: AgreementOut | None = None
    refusal: RefusalOut | None = None


class WhatIfsOut(Body):
    """One answer for each loan asked about, in the same order."""

    items: list[WhatIfOut]
