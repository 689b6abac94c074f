"""How much of a portfolio is at risk on a day: whole balances by how late their oldest due is?"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from services.loans.domain import staging
from services.loans.domain.positions import Position, Standing
from services.loans.domain.staging import BUCKETS
from shared.errors import Kind, RafidError

BUCKETS_MAX = 20
DAYS_MAX = 3_650
COUNTED = frozenset({Standing.ACTIVE, Standing.RENEGOTIATED})
RATIO_PLACES = Decimal("0.000001")


class BucketsInvalid(RafidError):
    """The buckets do not follow on each other"""

    kind = Kind.RULE
    service = "loans"
    detail = "The member {member} cannot be {value}: first days rise from 1, at most {days_max}."
    member: str
    value: str
    days_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Into which buckets lateness falls, and after how many days profit is no longer accrued.

    `from_days` are the first days of the buckets after "not late": (1, 31, 61, 91) gives 1-30,
    31-60, 61-90 and more than 90. Raises `BucketsInvalid`.
    """

    from_days: tuple[int, ...] = BUCKETS
    non_accrual_after_days: int = 90

    def __post_init__(self) -> None:
        days = self.from_days
        rising = all(a < b for a, b in zip((0, *days), days, strict=False))
        conditions = {
            "from_days": rising and 1 <= len(days) <= BUCKETS_MAX and days[-1] <= DAYS_MAX,
            "non_accrual_after_days": 0 <= self.non_accrual_after_days <= DAYS_MAX,
        }
        for member, holds in conditions.items():
            if not holds:
                value = str(getattr(self, member))
                raise BucketsInvalid(member=member, value=value, days_max=DAYS_MAX)

    def bucket_of(self, days_late: int) -> int:
        """The place of a bucket, 0 for what is not late: 30 days is 1, 31 days 2, 400 days 4."""
        return staging.bucket(days_late, first_days=self.from_days)

    def spans(self) -> tuple[tuple[int, int | None], ...]:
        """First and last day of every bucket, "not late" first, the last one without end."""
        firsts = (0, *self.from_days)
        lasts = (*(day - 1 for day in self.from_days), None)
        return tuple(zip(firsts, lasts, strict=True))


@dataclass(slots=True)
class Tally:
    """So many contracts, and what they owe of the principal in minor units."""

    contracts: int = 0
    outstanding: int = 0

    def add(self, contracts: int, outstanding: int) -> None:
        """Count more."""
        self.contracts += contracts
        self.outstanding += outstanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A part of the portfolio: what it owes by bucket, and beside it what hides lateness.

    Renegotiated balances are in the buckets too; written-off ones are in none.
    """

    scheme: Scheme
    buckets: tuple[Tally, ...]
    renegotiated_by: tuple[Tally, ...]
    non_accrual: Tally = field(default_factory=Tally)
    written_off: Tally = field(default_factory=Tally)

    @classmethod
    def empty(cls, scheme: Scheme) -> "Risk":
        """Nothing lent."""
        empty = tuple(Tally() for _ in scheme.spans())
        return cls(scheme=scheme, buckets=empty, renegotiated_by=deepcopy(empty))

    @property
    def total(self) -> Tally:
        """Every balance, late or not."""
        return _sum(self.buckets)

    @property
    def renegotiated(self) -> Tally:
        """Every renegotiated balance, late or not."""
        return _sum(self.renegotiated_by)

    def more_than(self) -> tuple[tuple[int, Tally], ...]:
        """PARn for each n of the scheme: whole balances of what is more than n days late.

        With balances of 100 not late, 50 at 10 days and 25 at 45 days: PAR0 75 and PAR30 25.
        """
        return tuple(
            (first - 1, _sum(self.buckets[place:]))
            for place, first in enumerate(self.scheme.from_days, start=1)
        )

    def or_renegotiated(self) -> tuple[tuple[int, Tally], ...]:
        """PARn and beside it what was renegotiated and is not so late: each balance once.

        CGAP, A Technical Guide to Measuring and Disclosing (2009). With balances of 100 not late
        but renegotiated, 50 at 10 days and 25 at 45 days: more than 30 days 25 + 100.
        """
        return tuple(
            (first - 1, _sum((*self.buckets[place:], *self.renegotiated_by[:place])))
            for place, first in enumerate(self.scheme.from_days, start=1)
        )

    def ratio(self, part: Tally) -> Decimal:
        """A part of the outstanding principal as a fraction; 0 of nothing."""
        whole = self.total.outstanding
        if not whole:
            return Decimal(0)
        return (Decimal(part.outstanding) / whole).quantize(RATIO_PLACES)


def risk_coverage(allowance: int, *, at_risk: int) -> Decimal | None:
    """Loss allowance over what is at risk, both in minor units of one currency; None of nothing.

    CGAP, Microfinance Consensus Guidelines (2003), where at risk is what is more than 30 days late;
    with renegotiated balances beside it is a second figure. Worked: 300 kept for 1,200 more than
    30 days late is 0.25, for 1,700 with what was renegotiated 0.176471. Raises ValueError below 0.
    """
    if allowance < 0 or at_risk < 0:
        raise ValueError("neither an allowance nor a balance is negative")
    return (Decimal(allowance) / at_risk).quantize(RATIO_PLACES) if at_risk else None


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.add(tally.contracts, tally.outstanding)
    return total


def lateness(position: Position, *, as_of: date) -> int:
    """Days late of a contract that stands so; what is given up or paid is never late."""
    if position.status not in COUNTED:
        return 0
    return staging.days_late(position.oldest_open_due_on, as_of=as_of)


def at_risk(stood: Iterable[Position], *, as_of: date, scheme: Scheme) -> Risk:
    """The risk of contracts that stand so on a day. Counted is principal, the whole balance.

    PARn = balance of contracts with a due more than n days late (CGAP, Microfinance Consensus
    Guidelines, 2003).
    """
    risk = Risk.empty(scheme)
    for position in stood:
        if position.status not in COUNTED:
            continue
        days = lateness(position, as_of=as_of)
        place = scheme.bucket_of(days)
        risk.buckets[place].add(1, position.outstanding)
        if position.status is Standing.RENEGOTIATED:
            risk.renegotiated_by[place].add(1, position.outstanding)
        if days > scheme.non_accrual_after_days:
            risk.non_accrual.add(1, position.outstanding)
    return risk


def whole(parts: Sequence[Risk], *, scheme: Scheme) -> Risk:
    """The sum of parts of a portfolio in one currency."""
    total = Risk.empty(scheme)
    for part in parts:
        for place, bucket in enumerate(part.buckets):
            total.buckets[place].add(bucket.contracts, bucket.outstanding)
        for place, bucket in enumerate(part.renegotiated_by):
            total.renegotiated_by[place].add(bucket.contracts, bucket.outstanding)
        for ours, theirs in (
            (total.non_accrual, part.non_accrual),
            (total.written_off, part.written_off),
        ):
            ours.add(theirs.contracts, theirs.outstanding)
    return total
