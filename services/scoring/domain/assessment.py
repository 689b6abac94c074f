"""What is our whole opinion of one application, and is it the same when asked again?

Inputs and opinion are plain JSON, as they are stored: `opinion_of(inputs, card=..., engine=...)`
over a stored row gives the stored opinion, bit for bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from services.scoring.domain import (
    affordability,
    bearing,
    case,
    choices,
    pricing,
    scorecard,
    season,
)
from services.scoring.domain import menu as menus
from services.scoring.domain.affordability import Burden, Capacity
from services.scoring.domain.bearing import Means
from services.scoring.domain.case import Case
from services.scoring.domain.choices import Choice
from services.scoring.domain.grid import Corner
from services.scoring.domain.menu import Course, Menu, Offer
from services.scoring.domain.pricing import ChargeMethod, Hazard, HazardAt, Shape
from services.scoring.domain.risk import Risk
from services.scoring.domain.scorecard import Advice, Score, Scorecard
from services.scoring.domain.season import Flows
from shared.errors import JsonValue
from shared.money import LARGEST_MOVED, Money

ENGINES = ("1", "2", "3")
ENGINE = ENGINES[-1]  # raised whenever the same inputs would give another opinion
FIRST, SECOND = ENGINES[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carried:
    """What the household carries: as told, for terms of any length, and its months if told."""

    told: Capacity
    limits: Capacity
    drawn: Flows | None


def opinion_of(
    inputs: Mapping[str, object], *, card: Scorecard, engine: str = ENGINE
) -> dict[str, JsonValue]:
    """Score, reckon the capacity, price and make the menu; the answer is ready to be stored.

    The advice is decline where a hard rule is broken or no terms are feasible, else what the
    grade advises; where a grant is proposed, or who applied refuses to be decided on by a program,
    a person looks at it. The first engine knows neither lines that are dominated nor a grant; the
    second has instalments that follow the months for monthly payment without grace alone, and says
    nothing where they fail too.
    Raises what `case.case_of` and `choices.refuse_impossible` raise, CharacteristicUnreadable,
    ValueError for an engine that never was.
    """
    if engine not in ENGINES:
        raise ValueError(engine)
    read = case.case_of(inputs)
    if engine not in (FIRST, SECOND):
        choices.refuse_impossible(inputs)
    carried = _carried(read)
    shape = _asked_shape(read)
    instalment = read.asked.amount.times(pricing.instalment_factor(shape), rounding="ceiling")
    burden = affordability.burden(carried.told, instalment=instalment)
    values = {
        **read.characteristics,
        "debt_service_share": burden.debt_service_share,
        "stressed_cover": burden.stressed_cover,
    }
    score = scorecard.score(card, values=values)
    courses = [
        Course(
            limits=item.limits,
            means=_means(item, carried, score, burden),
            is_seasonal=engine != FIRST
            and (read.is_seasonal if engine == SECOND else item.is_seasonal),
            is_narrow=engine == SECOND,
        )
        for item in read.choices
    ]
    weights = read.weights or menus.WEIGHTS[read.objective]
    menu = menus.menu(read.asked, courses, weights=weights)
    plain = _means(read.plain, carried, score, burden)
    opinion: dict[str, JsonValue] = {
        "card": {"card_id": card.card_id, "version": card.version, "hash": card.hash},
        **_score_json(score),
        "hard_rules": list(read.hard_rules),
        "advice": _advice(read, score, menu).value,
        "affordability": _affordability_json(carried.told, burden, instalment),
        "break_even": _break_even_json(read, shape, plain),
        "objective": read.objective.value,
        **_menu_json(menu),
    }
    if engine == FIRST:
        return opinion
    return _further(opinion, read, menu, carried, shape, is_narrow=engine == SECOND)


def _carried(case: Case) -> _Carried:
    household, policy = case.household, case.policy
    if case.year is None:
        told = affordability.capacity(household, policy=policy)
        return _Carried(told=told, limits=told, drawn=None)
    longest = max(case.asked.term_months, *(item.limits.term_months_max for item in case.choices))
    drawn = season.flows(case.year, policy=policy, term_months=longest)
    lowest = case.year.lowest_verified()
    by_month = drawn.largest_level(
        term_months=case.asked.term_months, grace_months=case.asked.grace_months
    )
    anything = Money(LARGEST_MOVED, by_month.currency)
    told, limits = (
        affordability.capacity(household, policy=policy, by_month=most, lowest_income=lowest)
        for most in (by_month, anything)
    )
    return _Carried(told=told, limits=limits, drawn=drawn)


def _means(choice: Choice, carried: _Carried, score: Score, burden: Burden) -> Means:
    risk = None
    if choice.ages or choice.log_odds:
        risk = Risk(
            pd=score.pd,
            ages=choice.ages,
            log_odds=choice.log_odds,
            share=burden.debt_service_share,
            income=carried.limits.income,
            debt_service=carried.limits.debt_service,
        )
    return Means(
        capacity=carried.limits,
        costs=choice.costs,
        hazard=pricing.hazard_of(score.pd),
        subsidy_available=choice.subsidy_available,
        free=choice.free,
        risk=risk,
        drawn=carried.drawn,
    )


def _further(
    opinion: dict[str, JsonValue],
    case: Case,
    menu: Menu,
    carried: _Carried,
    shape: Shape,
    *,
    is_narrow: bool,
) -> dict[str, JsonValue]:
    """Add what the second engine says more; the terms are those of the first."""
    lines: list[JsonValue] = []
    told_of = zip(_items(opinion["menu"]), menu.offers, menu.dominated_by(), strict=True)
    for kept, offer, better in told_of:
        told: dict[str, JsonValue] = {"dominated_by": None if better is None else better + 1}
        if offer.dues:
            told["seasonal"] = [due.to_json() for due in offer.dues]
        lines.append({**kept, **told, **_course_json(case, offer.course)})
    rejected: list[JsonValue] = [
        {**kept, **_course_json(case, item.course)}
        for kept, item in zip(_items(opinion["rejected"]), menu.rejections, strict=True)
    ]
    further: dict[str, JsonValue] = {"menu": lines, "rejected": rejected}
    if carried.drawn is not None:
        told_burden = opinion["affordability"]
        if isinstance(told_burden, dict):
            months = _months_json(case, carried.drawn, shape, is_narrow=is_narrow)
            further["affordability"] = {**told_burden, **months}
    waits: list[JsonValue] = ["refuses_automation"] if case.refuses_automation else []
    if case.refuses_automation and opinion["advice"] == Advice.OFFER.value:
        further["advice"] = Advice.REFER.value
    if _is_due_a_grant(case, carried.told):
        waits.append("grant_proposed")
        further["proposal"] = _grant_json(case, carried.told)
        if not case.hard_rules:
            further["advice"] = Advice.REFER.value
    return {**opinion, **further, **({"waits_for_person": waits} if waits else {})}


def _is_due_a_grant(case: Case, capacity: Capacity) -> bool:
    """Whether nothing can be repaid and a fund that may give has something to give."""
    grant = case.grant
    has_money = grant is not None and (grant.free is None or grant.free.is_positive)
    return has_money and capacity.capacity.is_zero


def _items(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _course_json(case: Case, course: int) -> dict[str, JsonValue]:
    """Which product, fund and rhythm, where there was a choice."""
    choice = case.choices[course]
    if len(case.choices) == 1 and choice.fund_id is None and choice.frequency == "monthly":
        return {}
    return {
        "product_id": choice.product_id,
        "fund_id": choice.fund_id,
        "frequency": choice.frequency,
    }


def _months_json(
    case: Case, drawn: Flows, shape: Shape, *, is_narrow: bool
) -> dict[str, JsonValue]:
    corner = Corner(
        amount=case.asked.amount,
        term_months=case.asked.term_months,
        grace_months=case.asked.grace_months,
    )
    dues = bearing.dues_of(corner, shape)
    lefts = {trial: left for trial, _, left in drawn.by_trial}
    months: list[JsonValue] = [
        {
            "month": month,
            "trial": trial.value,
            "left": Money(lefts[trial][month - 1], drawn.currency).to_json(),
            "due": Money(dues[month - 1], drawn.currency).to_json(),
            "cover": _number(cover),
        }
        for trial, row in drawn.covers(dues)
        for month, cover in enumerate(row[: season.MONTHS], start=1)
    ]
    if not case.is_seasonal or case.year is None:
        return {"months": months}
    grace = 0 if is_narrow else shape.grace_months
    if shape.charge_method is ChargeMethod.FLAT and not is_narrow:
        return {"months": months, "seasonal": None}
    return {"months": months, "seasonal": _seasonal_json(case, drawn, shape, grace=grace)}


def _seasonal_json(case: Case, drawn: Flows, shape: Shape, *, grace: int) -> JsonValue:
    """Instalments that follow what the months leave; none where no month leaves anything."""
    _, _, left = drawn.by_trial[0]
    weights = [Decimal(max(minor, 0)) for minor in left[grace : case.asked.term_months]]
    if not any(weights):
        return None
    rate, amount = shape.annual_rate / pricing.MONTHS_A_YEAR, case.asked.amount
    _, after = season.seasonal(amount, monthly_rate=rate, weights=weights)
    dues = (*[amount.times(rate, rounding="ceiling")] * grace, *after)
    failed = drawn.uncovered([due.minor for due in dues])
    return {
        "instalments": [due.to_json() for due in dues],
        "total": Money.total(dues, drawn.currency).to_json(),
        "uncovered": None if failed is None else failed.month,
    }


def _grant_json(case: Case, capacity: Capacity) -> JsonValue:
    if case.grant is None:
        return None
    free = case.grant.free
    amount = case.asked.amount if free is None else min(case.asked.amount, free)
    return {
        "kind": "grant",
        "fund_id": case.grant.fund_id,
        "code": "nothing_to_repay_from",
        "figures": {
            "zakat_class": case.grant.zakat_class,
            "disposable": capacity.disposable.to_text(),
            "amount": amount.to_text(),
        },
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


def _break_even_json(case: Case, shape: Shape, means: Means) -> dict[str, JsonValue]:
    amount, highest = case.asked.amount, case.limits.annual_rate_max
    costs = case.costs.at(amount)
    answer: dict[str, JsonValue] = {
        "annual_rate": None,
        "parts": {},
        "subsidy": Money.zero(amount.currency).to_json(),
        "cost_fee": pricing.cost_fee(term_months=shape.term_months, costs=costs).to_json(),
    }
    hazard: Hazard | HazardAt = means.hazard_at(amount, shape)
    if means.risk is not None and means.risk.feels_burden:
        risk = means.risk

        def hazard_at(tried: Shape) -> Hazard:
            return risk.hazard(amount, tried)

        hazard = hazard_at
    solution = None
    if shape.charge_method is not ChargeMethod.NONE:
        solution = pricing.break_even(
            shape, principal=amount, costs=costs, hazard=hazard, annual_rate_max=highest
        )
    if solution is None:
        dearest = replace(shape, annual_rate=highest)
        chance = means.hazard_at(amount, dearest)
        needed = pricing.subsidy_needed(dearest, principal=amount, costs=costs, hazard=chance)
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
