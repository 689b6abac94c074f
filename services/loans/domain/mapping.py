"""How does a line of a stranger's file become an application? Rules as data, one for each field.

A rule is one of (worked with the columns a = "٢٥", b = "car", years = "30", on 1 April 2026):

- `{constant: x}`: the same for every line;
- `{column: b, codes: {car: vehicle}, prefix: "my "}`: the column's text, translated if there are
  codes (null means unknown), with words in front: "my vehicle";
- `{quotient: {of: a, by: c, share: d, codes: {...}}}`: a / c / the number that the codes give for
  d; `by`, `share` may be left out;
- `{years_before: years}`: the day so many years before the import: 1996-04-01; a number may stand
  for the column.

A field is named as in the body of the API; a dot leads into a member, a number into a list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, Final

from shared.digits import to_western_digits, without_arabic_grouping
from shared.errors import Kind, RafidError
from shared.money import exponent_of

FIGURES: Final = 28
LONGEST_SHOWN: Final = 80
LARGEST_EXPONENT: Final = 15
LONGEST_LIST: Final = 50

Row = Mapping[str, str]
Rule = Mapping[str, Any]
Body = dict[str, Any]

AMOUNTS: Final = re.compile(r"amount|own_contribution|household\.[a-z_]+")
WHOLE: Final = frozenset({"term_months", "grace_months"})
# Rules that name where an application goes; they are no fields of it.
PLACES: Final = frozenset({"branch", "product_code"})
_PATH: Final = re.compile(r"[a-z][a-z0-9_]*(\.([a-z][a-z0-9_]*|[0-9]{1,2}))*")
_MEMBERS: Final = {
    "constant": {"constant"},
    "column": {"column", "codes", "prefix"},
    "quotient": {"quotient"},
    "years_before": {"years_before"},
}


class ColumnMissing(RafidError):
    """The file lacks a column that the mapping names"""

    kind = Kind.RULE
    service = "loans"
    detail = "The mapping names {missing}; the file has {present}."
    missing: tuple[str, ...]
    present: tuple[str, ...]


class MappingUnclear(RafidError):
    """The mapping is not understood"""

    kind = Kind.RULE
    service = "loans"
    detail = "At {path} the mapping has something that is no rule."
    path: str


class ValueUnknown(RafidError):
    """The mapping does not say what this value means"""

    kind = Kind.RULE
    service = "loans"
    detail = "The column {column} holds {value}, which the mapping does not translate."
    column: str
    value: str


class NotANumber(RafidError):
    """This should be a number"""

    kind = Kind.RULE
    service = "loans"
    detail = "{value} is not a number that can be used here."
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRules:
    """The rules of a mapping, by field; a value that exists is understood in all its parts."""

    fields: Mapping[str, Rule]

    @classmethod
    def of(cls, document: object) -> "FieldRules":
        """Understand a mapping's document. Raises `MappingUnclear`."""
        fields = document.get("fields") if isinstance(document, dict) else None
        if not isinstance(fields, dict) or not fields:
            raise MappingUnclear(path="fields")
        for path, rule in fields.items():
            if not isinstance(path, str) or not _PATH.fullmatch(path) or not _is_rule(rule):
                raise MappingUnclear(path=str(path)[:LONGEST_SHOWN])
        return cls(fields=fields)

    def check(self, columns: tuple[str, ...]) -> None:
        """Raise `ColumnMissing` where a rule names a column that the file does not have."""
        named = {column for rule in self.fields.values() for column in _columns(rule)}
        if missing := sorted(named - set(columns)):
            raise ColumnMissing(missing=tuple(missing), present=columns)

    def place(self, name: str, *, row: Row, usual: str | None, on: date) -> str | None:
        """The code of the branch or product of a line, or the usual one."""
        if name not in self.fields:
            return usual
        found = _value(self.fields[name], row=row, on=on, currency=None)
        return None if found is None else str(found)

    def body(self, *, row: Row, currency: str, on: date) -> Body:
        """The body of an application, as the API takes it. Raises `ValueUnknown`, `NotANumber`."""
        body: Body = {}
        for path, rule in self.fields.items():
            if path in PLACES:
                continue
            value = _value(rule, row=row, on=on, currency=currency)
            if value is not None and AMOUNTS.fullmatch(path):
                value = {"amount": str(value), "currency": currency}
            elif value is not None and path in WHOLE:
                value = whole(value)
            _put(body, path=path, value=value)
        return body


