"""What does a fact look like on whose figure a decision rests?

A fact that an institution gives itself is checked by the same rules as ours, so that none is ever
read that nobody can use. Only topics with a figure or a calendar are an institution's to give:
what a kind of fund may finance follows a recorded ruling, never an override.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from shared.currencies import EXPONENTS
from shared.errors import JsonValue, Kind, RafidError
from shared.rulebook.facts import Fact

CONDITIONS_MAX: Final = 5
VALUES_MAX: Final = 20
WEEKDAYS: Final = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
INSTITUTION: Final = "institution"
"""The topic under which an institution says what it is: its type, its part of the country, …"""
MONTHS_MAX, DAYS_MAX = 600, 3_650
MONTHS_OF_YEAR, DAYS_OF_LUNAR_MONTH, HOLIDAY_DAYS_MAX = 12, 30, 10
WARNINGS: Final = 3
RELATIONS: Final = frozenset(
    {
        "payer_ascendant",
        "payer_descendant",
        "payer_wife",
        "payer_husband",
        "payer_other_kin",
    }
)
LEGS: Final = frozenset({"own", "state", "bank"})
"""Who bears a part of a project's cost: the person, the state without interest, a bank."""
ASKED: Final = frozenset(
    {
        "area",
        "client_status",
        "credit_category",
        "cycle",
        "institution_type",
        "meets_norms",
        "part",
        "purpose",
        "region",
        "resources",
        "scheme",
        "sector",
        "size",
    }
)
"""What the conditions of ceilings and caps ask for, beside the mode of finance and the cycle."""


class FactMalformed(RafidError):
    """A fact of the rulebook is not in the form of its topic"""

    kind = Kind.RULE
    detail = "The member {member} of a fact of topic {topic} cannot be {value}."
    topic: str
    member: str
    value: str


class TopicNotYours(RafidError):
    """An institution gives no facts of this topic"""

    kind = Kind.RULE
    detail = "Facts of topic {topic} are not an institution's to give; it may give {topics}."
    topic: str
    topics: tuple[str, ...]


def check(fact: Fact) -> None:
    """Raise `FactMalformed` unless value, unit and conditions are in the form of the topic."""
    if len(fact.conditions) > CONDITIONS_MAX:
        raise _malformed(fact, "conditions", len(fact.conditions))
    for name, accepted in fact.conditions.items():
        if not accepted or len(accepted) > VALUES_MAX:
            raise _malformed(fact, f"conditions.{name}", len(accepted))
    form = FORMS.get(fact.topic)
    if form is not None and not fact.is_published and not form(fact):
        raise _malformed(fact, "value", f"{fact.value} {fact.unit}".strip())
    if fact.is_published and fact.topic not in CAPS:
        raise _malformed(fact, "value.rule", "published")


def check_own(fact: Fact) -> None:
    """Raise what `check` raises, and `TopicNotYours` for a topic that is not to be overridden."""
    if fact.topic not in OVERRIDABLE:
        raise TopicNotYours(topic=fact.topic, topics=tuple(sorted(OVERRIDABLE)))
    if fact.is_published:
        raise _malformed(fact, "value.rule", "published")
    check(fact)


def _malformed(fact: Fact, member: str, value: object) -> FactMalformed:
    return FactMalformed(topic=fact.topic, member=member, value=str(value))


def _number(value: JsonValue, *, most: Decimal | int | None = None) -> bool:
    if not isinstance(value, str):
        return False
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    return number.is_finite() and number >= 0 and (most is None or number <= most)


def _amount(fact: Fact) -> bool:
    return fact.unit in EXPONENTS and _number(fact.value)


def _months(fact: Fact) -> bool:
    whole = isinstance(fact.value, str) and fact.value.isdecimal()
    return whole and fact.unit == "months" and 0 < int(fact.text) <= MONTHS_MAX


def _rate(fact: Fact) -> bool:
    return fact.unit in {"nominal", "effective"} and _number(fact.value, most=10)


def _share(fact: Fact) -> bool:
    return fact.unit == "share" and _number(fact.value, most=10)


def _fee(fact: Fact) -> bool:
    return _share(fact) or _amount(fact)


def _shares_by_day(fact: Fact) -> bool:
    """From the first day late: nothing late has a share, and more is never less."""
    if not isinstance(fact.value, dict) or "0" not in fact.value:
        return False
    days = fact.value
    if not all(day.isdecimal() and int(day) <= DAYS_MAX for day in days):
        return False
    shares = [days[day] for day in sorted(days, key=int)]
    if not all(_number(share, most=1) for share in shares):
        return False
    numbers = [Decimal(str(share)) for share in shares]
    return numbers == sorted(numbers)


def _weekdays(fact: Fact) -> bool:
    days = fact.value.split() if isinstance(fact.value, str) else []
    return len(set(days)) == len(days) and 0 < len(days) < len(WEEKDAYS) and set(days) <= WEEKDAYS


def _holiday(fact: Fact) -> bool:
    if not isinstance(fact.value, dict) or not isinstance(fact.value.get("name"), str):
        return False
    rule, days = HOLIDAYS.get(str(fact.value.get("rule"))), fact.value.get("days", 1)
    lasts = isinstance(days, int) and not isinstance(days, bool) and 0 < days <= HOLIDAY_DAYS_MAX
    return rule is not None and lasts and rule(fact.value)


def _fixed_day(value: Mapping[str, JsonValue]) -> bool:
    """A day that every year has: the 29th of February is none."""
    try:
        date(2001, int(str(value.get("month"))), int(str(value.get("day"))))
    except ValueError:
        return False
    return True


