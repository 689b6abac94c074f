"""What does a stored or received application say, as values of the domain?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.scoring.domain import card_form, choices, season_form
from services.scoring.domain.affordability import Household, Policy
from services.scoring.domain.choices import Choice, Grant
from services.scoring.domain.documents import Document, DocumentMalformed
from services.scoring.domain.grid import Asked, Limits
from services.scoring.domain.menu import Objective, Weights
from services.scoring.domain.pricing import Costs
from services.scoring.domain.scorecard import Value
from services.scoring.domain.season import Year
from shared.errors import Sentence
from shared.money import Money

# Each fact with the answer that breaks the rule.
HARD_RULES = {
    "of_legal_age": False,
    "identity_proven": False,
    "activity_permitted": False,
    "in_default_now": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One application as the domain sees it; no name, sex or age is in it.

    `plain` is the product asked for at its own price, paid monthly; the menu is over `choices`.

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
    plain: Choice
    choices: tuple[Choice, ...]
    weights: Weights | None = None
    year: Year | None = None
    is_seasonal: bool = False
    grant: Grant | None = None
    refuses_automation: bool = False


def case_of(inputs: Mapping[str, object]) -> Case:
    """Read the stored inputs of an assessment; members that came later may be absent.

    Raises DocumentMalformed, CurrencyMismatch, QardBearsNoCharge, LimitsContradict,
    AskedImpossible, MonthlyAmountNegative, PolicyImpossible, CharacteristicProtected,
    YearIncomplete, HazardShapeless.
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
        choices.check_currency(part, asked.amount.currency)
    plain = choices.plain_of(root, currency=asked.amount.currency)
    debts = season_form.debts_of(root, currency=asked.amount.currency)
    year = season_form.year_of(root.part("season"), debts=debts) if root.has("season") else None
    told = _household(root.part("household"))
    household = replace(told, debt_service=max(told.debt_service, debts))
    return Case(
        asked=asked,
        limits=plain.limits,
        household=household if year is None else year.average(),
        policy=_policy(root.part("policy")),
        costs=plain.costs,
        subsidy_available=plain.subsidy_available,
        characteristics=_characteristics(root.part("characteristics")),
        hard_rules=tuple(name for name, bad in HARD_RULES.items() if facts.truth(name) is bad),
        objective=Objective(root.text("objective")),
        plain=plain,
        choices=choices.choices_of(root, currency=asked.amount.currency),
        weights=choices.weights_of(root.part("weights")) if root.has("weights") else None,
        year=year,
        is_seasonal=product.members.get("seasonal") is True,
        grant=choices.grant_of(root.part("grant")) if root.has("grant") else None,
        refuses_automation=root.members.get("refuses_automation") is True,
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
        debt_service_outer=part.optional("debt_service_outer"),
        lowest_month_share=part.optional("lowest_month_share"),
        month_without_income=part.members.get("month_without_income") is True,
    )


def _characteristics(part: Document) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, value in part.members.items():
        card_form.refuse_protected(name)
        if isinstance(value, str):
            card_form.refuse_protected(value)
        elif value is not None and not isinstance(value, bool):
            raise DocumentMalformed(
                path=f"{part.path}/{name}", expected=Sentence("a text, true, false or null")
            )
        values[name] = value
    return values
