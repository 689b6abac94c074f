"""Which terms of ours are what a case of whole periods says was agreed?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from services.cli.checking.reading import Malformed, Node, Unsupported, chosen, refuse_unknown
from services.loans.domain import due_dates
from services.loans.domain.amortisation import (
    Amortisation,
    AmortisationKind,
    RoundedWhen,
    Shortfall,
)
from services.loans.domain.charging import ChargeBasis, Charging, RateChange, RateKind
from services.loans.domain.dating import Dating
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeBase, FeeKind, FeeWhen
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared import periods
from shared.money import Money, Rounding, TooManyDecimals
from shared.periods import MonthEndRule

INPUTS: Final = frozenset(
    {"period_based", "currency", "principal", "interest", "amortization", "rounding", "unit"}
    | {"number_of_installments", "repayment_frequency", "grace", "rounding_variants", "charges"}
    | {"expected_disbursement_date", "first_repayment_date", "month_end_due_date_strategy"}
    | {"installment_growth_percent_per_year", "rate_steps", "fixed_installment", "contract"}
    | {"rental_rate_percent_per_year", "sale_price", "profit"}
)
INTEREST: Final = frozenset(
    {"nominal_rate_percent", "rate_basis", "method", "calculation_period", "periodic_rate"}
    | {"days_in_year"}
)
ROUNDED: Final = frozenset(
    {"amount_decimals", "amount_rounding", "installment_multiple", "installment_rounding"}
    | {"final_installment_multiple", "final_installment_rounding"}
)
# Amounts are told to our functions in minor units of a case's own, whatever their number is: as
# whole units of a currency that has no parts.
CURRENCY: Final = "JPY"
ROUNDINGS: Final[Mapping[str, Rounding]] = {
    "HALF_EVEN": "half_even",
    "HALF_UP": "half_up",
    "HALF_DOWN": "half_down",
    "CEILING": "ceiling",
    "FLOOR": "floor",
}
KINDS: Final[Mapping[str, AmortisationKind]] = {
    "EQUAL_INSTALLMENTS": AmortisationKind.EQUAL_INSTALMENTS,
    "EQUAL_PRINCIPAL": AmortisationKind.EQUAL_PRINCIPAL,
    "BULLET": AmortisationKind.BULLET,
    "GRADUATED": AmortisationKind.GRADUATED,
}
METHODS: Final[Mapping[str, ChargeMethod]] = {
    "FLAT": ChargeMethod.FLAT,
    "DECLINING_BALANCE": ChargeMethod.DECLINING_BALANCE,
}
FREQUENCIES: Final[Mapping[str, Frequency]] = {
    "DAYS": Frequency.DAILY,
    "WEEKS": Frequency.WEEKLY,
    "MONTHS": Frequency.MONTHLY,
    "YEARS": Frequency.YEARLY,
}
MONTH_ENDS: Final[Mapping[str, MonthEndRule]] = {
    "LAST_DAY_OF_MONTH": "clamp",
    "FIRST_DAY_OF_NEXT_MONTH": "next_month",
    "END_OF_MONTH": "end_of_month",
}
FEE_BASES: Final[Mapping[str, FeeBase]] = {
    "FLAT_AMOUNT": FeeBase.PRINCIPAL,
    "PERCENT_OF_PRINCIPAL": FeeBase.PRINCIPAL,
    "PERCENT_OF_TOTAL_INTEREST": FeeBase.PROFIT,
    "PERCENT_OF_PRINCIPAL_AND_TOTAL_INTEREST": FeeBase.PRINCIPAL_AND_PROFIT,
}
CONTRACTS: Final[Mapping[str, str]] = {
    "MURABAHA": "murabaha",
    "DIMINISHING_MUSHARAKA": "diminishing_musharaka",
}
PERIODIC: Final = re.compile(r"rate\*7/(360|364|365)|rate/(?:12|52)")
COMPOUND: Final = re.compile(r"(\d+(?:\.\d+)?)\^\(1/12\)-1")
STARTS_ON: Final = date(2023, 1, 1)  # of a case that has periods only
WHOLE_UNIT: Final = "CEILING to whole unit"
INSTALMENTS_OF_FIXED: Final = 600
MONTHS_A_YEAR: Final = 12
DECIMALS_MAX: Final = 6
UNROUNDED: Final = "exact"


def terms_of(case: Node, *, variant: str) -> Terms:
    """Give the terms of a case, of one of its variants. Raises `Unsupported`, `Malformed`."""
    inputs = case["inputs"]
    refuse_unknown(inputs, INPUTS)
    refuse_unknown(inputs["repayment_frequency"], {"every", "unit"})
    amounts = amounts_of(case, variant=variant)
    frequency, dating = _frequency(inputs), _dating(inputs)
    disbursed_on, first_due_on = _first_days(case, frequency, dating)
    rate, method = _rate(inputs)
    principal = inputs.get("principal")
    return Terms(
        mode_of_finance=_mode(inputs),
        charge_method=method,
        principal=amounts.money(principal.number() if principal else Decimal(_count(inputs))),
        annual_rate=rate,
        instalments=_count(inputs),
        frequency=frequency,
        disbursed_on=disbursed_on,
        first_due_on=first_due_on,
        principal_grace=_grace(inputs, "principal_payment_periods"),
        fees=tuple(_fee(charge, at, amounts) for at, charge in enumerate(inputs.listed("charges"))),
        rounding=_rounding(inputs, variant),
        month_end_rule=_month_end(inputs),
        amortisation=_amortisation(inputs, amounts, variant),
        charging=_charging(inputs, frequency, dating, first_due_on),
        dating=dating,
        drawing=_drawing(case, amounts, frequency, dating),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How amounts of a case become ours, and ours theirs."""

    decimals: int

    def money(self, amount: Decimal) -> Money:
        """Give an amount; raises `Malformed` where it has parts of the case's minor unit."""
        try:
            return Money.parse(format(amount.scaleb(self.decimals), "f"), CURRENCY)
        except TooManyDecimals:
            raise Malformed(f"{amount} has more than {self.decimals} decimals") from None

    def told(self, amount: Decimal) -> Decimal:
        """Give an amount of ours as the case tells it."""
        return amount.scaleb(-self.decimals)


