"""Clauses, cases and funds for tests of restrictions."""

from datetime import date
from decimal import Decimal
from typing import Any

from services.loans.domain.cases import About, Case, Facts
from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import Clause, ClauseKind, Quoted, Rule, Whose
from services.loans.domain.funding import Fund, Refusal
from services.loans.domain.regions import Regions
from services.loans.domain.restrictions import OfKind, Restrictions
from services.loans.domain.terms import ModeOfFinance
from shared.ids import FundId
from shared.money import Money
from tests.builders import an_id, money

FUND = FundId(an_id("fund"))
ON = date(2026, 3, 1)
START = date(2026, 1, 1)
REGIONS = Regions(
    above={
        "jordan": None,
        "north": "jordan",
        "irbid": "north",
        "south": "jordan",
        "maan": "south",
    }
)
WORDS = Quoted(
    text="لا يصرف إلا للنساء",
    language="ar",
    source="Deed 12 of the waqf court of Irbid",
    dated_on=date(2020, 5, 4),
    whose=Whose.FOUNDER,
)


def a_clause(kind: ClauseKind, name: str = "", **changes: Any) -> Clause:
    """A clause of a kind; what is not a member of a clause is one of its rule."""
    known = {"valid_from", "valid_through", "spares_agreed", "quoted", "fund_id"}
    members = {one: value for one, value in changes.items() if one in known}
    rule = {one: value for one, value in changes.items() if one not in known}
    for member in ("amount", "share"):
        if isinstance(rule.get(member), str):
            rule[member] = (
                Decimal(rule[member]) if member == "share" else money(rule[member], "JOD")
            )
    if "values" in rule:
        rule["values"] = frozenset(rule["values"])
    told: dict[str, Any] = {
        "clause_id": an_id(f"clause {kind} {name} {sorted(map(str, rule.items()))}"),
        "fund_id": FUND,
        "reference": f"CL-{kind}{name}",
        "kind": kind,
        "rule": Rule(**rule),
        "quoted": WORDS,
        "valid_from": START,
    }
    return Clause(**(told | members))


def a_case(amount: str = "500.000", name: str = "case", **changes: Any) -> Case:
    """A case of a woman of 30 in Irbid who asks for a qard; facts may be changed by name."""
    facts: dict[str, Any] = {
        "person": an_id(f"person {name}"),
        "sex": "female",
        "age": 30,
        "sector": "crafts",
        "purpose": "tools",
        "region": "irbid",
        "client_status": "individual",
        "own_contribution": money("0.000", "JOD"),
    }
    facts |= {one: changes.pop(one) for one in [*changes] if one in Facts.__dataclass_fields__}
    members: dict[str, Any] = {
        "application_id": an_id(name),
        "facts": Facts(**facts),
        "amount": money(amount, "JOD"),
        "leaving": money(amount, "JOD"),
        "held": Money.zero("JOD"),
        "mode": ModeOfFinance.QARD,
        "bears_fee": False,
        "fund_kinds": frozenset(FundKind),
        "on": ON,
    }
    return Case(**(members | changes))


def a_fund(kind: FundKind = FundKind.DONATION) -> Fund:
    return Fund(fund_id=FUND, code="F", kind=kind, currency="JOD", floor=Money.zero("JOD"))


def restricted(
    *clauses: Clause, about: About | None = None, of_kind: OfKind | None = None
) -> Restrictions:
    """A fund with clauses that its kind and books refuse nothing."""

    def nothing(_case: Case) -> list[Refusal]:
        return []

    usual = About(regions=REGIONS, free=10**9, received=10_000_000)
    return Restrictions(of_kind=of_kind or nothing, clauses=clauses, about=about or usual)
