"""Does a clause contradict another of its fund, or what the law of the country allows?

Found when a clause is written, not when money is asked for: two clauses that no case can meet
together close a fund without anybody having said so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import (
    MILLION,
    MODES,
    Clause,
    ClauseKind,
    ClauseMalformed,
    Whose,
)
from services.loans.domain.funding import FinancingRule, Verdict
from services.loans.domain.regions import Regions
from shared.errors import Kind, RafidError, Sentence

SETS: Final = (
    ClauseKind.ZAKAT_CLASS,
    ClauseKind.SEX,
    ClauseKind.CLIENT_STATUS,
    ClauseKind.SECTOR,
    ClauseKind.PURPOSE,
    ClauseKind.MODE,
)
EVERY: Final = {
    ClauseKind.SEX: frozenset({"female", "male"}),
    ClauseKind.MODE: MODES,
}
WAQF: Final = frozenset({Whose.FOUNDER})


class ClauseContradicts(RafidError):
    """The clause contradicts another of the fund"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "{reference} and {other_reference} would hold at once, and nothing could meet both:"
        " {why}. End the other, let this one follow it, or give it other days."
    )
    reference: str
    other_reference: str
    why: Sentence


class ClauseUnlawful(RafidError):
    """No law of the country allows the clause"""

    kind = Kind.RULE
    service = "loans"
    detail = "In {country} the clause cannot be kept: {said} ({source})."
    country: str
    said: Sentence
    source: Sentence
    in_force_from: date | None
    needs_legal_check: bool = False


class ClauseRegionUnknown(RafidError):
    """The clause names a region that is not in the tree"""

    kind = Kind.RULE
    service = "loans"
    detail = "Enter the region {region} first, below the one it belongs to."
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What the rulebook says where a fund is: of its kind, and of the kind with each mode."""

    country: str
    fund_kind: FundKind
    is_kind_lawful: bool
    kind_source: str
    kind_since: date | None
    waqf_source: str | None
    """Where the country knows no waqf, the source that says so."""
    rules: dict[str, FinancingRule]
    kind_needs_check: bool = False
    waqf_needs_check: bool = False


def require_clear(
    clause: Clause,
    *,
    others: Sequence[Clause],
    regions: Regions,
    youth: tuple[int, int],
) -> None:
    """Raise `ClauseRegionUnknown`, `ClauseContradicts` unless a case could meet all that holds.

    Clauses are held beside each other only where both hold on a day: "women alone" until May and
    "men alone" from June do not clash. Women alone with half at least for women is no clash; men
    alone with half for women is one.
    """
    if clause.kind is ClauseKind.REGION or clause.rule.of == "region":
        for region in sorted(clause.rule.values):
            if not regions.knows(region):
                raise ClauseRegionUnknown(region=region)
    beside = [one for one in others if one.meets(clause)]
    for why, other in _clashes(clause, beside, regions=regions, youth=youth):
        raise ClauseContradicts(
            reference=clause.reference, other_reference=other.reference, why=why
        )


def require_lawful(clause: Clause, *, law: Law) -> None:
    """Raise `ClauseUnlawful` for a clause that cannot be kept where the fund is.

    A fund of a kind that the country does not know, a founder's stipulation where there is no
    waqf, a mode that the kind of fund never finances: the rulebook's source is named.
    """
    if not law.is_kind_lawful:
        raise ClauseUnlawful(
            country=law.country,
            said=Sentence("the country knows no funds of this kind"),
            source=Sentence(law.kind_source),
            in_force_from=law.kind_since,
            needs_legal_check=law.kind_needs_check,
        )
    if clause.quoted.whose in WAQF and law.waqf_source is not None:
        raise ClauseUnlawful(
            country=law.country,
            said=Sentence("the country knows no waqf, and so no founder's stipulation"),
            source=Sentence(law.waqf_source),
            in_force_from=law.kind_since,
            needs_legal_check=law.waqf_needs_check,
        )
    if clause.kind is not ClauseKind.MODE or clause.rule.bars:
        return
    for mode in sorted(clause.rule.values):
        rule = law.rules[mode]
        if rule.verdict is Verdict.FORBIDDEN:
            raise ClauseUnlawful(
                country=law.country,
                said=Sentence("a fund of this kind never finances this mode"),
                source=Sentence(rule.source),
                in_force_from=rule.in_force_from,
                needs_legal_check=rule.needs_check,
            )


def require_currency(clause: Clause, *, currency: str) -> None:
    """Raise `ClauseMalformed` for an amount in another currency than the fund's."""
    amount = clause.rule.amount
    if amount is not None and amount.currency != currency:
        raise ClauseMalformed(clause_kind=clause.kind, member="amount", value=amount.to_text())


