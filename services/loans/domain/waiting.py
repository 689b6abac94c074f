"""What of an application and of a fund does a run of the assignment count?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from services.loans.domain.application import Characteristics
from services.loans.domain.cases import Facts
from services.loans.domain.clauses import Base, Clause, ClauseKind

POOR: Final = frozenset({"fuqara", "masakin"})
"""The classes of zakat that are counted as poor, whole."""
TOLD: Final = ("rural", "disability", "displaced")
"""Traits that an application tells itself, or by the status of its client."""
MOST: Final[Mapping[str, Decimal]] = MappingProxyType(
    {"poverty": Decimal(1), "jobs": Decimal(1_000)}
)
MILLIONTH: Final = Decimal("0.000001")
SECTOR: Final = "sector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The traits of an application, and how much it has of each social measure."""

    traits: tuple[str, ...]
    social: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What the clauses of a fund ask of all it finances together, as a run can count it.

    `shares` are the least shares of its money for women and the young, `sector_share_max` the
    most for any one sector. `clauses` are those that say so, by the trait or "sector".
    `clause_ids` are all of this kind: of these no case is refused alone, for another of the same
    run may make room for it.
    """

    shares: Mapping[str, Decimal]
    sector_share_max: Decimal | None
    clause_ids: frozenset[object]
    clauses: Mapping[str, Clause] = field(default_factory=dict)


def measured(facts: Facts, characteristics: Characteristics, *, youth: tuple[int, int]) -> Measured:
    """Measure an application by what is known of it; what nobody told counts as none.

    Women and the young count one each, a place in the country one where it is told. Poor is who
    a person counted to the poor or needy, or the share told as `poverty`; `jobs` are as told.
    Worked: a woman of 30, counted to the needy, two jobs: women 1, youth 1, poverty 1, jobs 2.
    """
    least, most = youth
    told = {name for name in TOLD if characteristics.get(name) is True} | {
        name for name in TOLD if facts.client_status == name
    }
    traits = [
        name
        for name, has in (
            ("women", facts.sex == "female"),
            ("youth", facts.age is not None and least <= facts.age <= most),
            *((name, name in told) for name in TOLD),
        )
        if has
    ]
    social: dict[str, Decimal] = {
        name: Decimal(1) for name in ("women", "youth", "rural") if name in traits
    }
    for name, most_of in MOST.items():
        much = _number(characteristics.get(name), most=most_of)
        if name == "poverty" and facts.zakat_class in POOR:
            much = most_of
        if much:
            social[name] = much
    return Measured(traits=tuple(traits), social=social)


def demands(clauses: Sequence[Clause]) -> Demands:
    """Read what clauses in force ask of all that a fund finances together.

    Of several for the same a run counts the strictest; the others hold when money is claimed.
    Worked: "at least 0.3 for women" and "at most 0.25 in one sector" are shares {women: 0.3} and
    a cap of 0.25; a cap on named sectors alone is none of a run's, and stays with the fund.
    """
    found: dict[str, Clause] = {}
    counted: set[object] = set()
    for clause in sorted(clauses, key=lambda one: (one.valid_from, str(one.clause_id))):
        by = _counted_by(clause)
        if by is None:
            continue
        counted.add(clause.clause_id)
        if by not in found or _is_stricter(clause, found[by]):
            found[by] = clause
    shares = {by: one.rule.share for by, one in found.items() if by != SECTOR and one.rule.share}
    cap = found.get(SECTOR)
    return Demands(
        shares=shares,
        sector_share_max=None if cap is None else cap.rule.share,
        clause_ids=frozenset(counted),
        clauses=found,
    )


def _counted_by(clause: Clause) -> str | None:
    """By what a run counts a clause: a trait, the sector, or not at all."""
    rule = clause.rule
    if clause.kind is ClauseKind.LEAST_SHARE and rule.base is Base.GIVEN:
        return rule.of
    is_any = clause.kind is ClauseKind.MOST_SHARE and rule.of == SECTOR and not rule.values
    return SECTOR if is_any else None


def _is_stricter(one: Clause, other: Clause) -> bool:
    if one.kind is ClauseKind.LEAST_SHARE:
        return one.rule.millionths > other.rule.millionths
    return one.rule.millionths < other.rule.millionths


def _number(told: object, *, most: Decimal) -> Decimal:
    try:
        value = Decimal(told) if isinstance(told, str) else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    if not value.is_finite():
        return Decimal(0)
    return min(max(value, Decimal(0)), most).quantize(MILLIONTH)
