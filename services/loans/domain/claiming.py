"""Which of these claims does the fund's money bear, one after the other?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.loans.domain import funding, restrictions, waqf_lending
from services.loans.domain.cases import Case
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import (
    ClaimKind,
    ClaimRefused,
    Claims,
    FinancingRule,
    Fund,
    FundExhausted,
    FundRestricted,
    KindSources,
    Refusal,
    Verdict,
)
from services.loans.domain.restrictions import Restrictions
from services.loans.domain.ruled import Register
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_lending import Guard
from services.loans.domain.weighing import Scales
from services.loans.domain.zakat import holding
from services.loans.domain.zakat.holding import Receiver
from shared import rulebook
from shared.ids import ApplicationId, FundId
from shared.money import Money

Refused = FundRestricted | FundExhausted | ClaimRefused
Receivers = Mapping[ApplicationId, Receiver]
Held = Mapping[tuple[ApplicationId, FundId], Claims]
"""What applications hold of funds already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What an application wants of a fund, with what the rules need to know about it.

    `dues` is when the principal comes back; without them what the books know of it stands. `lead`
    is the leading fund of an application that several funds finance; this is a part of it then.
    `keeps_savings`: the loan asks the borrower to save as security.
    """

    fund_id: FundId
    application_id: ApplicationId
    amount: Money
    mode: ModeOfFinance
    bears_fee: bool
    fund_kinds: frozenset[FundKind]
    dues: tuple[Due, ...] = ()
    ruling_id: UUID | None = None
    lead: FundId | None = None
    keeps_savings: bool = False

    def move(self, kind: ClaimKind, *, amount: Money | None = None) -> "Move":
        """The claim of this application on this fund, of the whole amount unless one is given."""
        return Move(
            fund_id=self.fund_id,
            application_id=self.application_id,
            kind=kind,
            amount=amount or self.amount,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One claim to be added."""

    fund_id: FundId
    application_id: ApplicationId
    kind: ClaimKind
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a fund holds and what is claimed of it.

    `cash` is cash and wallet less what is owed to borrowers and to charity; `net_assets` adds
    the loans. 900 in cash, 100 of it paid in excess by borrowers, 300 reserved: 500 is free.
    `endowed` is the corpus that was given to stand, where the fund has one. `due` is what was
    promised and is firmly due: it may be reserved and committed, and is paid out once it came.
    """

    cash: Money
    net_assets: Money
    reserved: Money
    committed: Money
    endowed: Money | None = None
    due: Money | None = None

    @property
    def available(self) -> Money:
        """What is neither reserved nor committed."""
        return funding.available(self.cash, reserved=self.reserved, committed=self.committed)

    @property
    def counted_on(self) -> Money:
        """What may be reserved and committed in all: held, or firmly due."""
        return self.cash if self.due is None else self.cash + self.due

    @property
    def is_covered(self) -> bool:
        """Whether all that is promised could be paid out of what is held."""
        return not self.available.is_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A locked fund, what it holds, and the rulebook's line for each mode asked for.

    `sources` is where the rulebook says what holds of a kind in every mode.
    `scales` are the fund's clauses with what was given before.
    `guard` is what a waqf's deed and its returns hold before its corpus, `register` what boards
    ruled, `receivers` who would borrow zakat.
    """

    fund: Fund
    standing: Standing
    rules: Mapping[ModeOfFinance, FinancingRule]
    sources: KindSources
    guard: Guard = field(default_factory=Guard)
    scales: Scales = field(default_factory=Scales)
    register: Register = field(default_factory=Register)
    receivers: Receivers = field(default_factory=dict)

    def lending(self, ask: Ask) -> "Purse":
        """The same after the loan asked for: for the waqf's rules, and for what clauses count."""
        after = self.guard.lending(ask.application_id, ask.amount, ask.dues)
        return replace(self, guard=after, scales=self.scales.taking(self.case(ask)))

    def case(self, ask: Ask) -> Case:
        """What is asked, as the fund's clauses read it."""
        return self.scales.case(
            ask.application_id,
            ask.amount,
            mode=ask.mode,
            bears_fee=ask.bears_fee,
            fund_kinds=ask.fund_kinds,
        )


Purses = Mapping[FundId, Purse]


def financing_rule(kind: FundKind, *, mode: str, country: str, on: date) -> FinancingRule:
    """The rulebook's line for a kind of fund and a mode of finance on a day.

    Zakat and conventional is forbidden, zakat and qard needs a ruling, waqf and qard is allowed.
    A ruling without a first day of its own holds from the day it was given.
    """
    fact = rulebook.find(
        "fund_finances_mode",
        country=country,
        on=on,
        fund_kind=kind.value,
        mode_of_finance=str(mode),
    )
    return FinancingRule(
        verdict=Verdict(str(fact.value)),
        source=fact.source.title,
        in_force_from=fact.in_force_from or fact.source.given_on,
        needs_check=fact.needs_check,
    )


def require_allowed(purses: Purses, *, ask: Ask) -> None:
    """Raise `FundRestricted` with every reason why the fund may not pay for this."""
    purse = purses[ask.fund_id]
    restricted = Restrictions(
        of_kind=lambda _case: of_kind(purse, ask=ask),
        clauses=purse.scales.clauses,
        about=purse.scales.beside(ask.application_id),
    )
    found = restrictions.refusals(restricted, case=purse.case(ask))
    funding.require_allowed(purse.fund, refusals=found)


