"""May this fund pay for this loan, and is the money there?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.loans.domain.chart import FundKind
from services.loans.domain.terms import ModeOfFinance
from shared.errors import JsonValue, Kind, RafidError, Sentence
from shared.ids import FundId
from shared.money import Money

OWN_TERMS = Sentence("Rafid: terms of the fund and the product")
ZAKAT_FREE = "zakat-free-of-charge"
CORPUS_FLOOR = "corpus-floor"


class Verdict(StrEnum):
    """What the rulebook says of a kind of fund and a mode of finance."""

    ALLOWED = "allowed"
    WITH_RULING = "with_ruling"
    FORBIDDEN = "forbidden"


class ClaimKind(StrEnum):
    """How an application lays its hand on a fund's money: each claim is added, none changed."""

    RESERVE = "reserve"
    RELEASE = "release"
    COMMIT = "commit"
    UNCOMMIT = "uncommit"
    DRAW = "draw"
    UNDRAW = "undraw"


class FundRestricted(RafidError):
    """The fund may not pay for this"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The fund {fund_code} may not finance this: {reason}."
        " Rule: {rule}; source: {source}; in force from: {in_force_from}."
    )
    fund_code: str
    rule: str
    reason: Sentence
    source: Sentence
    in_force_from: date | None
    refusals: tuple["Refusal", ...]


class FundExhausted(RafidError):
    """The fund has not enough free money"""

    kind = Kind.RULE
    service = "loans"
    detail = "{requested} was asked of the fund {fund_code}; {available} is free."
    fund_code: str
    requested: Money
    available: Money


class ClaimRefused(RafidError):
    """The fund holds no such claim for this application"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{claim} of {amount} is not possible: {reserved} reserved, {committed} committed."
    claim: ClaimKind
    amount: Money
    reserved: Money
    committed: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FinancingRule:
    """The line of the rulebook for one kind of fund and one mode of finance, with its source."""

    verdict: Verdict
    source: str
    in_force_from: date | None = None
    needs_check: bool = False
    lack: "Refusal | None" = None
    """Why no ruling of the Sharia register permits it; None: one does, or none is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a fund may not pay: the rule by name and in words, its source, since when it holds.

    `clause_id` where it is a clause of the fund that refuses; not `is_told` where it is refused
    only because what the clause asks for is not known. `needs_check`: it rests on a fact of the
    rulebook that a lawyer should look at.
    """

    rule: str
    reason: Sentence
    source: Sentence
    in_force_from: date | None = None
    clause_id: UUID | None = None
    is_told: bool = True
    needs_check: bool = False

    def to_json(self) -> JsonValue:
        """The refusal as a member of a problem."""
        since = None if self.in_force_from is None else self.in_force_from.isoformat()
        told: dict[str, JsonValue] = {
            "rule": self.rule,
            "reason": self.reason,
            "source": self.source,
            "in_force_from": since,
        }
        if self.needs_check:
            told["needs_legal_check"] = True
        if self.clause_id is not None:
            told |= {"clause_id": str(self.clause_id), "is_told": self.is_told}
        return told

    def to_text(self) -> str:
        """The refusal as words inside a sentence."""
        since = "" if self.in_force_from is None else f", {self.in_force_from.isoformat()}"
        return f"{self.reason} ({self.source}{since})"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSources:
    """Where the rulebook says that zakat is lent free of charge, and that a corpus stands."""

    by_rule: Mapping[str, tuple[str, date | None]]

    def of(self, rule: str) -> tuple[Sentence, date | None]:
        """Who says one of these rules, and since when."""
        title, since = self.by_rule[rule]
        return Sentence(title), since

    def refusal(self, rule: str, *, reason: Sentence) -> Refusal:
        """A refusal by one of these rules."""
        source, since = self.of(rule)
        return Refusal(rule=rule, reason=reason, source=source, in_force_from=since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """What the rules need to know of a fund.

    `floor` is the corpus that must stand, `founder` the clause of the deed that says so and its
    day, where there is one.
    """

    fund_id: FundId
    code: str
    kind: FundKind
    currency: str
    floor: Money
    is_open: bool = True
    has_lending_ruling: bool = False
    founder: tuple[Sentence, date] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What one application holds of one fund: reserved, committed and not drawn, drawn."""

    reserved: Money
    committed: Money
    drawn: Money

    @classmethod
    def none(cls, currency: str) -> "Claims":
        """No claim at all."""
        zero = Money.zero(currency)
        return cls(reserved=zero, committed=zero, drawn=zero)


def check(
    fund: Fund,
    *,
    mode: ModeOfFinance,
    amount: Money,
    bears_fee: bool,
    product_fund_kinds: Collection[FundKind],
    rule: FinancingRule,
    net_assets: Money,
    sources: KindSources,
) -> list[Refusal]:
    """Every reason of its kind why the fund may not pay for this loan; its clauses beside it are
    read by `restrictions.refusals`.

    `rule` is the rulebook's line for the fund's kind and the mode on the day, `sources` where it
    says what holds of the kind in every mode (`fund_rules`). `net_assets` is what
    the fund owns: cash, wallet and loans less what it owes; below `fund.floor` the corpus is in
    deficit and no new loan is made. Zakat with interest gives one refusal that names the rule.
    """
    refusals = _terms_not_met(fund, amount=amount, product_fund_kinds=product_fund_kinds)
    forbidden = rule.verdict is Verdict.FORBIDDEN
    if rule.lack is not None:
        refusals.append(rule.lack)
    elif forbidden or (rule.verdict is Verdict.WITH_RULING and not fund.has_lending_ruling):
        reason = (
            "a fund of this kind never finances this mode"
            if forbidden
            else "a fund of this kind lends in this mode only with a ruling, and none is registered"
        )
        refusals.append(
            Refusal(
                rule=f"{fund.kind.value}-{mode.value}",
                reason=Sentence(reason),
                source=Sentence(rule.source),
                in_force_from=rule.in_force_from,
                needs_check=rule.needs_check,
            )
        )
    if bears_fee and fund.kind is FundKind.ZAKAT:
        reason = "a loan from zakat is free of any charge on its recipient"
        refusals.append(sources.refusal(ZAKAT_FREE, reason=Sentence(reason)))
    if net_assets < fund.floor:
        reason = "the corpus of the fund is below its floor"
        refusal = sources.refusal(CORPUS_FLOOR, reason=Sentence(reason))
        if fund.founder is not None:
            clause, since = fund.founder
            refusal = replace(refusal, source=clause, in_force_from=since)
        refusals.append(refusal)
    return refusals


def _terms_not_met(
    fund: Fund, *, amount: Money, product_fund_kinds: Collection[FundKind]
) -> list[Refusal]:
    """What the fund's and the product's own terms refuse."""
    return [
        Refusal(rule=name, reason=Sentence(reason), source=OWN_TERMS)
        for name, reason, is_met in (
            ("fund-open", "the fund is closed", fund.is_open),
            ("fund-currency", "the fund has another currency", amount.currency == fund.currency),
            (
                "product-fund-kinds",
                "the product is not offered from funds of this kind",
                fund.kind in product_fund_kinds,
            ),
        )
        if not is_met
    ]


def require_allowed(fund: Fund, *, refusals: Sequence[Refusal]) -> None:
    """Raise `FundRestricted` if there is a reason: the first in words, all as members."""
    if refusals:
        first = refusals[0]
        raise FundRestricted(
            fund_code=fund.code,
            rule=first.rule,
            reason=first.reason,
            source=first.source,
            in_force_from=first.in_force_from,
            refusals=tuple(refusals),
        )


def available(cash: Money, *, reserved: Money, committed: Money) -> Money:
    """The free money of a fund: what it holds less what is reserved and committed, not drawn.

    10,000.000 held, 2,000.000 reserved, 3,000.000 committed: 5,000.000 free.
    """
    return cash - reserved - committed


def require_available(
    fund: Fund, *, requested: Money, cash: Money, reserved: Money, committed: Money
) -> None:
    """Raise `FundExhausted` unless the free money holds the amount."""
    free = available(cash, reserved=reserved, committed=committed)
    if requested > free:
        raise FundExhausted(fund_code=fund.code, requested=requested, available=free)


def claim(claims: Claims, *, kind: ClaimKind, amount: Money) -> Claims:
    """The claims of an application after one more.

    reserve adds to reserved, release takes back; commit moves reserved to committed, uncommit
    frees it; draw moves committed to drawn, undraw moves it back. After reserve 500 and commit
    500: reserved 0, committed 500. Raises `ClaimRefused` where a claim exceeds what it draws on.
    """
    zero = Money.zero(amount.currency)
    to_reserved, to_committed, to_drawn = {
        ClaimKind.RESERVE: (amount, zero, zero),
        ClaimKind.RELEASE: (-amount, zero, zero),
        ClaimKind.COMMIT: (-amount, amount, zero),
        ClaimKind.UNCOMMIT: (zero, -amount, zero),
        ClaimKind.DRAW: (zero, -amount, amount),
        ClaimKind.UNDRAW: (zero, amount, -amount),
    }[kind]
    after = replace(
        claims,
        reserved=claims.reserved + to_reserved,
        committed=claims.committed + to_committed,
        drawn=claims.drawn + to_drawn,
    )
    held = (after.reserved, after.committed, after.drawn)
    if not amount.is_positive or any(one.is_negative for one in held):
        raise ClaimRefused(
            claim=kind, amount=amount, reserved=claims.reserved, committed=claims.committed
        )
    return after
