"""Between what may be chosen: which products, at the price of which fund, paid how often?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.scoring.domain.affordability import MonthlyAmountNegative
from services.scoring.domain.documents import Document
from services.scoring.domain.grid import Limits
from services.scoring.domain.menu import Weights
from services.scoring.domain.pricing import ChargeMethod, Costs
from shared.errors import Kind, RafidError
from shared.money import CurrencyMismatch, Money

PER_YEAR = {
    "monthly": 12,
    "weekly": 52,
    "biweekly": 26,
    "quarterly": 4,
    "half_yearly": 2,
    "yearly": 1,
}
AMOUNTS = ("operating_cost", "operating_cost_monthly", "fee_flat", "subsidy_available")
SHARES = ("loss_given_default", "fee_share", "margin_share", "guaranteed_share")
WEIGHTS = ("total_cost", "burden", "subsidy", "term_years", "amount_missing", "term_moved")


class QardBearsNoCharge(RafidError):
    """A qard bears no rate, no margin and no fee by percentage"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{member} has to be {expected} for a qard (AAOIFI Sharia Standard 19)."
    member: str
    expected: str


class FeeEatsLoan(RafidError):
    """A fee leaves something of the loan"""

    kind = Kind.RULE
    service = "scoring"
    detail = "A fee of {fee} of the principal leaves nothing of it to be paid out."
    fee: Decimal


class PriceImpossible(RafidError):
    """The price contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{member} is {value}: a cost is not negative, and a share lies between 0 and 1."
    member: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One product at one price, paid in one rhythm; `fund_id` where the price is a fund's own.

    `free` is the most that the fund has for a loan. `ages` and `log_odds` as in `risk.Risk`. With
    `is_seasonal` instalments may follow the months.
    """

    product_id: str
    fund_id: str | None
    frequency: str
    limits: Limits
    costs: Costs
    subsidy_available: Money | None
    free: Money | None
    ages: tuple[Decimal, ...]
    log_odds: Decimal
    is_seasonal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A fund that may give to the applicant without return, and the class by which he is due it."""

    fund_id: str
    zakat_class: str
    free: Money | None


def choices_of(root: Document, *, currency: str) -> tuple[Choice, ...]:
    """Read all that may be chosen: the product asked for first, fund by fund, then the others.

    Raises DocumentMalformed, CurrencyMismatch, QardBearsNoCharge, LimitsContradict.
    """
    asked = _of_product(root.part("product"), root.part("price"), root, currency)
    others = root.parts("alternatives") if root.has("alternatives") else ()
    found = list(asked)
    for other in others:
        price = other.part("price") if other.has("price") else root.part("price")
        found += _of_product(other.part("product"), price, other, currency)
    return tuple(found)


def plain_of(root: Document, *, currency: str) -> Choice:
    """Read the product asked for at its own price, paid monthly. Raises as `choices_of`."""
    product = {**root.part("product").members, "frequencies": None}
    alone = Document({"product": product}, root.path)
    return next(_of_product(alone.part("product"), root.part("price"), alone, currency))


def weights_of(part: Document) -> Weights:
    """Read what "best" means to the institution."""
    return Weights(**{name: part.number(name) for name in WEIGHTS})


def grant_of(part: Document) -> Grant:
    """Read the fund that may give."""
    return Grant(
        fund_id=part.text("fund_id"),
        zakat_class=part.text("zakat_class"),
        free=part.money("free") if part.has("free") else None,
    )


def _of_product(
    product: Document, price: Document, owner: Document, currency: str
) -> Iterator[Choice]:
    rhythms = product.texts("frequencies") if product.has("frequencies") else ("monthly",)
    funds = owner.parts("funds") if owner.has("funds") else (None,)
    for fund in funds:
        asked = price if fund is None else fund.part("price")
        for part in (product, asked):
            check_currency(part, currency)
        _check_mode(product, asked)
        free = fund.money("free") if fund is not None and fund.has("free") else None
        if free is not None and free.currency != currency:
            raise CurrencyMismatch(left=currency, right=free.currency)
        for rhythm in rhythms:
            yield Choice(
                product_id=product.text("product_id"),
                fund_id=None if fund is None else fund.text("fund_id"),
                frequency=rhythm,
                limits=_limits(product, asked, PER_YEAR[rhythm]),
                costs=_costs(asked),
                subsidy_available=asked.money("subsidy_available")
                if asked.has("subsidy_available")
                else None,
                free=free,
                ages=asked.numbers("hazard_ages") if asked.has("hazard_ages") else (),
                log_odds=asked.optional("burden_log_odds") or Decimal(0),
                is_seasonal=product.members.get("seasonal") is True,
            )


def refuse_impossible(inputs: Mapping[str, object]) -> None:
    """Refuse prices and debts that cannot be, of every product and fund; asked since engine 3.

    Raises FeeEatsLoan, PriceImpossible, MonthlyAmountNegative, DocumentMalformed.
    """
    root = Document(inputs)
    owners = (root, *(root.parts("alternatives") if root.has("alternatives") else ()))
    for owner in owners:
        funds = owner.parts("funds") if owner.has("funds") else ()
        for priced in (owner, *funds):
            if priced.has("price"):
                _refuse_price(priced.part("price"))
    for debt in root.parts("debts") if root.members.get("debts") else ():
        if debt.money("monthly").is_negative:
            raise MonthlyAmountNegative(amount=debt.money("monthly"))


def _refuse_price(price: Document) -> None:
    for member in AMOUNTS:
        if price.has(member) and price.money(member).is_negative:
            raise PriceImpossible(member=member, value=price.money(member).to_text())
    for member in SHARES:
        share = price.optional(member)
        if share is not None and not 0 <= share <= 1:
            raise PriceImpossible(member=member, value=f"{share:f}")
    if price.number("cost_of_funds") < 0:
        raise PriceImpossible(member="cost_of_funds", value=price.text("cost_of_funds"))
    if price.number("fee_share") == 1:
        raise FeeEatsLoan(fee=price.number("fee_share"))


def _costs(price: Document) -> Costs:
    """Read what a loan costs; a guarantee lowers the loss, and nothing else."""
    guaranteed = price.optional("guaranteed_share") or Decimal(0)
    return Costs(
        cost_of_funds=price.number("cost_of_funds"),
        operating_cost=price.money("operating_cost"),
        operating_cost_monthly=price.money("operating_cost_monthly"),
        loss_given_default=price.number("loss_given_default") * (1 - guaranteed),
        fee_share=price.number("fee_share"),
        margin_share=price.number("margin_share"),
        fee_flat=price.money("fee_flat") if price.has("fee_flat") else None,
    )


def check_currency(part: Document, currency: str) -> None:
    """Raise CurrencyMismatch where an amount of a part is in another currency."""
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


def _limits(product: Document, price: Document, per_year: int) -> Limits:
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
        per_year=per_year,
        nominal_ceiling=price.optional("nominal_rate_ceiling"),
        ceiling_source=_source(price, "ceiling_source"),
        nominal_source=_source(price, "nominal_ceiling_source"),
    )


def _source(price: Document, name: str) -> str | None:
    return price.text(name) if price.has(name) else None
