"""Which plan of ours is what a case says was agreed?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.cli.checking import orders, words
from services.cli.checking.reading import (
    Malformed,
    Node,
    Unsupported,
    chosen,
    chosen_or,
    refuse_unknown,
)
from services.loans.domain.course.plan import (
    Amortisation,
    Charge,
    ChargeBasis,
    ChargeOff,
    CountedFrom,
    CountedOver,
    DayRules,
    DownPayment,
    Grace,
    InstalmentRule,
    LeapRule,
    MonthLength,
    PayoffProfit,
    Plan,
    Recalculation,
    Rest,
    YearLength,
)
from services.loans.domain.terms import ChargeMethod
from shared.money import Rounding

MONTHS_A_YEAR: Final = 12
PERIODS_MAX: Final = 1200
DECIMALS_MAX: Final = 6
DATES: Final = frozenset({"nr", "days", "from_date", "due_date"})
WITHOUT_FIGURES: Final = frozenset({"after_event", "business_date", "check", "rows"})
ANY_PRINCIPAL: Final = 1_000_000
"""Of a loan of which only due dates are asked, in minor units: enough for any number of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many minor units a whole unit of the case's currency has."""

    decimals: int

    def minor(self, stated: Node) -> int:
        """Give an amount in minor units. Raises `Malformed` where it has smaller parts."""
        scaled = stated.number().scaleb(self.decimals)
        if scaled != scaled.to_integral_value():
            raise Malformed(f"{stated.place} has parts of a minor unit: {stated.value}")
        return int(scaled)


def scale_of(inputs: Node) -> Scale:
    """Give the scale of a case's currency; two decimals where it states none."""
    currency = inputs.get("currency")
    decimals = None if currency is None else currency.get("decimal_places")
    found = 2 if decimals is None else decimals.whole()
    if not 0 <= found <= DECIMALS_MAX:
        raise Unsupported(f"amounts with {found} decimals")
    return Scale(decimals=found)


def plan_of(case: Node) -> Plan:
    """Give the plan that a case agrees on. Raises `Unsupported`, `Malformed`."""
    inputs = case["inputs"]
    refuse_unknown(inputs, words.INPUTS)
    scale = scale_of(inputs)
    starts_on = _starts_on(case)
    interest, term = inputs.get("interest"), number_of(inputs, "number_of_installments")
    if not 1 <= term <= PERIODS_MAX:
        raise Unsupported(f"{term} instalments")
    frequency = inputs["repayment_frequency"]
    _refuse_unread(inputs)
    _refuse_other_term(inputs, term)
    signed = inputs.get("submitted_on")
    multiple = _multiple(inputs, scale)
    currency_multiple = _currency_multiple(inputs, scale)
    amortisation = inputs.get("amortization")
    _refuse_level_only(inputs, currency_multiple)
    return Plan(
        principal=_principal(case, scale),
        annual_rate=_rate(interest),
        instalments=term,
        every=frequency["every"].whole(),
        unit=chosen(frequency["unit"], words.UNITS),
        starts_on=starts_on,
        signed_on=signed.day() if signed else starts_on,
        charge_method=chosen(interest["method"], words.METHODS) if interest else ChargeMethod.NONE,
        rate_is_for_term=_word(interest, "rate_basis") == "WHOLE_TERM",
        instalment_rule=chosen(inputs["schedule_engine"], words.RULES),
        amortisation=chosen(amortisation, words.AMORTISATIONS)
        if amortisation
        else Amortisation.EQUAL_INSTALMENTS,
        counted_from=chosen_or(
            inputs, "repayment_start_date_type", words.STARTS, CountedFrom.DISBURSEMENT
        ),
        first_due_on=_day_or_none(inputs, "first_repayment_date"),
        regular_from=_day_or_none(inputs, "schedule_start_date"),
        periods=_periods(inputs),
        last_due_on=_last_due_on(inputs, starts_on),
        month_end_rule=chosen_or(inputs, "month_end_due_date_strategy", words.MONTH_ENDS, "clamp"),
        day_rules=_day_rules(interest),
        grace=_grace(inputs),
        rounding=_rounding(inputs),
        currency_multiple=currency_multiple,
        instalment_multiple=multiple,
        down_payment=_down_payment(inputs),
        recalculation=_recalculation(inputs),
        allocation=orders.allocation_of(inputs.get("payment_allocation")),
        charges=tuple(charge_of(charge, scale) for charge in inputs.listed("charges")),
        tranches=_tranches(case, scale),
        profit_refunded_on=frozenset(
            chosen(kind, words.REFUNDS) for kind in inputs.listed("interest_refund_on")
        ),
        charge_off=chosen_or(
            inputs, "charge_off_behaviour", words.CHARGE_OFFS, ChargeOff.AS_AGREED
        ),
    )