def _clashes(
    clause: Clause, others: Sequence[Clause], *, regions: Regions, youth: tuple[int, int]
) -> Iterator[tuple[Sentence, Clause]]:
    for other in others:
        both = [clause, other]
        for why, clashes in (
            (Sentence("no days are left"), _no_days(both)),
            (Sentence("no age is left"), _no_age(both, youth=youth)),
            (Sentence("the most is below the least"), _most_below_least(both)),
            (Sentence("nobody is left to give that share to"), _nobody_favoured(both, youth=youth)),
            (Sentence("no other source is left to join"), _nothing_to_join(both)),
        ):
            if clashes:
                yield why, other
    for kind in SETS:
        same = [one for one in (*others, clause) if one.kind is kind]
        if clause.kind is kind and len(same) > 1 and _no_code(kind, same):
            yield Sentence("no value is left that all allow"), same[0]
    places = [one for one in (*others, clause) if one.kind is ClauseKind.REGION]
    if clause.kind is ClauseKind.REGION and len(places) > 1 and _no_place(places, regions=regions):
        yield Sentence("no region is left"), places[0]
    yield from _shares_too_small(clause, others)


def _no_code(kind: ClauseKind, clauses: Sequence[Clause]) -> bool:
    allowed = EVERY.get(kind)
    for one in (one for one in clauses if not one.rule.bars):
        allowed = one.rule.values if allowed is None else allowed & one.rule.values
    if allowed is None:
        return False
    for one in (one for one in clauses if one.rule.bars):
        allowed -= one.rule.values
    return not allowed


def _no_place(clauses: Sequence[Clause], *, regions: Regions) -> bool:
    """Whether no region lies in all that is allowed and in none that is barred."""
    named = {region for one in clauses for region in one.rule.values}
    known = {*regions.above, *named}

    def is_left(region: str) -> bool:
        chain = set(regions.chain(region))
        return all(one.rule.bars is chain.isdisjoint(one.rule.values) for one in clauses)

    return all(one.rule.bars for one in clauses) is False and not any(map(is_left, known))


def _bounds(clause: Clause, *, youth: tuple[int, int]) -> tuple[float, float]:
    if clause.kind is ClauseKind.YOUTH or clause.rule.of == "youth":
        return youth
    least, most = clause.rule.least, clause.rule.most
    return least or 0, float("inf") if most is None else most


def _no_age(both: Sequence[Clause], *, youth: tuple[int, int]) -> bool:
    if any(one.kind not in {ClauseKind.AGE, ClauseKind.YOUTH} for one in both):
        return False
    bounds = [_bounds(one, youth=youth) for one in both]
    return max(least for least, _ in bounds) > min(most for _, most in bounds)


def _no_days(both: Sequence[Clause]) -> bool:
    if any(one.kind is not ClauseKind.GIVING_DAYS for one in both):
        return False
    opens = max((one.rule.opens_on or date.min for one in both), default=date.min)
    return opens > min((one.rule.closes_on or date.max for one in both), default=date.max)


def _most_below_least(both: Sequence[Clause]) -> bool:
    least = [one.rule.amount for one in both if one.kind is ClauseKind.LEAST_PER_CONTRACT]
    most = [
        one.rule.amount
        for one in both
        if one.kind in {ClauseKind.MOST_PER_CONTRACT, ClauseKind.MOST_PER_PERSON}
    ]
    return any(
        low is not None and high is not None and high.minor < low.minor
        for low in least
        for high in most
    )


def _nobody_favoured(both: Sequence[Clause], *, youth: tuple[int, int]) -> bool:
    shares = [one for one in both if one.kind is ClauseKind.LEAST_SHARE]
    for share in shares:
        for other in both:
            if share.rule.of == "women" and other.kind is ClauseKind.SEX:
                return "female" not in other.rule.values
            if share.rule.of == "youth" and other.kind is ClauseKind.AGE:
                (least, most), (low, high) = youth, _bounds(other, youth=youth)
                return low > most or high < least
    return False


def _nothing_to_join(both: Sequence[Clause]) -> bool:
    joined = [one.rule.values for one in both if one.kind is ClauseKind.JOINED_BY]
    barred = [one.rule.values for one in both if one.kind is ClauseKind.NOT_JOINED_BY]
    return any(not bars or (must and must <= bars) for must in joined for bars in barred)


def _shares_too_small(
    clause: Clause, others: Sequence[Clause]
) -> Iterator[tuple[Sentence, Clause]]:
    """Two sectors alone, each with at most 30 per cent: 40 per cent could go to nobody."""
    for other in others:
        for share, alone in ((clause, other), (other, clause)):
            if (
                share.kind is ClauseKind.MOST_SHARE
                and share.rule.of == "sector"
                and not share.rule.values
                and alone.kind is ClauseKind.SECTOR
                and not alone.rule.bars
                and len(alone.rule.values) * share.rule.millionths < MILLION
            ):
                yield Sentence("the shares do not add up to the whole"), other
