"""What does a product look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

from pydantic import Field

from services.loans.domain.chart import FundKind
from services.loans.domain.fees import (
    DAYS_AFTER_MAX,
    Fee,
    FeeBase,
    FeeKind,
    FeePurpose,
    FeeWhen,
)
from services.loans.domain.lawful import Used
from services.loans.domain.opinion import AS_USUAL
from services.loans.domain.price import Price
from services.loans.domain.product import Limits, Policy, Product
from services.loans.domain.terms import (
    ALLOCATION_ORDER,
    ChargeMethod,
    Component,
    Frequency,
    ModeOfFinance,
    ResidueRule,
)
from services.loans.institutions.schemas import NamesBody
from services.loans.products.opinion_bodies import OpinionBody
from services.loans.products.opinion_bodies import Told as OpinionTold
from services.loans.products.queries import Listed
from services.loans.products.term_bodies import (
    AmortisationBody,
    ChargingBody,
    DatingBody,
    DrawingBody,
    EarlySettlementBody,
    Rate,
    SavingsBody,
)
from services.loans.rulebook.schemas import FactOut
from shared.calendar import MovingRule
from shared.ids import ProductId
from shared.money import Rounding
from shared.periods import DayCount, MonthEndRule
from shared.schemas import LATER, Body, Instant, MoneyBody

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", examples=["QARD-1"])]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)]
Months = Annotated[int, Field(ge=0, le=120)]
Points = Annotated[int, Field(ge=-10_000, le=10_000)]

Limited = TypeVar("Limited")


class LimitsBody(Body, Generic[Limited]):
    """The least, the usual and the most of one member."""

    min: Limited
    default: Limited
    max: Limited


class FeeBody(Body):
    """A charge: `amount` for a flat one, `percent` of a base for the other.

    One `on_date` names how many days after the disbursement it falls due, or the day.
    """

    code: Code
    kind: FeeKind
    when: FeeWhen
    amount: MoneyBody | None = None
    percent: Annotated[Decimal, Field(gt=0, le=100, decimal_places=6)] | None = None
    documented_cost: MoneyBody | None = None
    base: FeeBase = FeeBase.PRINCIPAL
    purpose: FeePurpose = FeePurpose.SERVICE
    due_on: date | None = None
    days_after: Annotated[int, Field(ge=0, le=DAYS_AFTER_MAX)] | None = None

    def fee(self) -> Fee:
        """Give the fee as the domain knows it. Raises `FeeUnclear`."""
        cost = self.documented_cost
        return Fee(
            code=self.code,
            kind=self.kind,
            when=self.when,
            amount=None if self.amount is None else self.amount.money(),
            percent=self.percent,
            documented_cost=None if cost is None else cost.money(),
            of=self.base,
            purpose=self.purpose,
            due_on=self.due_on,
            days_after=self.days_after,
        )

    @classmethod
    def of(cls, fee: Fee) -> Self:
        """Write a fee."""
        amount, cost = fee.amount, fee.documented_cost
        return cls(
            code=fee.code,
            kind=fee.kind,
            when=fee.when,
            amount=None if amount is None else MoneyBody.of(amount),
            percent=fee.percent,
            documented_cost=None if cost is None else MoneyBody.of(cost),
            base=fee.of,
            purpose=fee.purpose,
            due_on=fee.due_on,
            days_after=fee.days_after,
        )


class PriceBody(Body):
    """What the money of a loan costs the institution; scoring prices with it."""

    cost_of_funds: Rate
    operating_cost: MoneyBody
    operating_cost_monthly: MoneyBody
    loss_given_default: Share = Decimal("0.60")
    margin_share: Share = Decimal(0)
    annual_rate_step: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)] = Decimal("0.01")

    def price(self) -> Price:
        """Give the price as the domain knows it."""
        return Price(
            cost_of_funds=self.cost_of_funds,
            operating_cost=self.operating_cost.money(),
            operating_cost_monthly=self.operating_cost_monthly.money(),
            loss_given_default=self.loss_given_default,
            margin_share=self.margin_share,
            annual_rate_step=self.annual_rate_step,
        )

    @classmethod
    def of(cls, price: Price) -> Self:
        """Write a price."""
        return cls(
            cost_of_funds=price.cost_of_funds,
            operating_cost=MoneyBody.of(price.operating_cost),
            operating_cost_monthly=MoneyBody.of(price.operating_cost_monthly),
            loss_given_default=price.loss_given_default,
            margin_share=price.margin_share,
            annual_rate_step=price.annual_rate_step,
        )


class PolicyBody(Body):
    """The rules of decision on the points of the score; automatic only where it says so."""

    approve_points_from: Points | None = None
    reject_points_below: Points | None = None
    automatic: bool = False


class ProductVersionIn(Body):
    """What is offered from now on; applications already taken keep their version.

    `ruling`: the reference or id of the ruling of the Sharia register under which a mode that
    follows the Sharia is offered.
    """

    name: NamesBody
    mode_of_finance: ModeOfFinance
    charge_method: ChargeMethod
    amount: LimitsBody[MoneyBody]
    term_months: LimitsBody[Months]
    annual_rate: LimitsBody[Rate]
    grace_months: LimitsBody[Months]
    frequency: Frequency = Frequency.MONTHLY
    fees: Annotated[tuple[FeeBody, ...], Field(max_length=10)] = ()
    allocation_order: Annotated[tuple[Component, ...], Field(min_length=3, max_length=4)] = (
        ALLOCATION_ORDER
    )
    fund_kinds: Annotated[list[FundKind], Field(min_length=1, max_length=5)]
    residue_rule: ResidueRule = ResidueRule.LAST_INSTALMENT
    moving_rule: MovingRule = "none"
    rounding: Rounding = "half_even"
    day_count: DayCount = "30/360"
    month_end_rule: MonthEndRule = "clamp"
    amortisation: AmortisationBody = AmortisationBody()
    charging: ChargingBody = ChargingBody()
    dating: DatingBody = DatingBody()
    drawing: DrawingBody = DrawingBody()
    savings: SavingsBody = SavingsBody()
    early_settlement: EarlySettlementBody = EarlySettlementBody()
    price: PriceBody
    policy: PolicyBody = PolicyBody()
    opinion: OpinionTold = None
    least_age_years: Annotated[int, Field(ge=0, le=120)]
    offered: bool = True
    ruling: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def product(self, *, product_id: ProductId, version: int, code: str) -> Product:
        """Give the product as the domain knows it; raises what `Product` raises."""
        return Product(
            product_id=product_id,
            version=version,
            code=code,
            mode_of_finance=self.mode_of_finance,
            charge_method=self.charge_method,
            amount=Limits(
                least=self.amount.min.money(),
                usual=self.amount.default.money(),
                most=self.amount.max.money(),
            ),
            term_months=_limits(self.term_months),
            annual_rate=Limits(
                least=self.annual_rate.min,
                usual=self.annual_rate.default,
                most=self.annual_rate.max,
            ),
            grace_months=_limits(self.grace_months),
            frequency=self.frequency,
            fund_kinds=frozenset(self.fund_kinds),
            fees=tuple(fee.fee() for fee in self.fees),
            allocation_order=self.allocation_order,
            residue_rule=self.residue_rule,
            moving_rule=self.moving_rule,
            rounding=self.rounding,
            day_count=self.day_count,
            month_end_rule=self.month_end_rule,
            amortisation=self.amortisation.value(),
            charging=self.charging.value(),
            dating=self.dating.value(),
            drawing=self.drawing.value(),
            savings=self.savings.value(),
            early_settlement=self.early_settlement.value(),
            price=self.price.price(),
            policy=Policy(
                approve_points_from=self.policy.approve_points_from,
                reject_points_below=self.policy.reject_points_below,
                is_automatic=self.policy.automatic,
            ),
            opinion=AS_USUAL if self.opinion is None else self.opinion.rules(),
            least_age_years=self.least_age_years,
            is_offered=self.offered,
        )


class FollowIn(Body):
    """The review of rates whose adopted policy a product takes over."""

    review_id: UUID


class ProductIn(ProductVersionIn):
    """A new product with its first version."""

    code: Code


class ProductOut(Body):
    """One version of a product."""

    product_id: UUID
    code: str
    version: int
    name: NamesBody
    mode_of_finance: ModeOfFinance
    charge_method: ChargeMethod
    amount: LimitsBody[MoneyBody]
    term_months: LimitsBody[int]
    annual_rate: LimitsBody[Decimal]
    grace_months: LimitsBody[int]
    frequency: Frequency
    fees: list[FeeBody]
    allocation_order: list[Component]
    fund_kinds: list[FundKind]
    residue_rule: ResidueRule
    moving_rule: MovingRule
    rounding: Rounding
    day_count: DayCount
    month_end_rule: MonthEndRule
    amortisation: AmortisationBody
    charging: ChargingBody
    dating: DatingBody
    drawing: DrawingBody
    savings: SavingsBody
    early_settlement: EarlySettlementBody
    price: PriceBody
    policy: PolicyBody
    opinion: OpinionTold = None
    least_age_years: int
    offered: bool
    ruling_id: UUID | None = None
    review_id: Annotated[UUID | None, LATER] = None
    recorded_at: Instant

    @classmethod
    def of(cls, listed: Listed) -> Self:
        """Write a version of a product."""
        product, row = listed.product, listed.row
        return cls(
            product_id=product.product_id,
            code=product.code,
            version=product.version,
            name=NamesBody(ar=row.name_ar, fr=row.name_fr, en=row.name_en),
            mode_of_finance=product.mode_of_finance,
            charge_method=product.charge_method,
            amount=LimitsBody(
                min=MoneyBody.of(product.amount.least),
                default=MoneyBody.of(product.amount.usual),
                max=MoneyBody.of(product.amount.most),
            ),
            term_months=_limits_out(product.term_months),
            annual_rate=LimitsBody(
                min=plain(product.annual_rate.least),
                default=plain(product.annual_rate.usual),
                max=plain(product.annual_rate.most),
            ),
            grace_months=_limits_out(product.grace_months),
            frequency=product.frequency,
            fees=[FeeBody.of(fee) for fee in product.fees],
            allocation_order=list(product.allocation_order),
            fund_kinds=sorted(product.fund_kinds),
            residue_rule=product.residue_rule,
            moving_rule=product.moving_rule,
            rounding=product.rounding,
            day_count=product.day_count,
            month_end_rule=product.month_end_rule,
            amortisation=AmortisationBody.of(product.amortisation),
            charging=ChargingBody.of(product.charging),
            dating=DatingBody.of(product.dating),
            drawing=DrawingBody.of(product.drawing),
            savings=SavingsBody.of(product.savings),
            early_settlement=EarlySettlementBody.of(product.early_settlement),
            price=PriceBody.of(product.price),
            policy=PolicyBody(
                approve_points_from=product.policy.approve_points_from,
                reject_points_below=product.policy.reject_points_below,
                automatic=product.policy.is_automatic,
            ),
            opinion=OpinionBody.of(product.opinion),
            least_age_years=product.least_age_years,
            offered=product.is_offered,
            ruling_id=product.ruling_id,
            review_id=row.review_id,
            recorded_at=row.recorded_at,
        )


class OfferedOut(ProductOut):
    """A product just offered, with the facts of the rulebook that it rests on."""

    facts: list[FactOut] = []

    @classmethod
    def of_offer(cls, listed: Listed, *, facts: Sequence[Used]) -> Self:
        """Write a product with the facts."""
        told = ProductOut.of(listed).model_copy()
        found = [FactOut.of(used) for used in facts]
        return cls.model_construct(**dict(told), facts=found)


def plain(rate: Decimal) -> Decimal:
    """Give a rate without the zeros that the database keeps behind it: 0.180000 is 0.18."""
    return Decimal(f"{rate.normalize():f}")


def _limits(body: LimitsBody[int]) -> Limits[int]:
    return Limits(least=body.min, usual=body.default, most=body.max)


def _limits_out(limits: Limits[int]) -> LimitsBody[int]:
    return LimitsBody(min=limits.least, default=limits.usual, max=limits.most)
