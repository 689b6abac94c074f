"""How are principal and profit spread over the periods, for every way of agreeing on it?"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from services.loans.domain import annuity, flows, period_rates, shares, weights
from services.loans.domain.amortisation import AmortisationKind, LevelRule, Shortfall
from services.loans.domain.charging import FlatRule
from services.loans.domain.contradictions import MultipleTooLarge
from services.loans.domain.due_dates import Span
from services.loans.domain.flows import Flows
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, ResidueRule, Terms
from shared.errors import Kind, RafidError
from shared.money import Money

# Minor units: whole where they are agreed, fractions of them where a table is found unrounded.
Amount = int | Fraction
UNROUNDED_PLACES = 10**40
PERCENT = 100
_NOTHING: Amount = 0
SEARCHED = frozenset(
    {
        AmortisationKind.EQUAL_INSTALMENTS,
        AmortisationKind.GRADUATED,
        AmortisationKind.SEASONAL,
    }
)


class InstalmentBelowProfit(RafidError):
    """An instalment does not pay the profit that falls due with it"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Instalment {number} is {instalment}, and {profit} of profit falls due with it: ask for"
        " more, or agree that the rest is carried or joins the principal."
    )
    number: int
    instalment: Money
    profit: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What one instalment asks: an amount for principal and profit, or a principal beside it."""

    amount: Amount | None = None
    principal: Amount | None = None
    may_carry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where the course stands between two periods, in minor units.

    `carried` is profit above an instalment, paid inside a later one; `deferred` is profit in
    grace, asked on top of the first instalment after it.
    """

    outstanding: Amount
    carried: Amount = 0
    deferred: Amount = 0