def _hijri_day(value: Mapping[str, JsonValue]) -> bool:
    month, day = value.get("month"), value.get("day")
    if not isinstance(month, int) or not isinstance(day, int):
        return False
    return 1 <= month <= MONTHS_OF_YEAR and 1 <= day <= DAYS_OF_LUNAR_MONTH


def _given_days(value: Mapping[str, JsonValue]) -> bool:
    days = value.get("dates")
    if not isinstance(days, list) or not days:
        return False
    try:
        return all(bool(date.fromisoformat(str(day))) for day in days)
    except ValueError:
        return False


def _institution(fact: Fact) -> bool:
    told = fact.value
    if not isinstance(told, dict) or not told or fact.conditions:
        return False
    return all(
        name in ASKED - {"cycle"} and isinstance(value, str | bool) and value != ""
        for name, value in told.items()
    )


def _part(fact: Fact) -> bool:
    """A share of a whole: more than nothing, at most all of it."""
    return fact.unit == "share" and _number(fact.value, most=1) and Decimal(fact.text) > 0


def _grams(fact: Fact) -> bool:
    return fact.unit == "grams" and _number(fact.value, most=10_000) and Decimal(fact.text) > 0


def _days(fact: Fact) -> bool:
    whole = isinstance(fact.value, str) and fact.value.isdecimal()
    return whole and fact.unit == "days" and 0 < int(fact.text) <= DAYS_MAX


def _warnings(fact: Fact) -> bool:
    """Three ages, each later than the one before it."""
    ages = fact.value.split() if isinstance(fact.value, str) else []
    if len(ages) != WARNINGS or not all(
        age.isdecimal() and len(age) < WARNINGS + 2 for age in ages
    ):
        return False
    days = [int(age) for age in ages]
    return fact.unit == "days" and 0 < days[0] < days[1] < days[2] <= DAYS_MAX


def _words(unit: str, *words: str) -> Callable[[Fact], bool]:
    return lambda fact: fact.unit == unit and fact.value in words


def _relations(fact: Fact) -> bool:
    named = fact.value.split() if isinstance(fact.value, str) else []
    return fact.unit == "relations" and bool(named) and set(named) <= RELATIONS


def _sufficiency(fact: Fact) -> bool:
    """What a month costs a household, and each person in it, in the unit's currency."""
    if not isinstance(fact.value, dict) or fact.value.keys() != {"household", "person"}:
        return False
    places = EXPONENTS.get(fact.unit)
    return places is not None and all(
        _number(amount) and Decimal(str(amount)) == round(Decimal(str(amount)), places)
        for amount in fact.value.values()
    )


def _structure(fact: Fact) -> bool:
    """Shares of what a project costs, by who bears them; all three make the whole."""
    told = fact.value
    if fact.unit != "share" or not isinstance(told, dict) or not told:
        return False
    if not told.keys() <= LEGS or not all(_number(share, most=1) for share in told.values()):
        return False
    whole = sum(Decimal(str(share)) for share in told.values())
    return whole == 1 if told.keys() == LEGS else whole <= 1


HOLIDAYS: Final[Mapping[str, Callable[[Mapping[str, JsonValue]], bool]]] = {
    "fixed": _fixed_day,
    "hijri": _hijri_day,
    "dates": _given_days,
}
CAPS: Final = frozenset({"rate_cap", "cost_cap", "fee_cap"})
ZAKAT: Final[Mapping[str, Callable[[Fact], bool]]] = {
    "zakat_nisab_basis": _words("metal", "gold", "silver"),
    "zakat_nisab_weight": _grams,
    "zakat_price_days": _days,
    "zakat_rate": _part,
    "zakat_eligibility_days": _days,
    "zakat_poorest_share": _part,
    "zakat_class_order": _words("class", "fuqara", "masakin"),
    "zakat_sufficiency_months": _months,
    "zakat_sufficiency_line": _sufficiency,
    "zakat_amil_cap": _part,
    "zakat_amil_period": _words("period", "hijri_year", "solar_year", "whole"),
    "zakat_hold_days": _days,
    "zakat_hold_warnings": _warnings,
    "zakat_excluded_relations": _relations,
    "zakat_self_set_off": _words("policy", "forbidden", "allowed"),
    "zakat_investment": _words("policy", "off", "allowed_with_checks"),
    "zakat_receiver_religion": _words("policy", "authority", "any"),
    "company_levy_is_zakat": _words("answer", "yes", "no"),
    "zakat_collection": _words("policy", "licensed", "licence_required"),
}
"""What an authority of zakat, or an institution under its ruling, may set for itself.

Whether zakat may be lent is not among them: that follows a recorded ruling.
"""
OVERRIDABLE: Final = (
    CAPS
    | frozenset(ZAKAT)
    | {
        "loan_ceiling",
        "term_ceiling",
        "minimum_provision",
        "nazir_fee_cap",
        "financing_structure",
        "weekend",
        "holiday",
        INSTITUTION,
    }
)
FORMS: Final[Mapping[str, Callable[[Fact], bool]]] = {
    **ZAKAT,
    "loan_ceiling": _amount,
    "term_ceiling": _months,
    "rate_cap": _rate,
    "cost_cap": _share,
    "fee_cap": _fee,
    "minimum_provision": _shares_by_day,
    "nazir_fee_cap": _share,
    "financing_structure": _structure,
    "weekend": _weekdays,
    "holiday": _holiday,
    INSTITUTION: _institution,
}
