"""What does a stored or received application say, as values of the domain?"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.scoring.domain import card_form
from services.scoring.domain.affordability import Household, Policy
from services.scoring.domain.documents import Document, DocumentMalformed
from services.scoring.domain.grid import Asked, Limits
from services.scoring.domain.menu import Objective
from services.scoring.domain.pricing import ChargeMethod, Costs
from services.scoring.domain.scorecard import Value
from shared.errors import Kind, RafidError
from shared.money import CurrencyMismatch, Money

# Each fact with the answer that breaks the rule.
HARD_RULES = {
    "of_legal_age": False,
    "identity_proven": False,
    "activity_permitted": False,
    "in_default_now": True,
}


class QardBearsNoCharge(RafidError):
    """A qard bears no rate, no margin and no fee by percentage"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{member} has to be {expected} for a qard (AAOIFI Sharia Standard 19)."
    member: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One application as the domain sees it; no name, sex or age is in it.

    `hard_rules` are the rules broken, by name; each of them alone is a reason to decline.
    """

    asked: Asked
    limits: Limits
    household: Household
    policy: Policy
    costs: Costs
    subsidy_available: Money | None
    characteristics: Mapping[str, Value]
    hard_rules: tuple[str, ...]
    objective: Objective


def case_of(inputs: Mapping[str, object]) -> Case:
    """Read the stored inputs of an assessment.

    Raises DocumentMalformed, CurrencyMismatch, QardBearsNoCharge, LimitsContradict,
    AskedImpossible, MonthlyAmountNegative, PolicyImpossible, CharacteristicProtected.
    """
    root = Document(inputs)
    product, price = root.part("product"), root.part("price")
    facts = root.part("hard_facts")
    asked = Asked(
        amount=root.money("amount"),
        term_months=root.whole("term_months"),
        grace_months=root.whole("grace_months"),
    )
    for part in (product, price, root.part("household")):
        _check_currency(part, asked.amount.currency)
    _check_mode(product, price)
    return Case(
        asked=asked,
        limits=_limits(product, price),
        household=_household(root.part("household")),
        policy=_policy(root.part("policy")),
        costs=Costs(
            cost_of_funds=price.number("cost_of_funds"),
            operating_cost=price.money("operating_cost"),
            operating_cost_monthly=price.money("operating_cost_monthly"),
            loss_given_default=price.number("loss_given_default"),
            fee_share=price.number("fee_share"),
            margin_share=price.number("margin_share"),
        ),
        subsidy_available=_optional_money(price, "subsidy_available"),
        characteristics=_characteristics(root.part("characteristics")),
        hard_rules=tuple(name for name, bad in HARD_RULES.items() if facts.truth(name) is bad),
        objective=Objective(root.text("objective")),
    )


def _check_currency(part: Document, currency: str) -> None:
    for name, value in part.members.items():
        if isinstance(value, Mapping) and part.money(name).currency != currency:
            raise CurrencyMismatch(left=currency, right=part.money(name).currency)


def _check_mode(product: Document, price: Document) -> None:
    is_qard = product.text("mode_of_finance") == "qard"
    if is_qard != (product.text("charge_method") == "none"):
        raise QardBearsNoCharge(member="charge_method", expected="none")
    charges = {
        "annual_rate_max": product.number("annual_rate_max"),
        "fee_share": price.number("fee_share"),
        "margin_share": price.number("margin_share"),
    }
    for member, value in charges.items():
        if is_qard and value:
            raise QardBearsNoCharge(member=member, expected="0")


def _limits(product: Document, price: Document) -> Limits:
    has_ceiling = price.has("annual_rate_ceiling")
    return Limits(
        charge_method=ChargeMethod(product.text("charge_method")),
        amount_min=product.money("amount_min"),
        amount_max=product.money("amount_max"),
        term_months_min=product.whole("term_months_min"),
        term_months_max=product.whole("term_months_max"),
        annual_rate_min=product.number("annual_rate_min"),
        annual_rate_default=product.number("annual_rate_default"),
        annual_rate_max=product.number("annual_rate_max"),
        annual_rate_step=product.number("annual_rate_step"),
        grace_months_max=product.whole("grace_months_max"),
        annual_rate_ceiling=price.number("annual_rate_ceiling") if has_ceiling else None,
    )


def _household(part: Document) -> Household:
    return Household(
        other_income=part.money("other_income"),
        sales=part.money("sales"),
        business_costs=part.money("business_costs"),
        household_costs=part.money("household_costs"),
        debt_service=part.money("debt_service"),
    )


def _policy(part: Document) -> Policy:
    return Policy(
        sales_haircut=part.number("sales_haircut"),
        income_stress=part.number("income_stress"),
        cost_stress=part.number("cost_stress"),
        debt_service_limit=part.number("debt_service_limit"),
        cover_minimum=part.number("cover_minimum"),
        stressed_cover_minimum=part.number("stressed_cover_minimum"),
    )


def _characteristics(part: Document) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, value in part.members.items():
        card_form.refuse_protected(name)
        if isinstance(value, str):
            card_form.refuse_protected(value)
        elif value is not None and not isinstance(value, bool):
            raise DocumentMalformed(
                path=f"{part.path}/{name}", expected="a text, true, false or null"
            )
        values[name] = value
    return values


def _optional_money(part: Document, name: str) -> Money | None:
    return part.money(name) if part.has(name) else None