@dataclass(slots=True, kw_only=True)
class Walk:
    """The instalments of some periods, and where they lead."""

    state: State
    principals: list[Amount] = field(default_factory=list)
    profits: list[Amount] = field(default_factory=list)
    has_carried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Terms with everything about their periods that does not depend on the instalments."""

    terms: Terms
    spans: Sequence[Span]
    flows: Flows
    weights: Sequence[Fraction]
    is_exact: bool
    flat_profits: Sequence[Amount] | None
    rates_from: dict[int, list[Fraction]] = field(default_factory=dict, compare=False)

    @property
    def count(self) -> int:
        """The number of instalments, down payments left out."""
        return len(self.spans)

    def whole(self, amount: Amount) -> Amount:
        """An amount as the course keeps it: rounded once, or with forty decimals."""
        if self.is_exact:
            return Fraction(round(amount * UNROUNDED_PLACES), UNROUNDED_PLACES)
        unit = self.terms.amortisation.unit_minor
        return shares.to_multiple(amount, unit, self.terms.rounding)


def course_of(terms: Terms, spans: Sequence[Span], *, is_exact: bool = False) -> Course:
    """The course of terms, before any instalment is found."""
    course = Course(
        terms=terms,
        spans=spans,
        flows=flows.of(terms, spans),
        weights=weights.of(terms, spans),
        is_exact=is_exact,
        flat_profits=None,
    )
    if terms.charge_method is ChargeMethod.FLAT:
        return replace(course, flat_profits=_flat_profits(course))
    return course


def spread(course: Course) -> tuple[list[Amount], list[Amount]]:
    """The principals and profits of the instalments, in minor units.

    Where a rate changes or a tranche is paid out the instalments from that period on are found
    anew from what is outstanding, as if nothing further were to change. Raises
    `InstalmentBelowProfit`, `MultipleTooLarge`.
    """
    walked = Walk(state=State(outstanding=course.flows.opening))
    for first, stop in pairwise((*course.flows.breaks, course.count)):
        asks = _payable_asks(course, walked.state, first)
        part = _walk(course, walked.state, first, asks, stop)
        walked.principals += part.principals
        walked.profits += part.profits
        walked.state = part.state
    return walked.principals, walked.profits


def _payable_asks(course: Course, state: State, first: int) -> list[Ask]:
    asks = _asks(course, state, first)
    amortisation = course.terms.amortisation
    declining = course.terms.charge_method is ChargeMethod.DECLINING_BALANCE
    if not declining or amortisation.kind not in SEARCHED:
        return asks
    if not any(course.weights[first:]):
        return asks  # nothing is weighed, so the last pays all
    waits = any(ask.may_carry for ask in asks)
    if amortisation.shortfall is Shortfall.CARRY and not waits:
        waits = _walk(course, state, first, asks, course.count).has_carried
    return _found_asks(course, state, first) if waits else asks


def _rates(course: Course, first: int) -> list[Fraction]:
    if course.terms.charge_method is not ChargeMethod.DECLINING_BALANCE:
        return [Fraction(0)] * (course.count - first)
    if first not in course.rates_from:
        course.rates_from[first] = period_rates.assumed(course.terms, course.spans, first=first)
    return course.rates_from[first]


def _walk(course: Course, state: State, first: int, asks: Sequence[Ask], stop: int) -> Walk:
    """Go through the periods from `first` on, each paying what is asked; the last pays the rest."""
    walk = Walk(state=state)
    outstanding, carried, deferred = state.outstanding, state.carried, state.deferred
    rates = _rates(course, first)
    for number, rate, ask in zip(range(first, stop), rates, asks, strict=False):
        profit = _profit(course, number, outstanding, rate)
        outstanding += course.flows.added[number]
        if number == course.count - 1:
            principal, paid, left = outstanding, profit + carried, _NOTHING
        else:
            owed = profit + carried
            principal, paid, left = _pay(course, number, ask, (outstanding, owed))
        walk.has_carried = walk.has_carried or bool(left)
        outstanding, carried = outstanding - principal, left
        if number < course.terms.charging.profit_grace:
            deferred, paid = deferred + paid, 0
        else:
            deferred, paid = 0, paid + deferred
        walk.principals.append(principal)
        walk.profits.append(paid)
    walk.state = State(outstanding=outstanding, carried=carried, deferred=deferred)
    return walk


def _profit(course: Course, number: int, outstanding: Amount, rate: Fraction) -> Amount:
    if course.flat_profits is not None:
        return course.flat_profits[number]
    return course.whole(outstanding * rate + course.flows.inside[number])


def _pay(
    course: Course, number: int, ask: Ask, standing: tuple[Amount, Amount]
) -> tuple[Amount, Amount, Amount]:
    """Principal, profit and what of the profit is carried on, of (outstanding, profit owed)."""
    outstanding, owed = standing
    if ask.principal is not None:
        return min(ask.principal, outstanding), owed, 0
    amount = ask.amount or 0
    if owed <= amount:
        return min(amount - owed, outstanding), owed, 0
    shortfall = course.terms.amortisation.shortfall
    if ask.may_carry or shortfall is Shortfall.CARRY:
        return 0, amount, owed - amount
    if shortfall is Shortfall.CAPITALISE:
        return amount - owed, owed, 0
    currency = course.terms.currency
    raise InstalmentBelowProfit(
        number=number + 1,
        instalment=Money(round(amount), currency),
        profit=Money(round(owed), currency),
    )


def _asks(course: Course, state: State, first: int) -> list[Ask]:
    """What each instalment from a period on asks."""
    kind = course.terms.amortisation.kind
    grace = max(course.terms.principal_grace - first, 0)
    asks = [Ask(principal=0)] * grace
    if kind is AmortisationKind.BULLET:
        return [Ask(principal=0)] * (course.count - first)
    begin = first + grace
    if kind is AmortisationKind.FIXED_INSTALMENT:
        fixed = course.terms.amortisation.instalment
        return asks + _amounts(course, begin, Fraction(fixed.minor if fixed else 0))
    declining = course.terms.charge_method is ChargeMethod.DECLINING_BALANCE
    if kind is AmortisationKind.EQUAL_PRINCIPAL or not declining:
        return asks + _principal_asks(course, state, begin)
    return asks + _amounts(course, begin, _level(course, state, first, begin))


def _amounts(course: Course, begin: int, level: Amount) -> list[Ask]:
    amortisation = course.terms.amortisation
    asks = []
    for weight in course.weights[begin:]:
        amount: Amount = level * weight
        if amortisation.multiple is not None and not course.is_exact:
            amount = shares.to_multiple(
                Fraction(amount), amortisation.multiple.minor, amortisation.multiple_rounding
            )
        asks.append(Ask(amount=course.whole(amount), may_carry=not weight))
    return asks


def _level(course: Course, state: State, first: int, begin: int) -> Amount:
    """The instalment of weight one, rounded unless the table is found unrounded."""
    rates = _rates(course, first)[begin - first :]
    if course.terms.amortisation.level is LevelRule.REGULAR_RATE:
        on = course.spans[begin].end
        rates = [period_rates.regular(course.terms, on=on)] * len(rates)
    value = state.outstanding * (1 + rates[0]) + course.flows.added[begin]
    value += course.flows.inside[begin]
    if begin > first:
        value = (state.outstanding + course.flows.added[first]) * (1 + rates[0])
    found = annuity.level(
        Fraction(value),
        rates=rates[1:],
        weights=course.weights[begin:],
        left=_balloon(course.terms),
    )
    _refuse_large_multiple(course.terms, found)
    if course.is_exact or len(set(course.weights[begin:])) > 1:
        return found
    plain = course.whole(found)
    if course.terms.residue_rule is not ResidueRule.LEVELLED:
        return plain if course.terms.amortisation.multiple is None else found
    return _levelled(course, state, first, begin, int(plain))


def _levelled(course: Course, state: State, first: int, begin: int, level: int) -> int:
    def last_of(tried: int) -> int:
        asks = [Ask(principal=0)] * (begin - first) + _amounts(course, begin, tried)
        try:
            walk = _walk(course, state, first, asks, course.count)
        except InstalmentBelowProfit:
            return shares.UNPAYABLE
        return int(walk.principals[-1] + walk.profits[-1])

    return shares.levelled(level, count=course.count - begin, last_of=last_of)


def _found_asks(course: Course, state: State, first: int) -> list[Ask]:
    """The asks of the lowest level whose last instalment is no larger than its weight of it.

    For instalments below the profit of their period, which then waits and bears nothing: no
    formula holds, so the level is searched by halving. Where only an instalment of weight nothing
    may wait, a level at which another would fall short is not enough.
    """
    grace = max(course.terms.principal_grace - first, 0)

    def asks_of(level: int) -> list[Ask]:
        return [Ask(principal=0)] * grace + _amounts(course, first + grace, level)

    def is_enough(level: int) -> bool:
        asks = asks_of(level)
        try:
            walk = _walk(course, state, first, asks, course.count)
        except InstalmentBelowProfit:
            return False
        last = walk.principals[-1] + walk.profits[-1] - _balloon(course.terms)
        return last <= (asks[-1].amount or 0)

    low, high = 0, 1
    while not is_enough(high):  # some level repays the whole with the first it falls on
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return asks_of(high)


def _principal_asks(course: Course, state: State, begin: int) -> list[Ask]:
    """Principals in proportion to the weights; with a multiple the whole instalment has it."""
    terms, amortisation = course.terms, course.terms.amortisation
    added = sum(course.flows.added[begin : begin + 1])
    amount = state.outstanding + added - _balloon(terms)
    parts = _shared(course, amount, course.weights[begin:])
    profits = (course.flat_profits or [0] * course.count)[begin:]
    if amortisation.multiple is None or course.is_exact:
        if terms.charging.flat is FlatRule.BY_PERIOD and course.flat_profits is not None:
            return _filled(course, amount, begin)
        return [Ask(principal=part) for part in parts]
    multiple = amortisation.multiple.minor
    _refuse_large_multiple(terms, Fraction(max(parts) + max(profits)))
    return [
        Ask(
            principal=shares.to_multiple(
                Fraction(part + profit), multiple, amortisation.multiple_rounding
            )
            - profit
        )
        for part, profit in zip(parts, profits, strict=True)
    ]


def _filled(course: Course, amount: Amount, begin: int) -> list[Ask]:
    """Equal instalments of a flat loan, each filled up by principal beside its period's profit."""
    profits = (course.flat_profits or [])[begin:]
    whole = amount + sum(profits)
    return [Ask(amount=part) for part in _shared(course, whole, course.weights[begin:])]


