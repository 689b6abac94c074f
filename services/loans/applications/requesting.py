"""What is asked of scoring about one application: all that we know, and nobody's name?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.loans.applications import queries
from services.loans.applications.requests.queries import AssessmentFile
from services.loans.applications.tables import ApplicationRow
from services.loans.domain import application as domain
from services.loans.domain import rate_caps
from services.loans.domain.borrower import BorrowerKind
from services.loans.domain.cash_flow import Month
from services.loans.domain.chart import FundKind
from services.loans.domain.fees import FeeBase, FeeKind, FeeWhen
from services.loans.domain.household import Household
from services.loans.domain.lawful import Book, Used
from services.loans.domain.product import Product
from services.loans.domain.rate_caps import Cap
from services.loans.domain.serving import FundAnswer, GiftAnswer, GuaranteeAnswer, Serving
from services.loans.domain.terms import ChargeMethod, Frequency
from shared.clients import scoring_requests as wire
from shared.clients.scoring_requests import AssessmentRequest, FundChoice, FundPrice
from shared.money import Money
from shared.rulebook import Condition
from shared.schemas import MoneyBody

ZERO, ONE = Decimal(0), Decimal(1)
RHYTHMS: Final[Mapping[Frequency, wire.Frequency]] = {
    Frequency.WEEKLY: "weekly",
    Frequency.BIWEEKLY: "biweekly",
    Frequency.QUARTERLY: "quarterly",
    Frequency.HALF_YEARLY: "half_yearly",
    Frequency.YEARLY: "yearly",
}
"""The rhythms that the menu tries beside the monthly one; any other is reckoned by the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A request that is not kept yet, with what every fund said and the facts it rests on."""

    row: ApplicationRow
    request: AssessmentRequest
    serving: Serving
    facts: tuple[Used, ...]


def compose(file: AssessmentFile, *, serving: Serving, book: Book, on: date) -> Composed:
    """Compose what is asked about one application."""
    request, facts = request_of(file, serving=serving, book=book, on=on)
    return Composed(row=file.row, request=request, serving=serving, facts=facts)


def request_of(
    file: AssessmentFile, *, serving: Serving, book: Book, on: date
) -> tuple[AssessmentRequest, tuple[Used, ...]]:
    """What is asked of scoring, and the facts of the rulebook that it rests on.

    Ids, codes and numbers, neither name nor age nor sex. Where no fund may serve, none is named
    and the product's own price stands.
    """
    row, product, borrower = file.row, file.product, file.borrower
    told: dict[str, Condition] = {**file.told, "mode_of_finance": product.mode_of_finance.value}
    effective, nominal = (
        rate_caps.rate_cap(book, unit=unit, told=told, on=on) for unit in ("effective", "nominal")
    )
    asked = Money(row.amount_minor, row.currency)
    price = _price(product, effective, nominal, guarantee=serving.guarantee)
    request = AssessmentRequest(
        assessment_id=queries.assessment_id_of(row.application_id, round_=row.round),
        application_id=row.application_id,
        branch_id=row.branch_id,
        product=_limits(product),
        amount=MoneyBody.of(asked),
        term_months=row.term_months,
        grace_months=row.grace_months,
        household=_household(file.household),
        characteristics=row.characteristics,
        hard_facts=wire.HardFacts(
            of_legal_age=domain.is_of_age(
                BorrowerKind(borrower.kind),
                born_on=borrower.born_on,
                least_years=product.least_age_years,
                on=on,
            ),
            identity_proven=file.is_proven,
            activity_permitted=row.activity_permitted,
            in_default_now=row.in_default_now,
        ),
        price=price,
        policy=wire.AffordabilityPolicy.model_validate(_care(product)),
        season=_season(file),
        debts=list(file.debts) or None,
        funds=[_choice(one, price=price) for one in serving.on_menu(asked)] or None,
        weights=_weights(product),
        grant=_grant(serving.gift),
        refuses_automation=True if file.refuses_automation else None,
    )
    return request, (*effective.used, *nominal.used)


def _household(told: Household | Month) -> wire.Household:
    return wire.Household(
        other_income=MoneyBody.of(told.other_income),
        sales=MoneyBody.of(told.sales),
        business_costs=MoneyBody.of(told.business_costs),
        household_costs=MoneyBody.of(told.household_costs),
        debt_service=MoneyBody.of(told.debt_service),
    )


def _season(file: AssessmentFile) -> wire.Season | None:
    flow = file.cash_flow
    if flow is None:
        return None
    months = [
        wire.SeasonMonth(
            **dict(_household(month)),
            verified_income=None
            if month.verified_income is None
            else MoneyBody.of(month.verified_income),
        )
        for month in flow.year(file.household)
    ]
    receipts = [
        wire.ContractReceipt(
            month=one.month,
            amount=MoneyBody.of(one.amount),
            delay_months=one.delay_months,
            discount=one.discount,
            proof=one.proof,
        )
        for one in flow.contracts
    ]
    saved = Money.zero(file.row.currency) if flow.saved is None else flow.saved
    return wire.Season(months=months, buffer=MoneyBody.of(saved), receipts=receipts or None)


def _price(
    product: Product, effective: Cap, nominal: Cap, *, guarantee: GuaranteeAnswer | None
) -> FundPrice:
    """The product's price; what a guarantor is paid is a cost of the loan."""
    rules, once = product.opinion, product.price.operating_cost
    return FundPrice(
        cost_of_funds=product.price.cost_of_funds,
        operating_cost=MoneyBody.of(once if guarantee is None else once + guarantee.fee),
        operating_cost_monthly=MoneyBody.of(product.price.operating_cost_monthly),
        loss_given_default=product.price.loss_given_default,
        fee_share=_fee_share(product),
        margin_share=product.price.margin_share,
        subsidy_available=_subsidy(product.fund_kinds, currency=product.currency),
        annual_rate_ceiling=effective.rate,
        ceiling_source=effective.source,
        nominal_rate_ceiling=nominal.rate,
        nominal_ceiling_source=nominal.source,
        hazard_ages=list(rules.hazard_ages) or None,
        burden_log_odds=rules.burden_log_odds,
        guaranteed_share=None if guarantee is None else guarantee.share,
        fee_flat=_fee_flat(product),
    )