def amounts_of(case: Node, *, variant: str) -> Amounts:
    """Give how many decimals the amounts of a case have; two where it does not say."""
    inputs = case["inputs"]
    decimals = 2
    stated = inputs.get("currency")
    if stated is not None and stated.get("decimal_places") is not None:
        decimals = stated["decimal_places"].whole()
    rounded = _variant(inputs, variant)
    if rounded is not None:
        decimals = rounded["amount_decimals"].whole()
    if not 0 <= decimals <= DECIMALS_MAX:
        raise Unsupported(f"amounts with {decimals} decimals")
    return Amounts(decimals=decimals)


def with_instalments(terms: Terms, count: int) -> Terms:
    """Give the same terms with another number of instalments."""
    return replace(terms, instalments=count)


def _variant(inputs: Node, variant: str) -> Node | None:
    variants = inputs.get("rounding_variants")
    found = None if variants is None or variant == UNROUNDED else variants.get(variant)
    if found is not None:
        refuse_unknown(found, ROUNDED)
    return found


def _count(inputs: Node) -> int:
    stated = inputs.get("number_of_installments")
    if stated is None and inputs.get("fixed_installment") is not None:
        return INSTALMENTS_OF_FIXED
    return inputs["number_of_installments"].whole()


def _mode(inputs: Node) -> ModeOfFinance:
    stated = inputs.get("contract")
    return (
        ModeOfFinance.CONVENTIONAL if stated is None else ModeOfFinance(chosen(stated, CONTRACTS))
    )


def _frequency(inputs: Node) -> Frequency:
    return chosen(inputs["repayment_frequency"]["unit"], FREQUENCIES)


def _dating(inputs: Node) -> Dating:
    return Dating(every=inputs["repayment_frequency"]["every"].whole())


