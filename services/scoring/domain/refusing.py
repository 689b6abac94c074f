"""Which test did a corner fail, with which figures?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from services.scoring.domain import bearing, pricing
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.pricing import ChargeMethod, Shape
from services.scoring.domain.season import Uncovered
from shared.money import Money

Figures = Mapping[str, str]
SEASONAL = "seasonal"
"""The figure that says why instalments that follow the months fail too."""


class RejectionCode(StrEnum):
    """The test that a corner failed; tests are made in this order."""

    AMOUNT_BELOW_MINIMUM = "amount_below_minimum"
    AMOUNT_ABOVE_MAXIMUM = "amount_above_maximum"
    TERM_BELOW_MINIMUM = "term_below_minimum"
    TERM_ABOVE_MAXIMUM = "term_above_maximum"
    GRACE_ABOVE_MAXIMUM = "grace_above_maximum"
    NOT_WHOLE_INSTALMENTS = "not_whole_instalments"
    RATE_ABOVE_CEILING = "rate_above_ceiling"
    NOMINAL_RATE_ABOVE_CEILING = "nominal_rate_above_ceiling"
    TOO_HIGH_INSTALMENT = "too_high_instalment"
    MONTH_NOT_COVERED = "month_not_covered"
    BELOW_BREAK_EVEN = "below_break_even"
    SUBSIDY_EXHAUSTED = "subsidy_exhausted"
    FEE_EATS_LOAN = "fee_eats_loan"
    FUND_WITHOUT_MONEY = "fund_without_money"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Terms that fail, the first test they fail, and its figures; `course` as in `menu.menu`."""

    corner: Corner
    annual_rate: Decimal | None
    code: RejectionCode
    figures: Figures
    course: int = 0


def also(item: Rejection, *, seasonal: str | None, course: int) -> Rejection:
    """Say of which course terms fail, and why instalments that follow the months do too."""
    if seasonal is None and not course:
        return item
    figures = item.figures if seasonal is None else {**item.figures, SEASONAL: seasonal}
    return replace(item, figures=figures, course=course)


def outside_product(corner: Corner, limits: Limits) -> Rejection | None:
    """Return why a corner lies outside of the product, or None."""
    amount, term, grace = corner.amount, corner.term_months, corner.grace_months
    failed: tuple[RejectionCode, str, str] | None = None
    if amount < limits.amount_min:
        low = limits.amount_min.to_text()
        failed = RejectionCode.AMOUNT_BELOW_MINIMUM, amount.to_text(), low
    elif amount > limits.amount_max:
        high = limits.amount_max.to_text()
        failed = RejectionCode.AMOUNT_ABOVE_MAXIMUM, amount.to_text(), high
    elif term < limits.term_months_min:
        failed = RejectionCode.TERM_BELOW_MINIMUM, str(term), str(limits.term_months_min)
    elif term > limits.term_months_max:
        failed = RejectionCode.TERM_ABOVE_MAXIMUM, str(term), str(limits.term_months_max)
    elif grace > limits.grace_months_max:
        failed = RejectionCode.GRACE_ABOVE_MAXIMUM, str(grace), str(limits.grace_months_max)
    elif not pricing.is_whole(term, grace, limits.per_year):
        months = f"{term}, {grace}" if grace else str(term)
        failed = RejectionCode.NOT_WHOLE_INSTALMENTS, months, str(limits.per_year)
    if failed is None:
        return None
    code, asked, limit = failed
    figures = {"asked": asked, "limit": limit}
    return Rejection(corner=corner, annual_rate=None, code=code, figures=figures)


def eaten(corner: Corner, fee_share: Decimal) -> Rejection:
    """Say that the fee is as much as the loan, or more."""
    return Rejection(
        corner=corner,
        annual_rate=None,
        code=RejectionCode.FEE_EATS_LOAN,
        figures={
            "asked": corner.amount.to_text(),
            "fee": corner.amount.times(fee_share).to_text(),
        },
    )


def above_ceiling(corner: Corner, shape: Shape, limits: Limits, fee_share: Decimal) -> Rejection:
    """Say that the lowest rate of the product is above a legal ceiling, and whose that is."""
    code, source = RejectionCode.RATE_ABOVE_CEILING, limits.ceiling_source
    if limits.charged_lawfully():
        effective = pricing.effective_annual_rate(shape, fee_share=fee_share)
        figures = {"effective": f"{effective:f}", "ceiling": f"{limits.annual_rate_ceiling:f}"}
    else:
        code, source = RejectionCode.NOMINAL_RATE_ABOVE_CEILING, limits.nominal_source
        figures = {"rate": f"{shape.annual_rate:f}", "ceiling": f"{limits.nominal_ceiling:f}"}
    if source is not None:
        figures["source"] = source
    return Rejection(corner=corner, annual_rate=shape.annual_rate, code=code, figures=figures)


def not_affordable(corner: Corner, shape: Shape, means: Means) -> Rejection:
    """Say that the instalment is above what can be paid a month."""
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.TOO_HIGH_INSTALMENT,
        figures={
            "instalment": bearing.instalment_of(corner, shape).to_text(),
            "capacity": means.capacity.capacity.to_text(),
            "binding": means.capacity.binding.value,
        },
    )


def without_money(corner: Corner, free: Money) -> Rejection:
    """Say that the fund has less than the amount."""
    return Rejection(
        corner=corner,
        annual_rate=None,
        code=RejectionCode.FUND_WITHOUT_MONEY,
        figures={"asked": corner.amount.to_text(), "limit": free.to_text()},
    )


def not_covered(corner: Corner, shape: Shape, failed: Uncovered) -> Rejection:
    """Say in which month what is there does not cover what is due."""
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.MONTH_NOT_COVERED,
        figures={
            "month": str(failed.month),
            "trial": failed.trial.value,
            "due": failed.due.to_text(),
            "available": failed.available.to_text(),
            "least": f"{failed.least:f}",
        },
    )


def not_carried(corner: Corner, shape: Shape, means: Means) -> Rejection:
    """Say what is missing at the highest rate that may be asked."""
    available = means.subsidy_available or Money.zero(corner.amount.currency)
    is_free = shape.charge_method is ChargeMethod.NONE
    return Rejection(
        corner=corner,
        annual_rate=shape.annual_rate,
        code=RejectionCode.SUBSIDY_EXHAUSTED if is_free else RejectionCode.BELOW_BREAK_EVEN,
        figures={
            "needed": bearing.subsidy_of(corner, shape, means).to_text(),
            "available": available.to_text(),
        },
    )
