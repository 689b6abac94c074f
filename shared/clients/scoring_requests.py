"""What is asked of scoring, as it stands on the wire?

A request carries ids, codes and numbers, never a name, a document, a sex or an age. Amounts are
`MoneyBody`, rates decimal fractions a year ("0.18"), shares decimal fractions of one.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.schemas import LATER, Body, MoneyBody

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Rate = Annotated[Decimal, Field(ge=0, le=10, max_digits=8, decimal_places=6)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=7, decimal_places=6)]
Ratio = Annotated[Decimal, Field(gt=0, le=100, max_digits=9, decimal_places=6)]
Number = Annotated[Decimal, Field(ge=-1_000_000, le=1_000_000, max_digits=13, decimal_places=6)]
Months = Annotated[int, Field(ge=1, le=120)]
GraceMonths = Annotated[int, Field(ge=0, le=24)]

Weight = Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6)]
Part = Annotated[Decimal, Field(ge=0, le=1_000, max_digits=10, decimal_places=6)]
Frequency = Literal["weekly", "biweekly", "monthly", "quarterly", "half_yearly", "yearly"]
Source = Annotated[str, Field(min_length=1, max_length=300)]

BATCH_MAX = 500


class ProductLimits(Body):
    """The product version's limits: between them the menu is made.

    `annual_rate_default` is what the product asks today; it is the rate of the asked instalment.
    Qard hasan has no rate: all three are zero, and its charge method is none. Between lowest and
    highest rate lie at most 200 steps. `frequencies` are the ways to pay that the menu tries
    (absent: monthly); with `seasonal` instalments follow the months where equal ones do not pass.
    """

    product_id: UUID
    version: Annotated[int, Field(ge=1)]
    mode_of_finance: Literal["qard", "conventional"]
    charge_method: Literal["declining_balance", "flat", "none"]
    amount_min: MoneyBody
    amount_max: MoneyBody
    term_months_min: Months
    term_months_max: Months
    annual_rate_min: Rate
    annual_rate_default: Rate
    annual_rate_max: Rate
    annual_rate_step: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)] = Decimal("0.01")
    grace_months_max: GraceMonths = 0
    frequencies: Annotated[list[Frequency] | None, Field(min_length=1, max_length=6), LATER] = None
    seasonal: Annotated[bool | None, LATER] = None


class Household(Body):
    """What comes in and goes out in an ordinary month, household and business apart.

    Sales are as told: the policy's haircut is taken from them. `debt_service` is what other
    lenders are paid every month.
    """

    other_income: MoneyBody
    sales: MoneyBody
    business_costs: MoneyBody
    household_costs: MoneyBody
    debt_service: MoneyBody


class SeasonMonth(Household):
    """One month of the year; `verified_income` is what somebody has proven of its income."""

    verified_income: Annotated[MoneyBody | None, LATER] = None


class ContractReceipt(Body):
    """What a signed contract will pay: in which month, by how many months late, how surely.

    `discount` is the share that is not counted on; `proof` names the evidence the caller keeps.
    """

    month: Months
    amount: MoneyBody
    delay_months: GraceMonths = 1
    discount: Share = Decimal("0.20")
    proof: Annotated[str, Field(min_length=1, max_length=80)]


class Season(Body):
    """Twelve months, the first is the one after payment, and what is saved on the first day."""

    months: Annotated[list[SeasonMonth], Field(min_length=12, max_length=12)]
    buffer: MoneyBody
    receipts: Annotated[list[ContractReceipt] | None, Field(max_length=60), LATER] = None


class OtherDebt(Body):
    """A debt elsewhere, told by the applicant or by a credit bureau, and its monthly burden."""

    source: Literal["declared", "bureau"]
    lender: Annotated[str, Field(min_length=1, max_length=80)]
    monthly: MoneyBody
    as_of: date


class AffordabilityPolicy(Body):
    """How careful the institution is; every figure is a choice of its committee, not a law.

    `debt_service_outer` is the limit of the place, `lowest_month_share` that of all debts in the
    poorest month's verified income; `limits_source` says where they come from. With
    `month_without_income` a year is tried with one month that brings nothing.
    """

    sales_haircut: Share = Decimal("0.20")
    income_stress: Share = Decimal("0.20")
    cost_stress: Share = Decimal("0.10")
    debt_service_limit: Share = Decimal("0.40")
    cover_minimum: Ratio = Decimal("1.20")
    stressed_cover_minimum: Ratio = Decimal("1.00")
    debt_service_outer: Annotated[Share | None, LATER] = None
    lowest_month_share: Annotated[Share | None, LATER] = None
    month_without_income: Annotated[bool | None, LATER] = None
    limits_source: Annotated[Source | None, LATER] = None


class FundPrice(Body):
    """What the money of this loan costs the institution.

    `cost_of_funds` is a nominal rate a year; `operating_cost` falls at disbursement, and
    `operating_cost_monthly` in each month the loan lives; `fee_share` and `margin_share` are
    shares of the principal. `subsidy_available` is what a fund may bear for this loan; absent
    means without limit. `annual_rate_ceiling` is the legal cap on the effective rate, if any, and
    `ceiling_source` the rule that sets it and since when; `nominal_rate_ceiling` is one on the rate
    as it is charged, fees apart. `hazard_ages` are the relative risks of
    equal parts of the term; `burden_log_odds` is added to the log odds of default for each 0.10
    of debt service share; `guaranteed_share` is the share of a loss that a guarantee pays: it
    makes a loss smaller and nothing easier to pay. `fee_flat` is a fee kept back of the principal
    beside `fee_share`, an amount whatever the principal is.
    """

    cost_of_funds: Rate
    operating_cost: MoneyBody
    operating_cost_monthly: MoneyBody
    loss_given_default: Share = Decimal("0.60")
    fee_share: Share = Decimal(0)
    margin_share: Share = Decimal(0)
    subsidy_available: MoneyBody | None = None
    annual_rate_ceiling: Rate | None = None
    ceiling_source: Annotated[Source | None, LATER] = None
    nominal_rate_ceiling: Annotated[Rate | None, LATER] = None
    nominal_ceiling_source: Annotated[Source | None, LATER] = None
    hazard_ages: Annotated[list[Part] | None, Field(min_length=2, max_length=60), LATER] = None
    burden_log_odds: Annotated[Weight | None, LATER] = None
    guaranteed_share: Annotated[Share | None, LATER] = None
    fee_flat: Annotated[MoneyBody | None, LATER] = None


class FundChoice(Body):
    """A fund that may serve, by its own checks: its price, what it has free (absent: enough)."""

    fund_id: UUID
    price: FundPrice
    free: Annotated[MoneyBody | None, LATER] = None


class ProductChoice(Body):
    """Another product the applicant may have: its limits, and its price or that of each fund."""

    product: ProductLimits
    price: Annotated[FundPrice | None, LATER] = None
    funds: Annotated[list[FundChoice] | None, Field(min_length=1, max_length=12), LATER] = None


class GrantChoice(Body):
    """A fund that may give without return to this applicant, by its own checks, and why."""

    fund_id: UUID
    zakat_class: Code
    free: Annotated[MoneyBody | None, LATER] = None


class MenuWeights(Body):
    """What "best" means to the institution: the weight of each drawback, as its committee set it.

    Cost, subsidy and missing amount are shares of the amount, the term counts in years.
    """

    total_cost: Weight
    burden: Weight
    subsidy: Weight
    term_years: Weight
    amount_missing: Weight
    term_moved: Weight


class HardFacts(Body):
    """What no points can mend: each is asked by the lender's own rules and answered yes or no.

    Legal age is answered by the lender, so that no age is told.
    """

    of_legal_age: bool
    identity_proven: bool = True
    activity_permitted: bool = True
    in_default_now: bool = False


Objective = Literal["balanced", "lowest_cost", "lowest_instalment", "lowest_subsidy"]


class AssessmentRequest(Body):
    """One application as scoring may see it; `assessment_id` is the caller's, and names it once.

    Every amount is in the currency of `amount`. `branch_id` lets staff of that branch read the
    opinion; without it only staff of every branch may. `characteristics` holds numbers and codes
    by the names of the scorecard; what is absent counts as unknown. With `season` every month is
    reckoned; what `debts` add up to counts where it is more than the debt service told. With
    `funds` and `alternatives` the menu is over all of them; `weights` stand instead of those of
    the objective; `grant` is a fund that may give to this applicant. `refuses_automation`: who
    applied does not want to be decided on by a program, and waits for a person.
    """

    assessment_id: UUID
    application_id: UUID
    branch_id: UUID | None = None
    product: ProductLimits
    amount: MoneyBody
    term_months: Months
    grace_months: GraceMonths = 0
    household: Household
    characteristics: Annotated[dict[Code, Number | bool | Code | None], Field(max_length=64)]
    hard_facts: HardFacts
    price: FundPrice
    policy: AffordabilityPolicy = AffordabilityPolicy()
    objective: Objective = "balanced"
    season: Annotated[Season | None, LATER] = None
    debts: Annotated[list[OtherDebt] | None, Field(max_length=40), LATER] = None
    funds: Annotated[list[FundChoice] | None, Field(min_length=1, max_length=12), LATER] = None
    alternatives: Annotated[
        list[ProductChoice] | None, Field(min_length=1, max_length=8), LATER
    ] = None
    weights: Annotated[MenuWeights | None, LATER] = None
    grant: Annotated[GrantChoice | None, LATER] = None
    refuses_automation: Annotated[bool | None, LATER] = None


class AssessmentBatch(Body):
    """Up to 500 applications at once, each of them judged for itself."""

    requests: Annotated[list[AssessmentRequest], Field(min_length=1, max_length=BATCH_MAX)]
