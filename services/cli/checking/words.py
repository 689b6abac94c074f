"""What do the words of a case with dates mean to us?"""

from collections.abc import Mapping
from typing import Final

from services.loans.domain.course.plan import (
    Amortisation,
    ChargeBasis,
    ChargeOff,
    ChargeWhen,
    CountedFrom,
    CountedOver,
    InstalmentRule,
    LeapRule,
    MonthLength,
    PaymentKind,
    PayoffProfit,
    Rest,
    Unit,
    YearLength,
)
from services.loans.domain.terms import ChargeMethod
from shared.money import Rounding
from shared.periods import MonthEndRule

INPUTS: Final = frozenset(
    {"schedule_engine", "currency", "principal", "interest", "amortization", "rounding"}
    | {"number_of_installments", "repayment_frequency", "loan_term", "submitted_on"}
    | {"expected_disbursement_date", "first_repayment_date", "repayment_start_date_type"}
    | {"grace", "principal_threshold_for_last_installment_percent", "down_payment"}
    | {"multi_disbursement", "interest_recalculation", "payment_allocation", "charges", "periods"}
    | {"expected_disbursements", "month_end_due_date_strategy", "fixed_length"}
    | {"schedule_start_date", "charge_off_behaviour", "interest_refund_on"}
)
INTEREST: Final = frozenset(
    {"nominal_rate_percent", "rate_basis", "method", "calculation_period", "allow_partial_period"}
    | {"days_in_year", "days_in_month", "days_in_year_custom_strategy"}
    | {"interest_recognition_on_disbursement_date"}
)
RECALCULATION: Final = frozenset(
    {"rest_frequency", "rest_interval", "compounding", "advance_payment_adjustment"}
    | {"preclosure_interest", "disallow_interest_calculation_on_past_due"}
)
SMALL_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "currency": frozenset({"code", "decimal_places", "in_multiples_of"}),
    "repayment_frequency": frozenset({"every", "unit"}),
    "loan_term": frozenset({"every", "unit"}),
    "fixed_length": frozenset({"every", "unit"}),
}
RULES: Final[Mapping[str, InstalmentRule]] = {
    "PROGRESSIVE": InstalmentRule.BY_PERIOD_RATES,
    "CUMULATIVE": InstalmentRule.FIXED_LEVEL,
}
METHODS: Final[Mapping[str, ChargeMethod]] = {
    "FLAT": ChargeMethod.FLAT,
    "DECLINING_BALANCE": ChargeMethod.DECLINING_BALANCE,
}
AMORTISATIONS: Final[Mapping[str, Amortisation]] = {
    "EQUAL_INSTALLMENTS": Amortisation.EQUAL_INSTALMENTS,
    "EQUAL_PRINCIPAL": Amortisation.EQUAL_PRINCIPAL,
}
UNITS: Final[Mapping[str, Unit]] = {
    "DAYS": Unit.DAYS,
    "WEEKS": Unit.WEEKS,
    "MONTHS": Unit.MONTHS,
    "YEARS": Unit.YEARS,
}
YEARS: Final[Mapping[str, YearLength]] = {
    "360": YearLength.DAYS_360,
    "364": YearLength.DAYS_364,
    "365": YearLength.DAYS_365,
    "ACTUAL": YearLength.ACTUAL,
}
MONTHS: Final[Mapping[str, MonthLength]] = {
    "30": MonthLength.DAYS_30,
    "ACTUAL": MonthLength.ACTUAL,
}
OVER: Final[Mapping[str, CountedOver]] = {
    "DAILY": CountedOver.DAYS,
    "SAME_AS_REPAYMENT_PERIOD": CountedOver.PERIODS,
}
LEAPS: Final[Mapping[str, LeapRule]] = {"FEB_29_PERIOD_ONLY": LeapRule.FEBRUARY_29_ONLY}
MONTH_ENDS: Final[Mapping[str, MonthEndRule]] = {
    "LAST_DAY_OF_MONTH": "clamp",
    "FIRST_DAY_OF_NEXT_MONTH": "next_month",
}
STARTS: Final[Mapping[str, CountedFrom]] = {
    "DISBURSEMENT_DATE": CountedFrom.DISBURSEMENT,
    "SUBMITTED_ON_DATE": CountedFrom.SIGNING,
}
RESTS: Final[Mapping[str, Rest]] = {
    "DAILY": Rest.DAILY,
    "SAME_AS_REPAYMENT_PERIOD": Rest.WITH_INSTALMENT,
}
PAYOFFS: Final[Mapping[str, PayoffProfit]] = {
    "TILL_PRECLOSE_DATE": PayoffProfit.TO_DAY,
    "TILL_REST_FREQUENCY_DATE": PayoffProfit.TO_DUE_DATE,
}
CHARGE_OFFS: Final[Mapping[str, ChargeOff]] = {
    "REGULAR": ChargeOff.AS_AGREED,
    "ZERO_INTEREST": ChargeOff.NO_FURTHER_PROFIT,
    "ACCELERATE_MATURITY": ChargeOff.ALL_DUE,
}
WHENS: Final[Mapping[str, ChargeWhen]] = {
    "DISBURSEMENT": ChargeWhen.AT_DISBURSEMENT,
    "TRANCHE_DISBURSEMENT": ChargeWhen.AT_EACH_TRANCHE,
    "INSTALLMENT": ChargeWhen.EACH_INSTALMENT,
    "SPECIFIED_DUE_DATE": ChargeWhen.ON_DATE,
}
BASES: Final[Mapping[str, ChargeBasis]] = {
    "FLAT": ChargeBasis.FLAT,
    "PERCENT_OF_AMOUNT": ChargeBasis.OF_PRINCIPAL,
    "PERCENT_OF_INTEREST": ChargeBasis.OF_PROFIT,
    "PERCENT_OF_AMOUNT_AND_INTEREST": ChargeBasis.OF_PRINCIPAL_AND_PROFIT,
    "PERCENT_OF_DISBURSEMENT_AMOUNT": ChargeBasis.OF_DISBURSEMENT,
}
ROUNDINGS: Final[Mapping[str, Rounding]] = {
    "HALF_EVEN": "half_even",
    "HALF_UP": "half_up",
    "DOWN": "down",
}
REFUNDS: Final[Mapping[str, PaymentKind]] = {
    "MERCHANT_ISSUED_REFUND": PaymentKind.MERCHANT_REFUND,
    "PAYOUT_REFUND": PaymentKind.PAYOUT_REFUND,
}
