"""Where equal instalments do not pass, do such pass that follow what the months leave?

All terms are tried at once in floats; what floats leave doubtful is reckoned exactly, and so is
every figure that is given out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import numpy as np

from services.scoring.domain import judging, pricing, season_terms
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Corner, Limits
from services.scoring.domain.judging import CEILING_MARGIN
from services.scoring.domain.locating import MARGIN, Bools, Floats, Rows
from services.scoring.domain.locating_seasons import LEAST, ROUNDING, Tries, Whole
from services.scoring.domain.pricing import MONTHS_A_YEAR, ChargeMethod, Shape
from services.scoring.domain.season_terms import Followed, Pattern
from shared.money import Money

UNSURE = 0.01  # of a minor unit: floats that far off settle nothing


class Unfollowed(StrEnum):
    """Why instalments that follow the months do not pass either."""

    FLAT_CHARGE = "flat_charge"
    MONTHS_UNTOLD = "months_untold"
    NOTHING_LEFT = "nothing_left"
    FUND_WITHOUT_MONEY = "fund_without_money"
    TOO_HIGH_INSTALMENT = "too_high_instalment"
    MONTH_NOT_COVERED = "month_not_covered"
    BELOW_BREAK_EVEN = "below_break_even"
    SUBSIDY_EXHAUSTED = "subsidy_exhausted"
    RATE_ABOVE_CEILING = "rate_above_ceiling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Terms that pass, at the lowest rate that does, and about what they come to (floats)."""

    corner: Corner
    shape: Shape
    pattern: Pattern
    dues: Floats
    need: float
    monthly: float
    profit: float


def may_follow(corner: Corner, limits: Limits, means: Means) -> bool:
    """Whether the second engine knew such instalments for these terms: by the month, no grace."""
    is_monthly = limits.per_year == MONTHS_A_YEAR and not corner.grace_months
    return is_monthly and _untried(limits, means) is None


def follow(corner: Corner, *, limits: Limits, means: Means) -> Followed | Unfollowed:
    """Return the terms of one corner at the lowest rate that passes every test, or why none does.

    What is due is in proportion to what the months leave as expected; where this does not cover
    every month, to what they leave in the next trial, and so on. Held against the limits on debts
    is the average month; the hazard is that of equal instalments. Worked: 1,200 at 1.5 % a month
    over months that leave 1 1 1 0 0 0 2 2 2 1 1 1: dues of 111.257, 0 and 222.514.
    """
    (found,) = follow_all([corner], limits=limits, means=means)
    return settled(found, limits=limits, means=means) if isinstance(found, Near) else found


def follow_all(
    corners: Sequence[Corner], *, limits: Limits, means: Means
) -> list[Near | Unfollowed]:
    """Try each corner, in their order, as `follow` does. The reason is that of the first pattern.

    A higher rate is worth more and weighs more: it is the lowest that carries the loan.
    """
    untried = _untried(limits, means)
    if untried is not None:
        return [untried for _ in corners]
    if means.costs.fee_flat is not None:
        by_amount: dict[Corner, Near | Unfollowed] = {}
        for amount in dict.fromkeys(corner.amount for corner in corners):
            part, own = [one for one in corners if one.amount == amount], means.at(amount)
            by_amount.update(zip(part, follow_all(part, limits=limits, means=own), strict=True))
        return [by_amount[corner] for corner in corners]
    known: dict[tuple[int, int], list[Pattern]] = {}
    found: list[Near | Unfollowed] = []
    tried: list[tuple[int, Corner, Pattern]] = []
    for place, corner in enumerate(corners):
        look = corner.term_months, corner.grace_months
        if means.free is not None and corner.amount > means.free:
            found.append(Unfollowed.FUND_WITHOUT_MONEY)
            continue
        found.append(Unfollowed.NOTHING_LEFT)
        if look not in known and means.drawn is not None:
            known[look] = season_terms.patterns(corner, means.drawn, per_year=limits.per_year)
        tried += [(place, corner, pattern) for pattern in known.get(look, ())]
    if not tried:
        return found
    verdicts = _Search([(corner, pattern) for _, corner, pattern in tried], limits, means).found()
    for (place, _, _), verdict in zip(tried, verdicts, strict=True):
        before = found[place]
        if before is Unfollowed.NOTHING_LEFT or (
            isinstance(verdict, Near) and not isinstance(before, Near)
        ):
            found[place] = verdict
    return found


def _untried(limits: Limits, means: Means) -> Unfollowed | None:
    if limits.charge_method is ChargeMethod.FLAT:
        return Unfollowed.FLAT_CHARGE
    return Unfollowed.MONTHS_UNTOLD if means.drawn is None else None


