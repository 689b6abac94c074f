"""What do the facts known by a day say of a loan? One number for each signal, or nothing."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from services.scoring.domain.warning import arrears
from services.scoring.domain.warning.arrears import Ledger
from services.scoring.domain.warning.facts import LoanFacts, VisitEnd

EVENT_DAYS = 60  # a loan this late has fallen: no early warning is left to give
TOLERANCE_DAYS = 7  # late, and by custom not yet counted as late
WINDOW = timedelta(days=183)
CHANGE_MONTHS = 3
WORST_MONTHS = 6
MONTHS_A_YEAR = 12
SHARE_QUANTUM = Decimal("0.0001")

Values = dict[str, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A loan with its ledger, both as known on a day."""

    loan: LoanFacts
    ledger: Ledger
    as_of: date

    @property
    def days_late(self) -> int:
        """Days overdue on the day."""
        return self.ledger.days_late(self.as_of)

    @property
    def has_fallen(self) -> bool:
        """Whether the loan has ever been as late as a warning warns of."""
        places = range(len(self.ledger.dues))
        return any(self.ledger.lateness(place) >= EVENT_DAYS for place in places)

    @property
    def is_settled(self) -> bool:
        """Whether every instalment of the whole plan is paid."""
        plan = sum(due.amount_minor for due in self.loan.dues)
        return self.ledger.paid_by(self.as_of) >= plan

    def is_recent(self, day: date) -> bool:
        """Whether a day lies in the half year up to now."""
        return self.as_of - WINDOW < day <= self.as_of


def known_of(loan: LoanFacts, *, as_of: date) -> Known:
    """Return the loan as known on a day."""
    return Known(loan=loan, ledger=arrears.ledger_of(loan, until=as_of), as_of=as_of)


def signals_of(known: Known, *, group_late_share: Decimal | None = None) -> Values:
    """Return every signal of a loan; None where nothing is known.

    Nothing dated after the day is read. Worked: dues of 100 on the 1st of each month from
    January, all paid on the day but April's: on the 15th of April `days_late` is 14.
    """
    values = {name: read(known) for name, read in _READERS.items()}
    return {**values, "group_late_share": group_late_share}


def group_late_shares(knowns: Sequence[Known]) -> dict[UUID, Decimal | None]:
    """Return for each loan the share of its group's other loans that are over 7 days late.

    None without a group or without peers. Worked: four in a group, one 10 days late: 0 for that
    one, 0.3333 for each of the others.
    """
    late: defaultdict[UUID, int] = defaultdict(int)
    size: defaultdict[UUID, int] = defaultdict(int)
    for known in knowns:
        if known.loan.group_id is not None:
            size[known.loan.group_id] += 1
            late[known.loan.group_id] += known.days_late > TOLERANCE_DAYS
    shares: dict[UUID, Decimal | None] = {}
    for known in knowns:
        group = known.loan.group_id
        peers = size[group] - 1 if group is not None else 0
        if group is None or not peers:
            shares[known.loan.loan_id] = None
            continue
        others = late[group] - (known.days_late > TOLERANCE_DAYS)
        shares[known.loan.loan_id] = (Decimal(others) / peers).quantize(SHARE_QUANTUM)
    return shares


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier, or that month's last. Worked: 31 May, 3: 28 Feb."""
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 - months, MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _change(known: Known) -> Decimal:
    before = known.ledger.days_late(months_before(known.as_of, CHANGE_MONTHS))
    return Decimal(known.days_late - before)


def _worst(known: Known) -> Decimal:
    days = (months_before(known.as_of, back) for back in range(WORST_MONTHS))
    return Decimal(max(known.ledger.days_late(day) for day in days))


def _tolerated(known: Known) -> Decimal:
    late = (
        known.ledger.lateness(place)
        for place, due in enumerate(known.ledger.dues)
        if known.is_recent(due.due_on)
    )
    return Decimal(sum(days for days in late if days <= TOLERANCE_DAYS))


def _first_late(known: Known) -> Decimal | None:
    return Decimal(known.ledger.lateness(0)) if known.ledger.dues else None


def _partial(known: Known) -> Decimal:
    """Count payments that left an instalment partly paid whose day had come."""
    ledger, whole, count = known.ledger, {0, *known.ledger.asked}, 0
    for day, total in zip(ledger.paid_on, ledger.paid, strict=True):
        asked = sum(due.amount_minor for due in ledger.dues if due.due_on <= day)
        count += known.is_recent(day) and total < asked and total not in whole
    return Decimal(count)


def _broken(known: Known) -> Decimal:
    count = 0
    for promise in known.loan.promises:
        if promise.made_on > known.as_of or not known.is_recent(promise.promised_for):
            continue
        before = known.ledger.paid_by(promise.made_on - timedelta(days=1))
        came = known.ledger.paid_by(promise.promised_for) - before
        count += came < promise.amount_minor
    return Decimal(count)


def _season(known: Known) -> Decimal | None:
    if not known.loan.peak_months:
        return None
    gaps = [abs(known.as_of.month - peak) for peak in known.loan.peak_months]
    return Decimal(min(min(gap, MONTHS_A_YEAR - gap) for gap in gaps))


def _burden(known: Known) -> Decimal | None:
    found = [item for item in known.loan.burdens if item.found_on <= known.as_of]
    return max(found, key=lambda item: (item.found_on, item.share)).share if found else None


def _visits(end: VisitEnd) -> Callable[[Known], Decimal]:
    def count(known: Known) -> Decimal:
        ends = (v.end for v in known.loan.visits if known.is_recent(v.ended_on))
        return Decimal(sum(item is end for item in ends))

    return count


def _behind(known: Known) -> Decimal:
    return Decimal(
        sum(
            item.due_on <= known.as_of
            and (item.reached_on is None or item.reached_on > known.as_of)
            for item in known.loan.milestones
        )
    )


def _months_on_book(known: Known) -> Decimal:
    start = known.loan.disbursed_on
    months = (known.as_of.year - start.year) * MONTHS_A_YEAR + known.as_of.month - start.month
    return Decimal(months - (known.as_of.day < start.day))


_READERS: Mapping[str, Callable[[Known], Decimal | None]] = MappingProxyType(
    {
        "days_late": lambda known: Decimal(known.days_late),
        "days_late_change": _change,
        "days_late_worst": _worst,
        "tolerated_days": _tolerated,
        "first_instalment_days_late": _first_late,
        "partial_payments": _partial,
        "broken_promises": _broken,
        "months_from_peak": _season,
        "burden": _burden,
        "visits_made": _visits(VisitEnd.MADE),
        "visits_missed_by_borrower": _visits(VisitEnd.MISSED_BY_BORROWER),
        "visits_not_made_by_officer": _visits(VisitEnd.NOT_MADE_BY_OFFICER),
        "milestones_behind": _behind,
        "months_on_book": _months_on_book,
    }
)
SIGNALS = (*_READERS, "group_late_share")