def _first_days(case: Node, frequency: Frequency, dating: Dating) -> tuple[date, date]:
    inputs = case["inputs"]
    start, first = inputs.get("expected_disbursement_date"), inputs.get("first_repayment_date")
    disbursed_on = start.day() if start else _start_of(case)
    if first is not None:
        return disbursed_on, first.day()
    if _month_end(inputs) == "end_of_month" and start is not None:
        # All due dates on last days of months, the first in the month of the disbursement.
        last = periods.days_in_month(disbursed_on)
        return disbursed_on, disbursed_on.replace(day=last)
    waits = 1 + _grace(inputs, "all_payment_periods")
    return disbursed_on, _later(disbursed_on, waits, frequency, dating)


def _start_of(case: Node) -> date:
    """Give the start of a case without dates; with days of the year it is the eve of one."""
    columns = [name.text() for name in case.listed("schedule_columns")]
    return STARTS_ON - timedelta(days=1) if "due_month_day" in columns else STARTS_ON


def _later(start: date, count: int, frequency: Frequency, dating: Dating) -> date:
    return due_dates.first_due_on(
        start, frequency=frequency, periods_of_grace=count * dating.every - 1
    )


def _rate(inputs: Node) -> tuple[Decimal, ChargeMethod]:
    """Give the rate a year and what it is counted on."""
    rental = inputs.get("rental_rate_percent_per_year")
    if rental is not None:
        return rental.number() / 100, ChargeMethod.DECLINING_BALANCE
    if inputs.get("profit") is not None:
        return _profit_rate(inputs)
    interest = inputs.get("interest")
    if interest is None:
        return Decimal(0), ChargeMethod.NONE
    refuse_unknown(interest, INTEREST)
    basis = interest.get("rate_basis")
    if basis is not None and basis.text() not in {"PER_YEAR", "PER_MONTH"}:
        raise Unsupported(f"interest.rate_basis {basis.text()}")
    rate = interest["nominal_rate_percent"].number() / 100
    if basis is not None and basis.text() == "PER_MONTH":
        rate *= MONTHS_A_YEAR
    method = chosen(interest["method"], METHODS)
    return rate, method if rate else ChargeMethod.NONE


def _profit_rate(inputs: Node) -> tuple[Decimal, ChargeMethod]:
    """Give the rate a year of a sale with a stated profit: its part of the cost over the term."""
    stated = inputs["profit"]
    refuse_unknown(stated, {"profit_amount", "rate_percent_per_year", "term_years"})
    rate = stated.get("rate_percent_per_year")
    if rate is not None:
        return rate.number() / 100, ChargeMethod.FLAT
    every = inputs["repayment_frequency"]
    if every["unit"].text() != "MONTHS":
        raise Unsupported("a stated profit over other steps than months")
    months = _count(inputs) * every["every"].whole()
    part = stated["profit_amount"].number() / inputs["principal"].number()
    return part * MONTHS_A_YEAR / months, ChargeMethod.FLAT


def _grace(inputs: Node, name: str) -> int:
    stated = inputs.get("grace")
    if stated is None:
        return 0
    refuse_unknown(stated, {"principal_payment_periods", "all_payment_periods"})
    found = stated.get(name)
    return 0 if found is None else found.whole()


def _month_end(inputs: Node) -> MonthEndRule:
    stated = inputs.get("month_end_due_date_strategy")
    return "clamp" if stated is None else chosen(stated, MONTH_ENDS)


def _rounding(inputs: Node, variant: str) -> Rounding:
    rounded = _variant(inputs, variant)
    if rounded is not None:
        return chosen(rounded["amount_rounding"], ROUNDINGS)
    rounding = inputs.get("rounding")
    stated = None if rounding is None else rounding.get("mode")
    if stated is None or stated.text() == "NONE":
        return "half_even"
    return chosen(stated, ROUNDINGS)