def _fee_share(product: Product) -> Decimal:
    """What is kept back of the principal by a percentage; a qard bears none."""
    shares = [
        fee.percent / 100
        for fee in product.fees
        if fee.kind is FeeKind.PERCENT
        and fee.percent is not None
        and fee.when is FeeWhen.AT_DISBURSEMENT
        and fee.of is FeeBase.PRINCIPAL
    ]
    return ZERO if product.charge_method is ChargeMethod.NONE else min(sum(shares, ZERO), ONE)


def _fee_flat(product: Product) -> MoneyBody | None:
    """What is kept back of every principal alike."""
    amounts = [
        fee.amount
        for fee in product.fees
        if fee.amount is not None and fee.when is FeeWhen.AT_DISBURSEMENT
    ]
    return MoneyBody.of(Money.total(amounts, product.currency)) if amounts else None


def _choice(fund: FundAnswer, *, price: FundPrice) -> FundChoice:
    """The product's price with what this fund's own money costs, and what it may bear."""
    cost = price.cost_of_funds if fund.cost_of_funds is None else fund.cost_of_funds
    own = {
        "cost_of_funds": ZERO if fund.kind is FundKind.ZAKAT else cost,
        "subsidy_available": _subsidy({fund.kind}, currency=fund.free.currency),
    }
    return FundChoice(
        fund_id=fund.fund_id,
        price=price.model_copy(update=own),
        free=MoneyBody.of(fund.free),
    )


def _subsidy(kinds: frozenset[FundKind] | set[FundKind], *, currency: str) -> MoneyBody | None:
    """What a fund may bear of the price: lenders' money bears nothing, other money all of it."""
    if kinds == {FundKind.COMMERCIAL}:
        return MoneyBody.of(Money.zero(currency))
    return None


def _grant(gift: GiftAnswer | None) -> wire.GrantChoice | None:
    if gift is None:
        return None
    return wire.GrantChoice(
        fund_id=gift.fund_id, zakat_class=gift.zakat_class.value, free=MoneyBody.of(gift.free)
    )


def _weights(product: Product) -> wire.MenuWeights | None:
    weights = product.opinion.weights
    if weights is None:
        return None
    return wire.MenuWeights(
        total_cost=weights.total_cost,
        burden=weights.burden,
        subsidy=weights.subsidy,
        term_years=weights.term_years,
        amount_missing=weights.amount_missing,
        term_moved=weights.term_moved,
    )


def _care(product: Product) -> dict[str, object]:
    care = product.opinion.care
    members = {name: getattr(care, name) for name in wire.AffordabilityPolicy.model_fields}
    return members | {"month_without_income": True if care.month_without_income else None}


def _limits(product: Product) -> wire.ProductLimits:
    rhythm = RHYTHMS.get(product.frequency) if product.dating.every == 1 else None
    return wire.ProductLimits(
        product_id=product.product_id,
        version=product.version,
        # Scoring knows loans with a price and loans without; a sale or a lease has one.
        mode_of_finance="qard" if product.charge_method is ChargeMethod.NONE else "conventional",
        charge_method=product.charge_method.value,
        amount_min=MoneyBody.of(product.amount.least),
        amount_max=MoneyBody.of(product.amount.most),
        term_months_min=product.term_months.least,
        term_months_max=product.term_months.most,
        annual_rate_min=product.annual_rate.least,
        annual_rate_default=product.annual_rate.usual,
        annual_rate_max=product.annual_rate.most,
        annual_rate_step=product.price.annual_rate_step,
        grace_months_max=product.grace_months.most,
        frequencies=None if rhythm is None else [rhythm],
        seasonal=True if product.opinion.seasonal else None,
    )