def of_kind(purse: Purse, *, ask: Ask) -> list[Refusal]:
    """What the fund's kind, its terms, its deed and the rulings refuse of what is asked."""
    guard = purse.guard
    fund = waqf_lending.guarded(purse.fund, endowed=purse.standing.endowed, deed=guard.deed)
    refusals = funding.check(
        fund,
        mode=ask.mode,
        amount=ask.amount,
        bears_fee=ask.bears_fee,
        product_fund_kinds=ask.fund_kinds,
        rule=purse.rules[ask.mode],
        net_assets=purse.standing.net_assets,
        sources=purse.sources,
    )
    refusals += waqf_lending.refusals(
        guard,
        application_id=ask.application_id,
        amount=ask.amount,
        mode=ask.mode,
        dues=ask.dues,
    )
    if fund.kind is FundKind.ZAKAT and not refusals:
        receiver = purse.receivers.get(ask.application_id)
        refusals += holding.lending_refusals(receiver, keeps_savings=ask.keeps_savings)
    lack = purse.register.product_lack(ask.ruling_id, mode=ask.mode)
    if lack is not None:
        refusals.append(lack)
    return refusals


def reserve(
    asks: Sequence[Ask], *, purses: Purses, held: Held
) -> tuple[list[Move], list[Refused | None]]:
    """The reservations that fit, in the order given, and for each ask None or its refusal.

    1,000 free, asked 600, 500 and 400: the first and the last fit, the second raises nothing but
    is refused with `FundExhausted`. An application that holds a claim is refused. Of one that
    several funds finance all parts fit, or none, with the refusal of the first that does not.
    """
    standings = {fund_id: purse.standing for fund_id, purse in purses.items()}
    purses = dict(purses)
    holders = {application_id for (application_id, _), claims in held.items() if _holds(claims)}
    moves: list[Move] = []
    outcomes: list[Refused | None] = []
    for bundle in _bundles(asks):
        refusal: Refused | None = None
        before = {ask.fund_id: (standings[ask.fund_id], purses[ask.fund_id]) for ask in bundle}
        try:
            _refuse_second(bundle[0], held=held, holders=holders)
            for ask in bundle:
                standings[ask.fund_id] = _reserved(ask, standings[ask.fund_id], purses=purses)
                purses[ask.fund_id] = purses[ask.fund_id].lending(ask)
        except (FundRestricted, FundExhausted, ClaimRefused) as error:
            refusal = error
            for fund_id, (standing, purse) in before.items():
                standings[fund_id], purses[fund_id] = standing, purse
        else:
            holders.add(bundle[0].application_id)
            moves += [ask.move(ClaimKind.RESERVE) for ask in bundle]
        outcomes += [refusal] * len(bundle)
    return moves, outcomes


def _reserved(ask: Ask, standing: Standing, *, purses: Purses) -> Standing:
    """What a fund's standing is with one more reservation, if the fund may and can bear it."""
    require_allowed(purses, ask=ask)
    funding.require_available(
        purses[ask.fund_id].fund,
        requested=ask.amount,
        cash=standing.counted_on,
        reserved=standing.reserved,
        committed=standing.committed,
    )
    return replace(standing, reserved=standing.reserved + ask.amount)


def _bundles(asks: Sequence[Ask]) -> list[list[Ask]]:
    """The asks, those of one application that several funds finance together."""
    found: list[list[Ask]] = []
    for ask in asks:
        last = found[-1][-1] if found else None
        if (
            last is not None
            and ask.lead is not None
            and (last.application_id, last.lead) == (ask.application_id, ask.lead)
            and ask.fund_id not in {one.fund_id for one in found[-1]}
        ):
            found[-1].append(ask)
        else:
            found.append([ask])
    return found


def commit(asks: Sequence[Ask], *, purses: Purses, held: Held) -> list[Move]:
    """Reservations turned into commitments; what was reserved beyond the contract is released.

    600 reserved, a contract of 500: commit 500, release 100. Raises the first `FundRestricted`
    or `ClaimRefused`.
    """
    moves: list[Move] = []
    purses = dict(purses)
    for ask in asks:
        require_allowed(purses, ask=ask)
        purses[ask.fund_id] = purses[ask.fund_id].lending(ask)
        claims = held.get((ask.application_id, ask.fund_id), Claims.none(ask.amount.currency))
        rest = funding.claim(claims, kind=ClaimKind.COMMIT, amount=ask.amount).reserved
        moves.append(ask.move(ClaimKind.COMMIT))
        if rest.is_positive:
            moves.append(ask.move(ClaimKind.RELEASE, amount=rest))
    return moves


def use(asks: Sequence[Ask], *, kind: ClaimKind, held: Held) -> list[Move]:
    """Commitments drawn or freed. Raises `ClaimRefused` where one is not held."""
    standing = dict(held)
    for ask in asks:
        key = (ask.application_id, ask.fund_id)
        claims = standing.get(key, Claims.none(ask.amount.currency))
        standing[key] = funding.claim(claims, kind=kind, amount=ask.amount)
    return [ask.move(kind) for ask in asks]


def release(held: Held) -> list[Move]:
    """Everything reserved given back."""
    return [
        Move(
            fund_id=fund_id,
            application_id=application_id,
            kind=ClaimKind.RELEASE,
            amount=claims.reserved,
        )
        for (application_id, fund_id), claims in held.items()
        if claims.reserved.is_positive
    ]


def _holds(claims: Claims) -> bool:
    return any(amount.is_positive for amount in (claims.reserved, claims.committed, claims.drawn))


def _refuse_second(ask: Ask, *, held: Held, holders: set[ApplicationId]) -> None:
    if ask.application_id in holders:
        claims = held.get((ask.application_id, ask.fund_id), Claims.none(ask.amount.currency))
        raise ClaimRefused(
            claim=ClaimKind.RESERVE,
            amount=ask.amount,
            reserved=claims.reserved,
            committed=claims.committed,
        )
