"""Does a published figure of a spreadsheet's annuity function come out of ours?"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from typing import Final

from services.cli.checking.reading import Malformed, Node, Unsupported, refuse_unknown
from shared import annuities
from shared.annuities import PRECISION, PaymentsAt

FORMAT: Final = "annuity-case/1"
CASE_MEMBERS: Final = frozenset(
    {"id", "format", "source", "tags", "function", "inputs", "expected", "tolerance"}
    | {"verified", "verified_how", "note"}
)


def difference(case: Node) -> str:
    """Give the difference between the stated figure and ours, nothing where there is none.

    Raises `Malformed`, `Unsupported`, and the errors of `annuities`.
    """
    refuse_unknown(case, CASE_MEMBERS)
    named = case["function"].text()
    if named not in FUNCTIONS:
        raise Unsupported(f"function {named}")
    known, function = FUNCTIONS[named]
    refuse_unknown(case["inputs"], known)
    ours = function(case["inputs"])
    theirs, tolerance = case["expected"].number(), case["tolerance"].number()
    if abs(ours - theirs) > tolerance:
        return f"{named}: theirs {theirs}, ours {ours} (tolerance {tolerance:f})"
    return ""


def _number(inputs: Node, name: str) -> Decimal:
    """Give a number, which may be a quotient, and is zero where it is not stated."""
    stated = inputs.get(name)
    if stated is None:
        return Decimal(0)
    found = stated.quotient()
    with localcontext(prec=PRECISION):
        return Decimal(found.numerator) / found.denominator


def _when(inputs: Node) -> PaymentsAt:
    stated = inputs.get("payments_at")
    if stated is None or stated.text() == "end":
        return "end"
    if stated.text() == "begin":
        return "begin"
    raise Unsupported(f"payments at {stated.text()}")


def _pmt(inputs: Node) -> Decimal:
    return annuities.pmt(
        _number(inputs, "rate"),
        inputs["nper"].whole(),
        _number(inputs, "pv"),
        _number(inputs, "fv"),
        payments_at=_when(inputs),
    )


def _part(
    function: Callable[..., Decimal],
) -> Callable[[Node], Decimal]:
    def found(inputs: Node) -> Decimal:
        return function(
            _number(inputs, "rate"),
            inputs["per"].whole(),
            inputs["nper"].whole(),
            _number(inputs, "pv"),
            _number(inputs, "fv"),
            payments_at=_when(inputs),
        )

    return found


def _sum(function: Callable[..., Decimal]) -> Callable[[Node], Decimal]:
    def found(inputs: Node) -> Decimal:
        return function(
            _number(inputs, "rate"),
            inputs["nper"].whole(),
            _number(inputs, "pv"),
            inputs["first"].whole(),
            inputs["last"].whole(),
            payments_at=_when(inputs),
        )

    return found


def _nper(inputs: Node) -> Decimal:
    return annuities.nper(
        _number(inputs, "rate"),
        _number(inputs, "pmt"),
        _number(inputs, "pv"),
        _number(inputs, "fv"),
        payments_at=_when(inputs),
    )


def _rate(inputs: Node) -> Decimal:
    return annuities.rate(
        inputs["nper"].whole(),
        _number(inputs, "pmt"),
        _number(inputs, "pv"),
        _number(inputs, "fv"),
        payments_at=_when(inputs),
    )


def _irr(inputs: Node) -> Decimal:
    return annuities.irr([amount.number() for amount in inputs["cash_flows"].items()])


def _xirr(inputs: Node) -> Decimal:
    return annuities.xirr(_dated(inputs))


def _dated(inputs: Node) -> list[tuple[date, Decimal]]:
    entries = inputs["cash_flows"].items()
    if inputs.get("dates") is None:
        return [(entry["date"].day(), entry["amount"].number()) for entry in entries]
    days = inputs["dates"].items()
    if len(days) != len(entries):
        raise Malformed("inputs.dates and inputs.cash_flows are not equally many")
    return [(day.day(), entry.number()) for day, entry in zip(days, entries, strict=True)]


def _effect(inputs: Node) -> Decimal:
    return annuities.effect(_number(inputs, "nominal_rate"), inputs["periods_per_year"].whole())


def _nominal(inputs: Node) -> Decimal:
    return annuities.nominal(_number(inputs, "effective_rate"), inputs["periods_per_year"].whole())


_LOAN: Final = frozenset({"rate", "nper", "pv", "fv", "payments_at"})
_SPAN: Final = frozenset({"rate", "nper", "pv", "first", "last", "payments_at"})
FUNCTIONS: Final[Mapping[str, tuple[frozenset[str], Callable[[Node], Decimal]]]] = {
    "pmt": (_LOAN, _pmt),
    "ipmt": (_LOAN | {"per"}, _part(annuities.ipmt)),
    "ppmt": (_LOAN | {"per"}, _part(annuities.ppmt)),
    "cumipmt": (_SPAN, _sum(annuities.cumipmt)),
    "cumprinc": (_SPAN, _sum(annuities.cumprinc)),
    "nper": (frozenset({"rate", "pmt", "pv", "fv", "payments_at"}), _nper),
    "rate": (frozenset({"nper", "pmt", "pv", "fv", "payments_at", "guess"}), _rate),
    "irr": (frozenset({"cash_flows", "guess"}), _irr),
    "xirr": (frozenset({"cash_flows", "dates", "guess"}), _xirr),
    "effect": (frozenset({"nominal_rate", "periods_per_year"}), _effect),
    "nominal": (frozenset({"effective_rate", "periods_per_year"}), _nominal),
}