def _principal(case: Node, scale: Scale) -> int:
    """Give what is lent. A case of due dates alone states none: they are those of any amount.

    Raises `Unsupported` where a figure is stated of a loan whose principal is not.
    """
    stated = case["inputs"].get("principal")
    if stated is not None:
        return scale.minor(stated)
    columns = {column.text() for column in case.listed("schedule_columns")}
    members = {name for point in case["checkpoints"].items() for name in point.members()}
    if columns - DATES or members - WITHOUT_FIGURES or case["events"].items():
        raise Unsupported("figures of a loan whose principal is not stated")
    return ANY_PRINCIPAL


def charge_of(stated: Node, scale: Scale) -> Charge:
    """Give a charge; flat where no other calculation is stated."""
    refuse_unknown(
        stated,
        {"code", "time", "calculation", "amount_or_percent", "amount", "penalty", "due_date"},
    )
    calculation, code, due = stated.get("calculation"), stated.get("code"), stated.get("due_date")
    basis = chosen(calculation, words.BASES) if calculation else ChargeBasis.FLAT
    amount = stated.get("amount_or_percent") or stated["amount"]
    penalty = stated.get("penalty")
    return Charge(
        code=code.text() if code else "charge",
        when=chosen(stated["time"], words.WHENS),
        basis=basis,
        value=Decimal(scale.minor(amount)) if basis is ChargeBasis.FLAT else amount.number(),
        is_penalty=penalty is not None and penalty.flag(),
        due_on=due.day() if due else None,
    )


def number_of(inputs: Node, name: str) -> int:
    """Give a whole number that must be there."""
    return inputs[name].whole()


def _tranches(case: Node, scale: Scale) -> tuple[tuple[date, int], ...]:
    """Give the tranches that were expected at signing: those added by an event come later."""
    added = [
        (event["expected_date"].value, event["amount"].value)
        for event in case["events"].items()
        if event["kind"].text() == "add_expected_disbursement"
    ]
    return tuple(
        (tranche["date"].day(), scale.minor(tranche["amount"]))
        for tranche in case["inputs"].listed("expected_disbursements")
        if (tranche["date"].value, tranche["amount"].value) not in added
    )


def _refuse_unread(inputs: Node) -> None:
    """Raise `Unsupported` for members of the smaller parts that nobody here reads."""
    for name, known in words.SMALL_PARTS.items():
        stated = inputs.get(name)
        if stated is not None:
            refuse_unknown(stated, known)
    for tranche in inputs.listed("expected_disbursements"):
        refuse_unknown(tranche, {"date", "amount"})


def _refuse_level_only(inputs: Node, currency_multiple: int) -> None:
    """Raise `Unsupported` for what only the rule of a fixed level instalment works out."""
    rule = chosen(inputs["schedule_engine"], words.RULES)
    if rule is not InstalmentRule.BY_PERIOD_RATES:
        return
    if _word(inputs, "amortization") == "EQUAL_PRINCIPAL":
        raise Unsupported("equal parts of principal by period rates")
    if _word(inputs.get("interest"), "rate_basis") == "WHOLE_TERM":
        raise Unsupported("a rate for the whole term by period rates")
    if currency_multiple != 1:
        raise Unsupported("a multiple of the currency by period rates")


def _refuse_other_term(inputs: Node, count: int) -> None:
    """Raise `Unsupported` where the term is not that of the instalments."""
    term, every = inputs.get("loan_term"), inputs["repayment_frequency"]
    if term is None or term["unit"].text() != every["unit"].text():
        return
    if term["every"].whole() != count * every["every"].whole():
        raise Unsupported("loan_term other than the instalments take")


def _starts_on(case: Node) -> date:
    inputs = case["inputs"]
    stated = inputs.get("expected_disbursement_date")
    if stated is not None:
        return stated.day()
    for event in case["events"].items():
        if event["kind"].text() == "disburse":
            return event["date"].day()
    raise Unsupported("a schedule without a day to start from")


