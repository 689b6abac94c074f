"""What does somebody ask for, and what does his household live on?"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final

from services.demonstration.institution import CURRENCY, Offer, jod
from services.loans.domain.application import Request
from services.loans.domain.borrower import BorrowerKind
from services.loans.domain.household import Household
from services.loans.domain.product import Asked
from shared.money import Money

STEP: Final = 50
PURPOSES: Final[Mapping[str, tuple[str, ...]]] = {
    "food": ("فرن ومعدات مطبخ إنتاجي", "مواد أولية للمعجنات والمخللات"),
    "sewing": ("ماكينة خياطة وأقمشة", "توسعة مشغل خياطة"),
    "crafts": ("مواد للتطريز والفخار", "معدات صناعة الصابون"),
    "livestock": ("شراء أغنام وأعلاف", "معدات تصنيع الألبان"),
    "agriculture": ("بيت بلاستيكي وشبكة ري بالتنقيط", "بذور وأشتال وسماد"),
    "trade": ("بضاعة لمتجر الحي", "توسعة بسطة خضار"),
    "services": ("معدات صالون", "عدة صيانة أجهزة"),
    "transport": ("صيانة مركبة نقل", "دراجة لتوصيل الطلبات"),
}
WEIGHTS: Final = {
    "food": 22, "sewing": 14, "crafts": 10, "livestock": 13,
    "agriculture": 10, "trade": 18, "services": 9, "transport": 4,
}  # fmt: skip

# What the scorecard asks, with answers from the best to the worst.
_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "savings_seen": (
        "over_three_instalments", "one_to_three_instalments", "under_one_instalment", "none",
    ),
    "past_repayment": ("all_repaid", "repaying_on_time", "no_history", "late_before"),
    "account_conduct": ("regular_inflow", "in_credit", "no_account"),
    "references": ("confirmed", "confirmed", "given", "none"),
    "sales_proof": ("account_statements", "receipts", "notebook", "told"),
    "housing": ("own", "family", "rented"),
    "asset_held": ("land_or_building", "equipment_or_vehicle", "none"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How heavy a case weighs on a household, in instalments a month."""

    sales: tuple[float, float]
    other_income: tuple[float, float]
    household_costs: tuple[float, float]


SOUND: Final = Weight(sales=(8.0, 15.0), other_income=(1.5, 4.5), household_costs=(1.2, 2.4))
HEAVY: Final = Weight(sales=(2.0, 4.0), other_income=(0.2, 1.0), household_costs=(1.8, 3.0))


def asked(rng: Random, offer: Offer) -> Asked:
    """Terms within the product: amounts in steps of fifty dinars, mostly about the usual."""
    limits, grace = offer.product.amount, offer.product.grace_months
    scale = 10**limits.least.exponent
    drawn = rng.triangular(limits.least.minor, limits.most.minor, limits.usual.minor) / scale
    amount = jod(max(round(drawn / STEP) * STEP, limits.least.minor // scale))
    return Asked(
        amount=min(amount, limits.most),
        term_months=rng.choice(offer.terms),
        grace_months=rng.choice((0, 0, 0, min(1, grace.most))),
        annual_rate=offer.product.annual_rate.usual,
    )


def request(
    rng: Random, *, terms: Asked, kind: BorrowerKind, soundness: float, weight: Weight = SOUND
) -> Request:
    """A whole request; the sounder a case, the better the answers that the scorecard likes."""
    sector = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    share = rng.choice((0.0, 0.05, 0.1, 0.15, 0.3))
    instalment = terms.amount.times(Decimal(1) / (terms.term_months - terms.grace_months))
    sales = _about(rng, instalment, *weight.sales)
    return Request(
        asked=terms,
        own_contribution=_rounded(terms.amount, share),
        purpose=rng.choice(PURPOSES[sector]),
        sector=sector,
        household=Household(
            other_income=_about(rng, instalment, *weight.other_income),
            sales=sales,
            business_costs=_rounded(sales, rng.uniform(0.32, 0.45)),
            household_costs=_about(rng, instalment, *weight.household_costs),
            debt_service=_about(rng, instalment, 0.1, 0.5)
            if rng.random() > soundness
            else Money.zero(CURRENCY),
        ),
        characteristics=_characteristics(rng, kind=kind, sector=sector, soundness=soundness)
        | {"own_contribution": str(share)},
    )


def _characteristics(
    rng: Random, *, kind: BorrowerKind, sector: str, soundness: float
) -> dict[str, str | bool | None]:
    """Answers to what the scorecard asks; one in twelve is not known."""
    found: dict[str, str | bool | None] = {
        name: _pick(rng, codes, soundness=soundness) for name, codes in _CODES.items()
    }
    found["sector"] = sector
    found["other_lenders"] = str(rng.choices((0, 1, 2), (soundness * 4 + 1, 1.5, 0.4))[0])
    found["months_in_business"] = str(round(rng.triangular(2, 150, 20 + 60 * soundness)))
    found["training_done"] = rng.choice(("yes", "no"))
    found["residence_years"] = str(rng.randint(0, 25))
    found["dependants_per_earner"] = str(rng.choice((1, 2, 2, 3, 4, 5)))
    is_group = kind is BorrowerKind.SOLIDARITY_GROUP
    found["guarantor"] = "group" if is_group else rng.choice(("guarantor", "co_applicant", "none"))
    return {name: None if rng.random() < 1 / 12 else value for name, value in found.items()}


def _pick(rng: Random, codes: tuple[str, ...], *, soundness: float) -> str:
    place = rng.triangular(0, 1, 1 - soundness) * len(codes)
    return codes[min(int(place), len(codes) - 1)]


def _about(rng: Random, unit: Money, least: float, most: float) -> Money:
    return _rounded(unit, rng.uniform(least, most))


def _rounded(amount: Money, share: float) -> Money:
    """A share of an amount as people tell it: in whole dinars."""
    scale = 10**amount.exponent
    return jod(round(amount.minor * share / scale))
