"""What is our whole opinion of one application, and is it the same when asked again?

Inputs and opinion are plain JSON, as they are stored: `opinion_of(inputs, card=...)` over a
stored row gives the stored opinion, bit for bit.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from services.scoring.domain import affordability, case, pricing, scorecard
from services.scoring.domain import menu as menus
from services.scoring.domain.affordability import Burden, Capacity
from services.scoring.domain.case import Case
from services.scoring.domain.judging import Means
from services.scoring.domain.menu import Menu, Offer
from services.scoring.domain.pricing import ChargeMethod, Shape
from services.scoring.domain.scorecard import Advice, Score, Scorecard
from shared.errors import JsonValue
from shared.money import Money

ENGINE = "1"  # raised whenever the same inputs would give another opinion


def opinion_of(inputs: Mapping[str, object], *, card: Scorecard) -> dict[str, JsonValue]:
    """Score, reckon the capacity, price and make the menu; the answer is ready to be stored.

    The advice is decline where a hard rule is broken or no terms are feasible, else what the
    grade advises. Raises CharacteristicProtected, CharacteristicUnreadable, DocumentMalformed.
    """
    read = case.case_of(inputs)
    capacity = affordability.capacity(read.household, policy=read.policy)
    shape = _asked_shape(read)
    instalment = read.asked.amount.times(pricing.instalment_factor(shape), rounding="ceiling")
    burden = affordability.burden(capacity, instalment=instalment)
    values = {
        **read.characteristics,
        "debt_service_share": burden.debt_service_share,
        "stressed_cover": burden.stressed_cover,
    }
    score = scorecard.score(card, values=values)
    hazard = pricing.hazard_of(score.pd)
    means = Means(
        capacity=capacity,
        costs=read.costs,
        hazard=hazard,
        subsidy_available=read.subsidy_available,
    )
    menu = menus.menu(read.asked, limits=read.limits, means=means, objective=read.objective)
    return {
        "card": {"card_id": card.card_id, "version": card.version, "hash": card.hash},
        **_score_json(score),
        "hard_rules": list(read.hard_rules),
        "advice": _advice(read, score, menu).value,
        "affordability": _affordability_json(capacity, burden, instalment),
        "break_even": _break_even_json(read, shape, hazard),
        "objective": read.objective.value,
        **_menu_json(menu),
    }


def _asked_shape(case: Case) -> Shape:
    return Shape(
        charge_method=case.limits.charge_method,
        annual_rate=case.limits.annual_rate_default,
        term_months=case.asked.term_months,
        grace_months=case.asked.grace_months,
    )


def _advice(case: Case, score: Score, menu: Menu) -> Advice:
    if case.hard_rules or not menu.offers:
        return Advice.DECLINE
    return score.advice


def _score_json(score: Score) -> dict[str, JsonValue]:
    return {
        "points": score.points,
        "points_max": score.points_max,
        "grade": score.grade,
        "pd": f"{score.pd:f}",
        "pd_basis": score.pd_basis,
        "breakdown": [
            {
                "characteristic": item.characteristic,
                "group": item.group,
                "value": item.value,
                "points": item.points,
                "points_max": item.points_max,
            }
            for item in score.contributions
        ],
        "reasons": [
            {
                "characteristic": reason.characteristic,
                "lost": reason.lost,
                "text": dict(reason.text),
                "hint": dict(reason.hint),
            }
            for reason in score.reasons
        ],
    }


def _affordability_json(
    capacity: Capacity, burden: Burden, instalment: Money
) -> dict[str, JsonValue]:
    return {
        "income": capacity.income.to_json(),
        "disposable": capacity.disposable.to_json(),
        "disposable_stressed": capacity.disposable_stressed.to_json(),
        "capacity": capacity.capacity.to_json(),
        "binding": capacity.binding.value,
        "instalment_asked": instalment.to_json(),
        "debt_service_share": _number(burden.debt_service_share),
        "cover": _number(burden.cover),
        "stressed_cover": _number(burden.stressed_cover),
    }


def _break_even_json(case: Case, shape: Shape, hazard: Decimal) -> dict[str, JsonValue]:
    amount, costs, highest = case.asked.amount, case.costs, case.limits.annual_rate_max
    answer: dict[str, JsonValue] = {
        "annual_rate": None,
        "parts": {},
        "subsidy": Money.zero(amount.currency).to_json(),
        "cost_fee": pricing.cost_fee(term_months=shape.term_months, costs=costs).to_json(),
    }
    solution = None
    if shape.charge_method is not ChargeMethod.NONE:
        solution = pricing.break_even(
            shape, principal=amount, costs=costs, hazard=hazard, annual_rate_max=highest
        )
    if solution is None:
        dearest = replace(shape, annual_rate=highest)
        needed = pricing.subsidy_needed(dearest, principal=amount, costs=costs, hazard=hazard)
        return {**answer, "subsidy": needed.to_json()}
    parts: dict[str, JsonValue] = {name: f"{part:f}" for name, part in solution.parts.items()}
    return {**answer, "annual_rate": f"{solution.annual_rate:f}", "parts": parts}


def _menu_json(menu: Menu) -> dict[str, JsonValue]:
    return {
        "feasible": menu.feasible,
        "menu": [_offer_json(offer, line) for line, offer in enumerate(menu.offers, start=1)],
        "rejected": [
            {
                "amount": item.corner.amount.to_json(),
                "term_months": item.corner.term_months,
                "grace_months": item.corner.grace_months,
                "annual_rate": _number(item.annual_rate),
                "code": item.code.value,
                "figures": dict(item.figures),
            }
            for item in menu.rejections
        ],
    }


def _offer_json(offer: Offer, line: int) -> JsonValue:
    return {
        "line": line,
        "amount": offer.corner.amount.to_json(),
        "annual_rate": f"{offer.annual_rate:f}",
        "term_months": offer.corner.term_months,
        "grace_months": offer.corner.grace_months,
        "instalment": offer.instalment.to_json(),
        "total_cost": offer.total_cost.to_json(),
        "effective_annual_rate": f"{offer.effective_annual_rate:f}",
        "debt_service_share": f"{offer.debt_service_share:f}",
        "subsidy": offer.subsidy.to_json(),
        "rank_value": f"{offer.rank_value:f}",
    }


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