def _is_rule(rule: object) -> bool:
    if not isinstance(rule, dict):
        return False
    kind = next((name for name in _MEMBERS if name in rule), None)
    if kind is None or not rule.keys() <= _MEMBERS[kind]:
        return False
    if kind == "quotient":
        parts = rule["quotient"]
        names = {"of", "by", "share", "codes"}
        return (
            isinstance(parts, dict)
            and "of" in parts
            and parts.keys() <= names
            and isinstance(parts.get("codes", {}), dict)
        )
    return isinstance(rule.get("codes", {}), dict)


def _columns(rule: Rule) -> set[str]:
    if "column" in rule:
        return {str(rule["column"])}
    if "quotient" in rule:
        return {str(rule["quotient"][name]) for name in ("of", "by", "share")
                if name in rule["quotient"]}  # fmt: skip
    before = rule.get("years_before")
    return {before} if isinstance(before, str) else set()


def _value(rule: Rule, *, row: Row, on: date, currency: str | None) -> Any:
    if "constant" in rule:
        return rule["constant"]
    if "quotient" in rule:
        return _quotient(rule["quotient"], row=row, places=exponent_of(currency) if currency else 0)
    if "years_before" in rule:
        before = rule["years_before"]
        years = whole(row[before] if isinstance(before, str) else before)
        return _years_before(on, years)
    text = row[str(rule["column"])]
    found = _translated(rule["codes"], str(rule["column"]), text) if "codes" in rule else text
    return f"{rule.get('prefix', '')}{found}" if found not in (None, "") else None


def _translated(codes: Mapping[object, object], column: str, text: str) -> object:
    names = {str(name): name for name in codes}
    if text not in names:
        raise ValueUnknown(column=column, value=text[:LONGEST_SHOWN])
    return codes[names[text]]


def _quotient(parts: Rule, *, row: Row, places: int) -> str:
    with localcontext() as context:
        context.prec = FIGURES
        result = decimal(row[parts["of"]])
        if "by" in parts:
            result = _over(result, decimal(row[parts["by"]]))
        if "share" in parts:
            text = row[parts["share"]]
            share = _translated(parts["codes"], parts["share"], text) if "codes" in parts else text
            result = _over(result, decimal(share))
        if result.adjusted() >= LARGEST_EXPONENT:
            raise NotANumber(value=f"{result:.3E}")
        return f"{result.quantize(Decimal(1).scaleb(-places)):f}"


def _over(number: Decimal, divisor: Decimal) -> Decimal:
    if not divisor:
        raise NotANumber(value="0")
    return number / divisor


def _years_before(on: date, years: int) -> str:
    try:
        return on.replace(year=on.year - years, day=min(on.day, 28)).isoformat()
    except ValueError:
        raise NotANumber(value=str(years)) from None


def decimal(value: object) -> Decimal:
    """Read a number as a person types it: "١٬٢٥٠" is 1250. Raises `NotANumber`."""
    text = without_arabic_grouping(str(value)).strip()
    try:
        number = Decimal(to_western_digits(text))
    except InvalidOperation:
        raise NotANumber(value=text[:LONGEST_SHOWN]) from None
    if not number.is_finite() or number.adjusted() >= LARGEST_EXPONENT:
        raise NotANumber(value=text[:LONGEST_SHOWN])
    return number


def whole(value: object) -> int:
    """Read a whole number. Raises `NotANumber`."""
    number = decimal(value)
    if number != number.to_integral_value():
        raise NotANumber(value=str(value)[:LONGEST_SHOWN])
    return int(number)


def _put(body: Body, *, path: str, value: Any) -> None:
    """Put a value where its path leads; steps that are missing are made.

    Raises `MappingUnclear` where two paths disagree, or a list has a hole.
    """
    steps = path.split(".")
    place: Any = body
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        inner: Any = [] if following is not None and following.isdigit() else {}
        made = value if following is None else inner
        if isinstance(place, list):
            number = int(step) if step.isdigit() else LONGEST_LIST
            if number > min(len(place), LONGEST_LIST - 1):
                raise MappingUnclear(path=path)
            if number == len(place):
                place.append(made)
            place = place[number]
        elif isinstance(place, dict):
            place = place.setdefault(step, made)
        else:
            raise MappingUnclear(path=path)