def _amortisation(inputs: Node, amounts: Amounts, variant: str) -> Amortisation:
    rounded, rounding = _variant(inputs, variant), inputs.get("rounding")
    stated, fixed = inputs.get("amortization"), inputs.get("fixed_installment")
    kind = chosen(stated, KINDS) if stated else AmortisationKind.EQUAL_INSTALMENTS
    if fixed is not None:
        return Amortisation(
            kind=AmortisationKind.FIXED_INSTALMENT, instalment=amounts.money(fixed.number())
        )
    if rounded is not None:
        return Amortisation(
            kind=kind,
            multiple=amounts.money(rounded["installment_multiple"].number()),
            multiple_rounding=chosen(rounded["installment_rounding"], ROUNDINGS),
            final_multiple=amounts.money(rounded["final_installment_multiple"].number()),
            final_rounding=chosen(rounded["final_installment_rounding"], ROUNDINGS),
            rounded=RoundedWhen.AFTERWARDS,
            shortfall=Shortfall.CAPITALISE,
        )
    growth = inputs.get("installment_growth_percent_per_year")
    whole_units = False if rounding is None else _asks_whole_units(rounding)
    return Amortisation(
        kind=kind,
        growth=growth.number() / 100 if growth else Decimal(0),
        growth_every=MONTHS_A_YEAR if growth else 1,
        multiple=amounts.money(Decimal(1)) if whole_units else None,
        multiple_rounding="ceiling" if whole_units else "half_even",
    )


def _asks_whole_units(rounding: Node) -> bool:
    refuse_unknown(rounding, {"mode", "printed_decimals", "installment"})
    stated = rounding.get("installment")
    if stated is None:
        return False
    if stated.text() != WHOLE_UNIT:
        raise Unsupported(f"rounding.installment {stated.text()}")
    return True


def _charging(inputs: Node, frequency: Frequency, dating: Dating, first: date) -> Charging:
    interest = inputs.get("interest")
    stated = None if interest is None else interest.get("periodic_rate")
    year, kind = 360, RateKind.NOMINAL
    if stated is not None:
        found, compound = PERIODIC.fullmatch(stated.text()), COMPOUND.fullmatch(stated.text())
        if compound is not None and interest is not None:
            kind = RateKind.EFFECTIVE
            if Decimal(compound[1]) - 1 != interest["nominal_rate_percent"].number() / 100:
                raise Unsupported(f"periodic rate {stated.text()}")
        elif found is None:
            raise Unsupported(f"periodic rate {stated.text()}")
        elif frequency is Frequency.WEEKLY:
            year = int(found[1] or 364)
    return Charging(
        basis=ChargeBasis.PER_PERIOD,
        year_of_days=year,
        rate_kind=kind,
        moratorium=_grace(inputs, "all_payment_periods"),
        rate_changes=tuple(
            _rate_change(step, frequency, dating, first) for step in inputs.listed("rate_steps")
        ),
    )


def _rate_change(stated: Node, frequency: Frequency, dating: Dating, first: date) -> RateChange:
    refuse_unknown(stated, {"from_period", "nominal_rate_percent"})
    before = stated["from_period"].whole() - 2  # the first due date ends period 1
    last_day = first if before <= 0 else _later(first, before, frequency, dating)
    return RateChange(
        on=last_day + timedelta(days=1), annual_rate=stated["nominal_rate_percent"].number() / 100
    )


def _drawing(case: Node, amounts: Amounts, frequency: Frequency, dating: Dating) -> Drawing:
    tranches = []
    for event in case["events"].items():
        if event["kind"].text() != "disburse":
            raise Unsupported(f"event {event['kind'].text()} without dates")
        period = event["period"].whole()
        if period:
            tranches.append(
                Tranche(
                    on=_later(STARTS_ON, period, frequency, dating),
                    amount=amounts.money(event["amount"].number()),
                )
            )
    return Drawing(tranches=tuple(tranches))


def _fee(stated: Node, at: int, amounts: Amounts) -> Fee:
    refuse_unknown(stated, {"basis", "when", "amount_or_percent"})
    if stated["when"].text() != "EVERY_INSTALLMENT":
        raise Unsupported(f"charges.when {stated['when'].text()}")
    base, amount = chosen(stated["basis"], FEE_BASES), stated["amount_or_percent"].number()
    flat = stated["basis"].text() == "FLAT_AMOUNT"
    return Fee(
        code=f"fee-{at}",
        kind=FeeKind.FLAT if flat else FeeKind.PERCENT,
        when=FeeWhen.EACH_INSTALMENT,
        amount=amounts.money(amount) if flat else None,
        percent=None if flat else amount,
        of=base,
    )