def settled(found: Near, *, limits: Limits, means: Means) -> Followed:
    """Reckon what is told of terms that pass, each figure as `season_terms.terms` gives it."""
    means = means.at(found.corner.amount)
    near = _settled_near(found, limits, means)
    if near is not None:
        return near
    rate = found.shape.annual_rate
    return season_terms.terms(found.corner, found.pattern, limits=limits, means=means, rate=rate)


def _settled_near(found: Near, limits: Limits, means: Means) -> Followed | None:
    """The same where floats leave no doubt of any figure."""
    corner, pattern, fee_share = found.corner, found.pattern, means.costs.fee_share
    amount, grace, count = corner.amount, pattern.grace_periods, len(pattern.weights)
    off = (ROUNDING * amount.minor + LEAST) * (1 + count)
    dues: list[float] = found.dues[:count].tolist()
    after = dues[grace:]
    whole, need, shape = sum(after), found.need, found.shape
    is_sure = off < UNSURE and all(abs(each % 1 - 0.5) > off for each in (*after, whole))
    if not is_sure or (abs(need - round(need)) <= MARGIN * (amount.minor + 1) and need > -1):
        return None
    if not fee_share:
        rate: Decimal | None = pricing.effective_annual_rate(shape)
    else:
        unit = [due / amount.minor for due in dues]
        rate = season_terms.near_effective(unit, shape=shape, fee_share=fee_share)
    if rate is None:
        return None
    minors = [round(each) for each in after]
    last = max(place for place, weight in enumerate(pattern.weights[grace:]) if weight)
    minors[last] += round(whole) - sum(minors)
    first = (
        [amount.times(shape.annual_rate / limits.per_year, rounding="ceiling").minor]
        if grace
        else []
    )
    return season_terms.followed(
        corner,
        shape,
        Money.column(first * grace + minors, amount.currency),
        pattern=pattern,
        subsidy=Money(max(-int(-need // 1), 0), amount.currency),
        effective_annual_rate=rate,
    )


class _Search:
    """Corners with a pattern each, of which each has its lowest rate sought."""

    def __init__(
        self, tried: Sequence[tuple[Corner, Pattern]], limits: Limits, means: Means
    ) -> None:
        self._tried, self._limits, self._means = tried, limits, means
        self._rates = limits.rates()
        self._floats = np.array([float(rate) for rate in self._rates])
        self._lawful = limits.charged_lawfully()
        self._tries = Tries(tried, limits=limits, means=means)
        self._exact: dict[tuple[int, int], Followed] = {}
        self._why: list[Unfollowed | None] = [None] * len(tried)

    def found(self) -> list[Near | Unfollowed]:
        """Return for each the terms, or the first test that they fail."""
        rows = np.arange(len(self._tried))
        self._hold(rows, np.zeros_like(rows))
        rows = rows[self._stand(rows)]
        if not len(rows):
            return self._told({})
        self._corners = [self._tried[row][0] for row in rows.tolist()]
        self._hazards, self._row_of = self._all_hazards(), {int(r): i for i, r in enumerate(rows)}
        places = self._carried(rows)
        self._hold_lawful(rows, places)
        dearer = self._stand(rows) & (places > 0)
        self._hold(rows[dearer], places[dearer])
        stand = self._stand(rows)
        return self._told(self._nears(rows[stand], places[stand]) if stand.any() else {})

    def _stand(self, rows: Whole) -> Bools:
        """Which of them are not refused so far."""
        return np.array([self._why[row] is None for row in rows], dtype=bool)

    def _told(self, nears: dict[int, Near]) -> list[Near | Unfollowed]:
        return [nears[row] if why is None else why for row, why in enumerate(self._why)]

    def _terms(self, row: int, place: int) -> Followed:
        found = self._exact.get((row, place))
        if found is None:
            corner, pattern = self._tried[row]
            found = self._exact[row, place] = season_terms.terms(
                corner,
                pattern,
                limits=self._limits,
                means=self._means,
                rate=self._rates[place],
            )
        return found

    def _hold(self, rows: Whole, places: Whole) -> None:
        """Refuse what is too heavy on average or in a month."""
        if not len(rows):
            return
        borne = self._tries.borne(rows, self._floats[places])
        for index in np.flatnonzero(borne.too_heavy):
            self._why[rows[index]] = Unfollowed.TOO_HIGH_INSTALMENT
        for index in np.flatnonzero(borne.not_covered & ~borne.doubtful):
            self._why[rows[index]] = Unfollowed.MONTH_NOT_COVERED
        drawn = self._means.drawn
        for index in np.flatnonzero(borne.doubtful):
            found = self._terms(int(rows[index]), int(places[index]))
            if found.monthly > self._means.capacity.capacity:
                self._why[rows[index]] = Unfollowed.TOO_HIGH_INSTALMENT
            elif drawn is None or drawn.uncovered([due.minor for due in found.by_month]):
                self._why[rows[index]] = Unfollowed.MONTH_NOT_COVERED

    def _carried(self, rows: Whole) -> Whole:
        """The first rate of each at which the money for it suffices; refused where none does."""
        low, high = np.zeros(len(rows), dtype=np.int64), np.full(len(rows), len(self._rates))
        available = self._means.subsidy_available
        if available is None:
            return low
        while (open_ := np.flatnonzero(low < high)).size:
            middle = (low[open_] + high[open_]) // 2
            holds = self._suffices(rows[open_], middle, available)
            high[open_] = np.where(holds, middle, high[open_])
            low[open_] = np.where(holds, low[open_], middle + 1)
        is_free = self._limits.charge_method is ChargeMethod.NONE
        for row in rows[low >= len(self._rates)]:
            self._why[row] = (
                Unfollowed.SUBSIDY_EXHAUSTED if is_free else Unfollowed.BELOW_BREAK_EVEN
            )
        return low

    def _suffices(self, rows: Whole, places: Whole, available: Money) -> Bools:
        needs, wild = self._needs(rows, places)
        margin = MARGIN * (self._tries.amounts[rows, 0] + available.minor + 1)
        holds = needs <= available.minor
        for index in np.flatnonzero((np.abs(needs - available.minor) <= margin) | wild):
            exact = self._terms(int(rows[index]), int(places[index]))
            holds[index] = exact.subsidy <= available
        return np.asarray(holds)

    def _needs(self, rows: Whole, places: Whole) -> tuple[Floats, Bools]:
        own = np.array([self._row_of[int(row)] for row in rows])
        table = self._hazards
        at = table[own if table.shape[0] > 1 else 0, places if table.shape[1] > 1 else 0]
        hazards = np.broadcast_to(np.atleast_2d(at), (len(rows), table.shape[2]))
        if 1 < table.shape[2] < self._tries.longest:
            missing = self._tries.longest - table.shape[2]
            hazards = np.pad(hazards, ((0, 0), (0, missing)))
        return self._tries.needs(rows, self._floats[places], hazards)

    def _all_hazards(self) -> Floats:
        per_year = self._limits.per_year
        rows = Rows(
            terms=[one.term_months * per_year // MONTHS_A_YEAR for one in self._corners],
            graces=[one.grace_months * per_year // MONTHS_A_YEAR for one in self._corners],
            rates=self._rates,
            is_flat=False,
            per_year=per_year,
        )
        return judging.hazards(self._corners, rows, self._means)

    def _hold_lawful(self, rows: Whole, places: Whole) -> None:
        """Refuse what is above a ceiling at the rate that carries it."""
        kept = self._stand(rows)
        for row in rows[kept & (places >= self._lawful)]:
            self._why[row] = Unfollowed.RATE_ABOVE_CEILING
        ceiling, kept = self._limits.annual_rate_ceiling, kept & (places < self._lawful)
        if ceiling is None or not kept.any():
            return
        rows, places = rows[kept], places[kept]
        fee_share = self._means.costs.fee_share
        worth = self._tries.present(rows, self._floats[places], ceiling=float(ceiling))
        spare = float(1 - fee_share) - worth
        margin = CEILING_MARGIN * self._tries.longest
        for index in np.flatnonzero(spare < margin):
            row, place = int(rows[index]), int(places[index])
            if spare[index] >= -margin:
                is_above = self._terms(row, place).effective_annual_rate > ceiling
                if not is_above:
                    continue
            self._why[row] = Unfollowed.RATE_ABOVE_CEILING

    def _nears(self, rows: Whole, places: Whole) -> dict[int, Near]:
        needs, wild = self._needs(rows, places)
        dues = self._tries.amounts[rows] * self._tries.units(rows, self._floats[places])
        totals, shapes = dues.sum(axis=1).tolist(), dict[tuple[int, int, int], Shape]()
        nears = {}
        for index, (row, place) in enumerate(zip(rows.tolist(), places.tolist(), strict=True)):
            corner, pattern = self._tried[row]
            look = corner.term_months, corner.grace_months, place
            if look not in shapes:
                rate = self._rates[place]
                shapes[look] = season_terms.shape_of(corner, self._limits, rate)
            is_exact = wild[index]
            nears[row] = Near(
                corner=corner,
                shape=shapes[look],
                pattern=pattern,
                dues=dues[index],
                need=self._terms(row, place).subsidy.minor if is_exact else float(needs[index]),
                monthly=totals[index] / corner.term_months,
                profit=totals[index] - corner.amount.minor,
            )
        return nears