def _shared(course: Course, amount: Amount, by: Sequence[Fraction]) -> list[Amount]:
    if not any(by):
        return [*([0] * (len(by) - 1)), amount]
    if course.is_exact or not isinstance(amount, int):
        total = sum(by, Fraction(0))
        return [amount * weight / total for weight in by]
    terms = course.terms
    is_qard = terms.mode_of_finance is ModeOfFinance.QARD
    units, rest = divmod(amount, terms.amortisation.unit_minor)
    parts = shares.weighted(
        units, by, rule=terms.residue_rule, rounding="down" if is_qard else terms.rounding
    )
    found: list[Amount] = [part * terms.amortisation.unit_minor for part in parts]
    found[-1] += rest
    return found


def _flat_profits(course: Course) -> list[Amount]:
    """The profit of each instalment of a flat loan, on the whole principal for the whole time."""
    terms = course.terms
    rates = period_rates.of(terms, course.spans)
    base = course.flows.opening
    if terms.charging.flat is FlatRule.BY_PERIOD:
        return [course.whole(base * rate) for rate in rates]
    seasonal = terms.amortisation.kind is AmortisationKind.SEASONAL
    by = [weight if seasonal else Fraction(1) for weight in course.weights]
    free = terms.charging.profit_free
    by = [Fraction(0)] * min(free, len(by)) + by[free:]
    return _shared(course, course.whole(base * sum(rates, Fraction(0))), by)


def _balloon(terms: Terms) -> int:
    amortisation = terms.amortisation
    if amortisation.balloon is not None:
        return amortisation.balloon.minor
    part = terms.principal.minor * Fraction(amortisation.balloon_percent or 0) / PERCENT
    return shares.to_multiple(part, amortisation.unit_minor, terms.rounding)


def _refuse_large_multiple(terms: Terms, level: Fraction) -> None:
    multiple = terms.amortisation.multiple
    if multiple is not None and multiple.minor > level:
        instalment = Money(round(level), terms.currency)
        raise MultipleTooLarge(multiple=multiple, instalment=instalment)
