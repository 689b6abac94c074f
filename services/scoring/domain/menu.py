"""Which terms could this applicant be offered, and why not the others?

For each corner (amount, term, grace) of each course (product, fund, rhythm) the lowest rate is
sought that passes every test; a corner without one is rejected with the first test it fails and
the figures of that test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from operator import le

from services.scoring.domain import (
    affordability,
    bearing,
    following,
    grid,
    judging,
    pricing,
    refusing,
)
from services.scoring.domain.bearing import Means
from services.scoring.domain.following import Near, Unfollowed
from services.scoring.domain.grid import Asked, Corner, Limits
from services.scoring.domain.judging import Heavy, Passed
from services.scoring.domain.refusing import Rejection
from services.scoring.domain.season_terms import Followed
from shared.money import Money

LINES_MAX = 12
RANK_QUANTUM = Decimal("0.000001")
RANK_MARGIN = 3e-6  # more than twice the quantum
SHARE_MAX = 1e9  # of debts where there is next to no income
ROUNDINGS = 2  # of an amount into minor units, in what a rank is made of


class Objective(StrEnum):
    """What "best" means; each is a set of weights in `WEIGHTS`."""

    BALANCED = "balanced"
    LOWEST_COST = "lowest_cost"
    LOWEST_INSTALMENT = "lowest_instalment"
    LOWEST_SUBSIDY = "lowest_subsidy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each drawback counts; all are shares of one, a term year counts as one."""

    total_cost: Decimal
    burden: Decimal
    subsidy: Decimal
    term_years: Decimal
    amount_missing: Decimal
    term_moved: Decimal


def _weights(*values: str) -> Weights:
    cost, burden, subsidy, years, missing, moved = map(Decimal, values)
    return Weights(
        total_cost=cost,
        burden=burden,
        subsidy=subsidy,
        term_years=years,
        amount_missing=missing,
        term_moved=moved,
    )