def _rate(interest: Node | None) -> Decimal:
    if interest is None:
        return Decimal(0)
    refuse_unknown(interest, words.INTEREST)
    rate = interest["nominal_rate_percent"].number() / 100
    basis = _word(interest, "rate_basis")
    if basis not in {"PER_YEAR", "PER_MONTH", "WHOLE_TERM", ""}:
        raise Unsupported(f"interest.rate_basis {basis}")
    return rate * MONTHS_A_YEAR if basis == "PER_MONTH" else rate


def _day_rules(interest: Node | None) -> DayRules:
    if interest is None:
        return DayRules()
    partial = interest.get("allow_partial_period")
    first_day = interest.get("interest_recognition_on_disbursement_date")
    return DayRules(
        year=chosen_or(interest, "days_in_year", words.YEARS, YearLength.ACTUAL),
        month=chosen_or(interest, "days_in_month", words.MONTHS, MonthLength.ACTUAL),
        leap=chosen_or(
            interest, "days_in_year_custom_strategy", words.LEAPS, LeapRule.BY_CALENDAR_YEAR
        ),
        over=chosen_or(interest, "calculation_period", words.OVER, CountedOver.DAYS),
        partial_periods=partial is not None and partial.flag(),
        first_day_bears=first_day is not None and first_day.flag(),
    )


def _grace(inputs: Node) -> Grace:
    stated = inputs.get("grace")
    if stated is None:
        return Grace()
    refuse_unknown(
        stated,
        {"principal_payment_periods", "interest_payment_periods", "interest_free_periods"}
        | {"all_payment_periods"},
    )

    def periods(name: str) -> int:
        found = stated.get(name)
        return 0 if found is None else found.whole()

    return Grace(
        principal=periods("principal_payment_periods"),
        profit_payment=periods("interest_payment_periods"),
        profit_free=periods("interest_free_periods"),
        everything=periods("all_payment_periods"),
    )


def _rounding(inputs: Node) -> Rounding:
    stated = inputs.get("rounding")
    if stated is None:
        return "half_even"
    refuse_unknown(stated, {"mode", "installment_in_multiples_of"})
    return chosen_or(stated, "mode", words.ROUNDINGS, "half_even")


def _multiple(inputs: Node, scale: Scale) -> int:
    rounding = inputs.get("rounding")
    stated = None if rounding is None else rounding.get("installment_in_multiples_of")
    return 1 if stated is None else scale.minor(stated) or 1


def _currency_multiple(inputs: Node, scale: Scale) -> int:
    currency = inputs.get("currency")
    stated = None if currency is None else currency.get("in_multiples_of")
    return 1 if stated is None else scale.minor(stated) or 1


def _down_payment(inputs: Node) -> DownPayment | None:
    stated = inputs.get("down_payment")
    if stated is None:
        return None
    refuse_unknown(stated, {"percent", "auto_repayment"})
    automatic = stated.get("auto_repayment")
    return DownPayment(
        percent=stated["percent"].number(), automatic=automatic is not None and automatic.flag()
    )


def _recalculation(inputs: Node) -> Recalculation | None:
    stated = inputs.get("interest_recalculation")
    if stated is None:
        return None
    refuse_unknown(stated, words.RECALCULATION)
    if _word(stated, "compounding") not in {"NONE", ""}:
        raise Unsupported(f"compounding {_word(stated, 'compounding')}")
    interval = stated.get("rest_interval")
    if interval is not None and interval.whole() > 1:
        raise Unsupported(f"a rest interval of {interval.whole()}")
    silent = stated.get("disallow_interest_calculation_on_past_due")
    return Recalculation(
        rest=chosen_or(stated, "rest_frequency", words.RESTS, Rest.DAILY),
        payoff=chosen_or(stated, "preclosure_interest", words.PAYOFFS, PayoffProfit.TO_DAY),
        overdue_bears=silent is None or not silent.flag(),
    )


def _periods(inputs: Node) -> tuple[tuple[date, date], ...]:
    found = []
    for pair in inputs.listed("periods"):
        days = pair.items()
        if len(days) != len(("from", "due")):
            raise Malformed(f"{pair.place} is not a pair of dates")
        found.append((days[0].day(), days[1].day()))
    return tuple(found)


def _last_due_on(inputs: Node, starts_on: date) -> date | None:
    stated = inputs.get("fixed_length")
    if stated is None:
        return None
    return orders.later(starts_on, stated["every"].whole(), chosen(stated["unit"], words.UNITS))


def _word(node: Node | None, name: str) -> str:
    found = None if node is None else node.get(name)
    return "" if found is None else found.text()


def _day_or_none(node: Node, name: str) -> date | None:
    found = node.get(name)
    return None if found is None else found.day()