WEIGHTS: Mapping[Objective, Weights] = {
    Objective.BALANCED: _weights("1", "0.5", "1", "0.05", "2", "0.1"),
    Objective.LOWEST_COST: _weights("1", "0", "0", "0", "2", "0"),
    Objective.LOWEST_INSTALMENT: _weights("0", "1", "0", "0", "2", "0"),
    Objective.LOWEST_SUBSIDY: _weights("0", "0", "1", "0", "2", "0"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One product's limits with what decides beside them, at one price and in one rhythm.

    `is_seasonal`: where equal instalments are too much for the months, such that follow them, and
    why not; `is_narrow` as the second engine knew them: by the month without grace, without a why.
    """

    limits: Limits
    means: Means
    is_seasonal: bool = False
    is_narrow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Terms that pass every test; the schedule of the contract settles the last minor unit.

    `instalment` is what each one is, however often it falls, or the largest where they are not
    equal; `dues` are the months one by one then. `course` counts from 0.
    """

    corner: Corner
    annual_rate: Decimal
    instalment: Money
    total_cost: Money
    effective_annual_rate: Decimal
    debt_service_share: Decimal
    subsidy: Money
    rank_value: Decimal
    course: int = 0
    dues: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The best offers first, at most twelve of `feasible`, and every rejected corner."""

    offers: tuple[Offer, ...]
    feasible: int
    rejections: tuple[Rejection, ...]

    def dominated_by(self) -> list[int | None]:
        """Give for each line the first (from 0) that is nowhere worse and somewhere better.

        Compared are amount, total cost, burden, subsidy and term.
        """
        drawbacks = [_drawbacks(offer) for offer in self.offers]
        return [
            next((line for line, other in enumerate(drawbacks) if _is_better(other, own)), None)
            for own in drawbacks
        ]


@dataclass(frozen=True, slots=True)
class _Found:
    """What passed, in which course."""

    course: int
    passed: Passed
    near: Near | None = None


def menu(asked: Asked, courses: Sequence[Course], *, weights: Weights) -> Menu:
    """Try every corner of every course and rank what is left, lowest value first.

    Rank value = weighted sum of total cost / amount, debt service share, subsidy / amount, term
    in years, share of the asked amount that is missing, and relative move of the term. Equal
    values are ordered by larger amount, shorter term, shorter grace, earlier course.

    Worked: qard of 1,200 asked over 12 months, capacity 100: 12 months give an instalment of
    exactly 100 and pass; 11 months give 109.09 and are rejected as too_high_instalment.
    """
    found: list[_Found] = []
    rejections: list[Rejection] = []
    for number, course in enumerate(courses):
        corners = grid.corners(asked, limits=course.limits)
        judged = judging.sift(corners, limits=course.limits, means=course.means)
        followed = _followed(judged, course)
        for place, item in enumerate(judged):
            near = followed.get(place)
            if isinstance(item, Passed):
                found.append(_Found(number, item))
            elif isinstance(near, Near):
                found.append(_Found(number, _about_followed(near), near))
            else:
                why = None if near is None or course.is_narrow else near.value
                failed = item.told() if isinstance(item, Heavy) else item
                rejections.append(refusing.also(failed, seasonal=why, course=number))
    best = _foremost(found, asked, courses, weights)
    offers = [_ranked(_offer(item, courses[item.course]), asked, weights) for item in best]
    return Menu(
        offers=tuple(sorted(offers, key=_order)[:LINES_MAX]),
        feasible=len(found),
        rejections=tuple(rejections),
    )


def _followed(
    judged: Sequence[Passed | Rejection | Heavy], course: Course
) -> dict[int, Near | Unfollowed]:
    """What equal instalments fail for the months, and what such come to that follow them."""
    limits, means = course.limits, course.means
    tried = {
        place: item.corner
        for place, item in enumerate(judged)
        if course.is_seasonal and isinstance(item, Heavy)
        if not course.is_narrow or following.may_follow(item.corner, limits, means)
    }
    if not tried:
        return {}
    found = following.follow_all(list(tried.values()), limits=limits, means=means)
    return dict(zip(tried, found, strict=True))


def _about_followed(item: Near) -> Passed:
    """The same as of equal instalments, by which the best lines are found."""
    return Passed(
        corner=item.corner,
        shape=item.shape,
        instalment=item.monthly * pricing.MONTHS_A_YEAR / item.shape.per_year,
        profit=item.profit,
        subsidy=max(item.need, 0.0),
    )


def _foremost(
    found: Sequence[_Found], asked: Asked, courses: Sequence[Course], weights: Weights
) -> list[_Found]:
    """Those that may be among the best lines; about a line more than are shown.

    Each rank is known in floats but for what rounding to minor units may move it.
    """
    if len(found) <= LINES_MAX:
        return list(found)
    bounds = [
        _about(
            item.passed, asked, courses[item.course].means.at(item.passed.corner.amount), weights
        )
        for item in found
    ]
    last = sorted(about + margin for about, margin in bounds)[LINES_MAX - 1]
    return [
        item for item, (about, margin) in zip(found, bounds, strict=True) if about - margin <= last
    ]


def _about(item: Passed, asked: Asked, means: Means, weights: Weights) -> tuple[float, float]:
    """The rank in floats, and how far off it may be."""
    income = max(means.capacity.income.minor, 1)
    amount, term = item.corner.amount.minor, item.corner.term_months
    a_month = item.shape.per_year / pricing.MONTHS_A_YEAR
    share = (means.capacity.debt_service.minor + item.instalment * a_month) / income
    about = (
        float(weights.total_cost) * (item.profit / amount + float(means.costs.fee_share))
        + float(weights.burden) * min(share, SHARE_MAX)
        + float(weights.subsidy) * item.subsidy / amount
        + float(weights.term_years) * term / pricing.MONTHS_A_YEAR
        + float(weights.amount_missing) * (asked.amount.minor - amount) / asked.amount.minor
        + float(weights.term_moved) * abs(term - asked.term_months) / asked.term_months
    )
    units = ROUNDINGS * float(weights.total_cost + weights.subsidy) / amount
    units += float(weights.burden) * (ROUNDINGS + a_month) / income
    return about, units + RANK_MARGIN * (1 + float(weights.burden)) * (1 + about)


def _offer(item: _Found, course: Course) -> Offer:
    means = course.means.at(item.passed.corner.amount)
    if item.near is not None:
        followed = following.settled(item.near, limits=course.limits, means=means)
        return _following_offer(followed, item.course, means)
    corner, shape = item.passed.corner, item.passed.shape
    instalment = bearing.instalment_of(corner, shape)
    monthly = bearing.monthly_of(instalment, per_year=shape.per_year)
    fee = corner.amount.times(means.costs.fee_share)
    profit = corner.amount.times(pricing.profit_factor(shape))
    share = affordability.burden(means.capacity, instalment=monthly).debt_service_share
    return Offer(
        corner=corner,
        annual_rate=shape.annual_rate,
        instalment=instalment,
        total_cost=profit + fee,
        effective_annual_rate=pricing.effective_annual_rate(shape, fee_share=means.costs.fee_share),
        debt_service_share=share if share is not None else Decimal(1),
        subsidy=bearing.subsidy_of(corner, shape, means),
        rank_value=Decimal(0),
        course=item.course,
    )


def _following_offer(item: Followed, course: int, means: Means) -> Offer:
    share = affordability.burden(means.capacity, instalment=item.monthly).debt_service_share
    amount = item.corner.amount
    return Offer(
        corner=item.corner,
        annual_rate=item.shape.annual_rate,
        instalment=max(item.dues),
        total_cost=item.total - amount + amount.times(means.costs.fee_share),
        effective_annual_rate=item.effective_annual_rate,
        debt_service_share=share if share is not None else Decimal(1),
        subsidy=item.subsidy,
        rank_value=Decimal(0),
        course=course,
        dues=item.by_month,
    )


def _ranked(offer: Offer, asked: Asked, weights: Weights) -> Offer:
    amount = Decimal(offer.corner.amount.minor)
    missing = asked.amount.minor - offer.corner.amount.minor
    moved = abs(offer.corner.term_months - asked.term_months)
    value = (
        weights.total_cost * offer.total_cost.minor / amount
        + weights.burden * offer.debt_service_share
        + weights.subsidy * offer.subsidy.minor / amount
        + weights.term_years * offer.corner.term_months / pricing.MONTHS_A_YEAR
        + weights.amount_missing * missing / asked.amount.minor
        + weights.term_moved * moved / asked.term_months
    )
    return replace(offer, rank_value=value.quantize(RANK_QUANTUM))


def _order(offer: Offer) -> tuple[Decimal, int, int, int, int]:
    corner = offer.corner
    months = corner.term_months, corner.grace_months
    return offer.rank_value, -corner.amount.minor, *months, offer.course


def _is_better(other: tuple[Decimal, ...], own: tuple[Decimal, ...]) -> bool:
    return other != own and all(map(le, other, own))


def _drawbacks(offer: Offer) -> tuple[Decimal, ...]:
    return (
        Decimal(-offer.corner.amount.minor),
        Decimal(offer.total_cost.minor),
        offer.debt_service_share,
        Decimal(offer.subsidy.minor),
        Decimal(offer.corner.term_months),
    )
